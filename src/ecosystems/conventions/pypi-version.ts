import type { Version } from './conventions.ts';

/** A number of any length. */
export type Segment = number | bigint;

/** A version of a Python package, taken apart (PEP 440). */
export interface PythonVersion {
  readonly epoch: Segment;
  readonly release: readonly Segment[];
  readonly pre: { readonly letter: 'a' | 'b' | 'rc'; readonly number: Segment } | null;
  readonly post: Segment | null;
  readonly dev: Segment | null;
  /** What follows the plus: segments that are numbers or words. */
  readonly local: readonly (Segment | string)[];
}

/** https://packaging.python.org/en/latest/specifications/version-specifiers/#appendix-parsing-version-strings-with-regular-expressions */
const VERSION = new RegExp(
  [
    String.raw`^v?(?:(\d+)!)?(\d+(?:\.\d+)*)`,
    String.raw`(?:[-_.]?(alpha|a|beta|b|preview|pre|c|rc)[-_.]?(\d+)?)?`,
    String.raw`(?:-(\d+)|[-_.]?(post|rev|r)[-_.]?(\d+)?)?`,
    String.raw`(?:[-_.]?(dev)[-_.]?(\d+)?)?`,
    String.raw`(?:\+([a-z0-9]+(?:[-_.][a-z0-9]+)*))?$`,
  ].join(''),
);

/** Nobody's version is longer; file names, which have it in them, are not either. */
const MAX_LENGTH = 255;

const LETTERS = new Map<string, 'a' | 'b' | 'rc'>([
  ['a', 'a'],
  ['alpha', 'a'],
  ['b', 'b'],
  ['beta', 'b'],
  ['c', 'rc'],
  ['rc', 'rc'],
  ['pre', 'rc'],
  ['preview', 'rc'],
]);

/** Reads a version in any of the ways it may be written; null for what is none. */
export function readVersion(text: string): PythonVersion | null {
  const match = text.length > MAX_LENGTH ? null : VERSION.exec(text.replace(/[A-Z]/g, (one) => one.toLowerCase()));
  if (match === null) return null;
  const [, epoch, release = '', letter, pre, implicitPost, postWord, post, devWord, dev, local] = match;
  const kind = LETTERS.get(letter ?? '');
  return {
    epoch: segmentOf(epoch),
    release: release.split('.').map(segmentOf),
    pre: kind === undefined ? null : { letter: kind, number: segmentOf(pre) },
    post: postWord === undefined && implicitPost === undefined ? null : segmentOf(implicitPost ?? post),
    dev: devWord === undefined ? null : segmentOf(dev),
    local: local === undefined ? [] : local.split(/[-_.]/).map((one) => (/^\d+$/.test(one) ? segmentOf(one) : one)),
  };
}

/** A number that is left out is 0. */
function segmentOf(digits = '0'): Segment {
  const number = Number(digits);
  return Number.isSafeInteger(number) ? number : BigInt(digits);
}

/** The normal form, which registries and file names have. Zeros at the end of a release are kept. */
export function textOf({ epoch, release, pre, post, dev, local }: PythonVersion): string {
  return [
    epoch === 0 ? '' : `${epoch}!`,
    release.join('.'),
    pre === null ? '' : `${pre.letter}${pre.number}`,
    post === null ? '' : `.post${post}`,
    dev === null ? '' : `.dev${dev}`,
    local.length === 0 ? '' : `+${local.join('.')}`,
  ].join('');
}

/** Whether installers take it only where it is asked for, or where there is nothing else. */
export function isPrerelease({ pre, dev }: PythonVersion): boolean {
  return pre !== null || dev !== null;
}

/** Lower than any segment of a release, so that a release is lower than another one that goes on. */
const END_OF_RELEASE = -1;
const NO_POST_RELEASE = -1;
const PRERELEASES = { a: 1, b: 2, rc: 3 } as const;
/** A development release of a final one is before every prerelease of it; the final one is behind them. */
const BEFORE_PRERELEASES = 0;
const AFTER_PRERELEASES = 4;

/** https://packaging.python.org/en/latest/specifications/version-specifiers/#summary-of-permitted-suffixes-and-relative-ordering */
export function orderOf({ epoch, release, pre, post, dev, local }: PythonVersion): Version['order'] {
  const without = post === null && dev !== null ? BEFORE_PRERELEASES : AFTER_PRERELEASES;
  return [
    epoch,
    ...withoutZeros(release),
    END_OF_RELEASE,
    ...(pre === null ? [without, 0] : [PRERELEASES[pre.letter], pre.number]),
    post ?? NO_POST_RELEASE,
    ...(dev === null ? [1, 0] : [0, dev]),
    // A word is lower than a number here.
    ...local.flatMap((segment) => [typeof segment === 'string' ? 0 : 1, segment]),
  ];
}

function withoutZeros(release: readonly Segment[]): readonly Segment[] {
  return release.slice(0, release.findLastIndex((segment) => segment !== 0) + 1);
}
