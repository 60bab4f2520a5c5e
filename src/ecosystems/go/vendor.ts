import { join, resolve } from 'node:path';
import { checkCopy, establishCopy, joinCopies } from '../../checks/copies.ts';
import { readCopy } from '../../installed/copy.ts';
import { kindOf, readSmall } from '../../installed/read.ts';
import { InstalledError } from '../../installed/tree.ts';
import { readModulesTxt, type ModulesTxt, type VendoredModule } from '../../lockfiles/go/modules-txt.ts';
import { marksOf } from '../../lockfiles/go/source-file.ts';
import { MODULES_TXT, originOf } from '../../lockfiles/go/vendor-project.ts';
import { compareVendor, vendorContents, type ComparedFile } from '../../lockfiles/go/vendored.ts';
import type { Dependency } from '../../model/dependency.ts';
import type { Finding } from '../../model/finding.ts';
import type { CopiesFound } from '../../model/gathered.ts';
import { MAX_CONFIG_BYTES } from '../../model/limits.ts';
import type { InstalledProof } from '../../model/proof.ts';

type Files = ReadonlyMap<string, ComparedFile>;

/** The copies below vendor/ of a project, which a build takes in place of what is fetched. */
interface Vendor {
  readonly has: (dependency: Dependency) => boolean;
  /** False where Go passes over it: in a workspace what `go mod vendor` wrote, elsewhere what `go work vendor` did. */
  readonly isTaken: boolean;
  /** Holds them to the files of their modules, of which nothing is known where `filesOf` has none. */
  readonly compare: (filesOf: ReadonlyMap<Dependency, Files | null>) => Promise<ComparedVendor>;
}

export interface ComparedCopy {
  readonly proof: InstalledProof | null;
  readonly findings: readonly Finding[];
}

interface ComparedVendor {
  readonly of: ReadonlyMap<Dependency, ComparedCopy>;
  readonly copies: CopiesFound;
}

/** Null where a project has none. No link is followed: throws InstalledError where vendor/ is one. */
export function openVendor(folder: string, dependencies: readonly Dependency[]): Vendor | null {
  const kind = kindOf(join(folder, 'vendor'));
  if (kind === null) return null;
  if (kind !== 'folder') throw new InstalledError('vendor is no folder: assay does not compare what it leads to');
  const text = readSmall(join(folder, MODULES_TXT), MAX_CONFIG_BYTES)?.toString('utf8');
  if (text === undefined) return null;
  const modulesTxt = readModulesTxt(MODULES_TXT, text);
  const vendored = modulesTxt.modules.filter(({ packages }) => packages.length > 0);
  const dependencyOf = finderIn(dependencies);
  const wanted = new Set(vendored.flatMap((module) => dependencyOf(module) ?? []));
  return {
    has: (dependency) => wanted.has(dependency),
    isTaken: modulesTxt.isWorkspace === (kindOf(join(folder, 'go.work')) !== null),
    compare: async (filesOf) => {
      const known = new Map<VendoredModule, Files | null>();
      for (const module of vendored) {
        const dependency = dependencyOf(module);
        const origin = originOf(module);
        const files = dependency === undefined ? null : filesOf.get(dependency);
        known.set(module, 'folder' in origin ? await filesIn(folder, origin.folder, module) : (files ?? null));
      }
      return compareAll(folder, modulesTxt, known, dependencyOf);
    },
  };
}

/** What of a lockfile a module was copied from. */
function finderIn(dependencies: readonly Dependency[]): (module: VendoredModule) => Dependency | undefined {
  const keyOf = (path: string, version: string, isFile: boolean): string => JSON.stringify([path, version, isFile]);
  const known = new Map(
    dependencies.map((one) => [keyOf(one.name, one.version, one.artifacts[0].source.kind === 'file'), one]),
  );
  return (module) => {
    const origin = originOf(module);
    return 'folder' in origin
      ? known.get(keyOf(module.path, module.version ?? '', true))
      : known.get(keyOf(origin.path, origin.version, false));
  };
}

/** The files of a folder that stands in for a module; null where it cannot be read. */
async function filesIn(project: string, folder: string, { path, packages }: VendoredModule): Promise<Files | null> {
  const root = resolve(project, folder);
  const { files } = await readCopy(root, '', { sizesOf: null, isPart: () => true }).catch(() => ({ files: null }));
  if (files === null) return null;
  const found = new Map<string, ComparedFile>();
  const folders = new Set(packages.map((one) => one.slice(path.length + 1)));
  for (const [within, { size, digest }] of files) {
    if (digest === null) continue;
    const isSource = folders.has(within.slice(0, Math.max(within.lastIndexOf('/'), 0)));
    const content = isSource ? readSmall(join(root, within), MAX_CONFIG_BYTES) : null;
    found.set(within, { size, digest, marks: content === null ? null : marksOf(within, content) });
  }
  return found;
}

async function compareAll(
  folder: string,
  modulesTxt: ModulesTxt,
  known: ReadonlyMap<VendoredModule, Files | null>,
  dependencyOf: (module: VendoredModule) => Dependency | undefined,
): Promise<ComparedVendor> {
  const contents = vendorContents(modulesTxt, (module) => known.get(module) ?? null);
  const sizesOf = (path: string): readonly number[] => (contents.get(path) ?? []).map(({ size }) => size);
  const { files } = await readCopy(folder, 'vendor', { sizesOf, isPart: () => true }).catch((error: unknown) => {
    throw new InstalledError(`vendor cannot be read to its end: ${String(error)}`);
  });
  const unknown = [...known].flatMap(([module, own]) => (own === null ? [module.path] : []));
  const { differences, same } = compareVendor(modulesTxt, contents, files ?? new Map(), new Set(unknown));
  const of = new Map<Dependency, ComparedCopy>();
  const loose = differences.filter(({ module }) => module === null);
  const others: Finding[] = [...checkCopy('vendor', loose, 'zip')];
  for (const [module, own] of known) {
    const place = `vendor/${module.path}`;
    const ofModule = differences
      .filter((one) => one.module === module.path)
      .map((one) => ({ ...one, path: one.path.slice(module.path.length + 1) }));
    const findings = checkCopy(place, ofModule, 'zip');
    const dependency = dependencyOf(module);
    if (dependency === undefined) others.push(...findings);
    else if (own !== null) {
      const isZip = dependency.artifacts[0].source.kind === 'registry';
      const proof = isZip ? establishCopy(place, same.get(module.path) ?? 0, findings) : null;
      // One module may stand in for several.
      const other = of.get(dependency);
      of.set(
        dependency,
        other === undefined
          ? { proof, findings }
          : { proof: joinCopies(other.proof, proof), findings: [...other.findings, ...findings] },
      );
    }
  }
  const count = [...same.values()].reduce((sum, one) => sum + one, 0);
  const used = { copies: known.size - unknown.length, files: count, absent: [], unlocked: [] };
  return { of, copies: { used, findings: others, isWhole: unknown.length === 0 } };
}
