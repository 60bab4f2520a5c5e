import { crc32, inflateRawSync } from 'node:zlib';
import { MAX_PATH_LENGTH } from '../model/limits.ts';

/** A zip archive that is not read. `message` says why, without text of the archive. */
export class ZipError extends Error {
  override readonly name = 'ZipError';
}

/** One entry, in the order of the central directory. */
export interface ZipEntry {
  /** As it is written; that of a folder ends in a slash. */
  readonly path: string;
  readonly isFolder: boolean;
  readonly size: number;
  /** Unpacks it. Throws ZipError where that does not give what the archive says. */
  readonly content: () => Buffer;
}

export interface ZipLimits {
  readonly entries: number;
  /** Of all contents together. */
  readonly bytes: number;
}

export const END = { signature: 0x06054b50, length: 22 };
export const ZIP64_LOCATOR = { signature: 0x07064b50, length: 20 };
const CENTRAL = { signature: 0x02014b50, length: 46 };
const LOCAL = { signature: 0x04034b50, length: 30 };
const DESCRIPTOR_SIGNATURE = 0x08074b50;

export const STORED = 0;
const DEFLATED = 8;
/** Levels of compression, sizes that follow the content, and names in UTF-8. What else there is changes the content. */
const KNOWN_FLAGS = 0x080e;
const HAS_DESCRIPTOR = 0x0008;
const IS_UTF8 = 0x0800;
const ZIP64_FIELD = 0x0001;
/** Extra fields that stand for sizes, names or contents: zip64, another name, encryption. */
const OVERRIDING_FIELDS: ReadonlySet<number> = new Set([ZIP64_FIELD, 0x7075, 0x9901, 0x0017]);
/** Systems whose entries have Unix modes: Unix and macOS. */
const WITH_MODES: ReadonlySet<number> = new Set([3, 19]);

/** What the central directory says of an entry. */
export interface Member {
  readonly name: Buffer;
  readonly path: string;
  readonly flags: number;
  readonly method: number;
  readonly checksum: number;
  readonly packed: number;
  readonly size: number;
  readonly offset: number;
}

/**
 * Reads a zip archive (APPNOTE 6.3.10), of one part and without zip64, which holds up to 4 GiB. What two readers could
 * take for different files is refused: it has to be the same by its central directory and from its beginning to its
 * end, with nothing between, before or after its entries.
 */
export function readZip(archive: Uint8Array, limits: ZipLimits): readonly ZipEntry[] {
  const bytes = Buffer.from(archive.buffer, archive.byteOffset, archive.byteLength);
  const { members, start } = readDirectory(bytes, limits);
  refuseCollisions(members);
  const contents = new Map<Member, Buffer>();
  let at = 0;
  for (const member of members.toSorted((a, b) => a.offset - b.offset)) {
    if (member.offset !== at) throw new ZipError('entries that overlap, or bytes between them');
    const begin = contentStart(bytes, member);
    at = descriptorEnd(bytes, begin + member.packed, member);
    if (at > start) throw new ZipError('an entry that reaches into the directory');
    contents.set(member, bytes.subarray(begin, begin + member.packed));
  }
  if (at !== start) throw new ZipError('bytes before its directory that belong to no entry');
  return members.map((member) => ({
    path: member.path,
    isFolder: isFolder(member),
    size: member.size,
    content: () => unpack(member, contents.get(member) ?? Buffer.alloc(0)),
  }));
}

function readDirectory(bytes: Buffer, limits: ZipLimits): { members: readonly Member[]; start: number } {
  const end = bytes.lastIndexOf('PK\x05\x06', undefined, 'latin1');
  if (end === -1) throw new ZipError('no end of a zip archive');
  if (end + END.length > bytes.length) throw new ZipError('it is cut short');
  if (end + END.length + bytes.readUInt16LE(end + 20) !== bytes.length) throw new ZipError('bytes after its end');
  const [size, start] = [bytes.readUInt32LE(end + 12), bytes.readUInt32LE(end + 16)];
  const count = bytes.readUInt16LE(end + 10);
  const isOnePart = bytes.readUInt32LE(end + 4) === 0 && bytes.readUInt16LE(end + 8) === count;
  if (!isOnePart) throw new ZipError('more parts than one');
  const locator = end - ZIP64_LOCATOR.length;
  if (locator >= 0 && bytes.readUInt32LE(locator) === ZIP64_LOCATOR.signature) throw new ZipError('zip64 records');
  if (count === 0xffff || start === 0xffffffff) throw new ZipError('zip64 records');
  if (start + size !== end) throw new ZipError('a directory that is not right before its end');
  if (count > limits.entries) throw new ZipError(`more than ${limits.entries} entries`);
  const members: Member[] = [];
  let total = 0;
  let at = start;
  while (at < end) {
    const [member, length] = readMember(bytes.subarray(at, end));
    at += length;
    total += member.size;
    if (total > limits.bytes) throw new ZipError(`contents of more than ${limits.bytes} bytes`);
    members.push(member);
  }
  if (members.length !== count) throw new ZipError('another number of entries than it says');
  return { members, start };
}

