import { canBeAccepted } from '../../model/baseline.ts';
import type { Report } from '../../model/report.ts';
import type { AcceptedState } from '../../model/review.ts';
import { formatInstant } from '../../model/time.ts';
import { escapeText, quoteText } from '../words/escape.ts';
import {
  blocks,
  count,
  listed,
  padToWidth,
  paint,
  shown,
  usableColumns,
  wrap,
  type RenderOptions,
  type Tone,
} from '../words/layout.ts';
import { plainSpec, subjectText } from '../words/messages.ts';
import { queueGroups, type QueueGroup, type QueueItem, type ReviewList } from '../parts/queue.ts';
import type { Statement } from '../parts/statements.ts';
import { dueText, firstSeenText, ownerText, SHALLOW } from '../words/review-words.ts';

/** Decisions shown in full. */
const MOST = 50;
/** Versions named of those that a decision is about. */
const MOST_NAMES = 20;
const LABEL = 12;

/** The queue for people: every decision that waits, what is due first on top, and what was decided before. */
export function renderReview(list: ReviewList, options: RenderOptions): string {
  const fitted = { ...options, columns: usableColumns(options.columns) };
  const groups = queueGroups(list.items);
  return blocks([
    head(list, fitted),
    ...groups.slice(0, MOST).map((group) => groupLines(group, list, fitted)),
    rest(groups, fitted),
    acceptedLines(list.accepted, fitted),
    foot(list, fitted),
  ]);
}

function head({ report, items }: ReviewList, options: RenderOptions): string[] {
  const files = listed(report.lockfiles, 3, ({ file }) => escapeText(file, 120));
  const hours = report.review?.deadlineHours ?? 0;
  const first = `review of ${files}: due ${count(hours, 'hour')} after a version was first seen, phase ${report.enforce}`;
  return [
    ...wrap(shown(first, options), options.columns, 0, 2).map((line) => paint('bold', line, options)),
    ...wrap(queueText(items), options.columns, 2, 4),
    ...(report.review?.shallow === true ? wrap(SHALLOW, options.columns, 2, 4) : []),
  ];
}

/** "3 findings to decide, 1 overdue". */
export function queueText(items: readonly QueueItem[]): string {
  const findings = items.flatMap((item) => item.findings);
  if (findings.length === 0) return 'nothing to decide';
  const overdue = findings.filter(({ review }) => review.overdue).length;
  return `${count(findings.length, 'finding')} to decide, ${overdue === 0 ? 'none' : overdue} overdue`;
}

function groupLines(group: QueueGroup, { now }: ReviewList, options: RenderOptions): string[] {
  const { first, items, statement } = group;
  const { review, findings } = first;
  const field = (label: string, text: string, tone?: Tone): string[] =>
    wrap(shown(padToWidth(label, LABEL) + text, options), options.columns, 2, 2 + LABEL).map((line, i) =>
      i === 0 && tone !== undefined ? `  ${paint(tone, label, options)}${line.slice(2 + label.length)}` : line,
    );
  const isOne = items.length === 1;
  const each = isOne ? '' : 'each ';
  const [command = '', ...others] = groupCommands(group);
  return [
    ...wrap(shown(isOne ? subjectLine(first) : `${items.length} versions`, options), options.columns, 0, 2).map(
      (line) => paint('bold', line, options),
    ),
    ...field(review.overdue ? 'overdue' : 'due', dueText(review, now), review.overdue ? 'red' : 'cyan'),
    ...field('owner', ownerText(review.owner)),
    ...field('first seen', firstSeenText(review.firstSeen)),
    ...statement.clauses.flatMap((clause, i) =>
      field('finding', `${(findings[i] ?? findings[0]).code}: ${each}${clause}`),
    ),
    ...(isOne ? [] : field('versions', namesText(items))),
    ...field('next', command),
    ...others.flatMap((other) => wrap(shown(other, options), options.columns, 2 + LABEL)),
  ];
}

function subjectLine({ dependency }: QueueItem): string {
  const [place] = dependency.places;
  const where = place === undefined ? '' : `  ${escapeText(place.file, 120)}:${place.line}`;
  return `${subjectText(dependency)}${where}${dependency.direct ? ', direct' : ''}`;
}

