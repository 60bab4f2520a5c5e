import { Malformed } from './malformed.ts';
import { consistencyRoots, isConsistent, type TreeHead } from './merkle.ts';
import { readTree } from './tiles.ts';

/** What a log answers when it is asked how two of its trees go together. */
export type JoinProof =
  | { readonly kind: 'hashes'; readonly hashes: readonly Buffer[] }
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
  if (isConsistent(earlier, later, proof.hashes)) return 'joined';
  // A proof that leads to the later root shows what that tree began with.
  const roots = consistencyRoots(earlier, later.size, proof.hashes);
  return roots?.later.equals(later.root) === true ? 'parted' : 'unproven';
}
