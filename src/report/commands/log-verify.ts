import type { LogWord } from '../../model/log.ts';
import type { JsonObject } from '../json/stringify.ts';
import { escapeText } from '../words/escape.ts';
import { table, type RenderOptions, type Row } from '../words/layout.ts';
import { witnessRows, WORD_TEXTS, wordLine } from './log.ts';

/** One entry of a bundle, held to what its log says today. */
export interface VerifiedEntry {
  readonly bundle: string;
  readonly log: string;
  readonly word: LogWord;
  readonly reason: string;
  readonly index: string;
  readonly leaf: string;
  readonly origin: string | null;
  /** Sizes of trees, decimal. */
  readonly size: string | null;
  /** Null where nothing was kept; `otherTrees` are those of this log of which something was. */
  readonly kept: string | null;
  readonly otherTrees: readonly string[];
  readonly frozen: string | null;
  readonly cosigned: readonly string[];
  readonly witnesses: number;
  /** The file that shows a fork. */
  readonly evidence: string | null;
}

export function renderVerified(entries: readonly VerifiedEntry[], options: RenderOptions): string {
  const parts = entries.map((entry) => {
    const { word, reason, log, bundle } = entry;
    const tone = word === 'held' ? 'green' : 'red';
    const detail = reason === '' ? '' : ` (${escapeText(reason, 600)})`;
    const line = `${WORD_TEXTS[word]}: ${escapeText(log, 200)}${detail}`;
    return [...wordLine(word, tone, line, options), ...table(rows(entry, bundle), options)];
  });
  return `${parts.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

function rows(entry: VerifiedEntry, bundle: string): Row[] {
  const { size, kept, otherTrees, origin, frozen, evidence } = entry;
  const others = otherTrees.length === 0 ? '' : `; another shard was: ${escapeText(otherTrees.join(', '), 300)}`;
  return [
    ['of', escapeText(bundle, 300)],
    ['entry', `${escapeText(entry.index, 40)}, leaf ${entry.leaf}`],
    ...(origin === null || size === null
      ? []
      : ([
          [
            'today',
            `${escapeText(origin, 200)}, ${size} entries${frozen === null ? '' : `, ${escapeText(frozen, 100)}`}`,
          ],
          ['seen before', kept === null ? `nothing was kept of this tree${others}` : `${kept} entries`],
        ] as const)),
    ...witnessRows(entry),
    ...(evidence === null ? [] : [['evidence', `assay log verify --fork ${escapeText(evidence, 1000)}`] as const]),
  ];
}

export function verifiedJson(entries: readonly VerifiedEntry[], problems: readonly string[]): JsonObject {
  return {
    schema: 'assay.log/1',
    action: 'verify',
    problems: [...problems],
    entries: entries.map(({ otherTrees, cosigned, ...rest }) => ({
      ...rest,
      otherTrees: [...otherTrees],
      cosigned: [...cosigned],
    })),
  };
}

/** What a file with two notes comes to. */
export interface ForkOutcome {
  readonly word: LogWord | 'joined' | 'parted';
  readonly reason: string;
}

const FORK_TEXTS: Partial<Readonly<Record<ForkOutcome['word'], string>>> = {
  joined: 'no fork: the later tree begins with the earlier one',
  parted: 'a fork: the log signed two histories',
  unproven: 'both notes are of the log, and what is in the file does not join them',
};

export function renderFork(file: string, { word, reason }: ForkOutcome, options: RenderOptions): string {
  const text = FORK_TEXTS[word] ?? `not two notes of a log of the trusted root: ${escapeText(reason, 600)}`;
  const lines = wordLine(word, word === 'joined' ? 'green' : 'red', `${text} (${escapeText(file, 300)})`, options);
  return `${lines.join('\n')}\n`;
}

export function forkJson(file: string, { word, reason }: ForkOutcome): JsonObject {
  return { schema: 'assay.log/1', action: 'fork', file, word, reason };
}
