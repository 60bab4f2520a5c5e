import { finding, type Finding } from '../model/finding.ts';
import type { TrustRepository } from '../model/report.ts';
import type { Assessment } from '../model/verdict.ts';

/** Whether it is held against a version that nobody here knows a key it is signed by. */
export function isKeyUnknown(problem: Finding): boolean {
  if (problem.code === 'provenance-invalid') return problem.args.reason === 'key-unknown';
  return problem.code === 'signature-key-unknown';
}

/**
 * Registries begin to use new keys, and a repository of trust says which. Where it gave no answer that holds, nobody
 * can say that a key is nobody's: there is no statement, instead of a contradiction.
 */
export function withoutNewerKeys(assessment: Assessment, { url, state, problem }: TrustRepository): Assessment {
  if (state === 'current') return assessment;
  const findings = assessment.findings.filter((each) => !isKeyUnknown(each));
  if (findings.length === assessment.findings.length) return assessment;
  const missing = finding('evidence-unavailable', { evidence: 'newer-keys', url, reason: problem ?? 'not asked' });
  return { ...assessment, findings: [...findings, missing] };
}
