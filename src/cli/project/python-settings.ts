import { dirname, join, resolve } from 'node:path';
import {
  pdmEffects,
  pipEffects,
  pipenvEffects,
  poetryEffects,
  projectEffects,
  type PythonEffect,
} from '../../lockfiles/settings/python.ts';
import type { Lockfile } from '../../model/dependency.ts';
import type { Finding } from '../../model/finding.ts';
import { parseIni } from '../../registries/pypi/config/ini.ts';
import type { Io } from '../io.ts';
import { shownPath } from '../user-files.ts';
import { effectOf, isPathHere, otherCode } from './python-effects.ts';
import { committedOf, isInRepository } from './stores.ts';
import { namedFile, tomlFile } from './uv-settings.ts';

/** Settings in one file. */
interface Settings {
  readonly file: string;
  readonly path: string;
  readonly effects: readonly PythonEffect[];
}

/** What settings of a project bring into what Poetry, PDM, pipenv or pip install of its lockfile. */
export async function ofSettings(manager: Lockfile['manager'], folder: string, io: Io): Promise<readonly Finding[]> {
  const effects = settingsOf(manager, folder, io).map((one) =>
    one.effects.map((effect) => effectOf(effect, one, folder, io)),
  );
  const found = (await Promise.all(effects.flat())).flat();
  return manager === 'pdm' || manager === 'poetry' ? [...found, ...(await inFolders(manager, folder, io))] : found;
}

function settingsOf(manager: Lockfile['manager'], folder: string, io: Io): readonly Settings[] {
  const inToml = (name: string, read: (table: Parameters<typeof poetryEffects>[0]) => readonly PythonEffect[]) => {
    const found = tomlFile(folder, name, io);
    return found === null ? [] : [{ file: found.file, path: found.path, effects: read(found.table) }];
  };
  if (manager === 'poetry')
    return [
      ...inToml('poetry.toml', poetryEffects),
      ...inToml('pyproject.toml', (one) => projectEffects(one, 'poetry')),
    ];
  if (manager === 'pdm')
    return [...inToml('pdm.toml', pdmEffects), ...inToml('pyproject.toml', (one) => projectEffects(one, 'pdm'))];
  if (manager === 'pipenv') return [...inToml('Pipfile', pipenvEffects), ...ofPip(folder, io)];
  return manager === 'pip' ? ofPip(folder, io) : [];
}

/** Of a pip.conf that pip is led to within the repository; it looks for none in a project by itself. */
function ofPip(folder: string, io: Io): readonly Settings[] {
  const prefix = io.env['VIRTUAL_ENV'] ?? '';
  const named = [io.env['PIP_CONFIG_FILE'] ?? '', prefix === '' ? '' : join(prefix, 'pip.conf')];
  const paths = named.filter((path) => path !== '').map((path) => resolve(io.cwd, path));
  return paths
    .filter((path) => isInRepository(path, folder))
    .flatMap((path) => {
      const text = namedFile(dirname(path), path, io);
      if (text === null) return [];
      const sections = parseIni(text);
      const options = ['DEFAULT', 'global', 'install'].flatMap((name) => [...(sections.get(name) ?? [])]);
      const values = new Map(options.map(([name, { value }]) => [name, value]));
      return [{ file: shownPath(path, io), path, effects: pipEffects(values) }];
    });
}

/** Plugins that are loaded from the repository, and the Python that PDM runs. */
async function inFolders(manager: 'pdm' | 'poetry', folder: string, io: Io): Promise<readonly Finding[]> {
  const committed = await committedOf([join(folder, manager === 'pdm' ? '.pdm-plugins' : '.poetry')]);
  const loaded = committed.map((path) => otherCode(`${shownPath(path, io)} of the repository`, 'repository'));
  const [file] = manager === 'pdm' ? await committedOf([join(folder, '.pdm-python')]) : [];
  const python = file === undefined ? '' : (namedFile(folder, file, io) ?? '').trim();
  if (file === undefined || python === '' || !isPathHere(python, folder, folder)) return loaded;
  return [...loaded, otherCode(`${python} of ${shownPath(file, io)}`, 'repository')];
}
