import { logHash, verifySignature } from './keys.ts';
import { base64 } from './json.ts';
import { malformed, show } from './refusal.ts';
import type { TrustedLog } from './trusted-root.ts';

/** A log's statement about its tree (https://github.com/C2SP/C2SP/blob/main/tlog-checkpoint.md). */
export interface Checkpoint {
  readonly origin: string;
  readonly size: bigint;
  readonly root: Buffer;
  /** The signed text, with its last newline. */
  readonly text: Buffer;
  readonly signatures: readonly NoteSignature[];
}

/** A signature line of a note (https://github.com/C2SP/C2SP/blob/main/signed-note.md). */
interface NoteSignature {
  readonly name: string;
  /** Hex of 4 bytes. */
  readonly hint: string;
  readonly signature: Buffer;
}

const MAX_SIGNATURES = 64;
const MAX_SIGNATURE_BYTES = 16_384;

/** Parses a checkpoint in its note. Throws `Malformed`. */
export function parseCheckpoint(envelope: string): Checkpoint {
  const split = envelope.lastIndexOf('\n\n');
  if (split < 0 || !envelope.endsWith('\n')) malformed('checkpoint is not a signed note');
  const text = envelope.slice(0, split + 1);
  const lines = envelope.slice(split + 2, -1).split('\n');
  if (lines.length > MAX_SIGNATURES) malformed('checkpoint has too many signatures');

  const [origin = '', size = '', root] = text.slice(0, -1).split('\n');
  if (origin === '') malformed('checkpoint has no origin');
  if (!/^(?:0|[1-9]\d{0,18})$/.test(size)) malformed('checkpoint has no tree size');
  const rootHash = base64(root, 'checkpoint root hash', 32);
  if (rootHash.length !== 32) malformed('checkpoint root hash is not 32 bytes');
  return { origin, size: BigInt(size), root: rootHash, text: Buffer.from(text), signatures: lines.map(parseSignature) };
}

function parseSignature(line: string): NoteSignature {
  const [dash, name = '', encoded, ...rest] = line.split(' ');
  if (dash !== '\u2014' || name === '' || rest.length > 0) malformed('checkpoint signature is not a note signature');
  const bytes = base64(encoded, 'checkpoint signature', MAX_SIGNATURE_BYTES);
  if (bytes.length < 5) malformed('checkpoint signature is too short');
  return { name, hint: bytes.toString('hex', 0, 4), signature: bytes.subarray(4) };
}

/**
 * Why a checkpoint is not one of this log, or null. Signatures of others, such as witnesses, are passed over; every one
 * in the name and with the key hint of the log must hold, and there must be one.
 */
export function checkpointFault(checkpoint: Checkpoint, log: TrustedLog): string | null {
  const { origin, text, signatures } = checkpoint;
  // Rekor v1 names its tree behind its host.
  const tree = origin.startsWith(`${log.name} - `) ? origin.slice(log.name.length + 3) : null;
  if (origin !== log.name && (tree === null || !/^\d{1,20}$/.test(tree))) {
    return `checkpoint of ${show(origin)} instead of ${show(log.name)}`;
  }
  const own = signatures.filter(({ name, hint }) => name === log.name && log.hints.includes(hint));
  if (own.length === 0) return `checkpoint is not signed in the name and with the key hint of ${show(log.name)}`;
  const holds = own.every(({ signature }) => verifySignature(log.key, logHash(log.key.type), text, signature));
  return holds ? null : `signature of ${show(log.name)} on its checkpoint does not hold`;
}