/** One header of the central directory, and its length. */
export function readMember(bytes: Buffer): [Member, number] {
  if (bytes.length < CENTRAL.length || bytes.readUInt32LE(0) !== CENTRAL.signature) {
    throw new ZipError('a directory that cannot be read');
  }
  const [name, extra] = [bytes.readUInt16LE(28), bytes.readUInt16LE(30)];
  const length = CENTRAL.length + name + extra + bytes.readUInt16LE(32);
  if (length > bytes.length) throw new ZipError('a directory that is cut short');
  const flags = bytes.readUInt16LE(8);
  const member: Member = {
    name: bytes.subarray(CENTRAL.length, CENTRAL.length + name),
    path: pathOf(bytes.subarray(CENTRAL.length, CENTRAL.length + name), flags),
    flags,
    method: bytes.readUInt16LE(10),
    checksum: bytes.readUInt32LE(16),
    packed: bytes.readUInt32LE(20),
    size: bytes.readUInt32LE(24),
    offset: bytes.readUInt32LE(42),
  };
  if (bytes.readUInt16LE(34) !== 0) throw new ZipError('more parts than one');
  refuseOdd(member);
  refuseFields(bytes.subarray(CENTRAL.length + name, CENTRAL.length + name + extra));
  const mode = WITH_MODES.has(bytes.readUInt16LE(4) >> 8) ? bytes.readUInt16LE(40) & 0o170000 : 0;
  if (mode !== 0 && mode !== (isFolder(member) ? 0o040000 : 0o100000)) {
    throw new ZipError('an entry that is neither a file nor a folder');
  }
  return [member, length];
}

function refuseOdd(member: Member): void {
  const { flags, method, packed, size, offset } = member;
  if ((flags & 0x2041) !== 0) throw new ZipError('encrypted entries');
  if ((flags & ~KNOWN_FLAGS) !== 0) throw new ZipError('entries with flags that readers take for different things');
  if (method !== STORED && method !== DEFLATED) throw new ZipError('entries that are neither stored nor deflated');
  if ([packed, size, offset].includes(0xffffffff)) throw new ZipError('zip64 records');
  if (method === STORED && packed !== size) throw new ZipError('a stored entry of two sizes');
  // Whoever reads from the beginning to the end would have to guess where such a content ends.
  if (method === STORED && size > 0 && (flags & HAS_DESCRIPTOR) !== 0)
    throw new ZipError('a stored entry without size');
  if (isFolder(member) && size > 0) throw new ZipError('a folder with a content');
}

/** Names are relative paths with slashes that mean the same on every system. */
function pathOf(name: Buffer, flags: number): string {
  const path = name.toString('utf8');
  if (path.length > MAX_PATH_LENGTH) throw new ZipError(`a path longer than ${MAX_PATH_LENGTH} characters`);
  if (!Buffer.from(path).equals(name)) throw new ZipError('a name that is not UTF-8');
  if ((flags & IS_UTF8) === 0 && path.length !== name.length)
    throw new ZipError('a name in an encoding it does not say');
  const elements = path.replace(/\/$/, '').split('/');
  // eslint-disable-next-line no-control-regex -- they are what is looked for
  if (/[\x00-\x1f\x7f\\]|^[A-Za-z]:/.test(path) || elements.some((one) => /^\.{0,2}$/.test(one))) {
    throw new ZipError('a name that is no relative path');
  }
  return path;
}

function isFolder({ path }: Pick<Member, 'path'>): boolean {
  return path.endsWith('/');
}

function refuseFields(extra: Buffer): void {
  let at = 0;
  while (at + 4 <= extra.length) {
    if (OVERRIDING_FIELDS.has(extra.readUInt16LE(at))) throw new ZipError('an extra field that overrides a header');
    at += 4 + extra.readUInt16LE(at + 2);
  }
  if (at !== extra.length) throw new ZipError('extra fields that cannot be read');
}

