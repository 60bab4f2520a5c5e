import { delimiter, dirname, join, resolve } from 'node:path';
import { escapeText } from '../../report/words/escape.ts';
import { statAt } from '../../store/found.ts';
import type { Io } from '../io.ts';
import { namesIn } from '../project/listing.ts';
import { committedOf, isCommitted, isInRepository } from '../project/stores.ts';
import { shownPath } from '../user-files.ts';
import { refuse } from './programs/grammar.ts';
import { STANDARD } from './programs/python-modules.ts';
import type { Started } from './started.ts';

/** Endings of what Python imports by the name before them. */
const IMPORTED = /^([^.]+)(?:\.[\w-]+)?\.(?:py[cw]?|so|pyd)$/;
/** What Python imports by itself when it starts. */
const AT_START: readonly string[] = ['sitecustomize', 'usercustomize'];
/** Installers that import nothing but what is their own and the standard library. */
const ALONE: readonly string[] = ['pip', 'uv'];
/** What compilers, linkers and installers start by name: one that is found in the repository takes the place of it. */
const STARTED =
  /^(?:(?:[\w.-]+-)?(?:cc|c\+\+|gcc|g\+\+|clang|clang\+\+|cpp|ld|lld|mold|ar|as|ranlib|nm|strip|pkg-config|gfortran)(?:-[\d.]+)?|git|hg|svn|bzr|fossil|ssh|sh|bash|dash|env|make|cmake|ninja|rustc|rustdoc|rustup|cargo(?:-\w+)?|clippy-driver|go|gofmt|python[\d.]*|pip[\d.]*|uv|node|npm|npx|keyring|protoc)(?:\.(?:exe|cmd|bat))?$/i;
/** Of an environment in which Python, and so pip, is run: what it reads there before it installs. */
const OF_ENVIRONMENT: readonly string[] = ['pip.conf', 'pip.ini', 'lib', 'lib64', 'Lib'];
const ENDINGS: readonly string[] = process.platform === 'win32' ? ['.exe', '.cmd', '.bat', ''] : [''];

/**
 * Demands that a program, and what leads to it, is none that the repository brings along: by PATH, by the path it is
 * called with, or as a module that Python finds before its own. Throws UsageError.
 */
export async function demandNotOwn(started: Started, folder: string, io: Io): Promise<void> {
  const env = { ...io.env, ...started.env };
  for (const word of started.through) {
    const file = found(word, folder, pathOf(started.env) || pathOf(io.env));
    if (file === null || !isInRepository(file, folder) || !(await isCommitted(file))) continue;
    // The release that a setting names, which the report has.
    if (/(?:^|[/\\])\.yarn[/\\]releases[/\\]/.test(word)) continue;
    refuse(
      `${escapeText(word, 80)} is ${shown(file, io)}, which the repository brings along (or may, where git cannot say): call the one of this machine, or take its folder out of PATH`,
    );
  }
  await demandPath(started, folder, io);
  if (started.program.kind !== 'python') return;
  demandOwnModules(started, folder, env, io);
  await demandOwnEnvironment(started, folder, io);
}

/** Throws UsageError where a folder of PATH in the repository has a program that the installer itself starts. */
async function demandPath({ program, env }: Started, folder: string, io: Io): Promise<void> {
  const path = pathOf(env) || pathOf(io.env);
  const places = path === '' ? [] : path.split(delimiter).map((place) => resolve(folder, place));
  for (const place of new Set(places.filter((one) => isInRepository(one, folder)))) {
    for (const name of namesIn(place).filter((one) => STARTED.test(one))) {
      const file = join(place, name);
      // One that another folder of PATH has before it is not started.
      if (found(name, folder, path) !== file || !(await isCommitted(file))) continue;
      refuse(
        `${program.name} may start ${shown(file, io)}, which the repository brings along (or may, where git cannot say): take its folder out of PATH`,
      );
    }
  }
}

/** Throws UsageError where the environment of a Python that is called has settings or modules of the repository. */
async function demandOwnEnvironment({ program, through, env }: Started, folder: string, io: Io): Promise<void> {
  const files = through.map((word) => found(word, folder, pathOf(env) || pathOf(io.env)));
  for (const root of new Set(files.map((file) => (file === null ? null : dirname(dirname(file)))))) {
    if (root === null || !isInRepository(root, folder) || statAt(join(root, 'pyvenv.cfg')) === undefined) continue;
    const [own] = await committedOf(OF_ENVIRONMENT.map((name) => join(root, name)));
    if (own === undefined) continue;
    refuse(
      `${program.name} reads ${shown(own, io)}, which the repository brings along: make the environment elsewhere`,
    );
  }
}

/** That of what clears the variables is the one it was started with. */
function pathOf(env: Io['env']): string {
  return Object.entries(env).find(([name]) => name.toUpperCase() === 'PATH')?.[1] ?? '';
}

/** The file that is run under this name; null for none. */
function found(word: string, folder: string, path: string): string | null {
  const places = /[/\\]/.test(word) ? [''] : path.split(delimiter);
  const all = places.flatMap((place) => ENDINGS.map((ending) => resolve(folder, place, `${word}${ending}`)));
  return all.find((path) => statAt(path)?.isFile() === true) ?? null;
}

/**
 * Throws UsageError where Python would import something of the repository in place of the installer, or of what that
 * imports: `python -m` looks into the working folder first, then into those of PYTHONPATH
 * (https://docs.python.org/3/using/cmdline.html#cmdoption-m).
 */
function demandOwnModules({ program, args, imports }: Started, folder: string, env: Io['env'], io: Io): void {
  const { name } = program;
  const what = escapeText([name, ...args].join(' '), 200);
  if (name === 'uv' && imports === 'environment') return;
  const set = imports === 'none' || (env['PYTHONPATH'] ?? '') === '' ? [] : (env['PYTHONPATH'] ?? '').split(delimiter);
  const places = [
    ...(imports === 'here' ? [{ place: folder, isHere: true }] : []),
    ...set.map((entry) => ({ place: resolve(folder, entry), isHere: false })),
  ];
  for (const { place, isHere } of places.filter((one) => isInRepository(one.place, folder))) {
    const isTaken = (module: string): boolean =>
      module === name ||
      STANDARD.has(module) ||
      /^_(?!_)/.test(module) ||
      (isHere ? !ALONE.includes(name) : AT_START.includes(module));
    const isArchive = statAt(place)?.isFile() === true;
    const isOwn = (file: string): boolean => {
      const module = moduleOf(place, file);
      return module !== null && isTaken(module);
    };
    const own = isArchive ? '' : namesIn(place).find(isOwn);
    if (own === undefined) continue;
    refuse(
      `${what} may import ${shown(join(place, own), io)} in place of a module of its own: ` +
        (isHere ? `call ${name} itself, or python -P -m ${name}` : 'take that out of PYTHONPATH'),
    );
  }
}

/** The module that Python finds under a name in a folder; null where that is none. */
function moduleOf(place: string, file: string): string | null {
  const [, module] = IMPORTED.exec(file) ?? [];
  if (module !== undefined) return module;
  const isPackage = namesIn(join(place, file)).some((name) => IMPORTED.exec(name)?.[1] === '__init__');
  return isPackage ? file : null;
}

const shown = (path: string, io: Io): string => escapeText(shownPath(path, io), 200);
