import type { Credentials } from './credentials.ts';
import type { HttpClient } from './request.ts';

/** A proxy, and what names it. */
export interface NamedProxy {
  /** With its own credentials, if any. */
  readonly url: string;
  /** As people find it: "HTTPS_PROXY", "proxy of .npmrc". */
  readonly namedBy: string;
}

/** How servers are reached, whatever configuration says so. */
export interface NetConfig {
  readonly credentials: Credentials;
  /** The proxy for each scheme of the target. */
  readonly proxy: {
    readonly http: NamedProxy | null;
    readonly https: NamedProxy | null;
    readonly bypass: readonly string[];
  };
  readonly tls: {
    /** PEM; null for the roots of Node (and NODE_EXTRA_CA_CERTS). */
    readonly ca: readonly string[] | null;
    readonly strict: boolean;
  };
  readonly retry: { readonly retries: number; readonly factor: number; readonly minMs: number; readonly maxMs: number };
  /** Limit of one request with its redirects and retries. */
  readonly timeoutMs: number;
  /** Connections per host. */
  readonly maxSockets: number;
  /** Of a configuration file; null where none sets it. */
  readonly userAgent: string | null;
  /** Who answers in its place, and may ask it by `live`; left out where the network itself is asked. */
  readonly through?: (live: () => HttpClient) => HttpClient;
}
