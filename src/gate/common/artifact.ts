import { createHash, type Hash } from 'node:crypto';
import type { Writable } from 'node:stream';
import { MAX_TARBALL_BYTES } from '../../model/limits.ts';
import type { Digest } from '../../model/dependency.ts';
import type { GetOptions, HttpClient, Sink } from '../../net/request.ts';

/** Why bytes are not handed on. */
export type Broken = 'mismatch' | 'absent' | 'unavailable';

/** Gives bytes to a sink, anew for each attempt; answers what came of that. */
type Fetch = (sink: () => Sink) => Promise<'ok' | 'absent' | 'unavailable'>;

/** Hands on what is at an address, as `handOnBy` does. */
export function handOn(
  url: string,
  digests: readonly Digest[],
  client: HttpClient,
  out: Writable,
  options: Pick<GetOptions, 'auth' | 'timeoutMs'> & { readonly maxBytes?: number } = {},
): Promise<Broken | null> {
  const fetch: Fetch = async (sink) => {
    const { kind } = await client.get(url, { maxBytes: MAX_TARBALL_BYTES, ...options, sink });
    return kind === 'ok' || kind === 'absent' ? kind : 'unavailable';
  };
  return handOnBy(fetch, digests, out);
}

/**
 * Hands bytes on while they come, and hashes them. The last part is held back until all of `digests` hold, so that a
 * client never has the whole of anything else. An attempt that the network broke off is gone on with where the bytes
 * begin as they did before.
 */
export async function handOnBy(fetch: Fetch, digests: readonly Digest[], out: Writable): Promise<Broken | null> {
  const stream = createStream(digests, out);
  const came = await fetch(stream.begin);
  if (came !== 'ok') return came;
  return (await stream.end()) ? null : 'mismatch';
}

function createStream(digests: readonly Digest[], out: Writable): { begin: () => Sink; end: () => Promise<boolean> } {
  let hashes: Hash[] = [];
  let held: Buffer | null = null;
  let written = 0;
  /** What was written in all, for an attempt that begins anew. */
  const sent = createHash('sha256');
  let isBroken = false;

  const write = async (chunk: Buffer): Promise<void> => {
    sent.update(chunk);
    written += chunk.length;
    if (out.destroyed || out.write(chunk)) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        out.off('drain', done).off('close', done);
        resolve();
      };
      out.on('drain', done).on('close', done);
    });
  };

  const begin = (): Sink => {
    hashes = digests.map(({ algorithm }) => createHash(algorithm));
    held = null;
    const again = createHash('sha256');
    let left = written;
    return {
      write: async (chunk) => {
        for (const hash of hashes) hash.update(chunk);
        let rest = chunk;
        if (left > 0) {
          const before = rest.subarray(0, left);
          again.update(before);
          left -= before.length;
          rest = rest.subarray(before.length);
          if (left === 0) isBroken ||= again.digest('hex') !== sent.copy().digest('hex');
        }
        if (isBroken || rest.length === 0) return;
        const ready = held;
        held = rest;
        if (ready !== null) await write(ready);
      },
    };
  };

  return {
    begin,
    end: async () => {
      const holds = !isBroken && hashes.every((hash, i) => hash.digest('hex') === digests[i]?.hex);
      if (holds && held !== null) await write(held);
      return holds;
    },
  };
}
