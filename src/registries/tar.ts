import { MAX_PATH_LENGTH, MAX_TAR_METADATA_BYTES } from './bounds.ts';

/** A tarball that is not read to its end. `message` says why, without text of the tarball. */
export class TarballError extends Error {
  override readonly name = 'TarballError';
}

/** What becomes of the files of an archive. */
export interface TarSink {
  /** Called for each file before its content: whether that is to be kept. May throw to end the reading. */
  wants(path: string, size: number): boolean;
  /** Called for each file after it; `content` is null where it was not kept. */
  file(path: string, content: Buffer | null): void;
}

export interface TarReader {
  /** Takes the next bytes. Throws TarballError for what is no archive. */
  write(chunk: Buffer): void;
  /** Says that there are no more. Throws TarballError where the archive is cut short. */
  end(): void;
}

const BLOCK = 512;

/** The entry whose content is being read. */
interface Entry {
  readonly type: string;
  readonly path: string;
  readonly size: number;
  /** Null where the content is passed over. */
  readonly content: Buffer[] | null;
}

/** What metadata entries say of the file that follows them. */
interface Overrides {
  readonly path?: string;
  readonly size?: number;
}

/**
 * Reads a tar archive (POSIX.1-1988 ustar, with the pax headers of POSIX.1-2001 and GNU's long names) as it arrives. Only
 * files are given, not links, folders and devices. Paths are as they are written.
 */
export function createTarReader(sink: TarSink): TarReader {
  let header: Buffer = Buffer.alloc(0);
  let entry: Entry | null = null;
  /** Bytes of the entry's content that are still to come, and of what fills its last block. */
  let remaining = 0;
  let padding = 0;
  let overrides: Overrides = {};
  let emptyBlocks = 0;

  function begin(block: Buffer): void {
    if (block.every((byte) => byte === 0)) {
      emptyBlocks += 1;
      return;
    }
    emptyBlocks = 0;
    if (!hasChecksum(block)) throw new TarballError('a header without its checksum');
    const type = typeOf(block);
    const isMetadata = METADATA.has(type);
    const path = (isMetadata ? undefined : overrides.path) ?? pathOf(block);
    const size = type === '5' ? 0 : ((isMetadata ? undefined : overrides.size) ?? numberAt(block, 124, 12));
    if (path.length > MAX_PATH_LENGTH) throw new TarballError(`a path longer than ${MAX_PATH_LENGTH} characters`);
    if (isMetadata && size > MAX_TAR_METADATA_BYTES) throw new TarballError('a header larger than any path needs');
    const kept = isMetadata || (type === '0' && sink.wants(path, size));
    entry = { type, path, size, content: kept ? [] : null };
    remaining = size;
    padding = -size & (BLOCK - 1);
    if (!isMetadata) overrides = {};
    if (remaining === 0) finish();
  }

  function finish(): void {
    if (entry === null) return;
    const { type, path, content } = entry;
    entry = null;
    const bytes = content === null ? null : Buffer.concat(content);
    if (type === '0') sink.file(path, bytes);
    if (bytes === null) return;
    if (type === 'L') overrides = { ...overrides, path: textAt(bytes, 0, bytes.length) };
    if (type === 'x') overrides = { ...overrides, ...paxOf(bytes) };
    const forAll = type === 'g' ? paxOf(bytes) : {};
    if (forAll.path !== undefined || forAll.size !== undefined) throw new TarballError('one path for all its files');
  }

  return {
    write(chunk) {
      let at = 0;
      while (at < chunk.length && emptyBlocks < 2) {
        if (entry !== null) {
          const taken = chunk.subarray(at, at + remaining);
          entry.content?.push(taken);
          remaining -= taken.length;
          at += taken.length;
          if (remaining === 0) finish();
        } else if (padding > 0) {
          const skipped = Math.min(padding, chunk.length - at);
          padding -= skipped;
          at += skipped;
        } else {
          const part = chunk.subarray(at, at + BLOCK - header.length);
          header = header.length === 0 ? part : Buffer.concat([header, part]);
          at += part.length;
          if (header.length < BLOCK) return;
          const block = header;
          header = Buffer.alloc(0);
          begin(block);
        }
      }
    },
    end() {
      if (entry !== null || (header.length > 0 && emptyBlocks < 2)) throw new TarballError('it is cut short');
    },
  };
}

/** pax headers of the next file and of all, GNU's long name and long link name. */
const METADATA: ReadonlySet<string> = new Set(['x', 'g', 'L', 'K']);

/** '0' is a file, also in its older and its contiguous form; a file whose name ends in a slash is a folder. */
function typeOf(block: Buffer): string {
  const flag = String.fromCharCode(block[156] ?? 0);
  if (flag !== '\0' && flag !== '0' && flag !== '7') return flag;
  return pathOf(block).endsWith('/') ? '5' : '0';
}

function pathOf(block: Buffer): string {
  const name = textAt(block, 0, 100);
  const prefix = block.toString('latin1', 257, 263) === 'ustar\0' ? textAt(block, 345, 155) : '';
  return prefix === '' ? name : `${prefix}/${name}`;
}

function textAt(bytes: Buffer, start: number, length: number): string {
  const field = bytes.subarray(start, start + length);
  const end = field.indexOf(0);
  return field.toString('utf8', 0, end === -1 ? field.length : end);
}

/** An octal number, or GNU's binary form for larger ones. */
function numberAt(block: Buffer, start: number, length: number): number {
  const field = block.subarray(start, start + length);
  if (((field[0] ?? 0) & 0x80) !== 0) return wholeNumber(Number(`0x${field.toString('hex', 1)}`));
  const digits = field.toString('latin1').replace(/^ +|[ \0]+$/g, '');
  if (!/^[0-7]*$/.test(digits)) throw new TarballError('a header with a number that is none');
  return digits === '' ? 0 : parseInt(digits, 8);
}

function wholeNumber(value: number): number {
  if (!Number.isSafeInteger(value) || value < 0) throw new TarballError('a file of impossible size');
  return value;
}

/** The sum of all bytes, that field's own as spaces. Old writers summed signed bytes. */
function hasChecksum(block: Buffer): boolean {
  const wanted = numberAt(block, 148, 8);
  let unsigned = 8 * 0x20;
  let signed = unsigned;
  for (const [i, byte] of block.entries()) {
    if (i >= 148 && i < 156) continue;
    unsigned += byte;
    signed += byte < 128 ? byte : byte - 256;
  }
  return wanted === unsigned || wanted === signed;
}

/** Records "LENGTH KEY=VALUE\n", the length being that of the record in bytes. */
function paxOf(bytes: Buffer): Overrides {
  let overrides: Overrides = {};
  for (let at = 0; at < bytes.length && bytes[at] !== 0;) {
    const space = bytes.indexOf(0x20, at);
    const length = space === -1 ? NaN : Number(bytes.toString('latin1', at, space));
    const end = at + length;
    if (!Number.isInteger(length) || length <= space - at + 1 || end > bytes.length) {
      throw new TarballError('a header that cannot be read');
    }
    const record = bytes.toString('utf8', space + 1, end - 1);
    const [key, value] = [record.slice(0, record.indexOf('=')), record.slice(record.indexOf('=') + 1)];
    if (key === 'path') overrides = { ...overrides, path: value };
    if (key === 'size') overrides = { ...overrides, size: wholeNumber(/^\d+$/.test(value) ? Number(value) : NaN) };
    at = end;
  }
  return overrides;
}
