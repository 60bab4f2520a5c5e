/** The stable versions of every release line. No prerelease channel has this name, which has a capital letter. */
export const STABLE = 'Stable';

const VERSION = /^\d+\.\d+\.\d+(?:-([0-9A-Za-z-]+)(?:\.[0-9A-Za-z.-]+)?)?(?:\+[0-9A-Za-z.-]+)?$/;

/**
 * The name of the channel a version is released on: stable, or the first prerelease identifier without what counts
 * (`rc` of `rc.1`, `rc1` and `rc-2`, `canary`, `next`). What has no name (`4.0.0-0`, a commit) is of the channel
 * `prerelease`. Null for what is no version.
 */
export function channelName(version: string): string | null {
  const parsed = VERSION.exec(version);
  if (parsed === null) return null;
  const first = parsed[1]?.toLowerCase();
  if (first === undefined) return STABLE;
  const isCommit = /^(?=.*\d)[0-9a-f]{7,40}$/.test(first);
  const [word] = isCommit ? [] : (/^[a-z]+/.exec(first) ?? []);
  return word ?? 'prerelease';
}
