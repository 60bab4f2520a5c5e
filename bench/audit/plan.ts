import type { Random } from './random.ts';

/** One name of a planned tree: what is published of it, and which of that is locked. */
export interface PlannedPackage {
  readonly name: string;
  /** How large its document is to be, bytes before compression. */
  readonly bytes: number;
  readonly attested: boolean;
  /** Also an older version of it is locked, for another package. */
  readonly twice: boolean;
  /** The names it depends on. */
  readonly dependencies: Set<string>;
  /** The names of which it needs the older version. */
  readonly outdated: Set<string>;
}

export interface Plan {
  /** Versions locked. */
  readonly packages: number;
  /** Versions locked that are attested. */
  readonly attested: number;
  /** In an order in which each is depended on by the project or by an earlier one. */
  readonly names: readonly PlannedPackage[];
  /** What the project itself depends on. */
  readonly roots: readonly string[];
}

/** Registry documents per locked version: some names are locked at two versions. */
const DOCUMENTS = 0.86;
const ATTESTED = 0.25;

/** Sizes are log-normal: as skewed as those of real lockfiles, where a few documents make most of the bytes. */
const MEDIAN_BYTES = 30_000;
const SPREAD = 2;
const MAX_BYTES = 6_000_000;

/** Plans a tree of so many locked versions. */
export function planTree(packages: number, random: Random): Plan {
  const count = Math.round(packages * DOCUMENTS);
  const twice = packages - count;
  // The newer version of what is locked twice has to be at the top: the project asks for it.
  const roots = Math.max(twice, Math.ceil(count / 10));
  const sizes = random.shuffle(Array.from({ length: count }, (_, i) => sizeAt((i + 0.5) / count)));
  const attested = chooseAttested(packages, count, twice, random);
  const names = sizes.map((bytes, i) => ({
    name: random.integer(5) === 0 ? `@bench-${random.integer(40)}/package-${i}` : `bench-package-${i}`,
    bytes,
    attested: attested.has(i),
    twice: i < twice,
    dependencies: new Set<string>(),
    outdated: new Set<string>(),
  }));

  const before = (i: number): PlannedPackage | undefined => names[random.integer(i)];
  names.forEach(({ name, twice: isTwice }, i) => {
    if (isTwice) names[(i + 1 + random.integer(count - 1)) % count]?.outdated.add(name);
  });
  names.forEach(({ name }, i) => {
    if (i >= roots) depend(before(i), name);
    if (i > 0) depend(before(i), name);
  });
  return {
    packages,
    attested: Math.round(packages * ATTESTED),
    names,
    roots: names.slice(0, roots).map(({ name }) => name),
  };
}

function depend(dependent: PlannedPackage | undefined, name: string): void {
  if (dependent?.outdated.has(name) === false) dependent.dependencies.add(name);
}

/** Which names are attested, such that the locked versions of them are as many as asked. */
function chooseAttested(packages: number, count: number, twice: number, random: Random): Set<number> {
  const chosen = new Set<number>();
  let left = Math.round(packages * ATTESTED);
  for (const i of random.shuffle(Array.from({ length: count }, (_, n) => n))) {
    const versions = i < twice ? 2 : 1;
    if (versions > left) continue;
    chosen.add(i);
    left -= versions;
  }
  return chosen;
}

/** The size below which this part of the documents is. */
function sizeAt(quantile: number): number {
  return Math.min(MAX_BYTES, Math.round(MEDIAN_BYTES * Math.exp(SPREAD * normalQuantile(quantile))));
}

/** Quantile of the normal distribution (Abramowitz and Stegun, 26.2.23: off by less than 4.5e-4). */
function normalQuantile(p: number): number {
  if (p > 0.5) return -normalQuantile(1 - p);
  const t = Math.sqrt(-2 * Math.log(p));
  const above = 2.515517 + 0.802853 * t + 0.010328 * t ** 2;
  const below = 1 + 1.432788 * t + 0.189269 * t ** 2 + 0.001308 * t ** 3;
  return above / below - t;
}
