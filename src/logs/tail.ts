import type { LogHit } from '../model/log.ts';
import { Malformed } from '../tlog/malformed.ts';
import { leafHash } from '../tlog/merkle.ts';
import { openRange, type Range } from '../tlog/range.ts';
import { readTree, tilesFor, WIDTH, type TiledTree } from '../tlog/tiles.ts';
import type { LogContext } from './context.ts';
import { troubleOf, type Head, type Trouble } from './heads.ts';
import { hitOf } from './hit.ts';
import { askEntries, askTiles } from './rekor-2.ts';

/** A part of the log that was read whole and is what the head signed. */
export interface Chunk {
  /** The position behind its last entry. */
  readonly to: bigint;
  readonly hits: readonly LogHit[];
}

/** Entries that are read before they are tied to the head: so much memory for findings, so many requests in vain. */
const CHUNK = 65_536n;
/** Bundles that are asked for at the same time. */
const AHEAD = 8;

/**
 * Reads the entries of a log from a position up to a head, and gives those that are wanted, a part after the other.
 * Every entry is hashed: only where all hashes together make the root that the log signed is anything given, so that
 * no entry can be left out or put in between. Memory does not grow with the log.
 */
export async function* tailLog(
  context: LogContext,
  head: Head,
  from: bigint,
  isWanted: (entry: Buffer) => boolean,
): AsyncGenerator<Chunk | Trouble, void> {
  const { size } = head.checkpoint;
  let range: Range | null = null;
  for (let at = from; at < size;) {
    const next = (at / CHUNK + 1n) * CHUNK;
    const to = next < size ? next : size;
    const tree = await treeWith(context, head, [at, to]);
    if ('word' in tree) {
      yield tree;
      return;
    }
    range ??= openRange(at, tree.subtreesAt(at));
    const hits = await readChunk(context, head, range, to, isWanted);
    if ('word' in hits) {
      yield hits;
      return;
    }
    if (!range.root().equals(tree.rootAt(to))) {
      const reason = `the entries from ${at} to ${to} are not those in the tree that ${head.place.name} signed`;
      yield { word: 'other-entry', reason };
      return;
    }
    yield { to, hits };
    at = to;
  }
}

/** The tree of the head, with what its earlier sizes need. */
async function treeWith(context: LogContext, head: Head, sizes: readonly bigint[]): Promise<TiledTree | Trouble> {
  const { checkpoint, place } = head;
  const answer = await askTiles(context.http, place.url, tilesFor(checkpoint.size, { leaves: [], sizes }));
  if (answer.state !== 'present') return troubleOf(answer, 'pruned');
  try {
    const tree = readTree(checkpoint, answer.value);
    for (const size of sizes) tree.rootAt(size);
    return tree;
  } catch (error) {
    if (error instanceof Malformed) return { word: 'unproven', reason: error.message };
    throw error;
  }
}

async function readChunk(
  context: LogContext,
  head: Head,
  range: Range,
  to: bigint,
  isWanted: (entry: Buffer) => boolean,
): Promise<readonly LogHit[] | Trouble> {
  const { place, checkpoint } = head;
  const ask = (index: bigint): ReturnType<typeof askEntries> => {
    const left = checkpoint.size - index * BigInt(WIDTH);
    return askEntries(context.http, place.url, index, left < BigInt(WIDTH) ? Number(left) : WIDTH);
  };
  const last = (to - 1n) >> 8n;
  const asked: ReturnType<typeof askEntries>[] = [];
  const hits: LogHit[] = [];
  let next = range.size() >> 8n;
  for (let index = next; index <= last; index += 1n) {
    for (; next <= last && asked.length < AHEAD; next += 1n) asked.push(ask(next));
    const answer = await asked.shift();
    if (answer === undefined) break;
    if (answer.state !== 'present') {
      await Promise.all(asked);
      return troubleOf(answer, 'pruned');
    }
    for (const [i, body] of answer.value.entries()) {
      const at = index * BigInt(WIDTH) + BigInt(i);
      if (at < range.size() || at >= to) continue;
      range.append(leafHash(body));
      if (!isWanted(body)) continue;
      hits.push(hitOf({ head, body, uuid: null, index: at, treeIndex: at, time: null, attestation: null }, context));
    }
  }
  return hits;
}
