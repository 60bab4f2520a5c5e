import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { newTree } from '../../lab/sigstore/merkle.ts';
import { Malformed } from '../../src/tlog/malformed.ts';
import { leafHash } from '../../src/tlog/merkle.ts';
import { readTree, tilePath, tilesFor, type Tile, type TileQuestions } from '../../src/tlog/tiles.ts';

/** More than two full tiles of the second level need; every kind of edge occurs below it. */
const LARGEST = 256 * 256 + 300;
const entry = (index: number): Buffer => Buffer.from(`entry ${index}`);
const tree = newTree();
for (let i = 0; i < LARGEST; i += 1) tree.append(entry(i));

/** What a log serves under a tile's name, made from the lab's tree alone: root of each span of 256^LEVEL leaves. */
const spans = new Map<string, Buffer>();
function spanRoot(level: number, index: number): Buffer {
  const name = `${level} ${index}`;
  const known = spans.get(name);
  if (known !== undefined) return known;
  const own = newTree();
  const size = 256 ** level;
  for (let i = index * size; i < (index + 1) * size; i += 1) own.append(entry(i));
  const root = own.root(size);
  spans.set(name, root);
  return root;
}
function serve({ level, index, width }: Tile): Buffer {
  return Buffer.concat(Array.from({ length: width }, (_, i) => spanRoot(level, Number(index) * 256 + i)));
}
function tilesOf(size: number, questions: TileQuestions): Map<string, Buffer> {
  return new Map(tilesFor(BigInt(size), questions).map((tile) => [tilePath(tile), serve(tile)]));
}
const head = (size: number): { size: bigint; root: Buffer } => ({ size: BigInt(size), root: tree.root(size) });

describe('tiles', () => {
  it('have paths in groups of three digits', () => {
    const path = (level: number, index: bigint, width = 256): string => tilePath({ level, index, width });
    expect(path(0, 0n)).toBe('0/000');
    expect(path(1, 999n, 7)).toBe('1/999.p/7');
    expect(path(0, 1000n)).toBe('0/x001/000');
    expect(path(2, 1234067n, 1)).toBe('2/x001/x234/067.p/1');
    expect(path(0, 2n ** 53n)).toBe('0/x009/x007/x199/x254/x740/992');
  });

  it.each([1, 2, 255, 256, 257, 511, 512, 1000, 65_535, 65_536, 65_537, LARGEST])(
    'answer for leaves and earlier roots of a tree of %i',
    (size) => {
      fc.assert(
        fc.property(fc.nat(size - 1), fc.nat(size), (leaf, earlier) => {
          const tiles = tilesOf(size, { leaves: [BigInt(leaf)], sizes: [BigInt(earlier)] });
          const read = readTree(head(size), tiles);
          expect(read.leafHash(BigInt(leaf))).toEqual(leafHash(entry(leaf)));
          expect(read.rootAt(BigInt(earlier))).toEqual(tree.root(earlier));
          // None too many.
          for (const path of tiles.keys()) {
            const fewer = new Map([...tiles].filter(([name]) => name !== path));
            expect(() => {
              const { leafHash: hashOf, rootAt } = readTree(head(size), fewer);
              return [hashOf(BigInt(leaf)), rootAt(BigInt(earlier))];
            }, path).toThrow(Malformed);
          }
        }),
        { numRuns: 8 },
      );
      expect(readTree(head(size), tilesOf(size, { leaves: [] })).rootAt(BigInt(size))).toEqual(tree.root(size));
    },
  );

  it('of which any hash is changed are refused, whether it is the one asked for or not', () => {
    const size = LARGEST;
    const questions = { leaves: [70n], sizes: [300n, 65_000n] };
    const tiles = tilesOf(size, questions);
    expect(tiles.size).toBe(7);
    for (const [path, bytes] of tiles) {
      for (let hash = 0; hash < bytes.length / 32; hash += 1) {
        const forged = Buffer.from(bytes);
        forged[hash * 32] = (forged[hash * 32] ?? 0) ^ 1;
        const read = (): unknown => {
          const { leafHash: hashOf, rootAt } = readTree(head(size), new Map(tiles).set(path, forged));
          return [hashOf(70n), rootAt(300n), rootAt(65_000n)];
        };
        expect(read, `${path} ${hash}`).toThrow(Malformed);
      }
    }
  });

  it('may be full where a partial one was asked for, and have no other length', () => {
    const tiles = tilesOf(300, { leaves: [299n] });
    const full = Buffer.concat([serve({ level: 0, index: 1n, width: 44 }), Buffer.alloc(212 * 32, 1)]);
    expect([...tiles.keys()]).toEqual(['0/001.p/44', '1/000.p/1']);
    const read = (bytes: Buffer): Buffer => readTree(head(300), new Map(tiles).set('0/001.p/44', bytes)).leafHash(299n);
    expect(read(full)).toEqual(leafHash(entry(299)));
    for (const length of [0, 32, 43 * 32, 45 * 32, 44 * 32 - 1, 257 * 32]) {
      expect(() => read(Buffer.alloc(length)), String(length)).toThrow(Malformed);
    }
  });

  it('answer for no leaf and no size beyond the tree, and of an empty one for its root only', () => {
    const read = readTree(head(300), tilesOf(300, { leaves: [0n, 299n, 300n, -1n], sizes: [300n, 301n] }));
    for (const index of [300n, 301n, -1n, 2n ** 60n]) expect(() => read.leafHash(index)).toThrow(Malformed);
    for (const size of [301n, -1n, 2n ** 60n]) expect(() => read.rootAt(size)).toThrow(Malformed);
    const empty = readTree(head(0), new Map());
    expect(empty.rootAt(0n)).toEqual(tree.root(0));
    expect(() => empty.leafHash(0n)).toThrow(Malformed);
    expect(() => readTree({ size: 0n, root: Buffer.alloc(32) }, new Map())).toThrow(Malformed);
  });
});
