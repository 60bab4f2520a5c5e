import type SemVer from 'semver/classes/semver.js';
import parseSemVer from 'semver/functions/parse.js';
import satisfies from 'semver/functions/satisfies.js';
import maxSatisfying from 'semver/ranges/max-satisfying.js';
import validRange from 'semver/ranges/valid.js';
import { comparing } from './compare.ts';
import type { Version, Versions } from './conventions.ts';
import { channelOf } from './prerelease.ts';
import { STABLE } from '../../model/channel.ts';

/** Nearly all versions are three plain numbers, which are read sooner than semver reads them. */
const PLAIN = /^(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})$/;

/** A release is higher than its prereleases. */
const PRERELEASE = 0;
const RELEASE = 1;

function parse(text: string): Version | null {
  const [, major, minor, patch] = PLAIN.exec(text) ?? [];
  if (patch !== undefined) return versionOf(text, [Number(major), Number(minor), Number(patch)], []);
  const semver: SemVer | null = parseSemVer(text);
  return semver && versionOf(semver.version, [semver.major, semver.minor, semver.patch], semver.prerelease);
}

/** Semantic Versioning 2.0.0, sections 9 to 11. */
function versionOf(
  text: string,
  [major, minor, patch]: readonly [number, number, number],
  prerelease: readonly (string | number)[],
): Version {
  const line = major === 0 ? `0.${minor}` : `${major}`;
  const [first] = prerelease;
  if (first === undefined) return { text, line, channel: STABLE, order: [major, minor, patch, RELEASE] };
  const order = [major, minor, patch, PRERELEASE, ...prerelease.map(placeOf)];
  return { text, line, channel: channelOf(String(first)), order };
}

/** A number too large to be exact is kept as text, and a number all the same. */
function placeOf(identifier: string | number): string | number {
  return typeof identifier === 'string' && /^\d+$/.test(identifier) ? Number(identifier) : identifier;
}

/** How npm writes versions (https://semver.org) and ranges (https://github.com/npm/node-semver). */
export const versions: Versions = {
  parse,
  compare: comparing(parse),
  isRange: (text) => validRange(text) !== null,
  satisfies: (version, range) => satisfies(version, range),
  highest: (all, range) => maxSatisfying([...all], range),
};
