import type { Dependency } from '../model/dependency.ts';

/** The longest stretch of work, in milliseconds, before the event loop gets a turn. */
const TURN_MS = 8;

/** Runs `work` for each dependency, `limit` at a time. Results are in the order of the dependencies. */
export async function mapConcurrently<T extends Pick<Dependency, 'name'>, R>(
  items: readonly T[],
  limit: number,
  work: (item: T) => Promise<R>,
): Promise<readonly R[]> {
  const results = new Array<R>(items.length);
  // The versions of one package follow each other, as they share its document.
  const queue = [...items.entries()].sort(([, a], [, b]) => (a.name < b.name ? -1 : 1)).values();
  const turn = turns();
  const worker = async (): Promise<void> => {
    for (const [index, item] of queue) {
      results[index] = await work(item);
      await turn();
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
  return results;
}

/** Yields to the event loop now and then, so that answers arrive and progress shows even where everything is cached. */
function turns(): () => Promise<void> | null {
  let since = performance.now();
  let turning: Promise<void> | null = null;
  return () => {
    if (turning === null && performance.now() - since > TURN_MS) {
      turning = new Promise((resolve) =>
        setImmediate(() => {
          since = performance.now();
          turning = null;
          resolve();
        }),
      );
    }
    return turning;
  };
}
