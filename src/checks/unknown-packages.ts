import type { Dependency } from '../model/dependency.ts';
import { finding, type Finding } from '../model/finding.ts';
import type { Assessment } from '../model/verdict.ts';

/**
 * If a registry has other packages and not this one, it never had it or removed it, and anyone can take the name. There
 * is no statement for a registry that has no package at all, as it is the wrong one, nor for a package in a scope, as
 * registries deny packages that the reader may not see. `beside` also shows what a registry has.
 */
export function withUnknownPackages(
  assessments: readonly Assessment[],
  beside: readonly Assessment[],
): readonly Assessment[] {
  const answering = answeringOf([...assessments, ...beside]);
  return assessments.map((assessment) => {
    const { dependency, registry, findings } = assessment;
    if (registry === null || !answering.has(registry) || isScoped(dependency)) return assessment;
    const unknown = finding('lockfile-version-unknown', { registry, isPackage: false, published: null });
    return { ...assessment, findings: findings.map((found) => (isAbsent(found) ? unknown : found)) };
  });
}

/** The registries that said of something that they do not have it, while nothing shows that they have anything. */
export function silentRegistries(assessments: readonly Assessment[]): ReadonlySet<string> {
  const answering = answeringOf(assessments);
  const absent = assessments.filter(({ dependency, findings }) => !isScoped(dependency) && findings.some(isAbsent));
  const registries = absent.flatMap(({ registry }) => registry ?? []);
  return new Set(registries.filter((registry) => !answering.has(registry)));
}

function answeringOf(assessments: readonly Assessment[]): ReadonlySet<string> {
  return new Set(assessments.flatMap(({ release, registry }) => (release === null ? [] : (registry ?? []))));
}

function isScoped({ name }: Dependency): boolean {
  return name.startsWith('@');
}

function isAbsent(found: Finding): boolean {
  return found.code === 'evidence-unavailable' && found.args.evidence === 'manifest' && found.args.absent === true;
}
