import { describe, expect, it } from 'vitest';
import { credentialFor } from '../../src/net/credentials.ts';
import { serve, testClient, testConfig } from './servers.ts';

const LIMIT = { maxBytes: 1000 };
const sentTo = (npmrc: string, url: string): string | null =>
  credentialFor(testConfig(npmrc).credentials, new URL(url))?.authorization ?? null;
const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`;
const base64 = (text: string): string => Buffer.from(text).toString('base64');

describe('which credential goes where', () => {
  const token = '//reg.example/npm/:_authToken=T';

  it.each([
    'https://reg.example/npm/',
    'https://reg.example/npm/a',
    'https://reg.example/npm/@s%2fa/1.0.0',
    'https://reg.example/npm',
    'https://REG.example/npm/a',
    'https://reg.example:443/npm/a',
    'https://reg.example/other/../npm/a',
  ])('%s gets it', (url) => expect(sentTo(token, url)).toBe('Bearer T'));

  it.each([
    'https://reg.example/',
    'https://reg.example/npm2/a',
    'https://reg.example/np',
    'https://reg.example/NPM/a',
    'https://reg.example/npm%2fa',
    'https://reg.example/other/npm/a',
    'https://reg.example/npm/../other',
    'https://reg.example/npm/%2e%2e/other',
    'https://reg.example:8443/npm/a',
    'https://sub.reg.example/npm/a',
    'https://reg.example.evil/npm/a',
    'https://evil/reg.example/npm/a',
    'https://reg.example@evil/npm/a',
    'https://evil/?//reg.example/npm/',
    'https://evil/#//reg.example/npm/',
  ])('%s gets none', (url) => expect(sentTo(token, url)).toBeNull());

  it('takes the longest place, with or without its last slash', () => {
    const npmrc = '//r/:_authToken=root\n//r/a:_authToken=a\n//r/a/b/:_authToken=b';
    expect(sentTo(npmrc, 'https://r/x')).toBe('Bearer root');
    expect(sentTo(npmrc, 'https://r/a')).toBe('Bearer a');
    expect(sentTo(npmrc, 'https://r/a/bc')).toBe('Bearer a');
    expect(sentTo(npmrc, 'https://r/a/b/c')).toBe('Bearer b');
  });

  it('keeps ports apart', () => {
    const npmrc = '//r:1000/:_authToken=one\n//r/:_authToken=none';
    expect(sentTo(npmrc, 'http://r:1000/a')).toBe('Bearer one');
    expect(sentTo(npmrc, 'http://r:2000/a')).toBeNull();
    expect(sentTo(npmrc, 'http://r/a')).toBe('Bearer none');
  });

  it('reads every form, a token first', () => {
    const password = base64('pä:ss');
    expect(sentTo(`//r/:_auth=${base64('u:p')}`, 'https://r/')).toBe(basic('u:p'));
    expect(sentTo(`//r/:username=u\n//r/:_password=${password}`, 'https://r/')).toBe(basic('u:pä:ss'));
    expect(sentTo(`//r/:_auth=${base64('u:p')}\n//r/:_authToken=T`, 'https://r/')).toBe('Bearer T');
    expect(sentTo('//r/:username=u', 'https://r/')).toBeNull();
    expect(sentTo(`//r/:_password=${password}`, 'https://r/')).toBeNull();
  });

  it('binds credentials written into a registry address to that address, and keeps them out of it', () => {
    const config = testConfig('registry=https://u:p%40ss@reg.example/npm');
    expect(config.registry).toBe('https://reg.example/npm/');
    expect(credentialFor(config.credentials, new URL('https://reg.example/npm/a'))?.authorization).toBe(
      basic('u:p@ss'),
    );
    expect(credentialFor(config.credentials, new URL('https://reg.example/other'))).toBeNull();
  });

  it('never uses credentials that name no host, and says so without their value', () => {
    const config = testConfig('_authToken=SECRET\n_auth=U0VDUkVU\n_password=U0VDUkVU');
    expect(credentialFor(config.credentials, new URL(config.registry))).toBeNull();
    expect(config.warnings).toHaveLength(3);
    expect(config.warnings.join()).toContain('/project/.npmrc: _authToken names no registry');
    expect(config.warnings.join()).not.toMatch(/SECRET|U0VDUkVU/);
  });

  it('leaves out a credential whose variable is not set, and says so', () => {
    const config = testConfig('//r/:_authToken=${MISSING_TOKEN}');
    expect(credentialFor(config.credentials, new URL('https://r/'))).toBeNull();
    expect(config.warnings.join()).toMatch(/_authToken is not sent: .* MISSING_TOKEN is not set/);
  });

  it.each(['//r/:_authToken="a\\nX-Evil: 1"', '//r/:_authToken=a b', '//r/:_auth=not base64!', '//r/:_authToken=true'])(
    'refuses a value that is no credential, without showing it: %s',
    (npmrc) =>
      expect(() => testConfig(npmrc)).toThrow(/^\/project\/\.npmrc: \/\/r\/:_auth(Token)? (is not|must be)[^X]*$/),
  );
});

