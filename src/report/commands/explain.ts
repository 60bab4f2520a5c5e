import type { FindingCode, FindingKind } from '../../model/finding.ts';
import { escapeHidden } from '../words/escape.ts';
import { padToWidth, paint, usableColumns, wrap } from '../words/layout.ts';

interface PageOptions {
  readonly color: boolean;
  readonly columns: number;
}

/** Longer lines are hard to read, however wide the terminal. */
const TEXT_COLUMNS = 100;

/**
 * Shows a page of the documentation in a terminal: headings, paragraphs, lists, code blocks, code and links of
 * Markdown. Anything else is shown as it is written, code blocks with their lines unbroken so that they can be copied.
 * Ends with a newline.
 */
export function renderPage(markdown: string, options: PageOptions): string {
  const columns = Math.min(TEXT_COLUMNS, usableColumns(options.columns));
  const blocks = blocksOf(markdown).map((block) => renderBlock(block, columns, options).join('\n'));
  return `${blocks.join('\n\n')}\n`;
}

/** The list of all codes, with kind and title. Ends with a newline. */
export function renderCodeList(
  codes: readonly { readonly code: FindingCode; readonly kind: FindingKind; readonly title: string }[],
  options: PageOptions = { color: false, columns: TEXT_COLUMNS },
): string {
  const columns = usableColumns(options.columns);
  const codeWidth = Math.max(0, ...codes.map(({ code }) => code.length));
  const kindWidth = Math.max(0, ...codes.map(({ kind }) => kind.length));
  const lines = codes.flatMap(({ code, kind, title }) => {
    const start = `${padToWidth(code, codeWidth)}  ${padToWidth(kind, kindWidth)}  `;
    const text = words(title);
    // Two columns of text need room; on narrow terminals the title goes below.
    const below = columns - start.length < 30;
    const rows = below
      ? [`${code} (${kind})`, ...wrap(text, columns, 4)]
      : wrap(start + text, columns, 0, start.length);
    return rows.map((line, i) =>
      i === 0 ? paint('bold', line.slice(0, code.length), options) + line.slice(code.length) : line,
    );
  });
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}

type Block =
  | { readonly kind: 'heading'; readonly text: string }
  | { readonly kind: 'paragraph'; readonly text: string }
  | { readonly kind: 'list'; readonly items: readonly { readonly marker: string; readonly text: string }[] }
  | { readonly kind: 'code'; readonly lines: readonly string[] };

/** Splits a page at blank lines, headings and code fences. */
function blocksOf(markdown: string): Block[] {
  const blocks: Block[] = [];
  const lines = markdown.split(/\r?\n/);
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i] ?? '';
    if (line.trim() === '') continue;
    if (line.startsWith('```')) {
      const end = lines.indexOf('```', i + 1);
      const last = end === -1 ? lines.length : end;
      blocks.push({ kind: 'code', lines: lines.slice(i + 1, last) });
      i = last;
      continue;
    }
    const heading = /^#{1,6} +(.*)$/.exec(line);
    if (heading !== null) {
      blocks.push({ kind: 'heading', text: heading[1] ?? '' });
      continue;
    }
    const start = i;
    while (i + 1 < lines.length && !/^(?:\s*$|#{1,6} |```)/.test(lines[i + 1] ?? '')) i++;
    blocks.push(textBlock(lines.slice(start, i + 1)));
  }
  return blocks;
}

const ITEM = /^(?:[-*]|(\d{1,3})\.) +(.*)$/;

function textBlock(lines: readonly string[]): Block {
  const items: { marker: string; text: string }[] = [];
  for (const line of lines) {
    const item = ITEM.exec(line);
    const last = items.at(-1);
    if (item !== null) items.push({ marker: item[1] === undefined ? '-' : `${item[1]}.`, text: item[2] ?? '' });
    else if (last !== undefined) last.text += ` ${line.trim()}`;
    else return { kind: 'paragraph', text: lines.map((each) => each.trim()).join(' ') };
  }
  return { kind: 'list', items };
}

function renderBlock(block: Block, columns: number, options: PageOptions): string[] {
  switch (block.kind) {
    case 'heading':
      return wrap(words(block.text), columns).map((line) => paint('bold', line, options));
    case 'paragraph':
      return wrap(words(block.text), columns);
    case 'list':
      return block.items.flatMap(({ marker, text }) => {
        const indent = marker.length + 1;
        const [first = '', ...others] = wrap(words(text), columns, indent);
        return [marker + first.slice(marker.length), ...others];
      });
    case 'code':
      return block.lines.map((line) => `    ${paint('cyan', escapeHidden(line), options)}`.trimEnd());
  }
}

/** The words of one paragraph: links to other pages keep only their words; code keeps its backticks. */
function words(text: string): string {
  const parts = text.split(/(`[^`]+`)/).map((part, i) => (i % 2 === 1 ? part : withoutMarks(part)));
  return escapeHidden(parts.join(''));
}

function withoutMarks(text: string): string {
  return text
    .replace(/\[([^\]]*)\]\(([^)\s]*)\)/g, (_, label: string, target: string) =>
      /^https?:/.test(target) && target !== label ? `${label} (${target})` : label,
    )
    .replace(/\*\*([^*]+)\*\*/g, '$1');
}
