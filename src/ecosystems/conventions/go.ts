import type { Conventions, Version } from './conventions.ts';
import { channelName, STABLE } from '../../model/channel.ts';

/**
 * Versions of Go modules (https://go.dev/ref/mod#versions), which are canonical: `v`, then Semantic Versioning 2.0.0
 * with all three numbers, and no build metadata but `+incompatible`.
 */
const VERSION =
  /^v(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-((?:0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*)(?:\.(?:0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*))*))?(?:\+incompatible)?$/;

/** No version is longer than a file name may be. */
const MAX_LENGTH = 255;

/**
 * A version that stands for a commit without a tag, in its three forms (https://go.dev/ref/mod#pseudo-versions): after
 * no release, after a prerelease, and after a release, whose patch number is then one more.
 */
const PSEUDO = /^(?:v\d+\.0\.0-|v\d+\.\d+\.\d+-(?:[^+]*\.)?0\.)\d{14}-[0-9A-Za-z]+(?:\+incompatible)?$/;

/** What pseudo-versions are released on. No prerelease channel has this name, which has a hyphen. */
const PSEUDO_CHANNEL = 'pseudo-version';

interface Parts {
  /** Major, minor, patch, as text: they may be of any length. */
  readonly numbers: readonly string[];
  /** Dot-separated identifiers of a prerelease; empty for a release. */
  readonly prerelease: readonly string[];
}

function read(text: string): Parts | null {
  const match = text.length > MAX_LENGTH ? null : VERSION.exec(text);
  if (match === null) return null;
  const [, major = '', minor = '', patch = '', prerelease] = match;
  return { numbers: [major, minor, patch], prerelease: prerelease?.split('.') ?? [] };
}

/**
 * A major version is a line, v0 too: the go command takes a higher minor for an upgrade there as well, and many modules
 * stay at v0 for good.
 */
function versionOf(text: string): Version | null {
  const parts = read(text);
  if (parts === null) return null;
  const [line = ''] = parts.numbers;
  return { text, line, channel: channelOf(text, parts) };
}

function channelOf(text: string, { prerelease }: Parts): string {
  if (prerelease.length === 0) return STABLE;
  if (PSEUDO.test(text)) return PSEUDO_CHANNEL;
  return channelName(text.slice(1)) ?? 'prerelease';
}

/** Semantic Versioning 2.0.0, section 11; `+incompatible` decides nothing. */
function compare(a: string, b: string): number {
  const [one, other] = [read(a), read(b)];
  if (one === null || other === null) return Number(one !== null) - Number(other !== null);
  const numbers = compareEach(one.numbers, other.numbers);
  if (numbers !== 0) return numbers;
  const [isRelease, isOtherRelease] = [one.prerelease.length === 0, other.prerelease.length === 0];
  if (isRelease || isOtherRelease) return Number(isRelease) - Number(isOtherRelease);
  return compareEach(one.prerelease, other.prerelease) || one.prerelease.length - other.prerelease.length;
}

/** By the first that differs, as far as both go. */
function compareEach(one: readonly string[], other: readonly string[]): number {
  for (let i = 0; i < Math.min(one.length, other.length); i += 1) {
    const order = compareIdentifiers(one[i] ?? '', other[i] ?? '');
    if (order !== 0) return order;
  }
  return 0;
}

/** Numbers by their value, below all words; words by their characters. */
function compareIdentifiers(one: string, other: string): number {
  const [isNumber, isOtherNumber] = [/^\d+$/.test(one), /^\d+$/.test(other)];
  if (isNumber !== isOtherNumber) return isNumber ? -1 : 1;
  if (isNumber && one.length !== other.length) return one.length - other.length;
  return one === other ? 0 : one < other ? -1 : 1;
}

export const go: Conventions = { versions: { parse: versionOf, compare } };
