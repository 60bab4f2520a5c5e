import { posix, win32 } from 'node:path';
import ini from 'ini';
import type { NodeManager } from '../../../model/dependency.ts';
import { statAt } from '../../../store/found.ts';
import { isNamed, workspacePatterns } from '../../../readers/manifest.ts';

/** A setting as a configuration file or the environment gives it. */
type Setting = string | boolean | null | readonly string[];

/** The settings of one place; `source` is a file's path or "environment". */
export interface Layer {
  readonly source: string;
  readonly file: boolean;
  /** Whether it is a file of the project: anyone who can change the project may have written it. */
  readonly ofProject: boolean;
  readonly values: ReadonlyMap<string, Setting>;
  /** For keys whose value names an environment variable that is not set: that variable. */
  readonly unset: ReadonlyMap<string, string>;
  /** For keys whose value has an environment variable's value as a part of it: that variable. */
  readonly blended: ReadonlyMap<string, string>;
}

export interface LayerInput {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly homedir: string;
  readonly platform: NodeJS.Platform;
  readonly execPath: string;
  /** Who reads these files; npm unless another one is named. */
  readonly manager?: NodeManager;
  /** Null for a file that is not there. */
  readonly readFile: (path: string) => string | null;
}

/**
 * The configuration in npm's order, strongest first: environment, project, user, global, npm's own (built-in) file.
 * Each layer may say where the next one is (`userconfig`, `globalconfig`, `prefix`), as in npm's config documentation.
 * pnpm has files of its own beside the user's and the global one; Yarn 2 and later read none of them, nor
 * `npm_config_*`.
 */
export function loadLayers(input: LayerInput): Layer[] {
  if (input.manager === 'yarn') return [];
  const files = fileLayers(input);
  const set = environmentLayer(input.env);
  // A setting of the environment that says where a file is counts even where a package manager exported it.
  const layers = files(set);
  return [exportedBy(input.env) ? withoutExported(set, input) : set, ...layers];
}

/** Names of variables by which a package manager hands its settings on to what it starts, and the user said nothing. */
export function exportedVariables(input: LayerInput): readonly string[] {
  if (!exportedBy(input.env)) return [];
  const set = environmentLayer(input.env);
  const { values } = withoutExported(set, input);
  return Object.keys(input.env).filter((name) => {
    const key = settingOfVariable(name);
    return key !== null && set.values.has(key) && !values.has(key);
  });
}

/** All layers but the environment, which may say where they are. */
function fileLayers(input: LayerInput): (environment: Layer) => Layer[] {
  const path = input.platform === 'win32' ? win32 : posix;
  const load = (file: string): Layer => fileLayer(file, input);
  const project = findProject(input);
  return (environment) => {
    const bin = path.dirname(input.execPath);
    const builtin = load(
      input.platform === 'win32'
        ? path.join(bin, 'node_modules', 'npm', 'npmrc')
        : path.join(path.dirname(bin), 'lib', 'node_modules', 'npm', 'npmrc'),
    );
    const layers: Layer[] = [];
    const configured = (key: string): { readonly at: string; readonly ofProject: boolean } | null => {
      const found = findSetting([environment, ...layers, builtin], key);
      if (typeof found?.value !== 'string') return null;
      const at = resolvePath(found.value, input);
      // Who can change the project wrote the file, too, where it says that one of its own is read as the user's.
      return { at, ofProject: found.ofProject && isWithin(at, repositoryOf(project, input), path) };
    };
    const own = input.manager === 'pnpm' ? pnpmFolder(input) : null;
    layers.push({ ...load(path.join(project, '.npmrc')), ofProject: true });
    if (own !== null) layers.push(load(path.join(own, 'auth.ini')));
    const user = configured('userconfig') ?? { at: path.join(homeOf(input), '.npmrc'), ofProject: false };
    layers.push({ ...load(user.at), ofProject: user.ofProject });
    if (own !== null) layers.push(load(path.join(own, 'rc')));
    const prefix = configured('prefix') ?? { at: defaultPrefix(input), ofProject: false };
    const global = configured('globalconfig') ?? { ...prefix, at: path.join(prefix.at, 'etc', 'npmrc') };
    layers.push({ ...load(global.at), ofProject: global.ofProject });
    return [...layers, builtin];
  };
}

