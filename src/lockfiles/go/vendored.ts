import type { InstalledFile } from '../../model/bytes.ts';
import type { ModuleFile } from '../../readers/module-zip.ts';
import type { ModulesTxt, VendoredModule } from './modules-txt.ts';

/** What the zips of modules have at a path below vendor/: one file, or several where a module lies in another. */
export type VendorContents = ReadonlyMap<string, readonly VendoredFile[]>;

interface VendoredFile extends ModuleFile {
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
  /** Whether a build takes it: a source file in the folder of a package that modules.txt lists. */
  readonly isCompiled: boolean;
}

/** Endings of what `go build` compiles, links or includes (https://pkg.go.dev/go/build#Package). */
const COMPILED = /\.(?:go|s|S|sx|c|cc|cpp|cxx|m|h|hh|hpp|hxx|f|F|for|f90|swig|swigcxx|syso)$/;
/** Large enough for any licence above a package clause. */
const MAX_HEADER = 64 * 1024;

/**
 * What the zips of vendored modules have, by path below vendor/. `filesOf` is null for a module without a zip: one that
 * a folder stands in for.
 */
export function vendorContents(
  { modules }: ModulesTxt,
  filesOf: (module: VendoredModule) => ReadonlyMap<string, ModuleFile> | null,
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
 * Holds the files below vendor/ to the zips of their modules. What a zip has may be there or not, unless a build would
 * take it: `go mod vendor` leaves out tests, other packages and what is built by hand alone. Modules in `unknown` have
 * no zip, and are not looked into.
 */
export function compareVendor(
  modulesTxt: ModulesTxt,
  contents: VendorContents,
  files: ReadonlyMap<string, InstalledFile>,
  unknown: ReadonlySet<string>,
): readonly VendorDifference[] {
  const packages = new Map(modulesTxt.modules.flatMap((one) => one.packages.map((path) => [path, one.path] as const)));
  const modules = new Set(packages.values());
  const differences: VendorDifference[] = [];
  const add = (path: string, problem: VendorDifference['problem']): void => {
    const isCompiled = packages.has(folderOf(path)) && isSource(path);
    differences.push({ path, problem, module: moduleOf(path, packages, modules), isCompiled });
  };
  /** In the folder of a package that is its module's file alone. */
  const wantedAt = (path: string): readonly VendoredFile[] => {
    const owner = packages.get(folderOf(path));
    const wanted = contents.get(path) ?? [];
    return owner === undefined ? wanted : wanted.filter(({ module }) => module === owner);
  };
  for (const [path, file] of files) {
    if (path === 'modules.txt') continue;
    const module = moduleOf(path, packages, modules);
    if (module !== null && unknown.has(module)) continue;
    const wanted = wantedAt(path);
    if (file.kind !== 'file') add(path, 'odd');
    else if (wanted.length === 0) add(path, 'added');
    else if (wanted.every(({ digest }) => digest !== file.digest)) add(path, 'modified');
  }
  for (const path of contents.keys()) {
    if (files.has(path) || !packages.has(folderOf(path)) || !isSource(path)) continue;
    const [wanted] = wantedAt(path);
    if (wanted !== undefined && !(path.endsWith('.go') && isBuiltByHand(wanted))) add(path, 'missing');
  }
  return differences;
}

/** Whether `go build` looks at a file of this name in the folder of a package. */
function isSource(path: string): boolean {
  const name = path.slice(path.lastIndexOf('/') + 1);
  return COMPILED.test(name) && !/^[._]/.test(name) && !name.endsWith('_test.go');
}

/** Whether a constraint above its package clause has the tag `ignore`; such files are not copied. */
function isBuiltByHand({ content }: ModuleFile): boolean {
  const header = content().toString('latin1', 0, MAX_HEADER);
  const end = header.search(/^package\b/m);
  const lines = (end === -1 ? header : header.slice(0, end)).split('\n');
  return lines.some((line) => /^\s*\/\/(?:go:build|\s*\+build)\s(?:.*\W)?ignore(?:\W|$)/.test(line));
}

/** By its package, or by the longest path of a module that it lies below. */
function moduleOf(path: string, packages: ReadonlyMap<string, string>, modules: ReadonlySet<string>): string | null {
  for (let folder = folderOf(path); folder !== ''; folder = folderOf(folder)) {
    const module = packages.get(folder) ?? (modules.has(folder) ? folder : undefined);
    if (module !== undefined) return module;
  }
  return null;
}

function folderOf(path: string): string {
  return path.slice(0, Math.max(path.lastIndexOf('/'), 0));
}
