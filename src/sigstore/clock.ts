import { formatInstant, type Instant } from '../model/time.ts';
import type { VerifiedTime } from '../model/proof.ts';
import { refuse } from './refusal.ts';

/**
 * How far this machine's clock may be behind those of logs and timestamp authorities. Without this, what was signed a
 * minute ago looks like something from the future on a machine whose clock is not exact.
 */
const TOLERANCE_MS = 10 * 60_000;

const WHOSE = { log: 'a transparency log', timestamp: 'a timestamp authority' } as const;

/**
 * Refuses where this machine's clock has not reached a time that the trusted root vouches for. Of the two the clock is
 * wrong: that says nothing about what was signed, so it is judged last, when nothing else is left to refuse.
 */
export function demandPast(times: readonly VerifiedTime[], now: Instant): void {
  for (const { source, time } of times) {
    if (time <= now + TOLERANCE_MS) continue;
    const clock = `this machine's clock says ${formatInstant(now)}`;
    refuse('clock', `${WHOSE[source]} had it at ${formatInstant(time)}, and ${clock}`);
  }
}
