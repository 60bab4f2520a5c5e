import type { RegistryKey } from '../../model/evidence.ts';
import type { Instant } from '../../model/time.ts';
import type { Instance } from '../../sigstore/instance.ts';
import type { Verification } from '../../sigstore/verify.ts';

/** An instance as data. */
export interface PlainInstance extends Pick<Instance, 'name' | 'thresholds' | 'digest'> {
  readonly root: unknown;
  /** The text of its policy of witnesses; null where none is demanded. */
  readonly witnesses: string | null;
}

/** What the thread needs before the first question. Plain data, as all that goes to or comes from a thread. */
export interface Settings {
  /** With their `TrustedRoot` messages, the main one first. */
  readonly instances: readonly PlainInstance[];
  readonly now: Instant;
}

export interface ToThread {
  readonly number: number;
  /** Parsed JSON of any shape. */
  readonly bundles: readonly unknown[];
  readonly keys: readonly RegistryKey[];
  /** The instance that vouches; null for the main one. */
  readonly instance: string | null;
}

export interface FromThread {
  readonly number: number;
  /** One per bundle. */
  readonly verifications: readonly Verification[];
}
