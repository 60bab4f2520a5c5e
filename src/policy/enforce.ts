import { isPublicRegistry } from '../ecosystems/conventions/index.ts';
import { accepts, isAcceptable, isOfBytes, type AcceptedFinding } from '../model/baseline.ts';
import { bytesOf } from '../model/locked-bytes.ts';
import type { Finding, FindingCode } from '../model/finding.ts';
import type { PlacedFinding } from '../model/dependency.ts';
import type { Policy } from '../model/policy.ts';
import type { LockfileFinding } from '../model/report.ts';
import type { Instant } from '../model/time.ts';
import {
  PHASES,
  type Assessment,
  type JudgedDependency,
  type Level,
  type LeveledFinding,
  type Phase,
  type Verdict,
} from '../model/verdict.ts';
import { criticality, levelRule, needsNoSignature, provenanceDemand, standsFor } from './apply.ts';
import { PROVENANCE_GAPS } from './conflicts.ts';

/** What is demanded, and of whom. */
export interface Enforcement {
  readonly phase: Phase;
  /** Null without a policy file: the critical set is then what the project itself depends on. */
  readonly policy: Policy | null;
  /** Findings somebody decided to live with; they hold until `now` is their time. */
  readonly accepted: readonly AcceptedFinding[];
  readonly now: Instant;
}

const SIGNATURE_GAPS: readonly FindingCode[] = ['signature-missing', 'evidence-stripped'];
const LACKS_OF_LOCKFILES: readonly FindingCode[] = ['integrity-missing', 'integrity-weak', 'lockfile-not-registry'];

/** Findings to levels to a verdict. */
export function judge(assessment: Assessment, enforcement: Enforcement): JudgedDependency {
  const { phase, policy } = enforcement;
  const { dependency } = assessment;
  const critical = criticality(policy, dependency, assessment.capabilities);
  const fails = reaches(phase, 'critical', critical !== null);
  const byPolicy = policy === null ? () => null : policyLevels(assessment, policy, fails);
  const findings = assessment.findings.map((finding): LeveledFinding => {
    const accepted = acceptanceOf(finding, assessment, enforcement);
    if (accepted !== null) return { ...finding, level: 'note', accepted };
    const level = byPolicy(finding) ?? levelOf(finding, phase, enforcement.policy, critical !== null);
    const rule = policy === null ? null : levelRule(policy, finding.code, dependency);
    if (rule === null || rule === 'error') return { ...finding, level };
    return { ...finding, level, lowered: level === 'error' ? 'outranked' : 'held' };
  });
  return { ...assessment, findings, critical, verdict: verdictOf(findings) };
}

/** A finding about a whole lockfile concerns every critical dependency, and cannot be accepted. */
export function judgeLockfile(
  found: readonly PlacedFinding[],
  { phase, policy }: Pick<Enforcement, 'phase' | 'policy'>,
): readonly LockfileFinding[] {
  return found.map(({ place, finding }) => {
    const byPolicy = policy === null ? null : levelRule(policy, finding.code, null);
    return { place, finding: { ...finding, level: byPolicy ?? levelOf(finding, phase, policy, true) } };
  });
}

/** Who accepted this code on exactly these bytes, and until a time that has not come. */
function acceptanceOf(
  { code, kind }: Finding,
  assessment: Assessment,
  { accepted, now }: Enforcement,
): AcceptedFinding | null {
  if (kind === 'note' || !isAcceptable(code)) return null;
  const bytes = bytesOf(assessment);
  return accepted.find((one) => one.code === code && isOfBytes(one, bytes) && accepts(one, now)) ?? null;
}

function levelOf(finding: Finding, phase: Phase, policy: Policy | null, isCritical: boolean): Level {
  if (finding.kind === 'note') return 'note';
  const first = failsFrom(finding, policy);
  return first !== null && reaches(phase, first, isCritical) ? 'error' : 'warning';
}

