import { formatInstant, type Instant } from '../model/time.ts';
import type { LogEntry } from './bundle.ts';
import { parseCheckpoint, type Checkpoint } from '../tlog/checkpoint.ts';
import { logHash, verifySignature } from './keys.ts';
import { inclusionRoot } from '../tlog/merkle.ts';
import { keyHint, signatureFault } from '../tlog/note.ts';
import { reading, refuse, show } from './refusal.ts';
import { contains, type TrustedLog } from './trusted-root.ts';

/** Seconds up to which a time can be written down (ECMAScript's range). */
const MAX_SECONDS = 8_640_000_000_000n;

/** An entry whose promise held: the log vouches for the time. */
export interface PromisedTime {
  readonly log: TrustedLog;
  readonly time: Instant;
}

/**
 * Verifies the signed entry timestamp of an entry (Rekor v1) under one of the logs that have the entry's id. The time
 * counts only through this: it must be inside the validity of the log's key. Null where the entry carries no promise.
 */
export function verifyPromise(entry: LogEntry, logs: readonly TrustedLog[]): PromisedTime | null {
  const { promise, integratedTime, logIndex, logId, body } = entry;
  if (promise === null) return null;
  // Canonical JSON (RFC 8785) of exactly these four fields; none of their values needs escaping.
  const signed = Buffer.from(
    `{"body":"${body.toString('base64')}","integratedTime":${integratedTime},"logID":"${logId}","logIndex":${logIndex}}`,
  );
  const signers = logs.filter(({ key }) => verifySignature(key, logHash(key.type), signed, promise));
  if (signers.length === 0) refuse('log-promise', 'the signed entry timestamp is not one of the log over this entry');
  if (integratedTime > MAX_SECONDS) refuse('log-time', 'integrated at a time that cannot be written down');
  const time = Number(integratedTime) * 1000;
  const log = signers.find(({ validFor }) => contains(validFor, time));
  if (log === undefined) refuse('log-time', `the key of the log was not valid at ${formatInstant(time)}`);
  return { log, time };
}

/** The log whose tree holds an entry, and its checkpoint. */
export interface Inclusion {
  readonly log: TrustedLog;
  readonly checkpoint: Checkpoint;
}

/**
 * Verifies that an entry is in the tree of one of the logs that have its id: the Merkle proof leads to the root of a
 * checkpoint which that log signed, with a key valid at every one of `times`. Null where the entry has no proof, or one
 * without a checkpoint (v0.1), which proves nothing.
 */
export function verifyInclusion(
  entry: LogEntry,
  logs: readonly TrustedLog[],
  times: readonly Instant[],
): Inclusion | null {
  const { proof, body } = entry;
  const note = proof?.checkpoint ?? null;
  if (proof === null || note === null) return null;
  const checkpoint = reading('log-checkpoint', () => parseCheckpoint(note));
  const faults = logs.map((one) => checkpointFault(checkpoint, one, false));
  const signers = logs.filter((_, index) => faults[index] === null);
  if (signers.length === 0) refuse('log-checkpoint', faults[0]?.reason ?? 'no log signed the checkpoint');
  const log = signers.find(({ validFor }) => times.every((time) => contains(validFor, time)));
  if (log === undefined) refuse('log-time', 'the key of the log was not valid when the signature was made');

  if (checkpoint.size !== proof.treeSize || !checkpoint.root.equals(proof.rootHash)) {
    refuse('log-checkpoint', 'the checkpoint is of another tree than the inclusion proof');
  }
  const root = inclusionRoot(body, proof.index, proof.treeSize, proof.hashes);
  if (root?.equals(checkpoint.root) !== true) refuse('log-inclusion', 'the inclusion proof does not lead to the root');
  // A Rekor v2 log is one tree, so that the two positions are one (rekor-v2-spec, section 3, "Log Index"), and so are
  // the two names. Its entries have kinds of their own, whatever key signs them.
  if (entry.version === '0.0.2' && entry.kind !== 'intoto') {
    if (entry.logIndex !== proof.index) {
      refuse('log-entry-mismatch', `the entry has position ${entry.logIndex}, its proof ${proof.index}`);
    }
    if (checkpoint.origin !== log.name) {
      refuse('log-checkpoint', `checkpoint of ${show(checkpoint.origin)} instead of ${show(log.name)}`);
    }
  }
  return { log, checkpoint };
}

/** Why a checkpoint is not one of a log. `origin`: the log signed it, for a tree that is not one of its own. */
export interface CheckpointFault {
  readonly kind: 'signature' | 'origin';
  readonly reason: string;
}

/**
 * Why a checkpoint is not one of this log, or null: the log signed it, and it names a tree of the log. Where the log
 * is one tree, as Rekor v2 is, that has exactly the log's name.
 */
export function checkpointFault(checkpoint: Checkpoint, log: TrustedLog, isOneTree: boolean): CheckpointFault | null {
  const { name, hints, key } = log;
  const verify = (text: Buffer, signature: Buffer): boolean => verifySignature(key, logHash(key.type), text, signature);
  switch (signatureFault(checkpoint, { name, hints, verify })) {
    case 'unsigned':
      return {
        kind: 'signature',
        reason: `checkpoint is not signed in the name and with the key hint of ${show(name)}`,
      };
    case 'broken':
      return { kind: 'signature', reason: `signature of ${show(name)} on its checkpoint does not hold` };
    case null: {
      const { origin } = checkpoint;
      const isOwn = origin === name || (!isOneTree && !isTiled(log) && treeOf(origin, name) !== null);
      return isOwn ? null : { kind: 'origin', reason: `checkpoint of ${show(origin)} instead of ${show(name)}` };
    }
  }
}

/** Rekor v1 names its tree behind its host: an int64 (Trillian), as it writes it, and nothing else. */
export function treeOf(origin: string, name: string): string | null {
  const tree = origin.startsWith(`${name} - `) ? origin.slice(name.length + 3) : '';
  return /^[1-9]\d{0,18}$/.test(tree) ? tree : null;
}

/** Rekor v2 is known by the id of its key, which is a signed note's: the name is part of it. */
export function isTiled({ name, key, ids }: TrustedLog): boolean {
  if (key.type !== 'ed25519') return false;
  const hint = keyHint(name, Buffer.concat([Buffer.from([1]), key.raw]));
  return ids.some((id) => id.startsWith(hint));
}
