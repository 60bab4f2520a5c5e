import type { Finding } from '../model/finding.ts';
import type { GatheredBytes } from '../model/gathered.ts';
import type { Assessment } from '../model/verdict.ts';

/**
 * The same assessment with what the bytes show. What is known already is not said again, nor what they settle.
 */
export function withBytes(assessment: Assessment, bytes: GatheredBytes | null): Assessment {
  if (bytes === null) return assessment;
  const said = assessment.findings.filter(({ code }) => code !== bytes.settled);
  const known = new Set(said.map(causeOf));
  const isOtherHash = said.some(({ code }) => /^integrity-(?:mismatch|rewritten)$/.test(code));
  const news = bytes.findings.filter(
    (found) => !known.has(causeOf(found)) && !(isOtherHash && found.code === 'integrity-mismatch'),
  );
  return {
    ...assessment,
    proofs: { ...assessment.proofs, ...bytes.proofs },
    findings: [...said, ...news],
  };
}

/** Two findings of one cause have the same code and are about the same piece of evidence. */
function causeOf({ code, args }: Finding): string {
  return 'evidence' in args ? `${code} ${args.evidence}` : `${code} ${JSON.stringify(args)}`;
}
