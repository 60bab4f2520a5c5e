import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { statAt } from '../../store/found.ts';
import { tableOf } from '../../readers/toml-tables.ts';
import { escapeText } from '../../report/words/escape.ts';
import type { Io } from '../io.ts';
import { isSet, tomlFile } from '../project/uv-settings.ts';
import { above, demandAudited, demandPlace, type Check, type Held, type Inner } from './check.ts';
import { readCommand, refuse, refuseUnlocked, verbIn, type Command } from './programs/grammar.ts';
import { programOf } from './programs/index.ts';
import { PROJECT_INSTALLERS, PYTHON_RUNNERS } from './programs/python.ts';
import { nameOf, type Started } from './started.ts';

/** Demands that an installer of Python installs what an audited lockfile has, and nothing else. */
export const checkPython: Check = async (started, held) => {
  const { program, args } = started;
  const what = escapeText([program.name, ...args].join(' '), 200);
  if (PYTHON_RUNNERS.includes(program)) {
    const [first = ''] = args;
    if (/^(?:-h|-V|--help|--version)$/.test(first) || verbIn(program.grammar, first) !== null) return null;
    refuse(`${what} may fetch and run what no audited lockfile has: run it by itself`);
  }
  const command = readCommand(program.grammar, program.name, args);
  const { verb, does, names } = command;
  if (does === 'plain') {
    if (program.name === 'uv' && verb === 'version' && names.length > 0) refuseUnlocked(what);
    return null;
  }
  const folder = await demandPlace({ ...started, through: [...started.through, ...pythonsOf(command)] }, held.io);
  const env = { ...held.io.env, ...started.env };
  const installer = PROJECT_INSTALLERS.find(({ name }) => name === program.name);
  if (installer !== undefined) {
    if (program.name === 'pipenv') demandNoEnvFile(what, folder, env);
    if (does === 'runs') return ofProject(command, what, started, folder, held.io);
    if (names.length > 0) refuseUnlocked(what);
    const needed = installer.needs[verb] ?? [];
    if (needed.length > 0 && !needed.some((option) => command.given.has(option))) {
      refuse(`${what} locks anew where the project asks for something else: give it ${needed[0] ?? ''}`);
    }
    const project = above(folder, installer.project);
    const lockfiles = installer.lockfiles
      .map((name) => join(dirname(project ?? ''), name))
      .filter((path) => project !== null && existsSync(path));
    if (lockfiles.length === 0) refuseUnlocked(what);
    for (const path of lockfiles) demandAudited(path, what, held);
    demandOmitted(program.name, command, what, held);
    return null;
  }
  if (program.name === 'pip' || verb.startsWith('pip ')) {
    demandHashed(command, what, folder, env, held);
    return null;
  }
  const inner = does === 'runs' ? { line: demandNoScript(command, what, folder), start: started } : null;
  const isOn = (option: string): boolean =>
    command.given.has(`--${option}`) || isSet(env[`UV_${option.replaceAll('-', '_').toUpperCase()}`]);
  if (does === 'runs' && isOn('no-sync')) return inner;
  if (!isOn('locked') && !isOn('frozen') && !command.given.has('--check')) {
    refuse(`${what} locks anew where pyproject.toml asks for something else than uv.lock: give it --locked`);
  }
  const lockfile = above(folder, 'uv.lock');
  if (lockfile === null) return refuseUnlocked(what);
  demandAudited(lockfile, what, held);
  demandUvOmits(command, what, dirname(lockfile), env, held);
  return inner;
};

/** Interpreters that a command names, which it starts; an environment stands for the one in it. */
function pythonsOf({ given }: Command): readonly string[] {
  const named = ['-p', '--python'].flatMap((option) => given.get(option) ?? []);
  return named.flatMap((one) => [one, `${one}/bin/python`, `${one}/Scripts/python`]);
}

/** Where projects have scripts, which their tool runs in place of the program of that name. */
const SCRIPTS: Readonly<Record<string, readonly [file: string, ...tables: readonly string[]]>> = {
  pdm: ['pyproject.toml', 'tool', 'pdm', 'scripts'],
  pipenv: ['Pipfile', 'scripts'],
};

/** What `pdm run` and its like start. Throws UsageError where that is a script of the project with a program's name. */
function ofProject({ rest }: Command, what: string, started: Started, folder: string, io: Io): Inner {
  const [file = '', ...tables] = SCRIPTS[started.program.name] ?? [];
  const root = dirname(above(folder, file) ?? join(folder, file));
  const document = file === '' ? undefined : tomlFile(root, file, io)?.table;
  const scripts = tables.reduce((table, name) => tableOf(table.get(name)), tableOf(document));
  const [name = ''] = rest;
  if (scripts.has(name) && programOf(nameOf(name)) !== null) {
    refuse(
      `${what} runs the script ${escapeText(name, 80)} of ${file}, and not the program: call the script something else`,
    );
  }
  // https://pdm-project.org/en/latest/usage/scripts/#shared-options
  return { line: rest, start: started, isUnseen: tableOf(scripts.get('_')).size > 0 };
}

