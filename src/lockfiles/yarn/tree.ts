import { LockfileError, quoted } from '../../readers/error.ts';
import { hasControlCharacters } from '../../readers/text.ts';

/** A line of the tree that both syntaxes of Yarn write: its keys, and a text or what is indented below it. */
export interface YarnNode {
  /** More than one only at the top: what an entry stands for. */
  readonly keys: readonly [string, ...string[]];
  /** 1-based. */
  readonly line: number;
  readonly value: string | readonly YarnNode[];
}

/** What one line says. `value` is null where the lines below are the value. */
export interface YarnLine {
  readonly keys: readonly [string, ...string[]];
  readonly value: string | null;
}

export type Fail = (problem: string) => never;

/** Reads one line without its indentation; null where it only begins what the next line of the same depth continues. */
export type ReadLine = (text: string, depth: number, fail: Fail) => YarnLine | null;

/** An entry, its fields, what they list, and what is said of one of these. */
const MAX_DEPTH = 4;
/** Keys of all lines, ten times what large lockfiles have; bounds memory and time. */
const MAX_KEYS = 500_000;
/** Real lines reach a few thousand characters; bounds the stack that a regular expression takes. */
const MAX_LINE = 256 * 1024;

/**
 * Where blank lines and comments may stand: at the parser of Yarn 1, one within an entry ends what it reads of the
 * file.
 */
export type Blanks = 'anywhere' | 'between entries';

/**
 * Reads lines that are indented by two spaces for each level, in time linear in their length. Blank lines and lines
 * that begin with # say nothing. Refused are other indentations, control characters, a key twice in one place (readers
 * differ in which they believe), and a key with nothing below it.
 */
export function readTree(file: string, text: string, readLine: ReadLine, blanks: Blanks): readonly YarnNode[] {
  let number = 0;
  let keys = 0;
  const fail: Fail = (problem) => {
    throw new LockfileError(file, number, `${problem}; restore the file, or let Yarn write it again`);
  };
  const root: Level = { nodes: [], seen: new Map() };
  /** The node at each depth whose value may still go on, and what is read of it. */
  const open: Level[] = [root];
  let empty: string | null = null;
  let unfinished = false;
  /** The first line of the blank lines and comments that came just before; 0 where none did. */
  let interrupted = 0;

  for (let start = 0; start < text.length;) {
    const end = text.indexOf('\n', start);
    const raw = text.slice(start, end === -1 ? text.length : end);
    start = end === -1 ? text.length : end + 1;
    number += 1;
    if (raw === '') {
      interrupted ||= number;
      continue;
    }
    if (raw.length > MAX_LINE) fail(`a line longer than ${MAX_LINE} characters; no lockfile has one`);
    const line = raw.endsWith('\r') ? raw.slice(0, -1) : raw;
    if (hasControlCharacters(line)) fail('control characters, which Yarn does not write');
    if (/^ *(?:#|$)/.test(line)) {
      if (blanks === 'between entries' && line.startsWith(' '))
        fail('an indented comment or blank line, at which Yarn 1 stops');
      interrupted ||= number;
      continue;
    }

    const indentation = line.search(/[^ ]/);
    const depth = indentation / 2;
    if (!Number.isInteger(depth)) fail(`indented by ${indentation} spaces, not by two for each level`);
    if (blanks === 'between entries' && interrupted > 0 && depth > 0) {
      number = interrupted;
      fail('a blank line or a comment within an entry, after which Yarn 1 reads nothing more of the file');
    }
    interrupted = 0;
    if (depth > MAX_DEPTH) fail(`nested deeper than ${MAX_DEPTH} levels`);
    if (depth >= open.length) fail('indented below a line that has a value');
    if (empty !== null && depth < open.length - 1) fail(`nothing stands below ${quoted(empty)}`);
    empty = null;
    open.length = depth + 1;
    const level = open[depth] ?? root;
    const read = readLine(line.slice(indentation), depth, fail);
    unfinished = read === null;
    if (read === null) continue;
    keys += read.keys.length;
    if (keys > MAX_KEYS) fail(`more than ${MAX_KEYS} keys; no lockfile has so many`);
    for (const key of read.keys) {
      const earlier = level.seen.get(key);
      if (earlier !== undefined) fail(`the key ${quoted(key)} stands twice in one place, first in line ${earlier}`);
      level.seen.set(key, number);
    }
    const below: Level = { nodes: [], seen: new Map() };
    level.nodes.push({ keys: read.keys, line: number, value: read.value ?? below.nodes });
    if (read.value !== null) continue;
    open.push(below);
    empty = read.keys[0];
  }
  if (empty !== null) fail(`nothing stands below ${quoted(empty)}`);
  if (unfinished) fail('the file ends in the middle of an entry');
  return root.nodes;
}

interface Level {
  readonly nodes: YarnNode[];
  /** Lines by key. */
  readonly seen: Map<string, number>;
}

/** The text of a quoted word, which both syntaxes write as JSON does. */
export function unquote(word: string, fail: Fail): string {
  let text: unknown;
  try {
    text = JSON.parse(word);
  } catch {
    return fail(`${quoted(word)} is not a valid string`);
  }
  if (typeof text !== 'string') return fail(`${quoted(word)} is not a string`);
  return hasControlCharacters(text) ? fail(`${quoted(text)} has control characters`) : text;
}
