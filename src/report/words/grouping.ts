import type { Dependency, Place } from '../../model/dependency.ts';
import { FINDING_KINDS, type FindingCode, type FindingKind } from '../../model/finding.ts';
import type { LockfileFinding, Report } from '../../model/report.ts';
import { compareText } from '../../model/value.ts';
import type { JudgedDependency, Level, LeveledFinding } from '../../model/verdict.ts';
import { count } from './layout.ts';
import type { FileSubject, Subject } from './messages.ts';

/** How a group is labelled: a finding's level, or `unverified` for evidence that could not be obtained. */
export type Label = Level | 'unverified';

/** One dependency, or one place of a lockfile, with its findings of one code and label. */
export interface GroupItem {
  /** Null where it is about the lockfile. */
  readonly dependency: Dependency | null;
  /** Where the lockfile names it, the first place; null without a lockfile. */
  readonly place: Place | null;
  /** At least one. */
  readonly findings: readonly [LeveledFinding, ...LeveledFinding[]];
  /** Why it is held to the critical set's measure, if it is. */
  readonly critical: JudgedDependency['critical'];
}

/** What the findings of an item are about. */
export function subjectOf({ dependency, place }: Pick<GroupItem, 'dependency' | 'place'>): Subject | FileSubject {
  return dependency ?? { file: place?.file ?? '' };
}

/** All findings of one code and label. */
export interface Group {
  readonly code: FindingCode;
  readonly label: Label;
  /** At least one; those about lockfiles first, then direct dependencies. */
  readonly items: readonly GroupItem[];
}

const LABELS: readonly Label[] = ['error', 'unverified', 'warning', 'note'];

/** The gravest kind of fact first. */
const KINDS: readonly FindingKind[] = [
  'contradiction',
  'advisory',
  'loss',
  'identity',
  'unavailable',
  'gap',
  'anomaly',
  'note',
];

/** Groups what needs attention: errors first, then unverified, warnings and notes; within those the gravest kind. */
export function groupFindings({ lockfiles, dependencies }: Pick<Report, 'lockfiles' | 'dependencies'>): Group[] {
  const groups = new Map<string, { code: FindingCode; label: Label; items: GroupItem[] }>();
  const add = (finding: LeveledFinding, about: Omit<GroupItem, 'findings'>): void => {
    const label = labelOf(finding);
    const key = `${label} ${finding.code}`;
    const group = groups.get(key) ?? { code: finding.code, label, items: [] };
    const last = group.items.at(-1);
    if (last !== undefined && last.dependency !== null && last.dependency === about.dependency) {
      group.items[group.items.length - 1] = { ...last, findings: [...last.findings, finding] };
    } else {
      group.items.push({ ...about, findings: [finding] });
    }
    groups.set(key, group);
  };
  const ofLockfiles = lockfiles.flatMap(({ findings }) => findings).sort(comparePlaced);
  for (const { place, finding } of ofLockfiles) add(finding, { dependency: null, place, critical: null });
  for (const { dependency, findings, critical } of [...dependencies].sort(compareJudged)) {
    for (const finding of findings) add(finding, { dependency, place: dependency.places[0] ?? null, critical });
  }
  return [...groups.values()].sort(compareGroups);
}

function comparePlaced({ place: a }: LockfileFinding, { place: b }: LockfileFinding): number {
  return compareText(a.file, b.file) || a.line - b.line;
}

/** "3 dependencies", or what else the findings of a group are about. */
export function sizeText(items: readonly GroupItem[]): string {
  const ofLockfile = items.filter(({ dependency }) => dependency === null).length;
  if (ofLockfile === 0) return count(items.length, 'dependency', 'dependencies');
  return ofLockfile === items.length ? count(ofLockfile, 'place') : count(items.length, 'finding');
}

/** The gravest finding first. */
export function compareFindings(a: LeveledFinding, b: LeveledFinding): number {
  return LABELS.indexOf(labelOf(a)) - LABELS.indexOf(labelOf(b)) || KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind);
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
