import { assess, assessUnasked } from '../checks/pypi/chain.ts';
import { leadsElsewhere } from '../checks/pypi/files.ts';
import type { Dependency } from '../model/dependency.ts';
import type { Evidence } from '../model/evidence.ts';
import type { GatheredBytes } from '../model/gathered.ts';
import type { IndexProject } from '../model/pypi-index.ts';
import { createLimiter } from '../net/limiter.ts';
import { conventionsOf } from './conventions/index.ts';
import type { Chain, ChainContext, EcosystemRecord, Sources } from './ecosystem.ts';
import { gatherBytes } from './pypi/bytes.ts';
import { openCopies, type PythonCopies } from './pypi/copies.ts';
import { bundlesIn, gather, gatherMore, validatorOf } from './pypi/gather.ts';
import { pypiQuestions } from './pypi/questions.ts';
import type { PypiSource } from './pypi/source.ts';
import { assessInRounds } from './rounds.ts';

/** Python packages, and the indexes that serve them. */
export const pypiEcosystem: EcosystemRecord = {
  id: 'pypi',
  conventions: conventionsOf('pypi'),
  manager: 'pip',
  keys: null,
  questions: (sources) => pypiQuestions(sourceOf(sources).index),
  openChain,
  openInstalled: null,
  trustsKept: false,
  hasBundles: true,
};

function sourceOf({ pypi }: Sources): PypiSource {
  if (pypi === undefined) throw new Error('a run about Python packages needs an index');
  return pypi;
}

/** Dependencies whose wheels are read at the same time: each is in memory as a whole. */
const AT_ONCE = 2;

function openChain({ sources, trust, verifying }: ChainContext): Chain {
  const source = sourceOf(sources);
  const { index } = source;
  const limit = createLimiter(AT_ONCE);
  let opening: Promise<PythonCopies> | null = null;
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
    bytes: async (dependency, { folder, lockfile, named, assessing }) => {
      await assessing;
      const read = (copies: PythonCopies | null): Promise<GatheredBytes> =>
        gatherBytes(dependency, index, seen.get(dependency) ?? null, copies);
      if (folder === null) return read(null);
      const copies = await (opening ??= openCopies({ folder, lockfile, named }, source));
      return limit(() => read(copies));
    },
    copies: async () => (await opening)?.found() ?? null,
    capabilities: null,
  };
}
