import { isUtf8 } from 'node:buffer';
import { readSumLines, type SumLine } from '../../lockfiles/go/sum.ts';
import { LockfileError } from '../../readers/error.ts';
import { parseCheckpoint, type Checkpoint } from '../../tlog/checkpoint.ts';
import { malformed } from '../../tlog/malformed.ts';
import { signatureFault, type NoteKey } from '../../tlog/note.ts';

/** What an answer of the database says, when nothing of it is verified but the signature of its head. */
export interface Lookup {
  /** Its position in the tree. */
  readonly id: bigint;
  /** What is hashed into the leaf: these bytes, and nothing that follows them. */
  readonly record: Buffer;
  readonly lines: readonly SumLine[];
  readonly head: DatabaseHead;
}

/** A head that the database signed. */
export interface DatabaseHead extends Checkpoint {
  /** As it was served. */
  readonly envelope: string;
}

/** An answer that can be read, and that the key or the question shows to be wrong. */
export class Refused extends Error {
  override readonly name = 'Refused';
}

/** What the checkpoints of every Go checksum database begin with. */
const ORIGIN = 'go.sum database tree';

/** Larger trees could not be counted; the largest has less than 2^27 leaves. */
const MAX_SIZE = BigInt(Number.MAX_SAFE_INTEGER);

/** Heads of a key that were read, by their notes: most lookups of one moment have the same. */
export type ReadHeads = Map<string, DatabaseHead>;

/** Reads a head in its note. Throws `Malformed` for what is none, and `Refused` for one that the key did not sign. */
export function readHead(envelope: string, key: NoteKey): DatabaseHead {
  const head = parseCheckpoint(envelope);
  if (head.origin !== ORIGIN) throw new Refused(`its head is of another tree than the ${ORIGIN}`);
  const fault = signatureFault(head, key);
  if (fault === 'unsigned') throw new Refused(`its head has no signature of ${key.name}`);
  if (fault === 'broken') throw new Refused(`its head has a signature of ${key.name} that does not hold`);
  if (head.size > MAX_SIZE) malformed(`its head has a tree of ${head.size} leaves`);
  return { ...head, envelope };
}

/**
 * Reads an answer: the position, the record, a blank line, and the signed head. Throws `Malformed` for another form,
 * `Refused` for one that is no answer to the question or not the database's. What is among `heads` is not read again.
 */
export function readLookup(
  bytes: Buffer,
  name: string,
  version: string,
  key: NoteKey,
  heads: ReadHeads = new Map(),
): Lookup {
  if (!isUtf8(bytes)) malformed('the answer is not UTF-8');
  const [, id, record, note] = /^(0|[1-9]\d{0,18})\n((?:[^\n]+\n)+)\n(.*)$/s.exec(bytes.toString()) ?? [];
  if (id === undefined || record === undefined || note === undefined) malformed('the answer is no record with a head');
  const head = heads.get(note) ?? readHead(note, key);
  heads.set(note, head);
  const lines = linesOf(record);
  const other = lines.find((line) => line.path !== name || line.version !== version);
  if (other !== undefined) throw new Refused(`the record is of ${other.path} ${other.version}`);
  if (BigInt(id) >= head.size) throw new Refused(`the record has position ${id} in a tree of ${head.size}`);
  return { id: BigInt(id), record: Buffer.from(record), lines, head };
}

function linesOf(record: string): readonly SumLine[] {
  try {
    return readSumLines('the record', record);
  } catch (error) {
    if (error instanceof LockfileError) malformed(error.message);
    throw error;
  }
}
