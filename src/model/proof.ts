import type { BytesBasis, BytesSource } from './bytes.ts';
import type { Digest, DirHash } from './dependency.ts';
import type { Instant } from './time.ts';

declare const proven: unique symbol;

/**
 * Marks a value that verification established. The symbol is not exported, so no value outside `establish` has this
 * type: a proof cannot be written down from unverified input.
 */
export interface Proven {
  readonly [proven]: true;
}

/**
 * Turns verified facts into a proof. Only `sigstore/` and `checks/` may call this (the linter enforces it), at the end
 * of a verification.
 */
export function establish<T extends object>(facts: T): T & Proven {
  return Object.freeze({ ...facts }) as T & Proven;
}

/** Who built it, from the signing certificate's Fulcio extensions; null where the certificate does not say. */
export interface Identity {
  /** OIDC issuer (1.3.6.1.4.1.57264.1.8, or .1). */
  readonly issuer: string;
  /** Subject alternative name: URI, e-mail, or Fulcio OtherName. */
  readonly subject: string;
  /** Source repository URL (.12, or https://github.com/ + .5). */
  readonly repository: string | null;
  readonly repositoryId: string | null;
  /** Source repository owner URL (.16). */
  readonly owner: string | null;
  readonly ownerId: string | null;
  /** Path of the workflow that was started, within the repository, e.g. ".github/workflows/release.yml". */
  readonly workflow: string | null;
  /** Git ref the workflow ran on, e.g. "refs/tags/v1.2.3". */
  readonly ref: string | null;
  /** Source commit (.13, or .3). */
  readonly commit: string | null;
  /** Event that started the build (.20, or .2). */
  readonly trigger: string | null;
  readonly runner: 'hosted' | 'self-hosted' | null;
  readonly visibility: string | null;
  /** URL of the run (.21). */
  readonly run: string | null;
  /** The workflow that signed, if it is not the one that was started (a reusable workflow): its full URI. */
  readonly signer: string | null;
}

/** A time that a log or a timestamp authority vouches for. */
export interface VerifiedTime {
  readonly source: 'log' | 'timestamp';
  readonly time: Instant;
}

/** A verified entry of a transparency log. */
export interface LogEntryProof {
  /** Hex log id: SHA-256 of the log's key (Rekor v1) or checkpoint key id (Rekor v2). */
  readonly logId: string;
  readonly origin: string;
  /** Position in the whole log, decimal. */
  readonly logIndex: string;
  readonly kind: string;
  readonly version: string;
  readonly integratedTime: Instant | null;
  /** Which of the log's promises held for this entry. */
  readonly promise: boolean;
  readonly inclusion: boolean;
}

/** The in-toto statement of a verified DSSE envelope. */
export interface Statement {
  readonly type: string;
  readonly predicateType: string;
  readonly subjects: readonly { readonly name: string; readonly digests: readonly Digest[] }[];
  readonly predicate: unknown;
}

export type Signer =
  | { readonly kind: 'certificate'; readonly identity: Identity; readonly fingerprint: string }
  | { readonly kind: 'key'; readonly keyId: string };

/** What verifying one Sigstore bundle established. */
export interface BundleProof extends Proven {
  readonly mediaType: string;
  readonly signer: Signer;
  readonly times: readonly VerifiedTime[];
  readonly log: readonly LogEntryProof[];
  /** Number of distinct certificate-transparency logs whose SCT verified. */
  readonly scts: number;
  /** Null for a message signature. */
  readonly statement: Statement | null;
}

/**
 * Who says what a proof established:
 * - log: a transparency log, in whose signed tree it stands;
 * - builder: whoever built it, by a signing certificate;
 * - registry-key: the registry, by a signature of its key;
 * - registry: the registry, without a signature;
 * - publisher: a file inside the package.
 */
export const WITNESSES = ['log', 'builder', 'registry-key', 'registry', 'publisher'] as const;
export type Witness = (typeof WITNESSES)[number];

/** The witness states exactly these hashes, which are the lockfile's, in the order of the artifacts. */
export interface IntegrityProof extends Proven {
  readonly by: Witness;
  readonly digests: readonly [Digest | DirHash, ...(Digest | DirHash)[]];
  /** The files that have these hashes, in their order, where the lockfile has hashes and no names; else left out. */
  readonly files?: readonly string[];
}

/**
 * The registry signed this hash, which is the lockfile's; where a lockfile can lock none, it is the one that is served.
 */
export interface SignatureProof extends Proven {
  readonly by: 'registry-key';
  readonly integrity: Digest;
  readonly keyId: string;
  readonly keyOrigin: 'pinned' | 'configured' | 'registry';
  /** The signature as served, base64. */
  readonly signature: string;
  /** The verified time at which the key was judged; null where only the registry's word for the time exists. */
  readonly time: VerifiedTime | null;
}

/** An attestation about exactly this name, version and hash. */
export interface AttestationProof extends Proven {
  /** By who signed: a certificate is a builder's, a key the registry's. */
  readonly by: 'builder' | 'registry-key';
  readonly predicateType: string;
  /** SHA-256 in hex of the bundle as canonical JSON (RFC 8785). */
  readonly digest: string;
  /** Without the statement, which was judged: a predicate can be large. */
  readonly bundle: Omit<BundleProof, 'statement'>;
}

export interface ProvenanceProof extends AttestationProof {
  readonly identity: Identity;
}

/** The bytes of the artifacts have the hashes that they must have. */
export interface BytesProof extends Proven {
  /** Of each artifact that was read one, in their order: npm's tarball has its SHA-512, what Go fetches its `h1`. */
  readonly digests: readonly [Digest | DirHash, ...(Digest | DirHash)[]];
  /** Bytes of all of them. */
  readonly size: number;
  readonly from: BytesSource;
  readonly basis: BytesBasis;
  /** Whether a cache had other bytes under its name. */
  readonly corruptCache: boolean;
  /** Where a clone has the same files; left out where none was compared. */
  readonly repository?: RepositoryPlace;
}

/** The commit of a version in a clone: `tag` is null where the version itself names the commit (hex). */
export interface RepositoryPlace {
  readonly checkout: string;
  readonly tag: string | null;
  readonly commit: string;
}

/** The files of installed copies are those of the tarball, but for what other findings name. */
export interface InstalledProof extends Proven {
  readonly paths: readonly string[];
  /** Files that were compared and are the same, of all copies. */
  readonly files: number;
}

/**
 * One slot per link of the chain; null where it was not established, or the ecosystem has no such link. What assay
 * finds itself (`bytes`, `installed`) is nobody's word.
 */
export interface Proofs {
  readonly integrity: IntegrityProof | null;
  readonly signature: SignatureProof | null;
  readonly publish: AttestationProof | null;
  readonly provenance: ProvenanceProof | null;
  /** Null also where nobody asked for the tarball. */
  readonly bytes: BytesProof | null;
  /** Null also where nobody asked, or it is installed nowhere. */
  readonly installed: InstalledProof | null;
}

/**
 * The address of a workflow without the git ref it was taken from: what stands before the first `@` that follows its
 * file. A tag may have such signs, too (`release.yml@refs/tags/@acme/kit@1.0.1`).
 */
export function withoutRef(signer: string): string {
  const [, file] = /^(.*?\.ya?ml)@/.exec(signer) ?? /^([^@]*)@/.exec(signer) ?? [];
  return file ?? signer;
}
