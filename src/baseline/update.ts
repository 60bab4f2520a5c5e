import {
  canBeAccepted,
  isOfBytes,
  lockedAgainst,
  OF_SILENCE,
  RECORDED,
  type AcceptedFinding,
  type Baseline,
  type BaselineArtifact,
  type BaselinePackage,
  type BaselineUpdate,
  type BaselineVersion,
  type LastingIdentity,
  type LeftOut,
  type LogHead,
  type PublishedVersion,
} from '../model/baseline.ts';
import { bytesOf } from '../model/locked-bytes.ts';
import type { Capability } from '../model/capability.ts';
import { STABLE } from '../model/channel.ts';
import {
  packageId,
  type PackageId,
  packageRef,
  specOf,
  type VersionId,
  versionId,
  type VersionRef,
} from '../model/package.ts';
import { conventionsOf } from '../ecosystems/conventions/index.ts';
import type { Dependency } from '../model/dependency.ts';
import { newestHeads } from '../model/log-seen.ts';
import type { FindingCode } from '../model/finding.ts';
import { accountOf, withoutRef, type Identity } from '../model/proof.ts';
import type { Instant } from '../model/time.ts';
import type { JudgedDependency, LeveledFinding } from '../model/verdict.ts';
import { groupBy } from '../model/group-by.ts';
import { compareText, formatText } from '../model/value.ts';

/** What the audit found beside the dependencies. */
interface Beside {
  /** Those whose registry leaves evidence out of everything it serves. */
  readonly silent?: ReadonlySet<Dependency>;
  /** Trees of transparency logs that every tree of the run, the baseline's included, is proven to be a beginning of. */
  readonly heads?: readonly LogHead[];
}

/**
 * The baseline of what a lockfile names now, from an audit of all of it. Takes in what was proven and has nothing
 * against it but what was accepted; drops what is no longer named, unless it is what a version that was left out is
 * held to, which would pass next time without it; leaves every other entry as it is. Of a package that stays named, the
 * identity and since when it has provenance outlive its versions.
 */
export function updateBaseline(
  old: Baseline | null,
  judged: readonly JudgedDependency[],
  { silent = new Set(), heads = [] }: Beside = {},
): BaselineUpdate {
  const packages = new Map<PackageId, BaselinePackage>();
  const leftOut: LeftOut[] = [];
  const added: string[] = [];
  const despite: { spec: string; codes: readonly FindingCode[] }[] = [];
  const measures: string[] = [];
  const named = new Set(judged.map(({ dependency }) => versionId(dependency)));
  const held = new Set<VersionId>();
  let unchanged = 0;
  for (const [id, ofName] of groupBy(judged, ({ dependency }) => packageId(dependency))) {
    const { ecosystem, name } = packageRef(id);
    const before = old?.packages.get(id) ?? null;
    const versions = new Map<string, BaselineVersion>();
    for (const [version, same] of groupBy(ofName, ({ dependency }) => dependency.version)) {
      const kept = before?.versions.get(version) ?? null;
      const refused = same.filter((one) => one.baseline !== 'held' && !isTakenIn(one));
      leftOut.push(...refused.map((one) => leftOutOf(one, kept !== null, silent)));
      const entry = (kept && refreshed(kept, same)) ?? (refused.length > 0 ? null : entryOf(same));
      if (entry === null) continue;
      versions.set(version, entry);
      const spec = specOf({ ecosystem, name, version });
      if (kept !== null) unchanged += 1;
      else added.push(spec);
      if (kept === null && entry.despite !== undefined) despite.push({ spec, codes: entry.despite.codes });
    }
    const isWaiting = leftOut.some(({ dependency, kept }) => packageId(dependency) === id && !kept);
    for (const [version, entry] of isWaiting ? (before?.versions ?? []) : []) {
      if (named.has(`${id}@${version}`)) continue;
      versions.set(version, entry);
      held.add(`${id}@${version}`);
      measures.push(specOf({ ecosystem, name, version }));
    }
    const since = earliest(before?.since ?? null, before === null && versions.size === 0 ? null : sinceOf(ofName));
    const latest = latestIdentities({ ecosystem, versions });
    const identity = latest.identity ?? before?.identity ?? null;
    const channels = new Map([...(before?.channels ?? []), ...latest.channels]);
    if (versions.size > 0 || since !== null || identity !== null || channels.size > 0) {
      packages.set(id, { ecosystem, since, identity, channels, versions });
    }
  }
  const waiting = new Set(leftOut.filter(({ kept }) => !kept).map(({ dependency }) => versionId(dependency)));
  const recorded = [...(old?.packages ?? [])].flatMap(([id, { versions }]) =>
    [...versions.keys()].map((version) => ({ ...packageRef(id), version })),
  );
  const isDropped = (one: VersionRef): boolean => !named.has(versionId(one)) && !held.has(versionId(one));
  return {
    baseline: {
      heads: newestHeads([...(old?.heads ?? []), ...heads]),
      packages,
      accepted: (old?.accepted ?? []).filter((one) => named.has(versionId(one))),
      seen: (old?.seen ?? []).filter((one) => waiting.has(versionId(one))),
    },
    added: added.sort(),
    removed: recorded.filter(isDropped).map(specOf).sort(),
    measures: measures.sort(),
    despite,
    expired: expiredOf(old?.accepted ?? [], judged),
    unchanged,
    leftOut,
  };
}

