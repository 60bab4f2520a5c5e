import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { escapeText } from '../../report/words/escape.ts';
import type { Io } from '../io.ts';

/** An installer that finds the project, and its lockfile, by itself. */
interface Installer {
  readonly program: RegExp;
  /** What it takes for the project: the nearest folder with this file, from the working folder upwards. */
  readonly project: string;
  /** Its lockfile, and others that it may read instead. */
  readonly lockfiles: readonly [string, ...string[]];
  /** Commands that install from the lockfile, and the options of which each needs one; none where it needs none. */
  readonly installs: ReadonlyMap<string, readonly string[]>;
  /** Commands that take what no lockfile names yet, or write one. */
  readonly resolves: readonly string[];
  /** Options of installing that lead to nothing else; any other is refused. */
  readonly flags: readonly string[];
  /** Those with a value in the next word, or behind an equals sign. */
  readonly valued: readonly string[];
  /** Variables with which it installs something else. */
  readonly variables: readonly string[];
}

const INSTALLERS: readonly Installer[] = [
  {
    // https://python-poetry.org/docs/cli; it stops where the lockfile does not fit pyproject.toml.
    program: /^(?:.*[/\\])?poetry(?:\.exe)?$/,
    project: 'pyproject.toml',
    lockfiles: ['poetry.lock'],
    installs: new Map([
      ['install', []],
      ['sync', []],
    ]),
    resolves: ['add', 'remove', 'update', 'lock', 'self', 'build', 'publish', 'init', 'new', 'python'],
    flags: [
      ...['--sync', '--no-root', '--no-directory', '--dry-run', '--all-extras', '--all-groups', '--only-root'],
      ...['--compile', '--quiet', '-q', '--ansi', '--no-ansi', '--no-interaction', '-n', '--no-plugins', '--no-cache'],
      ...['-v', '-vv', '-vvv', '--verbose'],
    ],
    valued: ['--with', '--without', '--only', '--extras', '-E'],
    variables: [],
  },
  {
    // https://pdm-project.org/en/latest/reference/cli; `pdm install --frozen-lockfile` resolves anew and installs that.
    program: /^(?:.*[/\\])?pdm(?:\.exe)?$/,
    project: 'pyproject.toml',
    lockfiles: ['pdm.lock', 'pylock.toml'],
    installs: new Map([
      ['install', ['--check']],
      ['sync', []],
    ]),
    resolves: ['add', 'remove', 'update', 'lock', 'self', 'plugin', 'build', 'publish', 'init', 'new', 'python', 'py'],
    flags: [
      ...['--check', '--no-default', '-d', '--dev', '--prod', '--production', '--no-editable', '--no-self'],
      ...['--fail-fast', '-x', '--no-isolation', '--dry-run', '--clean', '--clean-unselected', '--only-keep'],
      ...['--reinstall', '--quiet', '-q', '-v', '-vv', '--verbose'],
    ],
    valued: ['-G', '--group', '--with', '--without', '--skip', '-k'],
    variables: ['PDM_PROJECT', 'PDM_LOCKFILE', 'PDM_OVERRIDE', 'PDM_NO_LOCK', 'PDM_FROZEN_LOCKFILE'],
  },
  {
    // https://pipenv.pypa.io/en/latest/cli.html
    program: /^(?:.*[/\\])?pipenv(?:\.exe)?$/,
    project: 'Pipfile',
    lockfiles: ['Pipfile.lock', 'pylock.toml'],
    installs: new Map([
      ['install', ['--deploy', '--ignore-pipfile']],
      ['sync', []],
    ]),
    resolves: ['uninstall', 'update', 'upgrade', 'lock', 'pylock'],
    flags: [
      ...['--deploy', '--ignore-pipfile', '--system', '--site-packages', '--no-site-packages', '--verbose', '-v'],
      ...['--quiet', '-q', '--clear', '--dev', '-d', '--all', '--bare', '--clean'],
    ],
    valued: ['--python', '--categories', '--extras'],
    variables: ['PIPENV_PIPFILE', 'PIPENV_SKIP_LOCK', 'PIPENV_PYPI_MIRROR', 'PIPENV_EXTRA_PIP_ARGS'],
  },
];

/** What a command of such an installer does. */
type ProjectInstall =
  /** It installs nothing, or is of another program. */
  | { readonly kind: 'none' }
  /** It installs from these lockfiles, which must have been audited. */
  | { readonly kind: 'locked'; readonly lockfiles: readonly string[] }
  /** It may install what no lockfile names. */
  | { readonly kind: 'resolves' }
  /** Why it may install something else than its lockfile says: what stands behind the command in a sentence. */
  | { readonly kind: 'elsewhere'; readonly why: string };

/** Whether a word is the name of such an installer. */
export function isProjectInstaller(word: string): boolean {
  return INSTALLERS.some(({ program }) => program.test(word));
}

/** Reads a command, its program first, that is run in this folder with these variables. */
export function readProjectInstall(words: readonly string[], folder: string, env: Io['env']): ProjectInstall {
  const [program = '', ...rest] = words;
  const installer = INSTALLERS.find((one) => one.program.test(program));
  if (installer === undefined) return { kind: 'none' };
  const { flags, valued, installs, resolves } = installer;
  let verb: string | null = null;
  const given = new Set<string>();
  for (let at = 0; at < rest.length; at += 1) {
    const word = rest[at] ?? '';
    if (!word.startsWith('-')) {
      // Behind the command it is the name of a package.
      if (verb !== null) return { kind: 'resolves' };
      verb = word;
      if (resolves.includes(verb)) return { kind: 'resolves' };
      if (!installs.has(verb)) return { kind: 'none' };
    } else if (flags.includes(word)) given.add(word);
    else if (valued.includes(word)) at += 1;
    else if (!valued.some((one) => word.startsWith(one.startsWith('--') ? `${one}=` : one))) {
      return { kind: 'elsewhere', why: `is given ${escapeText(word, 80)}, with which it may install something else` };
    }
  }
  const needed = installs.get(verb ?? '');
  if (needed === undefined) return { kind: 'none' };
  const variable = installer.variables.find((one) => (env[one] ?? '') !== '');
  if (variable !== undefined) return { kind: 'elsewhere', why: `follows ${variable}, which leads it elsewhere` };
  if (needed.length > 0 && !needed.some((option) => given.has(option))) {
    return { kind: 'elsewhere', why: `locks anew where the project asks for something else: give it ${needed[0]}` };
  }
  const lockfiles = lockfilesOf(installer, folder);
  return lockfiles.length === 0 ? { kind: 'resolves' } : { kind: 'locked', lockfiles };
}

function lockfilesOf({ project, lockfiles }: Installer, folder: string): readonly string[] {
  for (let at = folder; ; at = dirname(at)) {
    if (existsSync(join(at, project)))
      return lockfiles.map((name) => join(at, name)).filter((path) => existsSync(path));
    if (at === dirname(at)) return [];
  }
}
