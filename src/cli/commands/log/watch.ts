import { setTimeout as wait } from 'node:timers/promises';
import { eventLine, renderEvent, type WatchEvent } from '../../../report/commands/log-watch.ts';
import { lockState } from '../../../store/log-state.ts';
import { escapeText } from '../../../report/words/escape.ts';
import { EXIT, UsageError } from '../../exit.ts';
import type { Io } from '../../io.ts';
import type { OptionValues } from '../../options.ts';
import { isHttp, openLogs, type OpenLogs } from './open.ts';
import { oursOf } from './ours.ts';
import { stateOf } from './state.ts';
import { targetsOf } from './target.ts';
import { watchRound } from './round.ts';

/** Between rounds; after one without an answer, twice as long each time. */
const MINUTE = 60_000;
const INTERVAL = 5 * MINUTE;
const LONGEST = 60 * MINUTE;

/** `assay log watch PACKAGE...`: entries that nobody expected, once or for as long as it runs. */
export async function watch(args: readonly string[], values: OptionValues, io: Io): Promise<number> {
  if (args.length === 0 && values['repository-id'] === undefined) {
    throw new UsageError('log watch takes packages, or --repository-id ID');
  }
  const from = fromOf(values);
  const webhook = webhookOf(values);
  const state = stateOf(values, io);
  const lock = lockState(state, isRunning);
  if (typeof lock === 'number') throw new UsageError(`process ${lock} watches with ${state.folder} already`);
  try {
    for (let pause = INTERVAL; ;) {
      const status = await round();
      if (values.once === true) return status;
      pause = status === EXIT.noStatement ? Math.min(2 * pause, LONGEST) : INTERVAL;
      await wait(pause);
    }
  } finally {
    lock();
  }

  async function round(): Promise<number> {
    const logs = await openLogs(values, io);
    try {
      const found = await Promise.all(args.map((text) => targetsOf(text, logs.config, io, Infinity)));
      const targets = found.flatMap((one) => one.targets);
      const problems = found.flatMap((one) => one.problems);
      for (const problem of problems) io.stderr.write(`assay: ${escapeText(problem, 1000)}\n`);
      const ours = oursOf(values, targets, io);
      const deliver = (events: readonly WatchEvent[]): Promise<boolean> => deliverTo(events, webhook, logs, values, io);
      const status = await watchRound({ logs, state, ours, targets, from, deliver });
      return status === EXIT.holds && problems.length > 0 ? EXIT.noStatement : status;
    } finally {
      logs.close();
    }
  }
}

/** To standard output, and to the webhook what is a finding or a trouble. */
async function deliverTo(
  events: readonly WatchEvent[],
  webhook: string | null,
  { context }: OpenLogs,
  values: OptionValues,
  io: Io,
): Promise<boolean> {
  const now = Date.now();
  const lines = events.map((event) => eventLine(event, now));
  const told = events.flatMap(({ event }, i) => (event === 'read' ? [] : (lines[i] ?? [])));
  if (webhook !== null && told.length > 0) {
    const json = `{"schema":"assay.log-events/1","events":[${told.map((line) => line.trimEnd()).join(',')}]}`;
    const answer = await context.http.get(webhook, { json, maxBytes: 65_536, auth: false });
    const isTaken = answer.kind === 'ok' || (answer.kind === 'failed' && Math.floor((answer.status ?? 0) / 100) === 2);
    if (!isTaken) {
      io.stderr.write(
        `assay: the webhook did not take it (${answer.kind === 'failed' ? answer.reason : answer.kind})\n`,
      );
      return false;
    }
  }
  for (const [i, event] of events.entries()) {
    io.stdout.write(values.json === true ? (lines[i] ?? '') : renderEvent(event, io.stdout));
  }
  return true;
}

function fromOf({ from }: OptionValues): bigint | null {
  if (from === undefined) return null;
  if (!/^\d{1,18}$/.test(from)) throw new UsageError(`--from takes a position in the log, not ${from}`);
  return BigInt(from);
}

function webhookOf({ webhook }: OptionValues): string | null {
  if (webhook === undefined) return null;
  if (!isHttp(webhook)) throw new UsageError('--webhook needs an http or https URL');
  return webhook;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return pid !== process.pid;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
