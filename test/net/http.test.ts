import { randomBytes } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { CUT_SHORT } from '../../src/net/retry.ts';
import { serve, serveRaw, testClient, type Handler } from './servers.ts';

const LIMIT = { maxBytes: 1_000_000 };
const json: Handler = (_, response) => response.end('{"a":1}');

/** A handler that answers with the given ones in turn, then with the last. */
function inTurn(...handlers: Handler[]): Handler {
  let next = 0;
  return (request, response) => {
    handlers[Math.min(next, handlers.length - 1)]?.(request, response);
    next += 1;
  };
}

const status =
  (code: number, headers: Record<string, string> = {}): Handler =>
  (_, response) =>
    response.writeHead(code, headers).end('no');

describe('answers', () => {
  it('gives the body of a 200', async () => {
    const { url } = await serve(json);
    const answer = await testClient().get(url, LIMIT);
    expect(answer).toMatchObject({ kind: 'ok', status: 200 });
    expect(answer.kind === 'ok' && answer.body.toString()).toBe('{"a":1}');
  });

  it.each([404, 410])('takes %i as absent, and asks once', async (code) => {
    const { url, requests } = await serve(status(code));
    expect(await testClient().get(url, LIMIT)).toEqual({ kind: 'absent' });
    expect(requests).toHaveLength(1);
  });

  it.each([400, 401, 403, 451])('takes %i as failed, and asks once', async (code) => {
    const { url, requests } = await serve(status(code));
    const answer = await testClient().get(url, LIMIT);
    expect(answer).toMatchObject({ kind: 'failed', status: code });
    expect(answer.kind === 'failed' && answer.reason).toContain(String(code));
    expect(requests).toHaveLength(1);
  });

  it.each([204, 206, 304])('does not take %i for a document', async (code) => {
    const { url } = await serve((_, response) => response.writeHead(code).end());
    expect(await testClient().get(url, LIMIT)).toMatchObject({ kind: 'failed', status: code });
  });

  it.each([
    ['gzip', gzipSync],
    ['br', brotliCompressSync],
  ] as const)('decodes %s', async (encoding, compress) => {
    const text = JSON.stringify({ text: 'a'.repeat(50_000) });
    const { url } = await serve((_, response) =>
      response.writeHead(200, { 'content-encoding': encoding }).end(compress(text)),
    );
    const answer = await testClient().get(url, LIMIT);
    expect(answer.kind === 'ok' && answer.body.toString()).toBe(text);
  });

  it.each([
    ['small', 1_000],
    ['large', 400_000],
  ])('decodes a %s gzip body of several members, of which only the last says how large it is', async (_name, size) => {
    const parts = [randomBytes(size).toString('hex'), 'x'.repeat(3 * size), ''];
    const { url } = await serve((_, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(Buffer.concat(parts.map((part) => gzipSync(part)))),
    );
    const answer = await testClient().get(url, { maxBytes: 8_000_000 });
    expect(answer.kind === 'ok' && answer.body.toString()).toBe(parts.join(''));
  });

  it('decodes a gzip body that is large enough for another thread', async () => {
    const text = Array.from({ length: 60_000 }, (_, i) => (i * 2654435761) % 4294967296).join();
    const { url } = await serve((_, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(text)),
    );
    const answer = await testClient().get(url, LIMIT);
    expect(answer.kind === 'ok' && answer.body.toString()).toBe(text);
  });

  it.each([
    ['an encoding nobody asked for', 'compress', Buffer.from('x')],
    ['an encoding twice', 'gzip, gzip', gzipSync(gzipSync('{}'))],
    ['what is not gzip', 'gzip', Buffer.from('{}')],
    ['a gzip body that is cut', 'gzip', gzipSync('{}'.repeat(100)).subarray(0, 20)],
    ['what is not brotli', 'br', Buffer.from('{}{}{}{}')],
  ])('refuses %s', async (_name, encoding, body) => {
    const { url } = await serve((_, response) => response.writeHead(200, { 'content-encoding': encoding }).end(body));
    const answer = await testClient().get(url, LIMIT);
    expect(answer.kind === 'failed' && answer.reason).toMatch(/content encoding/);
  });

  it('keeps connections between requests', async () => {
    const { url, connections } = await serve(json);
    const client = testClient();
    for (let i = 0; i < 5; i++) await client.get(`${url}${i}`, LIMIT);
    expect(connections()).toBe(1);
  });

  it('keeps the connection of an answer whose body is not wanted', async () => {
    const { url, connections } = await serve(status(404));
    const client = testClient();
    for (let i = 0; i < 5; i++) await client.get(`${url}${i}`, LIMIT);
    expect(connections()).toBe(1);
  });

  it('uses at most maxsockets connections per host, and answers all', async () => {
    const { url, connections, requests } = await serve((_, response) => setTimeout(() => response.end('{}'), 2));
    const client = testClient('maxsockets=3');
    const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => client.get(`${url}${i}`, LIMIT)));
    expect(answers.every(({ kind }) => kind === 'ok')).toBe(true);
    expect(requests).toHaveLength(20);
    expect(connections()).toBe(3);
  });

  it('refuses what is not a URL, or not HTTP', async () => {
    const client = testClient();
    expect(await client.get('no url', LIMIT)).toMatchObject({ kind: 'failed' });
    expect(await client.get('file:///etc/passwd', LIMIT)).toMatchObject({ kind: 'failed' });
  });
});

