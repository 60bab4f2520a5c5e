import { parse, TomlDate, TomlError } from 'smol-toml';
import { LockfileError } from './error.ts';

/** A value of a TOML document. Dates are none that a lockfile's meaning depends on: each is its text. */
export type TomlValue = string | number | boolean | TomlTable | readonly TomlValue[];

/** Tables are maps in the order of the file, so that no key (`__proto__`, `1`) is special. */
export type TomlTable = ReadonlyMap<string, TomlValue>;

/** A document, with the lines of its tables in lists. */
export interface TomlDocument {
  readonly root: TomlTable;
  /** 1-based lines of the headers `[[name]]`, in their order. */
  readonly headers: (name: string) => readonly number[];
  /** How many tables have a member `hash` or `hashes`; those below a `tool` do not count. */
  readonly hashed: number;
}

/** Deeper than any lockfile nests. */
const MAX_DEPTH = 32;
/** As for JSON; bounds memory. */
const MAX_VALUES = 3_000_000;
/** No header that a lockfile's meaning depends on is longer. */
const MAX_HEADER = 200;

/**
 * Reads TOML 1.0. Refused beside what the specification refuses: nesting beyond 32 levels, more than 3 million values,
 * a date. Throws `LockfileError`.
 */
export function parseToml(file: string, text: string, remedy: string): TomlDocument {
  let parsed: Record<string, unknown>;
  // The library passes over one that decoding has left.
  if (text.startsWith('\ufeff')) throw new LockfileError(file, 1, `begins with two byte order marks; ${remedy}`);
  try {
    parsed = parse(text, { maxDepth: MAX_DEPTH });
  } catch (error) {
    throw new LockfileError(file, lineOf(error), `${problemOf(error)}; ${remedy}`);
  }
  let values = 0;
  let hashed = 0;
  const fail = (problem: string): never => {
    throw new LockfileError(file, null, `${problem}; ${remedy}`);
  };
  const valueOf = (value: unknown, depth: number, isCounted: boolean): TomlValue => {
    if (depth > MAX_DEPTH) return fail(`nested deeper than ${MAX_DEPTH} levels`);
    if ((values += 1) > MAX_VALUES) return fail(`more than ${MAX_VALUES} values; no lockfile has so many`);
    if (Array.isArray(value)) return value.map((one) => valueOf(one, depth + 1, isCounted));
    if (value instanceof TomlDate) return value.toISOString();
    if (typeof value === 'object' && value !== null) return tableOf(value, depth, isCounted);
    return value as string | number | boolean;
  };
  const tableOf = (table: object, depth: number, isCounted: boolean): TomlTable => {
    if (isCounted && ('hash' in table || 'hashes' in table)) hashed += 1;
    return new Map(
      Object.entries(table).map(([key, value]) => [key, valueOf(value, depth + 1, isCounted && key !== 'tool')]),
    );
  };
  const root = tableOf(parsed, 0, true);
  let lines: ReadonlyMap<string, readonly number[]> | null = null;
  return { root, hashed, headers: (name) => (lines ??= headerLines(text)).get(name) ?? [] };
}

function lineOf(error: unknown): number | null {
  return error instanceof TomlError ? error.line : null;
}

function problemOf(error: unknown): string {
  if (!(error instanceof TomlError)) return 'not valid TOML';
  const [first = ''] = error.message.split('\n');
  return `not valid TOML: ${first.replace(/^Invalid TOML document: /, '')}`;
}

/**
 * The lines of all headers of tables in lists of a valid document, by what stands between the brackets. What is inside
 * of strings, lists and comments is none.
 */
function headerLines(text: string): ReadonlyMap<string, readonly number[]> {
  const found = new Map<string, number[]>();
  let line = 1;
  let depth = 0;
  let at = 0;
  const passTo = (end: number): void => {
    for (let next = text.indexOf('\n', at); next !== -1 && next < end; next = text.indexOf('\n', next + 1)) line += 1;
    at = end;
  };
  const endOfLine = (): number => {
    const end = text.indexOf('\n', at);
    return end === -1 ? text.length : end;
  };
  const atLineStart = (): void => {
    while (' \t\r\ufeff'.includes(text.charAt(at)) && at < text.length) at += 1;
    if (text.charAt(at) !== '[') return;
    const end = endOfLine();
    const [, name] = /^\[\[\s*"?([\w.-]+)"?\s*\]\]/.exec(text.slice(at, Math.min(end, at + MAX_HEADER))) ?? [];
    if (name !== undefined) {
      const lines = found.get(name);
      if (lines === undefined) found.set(name, [line]);
      else lines.push(line);
    }
    at = end;
  };
  atLineStart();
  while (at < text.length) {
    const char = text.charAt(at);
    if (char === '"' || char === "'") passTo(endOfString(text, at));
    else if (char === '#') at = endOfLine();
    else {
      if (char === '[' || char === '{') depth += 1;
      if (char === ']' || char === '}') depth -= 1;
      at += 1;
      if (char !== '\n') continue;
      line += 1;
      if (depth === 0) atLineStart();
    }
  }
  return found;
}

/** Behind the string that begins at a place. */
function endOfString(text: string, start: number): number {
  const mark = text.charAt(start);
  const long = mark.repeat(3);
  const closing = text.startsWith(long, start) ? long : mark;
  for (let at = start + closing.length; at < text.length; at += 1) {
    if (mark === '"' && text.charAt(at) === '\\') at += 1;
    else if (text.startsWith(closing, at)) {
      let end = at + closing.length;
      // Quotes may stand before the three that end it.
      for (let more = 0; closing === long && more < 2 && text.charAt(end) === mark; more += 1) end += 1;
      return end;
    }
  }
  return text.length;
}