/** Pipenv takes variables from a file of the project, before whatever it does, and hands them to pip. */
function demandNoEnvFile(what: string, folder: string, env: Io['env']): void {
  if (isSet(env['PIPENV_DONT_LOAD_ENV'])) return;
  const named = env['PIPENV_DOTENV_LOCATION'] ?? '';
  const path = named === '' ? join(dirname(above(folder, 'Pipfile') ?? join(folder, 'Pipfile')), '.env') : named;
  if (statAt(resolve(folder, path)) === undefined) return;
  refuse(
    `${what} takes variables from ${escapeText(basename(path), 80)}, which may lead pip elsewhere: set PIPENV_DONT_LOAD_ENV=1`,
  );
}

/** pip installs what a file locks where each of its requirements has a hash, and nothing else is named. */
function demandHashed({ verb, given, names }: Command, what: string, folder: string, env: Io['env'], held: Held): void {
  const valuesOf = (...options: readonly string[]): readonly string[] =>
    options.flatMap((option) => given.get(option) ?? []);
  const areFiles = verb === 'pip sync';
  const files = [...valuesOf('-r', '--requirement', '--requirements'), ...(areFiles ? names : [])];
  if (files.length === 0 || (!areFiles && names.length > 0)) refuseUnlocked(what);
  const variable = verb === 'install' ? 'PIP_REQUIRE_HASHES' : 'UV_REQUIRE_HASHES';
  if (!given.has('--require-hashes') && !isSet(env[variable])) {
    refuse(`${what} takes what has no hash as it comes: give it --require-hashes`);
  }
  // A constraint may bring the hash of what it constrains.
  for (const file of [...files, ...valuesOf('-c', '--constraint', '--constraints')]) {
    demandAudited(resolve(folder, file), what, held);
  }
}

/** What `uv run` starts. Throws UsageError where that has requirements of its own (PEP 723), or may have. */
export function demandNoScript({ given, rest }: Command, what: string, folder: string): readonly string[] {
  const [script = ''] = rest;
  const asModule = given.has('-m') || given.has('--module');
  const path = resolve(folder, script);
  // As uv finds the block: https://packaging.python.org/en/latest/specifications/inline-script-metadata
  const hasOwn = (): boolean =>
    statAt(path)?.isFile() === true && /(?:^|[\r\n])# \/\/\/ script/.test(readFileSync(path, 'latin1'));
  if (!asModule && (script === '-' || /^https?:/i.test(script) || (/\.py[cw]?$/i.test(script) && hasOwn()))) {
    refuse(
      `${what} installs what the script itself requires, which no uv.lock has: start it with python, or as a module (-m)`,
    );
  }
  return asModule ? ['python', '-m', ...rest] : rest;
}

function demandUvOmits({ given }: Command, what: string, folder: string, env: Io['env'], { omit, io }: Held): void {
  const has = (...options: readonly string[]): boolean => options.some((option) => given.has(`--${option}`));
  const uv = tableOf(tableOf(tomlFile(folder, 'pyproject.toml', io)?.table.get('tool')).get('uv'));
  const only = has('only-dev', 'only-group');
  const without = given.get('--no-group')?.includes('dev') === true || has('no-dev') || isSet(env['UV_NO_DEV']);
  const isNone = has('no-default-groups') || isSet(env['UV_NO_DEFAULT_GROUPS']);
  // What pyproject.toml makes a default is another set of groups than dev alone.
  const leaves = isNone || (without && uv.get('default-groups') === undefined);
  const isOmitted: Readonly<Record<string, boolean>> = {
    dev: leaves && !only && !has('group', 'all-groups', 'dev'),
    optional: !has('extra', 'all-extras'),
    peer: true,
  };
  for (const kind of omit) if (isOmitted[kind] !== true) refuseOmit(what, kind);
}

/** Poetry's groups but `main` are for development, and so are Pipenv's categories; PDM's groups are optional. */
function demandOmitted(name: string, { given }: Command, what: string, { omit }: Held): void {
  const has = (...options: readonly string[]): boolean => options.some((option) => given.has(option));
  const isOmitted: Readonly<Record<string, Readonly<Record<string, boolean>>>> = {
    poetry: {
      dev: given.get('--only')?.every((groups) => groups === 'main') === true,
      optional: !has('--extras', '-E', '--all-extras'),
    },
    pdm: { dev: true, optional: has('--prod', '--production') && !has('-G', '--group', '--with', '-d', '--dev') },
    pipenv: { dev: !has('--dev', '-d', '--categories'), optional: true },
  };
  for (const kind of omit) if (kind !== 'peer' && isOmitted[name]?.[kind] !== true) refuseOmit(what, kind);
}

/** Throws UsageError for a command that installs what was left out of the audit. */
export function refuseOmit(what: string, kind: string): never {
  return refuse(
    `${what} is not told to leave out ${kind} dependencies, which --omit ${kind} leaves out of the audit: tell both, or neither`,
  );
}
