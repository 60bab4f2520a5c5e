import { realpathSync } from 'node:fs';
import { join, sep } from 'node:path';
import type { Scheme } from '../../checks/pypi/installed/layout.ts';
import { readCopy } from '../../installed/copy.ts';
import { entriesOf, kindOf, readSmall } from '../../installed/read.ts';
import { InstalledError } from '../../installed/tree.ts';
import type { InstalledFile } from '../../model/bytes.ts';
import type { PackageManager } from '../../model/dependency.ts';
import { MAX_CONFIG_BYTES } from '../../model/limits.ts';
import { readDistributions, type Distribution } from './distributions.ts';
import type { NamedEnvironment } from './source.ts';

/** A place where packages of Python are installed, with all that is there. */
export interface Environment {
  readonly root: string;
  /** As it is shown. */
  readonly shown: string;
  readonly scheme: Scheme;
  /** What is in the folders of modules and of programs, by path relative to the root. */
  readonly files: ReadonlyMap<string, InstalledFile>;
  readonly distributions: readonly Distribution[];
  /** Whether Python also loads what is installed outside of it. */
  readonly takesSystem: boolean;
}

interface Place {
  readonly root: string;
  readonly shown: string;
}

const USUAL = ['.venv', 'venv', 'env'];
const CONFIG = 'pyvenv.cfg';
/** Of PDM, in the folder of the project. */
const LOCAL = '__pypackages__';
const WINDOWS = 'Lib/site-packages';

/**
 * Finds and reads the environments of a project: the one that is named, else those in its folder. Nothing there is run,
 * and no link followed. Throws InstalledError where there is none, or one that cannot be read.
 */
export async function openEnvironments(
  folder: string,
  manager: PackageManager,
  named: NamedEnvironment | null,
): Promise<readonly Environment[]> {
  const environments: Environment[] = [];
  if (named === null && manager === 'pdm') {
    for (const place of localPackages(folder)) environments.push(await read(place, localScheme(folder, place)));
  }
  for (const place of named === null ? virtualIn(folder, manager) : [demanded(named)]) {
    environments.push(await read(place, virtualScheme(place)));
  }
  if (environments.length > 0) return environments;
  throw new InstalledError(
    'nothing is installed: there is no .venv with a pyvenv.cfg; install first, name the environment by ' +
      `${manager === 'uv' ? 'UV_PROJECT_ENVIRONMENT' : 'VIRTUAL_ENV'}, or leave out --installed`,
  );
}

function demanded({ path, shown, by }: NamedEnvironment): Place {
  if (isVirtual(path)) return { root: path, shown };
  throw new InstalledError(`${by} names ${shown}, where no environment is: it has no pyvenv.cfg`);
}

/** uv makes no other than .venv; the others take whichever is there. */
function virtualIn(folder: string, manager: PackageManager): readonly Place[] {
  const names = manager === 'uv' ? ['.venv'] : USUAL;
  const link = names.find((name) => kindOf(join(folder, name)) === 'link');
  if (link !== undefined) {
    throw new InstalledError(`${link} is a link: assay does not compare what it leads to; name that by VIRTUAL_ENV`);
  }
  return names.map((name) => ({ root: join(folder, name), shown: name })).filter(({ root }) => isVirtual(root));
}

function isVirtual(root: string): boolean {
  return kindOf(root) === 'folder' && kindOf(join(root, CONFIG)) === 'other';
}

/** PEP 582, as PDM has it: a folder for each version of Python. */
function localPackages(folder: string): readonly Place[] {
  if (kindOf(join(folder, LOCAL)) === null) return [];
  demandFolder(folder, LOCAL, '.');
  return entriesOf(join(folder, LOCAL))
    .map(({ name }) => `${LOCAL}/${name}`)
    .filter((shown) => kindOf(join(folder, shown, 'lib')) !== null)
    .map((shown) => {
      demandFolder(folder, `${shown}/lib`, '.');
      return { root: join(folder, shown), shown };
    });
}

function localScheme(folder: string, { root }: Place): Scheme {
  const scripts = kindOf(join(root, 'Scripts')) === 'folder' ? 'Scripts' : 'bin';
  const python = /^\d+\.\d+/.exec(root.slice(root.lastIndexOf(sep) + 1))?.[0] ?? '';
  const interpreter = readSmall(join(folder, '.pdm-python'), MAX_CONFIG_BYTES)?.toString('utf8').trim() ?? '';
  return { site: 'lib', scripts, python, interpreters: interpreter === '' ? [] : [interpreter] };
}

