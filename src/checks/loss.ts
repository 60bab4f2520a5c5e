import type { BaselinePackage } from '../model/baseline.ts';
import type { Manifest, Packument } from '../model/evidence.ts';
import { finding, type Finding } from '../model/finding.ts';
import { checkBaselineLoss, firstAfter } from './baseline.ts';
import { countEarlier, lastWithProvenance, provenanceSince, releaseLine, stableBefore } from './history.ts';

/**
 * Was anything lost? For a version whose manifest claims no provenance. One of the last releases of its line that had it,
 * or of those in `seen`, was published by somebody else or without a token, or depends on less, or runs less at install:
 * lost. So a bad release does not pass behind another one, whether that had provenance (of a repository of its own) or
 * not. Otherwise, or where only another line had it: lost elsewhere. None ever had: a historical gap.
 */
export function checkLoss(packument: Packument, version: string, seen: readonly string[] = []): Finding {
  const never = (): Finding => {
    const at = packument.time.get(version) ?? null;
    return finding('provenance-missing', {
      earlier: countEarlier(packument, version),
      ...firstAfter(provenanceSince(packument), at),
    });
  };
  if (packument.withProvenance.size === 0) return never();
  const proven = stableBefore(packument, version).filter(({ provenance }) => provenance);
  const before = proven.at(-1);
  if (before !== undefined) {
    const { published } = before;
    const others = [...proven.slice(-COMPARED).map((one) => one.version), ...seen];
    const publisher = samePublisher(packument, others, version);
    return publisher === null
      ? finding('provenance-lost', { predecessor: before.version, published })
      : finding('provenance-lost-elsewhere', { version: before.version, sameLine: true, published, publisher });
  }
  const nearest = lastWithProvenance(packument, version);
  if (nearest === null) return never();
  const sameLine = releaseLine(nearest.version) === releaseLine(version);
  return finding('provenance-lost-elsewhere', { version: nearest.version, sameLine, published: nearest.published });
}

/** Whoever holds a stolen token could publish as many with provenance of their own before one without it. */
const COMPARED = 5;

/**
 * The account that published all these versions, where the latest adds no dependency and no install script to any:
 * maintainers who publish by hand now and then look like this (bench/README.md has the numbers). Null for anything else;
 * what is not known counts as changed.
 */
function samePublisher({ versions }: Packument, before: readonly string[], after: string): string | null {
  const is = versions.get(after);
  const by = is?.publisher ?? null;
  if (is === undefined || by === null) return null;
  const isSame = (version: string): boolean => {
    const was = versions.get(version);
    if (was?.publisher?.name !== by.name || was.publisher.trustedPublisher !== by.trustedPublisher) return false;
    return !addsDependency(was, is) && !changesInstall(was, is);
  };
  return before.every(isSame) ? by.name : null;
}

function addsDependency(was: Manifest, is: Manifest): boolean {
  return Object.keys(is.dependencies).some((name) => !Object.hasOwn(was.dependencies, name));
}

function changesInstall(was: Manifest, is: Manifest): boolean {
  return Object.entries(is.installScripts).some(([name, command]) => was.installScripts[name] !== command);
}

/**
 * The same with what the baseline remembers, which a registry that tells it otherwise does not undo: what it had seen with
 * provenance is compared, too, and stands where the history forgets it or names another publisher. Null where there is
 * neither history nor memory.
 */
export function checkLossAgainst(
  known: BaselinePackage | null,
  packument: Packument | null,
  version: string,
): Finding | null {
  const remembered = checkBaselineLoss(known, version, packument?.time.get(version) ?? null);
  if (packument === null) return remembered;
  if (remembered === null) return checkLoss(packument, version);
  const seen = versionIn(remembered);
  const told = checkLoss(packument, version, remembered.code === 'provenance-lost' ? [seen] : []);
  if (told.code === 'provenance-lost') return told;
  const publisher = known?.versions.get(seen)?.publisher ?? null;
  const isKnown = publisher === null || publisher === packument.versions.get(seen)?.publisher?.name;
  return packument.withProvenance.has(seen) && isKnown ? told : remembered;
}

function versionIn(loss: Finding): string {
  if (loss.code === 'provenance-lost') return loss.args.predecessor;
  return loss.code === 'provenance-lost-elsewhere' ? loss.args.version : '';
}
