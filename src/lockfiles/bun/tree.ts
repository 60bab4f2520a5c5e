import { LockfileError, quoted } from '../error.ts';
import type { NpmEntry } from '../npm/entry.ts';
import { resolver } from '../npm/tree.ts';
import { flagsOf, type Edge } from '../reach.ts';
import type { Folder } from './folders.ts';
import type { Package } from './packages.ts';

/**
 * The entries of `packages` with the flags that Bun does not write. Throws LockfileError where something is asked for that
 * has no entry, as Bun refuses to install from such a file: it names more than it has.
 */
export function flagged(
  file: string,
  folders: readonly Pick<Folder, 'entry' | 'wishes'>[],
  packages: readonly Package[],
): readonly NpmEntry[] {
  const asking = [...folders, ...packages];
  const resolve = resolver(asking.map(({ entry }) => entry));
  const edges = new Map<NpmEntry, readonly Edge<NpmEntry>[]>();
  for (const { entry, wishes } of asking) {
    const found: Edge<NpmEntry>[] = [];
    for (const { name, kind } of wishes) {
      const to = resolve(entry.location, name);
      if (to !== null) found.push({ kind, to });
      else if (kind === 'prod' || kind === 'dev') {
        const who = quoted(entry.location === '' ? 'the project' : entry.location);
        throw new LockfileError(
          file,
          entry.line,
          `${who} asks for ${quoted(name)}, which has no entry; run bun install`,
        );
      }
    }
    edges.set(entry, found);
  }
  const { dev, optional, peer } = flagsOf(
    folders.map(({ entry }) => entry),
    (entry) => edges.get(entry) ?? [],
  );
  return packages.map(({ entry }) =>
    entry.kind === 'package' ? { ...entry, dev: dev(entry), optional: optional(entry), peer: peer(entry) } : entry,
  );
}
