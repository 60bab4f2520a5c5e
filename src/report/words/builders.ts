import { conventionsOf } from '../../ecosystems/conventions/index.ts';
import type { Conventions } from '../../ecosystems/conventions/conventions.ts';
import type { PackageRef } from '../../model/package.ts';
import type { Report } from '../../model/report.ts';

/** What versions of a package are packed in, for people, and whether its registry signs them. */
export function packagingOf({
  ecosystem,
}: PackageRef): Pick<Conventions, 'archive' | 'unpacked' | 'isSignedByRegistry'> {
  return conventionsOf(ecosystem);
}

/** Whether a registry can have signed any version that a report is about. */
export function canBeSignedByRegistry({ dependencies }: Pick<Report, 'dependencies'>): boolean {
  return (
    dependencies.length === 0 ||
    dependencies.some(({ dependency: { ecosystem } }) => conventionsOf(ecosystem).isSignedByRegistry)
  );
}

/** Whether a builder can have signed anything of what a report is about. */
export function canBeSigned({ dependencies }: Pick<Report, 'dependencies'>): boolean {
  return dependencies.length === 0 || dependencies.some(({ dependency }) => hasProvenance(dependency));
}

/** Why no provenance is demanded of some, in a phase that demands it; escaped, none where it is of all. */
export function unsignedTexts({ dependencies, enforce }: Pick<Report, 'dependencies' | 'enforce'>): readonly string[] {
  if (enforce !== 'critical' && enforce !== 'all') return [];
  const without = dependencies.filter(({ dependency }) => !hasProvenance(dependency));
  const ecosystems = [...new Set(without.map(({ dependency }) => dependency.ecosystem))].sort().join(', ');
  const number = `${without.length} of ${dependencies.length}`;
  return without.length === 0
    ? []
    : [`no provenance is demanded of ${number} (${ecosystems}): nobody signs who builds packages of that ecosystem`];
}

function hasProvenance(dependency: Report['dependencies'][number]['dependency']): boolean {
  return conventionsOf(dependency.ecosystem).hasProvenance;
}
