import { posix } from 'node:path';
import type { InstalledFile } from '../../../model/bytes.ts';
import { readEntryPoints } from './entry-points.ts';
import type { Scheme } from './layout.ts';
import { foldersOf, importedAs, isLoaded, isStartUp, isUnchecked } from './loaded.ts';
import { isOfEnvironment, isOfSetuptools, isProgramOfEnvironment, isSeed } from './own-files.ts';

/**
 * Whose a file is that no wheel accounts for, as what is installed claims it: a distribution that the lockfile does not
 * name (`unlocked`); one of the project's own folders, or of a source that is no index (`own`); or one that is locked
 * and was not compared now (`unasked`).
 */
export interface Claimant {
  readonly kind: 'unlocked' | 'own' | 'unasked';
  /** Normalised. */
  readonly name: string;
}

/** An environment, of which some files are accounted for. Paths are relative to it. */
export interface Accounted {
  readonly scheme: Scheme;
  readonly files: ReadonlyMap<string, InstalledFile>;
  /** What a wheel accounts for. */
  readonly claimed: ReadonlySet<string>;
  readonly claimantOf: (path: string) => Claimant | null;
  /** The content of a file; null where it is too large for what it is, or cannot be read. */
  readonly read: (path: string) => Uint8Array | null;
  /** Whether a folder, as a .pth file names it, is the project's own. */
  readonly isOfProject: (folder: string) => boolean;
}

/** What is left of an environment; paths are relative to it. */
export interface Leftovers {
  /** What Python runs or loads by itself, or in place of what was proven. */
  readonly added: readonly string[];
  /** Other files; compiled ones of which nobody can say that they are made of what was proven. */
  readonly beside: readonly string[];
}

type Judged = keyof Leftovers | null;

export function judgeLeftovers(env: Accounted): Leftovers {
  const { scheme, files, claimed } = env;
  const proven = provenModules(env);
  const found = { added: [] as string[], beside: [] as string[] };
  for (const [path, file] of files) {
    if (claimed.has(path)) continue;
    const within = path.startsWith(`${scheme.site}/`) ? path.slice(scheme.site.length + 1) : null;
    const judged = within === null ? judgeProgram(path, env) : judgeFile(path, within, file, env, proven);
    if (judged !== null) found[judged].push(path);
  }
  return found;
}

function judgeProgram(path: string, { claimantOf }: Accounted): Judged {
  return claimantOf(path) !== null || isProgramOfEnvironment(posix.basename(path)) ? null : 'added';
}

function judgeFile(path: string, within: string, file: InstalledFile, env: Accounted, proven: Proven): Judged {
  const compiled = /^(.*\/)?__pycache__\/([^/.]+)\.[^/]*\.pyc$/.exec(within);
  if (compiled !== null && file.kind === 'file') {
    const source = `${env.scheme.site}/${compiled[1] ?? ''}${compiled[2] ?? ''}.py`;
    return judgeCompiled(path, source, env);
  }
  const claimant = env.claimantOf(path);
  if (claimant === null) {
    if (isOfEnvironment(within, file.digest)) return null;
    // Python follows a link to a package.
    return file.kind !== 'file' || isLoaded(within) ? 'added' : 'beside';
  }
  if (isStartUp(within)) return judgeStartUp(path, within, file, claimant, env);
  if (replaces(within, proven)) return 'added';
  const isPlugin = claimant.kind === 'unlocked' && !isSeed(claimant.name) && within.endsWith('-info/entry_points.txt');
  if (!isPlugin) return null;
  const content = env.read(path);
  return content === null || readEntryPoints(content).hasOthers ? 'added' : null;
}

/** Nothing but Python itself can say whether it is made of its source; where that is not looked at, nor is this. */
function judgeCompiled(path: string, source: string, env: Accounted): Judged {
  const isOfOther =
    !env.claimed.has(source) &&
    (env.claimantOf(source) !== null ||
      isOfEnvironment(source.slice(env.scheme.site.length + 1), env.files.get(source)?.digest ?? null));
  if (isOfOther) return null;
  if (!env.files.has(source)) return 'beside';
  const content = env.read(path);
  return content === null || isUnchecked(content) ? 'added' : 'beside';
}

function judgeStartUp(
  path: string,
  within: string,
  { kind, digest }: InstalledFile,
  claimant: Claimant,
  env: Accounted,
): Judged {
  const isKnown = claimant.name === 'setuptools' && isOfSetuptools(within, digest);
  if (claimant.kind === 'unlocked') return isKnown ? 'beside' : 'added';
  // That it is of its wheel only its RECORD says, which whoever wrote the file can write, too.
  if (claimant.kind === 'unasked') return isKnown ? null : 'beside';
  const content = kind === 'file' && within.endsWith('.pth') ? env.read(path) : null;
  const folders = content === null ? null : foldersOf(content);
  return folders?.every(env.isOfProject) === true ? null : 'beside';
}

/** What proven files are imported as. */
interface Proven {
  readonly modules: ReadonlySet<string>;
  /** Packages whose modules are all of the wheels that have them. */
  readonly packages: ReadonlySet<string>;
}

function provenModules({ scheme, claimed }: Accounted): Proven {
  const modules = new Set<string>();
  const packages = new Set<string>();
  for (const path of claimed) {
    if (!path.startsWith(`${scheme.site}/`)) continue;
    const within = path.slice(scheme.site.length + 1);
    const module = importedAs(within);
    if (module === null) continue;
    if (/(?:^|\/)__init__\.[^/]*$/.test(within)) packages.add(module);
    // A folder without __init__.py is a package, too.
    for (let name = module; name !== '.' && !modules.has(name); name = posix.dirname(name)) modules.add(name);
  }
  return { modules, packages };
}

/** Whether a module is imported in place of a proven one, or as a part of a proven package. */
function replaces(within: string, { modules, packages }: Proven): boolean {
  const module = importedAs(within);
  if (module === null) return false;
  if (modules.has(module)) return true;
  for (let folder = posix.dirname(module); folder !== '.'; folder = posix.dirname(folder)) {
    if (packages.has(folder)) return true;
  }
  return false;
}
