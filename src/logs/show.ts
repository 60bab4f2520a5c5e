import type { LogHit } from '../model/log.ts';
import type { LogEntry } from '../sigstore/bundle.ts';
import { verifyInclusion, verifyPromise } from '../sigstore/log.ts';
import { Refusal } from '../sigstore/refusal.ts';
import { Malformed } from '../tlog/malformed.ts';
import { leafHash } from '../tlog/merkle.ts';
import { readTree, tilesFor, WIDTH } from '../tlog/tiles.ts';
import type { LogContext } from './context.ts';
import { askHead, readHead, troubleOf, type Head, type Trouble } from './heads.ts';
import { hitOf, type ProvenEntry } from './hit.ts';
import type { LogPlace } from './places.ts';
import { askEntry, isUuid, type Rekor1Entry } from './rekor-1.ts';
import { askEntries, askTiles } from './rekor-2.ts';

/** An entry with the head whose tree it was proven in; null where the log has none by that id. */
export type Found = { readonly hit: LogHit; readonly head: Head } | Trouble | null;

/** Fetches an entry by its id or position, and verifies it before anything of it is read. */
export async function findEntry(context: LogContext, place: LogPlace, id: string): Promise<Found> {
  const proven = place.api === 1 ? await provenBy1(context, place, id) : await provenBy2(context, place, BigInt(id));
  if (proven === null || 'word' in proven) return proven;
  return { hit: hitOf(proven, context), head: proven.head };
}

async function provenBy1({ http }: LogContext, place: LogPlace, id: string): Promise<ProvenEntry | Trouble | null> {
  const answer = await askEntry(http, place.url, id);
  if (answer.state === 'absent') return null;
  if (answer.state !== 'present') return troubleOf(answer, 'unavailable');
  const { uuid, entry, attestation } = answer.value;
  const isAsked = isUuid(id) ? uuid.endsWith(id.slice(-64)) : entry.logIndex === BigInt(id);
  if (!isAsked) return { word: 'other-entry', reason: `asked for ${id}, ${place.name} answered with another entry` };
  const proven = proveBy1(place, entry, uuid, attestation);
  // An id that names its tree asks for the entry in that tree, whatever other one has the same bytes.
  const tree = isUuid(id) ? treeIn(id) : null;
  if ('word' in proven || tree === null || proven.head.tree === tree) return proven;
  const reason = `asked for an entry of tree ${tree}, ${place.name} answered out of ${proven.head.checkpoint.origin}`;
  return { word: 'other-tree', reason };
}

/** The hash of the leaf, the proof in the tree of the checkpoint, and the promise, all under keys of the log. */
function proveBy1(
  place: LogPlace,
  entry: LogEntry,
  uuid: string,
  attestation: Rekor1Entry['attestation'],
): ProvenEntry | Trouble {
  const head = readHead(place, entry.proof?.checkpoint ?? '');
  if ('word' in head) return head;
  if (leafHash(entry.body).toString('hex') !== uuid.slice(-64)) {
    return { word: 'other-entry', reason: `the entry is not the one of the id ${uuid}` };
  }
  const tree = treeIn(uuid);
  if (tree !== null && tree !== head.tree) {
    return { word: 'other-tree', reason: `the proof is in ${head.checkpoint.origin}, and not in the tree of ${uuid}` };
  }
  try {
    verifyInclusion(entry, place.keys, []);
    const time = verifyPromise(entry, place.keys)?.time ?? null;
    const treeIndex = entry.proof?.index ?? 0n;
    return { head, body: entry.body, uuid, index: entry.logIndex, treeIndex, time, attestation };
  } catch (error) {
    if (error instanceof Refusal) return { word: 'unproven', reason: error.message };
    throw error;
  }
}

/** The tree that an id names, decimal; null where it names none. */
function treeIn(uuid: string): string | null {
  return uuid.length === 80 ? String(BigInt(`0x${uuid.slice(0, 16)}`)) : null;
}

async function provenBy2({ http }: LogContext, place: LogPlace, index: bigint): Promise<ProvenEntry | Trouble | null> {
  const head = await askHead(http, place);
  if ('word' in head) return head;
  const { size } = head.checkpoint;
  if (index >= size) return null;
  const leaf = await leafAt(http, head, index);
  if ('word' in leaf) return leaf;
  const width = Math.min(WIDTH, Number(size - (index & ~0xffn)));
  const answer = await askEntries(http, place.url, index >> 8n, width);
  if (answer.state !== 'present') return troubleOf(answer, 'pruned');
  const body = answer.value[Number(index & 0xffn)];
  if (body === undefined || !leafHash(body).equals(leaf.hash)) {
    return { word: 'other-entry', reason: `the entry served for position ${index} is not the one in the tree` };
  }
  return { head, body, uuid: null, index, treeIndex: index, time: null, attestation: null };
}

/** The hash of a leaf, tied to the head by tiles. */
export async function leafAt(
  http: LogContext['http'],
  { place, checkpoint }: Head,
  index: bigint,
): Promise<{ readonly hash: Buffer } | Trouble> {
  const answer = await askTiles(http, place.url, tilesFor(checkpoint.size, { leaves: [index] }));
  if (answer.state !== 'present') return troubleOf(answer, 'pruned');
  try {
    return { hash: readTree(checkpoint, answer.value).leafHash(index) };
  } catch (error) {
    if (error instanceof Malformed) return { word: 'unproven', reason: error.message };
    throw error;
  }
}
