import { posix } from 'node:path';
import { fieldsOf, type Fields } from '../../model/value.ts';
import { manifestFields } from '../../readers/manifest.ts';
import type { ProjectManifests, ProjectSettings } from '../common/format.ts';
import { isWorkspace } from '../../model/workspaces.ts';
import { isUnshared } from '../settings/effects.ts';
import { declaredSets, type Declared } from './declared.ts';
import { folderAt } from './key.ts';
import { isSelected, overrides, readOverrides, readSelector, type Asker, type Selector } from './overrides.ts';

/** What a package.json asks for by one name. */
export interface Ask {
  readonly spec: string;
  readonly kind: 'prod' | 'dev' | 'optional';
  /** Whether it is a peer dependency, for users of the package to bring. */
  readonly isPeer: boolean;
}

/** What the project's own files declare. The lockfile's copy of it can be edited with the lockfile. */
export interface PnpmProject {
  /** Whether there are files of the project to hold the lockfile to. */
  readonly isKnown: boolean;
  /** What the package.json of a folder asks for, by name; null where there is none. */
  readonly asksOf: (folder: string) => ReadonlyMap<string, Ask> | null;
  readonly askerOf: (folder: string) => Asker;
  /** The names of the workspace's members, as far as their package.json files are known, by folder. */
  readonly members: ReadonlyMap<string, string | null>;
  /**
   * The member whose folder to publish this is: pnpm links or copies it in the member's place
   * (publishConfig.directory).
   */
  readonly publishedFrom: (folder: string) => string | null;
  /** What the project puts in place of what `asker` asks for by this name. */
  readonly overridden: (asker: Asker, alias: string, spec: string | null) => readonly string[];
  /**
   * All overrides, by selector, as one pnpm or another takes them: since version 11 it reads none of package.json.
   * Values are as they are written, and what stands for them.
   */
  readonly overrides: readonly ReadonlyMap<string, readonly string[]>[];
  readonly extensions: Declared;
  readonly patches: Declared;
  /** Patterns of optional dependencies that are left out. */
  readonly ignored: readonly string[];
  /** The folders of the workspace's members; null where each has a lockfile of its own, or none is known. */
  readonly isMember: ((folder: string) => boolean) | null;
  /** What the project adds to a package under this name (packageExtensions). */
  readonly extended: (asker: Asker, alias: string) => readonly string[];
  /** The specifier that stands for one of a catalog; null where no file of the project has it. */
  readonly fromCatalog: (alias: string, spec: string) => string | null;
  /** What could change any manifest before it is resolved; null where there is nothing. */
  readonly hook: string | null;
  readonly configDependencies: Readonly<Record<string, unknown>>;
  /** `packageManager` of package.json, if it is pnpm. */
  readonly packageManager: string | null;
}

/** The strongest last: an optional dependency is none of the others. */
const FIELDS = [
  ['peerDependencies', 'prod'],
  ['devDependencies', 'dev'],
  ['dependencies', 'prod'],
  ['optionalDependencies', 'optional'],
] as const;
const NONE: Asker = { name: null, version: null };

/** Throws LockfileError, naming the package.json, where one cannot be read. */
export function readProject(manifests: ProjectManifests, settings: ProjectSettings): PnpmProject {
  const members = new Map<string, Fields>();
  for (const [folder, text] of manifests) {
    const file = folder === '' ? 'package.json' : `${folder}/package.json`;
    members.set(folder === '' ? '.' : folder, manifestFields(file, text, 'pnpm'));
  }
  const file = settings.find(({ path }) => path.endsWith('pnpm-workspace.yaml'));
  const workspace = fieldsOf(file?.content);
  // Where each member has its own lockfile, the root of the workspace is above.
  const root = members.get(posix.dirname(file?.path ?? '.')) ?? members.get('.') ?? {};
  const older = fieldsOf(root['pnpm']);
  const catalogs: Fields = { default: workspace['catalog'], ...fieldsOf(workspace['catalogs']) };
  const asks = new Map([...members].map(([folder, manifest]) => [folder, asksOf(manifest)]));
  const asksOfRoot = asksOf(root);

  const fromCatalog = (alias: string, spec: string): string | null => {
    const name = spec.slice('catalog:'.length).replace(/^ +| +$/g, '') || 'default';
    const found = fieldsOf(Object.hasOwn(catalogs, name) ? catalogs[name] : null);
    const specifier = Object.hasOwn(found, alias) ? found[alias] : null;
    return typeof specifier === 'string' ? specifier : null;
  };
  const resolved = (alias: string, spec: string): string | null => {
    if (spec.startsWith('$')) return asksOfRoot.get(spec.slice(1))?.spec ?? null;
    return spec.startsWith('catalog:') ? fromCatalog(alias, spec) : spec;
  };
  const replaced = groupedBy(
    [root['resolutions'], older['overrides'], workspace['overrides']].flatMap((each) => readOverrides(fieldsOf(each))),
    ({ target }) => target.name,
  );
  const extensions = [older['packageExtensions'], workspace['packageExtensions']];
  const added = groupedBy(extensions.flatMap(readExtensions), ({ alias }) => alias);
  const { packageManager } = root;
  const setsOf = (name: string): Declared =>
    declaredSets(older[name], workspace[name], packageManager, (_, ofWorkspace) => ofWorkspace);
  const patterns = textsOf(workspace['packages']);
  const isShared =
    file?.path === 'pnpm-workspace.yaml' &&
    !settings.some(({ content }) => Object.entries(fieldsOf(content)).some(isUnshared));
  const isMember = isShared ? (folder: string): boolean => isWorkspace(patterns, folder) : null;
  const published = new Map(
    [...members].flatMap(([folder, manifest]) => {
      const directory = publishDirectory(manifest);
      const isKnownMember = folder === '.' || isMember === null || isMember(folder);
      return directory === null || !isKnownMember ? [] : [[folderAt(folder, directory), folder] as const];
    }),
  );
  return {
    isKnown: manifests.size > 0,
    asksOf: (folder) => asks.get(folder) ?? null,
    askerOf: (folder) => askerOf(members.get(folder)),
    members: new Map([...members].map(([folder, manifest]) => [folder, askerOf(manifest).name])),
    publishedFrom: (folder) => published.get(folder) ?? null,
    overridden: (asker, alias, spec) =>
      (replaced.get(alias) ?? [])
        .filter((override) => overrides(override, asker, spec))
        .flatMap((override) => resolved(alias, override.spec) ?? []),
    overrides: overridesIn(
      declaredSets(
        { ...fieldsOf(root['resolutions']), ...fieldsOf(older['overrides']) },
        workspace['overrides'],
        packageManager,
        (ofManifest, ofWorkspace) => ({ ...ofManifest, ...ofWorkspace }),
      ),
      resolved,
    ),
    extensions: setsOf('packageExtensions'),
    patches: setsOf('patchedDependencies'),
    ignored: [older, workspace].flatMap((each) => textsOf(each['ignoredOptionalDependencies'])),
    isMember,
    extended: (asker, alias) =>
      (added.get(alias) ?? [])
        .filter(({ target }) => isSelected(target, asker))
        .flatMap(({ spec }) => resolved(alias, spec) ?? []),
    fromCatalog,
    hook: hookOf(settings, workspace),
    configDependencies: fieldsOf(workspace['configDependencies']),
    packageManager: typeof packageManager === 'string' && packageManager.startsWith('pnpm@') ? packageManager : null,
  };
}

