import { crc32, gunzip } from 'node:zlib';
import { contentStart, END, readMember, STORED, ZIP64_LOCATOR, ZipError, type Member } from './zip.ts';

/** Reads `length` bytes of a file from `position` on; fewer where it ends. */
export type ReadAt = (position: number, length: number) => Buffer;

export interface ZipFileLimits {
  readonly entries: number;
  /** Of one content. */
  readonly entry: number;
  /** Of all contents together. */
  readonly bytes: number;
}

const ZIP64_END = { signature: 0x06064b50, length: 56 };
const MAX_COMMENT = 0xffff;
/** Of a header in the directory: its name, extra fields and comment are of two bytes' length each. */
const MAX_HEADER = 46 + 3 * 0xffff;
/** Of the file, at once. */
const WINDOW = 512 * 1024;
/** Of contents that are unpacked in one go. */
const BATCH = 512 * 1024;

/** An entry with its packed content. */
interface Packed {
  readonly member: Member;
  readonly packed: Buffer;
}

/**
 * Shows the content of every wanted entry of a zip archive (APPNOTE 6.3.10) that is too large to be in memory: any
 * number of entries (zip64), each of less than 4 GiB and within 4 GiB. Entries stand in the order of the directory, do
 * not overlap, and are what the directory says. Throws ZipError.
 */
export async function readZipFile(
  { size, readAt }: { readonly size: number; readonly readAt: ReadAt },
  limits: ZipFileLimits,
  isWanted: (path: string) => boolean,
  look: (path: string, content: Buffer) => void,
): Promise<void> {
  const directory = findDirectory(size, readAt);
  if (directory.count > limits.entries) throw new ZipError(`more than ${limits.entries} entries`);
  const show = (batch: readonly Packed[], contents: readonly Buffer[]): void => {
    for (const [i, { member }] of batch.entries()) look(member.path, contents[i] ?? Buffer.alloc(0));
  };
  // While one batch is looked at, the next is unpacked on another thread.
  let before: { readonly batch: readonly Packed[]; readonly contents: readonly Buffer[] } | null = null;
  for (const batch of batches(packedOf(directory, readAt, limits, isWanted))) {
    const unpacking = unpack(batch);
    try {
      if (before !== null) show(before.batch, before.contents);
    } finally {
      before = { batch, contents: await unpacking };
    }
  }
  if (before !== null) show(before.batch, before.contents);
}

interface Directory {
  readonly start: number;
  readonly end: number;
  readonly count: number;
}

function findDirectory(size: number, readAt: ReadAt): Directory {
  const tailStart = Math.max(0, size - END.length - MAX_COMMENT - ZIP64_LOCATOR.length);
  const tail = readAt(tailStart, size - tailStart);
  const at = tail.lastIndexOf('PK\x05\x06', undefined, 'latin1');
  if (at === -1) throw new ZipError('no end of a zip archive');
  if (at + END.length > tail.length) throw new ZipError('it is cut short');
  if (at + END.length + tail.readUInt16LE(at + 20) !== tail.length) throw new ZipError('bytes after its end');
  const count = tail.readUInt16LE(at + 10);
  const [length, start] = [tail.readUInt32LE(at + 12), tail.readUInt32LE(at + 16)];
  if (tail.readUInt32LE(at + 4) !== 0 || tail.readUInt16LE(at + 8) !== count) throw new ZipError('more parts than one');
  const locator = at - ZIP64_LOCATOR.length;
  const hasLocator = locator >= 0 && tail.readUInt32LE(locator) === ZIP64_LOCATOR.signature;
  const found = hasLocator
    ? readZip64End(tail.subarray(locator, at), tailStart + locator, readAt)
    : { start, end: tailStart + at, count, length };
  // What the older fields can hold is what the newer ones say, too.
  const isSame = [
    [count, found.count, 0xffff],
    [length, found.length, 0xffffffff],
    [start, found.start, 0xffffffff],
  ].every(([old, now, none]) => old === now || (hasLocator && old === none));
  if (!isSame) throw new ZipError('two ends that say different things');
  if (found.start + found.length !== found.end) throw new ZipError('a directory that is not right before its end');
  return found;
}

function readZip64End(locator: Buffer, before: number, readAt: ReadAt): Directory & { readonly length: number } {
  const at = Number(locator.readBigUInt64LE(8));
  if (locator.readUInt32LE(4) !== 0 || locator.readUInt32LE(16) !== 1) throw new ZipError('more parts than one');
  const end = at + ZIP64_END.length === before ? readAt(at, ZIP64_END.length) : Buffer.alloc(0);
  if (end.length < ZIP64_END.length || end.readUInt32LE(0) !== ZIP64_END.signature) {
    throw new ZipError('a zip64 end that is not where it says');
  }
  const [here, count, length, start] = [24, 32, 40, 48].map((place) => Number(end.readBigUInt64LE(place)));
  if (end.readUInt32LE(16) !== 0 || end.readUInt32LE(20) !== 0 || here !== count) {
    throw new ZipError('more parts than one');
  }
  return { start: start ?? 0, length: length ?? 0, count: count ?? 0, end: at };
}

