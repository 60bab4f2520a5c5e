import { join, relative, sep } from 'node:path';
import { commandsOf } from '../../ecosystems/conventions/index.ts';
import { parseLockfile } from '../../lockfiles/index.ts';
import { PYPI_FORMATS } from '../../lockfiles/pypi/index.ts';
import { askedFor, askedForInPipfile } from '../../lockfiles/pypi/pyproject.ts';
import type { PythonManager } from '../../model/dependency.ts';
import { tableOf } from '../../readers/toml-tables.ts';
import { count } from '../../report/words/layout.ts';
import type { Io } from '../io.ts';
import { shownPath } from '../user-files.ts';
import { namesIn } from './listing.ts';
import { manifestFile, type Unlocked } from './manifests.ts';
import { uvWorkspaceAbove } from './python-not-used.ts';
import { pythonFiles } from './python-project.ts';
import { projectFolders } from './upwards.ts';
import { tomlFile } from './uv-settings.ts';

/** What asks for packages of Python in a folder without a lockfile of it: the first of these that does. */
export function pythonUnlocked(folder: string, names: readonly string[], io: Io): Unlocked | null {
  return requirementsUnlocked(folder, names, io) ?? pipfileUnlocked(folder, io) ?? projectUnlocked(folder, names, io);
}

/** A requirements.txt without hashes, which says at most which versions, and of none of them which files. */
function requirementsUnlocked(folder: string, names: readonly string[], io: Io): Unlocked | null {
  const path = join(folder, 'requirements.txt');
  const text = manifestFile(path, path, io);
  if (text === null) return null;
  const shown = shownPath(path, io);
  const { dependencies, findings = [] } = parseLockfile(shown, Buffer.from(text), pythonFiles(path, io));
  const pinned = dependencies.length;
  const asked = pinned + findings.filter(({ finding }) => finding.code === 'lockfile-not-used').length;
  if (asked === 0) return null;
  if (dependencies.some(({ artifacts }) => artifacts.some(({ digests }) => digests.length > 0))) {
    return {
      path,
      problem: `${shown} has its hashes in files that it includes, and is audited where it is named: assay ${shown}`,
    };
  }
  return { path, problem: `${shown} ${lockingNothing(asked, pinned)}: ${hashesCommand('requirements.txt', names)}` };
}

/** What is said of a file of requirements without hashes. */
export function lockingNothing(asked: number, pinned: number): string {
  const versions = pinned === 0 ? 'without versions' : pinned === asked ? 'by version alone' : `${pinned} by version`;
  return `names ${count(asked, 'package')} (${versions}) and has no hash, so it locks nothing`;
}

/** What writes a file of requirements with hashes, from what the project asks for in a folder of these names. */
export function hashesCommand(file: string, names: readonly string[]): string {
  const source = file.replace(/(?:\.txt)?$/, '.in');
  const from = [source, 'pyproject.toml'].find((name) => names.includes(name));
  const what = `--generate-hashes ${from ?? source} -o ${file}`;
  const writes = `uv pip compile ${what} (or pip-compile ${what})`;
  return from === undefined ? `move what it names into ${source}, then ${writes}` : `${writes} writes them`;
}

function pipfileUnlocked(folder: string, io: Io): Unlocked | null {
  const file = tomlFile(folder, 'Pipfile', io);
  if (file === null) return null;
  return withoutLockfile(file, askedForInPipfile(file.table).size, 'pipenv', null);
}

function projectUnlocked(folder: string, names: readonly string[], io: Io): Unlocked | null {
  const file = tomlFile(folder, 'pyproject.toml', io);
  if (file === null || uvWorkspaceAbove(folder, io) !== null || isLockedAbove(folder, io)) return null;
  const tool = tableOf(file.table.get('tool'));
  const manager = (['poetry', 'pdm'] as const).find((name) => tool.has(name)) ?? 'uv';
  const other = names.find((name) => PYPI_FORMATS.some(({ otherFiles }) => otherFiles?.test(name) === true));
  return withoutLockfile(file, askedFor(file.table).size, manager, other ?? null);
}

function withoutLockfile(
  { path, file }: { readonly path: string; readonly file: string },
  asked: number,
  manager: PythonManager,
  other: string | null,
): Unlocked | null {
  if (asked === 0) return null;
  const writes = `bring back the one that was reviewed, or audit the one that ${commandsOf(manager).lock.join(' ')} writes`;
  const instead = other === null ? writes : `${other} is audited where it is named; or ${writes}`;
  return { path, problem: `${file} asks for ${count(asked, 'package')} and has no lockfile: ${instead}` };
}

/** Whether a lockfile above has a folder as a dependency of its own project, as Poetry, PDM and uv write such. */
function isLockedAbove(folder: string, io: Io): boolean {
  return projectFolders(folder, io)
    .slice(1)
    .some((above) => {
      const member = relative(above, folder).split(sep).join('/');
      const names = namesIn(above).filter((name) => NAMES.has(name));
      return names.some((name) => {
        const text = manifestFile(join(above, name), name, io) ?? '';
        return [`"${member}"`, `"./${member}"`, ` ./${member}\n`].some((written) => text.includes(written));
      });
    });
}

const NAMES: ReadonlySet<string> = new Set(PYPI_FORMATS.flatMap(({ fileNames }) => fileNames));
