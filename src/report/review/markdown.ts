import { specOf } from '../../model/package.ts';
import type { AcceptedState } from '../../model/review.ts';
import { count, listed } from '../words/layout.ts';
import { codeSpan, plainText, table } from '../words/markdown.ts';
import { findingTitle, plainSpec } from '../words/messages.ts';
import { queueGroups, type QueueGroup, type QueueItem, type ReviewList } from '../parts/queue.ts';
import { mendsAll, nextCommands, queueText } from './terminal.ts';
import { dayText } from '../words/review-words.ts';

/** The queue as Markdown, for a message: a table of what waits, one of what was accepted, and the commands. */
export function renderReviewMarkdown({ report, items, accepted }: ReviewList): string {
  const groups = queueGroups(items);
  const files = report.lockfiles.map(({ file }) => codeSpan(file)).join(', ');
  const parts = [
    `**Dependency review** of ${files}: ${queueText(items)}`,
    ...(report.review?.shallow === true
      ? ['This clone lacks part of its history: versions may have been there for longer.']
      : []),
    ...(groups.length > 0 ? [queueTable(groups), ...remedies(groups), commandsOf(groups)] : []),
    ...(accepted.length > 0 ? [acceptedTable(accepted)] : []),
  ];
  return `${parts.join('\n\n')}\n`;
}

/** Versions named in one row. */
const MOST_NAMES = 20;

function queueTable(groups: readonly QueueGroup[]): string {
  const rows = groups.flatMap(({ first: { review, findings }, items }) =>
    findings.map(({ code }) => {
      const due = review.overdue ? `**overdue since ${dayText(review.due)}**` : dayText(review.due);
      const owner = review.owner === null ? '*nobody*' : plainText(review.owner);
      const versions = listed(items, MOST_NAMES, ({ dependency }) => codeSpan(specOf(dependency)));
      return [due, owner, versions, `${codeSpan(code)} ${findingTitle(code)}`, firstSeen(review.firstSeen)];
    }),
  );
  return table(['Due', 'Owner', 'Version', 'Finding', 'First seen'], rows);
}

/** What mends all versions of a row at once. */
function remedies(groups: readonly QueueGroup[]): string[] {
  return groups.flatMap(({ first, items, statement }) =>
    mendsAll(statement)
      ? [`${codeSpan(first.findings[0].code)}, ${items.length} versions: ${plainText(statement.help, 1000)}`]
      : [],
  );
}

function firstSeen({ time, source, commit, orEarlier }: QueueItem['review']['firstSeen']): string {
  const day = `${dayText(time)}${orEarlier ? ' or earlier' : ''}`;
  return source === 'commit' ? `${day}, commit ${codeSpan((commit ?? '').slice(0, 7))}` : day;
}

/** The commands that decide; of versions about which the same is said, those for the first. */
function commandsOf(groups: readonly QueueGroup[]): string {
  const commands = groups.flatMap(({ first, items, statement }) => {
    const spec = plainSpec(first.dependency);
    if (spec === null || mendsAll(statement)) return [];
    const own = nextCommands(first).filter((command) => command.startsWith('assay '));
    return items.length === 1 ? own : [...own, `# like ${spec}: ${count(items.length - 1, 'more version')}`];
  });
  return ['```sh', ...new Set([...commands, 'assay update']), '```'].join('\n');
}

function acceptedTable(accepted: readonly AcceptedState[]): string {
  const rows = accepted.map(({ accepted: one, state }) => [
    codeSpan(specOf(one)),
    codeSpan(one.code),
    {
      active: 'active',
      expired: '**expired**',
      'too-long': '**too long**',
      'other-bytes': 'for other bytes',
      'not-locked': 'no longer locked',
    }[state],
    dayText(one.until),
    codeSpan(one.by),
    codeSpan(one.why, 200),
  ]);
  return `Accepted:\n\n${table(['Version', 'Finding', 'State', 'Until', 'By', 'Why'], rows)}`;
}
