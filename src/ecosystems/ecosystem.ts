import type { Checkout } from '../git/checkout.ts';
import type { Expectations, RegistryTrust, Trust, Verifying } from '../checks/known.ts';
import type { LogHead } from '../model/baseline.ts';
import type { Artifacts, Dependency, Lockfile, PackageManager } from '../model/dependency.ts';
import type { Evidence, RegistryKey, Validator } from '../model/evidence.ts';
import type { CopiesFound, GatheredBytes, GatheredCapabilities, InstalledCopies } from '../model/gathered.ts';
import type { History, Resolved } from '../model/history.ts';
import type { LogSeen } from '../model/log-seen.ts';
import type { Ecosystem } from '../model/package.ts';
import type { PolicyExpectation } from '../model/policy.ts';
import type { Store } from '../model/store.ts';
import type { Instant } from '../model/time.ts';
import type { Assessment } from '../model/verdict.ts';
import type { Registry } from '../registries/registry.ts';
import type { WitnessPolicy } from '../tlog/cosignature.ts';
import type { Conventions } from './conventions/conventions.ts';
import type { CratesSource } from './cargo/source.ts';
import type { GoSource } from './go/source.ts';
import type { PypiSource } from './pypi/source.ts';

/** The registries that a run can ask, a member for each kind, as `cli/project/registry.ts` makes them of settings. */
export interface Sources {
  /** All registries that serve npm packages, each asked for its own. */
  readonly registry: Registry;
  /** Who is asked about Go modules; left out where the run is about none. */
  readonly go?: GoSource;
  /** Who is asked about Python packages; left out where the run is about none. */
  readonly pypi?: PypiSource;
  /** Who is asked about crates; left out where the run is about none. */
  readonly crates?: CratesSource;
}

/** What is asked about packages beside the chain: to show one version beside another, and to name what is wanted. */
export interface Questions {
  /** The address of the registry that is asked for a package, without credentials. */
  readonly urlFor: (name: string) => string;
  /** Which setting, variable or default names an address that is asked; left out where a report does not say. */
  readonly namedBy?: (address: string) => string;
  readonly history: (name: string) => Promise<Evidence<History>>;
  /**
   * A history with who published its versions, as far as there is an answer; left out where a history has that by
   * itself.
   */
  readonly withPublishers?: (history: History) => Promise<History>;
  /** As the ecosystem's own tools pick a version for a range, or whatever else names one. */
  readonly resolve: (name: string, wanted: string) => Promise<Evidence<Resolved>>;
  /**
   * What stands in for a lockfile's entry of a version where there is no lockfile; left out where that is the one hash
   * that its history has.
   */
  readonly artifacts?: (name: string, version: string) => Promise<Artifacts>;
}

/** What the chain of one ecosystem is opened with: what its dependencies share in one run. */
export interface ChainContext {
  readonly sources: Sources;
  /** All that the run asks about, so that what is asked of many at once can be. */
  readonly dependencies: readonly Dependency[];
  readonly trust: Trust;
  readonly verifying: Verifying;
  /** Keeps for later runs what costs time to find out; null where nothing is kept. */
  readonly store: Store | null;
  /** Trees of transparency logs that were seen before this run. */
  readonly heads: KnownHeads;
  /** Who must have signed what a log says of its tree, beside the log; null where nobody must. */
  readonly witnesses: WitnessPolicy | null;
}

/** Trees of transparency logs as the baseline has them. */
export interface KnownHeads {
  /** Of the baseline that rules: whatever a log says now is held to them. */
  readonly kept: readonly LogHead[];
  /** Of the file as it is now, which a change may have written: held to what the log says. */
  readonly claimed: readonly LogHead[];
  /** As it is reported. */
  readonly file: string;
}

/** An assessment of a dependency that was asked about. */
export interface Answer {
  readonly assessment: Assessment;
  /**
   * How all that it rests on is recognised when it is asked for again; null where it must be asked for each time, as
   * there is no such mark or an answer is missing.
   */
  readonly validator: Validator | null;
}

