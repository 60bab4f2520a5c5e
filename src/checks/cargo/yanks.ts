import { finding, type Finding } from '../../model/finding.ts';
import type { History, Release } from '../../model/history.ts';
import { DAY, type Instant } from '../../model/time.ts';
import { earlierVersions } from '../history.ts';

/** With fewer earlier versions, all of them say little. */
const MIN_EARLIER = 3;
/** A release that has been there for longer is what the owners want to be used. */
const RECENT = 30 * DAY;

/**
 * Is it new, and was every version before it yanked? So an update has no other version to go to: what whoever steals an
 * account does to have a release taken, and now and then what owners do who mend a flaw.
 */
export function checkMassYank(
  history: History,
  { version, deprecated: isYanked }: Release,
  now: Instant,
): Finding | null {
  const published = history.time.get(version);
  if (isYanked || published === undefined || now - published > RECENT) return null;
  const earlier = earlierVersions(history, version);
  const isAll = earlier.every((one) => history.versions.get(one.version)?.deprecated === true);
  return isAll && earlier.length >= MIN_EARLIER ? finding('history-mass-yank', { versions: earlier.length }) : null;
}
