import type { AdvisoriesUsed } from './advisory.ts';
import type { AcceptedFinding, LogHead } from './baseline.ts';
import type { Comparison } from './comparison.ts';
import type { Place, SkippedEntry } from './dependency.ts';
import type { Queue } from './policy.ts';
import type { Instant } from './time.ts';
import { EXIT_STATUSES, type JudgedDependency, type LeveledFinding, type Phase, type Verdict } from './verdict.ts';

/** What was used to verify, so that a reader knows whose word the result rests on. */
export interface TrustUsed {
  /** "public-good" or the file that replaced it. */
  readonly root: string;
  /** SHA-256 of the trusted root's bytes, hex. */
  readonly rootDigest: string;
  /** Of each instance in use, the main one first. */
  readonly ages: readonly TrustAge[];
  readonly registries: readonly RegistryUsed[];
  /** Null where no repository publishes this trust. */
  readonly repository: TrustRepository | null;
  /** Transparency logs that were asked, each with the newest tree that all others of the run are the beginning of. */
  readonly logs: readonly LogHead[];
}

/** How old a trusted root is. */
export interface TrustAge {
  /** The instance that it is of. */
  readonly name: string;
  /** "public-good", "pinned", a file, a folder or an address. */
  readonly from: string;
  /** When it was last known to be the newest; null where nobody says. */
  readonly confirmed: Instant | null;
  /** What its TUF repository said, of an instance beside the main one; left out where none publishes it. */
  readonly repository?: TrustRepository;
}

/** What the TUF repository that publishes a trusted root said of it. */
export interface TrustRepository {
  readonly url: string;
  /**
   * `current`: it said in this run what is the newest. Else it gave no answer, one that does not hold, or was not
   * asked.
   */
  readonly state: 'current' | 'unavailable' | 'refused' | 'unasked';
  /** Why it is not current, in one line; hostile text. */
  readonly problem: string | null;
  /** When the trust that was used was last known to be the newest; null where nobody knows. */
  readonly confirmed: Instant | null;
  /** Whose copy of the root was used: the one that came with assay or in a file, or a newer one. */
  readonly origin: 'pinned' | 'repository';
  /** Of the metadata that were verified; null where there are none. */
  readonly versions: Readonly<Record<'root', number> & Record<'timestamp' | 'snapshot' | 'targets', number | null>>;
  /** When the first of the metadata that were verified expires; null where that is not known. */
  readonly expires: Instant | null;
}

export interface RegistryUsed {
  readonly url: string;
  /** Key ids that verified something, with who vouches for each. */
  readonly keys: readonly { readonly keyId: string; readonly origin: 'pinned' | 'configured' | 'registry' }[];
  /** What chose it: a setting with its file and line, a variable, or "default". Left out where that is not said. */
  readonly namedBy?: string;
}

/** The policy file that was applied. */
export interface PolicyUsed {
  readonly file: string;
  /** SHA-256 of its bytes, hex. */
  readonly digest: string;
  /**
   * What the file says in vain (names, globs, registries, times to come), by line. Empty where no lockfile was read.
   */
  readonly unused: readonly { readonly text: string; readonly line: number }[];
  /** Direct dependencies (`name@version`) that its critical set leaves out, sorted; empty where it names no set. */
  readonly outside: readonly string[];
}

/**
 * What became of one lockfile. Nothing is lost on the way: `entries` are `places` and those of `skipped`; `named` are
 * `judged`, `omitted` and `unchanged`.
 */
