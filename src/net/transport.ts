import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';

/** One request, as far as it is the same in every version of HTTP: a GET, or a POST where it has a body. */
export interface WireRequest {
  /** Of the target, with its port where that is not the usual one. */
  readonly host: string;
  readonly path: string;
  readonly headers: OutgoingHttpHeaders;
  readonly body: Buffer | null;
}

/** Told what comes of one request, in the order of these methods; nothing more after `end` or `fail`. */
export interface Listener {
  head(status: number, headers: IncomingHttpHeaders): void;
  /** Where it returns a promise, nothing more is to be read until that resolves. */
  data(chunk: Buffer): Promise<void> | undefined;
  /** All of the body has come. */
  end(): void;
  /** `reused` where the connection had served others, and so may just have been closed by the server. */
  fail(error: unknown, reused: boolean): void;
}

/** Sends one request. Returns what ends it early; never throws. */
export type Transport = (request: WireRequest, listener: Listener) => () => void;

/** Forwards a chunk of a body at the listener's pace. */
export function forward(body: Readable, chunk: Buffer, listener: Listener): void {
  const taken = listener.data(chunk);
  if (taken === undefined) return;
  body.pause();
  void taken.then(() => body.resume());
}

/** The error of an answer whose connection ended without one. */
export function connectionCut(): NodeJS.ErrnoException {
  return Object.assign(new Error('the connection was closed'), { code: 'ECONNRESET' });
}
