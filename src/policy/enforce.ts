import { isAcceptable, type AcceptedFinding } from '../model/baseline.ts';
import type { Dependency } from '../model/dependency.ts';
import type { Finding } from '../model/finding.ts';
import type { Instant } from '../model/time.ts';
import type { Assessment, JudgedDependency, Level, LeveledFinding, Phase, Verdict } from '../model/verdict.ts';

/** What is demanded, and of whom. */
export interface Enforcement {
  readonly phase: Phase;
  /** Whether a dependency belongs to the critical set. */
  readonly isCritical: (dependency: Dependency) => boolean;
  /** Findings somebody decided to live with; they hold until `now` is their time. */
  readonly accepted: readonly AcceptedFinding[];
  readonly now: Instant;
}

/** The critical set where no policy names one: what the project itself depends on. */
export const DIRECT_IS_CRITICAL = (dependency: Dependency): boolean => dependency.direct;

/** Findings to levels to a verdict. */
export function judge(assessment: Assessment, enforcement: Enforcement): JudgedDependency {
  const { dependency } = assessment;
  const findings = assessment.findings.map((finding): LeveledFinding => {
    const accepted = acceptanceOf(finding, dependency, enforcement);
    if (accepted !== null) return { ...finding, level: 'note', accepted };
    return { ...finding, level: levelOf(finding, dependency, enforcement) };
  });
  return { ...assessment, findings, verdict: verdictOf(findings) };
}

/** Who accepted this code on exactly these bytes, and until a time that has not come. */
function acceptanceOf(
  { code, kind }: Finding,
  { name, version, integrity }: Dependency,
  { accepted, now }: Enforcement,
): AcceptedFinding | null {
  const [locked, second] = integrity;
  if (locked === undefined || second !== undefined || kind === 'note' || !isAcceptable(code)) return null;
  return (
    accepted.find(
      (one) =>
        one.name === name &&
        one.version === version &&
        one.code === code &&
        one.integrity.algorithm === locked.algorithm &&
        one.integrity.hex === locked.hex &&
        now < one.until,
    ) ?? null
  );
}

/**
 * Contradictions are errors in every phase. Loss and identity become errors where the phase enforces. A historical gap
 * is an error only for the critical set in `critical`: `all` excepts it, as nobody could meet it today.
 */
function levelOf(finding: Finding, dependency: Dependency, { phase, isCritical }: Enforcement): Level {
  switch (finding.kind) {
    case 'contradiction':
    case 'unavailable':
      return 'error';
    case 'loss':
    case 'identity':
      return phase === 'all' || (phase === 'critical' && isCritical(dependency)) ? 'error' : 'warning';
    case 'gap':
      return phase === 'critical' && isCritical(dependency) ? 'error' : 'warning';
    case 'anomaly':
      return 'warning';
    case 'note':
      return 'note';
  }
}

function verdictOf(findings: readonly LeveledFinding[]): Verdict {
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
