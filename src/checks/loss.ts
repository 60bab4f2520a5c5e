import compare from 'semver/functions/compare.js';
import type { BaselinePackage } from '../model/baseline.ts';
import { channelName } from '../model/channel.ts';
import type { Manifest, Packument, Publisher } from '../model/evidence.ts';
import { finding, type Finding } from '../model/finding.ts';
import { DAY, type Instant } from '../model/time.ts';
import { checkBaselineLoss, firstAfter } from './baseline.ts';
import { channelBefore, isStable, sameChannel } from './channels.ts';
import {
  earlierVersions,
  lastWithProvenance,
  provenanceSince,
  releaseLine,
  versionBefore,
  type EarlierVersion,
} from './history.ts';

/**
 * How long provenance is still expected of a release after the last one that had it, and how long a release by hand
 * still says that its line is maintained by hand (bench/README.md has the numbers).
 */
const MONTHS = 180 * DAY;
/** What nobody took back for so long was meant. */
const STOOD = 30 * DAY;
/** Two releases further apart than this are not one attack. */
const APART = 7 * DAY;
/**
 * An attacker could first publish several releases with provenance from their own repository, and then one without. A
 * release is compared with this many.
 */
const COMPARED = 5;

/** So many releases by hand that were left in place show that others of the project publish by hand, too. */
const SEVERAL = 3;

/**
 * Was anything lost? For a version whose manifest claims no provenance. Lost: releases of its channel had it, and it
 * was published by somebody else, adds what is installed or run, or they had it within months. So was it where releases
 * of another channel had it within months, whatever number or name this one bears. Lost elsewhere: where releases by
 * hand are how this channel is maintained, where the project went on and left it in place, where only its bots or other
 * lines' prereleases had provenance and a known maintainer adds nothing, or where it was long ago. None ever had it: a
 * historical gap. `seen` is what the baseline remembers of the channel.
 */
export function checkLoss(packument: Packument, version: string, seen: readonly string[] = []): Finding {
  const never = (): Finding => {
    const at = packument.time.get(version) ?? null;
    return finding('provenance-missing', {
      earlier: earlierVersions(packument, version).length,
      ...firstAfter(provenanceSince(packument), at),
    });
  };
  if (packument.withProvenance.size === 0) return never();
  const release = releaseOf(packument, version);
  const channel = channelBefore(packument, version);
  const proven = channel.filter(({ provenance }) => provenance);
  const before = proven.at(-1);
  const sameLine = (other: string): boolean => releaseLine(other) === releaseLine(version);
  if (before !== undefined) {
    const { published } = before;
    const others = [...proven.slice(-COMPARED).map((one) => one.version), ...seen];
    const publisher = samePublisher(release, others);
    const recent = [...proven, ...withProvenance(release).filter((one) => isStable(one.version))];
    const isExpected = recent.some((one) => isWithin(MONTHS, one.published, release.published));
    const mayBeByHand = (one: string): boolean =>
      addsNothing(release, packument.versions.get(one)) && !isByPipeline(publisherOf(release, one));
    const isUsual = others.every(mayBeByHand) && isByHand(release, channel);
    const isLost = !isUsual && (publisher === null || isExpected);
    if (isLost && !wasLeftInPlace(release))
      return finding('provenance-lost', { predecessor: before.version, published });
    const by = publisher === null ? {} : { publisher };
    return finding('provenance-lost-elsewhere', {
      version: before.version,
      sameLine: sameLine(before.version),
      published,
      ...by,
    });
  }
  const nearest = lastWithProvenance(packument, version);
  if (nearest === null) return never();
  const expected = expectedElsewhere(release, channel);
  if (expected !== null) {
    return finding('provenance-lost', { predecessor: expected.version, published: expected.published });
  }
  const { published } = nearest;
  return finding('provenance-lost-elsewhere', {
    version: nearest.version,
    sameLine: sameLine(nearest.version),
    published,
  });
}

