import { isDeepStrictEqual } from 'node:util';
import { conventionsOf } from '../ecosystems/conventions/index.ts';
import type { Baseline, BaselinePackage, BaselineVersion } from '../model/baseline.ts';
import type { AddedVersion, BuilderChange, OtherChanges, PackageChange } from '../model/baseline-change.ts';
import { packageId, packageRef, type PackageId } from '../model/package.ts';
import { compareText } from '../model/value.ts';
import { channelIdentity, sameIdentity } from './text.ts';

/** What differs between two baselines, package by package, in the order of the file. */
export function changesBetween(before: Baseline | null, after: Baseline): readonly PackageChange[] {
  const ids = new Set([...(before?.packages.keys() ?? []), ...after.packages.keys()]);
  return [...ids].sort(compareText).flatMap((id): PackageChange[] => {
    const [was, is] = [before?.packages.get(id), after.packages.get(id)];
    return isDeepStrictEqual(was, is) ? [] : [changeOf(id, was ?? null, is ?? null, after)];
  });
}

/** What differs beside them. */
export function otherChanges(before: Baseline | null, after: Baseline): OtherChanges {
  const without = <T>(some: readonly T[], others: readonly T[]): T[] =>
    some.filter((one) => !others.some((other) => isDeepStrictEqual(one, other)));
  return {
    seen: without(after.seen, before?.seen ?? []),
    unseen: without(before?.seen ?? [], after.seen),
    unaccepted: without(before?.accepted ?? [], after.accepted),
  };
}

function changeOf(
  id: PackageId,
  was: BaselinePackage | null,
  is: BaselinePackage | null,
  after: Baseline,
): PackageChange {
  const ref = packageRef(id);
  const { compare } = conventionsOf(ref.ecosystem).versions;
  const [old, now] = [was?.versions ?? new Map<string, BaselineVersion>(), is?.versions ?? new Map()];
  const inOrder = (versions: Iterable<string>): string[] =>
    [...versions].sort((a, b) => compare(a, b) || compareText(a, b));
  const added = is === null ? [] : inOrder(now.keys()).flatMap((version) => addedOf(version, was, is));
  const addedVersions = new Set(added.map(({ version }) => version));
  return {
    ...ref,
    isNew: was === null,
    added,
    removed: inOrder(old.keys()).filter((version) => !now.has(version)),
    builders: was === null || is === null ? [] : buildersOf(was, is),
    since: is === null || isDeepStrictEqual(was?.since, is.since) ? null : (was?.since ?? null),
    accepted: after.accepted.filter((one) => packageId(one) === id && addedVersions.has(one.version)),
    refreshed: inOrder(old.keys()).filter(
      (version) => now.has(version) && !isDeepStrictEqual(old.get(version), now.get(version)),
    ),
  };
}

function addedOf(version: string, was: BaselinePackage | null, is: BaselinePackage): AddedVersion[] {
  const entry = is.versions.get(version);
  if (entry === undefined || was?.versions.has(version) === true) return [];
  const { identity } = entry.provenance;
  const isOther = identity !== null && !sameIdentity(identity, channelIdentity(version, is));
  const measure = was === null ? null : measureOf(version, was);
  const before = measure?.entry.capabilities ?? null;
  const reaches = before === null ? [] : (entry.capabilities ?? []).filter((one) => !before.includes(one));
  return [{ version, entry, builder: isOther ? identity : null, measure, reaches }];
}

function measureOf(version: string, { ecosystem, versions }: BaselinePackage): AddedVersion['measure'] {
  const { compare } = conventionsOf(ecosystem).versions;
  const lowestFirst = [...versions].sort(([a], [b]) => compare(a, b) || compareText(a, b));
  const [nearest] = lowestFirst.filter(([one]) => compare(one, version) < 0).slice(-1);
  const [found] = [...(nearest === undefined ? [] : [nearest]), ...lowestFirst];
  return found === undefined ? null : { version: found[0], entry: found[1] };
}

function buildersOf(was: BaselinePackage, is: BaselinePackage): readonly BuilderChange[] {
  const channels = [...new Set([...was.channels.keys(), ...is.channels.keys()])].sort(compareText);
  return [
    { channel: null, from: was.identity, to: is.identity },
    ...channels.map((channel) => ({
      channel,
      from: was.channels.get(channel) ?? null,
      to: is.channels.get(channel) ?? null,
    })),
  ].filter(({ from, to }) => !isDeepStrictEqual(from, to));
}
