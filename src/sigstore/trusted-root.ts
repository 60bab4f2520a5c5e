import { hash as digest } from 'node:crypto';
import { parseInstant, type Instant } from '../model/time.ts';
import { base64, isUnset, list, object, text, type JsonObject } from './json.ts';
import { parsePublicKey, type KeyType, type PublicKey } from './keys.ts';
import { Malformed, malformed, show, Unsupported } from './refusal.ts';
import { keyHint } from '../tlog/note.ts';
import { parseDer, TAG, wrap } from './der.ts';
import { parseCertificate, type Certificate } from './x509.ts';

/** A trusted root that cannot be used; the message is one line. */
export class TrustedRootError extends Error {
  override readonly name = 'TrustedRootError';
}

/** A closed interval: both ends are inside. `end` null is open. */
export interface Interval {
  readonly start: Instant;
  readonly end: Instant | null;
}

export function contains({ start, end }: Interval, instant: Instant): boolean {
  return start <= instant && (end === null || instant <= end);
}

/** A transparency log or certificate-transparency log with one key of it. */
export interface TrustedLog {
  /** Base URL without scheme and trailing slash: the name a checkpoint is signed under. */
  readonly name: string;
  /** Hex ids an entry or SCT may name it by. */
  readonly ids: readonly string[];
  /** Hex key hints (4 bytes) its checkpoint signatures may carry. */
  readonly hints: readonly string[];
  readonly key: PublicKey;
  readonly validFor: Interval;
  /** What counts as one towards a threshold: the operator, or else the log. */
  readonly countsAs: string;
}

/** A certificate or timestamp authority: its chain from the issuing (or timestamping) certificate to the anchor. */
export interface Authority {
  readonly name: string;
  readonly chain: readonly [Certificate, ...Certificate[]];
  readonly validFor: Interval;
  readonly countsAs: string;
}

/** Everything a verification trusts, parsed once. */
export interface TrustedRoot {
  readonly certificateAuthorities: readonly Authority[];
  readonly ctlogs: readonly TrustedLog[];
  readonly tlogs: readonly TrustedLog[];
  readonly timestampAuthorities: readonly Authority[];
  /** How many it names, also those of kinds that are not known here. */
  readonly listed: { readonly ctlogs: number; readonly tlogs: number; readonly timestampAuthorities: number };
  /** The message it was parsed from: what was made of it cannot go to another thread. */
  readonly source: unknown;
}

const MEDIA_TYPES: ReadonlySet<string> = new Set([
  'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
  'application/vnd.dev.sigstore.trustedroot+json;version=0.2',
  'application/vnd.dev.sigstore.trustedroot.v0.1+json',
  'application/vnd.dev.sigstore.trustedroot.v0.2+json',
]);

/**
 * `PublicKeyDetails` of protobuf-specs that can be verified here. A log with another one is left out: nothing it signs
 * counts, and a root that adds a log with a new algorithm stays usable.
 */
const KEY_DETAILS: ReadonlyMap<string, KeyType> = new Map([
  ['PKIX_ECDSA_P256_SHA_256', 'p256'],
  ['PKIX_ECDSA_P384_SHA_384', 'p384'],
  ['PKIX_ECDSA_P521_SHA_512', 'p521'],
  ['PKIX_ED25519', 'ed25519'],
  ['PKIX_RSA_PKCS1V5', 'rsa'],
  ['PKIX_RSA_PKCS1V15_2048_SHA256', 'rsa'],
  ['PKIX_RSA_PKCS1V15_3072_SHA256', 'rsa'],
  ['PKIX_RSA_PKCS1V15_4096_SHA256', 'rsa'],
  ['PKCS1_RSA_PKCS1V5', 'rsa'],
]);

const MAX_ENTRIES = 256;
const MAX_CHAIN = 16;
const MAX_KEY_BYTES = 16_384;

/**
 * Parses the JSON of a Sigstore `TrustedRoot` message (protobuf-specs, sigstore_trustroot.proto). Throws
 * `TrustedRootError`; a part of the root that cannot be read makes all of it unusable.
 */
export function parseTrustedRoot(json: unknown): TrustedRoot {
  try {
    const root = object(json, 'trusted root');
    const mediaType = text(root['mediaType'], 'mediaType', 200);
    if (!MEDIA_TYPES.has(mediaType)) malformed(`mediaType ${show(mediaType)} is not known`);
    const parseOnce = rememberCertificates();
    const authority = (one: JsonObject, path: string): Authority | null => parseAuthority(one, path, parseOnce);
    const count = (field: string): number => list(root[field], field, MAX_ENTRIES).length;
    return {
      certificateAuthorities: parseEach(root, 'certificateAuthorities', authority),
      ctlogs: parseEach(root, 'ctlogs', parseLog),
      tlogs: parseEach(root, 'tlogs', parseLog),
      timestampAuthorities: parseEach(root, 'timestampAuthorities', authority),
      listed: {
        ctlogs: count('ctlogs'),
        tlogs: count('tlogs'),
        timestampAuthorities: count('timestampAuthorities'),
      },
      source: json,
    };
  } catch (error) {
    if (error instanceof Malformed) throw new TrustedRootError(`trusted root: ${error.message}`);
    throw error;
  }
}

