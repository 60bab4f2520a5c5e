import { MAX_TARBALL_BYTES, MAX_TOKEN_LENGTH, MAX_URL_LENGTH } from '../model/limits.ts';
import { formatInstant, parseInstant, type Instant } from '../model/time.ts';
import { compareText, isObject, type Fields } from '../model/value.ts';
import { PackError } from './error.ts';
import { isMemberPath, type Member } from './layout.ts';

/** What a pack says of itself. Nothing of it is verified. */
export interface PackIndex {
  /** Before the first question was asked. */
  readonly made: Instant;
  /** The program, with its version. */
  readonly by: string;
  /** The pack that has the contents which this one leaves out; null where it leaves none out. */
  readonly base: { readonly made: Instant; readonly index: string } | null;
  readonly lockfiles: readonly PackedLockfile[];
  /** Addresses, without credentials. */
  readonly registries: readonly string[];
  /** How new the metadata of each TUF repository were. */
  readonly trust: readonly PackedTrust[];
  /** By address, each once. */
  readonly answers: readonly Answer[];
  /** By path, each once; all that the file has beside its index. */
  readonly members: readonly Member[];
}

/** A lockfile that the questions are about. */
interface PackedLockfile {
  readonly path: string;
  /** Hex. */
  readonly sha256: string;
}

interface PackedTrust {
  readonly url: string;
  /** Versions; null where there was none. */
  readonly root: number;
  readonly timestamp: number | null;
  readonly snapshot: number | null;
  readonly targets: number | null;
  readonly expires: Instant | null;
}

/** What the network said at an address. Contents are named by their SHA-256. */
export type Answer = { readonly url: string } & (
  | { readonly state: 'present'; readonly sha256: string }
  /** A document of attestations, in bundles. */
  | { readonly state: 'present'; readonly bundles: readonly PackedBundle[] }
  /** The source said that there is none. */
  | { readonly state: 'absent' }
  | { readonly state: 'too-large' }
  /** No answer could be had. */
  | { readonly state: 'unavailable'; readonly reason: string; readonly status: number | null }
);

interface PackedBundle {
  readonly predicateType: string;
  readonly sha256: string;
}

const SCHEMA = 'assay.pack/1';
export const MAX_INDEX_BYTES = 64 * 1024 * 1024;
/** Lockfiles of 10,000 packages ask some 20,000 questions. */
const MAX_ANSWERS = 400_000;
const MAX_LISTED = 10_000;
const MAX_BUNDLES = 64;
/** Texts are shown in one line. */
const NOT_IN_LINE = /[\p{Cc}\p{Cs}\u2028\u2029]/u;

/** The index as it is written: one text for one index. */
export function indexBytes({ made, base, trust, ...rest }: PackIndex): Buffer {
  const { by, lockfiles, registries, answers, members } = rest;
  const json = {
    schema: SCHEMA,
    made: formatInstant(made),
    by,
    base: base === null ? null : { made: formatInstant(base.made), index: base.index },
    lockfiles: lockfiles.map(({ path, sha256 }) => ({ path, sha256 })),
    registries,
    trust: trust.map(({ url, root, timestamp, snapshot, targets, expires }) => ({
      ...{ url, root, timestamp, snapshot, targets },
      expires: expires === null ? null : formatInstant(expires),
    })),
    answers: answers.map(answerJson),
    members: members.map(({ path, sha256, size }) => ({ path, sha256, size })),
  };
  return Buffer.from(`${JSON.stringify(json, null, 1)}\n`);
}

function answerJson(answer: Answer): Fields {
  const { url, state } = answer;
  if (state === 'unavailable') return { url, state, reason: answer.reason, status: answer.status };
  if (state !== 'present') return { url, state };
  if ('sha256' in answer) return { url, state, sha256: answer.sha256 };
  return { url, state, bundles: answer.bundles.map(({ predicateType, sha256 }) => ({ predicateType, sha256 })) };
}

/**
 * Reads an index. It has to be, byte for byte, what `indexBytes` writes: so there is no second way to read it. Throws
 * PackError.
 */
export function readIndex(bytes: Buffer): PackIndex {
  const json = parse(bytes);
  const schema = isObject(json) ? json['schema'] : null;
  if (!isObject(json) || typeof schema !== 'string' || !/^assay\.pack\/\d{1,4}$/.test(schema)) {
    throw new PackError('its index is not the index of a pack');
  }
  if (schema !== SCHEMA) {
    throw new PackError(`it is of version ${schema.slice(SCHEMA.length - 1)}; this version of assay reads version 1`);
  }
  const index: PackIndex = {
    made: instant(json['made'], 'made'),
    by: text(json['by'], 'by'),
    base: json['base'] === null ? null : baseOf(json['base']),
    lockfiles: listOf(json['lockfiles'], 'lockfiles', MAX_LISTED, (one) => ({
      path: text(one['path'], 'the path of a lockfile'),
      sha256: sha256(one['sha256'], 'the digest of a lockfile'),
    })),
    registries: list(json['registries'], 'registries', MAX_LISTED).map((one) => url(one)),
    trust: listOf(json['trust'], 'trust', MAX_LISTED, trustOf),
    answers: listOf(json['answers'], 'answers', MAX_ANSWERS, answerOf),
    members: listOf(json['members'], 'members', MAX_ANSWERS, memberOf),
  };
  const { answers, members } = index;
  demandSorted(answers.map((one) => one.url));
  demandSorted(members.map(({ path }) => path));
  demandNoFolders(members);
  if (!indexBytes(index).equals(bytes)) throw new PackError('its index is not written as assay writes it');
  return index;
}

