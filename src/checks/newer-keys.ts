import { finding, type Finding } from '../model/finding.ts';
import type { TrustRepository } from '../model/report.ts';
import type { Assessment } from '../model/verdict.ts';

/** Whether a version has a finding because the key that signed it is unknown. */
export function isKeyUnknown(problem: Finding): boolean {
  if (problem.code === 'provenance-invalid') return problem.args.reason === 'key-unknown';
  return problem.code === 'signature-key-unknown';
}

/**
 * Registries begin to use new keys, and the TUF repository publishes them. If it gave no valid answer, an unknown key
 * may be a new one: there is no statement, instead of a contradiction.
 */
export function withoutNewerKeys(assessment: Assessment, { url, state, problem }: TrustRepository): Assessment {
  if (state === 'current') return assessment;
  const findings = assessment.findings.filter((each) => !isKeyUnknown(each));
  if (findings.length === assessment.findings.length) return assessment;
  const missing = finding('evidence-unavailable', { evidence: 'newer-keys', url, reason: problem ?? 'not asked' });
  return { ...assessment, findings: [...findings, missing] };
}
