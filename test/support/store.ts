import type { Store } from '../../src/model/store.ts';

/** What a run keeps, in memory. */
export function newStore(): Store & { readonly entries: Map<string, Buffer> } {
  const entries = new Map<string, Buffer>();
  return { entries, get: (id) => entries.get(id) ?? null, put: (id, value) => void entries.set(id, value) };
}
