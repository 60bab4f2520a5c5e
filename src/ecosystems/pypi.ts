import { assess, assessUnasked } from '../checks/pypi/chain.ts';
import { leadsElsewhere } from '../checks/pypi/files.ts';
import type { Dependency } from '../model/dependency.ts';
import type { Evidence } from '../model/evidence.ts';
import type { IndexProject } from '../model/pypi-index.ts';
import type { PypiIndex } from '../registries/pypi/index.ts';
import { conventionsOf } from './conventions/index.ts';
import type { Chain, ChainContext, EcosystemRecord, Sources } from './ecosystem.ts';
import { gatherBytes } from './pypi/bytes.ts';
import { bundlesIn, gather, gatherMore, validatorOf } from './pypi/gather.ts';
import { pypiQuestions } from './pypi/questions.ts';
import { assessInRounds } from './rounds.ts';

/** Python packages, and the indexes that serve them. */
export const pypiEcosystem: EcosystemRecord = {
  id: 'pypi',
  conventions: conventionsOf('pypi'),
  manager: 'pip',
  keys: null,
  questions: (sources) => pypiQuestions(indexOf(sources)),
  openChain,
  openInstalled: null,
  hasBundles: true,
  readsBytes: true,
  readsCopies: false,
};

function indexOf({ pypi }: Sources): PypiIndex {
  if (pypi === undefined) throw new Error('a run about Python packages needs an index');
  return pypi;
}

function openChain({ sources, trust, verifying }: ChainContext): Chain {
  const index = indexOf(sources);
  /** What the index said in this run. */
  const seen = new WeakMap<Dependency, Evidence<IndexProject>>();
  return {
    isUnclear: (dependency, registry, { addresses }) => leadsElsewhere(dependency, registry, addresses),
    assessUnasked: (dependency, known) => assessUnasked(dependency, known, trust.now),
    assess: async (dependency, known) => {
      const { instance } = known.expectation;
      const { evidence, assessment } = await assessInRounds(
        await gather(dependency, index, known),
        async (all) => assess(dependency, all, known, await verifying(bundlesIn(all), [], instance)),
        (all, versions) => gatherMore(all, versions, index),
      );
      seen.set(dependency, evidence.project);
      return { assessment, validator: validatorOf(evidence) };
    },
    revalidate: ({ name }, validator, now) => index.revalidate(name, validator, now),
    bytes: async (dependency, { assessing }) => {
      await assessing;
      return gatherBytes(dependency, index, seen.get(dependency) ?? null);
    },
    capabilities: null,
  };
}
