import { LockfileError, quoted } from './error.ts';

/** A JSON value with the line it stands on: a property's value has the line of its key. Lines are 1-based. */
export interface JsonNode {
  readonly line: number;
  readonly value: JsonValue;
}

/** Objects are maps in the order of the file, so that no key (`__proto__`, `1`) is special. */
export type JsonValue = string | number | boolean | null | JsonObject | readonly JsonNode[];
export type JsonObject = ReadonlyMap<string, JsonNode>;

/** Deeper than any lockfile: package-lock v1 nests twice per level of node_modules. */
const MAX_DEPTH = 64;
/** Twenty times the largest lockfile seen; bounds memory, which a flood of empty objects costs most. */
const MAX_VALUES = 3_000_000;

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
/** Marks by their names: in quotes they would be hard to read. */
const MARKS = {
  '"': 'a double quote',
  ',': 'a comma',
  ':': 'a colon',
  '{': 'an opening brace',
  '[': 'an opening bracket',
} as const;
const WORDS: readonly (readonly [string, boolean | null])[] = [
  ['true', true],
  ['false', false],
  ['null', null],
];

/** What a kind of file allows beyond RFC 8259, or beyond what this reader takes from it. */
export interface JsonOptions {
  /**
   * `last`: the last of several equal keys counts, as for JSON.parse, and so for npm; `first`: the first, as for Bun.
   */
  readonly repeatedKeys?: 'refused' | 'first' | 'last';
  /** Refused all the same but in objects under one of these keys. */
  readonly repeatedIn?: ReadonlySet<string>;
  /** One comma may stand before the end of an object or array that is not empty. */
  readonly trailingCommas?: boolean;
  /** `//` to the end of a line, and what stands between the marks of a block comment, are white space. */
  readonly comments?: boolean;
  /** What to do about a text that cannot be read. */
  readonly remedy?: string;
}

/**
 * Reads JSON (RFC 8259, nothing more) with lines, in time linear in its size. Refused beside what JSON.parse refuses: a
 * key twice in one object (readers differ in which they believe), nesting beyond 64 levels, more than 3 million values.
 */
export function parseJson(file: string, text: string, options: JsonOptions = {}): JsonNode {
  const { repeatedKeys = 'refused', repeatedIn, trailingCommas = false, comments = false } = options;
  const { remedy = 'restore the file, or let the package manager write it again' } = options;
  let at = 0;
  let line = 1;
  let lineStart = 0;
  let values = 0;

  const fail = (problem: string): never => {
    throw new LockfileError(file, line, `${problem}; ${remedy}`);
  };
  const expected = (what: string): never =>
    fail(
      `not valid JSON: ${what} expected ${at < text.length ? `at column ${at - lineStart + 1}` : 'before the end of the file'}`,
    );

  /** The next character that is not white space, not taken; NaN at the end. */
  const peek = (): number => {
    for (; ; at += 1) {
      const char = text.charCodeAt(at);
      if (char === 0x0a) {
        line += 1;
        lineStart = at + 1;
      } else if (char === 0x2f && comments) passComment();
      else if (char !== 0x20 && char !== 0x0d && char !== 0x09) return char;
    }
  };
  /** Leaves its last character to be passed. */
  const passComment = (): void => {
    const isBlock = text.startsWith('/*', at);
    if (!isBlock && !text.startsWith('//', at)) expected('a value');
    const end = text.indexOf(isBlock ? '*/' : '\n', at + 2);
    if (end === -1 && isBlock) expected('the end of the comment');
    const next = end === -1 ? text.length : isBlock ? end + 2 : end;
    for (; at < next - 1; at += 1) {
      if (text.charCodeAt(at) !== 0x0a) continue;
      line += 1;
      lineStart = at + 1;
    }
  };
  const take = (char: keyof typeof MARKS): void => {
    if (peek() !== char.charCodeAt(0)) expected(MARKS[char]);
    at += 1;
  };
  const parseString = (): string => {
    take('"');
    const start = at;
    let isEscaped = false;
    for (; ; at += 1) {
      const char = text.charCodeAt(at);
      if (char === 0x22) break;
      if (char === 0x5c) {
        isEscaped = true;
        at += 1;
      } else if (!(char >= 0x20)) expected('the end of the string');
    }
    at += 1;
    if (!isEscaped) return text.slice(start, at - 1);
    try {
      return JSON.parse(text.slice(start - 1, at)) as string;
    } catch {
      return expected('a valid escape in the string');
    }
  };
  const parseObject = (depth: number, under: string): JsonObject => {
    const object = new Map<string, JsonNode>();
    const isRefused = repeatedKeys === 'refused' || repeatedIn?.has(under) === false;
    take('{');
    while (peek() !== 0x7d) {
      if (object.size > 0) {
        take(',');
        if (peek() === 0x7d && trailingCommas) break;
      }
      const keyLine = line;
      const key = parseString();
      const earlier = object.get(key);
      if (earlier !== undefined && isRefused)
        fail(`the key ${quoted(key)} stands twice in one object, first in line ${earlier.line}`);
      take(':');
      const node = { line: keyLine, value: parseValue(depth, key) };
      if (earlier === undefined || repeatedKeys === 'last') object.set(key, node);
    }
    at += 1;
    return object;
  };
  const parseArray = (depth: number): readonly JsonNode[] => {
    const array: JsonNode[] = [];
    take('[');
    while (peek() !== 0x5d) {
      if (array.length > 0) {
        take(',');
        if (peek() === 0x5d && trailingCommas) break;
      }
      array.push({ line, value: parseValue(depth, '') });
    }
    at += 1;
    return array;
  };
  const parseValue = (depth: number, under: string): JsonValue => {
    if (depth > MAX_DEPTH) fail(`nested deeper than ${MAX_DEPTH} levels`);
    if ((values += 1) > MAX_VALUES) fail(`more than ${MAX_VALUES} values; no lockfile has so many`);
    const char = peek();
    if (char === 0x22) return parseString();
    if (char === 0x7b) return parseObject(depth + 1, under);
    if (char === 0x5b) return parseArray(depth + 1);
    for (const [word, value] of WORDS) {
      if (!text.startsWith(word, at)) continue;
      at += word.length;
      return value;
    }
    NUMBER.lastIndex = at;
    const number = NUMBER.exec(text)?.[0] ?? expected('a value');
    at += number.length;
    return Number(number);
  };

  peek();
  const root = { line, value: parseValue(0, '') };
  if (!Number.isNaN(peek())) expected('the end of the file');
  return root;
}
