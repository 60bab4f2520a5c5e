import type { History, Release } from './history.ts';
import type { Instant } from './time.ts';

/**
 * One piece of what was gathered. `absent` is an answer ("there is none"); `unavailable` and `malformed` are not, and
 * nothing may treat them as one.
 */
export type Evidence<T> =
  | { readonly state: 'present'; readonly value: T }
  | { readonly state: 'absent'; readonly url: string }
  | { readonly state: 'unavailable'; readonly url: string; readonly reason: string }
  | { readonly state: 'malformed'; readonly url: string; readonly reason: string };

/**
 * Whom a setting keeps from being asked about, of which a module is one: modules of a private host (`private`), those
 * of one owner on a host where anybody publishes (`owner`), or whatever anybody publishes (`all`).
 */
export type ExemptionReach = 'private' | 'owner' | 'all';

/** `dist.signatures[]` of a manifest: base64 ECDSA signature over `name@version:integrity`. */
export interface RegistrySignature {
  readonly keyId: string;
  readonly signature: string;
}

/** `dist.attestations` of a manifest: where the attestations are and whether provenance is claimed. Unsigned. */
export interface AttestationClaim {
  readonly url: string | null;
  readonly provenance: boolean;
}

/** What a package.json says is installed, linked or run. Without prototype, so that any key is just a key. */
export interface Declaration {
  readonly name: string;
  readonly version: string;
  /** Name to spec, of `dependencies` and `optionalDependencies`. */
  readonly dependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
  /** Names the tarball carries: `bundleDependencies`, or every dependency where that is `true`. */
  readonly bundles: readonly string[];
  /** Scripts npm runs at install: preinstall, install, postinstall, prepare excluded. */
  readonly installScripts: Readonly<Record<string, string>>;
  /** Command to the path of its file, relative to the package and without "./". */
  readonly bin: Readonly<Record<string, string>>;
  /** Names of dependencies that it can do without; left out where there are none. */
  readonly optional?: readonly string[];
  /** Where it can be installed, each name as it is written ("linux", "!win32"); left out where it says nothing. */
  readonly platforms?: Platforms;
}

/** Members of a manifest that say where a package can be installed, those that it has. */
export type Platforms = Partial<Readonly<Record<'os' | 'cpu' | 'libc', readonly string[]>>>;

/** What a registry says of one version. Nothing here is verified. */
export interface Manifest extends Declaration, Release {
  /** `dist.shasum` as served (hex SHA-1), or null. */
  readonly shasum: string | null;
  readonly tarball: string | null;
  readonly signatures: readonly RegistrySignature[];
  readonly attestations: AttestationClaim | null;
}

/** A full registry document, trimmed to what is used. */
export interface Packument extends History<Manifest> {
  readonly distTags: Readonly<Record<string, string>>;
  /** Left out where it must be asked for each time. */
  readonly validator?: Validator;
}

/** How a served document is recognised when it is asked for again, and until when it need not be. */
export interface Validator {
  /** Entity tag as served (RFC 9110 section 8.8.3). */
  readonly etag: string;
  readonly freshUntil: Instant;
}

/** One element of an attestation document. `predicateType` is the wrapper's claim; `bundle` is unparsed JSON. */
export interface AttestationEntry {
  readonly predicateType: string;
  readonly bundle: unknown;
}

/** What a registry key may be used for, as npm's TUF target names it. */
export type KeyUsage = 'npm:signatures' | 'npm:attestations';

/** Who vouches for a registry key: this package, the user, or the registry itself. */
export type KeyOrigin = 'pinned' | 'configured' | 'registry';

/** One signing key of a registry for one use, with its closed validity interval; `end` null means open. */
export interface RegistryKey {
  readonly keyId: string;
  readonly usage: KeyUsage;
  /** DER SubjectPublicKeyInfo, base64. */
  readonly spki: string;
  readonly start: Instant;
  readonly end: Instant | null;
  readonly origin: KeyOrigin;
}

export interface OtherAttestations {
  readonly version: string;
  readonly attestations: Evidence<readonly AttestationEntry[]>;
}

/** All that was gathered about one dependency. */
export interface DependencyEvidence {
  /** The address of the registry that was asked, without credentials. */
  readonly registry: string;
  readonly packument: Evidence<Packument>;
  readonly manifest: Evidence<Manifest>;
  /** `absent` where the manifest claims none (not asked) or the registry answered that there are none. */
  readonly attestations: Evidence<readonly AttestationEntry[]>;
  /** The attestations of other versions that show who is expected. Asked where this version claims provenance, too. */
  readonly others: readonly OtherAttestations[];
  /** Keys that may speak for this registry: pinned, configured, and its own where it was asked for them. */
  readonly keys: readonly RegistryKey[];
  /** The registry's own keys; null where it was not asked, as somebody else knows a key it signed with. */
  readonly registryKeys: Evidence<readonly RegistryKey[]> | null;
}
