import type { Capability } from './capability.ts';
import type { Dependency, Digest } from './dependency.ts';
import { FINDING_KINDS, type FindingCode } from './finding.ts';
import { hashText, sameHash, type Hash } from './hash.ts';
import { hashOfAll, type LockedBytes } from './locked-bytes.ts';
import { versionId, type Ecosystem, type PackageId, type VersionId, type VersionRef } from './package.ts';
import type { Identity } from './proof.ts';
import { DAY, type Instant } from './time.ts';
import { compareText, formatText } from './value.ts';

/** The part of an identity that stays the same from one release to the next; `signer` without its git ref. */
export type LastingIdentity = Pick<
  Identity,
  'issuer' | 'repository' | 'repositoryId' | 'ownerId' | 'workflow' | 'signer' | 'runner'
>;

/** A version and when it was published, as the registry said. */
export interface PublishedVersion {
  readonly version: string;
  readonly published: Instant | null;
}

/** One file of a version; `file` is its name, null where the version has one and nobody needs to tell it apart. */
export interface BaselineArtifact {
  readonly file: string | null;
  readonly hash: Hash;
}

/** One locked version that was verified. */
export interface BaselineVersion {
  /** In any order. */
  readonly artifacts: readonly [BaselineArtifact, ...BaselineArtifact[]];
  /** SHA-256 of the evidence that was verified (docs/evidence-digest.md says over what). */
  readonly evidence: Digest;
  /**
   * SHA-256 of what the lockfile's entry claimed then (docs/evidence-digest.md says over what). Without it nothing is
   * held.
   */
  readonly entry?: Digest;
  /**
   * Who built it. Where it had no provenance: how many earlier versions there were, none of which had any, or the
   * earlier version that had it and against which it was lost.
   */
  readonly provenance:
    | { readonly identity: LastingIdentity }
    | { readonly identity: null; readonly earlier: number }
    | { readonly identity: null; readonly lost: PublishedVersion };
  readonly publisher: string | null;
  /** Who released it after it was staged; left out where nobody did. */
  readonly approver?: string;
  readonly published: Instant | null;
  /** What its files were read to reach; null where nothing asked for it. */
  readonly capabilities: readonly Capability[] | null;
  /** Left out where nothing stood against it. */
  readonly despite?: Despite;
}

/**
 * What stood against a version when it was taken in, because somebody had accepted it. Such a version is never held.
 */
export interface Despite {
  /** Sorted, at least one. */
  readonly codes: readonly FindingCode[];
  /** Who was expected to have built it; null where nobody was, or nothing showed who did. */
  readonly expected: LastingIdentity | null;
}

/** What was seen of one package. */
export interface BaselinePackage {
  readonly ecosystem: Ecosystem;
  /** The first version the registry said has provenance. */
  readonly since: PublishedVersion | null;
  /** Who built the highest stable version that was proven. Outlives that version's own entry. */
  readonly identity: LastingIdentity | null;
  /** The same for each prerelease channel of which one was, by its name. */
  readonly channels: ReadonlyMap<string, LastingIdentity>;
  readonly versions: ReadonlyMap<string, BaselineVersion>;
}

/** A finding that somebody decided to live with, on exactly these bytes, until a time. */
export interface AcceptedFinding extends VersionRef {
  /** The hash of the version's one artifact, or that of the list of several. */
  readonly bytes: Hash;
  readonly code: FindingCode;
  readonly by: string;
  readonly why: string;
  readonly until: Instant;
}

/** When a version that is not in the baseline was first seen. */
export interface SeenVersion extends VersionRef {
  readonly time: Instant;
}

/** The newest tree of a transparency log that was verified (https://c2sp.org/tlog-checkpoint). */
export interface LogHead {
  /** Of its checkpoints; of a Go checksum database the name of its key, as the checkpoints of all have one origin. */
  readonly origin: string;
  readonly size: number;
  /** SHA-256, hex. */
  readonly root: string;
}

/** What `assay.lock` says: what the team has seen and accepted. */
export interface Baseline {
  /** One of each origin. */
  readonly heads: readonly LogHead[];
  readonly packages: ReadonlyMap<PackageId, BaselinePackage>;
  readonly accepted: readonly AcceptedFinding[];
  readonly seen: readonly SeenVersion[];
}

/** A baseline as a run uses it. */
export interface BaselineInUse {
  /** Its path as it is to be reported. */
  readonly file: string;
  /** Null where there is no such file. */
  readonly content: Baseline | null;
  /** The version of its format where that is an older one, which an update replaces; left out otherwise. */
  readonly format?: number;
  /**
   * The same file where a pull request began. It alone says what is held and who is expected, so that a pull request
   * cannot bring its own; what is accepted is said by `content`. Null or left out where the run is not about one.
   */
  readonly base?: BaselineBase | null;
}