export interface LockfileUsed {
  /** Its path as it is shown. */
  readonly file: string;
  /** For people: "package-lock v3". */
  readonly format: string;
  /** Its path from the root of its repository, with forward slashes; as it is shown where it is in none. */
  readonly path: string;
  /** SHA-256 of its bytes, hex. */
  readonly digest: string;
  /** Entries read. */
  readonly entries: number;
  /** Entries that are places of dependencies. */
  readonly places: number;
  /** Entries that name no package to fetch, by reason; a reason that does not occur is left out. */
  readonly skipped: Readonly<Partial<Record<SkippedEntry['reason'], number>>>;
  /** Dependencies it names: distinct in name, version, hashes and source. */
  readonly named: number;
  readonly judged: number;
  /** Left out by --omit. */
  readonly omitted: number;
  /** Not looked at because they were there at the revision of `since`. */
  readonly unchanged: number;
  /** Null where the run is not about a change. */
  readonly since: SinceUsed | null;
  /** Where it says that code of the project takes part in installing; left out where it does not. */
  readonly hooks?: Place;
  /** What is wrong with it as a whole, or with something in it that is no dependency. */
  readonly findings: readonly LockfileFinding[];
}

/** A finding that is about no dependency, after policy. */
export interface LockfileFinding {
  readonly place: Place;
  readonly finding: LeveledFinding;
}

/** The revision that a lockfile was compared with. */
export interface SinceUsed {
  readonly ref: string;
  /** Where HEAD and `ref` part, hex. */
  readonly commit: string;
  /** Whether the lockfile was there. Where it was not, or could not be read, everything in it is looked at. */
  readonly found: boolean;
  /** Why it could not be read there; null where it could, or was not there. Hostile text. */
  readonly problem: string | null;
  /** What was not looked at: `name@version`, sorted, each once. */
  readonly unchanged: readonly string[];
  /** What was there and is no longer: `name@version`, sorted, each once. */
  readonly removed: readonly string[];
}

/** A lockfile that was found and could not be audited. */
export interface UnreadLockfile {
  readonly file: string;
  /** Its path from the root of its repository, with forward slashes; left out where that is `file`. */
  readonly path?: string;
  /** What is wrong and what to do, in one line; hostile text. */
  readonly problem: string;
}

export interface Counts {
  /** Lockfile entries read: places of dependencies, and skipped ones. */
  readonly entries: number;
  readonly skipped: number;
  /** Dependencies left out by --omit. */
  readonly omitted: number;
  /** Dependencies not looked at because they were there at the revision of --since. */
  readonly unchanged: number;
  /** Dependencies that were judged: distinct in name, version, hashes and source. */
  readonly dependencies: number;
  readonly pass: number;
  readonly warn: number;
  readonly fail: number;
  readonly unverified: number;
  /** How many dependencies have each proof. */
  readonly integrity: number;
  readonly signature: number;
  readonly publish: number;
  readonly provenance: number;
  readonly bytes: number;
  readonly installed: number;
}

/** What the baseline was to a run; where there is a base, that of the base. Versions are `name@version`, sorted. */
export interface BaselineUsed {
  readonly file: string;
  /** Whether the file is there. */
  readonly found: boolean;
  /** Dependencies whose bytes it holds, so that nothing was asked. */
  readonly held: number;
  /** Versions that were judged and it does not have. */
  readonly uncovered: readonly string[];
  /** Versions it has and no lockfile names. */
  readonly unused: readonly string[];
  /** The version of its format where that is an older one; left out otherwise. */
  readonly format?: number;
  /** Where the pull request began; null outside of one. */
  readonly base: BaselineBaseUsed | null;
}

/** The base of a pull request, and what the pull request does to the baseline. */
export interface BaselineBaseUsed {
  readonly ref: string;
  /** Hex; null where it could not be found. */
  readonly commit: string | null;
  /** Whether the file was there. */
  readonly found: boolean;
  /** Whether another policy governed there than does in this run; null where that cannot be said. */
  readonly policyChanged: boolean | null;
  /** Why nothing is held; null where the base was read. */
  readonly problem: string | null;
  /** Entries (or, of a package's own lines, its name) that were there and read otherwise now. */
  readonly edited: readonly string[];
  /** Entries (or names, of a package's own lines) that are new and not what an update would write. */
  readonly unfounded: readonly string[];
  /** Entries that were there and are not, although the lockfile names them. */
  readonly removed: readonly string[];
  /** What --omit would have left out, and was judged as the pull request changes lines of it. */
  readonly despiteOmit: readonly string[];
  /** What is accepted now and was not, or not so. */
  readonly accepted: readonly AcceptedFinding[];
}

