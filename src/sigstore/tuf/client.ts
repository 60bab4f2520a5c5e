import type { Instant } from '../../model/time.ts';
import { Malformed, show } from '../refusal.ts';
import {
  covers,
  isFile,
  isSignedBy,
  parseRoot,
  parseSigned,
  parseSnapshot,
  parseTargets,
  parseTimestamp,
  type Delegation,
  type FileFacts,
  type MetaFacts,
  type Metadata,
  type Role,
  type Root,
  type Signed,
  type Snapshot,
  type TargetFacts,
  type Targets,
  type Timestamp,
  type TopRole,
} from './metadata.ts';

/** What a repository answered for one file. */
export type Answer =
  | { readonly kind: 'ok'; readonly body: Buffer; readonly etag: string | null }
  | { readonly kind: 'unchanged' | 'absent' | 'too-large' }
  | { readonly kind: 'failed'; readonly reason: string };

/** Asks for a file by its path below the repository's address. Never rejects. */
export type Ask = (path: string, maxBytes: number, etag: string | null) => Promise<Answer>;

/** Why the repository's newest word is not in use: it gave none, or one that does not hold. One line. */
export interface Problem {
  readonly kind: 'unavailable' | 'refused';
  readonly detail: string;
}

/** Where trust in a repository begins. */
export interface Anchor {
  readonly root: Root;
  /** Versions by file that were seen of it already; nothing older is accepted. */
  readonly floors: ReadonlyMap<string, number>;
}

