import type { Capability } from './capability.ts';
import type { RegistryKey } from './evidence.ts';
import type { FindingCode } from './finding.ts';
import type { TextMatch } from './match.ts';
import type { Ecosystem } from './package.ts';
import type { Instant } from './time.ts';
import type { Thresholds } from './trust.ts';
import type { Level, Phase } from './verdict.ts';

/** The name a policy file has. */
export const POLICY_FILE = 'assay.yml';

/** Facts of an identity that a policy may demand, as the certificate says them. */
export const IDENTITY_FIELDS = [
  'repository',
  'workflow',
  'ref',
  'issuer',
  'owner',
  'runner',
  'trigger',
  'signer',
] as const;
export type IdentityField = (typeof IDENTITY_FIELDS)[number];

/** What is demanded of who built a version; nothing is demanded of a fact that is not named. */
export type IdentityDemand = Readonly<Partial<Record<IdentityField, TextMatch>>>;

/**
 * `required`: its absence is an error in every phase; `expected`: the phase decides; `optional`: its absence is a note.
 */
export const PROVENANCE_DEMANDS = ['required', 'expected', 'optional'] as const;
export type ProvenanceDemand = (typeof PROVENANCE_DEMANDS)[number];

/** From which release on a demand holds. Versions are ordered by their ecosystem; times are those of publication. */
export type Since =
  { readonly kind: 'version'; readonly version: string } | { readonly kind: 'time'; readonly time: Instant };

/**
 * Which packages a rule is about: one by its name, those of a glob of names (`*` stands for any characters but "/"),
 * every one of an ecosystem, or every one.
 */
export interface PackageSelector {
  /** As the policy writes it: `NAME` is a package of npm, `ECOSYSTEM:NAME` of any ecosystem, `*` every package. */
  readonly text: string;
  /** Null for every package. */
  readonly ecosystem: Ecosystem | null;
  /** A name, a glob of names, or `*` alone for every name, whatever characters it has. */
  readonly pattern: string;
  /** Where it stands in the policy file, 1-based. */
  readonly line: number;
}

/** What one entry of `expect` demands of the packages it selects. */
export interface ExpectRule {
  readonly packages: PackageSelector;
  readonly identity: IdentityDemand;
  /** The Sigstore instance that must vouch; null where the rule does not say. */
  readonly instance: string | null;
  readonly provenance: { readonly demand: ProvenanceDemand; readonly since: Since | null } | null;
}

/** The level of one finding code. */
export interface LevelRule {
  readonly code: FindingCode;
  readonly level: Level;
  readonly reason: string;
  /** At least one. */
  readonly packages: readonly PackageSelector[];
  readonly line: number;
}

/** A capability that makes a direct dependency critical. */
export interface CriticalCapability {
  readonly capability: Capability;
  readonly line: number;
}

/** Which capabilities packages have, whatever their files show; none where the list is empty. */
export interface CapabilityRule {
  readonly packages: PackageSelector;
  readonly capabilities: readonly Capability[];
}

/** An address that stands for another registry. Addresses are http(s) and end in "/". */
export interface MirrorRule {
  readonly url: string;
  readonly of: string;
  readonly line: number;
}

/** A registry of one's own; `keys` is the file with its keys as the policy writes it, null where it signs nothing. */
export interface PrivateRegistryRule {
  readonly url: string;
  readonly keys: string | null;
  readonly line: number;
}

/** Which warnings wait for a decision: those about direct dependencies, or all. */
export const QUEUES = ['direct', 'all'] as const;
export type Queue = (typeof QUEUES)[number];

/** Who decides about the packages it selects. */
export interface OwnerRule {
  readonly packages: PackageSelector;
  readonly owner: string;
}

/** Who is on duty by week: weeks begin Monday 00:00 UTC, the first person has the week of `from`, and so on in turn. */
export interface Rotation {
  readonly from: Instant;
  /** At least one. */
  readonly people: readonly string[];
  readonly line: number;
}

/** How long a finding may wait, and for whom. */
export interface ReviewRules {
  readonly deadlineHours: number;
  readonly queue: Queue;
  readonly owners: readonly OwnerRule[];
  readonly rotation: Rotation | null;
}

/** What holds where the policy says nothing of review. */
export const DEFAULT_REVIEW: ReviewRules = { deadlineHours: 48, queue: 'direct', owners: [], rotation: null };

