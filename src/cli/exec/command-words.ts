import { basename, isAbsolute, join } from 'node:path';
import type { NodeManager } from '../../model/dependency.ts';
import { settingOfOption, type UseSetting } from '../../lockfiles/settings/names.ts';
import { isLeftOver, isSwitch, NPM_OPTION, npmLetters, npmName } from './npm-words.ts';
import { shellCommands } from './shell-words.ts';

/** Programs that install; of Yarn, which one cannot be seen. */
export type Installer = Exclude<NodeManager, 'yarn-classic'>;

/** A command of a package manager, taken apart. */
export interface ManagerCommand {
  readonly installer: Installer;
  /** The subcommand, such as `install`; empty where only options are given. */
  readonly verb: string;
  /** The words after it that are not options. */
  readonly names: readonly string[];
  /** Its options as settings: `--no-x` as `x` with `false`. Those that name its folder are not among them. */
  readonly settings: readonly UseSetting[];
  /** The folder that an option names, as it is written; null without one. */
  readonly folder: string | null;
  /** The folder it is started in, as it is written; null for that of the whole command line. */
  readonly within: string | null;
  /** Variables that the command line sets for it. */
  readonly env: Readonly<Record<string, string>>;
}

/** A package that is fetched where it is not installed, and run. */
interface RunPackage {
  readonly runs: string;
}

/** A command of go. */
export interface GoCommand {
  /** The words after the program. */
  readonly go: readonly string[];
  readonly within: string | null;
  readonly env: Readonly<Record<string, string>>;
}

interface Words {
  /** Options whose value is the next word. Of one that is missing here, the value counts as a name. */
  readonly valued: readonly string[];
  /** Those that have one only of what runs a package. */
  readonly valuedOfRunner?: readonly string[];
  /** Those that name the folder to work in. */
  readonly folder: readonly string[];
  /** The verbs that run a package by its name. */
  readonly runs: readonly string[];
}

const WORDS: Readonly<Record<Installer, Words>> = {
  npm: {
    valued: words(
      'registry reg cache omit include only also loglevel userconfig globalconfig workspace w tag before enjoy-by otp access',
      'depth package location L call c message m os cpu libc audit-level auth-type node-options lockfile-version user-agent',
      'script-shell shell install-strategy fetch-retries fetch-retry-factor fetch-retry-mintimeout fetch-retry-maxtimeout',
      'fetch-timeout maxsockets cafile ca cert key proxy https-proxy noproxy local-address logs-dir logs-max umask editor',
      'save-prefix scope tag-version-prefix min-release-age replace-registry-host provenance-file cache-max cache-min',
      'browser',
    ),
    valuedOfRunner: ['p'],
    folder: ['prefix', 'C'],
    runs: ['exec', 'x'],
  },
  pnpm: {
    valued: words(
      'registry filter F filter-prod store-dir reporter loglevel modules-dir virtual-store-dir lockfile-dir cafile cpu os',
      'package-import-method network-concurrency workspace-concurrency child-concurrency cache-dir state-dir node-linker',
      'package libc hoist-pattern public-hoist-pattern global-dir trust-policy userconfig globalconfig config-dir',
      'pnpmfile global-pnpmfile npmrc-auth-file workspace-dir script-shell node-options',
    ),
    folder: ['dir', 'C', 'prefix'],
    runs: ['dlx'],
  },
  yarn: {
    valued: words(
      'registry network-timeout network-concurrency mutex modules-folder cache-folder global-folder link-folder mode otp',
      'preferred-cache-folder proxy https-proxy use-yarnrc emoji package',
    ),
    valuedOfRunner: ['p'],
    folder: ['cwd'],
    runs: ['dlx'],
  },
  bun: {
    valued: words(
      'registry c config backend cache-dir cafile omit filter linker network-concurrency concurrent-scripts cpu os package',
      'env-file preload r require import',
    ),
    valuedOfRunner: ['p'],
    folder: ['cwd'],
    runs: ['x'],
  },
  vlt: { valued: words('registry cache workspace w scope view before identity'), folder: ['cwd'], runs: ['exec', 'x'] },
};

