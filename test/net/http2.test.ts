import type { TLSSocket } from 'node:tls';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { frame, FRAME, serveFrames, settings, uint32 } from './frames.ts';
import { AT_ONCE, authority, json, LIMIT, many, patient, serveHttp2, trusting } from './http2-servers.ts';
import { serve, startProxy, testClient } from './servers.ts';

describe('one connection', () => {
  it('carries all requests, and never more than maxsockets at a time', async () => {
    const server = await serveHttp2((_, response) => setTimeout(() => response.end('{}'), 3));
    const client = testClient(`${trusting}maxsockets=7`);
    const answers = await Promise.all(many(60).map((i) => client.get(`${server.url}${i}`, LIMIT)));
    expect(answers.every(({ kind }) => kind === 'ok')).toBe(true);
    expect(server.requests.map(({ httpVersion }) => httpVersion)).toEqual(many(60).map(() => '2.0'));
    expect([server.connections(), server.most()]).toEqual([1, 7]);
  });

  it('sends what HTTP/1.1 sends: host, path, credentials of the place, entity tag', async () => {
    const server = await serveHttp2((request, response) => {
      if (request.headers['if-none-match'] === '"a"') response.writeHead(304);
      response.end('{}');
    });
    const client = testClient(`${trusting}//${server.host}/npm/:_authToken=T`);
    expect(await client.get(`${server.url}npm/a?b=c`, { ...LIMIT, etag: '"a"' })).toMatchObject({ kind: 'unchanged' });
    await client.get(`${server.url}npm/a`, { ...LIMIT, auth: false });
    await client.get(`${server.url}other`, LIMIT);
    expect(server.requests.map(({ url, authority: host }) => [url, host])).toEqual([
      ['/npm/a?b=c', server.host],
      ['/npm/a', server.host],
      ['/other', server.host],
    ]);
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual(['Bearer T', undefined, undefined]);
  });

  it('gives every kind of answer, and decodes', async () => {
    const server = await serveHttp2((request, response) => {
      if (request.url === '/gzip') response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('{"a":1}'));
      else if (request.url === '/to') response.writeHead(302, { location: '/gzip' }).end();
      else response.writeHead(Number(request.url.slice(1))).end();
    });
    const client = testClient(`${trusting}fetch-retries=0`);
    const answer = await client.get(`${server.url}to`, LIMIT);
    expect(answer.kind === 'ok' && answer.body.toString()).toBe('{"a":1}');
    expect(await client.get(`${server.url}404`, LIMIT)).toEqual({ kind: 'absent' });
    expect(await client.get(`${server.url}401`, LIMIT)).toMatchObject({ kind: 'failed', status: 401 });
    expect(await client.get(`${server.url}503`, LIMIT)).toMatchObject({ kind: 'failed', status: 503 });
    expect(server.connections()).toBe(1);
  });

  it('takes a body of many windows whole', async () => {
    const body = Buffer.alloc(40_000_000, 'abc');
    const server = await serveHttp2((_, response) => response.end(body));
    const answer = await testClient(trusting).get(server.url, { maxBytes: body.length });
    expect(answer.kind === 'ok' && answer.body.equals(body)).toBe(true);
  });

  it('goes through a tunnel of a proxy', async () => {
    const proxy = await startProxy();
    const server = await serveHttp2(json);
    const client = testClient(`${trusting}proxy=http://u:p@${proxy.host}`);
    const answers = await Promise.all(many(10).map((i) => client.get(`${server.url}${i}`, LIMIT)));
    expect(answers.every(({ kind }) => kind === 'ok')).toBe(true);
    expect(proxy.connects).toHaveLength(1);
    expect(server.requests[0]?.httpVersion).toBe('2.0');
    expect(server.requests[0]?.headers).not.toHaveProperty('proxy-authorization');
  });

  it('is not shared by requests that show another client certificate, or none', async () => {
    const shown: boolean[] = [];
    const server = await serveHttp2(
      ({ stream }, response) => {
        const socket = stream.session?.socket as TLSSocket;
        shown.push(Object.keys(socket.getPeerCertificate()).length > 0);
        response.end('{}');
      },
      { requestCert: true, rejectUnauthorized: false },
    );
    const place = `//${server.host}/a/`;
    const client = testClient(
      `${trusting}${place}:certfile=${authority.certfile}\n${place}:keyfile=${authority.keyfile}`,
    );
    for (const path of ['a/1', 'b', 'a/2', 'c']) await client.get(`${server.url}${path}`, LIMIT);
    await client.get(`${server.url}a/3`, { ...LIMIT, auth: false });
    expect(server.connections()).toBe(2);
    expect(shown).toEqual([true, false, true, false, false]);
  });

  it('is not shared by hosts whose certificate is the same', async () => {
    const [one, two] = [await serveHttp2(json), await serveHttp2(json)];
    const client = testClient(trusting);
    for (const { url } of [one, two, one]) await client.get(url, LIMIT);
    expect([one.connections(), two.connections()]).toEqual([1, 1]);
  });

  it('is verified like any other', async () => {
    const server = await serveHttp2(json);
    const answer = await testClient().get(server.url, LIMIT);
    expect(answer.kind === 'failed' && answer.reason).toMatch(/^TLS refused/);
    expect(server.requests).toHaveLength(0);
  });
});

