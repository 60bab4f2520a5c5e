import { compareVersions } from '../ecosystems/conventions/compare.ts';
import type { Version } from '../ecosystems/conventions/conventions.ts';
import type { BaselinePackage } from '../model/baseline.ts';
import type { History, Publisher, Release } from '../model/history.ts';
import { finding, type Finding } from '../model/finding.ts';
import type { VersionRef } from '../model/package.ts';
import { DAY, type Instant } from '../model/time.ts';
import { checkBaselineLoss, firstAfter } from './baseline.ts';
import { channelBefore, sameChannel } from './channels.ts';
import {
  earlierVersions,
  isStable,
  lastWithProvenance,
  provenanceSince,
  versionBefore,
  versionIn,
  type EarlierVersion,
} from './history.ts';

/**
 * How long provenance is still expected of a release after the last one that had it, and how long a release by hand
 * still says that its line is maintained by hand (bench/README.md has the numbers).
 */
const MONTHS = 180 * DAY;
/** A release that is still there after this long was meant by its project. */
const STOOD = 30 * DAY;
/** Two releases further apart than this are not one attack. */
const APART = 7 * DAY;
/**
 * An attacker could first publish several releases with provenance from their own repository, and then one without. A
 * release is compared with this many.
 */
const COMPARED = 5;

/** This many releases by hand, all left in place, show that the project publishes by hand as a rule. */
const SEVERAL = 3;

/**
 * Was anything lost? For a version whose manifest claims no provenance. Lost: releases of its channel had it, and it
 * was published by somebody else, adds what is installed or run, or they had it within months. So was it where releases
 * of another channel had it within months, whatever number or name this one bears. Lost elsewhere: where releases by
 * hand are how this channel is maintained, where the project went on and left it in place, where only its bots or other
 * lines' prereleases had provenance and a known maintainer adds nothing, or where it was long ago. None ever had it: a
 * historical gap. `seen` is what the baseline remembers of the channel.
 */
export function checkLoss(history: History, version: string, seen: readonly string[] = []): Finding {
  const never = (): Finding => {
    const at = history.time.get(version) ?? null;
    return finding('provenance-missing', {
      earlier: earlierVersions(history, version).length,
      ...firstAfter(provenanceSince(history), at),
    });
  };
  if (history.withProvenance.size === 0) return never();
  const release = candidateOf(history, version);
  const channel = channelBefore(history, version);
  const proven = channel.filter(({ provenance }) => provenance);
  const before = proven.at(-1);
  const sameLine = ({ parsed }: EarlierVersion): boolean => parsed.line === release.parsed?.line;
  if (before !== undefined) {
    const { published } = before;
    const others = [...proven.slice(-COMPARED).map((one) => one.version), ...seen];
    const publisher = samePublisher(release, others);
    const recent = [...proven, ...withProvenance(release).filter((one) => isStable(one.parsed))];
    const isExpected = recent.some((one) => isWithin(MONTHS, one.published, release.published));
    const mayBeByHand = (one: string): boolean =>
      addsNothing(release, history.versions.get(one)) && !isByPipeline(publisherOf(release, one));
    const isUsual = others.every(mayBeByHand) && isByHand(release, channel);
    const isLost = !isUsual && (publisher === null || isExpected);
    if (isLost && !wasLeftInPlace(release))
      return finding('provenance-lost', { predecessor: before.version, published });
    const by = publisher === null ? {} : { publisher };
    return finding('provenance-lost-elsewhere', {
      version: before.version,
      sameLine: sameLine(before),
      published,
      ...by,
    });
  }
  const nearest = lastWithProvenance(history, version);
  if (nearest === null) return never();
  const expected = expectedElsewhere(release, channel);
  if (expected !== null) {
    return finding('provenance-lost', { predecessor: expected.version, published: expected.published });
  }
  const { published } = nearest;
  return finding('provenance-lost-elsewhere', {
    version: nearest.version,
    sameLine: sameLine(nearest),
    published,
  });
}

/** The version in question, with what the registry says of it. */
interface Candidate {
  readonly history: History;
  readonly version: string;
  readonly parsed: Version | null;
  readonly manifest: Release | null;
  readonly published: Instant | null;
  /** What was published before it. */
  readonly earlier: readonly EarlierVersion[];
}

function candidateOf(history: History, version: string): Candidate {
  return {
    history,
    version,
    parsed: versionIn(history, version),
    manifest: history.versions.get(version) ?? null,
    published: history.time.get(version) ?? null,
    earlier: earlierVersions(history, version),
  };
}

/** A release without a time at the registry counts as near. */
function isWithin(span: number, earlier: Instant | null, later: Instant | null): boolean {
  return earlier === null || later === null || Math.abs(later - earlier) <= span;
}

