import { describe, expect, it, vi } from 'vitest';
import { proxyFor } from '../../src/net/proxy.ts';
import { makeAuthority, serve, serveRaw, startProxy, testClient, testConfig } from './servers.ts';

const LIMIT = { maxBytes: 1000 };

describe('choice of the proxy', () => {
  const choose = (url: string, npmrc: string, env: NodeJS.ProcessEnv = {}): string | null =>
    proxyFor(testConfig(npmrc, env), new URL(url))?.url.host ?? null;

  it('takes https-proxy, then proxy, for every target', () => {
    for (const url of ['http://r/', 'https://r/']) {
      expect(choose(url, 'proxy=http://p:1\nhttps-proxy=http://s:2')).toBe('s:2');
      expect(choose(url, 'proxy=http://p:1')).toBe('p:1');
      expect(choose(url, 'proxy=p:1')).toBe('p:1');
    }
  });

  it('takes the environment where the configuration has none', () => {
    const env = { HTTP_PROXY: 'http://h:1', https_proxy: 'http://s:2' };
    expect(choose('https://r/', '', env)).toBe('s:2');
    expect(choose('http://r/', '', env)).toBe('s:2');
    expect(choose('https://r/', '', { HTTP_PROXY: 'http://h:1' })).toBeNull();
    expect(choose('http://r/', '', { HTTP_PROXY: 'http://h:1' })).toBe('h:1');
    expect(choose('http://r/', '', { proxy: 'http://h:1' })).toBe('h:1');
    expect(choose('https://r/', 'proxy=http://p:1', env)).toBe('p:1');
    expect(choose('https://r/', '', { npm_config_https_proxy: 'http://n:3', ...env })).toBe('n:3');
  });

  it.each([
    ['example.com', 'https://example.com/', true],
    ['example.com', 'https://a.b.example.com/', true],
    ['.example.com', 'https://a.example.com/', true],
    ['*.example.com', 'https://a.example.com/', true],
    ['EXAMPLE.com', 'https://Example.COM/', true],
    ['x, example.com ,y', 'https://example.com/', true],
    ['example.com:443', 'https://example.com/', true],
    ['127.0.0.1', 'http://127.0.0.1:4873/', true],
    ['::1', 'http://[::1]:4873/', true],
    ['*', 'https://anything/', true],
    ['example.com', 'https://notexample.com/', false],
    ['example.com', 'https://example.com.evil/', false],
    ['example.com:8443', 'https://example.com/', false],
    ['a.example.com', 'https://example.com/', false],
    [',. ,', 'https://example.com/', false],
  ])('noproxy %s and %s: %s', (noproxy, url, bypassed) => {
    expect(choose(url, `proxy=http://p:1\nnoproxy=${noproxy}`) === null).toBe(bypassed);
    expect(choose(url, 'proxy=http://p:1', { NO_PROXY: noproxy }) === null).toBe(bypassed);
  });

  it.each(['socks5://p:1', 'ftp://p', 'http://', 'http://u:SECRET%zz@p:1'])('refuses %s', (proxy) => {
    expect(() => testConfig(`proxy=${proxy}`)).toThrow(
      /^\/project\/\.npmrc: proxy (is not|must be|has)((?!SECRET).)*$/,
    );
  });
});

