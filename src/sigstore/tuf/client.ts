import type { Instant } from '../../model/time.ts';
import { bodyOf, fetchFile, problemOf, refused, type Answer, type Ask, type Problem } from './answer.ts';
import { checkFloors, demandFresh, demandVersion, readSigned, readTimestamp } from './demands.ts';
import {
  isFile,
  parseSnapshot,
  parseTargets,
  type MetaFacts,
  type Metadata,
  type Role,
  type Root,
  type Snapshot,
  type Targets,
  type Timestamp,
} from './metadata.ts';
import { followRoots, type Followed } from './roots.ts';
import { findTarget, obtainTarget, type Target } from './targets.ts';

/** Where trust in a repository begins. */
export interface Anchor {
  readonly root: Root;
  /** Versions by file that were seen of it already; nothing older is accepted. */
  readonly floors: ReadonlyMap<string, number>;
}

/** What was verified of a repository. */
export interface Verified {
  readonly root: Root;
  readonly timestamp: Timestamp | null;
  readonly snapshot: Snapshot | null;
  /** Targets metadata by role, as far as it was needed. */
  readonly roles: ReadonlyMap<string, Targets>;
  /** By path; null for one that the repository does not list. */
  readonly targets: ReadonlyMap<string, Target | null>;
  /** All of the above as it was served, by path, to be verified again by a later run. */
  readonly files: ReadonlyMap<string, Buffer>;
  readonly floors: ReadonlyMap<string, number>;
  /** Of timestamp.json. */
  readonly etag: string | null;
}

/** Wanted targets, each with the hex SHA-256 that need not be fetched, or null. */
export type Wanted = ReadonlyMap<string, string | null>;

const KIB = 1024;
/** Sigstore's own are 1, 2 and 6 KiB. */
const MAX_BYTES = { timestamp: 16 * KIB, snapshot: 2048 * KIB, targets: 4096 * KIB };

/** Nothing but where trust begins. */
export function unseen({ root, floors }: Anchor): Verified {
  const none = { timestamp: null, snapshot: null, etag: null };
  return { root, ...none, roles: new Map(), targets: new Map(), files: new Map(), floors };
}

/**
 * Verifies what an earlier run kept as if it were served now, from where trust begins, but for its expiry: what expired is
 * still the newest that is known. Null where it does not hold.
 */
export async function restore(
  anchor: Anchor,
  { files, floors, etag }: Pick<Verified, 'files' | 'floors' | 'etag'>,
  wanted: Wanted,
): Promise<Verified | null> {
  const ask: Ask = (path) => {
    const body = files.get(path);
    return Promise.resolve(body === undefined ? { kind: 'absent' } : { kind: 'ok', body, etag });
  };
  const { state } = await update(unseen(anchor), ask, wanted, { now: null, askRoot: true });
  return state.snapshot === null ? null : { ...state, floors: highest(state.floors, floors), etag };
}

/**
 * The client workflow (https://theupdateframework.github.io/specification/latest/, section 5). Where it ends with a
 * problem, the state is the one before, or, where only a delegated role does not hold, has that role's targets as before.
 *
 * `askRoot` false spares the question for a newer root as long as a timestamp signed under the known one says that nothing
 * changed. `now` null asks for no expiry.
 */
export async function update(
  before: Verified,
  ask: Ask,
  wanted: Wanted,
  { now, askRoot }: { readonly now: Instant | null; readonly askRoot: boolean },
): Promise<{ readonly state: Verified; readonly problem: Problem | null }> {
  const floors = new Map(before.floors);
  try {
    const asked = ask('timestamp.json', MAX_BYTES.timestamp, before.etag);
    let followed = askRoot ? await followRoots(before, ask) : { root: before.root, files: before.files, isNew: false };
    if (followed.root === before.root) {
      const same = confirm(before, await asked, floors, now);
      if (same !== null) return { state: same, problem: null };
      if (!askRoot) followed = await followRoots(before, ask);
    }
    demandFresh(followed.root, 'root', now);
    return await walk(before, followed, await asked, { ask, wanted, now, floors });
  } catch (error) {
    const problem = problemOf(error);
    return { state: { ...before, floors: highest(before.floors, floors) }, problem };
  }
}

/** The state before with a newer timestamp, where that says that nothing else changed; null where it does not. */
function confirm(before: Verified, answer: Answer, floors: Map<string, number>, now: Instant | null): Verified | null {
  const { root, snapshot, timestamp, roles } = before;
  if (snapshot === null || timestamp === null) return null;
  try {
    const { bytes, etag } = timestampBytes(answer, before);
    const latest = bytes === before.files.get('timestamp.json') ? timestamp : readTimestamp(bytes, root, floors);
    const kept = before.files.get(pathOf('snapshot.json', snapshot.version, root));
    if (latest.snapshot.version !== snapshot.version || kept === undefined || !isFile(kept, latest.snapshot))
      return null;
    for (const part of [root, latest, snapshot, ...roles.values()]) demandFresh(part, 'metadata', now);
    if (latest === timestamp) return before;
    const files = new Map(before.files).set('timestamp.json', bytes);
    return { ...before, timestamp: latest, files, floors: new Map(floors), etag };
  } catch (error) {
    problemOf(error);
    return null;
  }
}