describe('bounds', () => {
  it('stops an endless answer at the bound', async () => {
    const { url, requests } = await serve((_, response) => {
      const write = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536)));
        response.once('drain', write);
      };
      write();
    });
    expect(await testClient().get(url, { maxBytes: 300_000 })).toEqual({ kind: 'too-large' });
    expect(requests).toHaveLength(1);
  });

  it('does not begin a body that is announced as too large', async () => {
    const { url } = await serve((_, response) => response.writeHead(200, { 'content-length': '2000000' }).write('x'));
    expect(await testClient().get(url, LIMIT)).toEqual({ kind: 'too-large' });
  });

  it('accepts exactly the bound, and not one byte more', async () => {
    const { url } = await serve((_, response) => response.end('x'.repeat(100)));
    expect(await testClient().get(url, { maxBytes: 100 })).toMatchObject({ kind: 'ok' });
    expect(await testClient().get(url, { maxBytes: 99 })).toEqual({ kind: 'too-large' });
  });

  it.each([
    ['small gzip', 'gzip', gzipSync(Buffer.alloc(3_000_000))],
    ['large gzip', 'gzip', gzipSync(Buffer.alloc(60_000_000))],
    ['brotli', 'br', brotliCompressSync(Buffer.alloc(3_000_000))],
  ])('takes a %s bomb as too large', async (_name, encoding, body) => {
    const { url } = await serve((_, response) => response.writeHead(200, { 'content-encoding': encoding }).end(body));
    expect(await testClient().get(url, LIMIT)).toEqual({ kind: 'too-large' });
  });

  it('ends an answer that drips without end, without trying again', async () => {
    const { url, requests } = await serve((_, response) => {
      const timer = setInterval(() => response.write('x'), 5);
      response.on('close', () => clearInterval(timer));
    });
    const answer = await testClient('', { idleMs: 10_000 }).get(url, { ...LIMIT, timeoutMs: 150 });
    expect(answer).toMatchObject({ kind: 'failed', reason: 'not finished in time' });
    expect(requests).toHaveLength(1);
  });

  it('ends the dripping body of an answer that is known by its status', async () => {
    const { url } = await serve((_, response) => {
      response.writeHead(404);
      const timer = setInterval(() => response.write('x'), 5);
      response.on('close', () => clearInterval(timer));
    });
    expect(await testClient().get(url, { ...LIMIT, timeoutMs: 150 })).toEqual({ kind: 'absent' });
  });

  it('gives up a server that accepts and says nothing, and tries again', async () => {
    const { url, requests } = await serve(() => undefined);
    const answer = await testClient('fetch-retries=1', { idleMs: 60 }).get(url, LIMIT);
    expect(answer).toEqual({ kind: 'failed', reason: 'no data in time, 2 times', status: null });
    expect(requests).toHaveLength(2);
  });

  it('lets an answer take longer than that, as long as it goes on', async () => {
    const { url } = await serve((_, response) => {
      let left = 8;
      const timer = setInterval(() => {
        left -= 1;
        if (left > 0) response.write(' ');
        else response.end('{}');
      }, 100);
      response.on('close', () => clearInterval(timer));
    });
    expect(await testClient('fetch-retries=0', { idleMs: 600 }).get(url, LIMIT)).toMatchObject({ kind: 'ok' });
  });

  it('lets the limit of a request cover its retries', async () => {
    const { url, requests } = await serve(() => undefined);
    const answer = await testClient('fetch-retries=10', { idleMs: 100 }).get(url, { ...LIMIT, timeoutMs: 150 });
    expect(answer).toMatchObject({ kind: 'failed', status: null });
    expect(requests.length).toBeLessThanOrEqual(2);
  });

  it('stops asking a host that answers nothing at all, and goes on with others', async () => {
    const silent = await serveRaw((socket) => socket.destroy());
    const other = await serve(json);
    const client = testClient('fetch-retries=0\nmaxsockets=1');
    const answers = await Promise.all(Array.from({ length: 100 }, (_, i) => client.get(`${silent.url}${i}`, LIMIT)));
    expect(answers.every(({ kind }) => kind === 'failed')).toBe(true);
    // The request that had the connection next is already under way.
    expect(silent.count()).toBeLessThanOrEqual(17);
    expect(silent.count()).toBeGreaterThanOrEqual(16);
    // What is not asked any more has the reason of what was.
    expect(answers.at(-1)).toMatchObject({ reason: `${CUT_SHORT}, as for earlier requests` });
    expect(await client.get(other.url, LIMIT)).toMatchObject({ kind: 'ok' });
  });

  it('names the first cause for what it does not ask any more', async () => {
    const client = testClient('fetch-retries=1\nfetch-retry-mintimeout=1\nmaxsockets=1');
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, i) => client.get(`http://127.0.0.1:9/${i}`, LIMIT)),
    );
    const reasons = new Set(answers.map((answer) => (answer.kind === 'failed' ? answer.reason : answer.kind)));
    expect(reasons).toEqual(new Set(['connection refused, 2 times', 'connection refused, as for earlier requests']));
  });

  it('goes on asking a host that answers now and then', async () => {
    const { url, requests } = await serve((request, response) => {
      if (request.url?.endsWith('0')) response.end('{}');
      else request.socket.destroy();
    });
    const client = testClient('fetch-retries=0');
    for (let i = 0; i < 60; i++) await client.get(`${url}${i}`, LIMIT);
    expect(requests).toHaveLength(60);
  });
});

