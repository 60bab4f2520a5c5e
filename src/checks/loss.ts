import compare from 'semver/functions/compare.js';
import type { BaselinePackage } from '../model/baseline.ts';
import type { Manifest, Packument, Publisher } from '../model/evidence.ts';
import { finding, type Finding } from '../model/finding.ts';
import { DAY, type Instant } from '../model/time.ts';
import { checkBaselineLoss, firstAfter } from './baseline.ts';
import { channelBefore, isStable } from './channels.ts';
import {
  countEarlier,
  earlierVersions,
  lastWithProvenance,
  provenanceSince,
  releaseLine,
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
/** Whoever holds a stolen token could publish as many with provenance of their own before one without it. */
const COMPARED = 5;

/**
 * Was anything lost? For a version whose manifest claims no provenance. Lost: releases of its channel had it, and it was
 * published by somebody else, adds what is installed or run, or they had it within months. So was it where another line had
 * it within months and whoever published this could have had it, or never published before. Lost elsewhere: where
 * releases by hand are how this line is maintained, where the project went on and left it in place, or where provenance was
 * elsewhere or long ago. None ever had it: a historical gap. `seen` is what the baseline remembers of the channel.
 */
export function checkLoss(packument: Packument, version: string, seen: readonly string[] = []): Finding {
  const never = (): Finding => {
    const at = packument.time.get(version) ?? null;
    return finding('provenance-missing', {
      earlier: countEarlier(packument, version),
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
    const isExpected = proven.some((one) => isWithin(MONTHS, one.published, release.published));
    const isLost = publisher === null || (isExpected && !isMaintainedByHand(release, channel));
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
  const expected = isStable(version) ? expectedElsewhere(release, channel) : null;
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
 * maintainer who publishes by hand now and then looks like this, and so does whoever holds that account's token. Null for
 * anything else; what is not known counts as changed.
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
 * Did the same account release some of these by hand before, within months, and was that left in place? For a month, or a
 * week while releases with provenance went on. What a stolen token published just before shows nothing, and neither does
 * what was published before anything had provenance, where the channel has it.
 */
function isMaintainedByHand(release: Release, channel: readonly EarlierVersion[]): boolean {
  const by = release.manifest?.publisher ?? null;
  const { published, earlier } = release;
  if (by === null || published === null) return false;
  const last = channel.at(-1);
  if (last !== undefined && !addsNothing(release, release.packument.versions.get(last.version))) return false;
  const withProvenance = (releases: readonly EarlierVersion[]): readonly Instant[] =>
    releases.flatMap(({ provenance, published: at }) => (provenance && at !== null ? [at] : []));
  const begun = channel.some(({ provenance }) => provenance) ? Math.min(...withProvenance(earlier)) : -Infinity;
  const newest = Math.max(...withProvenance(earlier));
  return channel.some((one) => {
    if (one.provenance || one.published === null || !isBy(by, publisherOf(release, one.version))) return false;
    const ago = published - one.published;
    const stood = ago >= STOOD || (ago >= APART && newest > one.published);
    return one.published > begun && ago <= MONTHS && stood;
  });
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

/**
 * The release of another line for whose provenance this one should have some, too: within months, where an account
 * published this that had published with provenance before, or none that the project knew. Null where it was maintained by
 * hand anyway, and where the registry names nobody.
 */
function expectedElsewhere(release: Release, channel: readonly EarlierVersion[]): EarlierVersion | null {
  const by = release.manifest?.publisher ?? null;
  const { earlier, published } = release;
  const [last] = earlier
    .filter(({ version, provenance }) => provenance && isStable(version))
    .toSorted((a, b) => (b.published ?? 0) - (a.published ?? 0) || compare(b.version, a.version));
  if (by === null || last === undefined || !isWithin(MONTHS, last.published, published)) return null;
  const had = earlier.some(({ version, provenance }) => provenance && publisherOf(release, version)?.name === by.name);
  if (!had && isKnownAccount(release)) return null;
  // An account that no pipeline publishes with any more has no releases by hand that are usual.
  const isUsual = isBy(by, publisherOf(release, last.version)) && isMaintainedByHand(release, channel);
  return isUsual || wasLeftInPlace(release) ? null : last;
}

/**
 * The same with what the baseline remembers, which a registry that tells it otherwise does not undo: what it had seen with
 * provenance is compared, too, and stands where the history forgets it or names another publisher. Null where there is
 * neither history nor memory.
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
