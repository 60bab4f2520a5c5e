import type { Report } from '../../model/report.ts';
import type { Appearance, Review } from '../../model/review.ts';
import { formatInstant, type Instant } from '../../model/time.ts';
import { escapeText } from './escape.ts';
import { count, listed } from './layout.ts';

/** The queue in the summary of a report: how much waits, and who owes what since when. */
export function reviewRows({ review, dependencies }: Report): string[] {
  if (review === null || review.pending === 0) return [];
  const late = dependencies
    .flatMap(({ findings }) => findings.flatMap((finding) => finding.review ?? []))
    .filter(({ overdue }) => overdue)
    .sort((a, b) => a.due - b.due);
  // Of each owner the one that has been due for longest.
  const owners = new Map(late.toReversed().map((each) => [each.owner, each]));
  const since = [...owners.values()].sort((a, b) => a.due - b.due);
  const owed = listed(since, 3, ({ owner, due }) => `${ownerText(owner)} since ${dayText(due)}`);
  const overdue = late.length === 0 ? '' : `, ${late.length} overdue: ${owed}`;
  return [`review: ${count(review.pending, 'finding')} to decide${overdue}`, ...(review.shallow ? [SHALLOW] : [])];
}

/** What a reader of a shallow or partial clone has to know. */
export const SHALLOW =
  'this clone lacks part of its history (shallow or partial), so that versions may have been there for longer: git fetch --unshallow, git fetch --refetch --no-filter (in a pipeline, check out the whole history)';

/** "overdue since 2026-03-30: @ada decides ...", for a finding that is. */
export function overdueText({ owner, due, firstSeen }: Review): string {
  return `overdue since ${dayText(due)}: ${ownerText(owner)} decides (first seen ${firstSeenText(firstSeen)}; assay review)`;
}

export function ownerText(owner: string | null): string {
  return owner === null ? 'nobody (name owners in assay.yml)' : escapeText(owner, 60);
}

/** When a version was first seen, and how that is known. */
export function firstSeenText({ time, source, commit, orEarlier }: Appearance): string {
  const or = orEarlier ? ' or earlier' : '';
  switch (source) {
    case 'commit':
      return `${formatInstant(time)}${or}, commit ${(commit ?? '').slice(0, 7)}`;
    case 'baseline':
      return `${formatInstant(time)}, assay.lock`;
    case 'run':
      return 'in this run, as nothing tells of it before';
  }
}

/** The day of a time, in UTC. */
export function dayText(time: Instant): string {
  return formatInstant(time).slice(0, 10);
}

/** "by 3 days 4 hours, since 2026-03-30T10:00:00Z", "in 20 hours, 2026-03-30T10:00:00Z". */
export function dueText({ due, overdue }: Review, now: Instant): string {
  const distance = durationText(Math.abs(now - due));
  return overdue ? `by ${distance}, since ${formatInstant(due)}` : `in ${distance}, ${formatInstant(due)}`;
}

const MINUTE = 60_000;

/** The two largest units of a time span in milliseconds: "3 days 4 hours", "12 minutes". */
export function durationText(span: number): string {
  const minutes = Math.floor(span / MINUTE);
  const parts = [
    [Math.floor(minutes / 1440), 'day'],
    [Math.floor(minutes / 60) % 24, 'hour'],
    [minutes % 60, 'minute'],
  ] as const;
  const first = parts.findIndex(([number]) => number > 0);
  if (first === -1) return 'less than a minute';
  const texts = parts.slice(first, first + 2).flatMap(([number, unit]) => (number > 0 ? [count(number, unit)] : []));
  return texts.join(' ');
}
