import { hash as digest } from 'node:crypto';
import { nameFits } from '../../model/match.ts';
import { parseInstant, type Instant } from '../../model/time.ts';
import { hex, isUnset, list, object, parseJson, text, type JsonObject } from '../json.ts';
import { malformed, show } from '../refusal.ts';
import { canonicalJson } from './canonical.ts';
import { didSign, parseKey, type RoleKey } from './keys.ts';

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
  readonly keys: ReadonlyMap<string, RoleKey>;
  readonly threshold: number;
}

export type TopRole = 'root' | 'timestamp' | 'snapshot' | 'targets';
/** With a version or without. */
const TOP_FILE = /^(?:\d+\.)?(?:root|timestamp|snapshot|targets)$/;

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
/** Of an RSA key of 8192 bits. */
const MAX_SIGNATURE_BYTES = 1024;

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
    if (!signers.has(key.identity) && didSign(key, message, signature)) signers.add(key.identity);
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

/** Whether a delegation covers the target: shell patterns, each segment for itself (section 4.5). */
export function covers({ paths }: Delegation, target: string): boolean {
  const names = target.split('/');
  return paths.some((pattern) => {
    const wanted = pattern.split('/');
    return wanted.length === names.length && wanted.every((one, at) => nameFits(one, names[at] ?? ''));
  });
}

/** Where the metadata of a role are, but for the version: its name as one segment of an address, whatever it is. */
export function fileOf(role: string): string {
  return `${encodeURIComponent(role)}.json`;
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
    // Its metadata must not lie where those of a top-level role do.
    if (TOP_FILE.test(name)) malformed(`${path}.name may not be ${show(name)}`);
    // Patterns with sets of characters, and hash bins, cover nothing here.
    const usable = paths.filter((pattern) => !/[[\]]/.test(pattern));
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

function parseRole(json: JsonObject, keys: ReadonlyMap<string, RoleKey>, path: string): Role {
  const ids = list(json['keyids'], `${path}.keyids`, MAX_KEYS).map((id) => text(id, `${path}.keyids`, MAX_NAME));
  const own = ids.flatMap((id) => {
    const key = keys.get(id);
    return key === undefined ? [] : [[id, key] as const];
  });
  return { keys: new Map(own), threshold: count(json['threshold'], `${path}.threshold`) };
}

/** Keys of other kinds are left out: what they sign counts for nothing. Key ids are names (section 4.2). */
function parseKeys(value: unknown): ReadonlyMap<string, RoleKey> {
  const keys = entries(value, 'keys', MAX_KEYS).flatMap(([id, element]) => {
    const path = `key ${show(id)}`;
    const json = object(element, path);
    const given = text(object(json['keyval'], path)['public'], path, 2000);
    const key = parseKey(text(json['scheme'], `${path}: scheme`, 100), given, path);
    return key === null ? [] : [[id, key] as const];
  });
  return new Map(keys);
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
