import { accepts, bytesOf, isAcceptable, isOfBytes, type AcceptedFinding } from '../model/baseline.ts';
import type { Finding, FindingCode } from '../model/finding.ts';
import type { Policy } from '../model/policy.ts';
import type { Instant } from '../model/time.ts';
import type { Assessment, JudgedDependency, Level, LeveledFinding, Phase, Verdict } from '../model/verdict.ts';
import { criticality, levelRule, needsNoSignature, provenanceDemand } from './apply.ts';
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

/** Findings to levels to a verdict. */
export function judge(assessment: Assessment, enforcement: Enforcement): JudgedDependency {
  const { phase, policy } = enforcement;
  const { dependency } = assessment;
  const byPolicy = policy === null ? () => null : policyLevels(assessment, policy);
  const critical = criticality(policy, dependency, assessment.capabilities);
  const enforced = phase === 'all' || (phase === 'critical' && critical !== null);
  // `all` excepts historical gaps, as nobody could meet it today; a critical set that somebody wrote down stands.
  const isNamed = policy !== null && policy.critical !== null;
  const gapFails = critical !== null && (phase === 'critical' || (phase === 'all' && isNamed));
  const findings = assessment.findings.map((finding): LeveledFinding => {
    const accepted = acceptanceOf(finding, assessment, enforcement);
    if (accepted !== null) return { ...finding, level: 'note', accepted };
    return { ...finding, level: byPolicy(finding) ?? levelOf(finding, enforced, gapFails) };
  });
  return { ...assessment, findings, critical, verdict: verdictOf(findings) };
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

/** Contradictions are errors in every phase. Loss and identity are where the phase enforces, historical gaps apart. */
function levelOf(finding: Finding, enforced: boolean, gapFails: boolean): Level {
  switch (finding.kind) {
    case 'contradiction':
    case 'unavailable':
      return 'error';
    case 'loss':
    case 'identity':
      return enforced ? 'error' : 'warning';
    case 'gap':
      return gapFails ? 'error' : 'warning';
    case 'anomaly':
      return 'warning';
    case 'note':
      return 'note';
  }
}

/**
 * The level the policy gives a finding; null where the phase decides. Where provenance is required and was not proven,
 * whatever is missing is the reason; where it is optional, its absence is a note. Both outrank levels per code.
 */
function policyLevels(
  { dependency, proofs, registry, published }: Assessment,
  policy: Policy,
): (finding: Finding) => Level | null {
  const { name, version } = dependency;
  const release = { name, version, registry, published };
  const demand = provenanceDemand(policy, release);
  const lacksRequired = demand === 'required' && proofs.provenance === null;
  const unsigned = needsNoSignature(policy, release);
  return (finding: Finding): Level | null => {
    if (lacksRequired && (finding.kind === 'loss' || finding.kind === 'gap')) return 'error';
    if (demand === 'optional' && PROVENANCE_GAPS.includes(finding.code)) return 'note';
    if (unsigned && SIGNATURE_GAPS.includes(finding.code)) return 'note';
    return levelRule(policy, finding.code, name);
  };
}

export function verdictOf(findings: readonly LeveledFinding[]): Verdict {
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
