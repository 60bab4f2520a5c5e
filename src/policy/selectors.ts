import { fits } from '../model/match.ts';
import type { PackageSelector } from '../model/policy.ts';

/** The selector of every package. */
export const EVERY = '*';

/**
 * Whether a text is a name as registries know them (with a scope or without), in which `*` may stand for characters.
 */
export function isSelector(text: string): boolean {
  return text.length <= 214 && /^(?:@[\w.~*-]+\/)?[\w.~*-]+$/.test(text) && !text.includes('**');
}

/** Whether a selector selects a package of this name. */
export function selects({ text }: PackageSelector, name: string): boolean {
  return text === EVERY || text === name || (text.includes('*') && fits(text, name));
}

/**
 * How specific a selector is: a name before every glob, a glob with more literal characters before one with fewer, `*`
 * last.
 */
export function specificity({ text }: PackageSelector): number {
  if (text === EVERY) return 0;
  return text.includes('*') ? text.replaceAll('*', '').length : Infinity;
}

/** The rule with the most specific selector among those that select `name`; the first of equals. */
export function mostSpecific<R extends { readonly packages: PackageSelector }>(
  rules: readonly R[],
  name: string,
): R | null {
  let best: R | null = null;
  for (const rule of rules) {
    if (!selects(rule.packages, name)) continue;
    if (best === null || specificity(rule.packages) > specificity(best.packages)) best = rule;
  }
  return best;
}

/** Whether `wide` selects everything that `narrow` selects (a star of `narrow` is a character like any other here). */
export function covers(wide: PackageSelector, narrow: PackageSelector): boolean {
  return selects(wide, narrow.text);
}

/** Whether a name exists that both select. */
export function overlap(a: PackageSelector, b: PackageSelector): boolean {
  if (!b.text.includes('*')) return selects(a, b.text);
  if (!a.text.includes('*')) return selects(b, a.text);
  if (a.text === EVERY || b.text === EVERY) return true;
  const [left, right] = [Array.from(a.text), Array.from(b.text)];
  // For each place in `left`, the places in `right` that some common text leads to.
  const reached = Array.from({ length: left.length + 1 }, () => new Set<number>());
  reached[0]?.add(0);
  for (let i = 0; i <= left.length; i++) {
    for (let j = 0; j <= right.length; j++) {
      if (reached[i]?.has(j) !== true) continue;
      const [x, y] = [left[i], right[j]];
      if (x === EVERY || (y === EVERY && x !== undefined && x !== '/')) reached[i + 1]?.add(j);
      if (y === EVERY || (x === EVERY && y !== undefined && y !== '/')) reached[i]?.add(j + 1);
      if (x !== undefined && x === y) reached[i + 1]?.add(j + 1);
    }
  }
  return reached[left.length]?.has(right.length) === true;
}
