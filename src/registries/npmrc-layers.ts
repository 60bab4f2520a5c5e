import { statSync } from 'node:fs';
import { posix, win32 } from 'node:path';
import ini from 'ini';
import { isWorkspaceOf } from '../model/workspaces.ts';

/** A setting as a configuration file or the environment gives it. */
export type Setting = string | boolean | null | readonly string[];

/** The settings of one place; `source` is a file's path or "environment". */
export interface Layer {
  readonly source: string;
  readonly file: boolean;
  /** Whether it is npm's file of the project. */
  readonly ofProject: boolean;
  readonly values: ReadonlyMap<string, Setting>;
  /** For keys whose value names an environment variable that is not set: that variable. */
  readonly unset: ReadonlyMap<string, string>;
}

export interface LayerInput {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly homedir: string;
  readonly platform: NodeJS.Platform;
  readonly execPath: string;
  /** Null for a file that is not there. */
  readonly readFile: (path: string) => string | null;
}

/**
 * The configuration in npm's order, strongest first: environment, project, user, global, npm's own (built-in) file. Each
 * layer may say where the next one is (`userconfig`, `globalconfig`, `prefix`), as in npm's config documentation.
 */
export function loadLayers(input: LayerInput): Layer[] {
  const path = input.platform === 'win32' ? win32 : posix;
  const load = (file: string): Layer => fileLayer(file, input);

  const bin = path.dirname(input.execPath);
  const builtin = load(
    input.platform === 'win32'
      ? path.join(bin, 'node_modules', 'npm', 'npmrc')
      : path.join(path.dirname(bin), 'lib', 'node_modules', 'npm', 'npmrc'),
  );
  const layers = [environmentLayer(input.env)];
  const configured = (key: string): string | null => {
    const found = findSetting([...layers, builtin], key)?.value;
    return typeof found === 'string' ? resolvePath(found, input) : null;
  };

  layers.push({ ...load(path.join(findProject(input), '.npmrc')), ofProject: true });
  layers.push(load(configured('userconfig') ?? path.join(homeOf(input), '.npmrc')));
  const prefix = configured('prefix') ?? defaultPrefix(input);
  layers.push(load(configured('globalconfig') ?? path.join(prefix, 'etc', 'npmrc')));
  return [...layers, builtin];
}

/** A path of a setting: relative to the working directory, `~/` for the home directory. */
export function resolvePath(text: string, input: Pick<LayerInput, 'cwd' | 'env' | 'homedir' | 'platform'>): string {
  const path = input.platform === 'win32' ? win32 : posix;
  return path.resolve(input.cwd, /^~[/\\]/.test(text) ? path.join(homeOf(input), text.slice(2)) : text);
}

/** npm takes HOME before what the system says. */
function homeOf({ env, homedir }: Pick<LayerInput, 'env' | 'homedir'>): string {
  const { HOME: home } = env;
  return home !== undefined && home !== '' ? home : homedir;
}

/** The strongest layer's value of a key. Empty text counts as not set, as npm drops it. */
export function findSetting(
  layers: readonly Layer[],
  key: string,
): { readonly value: Setting; readonly source: string; readonly unset: string | null } | null {
  for (const { source, values, unset } of layers) {
    const value = values.get(key);
    if (value !== undefined && value !== '') return { value, source, unset: unset.get(key) ?? null };
  }
  return null;
}

/** Every key that some layer sets. */
export function settingKeys(layers: readonly Layer[]): ReadonlySet<string> {
  return new Set(layers.flatMap(({ values }) => [...values.keys()]));
}

/**
 * Replaces `${VAR}` and `${VAR?}` (empty where unset) as npm documents, and `${VAR-default}` and `${VAR:-default}` as
 * pnpm and Yarn do. An unset variable without default stays as it is written and is told to `onUnset`; a backslash
 * escapes.
 */
