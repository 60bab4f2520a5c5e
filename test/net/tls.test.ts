import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { pemReader } from '../../src/registries/npm/config/npmrc-values.ts';
import { makeAuthority, serve, testClient, testConfig, type Handler } from './servers.ts';

const LIMIT = { maxBytes: 1000 };
const json: Handler = (_, response) => response.end('{}');

const authority = makeAuthority();
const other = makeAuthority();

const inline = (pem: string): string => JSON.stringify(pem);

describe('the server', () => {
  it('is refused without its authority, once, with a reason', async () => {
    const server = await serve(json, authority);
    const answer = await testClient().get(server.url, LIMIT);
    expect(answer.kind === 'failed' && answer.reason).toMatch(/^TLS refused \([A-Z_]+\)$/);
    expect(server.connections()).toBe(1);
    expect(server.requests).toHaveLength(0);
  });

  it('is accepted with cafile, ca, several ca[], and ca of the environment', async () => {
    const server = await serve(json, authority);
    const pem = readFileSync(authority.cafile, 'utf8');
    const otherPem = readFileSync(other.cafile, 'utf8');
    for (const npmrc of [
      `cafile=${authority.cafile}`,
      `ca=${inline(pem)}`,
      `ca[]=${inline(otherPem)}\nca[]=${inline(pem)}`,
    ]) {
      expect(await testClient(npmrc).get(server.url, LIMIT)).toMatchObject({ kind: 'ok' });
    }
    const env = { npm_config_ca: `${otherPem}\n\n${pem}` };
    expect(await testClient('', {}, env).get(server.url, LIMIT)).toMatchObject({ kind: 'ok' });
  });

  it('is accepted with a cafile that begins with comments, ends in a blank line, or has other line ends', async () => {
    const server = await serve(json, authority);
    const pem = readFileSync(authority.cafile, 'utf8');
    const texts = [
      `# The company's authority\n# until 2030\n\n${pem}`,
      `${pem}\n\n`,
      pem.replaceAll('\n', '\r\n'),
      `\uFEFF${pem}`,
    ];
    const folder = mkdtempSync(join(tmpdir(), 'assay-cafile-'));
    for (const [i, text] of texts.entries()) {
      const cafile = join(folder, `${i}.pem`);
      writeFileSync(cafile, text);
      expect(await testClient(`cafile=${cafile}`).get(server.url, LIMIT)).toMatchObject({ kind: 'ok' });
    }
    const none = join(folder, 'none.pem');
    writeFileSync(none, '# only a comment\n');
    expect(() => testConfig(`cafile=${none}`)).toThrow('is not a certificate in PEM format');
    rmSync(folder, { recursive: true });
  });

  it('is refused under another authority', async () => {
    const server = await serve(json, authority);
    expect(await testClient(`cafile=${other.cafile}`).get(server.url, LIMIT)).toMatchObject({ kind: 'failed' });
  });

  it('is refused under another name', async () => {
    const server = await serve(json, authority);
    const answer = await testClient(`cafile=${authority.cafile}`).get(
      server.url.replace('127.0.0.1', 'localhost'),
      LIMIT,
    );
    expect(answer.kind === 'failed' && answer.reason).toContain('ERR_TLS_CERT_ALTNAME_INVALID');
  });

  it('is accepted without authority only with strict-ssl=false', async () => {
    const server = await serve(json, authority);
    expect(await testClient('strict-ssl=false').get(server.url, LIMIT)).toMatchObject({ kind: 'ok' });
    expect(await testClient('strict-ssl=true').get(server.url, LIMIT)).toMatchObject({ kind: 'failed' });
  });

  it('may not send us from https to http', async () => {
    const plain = await serve(json);
    const server = await serve((_, response) => response.writeHead(302, { location: plain.url }).end(), authority);
    const answer = await testClient(`cafile=${authority.cafile}`).get(server.url, LIMIT);
    expect(answer).toMatchObject({ kind: 'failed', reason: 'redirected from https to http' });
    expect(plain.requests).toHaveLength(0);
  });
});

describe('a reader of certificates', () => {
  it('reads the text that all projects of a run name once, and no other text for it', () => {
    const [one, two] = [authority, other].map(({ cafile }) => readFileSync(cafile, 'utf8'));
    const read = pemReader();
    const pems = read(one ?? '');
    expect(pems).toEqual([one?.trim()]);
    expect(read(one ?? '')).toBe(pems);
    expect(read(two ?? '')).toEqual([two?.trim()]);
    for (const broken of ['', (one ?? '').replace(/M/g, '!')]) {
      expect(read(broken)).toBeNull();
      expect(read(broken)).toBeNull();
    }
    expect(read(one ?? '')).toEqual(pems);
    expect(pemReader()(one ?? '')).not.toBe(pems);
  });
});

describe('client certificates', () => {
  const demanding = () => serve(json, { ...authority, ca: readFileSync(authority.cafile, 'utf8') });

  it('are shown to the host they are bound to', async () => {
    const server = await demanding();
    const npmrc = `cafile=${authority.cafile}\n//${server.host}/:certfile=${authority.certfile}\n//${server.host}/:keyfile=${authority.keyfile}`;
    expect(await testClient(npmrc).get(server.url, LIMIT)).toMatchObject({ kind: 'ok' });
    const elsewhere = npmrc.replaceAll(`//${server.host}/`, '//127.0.0.1/');
    expect(await testClient(elsewhere).get(server.url, LIMIT)).toMatchObject({ kind: 'failed' });
  });

  it('without a host are shown to the configured registries only, beside their other credentials', async () => {
    const server = await demanding();
    const pair = `cafile=${authority.cafile}\ncert=${inline(authority.cert)}\nkey=${inline(authority.key)}\n`;
    expect(await testClient(pair).get(server.url, LIMIT)).toMatchObject({ kind: 'failed' });
    const client = testClient(`${pair}registry=${server.url}\n//${server.host}/:_authToken=T`);
    expect(await client.get(`${server.url}a`, LIMIT)).toMatchObject({ kind: 'ok' });
    expect(server.requests[0]?.headers.authorization).toBe('Bearer T');
  });

  it('that do not fit their key give a reason', async () => {
    const server = await demanding();
    const npmrc = `//${server.host}/:certfile=${authority.certfile}\n//${server.host}/:keyfile=${other.keyfile}`;
    expect(await testClient(npmrc).get(server.url, LIMIT)).toMatchObject({ kind: 'failed', status: null });
  });
});

describe('settings that would trust nobody are refused', () => {
  it.each([
    ['ca', 'ca="no certificate"'],
    ['cafile', 'cafile=/nowhere/ca.pem'],
    ['cert', 'cert="no certificate"\nkey="no key"'],
    ['//r/:certfile', '//r/:certfile=/nowhere\n//r/:keyfile=/nowhere'],
    ['strict-ssl', 'strict-ssl=no'],
  ])('%s', (key, npmrc) => expect(() => testConfig(npmrc)).toThrow(`/project/.npmrc: ${key} `));

  it('cafile that is a file of something else', () => {
    expect(() => testConfig(`cafile=${authority.keyfile}`)).toThrow('cafile is not a certificate in PEM format');
  });
});
