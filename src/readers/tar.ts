import { MAX_PATH_LENGTH, MAX_TAR_METADATA_BYTES } from '../model/limits.ts';

/** A tarball that is not read to its end. `message` says why, without text of the tarball. */
export class TarballError extends Error {
  override readonly name = 'TarballError';
}

/** What becomes of the files of an archive. */
export interface TarSink {
  /** Called for each file, link, folder or device with its path as it is written. May throw to end the reading. */
  entry?(path: string): void;
  /** Called for each file before its content: whether that is to be kept. May throw to end the reading. */
  wants(path: string, size: number): boolean;
  /** Called with the content of each file as it comes, kept or not. */
  data?(chunk: Buffer): void;
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
 * Reads a tar archive (POSIX.1-1988 ustar, with the pax headers of POSIX.1-2001 and GNU's long names) as it arrives.
 * Only files are given, not links, folders and devices. Paths are as they are written. What another reader could take
 * for something else, so that it would install files that are not seen here, is refused.
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
    const flag = flagOf(block);
    // Readers pass over a header with an unreadable number, and so take a content for headers.
    for (const [at, length] of BINARY) if (((block[at] ?? 0) & 0x80) !== 0) numberAt(block, at, length);
    const isMetadata = METADATA.has(flag);
    const path = (isMetadata ? undefined : overrides.path) ?? pathOf(block);
    if (path === '') throw new TarballError('a file without a name');
    // A file whose name ends in a slash is a folder.
    const type = flag === '0' && path.endsWith('/') ? '5' : flag;
    const size = type === '5' ? 0 : ((isMetadata ? undefined : overrides.size) ?? numberAt(block, 124, 12));
    if (LINKS.has(type) ? size > 0 : hasLinkName(block)) throw new TarballError('a link that is none');
    if (path.length > MAX_PATH_LENGTH) throw new TarballError(`a path longer than ${MAX_PATH_LENGTH} characters`);
    if (isMetadata && size > MAX_TAR_METADATA_BYTES) throw new TarballError('a header larger than any path needs');
    if (!isMetadata) sink.entry?.(path);
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
          if (entry.type === '0') sink.data?.(taken);
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
const LINKS: ReadonlySet<string> = new Set(['1', '2']);
/** Mode, owner, group, times and device numbers. */
const BINARY = [
  ...([100, 108, 116, 329, 337] as const).map((at) => [at, 8] as const),
  ...([136, 476, 488] as const).map((at) => [at, 12] as const),
];
/** With devices, folders and pipes. */
const KNOWN: ReadonlySet<string> = new Set([...METADATA, ...LINKS, '0', '3', '4', '5', '6']);

/** '0' is a file, also in its older and its contiguous form. */
function flagOf(block: Buffer): string {
  const flag = String.fromCharCode(block[156] ?? 0);
  const type = flag === '\0' || flag === '7' ? '0' : flag;
  if (!KNOWN.has(type)) throw new TarballError('an entry of a kind that readers take for different things');
  return type;
}

/** pax headers may carry anything there. */
function hasLinkName(block: Buffer): boolean {
  return !/[xg]/.test(flagOf(block)) && textAt(block, 157, 100) !== '';
}

function pathOf(block: Buffer): string {
  const name = textAt(block, 0, 100);
  const magic = block.toString('latin1', 257, 265);
  if (!magic.startsWith('ustar\0')) return name;
  if (magic !== 'ustar\u000000') throw new TarballError('a version of ustar that does not exist');
  const prefix = textAt(block, 345, 155);
  return prefix === '' ? name : `${prefix}/${name}`;
}

/** Some readers go on in the line after the one that a zero byte ends. */
function textAt(bytes: Buffer, start: number, length: number): string {
  const field = bytes.subarray(start, start + length);
  const end = field.indexOf(0);
  if (end !== -1 && field.includes('\n', end)) throw new TarballError('a name that goes on after its end');
  return field.toString('utf8', 0, end === -1 ? field.length : end);
}

/** An octal number, or GNU's binary form for larger ones. */
function numberAt(block: Buffer, start: number, length: number): number {
  const field = block.subarray(start, start + length);
  if (field[0] === 0x80) return wholeNumber(Number(`0x${field.toString('hex', 1)}`));
  const digits = field.toString('latin1').replace(/^ +|[ \0]+$/g, '');
  if (!/^[0-7]*$/.test(digits)) throw new TarballError('a header with a number that is none');
  return digits === '' ? 0 : parseInt(digits, 8);
}

function wholeNumber(value: number): number {
  if (!Number.isSafeInteger(value) || value < 0) throw new TarballError('a file of impossible size');
  return value;
}

/** The sum of all bytes, that field's own as spaces; it ends before the field does. */
function hasChecksum(block: Buffer): boolean {
  const wanted = numberAt(block, 148, 8);
  let sum = 8 * 0x20;
  for (const [i, byte] of block.entries()) if (i < 148 || i >= 156) sum += byte;
  return wanted === sum && (block[155] === 0 || block[155] === 0x20);
}

/** Records "LENGTH KEY=VALUE\n", the length being that of the record in bytes. */
function paxOf(bytes: Buffer): Overrides {
  let overrides: Overrides = {};
  for (let at = 0; at < bytes.length;) {
    const space = bytes.indexOf(0x20, at);
    const length = space === -1 ? NaN : Number(bytes.toString('latin1', at, space));
    const end = at + length;
    if (!Number.isInteger(length) || length <= space - at + 1 || end > bytes.length) {
      throw new TarballError('a header that cannot be read');
    }
    const record = bytes.toString('utf8', space + 1, end - 1);
    // Readers that go by lines would find other records in it, and those that go by characters another length.
    const isText = Buffer.byteLength(record) === end - 1 - (space + 1);
    if (!isText || bytes[end - 1] !== 0x0a || /[\n\0]/.test(record))
      throw new TarballError('a header that can be read in two ways');
    const [key, value] = [record.slice(0, record.indexOf('=')), record.slice(record.indexOf('=') + 1)];
    if (key === 'path') overrides = { ...overrides, path: value };
    if (key === 'size') overrides = { ...overrides, size: wholeNumber(/^\d+$/.test(value) ? Number(value) : NaN) };
    at = end;
  }
  return overrides;
}
