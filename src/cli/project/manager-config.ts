import { closeSync, existsSync, openSync, readSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, join, relative, sep } from 'node:path';
import { parseEnv } from 'node:util';
import { parse } from 'smol-toml';
import { ecosystemOfLockfile } from '../../lockfiles/index.ts';
import type { ConfigFile, NodeLockfile, NodeManager } from '../../model/dependency.ts';
import { parseSettings } from '../../readers/yaml-settings.ts';
import { BUN_MODES } from '../../registries/npm/config/manager-layers.ts';
import { npmLayers } from '../../registries/npm/config/npmrc.ts';
import { pnpmFolder } from '../../registries/npm/config/npmrc-layers.ts';
import { escapeText } from '../../report/words/escape.ts';
import { isMendable, UsageError } from '../exit.ts';
import type { Io } from '../io.ts';
import { foldersUpwards, projectFolders } from './upwards.ts';
import { demandFile, readUserFile, shownPath } from '../user-files.ts';
import { demandProjectFile } from './project-file.ts';

/** What a package manager's own configuration files say. */
export interface ManagerConfig {
  readonly name: NodeManager;
  /** The strongest first; npm's .npmrc is not among them. */
  readonly files: readonly ConfigFile[];
}

const MAX_BYTES = 1024 * 1024;
const MAX_DEPTH = 16;

/**
 * Reads what the package managers of a folder's lockfiles are told: from the folder upwards as far as they look, then
 * by the user. Throws UsageError or LockfileError where a file of the project cannot be read, as its package manager
 * may read it all the same. One of the user's is named, because what it says of registries is then not followed.
 */
export function managerConfigs(
  lockfiles: readonly Pick<NodeLockfile, 'manager'>[],
  folder: string,
  io: Io,
): readonly ManagerConfig[] {
  const above = projectFolders(folder, io);
  const configs: ManagerConfig[] = [];
  for (const name of new Set(lockfiles.map(({ manager }) => manager))) {
    const files: ConfigFile[] = [];
    for (const path of pathsOf(name, folder, io)) {
      try {
        const content = read(path, io);
        files.push({ path, ofProject: above.includes(dirname(path)), content });
        for (const injected of name === 'yarn' ? injectedBy(content, dirname(path)) : []) {
          files.push({
            path: injected,
            ofProject: above.includes(dirname(path)),
            content: readVariables(injected, io),
          });
        }
      } catch (error) {
        if (above.includes(dirname(path))) throw refusalOf(error, path, io);
        const why = error instanceof Error ? (error.message.split('\n')[0] ?? '') : '';
        warn(`${shownPath(path, io)} is not used: ${why}`, io);
      }
    }
    configs.push({ name, files });
  }
  return configs;
}

/** One line that names the file. */
function refusalOf(error: unknown, path: string, io: Io): Error {
  if (isMendable(error)) return error;
  const why = error instanceof Error ? (error.message.split('\n')[0] ?? '') : '';
  return new UsageError(`${shownPath(path, io)} cannot be read: ${escapeText(why, 200)}; mend it`);
}

/** Files of the project that declare what a lockfile's entries may differ in, by how its name begins. */
const SETTINGS: Readonly<Record<string, readonly NodeManager[]>> = {
  'pnpm-lock': ['pnpm'],
  'yarn.lock': ['yarn', 'yarn-classic'],
  'vlt-lock': ['vlt'],
  'package-lock': ['npm'],
  'npm-shrinkwrap': ['npm'],
};

/**
 * The project's own settings for reading a lockfile; the lockfile's name tells the package manager. A file that cannot
 * be read explains nothing here, and is reported with the others.
 */
export function projectSettings(lockfile: string, io: Io): readonly ConfigFile[] {
  const found = Object.entries(SETTINGS).find(([name]) => basename(lockfile).startsWith(name));
  if (found === undefined) return [];
  const silent = { ...io, stderr: { ...io.stderr, write: () => true } };
  const folder = dirname(lockfile);
  const managers = found[1].map((manager) => ({ manager }));
  const configs = managerConfigs(managers, folder, silent);
  const hooks = managers.some(({ manager }) => manager === 'pnpm')
    ? HOOKS.map((name) => join(folder, name)).filter((path) => existsSync(path))
    : [];
  const reader = (['pnpm', 'npm'] as const).find((name) => managers.some(({ manager }) => manager === name));
  const layers =
    reader === undefined
      ? []
      : npmLayers({
          cwd: folder,
          manager: { name: reader, files: [] },
          env: io.env,
          homedir: homedir(),
          platform: process.platform,
        });
  return [
    ...configs.flatMap(({ files }) => files.filter(({ ofProject }) => ofProject)),
    ...layers
      .filter(({ file, ofProject }) => file && ofProject)
      .map(({ source, values }) => ({ path: source, ofProject: true, content: Object.fromEntries(values) })),
    ...hooks.map((path) => ({ path, ofProject: true, content: null })),
  ].map((file) => ({ ...file, path: relative(folder, file.path).replaceAll(sep, '/') }));
}

