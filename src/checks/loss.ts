import type { BaselinePackage } from '../model/baseline.ts';
import type { Manifest, Packument } from '../model/evidence.ts';
import { finding, type Finding } from '../model/finding.ts';
import { checkBaselineLoss } from './baseline.ts';
import { earlierVersions, lastWithProvenance, releaseLine, stableBefore } from './history.ts';

/**
 * Was anything lost? For a version whose manifest claims no provenance. The last release of its line that had it was
 * published by somebody else or without a token, or depends on less, or runs less at install: lost. So a second bad
 * release does not pass behind the first. Otherwise, or where only another line had it: lost elsewhere. None ever had:
 * a historical gap.
 */
export function checkLoss(packument: Packument, version: string): Finding {
  const before = stableBefore(packument, version).findLast(({ provenance }) => provenance);
  if (before !== undefined) {
    const { published } = before;
    const publisher = samePublisher(packument, before.version, version);
    return publisher === null
      ? finding('provenance-lost', { predecessor: before.version, published })
      : finding('provenance-lost-elsewhere', { version: before.version, sameLine: true, published, publisher });
  }
  const nearest = lastWithProvenance(packument, version);
  if (nearest === null) return finding('provenance-missing', { earlier: earlierVersions(packument, version).length });
  const sameLine = releaseLine(nearest.version) === releaseLine(version);
  return finding('provenance-lost-elsewhere', { version: nearest.version, sameLine, published: nearest.published });
}

/**
 * The account that published both versions, where the later one adds no dependency and no install script: maintainers
 * who publish by hand now and then look like this (bench/README.md has the numbers). Null for anything else; what is not
 * known counts as changed.
 */
function samePublisher({ versions }: Packument, before: string, after: string): string | null {
  const was = versions.get(before);
  const is = versions.get(after);
  const by = is?.publisher ?? null;
  if (was === undefined || is === undefined || was.publisher === null || by === null) return null;
  const same = was.publisher.name === by.name && was.publisher.trustedPublisher === by.trustedPublisher;
  return same && !addsDependency(was, is) && !changesInstall(was, is) ? by.name : null;
}

function addsDependency(was: Manifest, is: Manifest): boolean {
  return Object.keys(is.dependencies).some((name) => !Object.hasOwn(was.dependencies, name));
}

function changesInstall(was: Manifest, is: Manifest): boolean {
  return Object.entries(is.installScripts).some(([name, command]) => was.installScripts[name] !== command);
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
  if (packument === null) return remembered;
  const told = checkLoss(packument, version);
  if (remembered === null || told.code === 'provenance-lost') return told;
  return packument.withProvenance.has(versionIn(remembered)) ? told : remembered;
}

function versionIn(loss: Finding): string {
  if (loss.code === 'provenance-lost') return loss.args.predecessor;
  return loss.code === 'provenance-lost-elsewhere' ? loss.args.version : '';
}
