import { fileOf, type Root, type Snapshot, type Targets, type Timestamp } from './metadata.ts';
import { placeOf, type Target } from './targets.ts';

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

/** The state during an update: every step that holds is kept, whatever fails after it. */
export interface Kept {
  root: Root;
  timestamp: Timestamp | null;
  snapshot: Snapshot | null;
  readonly roles: Map<string, Targets>;
  readonly targets: Map<string, Target | null>;
  readonly files: Map<string, Buffer>;
  readonly floors: Map<string, number>;
  etag: string | null;
}

export function keptOf({ root, timestamp, snapshot, roles, targets, files, floors, etag }: Verified): Kept {
  const copies = { roles: new Map(roles), targets: new Map(targets), files: new Map(files), floors: new Map(floors) };
  return { root, timestamp, snapshot, etag, ...copies };
}

/** The state with no other files than those it was read from. */
export function verifiedOf(kept: Kept): Verified {
  const { root, files, roles, targets } = kept;
  const names = ['timestamp.json', 'snapshot.json', ...[...roles.keys()].map(fileOf)];
  const places = new Set([
    ...names.map((name) => keptFile(files, name)?.path),
    ...[...targets].map(([path, target]) => (target === null ? '' : placeOf(path, target.facts, root))),
  ]);
  const used = [...files].filter(([path]) => path.endsWith('.root.json') || places.has(path));
  return { ...keptOf(kept), files: new Map(used) };
}

/** The kept file of metadata; its version may be part of where it was served. */
export function keptFile(
  files: ReadonlyMap<string, Buffer>,
  name: string,
): { readonly path: string; readonly bytes: Buffer } | null {
  for (const [path, bytes] of files) {
    if (path === name || (path.endsWith(`.${name}`) && /^\d+$/.test(path.slice(0, -name.length - 1)))) {
      return { path, bytes };
    }
  }
  return null;
}

export function dropFile({ files }: Kept, name: string): void {
  const file = keptFile(files, name);
  if (file !== null) files.delete(file.path);
}

/** Keeps a file in place of its earlier version. */
export function keepFile(kept: Kept, name: string, path: string, bytes: Buffer): void {
  dropFile(kept, name);
  kept.files.set(path, bytes);
}
