import type { Instant } from './time.ts';

/** What is known of one version, for showing it beside another. Null where it is not known or there is none. */
export interface VersionFacts {
  readonly version: string;
  readonly published: Instant | null;
  readonly publisher: string | null;
  /** The OIDC configuration that published it, as the registry says. */
  readonly trustedPublisher: string | null;
  /**
   * `proven`: verified; `invalid`: refused; `claimed`: announced by the registry and not verified; `none`: there is
   * none; `unknown`: no answer.
   */
  readonly provenance: 'proven' | 'invalid' | 'claimed' | 'none' | 'unknown';
  /** From the certificate of a proven provenance. */
  readonly repository: string | null;
  readonly commit: string | null;
  readonly workflow: string | null;
  /** Subresource Integrity string. */
  readonly integrity: string | null;
}

/** A version beside its predecessor, and what it adds. */
export interface Comparison {
  readonly name: string;
  readonly current: VersionFacts;
  /** Null where no earlier version of its line exists. */
  readonly predecessor: VersionFacts | null;
  readonly addedDependencies: readonly { readonly name: string; readonly spec: string }[];
  readonly addedScripts: readonly { readonly name: string; readonly command: string }[];
}
