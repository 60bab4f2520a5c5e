import { assess, assessElsewhere, assessUnasked } from '../checks/cargo/chain.ts';
import { asksPublisher, checkCommit, nobodySays } from '../checks/cargo/publishers.ts';
import { byteDigests, type Dependency } from '../model/dependency.ts';
import type { Finding } from '../model/finding.ts';
import type { GatheredBytes } from '../model/gathered.ts';
import { groupBy } from '../model/group-by.ts';
import type { Assessment } from '../model/verdict.ts';
import { createLimiter } from '../net/limiter.ts';
import { cargoConventions } from './conventions/cargo.ts';
import type { Chain, ChainContext, EcosystemRecord, Sources } from './ecosystem.ts';
import { readCrate } from './cargo/bytes.ts';
import { isKept } from './cargo/kept.ts';
import { idOf, openCopies, type CrateCopies } from './cargo/copies.ts';
import { openPublishers } from './cargo/publishers.ts';
import { crateQuestions } from './cargo/questions.ts';
import { registryOfEntry, type CratesSource } from './cargo/source.ts';

/** Crates that are read at the same time: each takes some hundred KiB of memory, whatever its size. */
const AT_ONCE = 8;

const NO_BYTES: GatheredBytes = { proofs: { bytes: null, installed: null }, findings: [] };

/** Crates, and the index whose word on their checksums is all that there is. */
export const cargoEcosystem: EcosystemRecord = {
  id: 'cargo',
  conventions: cargoConventions,
  manager: 'cargo',
  keys: null,
  questions: (sources) => crateQuestions(sourceOf(sources)),
  openChain,
  openInstalled: null,
  trustsKept: true,
  hasBundles: false,
};

function sourceOf({ crates }: Sources): CratesSource {
  if (crates === undefined) throw new Error('a run about crates needs an index');
  return crates;
}

function openChain({ sources, dependencies, trust: { now }, store }: ChainContext): Chain {
  const source = sourceOf(sources);
  const publishers = openPublishers(source.main.index, store);
  const limit = createLimiter(AT_ONCE);
  const twinsOf = twinsAmong(dependencies);
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
      const registry = registryOfEntry(source, dependency);
      if (registry === null) return { assessment: assessElsewhere(dependency, known), validator: null };
      const { index } = registry;
      const answer = await index.crate(dependency.name);
      const isMain = registry === source.main;
      const isAsked = answer.state === 'present' && asksPublisher(dependency, known, answer.value, now, isMain);
      const published = !isAsked ? null : isMain ? await publishers.join(answer.value) : nobodySays(index.url);
      const isWhole = published === null || published.state === 'present';
      const validator = answer.state === 'present' && isWhole ? (answer.value.validator ?? null) : null;
      return { assessment: assess(dependency, known, answer, published, now), validator };
    },
    revalidate: async (dependency, validator, at) =>
      registryOfEntry(source, dependency)?.index.revalidate(dependency.name, validator, at) ?? null,
    bytes: (dependency, { folder, onlyKept, assessing }) =>
      limit(async () => {
        if (onlyKept && source.vendored === null && !isKept(source, dependency)) return NO_BYTES;
        if (folder !== null) copies ??= openCopies(dependencies, source, !onlyKept);
        // What cargo builds from is there, whoever else would be asked.
        const from = onlyKept ? { ...source, readsCache: true } : source;
        const crate = await readCrate(dependency, twinsOf(dependency), from, folder !== null);
        const { proof, findings, commit } = crate;
        const copy = await copies?.compare(dependency, crate);
        return {
          proofs: { bytes: proof, installed: copy?.proof ?? null },
          findings: [...findings, ...(copy?.findings ?? []), ...(await commitFindings(dependency, commit, assessing))],
        };
      }),
    copies: () => Promise.resolve(copies?.found() ?? null),
    capabilities: null,
  };
}

/** Finds the crates of other registries that have the name and the version of one. */
function twinsAmong(all: readonly Dependency[]): (dependency: Dependency) => readonly Dependency[] {
  const alike = groupBy(all, idOf);
  return (dependency) => (alike.get(idOf(dependency)) ?? []).filter(({ name }) => name !== dependency.name);
}
