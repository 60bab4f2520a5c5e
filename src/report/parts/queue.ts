import { canBeAccepted } from '../../model/baseline.ts';
import { bytesOf, type LockedBytes } from '../../model/locked-bytes.ts';
import type { Dependency } from '../../model/dependency.ts';
import { isNamedBy, type VersionRef } from '../../model/package.ts';
import type { Report } from '../../model/report.ts';
import type { AcceptedState, Review } from '../../model/review.ts';
import type { Instant } from '../../model/time.ts';
import type { JudgedDependency, LeveledFinding } from '../../model/verdict.ts';
import { compareText } from '../../model/value.ts';
import { groupBy } from '../../model/group-by.ts';
import { plainSpec } from '../words/messages.ts';
import { compareDependencies } from '../words/grouping.ts';
import { statementsOf, type Statement } from './statements.ts';

/** A finding that waits for a decision. */
type QueuedFinding = LeveledFinding & { readonly review: Review };

/** What waits about one version until the same time: one decision. */
export interface QueueItem {
  readonly dependency: Dependency;
  /** What a decision would be bound to. */
  readonly bytes: LockedBytes;
  readonly review: Review;
  readonly findings: readonly [QueuedFinding, ...QueuedFinding[]];
}

/** What `assay review` shows. */
export interface ReviewList {
  readonly report: Report;
  readonly now: Instant;
  /** What is due first comes first. */
  readonly items: readonly QueueItem[];
  readonly accepted: readonly AcceptedState[];
}

/**
 * The queue of a report and the acceptances beside it; where `specs` are given, only what they name.
 */
export function reviewList(
  report: Report,
  accepted: readonly AcceptedState[],
  specs: readonly string[],
  now: Instant,
): ReviewList {
  const isNamed = (one: VersionRef): boolean => specs.length === 0 || specs.some((spec) => isNamedBy(spec, one));
  const items = report.dependencies
    .filter(({ dependency }) => isNamed(dependency))
    .flatMap(itemsOf)
    .sort((a, b) => a.review.due - b.review.due || compareDependencies(a.dependency, b.dependency));
  const states = accepted
    .filter((each) => isNamed(each.accepted))
    .sort(
      ({ accepted: a }, { accepted: b }) =>
        compareText(a.name, b.name) || compareText(a.version, b.version) || compareText(a.code, b.code),
    );
  return { report, now, items, accepted: states };
}

function itemsOf(one: JudgedDependency): QueueItem[] {
  const { dependency, findings } = one;
  const bytes = bytesOf(one);
  const byDue = new Map<Instant, QueueItem>();
  for (const finding of findings) {
    const { review } = finding;
    if (review === undefined) continue;
    const queued = { ...finding, review };
    const others = byDue.get(review.due)?.findings;
    byDue.set(review.due, { dependency, bytes, review, findings: others ? [...others, queued] : [queued] });
  }
  return [...byDue.values()];
}

/** Versions of which the same is said, and about which the same person decides until the same time. */
export interface QueueGroup {
  readonly first: QueueItem;
  /** All of them, the first too. */
  readonly items: readonly QueueItem[];
  readonly statement: Statement;
}

/** The queue with what has one cause together, in the order of its first version. */
export function queueGroups(items: readonly QueueItem[]): readonly QueueGroup[] {
  return [...groupBy(items, groupKey).values()].flatMap((alike) => {
    const byDependency = new Map(alike.map((item) => [item.dependency, item]));
    const said = alike.map(({ dependency, findings }) => {
      return { dependency, place: dependency.places[0] ?? null, findings, critical: null };
    });
    return statementsOf(said).flatMap((statement) => {
      const stated = statement.items.flatMap(({ dependency }) => {
        return dependency === null ? [] : (byDependency.get(dependency) ?? []);
      });
      const [first] = stated;
      return first === undefined ? [] : [{ first, items: stated, statement }];
    });
  });
}

function groupKey({ dependency, bytes, review, findings }: QueueItem): string {
  const codes = findings.map(({ code }) => [code, canBeAccepted(code, bytes)]);
  return JSON.stringify([review, codes, dependency.artifacts[0].source.kind, plainSpec(dependency) === null]);
}
