import { nodeHash, rootOf } from './merkle.ts';

/**
 * A tree that only grows: the perfect subtrees at its right edge (RFC 6962 section 2.1), which are all that its root
 * and further leaves need. Its memory does not grow with the tree.
 */
export interface Range {
  readonly size: () => bigint;
  /** Appends a leaf by its hash. */
  readonly append: (leaf: Buffer) => void;
  readonly root: () => Buffer;
}

/** The tree of `size` leaves that consists of these perfect subtrees, the largest first. */
export function openRange(size: bigint, subtrees: readonly Buffer[]): Range {
  const edge = [...subtrees];
  let leaves = size;
  return {
    size: () => leaves,
    append: (leaf) => {
      let node = leaf;
      // Each subtree that is as large as the new one is its left half.
      for (let rest = leaves; (rest & 1n) === 1n; rest >>= 1n) node = nodeHash(edge.pop() ?? node, node);
      edge.push(node);
      leaves += 1n;
    },
    root: () => rootOf(edge),
  };
}
