import type {
  AttestationClaim,
  AttestationEntry,
  Evidence,
  Manifest,
  Packument,
  RegistryKey,
} from '../model/evidence.ts';

/**
 * What a registry of one ecosystem says. Every answer is evidence: nothing here rejects, and nothing is verified. Asking
 * twice for the same document in one run asks the network once.
 */
export interface Registry {
  /** The base address for a package, without credentials, with the last slash. */
  urlFor(name: string): string;
  packument(name: string): Promise<Evidence<Packument>>;
  manifest(name: string, version: string): Promise<Evidence<Manifest>>;
  /** `claim` is the manifest's, unsigned: it never decides which host is asked. */
  attestations(name: string, version: string, claim: AttestationClaim): Promise<Evidence<readonly AttestationEntry[]>>;
  /** The keys a registry (an address as `urlFor` gives it) publishes for itself. */
  keys(registryUrl: string): Promise<Evidence<readonly RegistryKey[]>>;
  close(): void;
}
