import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import type { NamedEnvironment, PypiSource } from '../../ecosystems/pypi/source.ts';
import type { Lockfile } from '../../model/dependency.ts';
import { listOf, tableOf, textsOf } from '../../readers/toml-tables.ts';
import type { NetConfig } from '../../net/config.ts';
import { createHttpClient } from '../../net/client.ts';
import type { HttpClient } from '../../net/request.ts';
import { environmentNetwork } from '../../net/environment.ts';
import { settingsOf, type IndexSettings } from '../../registries/pypi/config/indexes.ts';
import { oneIndex } from '../../lockfiles/pypi/pyproject.ts';
import { pipIndexes } from '../../registries/pypi/config/pip.ts';
import { uvIndexes } from '../../registries/pypi/config/uv.ts';
import { pypiIndex } from '../../registries/pypi/index.ts';
import { UsageError } from '../exit.ts';
import type { Io, IoBefore } from '../io.ts';
import { readUserFile, shownPath } from '../user-files.ts';
import { demandProjectFile } from './project-file.ts';
import { netrcOf } from './netrc.ts';
import { projectFolders } from './upwards.ts';
import { isSet, tomlFile, uvSettingsAt } from './uv-settings.ts';
import { toOtherThan } from './redirects.ts';

/** How Python packages are asked for, under the settings of who installs them. */
export interface PypiAsking {
  readonly config: NetConfig;
  readonly settings: IndexSettings;
  readonly environmentFor: PypiSource['environmentFor'];
}

/**
 * The settings for the lockfiles of a folder. Throws UsageError where their installers would ask different indexes, and
 * LockfileError for settings that cannot be followed.
 */
export function pypiAsking(managers: ReadonlySet<Lockfile['manager']>, folder: string, io: Io): PypiAsking {
  const all = [...managers].map((manager) => settingsFor(manager, folder, io));
  const [settings = settingsFor('pip', folder, io), ...others] = all;
  const asked = ({ default: index, explicit }: IndexSettings): string => JSON.stringify([index, [...explicit]]);
  if (others.some((one) => asked(one) !== asked(settings))) {
    const names = [...managers].join(' and ');
    throw new UsageError(
      `the lockfiles of ${shownPath(folder, io)} are of ${names}, which ask different indexes: name one of them`,
    );
  }
  const credentials = new Map([...netrcOf(io), ...settings.credentials]);
  const config = environmentNetwork(io.env, credentials);
  return {
    config: io.answers === undefined ? config : { ...config, through: io.answers.through },
    settings,
    environmentFor: (manager) => environmentFor(manager, folder, io),
  };
}

/** What installers are told of where to install: uv goes by another variable than the others, and not by theirs. */
function environmentFor(manager: Lockfile['manager'], folder: string, io: Io): NamedEnvironment | null {
  const by = manager === 'uv' ? 'UV_PROJECT_ENVIRONMENT' : 'VIRTUAL_ENV';
  const value = io.env[by] ?? '';
  if (value === '') return null;
  const path = resolve(folder, value);
  return { path, shown: shownPath(path, io), by };
}

/** Whose settings count in a folder where no lockfile says so. */
export function pythonManagerIn(folder: string): 'uv' | 'pip' {
  return ['uv.lock', 'uv.toml'].some((file) => existsSync(join(folder, file))) ? 'uv' : 'pip';
}

/** Opens the indexes that the settings name. The caller closes it. */
export function openPypi(asking: PypiAsking): PypiSource {
  const { settings, environmentFor } = asking;
  return { index: pypiIndex(pypiClient(asking), settings), environmentFor };
}

/** What asks them, and follows redirects to no other hosts. */
export function pypiClient({ config, settings }: Pick<PypiAsking, 'config' | 'settings'>): HttpClient {
  const addresses = [settings.default, ...settings.explicit.values()];
  const hosts = new Set(addresses.map((address) => new URL(address).host));
  return createHttpClient(config, { refuseRedirect: toOtherThan(hosts) });
}

/** The settings that one manager has for the lockfiles of a folder. Throws UsageError and LockfileError. */
export function settingsFor(manager: Lockfile['manager'], folder: string, io: IoBefore): IndexSettings {
  if (manager === 'uv') return uvIndexes(io.env, uvFiles(folder, io));
  if (manager === 'poetry' || manager === 'pdm') return projectSettings(manager, folder, io);
  return manager === 'pip' ? pipIndexes(io.env, pipFiles(io)) : pipenvSettings(folder, io);
}

/** The one source of a Pipfile, with the values of its variables; PyPI where there is none, or several. */
function pipenvSettings(folder: string, io: IoBefore): IndexSettings {
  const mirror = io.env['PIPENV_PYPI_MIRROR'] ?? '';
  if (mirror !== '') return settingsOf({ url: mirror, by: 'PIPENV_PYPI_MIRROR' }, []);
  const pipfile = tomlFile(folder, 'Pipfile', io);
  if (pipfile === null) return settingsOf(null, []);
  const [source, ...others] = listOf(pipfile.table.get('source'));
  const [url] = textsOf(tableOf(source).get('url'));
  if (url === undefined || others.length > 0) return settingsOf(null, []);
  const address = url.replace(/\$(?:\{(\w+)\}|(\w+))/g, (all, a?: string, b?: string) => io.env[a ?? b ?? ''] ?? all);
  return settingsOf({ url: address, by: `source of ${pipfile.file}:${pipfile.headers('source')[0] ?? 1}` }, []);
}