function publisherOf({ history }: Candidate, version: string): Publisher | null {
  return history.versions.get(version)?.publisher ?? null;
}

function isBy(publisher: Publisher | null, other: Publisher | null): boolean {
  return publisher !== null && publisher.name === other?.name && publisher.trustedPublisher === other.trustedPublisher;
}

/**
 * The account that published all these versions, if the latest adds no dependency and no install script to any of them;
 * null otherwise. A maintainer who sometimes publishes by hand looks like this, and so does a thief of the account's
 * token. What is not known counts as changed.
 */
function samePublisher(release: Candidate, before: readonly string[]): string | null {
  const by = release.manifest?.publisher ?? null;
  if (by === null) return null;
  const isSame = (version: string): boolean => {
    const was = release.history.versions.get(version);
    return isBy(by, was?.publisher ?? null) && addsNothing(release, was);
  };
  return before.every(isSame) ? by.name : null;
}

function addsNothing({ manifest }: Candidate, was: Release | undefined): boolean {
  if (manifest === null || was === undefined) return false;
  const adds = Object.keys(manifest.dependencies).some((name) => !Object.hasOwn(was.dependencies, name));
  const runs = Object.entries(manifest.installScripts).some(([name, command]) => was.installScripts[name] !== command);
  return !adds && !runs;
}

/**
 * Is this how the channel is maintained? Within months, or last, the same account released by hand, and releases with
 * provenance went on; or somebody did so time after time, each left in place for a month, and this account is known.
 * What a stolen token published just before shows nothing, and neither does what was published before anything had
 * provenance, but for releases of a line that was an old one already. Not where this release adds what is installed or
 * run to the last one.
 */
function isByHand(release: Candidate, channel: readonly EarlierVersion[]): boolean {
  const { published, earlier, history, manifest } = release;
  const last = channel.at(-1);
  const adds = last !== undefined && !addsNothing(release, history.versions.get(last.version));
  if (published === null || adds) return false;
  const withProvenance = earlier.flatMap(({ provenance, published: at }) => (provenance && at !== null ? [at] : []));
  const [begun, newest] = [Math.min(...withProvenance), Math.max(...withProvenance)];
  const byHand = channel.filter((one): one is EarlierVersion & { readonly published: Instant } => {
    if (one.provenance || one.published === null) return false;
    const isRecent = published - one.published <= MONTHS;
    // An old line gets few releases: the last one says how, however long ago.
    return one.published > begun ? isRecent || one === last : isRecent && isBackport(release, one);
  });
  const wentOn = byHand.filter((one) => published - one.published >= APART && newest > one.published);
  if (wentOn.some(({ version }) => isBy(manifest?.publisher ?? null, publisherOf(release, version)))) return true;
  const stood = byHand.filter((one) => wentOn.includes(one) || published - one.published >= STOOD);
  return stood.length >= SEVERAL && isKnownAccount(release);
}

/** Whether it was published without a token that could be stolen. */
function isByPipeline(publisher: Publisher | null): boolean {
  return publisher !== null && publisher.trustedPublisher !== null;
}

/** Whether a stable release of a higher line was there before it. */
function isBackport({ earlier }: Candidate, { parsed, published }: EarlierVersion): boolean {
  return earlier.some(
    (one) =>
      isStable(one.parsed) &&
      one.parsed.line !== parsed.line &&
      compareVersions(one.parsed, parsed) > 0 &&
      (one.published ?? Infinity) < (published ?? 0),
  );
}

/**
 * Whether this was a release by hand: an account that the package knew published it, and the project released with
 * provenance for more than a month afterwards and left it in place. Bad releases are removed or deprecated.
 */
function wasLeftInPlace(release: Candidate): boolean {
  const { history, manifest, published } = release;
  if (manifest === null || manifest.deprecated || published === null || !isKnownAccount(release)) return false;
  return [...history.withProvenance].some((version) => {
    const at = history.time.get(version);
    return at !== undefined && at - published > STOOD && history.versions.get(version)?.deprecated === false;
  });
}

/** Whether the account had published the package before, and not only just before. */
function isKnownAccount(release: Candidate): boolean {
  const name = release.manifest?.publisher?.name;
  const isApart = (at: Instant | null): boolean => !isWithin(APART, at, release.published);
  return release.earlier.some(
    ({ version, published }) => isApart(published) && publisherOf(release, version)?.name === name,
  );
}

/** The releases with provenance that were published before it, the newest first. */
function withProvenance({ earlier }: Candidate): readonly EarlierVersion[] {
  return earlier
    .filter(({ provenance }) => provenance)
    .toSorted((a, b) => (b.published ?? 0) - (a.published ?? 0) || compareVersions(b.parsed, a.parsed));
}

