import { existsSync, realpathSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { escapeText } from '../../report/words/escape.ts';
import type { Io } from '../io.ts';
import { isProjectInstaller, readProjectInstall } from './python-projects.ts';
import { shellCommands } from './shell-words.ts';

const SHELLS = /^(?:.*\/)?(?:sh|bash|dash|zsh|ksh)$/;
const PYTHON = /^(?:.*[/\\])?(?:python(?:\d+(?:\.\d+)?)?|py)(?:\.exe)?$/;
const PIP = /^(?:.*[/\\])?pip(?:\d+(?:\.\d+)?)?(?:\.exe)?$/;
const UV = /^(?:.*[/\\])?uv(?:\.exe)?$/;
const UVX = /^(?:.*[/\\])?(?:uvx|pipx)(?:\.exe)?$/;

/** Commands of uv that take what no lockfile names, or write one. */
const UV_RESOLVES: readonly string[] = ['add', 'remove', 'lock', 'tool', 'upgrade', 'build', 'init', 'x'];
/** Options that lead an installer to other files than those of the lockfile. */
const ELSEWHERE: readonly string[] = [
  ...['-i', '--index-url', '--extra-index-url', '--index', '--default-index', '-f', '--find-links', '--no-index'],
  ...[
    '-e',
    '--editable',
    '-U',
    '--upgrade',
    '-P',
    '--upgrade-package',
    '--with',
    '--with-editable',
    '--with-requirements',
  ],
  ...['--config-file', '--no-config', '--project', '--directory', '--script', '--proxy', '--python-platform'],
];
/** Options of installing that have a value in the next word, which is no name of a package. */
const VALUED: readonly string[] = [
  ...[
    '-r',
    '--requirement',
    '--requirements',
    '-c',
    '--constraint',
    '-t',
    '--target',
    '--prefix',
    '--root',
    '--python',
  ],
  ...['--only-binary', '--no-binary', '--cache-dir', '--platform', '--python-version', '--implementation', '--abi'],
  ...['--group', '--extra', '--no-group', '--only-group', '--package', '-p', '--src', '--progress-bar', '--retries'],
  ...['--timeout', '--log', '--cert', '--trusted-host', '--link-mode', '--no-install-package', '--report'],
];

/**
 * Why a command of Python's installers must not run after the audit of these files; null where it installs what one of
 * them locks and nothing else, and for every other program.
 */
export function whyNotPython(line: readonly string[], audited: readonly string[], io: Io): string | null {
  for (const { words, folder, env } of commandsIn(line)) {
    const start = resolve(io.cwd, folder ?? '.');
    const why = whyNot(words, audited, start, { ...io.env, ...env });
    if (why !== null) return why;
  }
  return null;
}

interface Started {
  readonly words: readonly string[];
  readonly folder: string | null;
  readonly env: Readonly<Record<string, string>>;
}

/**
 * The command itself, or those that a shell is given, from each installer among its words on: programs that run others
 * (`poetry run pip`) are looked through.
 */
function commandsIn(line: readonly string[]): readonly Started[] {
  const text = SHELLS.test(line[0] ?? '') ? line[line.findIndex((word) => /^-\w*c$/.test(word)) + 1] : undefined;
  const all = text === undefined ? [{ words: line, folder: null, env: {} }] : shellCommands(text);
  return all.flatMap(({ words, folder, env }) => {
    const isInstaller = (word: string): boolean =>
      [PIP, UV, UVX, PYTHON].some((program) => program.test(word)) || isProjectInstaller(word);
    return words.flatMap((word, at) => (isInstaller(word) ? [{ words: words.slice(at), folder, env }] : []));
  });
}

function whyNot(words: readonly string[], audited: readonly string[], folder: string, env: Io['env']): string | null {
  const [program = '', ...rest] = words;
  if (PYTHON.test(program)) {
    const at = rest.indexOf('-m');
    return at === 0 ? whyNot(rest.slice(1), audited, folder, env) : null;
  }
  const what = escapeText(words.join(' '), 200);
  if (UVX.test(program)) return unlocked(what);
  const install = readProjectInstall(words, folder, env);
  if (install.kind === 'resolves') return unlocked(what);
  if (install.kind === 'elsewhere') return `${what} ${install.why}`;
  if (install.kind === 'locked') return firstOf(install.lockfiles, (path) => whyNotAudited(what, path, audited));
  const [verb = '', ...args] = rest;
  if (PIP.test(program)) return abbreviated(args, what) ?? whyNotPip(verb, args, what, audited, folder, env);
  if (!UV.test(program)) return null;
  if (verb === 'pip') return whyNotPip(args[0] ?? '', args.slice(1), what, audited, folder, env);
  if (UV_RESOLVES.includes(verb)) return unlocked(what);
  if (verb !== 'sync' && verb !== 'run') return null;
  // What follows the program that is run is its own.
  const given = verb === 'run' ? args.slice(0, commandAt(args)) : args;
  const led = elsewhere(given, what);
  if (led !== null) return led;
  const isSet = (option: string): boolean =>
    given.includes(`--${option}`) ||
    /^(?:1|true|yes|on|t|y)$/i.test(env[`UV_${option.replace('-', '_').toUpperCase()}`] ?? '');
  if (verb === 'run' && isSet('no-sync')) return null;
  if (!isSet('locked') && !isSet('frozen')) {
    return `${what} locks anew where pyproject.toml asks for something else than uv.lock: give it --locked`;
  }
  const lockfile = above(folder, 'uv.lock');
  return lockfile === null ? unlocked(what) : whyNotAudited(what, lockfile, audited);
}

/** pip installs what a file locks where each of its requirements has a hash, and nothing else is named. */
function whyNotPip(
  verb: string,
  args: readonly string[],
  what: string,
  audited: readonly string[],
  folder: string,
  env: Io['env'],
): string | null {
  if (['download', 'wheel', 'lock', 'compile'].includes(verb)) return unlocked(what);
  if (verb !== 'install' && verb !== 'sync') return null;
  const led = elsewhere(args, what);
  if (led !== null) return led;
  const { files, names } = requirementsOf(args, verb === 'sync');
  if (names.length > 0 || files.length === 0) return unlocked(what);
  const variable = env['PIP_REQUIRE_HASHES'] ?? env['UV_REQUIRE_HASHES'] ?? '';
  if (!args.includes('--require-hashes') && !/^(?:1|true|yes|on|t|y)$/i.test(variable)) {
    return `${what} takes what has no hash as it comes: give it --require-hashes`;
  }
  return firstOf(files, (file) => whyNotAudited(what, resolve(folder, file), audited));
}

/** pip takes the beginning of an option for it, where no other one has the same. */
function abbreviated(args: readonly string[], what: string): string | null {
  const options = [...ELSEWHERE, ...VALUED];
  for (const word of args) {
    const [name = ''] = word.split('=', 1);
    if (!/^--./.test(name) || options.includes(name)) continue;
    const full = options.find((one) => one.startsWith(name));
    if (full !== undefined) return `${what} is given ${escapeText(name, 80)}: write ${full} in full`;
  }
  return null;
}

function firstOf<T>(all: readonly T[], why: (one: T) => string | null): string | null {
  for (const one of all) {
    const found = why(one);
    if (found !== null) return found;
  }
  return null;
}

function requirementsOf(
  args: readonly string[],
  areFiles: boolean,
): { readonly files: readonly string[]; readonly names: readonly string[] } {
  const files: string[] = [];
  const names: string[] = [];
  for (let i = 0; i < args.length; i += 1) {
    const word = args[i] ?? '';
    const [, glued] = /^(?:-r|--requirements?=)(.+)$/.exec(word) ?? [];
    if (glued !== undefined) files.push(glued.replace(/^=/, ''));
    else if (VALUED.includes(word)) {
      i += 1;
      if (['-r', '--requirement', '--requirements'].includes(word)) files.push(args[i] ?? '');
    } else if (!word.startsWith('-')) (areFiles ? files : names).push(word);
  }
  return { files, names };
}

function elsewhere(args: readonly string[], what: string): string | null {
  const option = ELSEWHERE.find((one) =>
    args.some(
      (word) =>
        word === one ||
        word.startsWith(`${one}=`) ||
        (/^-\w$/.test(one) && word.startsWith(one) && !word.startsWith('--')),
    ),
  );
  return option === undefined
    ? null
    : `${what} is given ${option}, with which it may install something else than what was audited`;
}

/** Where the program that `uv run` starts stands among its words. */
function commandAt(args: readonly string[]): number {
  for (let i = 0; i < args.length; i += 1) {
    const word = args[i] ?? '';
    if (word === '--') return i;
    if (VALUED.includes(word) || ELSEWHERE.includes(word)) i += 1;
    else if (!word.startsWith('-')) return i;
  }
  return args.length;
}

function unlocked(what: string): string {
  return `${what} may install what no lockfile names yet: run it by itself, then audit what it locked`;
}

function whyNotAudited(what: string, lockfile: string, audited: readonly string[]): string | null {
  if (audited.some((path) => real(path) === real(lockfile))) return null;
  return `${what} installs from ${escapeText(lockfile, 200)}, which was not audited`;
}

/** The file in this folder or the nearest one above it. */
function above(folder: string, name: string): string | null {
  for (let at = folder; ; at = dirname(at)) {
    if (existsSync(join(at, name))) return join(at, name);
    if (at === dirname(at)) return null;
  }
}

function real(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return resolve(path);
  }
}