describe('retries', () => {
  it.each([408, 425, 429, 500, 502, 503, 504])('tries again after %i', async (code) => {
    const { url, requests } = await serve(inTurn(status(code), json));
    expect(await testClient().get(url, LIMIT)).toMatchObject({ kind: 'ok' });
    expect(requests).toHaveLength(2);
  });

  it('gives up after fetch-retries, naming the status', async () => {
    const { url, requests } = await serve(status(500));
    const answer = await testClient('fetch-retries=2').get(url, LIMIT);
    expect(answer).toEqual({ kind: 'failed', reason: 'the server answered 500, 3 times', status: 500 });
    expect(requests).toHaveLength(3);
  });

  it('tries again after a connection that is reset', async () => {
    const { url, requests } = await serve(inTurn((request) => request.socket.resetAndDestroy(), json));
    expect(await testClient().get(url, LIMIT)).toMatchObject({ kind: 'ok' });
    expect(requests).toHaveLength(2);
  });

  it('tries again after an answer that is cut short', async () => {
    const cut: Handler = (_, response) => {
      response.writeHead(200, { 'content-length': '100' }).write('{"a"');
      setTimeout(() => response.destroy(), 5);
    };
    const { url } = await serve(inTurn(cut, json));
    const answer = await testClient().get(url, LIMIT);
    expect(answer.kind === 'ok' && answer.body.toString()).toBe('{"a":1}');
    const always = await serve(cut);
    expect(await testClient('fetch-retries=1').get(always.url, LIMIT)).toMatchObject({
      kind: 'failed',
      reason: 'connection closed before the answer was complete, 2 times',
    });
  });

  it('says that a connection is refused', async () => {
    const { url } = await serve(json);
    const gone = url.replace(/:\d+/, ':1');
    const answer = await testClient('fetch-retries=1').get(gone, LIMIT);
    expect(answer).toEqual({ kind: 'failed', reason: 'connection refused, 2 times', status: null });
  });

  it('does not try again what is not HTTP', async () => {
    const { url, count } = await serveRaw((socket) => socket.end('SSH-2.0-x\r\n'));
    const answer = await testClient().get(url, LIMIT);
    expect(answer.kind === 'failed' && answer.reason).toMatch(/not an HTTP answer/);
    expect(count()).toBe(1);
  });

  it('waits as long as Retry-After says', async () => {
    const { url } = await serve(inTurn(status(503, { 'retry-after': '1' }), json));
    const started = performance.now();
    expect(await testClient().get(url, LIMIT)).toMatchObject({ kind: 'ok' });
    expect(performance.now() - started).toBeGreaterThan(990);
  });

  it('does not wait for a Retry-After beyond its bound or its time', async () => {
    const { url, requests } = await serve(status(429, { 'retry-after': '7200' }));
    expect(await testClient().get(url, LIMIT)).toMatchObject({ kind: 'failed', status: 429 });
    const soon = await serve(status(429, { 'retry-after': '10' }));
    expect(await testClient().get(soon.url, { ...LIMIT, timeoutMs: 2000 })).toMatchObject({ kind: 'failed' });
    expect([requests.length, soon.requests.length]).toEqual([1, 1]);
  });

  it('takes a kept connection that the server has closed for no failure of the server', async () => {
    let first = true;
    const { url } = await serve((request, response) => {
      if (request.url === '/second' && first) {
        first = false;
        request.socket.destroy();
      } else response.end('{}');
    });
    // A wait before the retry would outlast the request.
    const client = testClient('fetch-retry-mintimeout=60000\nfetch-retry-maxtimeout=60000');
    await client.get(`${url}first`, LIMIT);
    expect(await client.get(`${url}second`, { ...LIMIT, timeoutMs: 5000 })).toMatchObject({ kind: 'ok' });
  });
});

