import type { Validator } from './evidence.ts';
import type { History, Release } from './history.ts';
import type { Instant } from './time.ts';

/** One file of a release, as a package index lists it. Nothing here is verified. */
export interface IndexFile {
  readonly name: string;
  /** Absolute; null where the index names none that could be fetched. */
  readonly url: string | null;
  /** Hex, lower case; null where the index gives none. */
  readonly sha256: string | null;
  readonly uploaded: Instant | null;
  /** Why it was taken back, empty where nobody says; null where it was not. */
  readonly yanked: string | null;
  /** Where the index says its attestations are; null where it says that there are none. */
  readonly provenance: string | null;
}

/** A file that was fetched to its end. */
export interface HashedFile {
  /** Hex, lower case. */
  readonly sha256: string;
  readonly size: number;
}

/** A release, of which the index has at least one file. */
export interface IndexRelease extends Release {
  readonly files: readonly IndexFile[];
}

/** What an index says of a project (PEP 691, PEP 700, PEP 740, PEP 792). */
export interface IndexProject extends History<IndexRelease> {
  /** The version as this index writes it; null where it has no file of it. */
  readonly spelling: (version: string) => string | null;
  /** Whether it says nothing of attestations at all, neither that there are some nor that there are none. */
  readonly isStripped: boolean;
  /** Why it serves no files of the project, empty where it does not say; null where it is not in quarantine. */
  readonly quarantined: string | null;
  /** Left out where it must be asked for each time. */
  readonly validator?: Validator;
}

/** Whom an index names as the one who published a file. Unsigned: the index's word. */
export interface ClaimedPublisher {
  /** "GitHub", "GitLab", "Google", or what else an index may name. */
  readonly kind: string;
  /** `owner/name`, or the path of a project below groups. */
  readonly repository: string | null;
  /** Of GitHub the name of a file below `.github/workflows`, of GitLab a path in the repository. */
  readonly workflow: string | null;
  readonly email: string | null;
}

/** One attestation of a file. `bundle` is what it says as a Sigstore bundle, not verified. */
export interface FileAttestation {
  readonly publisher: ClaimedPublisher;
  readonly bundle: unknown;
}