/** Whether enough of it is proven for an entry. What was only accepted is verified at every audit. */
export function isProven(one: JudgedDependency): boolean {
  return entryOf([one]) !== null;
}

function isTakenIn(one: JudgedDependency): boolean {
  if (!isProven(one)) return false;
  return against(one).every(({ accepted }) => accepted !== undefined);
}

/** What an entry would hide. */
function against({ findings }: JudgedDependency): readonly LeveledFinding[] {
  return findings.filter((finding) => finding.kind !== 'note' && !RECORDED.has(finding.code));
}

/** The codes of these findings, once each, sorted. */
function codesOf(findings: readonly LeveledFinding[]): readonly FindingCode[] {
  return [...new Set(findings.map(({ code }) => code))].sort();
}

function leftOutOf(one: JudgedDependency, kept: boolean, silent: ReadonlySet<Dependency>): LeftOut {
  const findings = against(one);
  const undecided = findings.filter(({ accepted }) => accepted === undefined);
  const accepted = findings.length > 0 && undecided.length === 0;
  const codes = codesOf(accepted ? findings : undecided);
  const acceptable = undecided.length > 0 && undecided.every(({ code }) => canBeAccepted(code, bytesOf(one)));
  const isSilent = silent.has(one.dependency) && codes.every((code) => OF_SILENCE.has(code));
  return { dependency: one.dependency, codes, accepted, acceptable, kept, silent: isSilent };
}

/** What was accepted of the bytes that are locked, and is found without being accepted now: only its time has come. */
function expiredOf(decided: readonly AcceptedFinding[], judged: readonly JudgedDependency[]): AcceptedFinding[] {
  return decided.filter((past) =>
    judged.some((one) => {
      const { findings } = one;
      return (
        isOfBytes(past, bytesOf(one)) && findings.some(({ code, level }) => code === past.code && level !== 'note')
      );
    }),
  );
}

/** The artifacts with the hashes that were proven; null unless each has one. */
function artifactsOf({ dependency, proofs }: JudgedDependency): BaselineVersion['artifacts'] | null {
  const [{ archive }] = dependency.artifacts;
  // Where the lockfile can lock no hash, the entry does.
  const signed = proofs.signature === null ? [] : [proofs.signature.integrity];
  const hashes = archive === undefined ? (proofs.integrity?.digests ?? []) : signed;
  if (hashes.length !== dependency.artifacts.length) return null;
  const named = dependency.artifacts.flatMap(({ file }, at): BaselineArtifact[] => {
    const hash = hashes[at];
    const name = proofs.integrity?.files?.[at] ?? file;
    return hash === undefined ? [] : [{ file: name, hash: { algorithm: hash.algorithm, hex: hash.hex } }];
  });
  // As they stand in the file, so that an entry is the same before and after it is written.
  const [first, ...others] = named.sort((a, b) => compareText(writtenName(a), writtenName(b)));
  return first === undefined ? null : [first, ...others];
}

function writtenName({ file }: BaselineArtifact): string {
  return file === null ? '' : `${formatText(file)} `;
}

