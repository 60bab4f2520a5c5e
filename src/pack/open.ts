import { createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import type { Digest } from '../model/dependency.ts';
import { PackError } from './error.ts';
import { contentsOf, MAX_INDEX_BYTES, readIndex, type PackIndex } from './index-file.ts';
import {
  BLOCK,
  headerOf,
  INDEX,
  INDEX_SUM,
  indexSum,
  paddingOf,
  PIECE_BYTES,
  placesOf,
  TRAILER,
  type Placed,
} from './layout.ts';

/** A file as large as its index says; whether an entry is what the index says is known when that is read. */
export interface Pack {
  readonly file: string;
  readonly index: PackIndex;
  /** SHA-256 of the index, hex. It decides every byte of the file. */
  readonly digest: string;
  /** Digests of the whole file, by each hash that signers use. */
  readonly digests: () => readonly Digest[];
  /** All of the file at once. Throws PackError where that is too much. */
  readonly whole: () => Buffer;
  /** The size of a content; null where the file does not have it. */
  readonly sizeOf: (sha256: string) => number | null;
  /** Gives a content in pieces. Throws PackError: for another header at once, for another digest in the end. */
  readonly read: (sha256: string) => Iterable<Buffer>;
  readonly close: () => void;
}

/**
 * Opens a pack. Its tar has to be, byte for byte, the one that its index gives: no other entry, kind of entry, order or
 * name. Entries are compared when they are read, so that a run pays only for what it uses. Throws PackError, or Node's
 * error where the file cannot be read.
 */
export function openPack(path: string, file: string): Pack {
  // A pipe would be waited for.
  if (!statSync(path).isFile()) throw new PackError(`${file} cannot be used as evidence: it is not a file`);
  const fd = openSync(path, 'r');
  try {
    return readPack(fd, file);
  } catch (error) {
    closeSync(fd);
    throw error instanceof PackError ? new PackError(`${file} cannot be used as evidence: ${error.message}`) : error;
  }
}

function readPack(fd: number, file: string): Pack {
  const { size } = fstatSync(fd);
  demandTar(fd, size);
  const index = readIndexOf(fd);
  const known = readIndex(index);
  const { placed, end } = placesOf(index.length, known.members);
  if (size !== end) {
    throw new PackError(size < end ? 'it is cut short' : 'it has more than its index names');
  }
  demandEnd(fd, placed, end);
  const contents = new Map<string, Placed>(placed.map((member) => [member.sha256, member]));
  const needed = contentsOf(known);
  if ([...contents.keys()].some((sha256) => !needed.has(sha256)))
    throw new PackError('it has a file that answers nothing');
  if (known.base === null && [...needed].some((sha256) => !contents.has(sha256))) {
    throw new PackError('it has not all that its index names');
  }
  return {
    file,
    index: known,
    digest: createHash('sha256').update(index).digest('hex'),
    digests: () => {
      const hashes = (['sha256', 'sha384', 'sha512'] as const).map((algorithm) => ({
        algorithm,
        hash: createHash(algorithm),
      }));
      for (let at = 0; at < size; at += PIECE_BYTES) {
        const piece = readAt(fd, at, Math.min(PIECE_BYTES, size - at));
        for (const { hash } of hashes) hash.update(piece);
      }
      return hashes.map(({ algorithm, hash }) => ({ algorithm, hex: hash.digest('hex') }));
    },
    whole: () => {
      if (size <= MAX_WHOLE_BYTES) return readAt(fd, 0, size);
      throw new PackError(`${file} is larger than ${MAX_WHOLE_BYTES} bytes, of which Ed25519 is not verified`);
    },
    sizeOf: (sha256) => contents.get(sha256)?.size ?? null,
    read: function* (sha256) {
      const member = contents.get(sha256);
      if (member === undefined) throw new PackError(`${file} has not all that it names`);
      demandEntry(fd, member, file);
      const hash = createHash('sha256');
      for (let at = 0; at < member.size; at += PIECE_BYTES) {
        const piece = readAt(fd, member.at + at, Math.min(PIECE_BYTES, member.size - at));
        hash.update(piece);
        yield piece;
      }
      if (hash.digest('hex') !== sha256) throw new PackError(`${member.path} of ${file} is not what its index says`);
    },
    close: () => closeSync(fd),
  };
}

/** Ed25519 signs no digest: verifying it takes all of a file into memory. */
const MAX_WHOLE_BYTES = 1024 ** 3;

/** The bytes of the index, as the file that follows vouches for them. */
function readIndexOf(fd: number): Buffer {
  const header = readAt(fd, 0, BLOCK);
  const octal = header.toString('latin1', 124, 135);
  const size = /^[0-7]{11}$/.test(octal) ? parseInt(octal, 8) : NaN;
  if (!headerOf({ path: INDEX, size: Number.isNaN(size) ? 0 : size }).equals(header)) {
    throw new PackError(NO_PACK);
  }
  if (size > MAX_INDEX_BYTES) throw new PackError(`its index is larger than ${MAX_INDEX_BYTES} bytes`);
  const index = readAt(fd, BLOCK, size);
  const sum = indexSum(index);
  const rest = Buffer.concat([
    Buffer.alloc(paddingOf(size)),
    headerOf({ path: INDEX_SUM, size: sum.length }),
    sum,
    Buffer.alloc(paddingOf(sum.length)),
  ]);
  if (!readAt(fd, BLOCK + size, rest.length).equals(rest)) throw new PackError('its index is damaged');
  return index;
}

/** Says what else a file is, where it is something that a tar is often put into. */
function demandTar(fd: number, size: number): void {
  const start = readAt(fd, 0, Math.min(size, BLOCK));
  const packed = COMPRESSED.find(([, magic]) => start.subarray(0, magic.length).equals(magic));
  if (packed !== undefined) throw new PackError(`it is compressed (${packed[0]}): unpack it to the tar that it was`);
  // Of what is shorter than a header, only the beginning of one is cut short.
  const name = Buffer.from(INDEX).subarray(0, size);
  if (size === 0 || !start.subarray(0, name.length).equals(name)) throw new PackError(NO_PACK);
}

const NO_PACK = 'it is no pack: a pack is what assay pack writes, not packed again by another program';

const COMPRESSED: readonly (readonly [name: string, magic: Buffer])[] = [
  ['gzip', Buffer.from('1f8b', 'hex')],
  ['zstd', Buffer.from('28b52ffd', 'hex')],
  ['xz', Buffer.from('fd377a585a', 'hex')],
  ['bzip2', Buffer.from('BZh')],
  ['zip', Buffer.from('PK\x03\x04')],
];

/** The two zero blocks after the last entry. */
function demandEnd(fd: number, placed: readonly Placed[], end: number): void {
  const last = placed.at(-1);
  const length = TRAILER.length + (last === undefined ? 0 : paddingOf(last.size));
  if (!readAt(fd, end - length, length).equals(Buffer.alloc(length))) throw new PackError('its end is damaged');
}

/** The header before a content and what fills its last block. They are looked at where the content is used. */
function demandEntry(fd: number, member: Placed, file: string): void {
  const padding = paddingOf(member.size);
  const isWritten =
    readAt(fd, member.at - BLOCK, BLOCK).equals(headerOf(member)) &&
    (padding === 0 || readAt(fd, member.at + member.size, padding).equals(Buffer.alloc(padding)));
  if (!isWritten) throw new PackError(`the entry of ${member.path} in ${file} is not what its index says`);
}

function readAt(fd: number, at: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  for (let done = 0; done < length;) {
    const count = readSync(fd, bytes, done, length - done, at + done);
    if (count === 0) throw new PackError('it is cut short');
    done += count;
  }
  return bytes;
}
