import { conventionsOf, DEFAULT_ECOSYSTEM, ECOSYSTEMS } from '../ecosystems/conventions/index.ts';
import { fits } from '../model/match.ts';
import type { PackageRef } from '../model/package.ts';
import type { PackageSelector } from '../model/policy.ts';

/** The selector of every package; behind an ecosystem, of every package of it. */
const EVERY = '*';

/** What a selector may be made of, without its place in a file. */
type Selection = Pick<PackageSelector, 'ecosystem' | 'pattern'>;

/**
 * Reads `*`, `NAME`, `ECOSYSTEM:NAME`, in which `*` may stand for characters: a name without its ecosystem is npm's.
 * Null for another text.
 */
export function readSelector(text: string): Selection | null {
  if (text === EVERY) return { ecosystem: null, pattern: EVERY };
  const [, prefix, name = ''] = /^(?:([^:@/]*):)?(.*)$/s.exec(text) ?? [];
  const ecosystem = prefix === undefined ? DEFAULT_ECOSYSTEM : ECOSYSTEMS.find((one) => one === prefix);
  if (ecosystem === undefined) return null;
  const { isSelector, normalise } = conventionsOf(ecosystem).names;
  if (name === EVERY) return { ecosystem, pattern: EVERY };
  return isSelector(name) ? { ecosystem, pattern: normalise(name) } : null;
}

/** Whether a selector selects a package. */
export function selects({ ecosystem, pattern }: Selection, one: PackageRef): boolean {
  if (ecosystem !== null && ecosystem !== one.ecosystem) return false;
  return pattern === EVERY || pattern === one.name || (pattern.includes('*') && fits(pattern, one.name));
}

/**
 * How specific a selector is: a name before every glob, a glob with more literal characters before one with fewer,
 * every package of an ecosystem after these, and every package last.
 */
export function specificity({ ecosystem, pattern }: Selection): number {
  if (pattern === EVERY) return ecosystem === null ? 0 : 1;
  return pattern.includes('*') ? 2 + pattern.replaceAll('*', '').length : Infinity;
}

/**
 * The rule with the most specific selector among those that select a package; the first of equals. Of what is no
 * package (null) only rules for every package say anything.
 */
export function mostSpecific<R extends { readonly packages: Selection }>(
  rules: readonly R[],
  one: PackageRef | null,
): R | null {
  let best: R | null = null;
  for (const rule of rules) {
    const isSelected = one === null ? rule.packages.ecosystem === null : selects(rule.packages, one);
    if (!isSelected) continue;
    if (best === null || specificity(rule.packages) > specificity(best.packages)) best = rule;
  }
  return best;
}

/** Whether `wide` selects everything that `narrow` selects (a star of `narrow` is a character like any other here). */
export function covers(wide: Selection, narrow: Selection): boolean {
  const { ecosystem, pattern: name } = narrow;
  return ecosystem === null ? wide.ecosystem === null : selects(wide, { ecosystem, name });
}

/** Whether a package can be that both select. */
export function overlap(a: Selection, b: Selection): boolean {
  if (a.ecosystem !== null && b.ecosystem !== null && a.ecosystem !== b.ecosystem) return false;
  return a.pattern === EVERY || b.pattern === EVERY || haveCommonName(a.pattern, b.pattern);
}

/** Whether some text fits both patterns. */
function haveCommonName(a: string, b: string): boolean {
  if (!b.includes('*')) return a === b || fits(a, b);
  if (!a.includes('*')) return fits(b, a);
  const [left, right] = [Array.from(a), Array.from(b)];
  // For each place in `left`, the places in `right` that some common text leads to.
  const reached = Array.from({ length: left.length + 1 }, () => new Set<number>());
  reached[0]?.add(0);
  for (let i = 0; i <= left.length; i++) {
    for (let j = 0; j <= right.length; j++) {
      if (reached[i]?.has(j) !== true) continue;
      const [x, y] = [left[i], right[j]];
      if (x === '*' || (y === '*' && x !== undefined && x !== '/')) reached[i + 1]?.add(j);
      if (y === '*' || (x === '*' && y !== undefined && y !== '/')) reached[i]?.add(j + 1);
      if (x !== undefined && x === y) reached[i + 1]?.add(j + 1);
    }
  }
  return reached[left.length]?.has(right.length) === true;
}
