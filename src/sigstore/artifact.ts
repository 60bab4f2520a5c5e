import { hash as digest } from 'node:crypto';
import type { Digest } from '../model/dependency.ts';
import type { Content } from './bundle.ts';
import { verifyDigestSignature } from './digest-signature.ts';
import { SIGNER_HASHES, verifySignature, type Hash, type PublicKey } from './keys.ts';
import { refuse } from './refusal.ts';

type MessageContent = Content & { readonly kind: 'message' };

/** What a signature is checked against: the bytes, or digests of them known from elsewhere. */
export type ArtifactInput =
  | { readonly bytes: Uint8Array }
  | {
      readonly digests: readonly Digest[];
      /** Reads all of them, for keys that sign no digest; left out where nobody has them. */
      readonly read?: () => Buffer;
    };

const STRONG: readonly Hash[] = ['sha256', 'sha384', 'sha512'];

/** The artifact with its digests computed when first asked for. Digests below SHA-256 are not used. */
export interface Artifact {
  readonly bytes: Buffer | null;
  /** Reads the bytes where no digest will do; null where they cannot be had. */
  readonly read: () => Buffer | null;
  /** Hex digests by this hash; empty where none is known. */
  readonly digests: (hash: Hash) => readonly string[];
}

export function openArtifact(input: ArtifactInput): Artifact {
  if ('digests' in input) {
    return {
      bytes: null,
      read: () => input.read?.() ?? null,
      digests: (hash) => input.digests.filter(({ algorithm }) => algorithm === hash).map(({ hex }) => hex),
    };
  }
  const bytes = Buffer.from(input.bytes.buffer, input.bytes.byteOffset, input.bytes.byteLength);
  const known = new Map<Hash, readonly string[]>();
  return {
    bytes,
    read: () => bytes,
    digests: (hash) => {
      let hex = known.get(hash);
      if (hex === undefined) known.set(hash, (hex = [digest(hash, bytes, 'hex')]));
      return hex;
    },
  };
}

/** The hashes among these that artifacts are compared by. */
export function comparable(digests: readonly Digest[]): readonly Hash[] {
  return STRONG.filter((strong) => digests.some(({ algorithm }) => algorithm === strong));
}

/** True where at least one digest names the artifact and none by a hash that is known for it names another. */
export function namesArtifact(digests: readonly Digest[], artifact: Artifact): boolean {
  const compared = digests.flatMap(({ algorithm, hex }) => {
    const hash = STRONG.find((strong) => strong === algorithm);
    const known = hash === undefined ? [] : artifact.digests(hash);
    return known.length === 0 ? [] : [known.every((value) => value === hex)];
  });
  return compared.length > 0 && compared.every(Boolean);
}

/**
 * The digest in a message signature only identifies the artifact; where the artifact's is known, both must be equal.
 */
export function checkIdentified({ digest: claimed }: MessageContent, artifact: Artifact): void {
  if (claimed === null) return;
  const hex = claimed.bytes.toString('hex');
  if (artifact.digests(claimed.algorithm).some((known) => known !== hex)) {
    refuse('artifact-mismatch', `the bundle is for ${claimed.algorithm}:${hex}`);
  }
}

/**
 * Verifies a message signature over the bytes of the artifact, or over every digest known of it that the key may use.
 */
export function verifyMessage({ signature }: MessageContent, key: PublicKey, { bytes, read, digests }: Artifact): void {
  const hashes = SIGNER_HASHES[key.type];
  const whole = hashes.includes(null) ? read() : bytes;
  if (whole !== null) {
    if (hashes.some((hash) => verifySignature(key, hash, whole, signature))) return;
    refuse('signature', 'the signature is not of this artifact by this signer');
  }
  const known = hashes.flatMap((hash) => (hash === null || digests(hash).length === 0 ? [] : [hash]));
  if (known.length === 0) {
    const needed = hashes.map((hash) => (hash === null ? 'bytes' : `${hash} digest`)).join(' or ');
    refuse('artifact-mismatch', `a signature by this key is verified against the artifact's ${needed}`);
  }
  const holds = (hash: Hash): boolean =>
    digests(hash).every((hex) => verifyDigestSignature(key, hash, Buffer.from(hex, 'hex'), signature));
  if (!known.some(holds)) refuse('signature', 'the signature is not of this digest by this signer');
}
