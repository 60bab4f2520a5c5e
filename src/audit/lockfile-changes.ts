import { isSameIndex, withoutCredentials } from '../model/address.ts';
import type { Dependency, Lockfile, PlacedFinding } from '../model/dependency.ts';
import { finding } from '../model/finding.ts';
import { specOf } from '../model/package.ts';

/** A lockfile as it was at another revision, or why it cannot be read there (hostile text). */
export type LockfileBefore =
  | (Pick<Lockfile, 'dependencies'> & {
      /** The index that the settings of that revision name for a package; left out where no settings were read. */
      readonly indexOf?: (name: string) => string;
    })
  | { readonly problem: string };

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

/** Packages that are from another index than they were. */
export interface MovedIndexes {
  readonly moved: ReadonlySet<Dependency>;
  /** One for each index that some are from now, and were from before, at the first of them. */
  readonly findings: readonly PlacedFinding[];
}

/**
 * Which packages the change takes from another index, whether the lockfile names that or the settings do (`indexNow`).
 * `ref` is how the revision is shown.
 */
export function movedIndexes(
  before: LockfileBefore | null,
  { dependencies }: Pick<Lockfile, 'dependencies'>,
  indexNow: (dependency: Dependency) => string,
  ref: string,
): MovedIndexes {
  if (before === null || 'problem' in before || before.indexOf === undefined) return { moved: new Set(), findings: [] };
  const { indexOf } = before;
  const then = new Map<string, string[]>();
  for (const { name, index = indexOf(name) } of before.dependencies.filter(isServed)) {
    then.set(name, [...(then.get(name) ?? []), index]);
  }
  const groups = new Map<string, Dependency[]>();
  for (const dependency of dependencies.filter(isServed)) {
    const { name, index = indexNow(dependency) } = dependency;
    const [first, ...others] = then.get(name) ?? [];
    if (first === undefined || [first, ...others].some((one) => isSameIndex(one, index))) continue;
    const key = [index, first].map(withoutCredentials).join('\n');
    groups.set(key, [...(groups.get(key) ?? []), dependency]);
  }
  const findings = [...groups].flatMap(([key, all]): readonly PlacedFinding[] => {
    const [place] = all.flatMap(({ places }) => places);
    if (place === undefined) return [];
    const [resolved = '', registry = ''] = key.split('\n');
    const packages = [...new Set(all.map(({ name }) => name))].sort();
    const args = { resolved, registry, since: ref, packages };
    return [{ place, finding: finding('lockfile-unexpected-host', args) }];
  });
  return { moved: new Set([...groups.values()].flat()), findings };
}

function isServed({ artifacts }: Dependency): boolean {
  return artifacts[0].source.kind === 'registry';
}

/** What makes a dependency the same one: all members but its places and neighbours, in a fixed order. */
function contentOf(dependency: Dependency): string {
  const content = { ...dependency, places: null, alias: null, requires: null };
  const members = Object.entries(content).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify(members);
}
