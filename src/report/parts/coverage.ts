import type { LockfileUsed, Report, SinceUsed, UnreadLockfile } from '../../model/report.ts';
import { escapeText } from '../words/escape.ts';
import { count, listed } from '../words/layout.ts';

/** Lockfiles that are named one by one. */
const MAX_NAMED = 5;

/** "package-lock.json (package-lock v3)". */
export function lockfileText({ file, format }: LockfileUsed): string {
  return `${escapeText(file, 120)} (${escapeText(format, 40)})`;
}

/** Where there are several lockfiles: what became of each, and which could not be audited and why. */
export function lockfileRows({ lockfiles, unread }: Report): string[] {
  const rows =
    lockfiles.length > 1 ? lockfiles.map((lockfile) => `${lockfileText(lockfile)}: ${accountOf(lockfile)}`) : [];
  const failed = unread.map((one) => `not audited: ${problemText(one)}`);
  return [
    ...firstOf(rows, 'lockfile'),
    ...firstOf(failed, 'lockfile that could not be audited', 'lockfiles that could not be audited'),
  ];
}

function accountOf({ entries, named, skipped, omitted, unchanged, since }: LockfileUsed): string {
  const reasons = Object.entries(skipped).map(([reason, number]) => `${number} ${reason}`);
  return [
    count(entries, 'entry', 'entries'),
    count(named, 'dependency', 'dependencies'),
    ...(reasons.length > 0 ? [`skipped ${reasons.sort().join(', ')}`] : []),
    ...(omitted > 0 ? [`${omitted} left out`] : []),
    ...(since === null ? [] : [`${unchanged} not looked at`]),
  ].join(', ');
}

function firstOf(rows: readonly string[], one: string, many?: string): string[] {
  const rest = rows.length - MAX_NAMED;
  if (rest <= 0) return [...rows];
  return [
    ...rows.slice(0, MAX_NAMED),
    `and ${count(rest, `more ${one}`, `more ${many ?? `${one}s`}`)} (--json lists all)`,
  ];
}

/** The problem names the file, as a rule. */
function problemText({ file, problem }: UnreadLockfile): string {
  const text = problem.includes(file) ? problem : `${file}: ${problem}`;
  return escapeText(text, 160);
}

/** "could not audit yarn.lock". */
export function unreadText(unread: readonly UnreadLockfile[]): string {
  return `could not audit ${listed(unread, 3, ({ file }) => escapeText(file, 120))}`;
}

/** What the lockfiles gained, where that is all that is looked at. */
export function sinceRows({ lockfiles, counts }: Report): string[] {
  const compared = lockfiles.flatMap(({ file, since }) => (since === null ? [] : [{ file, since }]));
  const [first] = compared;
  if (first === undefined) return [];
  const ref = refText(first.since);
  const files = (some: typeof compared): string => listed(some, 3, ({ file }) => escapeText(file, 120));
  const removed = compared.flatMap(({ since }) => since.removed);
  const absent = compared.filter(({ since }) => !since.found);
  const broken = compared.filter(({ since }) => since.problem !== null);
  const gone = removed.length === 0 ? '' : `; gone: ${listed(removed, 3, (spec) => escapeText(spec, 100))}`;
  return [
    `since ${ref}: ${counts.dependencies} to look at, ${counts.unchanged} unchanged and not looked at${gone}`,
    ...(absent.length > 0 ? [`not there then, so that all of it is new: ${files(absent)}`] : []),
    ...firstOf(broken.map(brokenText), 'lockfile'),
  ];
}

function brokenText({ file, since }: { readonly file: string; readonly since: SinceUsed }): string {
  const why = escapeText(since.problem ?? '', 160);
  return `all of ${escapeText(file, 120)} is looked at, as it cannot be compared with what it was (${why})`;
}

function refText({ ref, commit }: SinceUsed): string {
  return `${escapeText(ref, 120)} (${commit.slice(0, 12)})`;
}

/** What holds of a change in which nothing needs attention. */
export function newText({ lockfiles, counts, enforce }: Report): string {
  const [since] = lockfiles.flatMap((lockfile) => lockfile.since ?? []);
  const rest = `${counts.unchanged} unchanged and not looked at`;
  if (counts.dependencies > 0) {
    return `${count(counts.dependencies, 'new dependency meets', 'new dependencies meet')} phase ${enforce}; ${rest}`;
  }
  return `nothing new since ${since === undefined ? 'then' : refText(since)}; ${rest}`;
}
