import { shellCommands } from '../exec/shell-words.ts';

/** The beginning of a here-document in which nothing is expanded (XCU 2.7.4). */
const BEGINS = /<<(-?)[ \t]*(['"])(\w+)\2/;
/** A word that no command has by chance. */
const MARK = 'assay-marks-this-place';
/** What may follow it in its line: a file that is written. */
const TO_FILE = /^[ \t]*(?:>>?[ \t]*[\w./~-]+[ \t]*)?$/;
/** Commands that write what they are given, and run none of it. */
const WRITES: Readonly<Record<string, RegExp>> = {
  git: /^(?:add|commit|tag)$/,
  gh: /^(?:pr|issue|release)$/,
};
/** More than anybody writes in one command. */
const MAX = 20;

/** Whether a command takes its words for texts, and runs none of them. */
export function isWriting([program = '', verb = '']: readonly string[]): boolean {
  return Object.hasOwn(WRITES, program) && WRITES[program]?.test(verb) === true;
}

/**
 * A text for a shell without the here-documents that `cat` alone reads: messages of commits, files that are written.
 * Where it cannot be told that a shell takes them for that, they stay.
 */
export function withoutData(text: string): string {
  let left = text;
  for (let i = 0; i < MAX; i += 1) {
    const begin = BEGINS.exec(left);
    if (begin === null) return left;
    const [all, dash = '', , word = ''] = begin;
    const head = left.slice(0, begin.index);
    const line = left.indexOf('\n', begin.index);
    const isToFile = TO_FILE.test(left.slice(begin.index + all.length, Math.max(line, 0)));
    if (line === -1 || !isToFile || !isReadByCat(head)) return left;
    const end = new RegExp(`\\n${dash === '' ? '' : '\\t*'}${word}(?=\\n|$)`).exec(left.slice(line));
    if (end === null) return left;
    left = head + left.slice(begin.index + all.length, line) + left.slice(line + end.index + end[0].length);
  }
  return left;
}

/** Whether what comes next is read by `cat`: of a command of its own, or of one that writes what it prints. */
function isReadByCat(head: string): boolean {
  const outer = /^(.*)"\$\(cat[ \t]*$/s.exec(head)?.[1];
  const words = shellCommands(`${outer ?? `${head} `}${MARK}`)?.at(-1)?.words ?? [];
  return words.at(-1) === MARK && (outer === undefined ? words.length === 2 && words[0] === 'cat' : isWriting(words));
}
