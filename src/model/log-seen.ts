import type { LogHead } from './baseline.ts';
import type { Finding } from './finding.ts';

/** What came of one transparency log in a run. */
export interface LogSeen {
  readonly origin: string;
  /** The newest tree, which all others are the beginning of; null where there is none. */
  readonly head: LogHead | null;
  /** Trees that were known before and are proven to be the beginning of `head`. */
  readonly kept: readonly LogHead[];
  /** What is wrong with the log as a whole. */
  readonly findings: readonly Finding[];
  /** Whether it gave no answer, so that nothing is known of what was kept. */
  readonly unanswered: boolean;
}

/** The largest tree of each log. */
export function newestHeads(heads: readonly LogHead[]): readonly LogHead[] {
  const newest = new Map<string, LogHead>();
  for (const head of heads) if (head.size > (newest.get(head.origin)?.size ?? -1)) newest.set(head.origin, head);
  return [...newest.values()];
}
