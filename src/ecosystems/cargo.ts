import { assess, assessUnasked } from '../checks/cargo/chain.ts';
import { createLimiter } from '../net/limiter.ts';
import { cargoConventions } from './conventions/cargo.ts';
import type { Chain, ChainContext, EcosystemRecord, Sources } from './ecosystem.ts';
import { readCrate } from './cargo/bytes.ts';
import { openCopies, type CrateCopies } from './cargo/copies.ts';
import { crateQuestions } from './cargo/questions.ts';
import type { CratesSource } from './cargo/source.ts';

/** Crates that are read at the same time: each takes some hundred KiB of memory, whatever its size. */
const AT_ONCE = 8;

/** Crates, and the index whose word on their checksums is all that there is. */
export const cargoEcosystem: EcosystemRecord = {
  id: 'cargo',
  conventions: cargoConventions,
  manager: 'cargo',
  keys: null,
  questions: (sources) => crateQuestions(sourceOf(sources).index),
  openChain,
  openInstalled: null,
  readsBytes: true,
  readsCopies: true,
};

function sourceOf({ crates }: Sources): CratesSource {
  if (crates === undefined) throw new Error('a run about crates needs an index');
  return crates;
}

function openChain({ sources, dependencies, trust: { now } }: ChainContext): Chain {
  const source = sourceOf(sources);
  const { index } = source;
  const limit = createLimiter(AT_ONCE);
  let copies: CrateCopies | null = null;
  return {
    isUnclear: () => false,
    assessUnasked: (dependency, known) => assessUnasked(dependency, known, now),
    assess: async (dependency, known) => {
      const answer = await index.crate(dependency.name);
      const validator = answer.state === 'present' ? (answer.value.validator ?? null) : null;
      return { assessment: assess(dependency, known, answer, now), validator };
    },
    revalidate: ({ name }, validator, at) => index.revalidate(name, validator, at),
    bytes: (dependency, { folder }) =>
      limit(async () => {
        if (folder !== null) copies ??= openCopies(dependencies, source);
        const { proof, findings, files } = await readCrate(dependency, source, folder !== null);
        const copy = await copies?.compare(dependency, files);
        return {
          proofs: { bytes: proof, installed: copy?.proof ?? null },
          findings: [...findings, ...(copy?.findings ?? [])],
        };
      }),
    copies: () => Promise.resolve(copies?.found() ?? null),
    capabilities: null,
  };
}
