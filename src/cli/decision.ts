import { isAcceptable, MAX_ACCEPTED_DAYS } from '../model/baseline.ts';
import { FINDING_CODES, FINDING_KINDS, type FindingCode } from '../model/finding.ts';
import { nearest } from '../model/nearest.ts';
import { DAY, formatInstant, parseInstant, type Instant } from '../model/time.ts';
import { UsageError } from './exit.ts';

const DEFAULT_DAYS = 90;
/** Each with room for its escapes in one line of assay.lock. */
const MAX_REASON = 400;
const MAX_WHO = 120;

/** The reason in one line; `what` needs it. Throws UsageError. */
export function reasonOf(text: string | undefined, what = 'accept'): string {
  const reason = oneLine(text ?? '');
  if (reason === '')
    throw new UsageError(`${what} needs --reason TEXT: why it is accepted, for those who read it later`);
  if (reason.length > MAX_REASON) throw new UsageError(`--reason is longer than ${MAX_REASON} characters`);
  return reason;
}

/** Who decides, in one line. Throws UsageError. */
export function whoOf(text: string | null): string {
  const who = oneLine(text ?? '');
  if (who === '') throw new UsageError('who accepts it? git has no user.name and user.email here; say --by WHO');
  if (who.length > MAX_WHO) throw new UsageError(`who accepts it is longer than ${MAX_WHO} characters; say --by WHO`);
  return who;
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

/**
 * When an acceptance ends: after so many days ("30d"), at the end of a day ("2026-12-31", UTC) or at a time (RFC 3339).
 * Throws UsageError.
 */
export function untilOf(text: string | undefined, now: Instant): Instant {
  const [, days] = /^(\d{1,4})d$/.exec(text ?? `${DEFAULT_DAYS}d`) ?? [];
  const end = days === undefined ? timeOf(text ?? '') : now + Number(days) * DAY;
  const until = Math.floor(end / 1000) * 1000;
  if (until <= now) throw new UsageError(`--until ${text ?? ''} is over already`);
  if (until - now > MAX_ACCEPTED_DAYS * DAY) {
    throw new UsageError(
      `--until ${text ?? ''} is more than ${MAX_ACCEPTED_DAYS} days away, the longest a finding may be accepted`,
    );
  }
  return until;
}

function timeOf(text: string): Instant {
  const isDay = /^\d{4}-\d{2}-\d{2}$/.test(text);
  const time = parseInstant(isDay ? `${text}T23:59:59Z` : text);
  // JavaScript takes the 31st of a shorter month for a day of the next.
  if (time !== null && !(isDay && !formatInstant(time).startsWith(text))) return time;
  throw new UsageError(`--until takes a day such as 2026-12-31 or a number of days such as 30d, not ${text}`);
}

/** The codes of --code. Throws UsageError for one that is none, or that nothing can accept. */
export function codesOf(texts: readonly string[]): readonly FindingCode[] {
  return texts.map((text) => {
    const code = FINDING_CODES.find((known) => known === text);
    if (code === undefined) {
      const near = nearest(text, FINDING_CODES);
      throw new UsageError(
        `no finding ${text}${near === null ? '' : `; did you mean ${near}?`} (assay explain lists all)`,
      );
    }
    if (isAcceptable(code)) return code;
    const why = FINDING_KINDS[code] === 'contradiction' ? 'it is a contradiction' : 'no answer is nothing to accept';
    throw new UsageError(`${code} cannot be accepted: ${why}`);
  });
}