/** Where trust in a TUF repository begins; paths are as the policy writes them. */
export interface TufRule {
  /** Its address, which ends in "/", or the path of a folder. */
  readonly url: string;
  readonly isFolder: boolean;
  readonly root: string;
  /** SHA-256 of that file, hex; null where the policy does not say. */
  readonly sha256: string | null;
}

/** A Sigstore instance beside the main one, which vouches for what is expected of it and for nothing else. */
export interface InstanceRule {
  /** The file with its trusted root as the policy writes it; null where only a repository has it. */
  readonly root: string | null;
  /** The TUF repository that publishes that root; null where none does. */
  readonly tuf: TufRule | null;
  readonly thresholds: Thresholds | null;
  /** When that root was known to be the newest; null where the policy does not say. */
  readonly asOf: Instant | null;
  /** As `witnessPolicy`, for its logs alone; null where that holds for them, too. */
  readonly witnessPolicy: string | null;
  readonly line: number;
}

/** Who may vouch for packs of evidence; a path is as the policy writes it. */
export type PackSigner =
  | { readonly kind: 'key'; readonly file: string }
  | {
      readonly kind: 'identity';
      readonly identity: string;
      readonly issuer: string;
      /** The Sigstore instance that vouches for it; null for the main one. */
      readonly instance: string | null;
    };

/** What a policy file says. Null and empty lists where it says nothing. */
export interface Policy {
  readonly file: string;
  readonly enforce: Phase | null;
  /** Null where the policy leaves the critical set to be the direct dependencies. */
  readonly critical: {
    readonly direct: boolean;
    readonly packages: readonly PackageSelector[];
    readonly capabilities: readonly CriticalCapability[];
  } | null;
  readonly capabilities: readonly CapabilityRule[];
  readonly expect: readonly ExpectRule[];
  readonly findings: readonly LevelRule[];
  readonly mirrors: readonly MirrorRule[];
  readonly privateRegistries: readonly PrivateRegistryRule[];
  /** Addresses outside the registries that these may redirect to; each ends in "/". */
  readonly redirects: readonly string[];
  /** Internal packages, which need no provenance. */
  readonly exempt: readonly PackageSelector[];
  /** A trusted-root file as the policy writes it. */
  readonly trustedRoot: string | null;
  /** The TUF repository that publishes it, and the file with its root metadata as the policy writes it. */
  readonly tuf: TufRule | null;
  /** What bundles under that root have to show; null where the policy does not say. */
  readonly thresholds: Thresholds | null;
  /** When the file of the main root was known to be the newest; null where the policy does not say. */
  readonly asOf: Instant | null;
  /** Further instances, by name. */
  readonly instances: ReadonlyMap<string, InstanceRule>;
  /** The file that says which witnesses must have signed checkpoints, as the policy writes it (C2SP tlog-policy). */
  readonly witnessPolicy: string | null;
  /** Of whom one must have signed evidence that is used in place of the network; empty where nobody must. */
  readonly packs: readonly PackSigner[];
  /** Hours after which what is known of a trusted root is too old. */
  readonly maxAge: number | null;
  /** Hours a version must have been public. */
  readonly releaseAge: number | null;
  readonly review: ReviewRules | null;
  /** Folders and archives with records of malicious packages, as the policy writes them. */
  readonly advisories: readonly string[];
}

/** What is demanded of one dependency, for the checks. */
export interface PolicyExpectation {
  readonly identity: IdentityDemand;
  /** The name of the Sigstore instance that must vouch for it; null for the main one. */
  readonly instance: string | null;
  readonly releaseAge: number | null;
  /** Whether who published it decides: the policy makes an error of another publisher, or a new one. */
  readonly publisher: boolean;
  /** Further addresses its tarball may come from: those that stand for the registry that is asked. */
  readonly addresses: readonly string[];
}

export const NO_EXPECTATION: PolicyExpectation = {
  ...{ identity: {}, instance: null, releaseAge: null, publisher: false, addresses: [] },
};

/** A policy file with what it refers to. */
export interface PolicyInUse {
  readonly policy: Policy;
  /** SHA-256 of the file's bytes, hex. */
  readonly digest: string;
  /** The keys of private registries, by address as the policy gives it. */
  readonly keys: ReadonlyMap<string, readonly RegistryKey[]>;
}
