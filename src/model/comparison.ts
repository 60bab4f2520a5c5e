import type { PublishedVersion } from './baseline.ts';
import type { PackageManager } from './dependency.ts';
import type { ExpectationSource, FindingCode } from './finding.ts';
import type { PackageRef } from './package.ts';
import type { Identity } from './proof.ts';
import type { Instant } from './time.ts';

/** Facts of an identity that are shown beside those of another version. */
export const SHOWN_IDENTITY = [
  'repository',
  'workflow',
  'signer',
  'ref',
  'commit',
  'trigger',
  'runner',
  'issuer',
] as const satisfies readonly (keyof Identity)[];
export type ShownIdentity = Pick<Identity, Exclude<(typeof SHOWN_IDENTITY)[number], 'issuer'>> & {
  readonly issuer: string | null;
};

/** What is known of one version, for showing it beside another. Null where it is not known or there is none. */
export interface VersionFacts extends ShownIdentity {
  /** Null where it is what the baseline remembers of the package, and of no version in particular. */
  readonly version: string | null;
  readonly published: Instant | null;
  readonly publisher: string | null;
  /** The OIDC configuration that published it, as the registry says. */
  readonly trustedPublisher: string | null;
  /** The account that released it after it was staged, as the registry says. */
  readonly approver: string | null;
  /** What identifies repository and owner, whatever they are called. */
  readonly repositoryId: string | null;
  readonly ownerId: string | null;
  /**
   * `proven`: verified, and the identity is its certificate's; `recorded`: the baseline says that it was, and the
   * identity is the baseline's; `invalid`: refused; `claimed`: announced by the registry and not verified; `none`:
   * there is none; `unknown`: no answer.
   */
  readonly provenance: 'proven' | 'recorded' | 'invalid' | 'claimed' | 'none' | 'unknown';
  /** Subresource Integrity string. */
  readonly integrity: string | null;
}

/** A dependency the earlier version does not have. Times are the registry's word. */
export interface AddedDependency {
  readonly name: string;
  readonly spec: string;
  /** When the first version of that package was published. */
  readonly firstPublished: Instant | null;
  /** The newest version the spec allowed when this version was published. */
  readonly newest: PublishedVersion | null;
  /** Why these are not known; null where they are. */
  readonly unknown: string | null;
}

export interface ChangedScript {
  readonly name: string;
  readonly before: string;
  readonly command: string;
}

/**
 * Whether a later version has provenance again. `proven`: verified, and nothing stands against who built it; `refused`:
 * the registry announces it, and it does not hold.
 */
export type LaterVersion =
  | ({ readonly state: 'proven' | 'refused' } & PublishedVersion)
  | { readonly state: 'none' }
  | { readonly state: 'unknown' };

/** How the project uses a dependency, for the commands that change that. */
export interface Use {
  readonly direct: boolean;
  /** The name it is installed under, where that is another one than the registry's. */
  readonly alias: string | null;
  readonly manager: PackageManager;
}

/** A version beside the earlier one it is held against, and what a person needs to decide about it. */
export interface Comparison extends PackageRef {
  /** The address of the registry that was asked; null for none. */
  readonly registry: string | null;
  readonly current: VersionFacts;
  /** What its findings were held against, else its predecessor; null where there is no such version. */
  readonly predecessor: VersionFacts | null;
  /** Whether both manifests are known; where they are not, nothing is known of what was added or changed. */
  readonly manifestsKnown: boolean;
  readonly addedDependencies: readonly AddedDependency[];
  readonly addedScripts: readonly { readonly name: string; readonly command: string }[];
  readonly changedScripts: readonly ChangedScript[];
  /** Codes of the findings that ask for a decision, sorted. */
  readonly codes: readonly FindingCode[];
  /** The earlier release that each finding was measured by; others than `predecessor` are possible. */
  readonly measured: readonly { readonly code: FindingCode; readonly version: string }[];
  /** Where what was expected of its identity came from, if it was not met. */
  readonly expectedBy: ExpectationSource | null;
  /** Whether findings as grave as a contradiction leave nothing to accept. */
  readonly acceptable: boolean;
  /** The version of its release line to stay on. */
  readonly stay: string | null;
  /** Null where no provenance was lost. */
  readonly later: LaterVersion | null;
  /** Null without a project. */
  readonly use: Use | null;
}
