import { isAcceptable, type Baseline, type BaselineUpdate, type LeftOut, type SeenVersion } from '../model/baseline.ts';
import type { Dependency } from '../model/dependency.ts';
import { versionId } from '../model/package.ts';
import { groupBy } from '../model/group-by.ts';
import type { Appearances } from '../model/review.ts';
import type { Instant } from '../model/time.ts';

/** Versions an update left out, about which a decision waits since nobody yet knows when, each once. */
export function unseen({ baseline, leftOut }: BaselineUpdate): readonly Dependency[] {
  const recorded = new Set(baseline.seen.map(versionId));
  const waiting = groupBy(
    leftOut.filter(waits).map(({ dependency }) => dependency),
    versionId,
  );
  return [...waiting].flatMap(([id, [dependency]]) => (recorded.has(id) ? [] : [dependency]));
}

/**
 * The baseline of an update with when each version that was left out was first seen: as recorded before, else as the
 * lockfile's history says (null where nobody asked it), else now. A history that ends too early is not recorded, as the
 * whole of it says more.
 */
export function withSeen(update: BaselineUpdate, known: Appearances | null, now: Instant): Baseline {
  const added = unseen(update).flatMap((dependency): SeenVersion[] => {
    const appearance = known?.appearances.get(versionId(dependency));
    if (appearance?.orEarlier === true) return [];
    const { ecosystem, name, version } = dependency;
    // The file has times to the second.
    return [{ ecosystem, name, version, time: Math.floor((appearance?.time ?? now) / 1000) * 1000 }];
  });
  return { ...update.baseline, seen: [...update.baseline.seen, ...added] };
}

/**
 * Contradictions and missing answers never enter the queue; versions that have an entry were already decided; and what
 * a registry leaves out of everything is mended there, not decided version by version.
 */
function waits({ codes, kept, silent }: LeftOut): boolean {
  return !kept && !silent && codes.some(isAcceptable);
}
