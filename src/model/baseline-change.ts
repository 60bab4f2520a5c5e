import type { AcceptedFinding, BaselineVersion, LastingIdentity, PublishedVersion, SeenVersion } from './baseline.ts';
import type { Capability } from './capability.ts';
import type { PackageRef } from './package.ts';

/** Who builds a channel of a package, where that changes. */
export interface BuilderChange {
  /** Null for its stable versions. */
  readonly channel: string | null;
  /** Null where nobody was known. */
  readonly from: LastingIdentity | null;
  readonly to: LastingIdentity | null;
}

/** A version that was taken in, beside the one that it is to be compared with. */
export interface AddedVersion {
  readonly version: string;
  readonly entry: BaselineVersion;
  /** Who built it, where that is not the builder of its channel. */
  readonly builder: LastingIdentity | null;
  /** The highest lower version there was, else the lowest; null where there was none. */
  readonly measure: { readonly version: string; readonly entry: BaselineVersion } | null;
  /** What it reaches and the measure does not; empty where either was not read. */
  readonly reaches: readonly Capability[];
}

/** Lines of a baseline that are of no entry: when versions that wait were first seen, and what was accepted. */
export interface OtherChanges {
  readonly seen: readonly SeenVersion[];
  /** Seen before, and waiting no longer. */
  readonly unseen: readonly SeenVersion[];
  /** Accepted before, and no longer locked. */
  readonly unaccepted: readonly AcceptedFinding[];
}

/** What an update does to the baseline of one package. */
export interface PackageChange extends PackageRef {
  /** Whether it was not in the baseline. */
  readonly isNew: boolean;
  readonly added: readonly AddedVersion[];
  /** Lowest first. */
  readonly removed: readonly string[];
  readonly builders: readonly BuilderChange[];
  /** What was known of its first provenance, where that is another now. */
  readonly since: PublishedVersion | null;
  /** What stands accepted of versions that were taken in. */
  readonly accepted: readonly AcceptedFinding[];
  /** Versions that stay, of which something is recorded anew. */
  readonly refreshed: readonly string[];
}
