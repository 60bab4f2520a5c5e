/**
 * The channel that the first identifier of a prerelease names, without what counts (`rc` of `rc.1`, `rc1` and `rc-2`,
 * `canary`, `next`). What has no name (`4.0.0-0`, a commit) is of the channel `prerelease`.
 */
export function channelOf(identifier: string): string {
  const first = identifier.toLowerCase();
  const isCommit = /^(?=.*\d)[0-9a-f]{7,40}$/.test(first);
  const [word] = isCommit ? [] : (/^[a-z]+/.exec(first) ?? []);
  return word ?? 'prerelease';
}
