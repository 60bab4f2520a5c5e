import { LockfileError, quoted } from '../../readers/error.ts';
import { wordsOf } from './text.ts';

/** One directive of a go.mod file; one of a block has the block's verb. */
export interface Directive {
  readonly verb: string;
  /** Words as they stand there, with the quotation marks of strings, and punctuation. */
  readonly words: readonly string[];
  /** Whether its line ends with a comment `// indirect`, or with one that begins `// indirect;`. */
  readonly isIndirect: boolean;
  /** The comment lines above it and the one behind it, else those above its block; "" where there is none. */
  readonly comment: string;
  /** 1-based. */
  readonly line: number;
}

interface Block {
  readonly verb: string;
  readonly comment: string;
  readonly line: number;
}

/**
 * Splits a go.mod or go.work file into directives (https://go.dev/ref/mod#go-mod-file-lexical), of which these may stand
 * in blocks, or any where that is null. No word reaches over a line.
 */
export function readDirectives(file: string, text: string, blocks: ReadonlySet<string> | null): readonly Directive[] {
  const directives: Directive[] = [];
  let block: Block | null = null;
  /** Comments; null for a blank line, which counts in a block: then those of the block are not meant. */
  let above: (string | null)[] = [];
  for (const [index, content] of text.split('\n').entries()) {
    const line = index + 1;
    const { words, comment } = readWords(file, line, content);
    const [first, ...rest] = words;
    if (first === undefined) {
      if (comment === null && block === null) above = [];
      else above.push(comment);
      continue;
    }
    const isIndirect = comment !== null && isMarkedIndirect(comment);
    const said = block !== null && above.length === 0 && comment === null ? block.comment : textOf(above, comment);
    if (block !== null && first === ')') {
      if (rest.length > 0) fail(file, line, 'a block ends with ")" alone on its line');
      block = null;
    } else if (block !== null) directives.push({ verb: block.verb, words, isIndirect, comment: said, line });
    else if (words.at(-1) === '(' || (words.at(-2) === '(' && words.at(-1) === ')')) {
      const isEmpty = words.at(-1) === ')';
      if (words.length !== (isEmpty ? 3 : 2) || blocks?.has(first) === false) {
        fail(file, line, 'begins no block that Go knows');
      }
      block = isEmpty ? null : { verb: first, comment: textOf(above, null), line };
    } else directives.push({ verb: first, words: rest, isIndirect, comment: said, line });
    above = [];
  }
  if (block !== null) fail(file, block.line, `the block of ${block.verb} does not end`);
  return directives;
}

interface Line {
  readonly words: readonly string[];
  /** What follows the `//` at its end; null where none does. */
  readonly comment: string | null;
}

/** What separates words, then one word: punctuation, a string, or anything up to one of these or a comment. */
const WORD = /[ \t\r]*(?:([()[\]{},])|("(?:[^"\\]|\\.)*")|((?:(?!\/\/)[^ \t\r()[\]{},])+))?/suy;

/** Longer than any line of a go.mod; bounds what is taken apart. */
const MAX_LINE = 65_536;

function readWords(file: string, line: number, content: string): Line {
  if (content.length > MAX_LINE) fail(file, line, `is longer than ${MAX_LINE} characters`);
  const words: string[] = [];
  for (let at = 0; ;) {
    WORD.lastIndex = at;
    const [all = '', punctuation, string, plain] = WORD.exec(content) ?? [];
    const word = punctuation ?? string ?? plain;
    at += all.length;
    if (word === undefined) {
      return { words, comment: content.startsWith('//', at) ? content.slice(at + 2) : null };
    }
    if (plain !== undefined) refuseOdd(file, line, plain);
    words.push(word);
  }
}

function refuseOdd(file: string, line: number, word: string): void {
  if (word.startsWith('"')) fail(file, line, 'a string does not end on its line');
  if (word.includes('`')) fail(file, line, 'has a back quote, which Go does not read in go.mod');
  if (word.includes('/*')) fail(file, line, 'has "/*"; go.mod has no comments but those after "//"');
  if (/[^\p{L}\p{M}\p{N}\p{P}\p{S}]/u.test(word)) fail(file, line, `${quoted(word)} has a character that Go refuses`);
}

function textOf(above: readonly (string | null)[], behind: string | null): string {
  return [...above, behind].flatMap((one) => one?.trim() ?? []).join('\n');
}

function isMarkedIndirect(comment: string): boolean {
  const [first, ...rest] = wordsOf(comment);
  return rest.length === 0 ? first === 'indirect' : first === 'indirect;';
}

/** The value of a word: a string without its quotation marks. */
export function valueOf(file: string, line: number, word: string): string {
  if (!word.startsWith('"')) {
    return /["']/.test(word) ? fail(file, line, `${quoted(word)} has a quotation mark inside a word`) : word;
  }
  const inner = word.slice(1, -1).replace(/\\(["\\])/g, '$1');
  if (/\\(?!["\\])/.test(word.slice(1, -1).replace(/\\["\\]/g, ''))) {
    fail(file, line, `${word} has an escape other than \\" and \\\\; write the character itself`);
  }
  return inner;
}

export function fail(file: string, line: number, problem: string): never {
  throw new LockfileError(file, line, problem);
}
