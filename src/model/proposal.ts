import type { CapabilityReading } from './capability.ts';
import type { Identity } from './proof.ts';

/** What a first policy says of a project, before it is text. */
export interface Proposal {
  /**
   * Direct dependencies whose files show what they can reach, or could not be read: reasons to be in the critical set.
   */
  readonly able: readonly ProposedPackage[];
  /** Whether it was looked at what any dependency can reach. */
  readonly isRead: boolean;
  /** How many more of them there are. */
  readonly more: number;
  readonly direct: number;
  /** Names that fail in the proposed phase today, and direct dependencies that would fail in `critical` only. */
  readonly failing: { readonly guard: readonly string[]; readonly critical: readonly string[] };
  readonly registries: ProposedRegistries;
  /** A proven builder of one of them, to show how one is expected. */
  readonly example: { readonly name: string; readonly identity: Identity } | null;
}

/** A direct dependency that can reach something. */
export interface ProposedPackage {
  readonly name: string;
  readonly version: string;
  readonly dev: boolean;
  readonly reading: CapabilityReading;
}

export interface ProposedRegistries {
  /** The default registry where it is not npm's own. */
  readonly mirror: string | null;
  /** Registries of scopes. */
  readonly private: readonly string[];
  /** The scopes among the dependencies that come from them, as globs. */
  readonly exempt: readonly string[];
}
