import { createHash } from 'node:crypto';

/** One file of a pack. */
export interface Member {
  /** Lower case, of at most `MAX_DEPTH` segments. */
  readonly path: string;
  /** Hex. */
  readonly sha256: string;
  readonly size: number;
}

const BLOCK = 512;
/** What the name and prefix fields of a ustar header hold. */
const [NAME_BYTES, PREFIX_BYTES] = [100, 155];
const MAX_DEPTH = 16;
const SEGMENT = /^[a-z0-9@_!+~-](?:[a-z0-9@._!+~-]*[a-z0-9@_!+~-])?$/;

export const INDEX = 'index.json';
export const INDEX_SUM = 'index.json.sha256';

/** Ends every tar archive. */
export const TRAILER = Buffer.alloc(2 * BLOCK);

/**
 * Whether a member may have this path. No upper case, so that no two differ by case alone; nothing that could leave the
 * folder it is unpacked in, be hidden there, or be cut short by a file system.
 */
export function isMemberPath(path: string): boolean {
  const segments = path.split('/');
  return segments.length <= MAX_DEPTH && segments.every((one) => SEGMENT.test(one)) && splitPath(path) !== null;
}

/** The header of a regular file (POSIX.1-1988 ustar): its path and size decide every byte of it. */
export function headerOf({ path, size }: Pick<Member, 'path' | 'size'>): Buffer {
  const { prefix, name } = splitPath(path) ?? { prefix: '', name: path };
  const block = Buffer.alloc(BLOCK);
  const octal = (value: number, at: number, length: number): void => {
    block.write(value.toString(8).padStart(length - 1, '0'), at, 'latin1');
  };
  block.write(name, 0, 'latin1');
  octal(0o644, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(size, 124, 12);
  octal(0, 136, 12);
  block.write('        0', 148, 'latin1');
  block.write('ustar\u000000', 257, 'latin1');
  octal(0, 329, 8);
  octal(0, 337, 8);
  block.write(prefix, 345, 'latin1');
  let sum = 0;
  for (const byte of block) sum += byte;
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}

/** Bytes that fill the last block of a content. */
export function paddingOf(size: number): number {
  return -size & (BLOCK - 1);
}

/** The member that vouches for the index, as `sha256sum --check` reads it. */
export function indexSum(index: Buffer): Buffer {
  return Buffer.from(`${createHash('sha256').update(index).digest('hex')}  ${INDEX}\n`);
}

/** A member with the place of its content in the file. */
export interface Placed extends Member {
  readonly at: number;
}

/** Where each member is, in this order after an index of this size, and how long the whole file is. */
export function placesOf(
  indexSize: number,
  members: readonly Member[],
): { readonly placed: readonly Placed[]; readonly end: number } {
  const after = (at: number, size: number): number => at + BLOCK + size + paddingOf(size);
  let at = after(after(0, indexSize), indexSum(Buffer.alloc(0)).length);
  const placed = members.map((member) => {
    const one = { ...member, at: at + BLOCK };
    at = after(at, member.size);
    return one;
  });
  return { placed, end: at + TRAILER.length };
}

/** The fields of a header that hold a path; null where none do. */
function splitPath(path: string): { readonly prefix: string; readonly name: string } | null {
  if (path.length <= NAME_BYTES) return { prefix: '', name: path };
  const slash = path.indexOf('/', path.length - NAME_BYTES - 1);
  return slash === -1 || slash > PREFIX_BYTES ? null : { prefix: path.slice(0, slash), name: path.slice(slash + 1) };
}
