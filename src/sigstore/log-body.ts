import { hash as digest } from 'node:crypto';
import type { Artifact } from './artifact.ts';
import { parseHashOutput, type Content, type LogEntry } from './bundle.ts';
import { base64, hex, isUnset, object, parseJson, single, text, type JsonObject } from './json.ts';
import { HASH_BYTES, SIGNER_HASHES, type Hash, type KeyType, type PublicKey } from './keys.ts';
import { malformed, reading, refuse } from './refusal.ts';

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

const MAX_FIELD = 65_536;

function mismatch(what: string): never {
  refuse('log-entry-mismatch', `the log entry is about another ${what}`);
}

/**
 * Judges that the body of a log entry records this signature, by this certificate or key, over this content (client
 * specification section 4.4). Every kind and version is listed; any other one is refused.
 */
export function matchBody(entry: LogEntry, expected: Expected): void {
  const { kind, version } = entry;
  reading('log-entry-malformed', () => {
    const body = object(parseJson(entry.body, 'log entry'), 'log entry');
    if (body['kind'] !== kind || body['apiVersion'] !== version) mismatch('kind or version than the bundle says');
    const spec = object(body['spec'], 'spec');
    const match = BODIES[`${kind} ${version}`];
    if (match === undefined) malformed(`log entry of an unknown kind or version`);
    match(spec, expected);
  });
}

const BODIES: Partial<Readonly<Record<string, (spec: JsonObject, expected: Expected) => void>>> = {
  'hashedrekord 0.0.1': (spec, expected) => {
    const signature = object(spec['signature'], 'spec.signature');
    matchSignature(base64(signature['content'], 'spec.signature.content', MAX_FIELD), expected);
    matchPem(object(signature['publicKey'], 'spec.signature.publicKey')['content'], expected);
    const hash = object(object(spec['data'], 'spec.data')['hash'], 'spec.data.hash');
    matchSigned(parseHexHash(hash, 'spec.data.hash'), expected);
  },

  // Rekor v1 of npm's first bundles: the signature is base64 twice, and `hash` is of the envelope as it was uploaded,
  // which a bundle does not keep; what it covers is compared part by part.
  'intoto 0.0.2': (spec, expected) => {
    const content = object(spec['content'], 'spec.content');
    const envelope = object(content['envelope'], 'spec.content.envelope');
    const dsse = requireDsse(expected);
    if (envelope['payloadType'] !== dsse.payloadType) mismatch('payload type');
    const signature = object(single(envelope['signatures'], 'envelope.signatures'), 'envelope.signatures[0]');
    matchSignature(base64Twice(signature['sig'], 'envelope.signatures[0].sig'), expected);
    matchPem(signature['publicKey'], expected);
    matchPayload(parseHexHash(content['payloadHash'], 'spec.content.payloadHash'), dsse);
    if (!isUnset(envelope['payload']) && !base64Twice(envelope['payload'], 'envelope.payload').equals(dsse.payload)) {
      mismatch('payload');
    }
    parseHexHash(content['hash'], 'spec.content.hash');
  },

  // `envelopeHash` is of the uploaded envelope too.
  'dsse 0.0.1': (spec, expected) => {
    const signature = object(single(spec['signatures'], 'spec.signatures'), 'spec.signatures[0]');
    matchSignature(base64(signature['signature'], 'spec.signatures[0].signature', MAX_FIELD), expected);
    matchPem(signature['verifier'], expected);
    matchPayload(parseHexHash(spec['payloadHash'], 'spec.payloadHash'), requireDsse(expected));
    parseHexHash(spec['envelopeHash'], 'spec.envelopeHash');
  },

  // Rekor v2 (https://github.com/sigstore/architecture-docs/blob/main/rekor-v2-spec.md section 6.1.4).
  'hashedrekord 0.0.2': (spec, expected) => {
    const record = object(spec['hashedRekordV002'], 'spec.hashedRekordV002');
    matchVerifiedSignature(record['signature'], 'signature', expected);
    matchSigned(parseHashOutput(record['data'], 'data'), expected);
  },

  'dsse 0.0.2': (spec, expected) => {
    const record = object(spec['dsseV002'], 'spec.dsseV002');
    matchVerifiedSignature(single(record['signatures'], 'signatures'), 'signatures[0]', expected);
    matchPayload(parseHashOutput(record['payloadHash'], 'payloadHash'), requireDsse(expected));
  },
};

type NamedHash = ReturnType<typeof parseHashOutput>;

function requireDsse({ content }: Expected): Content & { kind: 'dsse' } {
  return content.kind === 'dsse' ? content : mismatch('kind of content');
}

function matchSignature(signature: Buffer, { content }: Expected): void {
  if (!signature.equals(content.signature)) mismatch('signature');
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

function matchPayload({ algorithm, bytes }: NamedHash, { payload }: { readonly payload: Buffer }): void {
  if (!digest(algorithm, payload, 'buffer').equals(bytes)) mismatch('payload');
}

/** `algorithm` and `value` of Rekor v1. */
function parseHexHash(json: unknown, path: string): NamedHash {
  const output = object(json, path);
  const algorithm = (['sha256', 'sha384', 'sha512'] as const).find((hash: Hash) => hash === output['algorithm']);
  if (algorithm === undefined) malformed(`${path}.algorithm is not supported`);
  return { algorithm, bytes: hex(output['value'], `${path}.value`, HASH_BYTES[algorithm]) };
}

function base64Twice(value: unknown, path: string): Buffer {
  const once = base64(value, path, 32 * 2 ** 20).toString('latin1');
  return base64(once, path, 32 * 2 ** 20);
}

/** The certificate or key of Rekor v1: base64 of one PEM block, which must be the bundle's. */
function matchPem(value: unknown, { key, certificate }: Expected): void {
  const pem = base64(value, 'public key of the log entry', MAX_FIELD).toString('latin1');
  const [, label, encoded = ''] =
    /^\s*-----BEGIN (CERTIFICATE|PUBLIC KEY)-----\s([A-Za-z0-9+/=\s]+)-----END \1-----\s*$/.exec(pem) ?? [];
  const der = base64(encoded.replace(/\s+/g, ''), 'public key of the log entry', MAX_FIELD);
  if (label !== (certificate === null ? 'PUBLIC KEY' : 'CERTIFICATE')) mismatch('kind of signer');
  if (!der.equals(certificate ?? key.spki)) mismatch(certificate === null ? 'key' : 'certificate');
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

/** `Signature` of Rekor v2: content and the certificate or key that verifies it. */
function matchVerifiedSignature(json: unknown, path: string, expected: Expected): void {
  const { key, certificate } = expected;
  const signature = object(json, path);
  matchSignature(base64(signature['content'], `${path}.content`, MAX_FIELD), expected);
  const verifier = object(signature['verifier'], `${path}.verifier`);
  if (isUnset(verifier['publicKey']) === isUnset(verifier['x509Certificate']))
    malformed(`${path} has not one verifier`);
  const form = certificate === null ? 'publicKey' : 'x509Certificate';
  if (isUnset(verifier[form])) mismatch('kind of signer');
  const der = base64(object(verifier[form], form)['rawBytes'], `${form}.rawBytes`, MAX_FIELD);
  if (!der.equals(certificate ?? key.spki)) mismatch(certificate === null ? 'key' : 'certificate');
  const details = text(verifier['keyDetails'], `${path}.verifier.keyDetails`, 100);
  if (!KEY_DETAILS[key.type].includes(details)) mismatch('kind of key');
}
