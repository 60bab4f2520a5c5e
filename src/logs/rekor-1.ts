import type { Evidence } from '../model/evidence.ts';
import type { Digest } from '../model/dependency.ts';
import type { HttpClient } from '../net/request.ts';
import type { LogEntry } from '../sigstore/bundle.ts';
import { base64, hex, int64, isUnset, list, object, parseJson, text } from '../sigstore/json.ts';
import { malformed } from '../tlog/malformed.ts';
import { askLog } from './answer.ts';

/** An entry as Rekor v1 answers it, its proof in the tree of this moment. Nothing is verified. */
export interface Rekor1Entry {
  /** 80 or 64 hex digits: the id of its tree, where there is one, and the hash of its leaf. */
  readonly uuid: string;
  readonly entry: LogEntry;
  /** The statement, which Rekor keeps of some kinds only. */
  readonly attestation: Buffer | null;
}

/** What the index can be asked. A subject is the whole name in a certificate. */
export type Rekor1Query = { readonly hash: Digest } | { readonly subject: string };

/** The signed heads of the tree that grows, and of those before it. */
export interface Rekor1Heads {
  readonly active: string;
  readonly inactive: readonly string[];
}

const MIB = 1024 * 1024;
const MAX_ENTRY_BYTES = 48 * MIB;
const MAX_INDEX_BYTES = MIB;
/** More than any honest answer that somebody could look through. */
const MAX_UUIDS = 10_000;
const MAX_SHARDS = 256;
const UUID = /^(?:[0-9a-f]{16})?[0-9a-f]{64}$/;

/** Whether a text is an id of Rekor v1: the hash of a leaf, and maybe its tree before it. */
export function isUuid(id: string): boolean {
  return UUID.test(id);
}

/** One entry by its id, or by its position in the whole log. */
export function askEntry(http: HttpClient, url: string, id: string): Promise<Evidence<Rekor1Entry>> {
  const path = isUuid(id) ? `/${id}` : `?logIndex=${encodeURIComponent(id)}`;
  return askLog(http, `${url}/api/v1/log/entries${path}`, { maxBytes: MAX_ENTRY_BYTES }, (body) => {
    const [one, ...others] = Object.entries(object(parseJson(body, 'answer'), 'answer'));
    if (one === undefined || !isUuid(one[0]) || others.length > 0) malformed('answer is not one entry by its id');
    return readEntry(...one);
  });
}

function readEntry(uuid: string, json: unknown): Rekor1Entry {
  const entry = object(json, 'entry');
  const verification = object(entry['verification'], 'verification');
  const proof = object(verification['inclusionProof'], 'inclusionProof');
  const { attestation } = entry;
  const data = isUnset(attestation) ? null : object(attestation, 'attestation')['data'];
  const body = base64(entry['body'], 'body', 32 * MIB);
  const { kind, apiVersion } = object(parseJson(body, 'body'), 'body');
  return {
    uuid,
    attestation: isUnset(data) ? null : base64(data, 'attestation.data', 16 * MIB),
    entry: {
      logId: hex(entry['logID'], 'logID', 32).toString('hex'),
      logIndex: int64(entry['logIndex'], 'logIndex'),
      kind: text(kind, 'kind', 100),
      version: text(apiVersion, 'apiVersion', 100),
      integratedTime: int64(entry['integratedTime'], 'integratedTime'),
      promise: base64(verification['signedEntryTimestamp'], 'signedEntryTimestamp', 65_536),
      proof: {
        index: int64(proof['logIndex'], 'inclusionProof.logIndex'),
        treeSize: int64(proof['treeSize'], 'inclusionProof.treeSize'),
        rootHash: hex(proof['rootHash'], 'inclusionProof.rootHash', 32),
        hashes: hashes(proof['hashes'], 'inclusionProof.hashes'),
        checkpoint: text(proof['checkpoint'], 'inclusionProof.checkpoint', 65_536),
      },
      body,
    },
  };
}

function hashes(json: unknown, path: string): readonly Buffer[] {
  return list(json, path, 64).map((value, i) => hex(value, `${path}[${i}]`, 32));
}

/** The ids of what the index has. Which entries it says, and that it says all of them, nothing proves. */
export function askIndex(http: HttpClient, url: string, query: Rekor1Query): Promise<Evidence<readonly string[]>> {
  const asked = 'hash' in query ? { hash: `${query.hash.algorithm}:${query.hash.hex}` } : query;
  const options = { maxBytes: MAX_INDEX_BYTES, json: JSON.stringify(asked) };
  return askLog(http, `${url}/api/v1/index/retrieve`, options, (body) => {
    const ids = list(parseJson(body, 'answer'), 'answer', MAX_UUIDS).map((id) => text(id, 'id', 80));
    if (!ids.every(isUuid)) malformed('answer has something that is not an id');
    return [...new Set(ids)];
  });
}

/** The heads of all trees of the log. */
export function askHeads(http: HttpClient, url: string): Promise<Evidence<Rekor1Heads>> {
  return askLog(http, `${url}/api/v1/log`, { maxBytes: MIB }, (body) => {
    const info = object(parseJson(body, 'answer'), 'answer');
    const head = (json: unknown): string => text(object(json, 'tree')['signedTreeHead'], 'signedTreeHead', 65_536);
    return { active: head(info), inactive: list(info['inactiveShards'], 'inactiveShards', MAX_SHARDS).map(head) };
  });
}

/** How a tree goes on from its first leaves to more of them. Sizes are of this tree, not of the whole log. */
export function askProof(
  http: HttpClient,
  url: string,
  { first, last, tree }: { readonly first: bigint; readonly last: bigint; readonly tree: string },
): Promise<Evidence<readonly Buffer[]>> {
  const path = `/api/v1/log/proof?firstSize=${first}&lastSize=${last}&treeID=${tree}`;
  return askLog(http, url + path, { maxBytes: MIB }, (body) =>
    hashes(object(parseJson(body, 'answer'), 'answer')['hashes'], 'hashes'),
  );
}
