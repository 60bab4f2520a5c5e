import { malformed } from './malformed.ts';
import { fromBase64, parseNote, type Note } from './note.ts';

/**
 * A log's statement about its tree (https://github.com/C2SP/C2SP/blob/main/tlog-checkpoint.md). The Go checksum
 * database writes the same three lines, with `go.sum database tree` for an origin.
 */
export interface Checkpoint extends Note {
  readonly origin: string;
  readonly size: bigint;
  readonly root: Buffer;
  /** Lines behind the root: signed, and never what the log records. */
  readonly extensions: readonly string[];
}

/** Parses a checkpoint in its note; nothing of it is verified. Throws `Malformed`. */
export function parseCheckpoint(envelope: string): Checkpoint {
  const note = parseNote(envelope, 'checkpoint');
  const [origin = '', size = '', encoded = '', ...extensions] = note.text.toString().slice(0, -1).split('\n');
  if (origin === '') malformed('checkpoint has no origin');
  if (!/^(?:0|[1-9]\d{0,18})$/.test(size)) malformed('checkpoint has no tree size');
  const root = fromBase64(encoded);
  if (root?.length !== 32) malformed('checkpoint root hash is not 32 bytes');
  return { ...note, origin, size: BigInt(size), root, extensions };
}
