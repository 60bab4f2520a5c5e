import compare from 'semver/functions/compare.js';
import parse from 'semver/functions/parse.js';
import type { Packument } from '../model/evidence.ts';
import { earlierVersions, releaseLine, type EarlierVersion } from './history.ts';

/** The stable versions of every release line. No prerelease channel has this name, which has a capital letter. */
export const STABLE = 'Stable';

/**
 * The name of the channel a version is released on: stable, or the first prerelease identifier without what counts (`rc`
 * of `rc.1`, `rc1` and `rc-2`, `canary`, `next`). What has no name (`4.0.0-0`, a commit) is of the channel `prerelease`.
 * Null for what is not semver.
 */
export function channelName(version: string): string | null {
  const parsed = parse(version);
  if (parsed === null) return null;
  if (parsed.prerelease.length === 0) return STABLE;
  const first = String(parsed.prerelease[0]).toLowerCase();
  const isCommit = /^(?=.*\d)[0-9a-f]{7,40}$/.test(first);
  const [word] = isCommit ? [] : (/^[a-z]+/.exec(first) ?? []);
  return word ?? 'prerelease';
}

export function isStable(version: string): boolean {
  return channelName(version) === STABLE;
}

/** Whether two versions are of one channel: of the same release line, and of the same name. */
export function sameChannel(a: string, b: string): boolean {
  const line = releaseLine(a);
  return line !== null && line === releaseLine(b) && channelName(a) === channelName(b);
}

/**
 * The lower releases of its channel that were published earlier, lowest first: what a release is held to first. A stable
 * version that is the first of its line follows the line below it; a prerelease that is the first of its channel follows
 * the channel of that name before it, and stable versions of its line.
 */
export function channelBefore(packument: Packument, version: string): readonly EarlierVersion[] {
  const lower = earlierVersions(packument, version).filter((one) => compare(one.version, version) < 0);
  const own = lower.filter((one) => sameChannel(one.version, version));
  if (own.length > 0) return own;
  const name = channelName(version);
  const last = lower.findLast((one) => channelName(one.version) === name);
  return last === undefined ? [] : lower.filter((one) => sameChannel(one.version, last.version));
}