describe('where HTTP/2 is not spoken', () => {
  it('opens as many connections as before, the first of which is used', async () => {
    const server = await serve((_, response) => setTimeout(() => response.end('{}'), 20), authority);
    const client = testClient(`${trusting}maxsockets=5`);
    const answers = await Promise.all(many(20).map((i) => client.get(`${server.url}${i}`, LIMIT)));
    expect(answers.every(({ kind }) => kind === 'ok')).toBe(true);
    expect(server.connections()).toBe(5);
  });

  it('turns to HTTP/1.1 at once where the server asks for that', async () => {
    const server = await serve((_, response) => response.end('{}'), authority);
    const refusing = await serveFrames(authority, (socket, stream) =>
      socket.write(frame(FRAME.RST_STREAM, 0, stream, uint32(13))),
    );
    const answer = await testClient(patient).get(refusing.url, AT_ONCE);
    // That server has no HTTP/1.1 after all.
    expect(answer).toMatchObject({ kind: 'failed' });
    expect(refusing.requests).toHaveLength(1);
    expect(server.requests).toHaveLength(0);
  });
});

describe('streams the server allows', () => {
  it('are not exceeded: further connections take what is left', async () => {
    const server = await serveHttp2((_, response) => setTimeout(() => response.end('{}'), 20), {
      settings: { maxConcurrentStreams: 4 },
    });
    const client = testClient(`${trusting}maxsockets=12`);
    await client.get(server.url, LIMIT);
    const answers = await Promise.all(many(24).map((i) => client.get(`${server.url}${i}`, LIMIT)));
    expect(answers.every(({ kind }) => kind === 'ok')).toBe(true);
    expect(server.connections()).toBe(3);
  });

  it('may be fewer than were sent before that was known', async () => {
    const server = await serveHttp2(json, { settings: { maxConcurrentStreams: 2 } });
    const client = testClient(`${patient}maxsockets=30`);
    const answers = await Promise.all(many(30).map((i) => client.get(`${server.url}${i}`, AT_ONCE)));
    expect(answers.every(({ kind }) => kind === 'ok')).toBe(true);
  });

  it('may be none: the request is given up in time', async () => {
    const server = await serveFrames(authority, () => undefined, settings([3, 0]));
    const answer = await testClient(`${trusting}fetch-retries=1`, { idleMs: 100 }).get(server.url, LIMIT);
    expect(answer).toMatchObject({ kind: 'failed', reason: 'no data in time, 2 times' });
  });
});
