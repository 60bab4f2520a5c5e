import { basename } from 'node:path';
import type { PackageManager } from '../model/dependency.ts';
import { settingOfOption, type UseSetting } from '../lockfiles/use-settings.ts';

/** Programs that install; of Yarn, which one cannot be seen. */
export type Installer = Exclude<PackageManager, 'yarn-classic'>;

/** A command of a package manager, taken apart. */
export interface ManagerCommand {
  readonly installer: Installer;
  /** What it is to do; empty where only options are given. */
  readonly verb: string;
  /** What follows it that is no option. */
  readonly names: readonly string[];
  /** Its options as settings: `--no-x` as `x` with `false`. Those that name its folder are not among them. */
  readonly settings: readonly UseSetting[];
  /** The folder it is told to work in, as it is written; null where it is told none. */
  readonly folder: string | null;
  /** Variables that the command line sets for it. */
  readonly env: Readonly<Record<string, string>>;
}

/** A package that is fetched where it is not installed, and run. */
export interface RunPackage {
  readonly runs: string;
}

interface Words {
  /** Options whose value is the next word. Of one that is missing here, the value counts as a name. */
  readonly valued: readonly string[];
  /** Those that name the folder to work in. */
  readonly folder: readonly string[];
  /** The verbs that run a package by its name. */
  readonly runs: readonly string[];
}

const WORDS: Readonly<Record<Installer, Words>> = {
  npm: {
    valued: words(
      'registry cache omit include only loglevel userconfig globalconfig workspace w tag before otp access depth p package',
      'script-shell install-strategy fetch-retries fetch-timeout maxsockets cafile proxy https-proxy noproxy location c call',
    ),
    folder: ['prefix', 'C'],
    runs: ['exec', 'x'],
  },
  pnpm: {
    valued: words(
      'registry filter F filter-prod store-dir reporter loglevel modules-dir virtual-store-dir lockfile-dir cafile cpu os',
      'package-import-method network-concurrency workspace-concurrency child-concurrency cache-dir state-dir node-linker',
      'package libc',
    ),
    folder: ['dir', 'C', 'prefix'],
    runs: ['dlx'],
  },
  yarn: {
    valued: words(
      'registry network-timeout network-concurrency mutex modules-folder cache-folder global-folder link-folder mode otp p',
      'preferred-cache-folder proxy https-proxy use-yarnrc emoji package',
    ),
    folder: ['cwd'],
    runs: ['dlx'],
  },
  bun: {
    valued: words(
      'registry c config backend cache-dir cafile omit filter linker network-concurrency concurrent-scripts cpu os p package',
    ),
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
/** Programs that run what follows them, and may be told variables for it first. */
const WRAPPERS = ['env', 'cross-env', 'corepack', 'sudo', 'nice', 'nohup', 'time'];

function words(...lines: readonly string[]): readonly string[] {
  return lines.flatMap((line) => line.split(' '));
}

/**
 * What a command line is: a command of a package manager, a package that is run by its name, or null for everything else.
 * What a shell or a script starts cannot be seen.
 */
export function readCommand(line: readonly string[]): ManagerCommand | RunPackage | null {
  const env: Record<string, string> = {};
  let rest = line;
  let isWrapped = false;
  for (; ; rest = rest.slice(1)) {
    const [program = '', next = ''] = rest;
    const [, variable, value = ''] = /^(\w+)=(.*)$/s.exec(program) ?? [];
    const runsFile = programName(program) === 'node' && /\.[cm]?js$/i.test(next);
    if (variable !== undefined && isWrapped) env[variable] = value;
    else if (!WRAPPERS.includes(programName(program)) && !runsFile && !(isWrapped && program.startsWith('-'))) break;
    isWrapped = true;
  }
  const [program = '', ...args] = rest;
  const name = programName(isWrapped ? withoutVersion(program) : program);
  const runner = RUNNERS.get(name);
  if (runner !== undefined) return ofRunner(runner, args, env);
  const installer = INSTALLERS.get(name);
  if (installer === undefined) return wrappedIn(args);
  const command = { ...takeApart(installer, args, false), env };
  if (!WORDS[installer].runs.includes(command.verb)) return command;
  return ofRunner(installer, args.slice(args.indexOf(command.verb) + 1), env);
}

/** What another program is given to run (`timeout 60 npm ci`): a package manager by its name, with what follows. */
function wrappedIn(args: readonly string[]): ManagerCommand | RunPackage | null {
  const all = args.flatMap((word) => (/^(?:-S|--split-string=?)?\s*\S+\s/.test(word) ? word.split(/\s+/) : [word]));
  const at = all.findIndex((word) => {
    const name = programName(word.replace(/^(?:-S|--split-string=)/, ''));
    return INSTALLERS.has(name) || RUNNERS.has(name);
  });
  const [first, ...others] = all.slice(at);
  return at === -1 || first === undefined
    ? null
    : readCommand([first.replace(/^(?:-S|--split-string=)/, ''), ...others]);
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
function ofRunner(
  by: Installer,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): ManagerCommand | RunPackage | null {
  const { verb, settings } = takeApart(by, args, true);
  const said = (...keys: readonly string[]): boolean => settings.some(([key]) => keys.includes(key));
  const installer = INSTALLERS.get(withoutVersion(verb));
  if (installer !== undefined) {
    return { ...takeApart(installer, args.slice(args.indexOf(verb) + 1), false), env };
  }
  const isFetched = said('p', 'package', 'c', 'call');
  const isLocal = said('no', 'offline') || settings.some(([key, value]) => key === 'install' && value === 'false');
  return isLocal || (verb === '' && !isFetched) ? null : { runs: isFetched ? args.join(' ') : verb };
}

/** `isEndedByVerb` where what follows the first word belongs to another program. */
function takeApart(installer: Installer, args: readonly string[], isEndedByVerb: boolean): Omit<ManagerCommand, 'env'> {
  const { valued, folder: folders } = WORDS[installer];
  const settings: UseSetting[] = [];
  const names: string[] = [];
  let folder: string | null = null;
  for (let at = 0; at < args.length && !(isEndedByVerb && names.length > 0); at++) {
    const word = args[at] ?? '';
    const [, written, given] = /^--?(?:config\.)?([^=]*)(?:=(.*))?$/s.exec(word) ?? [];
    // npm takes the beginning of an option for it.
    const name = installer === 'npm' ? written?.replace(/^(no-)?shr[a-z]*$/, '$1shrinkwrap') : written;
    if (name === undefined || word === '-') {
      names.push(word);
      continue;
    }
    if (name === '') {
      names.push(...args.slice(at + 1));
      break;
    }
    const next = args[at + 1] ?? '';
    const isPair = given === undefined && (valued.includes(name) || folders.includes(name) || isSwitch(next));
    if (isPair) at++;
    const value = isPair ? next : (given ?? 'true');
    if (folders.includes(name)) folder = value;
    else settings.push(settingOfOption(name, value));
  }
  const [verb = '', ...others] = names;
  return { installer, verb, names: others, settings, folder };
}

function isSwitch(word: string): boolean {
  return word === 'true' || word === 'false';
}
