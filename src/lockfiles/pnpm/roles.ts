import { LockfileError, quoted } from '../../readers/error.ts';
import { flagsOf, type Edge, type EdgeKind, type ReachFlags } from '../common/reach.ts';
import type { PnpmSnapshot, Reference } from './entry.ts';
import type { Importer } from './importers.ts';
import { keyOf, type Spelling } from './key.ts';

/** What asks: a project, or a package. */
type Asking = Importer | PnpmSnapshot;

/** What the snapshots of a lockfile are to its projects and to each other. */
export interface Roles {
  readonly isDirect: (snapshot: PnpmSnapshot) => boolean;
  readonly flags: ReachFlags<Asking>;
  /** The name it is asked for by; that of a project first, where one asks. */
  readonly askedAs: (snapshot: PnpmSnapshot) => string | null;
  /** What it asks for. */
  readonly requirementsOf: (snapshot: PnpmSnapshot) => readonly PnpmSnapshot[];
  /** The snapshot that a reference means; null for a link to a folder. */
  readonly find: (from: string, reference: Reference) => PnpmSnapshot | null;
}

/**
 * Follows what the projects ask for. The flags that versions 5 and 6 have of their own are not believed: a flag could
 * take a package out of what is audited, and pnpm walks from the projects, too.
 */
export function rolesOf(
  file: string,
  spelling: Spelling,
  importers: readonly Importer[],
  snapshots: readonly PnpmSnapshot[],
): Roles {
  const byKey = new Map(snapshots.map((snapshot) => [snapshot.key, snapshot]));
  const find = (from: string, { alias, reference, line }: Reference): PnpmSnapshot | null => {
    const key = keyOf(alias, reference, spelling);
    if (key === null) return null;
    const found = byKey.get(key);
    if (found !== undefined) return found;
    const asked = `${quoted(from)} asks for ${quoted(key)}`;
    throw new LockfileError(file, line, `${asked}, which has no entry; let pnpm write the file again`);
  };
  const edges = new Map<Asking, Edge<PnpmSnapshot>[]>();
  const names = new Map<PnpmSnapshot, string>();
  const connect = (from: Asking, where: string, kind: EdgeKind, references: readonly Reference[]): void => {
    const found = edges.get(from) ?? [];
    edges.set(from, found);
    for (const reference of references) {
      const to = find(where, reference);
      if (to === null) continue;
      found.push({ kind, to });
      if (!names.has(to)) names.set(to, reference.alias);
    }
  };
  for (const importer of importers) {
    for (const requirement of importer.requirements)
      connect(importer, importer.folder, requirement.kind, [requirement]);
  }
  const direct = new Set([...edges.values()].flatMap((found) => found.map(({ to }) => to)));
  for (const snapshot of snapshots) {
    connect(snapshot, snapshot.key, 'prod', snapshot.requires);
    connect(snapshot, snapshot.key, 'optional', snapshot.optionalRequires);
  }
  return {
    isDirect: (snapshot) => direct.has(snapshot),
    flags: flagsOf<Asking>(importers, (from) => edges.get(from) ?? []),
    askedAs: (snapshot) => names.get(snapshot) ?? null,
    requirementsOf: (snapshot) => edges.get(snapshot)?.map(({ to }) => to) ?? [],
    find,
  };
}
