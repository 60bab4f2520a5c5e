import { displayWidth, toAscii } from './escape.ts';
import { DAY, HOUR } from '../../model/time.ts';

/** What a terminal can show. */
export interface RenderOptions {
  readonly color: boolean;
  /** Width in columns. */
  readonly columns: number;
  /** False where only ASCII is shown correctly. */
  readonly unicode: boolean;
}

export type Tone = 'bold' | 'dim' | 'red' | 'yellow' | 'green' | 'cyan';

/** SGR parameters (ECMA-48 8.3.117) that start a tone. */
const SGR: Readonly<Record<Tone, string>> = { bold: '1', dim: '2', red: '31', green: '32', yellow: '33', cyan: '36' };

/** The text in a tone where colour is wanted. */
export function paint(tone: Tone, text: string, options: Pick<RenderOptions, 'color'>): string {
  return options.color && text !== '' ? `\u001b[${SGR[tone]}m${text}\u001b[0m` : text;
}

/** The usable width: at least 20 columns, 80 where the number makes no sense. */
export function usableColumns(columns: number): number {
  return Number.isFinite(columns) ? Math.max(20, Math.floor(columns)) : 80;
}

/** Escaped text as the terminal can show it. */
export function shown(text: string, options: Pick<RenderOptions, 'unicode'>): string {
  return options.unicode ? text : toAscii(text);
}

/**
 * Breaks one paragraph into lines of at most `columns` columns, at spaces, and inside words longer than a line. The
 * first line is indented by `indent`, the others by `hanging`.
 */
export function wrap(text: string, columns: number, indent = 0, hanging = indent): string[] {
  const lines: string[] = [];
  let line = '';
  const room = (): number => Math.max(8, columns - (lines.length === 0 ? indent : hanging));
  const flush = (): void => {
    lines.push((' '.repeat(lines.length === 0 ? indent : hanging) + line).trimEnd());
    line = '';
  };
  for (const word of text.split(' ')) {
    if (line !== '' && displayWidth(line) + 1 + displayWidth(word) > room()) flush();
    let rest = line === '' ? word : `${line} ${word}`;
    while (displayWidth(rest) > room()) {
      line = startOf(rest, room());
      rest = rest.slice(line.length);
      flush();
    }
    line = rest;
  }
  flush();
  return lines;
}

/** The text in one line: its end is replaced by "..." where it is longer than `columns`. */
export function cutToWidth(text: string, columns: number): string {
  return displayWidth(text) <= columns ? text : `${startOf(text, columns - 3)}...`;
}

/**
 * A command of several words in lines that a shell reads as one: broken between words, after a backslash. Null where a
 * word is longer than a line.
 */
export function wrapCommand(words: readonly string[], columns: number, indent: number): string[] | null {
  const lines: string[] = [];
  const room = (isLast: boolean): number => columns - indent - (lines.length === 0 ? 0 : 2) - (isLast ? 0 : 2);
  let line = '';
  for (const [i, word] of words.entries()) {
    const isLast = i === words.length - 1;
    const longer = line === '' ? word : `${line} ${word}`;
    if (displayWidth(longer) <= room(isLast)) {
      line = longer;
      continue;
    }
    if (line !== '') lines.push(`${line} \\`);
    line = word;
    if (displayWidth(line) > room(isLast)) return null;
  }
  return [...lines, line].map((text, i) => ' '.repeat(i === 0 ? indent : indent + 2) + text);
}

/** "30 minutes", "4 days": in the largest unit of which there are two, rounded down. */
export function durationText(ms: number): string {
  const UNITS = [
    ['day', DAY],
    ['hour', HOUR],
    ['minute', 60_000],
  ] as const;
  const [unit, size] = UNITS.find(([, length]) => ms >= 2 * length) ?? ['minute', 60_000];
  return count(Math.floor(ms / size), unit);
}

/** A line of a table: what it is about, and what is to be known. */
export type Row = readonly [label: string, value: string];

/** Rows with aligned values, indented; escaped already. */
export function table(rows: readonly Row[], options: RenderOptions): string[] {
  const width = Math.max(...rows.map(([label]) => label.length));
  return rows.flatMap(([label, value]) =>
    wrap(shown(`${label.padEnd(width)}  ${value}`, options), options.columns, 2, options.columns < 60 ? 6 : width + 4),
  );
}

/** Spaces up to `columns`; a longer text stays as it is. */
export function padToWidth(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - displayWidth(text)));
}

/** "1 dependency", "2 dependencies". */
export function count(number: number, one: string, many = `${one}s`): string {
  return `${String(number)} ${number === 1 ? one : many}`;
}

/** The first `limit` of `items` in one text, with how many are left out. */
export function listed<T>(items: readonly T[], limit: number, show: (item: T) => string): string {
  const rest = items.length - limit;
  const first = items.slice(0, limit).map(show).join(', ');
  return rest > 0 ? `${first} and ${String(rest)} more` : first;
}

/** The longest start of `text` that fits; at least one character, so that wrapping always moves on. */
function startOf(text: string, columns: number): string {
  let start = '';
  let width = 0;
  for (const character of text) {
    width += displayWidth(character);
    if (width > columns && start !== '') break;
    start += character;
  }
  return start;
}

/**
 * Blocks of lines with an empty line between them, and a line end after the last; blocks without lines are left out.
 */
export function blocks(parts: readonly (readonly string[])[]): string {
  const texts = parts.filter((lines) => lines.length > 0).map((lines) => lines.join('\n'));
  return `${texts.join('\n\n')}\n`;
}
