import type { HttpClient } from '../net/request.ts';
import type { PathVerifier } from '../sigstore/chain.ts';
import type { Witness } from '../tlog/cosignature.ts';

/** What every question to a log needs, and how its answers are verified. */
export interface LogContext {
  readonly http: HttpClient;
  /** Under the certificate authorities of the trusted root. */
  readonly paths: PathVerifier;
  readonly witnesses: readonly Witness[];
}