/** Where pnpm has its own files: `rc` up to version 10, `auth.ini` and `config.yaml` from 11 on. */
export function pnpmFolder({ env, homedir, platform }: Pick<LayerInput, 'env' | 'homedir' | 'platform'>): string {
  const path = platform === 'win32' ? win32 : posix;
  const { XDG_CONFIG_HOME: xdg, LOCALAPPDATA: local } = env;
  const home = homeOf({ env, homedir });
  if (xdg !== undefined && xdg !== '') return path.join(xdg, 'pnpm');
  if (platform === 'darwin') return path.join(home, 'Library', 'Preferences', 'pnpm');
  if (platform === 'win32')
    return path.join(local ?? path.join(home, '.config'), ...(local ? ['pnpm', 'config'] : ['pnpm']));
  return path.join(home, '.config', 'pnpm');
}

/** Whether a package manager started this process, or one that started it: it exports its own settings. */
function exportedBy(env: NodeJS.ProcessEnv): boolean {
  return env['npm_execpath'] !== undefined || env['npm_lifecycle_event'] !== undefined;
}

/** Registries that Yarn 1, pnpm up to 10 and npm up to 6 export where nothing names one. */
const EXPORTED_DEFAULTS = ['https://registry.npmjs.org', 'https://registry.yarnpkg.com'];

/**
 * The environment without what a package manager exported for what it starts: settings that the files of its own
 * project say, which may be another one than that which is looked at here. What the files there do not say, the user
 * set.
 */
function withoutExported(environment: Layer, input: LayerInput): Layer {
  const { env } = input;
  const folder = env['npm_config_local_prefix'] ?? env['INIT_CWD'];
  if (folder === undefined) return environment;
  const layers = fileLayers({ ...input, cwd: folder })(environment);
  const exportsDefaults = env['npm_config_local_prefix'] === undefined;
  const path = input.platform === 'win32' ? win32 : posix;
  const yarnrc = /^\s*"?registry"?:?\s+"?([^"\s]+)/m.exec(input.readFile(path.join(folder, '.yarnrc')) ?? '')?.[1];
  const values = [...environment.values].filter(([key, value]) => {
    const said = layers.map((layer) => layer.values.get(key)).filter((one) => one !== undefined);
    const others = key === 'registry' ? [yarnrc, ...(exportsDefaults ? EXPORTED_DEFAULTS : [])] : [];
    return ![...said, ...others].some((one) => one !== undefined && asExported(one) === asExported(value));
  });
  return { ...environment, values: new Map(values) };
}

