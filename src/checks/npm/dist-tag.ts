import { compareVersions } from '../../ecosystems/conventions/compare.ts';
import type { BaselinePackage } from '../../model/baseline.ts';
import type { Packument } from '../../model/evidence.ts';
import { finding, type Finding } from '../../model/finding.ts';
import { isStable, versionIn } from '../history.ts';
import { releaseBefore } from '../release.ts';

/**
 * Did the maintainers take it back from everybody who asks for no version in particular? A stable version that `latest`
 * is below, although that one was published earlier, and that no other tag announces. Nothing is said of a first one.
 */
export function checkDistTag(packument: Packument, version: string, known: BaselinePackage | null): Finding | null {
  if (releaseBefore(packument, version, known) === undefined) return null;
  const { distTags, time, versions } = packument;
  const latest = Object.hasOwn(distTags, 'latest') ? distTags['latest'] : undefined;
  if (latest === undefined || !versions.has(latest)) return null;
  const [last, asked] = [versionIn(packument, latest), versionIn(packument, version)];
  if (last === null || asked === null || !isStable(asked) || compareVersions(last, asked) >= 0) return null;
  const isAnnounced = Object.values(distTags).some((one) => {
    const tagged = versionIn(packument, one);
    return isStable(tagged) && tagged?.line === asked.line && compareVersions(tagged, asked) >= 0;
  });
  const [published, at] = [time.get(latest), time.get(version)];
  if (last.line !== asked.line || isAnnounced || published === undefined || at === undefined || published >= at) {
    return null;
  }
  return finding('history-dist-tag-moved-back', { latest, published });
}
