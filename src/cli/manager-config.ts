import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, join, relative, sep } from 'node:path';
import type { ConfigFile, Lockfile, PackageManager } from '../model/dependency.ts';
import type { YamlNode } from '../policy/yaml.ts';
import { managerLayers } from '../registries/manager-layers.ts';
import { escapeText } from '../report/escape.ts';
import { UsageError } from './exit.ts';
import type { Io } from './io.ts';
import { policyFolders } from './policy.ts';
import { demandFile, readUserFile, shownPath } from './setup.ts';

/** What a package manager's own configuration files say. */
export interface ManagerConfig {
  readonly name: PackageManager;
  /** The strongest first; npm's .npmrc is not among them. */
  readonly files: readonly ConfigFile[];
}

const MAX_BYTES = 1024 * 1024;
const MAX_DEPTH = 16;

/**
 * Reads what the package managers of a folder's lockfiles are told: from the folder up to the root of its repository, then by
 * the user. A file that cannot be read is named, because what it says of registries is then not followed.
 */
export async function managerConfigs(
  lockfiles: readonly Pick<Lockfile, 'manager'>[],
  folder: string,
  io: Io,
): Promise<readonly ManagerConfig[]> {
  const above = policyFolders(folder);
  const configs: ManagerConfig[] = [];
  for (const name of new Set(lockfiles.map(({ manager }) => manager))) {
    const files: ConfigFile[] = [];
    for (const path of pathsOf(name, folder, io)) {
      try {
        files.push({ path, ofProject: above.includes(dirname(path)), content: await read(path, io) });
      } catch (error) {
        const why = error instanceof Error ? (error.message.split('\n')[0] ?? '') : '';
        warn(`${shownPath(path, io)} is not used: ${why}`, io);
      }
    }
    configs.push({ name, files });
  }
  return configs;
}

/** Files of the project that declare what a lockfile's entries may differ in, by how its name begins. */
const SETTINGS: Readonly<Record<string, PackageManager>> = { 'pnpm-lock': 'pnpm', 'yarn.lock': 'yarn' };

/**
 * The same of the project alone, for reading a lockfile, whose manager its name tells. One that cannot be read explains
 * nothing, and is named with the others.
 */
export async function projectSettings(lockfile: string, io: Io): Promise<readonly ConfigFile[]> {
  const found = Object.entries(SETTINGS).find(([name]) => basename(lockfile).startsWith(name));
  if (found === undefined) return [];
  const silent = { ...io, stderr: { ...io.stderr, write: () => true } };
  const folder = dirname(lockfile);
  const [config] = await managerConfigs([{ manager: found[1] }], folder, silent);
  const hooks = found[1] === 'pnpm' ? HOOKS.map((name) => join(folder, name)).filter((path) => existsSync(path)) : [];
  return [
    ...(config?.files.filter(({ ofProject }) => ofProject) ?? []),
    ...hooks.map((path) => ({ path, ofProject: true, content: null })),
  ].map((file) => ({ ...file, path: relative(folder, file.path).replaceAll(sep, '/') }));
}

/** Code of the project that pnpm loads by itself, and that may change every manifest it reads. */
const HOOKS = ['.pnpmfile.cjs', '.pnpmfile.mjs', 'pnpmfile.js'];

/**
 * Whose registries count, where somebody names any. One registry is asked for all lockfiles of a folder, so of several package
 * managers none.
 */
export function configOfRegistries(configs: readonly ManagerConfig[], io: Io): ManagerConfig | undefined {
  if (configs.length < 2) return configs.find((config) => namesAny(config, io.env));
  const saying = configs.flatMap(({ name, files }) => files.filter((file) => namesAny({ name, files: [file] }, {})));
  const paths = saying.map(({ path }) => shownPath(path, io)).join(', ');
  const names = configs.map(({ name }) => name).join(' and ');
  if (paths !== '') warn(`registries of ${paths} are not used, as the lockfiles are of ${names}: name one of them`, io);
  return undefined;
}

function namesAny(config: ManagerConfig, env: NodeJS.ProcessEnv): boolean {
  const { stronger, weaker } = managerLayers(config, env);
  return [...stronger, ...weaker].some(({ values }) => values.size > 0);
}

function warn(text: string, io: Io): void {
  io.stderr.write(`assay: ${escapeText(text, 1000)}\n`);
}

/** The files that are there, the strongest first. */
function pathsOf(manager: PackageManager, folder: string, io: Io): readonly string[] {
  const home = io.env['HOME'] ?? homedir();
  const above = policyFolders(folder);
  const there = (paths: readonly string[]): readonly string[] => [...new Set(paths)].filter((path) => existsSync(path));
  switch (manager) {
    case 'npm':
    case 'vlt':
      return [];
    case 'pnpm':
      return there(above.map((each) => join(each, 'pnpm-workspace.yaml'))).slice(0, 1);
    case 'yarn-classic':
      return there([...above, home].map((each) => join(each, '.yarnrc')));
    case 'yarn':
      return there([...above, home].map((each) => join(each, '.yarnrc.yml')));
    case 'bun':
      return there([join(folder, 'bunfig.toml'), join(io.env['XDG_CONFIG_HOME'] ?? home, '.bunfig.toml')]);
  }
}

async function read(path: string, io: Io): Promise<unknown> {
  demandFile(path);
  const bytes = readUserFile(path, 'the configuration', io);
  if (bytes.length > MAX_BYTES) throw new UsageError(`larger than ${MAX_BYTES} bytes`);
  const text = bytes.toString('utf8');
  if (path.endsWith('.toml')) {
    const { parse } = await import('smol-toml');
    return parse(text, { maxDepth: MAX_DEPTH });
  }
  return basename(path) === '.yarnrc' ? classicSettings(text) : await yamlSettings(path, bytes, text, io);
}

/** What is neither empty nor a comment. */
function linesOf(text: string): readonly string[] {
  return text.split(/\r?\n/).filter((line) => !/^\s*(?:#|$)/.test(line));
}

/** Lines of `KEY VALUE`, each in quotes or not (https://classic.yarnpkg.com/docs/yarnrc). */
function classicSettings(text: string): Readonly<Record<string, string>> {
  const pairs = linesOf(text).map((line) => /^(?:"([^"]*)"|([^\s"]+))\s+(?:"([^"]*)"|([^\s"]+))\s*$/.exec(line) ?? []);
  return Object.fromEntries(
    pairs.map(([, quotedKey, key = '', quotedValue, value = '']) => [quotedKey ?? key, quotedValue ?? value]),
  );
}

async function yamlSettings(path: string, bytes: Uint8Array, text: string, io: Io): Promise<unknown> {
  if (linesOf(text).length === 0) return {};
  const { parseYaml } = await import('../policy/yaml.ts');
  return plain(parseYaml(shownPath(path, io), bytes));
}

/** As the package managers take it, who read numbers as text. */
function plain(node: YamlNode): unknown {
  switch (node.kind) {
    case 'map':
      return Object.fromEntries([...node.entries].map(([key, { value }]) => [key, plain(value)]));
    case 'list':
      return node.items.map(plain);
    case 'scalar':
      return typeof node.value === 'number' ? String(node.value) : node.value;
  }
}
