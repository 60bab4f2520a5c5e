import { hash } from 'node:crypto';
import type { Store } from '../../model/store.ts';
import { HOUR, type Instant } from '../../model/time.ts';
import type { GoProxy } from '../../registries/goproxy/index.ts';

type Database = NonNullable<GoProxy['database']>;

interface Kept {
  readonly asked: Instant;
  readonly base: string;
}

/** For how long it is taken that a proxy passes the database on, as long as it answers. */
const KEPT_MS = HOUR;

/** Takes the way to the database that an earlier run found, under the same settings. */
export function recallWay({ way }: Database, store: Store | null, now: Instant): void {
  const bytes = way === undefined ? null : (store?.get(idOf(way.settings)) ?? null);
  if (bytes === null) return;
  const { asked, base } = JSON.parse(bytes.toString('utf8')) as Kept;
  if (asked <= now && now - asked < KEPT_MS) way?.assume(base);
}

/** Keeps the way that this run asked for. */
export function keepWay({ way }: Database, store: Store | null, now: Instant): void {
  const base = way?.found() ?? null;
  if (way === undefined || base === null) return;
  store?.put(idOf(way.settings), Buffer.from(JSON.stringify({ asked: now, base } satisfies Kept)));
}

function idOf(settings: string): string {
  return hash('sha256', JSON.stringify(['go way', 1, settings]));
}