/** Digests of all contents that the answers need. */
export function contentsOf({ answers }: Pick<PackIndex, 'answers'>): ReadonlySet<string> {
  const digests = answers.flatMap((answer) => {
    if (answer.state !== 'present') return [];
    return 'sha256' in answer ? [answer.sha256] : answer.bundles.map((one) => one.sha256);
  });
  return new Set(digests);
}

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    throw new PackError('its index is not JSON');
  }
}

function baseOf(value: unknown): PackIndex['base'] {
  if (!isObject(value)) throw wrong('base');
  return { made: instant(value['made'], 'made of the base'), index: sha256(value['index'], 'index of the base') };
}

function trustOf(one: Fields): PackedTrust {
  const { root, timestamp, snapshot, targets, expires } = one;
  const version = (value: unknown): number | null => (value === null ? null : whole(value, 'a version'));
  return {
    url: url(one['url']),
    root: whole(root, 'a version'),
    timestamp: version(timestamp),
    snapshot: version(snapshot),
    targets: version(targets),
    expires: expires === null ? null : instant(expires, 'expires'),
  };
}

function answerOf(one: Fields): Answer {
  const address = url(one['url']);
  const { state } = one;
  if (state === 'absent' || state === 'too-large') return { url: address, state };
  if (state === 'unavailable') {
    const status = one['status'] === null ? null : whole(one['status'], 'a status');
    return { url: address, state, reason: text(one['reason'], 'a reason'), status };
  }
  if (state !== 'present') throw wrong('the state of an answer');
  if ('sha256' in one) return { url: address, state, sha256: sha256(one['sha256'], 'the digest of an answer') };
  const bundles = listOf(one['bundles'], 'bundles', MAX_BUNDLES, (bundle) => ({
    predicateType: text(bundle['predicateType'], 'a predicate type'),
    sha256: sha256(bundle['sha256'], 'the digest of a bundle'),
  }));
  return { url: address, state, bundles };
}

function memberOf(one: Fields): Member {
  const path = text(one['path'], 'the path of a member');
  const size = whole(one['size'], 'the size of a member');
  if (!isMemberPath(path)) throw wrong('the path of a member');
  if (size > MAX_TARBALL_BYTES) throw wrong('the size of a member');
  return { path, sha256: sha256(one['sha256'], 'the digest of a member'), size };
}

function demandSorted(keys: readonly string[]): void {
  const isSorted = keys.every((key, i) => i === 0 || compareText(keys[i - 1] ?? '', key) < 0);
  if (!isSorted) throw new PackError('its index names something twice, or not in order');
}

/** Nothing is a file and a folder. Of sorted paths, many follow one of the same folder. */
function demandNoFolders(members: readonly Member[]): void {
  const paths = new Set(members.map(({ path }) => path));
  let known = '';
  for (const { path } of members) {
    const folder = path.slice(0, path.lastIndexOf('/') + 1);
    if (folder === known) continue;
    for (let at = folder.indexOf('/'); at !== -1; at = folder.indexOf('/', at + 1)) {
      if (paths.has(folder.slice(0, at))) throw wrong('the path of a member');
    }
    known = folder;
  }
}

function wrong(what: string): PackError {
  return new PackError(`its index cannot be read: ${what} is not what it has to be`);
}

function list(value: unknown, what: string, max: number): readonly unknown[] {
  if (!Array.isArray(value) || value.length > max) throw wrong(what);
  return value;
}

function listOf<T>(value: unknown, what: string, max: number, read: (one: Fields) => T): readonly T[] {
  return list(value, what, max).map((one) => {
    if (!isObject(one)) throw wrong(what);
    return read(one);
  });
}

function text(value: unknown, what: string): string {
  if (typeof value !== 'string' || value.length > MAX_TOKEN_LENGTH || NOT_IN_LINE.test(value)) throw wrong(what);
  return value;
}

function instant(value: unknown, what: string): Instant {
  return parseInstant(value) ?? raise(what);
}

function raise(what: string): never {
  throw wrong(what);
}

function whole(value: unknown, what: string): number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : raise(what);
}

function sha256(value: unknown, what: string): string {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value) ? value : raise(what);
}

function url(value: unknown): string {
  return typeof value === 'string' && isAddress(value) ? value : raise('an address');
}

/** Whether an index may have this address: printable, and without credentials. It is compared, and asked of nobody. */
export function isAddress(text: string): boolean {
  return text.length <= MAX_URL_LENGTH && /^https?:\/\/[!-~]+$/.test(text) && !/^https?:\/\/[^/?#\\]*@/.test(text);
}

/** A text as an index may have it. */
export function oneLine(text: string): string {
  return text.slice(0, MAX_TOKEN_LENGTH).replace(new RegExp(NOT_IN_LINE, 'gu'), '?');
}
