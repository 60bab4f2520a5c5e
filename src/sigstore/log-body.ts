import { hash as digest } from 'node:crypto';
import type { Artifact } from './artifact.ts';
import type { Content, LogEntry } from './bundle.ts';
import { SIGNER_HASHES, type KeyType, type PublicKey } from './keys.ts';
import { readRecord, type LogRecord, type NamedHash } from './log-record.ts';
import { reading, refuse } from './refusal.ts';

/** What an entry's body must be about: the bundle's own signer and content. */
export interface Expected {
  readonly key: PublicKey;
  /** DER certificate; null where a key signs by itself. */
  readonly certificate: Buffer | null;
  readonly content: Content;
  /** DSSE pre-authentication encoding; null for a message signature. */
  readonly pae: Buffer | null;
  readonly artifact: Artifact | null;
}

function mismatch(what: string): never {
  refuse('log-entry-mismatch', `the log entry is about another ${what}`);
}

/**
 * Judges that the body of a log entry records this signature, by this certificate or key, over this content (client
 * specification section 4.4). A kind or version that is not known is refused.
 */
export function matchBody({ kind, version, body }: LogEntry, expected: Expected): void {
  const record = reading('log-entry-malformed', () => readRecord(body));
  if (record.kind !== kind || record.version !== version) mismatch('kind or version than the bundle says');
  if (!record.signature.equals(expected.content.signature)) mismatch('signature');
  matchSigner(record, expected);
  if (record.of === 'signed') matchSigned(record.hash, expected);
  else matchPayload(record, expected);
}

function matchSigner({ signer, keyDetails }: LogRecord, { key, certificate }: Expected): void {
  if (signer.kind !== (certificate === null ? 'key' : 'certificate')) mismatch('kind of signer');
  if (!signer.der.equals(certificate ?? key.spki)) mismatch(certificate === null ? 'key' : 'certificate');
  if (keyDetails !== null && !KEY_DETAILS[key.type].includes(keyDetails)) mismatch('kind of key');
}

/** `hash` is of what was signed: the artifact, or the pre-authentication encoding of an envelope. */
function matchSigned({ algorithm, bytes }: NamedHash, { key, pae, artifact }: Expected): void {
  // Ed25519 signs the message itself; its entries record SHA-512 of it.
  const hashes = key.type === 'ed25519' ? ['sha512'] : SIGNER_HASHES[key.type];
  if (!hashes.includes(algorithm)) mismatch(`hash function than the signer's`);
  const known = pae === null ? (artifact?.digests(algorithm) ?? []) : [digest(algorithm, pae, 'hex')];
  if (known.length === 0) refuse('artifact-mismatch', `the log entry needs the artifact or its ${algorithm} digest`);
  if (!known.every((value) => value === bytes.toString('hex'))) mismatch('artifact');
}

function matchPayload({ hash, payloadType, payload }: LogRecord, { content }: Expected): void {
  if (content.kind !== 'dsse') mismatch('kind of content');
  if (payloadType !== null && payloadType !== content.payloadType) mismatch('payload type');
  if (payload?.equals(content.payload) === false) mismatch('payload');
  if (!digest(hash.algorithm, content.payload, 'buffer').equals(hash.bytes)) mismatch('payload');
}

/** `PublicKeyDetails` that a signer's key may be recorded with. */
const KEY_DETAILS: Readonly<Record<KeyType, readonly string[]>> = {
  p256: ['PKIX_ECDSA_P256_SHA_256'],
  p384: ['PKIX_ECDSA_P384_SHA_384', 'PKIX_ECDSA_P384_SHA_256'],
  p521: ['PKIX_ECDSA_P521_SHA_512', 'PKIX_ECDSA_P521_SHA_256'],
  rsa: [
    'PKIX_RSA_PKCS1V15_2048_SHA256',
    'PKIX_RSA_PKCS1V15_3072_SHA256',
    'PKIX_RSA_PKCS1V15_4096_SHA256',
    'PKIX_RSA_PKCS1V5',
  ],
  ed25519: ['PKIX_ED25519', 'PKIX_ED25519_PH'],
};
