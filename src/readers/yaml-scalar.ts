/** A scalar as it stands in the text, and where the text goes on. */
export interface Quoted {
  readonly value: string;
  /** Index after the closing quote. */
  readonly after: number;
}

/** Characters that begin something else than a plain scalar (YAML 1.2.2, 7.3.3). */
const PLAIN_START = /^(?:[^ \t\-?:,[\]{}#&*!|>'"%@`]|[-?:][^ \t,[\]{}])/;
/** What ends a plain scalar, or makes it something else. */
const NOT_PLAIN = /: |:$| #|\t| $/;

const WORDS: ReadonlyMap<string, boolean | null> = new Map(
  ([true, false, null] as const).flatMap((value) => {
    const word = String(value);
    const spellings = [word, word.toUpperCase(), `${word.charAt(0).toUpperCase()}${word.slice(1)}`];
    return spellings.map((spelling) => [spelling, value] as const);
  }),
).set('~', null);
/** What readers of YAML take for a number, some of 1.1 only. */
const NUMBER = /^[-+]?(?:0[box][\da-f_]+|\.?\d[\d_]*(?:\.[\d_]*)?(?:e[-+]?\d+)?|\.(?:inf|nan))$/i;

/** Whether a text of one line can stand without quotes where it begins a value. */
export function isPlain(text: string): boolean {
  return PLAIN_START.test(text) && !NOT_PLAIN.test(text);
}

/**
 * The value of a plain scalar. A number is one only where it is spelled as numbers are: nothing of the text is lost.
 */
export function resolvePlain(text: string): string | number | boolean | null {
  const word = WORDS.get(text);
  if (word !== undefined) return word;
  return NUMBER.test(text) && String(Number(text)) === text ? Number(text) : text;
}

/**
 * Whether all readers of YAML make this key of a plain scalar: other spellings of numbers and words they write anew.
 */
export function isPlainKey(text: string): boolean {
  return text !== '<<' && String(resolvePlain(text)) === text && !(NUMBER.test(text) && resolvePlain(text) === text);
}

/** The quoted scalar that begins at `at` and ends before `end`; null where it does not. */
export function readQuoted(text: string, at: number, end: number): Quoted | null {
  return text.charCodeAt(at) === 0x27 ? readSingleQuoted(text, at, end) : readDoubleQuoted(text, at, end);
}

function readSingleQuoted(text: string, at: number, end: number): Quoted | null {
  let isEscaped = false;
  for (let close = at + 1; close < end; close += 1) {
    if (text.charCodeAt(close) !== 0x27) continue;
    if (text.charCodeAt(close + 1) === 0x27) {
      isEscaped = true;
      close += 1;
      continue;
    }
    const value = text.slice(at + 1, close);
    return { value: isEscaped ? value.replaceAll("''", "'") : value, after: close + 1 };
  }
  return null;
}

const ESCAPES: Readonly<Record<string, string>> = {
  '0': '\0',
  a: '\x07',
  b: '\b',
  t: '\t',
  n: '\n',
  v: '\v',
  f: '\f',
  r: '\r',
  e: '\x1b',
  ' ': ' ',
  '"': '"',
  '/': '/',
  '\\': '\\',
  N: '\x85',
  _: '\xa0',
  L: '\u2028',
  P: '\u2029',
};

const NUMERIC_ESCAPE = /^(?:x[\dA-Fa-f]{2}|u[\dA-Fa-f]{4}|U[\dA-Fa-f]{8})/;

function readDoubleQuoted(text: string, at: number, end: number): Quoted | null {
  let value = '';
  let start = at + 1;
  for (let close = start; close < end; close += 1) {
    const char = text.charCodeAt(close);
    if (char === 0x22) return { value: value + text.slice(start, close), after: close + 1 };
    if (char !== 0x5c) continue;
    const numeric = NUMERIC_ESCAPE.exec(text.slice(close + 1, close + 10));
    const written = numeric?.[0] ?? text.charAt(close + 1);
    const meant = numeric === null ? ESCAPES[written] : charOf(Number.parseInt(written.slice(1), 16));
    if (meant === undefined) return null;
    value += text.slice(start, close) + meant;
    close += written.length;
    start = close + 1;
  }
  return null;
}

function charOf(code: number): string | undefined {
  return code > 0x10ffff ? undefined : String.fromCodePoint(code);
}

/**
 * The text of a block scalar from its lines without their indentation (YAML 1.2.2, 8.1): `|` keeps line breaks, `>`
 * folds them; `-` drops the last one, `+` keeps all that follow.
 */
export function blockText(style: string, chomping: string, lines: readonly string[]): string {
  let text = '';
  let breaks = 0;
  let hasContent = false;
  let wasIndented = false;
  for (const line of lines) {
    if (line === '') {
      breaks += 1;
      continue;
    }
    const isIndented = /^[ \t]/.test(line);
    const isFolded = style === '>' && !isIndented && !wasIndented;
    if (isFolded && hasContent && breaks === 0) text += ' ';
    else text += '\n'.repeat(isFolded || !hasContent ? breaks : breaks + 1);
    text += line;
    breaks = 0;
    hasContent = true;
    wasIndented = isIndented;
  }
  if (chomping === '+') return text + '\n'.repeat(hasContent ? breaks + 1 : breaks);
  return chomping === '-' || !hasContent ? text : `${text}\n`;
}
