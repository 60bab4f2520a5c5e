import { constants, verify } from 'node:crypto';
import { hex } from '../json.ts';
import { parsePublicKey, verifySignature, type Hash, type KeyType, type PublicKey } from '../keys.ts';
import { malformed } from '../refusal.ts';

/** How a key signs metadata (section 4.2 of the specification, and what signers in a cloud's key service use). */
interface Scheme {
  readonly type: KeyType;
  readonly hash: Hash | null;
  /** RSA with probabilistic padding (RFC 8017 section 8.1) instead of the older one. */
  readonly isPss: boolean;
}

/** A key that speaks for a role. */
export interface RoleKey {
  readonly key: PublicKey;
  readonly scheme: Scheme;
  /** The same for a key however it is written, and whatever ids it has. */
  readonly identity: string;
}

const RSA_HASHES = ['sha256', 'sha384', 'sha512'] as const;
const SCHEMES: ReadonlyMap<string, Scheme> = new Map([
  ['ed25519', { type: 'ed25519', hash: null, isPss: false }],
  ['ecdsa-sha2-nistp256', { type: 'p256', hash: 'sha256', isPss: false }],
  ['ecdsa-sha2-nistp384', { type: 'p384', hash: 'sha384', isPss: false }],
  ...RSA_HASHES.flatMap((hash): [string, Scheme][] => [
    [`rsassa-pss-${hash}`, { type: 'rsa', hash, isPss: true }],
    [`rsa-pkcs1v15-${hash}`, { type: 'rsa', hash, isPss: false }],
  ]),
]);

/** DER before the bytes of an Ed25519 key (RFC 8410) and before the point of an elliptic curve's (RFC 5480). */
const RAW: Partial<Readonly<Record<KeyType, { readonly prefix: string; readonly bytes: number }>>> = {
  ed25519: { prefix: '302a300506032b6570032100', bytes: 32 },
  p256: { prefix: '3059301306072a8648ce3d020106082a8648ce3d030107034200', bytes: 65 },
  p384: { prefix: '3076301006072a8648ce3d020106052b81040022036200', bytes: 97 },
};

/** A key in PEM or, but for RSA, as its bytes in hex; null for a scheme that is not known here. Throws `Malformed`. */
export function parseKey(schemeName: string, given: string, path: string): RoleKey | null {
  const scheme = SCHEMES.get(schemeName);
  if (scheme === undefined) return null;
  const pem = /^-----BEGIN PUBLIC KEY-----\s+([A-Za-z0-9+/=\s]+)-----END PUBLIC KEY-----\s*$/.exec(given)?.[1];
  return roleKey(pem === undefined ? rawKey(scheme, given, path) : Buffer.from(pem, 'base64'), schemeName, path);
}

/** From a DER SubjectPublicKeyInfo. Throws `Malformed`. */
export function roleKey(spki: Buffer, schemeName: string, path: string): RoleKey {
  const scheme = SCHEMES.get(schemeName) ?? malformed(`${path}: ${schemeName} is not known`);
  const key = parsePublicKey(spki);
  if (key.type !== scheme.type) malformed(`${path} is not ${schemeName}`);
  // What is inside an RSA key may be written in several ways; the platform writes it in one.
  const written = key.type === 'rsa' ? key.object.export({ type: 'spki', format: 'der' }) : key.spki;
  return { key, scheme, identity: written.toString('base64') };
}

function rawKey({ type }: Scheme, given: string, path: string): Buffer {
  const { prefix, bytes } = RAW[type] ?? malformed(`${path} is not in PEM`);
  return Buffer.concat([Buffer.from(prefix, 'hex'), hex(given, path, bytes)]);
}

/** Whether it signed the message. A signature that the platform cannot read does not hold. */
export function didSign({ key, scheme }: RoleKey, message: Buffer, signature: Buffer): boolean {
  if (scheme.hash === null || !scheme.isPss) return verifySignature(key, scheme.hash, message, signature);
  try {
    // Signers choose the length of the salt; verifying takes any.
    return verify(scheme.hash, message, { key: key.object, padding: constants.RSA_PKCS1_PSS_PADDING }, signature);
  } catch {
    return false;
  }
}
