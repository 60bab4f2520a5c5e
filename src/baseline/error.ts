/** An `assay.lock` that cannot be used. `message` is one line: where, what, and what to do. */
export class BaselineError extends Error {
  override readonly name = 'BaselineError';
  readonly file: string;
  /** 1-based; null where the error is about the whole file. */
  readonly line: number | null;

  constructor(file: string, line: number | null, problem: string, advice = RESTORE) {
    super(`${file}${line === null ? '' : `:${line}`}: ${problem}; ${advice}`);
    this.file = file;
    this.line = line;
  }
}

const RESTORE = 'restore the committed file and run assay update, which alone writes it';
