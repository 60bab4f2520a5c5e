import type { AcceptedFinding } from '../../model/baseline.ts';
import { formatInstant } from '../../model/time.ts';
import { escapeText, quoteText } from '../words/escape.ts';
import { count, listed, paint, shown, usableColumns, wrap, type RenderOptions } from '../words/layout.ts';
import { subjectText } from '../words/messages.ts';
import { migrationText } from './update.ts';

/** What `assay accept` wrote, for people: what, by whom, until when, and what to do next. */
export function renderAcceptance(
  file: string,
  {
    accepted,
    replaced,
    isTakenIn,
    format,
    begun,
  }: {
    readonly accepted: readonly AcceptedFinding[];
    readonly replaced: readonly AcceptedFinding[];
    /** Whether something of it is proven, which `assay update` records. */
    readonly isTakenIn: boolean;
    /** The version of the format that the file was in, where that is an older one. */
    readonly format: number | undefined;
    /**
     * Where the file is new: whether more waits for a decision, and the command that takes in what is proven. Null
     * where there was a file.
     */
    readonly begun: { readonly isWaiting: boolean; readonly next: string } | null;
  },
  options: RenderOptions,
): string {
  const columns = usableColumns(options.columns);
  const [first] = accepted;
  if (first === undefined) return '';
  const where = escapeText(file, 120);
  const versions = new Set(accepted.map((one) => subjectText(one)));
  const head = `${where}: ${count(accepted.length, 'finding')} of ${listed([...versions], 10, String)} accepted until ${formatInstant(first.until)}`;
  const rows = [
    ['what', listed(accepted, 20, (one) => `${one.code} of ${subjectText(one)}`)],
    ['by', quoteText(first.by, 120)],
    ['why', quoteText(first.why, 400)],
    ...replaced.map((one) => [
      'was',
      `${subjectText(one)} ${one.code} until ${formatInstant(one.until)} by ${quoteText(one.by, 120)}; replaced`,
    ]),
    ['next', `${isTakenIn ? 'assay update takes it in; ' : ''}commit ${where} with the lockfile`],
    ...(format === undefined ? [] : [['note', migrationText(format)]]),
    ...(begun === null ? [] : [['note', begunText(where, begun)]]),
    ...(isTakenIn ? [] : [['note', 'nothing of it is proven that could be held, so every audit looks at it again']]),
  ] as const;
  const lines = [
    ...wrap(shown(head, options), columns, 0, 2).map((line) => paint('bold', line, options)),
    ...rows.flatMap(([label = '', text = '']) => wrap(shown(`${label.padEnd(4)}  ${text}`, options), columns, 2, 8)),
  ];
  return `${lines.join('\n')}\n`;
}

function begunText(where: string, { isWaiting, next }: { readonly isWaiting: boolean; readonly next: string }): string {
  const waits = isWaiting ? '; the deadline of whatever else waits for a decision runs from now on (assay review)' : '';
  return `${where} is new and has this decision alone: ${next} takes in what is proven${waits}`;
}