interface Walk {
  readonly ask: Ask;
  readonly wanted: Wanted;
  readonly now: Instant | null;
  readonly floors: Map<string, number>;
}

/** Everything below the root. What was served before and still is what is asked for is not asked for again. */
async function walk(
  before: Verified,
  { root, files: roots, isNew }: Followed,
  answer: Answer,
  { ask, wanted, now, floors }: Walk,
): Promise<{ readonly state: Verified; readonly problem: Problem | null }> {
  // A root with other keys than before has begun anew (5.3.11).
  if (isNew) floors.clear();
  const files = new Map([...roots].filter(([path]) => path.endsWith('.root.json')));
  const { bytes, etag } = timestampBytes(answer, before);
  const timestamp = readTimestamp(bytes, root, floors);
  demandFresh(timestamp, 'timestamp', now);
  files.set('timestamp.json', bytes);

  /** Metadata as it was kept, where that still holds, or else as it is served. */
  const obtain = async <T extends Metadata>(
    name: string,
    facts: MetaFacts,
    max: number,
    read: (bytes: Buffer) => T,
  ): Promise<T> => {
    const path = pathOf(name, facts.version, root);
    const take = (bytes: Buffer): T => {
      const metadata = read(bytes);
      demandVersion(metadata, facts.version, name);
      files.set(path, bytes);
      return metadata;
    };
    const kept = before.files.get(path);
    if (kept !== undefined && isFile(kept, facts)) {
      try {
        return take(kept);
      } catch (error) {
        problemOf(error);
      }
    }
    return take(await fetchFile(askEarly, path, facts, max));
  };
  const early = new Map<string, Promise<Answer>>();
  const askEarly: Ask = (path, ...rest) => early.get(path) ?? ask(path, ...rest);

  const snapshot = await obtain('snapshot.json', timestamp.snapshot, MAX_BYTES.snapshot, (bytes) =>
    readSigned(bytes, 'snapshot', root.roles.snapshot, parseSnapshot, 'snapshot.json'),
  );
  checkFloors(snapshot, floors);
  demandFresh(snapshot, 'snapshot', now);

  // A role is mostly named after the folder that is delegated to it: asked for beside the role that says so.
  for (const path of wanted.keys()) {
    const name = `${path.slice(0, path.indexOf('/'))}.json`;
    const meta = snapshot.meta.get(name);
    const place = pathOf(name, meta?.version ?? 0, root);
    if (meta !== undefined && !before.files.has(place)) early.set(place, ask(place, MAX_BYTES.targets, null));
  }

  const roles = new Map<string, Targets>();
  const readRole = async (name: string, role: Role): Promise<Targets> => {
    const file = `${name}.json`;
    const meta = snapshot.meta.get(file);
    if (meta === undefined) throw refused(`the snapshot does not list ${file}`);
    const targets = await obtain(file, meta, MAX_BYTES.targets, (bytes) =>
      readSigned(bytes, 'targets', role, parseTargets, file),
    );
    demandFresh(targets, file, now);
    roles.set(name, targets);
    return targets;
  };
  const top = await readRole('targets', root.roles.targets);

  const targets = new Map<string, Target | null>();
  const problems: Problem[] = [];
  const obtainOne = async ([path, expected]: readonly [string, string | null]): Promise<void> => {
    try {
      const found = await findTarget(path, top, readRole);
      const place = { root, kept: before.files, files, ask };
      targets.set(path, found === null ? null : await obtainTarget(path, found, expected, place));
    } catch (error) {
      problems.push(problemOf(error));
      const known = before.targets.get(path);
      if (known !== undefined) targets.set(path, known);
    }
  };
  await Promise.all([...wanted].map(obtainOne));
  const state = { root, timestamp, snapshot, roles, targets, files, floors: new Map(floors), etag };
  return { state, problem: problems[0] ?? null };
}

function timestampBytes(answer: Answer, before: Verified): { readonly bytes: Buffer; readonly etag: string | null } {
  const known = before.files.get('timestamp.json');
  if (answer.kind === 'unchanged' && known !== undefined) return { bytes: known, etag: before.etag };
  const bytes = bodyOf(answer, 'timestamp.json');
  return {
    bytes: known?.equals(bytes) === true ? known : bytes,
    etag: answer.kind === 'ok' ? answer.etag : null,
  };
}

/** Where metadata of this version are. */
function pathOf(name: string, version: number, { consistentSnapshot }: Root): string {
  return consistentSnapshot ? `${version}.${name}` : name;
}

function highest(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
  const all = new Map(a);
  for (const [name, version] of b) all.set(name, Math.max(version, all.get(name) ?? 0));
  return all;
}
