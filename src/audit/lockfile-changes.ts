import { specOf, type Dependency, type Lockfile } from '../model/dependency.ts';

/** A lockfile as it was at another revision, or why it cannot be read there (hostile text). */
export type LockfileBefore = Pick<Lockfile, 'dependencies'> | { readonly problem: string };

/** What a lockfile gained and lost. */
export interface LockfileChange {
  /** Whether it was there before. Where it was not, or cannot be read, everything in it is gained. */
  readonly found: boolean;
  readonly problem: string | null;
  readonly gained: ReadonlySet<Dependency>;
  /** What is no longer there: `name@version`, sorted, each once. */
  readonly removed: readonly string[];
}

/**
 * Compares a lockfile with what it was; `before` is null where it was not there. A dependency that differs in anything
 * but its places and names there, and in what it resolves to, is gained: other hashes, other claims, another source,
 * another role (a development dependency that is one of the project now), other bundled names. Where a version moved
 * within the tree, nothing is.
 */
export function changeSince(before: LockfileBefore | null, now: Lockfile): LockfileChange {
  if (before === null || 'problem' in before) {
    const problem = before?.problem ?? null;
    return { found: before !== null, problem, gained: new Set(now.dependencies), removed: [] };
  }
  const known = new Set(before.dependencies.map(contentOf));
  const named = new Set(now.dependencies.map(specOf));
  const removed = before.dependencies.map(specOf).filter((spec) => !named.has(spec));
  return {
    found: true,
    problem: null,
    gained: new Set(now.dependencies.filter((dependency) => !known.has(contentOf(dependency)))),
    removed: [...new Set(removed)].sort(),
  };
}

/**
 * Everything a dependency is, but where it stands and what stands beside it; its members in one order, whoever made it.
 */
function contentOf(dependency: Dependency): string {
  const content = { ...dependency, places: null, alias: null, requires: null };
  const members = Object.entries(content).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify(members);
}