/** PyPI where pyproject.toml names no index or several, to which what the lockfile names is held then. */
function projectSettings(tool: 'poetry' | 'pdm', folder: string, io: IoBefore): IndexSettings {
  const project = textOf(join(folder, 'pyproject.toml'), io);
  const found = project === null ? null : oneIndex(new Map([['pyproject.toml', project.text]]), tool);
  if (project === null || found === null) return tool === 'pdm' ? pdmSettings(folder, io) : settingsOf(null, []);
  return settingsOf({ url: found.url, by: `tool.${tool}.source of ${project.path}:${found.line}` }, []);
}

/** What PDM asks in place of PyPI (https://pdm-project.org/en/latest/reference/configuration/). */
function pdmSettings(folder: string, io: IoBefore): IndexSettings {
  const settings = tomlFile(folder, 'pdm.toml', io);
  const variable = io.env['PDM_PYPI_URL'] ?? '';
  if (variable !== '') return settingsOf({ url: variable, by: 'PDM_PYPI_URL' }, []);
  const [url] = textsOf(tableOf(settings?.table.get('pypi')).get('url'));
  return settingsOf(url === undefined ? null : { url, by: `pypi.url of ${settings?.file ?? ''}` }, []);
}

interface TextFile {
  readonly path: string;
  readonly text: string;
}

/** The files that uv takes settings from: https://docs.astral.sh/uv/concepts/configuration-files/ */
export function uvFiles(folder: string, io: IoBefore): Parameters<typeof uvIndexes>[1] {
  const { env } = io;
  const project = textOf(join(folder, 'pyproject.toml'), io);
  const named = env['UV_CONFIG_FILE'] ?? '';
  if (named !== '') return { project, settings: present([demanded(named, io)]), isProjects: true };
  if (isSet(env['UV_NO_CONFIG'])) return { project, settings: [], isProjects: true };
  // One file of the project counts, of the nearest folder that has any.
  const nearest = uvSettingsAt(folder, io)?.path ?? null;
  const own = nearest === null || nearest === join(folder, 'pyproject.toml') ? null : textOf(nearest, io);
  const home = configHome(io);
  const others = [join(home, 'uv', 'uv.toml'), ...systemFolders(env).map((each) => join(each, 'uv', 'uv.toml'))];
  const settings = present([own, ...others.map((path) => textOf(path, io))]);
  return { project, settings, isProjects: own !== null };
}

/** Those of pip, the strongest last: https://pip.pypa.io/en/stable/topics/configuration/#location */
export function pipFiles(io: IoBefore): readonly TextFile[] {
  const { env } = io;
  const named = env['PIP_CONFIG_FILE'] ?? '';
  if (named === '/dev/null' || named === 'nul') return [];
  const prefix = env['VIRTUAL_ENV'] ?? '';
  const given = named === '' ? null : textOf(named, io);
  const paths = [
    ...systemFolders(env)
      .toReversed()
      .map((each) => join(each, 'pip', 'pip.conf')),
    '/etc/pip.conf',
    // pip leaves the user's own files out where a variable names one that is there.
    ...(given === null ? [join(homeOf(io), '.pip', 'pip.conf'), join(configHome(io), 'pip', 'pip.conf')] : []),
    ...(prefix === '' ? [] : [join(prefix, 'pip.conf')]),
  ];
  return present([...paths.map((path) => textOf(path, io)), given]);
}

function homeOf({ env }: Io): string {
  return env['HOME'] ?? homedir();
}

/** Files of the project that may name the index of a lockfile of Python, whether or not they are there. */
export function indexFiles(folder: string, io: Io): readonly string[] {
  const ofProject = projectFolders(folder, io).flatMap((each) =>
    ['pyproject.toml', 'uv.toml', 'pdm.toml', 'Pipfile'].map((name) => join(each, name)),
  );
  const named = ['UV_CONFIG_FILE', 'PIP_CONFIG_FILE'].flatMap((name) => io.env[name] ?? []);
  const prefix = io.env['VIRTUAL_ENV'] ?? '';
  const others = [...named, ...(prefix === '' ? [] : [join(prefix, 'pip.conf')])].filter((path) => path !== '');
  return [...new Set([...ofProject, ...others].map((path) => resolve(io.cwd, path)))];
}

function configHome(io: Io): string {
  const { env } = io;
  if (process.platform === 'win32') return env['APPDATA'] ?? join(homeOf(io), 'AppData', 'Roaming');
  return (env['XDG_CONFIG_HOME'] ?? '') === '' ? join(homeOf(io), '.config') : (env['XDG_CONFIG_HOME'] ?? '');
}

function systemFolders(env: Io['env']): readonly string[] {
  const given = (env['XDG_CONFIG_DIRS'] ?? '').split(delimiter).filter((each) => each !== '');
  return given.length > 0 ? given : ['/etc/xdg', '/etc'];
}

function present(files: readonly (TextFile | null)[]): readonly TextFile[] {
  return files.filter((file) => file !== null);
}

/** Throws UsageError where there is no such file. */
function demanded(path: string, io: IoBefore): TextFile {
  const then = io.before?.get(resolve(io.cwd, path)) ?? null;
  if (then !== null) return { path: shownPath(path, io), text: then };
  return { path: shownPath(path, io), text: readUserFile(path, 'the settings of uv', io).toString('utf8') };
}

/** Null where there is no such file. Throws UsageError where it cannot be read. */
function textOf(path: string, io: IoBefore): TextFile | null {
  const then = io.before?.get(resolve(io.cwd, path));
  if (then !== undefined) return then === null ? null : { path: shownPath(path, io), text: then };
  if (!existsSync(path)) return null;
  demandProjectFile(path, io);
  return {
    path: shownPath(path, io),
    text: readUserFile(path, 'the settings of Python packages', io).toString('utf8'),
  };
}
