import type { AcceptedFinding } from './baseline.ts';
import type { Instant } from './time.ts';

/** When a version came into the lockfile, as far as can be known. */
export interface Appearance {
  readonly time: Instant;
  /** `commit`: the lockfile's history; `baseline`: a `seen` line of assay.lock; `run`: nothing knows it from before. */
  readonly source: 'commit' | 'baseline' | 'run';
  /** The commit, in hex, where it is the source. */
  readonly commit: string | null;
  /** Whether it may have been there before: what is older could not be read. */
  readonly orEarlier: boolean;
}

/** What the lockfile's history says. */
export interface LockfileHistory {
  /** By `name@version`; what the committed lockfile does not have is not in it. */
  readonly appearances: ReadonlyMap<string, Appearance>;
  /** Whether the clone ends before the history does. */
  readonly shallow: boolean;
}

/** Asks for the first appearance of versions, each `name@version`; null where there is no history. */
export type AskHistory = (specs: readonly string[]) => Promise<LockfileHistory | null>;

/** What a finding that waits for a decision carries. */
export interface Review {
  /** Null where no rule names one. */
  readonly owner: string | null;
  readonly firstSeen: Appearance;
  readonly due: Instant;
  readonly overdue: boolean;
}

/**
 * What an accepted finding is now: `active`; `expired`; `too-long`, where it ends later than any can, so that it does
 * not apply; `other-bytes`, where the lockfile has another hash for the version; `not-locked`, where it does not have
 * the version.
 */
export interface AcceptedState {
  readonly accepted: AcceptedFinding;
  readonly state: 'active' | 'expired' | 'too-long' | 'other-bytes' | 'not-locked';
}
