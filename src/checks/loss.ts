import type { BaselinePackage } from '../model/baseline.ts';
import type { Packument } from '../model/evidence.ts';
import { finding, type Finding } from '../model/finding.ts';
import { checkBaselineLoss } from './baseline.ts';
import { earlierVersions, hasTrustedPublisher, lastWithProvenance, predecessorOf, releaseLine } from './history.ts';

/**
 * Was anything lost? For a version whose manifest claims no provenance. The predecessor had it: lost. So it is where an
 * earlier release of the line had it from a trusted publisher and this one is by a token, so that a second bad release
 * does not pass behind the first. Another earlier version had it: lost elsewhere. None ever had: a historical gap.
 */
export function checkLoss(packument: Packument, version: string): Finding {
  const nearest = lastWithProvenance(packument, version);
  if (nearest === null) return finding('provenance-missing', { earlier: earlierVersions(packument, version).length });
  const { published } = nearest;
  const sameLine = releaseLine(nearest.version) === releaseLine(version);
  const isPredecessor = nearest.version === predecessorOf(packument, version)?.version;
  const wentAround = sameLine && nearest.trustedPublisher && !hasTrustedPublisher(packument, version);
  return isPredecessor || wentAround
    ? finding('provenance-lost', { predecessor: nearest.version, published })
    : finding('provenance-lost-elsewhere', { version: nearest.version, sameLine, published });
}

/**
 * The same with what the baseline remembers, which a registry whose history forgets it does not undo. Null where there
 * is neither history nor memory.
 */
export function checkLossAgainst(
  known: BaselinePackage | null,
  packument: Packument | null,
  version: string,
): Finding | null {
  const remembered = checkBaselineLoss(known, version, packument?.time.get(version) ?? null);
  const told = packument === null ? null : checkLoss(packument, version);
  if (remembered === null || told?.code === 'provenance-lost') return told;
  return remembered.code === 'provenance-lost' || told?.code !== 'provenance-lost-elsewhere' ? remembered : told;
}
