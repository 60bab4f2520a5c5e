import { finding, type Finding } from '../model/finding.ts';
import type { Packument } from '../model/evidence.ts';
import { earlierVersions, predecessorOf, releaseLine } from './history.ts';

/**
 * Was anything lost? For a version whose manifest claims no provenance. The predecessor had it: lost. Another earlier
 * version had it: lost elsewhere. None ever had: a historical gap.
 */
export function checkLoss(packument: Packument, version: string): Finding {
  const predecessor = predecessorOf(packument, version);
  if (predecessor?.provenance === true) {
    return finding('provenance-lost', { predecessor: predecessor.version, published: predecessor.published });
  }
  const earlier = earlierVersions(packument, version);
  const line = releaseLine(version);
  const had = earlier.filter((candidate) => candidate.provenance);
  // The nearest evidence first: the same line says more than another one.
  const nearest = had.filter((candidate) => releaseLine(candidate.version) === line).at(-1) ?? had.at(-1);
  if (nearest === undefined) return finding('provenance-missing', { earlier: earlier.length });
  return finding('provenance-lost-elsewhere', {
    version: nearest.version,
    sameLine: releaseLine(nearest.version) === line,
    published: nearest.published,
  });
}
