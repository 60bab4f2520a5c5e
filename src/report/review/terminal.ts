import { canBeAccepted } from '../../model/baseline.ts';
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
import { findingClause, plainSpec, subjectText } from '../words/messages.ts';
import type { QueueItem, ReviewList } from '../parts/queue.ts';
import { dueText, firstSeenText, ownerText, SHALLOW } from '../words/review-words.ts';

/** Decisions shown in full. */
const MOST = 50;
const LABEL = 12;

/** The queue for people: every decision that waits, what is due first on top, and what was decided before. */
export function renderReview(list: ReviewList, options: RenderOptions): string {
  const fitted = { ...options, columns: usableColumns(options.columns) };
  return blocks([
    head(list, fitted),
    ...list.items.slice(0, MOST).map((item) => itemLines(item, list, fitted)),
    rest(list, fitted),
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

function itemLines(item: QueueItem, { now }: ReviewList, options: RenderOptions): string[] {
  const { dependency, review, findings } = item;
  const [place] = dependency.places;
  const where = place === undefined ? '' : `  ${escapeText(place.file, 120)}:${place.line}`;
  const direct = dependency.direct ? ', direct' : '';
  const field = (label: string, text: string, tone?: Tone): string[] =>
    wrap(shown(padToWidth(label, LABEL) + text, options), options.columns, 2, 2 + LABEL).map((line, i) =>
      i === 0 && tone !== undefined ? `  ${paint(tone, label, options)}${line.slice(2 + label.length)}` : line,
    );
  const [command = '', ...others] = nextCommands(item);
  return [
    ...wrap(shown(`${subjectText(dependency)}${where}${direct}`, options), options.columns, 0, 2).map((line) =>
      paint('bold', line, options),
    ),
    ...field(review.overdue ? 'overdue' : 'due', dueText(review, now), review.overdue ? 'red' : 'cyan'),
    ...field('owner', ownerText(review.owner)),
    ...field('first seen', firstSeenText(review.firstSeen)),
    ...findings.flatMap((finding) => field('finding', `${finding.code}: ${findingClause(finding)}`)),
    ...field('next', command),
    ...others.flatMap((other) => wrap(shown(other, options), options.columns, 2 + LABEL)),
  ];
}

/** What decides: look at it, then replace it or live with it. Names that mean something to a shell are not repeated. */
export function nextCommands({ dependency, bytes, findings }: Omit<QueueItem, 'review'>): string[] {
  const spec = plainSpec(dependency);
  const [first] = findings;
  if (spec === null || dependency.artifacts[0].source.kind !== 'registry') {
    return [`assay explain ${first?.code ?? ''}`, LEVEL];
  }
  const acceptable = findings.every(({ code }) => canBeAccepted(code, bytes));
  return [`assay check ${spec}`, acceptable ? `assay accept ${spec} --reason "..."` : LEVEL];
}

const LEVEL = 'replace it, or give the finding a level for this package in assay.yml (findings)';

function rest({ items }: ReviewList, options: RenderOptions): string[] {
  const more = items.length - MOST;
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
    fail: 'the audit fails (assay audit says why). Exit status 1.',
    unverified: 'the audit makes no statement, as evidence could not be obtained. Exit status 3.',
  }[report.verdict];
  return [...(items.length > 0 ? wrap(updated, options.columns) : []), ...wrap(audit, options.columns)];
}
