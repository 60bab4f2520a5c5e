import type { Judge } from './judge.ts';
import type { Record } from './record.ts';
import type { GateRequest, Reply } from './reply.ts';

/** What the clients of one kind of registry ask, and are answered. */
export interface Protocol {
  /** What its addresses begin with, so that they are known for what they are: "npm". */
  readonly name: string;
  /** Whether clients keep the path of an address and ask another host, so that they lose what is before the path. */
  readonly isAtRoot: boolean;
  readonly open: (serving: Serving) => Answer;
}

/** Answers a request, of which the path is below the protocol's own address. */
export type Answer = (request: GateRequest) => Promise<Reply>;

/** What one gate answers with. */
export interface Serving {
  readonly judge: Judge;
  readonly record: Record;
  /** Told of each address that a client was given in place of the registry's. */
  readonly onAddress: (given: string, original: string) => void;
}
