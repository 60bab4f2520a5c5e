import parse from 'semver/functions/parse.js';
import SemVer from 'semver/classes/semver.js';
import type { PublishedVersion } from '../model/baseline.ts';
import type { Packument } from '../model/evidence.ts';
import type { Instant } from '../model/time.ts';

/** What one earlier version showed. */
export interface EarlierVersion extends PublishedVersion {
  readonly provenance: boolean;
}

/**
 * The release line of a version: its major, or its minor below 1.0 (where semver lets a minor break). Null for what is
 * not semver.
 */
export function releaseLine(version: string): string | null {
  const parsed = read(version);
  return parsed === null ? null : lineOf(parsed);
}

function lineOf({ major, minor }: Parsed): string {
  return major === 0 ? `0.${minor}` : `${major}`;
}

/** A version as semver reads it. */
type Parsed = SemVer | Plain;
interface Plain {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
  readonly prerelease: readonly [];
}

/** Nearly all versions are three plain numbers, which are read sooner than semver reads them. */
const PLAIN = /^(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})$/;

function read(version: string): Parsed | null {
  const [, major, minor, patch] = PLAIN.exec(version) ?? [];
  if (patch === undefined) return parse(version);
  return { major: Number(major), minor: Number(minor), patch: Number(patch), prerelease: [] };
}

/** Orders two versions; what is not semver comes before what is. */
function compareVersions(a: string, b: string): number {
  const [one, other] = [read(a), read(b)];
  if (one === null || other === null) return Number(one !== null) - Number(other !== null);
  return compareParsed(one, other);
}

/** Semantic Versioning 2.0.0, section 11. */
function compareParsed(a: Parsed, b: Parsed): number {
  const core = a.major - b.major || a.minor - b.minor || a.patch - b.patch;
  if (core !== 0) return core;
  if (a instanceof SemVer && b instanceof SemVer) return a.comparePre(b);
  return b.prerelease.length - a.prerelease.length;
}

/** A version of a document, with its version as semver reads it. */
interface Release extends EarlierVersion {
  readonly semver: Parsed;
}

/** Every question about a document sorts the same versions. */
const sorted = new WeakMap<Packument, readonly Release[]>();

/** The versions of a document that are semver, lowest first. */
function releasesOf(packument: Packument): readonly Release[] {
  const known = sorted.get(packument);
  if (known !== undefined) return known;
  const { versions, withProvenance, time } = packument;
  const releases = [...versions.keys()].flatMap((version): Release[] => {
    const semver = read(version);
    const published = time.get(version) ?? null;
    return semver === null ? [] : [{ version, semver, published, provenance: withProvenance.has(version) }];
  });
  releases.sort((a, b) => compareParsed(a.semver, b.semver));
  sorted.set(packument, releases);
  return releases;
}

/**
 * Every version that was published before `version`, lowest first. Where the registry gives no time for either, the
 * version order stands in for it.
 */
export function earlierVersions(packument: Packument, version: string): readonly EarlierVersion[] {
  return releasesBefore(packument, version);
}

/** Those of them that are lower by version. */
export function lowerVersions(packument: Packument, version: string): readonly EarlierVersion[] {
  const parsed = read(version);
  return parsed === null
    ? []
    : releasesBefore(packument, version).filter(({ semver }) => compareParsed(semver, parsed) < 0);
}

/** Every version that is semver, lowest first. */
export function allVersions(packument: Packument): readonly EarlierVersion[] {
  return releasesOf(packument);
}

/** Nearly every question about a release begins with what was before it. */
const earlier = new WeakMap<Packument, Map<string, readonly Release[]>>();

function releasesBefore(packument: Packument, version: string): readonly Release[] {
  const known = earlier.get(packument) ?? new Map<string, readonly Release[]>();
  const found = known.get(version) ?? releasesEarlier(packument, version);
  earlier.set(packument, known.set(version, found));
  return found;
}

function releasesEarlier(packument: Packument, version: string): readonly Release[] {
  const isBefore = before(packument, version);
  return releasesOf(packument).filter((release) => isBefore(release.version, () => release.semver));
}

function before({ time }: Packument, version: string): (other: string, semver: () => Parsed | null) => boolean {
  const at = time.get(version);
  const parsed = read(version);
  return (other, semver) => {
    if (other === version) return false;
    const published = time.get(other);
    if (at !== undefined && published !== undefined) return published < at;
    const otherParsed = parsed === null ? null : semver();
    return parsed !== null && otherParsed !== null && compareParsed(otherParsed, parsed) < 0;
  };
}

