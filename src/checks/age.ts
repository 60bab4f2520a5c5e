import { finding, type Finding } from '../model/finding.ts';
import type { VerifiedTime } from '../model/proof.ts';
import { HOUR, type Instant } from '../model/time.ts';

/**
 * When a version was published: the registry's word, but not before a time that a log or an authority vouches for in
 * its attestations. Null where neither is known.
 */
export function publishTime(claimed: Instant | null, verified: readonly VerifiedTime[]): Instant | null {
  const times = verified.map(({ time }) => time);
  if (claimed !== null) times.push(claimed);
  return times.length === 0 ? null : Math.max(...times);
}

/** Has it been public for as long as the policy asks? */
export function checkAge(published: Instant | null, minimumHours: number | null, now: Instant): Finding | null {
  if (published === null || minimumHours === null || now - published >= minimumHours * HOUR) return null;
  return finding('history-too-new', { published, minimumHours });
}

/** The same of what is not asked about, as a baseline has it: `published` is what that says. */
export function checkHeldAge(
  published: Instant | null,
  minimumHours: number | null,
  registry: string,
  now: Instant,
): Finding | null {
  return published === null && minimumHours !== null ? withoutTime(registry) : checkAge(published, minimumHours, now);
}

/** Without a time of publication there is no statement about its age. */
export function withoutTime(registry: string): Finding {
  const reason = 'it gives no time of publication, which release-age needs';
  return finding('evidence-unavailable', { evidence: 'history', url: registry, reason });
}
