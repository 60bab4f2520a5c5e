import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { newTree } from '../../lab/sigstore/merkle.ts';
import { inclusionRoot, isConsistent, nodeHash, type TreeHead } from '../../src/tlog/merkle.ts';

describe('inclusion proofs', () => {
  it('lead to the root for every entry of every tree, and for no other position or size', () => {
    for (let size = 1; size <= 20; size++) {
      const tree = newTree();
      const leaves = Array.from({ length: size }, (_, index) => Buffer.from(`leaf ${index}`));
      for (const leaf of leaves) tree.append(leaf);
      for (const [index, leaf] of leaves.entries()) {
        const hashes = tree.path(index, size);
        const root = (at: bigint, of: bigint, proof = hashes): string | undefined =>
          inclusionRoot(leaf, at, of, proof)?.toString('hex');
        const expected = tree.root(size).toString('hex');
        expect(root(BigInt(index), BigInt(size))).toBe(expected);
        for (let other = 0; other < size; other++) {
          if (other !== index) expect(root(BigInt(other), BigInt(size))).not.toBe(expected);
        }
        expect(root(BigInt(index), BigInt(size), [...hashes, Buffer.alloc(32)])).toBeUndefined();
        if (hashes.length > 0) expect(root(BigInt(index), BigInt(size), hashes.slice(1))).not.toBe(expected);
      }
    }
  });

  it('does not overflow, and refuses positions outside of the tree', () => {
    const hashes = Array.from({ length: 63 }, () => Buffer.alloc(32));
    const leaf = Buffer.from('leaf');
    expect(inclusionRoot(leaf, 2n ** 62n + 1n, 2n ** 63n, hashes)).not.toBeNull();
    expect(inclusionRoot(leaf, 2n ** 62n + 1n, 2n ** 63n, hashes.slice(1))).toBeNull();
    for (const [index, size] of [
      [0n, 0n],
      [1n, 1n],
      [5n, 5n],
      [-1n, 5n],
    ] as const) {
      expect(inclusionRoot(leaf, index, size, [])).toBeNull();
    }
  });
});

describe('consistency proofs', () => {
  const LARGEST = 40;
  const tree = newTree();
  for (let i = 0; i < LARGEST; i += 1) tree.append(Buffer.from(`leaf ${i}`));
  const head = (size: number): TreeHead => ({ size: BigInt(size), root: tree.root(size) });

  /** Root of `count` leaves from `start`, by the lab's tree of the same leaves. */
  const part = (start: number, count: number): Buffer => {
    const own = newTree();
    for (let i = start; i < start + count; i += 1) own.append(Buffer.from(`leaf ${i}`));
    return own.root(count);
  };
  /** SUBPROOF of RFC 6962 section 2.1.2, word for word. */
  const subproof = (m: number, start: number, n: number, isWhole: boolean): Buffer[] => {
    if (m === n) return isWhole ? [] : [part(start, n)];
    const k = 2 ** (Math.ceil(Math.log2(n)) - 1);
    return m <= k
      ? [...subproof(m, start, k, isWhole), part(start + k, n - k)]
      : [...subproof(m - k, start + k, n - k, false), part(start, k)];
  };
  const prove = (m: number, n: number): Buffer[] => subproof(m, 0, n, true);

  it('hold for every pair of sizes, with the proof that RFC 6962 describes', () => {
    for (let n = 1; n <= LARGEST; n += 1) {
      for (let m = 1; m <= n; m += 1) expect(isConsistent(head(m), head(n), prove(m, n)), `${m} of ${n}`).toBe(true);
    }
    expect(isConsistent(head(0), head(5), [])).toBe(true);
  });

  it('hold for no other root, size or proof', () => {
    const other = (root: Buffer): Buffer => nodeHash(root, root);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: LARGEST - 1 }), fc.nat(), fc.nat(), (m, above, pick) => {
        const n = m + 1 + (above % (LARGEST - m));
        const proof = prove(m, n);
        const [earlier, later] = [head(m), head(n)];
        expect(isConsistent({ ...earlier, root: other(earlier.root) }, later, proof)).toBe(false);
        expect(isConsistent(earlier, { ...later, root: other(later.root) }, proof)).toBe(false);
        expect(isConsistent(later, earlier, proof)).toBe(false);
        expect(isConsistent(earlier, later, [...proof, Buffer.alloc(32)])).toBe(false);
        expect(isConsistent(earlier, later, proof.slice(1))).toBe(false);
        const at = pick % proof.length;
        const forged = proof.map((hash, i) => (i === at ? other(hash) : hash));
        expect(isConsistent(earlier, later, forged)).toBe(false);
      }),
      { numRuns: 200 },
    );
    expect(isConsistent({ size: 0n, root: Buffer.alloc(32) }, head(5), [])).toBe(false);
    expect(isConsistent(head(5), head(5), [Buffer.alloc(32)])).toBe(false);
    expect(isConsistent({ size: -1n, root: head(5).root }, head(5), [])).toBe(false);
  });
});
