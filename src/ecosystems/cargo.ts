import { assess, assessUnasked } from '../checks/cargo/chain.ts';
import { asksPublisher, checkCommit } from '../checks/cargo/publishers.ts';
import { byteDigests, type Dependency } from '../model/dependency.ts';
import type { Finding } from '../model/finding.ts';
import type { Assessment } from '../model/verdict.ts';
import { createLimiter } from '../net/limiter.ts';
import { cargoConventions } from './conventions/cargo.ts';
import type { Chain, ChainContext, EcosystemRecord, Sources } from './ecosystem.ts';
import { readCrate } from './cargo/bytes.ts';
import { openCopies, type CrateCopies } from './cargo/copies.ts';
import { openPublishers } from './cargo/publishers.ts';
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
  hasBundles: false,
  readsBytes: true,
  readsCopies: true,
};

function sourceOf({ crates }: Sources): CratesSource {
  if (crates === undefined) throw new Error('a run about crates needs an index');
  return crates;
}

function openChain({ sources, dependencies, trust: { now }, store }: ChainContext): Chain {
  const source = sourceOf(sources);
  const publishers = openPublishers(source.index, store);
  const { index } = source;
  const limit = createLimiter(AT_ONCE);
  let copies: CrateCopies | null = null;
  /** Who published it is known once it was assessed, in this run or in an earlier one. */
  const commitFindings = async (
    { name, version, artifacts: [artifact] }: Dependency,
    file: Uint8Array | null,
    assessing: Promise<Assessment>,
  ): Promise<readonly Finding[]> => {
    if (file === null) return [];
    await assessing;
    const [locked] = byteDigests(artifact);
    const built = locked === undefined ? undefined : publishers.known(name, version, locked.hex)?.commit;
    const found = built === undefined ? null : checkCommit(file, built);
    return found === null ? [] : [found];
  };
  return {
    isUnclear: () => false,
    assessUnasked: (dependency, known) => assessUnasked(dependency, known, now),
    assess: async (dependency, known) => {
      const answer = await index.crate(dependency.name);
      const isAsked = answer.state === 'present' && asksPublisher(dependency, known, answer.value, now);
      const published = isAsked ? await publishers.join(answer.value) : null;
      const isWhole = published === null || published.state === 'present';
      const validator = answer.state === 'present' && isWhole ? (answer.value.validator ?? null) : null;
      return { assessment: assess(dependency, known, answer, published, now), validator };
    },
    revalidate: ({ name }, validator, at) => index.revalidate(name, validator, at),
    bytes: (dependency, { folder, assessing }) =>
      limit(async () => {
        if (folder !== null) copies ??= openCopies(dependencies, source);
        const { proof, findings, files, commit } = await readCrate(dependency, source, folder !== null);
        const copy = await copies?.compare(dependency, files);
        return {
          proofs: { bytes: proof, installed: copy?.proof ?? null },
          findings: [...findings, ...(copy?.findings ?? []), ...(await commitFindings(dependency, commit, assessing))],
        };
      }),
    copies: () => Promise.resolve(copies?.found() ?? null),
    capabilities: null,
  };
}
