import { createHash } from 'node:crypto';
import type { SharedStore } from '../../model/store.ts';
import { DAY, HOUR, type Instant } from '../../model/time.ts';
import { tryJson } from '../json.ts';
import { malformed } from '../refusal.ts';
import type { Ask, Problem } from './answer.ts';
import { restore, unseen, update, type Anchor, type Verified, type Wanted } from './client.ts';
import { isSignedBy, parseRoot, parseSigned } from './metadata.ts';
import { combine, keptIn, pack, unpack, type Kept } from './record.ts';

/** A TUF repository: where trust in it begins, and what is wanted of it. */
export interface Repository {
  /** Names what a store keeps of it. */
  readonly name: string;
  readonly anchor: Anchor;
  readonly wanted: Wanted;
}

/** What is known of a repository. */
export interface Known extends Pick<Kept, 'confirmed' | 'rootAsked'> {
  readonly state: Verified;
  /** As the store had it; null where it had nothing. */
  readonly record: Buffer | null;
}

export interface Refreshed extends Omit<Known, 'record'> {
  readonly problem: Problem | null;
}

/** How long no newer root is asked for while timestamps hold under the known one. Those expire after a week. */
const ROOT_ASKED_MS = DAY;

/** Trust that begins with root metadata, signed by their own keys, and of this SHA-256. Throws `Malformed`. */
export function pinRoot(bytes: Buffer, digest: string | null = null): Anchor {
  const actual = sha256(bytes);
  if (digest !== null && actual !== digest) malformed(`its SHA-256 is ${actual} instead of ${digest}`);
  if (isTrustedRoot(bytes)) malformed('it is a trusted root, not root metadata of a TUF repository');
  const signed = parseSigned(bytes, 'root');
  const root = parseRoot(signed);
  if (!isSignedBy(signed, root.roles.root)) malformed('it is not signed by enough of its own keys');
  return { root, floors: new Map() };
}

function isTrustedRoot(bytes: Buffer): boolean {
  const { mediaType } = (tryJson(bytes.toString('utf8')) ?? {}) as { readonly mediaType?: unknown };
  return typeof mediaType === 'string' && mediaType.includes('sigstore.trustedroot');
}

/** What earlier runs verified of the repository, verified again; else where trust in it begins. */
export async function openKnown({ name, anchor, wanted }: Repository, store: SharedStore | null): Promise<Known> {
  const record = store?.get(sha256(name)) ?? null;
  const kept = record === null ? null : unpack(record);
  const state = kept === null ? null : await restore(anchor, kept, wanted);
  if (kept === null || state === null) return { state: unseen(anchor), confirmed: null, rootAsked: null, record };
  return { state, confirmed: kept.confirmed, rootAsked: kept.rootAsked, record };
}

/**
 * Asks the repository what is newer, and keeps each step that holds as soon as it does. `fresh` asks also for what may
 * be taken as known for a while; `known` is what the store has, where that was read already. A copy does not say when
 * it was made (`isCopy`): a timestamp that was there before does not say again that it is the newest.
 */
export async function refresh(
  repository: Repository,
  ask: Ask,
  store: SharedStore | null,
  now: Instant,
  {
    fresh = false,
    known,
    isCopy = false,
    clock = now,
  }: { readonly fresh?: boolean; readonly known?: Known; readonly isCopy?: boolean; readonly clock?: Instant } = {},
): Promise<Refreshed> {
  const before = known ?? (await openKnown(repository, store));
  const { state: start, confirmed, rootAsked } = before;
  // A clock that was set back must not spare a question for ever.
  const isRecent = rootAsked !== null && rootAsked <= now && now - rootAsked < ROOT_ASKED_MS;
  const askRoot = fresh || !isRecent || start.root.expires <= now;
  let { record } = before;
  const put = (known: Omit<Known, 'record'>): void =>
    store?.update(sha256(repository.name), (now) => {
      const mine = keptIn(known);
      // Nobody but this run kept anything since: it goes on from there.
      if (now === null || record?.equals(now) === true) return (record = pack(mine));
      return pack(combine(mine, unpack(now), repository.anchor.root));
    });
  const keep = (state: Verified): void => put({ state, confirmed, rootAsked });
  const { state, problem } = await update(start, ask, repository.wanted, { now, askRoot, keep });
  const isConfirmed = problem === null;
  const isSame = state.timestamp?.version === start.timestamp?.version;
  // Of the same timestamp, the later word counts, unless that is one of a clock that was set back since.
  const wasSaidLater = confirmed !== null && confirmed > now && confirmed <= clock;
  const isSaidAnew = confirmed === null || !isSame || !(isCopy || wasSaidLater);
  const after = {
    state,
    confirmed: isConfirmed && isSaidAnew ? now : confirmed,
    rootAsked: askRoot && isConfirmed ? now : rootAsked,
  };
  // A clock that was ahead may have kept a time that is yet to come.
  const isOther = Math.abs(now - (confirmed ?? 0)) >= HOUR;
  if (state !== start || askRoot || after.confirmed === null || isOther) put(after);
  return { ...after, problem };
}

function sha256(content: Buffer | string): string {
  return createHash('sha256').update(content).digest('hex');
}
