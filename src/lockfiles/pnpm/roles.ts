import { LockfileError, quoted } from '../error.ts';
import type { PnpmSnapshot, Reference } from './entry.ts';
import type { Importer } from './importers.ts';
import { keyOf, type Spelling } from './key.ts';

/** What the snapshots of a lockfile are to its projects, by key. */
export interface Roles {
  readonly direct: ReadonlySet<string>;
  /** Reached otherwise than through devDependencies of a project. */
  readonly beyondDev: ReadonlySet<string>;
  /** Reached without any optional dependency. */
  readonly required: ReadonlySet<string>;
  /** Reached at all. */
  readonly reached: ReadonlySet<string>;
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
  const keysOf = (from: string, references: readonly Reference[]): readonly string[] =>
    references.flatMap((reference) => find(from, reference)?.key ?? []);
  const edges = new Map(
    snapshots.map(({ key, requires, optionalRequires }) => [
      key,
      { required: keysOf(key, requires), optional: keysOf(key, optionalRequires) },
    ]),
  );
  const walk = (starts: readonly string[], withOptional: boolean): ReadonlySet<string> => {
    const reached = new Set(starts);
    // A set grows while it is walked over.
    for (const key of reached) {
      const { required = [], optional = [] } = edges.get(key) ?? {};
      for (const next of required) reached.add(next);
      if (withOptional) for (const next of optional) reached.add(next);
    }
    return reached;
  };
  const asked = (kind: 'wishes' | 'devWishes' | 'optionalWishes'): readonly string[] =>
    importers.flatMap((importer) => keysOf(importer.folder, importer[kind]));
  const [wishes, devWishes, optionalWishes] = [asked('wishes'), asked('devWishes'), asked('optionalWishes')];
  const direct = [...wishes, ...devWishes, ...optionalWishes];
  return {
    direct: new Set(direct),
    beyondDev: walk([...wishes, ...optionalWishes], true),
    required: walk([...wishes, ...devWishes], false),
    reached: walk(direct, true),
    find,
  };
}
