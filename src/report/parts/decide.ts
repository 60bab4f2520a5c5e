import type { Comparison } from '../../model/comparison.ts';
import { formatInstant } from '../../model/time.ts';
import { decisionsOf, diffOf, type Decision } from '../words/decisions.ts';
import { escapeText } from '../words/escape.ts';
import { paint, shown, wrap, wrapCommand, type RenderOptions } from '../words/layout.ts';

const LABEL = 'update'.length;
const INDENT = 2 + LABEL + 2;

/** Where to look, and what to decide with which command: lines for a terminal, none where nothing is to be decided. */
export function decideLines(comparison: Comparison, options: RenderOptions): string[] {
  const diff = diffOf(comparison);
  return [
    ...(diff.command === null ? [] : entry('diff', [diff.command], options)),
    ...(diff.url === null ? [] : wrap(diff.url, options.columns, INDENT)),
    ...laterLines(comparison, options),
    ...decisionsOf(comparison).flatMap((decision) => decisionLines(decision, options)),
  ];
}

/** The decisions that have commands, alone: where there is no room for more. */
export function commandLines(comparison: Comparison, options: RenderOptions): string[] {
  return decisionsOf(comparison)
    .filter(({ commands }) => commands.length > 0)
    .flatMap((decision) => decisionLines(decision, options));
}

function decisionLines({ decision, edit, commands, policy, url, note }: Decision, options: RenderOptions): string[] {
  if (policy.length > 0) return [...labelled(decision, `${note ?? ''}:`, options), ...fileLines(policy, options)];
  return [
    ...(edit === null ? [] : [...labelled(decision, `in ${edit.file}:`, options), ...fileLines(edit.lines, options)]),
    ...(commands.length > 0 ? entry(edit === null ? decision : '', commands, options) : []),
    ...(url === null ? [] : labelled(decision, url, options)),
    ...(note === null ? [] : wrap(`(${note})`, options.columns, INDENT)),
  ];
}

function laterLines({ later, current }: Comparison, options: RenderOptions): string[] {
  switch (later?.state) {
    case undefined:
      return [];
    case 'proven':
    case 'refused': {
      const when = later.published === null ? '' : ` (${formatInstant(later.published)})`;
      const says = later.state === 'proven' ? 'has provenance again' : 'announces provenance that does not hold';
      return labelled('later', `${escapeText(later.version, 60)}${when} ${says}`, options);
    }
    case 'none':
      return labelled('later', `no version after ${escapeText(current.version ?? '', 60)} has provenance`, options);
    case 'unknown':
      return labelled('later', 'unknown whether a later version has provenance', options);
  }
}

function labelled(label: string, text: string, options: RenderOptions): string[] {
  return wrap(shown(`${label.padEnd(LABEL)}  ${text}`, options), options.columns, 2, INDENT).map((line, i) =>
    i === 0 ? `  ${paint('bold', label, options)}${line.slice(2 + label.length)}` : line,
  );
}

/** Commands are copied: what does not fit is pointed to instead of being cut. */
function entry(label: string, commands: readonly (readonly string[])[], options: RenderOptions): string[] {
  const lines = commands.flatMap((words) => wrapCommand(words, options.columns, INDENT) ?? elsewhere(options));
  return lines.map((line, i) =>
    i === 0 ? `  ${paint('bold', label, options)}${' '.repeat(INDENT - 2 - label.length)}${line.slice(INDENT)}` : line,
  );
}

function fileLines(content: readonly string[], options: RenderOptions): string[] {
  // Four columns of indentation are enough to see that it belongs here, and leave room for addresses.
  const lines = content.flatMap((line) => wrapPolicyLine(line, options.columns - 4));
  return lines.some((line) => line.length > options.columns - 4)
    ? elsewhere(options)
    : lines.map((line) => `    ${line}`);
}

/** A value that does not fit beside its key stands below it. */
function wrapPolicyLine(line: string, columns: number): string[] {
  const [, start = '', key = '', text = ''] = /^( *)([a-z]+:) (.+)$/.exec(line) ?? [];
  return line.length <= columns || key === '' ? [line] : [start + key, `${start}  ${text}`];
}

function elsewhere(options: RenderOptions): string[] {
  return wrap('(too long for this terminal; --json has it)', options.columns, INDENT);
}
