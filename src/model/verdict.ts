import type { AcceptedFinding, BaselineState, ReleaseRecord } from './baseline.ts';
import type { Capability, CapabilityReading } from './capability.ts';
import type { Dependency } from './dependency.ts';
import type { Finding } from './finding.ts';
import type { Proofs } from './proof.ts';
import type { Review } from './review.ts';
import type { Instant } from './time.ts';

/** Enforcement phases, weakest first: what fails in one fails in every later one. */
export const PHASES = ['observe', 'guard', 'critical', 'all'] as const;
export type Phase = (typeof PHASES)[number];

/** The phase where neither the command line nor a policy names one. */
export const DEFAULT_PHASE: Phase = 'guard';

export type Level = 'error' | 'warning' | 'note';

/**
 * `unverified`: evidence could not be obtained, so no statement is made. A failure outranks it: what is proven wrong
 * stays wrong whatever the missing evidence would say.
 */
export type Verdict = 'pass' | 'warn' | 'fail' | 'unverified';

/** The exit status of a run with this verdict. */
export const EXIT_STATUSES: Readonly<Record<Verdict, number>> = { pass: 0, warn: 0, fail: 1, unverified: 3 };

/**
 * A finding with its level; `accepted` where the baseline says that somebody decided to live with it, `review` where it
 * waits for that or another decision; `lowered` where the policy gives its code a lower level than an error: whether
 * that holds, or a demand for provenance outranks it.
 */
export type LeveledFinding = Finding & {
  readonly level: Level;
  readonly accepted?: AcceptedFinding;
  readonly review?: Review;
  readonly lowered?: 'held' | 'outranked';
};

/**
 * Why a dependency is in the critical set: by a name or glob of the policy, as a direct one, or by what it can reach.
 */
export type Critical =
  | { readonly by: 'direct' }
  | { readonly by: 'name'; readonly name: string; readonly line: number }
  | { readonly by: 'capability'; readonly capability: Capability; readonly reading: CapabilityReading };

/** What checks say of one dependency, before policy. */
export interface Assessment {
  readonly dependency: Dependency;
  readonly proofs: Proofs;
  readonly findings: readonly Finding[];
  /** Null where there is no baseline to stand to. */
  readonly baseline: BaselineState | null;
  /** Null where nothing was asked, or nothing answered. */
  readonly release: ReleaseRecord | null;
  /** The address of the registry that was asked; null for what no registry serves. */
  readonly registry: string | null;
  /** When it was published, as far as is known. */
  readonly published: Instant | null;
  /** Null where nothing asks what it can reach. */
  readonly capabilities: CapabilityReading | null;
}

/** The same after policy. */
export interface JudgedDependency extends Omit<Assessment, 'findings'> {
  readonly findings: readonly LeveledFinding[];
  /** Null where it is not in the critical set. */
  readonly critical: Critical | null;
  readonly verdict: Verdict;
}
