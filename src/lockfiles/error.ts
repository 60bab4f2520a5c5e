/** A lockfile that cannot be read. `message` is one line of ASCII: where, what, and what to do. */
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

function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
