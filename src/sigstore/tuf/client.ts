import type { Instant } from '../../model/time.ts';
import { bodyOf, fetchFile, problemOf, refused, type Answer, type Ask, type Problem } from './answer.ts';
import {
  checkFloors,
  demandFresh,
  demandFreshRoot,
  demandVersion,
  raiseFloors,
  readSigned,
  readTimestamp,
} from './demands.ts';
import { keepFile, keptFile, keptOf, verifiedOf, type Kept, type Verified } from './kept.ts';
import {
  fileOf,
  isFile,
  parseSnapshot,
  parseTargets,
  type MetaFacts,
  type Metadata,
  type Role,
  type Root,
  type Snapshot,
  type Targets,
} from './metadata.ts';
import { followRoots } from './roots.ts';
import { findTarget, obtainTarget, type Target } from './targets.ts';

export type { Verified } from './kept.ts';

/** Where trust in a repository begins. */
export interface Anchor {
  readonly root: Root;
  /** Versions by file that were seen of it already; nothing older is accepted. */
  readonly floors: ReadonlyMap<string, number>;
}

/** Wanted targets, each with the hex SHA-256 that need not be fetched, or null. */
export type Wanted = ReadonlyMap<string, string | null>;

const KIB = 1024;
/** Sigstore's own are 1, 2 and 6 KiB. */
const MAX_BYTES = { timestamp: 16 * KIB, snapshot: 2048 * KIB, targets: 4096 * KIB };

/** The state before anything was verified. */
export function unseen({ root, floors }: Anchor): Verified {
  const none = { timestamp: null, snapshot: null, etag: null };
  return { root, ...none, roles: new Map(), targets: new Map(), files: new Map(), floors };
}

/**
 * Verifies what an earlier run kept, from where trust begins: each part is signed by enough of the keys that the newest
 * kept root has for it. Expiry is not checked, as expired metadata are still the newest that are known; nor that the
 * parts belong together, as a failed run keeps each step that held. Null where nothing verifies.
 */
export async function restore(
  anchor: Anchor,
  { files, floors, etag }: Pick<Verified, 'files' | 'floors' | 'etag'>,
  wanted: Wanted,
): Promise<Verified | null> {
  const ask: Ask = (path) => {
    const body = files.get(path);
    return Promise.resolve(body === undefined ? { kind: 'absent' } : { kind: 'ok', body, etag: null });
  };
  const kept = keptOf(unseen(anchor));
  const load = async <T>(name: string, read: (bytes: Buffer) => T): Promise<T | null> => {
    const file = keptFile(files, name);
    const value = file === null ? null : await attempt(() => read(file.bytes));
    if (file !== null && value !== null) keepFile(kept, name, file.path, file.bytes);
    return value;
  };
  // Earlier runs may have kept more roots than one run may follow.
  const follow = followRoots(kept, ask, () => undefined, Infinity);
  if ((await attempt(() => follow.then(() => true))) === null) return null;
  for (const [name, version] of floors) kept.floors.set(name, Math.max(version, kept.floors.get(name) ?? 0));
  const { root } = kept;
  kept.timestamp = await load('timestamp.json', (bytes) => readTimestamp(bytes, root, kept.floors, null));
  kept.snapshot = await load('snapshot.json', (bytes) => readSnapshot(bytes, root, kept.floors));
  const readRole = async (name: string, role: Role): Promise<Targets> => {
    const targets = await load(fileOf(name), (bytes) => readTargets(bytes, role, name));
    if (targets === null) throw refused(`${fileOf(name)} was not kept`);
    kept.roles.set(name, targets);
    return targets;
  };
  await attempt(async () => {
    const top = await readRole('targets', root.roles.targets);
    for (const [path, expected] of wanted) {
      await attempt(async () => {
        const found = await findTarget(path, top, readRole);
        const place = { root, kept: files, files: kept.files, ask };
        kept.targets.set(path, found === null ? null : await obtainTarget(path, found.facts, expected, place));
      });
    }
  });
  const isNothing = root === anchor.root && kept.timestamp === null && kept.snapshot === null && kept.roles.size === 0;
  return isNothing ? null : verifiedOf({ ...kept, etag: kept.timestamp === null ? null : etag });
}

/** The result of `read`; null where it does not verify. */
async function attempt<T>(read: () => T | Promise<T>): Promise<T | null> {
  try {
    return await read();
  } catch (error) {
    problemOf(error);
    return null;
  }
}