/** The entry of a version that is taken in; null where nothing proves it. */
function entryOf(same: readonly JudgedDependency[]): BaselineVersion | null {
  const [first] = same;
  if (first === undefined || first.release === null) return null;
  const artifacts = artifactsOf(first);
  if (artifacts === null) return null;
  const { evidence, entry: claims, publisher, approver, published, expected } = first.release;
  const provenance = provenanceOf(first);
  if (evidence === null || provenance === null) return null;
  const entry = {
    artifacts,
    evidence,
    entry: claims,
    provenance,
    publisher,
    ...(approver === undefined ? {} : { approver }),
    published: wholeSecond(published),
    capabilities: capabilitiesRead([first]),
  };
  const codes = codesOf(same.flatMap(against));
  return codes.length === 0 ? entry : { ...entry, despite: { codes, expected: expected && lasting(expected) } };
}

/**
 * What an entry may gain: what the version reaches, where nobody asked when it was made and it has been read now; and
 * what the lockfile claims of it, where that has changed and was verified again; and files that it had not.
 */
function refreshed(entry: BaselineVersion, same: readonly JudgedDependency[]): BaselineVersion {
  if (same.some(({ baseline }) => baseline === 'rewritten')) return entry;
  const verified = same.filter((one) => one.baseline === 'known' && isTakenIn(one));
  const claims = verified.length === same.length ? verified[0]?.release?.entry : undefined;
  const [first] = same;
  const hasMore = first !== undefined && lockedAgainst(first.dependency, entry) === 'more';
  if (hasMore && claims !== undefined) return entryOf(same) ?? entry;
  const capabilities = entry.capabilities ?? capabilitiesRead(same);
  return { ...entry, ...(claims === undefined ? {} : { entry: claims }), capabilities };
}

/**
 * What its files show, where they were read in this run. Nothing else is recorded: not what is unknown, nor what a
 * policy states.
 */
function capabilitiesRead(same: readonly JudgedDependency[]): readonly Capability[] | null {
  for (const { capabilities } of same) {
    if (capabilities?.source === 'tarball') return capabilities.places.map(({ capability }) => capability);
  }
  return null;
}

function provenanceOf({ dependency, proofs, findings }: JudgedDependency): BaselineVersion['provenance'] | null {
  if (proofs.provenance !== null) return { identity: lasting(proofs.provenance.identity) };
  if (!conventionsOf(dependency.ecosystem).hasProvenance) return { identity: null, earlier: 0 };
  for (const { code, args } of findings) {
    if (code === 'provenance-missing') return { identity: null, earlier: args.earlier };
    if (code === 'provenance-lost') return { identity: null, lost: lostFrom(args.predecessor, args.published) };
    if (code === 'provenance-lost-elsewhere') return { identity: null, lost: lostFrom(args.version, args.published) };
  }
  return null;
}

function lostFrom(version: string, published: Instant | null): PublishedVersion {
  return { version, published: wholeSecond(published) };
}

/** Who built the highest version that was proven, of the stable ones and of each prerelease channel. */
export function latestIdentities({
  ecosystem,
  versions,
}: Pick<BaselinePackage, 'ecosystem' | 'versions'>): Pick<BaselinePackage, 'identity' | 'channels'> {
  const { compare, parse } = conventionsOf(ecosystem).versions;
  const latest = new Map<string, LastingIdentity>();
  const lowestFirst = [...versions].sort(([a], [b]) => compare(a, b) || compareText(b, a));
  for (const [version, { provenance }] of lowestFirst) {
    const channel = parse(version)?.channel;
    if (channel !== undefined && provenance.identity !== null) latest.set(channel, provenance.identity);
  }
  const identity = latest.get(STABLE) ?? null;
  latest.delete(STABLE);
  return { identity, channels: latest };
}

function lasting(identity: LastingIdentity & Partial<Pick<Identity, 'subject'>>): LastingIdentity {
  const { issuer, repository, repositoryId, ownerId, workflow, runner } = identity;
  const signer = accountOf(identity) ?? (identity.signer === null ? null : withoutRef(identity.signer));
  return { issuer, repository, repositoryId, ownerId, workflow, signer, runner };
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