describe('redirects', () => {
  const to = (location: string, code = 302): Handler => status(code, { location });

  it.each([301, 302, 303, 307, 308])('follows %i, relative or absolute', async (code) => {
    const { url } = await serve((request, response) =>
      request.url === '/b/c' ? response.end('{}') : to('b/c', code)(request, response),
    );
    expect(await testClient().get(`${url}a`, LIMIT)).toMatchObject({ kind: 'ok' });
  });

  it('ends a loop', async () => {
    const { url, requests } = await serve(to('/again'));
    expect(await testClient().get(url, LIMIT)).toMatchObject({ kind: 'failed', reason: 'more than 5 redirects' });
    expect(requests).toHaveLength(6);
  });

  it.each(['ftp://127.0.0.1/', 'file:///etc/passwd', 'data:application/json,{}', 'http://', 'javascript:0'])(
    'does not follow %s',
    async (location) => {
      const { url, requests } = await serve(to(location));
      const answer = await testClient().get(url, LIMIT);
      expect(answer.kind === 'failed' && answer.reason).toMatch(/^redirected/);
      expect(requests).toHaveLength(1);
    },
  );

  it('takes a redirect without an address as failed', async () => {
    const { url } = await serve(status(302));
    expect(await testClient().get(url, LIMIT)).toMatchObject({ kind: 'failed', status: 302 });
  });
});

describe('close', () => {
  it('says of a request under way that the run ended, not that the server failed', async () => {
    const silent = await serve(() => client.close());
    const client = testClient('fetch-retries=0');
    expect(await client.get(silent.url, LIMIT)).toEqual({ kind: 'failed', reason: 'the run ended', status: null });
  });

  it('ends requests under way, waits and queues, and answers later ones', async () => {
    const silent = await serve(() => undefined);
    const failing = await serve(status(503, { 'retry-after': '50' }));
    const client = testClient('maxsockets=1\nfetch-retries=1');
    const pending = [
      client.get(silent.url, LIMIT),
      client.get(`${silent.url}queued`, LIMIT),
      client.get(failing.url, LIMIT),
    ];
    while (silent.requests.length === 0 || failing.requests.length === 0) await wait(5);
    client.close();
    for (const answer of await Promise.all(pending)) expect(answer).toMatchObject({ reason: 'the run ended' });
    expect(await client.get(silent.url, LIMIT)).toMatchObject({ kind: 'failed', reason: 'the run ended' });
    expect(silent.requests).toHaveLength(1);
  });
});
