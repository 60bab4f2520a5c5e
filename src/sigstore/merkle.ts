import { hash as digest } from 'node:crypto';

const LEAF = Buffer.from([0]);
const NODE = Buffer.from([1]);

function node(left: Buffer, right: Buffer): Buffer {
  return digest('sha256', Buffer.concat([NODE, left, right]), 'buffer');
}

/**
 * Root of the tree of `size` leaves in which `leaf` has position `index` (RFC 6962 section 2.1.1, computed as RFC 9162
 * section 2.1.3.2 does). Null where there is no such position or the number of hashes does not fit it.
 */
export function inclusionRoot(leaf: Buffer, index: bigint, size: bigint, hashes: readonly Buffer[]): Buffer | null {
  if (index < 0n || index >= size) return null;
  let position = index;
  let last = size - 1n;
  let root: Buffer = digest('sha256', Buffer.concat([LEAF, leaf]), 'buffer');
  for (const sibling of hashes) {
    if (last === 0n) return null;
    if ((position & 1n) === 1n || position === last) {
      root = node(sibling, root);
      // Levels at which the node is alone at the right border have no sibling.
      while (position !== 0n && (position & 1n) === 0n) {
        position >>= 1n;
        last >>= 1n;
      }
    } else {
      root = node(root, sibling);
    }
    position >>= 1n;
    last >>= 1n;
  }
  return last === 0n ? root : null;
}