/** As a variable has it: `false` is empty. */
function asExported(value: Setting): string {
  return value === false || value === null ? '' : String(value).replace(/\/+$/, '');
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

/** A value as the strongest layer that has one gives it. */
export interface FoundSetting {
  readonly value: Setting;
  readonly source: string;
  readonly ofProject: boolean;
  readonly unset: string | null;
  readonly blended: string | null;
}

/** The strongest layer's value of a key. Empty text counts as not set, as npm drops it. */
export function findSetting(layers: readonly Layer[], key: string): FoundSetting | null {
  for (const { source, ofProject, values, unset, blended } of layers) {
    const value = values.get(key);
    if (value === undefined || value === '') continue;
    return { value, source, ofProject, unset: unset.get(key) ?? null, blended: blended.get(key) ?? null };
  }
  return null;
}

/** Every key that some layer sets. */
export function settingKeys(layers: readonly Layer[]): ReadonlySet<string> {
  return new Set(layers.flatMap(({ values }) => [...values.keys()]));
}

/** How variables are written: `${VAR}` everywhere; with defaults by pnpm and Yarn 2, as `$VAR` alone by Bun. */
export interface Notation {
  readonly defaults: boolean;
  readonly bare: boolean;
}

export function notationOf(manager: NodeManager = 'npm'): Notation {
  return { defaults: manager === 'pnpm' || manager === 'yarn', bare: manager === 'bun' };
}

/** Told of variables while a text is expanded. */
interface Expanding {
  readonly onUnset?: (name: string) => void;
  /** `at` is where the value stands in the text. */
  readonly onSet?: (name: string, value: string, at: number) => void;
}

/**
 * Replaces `${VAR}` and `${VAR?}` (empty where unset) as npm documents, and `${VAR-default}` and `${VAR:-default}` as
 * pnpm and Yarn do. An unset variable without default stays as it is written and is told to `onUnset`; a backslash
 * escapes.
 */
export function expand(
  text: string,
  env: NodeJS.ProcessEnv,
  { onUnset, onSet }: Expanding,
  { defaults, bare }: Notation = { defaults: true, bare: false },
): string {
  const alone = bare ? /^\$(\w+)$/.exec(text)?.[1] : undefined;
  if (alone !== undefined) return expand(`\${${alone}}`, env, { ...(onUnset && { onUnset }), ...(onSet && { onSet }) });
  return text.replace(/(?<!\\)(\\*)\$\{([^${}]+)\}/g, (_, escapes: string, inner: string, at: number) => {
    const kept = '\\'.repeat(Math.floor(escapes.length / 2));
    if (escapes.length % 2 === 1) return `${kept}\${${inner}}`;
    const { name, value, isSet } = lookUp(inner, env, defaults);
    if (value === undefined) onUnset?.(inner);
    else if (isSet) onSet?.(name, value, at);
    return kept + (value ?? `\${${inner}}`);
  });
}

function lookUp(
  inner: string,
  env: NodeJS.ProcessEnv,
  defaults: boolean,
): { readonly name: string; readonly value: string | undefined; readonly isSet: boolean } {
  const whole = env[inner];
  if (whole !== undefined) return { name: inner, value: whole, isSet: true };
  if (inner.endsWith('?')) {
    const name = inner.slice(0, -1);
    return { name, value: env[name] ?? '', isSet: env[name] !== undefined };
  }
  const [, name = inner, operator, fallback = ''] = (defaults ? /^(\w+)(:?-)(.*)$/s.exec(inner) : null) ?? [];
  if (operator === undefined) return { name, value: undefined, isSet: false };
  const value = env[name];
  const isSet = value !== undefined && (operator !== ':-' || value !== '');
  return { name, value: isSet ? value : fallback, isSet };
}

/** `npm_config_*` in any case; names are normalised as npm does, except keys bound to a host. */
function environmentLayer(env: NodeJS.ProcessEnv): Layer {
  const settings = Object.entries(env).flatMap(([name, value]): [string, unknown][] => {
    const key = settingOfVariable(name);
    return key === null || value === '' ? [] : [[key, value]];
  });
  return { source: 'environment', file: false, ofProject: false, ...expandAll(settings, env) };
}

function settingOfVariable(name: string): string | null {
  if (!/^npm_config_/i.test(name)) return null;
  const key = name.slice('npm_config_'.length);
  return key.startsWith('//') ? key : key.replace(/(?!^)_/g, '-').toLowerCase();
}

function fileLayer(file: string, { env, readFile, manager }: LayerInput): Layer {
  const parsed: Record<string, unknown> = ini.parse((readFile(file) ?? '').replace(/^\uFEFF/, ''));
  return layerOf(file, Object.entries(parsed), env, { notation: notationOf(manager) });
}

/** Settings that another file has, in npm's words. */
export function layerOf(
  source: string,
  settings: readonly [string, unknown][],
  env: NodeJS.ProcessEnv,
  { ofProject = false, notation }: { readonly ofProject?: boolean; readonly notation?: Notation } = {},
): Layer {
  return { source, file: true, ofProject, ...expandAll(settings, env, notation) };
}

/** Settings with their variables replaced, in keys and values. Sections of a file (objects) mean nothing to npm. */
function expandAll(
  settings: readonly [string, unknown][],
  env: NodeJS.ProcessEnv,
  notation?: Notation,
): Pick<Layer, 'values' | 'unset' | 'blended'> {
  const values = new Map<string, Setting>();
  const unset = new Map<string, string>();
  const blended = new Map<string, string>();
  for (const [raw, value] of settings) {
    const key = expand(raw, env, {}, notation);
    const onUnset = (name: string): unknown => unset.set(key, name);
    // A variable that has the whole address, with its host, says itself where it is sent.
    const onSet = (name: string, text: string, at: number): void => {
      if (at > 0 || !/^https?:\/\/[^/]/.test(text)) blended.set(key, name);
    };
    const text = (one: string): string => expand(one.trim(), env, { onUnset, onSet }, notation);
    if (typeof value === 'string') values.set(key, text(value));
    else if (typeof value === 'boolean' || value === null) values.set(key, value);
    else if (Array.isArray(value)) values.set(key, value.filter((item) => typeof item === 'string').map(text));
  }
  return { values, unset, blended };
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
 * workspace root that has it as a member. Throws LockfileError where that cannot be said.
 */
export function findProject(input: Pick<LayerInput, 'cwd' | 'platform' | 'readFile' | 'manager'>): string {
  const { cwd, platform, readFile, manager = 'npm' } = input;
  const path = platform === 'win32' ? win32 : posix;
  let nearest: string | null = null;
  for (let directory = cwd; ; directory = path.dirname(directory)) {
    const file = path.join(directory, 'package.json');
    const manifest = readFile(file);
    if (nearest === null) {
      if (manifest !== null || isDirectory(path.join(directory, 'node_modules'))) nearest = directory;
    } else if (manifest !== null && hasMember(file, manifest, path.relative(directory, nearest), manager)) {
      return directory;
    }
    if (path.dirname(directory) === directory) return nearest ?? cwd;
  }
}

/** Who reads `workspaces` of package.json to find the project whose lockfile and settings count. */
const READ_WORKSPACES: readonly NodeManager[] = ['npm', 'yarn-classic', 'bun'];

function hasMember(file: string, manifest: string, member: string, manager: NodeManager): boolean {
  try {
    return isNamed(file, workspacePatterns(file, manifest, manager), member);
  } catch (error) {
    if (READ_WORKSPACES.includes(manager)) throw error;
    return false;
  }
}

/**
 * The repository that has a folder, or the folder itself outside of any. A worktree has a file for a folder of git's.
 */
function repositoryOf(folder: string, { platform, readFile }: LayerInput): string {
  const path = platform === 'win32' ? win32 : posix;
  const root = foldersUpwards(folder, path).find(
    (one) => readFile(path.join(one, '.git', 'HEAD')) !== null || isFile(path.join(one, '.git')),
  );
  return root ?? folder;
}

/** A folder (absolute) and those above it, the nearest first. */
export function foldersUpwards(folder: string, path: typeof posix): readonly string[] {
  const above = path.dirname(folder);
  return above === folder ? [folder] : [folder, ...foldersUpwards(above, path)];
}

/** Whether a path is a folder or below it. */
export function isWithin(file: string, folder: string, path: typeof posix): boolean {
  const way = path.relative(folder, file);
  return way !== '..' && !way.startsWith(`..${path.sep}`) && !path.isAbsolute(way);
}

function isFile(path: string): boolean {
  return statAt(path)?.isFile() ?? false;
}

function isDirectory(path: string): boolean {
  return statAt(path)?.isDirectory() ?? false;
}
