import { assess, assessUnasked } from '../checks/cargo/chain.ts';
import type { CratesIndex } from '../registries/crates/index.ts';
import { cargoConventions } from './conventions/cargo.ts';
import type { Chain, ChainContext, EcosystemRecord, Sources } from './ecosystem.ts';
import { crateQuestions } from './cargo/questions.ts';

/** Crates, and the index whose word on their checksums is all that there is. */
export const cargoEcosystem: EcosystemRecord = {
  id: 'cargo',
  conventions: cargoConventions,
  manager: 'cargo',
  keys: null,
  questions: (sources) => crateQuestions(indexOf(sources)),
  openChain,
  openInstalled: null,
  readsBytes: false,
  readsCopies: false,
};

function indexOf({ crates }: Sources): CratesIndex {
  if (crates === undefined) throw new Error('a run about crates needs an index');
  return crates;
}

const NO_BYTES = { proofs: { bytes: null, installed: null }, findings: [] };

function openChain({ sources, trust: { now } }: ChainContext): Chain {
  const index = indexOf(sources);
  return {
    isUnclear: () => false,
    assessUnasked: (dependency, known) => assessUnasked(dependency, known, now),
    assess: async (dependency, known) => {
      const answer = await index.crate(dependency.name);
      const validator = answer.state === 'present' ? (answer.value.validator ?? null) : null;
      return { assessment: assess(dependency, known, answer, now), validator };
    },
    revalidate: ({ name }, validator, at) => index.revalidate(name, validator, at),
    bytes: () => Promise.resolve(NO_BYTES),
    capabilities: null,
  };
}
