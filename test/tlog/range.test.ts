import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { newTree } from '../../lab/sigstore/merkle.ts';
import { parseEntryBundle } from '../../src/tlog/entries.ts';
import { judgeHeads } from '../../src/tlog/joined.ts';
import { Malformed } from '../../src/tlog/malformed.ts';
import { consistencyRoots, EMPTY_ROOT, leafHash } from '../../src/tlog/merkle.ts';
import { openRange } from '../../src/tlog/range.ts';
import { entriesPath, readTree, tilePath, tilesFor } from '../../src/tlog/tiles.ts';

const SIZE = 700;
const entry = (index: number): Buffer => Buffer.from(`entry ${index}`);
const tree = newTree();
for (let i = 0; i < SIZE; i += 1) tree.append(entry(i));

describe('a range', () => {
  it('goes on from any size that tiles tell, to the root of every later one', () => {
    const read = (size: number): ReturnType<typeof readTree> => {
      const tiles = tilesFor(BigInt(size), {
        leaves: [],
        sizes: Array.from({ length: size + 1 }, (_, i) => BigInt(i)),
      });
      const served = tiles.map((tile): [string, Buffer] => {
        const span = 256 ** tile.level;
        const roots = Array.from({ length: tile.width }, (_, i) => {
          const own = newTree();
          const first = (Number(tile.index) * 256 + i) * span;
          for (let leaf = first; leaf < first + span; leaf += 1) own.append(entry(leaf));
          return own.root(span);
        });
        return [tilePath(tile), Buffer.concat(roots)];
      });
      return readTree({ size: BigInt(size), root: tree.root(size) }, new Map(served));
    };
    const whole = read(SIZE);
    fc.assert(
      fc.property(fc.nat(SIZE), fc.nat(SIZE), (a, b) => {
        const [from, to] = [Math.min(a, b), Math.max(a, b)];
        const range = openRange(BigInt(from), whole.subtreesAt(BigInt(from)));
        expect(range.root()).toEqual(from === 0 ? EMPTY_ROOT : tree.root(from));
        for (let i = from; i < to; i += 1) range.append(leafHash(entry(i)));
        expect(range.size()).toBe(BigInt(to));
        expect(range.root()).toEqual(to === 0 ? EMPTY_ROOT : tree.root(to));
        // Another leaf anywhere is another root.
        range.append(leafHash(entry(to + 1)));
        expect(range.root()).not.toEqual(to === SIZE ? tree.root(to) : tree.root(to + 1));
      }),
    );
    expect(() => whole.subtreesAt(BigInt(SIZE + 1))).toThrow(Malformed);
  });
});

describe('both roots of a proof', () => {
  it('are null for a tree without leaves, and for one that is larger', () => {
    const root = tree.root(5);
    expect(consistencyRoots({ size: 0n, root: EMPTY_ROOT }, 5n, [])).toBeNull();
    expect(consistencyRoots({ size: 6n, root }, 5n, [root])).toBeNull();
  });
});

describe('a perfect tree', () => {
  const other = newTree();
  for (let i = 0; i < SIZE; i += 1) other.append(entry(i + 1));
  const judge = (from: number, size: number, root: Buffer, hashes: readonly Buffer[]): string =>
    judgeHeads({ size: BigInt(from), root }, { size: BigInt(size), root: tree.root(size) }, { kind: 'after', hashes });

  it('is told from another history by the proof from one entry later, whatever tree goes on from it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), fc.nat(SIZE), (power, more) => {
        const from = 2 ** power;
        const size = Math.min(from + 2 + more, SIZE);
        const hashes = tree.consistency(from + 1, size);
        expect(judge(from, size, tree.root(from), hashes)).toBe('joined');
        expect(judge(from, size, other.root(from), hashes)).toBe('parted');
        // A proof of another tree shows nothing, as the one from the tree itself does.
        expect(judge(from, size, tree.root(from), other.consistency(from + 1, size))).toBe('unproven');
        expect(judge(from, size, other.root(from), tree.consistency(from, size).slice(1))).toBe('unproven');
        expect(judge(from, size, tree.root(from), [])).toBe('unproven');
      }),
    );
  });

  it('is no tree of another size', () => {
    for (const from of [1, 3, 5, 6, 7, 9]) {
      expect(judge(from, 40, tree.root(from), tree.consistency(from + 1, 40))).toBe('unproven');
    }
  });
});

describe('a bundle of entries', () => {
  const bundle = (...entries: Buffer[]): Buffer =>
    Buffer.concat(
      entries.flatMap((one) => {
        const length = Buffer.alloc(2);
        length.writeUInt16BE(one.length);
        return [length, one];
      }),
    );
  const some = [Buffer.from('a'), Buffer.alloc(0), Buffer.alloc(65_535, 1)];

  it('has its entries one after the other, and a full one may be cut', () => {
    expect(parseEntryBundle(bundle(...some), 3)).toEqual(some);
    const full = Array.from({ length: 256 }, (_, i) => entry(i));
    expect(parseEntryBundle(bundle(...full), 7)).toEqual(full.slice(0, 7));
    expect(entriesPath(1000n, 7)).toBe('entries/x001/000.p/7');
    expect(entriesPath(3n, 256)).toBe('entries/003');
  });

  it.each([
    ['a length without its entry', bundle(...some).subarray(0, -1), 3],
    ['half of a length', Buffer.concat([bundle(...some), Buffer.alloc(1)]), 3],
    ['one too few', bundle(...some), 4],
    ['one too many', bundle(...some), 2],
    ['more than a bundle holds', bundle(...Array.from({ length: 257 }, (_, i) => entry(i))), 256],
    ['nothing', Buffer.alloc(0), 1],
  ])('refuses %s', (_, bytes, width) => {
    expect(() => parseEntryBundle(bytes, width)).toThrow(Malformed);
  });
});
