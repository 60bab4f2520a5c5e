import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { oid, sequence } from './der.ts';

export type Curve = 'P-256' | 'P-384' | 'Ed25519';

/** A key pair with what certificates, logs and trusted roots need of it. */
export interface SigningKey {
  readonly curve: Curve;
  readonly privateKey: KeyObject;
  /** DER SubjectPublicKeyInfo. */
  readonly spki: Buffer;
}

export function newKey(curve: Curve): SigningKey {
  const { privateKey, publicKey } =
    curve === 'Ed25519' ? generateKeyPairSync('ed25519') : generateKeyPairSync('ec', { namedCurve: curve });
  return { curve, privateKey, spki: publicKey.export({ type: 'spki', format: 'der' }) };
}

/** The hash an ECDSA key signs with here: the one of its curve's size. */
const HASHES = { 'P-256': 'sha256', 'P-384': 'sha384', Ed25519: null } as const;

/** ECDSA in DER, or pure Ed25519. */
export function signWith(key: SigningKey, data: Uint8Array): Buffer {
  return sign(HASHES[key.curve], data, key.privateKey);
}

/** AlgorithmIdentifier of `signWith` (RFC 5758, 3.2). */
export function signatureAlgorithm(key: SigningKey): Buffer {
  return sequence(oid(key.curve === 'P-384' ? '1.2.840.10045.4.3.3' : '1.2.840.10045.4.3.2'));
}

/** Names of Sigstore's PublicKeyDetails enumeration. */
export function keyDetails(key: SigningKey): string {
  return {
    'P-256': 'PKIX_ECDSA_P256_SHA_256',
    'P-384': 'PKIX_ECDSA_P384_SHA_384',
    Ed25519: 'PKIX_ED25519',
  }[key.curve];
}

/** A name in the form npm's keys have; npm takes the fingerprint OpenSSH gives, and nothing depends on which. */
export function npmKeyId(key: SigningKey): string {
  return `SHA256:${sha256(key.spki).toString('base64').replace(/=+$/, '')}`;
}

export function sha256(...parts: readonly Uint8Array[]): Buffer {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
}

/** PEM with lines of 64 characters and a final newline (RFC 7468). */
export function pem(label: 'CERTIFICATE' | 'PUBLIC KEY', der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n');
}
