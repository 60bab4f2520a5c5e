import { compareVersions, comparing } from './compare.ts';
import type { Conventions, Names, Version, Versions } from './conventions.ts';
import { isModulePath, isPathOfHost } from './go-modules.ts';
import { prereleaseChannel } from './prerelease.ts';
import { STABLE } from '../../model/channel.ts';

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
function parse(text: string): Version | null {
  const parts = read(text);
  if (parts === null) return null;
  const [line = ''] = parts.numbers;
  return { text, line, channel: channelOf(text, parts), order: orderOf(parts) };
}

function channelOf(text: string, { prerelease }: Parts): string {
  if (prerelease.length === 0) return STABLE;
  return PSEUDO.test(text) ? PSEUDO_CHANNEL : prereleaseChannel(prerelease[0] ?? '');
}

/** Semantic Versioning 2.0.0, section 11; `+incompatible` decides nothing. */
function orderOf({ numbers, prerelease }: Parts): Version['order'] {
  const isRelease = prerelease.length === 0;
  return [...numbers.flatMap(placesOf), isRelease ? 1 : 0, ...prerelease.flatMap(placesOf)];
}

/** A number of any length by its length, then its digits, as both are lower than a word. */
function placesOf(identifier: string): readonly (number | string)[] {
  return /^\d+$/.test(identifier) ? [identifier.length, identifier] : [identifier];
}

const compare = comparing(parse);

/** A requirement is a version, which the go command takes for the lowest that will do, of the same major version. */
function satisfies(version: string, range: string): boolean {
  const [one, least] = [parse(version), parse(range)];
  return one !== null && least !== null && one.line === least.line && compareVersions(one, least) >= 0;
}

const versions: Versions = {
  parse,
  compare,
  isRange: (text) => parse(text) !== null,
  satisfies,
  highest: (all, range) =>
    all.filter((one) => satisfies(one, range)).reduce<string | null>((a, b) => (a && compare(a, b) >= 0 ? a : b), null),
};

const names: Names = {
  isName: isModulePath,
  normalise: (path) => path,
  isSelector: (text) => isPathOfHost(text.replaceAll('*', 'x')) && !text.includes('**'),
  purl: (path, version) => `pkg:golang/${path}@${encodeURIComponent(version)}`,
  isPublicRegistry: (address) => address === 'https://proxy.golang.org/',
  target: (name, specifier) => (parse(specifier) === null ? null : { name, range: specifier }),
};

/** Go modules (https://go.dev/ref/mod). */
export const go: Conventions = { versions, names };
