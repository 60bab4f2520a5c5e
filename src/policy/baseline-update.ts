import compare from 'semver/functions/compare.js';
import parse from 'semver/functions/parse.js';
import type {
  Baseline,
  BaselinePackage,
  BaselineUpdate,
  BaselineVersion,
  LastingIdentity,
  LeftOut,
  PublishedVersion,
} from '../model/baseline.ts';
import type { Capability } from '../model/capability.ts';
import type { FindingCode } from '../model/finding.ts';
import type { Identity } from '../model/proof.ts';
import type { JudgedDependency } from '../model/verdict.ts';

/**
 * Findings that do not keep a version out: a historical gap, which the entry records, and what every audit reads from the
 * lockfile itself. Anything else would be hidden by an entry, which is not asked about again.
 */
const RECORDED: ReadonlySet<FindingCode> = new Set([
  'provenance-missing',
  'history-exotic-dependency',
  'lockfile-unexpected-host',
]);

/**
 * The baseline of what a lockfile names now, from an audit of all of it. Takes in what was proven and has nothing against
 * it; drops what is no longer named; leaves every other entry as it is. Of a package that stays named, the identity and
 * since when it has provenance outlive its versions.
 */
export function updateBaseline(old: Baseline | null, judged: readonly JudgedDependency[]): BaselineUpdate {
  const packages = new Map<string, BaselinePackage>();
  const leftOut: LeftOut[] = [];
  const added: string[] = [];
  let unchanged = 0;
  for (const [name, ofName] of groupBy(judged, ({ dependency }) => dependency.name)) {
    const before = old?.packages.get(name) ?? null;
    const versions = new Map<string, BaselineVersion>();
    for (const [version, same] of groupBy(ofName, ({ dependency }) => dependency.version)) {
      const kept = before?.versions.get(version) ?? null;
      const refused = same.filter((one) => one.baseline !== 'held' && !isTakenIn(one));
      leftOut.push(...refused.map(leftOutOf));
      const entry = (kept && withCapabilities(kept, same)) ?? (refused.length > 0 ? null : entryOf(same));
      if (entry === null) continue;
      versions.set(version, entry);
      if (kept === null) added.push(`${name}@${version}`);
      else unchanged += 1;
    }
    const since = earliest(before?.since ?? null, before === null && versions.size === 0 ? null : sinceOf(ofName));
    const identity = latestIdentity(versions) ?? before?.identity ?? null;
    if (versions.size > 0 || since !== null || identity !== null) packages.set(name, { since, identity, versions });
  }
  const named = new Set(judged.map(({ dependency }) => `${dependency.name}@${dependency.version}`));
  const recorded = [...(old?.packages ?? [])].flatMap(([name, { versions }]) =>
    [...versions.keys()].map((version) => `${name}@${version}`),
  );
  return {
    baseline: {
      packages,
      accepted: (old?.accepted ?? []).filter(({ name, version }) => named.has(`${name}@${version}`)),
    },
    added: added.sort(),
    removed: recorded.filter((spec) => !named.has(spec)).sort(),
    unchanged,
    leftOut,
  };
}

function isTakenIn(one: JudgedDependency): boolean {
  if (entryOf([one]) === null) return false;
  return one.findings.every((finding) => finding.kind === 'note' || RECORDED.has(finding.code));
}

function leftOutOf({ dependency, findings }: JudgedDependency): LeftOut {
  const against = findings.filter((finding) => finding.kind !== 'note' && !RECORDED.has(finding.code));
  return {
    dependency,
    codes: [...new Set(against.map(({ code }) => code))].sort(),
    accepted: against.length > 0 && against.every(({ accepted }) => accepted !== undefined),
  };
}

/** The entry of a version that is taken in; null where nothing proves it. */
function entryOf([first]: readonly JudgedDependency[]): BaselineVersion | null {
  if (first === undefined || first.proofs.integrity === null || first.release === null) return null;
  const { algorithm, hex } = first.proofs.integrity;
  const { evidence, publisher, published } = first.release;
  const provenance = provenanceOf(first);
  if (evidence === null || provenance === null) return null;
  return {
    integrity: { algorithm, hex },
    evidence,
    provenance,
    publisher,
    published: wholeSecond(published),
    capabilities: capabilitiesRead([first]),
  };
}

/** An entry that was made when nobody asked what the version reaches gets that line, where it has been read now. */
function withCapabilities(entry: BaselineVersion, same: readonly JudgedDependency[]): BaselineVersion {
  const capabilities = same.every(({ baseline }) => baseline !== 'rewritten') ? capabilitiesRead(same) : null;
  return { ...entry, capabilities: entry.capabilities ?? capabilities };
}

/** What its files show, where they were read in this run. Nothing else is recorded: not what is unknown, nor what a policy states. */
function capabilitiesRead(same: readonly JudgedDependency[]): readonly Capability[] | null {
  for (const { capabilities } of same) {
    if (capabilities?.source === 'tarball') return capabilities.places.map(({ capability }) => capability);
  }
  return null;
}

function provenanceOf({ proofs, findings }: JudgedDependency): BaselineVersion['provenance'] | null {
  if (proofs.provenance !== null) return { identity: lasting(proofs.provenance.identity) };
  const gap = findings.find((finding) => finding.code === 'provenance-missing');
  return gap?.code === 'provenance-missing' ? { identity: null, earlier: gap.args.earlier } : null;
}

function lasting(identity: Identity): LastingIdentity {
  const { issuer, repository, repositoryId, ownerId, workflow, runner } = identity;
  const signer = identity.signer?.replace(/@[^@]*$/, '') ?? null;
  return { issuer, repository, repositoryId, ownerId, workflow, signer, runner };
}

/** Who built the highest version that was proven. */
function latestIdentity(versions: ReadonlyMap<string, BaselineVersion>): LastingIdentity | null {
  const proven = [...versions]
    .filter(([version, { provenance }]) => provenance.identity !== null && parse(version) !== null)
    .sort(([a], [b]) => compare(b, a) || (a < b ? -1 : 1));
  return proven[0]?.[1].provenance.identity ?? null;
}

function sinceOf(ofName: readonly JudgedDependency[]): PublishedVersion | null {
  const found = ofName.map(({ release }) => release?.provenanceSince ?? null).find((since) => since !== null);
  return found === undefined ? null : { ...found, published: wholeSecond(found.published) };
}

/** What was recorded first stays, unless something earlier shows. */
function earliest(before: PublishedVersion | null, now: PublishedVersion | null): PublishedVersion | null {
  if (before === null || now === null) return before ?? now;
  return now.published !== null && (before.published === null || now.published < before.published) ? now : before;
}

/** The file has times to the second. */
function wholeSecond(time: number | null): number | null {
  return time === null ? null : Math.floor(time / 1000) * 1000;
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
}
