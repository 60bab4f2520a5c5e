import { createHash } from 'node:crypto';

/** Numbers and bytes that are the same for the same seed, so that a tree can be generated again. */
export interface Random {
  /** An integer from 0 up to but not including `below`. */
  readonly integer: (below: number) => number;
  readonly pick: <T>(items: readonly [T, ...T[]]) => T;
  readonly bytes: (length: number) => Buffer;
  /** The items in another order. */
  readonly shuffle: <T>(items: readonly T[]) => T[];
}

export function seededRandom(seed: string): Random {
  let counter = 0;
  let pool = Buffer.alloc(0);
  const bytes = (length: number): Buffer => {
    while (pool.length < length) {
      counter += 1;
      pool = Buffer.concat([pool, createHash('sha512').update(`${seed} ${counter}`).digest()]);
    }
    const taken = pool.subarray(0, length);
    pool = pool.subarray(length);
    return taken;
  };
  const integer = (below: number): number => bytes(4).readUInt32BE() % below;
  return {
    integer,
    pick: (items) => items[integer(items.length)] ?? items[0],
    bytes,
    shuffle: (items) => {
      const shuffled: (typeof items)[number][] = [];
      for (const item of items) {
        const place = integer(shuffled.length + 1);
        shuffled.splice(place, 0, item);
      }
      return shuffled;
    },
  };
}
