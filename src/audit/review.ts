import type { LockfileAuditOptions } from './options.ts';
import type { ReviewUsed } from '../model/report.ts';
import type { PlacedFinding } from '../model/dependency.ts';
import type { JudgedDependency } from '../model/verdict.ts';
import { reviewed, reviewRules, undated } from '../policy/review.ts';
import { strippingRegistries } from '../policy/silent.ts';

/**
 * The clock: which findings wait for a decision, whose it is, and since when. `ofLockfiles` are the findings that are
 * about no dependency.
 */
export async function review(
  judged: readonly JudgedDependency[],
  ofLockfiles: readonly PlacedFinding[],
  { policy, baseline, now, askAppearances }: LockfileAuditOptions,
): Promise<{ dependencies: readonly JudgedDependency[]; used: ReviewUsed | null }> {
  const content = baseline?.content ?? null;
  const rules = reviewRules(policy?.policy ?? null, content);
  if (rules === null) return { dependencies: judged, used: null };
  // A pull request cannot put off what was first seen before it: its own lines count where they are earlier. But a
  // team's clock starts with its first baseline.
  const base = baseline?.base ?? null;
  const ruling =
    base === null || (base.content === null && base.problem === null)
      ? content
      : (base.standing?.ruling ?? base.content);
  const seen = ruling?.seen ?? [];
  const brought = ruling === content ? [] : (content?.seen ?? []);
  const silent = strippingRegistries({ dependencies: judged, lockfiles: [{ findings: ofLockfiles }] }).dependencies;
  const clock = { rules, accepted: content?.accepted ?? [], seen, brought, silent, now };
  const versions = undated(judged, clock);
  const known = versions.length === 0 || askAppearances === undefined ? null : await askAppearances(versions);
  const dependencies = reviewed(judged, known, clock);
  const reviews = dependencies.flatMap(({ findings }) => findings.flatMap((finding) => finding.review ?? []));
  const { deadlineHours, queue } = rules;
  const overdue = reviews.filter((each) => each.overdue).length;
  return {
    dependencies,
    used: { deadlineHours, queue, pending: reviews.length, overdue, shallow: known?.shallow ?? false },
  };
}
