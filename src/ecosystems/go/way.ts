import type { Store } from '../../model/store.ts';
import type { Instant } from '../../model/time.ts';
import type { GoProxy } from '../../registries/goproxy/index.ts';
import { keep, recall } from './kept.ts';

type Database = NonNullable<GoProxy['database']>;

/**
 * Takes the way to the database that an earlier run found, under the same settings: that a proxy passes the database on
 * is taken for so long, as long as it answers.
 */
export function recallWay({ way }: Database, store: Store | null, now: Instant): void {
  const kept = way === undefined ? null : recall(question(way.settings), store, now);
  if (kept !== null) way?.assume(kept.value as string);
}

/** Keeps the way that this run asked for. */
export function keepWay({ way }: Database, store: Store | null, now: Instant): void {
  const base = way?.found() ?? null;
  if (way !== undefined && base !== null) keep(question(way.settings), base, store, now);
}

function question(settings: string): readonly (string | number)[] {
  return ['go way', 2, settings];
}
