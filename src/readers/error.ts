/** A lockfile that cannot be read. `message` is one printable line: where, what, and what to do. */
export class LockfileError extends Error {
  override readonly name = 'LockfileError';
  readonly file: string;
  /** 1-based; null where the error is about the whole file. */
  readonly line: number | null;

  constructor(file: string, line: number | null, problem: string) {
    super(`${printable(file)}${line === null ? '' : `:${line}`}: ${problem}`);
    this.file = file;
    this.line = line;
  }
}

/** Text from a file, for a message: quoted, shortened, and with nothing in it that a terminal would act on. */
export function quoted(text: string): string {
  const LONGEST = 80;
  return printable(JSON.stringify(text.length > LONGEST ? `${text.slice(0, LONGEST)}...` : text));
}

/** Control, format (bidirectional) and unassigned characters, and line separators, as escapes. */
function printable(text: string): string {
  return text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (char) => `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`);
}
