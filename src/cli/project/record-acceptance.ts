import type { Acceptance } from '../../baseline/accept.ts';
import { withSeen } from '../../baseline/seen.ts';
import { isProven, updateBaseline } from '../../baseline/update.ts';
import type { Baseline } from '../../model/baseline.ts';
import { versionId } from '../../model/package.ts';
import type { Report } from '../../model/report.ts';
import type { JudgedDependency } from '../../model/verdict.ts';
import { strippingRegistries } from '../../policy/silent.ts';
import { writeBaseline } from './files.ts';
import type { Project } from './folder.ts';

/**
 * Writes into assay.lock what was accepted of these dependencies of a report. Returns what there is to say of it, with
 * `next` for where the file was begun by that.
 */
export function recordAcceptance(
  { path, baseline }: Pick<Project, 'path' | 'baseline'>,
  acceptance: Acceptance,
  judged: readonly JudgedDependency[],
  { report, next }: { readonly report: Report; readonly next: string },
) {
  const isNew = baseline.content === null;
  const written = isNew ? begunWith(acceptance, report) : acceptance.baseline;
  writeBaseline(path, baseline, written);
  const begun = isNew ? { isWaiting: written.seen.length > 0, next } : null;
  return { ...acceptance, isTakenIn: judged.some(isProven), format: baseline.format, begun };
}

/**
 * A first assay.lock starts the clock of whatever else waits for a decision now, as that of `assay update` does: until
 * then the team did not decide, whenever it installed a dependency.
 */
function begunWith({ baseline, accepted }: Acceptance, report: Report): Baseline {
  const silent = strippingRegistries(report).dependencies;
  const update = updateBaseline(baseline, report.dependencies, { silent });
  const decided = new Set(accepted.map((one) => `${versionId(one)} ${one.code}`));
  const leftOut = update.leftOut.filter(({ dependency, codes }) =>
    codes.some((code) => !decided.has(`${versionId(dependency)} ${code}`)),
  );
  return withSeen({ ...update, baseline, leftOut }, null, Date.now());
}