/** What is to be done with the bytes of a dependency. */
export interface BytesWanted {
  /** The copies that are compared with them; null where nobody asks what is installed. */
  readonly installed: InstalledCopies | null;
  /**
   * The folder of the project, where the chain itself finds what a build takes in place of what is fetched; null where
   * nobody asks.
   */
  readonly folder: string | null;
  /**
   * Whether all that this machine has kept counts, and nothing is demanded: of what neither it nor the project has a
   * copy, nothing is read.
   */
  readonly onlyKept: boolean;
  /** What the dependency is of. */
  readonly lockfile: Lockfile;
  /** What all lockfiles of its folder name, as what is installed there is of all of them. */
  readonly named: readonly Dependency[];
  /** Clones of repositories, which what is made from their files is held to. */
  readonly checkouts: readonly Checkout[];
  readonly assessing: Promise<Assessment>;
}

/** The chain of an ecosystem in one run: from a lockfile's entry to whoever vouches for it, link by link. */
export interface Chain {
  /**
   * Told once of all that `assess` will be called for, before it is, so that what is asked of many at once can be; left
   * out where each is asked about by itself.
   */
  readonly begin?: (asked: readonly Dependency[]) => void;
  /** Whether the address in the lockfile may be another package's: then it is asked for, though a baseline has it. */
  readonly isUnclear: (dependency: Dependency, registry: string, expectation: PolicyExpectation) => boolean;
  /** What can be said of a dependency that is not asked about. */
  readonly assessUnasked: (dependency: Dependency, known: Expectations) => Assessment;
  /** Asks what the checks need to know of a dependency, and no more, and judges the answers. */
  readonly assess: (dependency: Dependency, known: Expectations, trust: RegistryTrust) => Promise<Answer>;
  /** The renewed mark of what an answer rested on, where that still is what it was; null for anything else. */
  readonly revalidate: (dependency: Dependency, validator: Validator, now: Instant) => Promise<Validator | null>;
  /**
   * Reads the bytes of a dependency, and holds them to what is known of them. Throws InstalledError where copies are to
   * be compared and none is there.
   */
  readonly bytes: (dependency: Dependency, wanted: BytesWanted) => Promise<GatheredBytes>;
  /** What came of the copies of all, once `bytes` was called for each; left out where `openInstalled` finds them. */
  readonly copies?: () => Promise<CopiesFound | null>;
  /** What its files can reach; null where the ecosystem has no reader for that. */
  readonly capabilities: ((dependency: Dependency) => Promise<GatheredCapabilities>) | null;
  /** What came of the transparency logs that were asked; left out where none is. */
  readonly logs?: () => Promise<readonly LogSeen[]>;
}

/** Registry keys that are known whatever a registry says of its own, and the TUF target that has those of today. */
export interface PinnedKeys {
  readonly pinned: readonly RegistryKey[];
  readonly target: string;
  /** SHA-256 of the document that the pinned keys are taken from, hex. */
  readonly digest: string;
  readonly parse: (json: unknown) => readonly RegistryKey[];
}

/** Everything that a stage asks of one ecosystem. No stage names one: each takes the record of its dependency. */
export interface EcosystemRecord {
  readonly id: Ecosystem;
  readonly conventions: Conventions;
  /** The ecosystem's own package manager. The others are those that its conventions have commands of. */
  readonly manager: PackageManager;
  /** Null where its registries sign nothing by keys that somebody else publishes. */
  readonly keys: PinnedKeys | null;
  readonly questions: (sources: Sources) => Questions;
  readonly openChain: (context: ChainContext) => Chain;
  /**
   * Finds the copies of what a lockfile names below its folder; null where that is up to the chain. Throws
   * InstalledError where none of it is there.
   */
  readonly openInstalled: ((root: string, lockfile: Lockfile) => Promise<InstalledCopies>) | null;
  /** Whether its package manager builds from what it once downloaded or unpacked without hashing that again. */
  readonly trustsKept: boolean;
  /** Whether its chain verifies Sigstore bundles, for many of which a thread is started. */
  readonly hasBundles: boolean;
}