/** Every folder from which a Python may load packages counts: assay does not know which Python will be run. */
function virtualScheme({ root, shown }: Place): Scheme {
  const isWindows = kindOf(join(root, 'Scripts')) === 'folder' && kindOf(join(root, WINDOWS)) !== null;
  const sites = [...(isWindows ? [WINDOWS] : []), ...['lib', 'lib64'].flatMap((lib) => sitesIn(root, lib, shown))];
  const [site, ...others] = sites;
  if (site === undefined) throw new InstalledError(`${shown} has no site-packages: install again`);
  if (others.length > 0) {
    throw new InstalledError(`${shown} has several folders of packages (${sites.join(', ')}): make it anew`);
  }
  demandFolder(root, site, shown);
  if (site === WINDOWS) return { site, scripts: 'Scripts', python: '', interpreters: [] };
  const python = /\d+\.\d+/.exec(site)?.[0] ?? '';
  return { site, scripts: 'bin', python, interpreters: interpretersOf(root, python) };
}

/** The folders of packages in `lib`, one for each version of Python. */
function sitesIn(root: string, lib: string, shown: string): readonly string[] {
  const kind = kindOf(join(root, lib));
  if (kind === null || (kind === 'link' && lib === 'lib64' && leadsTo(join(root, lib), join(root, 'lib')))) return [];
  demandFolder(root, lib, shown);
  return entriesOf(join(root, lib))
    .map(({ name }) => `${lib}/${name}/site-packages`)
    .filter((site) => kindOf(join(root, site)) !== null);
}

function leadsTo(link: string, folder: string): boolean {
  try {
    return kindOf(folder) === 'folder' && realpathSync(link) === realpathSync(folder);
  } catch {
    return false;
  }
}

/** Throws InstalledError where a folder, or one on the way to it, is a link or a file. */
function demandFolder(root: string, path: string, shown: string): void {
  const parts = path.split('/');
  const paths = parts.map((_, i) => parts.slice(0, i + 1).join('/'));
  const odd = paths.find((each) => kindOf(join(root, each)) !== 'folder');
  if (odd !== undefined) {
    throw new InstalledError(
      `${shown}/${odd} is a link, or no folder: assay does not follow it; make the environment anew`,
    );
  }
}

/** As programs name it: by the path of the environment, as it is given or as it is. */
function interpretersOf(root: string, python: string): readonly string[] {
  const roots = new Set([root, realpathSync(root)].map((path) => path.split(sep).join('/')));
  const names = ['python', `python${python.split('.')[0] ?? ''}`, `python${python}`];
  return [...roots].flatMap((path) => names.map((name) => `${path}/bin/${name}`));
}

async function read({ root, shown }: Place, scheme: Scheme): Promise<Environment> {
  const files = new Map<string, InstalledFile>();
  for (const folder of [scheme.site, scheme.scripts]) {
    if (kindOf(join(root, folder)) === null) continue;
    const copy = await readCopy(root, folder, { sizesOf: null, isPart: () => true }).catch((error: unknown) => {
      throw new InstalledError(`${shown}/${folder} cannot be read to its end: ${String(error)}`);
    });
    if (copy.files === null) throw new InstalledError(`${shown}/${folder} is no folder: make the environment anew`);
    for (const [path, file] of copy.files) files.set(`${folder}/${path}`, file);
  }
  const distributions = readDistributions(root, scheme, files);
  return { root, shown, scheme, files, distributions, takesSystem: takesSystem(root) };
}

/** As site.py reads lines (https://docs.python.org/3/library/site.html), of which the last counts; here any does. */
function takesSystem(root: string): boolean {
  if (kindOf(join(root, CONFIG)) === null) return false;
  const text = readSmall(join(root, CONFIG), MAX_CONFIG_BYTES)?.toString('utf8');
  if (text === undefined) return true;
  const values = text.split(/\r\n|[\r\n]/).flatMap((line) => {
    const at = line.indexOf('=');
    const [key, value] = [line.slice(0, Math.max(at, 0)), line.slice(at + 1)].map(stripped);
    return key === 'include-system-site-packages' ? [value] : [];
  });
  return values.includes('true');
}

/** In lower case, without what Python's `strip` takes away: separators among control characters, too. */
function stripped(text: string): string {
  // eslint-disable-next-line no-control-regex -- they are what is meant
  return text.replace(/^[\s\x1c-\x1f\x85]+|[\s\x1c-\x1f\x85]+$/g, '').toLowerCase();
}
