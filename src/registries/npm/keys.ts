import { createPublicKey } from 'node:crypto';
import type { KeyOrigin, KeyUsage, RegistryKey } from '../../model/evidence.ts';
import { parseInstant, type Instant } from '../../model/time.ts';
import { MAX_KEYS, MAX_TOKEN_LENGTH } from '../../model/limits.ts';
import { isObject, type Fields } from '../../model/value.ts';
import { textOf } from '../../readers/untrusted-json.ts';

/** A keys document that cannot be used. The message is one line and carries no text of the document. */
export class KeysError extends Error {
  override readonly name = 'KeysError';
}

const USAGES: readonly KeyUsage[] = ['npm:signatures', 'npm:attestations'];

/** The target of Sigstore's TUF repository that has npm's signing keys. */
export const NPM_KEYS_TARGET = 'registry.npmjs.org/keys.json';
/** SHA-256 of the keys document that the pinned npm keys are taken from, hex. */
export const NPM_KEYS_DIGEST = '160677eb6e1c7083c89b166b20f8fe4e837fb71181506aff1991b80b89184f7d';

/**
 * npm's signing keys, as `NPM_KEYS_TARGET` gives them. A key id is
 * the key's OpenSSH fingerprint: SHA-256 of the RFC 5656 public key blob, base64 without padding.
 */
export const NPM_KEYS: readonly RegistryKey[] = [
  ...pinned(
    'SHA256:jl3bwswu80PjjokCgh0o2w5c2U4LhQAE57gj9cz1kzA',
    'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE1Olb3zMAFFxXKHiIkQO5cJ3Yhl5i6UPp+IhuteBJbuHcA5UogKo0EWtlWwW6KSaKoTNEYL7JlCQiVnkhBktUgg==',
    {
      'npm:signatures': ['1999-01-01T00:00:00Z', '2025-01-29T00:00:00Z'],
      'npm:attestations': ['2022-12-01T00:00:00Z', '2025-01-29T00:00:00Z'],
    },
  ),
  ...pinned(
    'SHA256:DhQ8wR5APBvFHLF/+Tc+AYvPOdTpcIDqOhxsBHRwC7U',
    'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEY6Ya7W++7aUPzvMTrezH6Ycx3c+HOKYCcNGybJZSCJq/fd7Qa8uuAKtdIkUQtQiEKERhAmE5lMMJhP8OkDOa2g==',
    {
      'npm:signatures': ['2025-01-13T00:00:00Z', null],
      'npm:attestations': ['2025-01-13T00:00:00Z', null],
    },
  ),
];

function pinned(
  keyId: string,
  spki: string,
  validity: Readonly<Record<KeyUsage, readonly [start: string, end: string | null]>>,
): RegistryKey[] {
  return USAGES.map((usage) => {
    const [start, end] = validity[usage];
    return {
      keyId,
      usage,
      spki,
      start: Date.parse(start),
      end: end === null ? null : Date.parse(end),
      origin: 'pinned',
    };
  });
}

/**
 * Reads a keys document: the one a registry serves (`GET /-/npm/v1/keys`, where a key serves both uses from the
 * beginning of time until `expires`), or npm's TUF target, where each use has its own validity. Keys of other
 * algorithms than ECDSA P-256 are left out, so that a new one does not hide those that can be used.
 *
 * @throws KeysError where the document has another shape, or gives a pinned key id to another key.
 */
export function parseKeysDocument(json: unknown, origin: KeyOrigin): RegistryKey[] {
  const list = isObject(json) ? json['keys'] : null;
  if (!Array.isArray(list)) throw new KeysError('no list of keys');
  if (list.length > MAX_KEYS) throw new KeysError(`more than ${MAX_KEYS} keys`);
  const keys = list.flatMap((entry: unknown) => {
    if (!isObject(entry)) throw new KeysError('a key is not an object');
    return 'keyUsage' in entry ? targetKey(entry, origin) : registryKeys(entry, origin);
  });
  refuseConflicts(keys);
  return keys;
}

/** An entry of the document that a registry serves. */
function registryKeys(entry: Fields, origin: KeyOrigin): RegistryKey[] {
  const keyId = required(entry['keyid'], 'keyid');
  const spki = required(entry['key'], 'key');
  const end = optionalInstant(entry['expires'], 'expires');
  if (required(entry['keytype'], 'keytype') !== 'ecdsa-sha2-nistp256') return [];
  requireP256(spki);
  return USAGES.map((usage) => ({ keyId, usage, spki, start: 0, end, origin }));
}

/** An entry of the TUF target; other uses than ours are left out. */
function targetKey(entry: Fields, origin: KeyOrigin): RegistryKey[] {
  const keyId = required(entry['keyId'], 'keyId');
  const publicKey = entry['publicKey'];
  if (!isObject(publicKey)) throw new KeysError('publicKey is not an object');
  const spki = required(publicKey['rawBytes'], 'rawBytes');
  const validFor = publicKey['validFor'] ?? {};
  if (!isObject(validFor)) throw new KeysError('validFor is not an object');
  const start = optionalInstant(validFor['start'], 'start') ?? 0;
  const end = optionalInstant(validFor['end'], 'end');
  const named = required(entry['keyUsage'], 'keyUsage');
  const usage = USAGES.find((candidate) => candidate === named);
  if (usage === undefined || publicKey['keyDetails'] !== 'PKIX_ECDSA_P256_SHA_256') return [];
  requireP256(spki);
  return [{ keyId, usage, spki, start, end, origin }];
}

/** One id names one key; and npm's ids name npm's keys, whoever says otherwise. */
function refuseConflicts(keys: readonly RegistryKey[]): void {
  const known = new Map(NPM_KEYS.map(({ keyId, spki }) => [keyId, spki]));
  for (const { keyId, spki } of keys) {
    if ((known.get(keyId) ?? spki) !== spki) throw new KeysError('a key id is given to two keys');
    known.set(keyId, spki);
  }
}

function required(value: unknown, field: string): string {
  const text = textOf(value, MAX_TOKEN_LENGTH);
  if (text === null || text === '') throw new KeysError(`${field} is not text`);
  return text;
}

function optionalInstant(value: unknown, field: string): Instant | null {
  if (value === undefined || value === null) return null;
  const instant = parseInstant(value);
  if (instant === null) throw new KeysError(`${field} is not a time`);
  return instant;
}

function requireP256(spki: string): void {
  if (!isP256(spki)) throw new KeysError('a key is not a P-256 public key');
}

/** DER SubjectPublicKeyInfo of an uncompressed P-256 point up to the point's coordinates (RFC 5480 section 2). */
const P256_PREFIX = Buffer.from('3059301306072a8648ce3d020106082a8648ce3d03010703420004', 'hex');

/** Two coordinates of 32 bytes. */
const P256_BYTES = P256_PREFIX.length + 64;

/** Canonical base64 of a point on the curve and nothing after it, written as every verifier reads it. */
function isP256(spki: string): boolean {
  const der = Buffer.from(spki, 'base64');
  if (der.toString('base64') !== spki || der.length !== P256_BYTES) return false;
  if (!der.subarray(0, P256_PREFIX.length).equals(P256_PREFIX)) return false;
  try {
    return createPublicKey({ key: der, format: 'der', type: 'spki' }).asymmetricKeyType === 'ec';
  } catch {
    return false;
  }
}
