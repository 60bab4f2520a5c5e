import type { RegistryKey } from '../../model/evidence.ts';
import type { Instant } from '../../model/time.ts';
import type { Verification } from '../../sigstore/verify.ts';

/** What the thread needs before the first question. Plain data, as all that goes to or comes from a thread. */
export interface Settings {
  /** The Sigstore `TrustedRoot` message. */
  readonly root: unknown;
  readonly now: Instant;
}

export interface ToThread {
  readonly number: number;
  /** Parsed JSON of any shape. */
  readonly bundles: readonly unknown[];
  readonly keys: readonly RegistryKey[];
}

export interface FromThread {
  readonly number: number;
  /** One per bundle. */
  readonly verifications: readonly Verification[];
}