function overridesIn(
  sets: Declared,
  resolved: (alias: string, spec: string) => string | null,
): PnpmProject['overrides'] {
  return sets.map(
    (set) =>
      new Map(
        Object.entries(set).flatMap(([selector, spec]) => {
          if (typeof spec !== 'string') return [];
          const [override] = readOverrides({ [selector]: spec });
          const other = override === undefined ? null : resolved(override.target.name, spec);
          return [[selector, other === null ? [spec] : [spec, other]] as const];
        }),
      ),
  );
}

interface Extension {
  /** What it is added to. */
  readonly target: Selector;
  readonly alias: string;
  readonly spec: string;
}

/** What packageExtensions add (https://pnpm.io/settings#packageextensions). */
function readExtensions(record: unknown): readonly Extension[] {
  return Object.entries(fieldsOf(record)).flatMap(([key, extension]) => {
    const target = readSelector(key);
    const { dependencies, optionalDependencies, peerDependencies } = fieldsOf(extension);
    const added = [dependencies, optionalDependencies, peerDependencies].flatMap((each) =>
      Object.entries(fieldsOf(each)),
    );
    return added.flatMap(([alias, spec]) =>
      target === null || typeof spec !== 'string' ? [] : [{ target, alias, spec }],
    );
  });
}

function groupedBy<T>(values: readonly T[], keyOf: (value: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const value of values) {
    const key = keyOf(value);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [value]);
    else group.push(value);
  }
  return groups;
}

/** A .pnpmfile.cjs, or the plug-ins among the dependencies of the configuration, whose hooks pnpm loads by itself. */
function hookOf(settings: ProjectSettings, workspace: Fields): string | null {
  const file = settings.find(({ path }) => /(?:^|[/\\])\.pnpmfile\.[cm]js$/.test(path))?.path;
  const npmrcs = settings.filter(({ path }) => path.endsWith('.npmrc')).map(({ content }) => fieldsOf(content));
  const named = [workspace['pnpmfile'], workspace['globalPnpmfile']].concat(
    npmrcs.flatMap((npmrc) => [npmrc['pnpmfile'], npmrc['global-pnpmfile']]),
  );
  const [listed] = named.flat().filter((one) => typeof one === 'string' && one !== '');
  if (file !== undefined || listed !== undefined) return file ?? String(listed);
  const plugin = /^(?:@pnpm\/plugin-|pnpm-plugin-|@[^/]+\/pnpm-plugin-)/;
  return Object.keys(fieldsOf(workspace['configDependencies'])).find((name) => plugin.test(name)) ?? null;
}

function asksOf(manifest: Fields): ReadonlyMap<string, Ask> {
  return new Map(
    FIELDS.flatMap(([field, kind]) =>
      Object.entries(fieldsOf(manifest[field])).flatMap(([alias, spec]) =>
        typeof spec === 'string' ? [[alias, { spec, kind, isPeer: field === 'peerDependencies' }] as const] : [],
      ),
    ),
  );
}

/** What pnpm links in the place of a member's own folder (https://pnpm.io/package_json#publishconfigdirectory). */
function publishDirectory(manifest: Fields): string | null {
  const { directory, linkDirectory } = fieldsOf(manifest['publishConfig']);
  return typeof directory === 'string' && linkDirectory !== false ? directory : null;
}

function askerOf(manifest: Fields = {}): Asker {
  const { name, version } = manifest;
  return typeof name === 'string' ? { name, version: typeof version === 'string' ? version : null } : NONE;
}

function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? (value as readonly unknown[]).filter((each) => typeof each === 'string') : [];
}
