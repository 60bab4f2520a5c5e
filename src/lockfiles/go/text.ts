import { LockfileError } from '../../readers/error.ts';
import { decodeText } from '../../readers/text.ts';

/** The text of a file of the go command. */
export function textOf(file: string, bytes: Uint8Array): string {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) refuseMark(file);
  return decodeText(file, bytes);
}

/** The go command takes a byte order mark for a part of what follows it. */
export function refuseMark(file: string): never {
  throw new LockfileError(file, 1, 'begins with a byte order mark, which Go does not skip; save it without one');
}

/** The words of a line, as Go separates them: by all of Unicode's white space, U+0085 included. */
export function wordsOf(line: string): readonly string[] {
  return line.split(/\p{White_Space}+/u).filter((word) => word !== '');
}
