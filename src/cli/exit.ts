import { EXIT_STATUSES, type Verdict } from '../model/verdict.ts';

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
  return EXIT_STATUSES[verdict];
}

/** Something the user can mend: one line that says what, where and what to do. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Errors that are the user's to mend: each has one line. By name, as a command may have its own copy of this file. */
const MENDABLE = [
  'AdvisoryError',
  'BaselineError',
  'CheckoutError',
  'ConfigError',
  'InstalledError',
  'LockfileError',
  'PackError',
  'PolicyError',
  'TrustedRootError',
  'UsageError',
];

/** Errors after which there is no statement, which a later run may make. By name, too. */
const UNSTATED = ['ClockError', 'TrustError'];

/** Whether an error leaves a run without a statement; its message says why in one line. */
export function isUnstated(error: unknown): error is Error {
  return error instanceof Error && UNSTATED.includes(error.name);
}

/** Whether an error is something the user can mend, and not a mistake of assay. */
export function isMendable(error: unknown): error is Error {
  return error instanceof Error && MENDABLE.includes(error.name);
}
