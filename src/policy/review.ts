import {
  type AcceptedFinding,
  accepts,
  type Baseline,
  canBeAccepted,
  isOfBytes,
  isTooLong,
  OF_SILENCE,
  RECORDED,
  type SeenVersion,
} from '../model/baseline.ts';
import { bytesOf, type LockedBytes } from '../model/locked-bytes.ts';
import { type PackageRef, type VersionId, versionId } from '../model/package.ts';
import type { Dependency } from '../model/dependency.ts';
import type { Finding } from '../model/finding.ts';
import { DEFAULT_REVIEW, type Policy, type ReviewRules } from '../model/policy.ts';
import type { AcceptedState, Appearance, Appearances, Review } from '../model/review.ts';
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
  readonly accepted: readonly AcceptedFinding[];
  /** What the baseline says. */
  readonly seen: readonly SeenVersion[];
  /** What a change says that no review has seen yet: it counts where nothing shows an earlier time. */
  readonly brought: readonly SeenVersion[];
  /** The dependencies whose registry leaves evidence out of everything that it serves. */
  readonly silent: ReadonlySet<Dependency>;
  readonly now: Instant;
}

/** The versions with a finding in the queue whose first appearance the baseline does not have. */
export function undated(judged: readonly JudgedDependency[], clock: Clock): readonly VersionId[] {
  const versions = judged
    .filter((one) => one.findings.some((finding) => isQueued(finding, one, clock)))
    .map(({ dependency }) => versionId(dependency));
  const recorded = timesOf(clock.seen, clock.now);
  return [...new Set(versions)].filter((id) => !recorded.has(id));
}

/**
 * Gives every finding in the queue its review. Overdue warnings are errors in every phase; verdicts follow. `known`
 * answers for what `undated` names; null where there is none.
 */
export function reviewed(
  judged: readonly JudgedDependency[],
  known: Appearances | null,
  clock: Clock,
): readonly JudgedDependency[] {
  const recorded = timesOf([...clock.seen, ...clock.brought], clock.now);
  const firstSeen = (id: VersionId): Appearance => {
    const time = recorded.get(id);
    const shown = known?.appearances.get(id);
    if (time === undefined || (shown !== undefined && shown.time < time)) {
      return shown ?? { time: clock.now, source: 'run', commit: null, orEarlier: known === null };
    }
    return { time, source: 'baseline', commit: null, orEarlier: false };
  };
  return judged.map((one) => {
    const findings = one.findings.map((finding): LeveledFinding => {
      if (!isQueued(finding, one, clock)) return finding;
      const review = reviewOf(finding, one, firstSeen(versionId(one.dependency)), clock);
      return { ...finding, review, level: review.overdue ? 'error' : finding.level };
    });
    const verdict = verdictOf(findings);
    // Without statement is also what the registry of a dependency gave no answer about as a whole.
    return { ...one, findings, verdict: one.verdict === 'unverified' && verdict !== 'fail' ? one.verdict : verdict };
  });
}

/**
 * Does the finding wait for a decision? Warnings do, about direct dependencies or all, and errors that somebody could
 * accept; what the baseline records of the bytes it has was decided when it was taken in. What a registry leaves out of
 * everything is mended there and not decided version by version, unless somebody did that for a time.
 */
function isQueued(finding: LeveledFinding, one: JudgedDependency, clock: Clock): boolean {
  const { queue } = clock.rules;
  const { dependency, baseline } = one;
  const isRecorded = (baseline === 'held' || baseline === 'known') && RECORDED.has(finding.code);
  if (isRecorded || finding.kind === 'unavailable') return false;
  const isOfSilence = OF_SILENCE.has(finding.code) && clock.silent.has(dependency);
  if (isOfSilence && acceptedUntil(finding, bytesOf(one), clock) === null) return false;
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
function acceptedUntil({ code }: Finding, bytes: LockedBytes, { accepted, now }: Clock): Instant | null {
  return accepted
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
    const dependencies = locked.filter((dependency) => versionId(dependency) === versionId(one));
    const state = (): AcceptedState['state'] => {
      if (dependencies.length === 0) return 'not-locked';
      if (!dependencies.some((dependency) => isOfBytes(one, dependency))) return 'other-bytes';
      if (accepts(one, now)) return 'active';
      return isTooLong(one.until, now) ? 'too-long' : 'expired';
    };
    return { accepted: one, state: state() };
  });
}

/** When each was first seen, the earliest of several. A time that is still to come would stop the clock. */
function timesOf(seen: readonly SeenVersion[], now: Instant): ReadonlyMap<VersionId, Instant> {
  const times = new Map<VersionId, Instant>();
  for (const one of seen) {
    if (one.time <= now) times.set(versionId(one), Math.min(one.time, times.get(versionId(one)) ?? Infinity));
  }
  return times;
}