/** Code of the project that pnpm loads by itself, and that may change every manifest it reads. */
const HOOKS = ['.pnpmfile.cjs', '.pnpmfile.mjs', 'pnpmfile.js'];

/** Files that tell a package manager where packages come from, and what entries of its lockfile mean. */
const TELLING: Readonly<Record<NodeManager, readonly string[]>> = {
  npm: ['.npmrc'],
  pnpm: ['.npmrc', 'pnpm-workspace.yaml', ...HOOKS],
  'yarn-classic': ['.npmrc', '.yarnrc'],
  yarn: ['.yarnrc.yml'],
  bun: ['.npmrc', 'bunfig.toml'],
  vlt: ['.npmrc', 'vlt.json'],
};

/**
 * Where such files of the project are, or may have been: those that are read now, and all of the names that are usual,
 * in the folder of a lockfile and those above it.
 */
export function tellingPaths(lockfile: string, io: Io): ReadonlySet<string> {
  const name = managerOf(lockfile);
  const folder = dirname(lockfile);
  const silent = { ...io, stderr: { ...io.stderr, write: () => true } };
  const configs = managerConfigs([{ manager: name }], folder, silent);
  const read = configs.flatMap(({ files }) => files.filter(({ ofProject }) => ofProject).map(({ path }) => path));
  const usual = projectFolders(folder, io).flatMap((each) => TELLING[name].map((file) => join(each, file)));
  return new Set([...usual, ...read]);
}

/**
 * What a folder's package manager is told, as far as it can be said before its lockfiles are read: for what is asked
 * beside them. Undefined where they are of several.
 */
export function likelyManager(paths: readonly string[], io: Io): ManagerConfig | undefined {
  const [path, ...more] = paths.filter((each) => ecosystemOfLockfile(each) === 'npm');
  const [name, ...others] = new Set(path === undefined ? [] : [path, ...more].map(managerOf));
  if (name === undefined || path === undefined || others.length > 0) return undefined;
  const silent = { ...io, stderr: { ...io.stderr, write: () => undefined } };
  const [config] = managerConfigs([{ manager: name }], dirname(path), silent);
  return config;
}

/** By the name of a lockfile; the two formats of yarn.lock by how they begin. */
export function managerOf(path: string): NodeManager {
  const name = basename(path);
  if (name.startsWith('pnpm-lock')) return 'pnpm';
  if (name.endsWith('yarn.lock')) return /^__metadata:/m.test(beginningOf(path)) ? 'yarn' : 'yarn-classic';
  if (name.startsWith('bun.lock')) return 'bun';
  return name.endsWith('vlt-lock.json') ? 'vlt' : 'npm';
}

/** The key under which a lockfile of Yarn 2 and later has its checksums; null where it has none. */
export function cacheKeyIn(path: string): string | null {
  return existsSync(path) ? (/^ {2}"?cacheKey"?: *"?(\w+)/m.exec(beginningOf(path))?.[1] ?? null) : null;
}

function beginningOf(path: string): string {
  demandFile(path);
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(4096);
    return bytes.toString('utf8', 0, readSync(file, bytes));
  } finally {
    closeSync(file);
  }
}

function warn(text: string, io: Io): void {
  io.stderr.write(`assay: ${escapeText(text, 1000)}\n`);
}

/** Files of variables that Bun takes into its environment before it installs, the strongest first. */
const BUN_VARIABLES = [
  ...BUN_MODES.map((mode) => `.env.${mode}.local`),
  '.env.local',
  ...BUN_MODES.map((mode) => `.env.${mode}`),
  '.env',
];

/** What Yarn 2 and later take into their environment, and above it, unless `injectEnvironmentFiles` names others. */
const YARN_VARIABLES = '.env.yarn';

/** What corepack takes from its file of variables beside package.json; nothing where it cannot be read. */
export function corepackVariables(folder: string, io: Io): Readonly<Record<string, string | undefined>> {
  const path = join(folder, '.corepack.env');
  return existsSync(path) ? readVariables(path, io) : {};
}

