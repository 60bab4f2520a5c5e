import type { Version } from '../ecosystems/conventions/conventions.ts';
import type { History } from '../model/history.ts';
import { isStable, lowerVersions, versionIn, type EarlierVersion } from './history.ts';

/** A package with fewer releases is still becoming what it is to be. */
const SETTLED = 5;

/** Whether two versions are of one channel: of the same release line, and of the same name. */
export function sameChannel(a: Version | null, b: Version | null): boolean {
  return a !== null && a.line === b?.line && a.channel === b.channel;
}

/**
 * The lower releases of its channel that were published earlier, lowest first: what a release is held to first. A
 * stable version that is the first of its line follows the line below it; a prerelease that is the first of its channel
 * follows the channel of that name before it, and stable versions of its line.
 */
export function channelBefore(history: History, version: string): readonly EarlierVersion[] {
  const asked = versionIn(history, version);
  const lower = lowerVersions(history, version);
  const own = lower.filter(({ parsed }) => sameChannel(parsed, asked));
  if (own.length > 0) return own;
  const last = lower.findLast(({ parsed }) => parsed.channel === asked?.channel);
  return last === undefined ? [] : lower.filter(({ parsed }) => sameChannel(parsed, last.parsed));
}

/**
 * The nearest lower release that was published at least `apart` before: of its line, for a stable version a stable one
 * where there is one; for a stable version of a line that is younger than that, the nearest stable one of a lower line,
 * unless the package was only about to settle. Null where there is none, or no time says so.
 */
export function releaseApart(history: History, version: string, apart: number): EarlierVersion | null {
  const at = history.time.get(version) ?? null;
  if (at === null) return null;
  const asked = versionIn(history, version);
  const old = lowerVersions(history, version).filter((one) => one.published !== null && at - one.published >= apart);
  const newest = (releases: readonly EarlierVersion[]): EarlierVersion | null =>
    releases.reduce<EarlierVersion | null>((a, b) => ((a?.published ?? -1) > (b.published ?? 0) ? a : b), null);
  const own = old.filter(({ parsed }) => parsed.line === asked?.line);
  const stable = isStable(asked) ? newest(own.filter(({ parsed }) => isStable(parsed))) : null;
  const ofLine = stable ?? newest(own);
  if (ofLine !== null || !isStable(asked) || old.length < SETTLED) return ofLine;
  return newest(old.filter(({ parsed }) => isStable(parsed)));
}