/** Programs by their names; npm's is also run as a file. */
const INSTALLERS = new Map<string, Installer>([
  ['npm', 'npm'],
  ['npm-cli', 'npm'],
  ['pnpm', 'pnpm'],
  ['pn', 'pnpm'],
  ['yarn', 'yarn'],
  ['yarnpkg', 'yarn'],
  ['bun', 'bun'],
  ['vlt', 'vlt'],
]);
/** Programs that are `exec`, `dlx` and `x` of a package manager. */
const RUNNERS = new Map<string, Installer>([
  ['npx', 'npm'],
  ['npx-cli', 'npm'],
  ['pnpx', 'pnpm'],
  ['pnx', 'pnpm'],
  ['bunx', 'bun'],
  ['vlx', 'vlt'],
]);
/** Programs that run what follows them, and may be told variables and a folder for it first. */
const WRAPPERS = ['env', 'cross-env', 'corepack', 'sudo', 'nice', 'nohup', 'time'];
/** The option by which these change the folder. */
const CHDIR = /^(?:-[CD]|--chdir)(?:=?(.+))?$/s;
/** The options of theirs whose value is the next word: a variable for `env`, a user for `sudo`. */
const VALUED = /^(?:-u|--unset|--user)$/;
const SHELLS = ['sh', 'bash', 'dash', 'ash', 'zsh', 'ksh'];
const GO = 'go';
/** Programs that only print their arguments. */
const SAYING = ['echo', 'printf'];
/** Of corepack: fetches a package manager, and lets it install. */
const COREPACK_INSTALLS = ['use', 'up'];

/** Splits lines into words. */
export function words(...lines: readonly string[]): readonly string[] {
  return lines.flatMap((line) => line.split(' '));
}

type Read = ManagerCommand | RunPackage | GoCommand;
type Start = Pick<ManagerCommand, 'within' | 'env'>;

/**
 * Takes a command line apart: the package managers' commands in it, those of go, the packages that are run by name,
 * nothing else.
 * The text given to a shell is parsed as well; what a script starts cannot be seen.
 */
export function readCommands(line: readonly string[], start: Start = { within: null, env: {} }): readonly Read[] {
  const env: Record<string, string> = { ...start.env };
  let { within } = start;
  let rest = line;
  let isWrapped = false;
  for (; ; rest = rest.slice(1)) {
    const [program = '', next = ''] = rest;
    const [, variable, value = ''] = /^(\w+)=(.*)$/s.exec(program) ?? [];
    const chdir = isWrapped ? CHDIR.exec(program) : null;
    const runsFile = programName(program) === 'node' && /\.[cm]?js$/i.test(next);
    if (chdir !== null) {
      within = below(within, chdir[1] ?? next);
      if (chdir[1] === undefined) rest = rest.slice(1);
    } else if (isWrapped && VALUED.test(program)) rest = rest.slice(1);
    else if (variable !== undefined && isWrapped) env[variable] = value;
    else if (programName(program) === 'corepack' && COREPACK_INSTALLS.includes(next))
      return [{ runs: `corepack ${next}` }];
    else if (!WRAPPERS.includes(programName(program)) && !runsFile && !(isWrapped && program.startsWith('-'))) break;
    isWrapped = true;
  }
  const [program = '', ...args] = rest;
  const name = programName(isWrapped ? withoutVersion(program) : program);
  if (SAYING.includes(name)) return [];
  const here = { within, env };
  if (name === GO) return [{ go: args, ...here }];
  const runner = RUNNERS.get(name);
  if (runner !== undefined) return ofRunner(runner, args, here);
  const installer = INSTALLERS.get(name);
  if (installer === undefined) return SHELLS.includes(name) ? ofShell(args, here) : wrappedIn(args, here);
  const command = { ...takeApart(installer, args, false), ...here };
  if (!WORDS[installer].runs.includes(command.verb)) return [command];
  const { folder } = command;
  const from = { ...here, within: folder === null ? within : below(within, folder) };
  return ofRunner(installer, args.slice(args.indexOf(command.verb) + 1), from);
}

function below(within: string | null, folder: string): string {
  return isAbsolute(folder) ? folder : join(within ?? '.', folder);
}

/** `sh -c TEXT`: each command of the text. A file that a shell runs cannot be seen. */
function ofShell(args: readonly string[], { within, env }: Start): readonly Read[] {
  const at = args.findIndex((word) => /^-[a-z]*c[a-z]*$/i.test(word));
  const text = at === -1 ? undefined : args.slice(at + 1).find((word) => !word.startsWith('-'));
  return shellCommands(text ?? '').flatMap(({ words: line, folder, env: own }) =>
    readCommands(line, { within: folder === null ? within : below(within, folder), env: { ...env, ...own } }),
  );
}

