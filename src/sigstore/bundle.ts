import { base64, int64, isUnset, list, object, single, text, type JsonObject } from './json.ts';
import { HASH_BYTES, type Hash } from './keys.ts';
import { malformed, reading, refuse, show } from './refusal.ts';

/** What signs: a certificate from a bundle's material, or the name of a key known to the verifier. */
type SignerMaterial =
  | { readonly kind: 'certificate'; readonly raw: Buffer }
  /** `hint` is unauthenticated; null where the bundle gives none. */
  | { readonly kind: 'key'; readonly hint: string | null };

/** What is signed. */
export type Content =
  | {
      readonly kind: 'dsse';
      readonly payloadType: string;
      readonly payload: Buffer;
      readonly signature: Buffer;
      readonly keyId: string | null;
    }
  | {
      readonly kind: 'message';
      /** Identifies the artifact, proves nothing. */
      readonly digest: { readonly algorithm: Hash; readonly bytes: Buffer } | null;
      readonly signature: Buffer;
    };

interface InclusionProof {
  readonly index: bigint;
  readonly treeSize: bigint;
  readonly rootHash: Buffer;
  readonly hashes: readonly Buffer[];
  /** The signed note, unparsed; null only in v0.1. */
  readonly checkpoint: string | null;
}

export interface LogEntry {
  /** Hex. */
  readonly logId: string;
  readonly logIndex: bigint;
  readonly kind: string;
  readonly version: string;
  /** Seconds; zero means none. Nothing before the promise is verified. */
  readonly integratedTime: bigint;
  readonly promise: Buffer | null;
  readonly proof: InclusionProof | null;
  readonly body: Buffer;
}

/** A bundle whose form is right. Nothing in it is verified. */
export interface Bundle {
  readonly mediaType: string;
  readonly signer: SignerMaterial;
  readonly content: Content;
  readonly logEntries: readonly LogEntry[];
  /** DER TimeStampResp, each once. */
  readonly timestamps: readonly Buffer[];
}

type Version = '0.1' | '0.2' | '0.3';

/** Every media type the bundle specification names (protobuf-specs, sigstore_bundle.proto). */
const MEDIA_TYPES: ReadonlyMap<string, Version> = new Map([
  ['application/vnd.dev.sigstore.bundle+json;version=0.1', '0.1'],
  ['application/vnd.dev.sigstore.bundle+json;version=0.2', '0.2'],
  ['application/vnd.dev.sigstore.bundle+json;version=0.3', '0.3'],
  ['application/vnd.dev.sigstore.bundle.v0.3+json', '0.3'],
]);

const MAX_PAYLOAD = 16 * 2 ** 20;
const MAX_BODY = 32 * 2 ** 20;
const MAX_SMALL = 65_536;
const MAX_ENTRIES = 32;
const MAX_CERTIFICATES = 16;
/** A tree of 2^63 leaves is 63 levels high. */
const MAX_HASHES = 64;

const HASHES: ReadonlyMap<unknown, Hash> = new Map([
  ['SHA2_256', 'sha256'],
  ['SHA2_384', 'sha384'],
  ['SHA2_512', 'sha512'],
]);

/** A `HashOutput` message (sigstore_common.proto). Throws `Malformed`. */
export function parseHashOutput(json: unknown, path: string): { readonly algorithm: Hash; readonly bytes: Buffer } {
  const output = object(json, path);
  const algorithm = HASHES.get(output['algorithm']);
  if (algorithm === undefined) malformed(`${path}.algorithm is not supported`);
  const bytes = base64(output['digest'], `${path}.digest`, 64);
  if (bytes.length !== HASH_BYTES[algorithm]) malformed(`${path}.digest has the wrong length`);
  return { algorithm, bytes };
}

/**
 * Reads the JSON of a Sigstore bundle by the rules of its version: v0.1 needs an inclusion promise for each log entry,
 * later ones an inclusion proof with a checkpoint; v0.3 has one certificate instead of a chain. Unknown fields are
 * passed over, as real bundles have them. Throws `Refusal` with `bundle-malformed` or `bundle-media-type`.
 */
export function parseBundle(json: unknown): Bundle {
  return reading('bundle-malformed', () => {
    const bundle = object(json, 'bundle');
    const mediaType = text(bundle['mediaType'], 'mediaType', MAX_SMALL);
    const version = MEDIA_TYPES.get(mediaType);
    if (version === undefined) refuse('bundle-media-type', `media type ${show(mediaType)} is not known`);
    const material = object(bundle['verificationMaterial'], 'verificationMaterial');
    const entries = list(material['tlogEntries'], 'tlogEntries', MAX_ENTRIES);
    return {
      mediaType,
      signer: parseSigner(material, version),
      content: parseContent(bundle),
      logEntries: distinct(
        entries.map((entry, index) => parseEntry(entry, `tlogEntries[${index}]`, version)),
        (entry) => `${entry.logId} ${entry.logIndex}`,
        'tlogEntries',
      ),
      timestamps: parseTimestamps(material['timestampVerificationData']),
    };
  });
}

/** The one field of a oneof that is set. */
function oneOf(json: JsonObject, names: readonly string[], path: string): string {
  const set = names.filter((name) => !isUnset(json[name]));
  const [name] = set;
  if (name === undefined || set.length > 1) malformed(`${path} needs exactly one of ${names.join(', ')}`);
  return name;
}

function distinct<T>(elements: readonly T[], key: (element: T) => string, path: string): readonly T[] {
  if (new Set(elements.map(key)).size < elements.length) malformed(`${path} has an element twice`);
  return elements;
}

