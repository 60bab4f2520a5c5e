import { createHash } from 'node:crypto';
import type { Store } from '../../model/store.ts';
import { DAY, HOUR, type Instant } from '../../model/time.ts';
import { malformed } from '../refusal.ts';
import type { Ask, Problem } from './answer.ts';
import { restore, unseen, update, type Anchor, type Verified, type Wanted } from './client.ts';
import { isSignedBy, parseRoot, parseSigned } from './metadata.ts';

/** A TUF repository: where trust in it begins, and what is wanted of it. */
export interface Repository {
  /** Names what a store keeps of it. */
  readonly name: string;
  readonly anchor: Anchor;
  readonly wanted: Wanted;
}

/** What is known of a repository. */
export interface Known {
  readonly state: Verified;
  /** When that was last known to be its newest; null where it never was. */
  readonly confirmed: Instant | null;
  /** When a newer root was last asked for. */
  readonly rootAsked: Instant | null;
}

export interface Refreshed extends Known {
  readonly problem: Problem | null;
}

/** How long no newer root is asked for while timestamps hold under the known one. Those expire after a week. */
const ROOT_ASKED_MS = DAY;

/** Trust that begins with root metadata, signed by their own keys, and of this SHA-256. Throws `Malformed`. */
export function pinRoot(bytes: Buffer, digest: string | null = null): Anchor {
  const actual = sha256(bytes);
  if (digest !== null && actual !== digest) malformed(`its SHA-256 is ${actual} instead of ${digest}`);
  const signed = parseSigned(bytes, 'root');
  const root = parseRoot(signed);
  if (!isSignedBy(signed, root.roles.root)) malformed('it is not signed by enough of its own keys');
  return { root, floors: new Map() };
}

/** What earlier runs verified of the repository, verified again; else where trust in it begins. */
export async function openKnown({ name, anchor, wanted }: Repository, store: Store | null): Promise<Known> {
  const kept = unpack(store?.get(sha256(name)) ?? null);
  const state = kept === null ? null : await restore(anchor, kept, wanted);
  if (kept === null || state === null) return { state: unseen(anchor), confirmed: null, rootAsked: null };
  return { state, confirmed: kept.confirmed, rootAsked: kept.rootAsked };
}

/**
 * Asks the repository what is newer, and keeps each step that holds as soon as it does. `fresh` asks also for what may
 * be taken as known for a while; `known` is what the store has, where that was read already. A copy does not say when
 * it was made (`isCopy`): a timestamp that was there before does not say again that it is the newest.
 */
export async function refresh(
  repository: Repository,
  ask: Ask,
  store: Store | null,
  now: Instant,
  {
    fresh = false,
    known,
    isCopy = false,
  }: { readonly fresh?: boolean; readonly known?: Known; readonly isCopy?: boolean } = {},
): Promise<Refreshed> {
  const before = known ?? (await openKnown(repository, store));
  const { state: start, confirmed, rootAsked } = before;
  // A clock that was set back must not spare a question for ever.
  const isRecent = rootAsked !== null && rootAsked <= now && now - rootAsked < ROOT_ASKED_MS;
  const askRoot = fresh || !isRecent || start.root.expires <= now;
  const put = (state: Known): void => store?.put(sha256(repository.name), pack(state));
  const keep = (state: Verified): void => put({ state, confirmed, rootAsked });
  const { state, problem } = await update(start, ask, repository.wanted, { now, askRoot, keep });
  const isConfirmed = problem === null;
  const isSaidAnew = !isCopy || confirmed === null || state.timestamp?.version !== start.timestamp?.version;
  const after = {
    state,
    confirmed: isConfirmed && isSaidAnew ? now : confirmed,
    rootAsked: askRoot && isConfirmed ? now : rootAsked,
  };
  if (state !== start || askRoot || after.confirmed === null || now - (confirmed ?? 0) >= HOUR) put(after);
  return { ...after, problem };
}

function sha256(content: Buffer | string): string {
  return createHash('sha256').update(content).digest('hex');
}

/** What a run keeps for the next one. */
interface Kept extends Pick<Verified, 'files' | 'floors' | 'etag'>, Omit<Known, 'state'> {}

function pack({ state: { files, floors, etag }, confirmed, rootAsked }: Known): Buffer {
  const encoded = [...files].map(([path, bytes]) => [path, bytes.toString('base64')]);
  return Buffer.from(JSON.stringify({ files: encoded, floors: [...floors], etag, confirmed, rootAsked }));
}

/** `bytes` are what `pack` gave, vouched for by the store; what they hold is verified all the same. */
function unpack(bytes: Buffer | null): Kept | null {
  if (bytes === null) return null;
  const { files, floors, ...rest } = JSON.parse(bytes.toString('utf8')) as Omit<Kept, 'files' | 'floors'> & {
    readonly files: readonly (readonly [string, string])[];
    readonly floors: readonly (readonly [string, number])[];
  };
  const decoded = files.map(([path, encoded]): [string, Buffer] => [path, Buffer.from(encoded, 'base64')]);
  return { ...rest, files: new Map(decoded), floors: new Map(floors) };
}
