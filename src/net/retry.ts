/** Statuses after which the same request may succeed: RFC 9110 15.5.9 and 15.6, RFC 8470 (425), RFC 6585 (429). */
export function isRetryableStatus(status: number): boolean {
  return status === 408 || status === 425 || status === 429 || status >= 500;
}

export const CUT_SHORT = 'connection closed before the answer was complete';

/** What a network error means, in words that carry nothing of the peer's. */
interface NetworkFailure {
  readonly reason: string;
  readonly retry: boolean;
}

const FAILURES: Readonly<Record<string, NetworkFailure>> = {
  ECONNREFUSED: { reason: 'connection refused', retry: true },
  ECONNRESET: { reason: CUT_SHORT, retry: true },
  EPIPE: { reason: CUT_SHORT, retry: true },
  ECONNABORTED: { reason: CUT_SHORT, retry: true },
  ETIMEDOUT: { reason: 'connection timed out', retry: true },
  EHOSTUNREACH: { reason: 'host unreachable', retry: true },
  ENETUNREACH: { reason: 'network unreachable', retry: true },
  EAI_AGAIN: { reason: 'host name could not be looked up', retry: true },
  EPROTO: { reason: 'TLS failed', retry: false },
  ENOTFOUND: { reason: 'host name not found', retry: false },
  HPE_HEADER_OVERFLOW: { reason: 'headers too large', retry: false },
};

export function describeNetworkError(error: unknown): NetworkFailure {
  if (error instanceof ProxyError) return { reason: error.message, retry: error.retry };
  const code = errorCode(error);
  const known = FAILURES[code];
  if (known !== undefined) return known;
  // A connection may end, and a stream be reset, for reasons that are another request's.
  if (code.startsWith('ERR_HTTP2_')) return { reason: CUT_SHORT, retry: true };
  if (code.startsWith('HPE_')) return { reason: `not an HTTP answer (${code})`, retry: false };
  if (/CERT|TLS|SSL|ISSUER|SIGNATURE|CRL/.test(code)) return { reason: `TLS refused (${code})`, retry: false };
  return { reason: `request failed (${code})`, retry: false };
}

/** The proxy answered, but not with a connection. */
export class ProxyError extends Error {
  readonly retry: boolean;
  constructor(reason: string, retry: boolean) {
    super(reason);
    this.retry = retry;
  }
}

function errorCode(error: unknown): string {
  // Several addresses tried in vain give one error with a list; the first says enough.
  const first: unknown = error instanceof AggregateError && error.errors.length > 0 ? error.errors[0] : error;
  const code = first instanceof Error && 'code' in first ? first.code : null;
  return typeof code === 'string' && /^[A-Z0-9_]{1,60}$/.test(code) ? code : 'no reason given';
}

/**
 * Milliseconds before retry number `attempt` (0 for the first): exponential, bounded, and spread over its second half
 * so that many clients do not return at the same moment.
 */
export function backoff(
  attempt: number,
  { factor, minMs, maxMs }: { readonly factor: number; readonly minMs: number; readonly maxMs: number },
  random: number,
): number {
  return Math.min(minMs * factor ** attempt, maxMs) * (0.5 + random / 2);
}

/**
 * Reads Retry-After (RFC 9110 10.2.3: seconds or a date) as milliseconds from `now`; null where it says nothing usable.
 */
export function parseRetryAfter(header: string | undefined, now: number): number | null {
  if (header === undefined) return null;
  if (/^\d{1,9}$/.test(header)) return Number(header) * 1000;
  if (!/^[A-Z][a-z]{2},/.test(header)) return null;
  const date = Date.parse(header);
  return Number.isFinite(date) ? Math.max(0, date - now) : null;
}
