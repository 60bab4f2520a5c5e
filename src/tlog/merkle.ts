import { hash as digest } from 'node:crypto';

/** The Merkle tree of RFC 6962 section 2.1: what leaves and nodes hash to, and what proofs in it lead to. */

const LEAF = Buffer.from([0]);
const NODE = Buffer.from([1]);
const HASH_BYTES = 32;

/** The root of a tree without leaves. */
export const EMPTY_ROOT: Buffer = digest('sha256', Buffer.alloc(0), 'buffer');

export function leafHash(entry: Uint8Array): Buffer {
  return digest('sha256', Buffer.concat([LEAF, entry]), 'buffer');
}

export function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  return digest('sha256', Buffer.concat([NODE, left, right]), 'buffer');
}

/** The hashes over each pair of an even number of hashes, which stand one behind the other. */
export function levelAbove(level: Buffer): Buffer {
  const above = Buffer.allocUnsafe(level.length / 2);
  const node = Buffer.concat([NODE, EMPTY_ROOT, EMPTY_ROOT]);
  for (let start = 0; start < level.length; start += 2 * HASH_BYTES) {
    level.copy(node, NODE.length, start, start + 2 * HASH_BYTES);
    // As text that has a character for each byte: Node returns it in half the time that a buffer takes.
    above.write(digest('sha256', node, 'binary'), start / 2, 'binary');
  }
  return above;
}

/**
 * Root of the tree of `size` leaves in which `leaf` has position `index` (RFC 6962 section 2.1.1, computed as RFC 9162
 * section 2.1.3.2 does). Null where there is no such position or the number of hashes does not fit it.
 */
export function inclusionRoot(leaf: Buffer, index: bigint, size: bigint, hashes: readonly Buffer[]): Buffer | null {
  if (index < 0n || index >= size) return null;
  let position = index;
  let last = size - 1n;
  let root = leafHash(leaf);
  for (const sibling of hashes) {
    if (last === 0n) return null;
    if ((position & 1n) === 1n || position === last) {
      root = nodeHash(sibling, root);
      // Levels at which the node is alone at the right border have no sibling.
      while (position !== 0n && (position & 1n) === 0n) {
        position >>= 1n;
        last >>= 1n;
      }
    } else {
      root = nodeHash(root, sibling);
    }
    position >>= 1n;
    last >>= 1n;
  }
  return last === 0n ? root : null;
}

/** The root over perfect subtrees of falling size. */
export function rootOf(subtrees: readonly Buffer[]): Buffer {
  const [smallest = EMPTY_ROOT, ...larger] = [...subtrees].reverse();
  return larger.reduce((right, left) => nodeHash(left, right), smallest);
}

/** The size of a tree and its root. */
export interface TreeHead {
  readonly size: bigint;
  readonly root: Buffer;
}

/**
 * Whether the proof shows that the tree `later` begins with all of `earlier` (RFC 6962 section 2.1.2, computed as
 * RFC 9162 section 2.1.4.2 does). Of a tree without leaves nothing needs to be shown, and no proof is accepted.
 */
export function isConsistent(earlier: TreeHead, later: TreeHead, hashes: readonly Buffer[]): boolean {
  if (earlier.size > later.size || earlier.size < 0n) return false;
  if (earlier.size === later.size) return hashes.length === 0 && earlier.root.equals(later.root);
  if (earlier.size === 0n) return hashes.length === 0 && earlier.root.equals(EMPTY_ROOT);
  const roots = consistencyRoots(earlier, later.size, hashes);
  return roots?.earlier.equals(earlier.root) === true && roots.later.equals(later.root);
}

/**
 * Root of the first `size` leaves of the tree `later`, from its consistency proof from `size + 1` leaves on: of a power
 * of two, which is one node of that tree, the proof has the root, where the one from `size` on leaves it out. Null
 * where the proof is not of that tree.
 */
export function perfectRoot(size: bigint, later: TreeHead, hashes: readonly Buffer[]): Buffer | null {
  const [leaf] = hashes;
  const roots = consistencyRoots({ size: size + 1n, root: EMPTY_ROOT }, later.size, hashes);
  if (leaf === undefined || roots?.later.equals(later.root) !== true) return null;
  return hashes.find((hash) => nodeHash(hash, leaf).equals(roots.earlier)) ?? null;
}

/**
 * Both roots that a consistency proof leads to; null where the number of hashes does not fit. A later root that is the
 * signed one ties the other hashes to it, so that the earlier root beside it is the one which that tree began with.
 */
export function consistencyRoots(
  earlier: TreeHead,
  laterSize: bigint,
  hashes: readonly Buffer[],
): { readonly earlier: Buffer; readonly later: Buffer } | null {
  if (earlier.size < 1n || earlier.size > laterSize) return null;
  let position = earlier.size - 1n;
  let last = laterSize - 1n;
  while ((position & 1n) === 1n) {
    position >>= 1n;
    last >>= 1n;
  }
  // A perfect tree is a node of the later one, so that the proof leaves its root out.
  const [first, ...rest] = position === 0n ? [earlier.root, ...hashes] : hashes;
  if (first === undefined) return null;
  let [earlierRoot, laterRoot] = [first, first];
  for (const sibling of rest) {
    if (last === 0n) return null;
    if ((position & 1n) === 1n || position === last) {
      earlierRoot = nodeHash(sibling, earlierRoot);
      laterRoot = nodeHash(sibling, laterRoot);
      while (position !== 0n && (position & 1n) === 0n) {
        position >>= 1n;
        last >>= 1n;
      }
    } else {
      laterRoot = nodeHash(laterRoot, sibling);
    }
    position >>= 1n;
    last >>= 1n;
  }
  return last === 0n ? { earlier: earlierRoot, later: laterRoot } : null;
}
