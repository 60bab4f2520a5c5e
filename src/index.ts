/** The public library API: the pipeline, its inputs, and the model its results are made of. */
export {
  audit,
  auditLockfiles,
  type AuditOptions,
  type LockfileAuditOptions,
  type Since,
  type TrustOptions,
} from './audit/index.ts';
export { check, type CheckOptions, type CheckResult } from './audit/check.ts';
export type { LockfileBefore } from './audit/lockfile-changes.ts';
export { parseLockfile } from './lockfiles/index.ts';
export type * from './model/baseline.ts';
export type * from './model/comparison.ts';
export type * from './model/dependency.ts';
export type * from './model/evidence.ts';
export { FINDING_CODES, FINDING_KINDS, type Finding, type FindingCode, type FindingKind } from './model/finding.ts';
export type * from './model/policy.ts';
export type * from './model/proof.ts';
export type * from './model/report.ts';
export type * from './model/verdict.ts';
export { BaselineError, parseBaseline } from './baseline/file.ts';
export { formatBaseline } from './baseline/text.ts';
export { updateBaseline } from './baseline/update.ts';
export { PolicyError } from './readers/file-error.ts';
export { parsePolicy } from './policy/policy-file.ts';
export { createHttpClient } from './net/client.ts';
export { npmRegistry } from './registries/npm/index.ts';
export { loadNpmConfig } from './registries/npm/config/npmrc.ts';
export { NPM_KEYS, parseKeysDocument } from './registries/npm/keys.ts';
export type { Registry } from './registries/registry.ts';
export { renderJson } from './report/json/report.ts';
export { renderTerminal } from './report/terminal/index.ts';
export { PUBLIC_GOOD_ROOT_DIGEST, publicGoodRoot } from './sigstore/public-good.ts';
export { parseTrustedRoot, type TrustedRoot } from './sigstore/trusted-root.ts';
export { createVerifier, type ManagedKey, type Verification, type Verifier } from './sigstore/verify.ts';
