import { hash as digest } from 'node:crypto';
import { fits } from '../../model/match.ts';
import { parseInstant, type Instant } from '../../model/time.ts';
import { hex, isUnset, list, object, parseJson, text, type JsonObject } from '../json.ts';
import { parsePublicKey, SIGNER_HASHES, verifySignature, type PublicKey } from '../keys.ts';
import { malformed, show } from '../refusal.ts';
import { canonicalJson } from './canonical.ts';

/**
 * Metadata of a TUF repository (https://theupdateframework.github.io/specification/latest/, section 4). Readers throw
 * `Malformed`; unknown fields are ignored, as the specification wants, and are part of what is signed.
 */
export interface Metadata {
  readonly version: number;
  readonly expires: Instant;
}

/** The keys that speak for a role, and how many of them have to. */
export interface Role {
  readonly keys: ReadonlyMap<string, PublicKey>;
  readonly threshold: number;
}

const TOP_ROLES = ['root', 'timestamp', 'snapshot', 'targets'] as const;
export type TopRole = (typeof TOP_ROLES)[number];

export interface Root extends Metadata {
  readonly consistentSnapshot: boolean;
  readonly roles: Readonly<Record<TopRole, Role>>;
}

/** What is known of a file before it is asked for. */
export interface FileFacts {
  readonly length: number | null;
  /** Hex by algorithm; at least one that is known here, or null. */
  readonly hashes: Readonly<Partial<Record<HashName, string>>> | null;
}

export interface MetaFacts extends FileFacts {
  readonly version: number;
}

export interface Timestamp extends Metadata {
  readonly snapshot: MetaFacts;
}

export interface Snapshot extends Metadata {
  /** By file name, such as `targets.json`. */
  readonly meta: ReadonlyMap<string, MetaFacts>;
}

export interface TargetFacts {
  readonly length: number;
  readonly hashes: Readonly<Partial<Record<HashName, string>>>;
}

export interface Delegation {
  readonly name: string;
  readonly role: Role;
  readonly paths: readonly string[];
  readonly terminating: boolean;
}

export interface Targets extends Metadata {
  readonly targets: ReadonlyMap<string, TargetFacts>;
  readonly delegations: readonly Delegation[];
}

/** What signatures are over, with the signatures. */
export interface Signed {
  readonly content: JsonObject;
  readonly message: Buffer;
  readonly signatures: readonly { readonly keyId: string; readonly signature: Buffer }[];
}

const HASHES = { sha256: 32, sha512: 64 } as const;
type HashName = keyof typeof HASHES;

const MAX_KEYS = 64;
const MAX_SIGNATURES = 128;
const MAX_FILES = 10_000;
const MAX_DELEGATIONS = 64;
const MAX_PATHS = 64;
const MAX_NAME = 512;
const MAX_SIGNATURE_BYTES = 512;

/** Reads metadata of one type. Nothing of it is verified. */
export function parseSigned(bytes: Buffer, type: TopRole): Signed {
  const json = object(parseJson(bytes, type), type);
  const content = object(json['signed'], `${type}.signed`);
  if (content['_type'] !== type) malformed(`_type is not ${type}`);
  const version = text(content['spec_version'], 'spec_version', 20);
  if (!/^1(?:\.\d+){1,2}$/.test(version)) malformed(`spec_version ${show(version)} is not known`);
  const signatures = list(json['signatures'], `${type}.signatures`, MAX_SIGNATURES).map((element, index) => {
    const path = `${type}.signatures[${index}]`;
    const { keyid, sig } = object(element, path);
    return { keyId: text(keyid, `${path}.keyid`, MAX_NAME), signature: signatureOf(sig, `${path}.sig`) };
  });
  // Section 4.2: a key signs once.
  if (new Set(signatures.map(({ keyId }) => keyId)).size < signatures.length) {
    malformed(`${type}.signatures has a key id twice`);
  }
  return { content, message: Buffer.from(canonicalJson(content)), signatures };
}