export function expand(text: string, env: NodeJS.ProcessEnv, onUnset: (name: string) => void): string {
  return text.replace(/(?<!\\)(\\*)\$\{([^${}]+)\}/g, (_, escapes: string, inner: string) => {
    const kept = '\\'.repeat(Math.floor(escapes.length / 2));
    if (escapes.length % 2 === 1) return `${kept}\${${inner}}`;
    const value = lookUp(inner, env);
    if (value === undefined) onUnset(inner);
    return kept + (value ?? `\${${inner}}`);
  });
}

function lookUp(inner: string, env: NodeJS.ProcessEnv): string | undefined {
  if (env[inner] !== undefined) return env[inner];
  if (inner.endsWith('?')) return env[inner.slice(0, -1)] ?? '';
  const [, name = '', operator, fallback = ''] = /^(\w+)(:?-)(.*)$/s.exec(inner) ?? [];
  if (operator === undefined) return undefined;
  const value = env[name];
  return value === undefined || (operator === ':-' && value === '') ? fallback : value;
}

/** `npm_config_*` in any case; names are normalised as npm does, except keys bound to a host. */
function environmentLayer(env: NodeJS.ProcessEnv): Layer {
  const settings = Object.entries(env).flatMap(([name, value]): [string, unknown][] => {
    if (!/^npm_config_/i.test(name) || value === '') return [];
    const key = name.slice('npm_config_'.length);
    return [[key.startsWith('//') ? key : key.replace(/(?!^)_/g, '-').toLowerCase(), value]];
  });
  return { source: 'environment', file: false, ofProject: false, ...expandAll(settings, env) };
}

function fileLayer(file: string, { env, readFile }: LayerInput): Layer {
  const parsed: Record<string, unknown> = ini.parse((readFile(file) ?? '').replace(/^\uFEFF/, ''));
  return layerOf(file, Object.entries(parsed), env);
}

/** Settings that another file has, in npm's words. */
export function layerOf(source: string, settings: readonly [string, unknown][], env: NodeJS.ProcessEnv): Layer {
  return { source, file: true, ofProject: false, ...expandAll(settings, env) };
}

/** Settings with their variables replaced, in keys and values. Sections of a file (objects) mean nothing to npm. */
function expandAll(settings: readonly [string, unknown][], env: NodeJS.ProcessEnv): Pick<Layer, 'values' | 'unset'> {
  const values = new Map<string, Setting>();
  const unset = new Map<string, string>();
  for (const [raw, value] of settings) {
    const key = expand(raw, env, () => undefined);
    const text = (one: string): string => expand(one.trim(), env, (name) => unset.set(key, name));
    if (typeof value === 'string') values.set(key, text(value));
    else if (typeof value === 'boolean' || value === null) values.set(key, value);
    else if (Array.isArray(value)) values.set(key, value.filter((item) => typeof item === 'string').map(text));
  }
  return { values, unset };
}

/** Where npm installs globally when nothing says otherwise. */
function defaultPrefix({ env, platform, execPath }: LayerInput): string {
  const path = platform === 'win32' ? win32 : posix;
  if (env['PREFIX']) return env['PREFIX'];
  if (platform === 'win32') return path.dirname(execPath);
  const prefix = path.dirname(path.dirname(execPath));
  return env['DESTDIR'] ? path.join(env['DESTDIR'], prefix) : prefix;
}

/**
 * The directory whose .npmrc is the project's: the nearest one upwards with a package.json or node_modules, or the
 * workspace root that has it as a member.
 */
function findProject({ cwd, platform, readFile }: LayerInput): string {
  const path = platform === 'win32' ? win32 : posix;
  let nearest: string | null = null;
  for (let directory = cwd; ; directory = path.dirname(directory)) {
    const manifest = readFile(path.join(directory, 'package.json'));
    if (nearest === null) {
      if (manifest !== null || isDirectory(path.join(directory, 'node_modules'))) nearest = directory;
    } else if (manifest !== null && isWorkspaceOf(manifest, path.relative(directory, nearest))) {
      return directory;
    }
    if (path.dirname(directory) === directory) return nearest ?? cwd;
  }
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
