import { createHash } from 'node:crypto';
import { createJudge, type JudgeOptions } from './common/judge.ts';
import { createMetrics } from './metrics.ts';
import { createNpmGate, type NpmGateOptions } from './npm/index.ts';
import { createRecord, type Outcome, type Record } from './common/record.ts';
import { failureReply, type GateRequest, type Reply } from './common/reply.ts';
import { startServer, type GateServer, type Protocol, type ServerOptions } from './server.ts';

export { remembering } from './remember.ts';
export type { GateServer } from './server.ts';
export type { Outcome } from './common/record.ts';
export type { Refusal } from './common/refusal.ts';

/** Who is asked, and how what they say is judged. */
export interface Asked extends JudgeOptions, Pick<NpmGateOptions, 'upstream' | 'named'> {
  readonly close: () => void;
}

interface GateOptions extends Pick<NpmGateOptions, 'keepsAddresses'>, Pick<ServerOptions, 'host' | 'port'> {
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
  /** The registry's address for clients of npm's kind, with its last slash. */
  readonly npm: string;
  readonly outcome: () => Outcome;
  /** The registry's address by the one that a client was given in its place. */
  readonly given: ReadonlyMap<string, string>;
}

/** Opens a gate whose answers stay what they are until it is closed. */
export async function openGate(options: GateOptions): Promise<Gate> {
  const record = createRecord();
  const given = new Map<string, string>();
  const asked = await options.ask();
  const answer = npmAnswers(asked, record, options, (address, original) => void given.set(address, original));
  const prefix = `npm-${createHash('sha256').update(options.decidedBy).digest('hex').slice(0, 16)}`;
  // npm keeps the path of an address and takes another host, so that what is before the path is lost.
  const server = await startServer(
    [prefix, ''].map((each) => ({ prefix: each, answer })),
    options,
  );
  return {
    ...server,
    close: async () => {
      await server.close();
      asked.close();
    },
    npm: `${server.origin}/${prefix}/`,
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
  function renewed(asked: Asked): {
    readonly asked: Asked;
    readonly answer: Protocol['answer'];
    readonly since: number;
  } {
    return { asked, answer: npmAnswers(asked, metrics.record, options), since: Date.now() };
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
  const protocols = [
    { prefix: '-/assay', answer: own },
    { prefix: '', answer },
  ];
  const server = await startServer(protocols, { ...options, onStatus: metrics.countStatus });
  return {
    ...server,
    close: async () => {
      await server.close();
      current.asked.close();
    },
  };
}

function npmAnswers(
  asked: Asked,
  record: Record,
  { keepsAddresses }: Pick<NpmGateOptions, 'keepsAddresses'>,
  onAddress: NpmGateOptions['onAddress'] = () => undefined,
): Protocol['answer'] {
  const { upstream, named } = asked;
  return createNpmGate({ upstream, judge: createJudge(asked), record, named, keepsAddresses, onAddress });
}
