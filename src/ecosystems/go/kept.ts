import { hash } from 'node:crypto';
import type { Evidence } from '../../model/evidence.ts';
import type { Store } from '../../model/store.ts';
import { HOUR, type Instant } from '../../model/time.ts';
import type { GoProxy } from '../../registries/goproxy/index.ts';

/** For how long an answer is not asked for again. */
const KEPT_MS = HOUR;

export interface Asking {
  readonly proxy: GoProxy;
  /** Keeps answers for a while. */
  readonly store: Store | null;
  readonly now: Instant;
}

/** What a proxy answers to a question, which is not asked again for an hour. `question` tells it from all others. */
export async function keptAnswer<T>(
  question: readonly (string | number)[],
  { proxy, store, now }: Asking,
  ask: () => Promise<Evidence<T>>,
): Promise<Evidence<T>> {
  const id = hash('sha256', JSON.stringify([...question, proxy.url]));
  const bytes = store?.get(id) ?? null;
  if (bytes !== null) {
    const { asked, value } = JSON.parse(bytes.toString('utf8')) as { readonly asked: Instant; readonly value: T };
    if (asked <= now && now - asked < KEPT_MS) return { state: 'present', value };
  }
  const found = await ask();
  if (found.state === 'present') store?.put(id, Buffer.from(JSON.stringify({ asked: now, value: found.value })));
  return found;
}
