import { crc32, deflateRawSync } from 'node:zlib';

/** One entry to write, and the ways in which it may be another than it should be. */
export interface Part {
  readonly name: string | Buffer;
  readonly content?: string | Buffer;
  readonly method?: 'stored' | 'deflated';
  /** With its sizes after it, with or without a signature. */
  readonly descriptor?: 'signed' | 'bare';
  readonly flags?: number;
  readonly mode?: number;
  readonly extra?: Buffer;
  readonly comment?: string;
  readonly packed?: Buffer;
  /** What stands in its own header alone. */
  readonly local?: { readonly name?: string; readonly size?: number; readonly crc?: number; readonly extra?: Buffer };
  /** What stands in the directory alone. */
  readonly central?: {
    readonly name?: string;
    readonly size?: number;
    readonly offset?: number;
    readonly crc?: number;
  };
  /** Bytes after it. */
  readonly after?: Buffer;
}

export interface Shape {
  readonly before?: Buffer;
  readonly beforeEnd?: Buffer;
  readonly after?: Buffer;
  readonly comment?: string;
  readonly count?: number;
  readonly start?: number;
}

/** A zip archive; without `shape` and odd parts, an ordinary one. */
export function zipOf(parts: readonly Part[], shape: Shape = {}): Buffer {
  const { before = Buffer.alloc(0), beforeEnd = Buffer.alloc(0), after = Buffer.alloc(0), comment = '' } = shape;
  const written: Buffer[] = [before];
  const directory: Buffer[] = [];
  let at = before.length;
  for (const part of parts) {
    const [local, central] = entryOf(part, at);
    at += local.length;
    written.push(local);
    directory.push(central);
  }
  const size = directory.reduce((sum, one) => sum + one.length, 0);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(shape.count ?? parts.length, 8);
  end.writeUInt16LE(shape.count ?? parts.length, 10);
  end.writeUInt32LE(size, 12);
  end.writeUInt32LE(shape.start ?? at, 16);
  end.writeUInt16LE(comment.length, 20);
  return Buffer.concat([...written, ...directory, beforeEnd, end, Buffer.from(comment), after]);
}

function entryOf(part: Part, offset: number): [Buffer, Buffer] {
  const content = Buffer.from(part.content ?? '');
  const name = Buffer.from(part.name);
  const isStored = part.method === 'stored' || (part.method === undefined && content.length === 0);
  const packed = part.packed ?? (isStored ? content : deflateRawSync(content));
  const flags = part.flags ?? (part.descriptor === undefined ? 0 : 8) | (/^[\0-\x7f]*$/.test(String(name)) ? 0 : 0x800);
  const crc = crc32(content);
  const { extra = Buffer.alloc(0), descriptor, mode } = part;
  const header = (sizes: boolean, own: { size?: number; crc?: number }): Buffer => {
    const bytes = Buffer.alloc(22);
    bytes.writeUInt16LE(20, 0);
    bytes.writeUInt16LE(flags, 2);
    bytes.writeUInt16LE(isStored ? 0 : 8, 4);
    bytes.writeUInt32LE(own.crc ?? (sizes ? crc : 0), 10);
    bytes.writeUInt32LE(sizes ? packed.length : 0, 14);
    bytes.writeUInt32LE(own.size ?? (sizes ? content.length : 0), 18);
    return bytes;
  };
  const lengths = (...values: readonly number[]): Buffer => {
    const bytes = Buffer.alloc(values.length * 2);
    for (const [i, value] of values.entries()) bytes.writeUInt16LE(value, i * 2);
    return bytes;
  };
  const localName = Buffer.from(part.local?.name ?? name);
  const localExtra = part.local?.extra ?? extra;
  const after = Buffer.alloc(16);
  after.writeUInt32LE(0x08074b50, 0);
  for (const [i, value] of [crc, packed.length, content.length].entries()) after.writeUInt32LE(value, 4 + 4 * i);
  const local = Buffer.concat([
    Buffer.from('PK\x03\x04'),
    header(descriptor === undefined, part.local ?? {}),
    lengths(localName.length, localExtra.length),
    ...[localName, localExtra, packed],
    ...(descriptor === undefined ? [] : [descriptor === 'signed' ? after : after.subarray(4)]),
    part.after ?? Buffer.alloc(0),
  ]);
  const centralName = Buffer.from(part.central?.name ?? name);
  const comment = Buffer.from(part.comment ?? '');
  const rest = Buffer.alloc(12);
  rest.writeUInt16LE(0, 2);
  rest.writeUInt32LE(mode === undefined ? 0 : (mode << 16) >>> 0, 4);
  rest.writeUInt32LE(part.central?.offset ?? offset, 8);
  const central = Buffer.concat([
    Buffer.from('PK\x01\x02'),
    Buffer.from([20, mode === undefined ? 0 : 3]),
    header(true, part.central ?? {}),
    lengths(centralName.length, extra.length, comment.length),
    ...[rest, centralName, extra, comment],
  ]);
  return [local, central];
}