/** Signers that have not signed yet are listed with an empty signature, which holds for nothing. */
function signatureOf(value: unknown, path: string): Buffer {
  if (value === '') return Buffer.alloc(0);
  const encoded = text(value, path, 2 * MAX_SIGNATURE_BYTES);
  if (encoded.length % 2 !== 0 || !/^[0-9a-f]+$/.test(encoded)) malformed(`${path} is not hex`);
  return Buffer.from(encoded, 'hex');
}

/** Whether a threshold of the role's keys signed. A key counts once, under however many ids it signs. */
export function isSignedBy({ message, signatures }: Signed, { keys, threshold }: Role): boolean {
  const signers = new Set<string>();
  for (const { keyId, signature } of signatures) {
    const key = keys.get(keyId);
    if (key === undefined) continue;
    const name = key.spki.toString('base64');
    if (signers.has(name)) continue;
    if (verifySignature(key, SIGNER_HASHES[key.type][0] ?? null, message, signature)) signers.add(name);
  }
  return signers.size >= threshold;
}

export function parseRoot({ content }: Signed): Root {
  const keys = parseKeys(content['keys']);
  const roles = object(content['roles'], 'roles');
  const role = (name: TopRole): Role => parseRole(object(roles[name], `roles.${name}`), keys, `roles.${name}`);
  return {
    ...parseMetadata(content),
    consistentSnapshot: content['consistent_snapshot'] === true,
    roles: {
      root: role('root'),
      timestamp: role('timestamp'),
      snapshot: role('snapshot'),
      targets: role('targets'),
    },
  };
}

export function parseTimestamp({ content }: Signed): Timestamp {
  const meta = object(content['meta'], 'meta');
  return { ...parseMetadata(content), snapshot: parseMeta(meta['snapshot.json'], 'meta of snapshot.json') };
}

export function parseSnapshot({ content }: Signed): Snapshot {
  const meta = entries(content['meta'], 'meta', MAX_FILES).map(
    ([name, value]) => [name, parseMeta(value, `meta of ${show(name)}`)] as const,
  );
  return { ...parseMetadata(content), meta: new Map(meta) };
}

export function parseTargets({ content }: Signed): Targets {
  const targets = entries(content['targets'], 'targets', MAX_FILES).map(([name, value]) => {
    const { length, hashes } = parseFacts(object(value, `target ${show(name)}`), `target ${show(name)}`);
    if (length === null || hashes === null) malformed(`target ${show(name)} has no length or no hashes`);
    return [name, { length, hashes }] as const;
  });
  const { delegations } = content;
  return {
    ...parseMetadata(content),
    targets: new Map(targets),
    delegations: isUnset(delegations) ? [] : parseDelegations(object(delegations, 'delegations')),
  };
}

/** Whether a delegation covers the target: shell patterns in which a star is no slash (section 4.5). */
export function covers({ paths }: Delegation, target: string): boolean {
  return paths.some((pattern) => fits(pattern, target));
}

/** Whether bytes are of the length and have every hash that is known of them. */
export function isFile(bytes: Buffer, { length, hashes }: FileFacts): boolean {
  if (length !== null && bytes.length !== length) return false;
  return Object.entries(hashes ?? {}).every(([algorithm, expected]) => digest(algorithm, bytes, 'hex') === expected);
}

function parseDelegations(json: JsonObject): readonly Delegation[] {
  const keys = parseKeys(json['keys']);
  return list(json['roles'], 'delegations.roles', MAX_DELEGATIONS).map((element, index) => {
    const path = `delegations.roles[${index}]`;
    const role = object(element, path);
    const paths = list(role['paths'], `${path}.paths`, MAX_PATHS).map((one) => text(one, `${path}.paths`, MAX_NAME));
    const name = text(role['name'], `${path}.name`, MAX_NAME);
    // A name becomes part of an address.
    if (!/^[A-Za-z0-9_-][\w.-]*$/.test(name)) malformed(`${path}.name is not the name of a file`);
    if (TOP_ROLES.some((top) => top === name)) malformed(`${path}.name is that of a top-level role`);
    // Patterns with other wildcards than a single star, and hash bins, cover nothing here.
    const usable = paths.filter((pattern) => !/[?[\]]|\*\*/.test(pattern));
    return { name, role: parseRole(role, keys, path), paths: usable, terminating: role['terminating'] === true };
  });
}

