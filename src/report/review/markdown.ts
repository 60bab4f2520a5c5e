import { specOf } from '../../model/package.ts';
import type { AcceptedState } from '../../model/review.ts';
import { codeSpan, plainText, table } from '../words/markdown.ts';
import { findingTitle, plainSpec } from '../words/messages.ts';
import type { QueueItem, ReviewList } from '../parts/queue.ts';
import { nextCommands, queueText } from './terminal.ts';
import { dayText } from '../words/review-words.ts';

/** The queue as Markdown, for a message: a table of what waits, one of what was accepted, and the commands. */
export function renderReviewMarkdown({ report, items, accepted }: ReviewList): string {
  const files = report.lockfiles.map(({ file }) => codeSpan(file)).join(', ');
  const parts = [
    `**Dependency review** of ${files}: ${queueText(items)}`,
    ...(report.review?.shallow === true
      ? ['This clone lacks part of its history: versions may have been there for longer.']
      : []),
    ...(items.length > 0 ? [queueTable(items), commandsOf(items)] : []),
    ...(accepted.length > 0 ? [acceptedTable(accepted)] : []),
  ];
  return `${parts.join('\n\n')}\n`;
}

function queueTable(items: readonly QueueItem[]): string {
  const rows = items.flatMap(({ dependency, review, findings }) =>
    findings.map(({ code }) => {
      const due = review.overdue ? `**overdue since ${dayText(review.due)}**` : dayText(review.due);
      const owner = review.owner === null ? '*nobody*' : plainText(review.owner);
      const version = codeSpan(specOf(dependency));
      return [due, owner, version, `${codeSpan(code)} ${findingTitle(code)}`, firstSeen(review.firstSeen)];
    }),
  );
  return table(['Due', 'Owner', 'Version', 'Finding', 'First seen'], rows);
}

function firstSeen({ time, source, commit, orEarlier }: QueueItem['review']['firstSeen']): string {
  const day = `${dayText(time)}${orEarlier ? ' or earlier' : ''}`;
  return source === 'commit' ? `${day}, commit ${codeSpan((commit ?? '').slice(0, 7))}` : day;
}

function commandsOf(items: readonly QueueItem[]): string {
  const commands = items.filter(({ dependency }) => plainSpec(dependency) !== null).flatMap(nextCommands);
  const lines = [...new Set([...commands.filter((command) => command.startsWith('assay ')), 'assay update'])];
  return ['```sh', ...lines, '```'].join('\n');
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