/**
 * The release of another channel for whose provenance this one should have some, too: the newest stable one, else the
 * newest of any channel, within months. Null where a known account adds nothing and this is how it releases, where only
 * a bot's token or prereleases of another line had provenance, or where that was long ago; and where the registry names
 * nobody at all. An account that the package does not know, and what is newly installed or run, are expected nowhere.
 */
function expectedElsewhere(release: Candidate, channel: readonly EarlierVersion[]): EarlierVersion | null {
  const by = release.manifest?.publisher ?? null;
  const { history, version, parsed, earlier, published } = release;
  const proven = withProvenance(release);
  const recent = proven.filter((one) => isWithin(MONTHS, one.published, published));
  const last = recent.find((one) => isStable(one.parsed)) ?? recent[0] ?? null;
  if (by === null) return earlier.some((one) => publisherOf(release, one.version) !== null) ? last : null;
  if (wasLeftInPlace(release)) return null;
  const before = history.versions.get(versionBefore(history, version)?.version ?? '');
  const isPlain = isKnownAccount(release) && addsNothing(release, before);
  if (last === null) return isPlain ? null : (proven[0] ?? null);
  const isOfOtherLine = !isStable(last.parsed) && last.parsed.line !== parsed?.line;
  if (isOfOtherLine) return isPlain ? null : last;
  // With a pipeline that needs no token, a release by a token is usual only where there never was another.
  if (isByPipeline(publisherOf(release, last.version))) return isCustom(release) ? null : last;
  const had = proven.some((one) => publisherOf(release, one.version)?.name === by.name);
  if (!had) return isPlain ? null : last;
  return isByHand(release, isStable(parsed) ? channel : earlier) ? null : last;
}

/**
 * Does this account publish the channel by hand, and nobody with provenance? So it did time after time, each release
 * left in place for a month, one of them since others of the package had provenance, however long ago: an old line gets
 * few. This one adds nothing to the newest of these, as what came after shows nothing yet. Of a prerelease, channels of
 * that name in other lines are the same.
 */
function isCustom(release: Candidate): boolean {
  const { history, parsed, manifest, published, earlier } = release;
  if (published === null) return false;
  const channel = earlier.filter((one) =>
    isStable(parsed) ? sameChannel(one.parsed, parsed) : one.parsed.channel === parsed?.channel,
  );
  if (channel.some(({ provenance }) => provenance)) return false;
  const stood = channel.filter(
    (one) =>
      one.published !== null &&
      published - one.published >= STOOD &&
      isBy(manifest?.publisher ?? null, publisherOf(release, one.version)) &&
      history.versions.get(one.version)?.deprecated === false,
  );
  const newest = stood.toSorted((a, b) => (b.published ?? 0) - (a.published ?? 0))[0];
  if (newest === undefined || stood.length < SEVERAL) return false;
  const begun = provenanceSince(history)?.published ?? Infinity;
  return (newest.published ?? 0) > begun && addsNothing(release, history.versions.get(newest.version));
}

/**
 * Adds to a history what the baseline remembers. Releases that the baseline saw with provenance count even where the
 * registry now leaves them out, or names another publisher or time. Null where there is neither a history nor a
 * baseline.
 */
export function checkLossAgainst(
  known: BaselinePackage | null,
  history: History | null,
  of: Pick<VersionRef, 'ecosystem' | 'version'>,
): Finding | null {
  const { version } = of;
  const remembered = checkBaselineLoss(known, of, history?.time.get(version) ?? null);
  if (history === null) return remembered;
  if (remembered === null) return checkLoss(history, version);
  const seen = seenIn(remembered);
  const told = checkLoss(history, version, remembered.code === 'provenance-lost' ? [seen] : []);
  if (told.code === 'provenance-lost') return told;
  const { publisher = null, published = null } = known?.versions.get(seen) ?? {};
  const isKnown = publisher === null || publisher === history.versions.get(seen)?.publisher?.name;
  const isThen = published === null || isSameSecond(published, history.time.get(seen) ?? null);
  return history.withProvenance.has(seen) && isKnown && isThen ? told : remembered;
}

/** A baseline has times to the second. */
function isSameSecond(one: Instant, other: Instant | null): boolean {
  return other !== null && Math.floor(one / 1000) === Math.floor(other / 1000);
}

function seenIn(loss: Finding): string {
  if (loss.code === 'provenance-lost') return loss.args.predecessor;
  return loss.code === 'provenance-lost-elsewhere' ? loss.args.version : '';
}