function namesText(items: readonly QueueItem[]): string {
  const names = listed(items, MOST_NAMES, ({ dependency }) => subjectText(dependency));
  return items.length > MOST_NAMES ? `${names} (--json lists all)` : names;
}

/** Whether there is one thing to do that leaves nothing to decide about each version. */
export function mendsAll({ items, help, helpForEach }: Statement): boolean {
  return items.length > 1 && !helpForEach && !help.startsWith('assay ');
}

/** What to do about all versions of a group: once what mends all of them, else what each of them needs. */
function groupCommands({ first, items, statement }: QueueGroup): string[] {
  const commands = nextCommands(first);
  if (mendsAll(statement)) return [statement.help];
  if (items.length === 1) return commands;
  return commands.map((text) => (text.startsWith('assay ') ? `for each: ${text}` : text));
}

/** What decides: look at it, then replace it or live with it. Names that mean something to a shell are not repeated. */
export function nextCommands({ dependency, bytes, findings }: Omit<QueueItem, 'review'>): string[] {
  const spec = plainSpec(dependency);
  if (spec === null || dependency.artifacts[0].source.kind !== 'registry') {
    return [`assay explain ${findings[0].code}`, LEVEL];
  }
  const acceptable = findings.every(({ code }) => canBeAccepted(code, bytes));
  return [`assay check ${spec}`, acceptable ? `assay accept ${spec} --reason "..."` : LEVEL];
}

const LEVEL = 'replace it, or give the finding a level for this package in assay.yml (findings)';

function rest(groups: readonly QueueGroup[], options: RenderOptions): string[] {
  const more = groups.slice(MOST).reduce((sum, { items }) => sum + items.length, 0);
  return more > 0 ? wrap(`and ${count(more, 'more version')} (--json lists all)`, options.columns) : [];
}

function acceptedLines(accepted: readonly AcceptedState[], options: RenderOptions): string[] {
  if (accepted.length === 0) return [];
  return [
    ...wrap(`accepted in assay.lock (${accepted.length})`, options.columns).map((line) => paint('bold', line, options)),
    ...accepted.flatMap(({ accepted: one, state }) => [
      ...wrap(shown(`${subjectText(one)}  ${one.code}`, options), options.columns, 2, 4),
      ...wrap(
        shown(
          `${STATES[state](formatInstant(one.until))}; ${quoteText(one.by, 60)} because ${quoteText(one.why)}`,
          options,
        ),
        options.columns,
        4,
      ),
    ]),
  ];
}

const STATES: Readonly<Record<AcceptedState['state'], (until: string) => string>> = {
  active: (until) => `until ${until}`,
  expired: (until) => `expired ${until}`,
  'too-long': (until) => `until ${until}, longer than any can be, so that it does not apply`,
  'other-bytes': () => 'for other bytes than are locked, so that it does not apply',
  'not-locked': () => 'no longer locked; assay update removes it',
};

function foot({ report, items }: ReviewList, options: RenderOptions): string[] {
  const updated = 'assay update takes in what passes, and records when everything else was first seen';
  const audit = {
    pass: 'the audit holds. Exit status 0.',
    warn: 'the audit holds, with warnings. Exit status 0.',
    fail: `the audit fails${failureText(report)} (assay audit says why). Exit status 1.`,
    unverified: 'the audit makes no statement, as evidence could not be obtained. Exit status 3.',
  }[report.verdict];
  return [...(items.length > 0 ? wrap(updated, options.columns) : []), ...wrap(audit, options.columns)];
}

/** For which findings, and whether for being overdue: an audit can fail although no decision is. */
function failureText({ lockfiles, dependencies, enforce }: Report): string {
  const ofLockfiles = lockfiles.flatMap(({ findings }) => findings.map(({ finding }) => finding));
  const failing = [...ofLockfiles, ...dependencies.flatMap(({ findings }) => findings)].filter(
    ({ level, kind }) => level === 'error' && kind !== 'unavailable',
  );
  const codes = [...new Set(failing.map(({ code }) => code))].sort();
  if (codes.length === 0) return '';
  const isOverdue = failing.every(({ review }) => review?.overdue === true);
  return `${isOverdue ? ', as a decision is overdue' : ` in phase ${enforce}, whatever is due`}: ${listed(codes, 5, (code) => code)}`;
}
