import type { Tarball } from '../model/bytes.ts';
import type { Digest } from '../model/dependency.ts';
import type {
  AttestationClaim,
  AttestationEntry,
  Evidence,
  Manifest,
  Packument,
  RegistryKey,
  Validator,
} from '../model/evidence.ts';
import type { Instant } from '../model/time.ts';

/** One tarball: what it must be, and what is to be known of its files. */
export interface TarballRequest extends ReadOptions {
  readonly name: string;
  readonly version: string;
  /** The hashes that it must have, all of them. At least one. */
  readonly digests: readonly Digest[];
  /** Where the lockfile says it is; asked only where that is a place of the package's registry. */
  readonly resolved: string | null;
}

/**
 * The bytes with the wanted hashes; `mismatch` where the registry serves bytes that do not have the one that is
 * `wanted`.
 */
export type TarballEvidence =
  | Evidence<Tarball>
  | { readonly state: 'mismatch'; readonly url: string; readonly wanted: Digest; readonly actual: Digest };

/**
 * What a registry of one ecosystem says. Every answer is evidence: nothing here rejects, and nothing is verified.
 * Asking twice for the same document in one run asks the network once.
 */
export interface Registry {
  /** The base address for a package, without credentials, with the last slash. */
  urlFor(name: string): string;
  packument(name: string): Promise<Evidence<Packument>>;
  /**
   * Whether the document still is what it was: the renewed validator where the registry says so, or need not be asked
   * at `now`; null for anything else.
   */
  revalidate(name: string, validator: Validator, now: Instant): Promise<Validator | null>;
  manifest(name: string, version: string): Promise<Evidence<Manifest>>;
  /** `claim` is the manifest's, unsigned: it never decides which host is asked. */
  attestations(name: string, version: string, claim: AttestationClaim): Promise<Evidence<readonly AttestationEntry[]>>;
  /** The keys a registry (an address as `urlFor` gives it) publishes for itself. */
  keys(registryUrl: string): Promise<Evidence<readonly RegistryKey[]>>;
  /** From a cache of this machine where one has it. */
  tarball(request: TarballRequest): Promise<TarballEvidence>;
  close(): void;
}

/** Which parts of a tarball's files to read. */
export interface ReadOptions {
  /** Whether the content of a file is kept. */
  readonly isWanted: (path: string) => boolean;
  /** Whether files are hashed. */
  readonly hashed?: boolean;
  /** The hash that the unpacked tarball must have, in addition to those of the tarball itself. */
  readonly tar?: Digest;
  /** The folder that all of it must be in; any that each of its files names where left out. */
  readonly folder?: string;
  /** False to hash the tarball without unpacking it. */
  readonly unpacked?: boolean;
}