/** The version in question, with what the registry says of it. */
interface Release {
  readonly packument: Packument;
  readonly version: string;
  readonly manifest: Manifest | null;
  readonly published: Instant | null;
  /** What was published before it. */
  readonly earlier: readonly EarlierVersion[];
}

function releaseOf(packument: Packument, version: string): Release {
  return {
    packument,
    version,
    manifest: packument.versions.get(version) ?? null,
    published: packument.time.get(version) ?? null,
    earlier: earlierVersions(packument, version),
  };
}

/** What the registry gives no time of is near. */
function isWithin(span: number, earlier: Instant | null, later: Instant | null): boolean {
  return earlier === null || later === null || Math.abs(later - earlier) <= span;
}

function publisherOf({ packument }: Release, version: string): Publisher | null {
  return packument.versions.get(version)?.publisher ?? null;
}

function isBy(publisher: Publisher | null, other: Publisher | null): boolean {
  return publisher !== null && publisher.name === other?.name && publisher.trustedPublisher === other.trustedPublisher;
}

/**
 * The account that published all these versions, where the latest adds no dependency and no install script to any: a
 * maintainer who publishes by hand now and then looks like this, and so does whoever holds that account's token. Null
 * for anything else; what is not known counts as changed.
 */
function samePublisher(release: Release, before: readonly string[]): string | null {
  const by = release.manifest?.publisher ?? null;
  if (by === null) return null;
  const isSame = (version: string): boolean => {
    const was = release.packument.versions.get(version);
    return isBy(by, was?.publisher ?? null) && addsNothing(release, was);
  };
  return before.every(isSame) ? by.name : null;
}

