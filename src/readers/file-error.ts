/** A policy file that cannot be used. The message names the file and the line and says what to write instead. */
export class PolicyError extends Error {
  override readonly name = 'PolicyError';
  readonly file: string;
  /** 1-based; null where the file as a whole is meant. */
  readonly line: number | null;

  constructor(file: string, line: number | null, reason: string) {
    super(`${line === null ? file : `${file}:${line}`}: ${reason}`);
    this.file = file;
    this.line = line;
  }
}
