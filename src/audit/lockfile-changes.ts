import { specOf, type Dependency, type Lockfile } from '../model/dependency.ts';

/** A lockfile as it was at another revision, or why it cannot be read there (hostile text). */
export type LockfileBefore = Pick<Lockfile, 'dependencies'> | { readonly problem: string };

/** What a lockfile gained and lost. */
export interface LockfileChange {
  /** Whether it existed before. If not, or if it cannot be read, everything in it counts as gained. */
  readonly found: boolean;
  readonly problem: string | null;
  readonly gained: ReadonlySet<Dependency>;
  /** What is no longer there: `name@version`, sorted, each once. */
  readonly removed: readonly string[];
}

/**
 * Compares a lockfile with its earlier state; `before` is null where it did not exist. A dependency counts as gained if
 * anything but its places, its alias or what it resolves to changed: hashes, claims, source, role (a development
 * dependency that becomes one of the project), bundled names. A version that only moved within the tree is not gained.
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

/** What makes a dependency the same one: all members but its places and neighbours, in a fixed order. */
function contentOf(dependency: Dependency): string {
  const content = { ...dependency, places: null, alias: null, requires: null };
  const members = Object.entries(content).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify(members);
}