/** A target that the repository lists. `bytes` is null where its SHA-256 is the one that was expected. */
interface Target {
  readonly facts: TargetFacts;
  readonly bytes: Buffer | null;
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
/** Sigstore's own are 5, 1, 2, 6 and 7 KiB. */
const MAX_BYTES = { root: 512 * KIB, timestamp: 16 * KIB, snapshot: 2048 * KIB, targets: 4096 * KIB };
const MAX_TARGET_BYTES = 4096 * KIB;
/** Roots that one run follows; Sigstore's changes about thrice a year. */
const MAX_ROTATIONS = 64;
/** Roles that may be asked about one target. */
const MAX_ROLES = 16;

class Unusable extends Error {
  readonly kind: Problem['kind'];
  constructor(kind: Problem['kind'], detail: string) {
    super(detail);
    this.kind = kind;
  }
}

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
      const place = { root, before, files, ask };
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

/** The newest root and the files that lead to it. */
interface Followed {
  readonly root: Root;
  readonly files: ReadonlyMap<string, Buffer>;
  /** Whether timestamps or snapshots have other keys by now. */
  readonly isNew: boolean;
}

/** Newer roots, one version after the other, each signed by the keys before it and by its own (5.3). */
async function followRoots(before: Verified, ask: Ask): Promise<Followed> {
  let { root } = before;
  let isNew = false;
  const files = new Map(before.files);
  for (let rotations = 0; rotations < MAX_ROTATIONS; rotations++) {
    const version = root.version + 1;
    const path = `${version}.root.json`;
    const answer = await ask(path, MAX_BYTES.root, null);
    if (answer.kind === 'absent') return { root, files, isNew };
    const bytes = bodyOf(answer, path);
    const signed = parseSigned(bytes, 'root');
    if (!isSignedBy(signed, root.roles.root)) throw refused(`${path} is not signed by enough keys of the root before`);
    const next = parseRoot(signed);
    if (!isSignedBy(signed, next.roles.root)) throw refused(`${path} is not signed by enough of its own keys`);
    demandVersion(next, version, path);
    isNew ||= hasOtherKeys(root, next, 'timestamp') || hasOtherKeys(root, next, 'snapshot');
    files.set(path, bytes);
    root = next;
  }
  throw refused(`more than ${MAX_ROTATIONS} new roots`);
}

/** Where metadata of this version are. */
function pathOf(name: string, version: number, { consistentSnapshot }: Root): string {
  return consistentSnapshot ? `${version}.${name}` : name;
}

function hasOtherKeys(a: Root, b: Root, role: TopRole): boolean {
  const text = (root: Root): string =>
    [...root.roles[role].keys.values()]
      .map(({ spki }) => spki.toString('hex'))
      .sort()
      .join();
  return text(a) !== text(b);
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

function readTimestamp(bytes: Buffer, root: Root, floors: Map<string, number>): Timestamp {
  const timestamp = readSigned(bytes, 'timestamp', root.roles.timestamp, parseTimestamp, 'timestamp.json');
  demandFloor('timestamp.json', timestamp.version, floors);
  demandFloor('snapshot.json', timestamp.snapshot.version, floors);
  floors.set('timestamp.json', timestamp.version).set('snapshot.json', timestamp.snapshot.version);
  return timestamp;
}

/** No file may be older than it was, or be gone (5.5.5). */
function checkFloors({ meta }: Snapshot, floors: Map<string, number>): void {
  for (const name of floors.keys()) {
    if (name === 'timestamp.json' || name === 'snapshot.json') continue;
    const listed = meta.get(name);
    if (listed === undefined) throw refused(`the snapshot does not list ${show(name)} any more`);
    demandFloor(name, listed.version, floors);
  }
  for (const [name, { version }] of meta) floors.set(name, version);
}

/** What the first role that lists the target says of it, in the order of delegation (5.6.7). */
async function findTarget(
  path: string,
  top: Targets,
  readRole: (name: string, role: Role) => Promise<Targets>,
): Promise<TargetFacts | null> {
  const visited = new Set<string>();
  let waiting: readonly Delegation[] = [];
  for (let current = top; ;) {
    const found = current.targets.get(path);
    if (found !== undefined) return found;
    const covering = current.delegations.filter((delegation) => covers(delegation, path));
    const last = covering.findIndex(({ terminating }) => terminating);
    waiting = last === -1 ? [...covering, ...waiting] : covering.slice(0, last + 1);
    const next = waiting.find(({ name }) => !visited.has(name));
    if (next === undefined) return null;
    if (visited.size >= MAX_ROLES) throw refused(`more than ${MAX_ROLES} roles may say what ${path} is`);
    visited.add(next.name);
    waiting = waiting.slice(waiting.indexOf(next) + 1);
    current = await readRole(next.name, next.role);
  }
}

async function obtainTarget(
  path: string,
  facts: TargetFacts,
  expected: string | null,
  {
    root,
    before,
    files,
    ask,
  }: { readonly root: Root; readonly before: Verified; readonly files: Map<string, Buffer>; readonly ask: Ask },
): Promise<Target> {
  const { sha256, sha512 } = facts.hashes;
  if (expected !== null && sha256 === expected) return { facts, bytes: null };
  if (facts.length > MAX_TARGET_BYTES) throw refused(`the target ${path} is larger than ${MAX_TARGET_BYTES} bytes`);
  const cut = path.lastIndexOf('/') + 1;
  const prefix = root.consistentSnapshot ? `${sha256 ?? sha512 ?? ''}.` : '';
  const place = `targets/${path.slice(0, cut)}${prefix}${path.slice(cut)}`;
  const kept = before.files.get(place);
  const bytes = kept !== undefined && isFile(kept, facts) ? kept : await fetchFile(ask, place, facts, MAX_TARGET_BYTES);
  files.set(place, bytes);
  return { facts, bytes };
}

async function fetchFile(ask: Ask, path: string, facts: FileFacts, max: number): Promise<Buffer> {
  const bytes = bodyOf(await ask(path, Math.min(facts.length ?? max, max), null), path);
  return isFile(bytes, facts) ? bytes : refusedFile(path);
}

function refusedFile(path: string): never {
  throw refused(`${path} has another length or hash than the metadata say`);
}

function bodyOf(answer: Answer, path: string): Buffer {
  switch (answer.kind) {
    case 'ok':
      return answer.body;
    case 'too-large':
      throw refused(`${path} is longer than it may be`);
    case 'failed':
      throw new Unusable('unavailable', `${path}: ${answer.reason}`);
    case 'absent':
    case 'unchanged':
      throw new Unusable('unavailable', `${path} is not there`);
  }
}

function readSigned<T>(bytes: Buffer, type: TopRole, role: Role, parse: (signed: Signed) => T, name: string): T {
  const signed = parseSigned(bytes, type);
  if (!isSignedBy(signed, role)) throw refused(`${name} is not signed by enough of its keys`);
  return parse(signed);
}

function demandVersion(metadata: Metadata, version: number, name: string): void {
  if (metadata.version !== version) throw refused(`${name} is version ${metadata.version} instead of ${version}`);
}

function demandFloor(name: string, version: number, floors: ReadonlyMap<string, number>): void {
  const floor = floors.get(name) ?? 0;
  if (version < floor) throw refused(`${show(name)} was rolled back to version ${version} from ${floor}`);
}

function demandFresh(metadata: Metadata, name: string, now: Instant | null): void {
  if (now !== null && metadata.expires <= now) throw refused(`${name} has expired`);
}

function highest(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
  const all = new Map(a);
  for (const [name, version] of b) all.set(name, Math.max(version, all.get(name) ?? 0));
  return all;
}

function refused(detail: string): Unusable {
  return new Unusable('refused', detail);
}

function problemOf(error: unknown): Problem {
  if (error instanceof Unusable) return { kind: error.kind, detail: error.message };
  if (error instanceof Malformed) return { kind: 'refused', detail: error.message };
  throw error;
}
