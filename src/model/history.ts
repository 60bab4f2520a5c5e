import type { PackageRef } from './package.ts';
import type { Instant } from './time.ts';

/**
 * Who published a release, as its registry says. `trustedPublisher` names the OIDC configuration that published, where
 * there was one, `approver` the account that released what was staged, and `commit` what was built, in hex; each left
 * out where there is none.
 */
export interface Publisher {
  readonly name: string;
  readonly trustedPublisher: string | null;
  readonly approver?: string;
  readonly commit?: string;
}

/** What a registry says of one release. Nothing here is verified. */
export interface Release {
  readonly version: string;
  /** Null where the registry names nobody. */
  readonly publisher: Publisher | null;
  /** Where its source is, as the release itself says it. */
  readonly repository: string | null;
  /** Name to specifier, of what is installed with it. Without prototype, so that any key is just a key. */
  readonly dependencies: Readonly<Record<string, string>>;
  /** Name to text, of what runs when it is installed; empty text where the registry says only that something does. */
  readonly installScripts: Readonly<Record<string, string>>;
  /** The hash of its bytes as served (Subresource Integrity), or null. */
  readonly integrity: string | null;
  /** Whether its maintainers advise against it, or took it back. */
  readonly deprecated: boolean;
}

/** Releases by version, each read when it is asked for. */
export type Releases<R extends Release> = Pick<ReadonlyMap<string, R>, 'get' | 'has' | 'keys' | 'size'>;

/** What a registry says of all releases of a package: what a release is held against. Nothing here is verified. */
export interface History<R extends Release = Release> extends PackageRef {
  readonly versions: Releases<R>;
  /** The versions that claim provenance. */
  readonly withProvenance: ReadonlySet<string>;
  /** When a version was published, as far as the registry says; also of versions that are there no more. */
  readonly time: ReadonlyMap<string, Instant>;
}

/** A version that was asked for by a range or a name, of a package with this history. */
export interface Resolved {
  readonly history: History;
  /** Null where the package has none that answers. */
  readonly version: string | null;
}
