import http2 from 'node:http2';
import type { TLSSocket } from 'node:tls';
import { setTimeout as wait } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { field, FLAG, frame, FRAME, OK, serveFrames, settings, uint32 } from './frames.ts';
import { listen, makeAuthority, serve, startProxy, testClient } from './servers.ts';

const LIMIT = { maxBytes: 1_000_000 };
/** A wait before a retry outlasts the request: only what is tried again at once succeeds. */
const AT_ONCE = { ...LIMIT, timeoutMs: 5000 };
const authority = makeAuthority();
const trusting = `cafile=${authority.cafile}\n`;
const patient = `${trusting}fetch-retry-mintimeout=60000\nfetch-retry-maxtimeout=60000\n`;

type Answer = (request: http2.Http2ServerRequest, response: http2.Http2ServerResponse) => void;

interface Http2Server {
  readonly url: string;
  readonly host: string;
  readonly requests: http2.Http2ServerRequest[];
  readonly sessions: http2.ServerHttp2Session[];
  readonly connections: () => number;
  /** The most requests under way at the same time. */
  readonly most: () => number;
}

async function serveHttp2(answer: Answer, options: http2.SecureServerOptions = {}): Promise<Http2Server> {
  const { cert, key } = authority;
  const requests: http2.Http2ServerRequest[] = [];
  const sessions: http2.ServerHttp2Session[] = [];
  let [connections, active, most] = [0, 0, 0];
  const server = http2.createSecureServer({ cert, key, ...options }, (request, response) => {
    requests.push(request);
    active += 1;
    most = Math.max(most, active);
    response.stream.on('close', () => (active -= 1));
    response.stream.on('error', () => undefined);
    answer(request, response);
  });
  server.on('secureConnection', () => (connections += 1));
  server.on('session', (session) => sessions.push(session));
  server.on('sessionError', () => undefined);
  const port = await listen(server);
  onTestFinished(() => {
    for (const session of sessions) session.destroy();
    server.close();
  });
  const host = `127.0.0.1:${port}`;
  return { url: `https://${host}/`, host, requests, sessions, connections: () => connections, most: () => most };
}

const json: Answer = (_, response) => response.end('{}');
const respond = (socket: TLSSocket, stream: number, body = '{}'): void => {
  socket.write(frame(FRAME.HEADERS, FLAG.END_HEADERS, stream, OK));
  socket.write(frame(FRAME.DATA, FLAG.END_STREAM, stream, Buffer.from(body)));
};
const many = (count: number) => Array.from({ length: count }, (_, i) => i);

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

