import { dirname, join, posix } from 'node:path';
import {
  checkInstalled,
  checkStray,
  differencesOf,
  establishInstalled,
  isRewritten,
  type Differences,
} from '../../checks/npm/installed.ts';
import { checkManifest } from '../../checks/npm/manifest.ts';
import { hasSameFile } from '../../installed/contains.ts';
import { isPackagePlace, readCopy } from '../../installed/copy.ts';
import { locate } from '../../installed/places.ts';
import { readSmall } from '../../installed/read.ts';
import { claimOf, InstalledError } from '../../installed/tree.ts';
import type { InstalledCopy, PackedFile } from '../../model/bytes.ts';
import { specOf, type Dependency, type Lockfile } from '../../model/dependency.ts';
import type { Declaration } from '../../model/evidence.ts';
import { finding, type Finding } from '../../model/finding.ts';
import type { InstalledCopies } from '../../model/gathered.ts';
import { MAX_MANIFEST_BYTES } from '../../model/limits.ts';
import { PACKAGE_JSON, readDeclaration } from '../../registries/npm/package-json.ts';

/** The tarball that copies are held against, with the hashes of its files and the content of its package.json. */
interface Packed {
  readonly files: readonly PackedFile[];
  readonly declaration: Declaration;
}

/**
 * Looks for what the lockfile names below `root`, the folder of the project. Nothing there is run, and no link
 * followed. Throws InstalledError where none of it is there.
 */
export async function openInstalled(root: string, lockfile: Lockfile): Promise<InstalledCopies> {
  const places = await locate(root, lockfile);
  if (places.isEmpty && lockfile.dependencies.length > 0) {
    throw new InstalledError(
      `nothing is installed beside ${lockfile.file}: no package of it is in node_modules; install first, or leave out --installed`,
    );
  }
  /** The folder as reports show it. */
  const folder = dirname(lockfile.file).replace(/(?:^|[/\\])node_modules$/, '');
  /** Packages that other packages' tarballs carry. */
  const carried = new Set<string>();
  let copies = 0;
  let files = 0;

  async function compareCopy(
    path: string,
    dependency: Dependency,
    packed: Packed,
  ): Promise<{ readonly same: number; readonly findings: readonly Finding[] }> {
    const { declaration } = packed;
    const scripts = Object.keys(declaration.installScripts);
    const own = packed.files.filter(
      (file) => !isCommandLink(file.path) && !placesAbove(file.path).some((inner) => places.isCopy(`${path}/${inner}`)),
    );
    const parts = new Set(own.flatMap((file) => placesAbove(file.path)));
    const copy = await readCopy(root, path, { sizesOf: sizes(own), isPart: (inner) => parts.has(inner) });
    if (copy.problem !== null) return { same: 0, findings: [checkStray(path, copy.problem, null)] };
    for (const inner of parts) carried.add(`${path}/${inner}`);
    copies += 1;

    const found = differencesOf(own, copy);
    const claim = claimOf(root, path);
    if (found.modified.includes(PACKAGE_JSON) && claim !== null && claim.version !== dependency.version) {
      return { same: 0, findings: [checkStray(path, 'version', claim.version)] };
    }
    const explained = found.modified.filter((file) => {
      if (file === PACKAGE_JSON) return isWrittenAgain(dependency, path, packed);
      return scripts.length > 0 && isFromDependency(path, file, copy, declaration);
    });
    const differences: Differences = { ...found, modified: found.modified.filter((file) => !explained.includes(file)) };
    const same = found.same + explained.length;
    files += same;
    return { same, findings: checkInstalled(path, differences, { scripts, patches: dependency.patches }) };
  }

  /** npm 6 and earlier. */
  function isWrittenAgain(dependency: Dependency, path: string, { files: packed, declaration }: Packed): boolean {
    const before = packed.find((file) => file.path === PACKAGE_JSON)?.bytes ?? null;
    const after = readSmall(join(root, path, PACKAGE_JSON), MAX_MANIFEST_BYTES);
    if (before === null || after === null || !isRewritten(before, after, specOf(dependency))) return false;
    const others = packed.filter((file) => file.path !== PACKAGE_JSON);
    const now = readDeclaration([...others, { path: PACKAGE_JSON, bytes: after }]);
    return 'value' in now && checkManifest(declaration, now.value).length === 0;
  }

  /**
   * Whether a file comes from one of the package's own dependencies, whose copy is compared separately: install scripts
   * replace a launcher by the program for this platform.
   */
  function isFromDependency(
    path: string,
    file: string,
    { files: installed }: InstalledCopy,
    { dependencies }: Declaration,
  ): boolean {
    if (installed?.get(file)?.kind !== 'file') return false;
    const folders = Object.keys(dependencies).flatMap((name) =>
      resolvedFrom(path, name).filter(places.isCopy).slice(0, 1),
    );
    return folders.some((folder) => hasSameFile(join(root, path, file), join(root, folder)));
  }

  return {
    async compare(dependency, packed) {
      const declared = readDeclaration(packed);
      // That it declares nothing is found where its bytes are read.
      if (!('value' in declared)) return { proof: null, findings: [] };
      const findings: Finding[] = places
        .straysOf(dependency)
        .map(({ path, what, version }) => checkStray(path, what, version));
      const paths = places.copiesOf(dependency);
      let same = 0;
      for (const path of paths) {
        try {
          const compared = await compareCopy(path, dependency, { files: packed, declaration: declared.value });
          same += compared.same;
          findings.push(...compared.findings);
        } catch (error) {
          findings.push(finding('evidence-unavailable', { evidence: 'installed', url: path, reason: reasonOf(error) }));
        }
      }
      const proof = establishInstalled(paths, same, findings);
      return { proof, findings };
    },
    used: (dependencies) => ({
      copies,
      files,
      absent: dependencies.flatMap((one) => (places.absentOf(one).length > 0 ? [specOf(one)] : [])),
      unlocked: places.unlocked
        .filter((path) => !placesAbove(path).some((one) => carried.has(one)))
        .map((path) => join(folder, path)),
    }),
  };
}

/** The places for packages that a path within a package is at or lies in, outermost first. */
function placesAbove(path: string): readonly string[] {
  if (!path.includes('node_modules/')) return [];
  const parts = path.split('/');
  return parts.map((_, i) => parts.slice(0, i + 1).join('/')).filter(isPackagePlace);
}

/** What is in node_modules/.bin are links of the package manager's making. */
function isCommandLink(path: string): boolean {
  return /(?:^|\/)node_modules\/\.bin\//.test(path);
}

/** Where Node looks for a package that is required from the one at `path`, nearest first. */
function resolvedFrom(path: string, name: string): readonly string[] {
  const folders: string[] = [];
  for (let folder = path; folder !== '.'; folder = posix.dirname(folder)) {
    if (posix.basename(folder) === 'node_modules') folders.push(`${folder}/${name}`);
    else folders.push(`${folder}/node_modules/${name}`);
  }
  return folders;
}

/** The sizes that a file may have where it is what the tarball has. */
function sizes(packed: readonly PackedFile[]): (path: string) => readonly number[] {
  const bySize = new Map(
    packed.map(({ path, size, digests }) => [path, digests.length > 1 ? [size, size - 1] : [size]]),
  );
  return (path) => {
    const own = bySize.get(path) ?? [];
    if (posix.basename(path) !== '.npmignore') return own;
    return [...own, ...(bySize.get(posix.join(posix.dirname(path), '.gitignore')) ?? [])];
  };
}

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return code ?? message;
}
