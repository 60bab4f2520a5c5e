import type { TLSSocket } from 'node:tls';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { field, FLAG, frame, FRAME, OK, serveFrames, settings, uint32 } from './frames.ts';
import { AT_ONCE, authority, json, LIMIT, many, patient, respond, serveHttp2, trusting } from './http2-servers.ts';
import { startProxy, testClient } from './servers.ts';

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
    const client = testClient(
      `${trusting}maxsockets=4\nfetch-retries=10\nfetch-retry-mintimeout=1\nfetch-retry-maxtimeout=20`,
    );
    const answers = await Promise.all(many(60).map((i) => client.get(`${server.url}${i}`, LIMIT)));
    expect(answers.every(({ kind }) => kind === 'ok')).toBe(true);
    expect(server.connections()).toBeGreaterThan(10);
  });

  it('is a connection that speaks nonsense, at the latest when it falls silent', async () => {
    const server = await serveFrames(authority, (socket) => socket.write(frame(FRAME.DATA, 0, 0, Buffer.from('x'))));
    const answer = await testClient(`${trusting}fetch-retries=1`, { idleMs: 2500 }).get(server.url, LIMIT);
    expect(answer).toMatchObject({ kind: 'failed', status: null });
    // No second request goes over it. A slow machine may not even reach the server within one of the two tries.
    const used = server.requests.map(({ connection }) => connection);
    expect(used.length).toBeGreaterThan(0);
    expect(new Set(used).size).toBe(used.length);
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
    const client = testClient(`${trusting}fetch-retries=3`, { idleMs: 3000 });
    const answers = await Promise.all(many(3).map((i) => client.get(`${server.url}${i}`, LIMIT)));
    expect(answers.every(({ kind }) => kind === 'ok')).toBe(true);
    expect(server.requests.filter(({ connection }) => connection === 1)).toHaveLength(3);
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