function parseSigner(material: JsonObject, version: Version): SignerMaterial {
  const form = oneOf(material, ['publicKey', 'x509CertificateChain', 'certificate'], 'verificationMaterial');
  const value = object(material[form], form);
  if (form === 'publicKey') {
    const hint = value['hint'];
    return { kind: 'key', hint: isUnset(hint) || hint === '' ? null : text(hint, 'publicKey.hint', MAX_SMALL) };
  }
  if (form === 'certificate') {
    if (version !== '0.3') malformed(`a bundle of version ${version} has a certificate chain`);
    return { kind: 'certificate', raw: base64(value['rawBytes'], 'certificate.rawBytes', MAX_SMALL) };
  }
  if (version === '0.3') malformed('a bundle of version 0.3 has a single certificate');
  const path = 'x509CertificateChain.certificates';
  const [leaf] = list(value['certificates'], path, MAX_CERTIFICATES).map((element, index) =>
    base64(object(element, `${path}[${index}]`)['rawBytes'], `${path}[${index}].rawBytes`, MAX_SMALL),
  );
  if (leaf === undefined) malformed(`${path} is empty`);
  // Issuers come from the trusted root; what else is in the chain is superfluous (sigstore_bundle.proto).
  return { kind: 'certificate', raw: leaf };
}

function parseContent(bundle: JsonObject): Content {
  const form = oneOf(bundle, ['messageSignature', 'dsseEnvelope'], 'bundle');
  const value = object(bundle[form], form);
  if (form === 'messageSignature') {
    const digest = value['messageDigest'];
    return {
      kind: 'message',
      digest: isUnset(digest) ? null : parseHashOutput(digest, 'messageDigest'),
      signature: base64(value['signature'], 'messageSignature.signature', MAX_SMALL),
    };
  }
  const signature = object(single(value['signatures'], 'dsseEnvelope.signatures'), 'dsseEnvelope.signatures[0]');
  const keyId = signature['keyid'];
  return {
    kind: 'dsse',
    payloadType: text(value['payloadType'], 'dsseEnvelope.payloadType', MAX_SMALL),
    payload: base64(value['payload'], 'dsseEnvelope.payload', MAX_PAYLOAD),
    signature: base64(signature['sig'], 'dsseEnvelope.signatures[0].sig', MAX_SMALL),
    keyId: isUnset(keyId) || keyId === '' ? null : text(keyId, 'dsseEnvelope.signatures[0].keyid', MAX_SMALL),
  };
}

function parseEntry(json: unknown, path: string, version: Version): LogEntry {
  const entry = object(json, path);
  const kindVersion = object(entry['kindVersion'], `${path}.kindVersion`);
  const promise = entry['inclusionPromise'];
  const proof = entry['inclusionProof'];
  if (version === '0.1' && isUnset(promise)) malformed(`${path} has no inclusion promise`);
  if (version !== '0.1' && isUnset(proof)) malformed(`${path} has no inclusion proof`);
  return {
    logId: base64(object(entry['logId'], `${path}.logId`)['keyId'], `${path}.logId.keyId`, 64).toString('hex'),
    logIndex: int64(entry['logIndex'], `${path}.logIndex`),
    kind: text(kindVersion['kind'], `${path}.kindVersion.kind`, 100),
    version: text(kindVersion['version'], `${path}.kindVersion.version`, 100),
    integratedTime: int64(entry['integratedTime'], `${path}.integratedTime`),
    promise: isUnset(promise)
      ? null
      : base64(
          object(promise, `${path}.inclusionPromise`)['signedEntryTimestamp'],
          `${path}.inclusionPromise.signedEntryTimestamp`,
          MAX_SMALL,
        ),
    proof: isUnset(proof) ? null : parseProof(proof, `${path}.inclusionProof`, version),
    body: base64(entry['canonicalizedBody'], `${path}.canonicalizedBody`, MAX_BODY),
  };
}

function parseProof(json: unknown, path: string, version: Version): InclusionProof {
  const proof = object(json, path);
  const checkpoint = proof['checkpoint'];
  if (version !== '0.1' && isUnset(checkpoint)) malformed(`${path} has no checkpoint`);
  const rootHash = base64(proof['rootHash'], `${path}.rootHash`, 32);
  if (rootHash.length !== 32) malformed(`${path}.rootHash is not 32 bytes`);
  return {
    index: int64(proof['logIndex'], `${path}.logIndex`),
    treeSize: int64(proof['treeSize'], `${path}.treeSize`),
    rootHash,
    hashes: list(proof['hashes'], `${path}.hashes`, MAX_HASHES).map((hash, index) => {
      const bytes = base64(hash, `${path}.hashes[${index}]`, 32);
      if (bytes.length !== 32) malformed(`${path}.hashes[${index}] is not 32 bytes`);
      return bytes;
    }),
    checkpoint: isUnset(checkpoint)
      ? null
      : text(object(checkpoint, `${path}.checkpoint`)['envelope'], `${path}.checkpoint.envelope`, MAX_SMALL),
  };
}

function parseTimestamps(json: unknown): readonly Buffer[] {
  if (isUnset(json)) return [];
  const path = 'rfc3161Timestamps';
  const timestamps = list(object(json, 'timestampVerificationData')[path], path, MAX_ENTRIES).map((element, index) =>
    base64(object(element, `${path}[${index}]`)['signedTimestamp'], `${path}[${index}]`, MAX_SMALL),
  );
  return distinct(timestamps, (timestamp) => timestamp.toString('latin1'), path);
}