/** The chains of one root have most of their certificates in common. */
function rememberCertificates(): typeof parseCertificate {
  const parsed = new Map<string, Certificate>();
  return (raw) => {
    const id = raw.toString('latin1');
    const certificate = parsed.get(id) ?? parseCertificate(raw);
    parsed.set(id, certificate);
    return certificate;
  };
}

function parseEach<T>(root: JsonObject, field: string, parse: (json: JsonObject, path: string) => T | null): T[] {
  return list(root[field], field, MAX_ENTRIES).flatMap((element, index) => {
    const path = `${field}[${index}]`;
    return parse(object(element, path), path) ?? [];
  });
}

function parseLog(json: JsonObject, path: string): TrustedLog | null {
  const publicKey = object(json['publicKey'], `${path}.publicKey`);
  const details = text(publicKey['keyDetails'], `${path}.publicKey.keyDetails`, 100);
  const validFor = parseInterval(publicKey['validFor'], `${path}.publicKey.validFor`);
  const type = KEY_DETAILS.get(details);
  if (type === undefined || json['hashAlgorithm'] !== 'SHA2_256') return null;

  const raw = base64(publicKey['rawBytes'], `${path}.publicKey.rawBytes`, MAX_KEY_BYTES);
  const key = parsePublicKey(details.startsWith('PKCS1_') ? wrapRsaKey(raw) : raw);
  if (key.type !== type) malformed(`${path}.publicKey is not ${show(details)}`);

  const name = text(json['baseUrl'], `${path}.baseUrl`, 1000)
    .replace(/^[a-z][a-z0-9+.-]*:\/\//i, '')
    .replace(/\/+$/, '');
  const logId = parseLogId(json['logId'], `${path}.logId`);
  const checkpointKeyId = parseLogId(json['checkpointKeyId'], `${path}.checkpointKeyId`);
  const ids = [logId, checkpointKeyId].filter((id) => id !== null);
  if (ids.length === 0) malformed(`${path} has neither logId nor checkpointKeyId`);
  const named = (checkpointKeyId ?? logId ?? '').slice(0, 8);
  return {
    name,
    ids,
    hints: [named, checkpointHint(name, key)],
    key,
    validFor,
    countsAs: parseOperator(json, path) ?? `${name} ${ids.join(' ')}`,
  };
}

function parseLogId(json: unknown, path: string): string | null {
  if (isUnset(json)) return null;
  return base64(object(json, path)['keyId'], `${path}.keyId`, 64).toString('hex');
}

/** Key id of a checkpoint signature, 4 bytes in hex. Of ECDSA keys, the name is no part of it. */
function checkpointHint(name: string, { type, raw, spki }: PublicKey): string {
  if (type === 'ed25519') return keyHint(name, Buffer.concat([Buffer.from([0x01]), raw]));
  if (type === 'rsa')
    return keyHint(name, Buffer.concat([Buffer.from([0xff]), Buffer.from('PKIX-RSA-PKCS#1v1.5'), spki]));
  return digest('sha256', spki, 'hex').slice(0, 8);
}

/** Null for one whose certificates are signed in a way that is not known here: left out as such a log is. */
function parseAuthority(json: JsonObject, path: string, parseOnce: typeof parseCertificate): Authority | null {
  try {
    return parseChain(json, path, parseOnce);
  } catch (error) {
    if (error instanceof Unsupported) return null;
    throw error;
  }
}

function parseChain(json: JsonObject, path: string, parseOnce: typeof parseCertificate): Authority {
  const name = text(json['uri'], `${path}.uri`, 1000);
  const chain = list(
    object(json['certChain'], `${path}.certChain`)['certificates'],
    `${path}.certChain`,
    MAX_CHAIN,
  ).map((element, index) => {
    const at = `${path}.certChain.certificates[${index}]`;
    return parseOnce(base64(object(element, at)['rawBytes'], `${at}.rawBytes`, MAX_KEY_BYTES));
  });
  const [first, ...rest] = chain;
  if (first === undefined) malformed(`${path}.certChain is empty`);
  return {
    name,
    chain: [first, ...rest],
    validFor: parseInterval(json['validFor'], `${path}.validFor`),
    countsAs: parseOperator(json, path) ?? `${name} ${digest('sha256', first.spki, 'hex')}`,
  };
}

function parseOperator(json: JsonObject, path: string): string | null {
  const operator = json['operator'];
  return isUnset(operator) || operator === '' ? null : text(operator, `${path}.operator`, 1000);
}

/** `TimeRange`: inclusive of both ends, the start required. */
function parseInterval(json: unknown, path: string): Interval {
  const range = object(json, path);
  const start = parseInstant(range['start']);
  if (start === null) malformed(`${path} has no valid start`);
  if (isUnset(range['end'])) return { start, end: null };
  const end = parseInstant(range['end']);
  if (end === null || end < start) malformed(`${path} has no valid end`);
  return { start, end };
}

/** SubjectPublicKeyInfo around a PKCS#1 RSA key (RFC 3279 section 2.3.1). */
function wrapRsaKey(pkcs1: Buffer): Buffer {
  parseDer(pkcs1);
  const algorithm = Buffer.from('300d06092a864886f70d0101010500', 'hex');
  return wrap(TAG.sequence, [algorithm, wrap(TAG.bitString, [Buffer.from([0]), pkcs1])]);
}