/** Findings that fail from `critical` on fail there for the critical set only, and in `all` for every dependency. */
function reaches(phase: Phase, first: Phase, isCritical: boolean): boolean {
  if (first === 'critical' && !isCritical) return phase === 'all';
  return PHASES.indexOf(phase) >= PHASES.indexOf(first);
}

/**
 * The first phase in which a finding fails, whatever a policy says of its code; null where it is a warning in all of
 * them. From `guard` on fails what was there and is not any more; what was never there waits for `critical`.
 */
export function failsFrom(finding: Finding, policy: Policy | null): Phase | null {
  switch (finding.kind) {
    case 'contradiction':
    case 'advisory':
    case 'unavailable':
      return 'observe';
    case 'identity':
      return 'guard';
    case 'loss':
      return isLackOfOld(finding, policy) ? 'critical' : 'guard';
    case 'gap':
      return isHistorical(finding) ? null : 'critical';
    case 'anomaly':
    case 'note':
      return null;
  }
}

/** Lockfiles and sources that never had it, and registries of one's own that may never have signed anything. */
function isLackOfOld(finding: Finding, policy: Policy | null): boolean {
  if (finding.code === 'integrity-missing' && finding.args.due === true) return false;
  if (finding.code !== 'evidence-stripped') return LACKS_OF_LOCKFILES.includes(finding.code);
  const { registry } = finding.args;
  const origin = policy === null ? registry : standsFor(policy, registry);
  return !isPublicRegistry(origin);
}

/** A version older than its package's first provenance: it can never get provenance any more. */
function isHistorical(finding: Finding): boolean {
  return finding.code === 'provenance-missing' && finding.args.first !== undefined;
}

/**
 * The level the policy gives a finding; null where the phase decides. Where provenance is required and was not proven,
 * whatever is missing is the reason; where it is optional, its absence is a note. Both outrank levels per code. Where
 * the phase demands provenance, a registry without signatures fails whatever level that has: nothing can show any.
 */
function policyLevels(
  { dependency, proofs, registry, published }: Assessment,
  policy: Policy,
  isDemanded: boolean,
): (finding: Finding) => Level | null {
  const { ecosystem, name, version } = dependency;
  const release = { ecosystem, name, version, registry, published };
  const demand = provenanceDemand(policy, release);
  const lacksRequired = demand === 'required' && proofs.provenance === null;
  const unsigned = needsNoSignature(policy, release);
  const ofMissing = levelRule(policy, 'provenance-missing', dependency) ?? (isDemanded ? 'error' : null);
  return (finding: Finding): Level | null => {
    if (lacksRequired && (finding.kind === 'loss' || finding.kind === 'gap')) return 'error';
    if (demand === 'optional' && PROVENANCE_GAPS.includes(finding.code)) return 'note';
    if (unsigned && SIGNATURE_GAPS.includes(finding.code)) return 'note';
    const rule = levelRule(policy, finding.code, dependency);
    const standsForMissing = finding.code === 'evidence-stripped' && proofs.provenance === null;
    return rule !== null && standsForMissing && ofMissing === 'error' ? 'error' : rule;
  };
}

export function verdictOf(findings: readonly Pick<LeveledFinding, 'level' | 'kind'>[]): Verdict {
  if (findings.some((finding) => finding.level === 'error' && finding.kind !== 'unavailable')) return 'fail';
  if (findings.some((finding) => finding.kind === 'unavailable')) return 'unverified';
  return findings.some((finding) => finding.level === 'warning') ? 'warn' : 'pass';
}

/** The verdict of a run: the worst of its dependencies'. What is proven wrong outranks what could not be asked. */
export function overallVerdict(verdicts: readonly Verdict[]): Verdict {
  for (const worst of ['fail', 'unverified', 'warn'] as const) {
    if (verdicts.includes(worst)) return worst;
  }
  return 'pass';
}