/** Headers of the directory, one after the other. */
function* membersOf({ start, end, count }: Directory, readAt: ReadAt): Generator<Member> {
  let found = 0;
  let window: Buffer = Buffer.alloc(0);
  let from = start;
  for (let at = start; at < end; found += 1) {
    if (found >= count) throw new ZipError('another number of entries than it says');
    if (at + MAX_HEADER > from + window.length && from + window.length < end) {
      window = readAt(at, Math.min(WINDOW, end - at));
      if (window.length === 0) throw new ZipError('it is cut short');
      from = at;
    }
    const [member, length] = readMember(window.subarray(at - from));
    at += length;
    yield member;
  }
  if (found !== count) throw new ZipError('another number of entries than it says');
}

function* packedOf(
  directory: Directory,
  readAt: ReadAt,
  limits: ZipFileLimits,
  isWanted: (path: string) => boolean,
): Generator<Packed> {
  let window: Buffer = Buffer.alloc(0);
  let from = 0;
  let free = 0;
  let total = 0;
  const bytesAt = (position: number, length: number): Buffer => {
    if (position < from || position + length > from + window.length) {
      window = readAt(position, Math.min(Math.max(WINDOW, length), directory.start - position));
      from = position;
    }
    return window.subarray(position - from, position - from + length);
  };
  for (const member of membersOf(directory, readAt)) {
    if (member.offset < free) throw new ZipError('entries that overlap, or are not in order');
    free = member.offset + 30 + member.name.length + member.packed;
    if (free > directory.start) throw new ZipError('an entry that reaches into the directory');
    if (!isWanted(member.path)) continue;
    if (member.size > limits.entry) throw new ZipError(`a content of more than ${limits.entry} bytes`);
    total += member.size;
    if (total > limits.bytes) throw new ZipError(`contents of more than ${limits.bytes} bytes`);
    const fixed = bytesAt(member.offset, 30);
    if (fixed.length < 30) throw new ZipError('it is cut short');
    const begin = 30 + fixed.readUInt16LE(26) + fixed.readUInt16LE(28);
    const own = bytesAt(member.offset, begin + member.packed);
    if (own.length < begin + member.packed) throw new ZipError('an entry that reaches into the directory');
    yield { member, packed: own.subarray(contentStart(own, { ...member, offset: 0 })) };
  }
}

function* batches(entries: Iterable<Packed>): Generator<readonly Packed[]> {
  let batch: Packed[] = [];
  let size = 0;
  for (const entry of entries) {
    if (size + entry.member.size > BATCH && batch.length > 0) {
      yield batch;
      [batch, size] = [[], 0];
    }
    batch.push(entry);
    size += entry.member.size + entry.packed.length;
  }
  if (batch.length > 0) yield batch;
}

const GZIP_HEADER = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]);

/**
 * The contents of entries, in their order. Deflated ones are given to zlib as the members of one gzip file (RFC 1952),
 * which holds each to its checksum and size: one call for thousands, where setting up takes longer than unpacking.
 */
async function unpack(batch: readonly Packed[]): Promise<readonly Buffer[]> {
  const deflated = batch.filter(({ member }) => member.method !== STORED);
  const members = deflated.flatMap(({ member, packed }) => {
    const trailer = Buffer.alloc(8);
    trailer.writeUInt32LE(member.checksum, 0);
    trailer.writeUInt32LE(member.size, 4);
    return [GZIP_HEADER, packed, trailer];
  });
  const size = deflated.reduce((sum, { member }) => sum + member.size, 0);
  const all = await gunzipAll(Buffer.concat(members), size);
  let at = 0;
  return batch.map(({ member, packed }) => {
    if (member.method !== STORED) return all.subarray(at, (at += member.size));
    if (crc32(packed) !== member.checksum) throw new ZipError('an entry whose content is not what the directory says');
    return packed;
  });
}

interface Unpacked {
  readonly buffer: Buffer;
  readonly engine: { readonly bytesWritten: number };
}

function gunzipAll(packed: Buffer, size: number): Promise<Buffer> {
  if (packed.length === 0) return Promise.resolve(packed);
  return new Promise((resolve, reject) => {
    const options = { info: true, maxOutputLength: Math.max(size, 1), chunkSize: Math.max(size + 1, 64) };
    gunzip(packed, options, (error, unpacked: unknown) => {
      if (error !== null) {
        reject(new ZipError('an entry that cannot be unpacked'));
        return;
      }
      // What `info` adds is in no declaration.
      const { buffer, engine } = unpacked as Unpacked;
      if (buffer.length === size && engine.bytesWritten === packed.length) resolve(buffer);
      else reject(new ZipError('an entry whose content is not what the directory says'));
    });
  });
}
