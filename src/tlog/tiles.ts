import { malformed } from './malformed.ts';
import { levelAbove, rootOf, type TreeHead } from './merkle.ts';

/**
 * Tiles (https://github.com/C2SP/C2SP/blob/main/tlog-tiles.md): level L is cut into rows of 256 hashes, each the root of
 * 256^L leaves. A full tile never changes, and its own root is one hash of the tile above it. What does not fill a tile
 * stands in one partial tile a level, at the right edge of the tree; the root of the tree is made of all hashes of all
 * of these and of nothing else. So each tile is tied to the root by its edge or by the tile above it.
 */
export interface Tile {
  readonly level: number;
  /** Its place in the level, from the left. */
  readonly index: bigint;
  /** How many hashes it has: 256, or fewer at the right edge. */
  readonly width: number;
}

/** Hashes of a full tile, and entries of a full bundle. */
export const WIDTH = 256;
const HASH_BYTES = 32;

/** `LEVEL/INDEX`, the index in groups of three digits, and `.p/WIDTH` for a partial one: its address, and its name. */
export function tilePath({ level, index, width }: Tile): string {
  return `${level}/${placePath(index, width)}`;
}

/** The same of a bundle of entries, whose leaves are those of the tile of level 0 in its place. */
export function entriesPath(index: bigint, width: number): string {
  return `entries/${placePath(index, width)}`;
}

function placePath(index: bigint, width: number): string {
  const digits = index.toString();
  const groups = digits.padStart(Math.ceil(digits.length / 3) * 3, '0').match(/.../g) ?? [];
  const partial = width === WIDTH ? '' : `.p/${width}`;
  return `${groups.map((group, i) => (i === groups.length - 1 ? group : `x${group}`)).join('/')}${partial}`;
}

/** What is to be read of a tree: the hashes of these leaves, and the roots of the trees that it began with. */
export interface TileQuestions {
  readonly leaves: Iterable<bigint>;
  readonly sizes?: Iterable<bigint>;
}

/** Every tile that answers the questions with all that ties it to the root of the tree of `size`, each once. */
export function tilesFor(size: bigint, { leaves, sizes = [] }: TileQuestions): readonly Tile[] {
  const tiles = new Map<string, Tile>();
  const add = (level: number, index: bigint): boolean => {
    const tile = { level, index, width: widthOf(size, level, index) };
    const path = tilePath(tile);
    const isNew = tile.width > 0 && !tiles.has(path);
    if (isNew) tiles.set(path, tile);
    return isNew;
  };
  const addUpwards = (level: number, index: bigint): void => {
    for (let [l, i] = [level, index]; add(l, i); l += 1) i >>= 8n;
  };
  for (const { level, index } of edgesOf(size)) add(level, index);
  for (const leaf of leaves) if (leaf >= 0n && leaf < size) addUpwards(0, leaf >> 8n);
  for (const earlier of sizes) if (earlier <= size) edgesOf(earlier).forEach((e) => addUpwards(e.level, e.index));
  return [...tiles.values()];
}

/** The partial tiles of a tree, the lowest first. */
function edgesOf(size: bigint): readonly Tile[] {
  const edges: Tile[] = [];
  for (let [level, rest] = [0, size]; rest > 0n; level += 1, rest >>= 8n) {
    const width = Number(rest & 0xffn);
    if (width > 0) edges.push({ level, index: rest >> 8n, width });
  }
  return edges;
}

function widthOf(size: bigint, level: number, index: bigint): number {
  const rest = (size >> BigInt(8 * level)) - index * BigInt(WIDTH);
  return rest >= BigInt(WIDTH) ? WIDTH : Math.max(0, Number(rest));
}

/** What tiles say of a tree. Everything it answers is tied to the root; all throw `Malformed` for what is not. */
export interface TiledTree {
  readonly leafHash: (index: bigint) => Buffer;
  /** The root of the tree of the first `size` leaves. */
  readonly rootAt: (size: bigint) => Buffer;
  /** The perfect subtrees that the first `size` leaves are made of, the largest first: where a `Range` goes on. */
  readonly subtreesAt: (size: bigint) => readonly Buffer[];
}

/**
 * Reads a tree, whose head is verified, out of its tiles by their paths: those that `tilesFor` names, or, in the place
 * of a partial tile, the full one under the partial one's path. Throws `Malformed` where the edge is not the root's.
 */
export function readTree(head: TreeHead, tiles: ReadonlyMap<string, Buffer>): TiledTree {
  const { size } = head;
  const tied = new Map<string, Buffer>();

  const served = (tile: Tile): Buffer => {
    const path = tilePath(tile);
    const bytes = tiles.get(path) ?? malformed(`tile ${path} is not there`);
    const wanted = tile.width * HASH_BYTES;
    if (bytes.length !== wanted && bytes.length !== WIDTH * HASH_BYTES) malformed(`tile ${path} has another length`);
    return bytes.subarray(0, wanted);
  };

  const read = (level: number, index: bigint): Buffer => {
    const tile = { level, index, width: widthOf(size, level, index) };
    const path = tilePath(tile);
    const known = tied.get(path);
    if (known !== undefined) return known;
    const bytes = served(tile);
    const above = read(level + 1, index >> 8n);
    const isTied = hashAt(above, Number(index & 0xffn)).equals(perfectRoot(bytes));
    if (!isTied) malformed(`tile ${path} is not one of the tree`);
    tied.set(path, bytes);
    return bytes;
  };

  for (const tile of edgesOf(size)) tied.set(tilePath(tile), served(tile));
  const root = rootOf(subtreesOf(size, read));
  if (!root.equals(head.root)) malformed('the tiles at the edge of the tree do not make its root');

  const subtreesAt = (earlier: bigint): readonly Buffer[] => {
    if (earlier < 0n || earlier > size) malformed(`a tree of ${size} did not begin with one of ${earlier}`);
    return subtreesOf(earlier, read);
  };
  return {
    leafHash: (index) => {
      if (index < 0n || index >= size) malformed(`position ${index} is not in a tree of ${size}`);
      return hashAt(read(0, index >> 8n), Number(index & 0xffn));
    },
    rootAt: (earlier) => rootOf(subtreesAt(earlier)),
    subtreesAt,
  };
}

function hashAt(hashes: Buffer, index: number): Buffer {
  return hashes.subarray(index * HASH_BYTES, (index + 1) * HASH_BYTES);
}

/** The perfect subtrees of a tree, from the hashes at its edge: the largest first. */
function subtreesOf(size: bigint, read: (level: number, index: bigint) => Buffer): readonly Buffer[] {
  const subtrees: Buffer[] = [];
  for (const { level, index, width } of edgesOf(size)) {
    const hashes = read(level, index);
    for (let [end, part] = [width, 1]; end > 0; part *= 2) {
      if ((width & part) === 0) continue;
      subtrees.push(perfectRoot(hashes.subarray((end - part) * HASH_BYTES, end * HASH_BYTES)));
      end -= part;
    }
  }
  return subtrees.reverse();
}

/** The root over a power of two of hashes. */
function perfectRoot(hashes: Buffer): Buffer {
  let level = hashes;
  while (level.length > HASH_BYTES) level = levelAbove(level);
  return level;
}
