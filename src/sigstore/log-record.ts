import { parseHashOutput } from './bundle.ts';
import { base64, hex, isUnset, object, parseJson, single, text, type JsonObject } from './json.ts';
import { HASH_BYTES, type Hash } from './keys.ts';
import { malformed, Unsupported } from './refusal.ts';

/** A hash that a log entry names, with its function. */
export type NamedHash = ReturnType<typeof parseHashOutput>;

/** What an entry of Rekor records, the same of every kind and version. Nothing in it is verified. */
export interface LogRecord {
  readonly kind: string;
  readonly version: string;
  readonly signature: Buffer;
  /** DER of the certificate or public key that verifies it. */
  readonly signer: { readonly kind: 'certificate' | 'key'; readonly der: Buffer };
  /** `PublicKeyDetails` of its key; null where the entry does not say. */
  readonly keyDetails: string | null;
  /** What the hash is of: the bytes that were signed (an artifact, or the encoding of an envelope), or a payload. */
  readonly of: 'signed' | 'payload';
  readonly hash: NamedHash;
  /** What an entry for an envelope repeats of it. */
  readonly payloadType: string | null;
  readonly payload: Buffer | null;
}

const MAX_FIELD = 65_536;
const MAX_PAYLOAD = 32 * 2 ** 20;

/**
 * Reads the body of a log entry. Throws `Unsupported` for a kind or version that is not known, and `Malformed` for a
 * body that is not what its kind says.
 */
export function readRecord(body: Buffer): LogRecord {
  const entry = object(parseJson(body, 'log entry'), 'log entry');
  const kind = text(entry['kind'], 'kind', 100);
  const version = text(entry['apiVersion'], 'apiVersion', 100);
  const read = Object.hasOwn(BODIES, `${kind} ${version}`) ? BODIES[`${kind} ${version}`] : undefined;
  if (read === undefined) throw new Unsupported('log entry of an unknown kind or version');
  return { kind, version, ...NOTHING, ...read(object(entry['spec'], 'spec')) };
}

const NOTHING = { keyDetails: null, payloadType: null, payload: null } as const;
type Body = Omit<LogRecord, 'kind' | 'version' | keyof typeof NOTHING> & Partial<Pick<LogRecord, keyof typeof NOTHING>>;

const BODIES: Partial<Readonly<Record<string, (spec: JsonObject) => Body>>> = {
  'hashedrekord 0.0.1': (spec) => {
    const signature = object(spec['signature'], 'spec.signature');
    return {
      signature: base64(signature['content'], 'spec.signature.content', MAX_FIELD),
      signer: readPem(object(signature['publicKey'], 'spec.signature.publicKey')['content']),
      of: 'signed',
      hash: readHexHash(object(object(spec['data'], 'spec.data')['hash'], 'spec.data.hash'), 'spec.data.hash'),
    };
  },

  // Rekor v1 of npm's first bundles: the signature is base64 twice, and `hash` is of the envelope as it was uploaded,
  // which a bundle does not keep.
  'intoto 0.0.2': (spec) => {
    const content = object(spec['content'], 'spec.content');
    const envelope = object(content['envelope'], 'spec.content.envelope');
    const signature = object(single(envelope['signatures'], 'envelope.signatures'), 'envelope.signatures[0]');
    const { payload } = envelope;
    readHexHash(content['hash'], 'spec.content.hash');
    return {
      signature: base64Twice(signature['sig'], 'envelope.signatures[0].sig'),
      signer: readPem(signature['publicKey']),
      of: 'payload',
      hash: readHexHash(content['payloadHash'], 'spec.content.payloadHash'),
      payloadType: text(envelope['payloadType'], 'envelope.payloadType', MAX_FIELD),
      payload: isUnset(payload) ? null : base64Twice(payload, 'envelope.payload'),
    };
  },

  // `envelopeHash` is of the uploaded envelope too.
  'dsse 0.0.1': (spec) => {
    const signature = object(single(spec['signatures'], 'spec.signatures'), 'spec.signatures[0]');
    readHexHash(spec['envelopeHash'], 'spec.envelopeHash');
    return {
      signature: base64(signature['signature'], 'spec.signatures[0].signature', MAX_FIELD),
      signer: readPem(signature['verifier']),
      of: 'payload',
      hash: readHexHash(spec['payloadHash'], 'spec.payloadHash'),
    };
  },

  // Rekor v2 (https://github.com/sigstore/architecture-docs/blob/main/rekor-v2-spec.md section 6.1.4).
  'hashedrekord 0.0.2': (spec) => {
    const record = object(spec['hashedRekordV002'], 'spec.hashedRekordV002');
    const hash = parseHashOutput(record['data'], 'data');
    return { ...readSignature(record['signature'], 'signature'), of: 'signed', hash };
  },

  'dsse 0.0.2': (spec) => {
    const record = object(spec['dsseV002'], 'spec.dsseV002');
    const hash = parseHashOutput(record['payloadHash'], 'payloadHash');
    return { ...readSignature(single(record['signatures'], 'signatures'), 'signatures[0]'), of: 'payload', hash };
  },
};

/** `algorithm` and `value` of Rekor v1. */
function readHexHash(json: unknown, path: string): NamedHash {
  const output = object(json, path);
  const algorithm = (['sha256', 'sha384', 'sha512'] as const).find((hash: Hash) => hash === output['algorithm']);
  if (algorithm === undefined) malformed(`${path}.algorithm is not supported`);
  return { algorithm, bytes: hex(output['value'], `${path}.value`, HASH_BYTES[algorithm]) };
}

function base64Twice(value: unknown, path: string): Buffer {
  const once = base64(value, path, MAX_PAYLOAD).toString('latin1');
  return base64(once, path, MAX_PAYLOAD);
}

/** The certificate or key of Rekor v1: base64 of one PEM block. */
function readPem(value: unknown): LogRecord['signer'] {
  const pem = base64(value, 'public key of the log entry', MAX_FIELD).toString('latin1');
  const [, label, encoded = ''] =
    /^\s*-----BEGIN (CERTIFICATE|PUBLIC KEY)-----\s([A-Za-z0-9+/=\s]+)-----END \1-----\s*$/.exec(pem) ?? [];
  const der = base64(encoded.replace(/\s+/g, ''), 'public key of the log entry', MAX_FIELD);
  return { kind: label === 'CERTIFICATE' ? 'certificate' : 'key', der };
}

/** `Signature` of Rekor v2: content and the certificate or key that verifies it. */
function readSignature(json: unknown, path: string): Pick<LogRecord, 'signature' | 'signer' | 'keyDetails'> {
  const signature = object(json, path);
  const verifier = object(signature['verifier'], `${path}.verifier`);
  const { publicKey, x509Certificate } = verifier;
  if (isUnset(publicKey) === isUnset(x509Certificate)) malformed(`${path} has not one verifier`);
  const [kind, form, value] = isUnset(x509Certificate)
    ? (['key', 'publicKey', publicKey] as const)
    : (['certificate', 'x509Certificate', x509Certificate] as const);
  return {
    signature: base64(signature['content'], `${path}.content`, MAX_FIELD),
    signer: { kind, der: base64(object(value, form)['rawBytes'], `${form}.rawBytes`, MAX_FIELD) },
    keyDetails: text(verifier['keyDetails'], `${path}.verifier.keyDetails`, 100),
  };
}
