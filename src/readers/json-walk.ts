/**
 * Walks over a JSON text without building values: most of a registry document is never used. Values are skipped and not
 * checked; parse a slice to use one. Positions are in bytes; -1 means that the text does not continue as it should.
 * Each byte is visited once, whatever the text is.
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

/**
 * Visits the elements of the array at `start` in turn: `visit` gets where one begins, and returns where it ends. Returns
 * the byte after the array.
 */
export function walkArray(json: Buffer, start: number, visit: (value: number) => number): number {
  if (json[start] !== OPEN_ARRAY) return -1;
  let at = skipSpace(json, start + 1);
  if (json[at] === CLOSE_ARRAY) return at + 1;
  while (at < json.length) {
    const end = visit(at);
    if (end === -1) return -1;
    at = skipSpace(json, end);
    if (json[at] === CLOSE_ARRAY) return at + 1;
    if (json[at] !== COMMA) return -1;
    at = skipSpace(json, at + 1);
  }
  return -1;
}

/** The byte after the value at `start`. */
export function skipValue(json: Buffer, start: number): number {
  const first = json[start];
  if (first === QUOTE) return skipString(json, start);
  return first === OPEN_OBJECT || first === OPEN_ARRAY ? skipNested(json, start) : skipWord(json, start);
}

/** The byte after the object or array at `start`: only strings and brackets matter. */
function skipNested(json: Buffer, start: number): number {
  // What is constant within a function is so to the compiler; constants of a module are variables once it is bundled.
  const quote = 0x22;
  const backslash = 0x5c;
  const { length } = json;
  let depth = 0;
  let at = start;
  while (at < length) {
    let byte = json[at++] ?? 0;
    if (byte === quote) {
      // As skipString does: a call for each string takes longer than the string.
      do {
        if (at >= length) return -1;
        byte = json[at++] ?? 0;
        if (byte === backslash) at++;
      } while (byte !== quote);
    } else if (byte >= 0x5b) {
      // All brackets; most of what is outside of strings has smaller codes.
      if (byte === 0x7b || byte === 0x5b) depth++;
      else if (byte === 0x7d || byte === 0x5d) depth--;
      if (depth === 0) return at;
    }
  }
  return -1;
}

/** The byte after the number or word at `start`: what it is in goes on or ends there. */
function skipWord(json: Buffer, start: number): number {
  const { length } = json;
  let at = start;
  while (at < length) {
    const byte = json[at];
    if (byte === COMMA || byte === CLOSE_OBJECT || byte === CLOSE_ARRAY || isSpace(byte)) {
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
    at += 1;
    if (byte === QUOTE) return at;
    if (byte === BACKSLASH) at += 1;
  }
  return -1;
}
