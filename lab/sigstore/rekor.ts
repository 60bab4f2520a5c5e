import type { Instant } from '../../src/model/time.ts';
import { base64, canonicalJson, type Json } from './json.ts';
import { newKey, sha256, type SigningKey, signWith } from './keys.ts';
import { newTree } from './merkle.ts';

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
}

/** Entries that were there before the first of the lab, so that no proof is empty. */
const EARLIER_ENTRIES = 11;
/** Entries of earlier shards: a position in the whole log is larger than 2^31 and differs from the one in the tree. */
const EARLIER_SHARDS = 4_100_200_300;

/** Rekor v1: signed entry timestamp, integrated time, ECDSA checkpoint; one tree of several. */
export function startRekorV1(): TransparencyLog {
  const host = 'rekor.lab.test';
  const key = newKey('P-256');
  const logId = sha256(key.spki);
  const tree = seededTree();
  return {
    key,
    baseUrl: `https://${host}`,
    logId,
    append: (body, at) => {
      const bytes = canonicalJson({ ...body });
      const index = tree.append(Buffer.from(bytes));
      const promised = {
        body: base64(bytes),
        integratedTime: Math.floor(at / 1000),
        logID: logId.toString('hex'),
        logIndex: EARLIER_SHARDS + index,
      };
      return {
        logIndex: String(promised.logIndex),
        logId: { keyId: base64(logId) },
        kindVersion: { kind: body.kind, version: body.apiVersion },
        integratedTime: String(promised.integratedTime),
        inclusionPromise: { signedEntryTimestamp: base64(signWith(key, Buffer.from(canonicalJson(promised)))) },
        inclusionProof: proof(tree, index, (note) => signNote(note, `${host} - 1193050959916656506`, host, key, logId)),
        canonicalizedBody: promised.body,
      };
    },
  };
}

/** Rekor v2: one tree per log, Ed25519 checkpoint, no promise and no time of its own. */
export function startRekorV2(): TransparencyLog {
  const host = 'log2026-1.rekor.lab.test';
  const key = newKey('Ed25519');
  const logId = rekorV2LogId(host, key);
  const tree = seededTree();
  return {
    key,
    baseUrl: `https://${host}`,
    logId,
    append: (body) => {
      const bytes = canonicalJson({ ...body });
      const index = tree.append(Buffer.from(bytes));
      return {
        logIndex: String(index),
        logId: { keyId: base64(logId) },
        kindVersion: { kind: body.kind, version: body.apiVersion },
        inclusionProof: proof(tree, index, (note) => signNote(note, host, host, key, logId)),
        canonicalizedBody: base64(bytes),
      };
    },
  };
}

/** Key id of a signed note: the key's name, its type (1 is Ed25519) and its 32 raw bytes. */
export function rekorV2LogId(host: string, key: SigningKey): Buffer {
  return sha256(Buffer.from(`${host}\n\u0001`), key.spki.subarray(-32));
}

function seededTree(): ReturnType<typeof newTree> {
  const tree = newTree();
  for (let entry = 0; entry < EARLIER_ENTRIES; entry += 1) tree.append(Buffer.from(`earlier entry ${entry}`));
  return tree;
}

/** Inclusion of the entry in the tree that ends with it, which is what a log answers at upload. */
function proof(
  tree: ReturnType<typeof newTree>,
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
    checkpoint: { envelope: sign(`${size}\n${rootHash}\n`) },
  };
}

/** A checkpoint as a signed note (C2SP tlog-checkpoint, signed-note). */
function signNote(sizeAndRoot: string, origin: string, name: string, key: SigningKey, keyId: Buffer): string {
  const text = `${origin}\n${sizeAndRoot}`;
  const signature = Buffer.concat([keyId.subarray(0, 4), signWith(key, Buffer.from(text))]);
  return `${text}\n\u2014 ${name} ${base64(signature)}\n`;
}