describe('what the server takes back', () => {
  it.each([
    ['a refused stream', (stream: number) => frame(FRAME.RST_STREAM, 0, stream, uint32(7))],
    ['a refused stream, by GOAWAY', () => frame(FRAME.GOAWAY, 0, 0, uint32(0, 0))],
  ])('is tried again at once: %s', async (_name, refusal) => {
    let first = true;
    const server = await serveFrames(authority, (socket, stream) => {
      if (first) socket.write(refusal(stream));
      else respond(socket, stream);
      first = false;
    });
    expect(await testClient(patient).get(server.url, AT_ONCE)).toMatchObject({ kind: 'ok' });
    expect(server.requests).toHaveLength(2);
  });

  it.each([
    [
      'stream reset',
      (socket: TLSSocket, stream: number) => socket.write(frame(FRAME.RST_STREAM, 0, stream, uint32(2))),
    ],
    [
      'stream cancelled',
      (socket: TLSSocket, stream: number) => socket.write(frame(FRAME.RST_STREAM, 0, stream, uint32(8))),
    ],
    ['session ended with an error', (socket: TLSSocket) => socket.write(frame(FRAME.GOAWAY, 0, 0, uint32(0, 2)))],
    ['connection closed', (socket: TLSSocket) => socket.end()],
    ['connection cut', (socket: TLSSocket) => socket.destroy()],
  ])(
    'is tried again at once on a connection that had served, and after a wait on a new one: %s',
    async (_name, act) => {
      let requests = 0;
      const server = await serveFrames(authority, (socket, stream) => {
        requests += 1;
        if (requests === 2) act(socket, stream);
        else respond(socket, stream);
      });
      const client = testClient(patient);
      await client.get(server.url, LIMIT);
      expect(await client.get(server.url, AT_ONCE)).toMatchObject({ kind: 'ok' });
      const bad = await serveFrames(authority, act);
      expect(await testClient(patient).get(bad.url, AT_ONCE)).toMatchObject({
        kind: 'failed',
        reason: 'connection closed before the answer was complete',
      });
      expect(bad.requests).toHaveLength(1);
      const retried = await testClient(`${trusting}fetch-retries=2`).get(bad.url, LIMIT);
      expect(retried).toMatchObject({ reason: 'connection closed before the answer was complete, 3 times' });
    },
  );

  it('is no answer, however far it had come', async () => {
    const part = (socket: TLSSocket, stream: number, headers: Buffer): void => {
      socket.write(frame(FRAME.HEADERS, FLAG.END_HEADERS, stream, headers));
      socket.write(frame(FRAME.DATA, 0, stream, Buffer.from('{}')));
    };
    for (const end of [
      (socket: TLSSocket) => socket.end(),
      (socket: TLSSocket, stream: number) => socket.write(frame(FRAME.RST_STREAM, 0, stream, uint32(2))),
      (socket: TLSSocket, stream: number) => socket.write(frame(FRAME.RST_STREAM, 0, stream, uint32(8))),
    ]) {
      const server = await serveFrames(authority, (socket, stream) => {
        part(socket, stream, OK);
        setTimeout(() => end(socket, stream), 5);
      });
      expect(await testClient(`${trusting}fetch-retries=0`).get(server.url, LIMIT)).toMatchObject({ kind: 'failed' });
    }
    for (const announced of ['1', '3']) {
      const server = await serveFrames(authority, (socket, stream) => {
        part(socket, stream, Buffer.concat([OK, field('content-length', announced)]));
        setTimeout(() => socket.write(frame(FRAME.RST_STREAM, 0, stream, uint32(0))), 5);
      });
      expect(await testClient(`${trusting}fetch-retries=0`).get(server.url, LIMIT)).toMatchObject({ kind: 'failed' });
    }
  });

  it('costs no other request its answer', async () => {
    let requests = 0;
    const server = await serveFrames(authority, (socket, stream) => {
      requests += 1;
      if (requests % 7 === 0) socket.destroy();
      else if (requests % 5 === 0) socket.write(frame(FRAME.GOAWAY, 0, 0, uint32(stream - 2, 0)));
      else setTimeout(() => socket.writable && respond(socket, stream, String(stream)), 2);
    });
    const client = testClient(`${trusting}maxsockets=4\nfetch-retries=10`);
    const answers = await Promise.all(many(60).map((i) => client.get(`${server.url}${i}`, LIMIT)));
    expect(answers.every(({ kind }) => kind === 'ok')).toBe(true);
    expect(server.connections()).toBeGreaterThan(10);
  });

  it('is a connection that speaks nonsense, at the latest when it falls silent', async () => {
    const server = await serveFrames(authority, (socket) => socket.write(frame(FRAME.DATA, 0, 0, Buffer.from('x'))));
    const answer = await testClient(`${trusting}fetch-retries=1`, { idleMs: 1000 }).get(server.url, LIMIT);
    expect(answer).toMatchObject({ kind: 'failed', status: null });
    expect(server.connections()).toBe(2);
  });

  it('lets the answers under way come to their end when the server says goodbye', async () => {
    const server = await serveHttp2((request, response) => {
      if (request.url === '/last') request.stream.session?.close();
      setTimeout(() => response.end(request.url), 30);
    });
    const client = testClient(`${trusting}fetch-retries=0`);
    const answers = await Promise.all(['a', 'b', 'last'].map((path) => client.get(`${server.url}${path}`, LIMIT)));
    expect(answers.every(({ kind }) => kind === 'ok')).toBe(true);
    expect(await client.get(`${server.url}next`, LIMIT)).toMatchObject({ kind: 'ok' });
    expect([server.requests.length, server.connections()]).toEqual([4, 2]);
  });

  it('is a connection that fell silent, and is not used again', async () => {
    const server = await serveFrames(authority, (socket, stream, connection) => {
      if (connection > 1) respond(socket, stream);
    });
    const client = testClient(`${trusting}fetch-retries=1`, { idleMs: 1000 });
    const answers = await Promise.all(many(3).map((i) => client.get(`${server.url}${i}`, LIMIT)));
    expect(answers.every(({ kind }) => kind === 'ok')).toBe(true);
    expect(server.connections()).toBe(2);
  });
});

describe('a first connection that fails', () => {
  it('fails the one request it was opened for; those that waited for it connect by themselves', async () => {
    const server = await serveHttp2(json);
    let refused = 0;
    const proxy = await startProxy(() => (refused++ === 0 ? 502 : undefined));
    const client = testClient(`${trusting}proxy=${proxy.url}\nfetch-retries=0`);
    const answers = await Promise.all(many(5).map((i) => client.get(`${server.url}${i}`, LIMIT)));
    expect(answers.map(({ kind }) => kind)).toEqual(['failed', 'ok', 'ok', 'ok', 'ok']);
  });

  it('by falling silent holds up no other for longer than a connection may be silent', async () => {
    const silent = await serveFrames(authority, () => undefined);
    const started = performance.now();
    const client = testClient(`${trusting}fetch-retries=0`, { idleMs: 100 });
    const answers = await Promise.all(many(20).map((i) => client.get(`${silent.url}${i}`, LIMIT)));
    expect(answers.every(({ kind }) => kind === 'failed')).toBe(true);
    expect(performance.now() - started).toBeLessThan(5000);
  });
});

