import { isAcceptable, type Baseline, type BaselineUpdate, type LeftOut, type SeenVersion } from '../model/baseline.ts';
import { specOf } from '../model/dependency.ts';
import type { LockfileHistory } from '../model/review.ts';
import type { Instant } from '../model/time.ts';

/** Versions an update left out, about which a decision waits since nobody yet knows when: each `name@version`. */
export function unseen({ baseline, leftOut }: BaselineUpdate): readonly string[] {
  const recorded = new Set(baseline.seen.map(specOf));
  const specs = leftOut.filter(waits).map(({ dependency }) => specOf(dependency));
  return [...new Set(specs)].filter((spec) => !recorded.has(spec));
}

/**
 * The baseline of an update with when each version that was left out was first seen: as recorded before, else as the
 * lockfile's history says (null where nobody asked it), else now. A history that ends too early is not recorded, as the
 * whole of it says more.
 */
export function withSeen(update: BaselineUpdate, history: LockfileHistory | null, now: Instant): Baseline {
  const missing = new Set(unseen(update));
  const added = new Map<string, SeenVersion>();
  for (const { dependency } of update.leftOut) {
    const spec = specOf(dependency);
    const appearance = history?.appearances.get(spec);
    if (!missing.has(spec) || appearance?.orEarlier === true) continue;
    const { name, version } = dependency;
    // The file has times to the second.
    added.set(spec, { name, version, time: Math.floor((appearance?.time ?? now) / 1000) * 1000 });
  }
  return { ...update.baseline, seen: [...update.baseline.seen, ...added.values()] };
}

/** Contradictions and missing answers never enter the queue; versions that have an entry were already decided. */
function waits({ codes, kept }: LeftOut): boolean {
  return !kept && codes.some(isAcceptable);
}
