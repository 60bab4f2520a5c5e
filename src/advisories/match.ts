import { conventionsOf } from '../ecosystems/conventions/index.ts';
import type { AdvisoriesUsed } from '../model/advisory.ts';
import type { Dependency } from '../model/dependency.ts';
import { finding, type Finding } from '../model/finding.ts';
import { packageId, type PackageId, type PackageRef } from '../model/package.ts';
import { compareText } from '../model/value.ts';
import type { Assessment } from '../model/verdict.ts';
import type { KeptRecords } from './collection.ts';
import type { Coverage } from './record.ts';

/** Records about the packages of a run, and what they were read from. */
export interface Advisories {
  readonly used: readonly AdvisoriesUsed[];
  readonly records: KeptRecords;
}

/** The identity that records know a package by. */
export function recordedId({ ecosystem, name }: PackageRef): PackageId {
  return packageId({ ecosystem, name: conventionsOf(ecosystem).osv.name(name) });
}

/** Assessments with what records say of their versions, whatever else is proven of them. */
export function withAdvisories(
  assessments: readonly Assessment[],
  { records }: Pick<Advisories, 'records'>,
): readonly Assessment[] {
  return assessments.map((assessment) => {
    const found = advisoriesAbout(assessment.dependency, records);
    return found.length === 0 ? assessment : { ...assessment, findings: [...found, ...assessment.findings] };
  });
}

/** What is in the project itself is not what registries have under its name. */
function advisoriesAbout(dependency: Dependency, records: KeptRecords): readonly Finding[] {
  const id = recordedId(dependency);
  const own = [...(records.get(id)?.values() ?? [])].filter(({ isWithdrawn }) => !isWithdrawn);
  if (own.length === 0 || dependency.artifacts[0].source.kind === 'file') return [];
  const said = own.map((record) => {
    const members = record.affected.filter((one) => one.id === id);
    return { record, each: members.map(({ covers }) => covers(dependency.version)) };
  });
  const isCovered = (one: Coverage): boolean => one.state === 'covered';
  const covering = said.filter(({ each }) => each.some(isCovered));
  if (covering.length > 0) {
    const ids = covering.map(({ record }) => record.id).sort(compareText);
    const from = [...new Set(covering.map(({ record }) => record.from))];
    const whole = covering.some(({ each }) => each.some((one) => one.state === 'covered' && one.whole));
    return [finding('advisory-malicious', { ids, from, whole })];
  }
  return said.flatMap(({ record, each }) => {
    const unreadable = each.find((one) => one.state === 'unreadable');
    if (unreadable === undefined) return [];
    const url = `${record.id} in ${record.from}`;
    return [finding('evidence-malformed', { evidence: 'advisory', url, reason: unreadable.reason })];
  });
}
