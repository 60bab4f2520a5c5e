import { specOf } from '../model/package.ts';
import type { Record } from './common/record.ts';
import type { Refusal } from './common/refusal.ts';
import { bytesReply, jsonReply, type Reply } from './common/reply.ts';

/** What a gate that goes on serving did since it began. */
export interface Metrics {
  readonly record: Record;
  readonly countStatus: (status: number) => void;
  /** In the text format of Prometheus. */
  readonly text: () => Reply;
  readonly health: () => Reply;
}

/** Counts, and says each refusal once an hour: `log` gets a line of JSON. */
export function createMetrics(log: (line: string) => void, now: () => number): Metrics {
  const statuses = new Map<number, number>();
  const refused = new Map<string, number>();
  const said = new Map<string, number>();
  let fetched = 0;
  const note = (event: 'refused' | 'hidden', { version, code, message }: Refusal): void => {
    const key = `${event} ${specOf(version)}`;
    if (now() - (said.get(key) ?? 0) < HOUR) return;
    if (said.size >= MAX_SAID) said.clear();
    said.set(key, now());
    log(JSON.stringify({ time: new Date(now()).toISOString(), event, package: specOf(version), code, message }));
  };
  const count = <K>(counts: Map<K, number>, key: K): void => void counts.set(key, (counts.get(key) ?? 0) + 1);
  return {
    record: {
      refuse: (refusal) => {
        count(refused, refusal.code ?? 'not-judged');
        note('refused', refusal);
      },
      hide: (refusal) => note('hidden', refusal),
      fetch: () => (fetched += 1),
    },
    countStatus: (status) => count(statuses, status),
    health: () => jsonReply(200, { status: 'ok' }),
    text: () => {
      const lines = [
        '# TYPE assay_gate_responses_total counter',
        ...[...statuses].map(([status, times]) => `assay_gate_responses_total{status="${status}"} ${times}`),
        '# TYPE assay_gate_refused_total counter',
        ...[...refused].map(([code, times]) => `assay_gate_refused_total{code="${code}"} ${times}`),
        '# TYPE assay_gate_fetched_total counter',
        `assay_gate_fetched_total ${fetched}`,
      ];
      return bytesReply(200, 'text/plain; version=0.0.4', Buffer.from(`${lines.join('\n')}\n`));
    },
  };
}

const HOUR = 3_600_000;
const MAX_SAID = 10_000;
