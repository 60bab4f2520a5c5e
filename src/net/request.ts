import type { IncomingHttpHeaders } from 'node:http';
import type { Instant } from '../model/time.ts';

export interface GetOptions {
  readonly accept?: string;
  /** Bound on the decoded body. */
  readonly maxBytes: number;
  /** Asks only whether the answer has another entity tag by now (RFC 9110 section 13.1.2). */
  readonly etag?: string;
  /** Limit of the whole request with redirects and retries; the configuration's by default. */
  readonly timeoutMs?: number;
  /** False sends no credentials even where some are configured for the URL. */
  readonly auth?: boolean;
  /** Called before the body of each attempt: where it goes instead of into memory. The answer's body is then empty. */
  readonly sink?: () => Sink;
  /**
   * JSON text that is sent with POST. It is sent again like any question, so the server must bear it twice; no redirect
   * is followed.
   */
  readonly json?: string;
  /** The status is the whole answer: each of 200 to 299 is one, with any body or none, and its body is left out. */
  readonly statusAlone?: boolean;
}

/** Takes a body as it comes. */
export interface Sink {
  /** Nothing more is read from the network until it resolves. Never rejects. */
  write(chunk: Buffer): Promise<void>;
}

/** What came of one GET. `reason` is one line without credentials and without text of the peer. */
export type HttpAnswer =
  | { readonly kind: 'ok'; readonly status: 200; readonly body: Buffer; readonly headers: IncomingHttpHeaders }
  /** 304: what had this entity tag is what there is. */
  | { readonly kind: 'unchanged'; readonly headers: IncomingHttpHeaders }
  /** 404 or 410. */
  | { readonly kind: 'absent' }
  | { readonly kind: 'too-large' }
  /** `status` is null where no answer came. */
  | { readonly kind: 'failed'; readonly reason: string; readonly status: number | null };
export interface HttpClient {
  /** Never rejects. */
  get(url: string, options: GetOptions): Promise<HttpAnswer>;
  /** Ends everything under way; those requests answer `failed`. */
  close(): void;
  /** When its answers were given; left out where they are given now. */
  readonly asOf?: Instant;
}
export interface HttpClientOptions {
  /** Used where the configuration names none. */
  readonly userAgent?: string;
  /** Time without any byte after which a connection is given up. */
  readonly idleMs?: number;
  /** Why a redirect may not lead to another host than was asked, null where it may. No client is without this rule. */
  readonly refuseRedirect: (to: URL) => string | null;
}
