import type { Dependency } from '../model/dependency.ts';
import type { Proofs } from '../model/proof.ts';
import type { Assessment } from '../model/verdict.ts';
import type { Expectations } from './known.ts';

/** Nothing is proven. */
export const NO_PROOFS: Proofs = {
  integrity: null,
  signature: null,
  publish: null,
  provenance: null,
  bytes: null,
  installed: null,
};

/** What can be said of a dependency before anybody has answered: what every chain begins with. */
export function unproven(dependency: Dependency, known: Expectations): Omit<Assessment, 'findings'> {
  return {
    dependency,
    proofs: NO_PROOFS,
    baseline: known.baseline?.state ?? null,
    release: null,
    registry: dependency.artifacts[0].source.kind === 'registry' ? known.registry : null,
    published: null,
    capabilities: null,
  };
}