/** The version with provenance that was published first, as the registry's document says. */
export function provenanceSince({ withProvenance, time }: Packument): PublishedVersion | null {
  const claimed = [...withProvenance]
    .filter((version) => read(version) !== null)
    .map((version) => ({ version, published: time.get(version) ?? null }));
  const order = (one: PublishedVersion): number => one.published ?? Number.MAX_SAFE_INTEGER;
  return claimed.sort((a, b) => order(a) - order(b) || compareVersions(a.version, b.version))[0] ?? null;
}

/** When the first version of the package was published, whether or not it is still there; null without times. */
export function firstPublished({ time }: Packument): Instant | null {
  return time.size === 0 ? null : [...time.values()].reduce((first, one) => Math.min(first, one));
}

/** The lower stable versions of the same release line that were published earlier, lowest first. */
function stableBefore(packument: Packument, version: string): readonly EarlierVersion[] {
  const parsed = read(version);
  if (parsed === null) return [];
  const line = lineOf(parsed);
  return releasesBefore(packument, version).filter(
    ({ semver }) => semver.prerelease.length === 0 && lineOf(semver) === line && compareParsed(semver, parsed) < 0,
  );
}

/** The predecessor: the highest of these. Null where there is none. */
export function predecessorOf(packument: Packument, version: string): EarlierVersion | null {
  return stableBefore(packument, version).at(-1) ?? null;
}

/**
 * The version to compare a release with: its predecessor, of a prerelease also the prerelease before it; for the first
 * of a line the highest lower stable version that was published earlier. Null where there is none.
 */
export function versionBefore(packument: Packument, version: string): EarlierVersion | null {
  const parsed = read(version);
  if (parsed === null) return null;
  const isBefore = before(packument, version);
  let ofOtherLine: EarlierVersion | null = null;
  for (const release of releasesOf(packument).toReversed()) {
    const { semver } = release;
    if (compareParsed(semver, parsed) >= 0 || !isBefore(release.version, () => semver)) continue;
    const isStable = semver.prerelease.length === 0;
    if (lineOf(semver) === lineOf(parsed) && (isStable || parsed.prerelease.length > 0)) return release;
    if (isStable) ofOtherLine ??= release;
  }
  return ofOtherLine;
}

/**
 * The earlier version that shows best who builds this package: the predecessor where it claims provenance, else the
 * highest that does, of the same release line if there is one. Null where none ever did. A release without provenance,
 * or a new line, so does not make the next one start without history.
 */
export function lastWithProvenance(packument: Packument, version: string): EarlierVersion | null {
  const predecessor = predecessorOf(packument, version);
  if (predecessor?.provenance === true) return predecessor;
  const line = releaseLine(version);
  const had = earlierVersions(packument, version).filter(({ provenance }) => provenance);
  return had.filter((earlier) => releaseLine(earlier.version) === line).at(-1) ?? had.at(-1) ?? null;
}

/**
 * The first later stable version that claims provenance: of the same release line if there is one. Null where none
 * does. The registry's word alone.
 */
export function laterWithProvenance(packument: Packument, version: string): PublishedVersion | null {
  if (read(version) === null) return null;
  const line = releaseLine(version);
  const later = [...packument.withProvenance]
    .filter(
      (one) =>
        read(one)?.prerelease.length === 0 &&
        compareVersions(one, version) > 0 &&
        packument.versions.get(one)?.deprecated === false,
    )
    .map((one) => ({ version: one, published: packument.time.get(one) ?? null }))
    .sort((a, b) => compareVersions(a.version, b.version));
  return later.find((one) => releaseLine(one.version) === line) ?? later[0] ?? null;
}

/**
 * The version to go back to: `good` where it is a lower one of the same release line, else the predecessor, else `good`
 * of a lower line. Who is on stable versions is sent to no prerelease.
 */
export function versionToStayOn(packument: Packument | null, version: string, good: string | null): string | null {
  const [is, was] = [read(version), good === null ? null : read(good)];
  const isLower = is !== null && was !== null && compareParsed(was, is) < 0;
  const lower = isLower && (was.prerelease.length === 0 || is.prerelease.length > 0) ? good : null;
  if (lower !== null && releaseLine(lower) === releaseLine(version)) return lower;
  return (packument === null ? null : predecessorOf(packument, version)?.version) ?? lower;
}
