import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';

/** One GET, as far as it is the same in every version of HTTP. */
export interface WireRequest {
  /** Of the target, with its port where that is not the usual one. */
  readonly host: string;
  readonly path: string;
  readonly headers: OutgoingHttpHeaders;
}

/** Told what comes of one GET, in the order of these methods; nothing more after `end` or `fail`. */
export interface Listener {
  head(status: number, headers: IncomingHttpHeaders): void;
  data(chunk: Buffer): void;
  /** All of the body has come. */
  end(): void;
  /** `reused` where the connection had served others, and so may just have been closed by the server. */
  fail(error: unknown, reused: boolean): void;
}

/** Sends one GET. Returns what ends it early; never throws. */
export type Transport = (request: WireRequest, listener: Listener) => () => void;

/** The error of an answer whose connection ended without one. */
export function connectionCut(): NodeJS.ErrnoException {
  return Object.assign(new Error('the connection was closed'), { code: 'ECONNRESET' });
}