/** The queue of a run. */
export interface ReviewUsed {
  readonly deadlineHours: number;
  readonly queue: Queue;
  /** Findings that wait for a decision, and how many of them are overdue. */
  readonly pending: number;
  readonly overdue: number;
  /** Whether a first appearance may be earlier than said because the clone is shallow. */
  readonly shallow: boolean;
}

/** The tarballs that were read in a run. */
export interface BytesUsed {
  /** Those with the hash that they must have. */
  readonly tarballs: number;
  /** Bytes of these. */
  readonly size: number;
  /** How many of them came from a cache of this machine. */
  readonly cached: number;
  /** Versions (`name@version`) of which a cache had other bytes. */
  readonly corrupt: readonly string[];
  /** How many of them a clone has the same files of; left out where none was compared. */
  readonly inRepositories?: number;
}

/** What was compared in node_modules. */
export interface InstalledUsed {
  /** Copies of packages that were compared. */
  readonly copies: number;
  /** Files that are the same as in their tarballs. */
  readonly files: number;
  /** Dependencies (`name@version`) that are not, or not everywhere, where the lockfile has them. */
  readonly absent: readonly string[];
  /** Packages in node_modules, by path, that the lockfile does not name. */
  readonly unlocked: readonly string[];
}

/** The result of one run; every output format is written from this and nothing else. */
export interface Report {
  readonly tool: { readonly name: 'assay'; readonly version: string };
  /** When it began. */
  readonly time: Instant;
  /** The address of the repository it ran for, as the pipeline names it; null where none does. */
  readonly repository: string | null;
  /** Empty where versions were checked without one. */
  readonly lockfiles: readonly LockfileUsed[];
  /** Lockfiles beside these that say nothing: with any of them, no run passes. */
  readonly unread: readonly UnreadLockfile[];
  readonly verdict: Verdict;
  readonly enforce: Phase;
  /** Null where none was used. */
  readonly policy: PolicyUsed | null;
  readonly counts: Counts;
  readonly trust: TrustUsed;
  /** One for each folder with lockfiles; empty where none was looked for. */
  readonly baselines: readonly BaselineUsed[];
  /** The only one of `baselines`; null where there are none or several. */
  readonly baseline: BaselineUsed | null;
  /** Null where no clock runs: the policy says nothing of review, and there is no baseline. */
  readonly review: ReviewUsed | null;
  /** Null where no tarball was asked for. */
  readonly bytes: BytesUsed | null;
  /** Null where nobody asked what is installed. */
  readonly installed: InstalledUsed | null;
  /** Published records that versions were held to; empty where nobody names any. */
  readonly advisories: readonly AdvisoriesUsed[];
  readonly dependencies: readonly JudgedDependency[];
  /** What to decide about lost provenance and other builders, the gravest first; a limited number. */
  readonly explanations: readonly Comparison[];
  readonly skipped: readonly SkippedEntry[];
}

/**
 * The exit status of a run. Where nothing is missing but a lockfile that could not be read, that is for the user to
 * mend (2), and no answer of a registry would.
 */
export function reportStatus(report: Pick<Report, 'verdict' | 'counts' | 'unread' | 'lockfiles'>): number {
  const { verdict, counts, unread, lockfiles } = report;
  const isAnswered = lockfiles.every(({ findings }) => findings.every(({ finding }) => finding.kind !== 'unavailable'));
  const isUnreadOnly = verdict === 'unverified' && counts.unverified === 0 && isAnswered && unread.length > 0;
  return isUnreadOnly ? 2 : EXIT_STATUSES[verdict];
}
