import type { Advisories } from '../advisories/match.ts';
import type { LockfileBefore } from './lockfile-changes.ts';
import type { ProjectManifests, ProjectSettings } from '../lockfiles/index.ts';
import type { BaselineInUse } from '../model/baseline.ts';
import type { BytesWanted, Sources } from '../ecosystems/ecosystem.ts';
import type { Dependency, Lockfile } from '../model/dependency.ts';
import type { RegistryKey } from '../model/evidence.ts';
import type { CopiesFound } from '../model/gathered.ts';
import type { LogSeen } from '../model/log-seen.ts';
import type { PolicyInUse } from '../model/policy.ts';
import type { TrustRepository } from '../model/report.ts';
import type { AskAppearances } from '../model/review.ts';
import type { Store } from '../model/store.ts';
import type { Instant } from '../model/time.ts';
import type { Phase } from '../model/verdict.ts';
import type { Thresholds } from '../model/trust.ts';
import type { Instance } from '../sigstore/instance.ts';
import type { TrustedRoot } from '../sigstore/trusted-root.ts';
import type { WitnessPolicy } from '../tlog/cosignature.ts';

/** The kinds of dependencies that may be left out. */
export const OMITTABLE = ['dev', 'optional', 'peer'] as const;
export type Omittable = (typeof OMITTABLE)[number];

export function isOmitted(dependency: Dependency, omit: readonly Omittable[]): boolean {
  return omit.some((kind) => dependency[kind]);
}

/** An instance with what is known of where its root comes from. */
export interface AgedInstance extends Instance {
  /** For the report: "pinned", a file, a folder or the address of a repository. */
  readonly from: string;
  /** When that root was known to be the newest; null where nobody says. */
  readonly confirmed: Instant | null;
  /** What the repository that publishes it said; left out where none does. */
  readonly repository?: TrustRepository;
}

export interface TrustOptions {
  readonly root: TrustedRoot;
  /** For the report: "public-good" or a file, and the SHA-256 of its bytes in hex. */
  readonly rootName: string;
  readonly rootDigest: string;
  /** The name of the main instance, which that root is of; what it is where left out. */
  readonly name?: string;
  /** When that root was known to be the newest, where a policy says so of a file. */
  readonly confirmed?: Instant | null;
  /** What its bundles have to show; the strict ones where left out. */
  readonly thresholds?: Thresholds;
  /** Who must have signed checkpoints of logs, beside the logs; null or left out where nobody must. */
  readonly witnesses?: WitnessPolicy | null;
  /** Further instances, which vouch for what the policy expects of them. */
  readonly instances?: readonly AgedInstance[];
  /** Registry keys the user configured, beside npm's. */
  readonly keys: readonly RegistryKey[];
  /** npm's keys by now, instead of the pinned ones. */
  readonly npmKeys?: readonly RegistryKey[];
  /** Other targets that were asked of the repository of this trust, as far as it has them. */
  readonly beside?: ReadonlyMap<string, Buffer>;
  /** For the report: what the repository of this trust said of it; left out where there is none. */
  readonly repository?: TrustRepository;
  /** What that repository says now, where it is asked meanwhile. */
  readonly newest?: () => Promise<TrustRepository | null>;
}

export interface AuditOptions extends LockfileAuditOptions {
  /** The lockfile's path as it is to be reported. */
  readonly file: string;
  readonly bytes: Uint8Array;
  /** The lockfile's path from the root of its repository, with forward slashes; `file` where left out. */
  readonly path?: string;
  /** The project's package.json texts, for lockfiles that do not say what the project itself asks for. */
  readonly manifests?: ProjectManifests;
  /** The project's own configuration of its package manager, which explains what a lockfile says. */
  readonly settings?: ProjectSettings;
}

/** How lockfiles that have been read are audited. */
export interface LockfileAuditOptions extends Sources {
  readonly trust: TrustOptions;
  readonly now: Instant;
  /** The phase, whatever the policy's is. */
  readonly enforce: Phase;
  readonly policy?: PolicyInUse | null;
  readonly omit: readonly Omittable[];
  /** Audit only what was not in the lockfile there; null or left out where the run is not about a change. */
  readonly since?: Since | null;
  /** What was verified before; null or left out where no baseline is in use. */
  readonly baseline?: BaselineInUse | null;
  /** Lockfiles that share the baseline and are not audited: what they name is no leftover of it. */
  readonly beside?: readonly Lockfile[];
  /** All registries that the lockfiles are about; those of what is audited where left out. */
  readonly registries?: ReadonlySet<string>;
  /** Ask and verify also what the baseline holds. */
  readonly reverify?: boolean;
  /** False asks for nothing but what the verdict needs; the report then explains nothing. */
  readonly explain?: boolean;
  /** Asked when versions came into the lockfile, where a decision about them waits and the baseline does not say. */
  readonly askAppearances?: AskAppearances;
  /** Find out what every direct dependency can reach, whether or not the policy asks. */
  readonly capabilities?: boolean;
  /** Hash every artifact; of npm's, hold its package.json against the registry's manifest. */
  readonly tarballs?: boolean;
  /** The folder of which copies (node_modules) are compared with the artifacts, which are then hashed as well. */
  readonly installed?: string | null;
  /** The same folder, of which only copies are compared that a build takes in place of what is locked (vendor/). */
  readonly vendored?: string | null;
  /**
   * The same folder, of whose dependencies that alone is compared which its package manager has downloaded or unpacked,
   * and would build from without hashing it again; nothing of those that it would fetch.
   */
  readonly kept?: string | null;
  /** Clones of repositories: what is made from their commits is held to these, and its bytes are hashed. */
  readonly checkouts?: BytesWanted['checkouts'];
  /** Keeps what was established for later runs; null or left out where nothing is to be kept. */
  readonly store?: Store | null;
  /** Records of malicious packages, as soon as they are read; null or left out where nobody names any. */
  readonly advisories?: Promise<Advisories> | null;
  /** The repository's address; null or left out where nothing names it. */
  readonly repository?: string | null;
  /** Called with what came of transparency logs, once the dependencies that they were asked about are assessed. */
  readonly onLogs?: (logs: readonly LogSeen[]) => void;
  /** Called after each dependency. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** A revision, with the lockfiles as they were there. */
export interface Since {
  readonly ref: string;
  /** Hex. */
  readonly commit: string;
  /** By the file as it is reported. One that is not named was not there. */
  readonly before: ReadonlyMap<string, LockfileBefore>;
}

/** How dependencies are audited, from wherever they come. */
export type DependencyOptions = Omit<
  LockfileAuditOptions,
  'omit' | 'since' | 'tarballs' | 'installed' | 'vendored' | 'kept' | 'checkouts'
> &
  Pick<Lockfile, 'scripts'> & {
    /** Has bytes read, and what is installed compared with them; null or left out where neither is wanted. */
    readonly compareBytes?: Omit<BytesWanted, 'assessing'> | null;
    /** Called with what came of copies that a chain found itself. */
    readonly onCopies?: (found: CopiesFound) => void;
  };
