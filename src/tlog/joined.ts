import { Malformed } from './malformed.ts';
import { consistencyRoots, isConsistent, perfectRoot, type TreeHead } from './merkle.ts';
import { readTree } from './tiles.ts';

/** What a log answers when it is asked how two of its trees go together. */
export type JoinProof =
  | { readonly kind: 'hashes'; readonly hashes: readonly Buffer[] }
  /** From one entry more than `earlier` has, which is perfect: a proof from a perfect tree leaves its root out. */
  | { readonly kind: 'after'; readonly hashes: readonly Buffer[] }
  /** By their paths, of the later tree. */
  | { readonly kind: 'tiles'; readonly tiles: ReadonlyMap<string, Buffer> };

/**
 * Whether the later tree begins with the earlier one. `parted`: it begins with another, so that the log has shown two
 * histories. `unproven`: the answer is of neither, and nothing is known.
 */
export type Joined = 'joined' | 'parted' | 'unproven';

/** Judges two signed heads of one log, of which the earlier is not the larger one, by what the log answered. */
export function judgeHeads(earlier: TreeHead, later: TreeHead, proof: JoinProof | null): Joined {
  if (earlier.size === later.size) return earlier.root.equals(later.root) ? 'joined' : 'parted';
  if (proof === null) return 'unproven';
  if (proof.kind === 'tiles') {
    try {
      return readTree(later, proof.tiles).rootAt(earlier.size).equals(earlier.root) ? 'joined' : 'parted';
    } catch (error) {
      if (error instanceof Malformed) return 'unproven';
      throw error;
    }
  }
  if (proof.kind === 'after') {
    const begun = isPerfect(earlier.size) ? perfectRoot(earlier.size, later, proof.hashes) : null;
    return begun === null ? 'unproven' : begun.equals(earlier.root) ? 'joined' : 'parted';
  }
  if (isConsistent(earlier, later, proof.hashes)) return 'joined';
  // A proof that leads to the later root shows what that tree began with.
  const roots = consistencyRoots(earlier, later.size, proof.hashes);
  return roots?.later.equals(later.root) === true ? 'parted' : 'unproven';
}

/** Whether a tree of so many leaves is perfect, and no single leaf: a power of two from 2 on. */
export function isPerfect(size: bigint): boolean {
  return size > 1n && (size & (size - 1n)) === 0n;
}