export interface UpdateOptions {
  /** Null where expiry is not checked. */
  readonly now: Instant | null;
  /**
   * False spares the question for a newer root as long as a timestamp signed under the known one says that nothing
   * changed.
   */
  readonly askRoot: boolean;
  /** Called with what is known after each step that holds, so that nothing is lost where the run ends early. */
  readonly keep?: (state: Verified) => void;
}

/**
 * The client workflow (https://theupdateframework.github.io/specification/latest/, section 5). Where it ends with a
 * problem, the state has every step that held until then, and the targets that were known before, as far as keys that
 * count vouch for them.
 */
export async function update(
  before: Verified,
  ask: Ask,
  wanted: Wanted,
  { now, askRoot, keep }: UpdateOptions,
): Promise<{ readonly state: Verified; readonly problem: Problem | null }> {
  const kept = keptOf(before);
  const onStep = (): void => keep?.(verifiedOf(kept));
  try {
    const asked = ask('timestamp.json', MAX_BYTES.timestamp, before.etag);
    if (askRoot) await followRoots(kept, ask, onStep);
    if (kept.root === before.root) {
      const same = confirm(before, await asked, wanted, now);
      if (same !== null) return { state: same, problem: null };
      if (!askRoot) await followRoots(kept, ask, onStep);
    }
    demandFreshRoot(kept.root, now);
    takeTimestamp(kept, timestampBytes(await asked, before), now);
    onStep();
    const problem = await walk(kept, { ask, wanted, now, onStep });
    return { state: verifiedOf(kept), problem };
  } catch (error) {
    const problem = problemOf(error);
    return { state: verifiedOf(kept), problem };
  }
}

/** The state before with a newer timestamp, where that says that nothing else changed; null where it does not. */
function confirm(before: Verified, answer: Answer, wanted: Wanted, now: Instant | null): Verified | null {
  const { root, snapshot, timestamp, roles } = before;
  if (snapshot === null || timestamp === null || !isComplete(snapshot, before, wanted)) return null;
  try {
    const { bytes, etag } = timestampBytes(answer, before);
    const isKnown = bytes === before.files.get('timestamp.json');
    const latest = isKnown ? timestamp : readTimestamp(bytes, root, before.floors, timestamp);
    const kept = keptFile(before.files, 'snapshot.json');
    if (latest.snapshot.version !== snapshot.version || kept === null || !isFile(kept.bytes, latest.snapshot))
      return null;
    for (const part of [root, latest, snapshot, ...roles.values()]) demandFresh(part, 'metadata', now);
    if (latest === timestamp) return before;
    const files = new Map(before.files).set('timestamp.json', bytes);
    const floors = new Map(before.floors);
    raiseFloors(floors, latest);
    return { ...before, timestamp: latest, files, floors, etag };
  } catch (error) {
    problemOf(error);
    return null;
  }
}

/** Whether everything that is wanted is there, and of the snapshot: an earlier run may have wanted less, or failed. */
function isComplete({ meta }: Snapshot, { roles, targets }: Verified, wanted: Wanted): boolean {
  const areNewest =
    roles.has('targets') && [...roles].every(([name, { version }]) => meta.get(`${name}.json`)?.version === version);
  return (
    areNewest &&
    [...wanted].every(([path, expected]) => {
      const target = targets.get(path);
      return target === null || (target !== undefined && (target.bytes !== null || isExpected(target, expected)));
    })
  );
}

function isExpected({ facts }: Target, expected: string | null): boolean {
  return expected !== null && facts.hashes.sha256 === expected;
}

interface Walk {
  readonly ask: Ask;
  readonly wanted: Wanted;
  readonly now: Instant | null;
  readonly onStep: () => void;
}

/** A timestamp of the version that is known is that one, whatever else it says (5.4.3.1). */
function takeTimestamp(
  kept: Kept,
  { bytes, etag }: { readonly bytes: Buffer; readonly etag: string | null },
  now: Instant | null,
): void {
  const { root, floors, timestamp: known } = kept;
  const isKnown = bytes === kept.files.get('timestamp.json') && known !== null;
  const timestamp = isKnown ? known : readTimestamp(bytes, root, floors, known);
  demandFresh(timestamp, 'timestamp.json', now);
  if (timestamp === known) return;
  raiseFloors(floors, timestamp);
  kept.timestamp = timestamp;
  kept.etag = etag;
  keepFile(kept, 'timestamp.json', 'timestamp.json', bytes);
}

