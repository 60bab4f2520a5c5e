import type { InstalledFile } from '../../model/bytes.ts';
import type { ModuleFile } from '../../readers/module-zip.ts';
import type { ModulesTxt, VendoredModule } from './modules-txt.ts';
import { isEmbedded, type SourceMarks } from './source-file.ts';

/** One file of a module, as a comparison needs it. */
export interface ComparedFile extends ModuleFile {
  /** Null for what is no Go source. */
  readonly marks: SourceMarks | null;
}

/** What vendored modules have at a path below vendor/: one file, or several where a module lies in another. */
export type VendorContents = ReadonlyMap<string, readonly VendoredFile[]>;

interface VendoredFile extends ComparedFile {
  /** The path of its module. */
  readonly module: string;
}

/** One file below vendor/ that is not as its module has it. */
export interface VendorDifference {
  /** Relative to vendor/. */
  readonly path: string;
  /** `odd` is no file: a link, or a device. */
  readonly problem: 'added' | 'modified' | 'missing' | 'odd';
  /** The module that its path is of; null where modules.txt has none. */
  readonly module: string | null;
  /** Whether a build may take it, or another in its place. */
  readonly isBuilt: boolean;
}

/** Endings of what `go build` compiles, links or includes (https://pkg.go.dev/go/build#Package). */
const COMPILED = /\.(?:go|s|S|sx|c|cc|cpp|cxx|m|h|hh|hpp|hxx|f|F|for|f90|swig|swigcxx|syso)$/;

/** What modules have, by path below vendor/; `filesOf` is null for a module whose files are not known. */
export function vendorContents(
  { modules }: ModulesTxt,
  filesOf: (module: VendoredModule) => ReadonlyMap<string, ComparedFile> | null,
): VendorContents {
  const contents = new Map<string, VendoredFile[]>();
  for (const module of modules.filter(({ packages }) => packages.length > 0)) {
    for (const [within, file] of filesOf(module) ?? []) {
      const path = `${module.path}/${within}`;
      const known = contents.get(path);
      const own = { ...file, module: module.path };
      if (known === undefined) contents.set(path, [own]);
      else known.push(own);
    }
  }
  return contents;
}

/**
 * Holds the files below vendor/ to those of their modules. What a module has may be there or not, unless a build would
 * take it: `go mod vendor` leaves out tests, other packages and what is built by hand alone. Modules in `unknown` are
 * not looked into. `same` counts the files of each module that are as it has them.
 */
export function compareVendor(
  modulesTxt: ModulesTxt,
  contents: VendorContents,
  files: ReadonlyMap<string, InstalledFile>,
  unknown: ReadonlySet<string>,
): { readonly differences: readonly VendorDifference[]; readonly same: ReadonlyMap<string, number> } {
  const packages = new Map(modulesTxt.modules.flatMap((one) => one.packages.map((path) => [path, one.path] as const)));
  const modules = new Set(packages.values());
  /** In the folder of a package that is its module's file alone. */
  const wantedAt = (path: string): readonly VendoredFile[] => {
    const owner = packages.get(folderOf(path));
    const wanted = contents.get(path) ?? [];
    return owner === undefined ? wanted : wanted.filter(({ module }) => module === owner);
  };
  const { isTaken, mayBeIncluded } = reachOf(packages, contents, wantedAt);
  const differences: VendorDifference[] = [];
  const same = new Map<string, number>();
  const add = (path: string, problem: VendorDifference['problem'], isBuilt: boolean): void => {
    differences.push({ path, problem, module: moduleOf(path, packages, modules), isBuilt });
  };
  for (const [path, file] of files) {
    if (path === 'modules.txt') continue;
    const module = moduleOf(path, packages, modules);
    if (module !== null && unknown.has(module)) continue;
    const wanted = wantedAt(path);
    if (file.kind !== 'file') add(path, 'odd', true);
    else if (wanted.length === 0) add(path, 'added', isSource(path) || isTaken(path) || mayBeIncluded(module));
    else if (wanted.every(({ digest }) => digest !== file.digest)) add(path, 'modified', true);
    else if (module !== null) same.set(module, (same.get(module) ?? 0) + 1);
  }
  for (const path of contents.keys()) {
    if (files.has(path)) continue;
    const [wanted] = wantedAt(path);
    if (wanted === undefined || unknown.has(wanted.module) || wanted.marks?.isIgnored === true) continue;
    const isOfPackage = packages.has(folderOf(path)) && isSource(path) && !path.endsWith('_test.go');
    if (isOfPackage || isTaken(path)) add(path, 'missing', true);
  }
  return { differences, same };
}

/** What sources of the vendored packages take beside themselves. */
function reachOf(
  packages: ReadonlyMap<string, string>,
  contents: VendorContents,
  wantedAt: (path: string) => readonly VendoredFile[],
): {
  /** Whether an embed pattern of a package above takes in a file. */
  readonly isTaken: (path: string) => boolean;
  /** Whether C of a module may include any of its files. */
  readonly mayBeIncluded: (module: string | null) => boolean;
} {
  const embeds = new Map<string, string[]>();
  const withC = new Set<string>();
  for (const path of contents.keys()) {
    const folder = folderOf(path);
    const owner = packages.get(folder);
    if (owner === undefined || path.endsWith('_test.go')) continue;
    const marks = wantedAt(path)[0]?.marks;
    if (marks === null || marks === undefined || marks.isIgnored) continue;
    if (marks.usesC) withC.add(owner);
    if (marks.embeds.length > 0) embeds.set(folder, [...(embeds.get(folder) ?? []), ...marks.embeds]);
  }
  return {
    isTaken: (path) => {
      for (let folder = folderOf(path); folder !== ''; folder = folderOf(folder)) {
        const within = path.slice(folder.length + 1);
        if (embeds.get(folder)?.some((pattern) => isEmbedded(pattern, within)) === true) return true;
      }
      return false;
    },
    mayBeIncluded: (module) => module !== null && withC.has(module),
  };
}

/**
 * Whether a build takes a file of this name wherever it lies: an import reaches any folder below vendor/, one that
 * modules.txt does not name, too, and `go test all` the tests.
 */
function isSource(path: string): boolean {
  const name = path.slice(path.lastIndexOf('/') + 1);
  return COMPILED.test(name) && !/^[._]/.test(name);
}

/** By its package, or by the longest path of a module that it is, or lies below. */
function moduleOf(path: string, packages: ReadonlyMap<string, string>, modules: ReadonlySet<string>): string | null {
  for (let folder = path; folder !== ''; folder = folderOf(folder)) {
    const module = packages.get(folder) ?? (modules.has(folder) ? folder : undefined);
    if (module !== undefined) return module;
  }
  return null;
}

function folderOf(path: string): string {
  return path.slice(0, Math.max(path.lastIndexOf('/'), 0));
}
