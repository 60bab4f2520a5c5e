import { escapeText } from '../words/escape.ts';

/** Markup whose text is escaped. */
export interface Html {
  readonly html: string;
}

/** What may stand in markup: text, which is escaped; numbers; markup; null for nothing. */
type Value = string | number | Html | readonly Html[] | null;

/** Markup from a template. Text in it becomes text of the page; in attributes, `attribute` is for that. */
export function html(strings: TemplateStringsArray, ...values: readonly Value[]): Html {
  const around = compact(strings);
  let text = around[0] ?? '';
  for (const [i, value] of values.entries()) text += markupOf(value) + (around[i + 1] ?? '');
  return { html: text };
}

const COMPACT = new WeakMap<TemplateStringsArray, readonly string[]>();

/** The template without the indentation of its source, which would be a third of the page. */
function compact(strings: TemplateStringsArray): readonly string[] {
  const known = COMPACT.get(strings);
  if (known !== undefined) return known;
  const lines = strings.map((text) => text.replace(/\n\s*/g, '\n'));
  COMPACT.set(strings, lines);
  return lines;
}

/** An element with unescaped text: a style or a script. */
export function raw(element: 'style' | 'script', text: string): Html {
  return { html: `<${element}>${text}</${element}>` };
}

/** Text from outside: what is invisible is shown as in a terminal, and no more than `max` columns. */
export function hostile(text: string, max = 300): Html {
  return { html: markupOf(escapeText(text, max)) };
}

/** Text as the value of an attribute, in double quotes. */
export function attribute(text: string): Html {
  return { html: escapeMarkup(escapeText(text)) };
}

/** An address: a link where it is one of the web that says who is asked, else text. What is shown is where it leads. */
export function link(address: string): Html {
  if (!isWebAddress(address)) return hostile(address);
  return html`<a href="${attribute(address)}" rel="noreferrer noopener">${address}</a>`;
}

/** ASCII only, without credentials, short enough to be shown whole, and the same text once it is escaped. */
function isWebAddress(address: string): boolean {
  return /^https:\/\/[A-Za-z0-9.-]+(?::\d+)?(?:[/?#][!-~]*)?$/.test(address) && escapeText(address) === address;
}

/** JSON as data of the page. No text in it can end the element, nor start a comment. */
export function dataScript(id: string, value: unknown): Html {
  const json = JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, (found) => {
    return `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
  return { html: `<script type="application/json" id="${id}">${json}</script>` };
}

/** Pieces with text between them. */
export function joined(pieces: readonly Html[], between: string): Html {
  return { html: pieces.map((piece) => piece.html).join(escapeMarkup(between)) };
}

function markupOf(value: Value): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  if (typeof value === 'string') return isolate(escapeMarkup(value));
  if ('html' in value) return value.html;
  return value.map((each) => each.html).join('');
}

const SPECIAL: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escapeMarkup(text: string): string {
  return /[&<>"']/.test(text) ? text.replace(/[&<>"']/g, (found) => SPECIAL[found] ?? '') : text;
}

/**
 * Isolates words with letters beyond ASCII, which may be written from right to left and would reorder their neighbours.
 */
function isolate(escaped: string): string {
  // eslint-disable-next-line no-control-regex -- the range is ASCII itself
  return /[^\x00-\x7f]/.test(escaped) ? escaped.replace(/[^ \n]*[^\x00-\x7f][^ \n]*/g, '<bdi>$&</bdi>') : escaped;
}
