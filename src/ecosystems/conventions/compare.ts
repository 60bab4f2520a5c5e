import type { Version, Versions } from './conventions.ts';

/**
 * The order of two versions of one ecosystem: that of their `order`, place by place. A number is lower than a word,
 * and the shorter of two that are otherwise the same is lower.
 */
export function compareVersions({ order: a }: Pick<Version, 'order'>, { order: b }: Pick<Version, 'order'>): number {
  const common = Math.min(a.length, b.length);
  for (let i = 0; i < common; i++) {
    const [x, y] = [a[i], b[i]];
    if (x === y || x === undefined || y === undefined) continue;
    const [isWord, isOtherWord] = [typeof x === 'string', typeof y === 'string'];
    if (isWord !== isOtherWord) return isWord ? 1 : -1;
    return x < y ? -1 : 1;
  }
  return a.length - b.length;
}

/** The same for texts. */
export function comparing(parse: Versions['parse']): Versions['compare'] {
  return (a, b) => {
    const [one, other] = [parse(a), parse(b)];
    if (one === null || other === null) return Number(one !== null) - Number(other !== null);
    return compareVersions(one, other);
  };
}

/** What an identifier of Semantic Versioning is compared as; numbers may be of any length. */
export function placeOf(identifier: string): number | bigint | string {
  if (!/^\d+$/.test(identifier)) return identifier;
  const number = Number(identifier);
  return Number.isSafeInteger(number) ? number : BigInt(identifier);
}
