import type { PolicyExpectation } from '../model/policy.ts';
import type { ScriptDecision } from '../model/finding.ts';
import type { BaselinePackage } from '../model/baseline.ts';
import type { RegistryKey } from '../model/evidence.ts';
import type { Instant } from '../model/time.ts';
import type { BaselineCheck } from './baseline.ts';
import type { VerifierFor } from './verifiers.ts';

/** What the checks rest on. */
export interface Trust {
  /** A verifier under the instances in use. */
  readonly verifierFor: VerifierFor;
  readonly now: Instant;
}

/**
 * The trust to judge these bundles with, which these keys of a registry may have signed and which `instance` (the main
 * one where null) vouches for: where a thread runs for that, it has verified them.
 */
export type Verifying = (
  bundles: readonly unknown[],
  keys: readonly RegistryKey[],
  instance: string | null,
) => Promise<Trust>;

/** Policy, baseline and registry address for one dependency: what is known of it before anything is asked. */
export interface Expectations {
  readonly registry: string;
  readonly expectation: PolicyExpectation;
  /** Null where there is no baseline. */
  readonly baseline: BaselineCheck | null;
  readonly package: BaselinePackage | null;
  /** Whether the project lets its install scripts run. */
  readonly scripts: ScriptDecision;
}

/** The registry that an address stands for, and the keys whose signatures count there. */
export interface RegistryTrust {
  readonly origin: string;
  readonly keys: readonly RegistryKey[];
  /** Whether the keys that the registry itself serves count, as no others are known for it. */
  readonly acceptsOwnKeys: boolean;
  readonly hasPolicyKeys: boolean;
}
