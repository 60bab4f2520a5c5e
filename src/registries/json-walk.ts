/**
 * Walks over a JSON text without reading it: a registry document is mostly what nobody asks for. Values are skipped, not
 * judged: whoever wants one parses its slice. Positions are bytes; -1 stands for a text that does not go on as it should.
 * Every byte is looked at once, whatever the text is.
 */

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_ARRAY = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** Where a value is. */
export interface Slice {
  readonly start: number;
  readonly end: number;
}

/**
 * Visits the members of the object at `start` in turn. `visit` gets where the key is, without its quotes, and where the
 * value begins, and returns where the value ends. Returns the byte after the object.
 */
export function walkObject(
  json: Buffer,
  start: number,
  visit: (keyStart: number, keyEnd: number, value: number) => number,
): number {
  if (json[start] !== OPEN_OBJECT) return -1;
  let at = skipSpace(json, start + 1);
  if (json[at] === CLOSE_OBJECT) return at + 1;
  while (json[at] === QUOTE) {
    const keyEnd = skipString(json, at);
    if (keyEnd === -1) return -1;
    const colon = skipSpace(json, keyEnd);
    if (json[colon] !== COLON) return -1;
    const end = visit(at + 1, keyEnd - 1, skipSpace(json, colon + 1));
    if (end === -1) return -1;
    at = skipSpace(json, end);
    if (json[at] === CLOSE_OBJECT) return at + 1;
    if (json[at] !== COMMA) return -1;
    at = skipSpace(json, at + 1);
  }
  return -1;
}

/** The byte after the value at `start`. */
export function skipValue(json: Buffer, start: number): number {
  const { length } = json;
  let depth = 0;
  let at = start;
  while (at < length) {
    const byte = json[at];
    if (byte === QUOTE) {
      at = skipString(json, at);
      if (at === -1 || depth === 0) return at;
      continue;
    }
    if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) depth += 1;
    else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) {
      depth -= 1;
      // What a number or a word is in ends with it.
      if (depth < 0) return at === start ? -1 : at;
      if (depth === 0) return at + 1;
    } else if (depth === 0 && (byte === COMMA || isSpace(byte))) {
      return at === start ? -1 : at;
    }
    at += 1;
  }
  return -1;
}

/** The first byte from `start` on that is no white space. */
export function skipSpace(json: Buffer, start: number): number {
  let at = start;
  while (isSpace(json[at])) at += 1;
  return at;
}

/** The text of a key; null where it has an escape that is none. */
export function keyText(json: Buffer, start: number, end: number): string | null {
  const text = json.toString('utf8', start, end);
  if (!text.includes('\\')) return text;
  try {
    return JSON.parse(`"${text}"`) as string;
  } catch {
    return null;
  }
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

/** The byte after the string at `start`. */
function skipString(json: Buffer, start: number): number {
  const { length } = json;
  let at = start + 1;
  while (at < length) {
    const byte = json[at];
    if (byte === QUOTE) return at + 1;
    at += byte === BACKSLASH ? 2 : 1;
  }
  return -1;
}
