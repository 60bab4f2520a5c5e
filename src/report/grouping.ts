import type { Dependency } from '../model/dependency.ts';
import { FINDING_KINDS, type FindingCode, type FindingKind } from '../model/finding.ts';
import type { JudgedDependency, Level, LeveledFinding } from '../model/verdict.ts';

/** How a group is labelled: a finding's level, or `unverified` for evidence that could not be obtained. */
export type Label = Level | 'unverified';

/** One dependency with its findings of one code and label. */
export interface GroupItem {
  readonly dependency: Dependency;
  /** At least one. */
  readonly findings: readonly [LeveledFinding, ...LeveledFinding[]];
  /** Why it is held to the critical set's measure, if it is. */
  readonly critical: JudgedDependency['critical'];
}

/** All findings of one code and label. */
export interface Group {
  readonly code: FindingCode;
  readonly label: Label;
  /** At least one; direct dependencies first. */
  readonly items: readonly GroupItem[];
}

const LABELS: readonly Label[] = ['error', 'unverified', 'warning', 'note'];

/** The gravest kind of fact first. */
const KINDS: readonly FindingKind[] = ['contradiction', 'loss', 'identity', 'unavailable', 'gap', 'anomaly', 'note'];

/** Groups what needs attention: errors first, then unverified, warnings and notes; within those the gravest kind. */
export function groupFindings(dependencies: readonly JudgedDependency[]): Group[] {
  const groups = new Map<string, { code: FindingCode; label: Label; items: GroupItem[] }>();
  for (const judged of [...dependencies].sort(compareJudged)) {
    for (const finding of judged.findings) {
      const label = labelOf(finding);
      const key = `${label} ${finding.code}`;
      const group = groups.get(key) ?? { code: finding.code, label, items: [] };
      const last = group.items.at(-1);
      if (last?.dependency === judged.dependency) {
        group.items[group.items.length - 1] = { ...last, findings: [...last.findings, finding] };
      } else {
        group.items.push({ dependency: judged.dependency, findings: [finding], critical: judged.critical });
      }
      groups.set(key, group);
    }
  }
  return [...groups.values()].sort(compareGroups);
}

/** The order of dependencies in every report: name, version, first place. */
export function compareDependencies(a: Dependency, b: Dependency): number {
  return (
    compareText(a.name, b.name) ||
    compareText(a.version, b.version) ||
    compareText(a.places[0]?.file ?? '', b.places[0]?.file ?? '') ||
    (a.places[0]?.line ?? 0) - (b.places[0]?.line ?? 0)
  );
}

/** By code unit, the same on every machine whatever its locale. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function compareGroups(a: Group, b: Group): number {
  return (
    LABELS.indexOf(a.label) - LABELS.indexOf(b.label) ||
    KINDS.indexOf(FINDING_KINDS[a.code]) - KINDS.indexOf(FINDING_KINDS[b.code]) ||
    compareText(a.code, b.code)
  );
}

function compareJudged(a: JudgedDependency, b: JudgedDependency): number {
  return Number(b.dependency.direct) - Number(a.dependency.direct) || compareDependencies(a.dependency, b.dependency);
}

function labelOf(finding: LeveledFinding): Label {
  return finding.kind === 'unavailable' && finding.level !== 'note' ? 'unverified' : finding.level;
}