function addsNothing({ manifest }: Release, was: Manifest | undefined): boolean {
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
function isByHand(release: Release, channel: readonly EarlierVersion[]): boolean {
  const { published, earlier, packument, manifest } = release;
  const last = channel.at(-1);
  const adds = last !== undefined && !addsNothing(release, packument.versions.get(last.version));
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
function isBackport({ earlier }: Release, { version, published }: EarlierVersion): boolean {
  const line = releaseLine(version);
  return earlier.some(
    (one) =>
      isStable(one.version) &&
      releaseLine(one.version) !== line &&
      compare(one.version, version) > 0 &&
      (one.published ?? Infinity) < (published ?? 0),
  );
}

/**
 * Did the project go on with provenance for more than a month and leave this in place, published by an account that it
 * knew? Then it was a release by hand. A registry takes a bad one away, or its maintainers deprecate it.
 */
function wasLeftInPlace(release: Release): boolean {
  const { packument, manifest, published } = release;
  if (manifest === null || manifest.deprecated || published === null || !isKnownAccount(release)) return false;
  return [...packument.withProvenance].some((version) => {
    const at = packument.time.get(version);
    return at !== undefined && at - published > STOOD && packument.versions.get(version)?.deprecated === false;
  });
}

/** Whether the account had published the package before, and not only just before. */
function isKnownAccount(release: Release): boolean {
  const name = release.manifest?.publisher?.name;
  const isApart = (at: Instant | null): boolean => !isWithin(APART, at, release.published);
  return release.earlier.some(
    ({ version, published }) => isApart(published) && publisherOf(release, version)?.name === name,
  );
}

/** The releases with provenance that were published before it, the newest first. */
function withProvenance({ earlier }: Release): readonly EarlierVersion[] {
  return earlier
    .filter(({ provenance }) => provenance)
    .toSorted((a, b) => (b.published ?? 0) - (a.published ?? 0) || compare(b.version, a.version));
}

/**
 * The release of another channel for whose provenance this one should have some, too: the newest stable one, else the
 * newest of any channel, within months. Null where a known account adds nothing and this is how it releases, where only
 * a bot's token or prereleases of another line had provenance, or where that was long ago; and where the registry names
 * nobody at all. An account that the package does not know, and what is newly installed or run, are expected nowhere.
 */
function expectedElsewhere(release: Release, channel: readonly EarlierVersion[]): EarlierVersion | null {
  const by = release.manifest?.publisher ?? null;
  const { packument, version, earlier, published } = release;
  const proven = withProvenance(release);
  const recent = proven.filter((one) => isWithin(MONTHS, one.published, published));
  const last = recent.find((one) => isStable(one.version)) ?? recent[0] ?? null;
  if (by === null) return earlier.some((one) => publisherOf(release, one.version) !== null) ? last : null;
  if (wasLeftInPlace(release)) return null;
  const before = packument.versions.get(versionBefore(packument, version)?.version ?? '');
  const isPlain = isKnownAccount(release) && addsNothing(release, before);
  if (last === null) return isPlain ? null : (proven[0] ?? null);
  const isOfOtherLine = !isStable(last.version) && releaseLine(last.version) !== releaseLine(version);
  if (isOfOtherLine) return isPlain ? null : last;
  // With a pipeline that needs no token, a release by a token is usual only where there never was another.
  if (isByPipeline(publisherOf(release, last.version))) return isCustom(release) ? null : last;
  const had = proven.some((one) => publisherOf(release, one.version)?.name === by.name);
  if (!had) return isPlain ? null : last;
  return isByHand(release, isStable(version) ? channel : earlier) ? null : last;
}

/**
 * Does this account publish the channel by hand, and nobody with provenance? So it did time after time, each release
 * left in place for a month, one of them since others of the package had provenance, however long ago: an old line gets
 * few. This one adds nothing to the newest of these, as what came after shows nothing yet. Of a prerelease, channels of
 * that name in other lines are the same.
 */
function isCustom(release: Release): boolean {
  const { packument, version, manifest, published, earlier } = release;
  if (published === null) return false;
  const name = channelName(version);
  const channel = earlier.filter((one) =>
    isStable(version) ? sameChannel(one.version, version) : channelName(one.version) === name,
  );
  if (channel.some(({ provenance }) => provenance)) return false;
  const stood = channel.filter(
    (one) =>
      one.published !== null &&
      published - one.published >= STOOD &&
      isBy(manifest?.publisher ?? null, publisherOf(release, one.version)) &&
      packument.versions.get(one.version)?.deprecated === false,
  );
  const newest = stood.toSorted((a, b) => (b.published ?? 0) - (a.published ?? 0))[0];
  if (newest === undefined || stood.length < SEVERAL) return false;
  const begun = provenanceSince(packument)?.published ?? Infinity;
  return (newest.published ?? 0) > begun && addsNothing(release, packument.versions.get(newest.version));
}

/**
 * The same with what the baseline remembers, which a registry that tells it otherwise does not undo: what it had seen
 * with provenance is compared, too, and stands where the history forgets it or names another publisher. Null where
 * there is neither history nor memory.
 */
export function checkLossAgainst(
  known: BaselinePackage | null,
  packument: Packument | null,
  version: string,
): Finding | null {
  const remembered = checkBaselineLoss(known, version, packument?.time.get(version) ?? null);
  if (packument === null) return remembered;
  if (remembered === null) return checkLoss(packument, version);
  const seen = versionIn(remembered);
  const told = checkLoss(packument, version, remembered.code === 'provenance-lost' ? [seen] : []);
  if (told.code === 'provenance-lost') return told;
  const publisher = known?.versions.get(seen)?.publisher ?? null;
  const isKnown = publisher === null || publisher === packument.versions.get(seen)?.publisher?.name;
  return packument.withProvenance.has(seen) && isKnown ? told : remembered;
}

function versionIn(loss: Finding): string {
  if (loss.code === 'provenance-lost') return loss.args.predecessor;
  return loss.code === 'provenance-lost-elsewhere' ? loss.args.version : '';
}
