import type { CapabilityReading } from './capability.ts';
import type { Identity } from './proof.ts';

/** What a first policy says of a project, before it is text. */
export interface Proposal {
  readonly critical: readonly ProposedPackage[];
  /** Direct dependencies with capabilities beyond those that are proposed. */
  readonly more: number;
  readonly direct: number;
  /**
   * Names that would fail in the phase `critical` today: provenance that is missing or lost, or another builder. Where nothing
   * is proposed, that phase is about all direct dependencies.
   */
  readonly failing: readonly string[];
  readonly registries: ProposedRegistries;
  /** A proven builder of one of them, to show how one is expected. */
  readonly example: { readonly name: string; readonly identity: Identity } | null;
}

/** A direct dependency for the critical set. */
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
