import type { Instant } from '../../model/time.ts';
import type { Verified } from './kept.ts';
import { parseRoot, parseSigned, type Root } from './metadata.ts';
import { hasOtherKeys } from './roots.ts';

/** What a run keeps for the next one. */
export interface Kept extends Pick<Verified, 'files' | 'floors' | 'etag'> {
  /** When that was last known to be the repository's newest; null where it never was. */
  readonly confirmed: Instant | null;
  /** When a newer root was last asked for. */
  readonly rootAsked: Instant | null;
}

export function keptIn({
  state,
  confirmed,
  rootAsked,
}: Omit<Kept, keyof Verified> & { readonly state: Verified }): Kept {
  const { files, floors, etag } = state;
  return { files, floors, etag, confirmed, rootAsked };
}

export function pack({ files, floors, etag, confirmed, rootAsked }: Kept): Buffer {
  const encoded = [...files].map(([path, bytes]) => [path, bytes.toString('base64')]);
  return Buffer.from(JSON.stringify({ files: encoded, floors: [...floors], etag, confirmed, rootAsked }));
}

/** `bytes` are what `pack` gave, vouched for by the store; what they hold is verified all the same. */
export function unpack(bytes: Buffer): Kept {
  const { files, floors, ...rest } = JSON.parse(bytes.toString('utf8')) as Omit<Kept, 'files' | 'floors'> & {
    readonly files: readonly (readonly [string, string])[];
    readonly floors: readonly (readonly [string, number])[];
  };
  const decoded = files.map(([path, encoded]): [string, Buffer] => [path, Buffer.from(encoded, 'base64')]);
  return { ...rest, files: new Map(decoded), floors: new Map(floors) };
}

/** The files whose versions say which of two records is newer, the one that says most first. */
const ORDER = ['timestamp.json', 'snapshot.json', 'targets.json'];

/**
 * What is to be kept where another run kept `theirs` meanwhile: never an older root, and nothing older than either saw,
 * as far as the same keys say it.
 */
export function combine(mine: Kept, theirs: Kept, anchor: Root): Kept {
  const [newer, older] = isNewer(theirs, mine, anchor) ? [theirs, mine] : [mine, theirs];
  if (!areOfSameKeys(newer, versionOf(older, anchor), anchor)) return newer;
  const floors = new Map(newer.floors);
  for (const [name, version] of older.floors) floors.set(name, Math.max(version, floors.get(name) ?? 0));
  return { ...newer, floors };
}

function isNewer(a: Kept, b: Kept, anchor: Root): boolean {
  const rank = (kept: Kept): number[] => [versionOf(kept, anchor), ...ORDER.map((name) => kept.floors.get(name) ?? 0)];
  const ofB = rank(b);
  const differences = rank(a).map((version, i) => version - (ofB[i] ?? 0));
  return (differences.find((difference) => difference !== 0) ?? 0) > 0;
}

function versionOf({ files }: Kept, anchor: Root): number {
  const versions = [...files.keys()].map((path) => /^(\d+)\.root\.json$/.exec(path)?.[1]);
  return Math.max(anchor.version, ...versions.map((version) => Number(version ?? 0)));
}

/** Whether versions count on from the root of that version to the newest: with others, they may begin anew. */
function areOfSameKeys({ files }: Kept, version: number, anchor: Root): boolean {
  const rootAt = (at: number): Root => {
    const bytes = files.get(`${at}.root.json`);
    return bytes === undefined ? anchor : parseRoot(parseSigned(bytes, 'root'));
  };
  for (let before = rootAt(version), at = version + 1; files.has(`${at}.root.json`); at += 1) {
    const root = rootAt(at);
    if (hasOtherKeys(before, root, 'timestamp') || hasOtherKeys(before, root, 'snapshot')) return false;
    before = root;
  }
  return true;
}
