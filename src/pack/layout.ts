import { createHash } from 'node:crypto';

/** One file of a pack. */
export interface Member {
  /** Lower case, of at most `MAX_DEPTH` segments. */
  readonly path: string;
  /** Hex. */
  readonly sha256: string;
  readonly size: number;
}

/** Of a tar archive. */
export const BLOCK = 512;
/** What is read or written at once. */
export const PIECE_BYTES = 1024 * 1024;
/** What the name and prefix fields of a ustar header hold. */
const [NAME_BYTES, PREFIX_BYTES] = [100, 155];
const MAX_DEPTH = 16;
const SEGMENT = '[a-z0-9@_!+~-](?:[a-z0-9@._!+~-]*[a-z0-9@_!+~-])?';
const PATH = new RegExp(`^${SEGMENT}(?:/${SEGMENT}){0,${MAX_DEPTH - 1}}$`);

export const INDEX = 'index.json';
export const INDEX_SUM = 'index.json.sha256';

/** Ends every tar archive. */
export const TRAILER = Buffer.alloc(2 * BLOCK);

/**
 * Whether a member may have this path. No upper case, so that no two differ by case alone; nothing that could leave the
 * folder it is unpacked in, be hidden there, or be cut short by a file system.
 */
export function isMemberPath(path: string): boolean {
  return splitPath(path) !== null && PATH.test(path);
}

/** All of a header but path, size and checksum, and the sum of its bytes. */
const TEMPLATE = Buffer.alloc(BLOCK);
for (const [at, text] of [
  [100, '0000644\u00000000000\u00000000000\0'],
  [136, '00000000000\0        0'],
  [257, 'ustar\u000000'],
  [329, '0000000\u00000000000\0'],
] as const) {
  TEMPLATE.write(text, at, 'latin1');
}
const TEMPLATE_SUM = TEMPLATE.reduce((sum, byte) => sum + byte, 0);

/** The header of a regular file (POSIX.1-1988 ustar): its path and size decide every byte of it. */
export function headerOf({ path, size }: Pick<Member, 'path' | 'size'>): Buffer {
  const { prefix, name } = splitPath(path) ?? { prefix: '', name: path };
  const block = Buffer.from(TEMPLATE);
  let sum = TEMPLATE_SUM;
  for (const [at, text] of [
    [0, name],
    [124, octal(size, 11)],
    [345, prefix],
  ] as const) {
    block.write(text, at, 'latin1');
    for (let i = 0; i < text.length; i++) sum += text.charCodeAt(i);
  }
  block.write(`${octal(sum, 6)}\0 `, 148, 'latin1');
  return block;
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, '0');
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
