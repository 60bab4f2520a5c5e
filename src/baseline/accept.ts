import { EMPTY_BASELINE, isAcceptable, type AcceptedFinding, type Baseline } from '../model/baseline.ts';
import { bytesOf, hashOfAll } from '../model/locked-bytes.ts';
import type { FindingCode } from '../model/finding.ts';
import { versionId } from '../model/package.ts';
import type { JudgedDependency } from '../model/verdict.ts';

/** Who decides to live with findings, why, and until when. */
export type Decision = Pick<AcceptedFinding, 'by' | 'why' | 'until'>;

export interface Acceptance {
  readonly baseline: Baseline;
  readonly accepted: readonly AcceptedFinding[];
  /** Earlier decisions about the same versions and codes, which these replace. */
  readonly replaced: readonly AcceptedFinding[];
}

/**
 * Why nothing is accepted. `codes` are those that stand in the way, or, where there is nothing to accept, what is
 * found.
 */
export interface Refusal {
  readonly refused: 'contradiction' | 'unanswered' | 'not-found';
  readonly dependency: JudgedDependency['dependency'];
  readonly codes: readonly FindingCode[];
}

/**
 * Accepts what was found of these versions, on exactly their bytes: every warning and error that can be accepted, or
 * those of `codes`, each of which every version must show. All of it or nothing. One hash stands for all bytes of each
 * version (`hashOfAll`).
 */
export function acceptFindings(
  old: Baseline | null,
  judged: readonly JudgedDependency[],
  codes: readonly FindingCode[],
  decision: Decision,
): Acceptance | Refusal {
  const refusal = refusalOf(judged, codes);
  if (refusal !== null) return refusal;
  const accepted = judged.flatMap((one) => {
    const locked = bytesOf(one);
    const { ecosystem, name, version } = locked;
    const bytes = hashOfAll(locked);
    const wanted = acceptableCodes(one.findings).filter((code) => codes.length === 0 || codes.includes(code));
    return bytes === null
      ? []
      : wanted.map((code): AcceptedFinding => ({ ecosystem, name, version, bytes, code, ...decision }));
  });
  const isReplaced = (one: AcceptedFinding): boolean =>
    accepted.some((other) => versionId(one) === versionId(other) && one.code === other.code);
  const baseline = old ?? EMPTY_BASELINE;
  const before = baseline.accepted;
  return {
    baseline: { ...baseline, accepted: [...before.filter((one) => !isReplaced(one)), ...accepted] },
    accepted,
    replaced: before.filter(isReplaced),
  };
}

function refusalOf(judged: readonly JudgedDependency[], codes: readonly FindingCode[]): Refusal | null {
  for (const [refused, kind] of [
    ['contradiction', 'contradiction'],
    ['unanswered', 'unavailable'],
  ] as const) {
    for (const { dependency, findings } of judged) {
      const found = findings.filter((finding) => finding.kind === kind).map(({ code }) => code);
      if (found.length > 0) return { refused, dependency, codes: distinct(found) };
    }
  }
  for (const { dependency, findings } of judged) {
    const found = acceptableCodes(findings);
    const missing = found.length === 0 || codes.some((code) => !found.includes(code));
    if (missing) return { refused: 'not-found', dependency, codes: found };
  }
  return null;
}

function acceptableCodes(findings: JudgedDependency['findings']): readonly FindingCode[] {
  return distinct(findings.filter(({ code, level }) => level !== 'note' && isAcceptable(code)).map(({ code }) => code));
}

function distinct(codes: readonly FindingCode[]): readonly FindingCode[] {
  return [...new Set(codes)].sort();
}
