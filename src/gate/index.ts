import { createHash } from 'node:crypto';
import { createJudge, type JudgeOptions } from './common/judge.ts';
import { createMetrics } from './metrics.ts';
import type { Answer, Protocol, Serving } from './common/protocol.ts';
import { createRecord, type Outcome } from './common/record.ts';
import { failureReply, type GateRequest, type Reply } from './common/reply.ts';
import { startServer, type GateServer, type ServerOptions } from './server.ts';

export { cargoProtocol } from './cargo/index.ts';
export { goProtocol } from './go/index.ts';
export { npmProtocol } from './npm/index.ts';
export { pypiProtocol } from './pypi/index.ts';
export { remembering } from './remember.ts';
export type { GateServer } from './server.ts';
export type { Outcome } from './common/record.ts';
export type { Protocol } from './common/protocol.ts';
export type { Refusal } from './common/refusal.ts';

/** Who is asked, and how what they say is judged. */
export interface Asked extends JudgeOptions {
  readonly protocol: Protocol;
  readonly close: () => void;
}

interface GateOptions extends Pick<ServerOptions, 'host' | 'port' | 'user'> {
  /** Called when the gate opens, and again when what registries said is too old. */
  readonly ask: () => Promise<Asked>;
  /**
   * What decides, and for whom, as text. Addresses have a hash of it: clients keep documents by their address, and one
   * whose gate is gone asks again, and finds the gate that now has the port.
   */
  readonly decidedBy: string;
}

/** A registry on loopback, for the time of one command, that hands on only what evidence, history and policy allow. */
export interface Gate extends GateServer {
  /** The registry's address, with its last slash. */
  readonly url: string;
  readonly outcome: () => Outcome;
  /** The registry's address by the one that a client was given in its place. */
  readonly given: ReadonlyMap<string, string>;
}

/** Opens a gate whose answers stay what they are until it is closed. */
export async function openGate(options: GateOptions): Promise<Gate> {
  const record = createRecord();
  const given = new Map<string, string>();
  const asked = await options.ask();
  const { name, isAtRoot } = asked.protocol;
  const answer = answersOf(asked, record, (address, original) => void given.set(address, original));
  const prefix = `${name}-${createHash('sha256').update(options.decidedBy).digest('hex').slice(0, 16)}`;
  const server = await startServer(
    [prefix, ...(isAtRoot ? [''] : [])].map((each) => ({ prefix: each, answer })),
    options,
  );
  return {
    ...server,
    close: async () => {
      await server.close();
      asked.close();
    },
    url: `${server.origin}/${prefix}/`,
    given,
    outcome: record.outcome,
  };
}

/** What registries said counts for so long; decisions by it, too. */
const RENEW_MS = 5 * 60_000;
/** What is under way is over by then: no request takes longer. */
const CLOSE_MS = 10 * 60_000;

/** Opens a gate that serves until it is closed, and asks anew every five minutes. `log` gets lines of JSON. */
export async function openStandingGate(options: GateOptions, log: (line: string) => void): Promise<GateServer> {
  const metrics = createMetrics(log, Date.now);
  let current = renewed(await options.ask());
  function renewed(asked: Asked): { readonly asked: Asked; readonly answer: Answer; readonly since: number } {
    return { asked, answer: answersOf(asked, metrics.record, () => undefined), since: Date.now() };
  }
  let renewing: Promise<void> | null = null;
  const renew = async (): Promise<void> => {
    const old = current.asked;
    current = renewed(await options.ask());
    setTimeout(old.close, CLOSE_MS).unref();
  };
  const answer = async (request: GateRequest): Promise<Reply> => {
    if (Date.now() - current.since > RENEW_MS) {
      renewing ??= renew().finally(() => (renewing = null));
      await renewing;
    }
    return current.answer(request);
  };
  const own = (request: GateRequest): Promise<Reply> => {
    const pages = { '/health': metrics.health, '/metrics': metrics.text };
    const page = Object.hasOwn(pages, request.path) ? pages[request.path as keyof typeof pages] : null;
    return Promise.resolve(
      page?.() ?? failureReply(404, 'not-found', 'this gate has /-/assay/health and /-/assay/metrics'),
    );
  };
  const routes = [
    { prefix: '-/assay', answer: own },
    { prefix: '', answer },
  ];
  const server = await startServer(routes, { ...options, onStatus: metrics.countStatus });
  return {
    ...server,
    close: async () => {
      await server.close();
      current.asked.close();
    },
  };
}

function answersOf(asked: Asked, record: Serving['record'], onAddress: Serving['onAddress']): Answer {
  return asked.protocol.open({ judge: createJudge(asked), record, onAddress });
}
