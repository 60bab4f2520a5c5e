import type { Dependency } from '../../model/dependency.ts';
import type { FindingCode } from '../../model/finding.ts';
import { specOf, type VersionRef } from '../../model/package.ts';
import type { JudgedDependency, LeveledFinding, Phase } from '../../model/verdict.ts';
import { escapeText } from '../../report/words/escape.ts';
import { describe } from '../../report/words/messages.ts';

/** Why a version may not be fetched, for people. Texts are escaped. */
export interface Refusal {
  readonly version: VersionRef;
  /** The gravest finding; null where the audit itself came to no end. */
  readonly code: FindingCode | null;
  /** One sentence that names the version. */
  readonly message: string;
  /** What to do about it; "" where nothing is known. */
  readonly help: string;
}

/** Where evidence is missing, only a phase that refuses nothing unproven lets a version through. */
export function isRefused({ verdict }: Pick<JudgedDependency, 'verdict'>, phase: Phase): boolean {
  return verdict === 'fail' || (verdict === 'unverified' && phase !== 'observe');
}

/** What a refused version is refused for. */
export function refusalOf(dependency: Dependency, judged: JudgedDependency | null, why = ''): Refusal {
  const { ecosystem, name, version } = dependency;
  const one = { ecosystem, name, version };
  const finding = judged === null ? undefined : gravestOf(judged.findings);
  if (finding === undefined) {
    const said = escapeText(why === '' ? 'it could not be judged' : why, 200);
    return { version: one, code: null, message: `${escapeText(specOf(one), 200)} was not judged: ${said}.`, help: '' };
  }
  return { version: one, code: finding.code, ...describe(finding, one) };
}

/** What fails comes before what could not be found out. */
function gravestOf(findings: readonly LeveledFinding[]): LeveledFinding | undefined {
  return (
    findings.find(({ level, kind }) => level === 'error' && kind !== 'unavailable') ??
    findings.find(({ kind }) => kind === 'unavailable') ??
    findings[0]
  );
}

/** A refusal in one line of ASCII, for a header: which version, what was found. */
export function headline({ version, code, message }: Refusal): string {
  const words = code === null ? message : `${specOf(version)} (${code})`;
  return words.replace(/[^\x20-\x7e]/g, '?').slice(0, 200);
}