export interface BaselineBase {
  /** The git ref the base was found by. */
  readonly ref: string;
  /** The commit where the two part, hex; null where it could not be found. */
  readonly commit: string | null;
  /** Whether another policy governed there than does now; null where that cannot be said. */
  readonly policyChanged: boolean | null;
  /** Null where there was no such file, or it cannot be used. */
  readonly content: Baseline | null;
  /** The version of its format where that is an older one; left out otherwise. */
  readonly format?: number;
  /** Why it cannot be used, so that nothing is held; null where it can. */
  readonly problem: string | null;
  /** What of `content` counts, and the bytes that are known; left out where that is all of it. */
  readonly standing?: { readonly ruling: Baseline; readonly recorded: Baseline };
  /**
   * What its lockfiles named, and still do where it goes to. An entry of anything else was verified by nobody; left
   * out where all count.
   */
  readonly named?: ReadonlySet<VersionId>;
}

/** The baseline that says what is held and who is expected. */
export function rulingBaseline({ content, base }: BaselineInUse): Baseline | null {
  if (!base) return content;
  const { named } = base;
  const ruling = base.standing?.ruling ?? base.content;
  return ruling === null || named === undefined ? ruling : withoutUnnamed(ruling, named);
}

/** The baseline that says which bytes a version has, whether or not it is held. */
export function recordedBaseline(baseline: BaselineInUse | null): Baseline | null {
  if (!baseline?.base) return baseline?.content ?? null;
  return baseline.base.standing?.recorded ?? baseline.base.content;
}

/**
 * Without entries of what nothing named: a change that brought them alone would have them hold what the next one locks.
 */
function withoutUnnamed(baseline: Baseline, named: ReadonlySet<VersionId>): Baseline {
  const packages = new Map(
    [...baseline.packages].map(([id, known]): [PackageId, BaselinePackage] => {
      const versions = [...known.versions].filter(([version]) => named.has(`${id}@${version}`));
      return [id, { ...known, versions: new Map(versions) }];
    }),
  );
  return { ...baseline, packages };
}

export const EMPTY_BASELINE: Baseline = { heads: [], packages: new Map(), accepted: [], seen: [] };

/** Contradictions cannot be accepted, and no answer is nothing that could be. */
export function isAcceptable(code: FindingCode): boolean {
  const kind = FINDING_KINDS[code];
  return kind === 'advisory' || kind === 'loss' || kind === 'identity' || kind === 'gap' || kind === 'anomaly';
}

/** An acceptance is bound to bytes, so there has to be one hash that stands for all of them. */
export function canBeAccepted(code: FindingCode, locked: LockedBytes): boolean {
  return isAcceptable(code) && hashOfAll(locked) !== null;
}

type Standing = 'same' | 'part' | 'more' | 'other';

/** Hashes without the names of their files, any of which is enough for an installer. */
function setAgainst({ artifacts }: LockedBytes, recorded: BaselineVersion): Standing {
  const known = new Set(recorded.artifacts.map(({ hash }) => hashText(hash)));
  const hashes = artifacts.map(({ digests }) => digests.map(hashText).join(' '));
  const same = new Set(hashes.filter((hash) => known.has(hash))).size;
  const more = hashes.filter((hash) => !known.has(hash)).length;
  // Where one is gone and another is there, somebody put it in its place.
  if (same === 0 || (more > 0 && same < known.size)) return 'other';
  if (more > 0) return 'more';
  return same === known.size ? 'same' : 'part';
}

/**
 * How what a lockfile locks of a version stands to what the baseline has of it: `same` files with the same hashes, a
 * `part` of them (go.sum drops the zip of a module of which only the go.mod is still needed), `more` than were seen, or
 * `other`, where a file that both name has another hash, another besides, or none.
 */
export function lockedAgainst(locked: LockedBytes, recorded: BaselineVersion): Standing {
  const isSet = locked.artifacts.every(({ file }) => file === null);
  if (isSet && recorded.artifacts.some(({ file }) => file !== null)) return setAgainst(locked, recorded);
  const known = new Map(recorded.artifacts.map(({ file, hash }) => [file, hash]));
  let [same, more] = [0, 0];
  for (const { file, digests } of new Map(locked.artifacts.map((one) => [one.file, one])).values()) {
    const hash = known.get(file);
    const [only, other] = digests;
    if (hash === undefined) more += 1;
    else if (only !== undefined && other === undefined && sameHash(only, hash)) same += 1;
    else return 'other';
  }
  // None of the files that were verified: nothing ties them to it.
  if (same === 0 || locked.artifacts.length !== same + more) return 'other';
  if (more > 0) return 'more';
  return same === known.size ? 'same' : 'part';
}

