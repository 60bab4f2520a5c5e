import type { Acceptance } from '../../baseline/accept.ts';
import { withSeen } from '../../baseline/seen.ts';
import { updateBaseline } from '../../baseline/update.ts';
import type { Baseline } from '../../model/baseline.ts';
import { versionId } from '../../model/package.ts';
import type { Report } from '../../model/report.ts';
import { strippingRegistries } from '../../policy/silent.ts';

/**
 * A first assay.lock starts the clock of whatever else waits for a decision now, as that of `assay update` does: until
 * then the team did not decide, whenever it installed a dependency.
 */
export function begunWith({ baseline, accepted }: Acceptance, report: Report): Baseline {
  const silent = strippingRegistries(report).dependencies;
  const update = updateBaseline(baseline, report.dependencies, { silent });
  const decided = new Set(accepted.map((one) => `${versionId(one)} ${one.code}`));
  const leftOut = update.leftOut.filter(({ dependency, codes }) =>
    codes.some((code) => !decided.has(`${versionId(dependency)} ${code}`)),
  );
  return withSeen({ ...update, baseline, leftOut }, null, Date.now());
}
