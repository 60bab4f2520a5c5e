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
  const within = join(folder, '__pypackages__');
  if (kindOf(within) !== 'folder') return [];
  return entriesOf(within)
    .filter((entry) => entry.isDirectory() && kindOf(join(within, entry.name, 'lib')) === 'folder')
    .map(({ name }) => ({ root: join(within, name), shown: `__pypackages__/${name}` }));
}

function localScheme(folder: string, { root }: Place): Scheme {
  const scripts = kindOf(join(root, 'Scripts')) === 'folder' ? 'Scripts' : 'bin';
  const python = /^\d+\.\d+/.exec(root.slice(root.lastIndexOf(sep) + 1))?.[0] ?? '';
  const interpreter = readSmall(join(folder, '.pdm-python'), MAX_CONFIG_BYTES)?.toString('utf8').trim() ?? '';
  return { site: 'lib', scripts, python, interpreters: interpreter === '' ? [] : [interpreter] };
}

function virtualScheme({ root, shown }: Place): Scheme {
  if (kindOf(join(root, 'Scripts')) === 'folder' && kindOf(join(root, 'Lib', 'site-packages')) === 'folder') {
    return { site: 'Lib/site-packages', scripts: 'Scripts', python: '', interpreters: [] };
  }
  const sites = ['lib', 'lib64'].flatMap((lib) =>
    // lib64 is a link to lib wherever it is no folder of its own.
    kindOf(join(root, lib)) !== 'folder'
      ? []
      : entriesOf(join(root, lib))
          .map(({ name }) => `${lib}/${name}/site-packages`)
          .filter((site) => kindOf(join(root, site)) === 'folder'),
  );
  const [site, ...others] = sites;
  if (site === undefined) throw new InstalledError(`${shown} has no site-packages: install again`);
  if (others.length > 0) {
    throw new InstalledError(`${shown} has several folders of packages (${sites.join(', ')}): make it anew`);
  }
  const python = /\d+\.\d+/.exec(site)?.[0] ?? '';
  return { site, scripts: 'bin', python, interpreters: interpretersOf(root, python) };
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

/** https://docs.python.org/3/library/site.html: whatever the case of the key, the last line counts. */
function takesSystem(root: string): boolean {
  if (kindOf(join(root, CONFIG)) === null) return false;
  const text = readSmall(join(root, CONFIG), MAX_CONFIG_BYTES)?.toString('utf8');
  if (text === undefined) return true;
  const lines = text.split(/\r?\n/);
  const values = lines.flatMap((line) => /^\s*include-system-site-packages\s*=\s*(.*?)\s*$/i.exec(line)?.[1] ?? []);
  return values.at(-1)?.toLowerCase() === 'true';
}