describe('what a server receives', () => {
  it('is the credential of its place, and nothing elsewhere on the same host', async () => {
    const server = await serve((_, response) => response.end('{}'));
    const client = testClient(`//${server.host}/npm/:_authToken=T`);
    await client.get(`${server.url}npm/a`, LIMIT);
    await client.get(`${server.url}other/a`, LIMIT);
    await client.get(`${server.url}npm/a`, { ...LIMIT, auth: false });
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual(['Bearer T', undefined, undefined]);
  });

  it('is no credential after a redirect from another host, not even its own', async () => {
    const other = await serve((_, response) => response.end('{}'));
    const first = await serve((_, response) => response.writeHead(302, { location: `${other.url}a` }).end());
    const client = testClient(`//${first.host}/:_authToken=FIRST\n//${other.host}/:_authToken=OTHER`);
    expect(await client.get(`${first.url}a`, LIMIT)).toMatchObject({ kind: 'ok' });
    expect(first.requests[0]?.headers.authorization).toBe('Bearer FIRST');
    expect(other.requests[0]?.headers).not.toHaveProperty('authorization');
    expect(JSON.stringify(other.requests[0]?.rawHeaders)).not.toMatch(/FIRST|OTHER/);
  });

  it('is no credential when a redirect leads back by way of another host', async () => {
    const home = await serve((request, response) =>
      request.url === '/end' ? response.end('{}') : response.writeHead(302, { location: `${away.url}back` }).end(),
    );
    const away = await serve((_, response) => response.writeHead(302, { location: `${home.url}end` }).end());
    await testClient(`//${home.host}/:_authToken=T`).get(`${home.url}start`, LIMIT);
    expect(home.requests.map(({ headers }) => headers.authorization)).toEqual(['Bearer T', undefined]);
  });

  it('is judged anew for a redirect on the same host', async () => {
    const server = await serve((request, response) =>
      request.url === '/npm/a' ? response.writeHead(302, { location: '/public/a' }).end() : response.end('{}'),
    );
    await testClient(`//${server.host}/npm/:_authToken=T`).get(`${server.url}npm/a`, LIMIT);
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual(['Bearer T', undefined]);
  });

  it('is no credential that a redirect carries in its address', async () => {
    const server = await serve((request, response) =>
      request.url === '/a'
        ? response.writeHead(302, { location: `http://u:p@${request.headers.host ?? ''}/b` }).end()
        : response.end('{}'),
    );
    await testClient().get(`${server.url}a`, LIMIT);
    expect(server.requests[1]?.headers).not.toHaveProperty('authorization');
  });

  it('shows no credential in a reason', async () => {
    const server = await serve((_, response) => response.writeHead(401).end());
    const answer = await testClient(`//${server.host}/:_authToken=SECRET`).get(
      `http://u:SECRET@${server.host}/`,
      LIMIT,
    );
    expect(answer).toMatchObject({ kind: 'failed', status: 401 });
    expect(JSON.stringify(answer)).not.toContain('SECRET');
  });
});
