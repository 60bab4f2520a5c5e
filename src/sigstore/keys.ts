import { createPublicKey, verify, type KeyObject } from 'node:crypto';
import { parseDer, sequence, bitBytes } from './der.ts';
import { malformed } from './refusal.ts';

export type Hash = 'sha256' | 'sha384' | 'sha512';
export const HASH_BYTES: Readonly<Record<Hash, number>> = { sha256: 32, sha384: 48, sha512: 64 };
export type KeyType = 'p256' | 'p384' | 'p521' | 'rsa' | 'ed25519';

/** A public key of the Sigstore algorithm registry. */
export interface PublicKey {
  readonly type: KeyType;
  /** DER SubjectPublicKeyInfo. */
  readonly spki: Buffer;
  /** Content of its bit string: an uncompressed point, an RSA key, 32 bytes of Ed25519. */
  readonly raw: Buffer;
  readonly object: KeyObject;
}

/** AlgorithmIdentifier, DER in hex: named curves only, no other parameters. */
const KEY_TYPES: ReadonlyMap<string, KeyType> = new Map([
  ['301306072a8648ce3d020106082a8648ce3d030107', 'p256'],
  ['301006072a8648ce3d020106052b81040022', 'p384'],
  ['301006072a8648ce3d020106052b81040023', 'p521'],
  ['300d06092a864886f70d0101010500', 'rsa'],
  ['300506032b6570', 'ed25519'],
]);

/**
 * Hashes a signer with such a key may have used, the registry's own first. SHA-256 under the larger curves is
 * deprecated in the registry and was what several clients signed with
 * (https://github.com/sigstore/architecture-docs/blob/main/algorithm-registry.md and PublicKeyDetails in
 * protobuf-specs). Null: the algorithm hashes by itself.
 */
export const SIGNER_HASHES: Readonly<Record<KeyType, readonly (Hash | null)[]>> = {
  p256: ['sha256'],
  p384: ['sha384', 'sha256'],
  p521: ['sha512', 'sha256'],
  rsa: ['sha256'],
  ed25519: [null],
};

/** Parses a DER SubjectPublicKeyInfo. Throws `Malformed` for algorithms that are not listed, and for weak RSA keys. */
export function parsePublicKey(spki: Buffer): PublicKey {
  const [algorithm, bits] = sequence(parseDer(spki), 'public key');
  const type = KEY_TYPES.get(algorithm?.bytes.toString('hex') ?? '');
  if (type === undefined) malformed('public key of an unsupported algorithm');
  const raw = bitBytes(bits, 'public key');
  const object = importKey(type, spki, raw);
  if (type === 'rsa') {
    const modulus = object.asymmetricKeyDetails?.modulusLength ?? 0;
    if (modulus < 2048 || modulus > 8192) malformed(`RSA key of ${modulus} bits`);
  }
  return { type, spki, raw, object };
}

/** JSON Web Key curves and the bytes of a coordinate (RFC 7518 section 6.2.1). */
const CURVES: Partial<Readonly<Record<KeyType, { readonly name: string; readonly bytes: number }>>> = {
  p256: { name: 'P-256', bytes: 32 },
  p384: { name: 'P-384', bytes: 48 },
  p521: { name: 'P-521', bytes: 66 },
};

function importKey(type: KeyType, spki: Buffer, raw: Buffer): KeyObject {
  const curve = CURVES[type];
  if (curve !== undefined && (raw[0] !== 0x04 || raw.length !== 1 + 2 * curve.bytes)) {
    malformed('public key is not an uncompressed point');
  }
  if (type === 'ed25519' && raw.length !== 32) malformed('public key is not valid');
  try {
    if (type === 'ed25519') {
      return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: raw.toString('base64url') }, format: 'jwk' });
    }
    if (curve === undefined) return createPublicKey({ key: spki, format: 'der', type: 'spki' });
    // The platform reads coordinates in half the time it needs for DER, and checks that the point is on the curve.
    const x = raw.toString('base64url', 1, 1 + curve.bytes);
    const y = raw.toString('base64url', 1 + curve.bytes);
    return createPublicKey({ key: { kty: 'EC', crv: curve.name, x, y }, format: 'jwk' });
  } catch {
    malformed('public key is not valid');
  }
}

/** A signature algorithm as certificates and timestamps name it, with the key types it fits. */
export interface SignatureAlgorithm {
  readonly hash: Hash | null;
  readonly keys: readonly KeyType[];
}

const EC: readonly KeyType[] = ['p256', 'p384', 'p521'];

/** RFC 5758, RFC 4055, RFC 8410. */
export const SIGNATURE_ALGORITHMS: ReadonlyMap<string, SignatureAlgorithm> = new Map([
  ['1.2.840.10045.4.3.2', { hash: 'sha256', keys: EC }],
  ['1.2.840.10045.4.3.3', { hash: 'sha384', keys: EC }],
  ['1.2.840.10045.4.3.4', { hash: 'sha512', keys: EC }],
  ['1.2.840.113549.1.1.11', { hash: 'sha256', keys: ['rsa'] }],
  ['1.2.840.113549.1.1.12', { hash: 'sha384', keys: ['rsa'] }],
  ['1.2.840.113549.1.1.13', { hash: 'sha512', keys: ['rsa'] }],
  ['1.3.101.112', { hash: null, keys: ['ed25519'] }],
]);

/** Verifies ECDSA (DER), RSA PKCS#1 v1.5 or Ed25519. A signature the platform cannot read does not hold. */
export function verifySignature(key: PublicKey, hash: Hash | null, data: Buffer, signature: Buffer): boolean {
  if ((hash === null) !== (key.type === 'ed25519')) return false;
  try {
    return verify(hash, data, key.object, signature);
  } catch {
    return false;
  }
}

/** Verifies a signature with the algorithm that a certificate or timestamp names; it must fit the key. */
export function verifyWith(algorithm: SignatureAlgorithm, key: PublicKey, data: Buffer, signature: Buffer): boolean {
  return algorithm.keys.includes(key.type) && verifySignature(key, algorithm.hash, data, signature);
}

/** A log signs with the one hash its key type implies (RFC 6962 section 2.1.4, Rekor). */
export function logHash(type: KeyType): Hash | null {
  return SIGNER_HASHES[type][0] ?? null;
}
