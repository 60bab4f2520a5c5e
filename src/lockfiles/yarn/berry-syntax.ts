import { quoted } from '../../readers/error.ts';
import { readTree, unquote, type Fail, type ReadLine, type YarnNode } from './tree.ts';

const QUOTED = /"(?:[^"\\]|\\.)*"/y;
/** What Yarn writes without quotes: no character that could mean something to YAML, but within. */
const PLAIN = /(?![-?:,\][{}#&*!|>'"%@` ])[^,\][{}:#]*/y;

/**
 * The YAML that Yarn 2 and later write: maps of texts, plain or in double quotes as in JSON, a key longer than 1,024
 * characters on a line of its own after "? ". Anything else (anchors, tags, lists, flow collections, block scalars,
 * comments after a value) is refused: a YAML reader could see another document in it.
 */
export function readBerryTree(file: string, text: string): readonly YarnNode[] {
  return readTree(file, text, lineReader(), 'anywhere');
}

function lineReader(): ReadLine {
  let begun: string | null = null;
  return (line, depth, fail) => {
    let at = 0;
    const expected = (what: string): never => fail(`not what Yarn writes: ${what} expected at character ${at + 1}`);
    const word = (): string | null => {
      const pattern = line[at] === '"' ? QUOTED : PLAIN;
      pattern.lastIndex = at;
      const found = pattern.exec(line)?.[0];
      if (found === undefined || found === '') return null;
      at += found.length;
      if (pattern === QUOTED) return unquote(found, fail);
      return found.endsWith(' ') ? expected('no space before it') : found;
    };

    if (begun !== null) {
      const key = begun;
      begun = null;
      return line === ':' ? { keys: keysOf(key, depth, fail), value: null } : expected('a colon');
    }
    if (line.startsWith('? ')) {
      at = 2;
      begun = word() ?? expected('a key');
      return at === line.length ? null : expected('the end of the line');
    }
    const keys = keysOf(word() ?? expected('a key'), depth, fail);
    if (line[at] !== ':') return expected('a colon');
    at += 1;
    if (at === line.length) return { keys, value: null };
    if (line[at] !== ' ') return expected('a space');
    at += 1;
    const value = word() ?? expected('a value');
    return at === line.length ? { keys, value } : expected('the end of the line');
  };
}

/** An entry's key lists all that it stands for, and Yarn takes it apart at each comma and the spaces around it. */
function keysOf(key: string, depth: number, fail: Fail): readonly [string, ...string[]] {
  if (depth > 0) return [key];
  const [first = '', ...others] = key.split(', ');
  const parts: readonly [string, ...string[]] = [first, ...others];
  // Nothing is taken from the end of the last.
  const isOdd = (part: string, i: number): boolean =>
    part === '' || part.includes(',') || part.startsWith(' ') || (part.endsWith(' ') && i < others.length);
  return parts.some(isOdd) ? fail(`${quoted(key)} is not a list of what it stands for`) : parts;
}