/** Everything below the timestamp. What was kept and still is what is asked for is not asked for again. */
async function walk(kept: Kept, { ask, wanted, now, onStep }: Walk): Promise<Problem | null> {
  const { root, floors, timestamp } = kept;
  if (timestamp === null) throw refused('there is no timestamp');
  const early = new Map<string, Promise<Answer>>();
  const askEarly: Ask = (path, ...rest) => early.get(path) ?? ask(path, ...rest);

  const snapshotName = 'snapshot.json';
  const snapshot = await obtain(snapshotName, timestamp.snapshot, MAX_BYTES.snapshot, (bytes) =>
    readSnapshot(bytes, root, floors),
  );
  demandFresh(snapshot.metadata, snapshotName, now);
  raiseFloors(floors, snapshot.metadata);
  const { meta } = (kept.snapshot = snapshot.metadata);
  keepFile(kept, snapshotName, snapshot.path, snapshot.bytes);
  onStep();

  // A role is mostly named after the folder that is delegated to it: asked for beside the role that says so.
  for (const path of wanted.keys()) {
    const name = path.slice(0, path.indexOf('/'));
    const facts = meta.get(`${name}.json`);
    const place = pathOf(fileOf(name), facts?.version ?? 0, root);
    if (facts !== undefined && !kept.files.has(place)) early.set(place, ask(place, MAX_BYTES.targets, null));
  }

  const read = new Map<string, Obtained<Targets>>();
  const readRole = async (name: string, role: Role): Promise<Targets> => {
    const file = fileOf(name);
    const facts = meta.get(`${name}.json`);
    if (facts === undefined) throw refused(`the snapshot does not list ${file}`);
    const targets = await obtain(file, facts, MAX_BYTES.targets, (bytes) => readTargets(bytes, role, name));
    demandFresh(targets.metadata, file, now);
    read.set(name, targets);
    return targets.metadata;
  };
  const top = await readRole('targets', root.roles.targets);

  const problems: Problem[] = [];
  const obtained: { readonly role: string | null; readonly path: string; readonly target: Target | null }[] = [];
  /** Roles that list what could not be had. What they said before stays, with what is known of their targets. */
  const behind = new Set<string>();
  const obtainOne = async ([path, expected]: readonly [string, string | null]): Promise<void> => {
    let role: string | null = null;
    try {
      const found = await findTarget(path, top, readRole);
      role = found?.role ?? null;
      const place = { root, kept: kept.files, files: kept.files, ask };
      const target = found === null ? null : await obtainTarget(path, found.facts, expected, place);
      obtained.push({ role, path, target });
    } catch (error) {
      problems.push(problemOf(error));
      if (role !== null && kept.targets.has(path)) behind.add(role);
    }
  };
  await Promise.all([...wanted].map(obtainOne));
  // Roles that no target is of were asked for all the same: given up, they would count as answers that are missing.
  await Promise.all(early.values());
  if (problems.length === 0) kept.roles.clear();
  for (const [name, { metadata, path, bytes }] of read) {
    if (behind.has(name)) continue;
    kept.roles.set(name, metadata);
    keepFile(kept, fileOf(name), path, bytes);
  }
  for (const { role, path, target } of obtained) {
    if (role === null || !behind.has(role)) kept.targets.set(path, target);
  }
  return problems[0] ?? null;

  /** Metadata as it was kept, where that still holds, or else as it is served. */
  async function obtain<T extends Metadata>(
    name: string,
    facts: MetaFacts,
    max: number,
    parse: (bytes: Buffer) => T,
  ): Promise<Obtained<T>> {
    const path = pathOf(name, facts.version, root);
    const take = (bytes: Buffer): Obtained<T> => {
      const metadata = parse(bytes);
      demandVersion(metadata, facts.version, name);
      return { metadata, path, bytes };
    };
    const known = kept.files.get(path);
    const usable = known !== undefined && isFile(known, facts) ? await attempt(() => take(known)) : null;
    return usable ?? take(await fetchFile(askEarly, path, facts, max));
  }
}

interface Obtained<T> {
  readonly metadata: T;
  readonly path: string;
  readonly bytes: Buffer;
}

function readSnapshot(bytes: Buffer, root: Root, floors: ReadonlyMap<string, number>): Snapshot {
  const snapshot = readSigned(bytes, 'snapshot', root.roles.snapshot, parseSnapshot, 'snapshot.json');
  checkFloors(snapshot, floors);
  return snapshot;
}

function readTargets(bytes: Buffer, role: Role, name: string): Targets {
  return readSigned(bytes, 'targets', role, parseTargets, fileOf(name));
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