/** What another program is given to run (`timeout 60 npm ci`): a package manager by its name, with what follows. */
function wrappedIn(args: readonly string[], start: Start): readonly Read[] {
  const all = args.flatMap((word) => (/^(?:-S|--split-string=?)?\s*\S+\s/.test(word) ? word.split(/\s+/) : [word]));
  const at = all.findIndex((word) => {
    const name = programName(word.replace(/^(?:-S|--split-string=)/, ''));
    return name === GO || INSTALLERS.has(name) || RUNNERS.has(name) || WRAPPERS.includes(name) || SHELLS.includes(name);
  });
  const [first, ...others] = all.slice(at);
  return at === -1 || first === undefined
    ? []
    : readCommands([first.replace(/^(?:-S|--split-string=)/, ''), ...others], start);
}

/** `/usr/bin/npm`, `npm.cmd`, `npm-cli.js` and `.yarn/releases/yarn-4.1.0.cjs` by what they are. */
function programName(program: string): string {
  return basename(program.replaceAll('\\', '/'))
    .replace(/\.(?:cmd|exe|ps1|bat|[cm]?js)$/i, '')
    .replace(/^yarn-v?\d.*$/, 'yarn');
}

function withoutVersion(spec: string): string {
  return spec.replace(/(?<=.)@[^/]*$/s, '');
}

/** `npx pnpm@8 install` is a command of pnpm. */
function ofRunner(by: Installer, args: readonly string[], start: Start): readonly Read[] {
  const { verb, settings, folder } = takeApart(by, args, true);
  const within = folder === null ? start.within : below(start.within, folder);
  const said = (...keys: readonly string[]): boolean => settings.some(([key]) => keys.includes(key));
  const installer = INSTALLERS.get(withoutVersion(verb));
  if (installer !== undefined) {
    const inner = takeApart(installer, args.slice(args.indexOf(verb) + 1), false);
    // A runner hands its settings on.
    return [{ ...inner, settings: [...settings, ...inner.settings], within, env: start.env }];
  }
  const isFetched = said('p', 'package', 'c', 'call');
  const isLocal = said('no', 'offline') || settings.some(([key, value]) => key === 'install' && value === 'false');
  return isLocal || (verb === '' && !isFetched) ? [] : [{ runs: isFetched ? args.join(' ') : verb }];
}

/** With what a variable adds to every command line of Bun, as it is written there. */
export function withVariableOptions(
  command: ManagerCommand,
  env: Readonly<Record<string, string | undefined>>,
): ManagerCommand {
  const text = { ...env, ...command.env }['BUN_OPTIONS'];
  if (command.installer !== 'bun' || text === undefined || text.trim() === '') return command;
  const { verb, names, settings, folder } = takeApart(
    'bun',
    shellCommands(text).flatMap(({ words }) => words),
    false,
  );
  return {
    ...command,
    names: [...(verb === '' ? [] : [verb, ...names]), ...command.names],
    settings: [...settings, ...command.settings],
    folder: command.folder ?? folder,
  };
}

/** `isEndedByVerb` where what follows the first word belongs to another program. */
function takeApart(
  installer: Installer,
  args: readonly string[],
  isEndedByVerb: boolean,
): Omit<ManagerCommand, 'env' | 'within'> {
  const { valued, valuedOfRunner = [], folder: folders } = WORDS[installer];
  const isNpm = installer === 'npm';
  const hasValue = [...valued, ...folders, ...(isEndedByVerb ? valuedOfRunner : [])];
  const settings: UseSetting[] = [];
  const names: string[] = [];
  let folder: string | null = null;
  const queue = isNpm ? args.flatMap(npmLetters) : args;
  for (let at = 0; at < queue.length && !(isEndedByVerb && names.length > 0); at++) {
    const word = queue[at] ?? '';
    const [, written, given] = (isNpm ? NPM_OPTION : OPTION).exec(word) ?? [];
    if (written === undefined || word === '-') {
      names.push(word);
      continue;
    }
    if (written === '') {
      names.push(...queue.slice(at + 1));
      break;
    }
    const name = isNpm ? npmName(written) : written;
    const next = queue[at + 1] ?? '';
    const isPair = given === undefined && (hasValue.includes(name) || isSwitch(next));
    if (isPair) at++;
    const value = isPair ? next : (given ?? 'true');
    if (folders.includes(name)) folder = value;
    else settings.push(settingOfOption(name, value));
    if (isNpm && given !== undefined && isLeftOver(name, given)) names.push(given);
  }
  const [verb = '', ...others] = names;
  return { installer, verb, names: others, settings, folder };
}

const OPTION = /^--?(?:config\.)?([^=]*)(?:=(.*))?$/s;
