import type { PackageFile } from '../model/capability.ts';
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

/** One tarball: what it must be, and which of its files are looked at. */
export interface TarballRequest {
  readonly name: string;
  readonly version: string;
  /** The lockfile's hash of it, hex. */
  readonly sha512: string;
  /** Where the lockfile says it is; asked only where that is a place of the package's registry. */
  readonly resolved: string | null;
  readonly isWanted: (path: string) => boolean;
}

/** Files of the bytes with the wanted hash; `mismatch` where the registry serves bytes with another, `actual` (hex). */
export type TarballEvidence =
  Evidence<readonly PackageFile[]> | { readonly state: 'mismatch'; readonly url: string; readonly actual: string };

/**
 * What a registry of one ecosystem says. Every answer is evidence: nothing here rejects, and nothing is verified. Asking
 * twice for the same document in one run asks the network once.
 */
export interface Registry {
  /** The base address for a package, without credentials, with the last slash. */
  urlFor(name: string): string;
  packument(name: string): Promise<Evidence<Packument>>;
  /**
   * Whether the document still is what it was: the renewed validator where the registry says so, or need not be asked at
   * `now`; null for anything else.
   */
  revalidate(name: string, validator: Validator, now: Instant): Promise<Validator | null>;
  manifest(name: string, version: string): Promise<Evidence<Manifest>>;
  /** `claim` is the manifest's, unsigned: it never decides which host is asked. */
  attestations(name: string, version: string, claim: AttestationClaim): Promise<Evidence<readonly AttestationEntry[]>>;
  /** The keys a registry (an address as `urlFor` gives it) publishes for itself. */
  keys(registryUrl: string): Promise<Evidence<readonly RegistryKey[]>>;
  /** From npm's cache on this machine where that has it. */
  files(request: TarballRequest): Promise<TarballEvidence>;
  close(): void;
}
