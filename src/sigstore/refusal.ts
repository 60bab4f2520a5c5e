import type { RefusalReason } from '../model/finding.ts';
import { Malformed } from '../tlog/malformed.ts';

export { Malformed, malformed } from '../tlog/malformed.ts';

/** Input that is what its format says, of a kind that is not known here. */
export class Unsupported extends Malformed {}

/** Ends a verification: the first step that did not hold, and the evidence in one short line. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly reason: RefusalReason;

  constructor(reason: RefusalReason, detail: string) {
    super(detail);
    this.reason = reason;
  }
}

export function refuse(reason: RefusalReason, detail: string): never {
  throw new Refusal(reason, detail);
}

/** Runs a reader; input that is malformed for it is refused for `reason`. */
export function reading<T>(reason: RefusalReason, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof Malformed) refuse(reason, error.message);
    throw error;
  }
}

/** Text of others, cut to a length that leaves the message around it readable. Not escaped: reports do that. */
export function show(text: string, max = 120): string {
  return text.length > max ? `${text.slice(0, max)}…` : text;
}
