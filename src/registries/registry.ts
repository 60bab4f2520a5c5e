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

/**
 * What a registry of one ecosystem says. Every answer is evidence: nothing here rejects, and nothing is verified. Asking
 * twice for the same document in one run asks the network once.
 */
export interface Registry {
  /** The base address for a package, without credentials, with the last slash. */
  urlFor(name: string): string;
  packument(name: string): Promise<Evidence<Packument>>;
  /** Of what `packument` answered in this run; null where that must be asked for each time. */
  validator(name: string): Validator | null;
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
  close(): void;
}