/** Two names that are one on some systems, or a file that is a folder, too. */
function refuseCollisions(members: readonly Member[]): void {
  const entries = new Set<string>();
  const folders = new Set<string>();
  for (const { path } of members) {
    const name = path.normalize('NFC').toUpperCase().toLowerCase();
    if (entries.has(name)) throw new ZipError('two entries of the same name');
    entries.add(name);
    for (let end = name.lastIndexOf('/'); end > 0; end = name.lastIndexOf('/', end - 1)) {
      const folder = name.slice(0, end);
      if (folders.has(folder)) break;
      folders.add(folder);
    }
  }
  for (const entry of entries) if (folders.has(entry)) throw new ZipError('a file that is a folder, too');
}

/** Where the content of an entry begins: after its own header, which has to say the same as the directory. */
export function contentStart(bytes: Buffer, member: Member): number {
  const { offset, name, flags, method, checksum, packed, size } = member;
  const header = bytes.subarray(offset, offset + LOCAL.length);
  if (header.length < LOCAL.length || header.readUInt32LE(0) !== LOCAL.signature) {
    throw new ZipError('an entry without its own header');
  }
  const nameEnd = offset + LOCAL.length + header.readUInt16LE(26);
  const begin = nameEnd + header.readUInt16LE(28);
  const ownName = bytes.subarray(offset + LOCAL.length, nameEnd);
  const own = [header.readUInt32LE(14), header.readUInt32LE(18), header.readUInt32LE(22)];
  const isLeftOut = (flags & HAS_DESCRIPTOR) !== 0 && own.every((number) => number === 0);
  const isSame = own[0] === checksum && own[1] === packed && own[2] === size;
  if (!ownName.equals(name) || header.readUInt16LE(6) !== flags || header.readUInt16LE(8) !== method) {
    throw new ZipError('an entry whose own header says other things than the directory');
  }
  if (!isSame && !isLeftOut) throw new ZipError('an entry whose own header says other things than the directory');
  refuseFields(withoutRepeated(bytes.subarray(nameEnd, begin), member));
  return begin;
}

/** A zip64 field first, with the very sizes that the header has, as some writers put it there: it changes nothing. */
function withoutRepeated(extra: Buffer, { packed, size }: Member): Buffer {
  const isRepeated =
    extra.length >= 20 &&
    extra.readUInt16LE(0) === ZIP64_FIELD &&
    extra.readUInt16LE(2) === 16 &&
    extra.readBigUInt64LE(4) === BigInt(size) &&
    extra.readBigUInt64LE(12) === BigInt(packed);
  return isRepeated ? extra.subarray(20) : extra;
}

/** The end of what follows a content: sizes once more, where the entry says so, with or without a signature. */
function descriptorEnd(bytes: Buffer, at: number, { flags, checksum, packed, size }: Member): number {
  if ((flags & HAS_DESCRIPTOR) === 0) return at;
  const isAt = (start: number): boolean =>
    start + 12 <= bytes.length &&
    bytes.readUInt32LE(start) === checksum &&
    bytes.readUInt32LE(start + 4) === packed &&
    bytes.readUInt32LE(start + 8) === size;
  const isSigned = at + 4 <= bytes.length && bytes.readUInt32LE(at) === DESCRIPTOR_SIGNATURE && isAt(at + 4);
  if (!isSigned && !isAt(at)) throw new ZipError('an entry whose sizes follow it and are others than in the directory');
  return at + (isSigned ? 16 : 12);
}

function unpack({ method, checksum, size }: Member, packed: Buffer): Buffer {
  const content = method === STORED ? packed : inflate(packed, size);
  if (content.length !== size || crc32(content) !== checksum) {
    throw new ZipError('an entry whose content is not what the directory says');
  }
  return content;
}

interface Inflated {
  readonly buffer: Buffer;
  readonly engine: { readonly bytesWritten: number };
}

/** Of all its bytes: a stream that ends before them leaves room for something else. */
function inflate(packed: Buffer, size: number): Buffer {
  const chunkSize = Math.min(Math.max(size + 1, 64), 1024 * 1024);
  let inflated: unknown;
  try {
    inflated = inflateRawSync(packed, { info: true, maxOutputLength: Math.max(size, 1), chunkSize });
  } catch {
    throw new ZipError('an entry that cannot be unpacked');
  }
  // What `info` adds is in no declaration.
  const { buffer, engine } = inflated as Inflated;
  if (engine.bytesWritten !== packed.length) throw new ZipError('an entry with bytes after the end of its content');
  return buffer;
}
