import { compareVersions } from '../ecosystems/conventions/compare.ts';
import type { Version } from '../ecosystems/conventions/conventions.ts';
import { conventionsOf } from '../ecosystems/conventions/index.ts';
import type { PublishedVersion } from '../model/baseline.ts';
import { STABLE } from '../model/channel.ts';
import type { History } from '../model/history.ts';
import type { VersionRef } from '../model/package.ts';
import type { Instant } from '../model/time.ts';

/** What one earlier version showed. */
export interface EarlierVersion extends PublishedVersion {
  readonly provenance: boolean;
  /** The version as its ecosystem reads it. */
  readonly parsed: Version;
}

export function isStable(version: Version | null): boolean {
  return version?.channel === STABLE;
}

/** The version as the history's ecosystem reads it; null for what is none. */
export function versionIn({ ecosystem }: Pick<History, 'ecosystem'>, version: string): Version | null {
  return conventionsOf(ecosystem).versions.parse(version);
}

/** Every question about a history sorts the same versions. */
const sorted = new WeakMap<History, readonly EarlierVersion[]>();

/** Every version that its ecosystem can order, lowest first. */
export function allVersions(history: History): readonly EarlierVersion[] {
  const known = sorted.get(history);
  if (known !== undefined) return known;
  const { versions, withProvenance, time } = history;
  const { parse } = conventionsOf(history.ecosystem).versions;
  const releases = [...versions.keys()].flatMap((version): EarlierVersion[] => {
    const parsed = parse(version);
    const published = time.get(version) ?? null;
    return parsed === null ? [] : [{ version, parsed, published, provenance: withProvenance.has(version) }];
  });
  releases.sort((a, b) => compareVersions(a.parsed, b.parsed));
  sorted.set(history, releases);
  return releases;
}

/** Nearly every question about a release begins with what was before it. */
const earlier = new WeakMap<History, Map<string, readonly EarlierVersion[]>>();

/**
 * Every version that was published before `version`, lowest first. Where the registry gives no time for either, the
 * version order stands in for it.
 */
export function earlierVersions(history: History, version: string): readonly EarlierVersion[] {
  const known = earlier.get(history) ?? new Map<string, readonly EarlierVersion[]>();
  const found = known.get(version) ?? releasesEarlier(history, version);
  earlier.set(history, known.set(version, found));
  return found;
}

function releasesEarlier(history: History, version: string): readonly EarlierVersion[] {
  const isBefore = before(history, version);
  return allVersions(history).filter(isBefore);
}

function before(history: History, version: string): (other: EarlierVersion) => boolean {
  const at = history.time.get(version);
  const parsed = versionIn(history, version);
  return (other) => {
    if (other.version === version) return false;
    if (at !== undefined && other.published !== null) return other.published < at;
    return parsed !== null && compareVersions(other.parsed, parsed) < 0;
  };
}

/** Those of them that are lower by version. */
export function lowerVersions(history: History, version: string): readonly EarlierVersion[] {
  const parsed = versionIn(history, version);
  if (parsed === null) return [];
  return earlierVersions(history, version).filter((one) => compareVersions(one.parsed, parsed) < 0);
}

/** The version with provenance that was published first, as the registry says. */
export function provenanceSince(history: History): PublishedVersion | null {
  const { time, withProvenance, ecosystem } = history;
  const { compare, parse } = conventionsOf(ecosystem).versions;
  const claimed = [...withProvenance]
    .filter((version) => parse(version) !== null)
    .map((version) => ({ version, published: time.get(version) ?? null }));
  const order = (one: PublishedVersion): number => one.published ?? Number.MAX_SAFE_INTEGER;
  return claimed.sort((a, b) => order(a) - order(b) || compare(a.version, b.version))[0] ?? null;
}

/** When the first version of the package was published, whether or not it is still there; null without times. */
export function firstPublished({ time }: Pick<History, 'time'>): Instant | null {
  return time.size === 0 ? null : [...time.values()].reduce((first, one) => Math.min(first, one));
}

/**
 * The predecessor: the highest lower stable version of the same release line that was published earlier. Null where
 * there is none.
 */
export function predecessorOf(history: History, version: string): EarlierVersion | null {
  const line = versionIn(history, version)?.line;
  const lower = lowerVersions(history, version);
  return lower.findLast(({ parsed }) => isStable(parsed) && parsed.line === line) ?? null;
}

/**
 * The highest lower stable version of the same release line of which nobody says when it was published, as registries
 * without times have all of them: to be shown beside a version, and no measure for it. Null where there is none.
 */
export function lowerOfUnknownTime(history: History, version: string): EarlierVersion | null {
  const asked = versionIn(history, version);
  if (asked === null) return null;
  const lower = allVersions(history).filter(
    ({ parsed, published }) =>
      published === null && isStable(parsed) && parsed.line === asked.line && compareVersions(parsed, asked) < 0,
  );
  return lower.at(-1) ?? null;
}

/**
 * The version to compare a release with: its predecessor, of a prerelease also the prerelease before it; for the first
 * of a line the highest lower stable version that was published earlier. Null where there is none.
 */
export function versionBefore(history: History, version: string): EarlierVersion | null {
  const asked = versionIn(history, version);
  if (asked === null) return null;
  const lower = lowerVersions(history, version);
  const ofLine = lower.findLast(({ parsed }) => parsed.line === asked.line && (isStable(parsed) || !isStable(asked)));
  return ofLine ?? lower.findLast(({ parsed }) => isStable(parsed)) ?? null;
}

/**
 * The earlier version that shows best who builds this package: the predecessor where it claims provenance, else the
 * highest that does, of the same release line if there is one. Null where none ever did. A release without provenance,
 * or a new line, so does not make the next one start without history.
 */
export function lastWithProvenance(history: History, version: string): EarlierVersion | null {
  const predecessor = predecessorOf(history, version);
  if (predecessor?.provenance === true) return predecessor;
  const line = versionIn(history, version)?.line;
  const had = earlierVersions(history, version).filter(({ provenance }) => provenance);
  return had.findLast(({ parsed }) => parsed.line === line) ?? had.at(-1) ?? null;
}

/**
 * The first later stable version that claims provenance: of the same release line if there is one. Null where none
 * does. The registry's word alone.
 */
export function laterWithProvenance(history: History, version: string): PublishedVersion | null {
  const asked = versionIn(history, version);
  if (asked === null) return null;
  const later = allVersions(history).filter(
    ({ version: one, parsed, provenance }) =>
      provenance &&
      isStable(parsed) &&
      compareVersions(parsed, asked) > 0 &&
      history.versions.get(one)?.deprecated === false,
  );
  const found = later.find(({ parsed }) => parsed.line === asked.line) ?? later[0];
  return found === undefined ? null : { version: found.version, published: found.published };
}

/**
 * The version to go back to: `good` where it is a lower one of the same release line, else the predecessor, else `good`
 * of a lower line. Who is on stable versions is sent to no prerelease.
 */
export function versionToStayOn(
  history: History | null,
  { ecosystem, version }: Pick<VersionRef, 'ecosystem' | 'version'>,
  good: string | null,
): string | null {
  const { parse } = conventionsOf(ecosystem).versions;
  const [is, was] = [parse(version), good === null ? null : parse(good)];
  const isLower = is !== null && was !== null && compareVersions(was, is) < 0;
  const lower = isLower && (isStable(was) || !isStable(is)) ? good : null;
  if (lower !== null && was?.line === is?.line) return lower;
  return (history === null ? null : predecessorOf(history, version)?.version) ?? lower;
}
