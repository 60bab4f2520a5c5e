import { homedir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import type { ProjectManifests } from '../../lockfiles/index.ts';
import {
  fetchedManager,
  ignoringSetting,
  isUnshared,
  namesInstalled,
  otherCode,
  unknownSetting,
  unverifiedBy,
  type Unverified,
} from '../../lockfiles/settings/effects.ts';
import { pinnedElsewhere } from '../../lockfiles/settings/pinned-manager.ts';
import {
  settingName,
  settingOfOption,
  settingOfVariable,
  textsOf,
  type UseSetting,
} from '../../lockfiles/settings/names.ts';
import type { NodeLockfile, NodeManager, PlacedFinding } from '../../model/dependency.ts';
import { finding, type Finding } from '../../model/finding.ts';
import { npmLayers } from '../../registries/npm/config/npmrc.ts';
import { enclosingWorkspace } from './enclosing.ts';
import { namesIn } from './listing.ts';
import type { Io } from '../io.ts';
import { cacheKeyIn, corepackVariables, managerConfigs } from './manager-config.ts';
import { projectFolder } from './files.ts';
import { manifestIn } from './manifests.ts';
import { policyFolders } from './policy.ts';
import { shownPath } from '../user-files.ts';
import { uncheckedArchives } from './yarn-cache.ts';
import { committedFolder, committedOf, expanded, isInRepository } from './stores.ts';

/** A setting of a package manager, and where it stands. */
interface SettingInUse {
  readonly setting: UseSetting;
  /** As it is shown. */
  readonly source: string;
  /** What a path of it is relative to. */
  readonly folder: string;
  readonly ofProject: boolean;
  /** Whether it stands where every tool keeps settings. */
  readonly ofNpmrc?: true;
}

/** Everything that a package manager is told in a folder, by files and the environment. */
export function useSettings(manager: NodeManager, folder: string, io: Io): readonly SettingInUse[] {
  // What cannot be read is named where registries are taken from it.
  const silent = { ...io, stderr: { ...io.stderr, write: () => undefined } };
  const [config] = managerConfigs([{ manager }], folder, silent);
  const files = (config?.files ?? []).flatMap(({ path, ofProject, content }) =>
    settingsIn(manager, content).map((setting) => {
      return { setting, source: shownPath(path, io), folder: dirname(path), ofProject };
    }),
  );
  const env = Object.entries(io.env).flatMap(([name, value]): SettingInUse[] => {
    const setting = NPM_VARIABLE.test(name) ? null : settingOfVariable(manager, name, value);
    if (setting === null || (manager === 'yarn-classic' && !CLASSIC_KEYS.includes(setting[0]))) return [];
    return [{ setting, source: name, folder, ofProject: false }];
  });
  if (manager === 'npm' || manager === 'pnpm') return [...files, ...env, ...npmSettings(manager, folder, io)];
  if (manager === 'bun') {
    // Of what it takes from .npmrc, this alone is not read with the registries.
    const isCache = ({ file, setting: [key] }: ReturnType<typeof npmSettings>[number]): boolean =>
      file && key === 'cache';
    return [...files, ...env, ...npmSettings(manager, folder, io).filter(isCache)];
  }
  if (manager !== 'yarn-classic') return withStrongest('compression-level', [...env, ...files]);
  return [
    ...files,
    ...env,
    ...npmSettings(manager, folder, io).filter(({ setting: [key] }) => !CLASSIC_OPTIONS.includes(key)),
  ];
}

/** Drops the weaker values of a setting for which only the strongest value counts. */
function withStrongest(name: string, settings: readonly SettingInUse[]): readonly SettingInUse[] {
  const isOfName = ({ setting: [key] }: SettingInUse): boolean => settingName(key) === name;
  const strongest = settings.find(isOfName);
  return settings.filter((one) => !isOfName(one) || one === strongest);
}

function npmSettings(
  name: NodeManager,
  folder: string,
  io: Io,
): readonly (SettingInUse & { readonly file: boolean })[] {
  const layers = npmLayers({
    cwd: folder,
    manager: { name, files: [] },
    env: io.env,
    homedir: homedir(),
    platform: process.platform,
  });
  return layers.flatMap(({ source, file, values, ofProject }) =>
    [...values].map((setting) => {
      const shown = file ? shownPath(source, io) : source;
      return { setting, source: shown, folder, ofProject, ofNpmrc: true as const, file };
    }),
  );
}

/** These are a layer of npm's configuration. */
const NPM_VARIABLE = /^npm_config_/i;

/** What Yarn 1 takes from its own file beside options. */
const CLASSIC_KEYS: readonly string[] = [
  'cache-folder',
  'preferred-cache-folder',
  'yarn-path',
  'script-shell',
  'node-options',
  'python',
  'node-gyp',
  'plugnplay-shebang',
];
/** What it takes for an option alone; everything else of .npmrc it hands on to install scripts, as npm does. */
const CLASSIC_OPTIONS: readonly string[] = ['lockfile', 'cwd', 'flat', 'focus', 'modules-folder', 'update-checksums'];

/** Options in Yarn 1's file are those of its command line, for all commands or for one. */
function settingsIn(manager: NodeManager, content: unknown): readonly UseSetting[] {
  if (manager !== 'yarn-classic') return flattened(content, '');
  if (typeof content !== 'object' || content === null) return [];
  return Object.entries(content).flatMap(([key, value]): UseSetting[] => {
    const name = /^--(?:.*\.)?([\w-]+)$/.exec(key)?.[1];
    if (name !== undefined) return [settingOfOption(name, String(value))];
    return CLASSIC_KEYS.includes(key) ? [[key, value]] : [];
  });
}

/** Deeper than any setting that is looked for. */
const MAX_DEPTH = 4;

/** What stands within another setting as OUTER.INNER, beside the outer one. */
function flattened(content: unknown, outer: string, depth = 0): readonly UseSetting[] {
  if (typeof content !== 'object' || content === null || Array.isArray(content) || depth === MAX_DEPTH) return [];
  return Object.entries(content).flatMap(([key, value]): UseSetting[] => [
    [`${outer}${key}`, value],
    ...pluginsIn(key, value),
    ...flattened(value, `${outer}${key}.`, depth + 1),
  ]);
}

/** Yarn's list of its plugins, each by its file. */
function pluginsIn(key: string, value: unknown): readonly UseSetting[] {
  if (key !== 'plugins' || !Array.isArray(value)) return [];
  return (value as readonly unknown[]).map((plugin) => [
    'plugin',
    typeof plugin === 'object' && plugin !== null && 'path' in plugin ? plugin.path : plugin,
  ]);
}

/**
 * The setting that makes a package manager not read the lockfile of a folder, of those that `counts`; null for none.
 */
export function settingAgainst(
  manager: NodeManager,
  folder: string,
  settings: readonly SettingInUse[],
): SettingInUse | null {
  const names = namesIn(folder);
  const isAgainst = ({ setting, folder: from }: SettingInUse): boolean =>
    ignoringSetting(manager, [setting], {
      isElsewhere: (path) => resolve(from, path) !== resolve(folder),
      names,
    }) !== null;
  return settings.find(isAgainst) ?? null;
}

/**
 * Settings by which other bytes are installed than the hashes name; `store` is the folder of the repository they are
 * in.
 */
export async function unverified(
  manager: NodeManager,
  folder: string,
  settings: readonly SettingInUse[],
  io: Io,
): Promise<readonly Unverified<SettingInUse>[]> {
  const known = await Promise.all(
    unverifiedBy(manager, settings, manager === 'yarn' ? cacheKeyIn(join(folder, 'yarn.lock')) : null).map(
      async ({ by, store }) => {
        if (store === null) return { by, store };
        const place = await committedFolder(store, by.folder, folder, io);
        return place === null ? null : { by, store: shownPath(place, io) };
      },
    ),
  );
  return known.filter((one) => one !== null);
}

/**
 * What of the project makes its package manager not install from this lockfile: a setting of a file, another package
 * manager that package.json demands, or a workspace whose member the folder is.
 */
export async function notUsed(
  path: string,
  lockfile: NodeLockfile,
  manifests: ProjectManifests,
  io: Io,
  audited: readonly string[] = [path],
): Promise<readonly PlacedFinding[]> {
  const { manager, file } = lockfile;
  const folder = projectFolder(path);
  const all = useSettings(manager, folder, io);
  const settings = all.filter(({ ofProject }) => ofProject);
  const because = (by: string, instead: string | null): PlacedFinding => ({
    place: { file, line: 1, path: '' },
    finding: finding('lockfile-not-used', { by, instead }),
  });
  const found: PlacedFinding[] = [];
  const against = settingAgainst(manager, folder, settings);
  if (against !== null) found.push(because(shownSetting(against), null));
  for (const { by, store } of await unverified(manager, folder, settings, io)) {
    const instead =
      store === null
        ? 'whatever is served under these names, as no hash is compared'
        : `what the repository has in ${store}, whose bytes are not compared with the hashes`;
    found.push(because(shownSetting(by), instead));
  }
  for (const { folder: cache, packages } of manager === 'yarn'
    ? await uncheckedArchives(lockfile, folder, all, io)
    : []) {
    const instead = `its archives of ${packages.join(', ')}, of which the lockfile has no checksum`;
    found.push(because(`${shownPath(cache, io)} of the repository`, instead));
  }
  const unshared = manager === 'pnpm' ? settings.find(({ setting }) => isUnshared(setting)) : undefined;
  // The folder's own project is still installed from it.
  if (unshared !== undefined && lockfile.skipped.some(({ reason }) => reason === 'workspace')) {
    found.push(because(shownSetting(unshared), 'a lockfile in the folder of each project'));
  }
  for (const other of codeBeside(lockfile, folder, settings, manifests.get(''), io)) {
    found.push({ place: { file, line: 1, path: '' }, finding: other });
  }
  const above = unshared === undefined ? enclosingWorkspace(manager, folder, all) : null;
  if (above !== null && !basename(path).startsWith('.')) {
    const declared = `the workspaces of ${shownPath(above.declaredIn, io)}`;
    found.push(because(declared, shownPath(join(above.root, basename(path)), io)));
  }
  if (!basename(path).startsWith('.')) {
    for (const place of await committedOf(installedIn(manager, folder, manifests, settings, io))) {
      const instead = 'what is committed there, whose bytes are not compared with the hashes';
      found.push(because(`${shownPath(place, io)} of the repository`, instead));
    }
  }
  const shrinkwrap = join(folder, 'npm-shrinkwrap.json');
  const isFirst = basename(path) === 'package-lock.json' && namesIn(folder).includes(basename(shrinkwrap));
  if (isFirst && !audited.includes(shrinkwrap)) {
    found.push(because(`${shownPath(shrinkwrap, io)}, which npm reads first`, shownPath(shrinkwrap, io)));
  }
  const pinned = pinnedElsewhere(lockfile, manifests.get(''));
  if (pinned !== null) found.push(because(pinned.by, null));
  return found;
}

/**
 * Where an installation leaves what is there already: node_modules of the project and its workspaces, of which `npm ci`
 * removes the project's own alone; and what Yarn 2 and later has unplugged. Tried with npm 8 and 9, pnpm 10, Yarn 1.22
 * and 4, and Bun 1.4.
 */
function installedIn(
  manager: NodeManager,
  folder: string,
  manifests: ProjectManifests,
  settings: readonly SettingInUse[],
  io: Io,
): readonly string[] {
  const folders = [...new Set(['', ...manifests.keys()])].filter((one) => manager !== 'npm' || one !== '');
  const modules = folders.map((one) => join(folder, one, 'node_modules'));
  const named = settings
    .filter(({ setting }) => namesInstalled(manager, setting))
    .flatMap(({ setting: [, value], folder: from }) => textsOf(value).map((path) => resolve(from, expanded(path, io))));
  return [...new Set([...modules, ...(manager === 'yarn' ? [join(folder, '.yarn/unplugged')] : []), ...named])];
}

/** What the project makes run in an installation beside what the lockfile names. */
function codeBeside(
  { manager, dependencies }: NodeLockfile,
  folder: string,
  settings: readonly SettingInUse[],
  manifest: string | undefined,
  io: Io,
): readonly Finding[] {
  const all = settings.map(({ setting }) => setting);
  const isLocked = (name: string): boolean =>
    dependencies.some((one) => (one.alias ?? one.name) === name && one.artifacts[0].source.kind === 'registry');
  const unknown = { new: [] as SettingInUse[], free: [] as SettingInUse[] };
  const found = settings.flatMap((by) => {
    const isHere = (path: string): boolean => {
      const place = resolve(by.folder, expanded(path, io));
      return [folder, by.folder].some((one) => isInRepository(place, one));
    };
    const place = { isInRepository: isHere, settings: all, isLocked };
    const other = otherCode(manager, by.setting, place);
    if (other === null) {
      const kind = unknownSetting(manager, by.setting, by.ofNpmrc === true, place);
      if (kind !== null) unknown[kind].push(by);
      return [];
    }
    return [
      finding('lockfile-other-code', { by: shownSetting(by), code: other.code }, other.isUsual ? 'note' : undefined),
    ];
  });
  const named = (some: readonly SettingInUse[]): string => some.map(shownSetting).join(', ');
  if (unknown.new.length > 0) {
    found.push(finding('lockfile-other-code', { by: named(unknown.new), code: 'unknown' }));
  }
  // One line for all of them: most are for install scripts.
  if (unknown.free.length > 0) {
    found.push(finding('lockfile-other-code', { by: named(unknown.free), code: 'unknown' }, 'note'));
  }
  const above = policyFolders(folder).slice(1);
  const manifests = [manifest, ...above.map((each) => manifestIn(each, manager, io))];
  const fetched = fetchedManager(
    manager,
    manifests.filter((each) => each !== null && each !== undefined),
    corepackVariables(folder, io),
  );
  // npm 12 loads it before it installs.
  const loaded = manager === 'npm' ? namesIn(folder).filter((name) => /^\.npm-extension\.[cm]js$/.test(name)) : [];
  return [
    ...found,
    ...fetched.map((by) => finding('lockfile-other-code', { by, code: 'fetched' })),
    ...loaded.map((by) => finding('lockfile-other-code', { by, code: 'repository' })),
  ];
}

export function shownSetting({ setting: [key, value], source }: Pick<SettingInUse, 'setting' | 'source'>): string {
  return `${key}=${typeof value === 'string' ? value : JSON.stringify(value)} of ${source}`;
}
