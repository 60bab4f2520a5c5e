import {
  type AcceptedFinding,
  accepts,
  type Baseline,
  bytesOf,
  canBeAccepted,
  isOfBytes,
  isTooLong,
  type LockedBytes,
  RECORDED,
} from '../model/baseline.ts';
import { specOf } from '../model/dependency.ts';
import type { Finding } from '../model/finding.ts';
import type { PackageRef } from '../model/package.ts';
import { DEFAULT_REVIEW, type Policy, type ReviewRules } from '../model/policy.ts';
import type { AcceptedState, Appearance, History, Review } from '../model/review.ts';
import { HOUR, WEEK, type Instant } from '../model/time.ts';
import type { JudgedDependency, LeveledFinding } from '../model/verdict.ts';
import { verdictOf } from './enforce.ts';
import { mostSpecific } from './selectors.ts';

/** What the clock runs by; null where there is neither a section of the policy nor a baseline, so that none runs. */
export function reviewRules(policy: Policy | null, baseline: Baseline | null): ReviewRules | null {
  return policy?.review ?? (baseline === null ? null : DEFAULT_REVIEW);
}

/** What is known of first appearances. */
export interface Clock {
  readonly rules: ReviewRules;
  readonly baseline: Pick<Baseline, 'seen' | 'accepted'> | null;
  readonly now: Instant;
}

/** The versions with a finding in the queue whose first appearance the baseline does not have, each `name@version`. */
export function undated(judged: readonly JudgedDependency[], clock: Clock): readonly string[] {
  const specs = judged
    .filter((one) => one.findings.some((finding) => isQueued(finding, one, clock.rules)))
    .map(({ dependency }) => specOf(dependency));
  const recorded = recordedTimes(clock);
  return [...new Set(specs)].filter((spec) => !recorded.has(spec));
}

/**
 * Gives every finding in the queue its review. Overdue warnings are errors in every phase; verdicts follow. `history`
 * answers for what `undated` names; null where there is none.
 */
export function reviewed(
  judged: readonly JudgedDependency[],
  history: History | null,
  clock: Clock,
): readonly JudgedDependency[] {
  const recorded = recordedTimes(clock);
  const firstSeen = (spec: string): Appearance => {
    const time = recorded.get(spec);
    if (time !== undefined) return { time, source: 'baseline', commit: null, orEarlier: false };
    return (
      history?.appearances.get(spec) ?? { time: clock.now, source: 'run', commit: null, orEarlier: history === null }
    );
  };
  return judged.map((one) => {
    const findings = one.findings.map((finding): LeveledFinding => {
      if (!isQueued(finding, one, clock.rules)) return finding;
      const review = reviewOf(finding, one, firstSeen(specOf(one.dependency)), clock);
      return { ...finding, review, level: review.overdue ? 'error' : finding.level };
    });
    const verdict = verdictOf(findings);
    // Without statement is also what the registry of a dependency gave no answer about as a whole.
    return { ...one, findings, verdict: one.verdict === 'unverified' && verdict !== 'fail' ? one.verdict : verdict };
  });
}

/**
 * Does the finding wait for a decision? Warnings do, about direct dependencies or all, and errors that somebody could
 * accept; what the baseline records of the bytes it has was decided when it was taken in.
 */
function isQueued(finding: LeveledFinding, one: JudgedDependency, { queue }: ReviewRules): boolean {
  const { dependency, baseline } = one;
  const isRecorded = (baseline === 'held' || baseline === 'known') && RECORDED.has(finding.code);
  if (isRecorded || finding.kind === 'unavailable') return false;
  if (finding.level === 'warning') return queue === 'all' || dependency.direct;
  return finding.level === 'error' && canBeAccepted(finding.code, bytesOf(one));
}

function reviewOf(finding: Finding, one: JudgedDependency, firstSeen: Appearance, clock: Clock): Review {
  const { rules, now } = clock;
  // While it was accepted nobody owed a decision; where that ended, one is due at once.
  const due = acceptedUntil(finding, bytesOf(one), clock) ?? firstSeen.time + rules.deadlineHours * HOUR;
  return { owner: ownerOf(rules, one.dependency, firstSeen.time), firstSeen, due, overdue: now >= due };
}

/** When the last acceptance of this finding on these bytes ended; null where there was none. */
function acceptedUntil({ code }: Finding, bytes: LockedBytes, { baseline, now }: Clock): Instant | null {
  return (baseline?.accepted ?? [])
    .filter((one) => one.code === code && one.until <= now && isOfBytes(one, bytes))
    .reduce<Instant | null>((last, { until }) => Math.max(last ?? until, until), null);
}

/**
 * Who decides: the owner of the package by the most specific rule, else who is on duty in the week it was first seen.
 * The rotation has no beginning: before `from` it went in the same order.
 */
export function ownerOf({ owners, rotation }: ReviewRules, one: PackageRef, firstSeen: Instant): string | null {
  const rule = mostSpecific(owners, one);
  if (rule !== null || rotation === null) return rule?.owner ?? null;
  const { from, people } = rotation;
  const week = Math.floor((firstSeen - from) / WEEK) % people.length;
  return people.at(week) ?? null;
}

/** What the acceptances of the baseline are now, for what is locked. */
export function acceptedStates(
  accepted: readonly AcceptedFinding[],
  locked: readonly LockedBytes[],
  now: Instant,
): readonly AcceptedState[] {
  return accepted.map((one) => {
    const dependencies = locked.filter((dependency) => specOf(dependency) === specOf(one));
    const state = (): AcceptedState['state'] => {
      if (dependencies.length === 0) return 'not-locked';
      if (!dependencies.some((dependency) => isOfBytes(one, dependency))) return 'other-bytes';
      if (accepts(one, now)) return 'active';
      return isTooLong(one.until, now) ? 'too-long' : 'expired';
    };
    return { accepted: one, state: state() };
  });
}

/**
 * First appearances of the baseline by `name@version`, the earliest where there are several. One that is still to come
 * would stop the clock.
 */
function recordedTimes({ baseline, now }: Clock): ReadonlyMap<string, Instant> {
  const times = new Map<string, Instant>();
  for (const one of baseline?.seen ?? []) {
    if (one.time <= now) times.set(specOf(one), Math.min(one.time, times.get(specOf(one)) ?? Infinity));
  }
  return times;
}
