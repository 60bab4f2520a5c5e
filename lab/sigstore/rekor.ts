import type { Instant } from '../../src/model/time.ts';
import { base64, canonicalJson, type Json } from './json.ts';
import { newKey, sha256, type SigningKey, signWith } from './keys.ts';
import { newTree, type MerkleTree } from './merkle.ts';

/** `tlogEntries[]` of a bundle, as its JSON says it. Mutable, so that a test can alter one field. */
export interface LogEntryJson {
  logIndex: string;
  logId: { keyId: string };
  kindVersion: { kind: string; version: string };
  integratedTime?: string;
  inclusionPromise?: { signedEntryTimestamp: string };
  inclusionProof?: {
    logIndex: string;
    rootHash: string;
    treeSize: string;
    hashes: string[];
    checkpoint: { envelope: string };
  } | null;
  canonicalizedBody: string;
}

/** A body for a log: its kind and version are repeated outside of it. */
export interface LogBody {
  readonly apiVersion: string;
  readonly kind: string;
  readonly spec: Json;
}

/** A transparency log. `append` returns the entry with every promise that the log makes. */
export interface TransparencyLog {
  readonly key: SigningKey;
  readonly baseUrl: string;
  readonly logId: Buffer;
  append(body: LogBody, at: Instant): LogEntryJson;
  /** What the log has, for a server of it. */
  readonly tree: MerkleTree;
  /** Every entry as it was logged, with the answer to its upload; null for those before the lab. */
  readonly entries: readonly LoggedEntry[];
  /** The signed note over the first `size` entries (`of` another tree for a fork), with lines behind the root. */
  readonly head: (size?: number, extensions?: readonly string[], of?: MerkleTree) => string;
}

interface LoggedEntry {
  readonly bytes: Buffer;
  readonly entry: LogEntryJson | null;
}

/** Rekor v1's id of its tree. */
export const V1_TREE = 1193050959916656506n;

/** Entries that were there before the first of the lab, so that no proof is empty. */
const EARLIER_ENTRIES = 11;
/** Entries of earlier shards: a position in the whole log is larger than 2^31 and differs from the one in the tree. */
export const EARLIER_SHARDS = 4_100_200_300;

/** Rekor v1: signed entry timestamp, integrated time, ECDSA checkpoint; one tree of several. */
export function startRekorV1(): TransparencyLog {
  const host = 'rekor.lab.test';
  const key = newKey('P-256');
  const logId = sha256(key.spki);
  const { tree, entries } = seeded();
  const sign = (note: string): string => signNote(note, `${host} - ${V1_TREE}`, host, key, logId);
  return {
    key,
    baseUrl: `https://${host}`,
    logId,
    tree,
    entries,
    head: (size = tree.size(), extensions = [], of = tree) => sign(sizeAndRoot(of, size, extensions)),
    append: (body, at) => {
      const bytes = canonicalJson({ ...body });
      const index = tree.append(Buffer.from(bytes));
      const promised = {
        body: base64(bytes),
        integratedTime: Math.floor(at / 1000),
        logID: logId.toString('hex'),
        logIndex: EARLIER_SHARDS + index,
      };
      const entry = {
        logIndex: String(promised.logIndex),
        logId: { keyId: base64(logId) },
        kindVersion: { kind: body.kind, version: body.apiVersion },
        integratedTime: String(promised.integratedTime),
        inclusionPromise: { signedEntryTimestamp: base64(signWith(key, Buffer.from(canonicalJson(promised)))) },
        inclusionProof: proof(tree, index, sign),
        canonicalizedBody: promised.body,
      };
      entries.push({ bytes: Buffer.from(bytes), entry });
      return entry;
    },
  };
}

/** Rekor v2: one tree per log, Ed25519 checkpoint, no promise and no time of its own. */
export function startRekorV2(): TransparencyLog {
  const host = 'log2026-1.rekor.lab.test';
  const key = newKey('Ed25519');
  const logId = rekorV2LogId(host, key);
  const { tree, entries } = seeded();
  const sign = (note: string): string => signNote(note, host, host, key, logId);
  return {
    key,
    baseUrl: `https://${host}`,
    logId,
    tree,
    entries,
    head: (size = tree.size(), extensions = [], of = tree) => sign(sizeAndRoot(of, size, extensions)),
    append: (body) => {
      const bytes = canonicalJson({ ...body });
      const index = tree.append(Buffer.from(bytes));
      const entry = {
        logIndex: String(index),
        logId: { keyId: base64(logId) },
        kindVersion: { kind: body.kind, version: body.apiVersion },
        inclusionProof: proof(tree, index, sign),
        canonicalizedBody: base64(bytes),
      };
      entries.push({ bytes: Buffer.from(bytes), entry });
      return entry;
    },
  };
}

/** Key id of a signed note: the key's name, its type (1 is Ed25519) and its 32 raw bytes. */
export function rekorV2LogId(host: string, key: SigningKey): Buffer {
  return sha256(Buffer.from(`${host}\n\u0001`), key.spki.subarray(-32));
}

function seeded(): { readonly tree: MerkleTree; readonly entries: LoggedEntry[] } {
  const tree = newTree();
  const entries = Array.from({ length: EARLIER_ENTRIES }, (_, i) => ({
    bytes: Buffer.from(`earlier entry ${i}`),
    entry: null,
  }));
  for (const { bytes } of entries) tree.append(bytes);
  return { tree, entries };
}

function sizeAndRoot(tree: MerkleTree, size: number, extensions: readonly string[] = []): string {
  return [size, base64(tree.root(size)), ...extensions, ''].join('\n');
}

/** What a log signs of a tree under any origin, as only one that lies does. */
export function signedHead({ baseUrl, key, logId }: TransparencyLog, origin: string, tree: MerkleTree): string {
  return signNote(sizeAndRoot(tree, tree.size()), origin, new URL(baseUrl).host, key, logId);
}

/** Inclusion of the entry in the tree that ends with it, which is what a log answers at upload. */
function proof(
  tree: MerkleTree,
  index: number,
  sign: (sizeAndRoot: string) => string,
): NonNullable<LogEntryJson['inclusionProof']> {
  const size = index + 1;
  const rootHash = base64(tree.root(size));
  return {
    logIndex: String(index),
    rootHash,
    treeSize: String(size),
    hashes: tree.path(index, size).map(base64),
    checkpoint: { envelope: sign(sizeAndRoot(tree, size)) },
  };
}

/** A checkpoint as a signed note (C2SP tlog-checkpoint, signed-note). */
function signNote(signed: string, origin: string, name: string, key: SigningKey, keyId: Buffer): string {
  const text = `${origin}\n${signed}`;
  const signature = Buffer.concat([keyId.subarray(0, 4), signWith(key, Buffer.from(text))]);
  return `${text}\n\u2014 ${name} ${base64(signature)}\n`;
}
