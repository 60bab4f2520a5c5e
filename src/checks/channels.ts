import { channelName, STABLE } from '../model/channel.ts';
import type { Packument } from '../model/evidence.ts';
import { lowerVersions, releaseLine, type EarlierVersion } from './history.ts';

/** A package with fewer releases is still becoming what it is to be. */
const SETTLED = 5;

export function isStable(version: string): boolean {
  return channelName(version) === STABLE;
}

/** Whether two versions are of one channel: of the same release line, and of the same name. */
export function sameChannel(a: string, b: string): boolean {
  const line = releaseLine(a);
  return line !== null && line === releaseLine(b) && channelName(a) === channelName(b);
}

/**
 * The lower releases of its channel that were published earlier, lowest first: what a release is held to first. A
 * stable version that is the first of its line follows the line below it; a prerelease that is the first of its channel
 * follows the channel of that name before it, and stable versions of its line.
 */
export function channelBefore(packument: Packument, version: string): readonly EarlierVersion[] {
  const lower = lowerVersions(packument, version);
  const own = lower.filter((one) => sameChannel(one.version, version));
  if (own.length > 0) return own;
  const name = channelName(version);
  const last = lower.findLast((one) => channelName(one.version) === name);
  return last === undefined ? [] : lower.filter((one) => sameChannel(one.version, last.version));
}

/**
 * The nearest lower release that was published at least `apart` before: of its line, for a stable version a stable one
 * where there is one; for a stable version of a line that is younger than that, the nearest stable one of a lower line,
 * unless the package was only about to settle. Null where there is none, or no time says so.
 */
export function releaseApart(packument: Packument, version: string, apart: number): EarlierVersion | null {
  const at = packument.time.get(version) ?? null;
  if (at === null) return null;
  const line = releaseLine(version);
  const old = lowerVersions(packument, version).filter((one) => one.published !== null && at - one.published >= apart);
  const newest = (releases: readonly EarlierVersion[]): EarlierVersion | null =>
    releases.reduce<EarlierVersion | null>((a, b) => ((a?.published ?? -1) > (b.published ?? 0) ? a : b), null);
  const own = old.filter((one) => releaseLine(one.version) === line);
  const stable = isStable(version) ? newest(own.filter((one) => isStable(one.version))) : null;
  const ofLine = stable ?? newest(own);
  if (ofLine !== null || !isStable(version) || old.length < SETTLED) return ofLine;
  return newest(old.filter((one) => isStable(one.version)));
}
