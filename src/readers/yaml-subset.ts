import { LockfileError, quoted } from './error.ts';
import type { JsonNode, JsonObject, JsonValue } from './json.ts';
import { blockText, isPlain, isPlainKey, readQuoted, resolvePlain } from './yaml-scalar.ts';

/** Deeper than any lockfile. */
const MAX_DEPTH = 64;
/** As for JSON (json.ts). */
const MAX_VALUES = 3_000_000;

/** What no reader of YAML takes, and line ends that only some take for such. */
// eslint-disable-next-line no-control-regex -- they are what is looked for
const NEVER_WRITTEN = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]|\r(?!\n)/;
/** Between documents, at the beginning of a line. */
const BOUNDARY = /^(?:---|\.\.\.|%)/;
const BLOCK_SCALAR = /^([|>])(?:([1-9])([-+]?)|([-+]?)([1-9]?))$/;

/**
 * Reads the part of YAML 1.2 that package managers write, with lines, in time linear in its size; the result has one
 * node for each document. Read are mappings and lists in blocks, mappings and lists in braces and brackets on one line,
 * plain and quoted scalars on one line, texts in blocks, comments on lines of their own. Everything else is refused
 * with its line rather than guessed: anchors, aliases, tags, merge keys, directives, tabs as indentation, a key twice
 * in one mapping, keys that readers spell differently, more than 64 levels or 3 million values. Throws LockfileError,
 * and nothing else.
 */
