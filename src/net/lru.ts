export interface Lru<T> {
  readonly has: (key: string) => boolean;
  /** What is kept under `key`, else what `make` makes. */
  readonly get: (key: string, make: () => T) => T;
}

/** Keeps the `limit` values that were used last. */
export function createLru<T>(limit: number): Lru<T> {
  const kept = new Map<string, T>();
  return {
    has: (key) => kept.has(key),
    get: (key, make) => {
      const value = kept.get(key) ?? make();
      kept.delete(key);
      kept.set(key, value);
      for (const oldest of kept.keys()) {
        if (kept.size <= limit) break;
        kept.delete(oldest);
      }
      return value;
    },
  };
}
