import { createHash } from 'node:crypto';
import type { HttpClient } from '../net/request.ts';
import { createJudge, type JudgeOptions } from './judge.ts';
import { createNpmGate, type NpmGateOptions } from './npm/index.ts';
import { createRecord, type Outcome } from './record.ts';
import { startServer, type GateServer } from './server.ts';

export { remembering } from './remember.ts';
export type { Outcome } from './record.ts';
export type { Refusal } from './refusal.ts';

/** A registry on loopback that hands on only what verified evidence, history and policy allow. */
export interface Gate extends Pick<GateServer, 'origin' | 'close'> {
  /** The registry's address for clients of npm's kind, with its last slash. */
  readonly npm: string;
  readonly outcome: () => Outcome;
  /** The registry's address by the one that a client was given in its place. */
  readonly given: ReadonlyMap<string, string>;
}

export interface GateOptions extends JudgeOptions {
  readonly upstream: NpmGateOptions['upstream'] & { readonly client: HttpClient };
  readonly named: NpmGateOptions['named'];
  readonly keepsAddresses: NpmGateOptions['keepsAddresses'];
  /** What decides, as text: clients that keep documents keep them by an address that has a hash of it. */
  readonly decidedBy: string;
  readonly listen?: { readonly host?: string; readonly port?: number | null };
}

/** Opens the gate; the caller closes it, and what it asks through. */
export async function openGate(options: GateOptions): Promise<Gate> {
  const { upstream, named, keepsAddresses, decidedBy, listen } = options;
  const record = createRecord();
  const given = new Map<string, string>();
  const answer = createNpmGate({
    upstream,
    judge: createJudge(options),
    record,
    named,
    keepsAddresses,
    onAddress: (address, original) => void given.set(address, original),
  });
  const prefix = `npm-${createHash('sha256').update(decidedBy).digest('hex').slice(0, 16)}`;
  // npm keeps the path of an address and takes another host, so that what is before the path is lost.
  const server = await startServer(
    [prefix, ''].map((each) => ({ prefix: each, answer })),
    listen,
  );
  return { ...server, npm: `${server.origin}/${prefix}/`, given, outcome: record.outcome };
}
