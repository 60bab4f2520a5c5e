/**
 * Code points that a terminal or a log does not show as themselves: controls, format characters (bidirectional
 * controls, zero-width characters, tags), lone surrogates, private and unassigned ones, separators other than a space,
 * marks that attach to what stands before them, and fillers that draw nothing.
 */
const HIDDEN = String.raw`[\p{C}\p{M}\p{Z}\p{Default_Ignorable_Code_Point}\u2800]`;

/**
 * What `escapeText` escapes: what is hidden, and marks that mean something. Spaces at the ends are invisible, and many
 * in a row could push text to where a line seems to start.
 */
const ESCAPED = String.raw`^[ :]|[ :]$| (?= )|:(?=:)|#(?=#)|\\(?=u\{)|(?! )${HIDDEN}`;

/** Made when they are first needed: properties of Unicode take a millisecond, and most texts need neither. */
const hidden = once(() => new RegExp(HIDDEN, 'u'));
const escaped = once(() => new RegExp(ESCAPED, 'gu'));

function once(make: () => RegExp): () => RegExp {
  let made: RegExp | null = null;
  return () => (made ??= make());
}

/** Code points that take two columns (Unicode East Asian Width W and F, and emoji shown as pictures). */
const WIDE =
  /[\p{Emoji_Presentation}\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{18cff}\u{1aff0}-\u{1b2ff}\u{20000}-\u{3fffd}]/u;

/**
 * What names, versions, addresses and most sentences consist of, shown as it is: visible ASCII but `#` and `\\`, with
 * single spaces and colons inside.
 */
const ORDINARY = /^(?:[!"$-9;-[\]-~]|(?!^)[ :](?![ :]|$))*$/;

/** One column for each code unit. */
// eslint-disable-next-line no-control-regex -- the range is ASCII itself
const ASCII = /^[\x00-\x7f]*$/;

const ELLIPSIS = '...';

/** Columns a text takes on a terminal, for text without control characters. */
export function displayWidth(text: string): number {
  if (ASCII.test(text)) return text.length;
  let width = 0;
  for (const character of text) width += WIDE.test(character) ? 2 : 1;
  return width;
}

/**
 * Makes text from a package, a registry or a certificate inert in a terminal and in a log. What cannot be shown as it
 * is becomes a visible `\u{hex}`; nothing is dropped, and a text that contains `\u{` itself is told apart from an
 * escape by its backslash being escaped. Longer text than `max` columns loses its middle to "...".
 *
 * CI runners read commands from a log: GitHub Actions takes a line whose first characters after spaces are `::`, and
 * `##[` anywhere in a line; Azure Pipelines and TeamCity take `##vso[` and `##teamcity[`. So neither `::` nor `##`
 * survives, at the ends of the text neither when joined with a colon.
 */
export function escapeText(text: string, max = 300): string {
  if (text.length <= max && ORDINARY.test(text)) return text;
  // Every code point takes at least one column and at most two code units, so far more text than fits is never read.
  const reach = 2 * max;
  if (text.length > 2 * reach) {
    return shorten(pieces(text.slice(0, reach)), pieces(text.slice(-reach)), max);
  }
  const whole = text.replace(escaped(), escapeOf);
  if (2 * whole.length <= max || displayWidth(whole) <= max) return whole;
  const all = pieces(text);
  return shorten(all, all, max);
}

/** Escaped text in double quotes, for free text such as a server's error, so that its end is plain to see. */
export function quoteText(text: string, max = 200): string {
  const inner = escapeText(text, max).replaceAll('"', escapeOf('"'));
  return `"${inner}"`;
}

/** Escapes what is invisible and nothing else, for our own pages: their spaces and colons are meant. */
export function escapeHidden(text: string): string {
  return Array.from(text)
    .map((character) => (character !== ' ' && hidden().test(character) ? escapeOf(character) : character))
    .join('');
}

/** Shows every code point outside ASCII as an escape, for terminals that cannot show it. */
export function toAscii(text: string): string {
  // eslint-disable-next-line no-control-regex -- the range is ASCII itself
  return text.replace(/[^\x00-\x7f]/gu, escapeOf);
}

/** One shown piece per code point of `text`. */
function pieces(text: string): string[] {
  const shown: string[] = [];
  let start = 0;
  for (const { 0: character, index } of text.matchAll(escaped())) {
    shown.push(...Array.from(text.slice(start, index)), escapeOf(character));
    start = index + character.length;
  }
  return [...shown, ...Array.from(text.slice(start))];
}

function escapeOf(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}

/** The start of `head` and the end of `tail` with an ellipsis between, in at most `max` columns. */
function shorten(head: readonly string[], tail: readonly string[], max: number): string {
  const room = Math.max(0, max - ELLIPSIS.length);
  const start = take(head, Math.ceil((room * 2) / 3));
  const end = take([...tail].reverse(), room - displayWidth(start.join('')));
  return start.join('') + ELLIPSIS + end.reverse().join('');
}

/** As many of the first pieces as fit into `room` columns. */
function take(from: readonly string[], room: number): string[] {
  const taken: string[] = [];
  let left = room;
  for (const piece of from) {
    left -= displayWidth(piece);
    if (left < 0) break;
    taken.push(piece);
  }
  return taken;
}