/** What the bytes of a version are locked by, as one text. */
export function lockedHashes({ artifacts }: LockedBytes): string {
  return textOf(artifacts.map(({ file, digests }) => ({ file, hashes: digests })));
}

/** The same of a version as the baseline has it. */
export function recordedHashes({ artifacts }: BaselineVersion): string {
  return textOf(artifacts.map(({ file, hash }) => ({ file, hashes: [hash] })));
}

/** A file's name is written so that none reads like the hash of another one. */
function textOf(artifacts: readonly { readonly file: string | null; readonly hashes: readonly Hash[] }[]): string {
  return artifacts
    .map(({ file, hashes }) => [...(file === null ? [] : [formatText(file)]), ...hashes.map(hashText)].join(' '))
    .sort(compareText)
    .join(' ');
}

/** Whether an acceptance is of exactly the bytes that are locked. */
export function isOfBytes(accepted: AcceptedFinding, locked: LockedBytes): boolean {
  const all = versionId(accepted) === versionId(locked) ? hashOfAll(locked) : null;
  return all !== null && sameHash(all, accepted.bytes);
}

/** The longest a finding may be accepted. */
export const MAX_ACCEPTED_DAYS = 366;

/**
 * Whether it holds at `now`. An end more than `MAX_ACCEPTED_DAYS` away, and a day for clocks that differ, never counts.
 */
export function accepts({ until }: AcceptedFinding, now: Instant): boolean {
  return now < until && !isTooLong(until, now);
}

export function isTooLong(until: Instant, now: Instant): boolean {
  return until - now > (MAX_ACCEPTED_DAYS + 1) * DAY;
}

/**
 * How a dependency stands to the baseline:
 * - held: these bytes were verified before; nothing was asked again in this run;
 * - known: these bytes were verified before, and again in this run;
 * - rewritten: other bytes were verified under this name and version;
 * - uncovered: the baseline does not have this version.
 */
export type BaselineState = 'held' | 'known' | 'rewritten' | 'uncovered';

/** What a version's evidence says beside its proofs, for a baseline and for what depends on it. */
export interface ReleaseRecord {
  /** SHA-256; null where the hash or the registry's signature was not proven. */
  readonly evidence: Digest | null;
  /** SHA-256 of what the lockfile's entry claims. */
  readonly entry: Digest;
  readonly publisher: string | null;
  readonly approver?: string;
  readonly published: Instant | null;
  /** When the first version of the package was published, as the registry said. */
  readonly firstPublished: Instant | null;
  /** The first version the registry says has provenance. */
  readonly provenanceSince: PublishedVersion | null;
  /**
   * Who the baseline, or an earlier version's proof, shows as expected; null where neither does, or it was not asked.
   */
  readonly expected: LastingIdentity | null;
}

/** A dependency that was not taken in. */
export interface LeftOut {
  readonly dependency: Dependency;
  /** What stands against it, sorted: what nobody accepted or, where all of it was, that. */
  readonly codes: readonly FindingCode[];
  /** Whether all of it was accepted by somebody; such a version is verified at every audit. */
  readonly accepted: boolean;
  /** Whether somebody could accept all that nobody did. */
  readonly acceptable: boolean;
  /** Whether the baseline has an entry of it, which stays as it is. */
  readonly kept: boolean;
  /** Whether all that stands against it is what its registry leaves out of everything it serves. */
  readonly silent: boolean;
}

export interface BaselineUpdate {
  readonly baseline: Baseline;
  /** As `specOf` writes them, sorted. */
  readonly added: readonly string[];
  readonly removed: readonly string[];
  /** No longer named, and kept, as a version that was left out is held to it. */
  readonly measures: readonly string[];
  /** Those of `added` against which something stands that was accepted. */
  readonly despite: readonly { readonly spec: string; readonly codes: readonly FindingCode[] }[];
  /** What is found still and was accepted until a time that has come. */
  readonly expired: readonly AcceptedFinding[];
  readonly unchanged: number;
  readonly leftOut: readonly LeftOut[];
}

/**
 * Findings that do not keep a version out: a historical gap, which the entry records, and what every audit reads from
 * the lockfile itself. Anything else would be hidden by an entry, which is not asked about again.
 */
export const RECORDED: ReadonlySet<FindingCode> = new Set([
  'provenance-missing',
  'history-exotic-dependency',
  'lockfile-unexpected-host',
]);

/** What is found of a dependency because its registry leaves evidence out. */
export const OF_SILENCE: ReadonlySet<FindingCode> = new Set(['evidence-stripped', 'provenance-advertised-absent']);
