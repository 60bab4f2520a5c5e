/**
 * A point in time: milliseconds since 1970-01-01T00:00:00Z. Every time in the model is one of these, so that times
 * compare as numbers; "now" is always an argument.
 */
export type Instant = number;

/** Milliseconds. */
export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;
export const WEEK = 7 * DAY;

const ISO = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2})$/;

/** Reads an RFC 3339 date-time. Returns null for anything else; never guesses a time zone. */
export function parseInstant(text: unknown): Instant | null {
  if (typeof text !== 'string' || !ISO.test(text)) return null;
  const ms = Date.parse(text);
  return Number.isFinite(ms) ? ms : null;
}

/** Writes an instant as RFC 3339 in UTC, to the second. Out-of-range values give "invalid time". */
export function formatInstant(instant: Instant): string {
  if (!Number.isFinite(instant) || Math.abs(instant) > 8.64e15) return 'invalid time';
  return `${new Date(instant).toISOString().slice(0, -'.000Z'.length)}Z`;
}
