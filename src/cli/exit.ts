import type { Verdict } from '../model/verdict.ts';

/** Exit statuses of the command line. */
export const EXIT = {
  /** What was asked holds. */
  holds: 0,
  /** The policy fails, or a bundle does not verify. */
  fails: 1,
  /** Wrong usage or configuration, or nothing was checked. */
  usage: 2,
  /** Evidence could not be obtained, so there is no statement. */
  noStatement: 3,
} as const;

/** The exit status of a run with this verdict. */
export function exitStatus(verdict: Verdict): number {
  switch (verdict) {
    case 'pass':
    case 'warn':
      return EXIT.holds;
    case 'fail':
      return EXIT.fails;
    case 'unverified':
      return EXIT.noStatement;
  }
}

/** Something the user can mend: one line that says what, where and what to do. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
