import { sha256 } from './keys.ts';

const LEAF = Buffer.from([0]);
const NODE = Buffer.from([1]);

/** An append-only Merkle tree (RFC 6962, 2.1) that answers for any of its earlier sizes. */
export interface MerkleTree {
  size(): number;
  /** Appends an entry and returns its index. */
  append(entry: Uint8Array): number;
  /** Root of the first `size` entries. */
  root(size: number): Buffer;
  /** Audit path of entry `index` in the tree of the first `size` entries, leaf to root. */
  path(index: number, size: number): Buffer[];
  /** How the tree of `size` entries goes on from the first `first` of them (RFC 6962, 2.1.2). */
  consistency(first: number, size: number): Buffer[];
  /** Root of the `span` entries, a power of two, from `index * span` on. */
  node(index: number, span: number): Buffer;
}

export function newTree(): MerkleTree {
  /** `levels[k][i]` is the root of the complete subtree of the entries `i * 2^k` up to `(i + 1) * 2^k`. */
  const levels: Buffer[][] = [[]];

  const append = (entry: Uint8Array): number => {
    const leaves = levels[0] ?? [];
    leaves.push(sha256(LEAF, entry));
    for (let k = 0; ; k += 1) {
      const level = levels[k] ?? [];
      if (level.length % 2 !== 0) break;
      const left = level[level.length - 2];
      const right = level[level.length - 1];
      if (left === undefined || right === undefined) break;
      (levels[k + 1] ??= []).push(sha256(NODE, left, right));
    }
    return leaves.length - 1;
  };

  /** Root of the entries `start` up to `start + size`; `start` is a multiple of the power of two that holds `size`. */
  const subtree = (start: number, size: number): Buffer => {
    const k = Math.log2(size);
    const complete = Number.isInteger(k) ? levels[k]?.[start / size] : undefined;
    if (complete !== undefined) return complete;
    const split = largestPowerBelow(size);
    return sha256(NODE, subtree(start, split), subtree(start + split, size - split));
  };

  const path = (index: number, start: number, size: number): Buffer[] => {
    if (size === 1) return [];
    const split = largestPowerBelow(size);
    return index < split
      ? [...path(index, start, split), subtree(start + split, size - split)]
      : [...path(index - split, start + split, size - split), subtree(start, split)];
  };

  const consistency = (first: number, start: number, size: number, isWhole: boolean): Buffer[] => {
    if (first === size) return isWhole ? [] : [subtree(start, size)];
    const split = largestPowerBelow(size);
    return first <= split
      ? [...consistency(first, start, split, isWhole), subtree(start + split, size - split)]
      : [...consistency(first - split, start + split, size - split, false), subtree(start, split)];
  };

  return {
    size: () => levels[0]?.length ?? 0,
    append,
    root: (size) => (size === 0 ? sha256() : subtree(0, size)),
    path: (index, size) => path(index, 0, size),
    consistency: (first, size) => (first === 0 ? [] : consistency(first, 0, size, true)),
    node: (index, span) => subtree(index * span, span),
  };
}

/** The largest power of two smaller than `size`, for sizes of at least 2. */
function largestPowerBelow(size: number): number {
  return 2 ** (Math.ceil(Math.log2(size)) - 1);
}