describe('a proxy that cannot be reached', () => {
  const named = async (url: string, npmrc: string, env: NodeJS.ProcessEnv = {}): Promise<unknown> =>
    testClient(`${npmrc}\nfetch-retries=0`, {}, env).get(url, LIMIT);

  it.each([
    ['https://reg.example/', '', { HTTPS_PROXY: 'http://u:SECRET@127.0.0.1:9' }, 'HTTPS_PROXY'],
    ['https://reg.example/', '', { https_proxy: '127.0.0.1:9' }, 'https_proxy'],
    ['http://reg.example/', '', { HTTP_PROXY: 'http://127.0.0.1:9' }, 'HTTP_PROXY'],
    ['http://reg.example/', '', { HTTPS_PROXY: 'http://127.0.0.1:9' }, 'HTTPS_PROXY'],
    ['https://reg.example/', '', { npm_config_https_proxy: 'http://127.0.0.1:9' }, 'npm_config_https_proxy'],
    ['https://reg.example/', 'https-proxy=http://127.0.0.1:9', {}, 'https-proxy of /project/.npmrc'],
    ['http://reg.example/', 'proxy=http://127.0.0.1:9', {}, 'proxy of /project/.npmrc'],
  ])('is named with what names it: %s %s %o', async (url, npmrc, env, by) => {
    expect(await named(url, npmrc, env)).toMatchObject({
      kind: 'failed',
      reason: `the proxy 127.0.0.1:9 (${by}): connection refused`,
    });
  });

  it('is not named where noproxy goes around it, nor where the registry behind it fails', async () => {
    const env = { HTTP_PROXY: 'http://127.0.0.1:9', NO_PROXY: '127.0.0.1' };
    expect(await named('http://127.0.0.1:9/', '', env)).toMatchObject({ reason: 'connection refused' });
    const proxy = await serve((_, response) => response.writeHead(500).end());
    expect(await named('http://reg.example/', `proxy=http://${proxy.host}`)).toMatchObject({
      reason: 'the server answered 500',
    });
  });

  it('is named where it wants a password, and where nothing comes through it in time', async () => {
    const strict = await serve((_, response) => response.writeHead(407).end());
    expect(await named('http://reg.example/', `proxy=http://${strict.host}`)).toMatchObject({
      reason: `the proxy ${strict.host} (proxy of /project/.npmrc) refused the request (407)`,
    });
    const silent = await serveRaw(() => undefined);
    const client = testClient(`proxy=${silent.url}\nfetch-retries=0`, { idleMs: 50 });
    expect(await client.get('http://reg.example/', LIMIT)).toMatchObject({
      reason: expect.stringMatching(/^no data in time, through the proxy 127\.0\.0\.1:\d+ \(proxy of/) as string,
    });
  });
});

describe('plain http through a proxy', () => {
  it('names the whole URL to it, with the proxy credentials for the proxy and the others for the registry', async () => {
    const proxy = await startProxy();
    const client = testClient(`proxy=http://u:p%40@${proxy.host}\n//reg.example/:_authToken=T`);
    expect(await client.get('http://reg.example/a?b', LIMIT)).toMatchObject({ kind: 'ok' });
    const [request] = proxy.plain;
    expect(request?.url).toBe('http://reg.example/a?b');
    expect(request?.headers).toMatchObject({
      host: 'reg.example',
      authorization: 'Bearer T',
      'proxy-authorization': `Basic ${Buffer.from('u:p@').toString('base64')}`,
    });
  });

  it('goes straight to what noproxy names', async () => {
    const proxy = await startProxy();
    const server = await serve((_, response) => response.end('{}'));
    await testClient(`proxy=http://u:p@${proxy.host}\nnoproxy=127.0.0.1`).get(server.url, LIMIT);
    expect(proxy.plain).toHaveLength(0);
    expect(server.requests[0]?.headers).not.toHaveProperty('proxy-authorization');
  });
});

describe('https through a proxy', () => {
  const authority = makeAuthority();

  it('opens a tunnel, verifies the registry in it, keeps it, and shows neither side the other credentials', async () => {
    const proxy = await startProxy();
    const server = await serve((_, response) => response.end('{}'), authority);
    const client = testClient(
      `proxy=http://u:p@${proxy.host}\ncafile=${authority.cafile}\n//${server.host}/:_authToken=T\nmaxsockets=2`,
    );
    const answers = await Promise.all(Array.from({ length: 10 }, (_, i) => client.get(`${server.url}${i}`, LIMIT)));
    expect(answers.every(({ kind }) => kind === 'ok')).toBe(true);
    expect(proxy.connects).toHaveLength(2);
    expect(proxy.connects[0]?.url).toBe(server.host);
    expect(proxy.connects[0]?.headers).not.toHaveProperty('authorization');
    expect(proxy.connects[0]?.headers).toHaveProperty('proxy-authorization');
    expect(server.requests[0]?.headers).toMatchObject({ authorization: 'Bearer T' });
    expect(server.requests[0]?.headers).not.toHaveProperty('proxy-authorization');
  });

  it('refuses a registry certificate nobody vouches for', async () => {
    const proxy = await startProxy();
    const server = await serve((_, response) => response.end('{}'), authority);
    const answer = await testClient(`proxy=${proxy.url}`).get(server.url, LIMIT);
    expect(answer.kind === 'failed' && answer.reason).toMatch(/^TLS refused/);
    expect(server.requests).toHaveLength(0);
  });

  it('says that the proxy refuses, and tries again only where it may help', async () => {
    const strict = await startProxy(407);
    expect(await testClient(`proxy=${strict.url}`).get('https://reg.example/', LIMIT)).toMatchObject({
      reason: `the proxy ${strict.host} (proxy of /project/.npmrc) refused the connection (407)`,
    });
    expect(strict.connects).toHaveLength(1);
    const busy = await startProxy(503);
    const answer = await testClient(`proxy=${busy.url}\nfetch-retries=2`).get('https://reg.example/', LIMIT);
    expect(answer).toMatchObject({
      reason: `the proxy ${busy.host} (proxy of /project/.npmrc) refused the connection (503), 3 times`,
    });
  });

  it('gives up a proxy that accepts and says nothing, and answers all that wait behind it', async () => {
    let closed = 0;
    const silent = await serveRaw((socket) => socket.on('close', () => (closed += 1)));
    const client = testClient(`proxy=${silent.url}\nfetch-retries=0\nmaxsockets=1`, { idleMs: 50 });
    const answers = await Promise.all([1, 2, 3].map((i) => client.get(`https://reg.example/${i}`, LIMIT)));
    expect(answers.every(({ kind }) => kind === 'failed')).toBe(true);
    expect(silent.count()).toBe(3);
    await vi.waitUntil(() => closed === 3, { timeout: 10_000 });
  });

  it('ends a tunnel under construction when the client is closed', async () => {
    let closed = 0;
    const silent = await serveRaw((socket) => {
      socket.on('close', () => (closed += 1));
      client.close();
    });
    const client = testClient(`proxy=${silent.url}`);
    expect(await client.get('https://reg.example/', LIMIT)).toMatchObject({ kind: 'failed', reason: 'the run ended' });
    await vi.waitUntil(() => closed === 1, { timeout: 10_000 });
    expect(silent.count()).toBe(1);
  });
});
