import { readTree, unquote, type Fail, type YarnLine, type YarnNode } from './tree.ts';

/**
 * A quoted word, without quotes in it, whose end Yarn 1 sees elsewhere than JSON does; or one that needs no quotes, as
 * Yarn 1 decides it (`shouldWrapKey` of its stringifier).
 */
const WORD = /"(?:[^"\\]|\\[^"])*"|(?!true|false)[a-zA-Z/.-][^:\s,"[\]\\]*/y;
/** Yarn 1 reads digits as a number, so that others than these are not the text that stands there. */
const VALUE = /(?:true|false|0|[1-9]\d{0,14})$/y;

/**
 * The syntax of Yarn 1, as far as Yarn 1 writes it: `KEY, KEY:` with lines below, or `KEY VALUE`. Its parser bears more
 * (values after a colon, several on one line); what it never writes is refused.
 */
export function readClassicTree(file: string, text: string): readonly YarnNode[] {
  return readTree(file, text, readLine, 'between entries');
}

function readLine(line: string, depth: number, fail: Fail): YarnLine {
  let at = 0;
  const word = (pattern: RegExp): string | null => {
    pattern.lastIndex = at;
    const found = pattern.exec(line)?.[0];
    if (found === undefined) return null;
    at += found.length;
    return found.startsWith('"') ? unquote(found, fail) : found;
  };
  const expected = (what: string): never => fail(`not what Yarn 1 writes: ${what} expected at character ${at + 1}`);

  const keys: [string, ...string[]] = [word(WORD) ?? expected('a key')];
  while (depth === 0 && line.startsWith(', ', at)) {
    at += 2;
    keys.push(word(WORD) ?? expected('a key'));
  }
  if (line[at] === ':' && at + 1 === line.length) return { keys, value: null };
  if (line[at] !== ' ') return expected('a colon at the end of the line, or a value');
  at += 1;
  const value = word(VALUE) ?? word(WORD) ?? expected('a value');
  return at === line.length ? { keys, value } : expected('the end of the line');
}
