import type { IncomingHttpHeaders } from 'node:http';
import { MAX_IGNORED_BYTES } from '../model/limits.ts';
import { decodeBody } from './decode.ts';
import type { HttpAnswer, Sink } from './request.ts';
import { CUT_SHORT, describeNetworkError, isRetryableStatus, parseRetryAfter } from './retry.ts';
import type { Listener } from './transport.ts';

/** What one request and its response came to. */
export type Outcome = Result | { readonly kind: 'redirect'; readonly location: string };

/** An outcome that leads to no other address. */
export type Result =
  | { readonly kind: 'answer'; readonly answer: HttpAnswer }
  /** May be tried again. `fresh` is false where a kept connection had just been closed by the server. */
  | {
      readonly kind: 'again';
      readonly reason: string;
      /** Null where no answer had begun. */
      readonly status: number | null;
      readonly retryAfterMs: number | null;
      readonly fresh: boolean;
    };

export interface ReceiveOptions {
  readonly auth: boolean;
  /** The entity tag that was sent along. */
  readonly etag: string | undefined;
  /** What the body goes to; where there is none, it is kept and decoded. */
  readonly sink: (() => Sink) | undefined;
  /** Whether any status from 200 to 299 is the answer, whatever becomes of its body. */
  readonly statusAlone: boolean;
  /** Bound on the body, before and after decoding. */
  readonly maxBytes: number;
  /** Longest time without any byte. */
  readonly idleMs: number;
  /** Longest time in all. */
  readonly timeoutMs: number;
  /** The proxy on the way, as errors name it; null for none. */
  readonly proxy: string | null;
  /** Called with a function that ends the request; returns one that forgets it. */
  readonly track: (end: () => void) => () => void;
}

const NO_BODY = Buffer.alloc(0);
const TOO_LARGE: Result = { kind: 'answer', answer: { kind: 'too-large' } };
export const CLOSED: Result = failure('the run ended', null);

/**
 * Reads the answer of a request within bounds. `send` starts it and returns what ends it. Never rejects; the request is
 * over when it resolves.
 */
export function receive(send: (listener: Listener) => () => void, options: ReceiveOptions): Promise<Outcome> {
  const { sink, maxBytes, idleMs, timeoutMs, proxy, track } = options;
  return new Promise((resolve) => {
    let status: number | null = null;
    let headers: IncomingHttpHeaders = {};
    /** What the outcome is whatever happens to the rest of the body. */
    let known: Outcome | null = null;
    let settled = false;
    let limit = 0;
    let size = 0;
    const chunks: Buffer[] = [];
    let taker: Sink | null = null;

    const settle = (outcome: Outcome | Promise<Outcome>): void => {
      if (settled) return;
      settled = true;
      clearTimeout(idle);
      clearTimeout(total);
      forget();
      resolve(known ?? outcome);
    };
    const stop = (outcome: Outcome): void => {
      settle(outcome);
      end();
    };
    const forget = track(() => stop(CLOSED));
    const late = (what: string): void => stop(again(proxy === null ? what : `${what}, through ${proxy}`, status));
    const idle = setTimeout(() => late('no data in time'), idleMs);
    const total = setTimeout(() => late('not finished in time'), Math.max(0, timeoutMs));

    const end = send({
      head(code, received) {
        status = code;
        headers = received;
        known = statusOutcome(code, received, options);
        limit = known === null ? maxBytes : MAX_IGNORED_BYTES;
        if (Number(received['content-length'] ?? 0) > limit) stop(TOO_LARGE);
        else if (known !== null || sink === undefined) return;
        else if (isEncoded(received)) stop(failure('a content encoding that was not asked for', code));
        else taker = sink();
      },
      data(chunk) {
        if (settled) return undefined;
        idle.refresh();
        size += chunk.length;
        if (size > limit) stop(TOO_LARGE);
        else if (taker !== null)
          return taker.write(chunk).then(() => {
            if (!settled) idle.refresh();
          });
        else if (known === null) chunks.push(chunk);
        return undefined;
      },
      end() {
        // Node takes an HTTP/2 stream that is reset without an error for one that ended (nodejs/node#35209).
        if (size !== Number(headers['content-length'] ?? size)) settle(again(CUT_SHORT, status));
        else if (taker !== null)
          settle({ kind: 'answer', answer: { kind: 'ok', status: 200, body: NO_BODY, headers } });
        else settle(known ?? decoded(Buffer.concat(chunks, size), headers, maxBytes));
      },
      fail: (error, reused) => settle(networkOutcome(error, status, reused)),
    });
  });
}

export function failure(reason: string, status: number | null): Result {
  return { kind: 'answer', answer: { kind: 'failed', reason, status } };
}

function again(reason: string, status: number | null, retryAfterMs: number | null = null, fresh = true): Outcome {
  return { kind: 'again', reason, status, retryAfterMs, fresh };
}

function networkOutcome(error: unknown, status: number | null, reused: boolean): Outcome {
  const { reason, retry } = describeNetworkError(error);
  return retry ? again(reason, status, null, !reused) : failure(reason, status);
}

/** What the status alone decides; null for 200 whose body does. */
function statusOutcome(
  status: number,
  headers: IncomingHttpHeaders,
  { auth, etag, proxy, statusAlone }: Pick<ReceiveOptions, 'auth' | 'etag' | 'proxy' | 'statusAlone'>,
): Outcome | null {
  if (statusAlone && status >= 200 && status <= 299) {
    return { kind: 'answer', answer: { kind: 'ok', status: 200, body: NO_BODY, headers } };
  }
  if (status === 200) return null;
  if (status === 304 && etag !== undefined) return { kind: 'answer', answer: { kind: 'unchanged', headers } };
  if (status === 404 || status === 410) return { kind: 'answer', answer: { kind: 'absent' } };
  if ([301, 302, 303, 307, 308].includes(status) && headers.location !== undefined) {
    return { kind: 'redirect', location: headers.location };
  }
  if (isRetryableStatus(status)) {
    return again(`the server answered ${status}`, status, parseRetryAfter(headers['retry-after'], Date.now()));
  }
  if (status === 407) return failure(`${proxy ?? 'a proxy'} refused the request (407)`, status);
  if (status === 401 || status === 403) {
    const why = auth ? 'check the credentials configured for this address' : 'no credentials were sent';
    return failure(`not authorized (${status}); ${why}`, status);
  }
  return failure(`the server answered ${status}`, status);
}

function isEncoded({ 'content-encoding': encoding }: IncomingHttpHeaders): boolean {
  return encoding !== undefined && !/^(?:identity)?$/i.test(encoding.trim());
}

async function decoded(body: Buffer, headers: IncomingHttpHeaders, maxBytes: number): Promise<Outcome> {
  const result = await decodeBody(body, headers['content-encoding'], maxBytes);
  if (result === 'too-large') return TOO_LARGE;
  if (typeof result === 'string') return failure(result, 200);
  return { kind: 'answer', answer: { kind: 'ok', status: 200, body: result, headers } };
}
