import satisfies from 'semver/functions/satisfies.js';
import { comparing, placeOf } from './compare.ts';
import type { Version, Versions } from './conventions.ts';
import { channelOf } from './prerelease.ts';
import { STABLE } from '../../model/channel.ts';

/**
 * Semantic Versioning 2.0.0 with all three numbers
 * (https://doc.rust-lang.org/cargo/reference/manifest.html#the-version-field).
 */
const VERSION =
  /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-((?:0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*)(?:\.(?:0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*))*))?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?$/;

const MAX_LENGTH = 255;
/** Each number is one of 64 bits. */
const MAX_NUMBER = 2n ** 64n - 1n;

/** A release is higher than its prereleases. */
const PRERELEASE = 0;
const RELEASE = 1;

/** What a caret requirement keeps together is a line: of `0.0.3`, that alone. Build metadata decides nothing. */
function parse(text: string): Version | null {
  const match = text.length > MAX_LENGTH ? null : VERSION.exec(text);
  if (match === null) return null;
  const [, major = '', minor = '', patch = '', prerelease] = match;
  const parts = [major, minor, patch];
  if (parts.some((part) => part.length > 15 && BigInt(part) > MAX_NUMBER)) return null;
  const first = parts.findIndex((part) => part !== '0');
  const common = { text, line: parts.slice(0, first === -1 ? 3 : first + 1).join('.') };
  const numbers = parts.map(placeOf);
  if (prerelease === undefined) return { ...common, channel: STABLE, order: [...numbers, RELEASE] };
  const identifiers = prerelease.split('.');
  const order = [...numbers, PRERELEASE, ...identifiers.map(placeOf)];
  return { ...common, channel: channelOf(identifiers[0] ?? ''), order };
}

/** Requirements longer than this, or with more parts, are nobody's. */
const MAX_REQUIREMENT = 256;
const MAX_PARTS = 32;

const NUMBER = '(?:0|[1-9]\\d*)';
const WILDCARD = '[*xX]';
const TAIL = '(?:-[0-9A-Za-z.-]+)?(?:\\+[0-9A-Za-z.-]+)?';
/** One comparator: an operator, then up to three numbers, of which the last ones may be wildcards. */
const COMPARATOR = new RegExp(
  `^(=|>=?|<=?|~|\\^)? *(${NUMBER}(?:\\.${WILDCARD}(?:\\.${WILDCARD})?|\\.${NUMBER}(?:\\.${WILDCARD}|\\.${NUMBER}${TAIL})?)?)$`,
);

/**
 * A requirement (https://doc.rust-lang.org/cargo/reference/specifying-dependencies.html) as a range of node-semver,
 * which means the same by its comparators: without one, `^`, and with commas, all of them. Null for what is none.
 */
function rangeOf(requirement: string): string | null {
  if (requirement.length > MAX_REQUIREMENT) return null;
  const text = requirement.trim();
  if (new RegExp(`^${WILDCARD}$`).test(text)) return '*';
  const parts = text.split(',');
  if (parts.length > MAX_PARTS) return null;
  const ranges = parts.map((part) => {
    const [, operator, version = ''] = COMPARATOR.exec(part.trim()) ?? [];
    if (version === '') return null;
    // The wildcard of a version without operator is its own one.
    return operator === undefined && !/[*xX](?:\.|$)/.test(version) ? `^${version}` : `${operator ?? ''}${version}`;
  });
  return ranges.includes(null) ? null : ranges.join(' ');
}

function isIn(version: string, requirement: string): boolean {
  const range = rangeOf(requirement);
  return range !== null && parse(version) !== null && satisfies(version, range);
}

/** How Cargo writes versions and requirements. */
export const versions: Versions = {
  parse,
  compare: comparing(parse),
  isRange: (text) => rangeOf(text) !== null,
  satisfies: isIn,
  highest: (all, requirement) =>
    all
      .filter((one) => isIn(one, requirement))
      .sort(comparing(parse))
      .at(-1) ?? null,
};
