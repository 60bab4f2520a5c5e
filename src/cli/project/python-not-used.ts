import { existsSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';
import { buildSystemOf, uvEffects, uvWorkspace } from '../../lockfiles/settings/uv.ts';
import type { Lockfile, PlacedFinding } from '../../model/dependency.ts';
import { finding, type Finding } from '../../model/finding.ts';
import { isFollowed, isWorkspace } from '../../model/workspaces.ts';
import type { Io } from '../io.ts';
import { shownPath } from '../user-files.ts';
import { projectFolder } from './files.ts';
import { effectOf, isPathHere, notUsed, otherCode } from './python-effects.ts';
import { ofSettings } from './python-settings.ts';
import { committedOf, isInRepository } from './stores.ts';
import { projectFolders } from './upwards.ts';
import { namedFile, tomlFile, uvSettingsAt } from './uv-settings.ts';

/** What of a project makes an installation use something else than its lockfile of Python. */
export async function pythonNotUsed(
  path: string,
  { file, manager, format }: Lockfile,
  io: Io,
): Promise<readonly PlacedFinding[]> {
  const folder = projectFolder(path);
  const found = [
    ...(await installed(manager, folder, io)),
    ...(manager === 'uv' ? ofUv(folder, io) : await ofSettings(manager, folder, io)),
    ...(BY_UV.includes(manager) || format.startsWith('pylock') ? await uvSettings(folder, io) : []),
    ...(await variables(manager, folder, io)),
  ];
  return found.map((one) => ({ place: { file, line: 1, path: '' }, finding: one }));
}

/** Whose lockfiles uv installs from: also with `uv pip install -r` and `uv pip sync`. */
const BY_UV: readonly Lockfile['manager'][] = ['uv', 'pip'];

const OF_UV = ['UV_CACHE_DIR', 'UV_PYTHON_INSTALL_DIR'];
/** Variables that say where each tool keeps what it fetched, built and installed, and looks for more of its own. */
const STORES: Readonly<Partial<Record<Lockfile['manager'], readonly string[]>>> = {
  uv: OF_UV,
  pip: [...OF_UV, 'PIP_CACHE_DIR'],
  poetry: ['POETRY_CACHE_DIR', 'POETRY_VIRTUALENVS_PATH', 'POETRY_DATA_DIR', 'POETRY_CONFIG_DIR'],
  pdm: ['PDM_CACHE_DIR'],
  pipenv: ['PIPENV_CACHE_DIR', 'PIP_CACHE_DIR', 'WORKON_HOME'],
};

async function variables(manager: Lockfile['manager'], folder: string, io: Io): Promise<readonly Finding[]> {
  const set = (STORES[manager] ?? []).filter((key) => (io.env[key] ?? '') !== '');
  const found = set.map((key) =>
    effectOf(
      { key, values: [io.env[key] ?? ''], effect: 'store' },
      { file: 'the environment', path: join(folder, key) },
      folder,
      io,
    ),
  );
  return (await Promise.all(found)).flat();
}

function ofUv(folder: string, io: Io): readonly Finding[] {
  const above = uvWorkspaceAbove(folder, io);
  const enclosed =
    above === null
      ? []
      : [
          notUsed(
            `the workspace of ${above.file}, which this folder is a member of`,
            shownPath(join(above.folder, 'uv.lock'), io),
          ),
        ];
  return [...enclosed, ...builds(folder, io), ...interpreters(folder, io)];
}

async function uvSettings(folder: string, io: Io): Promise<readonly Finding[]> {
  const settings = uvSettingsAt(folder, io);
  if (settings === null) return [];
  const effects = uvEffects(settings.table).map((one) => effectOf(one, settings, folder, io));
  return (await Promise.all(effects)).flat();
}

/** Environments that a manager takes for installed where they are there: none compares what is in them with a hash. */
async function installed(manager: Lockfile['manager'], folder: string, io: Io): Promise<readonly Finding[]> {
  const named = ['VIRTUAL_ENV', ...(manager === 'uv' ? ['UV_PROJECT_ENVIRONMENT'] : [])]
    .map((name) => io.env[name] ?? '')
    .filter((value) => value !== '')
    .map((value) => resolve(folder, value))
    .filter((place) => isInRepository(place, folder));
  const usual = ['.venv', 'venv', 'env', ...(manager === 'pdm' ? ['__pypackages__'] : [])];
  const own = usual
    .filter((name, at) => at === 0 || name === '__pypackages__' || existsSync(join(folder, name, 'pyvenv.cfg')))
    .map((name) => join(folder, name));
  const places = await committedOf([...new Set([...own, ...named])]);
  const instead = 'what is committed there, whose bytes are not compared with the hashes';
  return places.map((place) => notUsed(`${shownPath(place, io)} of the repository`, instead));
}

/** What building the project itself fetches and runs. Most projects are built, so that this is a note. */
function builds(folder: string, io: Io): readonly Finding[] {
  const project = tomlFile(folder, 'pyproject.toml', io);
  if (project === null) return [];
  const { requires, backendPath } = buildSystemOf(project.table);
  const fetched = `[build-system] requires of ${project.file} (${requires.join(', ')})`;
  return [
    ...(requires.length === 0 ? [] : [finding('lockfile-other-code', { by: fetched, code: 'fetched' }, 'note')]),
    ...backendPath.map((one) => otherCode(`backend-path=${one} of ${project.file}`, 'repository')),
  ];
}

/** A file that says which Python runs; where it says a path, that program does. */
function interpreters(folder: string, io: Io): readonly Finding[] {
  for (const each of projectFolders(folder, io)) {
    const names = ['.python-version', '.python-versions'].filter((name) => namedFile(each, name, io) !== null);
    if (names.length === 0) continue;
    return names.flatMap((name) => {
      const lines = (namedFile(each, name, io) ?? '').split(/\r?\n/).map((line) => line.trim());
      const paths = lines.filter((line) => line !== '' && !line.startsWith('#'));
      const shown = shownPath(join(each, name), io);
      return paths
        .filter((one) => [folder, each].some((base) => isPathHere(one, base, folder)))
        .map((one) => otherCode(`${one} of ${shown}`, 'repository'));
    });
  }
  return [];
}

/**
 * The workspace of uv that has a folder as a member: uv asks the nearest pyproject.toml above it, and no other. Null
 * where the folder is a project of its own.
 */
export function uvWorkspaceAbove(folder: string, io: Io): { readonly folder: string; readonly file: string } | null {
  const own = tomlFile(folder, 'pyproject.toml', io);
  if (own === null || uvWorkspace(own.table) !== null) return null;
  for (const above of projectFolders(folder, io).slice(1)) {
    const project = tomlFile(above, 'pyproject.toml', io);
    if (project === null) continue;
    const workspace = uvWorkspace(project.table);
    if (workspace === null) return null;
    const member = relative(above, folder).replaceAll(sep, '/');
    // A pattern that is not followed may name the folder, and excludes nothing for sure.
    const isExcluded = isWorkspace(workspace.exclude.filter(isFollowed), member);
    const isMember = workspace.members.some((one) => !isFollowed(one) || isWorkspace([one], member));
    return isMember && !isExcluded ? { folder: above, file: project.file } : null;
  }
  return null;
}
