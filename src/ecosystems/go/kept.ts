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
  const all = [...question, proxy.url];
  const kept = recall(all, store, now);
  if (kept !== null) return { state: 'present', value: kept.value as T };
  const found = await ask();
  if (found.state === 'present') keep(all, found.value, store, now);
  return found;
}

/** What was kept within the last hour; null where nothing was. */
export function recall(
  question: readonly (string | number)[],
  store: Store | null,
  now: Instant,
): { readonly value: unknown } | null {
  const bytes = store?.get(idOf(question)) ?? null;
  if (bytes === null) return null;
  const kept = JSON.parse(bytes.toString('utf8')) as { readonly asked: Instant; readonly value: unknown };
  return kept.asked <= now && now - kept.asked < KEPT_MS ? kept : null;
}

export function keep(question: readonly (string | number)[], value: unknown, store: Store | null, now: Instant): void {
  store?.put(idOf(question), Buffer.from(JSON.stringify({ asked: now, value })));
}

function idOf(question: readonly (string | number)[]): string {
  return hash('sha256', JSON.stringify(question));
}
