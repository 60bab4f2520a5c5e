import { finding, type Finding } from '../model/finding.ts';
import type { Assessment } from '../model/verdict.ts';

/**
 * A registry that has other packages and not this one never had it, or has it no more: the name is free for anybody to take.
 * One that says so of everything is not the right one, and of a package in a scope a registry says it to whoever may not see
 * it, so that nothing is stated there.
 */
export function withUnknownPackages(assessments: readonly Assessment[]): readonly Assessment[] {
  const answering = new Set(assessments.flatMap(({ release, registry }) => (release === null ? [] : (registry ?? []))));
  return assessments.map((assessment) => {
    const { dependency, registry, findings } = assessment;
    if (registry === null || !answering.has(registry) || dependency.name.startsWith('@')) return assessment;
    const unknown = finding('lockfile-version-unknown', { registry, isPackage: false, published: null });
    return { ...assessment, findings: findings.map((found) => (isAbsent(found) ? unknown : found)) };
  });
}

function isAbsent(found: Finding): boolean {
  return found.code === 'evidence-unavailable' && found.args.evidence === 'manifest' && found.args.absent === true;
}
