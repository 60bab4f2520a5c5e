import { createHash, randomBytes } from 'node:crypto';
import http2 from 'node:http2';
import type { Writable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { HttpClient, Sink } from '../../src/net/request.ts';
import { listen, makeAuthority, serve, testClient } from './servers.ts';

const PIECE = randomBytes(64 * 1024);
const PIECES = 1024;
const TOTAL = PIECE.length * PIECES;
/** What two sockets, TLS and the windows of HTTP/2 may hold. */
const UNDER_WAY = 24 * 1024 * 1024;

/** Writes as fast as it is taken, and counts what was. */
function flood(count: (length: number) => void): (body: Writable) => void {
  return (body) => {
    let left = PIECES;
    const go = (): void => {
      while (left > 0) {
        left -= 1;
        const ready = body.write(PIECE);
        count(PIECE.length);
        if (!ready) return;
      }
      body.end();
    };
    body.on('drain', go).on('error', () => undefined);
    go();
  };
}

const VERSIONS: Readonly<Record<string, (answer: (body: Writable) => void) => Promise<[string, HttpClient]>>> = {
  'HTTP/1.1': async (answer) => {
    const { url } = await serve((_, response) => answer(response));
    return [url, testClient()];
  },
  'HTTP/2': async (answer) => {
    const { cert, key, cafile } = makeAuthority();
    const sessions = new Set<http2.ServerHttp2Session>();
    const server = http2.createSecureServer({ cert, key }, (_, response) => answer(response.stream));
    server.on('session', (session) => sessions.add(session));
    server.on('sessionError', () => undefined);
    const port = await listen(server);
    onTestFinished(() => {
      for (const session of sessions) session.destroy();
      server.close();
    });
    return [`https://127.0.0.1:${port}/`, testClient(`cafile=${cafile}\n`)];
  },
};

describe.each(Object.entries(VERSIONS))('a body that goes elsewhere, in %s', (_, start) => {
  it('comes no faster than it is taken, and comes whole', { timeout: 120_000 }, async () => {
    let sent = 0;
    const [url, client] = await start(flood((length) => (sent += length)));
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const hash = createHash('sha512');
    let taken = 0;
    const sink: Sink = {
      write: (chunk) => {
        hash.update(chunk);
        taken += chunk.length;
        return held;
      },
    };
    const answer = client.get(url, { maxBytes: TOTAL, sink: () => sink });
    let before = -1;
    while (before < 0 || sent > before || taken === 0) {
      before = sent;
      await wait(300);
    }
    expect(sent).toBeLessThan(UNDER_WAY);
    expect(taken).toBeLessThan(1024 * 1024);
    release();
    expect(await answer).toMatchObject({ kind: 'ok' });
    expect([taken, sent]).toEqual([TOTAL, TOTAL]);
    const expected = createHash('sha512');
    for (let i = 0; i < PIECES; i++) expected.update(PIECE);
    expect(hash.digest('hex')).toBe(expected.digest('hex'));
  });

  it('is given up where it is larger than asked for, without the sink waiting', { timeout: 120_000 }, async () => {
    const [url, client] = await start(flood(() => undefined));
    let taken = 0;
    const sink: Sink = {
      write: (chunk) => {
        taken += chunk.length;
        return Promise.resolve();
      },
    };
    const maxBytes = 10 * PIECE.length;
    expect(await client.get(url, { maxBytes, sink: () => sink })).toEqual({ kind: 'too-large' });
    expect(taken).toBeLessThanOrEqual(maxBytes);
  });
});
