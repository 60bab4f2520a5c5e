import { hash } from 'node:crypto';
import { resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { eventLine, renderEvent, type WatchEvent } from '../../../report/commands/log-watch.ts';
import { takeLease, type Lease } from '../../../store/lease.ts';
import type { LogState } from '../../../store/log-state.ts';
import { escapeText } from '../../../report/words/escape.ts';
import { EXIT, UsageError } from '../../exit.ts';
import type { Io } from '../../io.ts';
import type { OptionValues } from '../../options.ts';
import { isHttp, openLogs } from './open.ts';
import { oursOf, watchingOf, type Watching } from './ours.ts';
import { stateOf } from './state.ts';
import { demandLogged, targetsOf, wholeName, type NamedTarget } from './target.ts';
import { watchRound } from './round.ts';
import { openWebhook, type Told, type Webhook } from './webhook.ts';

/** Between rounds; after one without an answer, twice as long each time. */
const INTERVAL = 5 * 60_000;
const LONGEST = 60 * 60_000;
const STOPPING = ['SIGINT', 'SIGTERM'] as const;

/** `assay log watch PACKAGE...`: entries that nobody expected, once or until it is told to stop. */
export async function watch(args: readonly string[], values: OptionValues, io: Io): Promise<number> {
  if (args.length === 0 && values['repository-id'] === undefined) {
    throw new UsageError('log watch takes packages, bundles, files, digests or identities, or --repository-id ID');
  }
  for (const text of args) demandLogged(text, io);
  const watching = watchingOf(values);
  const from = fromOf(values);
  const address = webhookOf(values);
  const interval = intervalOf(values);
  let isBegun = false;
  const unguarded = stateOf(values, io);
  const lease = await leaseOf(unguarded, io);
  const state = guarded(unguarded, lease);
  // What was found is delivered and kept before the end; whoever asks for it twice does not wait for that.
  const stopping = new AbortController();
  const stop = (): void => stopping.abort();
  for (const signal of values.once === true ? [] : STOPPING) process.once(signal, stop);
  try {
    let hasFailed = false;
    for (let pause = interval; ;) {
      const status = await round();
      hasFailed ||= status === EXIT.fails;
      pause = status === EXIT.noStatement ? Math.max(interval, Math.min(2 * pause, LONGEST)) : interval;
      // Whoever read it is gone for good, and no round would keep anything.
      const isRead = (await io.stdout.taken?.()) ?? true;
      if (!isRead) {
        io.stderr.write('assay: standard output did not take it\n');
        return hasFailed ? EXIT.fails : status;
      }
      if (values.once !== true) await wait(pause, undefined, { signal: stopping.signal }).catch(() => undefined);
      if (values.once === true || stopping.signal.aborted) return hasFailed ? EXIT.fails : status;
    }
  } finally {
    for (const signal of STOPPING) process.off(signal, stop);
    lease.end();
  }

  async function round(): Promise<number> {
    const logs = await openLogs(values, io);
    const webhook = address === null ? null : openWebhook(address, io);
    try {
      const found = await Promise.all(args.map((text) => targetsOf(text, logs.config, io, Infinity)));
      const targets = found.flatMap((one) => one.targets);
      const problems = found.flatMap((one) => one.problems);
      const isFirst = !isBegun;
      if (isFirst) tellStrangers(targets, values, io);
      isBegun = true;
      for (const problem of problems) io.stderr.write(`assay: ${escapeText(problem, 1000)}\n`);
      const isWhole = found.every(({ isUnanswered }) => !isUnanswered);
      if (!isWhole) io.stderr.write('assay: what is read of logs now is read again once the registry has answered\n');
      const names = args.map((text) => wholeName(text, logs.config, io));
      const own = watchOf(names, watching, values, io);
      const ours = oursOf(watching, values.bundle ?? [], targets, io);
      const deliver = (events: readonly WatchEvent[]): Promise<boolean> => deliverTo(events, webhook, values, io);
      const status = await watchRound({ logs, state, ours, targets, isWhole, watch: own, from, isFirst, deliver });
      return status === EXIT.holds && problems.length > 0 ? EXIT.noStatement : status;
    } finally {
      logs.close();
      webhook?.close();
    }
  }
}

async function leaseOf({ folder }: LogState, io: Io): Promise<Lease> {
  const onWait = (holder: string): void =>
    io.stderr.write(`assay: waiting up to 30 s to see whether ${escapeText(holder)} still watches with ${folder}\n`);
  const lease = await takeLease(folder, onWait);
  if (typeof lease !== 'string') return lease;
  throw new UsageError(`${lease} watches with ${folder}: end it, or name another folder with --state DIR`);
}

/** Nothing is kept by a run that another one took the folder from, as it was stopped for a while. */
function guarded(state: LogState, { isHeld }: Lease): LogState {
  const demandHeld = (): void => {
    if (isHeld()) return;
    throw new UsageError(
      `another watch took over ${state.folder} while this one was not running: it goes on from there`,
    );
  };
  return {
    ...state,
    keepHead: (...args) => {
      demandHeld();
      state.keepHead(...args);
    },
    keepPosition: (...args) => {
      demandHeld();
      state.keepPosition(...args);
    },
  };
}

/** What tells one watch from another that uses the same state: who is watched, wherever it is run. */
function watchOf(
  names: readonly string[],
  { repositoryIds, issuer }: Watching,
  { bundle = [] }: OptionValues,
  io: Io,
): string {
  const bundles = bundle.map((path) => resolve(io.cwd, path));
  const facts = [...[names, repositoryIds, bundles].map((list) => [...list].sort()), issuer];
  return hash('sha256', JSON.stringify(facts), 'hex').slice(0, 16);
}

/** Of what is nobody's, everybody is a stranger. */
function tellStrangers(targets: readonly NamedTarget[], { bundle = [] }: OptionValues, io: Io): void {
  for (const { name, published, subject } of targets) {
    if (published !== null || subject !== null || bundle.length > 0) continue;
    const line = `${name}: nobody knows which entries of it are yours, so that each is a stranger's: name their bundles`;
    io.stderr.write(`assay: ${escapeText(line, 1000)} with --bundle, or watch the package\n`);
  }
}

/** To standard output, and to the webhook what is a finding or a trouble. Says whether both took it. */
async function deliverTo(
  events: readonly WatchEvent[],
  webhook: Webhook | null,
  values: OptionValues,
  io: Io,
): Promise<boolean> {
  const now = Date.now();
  const lines = events.map((event) => eventLine(event, now));
  for (const [i, event] of events.entries()) {
    io.stdout.write(values.json === true ? (lines[i] ?? '') : renderEvent(event, io.stdout));
  }
  const isShown = (await io.stdout.taken?.()) ?? true;
  const told = events.flatMap((event, i): Told[] => {
    const line = lines[i] ?? '';
    return event.event === 'read' ? [] : [{ line, isAnybodys: event.event === 'finding' && event.alarm === 'claimed' }];
  });
  return ((await webhook?.send(told)) ?? true) && isShown;
}

function fromOf({ from }: OptionValues): bigint | null {
  if (from === undefined) return null;
  if (!/^\d{1,18}$/.test(from)) throw new UsageError(`--from takes a position in the log, not ${from}`);
  return BigInt(from);
}

function intervalOf({ interval }: OptionValues): number {
  if (interval === undefined) return INTERVAL;
  if (!/^[1-9]\d{0,5}$/.test(interval)) throw new UsageError(`--interval takes seconds, not ${interval}`);
  return Number(interval) * 1000;
}

function webhookOf({ webhook }: OptionValues): string | null {
  if (webhook === undefined) return null;
  if (!isHttp(webhook)) throw new UsageError('--webhook needs an http or https URL, without a user name or password');
  return webhook;
}
