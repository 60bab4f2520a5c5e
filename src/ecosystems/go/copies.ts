import { join } from 'node:path';
import { checkCopy, differencesOf, establishCopy } from '../../checks/copies.ts';
import type { Checkout } from '../../git/checkout.ts';
import { readCopy } from '../../installed/copy.ts';
import { kindOf } from '../../installed/read.ts';
import { InstalledError } from '../../installed/tree.ts';
import type { ComparedFile } from '../../lockfiles/go/vendored.ts';
import type { Dependency } from '../../model/dependency.ts';
import { finding } from '../../model/finding.ts';
import type { CopiesFound, GatheredBytes } from '../../model/gathered.ts';
import { specOf } from '../../model/package.ts';
import { readModule, type ReadModule } from './bytes.ts';
import { isKept, unpackedAt } from './module-cache.ts';
import type { GoSource } from './source.ts';
import { compareWithRepositories } from './repositories.ts';
import { openVendor, type ComparedCopy } from './vendor.ts';

/** Modules whose bytes are read at the same time: each is in memory as a whole. */
const CONCURRENCY = 4;

/** What is read and compared, as the chain is asked for it. */
interface Wanted {
  readonly folder: string | null;
  readonly onlyKept: boolean;
  readonly checkouts: readonly Checkout[];
}

/** What was found of the bytes of all, and of their copies; null where nobody asked for these. */
export interface AllBytes {
  readonly of: ReadonlyMap<Dependency, GatheredBytes>;
  readonly copies: CopiesFound | null;
}

/**
 * Reads the bytes of all dependencies and, where a project's `folder` is named, holds what a build takes to them: what
 * is below vendor/, else what the module cache has unpacked; and the zips to the repositories of `checkouts`. Of
 * modules that neither has anything of, nothing is read where `onlyKept` says so, and both are compared, as `-mod` says
 * which one a build takes. Throws InstalledError where
 * there is neither folder, and CheckoutError for a clone that cannot be read.
 */
export async function readAll(
  all: readonly Dependency[],
  machine: GoSource,
  { folder, onlyKept, checkouts }: Wanted,
): Promise<AllBytes> {
  const vendor = folder === null ? null : openVendor(folder, all);
  const dependencies = onlyKept && vendor === null ? all.filter((one) => isKept(machine.moduleCache, one)) : all;
  // What go builds from is there, whoever else would be asked.
  const source = onlyKept ? { ...machine, readsCache: true } : machine;
  const cache =
    folder === null || (vendor?.isTaken === true && !onlyKept)
      ? null
      : openUnpacked(dependencies, source, vendor === null && !onlyKept);
  const modules = new Map<Dependency, ReadModule>();
  const compared = new Map<Dependency, ComparedCopy>();
  const queue = dependencies.values();
  const work = async (): Promise<void> => {
    for (const dependency of queue) {
      const read = await readModule(dependency, source);
      const { files, ...found } = await compareWithRepositories(dependency, read, checkouts);
      if (files !== null && cache !== null) compared.set(dependency, await cache.compare(dependency, files));
      // Nothing else needs to know of the files once the bytes are let go.
      modules.set(dependency, { ...found, files: vendor?.has(dependency) === true ? files : null });
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, work));
  const filesOf = new Map([...modules].map(([dependency, { files }]) => [dependency, files]));
  const vendored = vendor === null ? null : await vendor.compare(filesOf);
  for (const [dependency, found] of vendored?.of ?? []) {
    const unpacked = compared.get(dependency);
    compared.set(dependency, { ...found, findings: [...(unpacked?.findings ?? []), ...found.findings] });
  }
  const of = new Map(
    [...modules].map(([dependency, { proof, findings }]): [Dependency, GatheredBytes] => {
      const copy = compared.get(dependency);
      const proofs = { bytes: proof, installed: copy?.proof ?? null };
      return [dependency, { proofs, findings: [...findings, ...(copy?.findings ?? [])] }];
    }),
  );
  return { of, copies: vendored?.copies ?? cache?.found() ?? null };
}

interface Unpacked {
  readonly compare: (dependency: Dependency, files: ReadonlyMap<string, ComparedFile>) => Promise<ComparedCopy>;
  readonly found: () => CopiesFound;
}

/** The folders of the module cache, which `go build` compiles from where there is no vendor/. */
function openUnpacked(
  dependencies: readonly Dependency[],
  { moduleCache }: GoSource,
  isDemanded: boolean,
): Unpacked | null {
  const folder = moduleCache ?? '';
  const present = new Set(
    folder === '' ? [] : dependencies.filter((one) => kindOf(join(folder, unpackedAt(one))) !== null),
  );
  if (present.size === 0) {
    if (!isDemanded) return null;
    throw new InstalledError(
      'nothing is installed: there is no vendor/, and the module cache (GOMODCACHE) has none of the modules unpacked; run go mod download, or leave out --installed',
    );
  }
  let [copies, same] = [0, 0];
  const absent: string[] = [];
  return {
    compare: async (dependency, files) => {
      if (!present.has(dependency)) {
        absent.push(specOf(dependency));
        return { proof: null, findings: [] };
      }
      const path = unpackedAt(dependency);
      const place = `GOMODCACHE/${path}`;
      const sizesOf = (within: string): readonly number[] => [files.get(within)?.size ?? []].flat();
      const copy = await readCopy(folder, path, { sizesOf, isPart: () => true }).catch((error: unknown) =>
        String(error),
      );
      if (typeof copy === 'string') {
        const args = { evidence: 'installed', url: place, reason: copy } as const;
        return { proof: null, findings: [finding('evidence-unavailable', args)] };
      }
      if (copy.files === null) {
        const what = copy.problem ?? 'other';
        const args = { path: place, files: [], total: 0, what, found: null, artifact: 'zip' } as const;
        return { proof: null, findings: [finding('installed-modified', args)] };
      }
      const differences = differencesOf(files, copy.files);
      const found = checkCopy(place, differences, 'zip');
      const equal = files.size - differences.filter(({ problem }) => problem !== 'added').length;
      copies += 1;
      same += equal;
      return { proof: establishCopy(place, equal, found), findings: found };
    },
    found: () => ({
      used: { copies, files: same, absent: absent.sort(), unlocked: [] },
      findings: [],
      isWhole: false,
    }),
  };
}
