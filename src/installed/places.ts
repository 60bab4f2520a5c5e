import { join } from 'node:path';
import type { Dependency, Lockfile } from '../model/dependency.ts';
import { kindOf } from './read.ts';
import { claimOf, findPackages, isOwnFolder, targetOf, type FoundPackage } from './tree.ts';

/** Something at the place of a dependency that is not a copy of it. */
interface Stray {
  readonly path: string;
  readonly what: 'version' | 'link' | 'other';
  /** The version that is there instead, as it claims. */
  readonly version: string | null;
}

/** Where dependencies are installed. Paths are relative to the project, with "/". */
export interface Places {
  /** Folders that are to be copies of it. */
  readonly copiesOf: (dependency: Dependency) => readonly string[];
  readonly straysOf: (dependency: Dependency) => readonly Stray[];
  /** Places of the lockfile where nothing is. */
  readonly absentOf: (dependency: Dependency) => readonly string[];
  readonly isCopy: (path: string) => boolean;
  /** Whether nothing at all is where a dependency would be. */
  readonly isEmpty: boolean;
  /** Packages that are there and that no entry of the lockfile stands for. */
  readonly unlocked: readonly string[];
}

/** A place in a node_modules folder of the project, as npm's lockfiles name it. */
const INSTALLED = /^(?!\.\.(?:\/|$))(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+$/;

/**
 * Looks for what a lockfile names in the node_modules folders of its project. npm's lockfiles say where everything is;
 * for others a copy is known by its folder in a store, or by what its package.json claims.
 */
export async function locate(root: string, { dependencies, skipped }: Lockfile): Promise<Places> {
  const workspaces = skipped.filter(({ reason, place }) => reason === 'workspace' && isInside(place.path));
  const found = await findPackages(root, ['', ...workspaces.map(({ place }) => place.path)]);
  const table = newTable();
  const locked = indexed(dependencies);
  if (dependencies.some(({ places }) => places.some(({ path }) => INSTALLED.test(path)))) {
    const known = new Set(
      [...dependencies.flatMap(({ places }) => places), ...skipped.map(({ place }) => place)].map(({ path }) => path),
    );
    byPlace(root, locked, found, table);
    const stored = found.filter(({ store }) => store !== null);
    // npm's linked strategy and bun's isolated one have everything in a store, whatever place the lockfile gives.
    byClaim(root, locked, stored, table);
    checkLinks(root, locked, stored, table);
    const leadsToCopy = ({ path, isLink }: FoundPackage): boolean =>
      isLink && table.owners.has(targetOf(root, path) ?? '');
    const unlocked = found.filter((one) => one.store === null && !known.has(one.path) && !leadsToCopy(one));
    table.unlocked.push(...unlocked.map(({ path }) => path));
  } else {
    byClaim(root, locked, found, table);
    checkLinks(root, locked, found, table);
    for (const dependency of dependencies) {
      if (!table.copies.has(dependency) && !table.strays.has(dependency))
        add(table.absent, dependency, dependency.places[0]?.path ?? '');
    }
  }
  return {
    copiesOf: (dependency) => table.copies.get(dependency) ?? [],
    straysOf: (dependency) => table.strays.get(dependency) ?? [],
    absentOf: (dependency) => table.absent.get(dependency) ?? [],
    isCopy: (path) => table.owners.has(path),
    isEmpty: table.owners.size === 0 && table.strays.size === 0,
    unlocked: table.unlocked.sort(),
  };
}

interface Table {
  readonly copies: Map<Dependency, string[]>;
  readonly strays: Map<Dependency, Stray[]>;
  readonly absent: Map<Dependency, string[]>;
  readonly owners: Map<string, Dependency>;
  readonly unlocked: string[];
}

/** What a package.json says that it is of. */
function nameAtVersion({ name, version }: Pick<Dependency, 'name' | 'version'>): string {
  return `${name}@${version}`;
}

/** The dependencies of a lockfile. */
interface Locked {
  readonly dependencies: readonly Dependency[];
  readonly bySpec: ReadonlyMap<string, Dependency>;
  readonly byName: ReadonlyMap<string, readonly Dependency[]>;
}

function indexed(dependencies: readonly Dependency[]): Locked {
  const bySpec = new Map<string, Dependency>();
  const byName = new Map<string, Dependency[]>();
  for (const dependency of dependencies) {
    const spec = nameAtVersion(dependency);
    if (!bySpec.has(spec)) bySpec.set(spec, dependency);
    byName.set(dependency.name, [...(byName.get(dependency.name) ?? []), dependency]);
  }
  return { dependencies, bySpec, byName };
}

function newTable(): Table {
  return { copies: new Map(), strays: new Map(), absent: new Map(), owners: new Map(), unlocked: [] };
}

function add<T>(map: Map<Dependency, T[]>, dependency: Dependency, value: T): void {
  const list = map.get(dependency) ?? [];
  map.set(dependency, [...list, value]);
}

function isInside(path: string): boolean {
  return path !== '' && !path.startsWith('/') && !path.includes('\\') && !path.split('/').includes('..');
}

function byPlace(root: string, lockfile: Locked, found: readonly FoundPackage[], table: Table): void {
  const stored = new Set(found.filter(({ store, isLink }) => store !== null && !isLink).map(({ path }) => path));
  for (const dependency of lockfile.dependencies) {
    for (const { path } of dependency.places) {
      if (!INSTALLED.test(path) || !isInside(path)) continue;
      const kind = kindOf(join(root, path));
      const target = kind === 'link' ? targetOf(root, path) : null;
      if (kind === null) add(table.absent, dependency, path);
      else if (kind === 'folder') addCopy(table, dependency, path);
      else if (target !== null && stored.has(target)) addCopy(table, dependency, target);
      else add(table.strays, dependency, { path, what: kind, version: null });
    }
  }
}

function addCopy({ copies, owners }: Table, dependency: Dependency, path: string): void {
  if (owners.has(path)) return;
  owners.set(path, dependency);
  add(copies, dependency, path);
}

/** Copies by what they claim to be: those in stores only, or all of them. */
function byClaim(root: string, locked: Locked, found: readonly FoundPackage[], table: Table): void {
  const { bySpec, byName } = locked;
  const folders = found.filter(({ isLink }) => !isLink).map((one) => ({ ...one, claim: claimOf(root, one.path) }));
  const carriers = folders.flatMap(({ path, claim }) => (claim?.bundles === true ? [`${path}/node_modules/`] : []));
  for (const { path, name, store, claim } of folders) {
    const stored = store === null ? undefined : inStore(store, name, byName.get(name) ?? []);
    const dependency = stored ?? (claim === null ? undefined : bySpec.get(nameAtVersion(claim)));
    // A store keeps versions of earlier lockfiles for a while, which nothing leads to.
    if (dependency !== undefined) addCopy(table, dependency, path);
    // What came in another package's tarball is compared with that.
    else if (store === null && !carriers.some((carrier) => path.startsWith(carrier))) {
      leave(locked, table, { path, name }, 'version', claim?.version ?? null);
    }
  }
  for (const dependency of table.copies.keys()) table.absent.delete(dependency);
}

/**
 * A link has to lead to a copy, or to a folder of the project. What is linked within a store that nothing uses is not.
 */
function checkLinks(root: string, locked: Locked, found: readonly FoundPackage[], table: Table): void {
  const inUse = new Set([...table.owners.keys()].map(storeOf));
  for (const { path, name, store } of found.filter(({ isLink }) => isLink)) {
    if (store !== null && !inUse.has(storeOf(path))) continue;
    const target = targetOf(root, path);
    if (target === null || !(isOwnFolder(target) || table.owners.has(target))) {
      leave(locked, table, { path, name }, 'link', null);
    }
  }
}

function leave(
  { byName }: Locked,
  table: Table,
  { path, name }: Pick<FoundPackage, 'path' | 'name'>,
  what: Stray['what'],
  version: string | null,
): void {
  const [locked] = byName.get(name) ?? [];
  if (locked === undefined) table.unlocked.push(path);
  else add(table.strays, locked, { path, what, version });
}

/** The folder in a store that a path lies in; null outside of one. */
function storeOf(path: string): string | null {
  return /^(?:.*\/)?node_modules\/\.[^/]+\/(?:@[^/@]+\/(?!node_modules|package))?[^/]+(?=\/)/.exec(path)?.[0] ?? null;
}

/** The version that a store's folder is named after: "name@1.0.0", with "+" for "/", and what it is resolved with. */
function inStore(store: string, name: string, dependencies: readonly Dependency[]): Dependency | undefined {
  const matching = dependencies.filter(({ version }) => {
    const start = `${name.replace('/', '+')}@${version}`;
    return store === start || (store.startsWith(start) && /[_(+]/.test(store.charAt(start.length)));
  });
  return matching.sort((a, b) => b.version.length - a.version.length)[0];
}