describe('bounds', () => {
  it('stops an endless answer, and a dripping one', async () => {
    const server = await serveHttp2((request, response) => {
      response.writeHead(200);
      if (request.url === '/drip') {
        const timer = setInterval(() => response.write('x'), 5);
        response.stream.on('close', () => clearInterval(timer));
        return;
      }
      const write = (): void => {
        while (!response.stream.destroyed && response.write(Buffer.alloc(65_536)));
        response.once('drain', write);
      };
      write();
    });
    const client = testClient(trusting);
    expect(await client.get(`${server.url}endless`, { maxBytes: 300_000 })).toEqual({ kind: 'too-large' });
    expect(await client.get(`${server.url}drip`, { ...LIMIT, timeoutMs: 150 })).toMatchObject({
      reason: 'not finished in time',
    });
  });

  it('accepts exactly the bound, and does not begin what is announced beyond it', async () => {
    const server = await serveHttp2((request, response) => {
      if (request.url === '/announced') response.writeHead(200, { 'content-length': '2000000' }).write('x');
      else response.end('x'.repeat(100));
    });
    const client = testClient(trusting);
    expect(await client.get(server.url, { maxBytes: 100 })).toMatchObject({ kind: 'ok' });
    expect(await client.get(server.url, { maxBytes: 99 })).toEqual({ kind: 'too-large' });
    expect(await client.get(`${server.url}announced`, LIMIT)).toEqual({ kind: 'too-large' });
  });

  it.each([
    ['too many', Buffer.concat([OK, ...many(2000).map((i) => field(`h${i}`, 'x'))])],
    ['too large', Buffer.concat([OK, ...many(6).map((i) => field(`h${i}`, 'x'.repeat(14_000)))])],
  ])('refuses headers that are %s', async (_name, block) => {
    const server = await serveFrames(authority, (socket, stream) => {
      for (let at = 0; at < block.length; at += 16_000) {
        const last = at + 16_000 >= block.length ? FLAG.END_HEADERS : 0;
        socket.write(
          frame(at === 0 ? FRAME.HEADERS : FRAME.CONTINUATION, last, stream, block.subarray(at, at + 16_000)),
        );
      }
      socket.write(frame(FRAME.DATA, FLAG.END_STREAM, stream, Buffer.from('{}')));
    });
    expect(await testClient(`${trusting}fetch-retries=0`).get(server.url, LIMIT)).toMatchObject({ kind: 'failed' });
  });

  it('takes no push', async () => {
    const server = await serveFrames(authority, (socket, stream) => {
      const promised = Buffer.concat([uint32(2), Buffer.of(0x82, 0x87, 0x84), field(':authority', server.host)]);
      socket.write(frame(FRAME.PUSH_PROMISE, FLAG.END_HEADERS, stream, promised));
      respond(socket, stream);
    });
    expect(await testClient(`${trusting}fetch-retries=0`).get(server.url, LIMIT)).toMatchObject({ kind: 'failed' });
  });

  it.each([
    ['pings', () => frame(FRAME.PING, 0, 0, Buffer.alloc(8))],
    ['settings', () => settings([3, 100])],
    ['empty data', (stream: number) => frame(FRAME.DATA, 0, stream)],
    ['continuations', (stream: number) => frame(FRAME.CONTINUATION, 0, stream, field('a', 'b'))],
    [
      'origins',
      () =>
        frame(
          12,
          0,
          0,
          Buffer.concat(
            many(500).map((i) => Buffer.concat([Buffer.of(0, 13), Buffer.from(`https://x.${1000 + i}`.slice(0, 13))])),
          ),
        ),
    ],
    ['data of an answer that was given up', (stream: number) => frame(FRAME.DATA, 0, stream, Buffer.alloc(16_000))],
  ])(
    'ends a connection that is flooded with %s',
    async (name, one) => {
      let ended = false;
      const server = await serveFrames(authority, (socket, stream) => {
        if (name === 'continuations') socket.write(frame(FRAME.HEADERS, 0, stream, OK));
        else if (name.includes('data')) socket.write(frame(FRAME.HEADERS, FLAG.END_HEADERS, stream, OK));
        const burst = Buffer.concat(many(Math.ceil(200_000 / one(stream).length)).map(() => one(stream)));
        const write = (): void => {
          if (!socket.destroyed) socket.write(burst, () => setImmediate(write));
        };
        socket.on('close', () => (ended = true));
        write();
      });
      const client = testClient(`${trusting}fetch-retries=0`, { idleMs: 60_000 });
      const answer = await client.get(server.url, { maxBytes: 50_000, timeoutMs: 60_000 });
      expect(answer.kind).toMatch(/^(failed|too-large)$/);
      await vi.waitUntil(() => ended, { timeout: 30_000 });
    },
    60_000,
  );
});

describe('close', () => {
  it('answers what is under way, ends the connection, and one that is being opened', async () => {
    let gone = false;
    const server = await serveFrames(authority, (socket) => {
      socket.on('close', () => (gone = true));
    });
    const client = testClient(trusting);
    const pending = many(3).map((i) => client.get(`${server.url}${i}`, LIMIT));
    await vi.waitUntil(() => server.requests.length === 3, { timeout: 10_000 });
    client.close();
    for (const answer of await Promise.all(pending)) expect(answer).toMatchObject({ reason: 'the run ended' });
    await vi.waitUntil(() => gone, { timeout: 10_000 });
    await wait(10);
    expect(server.connections()).toBe(1);
  });
});