function parseMetadata(content: JsonObject): Metadata {
  const expires = parseInstant(content['expires']);
  if (expires === null) malformed('expires is not a time');
  return { version: count(content['version'], 'version'), expires };
}

function parseMeta(value: unknown, path: string): MetaFacts {
  const json = object(value, path);
  return { version: count(json['version'], `${path}: version`), ...parseFacts(json, path) };
}

function parseFacts(json: JsonObject, path: string): FileFacts {
  const { length, hashes } = json;
  return {
    length: isUnset(length) ? null : length === 0 ? 0 : count(length, `${path}: length`),
    hashes: isUnset(hashes) ? null : parseHashes(object(hashes, `${path}: hashes`), path),
  };
}

function parseHashes(json: JsonObject, path: string): Readonly<Partial<Record<HashName, string>>> {
  const known = (Object.keys(HASHES) as HashName[]).filter((name) => json[name] !== undefined);
  if (known.length === 0) malformed(`${path} has no hash that is known`);
  return Object.fromEntries(
    known.map((name) => [name, hex(json[name], `${path}: ${name}`, HASHES[name]).toString('hex')]),
  );
}

function parseRole(json: JsonObject, keys: ReadonlyMap<string, PublicKey>, path: string): Role {
  const ids = list(json['keyids'], `${path}.keyids`, MAX_KEYS).map((id) => text(id, `${path}.keyids`, MAX_NAME));
  const own = ids.flatMap((id) => {
    const key = keys.get(id);
    return key === undefined ? [] : [[id, key] as const];
  });
  return { keys: new Map(own), threshold: count(json['threshold'], `${path}.threshold`) };
}

/** Keys of other kinds are left out: what they sign counts for nothing. Key ids are names (section 4.2). */
function parseKeys(value: unknown): ReadonlyMap<string, PublicKey> {
  const keys = entries(value, 'keys', MAX_KEYS).flatMap(([id, element]) => {
    const path = `key ${show(id)}`;
    const json = object(element, path);
    const given = text(object(json['keyval'], path)['public'], path, 2000);
    const key = parseKey(text(json['scheme'], `${path}: scheme`, 100), given, path);
    return key === null ? [] : [[id, key] as const];
  });
  return new Map(keys);
}

/** DER before the point of a P-256 key (RFC 5480) and before the bytes of an Ed25519 key (RFC 8410). */
const P256_PREFIX = '3059301306072a8648ce3d020106082a8648ce3d030107034200';
const ED25519_PREFIX = '302a300506032b6570032100';

function parseKey(scheme: string, given: string, path: string): PublicKey | null {
  const schemes = {
    'ecdsa-sha2-nistp256': ['p256', P256_PREFIX, 65],
    ed25519: ['ed25519', ED25519_PREFIX, 32],
  } as const;
  if (scheme !== 'ecdsa-sha2-nistp256' && scheme !== 'ed25519') return null;
  const [type, prefix, bytes] = schemes[scheme];
  const pem = /^-----BEGIN PUBLIC KEY-----\s+([A-Za-z0-9+/=\s]+)-----END PUBLIC KEY-----\s*$/.exec(given)?.[1];
  const spki =
    pem === undefined
      ? Buffer.concat([Buffer.from(prefix, 'hex'), hex(given, path, bytes)])
      : Buffer.from(pem.replace(/\s/g, ''), 'base64');
  const key = parsePublicKey(spki);
  return key.type === type ? key : malformed(`${path} is not ${scheme}`);
}

function entries(value: unknown, path: string, max: number): readonly (readonly [string, unknown])[] {
  const all = Object.entries(object(value, path));
  return all.length > max ? malformed(`${path} has ${all.length} members, more than ${max}`) : all;
}

/** A positive integer that a number holds exactly. */
function count(value: unknown, path: string): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 1)
    malformed(`${path} is not a positive integer`);
  return value;
}