/** Files of variables that a .yarnrc.yml names beside the usual one, and that are there. */
function injectedBy(content: unknown, folder: string): readonly string[] {
  if (typeof content !== 'object' || content === null || !('injectEnvironmentFiles' in content)) return [];
  return [content.injectEnvironmentFiles]
    .flat()
    .filter((one) => typeof one === 'string')
    .map((one) => join(folder, one.replace(/\?$/, '')))
    .filter((path) => basename(path) !== YARN_VARIABLES && existsSync(path));
}

function readVariables(path: string, io: Io): Readonly<Record<string, string | undefined>> {
  demandProjectFile(path, io);
  return parseEnv(readUserFile(path, 'the configuration', io).toString('utf8'));
}

/** The files that are there, the strongest first. */
function pathsOf(manager: NodeManager, folder: string, io: Io): readonly string[] {
  const home = io.env['HOME'] ?? homedir();
  const yarnFile = io.env['YARN_RC_FILENAME'] ?? '.yarnrc.yml';
  const above = foldersUpwards(folder);
  const there = (paths: readonly string[]): readonly string[] => [...new Set(paths)].filter((path) => existsSync(path));
  switch (manager) {
    case 'npm':
      return [];
    case 'vlt':
      return there([join(folder, 'vlt.json')]);
    case 'pnpm':
      return [
        ...there(above.map((each) => join(each, 'pnpm-workspace.yaml'))).slice(0, 1),
        ...there([join(pnpmFolder({ env: io.env, homedir: homedir(), platform: process.platform }), 'config.yaml')]),
      ];
    case 'yarn-classic':
      return there([...above, home].map((each) => join(each, '.yarnrc')));
    case 'yarn':
      return there([join(folder, YARN_VARIABLES), ...[...above, home].map((each) => join(each, yarnFile))]);
    case 'bun':
      return there([
        ...BUN_VARIABLES.map((name) => join(folder, name)),
        join(folder, 'bunfig.toml'),
        join(io.env['XDG_CONFIG_HOME'] ?? home, '.bunfig.toml'),
      ]);
  }
}

function read(path: string, io: Io): unknown {
  demandProjectFile(path, io);
  const bytes = readUserFile(path, 'the configuration', io);
  if (bytes.length > MAX_BYTES)
    throw new UsageError(`${shownPath(path, io)} is larger than ${MAX_BYTES} bytes: shorten it`);
  const text = bytes.toString('utf8').replace(/^\uFEFF/, '');
  if (path.endsWith('.toml')) return parse(text, { maxDepth: MAX_DEPTH });
  if (path.endsWith('.json')) return JSON.parse(text) as unknown;
  if ([...BUN_VARIABLES, YARN_VARIABLES].includes(basename(path))) return parseEnv(text);
  return basename(path) === '.yarnrc' ? classicSettings(text) : asText(parseSettings(shownPath(path, io), text));
}

/** What is neither empty nor a comment. */
function linesOf(text: string): readonly string[] {
  return text.split(/\r?\n/).filter((line) => !/^\s*(?:#|$)/.test(line));
}

/**
 * Lines of `KEY VALUE`, each in quotes or not (https://classic.yarnpkg.com/docs/yarnrc), as far as Yarn's own reader
 * takes them: an indented line, a colon behind the key and whatever follows the value change nothing.
 */
function classicSettings(text: string): Readonly<Record<string, string>> {
  const lines = linesOf(text).map((line) =>
    line.replace(/\\u([0-9a-f]{4})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16))),
  );
  const pairs = lines.map((line) => /^\s*(?:"([^"]*)"|([^\s":]\S*?)):?\s+(?:"([^"]*)"|([^\s"]+))/.exec(line) ?? []);
  // An option may stand among other keys.
  const options = lines.flatMap((line) => [...line.matchAll(/(--[^\s":,]+)"?:?\s*"?([^\s",]*)/g)]);
  return Object.fromEntries<string>([
    ...pairs.map(
      ([, quotedKey, key = '', quotedValue, value = '']) => [quotedKey ?? key, quotedValue ?? value] as const,
    ),
    ...options.map(([, key = '', value = '']) => [key, value] as const),
  ]);
}

/** As the package managers take it, who read numbers as text. */
function asText(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asText);
  if (typeof value !== 'object' || value === null) return typeof value === 'number' ? String(value) : value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, asText(one)]));
}