export function parseYaml(file: string, text: string): readonly JsonNode[] {
  /** The current line: its number, where it begins, where it ends but for spaces, where the next one begins. */
  let line = 0;
  let start = 0;
  let end = 0;
  let next: number | null = 0;
  /** What is to be read next, on the current line. */
  let at = 0;
  /** Whether the current line belongs to the document, ends it, or is not there any more. */
  let state: 'content' | 'boundary' | 'end' = 'content';
  let values = 0;

  const fail = (problem: string): never => {
    throw new LockfileError(file, line, `${problem}; restore the file, or let the package manager write it again`);
  };
  const expected = (what: string): never =>
    fail(`not YAML as package managers write it: ${what} expected at column ${at - start + 1}`);

  const readLine = (): boolean => {
    if (next === null) return false;
    line += 1;
    start = next;
    const newline = text.indexOf('\n', start);
    end = newline === -1 ? text.length : newline;
    next = newline === -1 ? null : newline + 1;
    while (end > start && (text[end - 1] === ' ' || text[end - 1] === '\r')) end -= 1;
    at = start;
    skipSpaces();
    return true;
  };
  const skipSpaces = (): void => {
    while (at < end && text[at] === ' ') at += 1;
  };
  const isLast = (): boolean => next === null;
  /** The current line with the spaces at its end. */
  const wholeLine = (): string => text.slice(start, next === null ? text.length : next - 1).replace(/\r$/, '');
  /** Goes to the next line that says something. */
  const advance = (): void => {
    while (readLine()) {
      if (at === end || text[at] === '#') continue;
      if (text[at] === '\t') expected('indentation by spaces');
      state = at === start && BOUNDARY.test(text.slice(at, at + 3)) ? 'boundary' : 'content';
      return;
    }
    state = 'end';
  };
  /** Where the current line of the document begins; -1 where the document is over. */
  const column = (): number => (state === 'content' ? at - start : -1);
  const isBoundary = (): boolean => state === 'boundary';
  const isMark = (mark: string): boolean => text[at] === mark && (at + 1 === end || text[at + 1] === ' ');
  const isQuote = (): boolean => text[at] === "'" || text[at] === '"';

  const quotedScalar = (): string => {
    const found = readQuoted(text, at, end) ?? expected('a quoted text that ends on its line');
    at = found.after;
    return found.value;
  };
  const plainScalar = (to: number): string | number | boolean | null => {
    let last = to;
    // Only spaces: no other white space is any to YAML.
    while (last > at && text[last - 1] === ' ') last -= 1;
    const found = text.slice(at, last);
    if (!isPlain(found)) expected('a value, in quotes if it has characters with a meaning,');
    at = to;
    return resolvePlain(found);
  };
  /** The key that begins here, with its colon taken; null where there is none. */
  const readKey = (): string | null => {
    const from = at;
    const key = isQuote() ? quotedScalar() : plainKey();
    if (key !== null && isMark(':')) {
      at += 1;
      return key;
    }
    at = from;
    return null;
  };
  const plainKey = (): string | null => {
    if (text[at] === '{' || text[at] === '[') return null;
    const rest = text.slice(at, end);
    const colon = rest.indexOf(': ');
    if (colon === -1 && !rest.endsWith(':')) return null;
    const key = colon === -1 ? rest.slice(0, -1) : rest.slice(0, colon);
    if (!isPlain(key) || !isPlainKey(key)) expected('a key, in quotes if it may be read otherwise,');
    at += key.length;
    return key;
  };
  const refuseTwice = (object: JsonObject, key: string): void => {
    const earlier = object.get(key);
    if (earlier !== undefined)
      fail(`the key ${quoted(key)} stands twice in one mapping, first in line ${earlier.line}`);
  };
  const bound = (depth: number): void => {
    if (depth > MAX_DEPTH) fail(`nested deeper than ${MAX_DEPTH} levels`);
    if ((values += 1) > MAX_VALUES) fail(`more than ${MAX_VALUES} values; no lockfile has so many`);
  };

  /** A value in braces or brackets, or one that ends where `to` says. */
  const inlineValue = (depth: number, to: () => number): JsonValue => {
    bound(depth);
    if (text[at] === '{') return flowMapping(depth);
    if (text[at] === '[') return flowList(depth);
    return isQuote() ? quotedScalar() : plainScalar(to());
  };
  const toFlowEnd = (): number => {
    const length = text.slice(at, end).search(/[,[\]{}]/);
    return length === -1 ? end : at + length;
  };
  /** Takes the end of a collection, or what stands before its next element. */
  const isFlowEnd = (close: string, isFirst: boolean): boolean => {
    skipSpaces();
    const isEnd = text[at] === close;
    if (isEnd || !isFirst) {
      if (!isEnd && text[at] !== ',') expected(`a comma or a closing ${close === '}' ? 'brace' : 'bracket'}`);
      at += 1;
      skipSpaces();
    }
    return isEnd;
  };
  const flowMapping = (depth: number): JsonObject => {
    const object = new Map<string, JsonNode>();
    at += 1;
    while (!isFlowEnd('}', object.size === 0)) {
      const wasQuoted = isQuote();
      const key = readKey() ?? expected('a key');
      if (!wasQuoted && /[,[\]{}]/.test(key)) expected('a key');
      refuseTwice(object, key);
      skipSpaces();
      object.set(key, { line, value: inlineValue(depth + 1, toFlowEnd) });
    }
    return object;
  };
  const flowList = (depth: number): readonly JsonNode[] => {
    const list: JsonNode[] = [];
    at += 1;
    while (!isFlowEnd(']', list.length === 0)) list.push({ line, value: inlineValue(depth + 1, toFlowEnd) });
    return list;
  };

  /** A text in a block, below a node that begins at column `parent`. */
  const blockScalar = (parent: number): string => {
    const [, style = '', first, chomping, chompingFirst, second] =
      BLOCK_SCALAR.exec(text.slice(at, end)) ?? expected('a vertical bar or a greater-than sign alone on the line');
    const given = Number(first ?? second ?? '');
    let indentation = given === 0 ? null : parent + given;
    const lines: string[] = [];
    state = 'end';
    while (readLine()) {
      if (at < end) {
        indentation ??= Math.max(at - start, parent + 1);
        if (at - start < indentation) {
          // The line is not part of the text: it is read again as whatever it is.
          next = start;
          line -= 1;
          advance();
          break;
        }
      }
      const whole = wholeLine();
      // Readers differ in what spaces at the very end are.
      if (at === end && isLast() && whole.length > (indentation ?? whole.length)) expected('a line end');
      if (!isLast() || whole !== '') lines.push(whole.slice(indentation ?? whole.length));
    }
    return blockText(style, chomping ?? chompingFirst ?? '', lines);
  };

  /** What begins here and may take several lines: a mapping, a list, or a value on one line. */
  const blockValue = (depth: number): JsonValue => {
    bound(depth);
    if (isMark('-')) return blockList(depth);
    if (isMark('?')) return blockMapping(depth);
    const from = at;
    const isMapping = readKey() !== null;
    at = from;
    return isMapping ? blockMapping(depth) : lineValue(depth);
  };
  const lineValue = (depth: number): JsonValue => {
    const value = inlineValue(depth, () => end);
    if (at !== end) expected('the end of the line');
    advance();
    return value;
  };
  /** The value after a mark of a node that begins at column `parent`: in the same line, or below. */
  const valueAfter = (mark: 'key' | 'other', parent: number, depth: number): JsonValue => {
    skipSpaces();
    if (at === end) {
      advance();
      if (column() > parent) return blockValue(depth);
      // The dashes of a list may stand below the first letter of its key.
      return mark === 'key' && column() === parent && isMark('-') ? blockList(depth) : null;
    }
    if (text[at] === '|' || text[at] === '>') return blockScalar(parent);
    return mark === 'key' ? lineValue(depth) : blockValue(depth);
  };
  const blockMapping = (depth: number): JsonObject => {
    const object = new Map<string, JsonNode>();
    const own = column();
    do {
      const keyLine = line;
      const mark = isMark('?') ? 'other' : 'key';
      const key = mark === 'other' ? longKey(own) : (readKey() ?? expected('a key'));
      refuseTwice(object, key);
      object.set(key, { line: keyLine, value: valueAfter(mark, own, depth + 1) });
    } while (column() === own);
    if (column() > own) expected('less indentation');
    return object;
  };
  /** "? KEY" with the colon on the next line, as keys beyond 1,024 characters are written. */
  const longKey = (own: number): string => {
    at += 1;
    skipSpaces();
    const key = isQuote() ? quotedScalar() : plainScalar(end);
    if (typeof key !== 'string' || at !== end) return expected('a key');
    advance();
    if (column() !== own || !isMark(':')) expected('a colon');
    at += 1;
    return key;
  };
  const blockList = (depth: number): readonly JsonNode[] => {
    const list: JsonNode[] = [];
    const own = column();
    do {
      const itemLine = line;
      at += 1;
      list.push({ line: itemLine, value: valueAfter('other', own, depth + 1) });
    } while (column() === own && isMark('-'));
    if (column() > own) expected('less indentation');
    return list;
  };

  const never = text.search(NEVER_WRITTEN);
  if (never !== -1) {
    line = text.slice(0, never).split('\n').length;
    fail('has a control character that is never written as it is');
  }
  const document = (): JsonNode => {
    const node = { line, value: column() === -1 ? null : blockValue(0) };
    if (column() !== -1) expected('the end of the document');
    return node;
  };
  const documents: JsonNode[] = [];
  advance();
  if (!isBoundary()) documents.push(document());
  while (isBoundary()) {
    if (wholeLine() !== '---') expected('three dashes alone on their line');
    advance();
    documents.push(document());
  }
  return documents;
}
