import { realpathSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { entriesOf, kindOf, packagesIn, readSmall } from './read.ts';

/** What is installed cannot be compared. `message` is one line for the user. */
export class InstalledError extends Error {
  override readonly name = 'InstalledError';
}

/** A package folder, or a link to one, in a node_modules folder. */
export interface FoundPackage {
  /** Relative to the project, with "/". */
  readonly path: string;
  /** The name it is installed under. */
  readonly name: string;
  /** What its folder in a store is called ("name@version_peers"); null outside of one. */
  readonly store: string | null;
  readonly isLink: boolean;
}

/**
 * Folders in node_modules in which pnpm, vlt, bun, yarn and npm keep one folder for each version: in a node_modules
 * folder in it, yarn's in one that is called package.
 */
const STORES: ReadonlySet<string> = new Set(['.pnpm', '.vlt', '.bun', '.store']);
const MAX_PACKAGES = 500_000;
const MAX_DEPTH = 64;
const MAX_PACKAGE_JSON_BYTES = 4 * 1024 * 1024;

/**
 * Every package in the node_modules folders of a project, in these of its `folders` ("" is the project's own), and in
 * those that links lead to: not every lockfile names workspaces. Throws InstalledError for more than any project has.
 */
export async function findPackages(root: string, folders: readonly string[]): Promise<readonly FoundPackage[]> {
  const found: FoundPackage[] = [];
  const add = (one: FoundPackage): void => {
    found.push(one);
    if (found.length > MAX_PACKAGES) throw new InstalledError(`more than ${MAX_PACKAGES} packages are in node_modules`);
  };
  const queue: { path: string; store: string | null; depth: number }[] = [];
  const visited = new Set<string>();
  const visit = (folder: string): void => {
    if (!visited.has(folder)) queue.push({ path: below(folder, 'node_modules'), store: null, depth: 0 });
    visited.add(folder);
  };
  folders.forEach(visit);
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    const { path, store, depth } = next;
    for (const { name, entry } of packagesIn(join(root, path))) {
      const isLink = entry.isSymbolicLink();
      if (!entry.isDirectory() && !isLink) continue;
      const place = below(path, name);
      add({ path: place, name, store, isLink });
      const inner = below(place, 'node_modules');
      if (depth > MAX_DEPTH) throw new InstalledError(`packages are nested deeper than ${MAX_DEPTH} levels in ${path}`);
      if (!isLink) queue.push({ path: inner, store: null, depth: depth + 1 });
      const target = isLink ? targetOf(root, place) : null;
      if (target !== null && isOwnFolder(target)) visit(target);
    }
    for (const kind of entriesOf(join(root, path))) {
      if (!STORES.has(kind.name) || !kind.isDirectory()) continue;
      const within = below(path, kind.name);
      // What pnpm and bun let packages find that nobody asked for.
      queue.push({ path: below(within, 'node_modules'), store: null, depth: depth + 1 });
      for (const name of storeFolders(join(root, within))) {
        const place = below(within, name);
        queue.push({ path: below(place, 'node_modules'), store: name, depth: depth + 1 });
        const claim = kindOf(join(root, place, 'package')) === 'folder' ? claimOf(root, below(place, 'package')) : null;
        if (claim !== null) add({ path: below(place, 'package'), name: claim.name, store: name, isLink: false });
      }
    }
    await setImmediate();
  }
  return found;
}

/** The folders of a store, one for each version; npm has those of a scope in a folder of their own. */
function storeFolders(store: string): readonly string[] {
  const folders = entriesOf(store).filter((entry) => entry.isDirectory());
  return folders.flatMap(({ name }) => {
    const within = name.startsWith('@') ? entriesOf(join(store, name)) : [];
    const isScope = within.length > 0 && !within.some((entry) => /^(?:node_modules|package)$/.test(entry.name));
    return isScope ? within.map((entry) => `${name}/${entry.name}`) : [name];
  });
}

/** Whether a folder is the project's and was not installed. */
export function isOwnFolder(path: string): boolean {
  return !/(?:^|\/)node_modules(?:\/|$)/.test(path);
}

function below(folder: string, name: string): string {
  return folder === '' ? name : `${folder}/${name}`;
}

/**
 * What a link leads to, relative to the project ("" is the project itself); null where that is nowhere, or outside of
 * it.
 */
export function targetOf(root: string, path: string): string | null {
  try {
    const target = relative(realpathSync(root), realpathSync(join(root, path)));
    return target.startsWith('..') ? null : target.split(sep).join('/');
  } catch {
    return null;
  }
}

/** What an installed package.json claims. */
export interface Claim {
  readonly name: string;
  readonly version: string;
  /** Whether it brings packages along in its own tarball. */
  readonly bundles: boolean;
}

/** Null where there is none that can be read. */
export function claimOf(root: string, path: string): Claim | null {
  const bytes = readSmall(join(root, path, 'package.json'), MAX_PACKAGE_JSON_BYTES);
  if (bytes === null) return null;
  try {
    const json = JSON.parse(new TextDecoder().decode(bytes)) as Readonly<Record<string, unknown>>;
    const { name, version } = json;
    const bundled = json['bundleDependencies'] ?? json['bundledDependencies'];
    const bundles = bundled === true || (Array.isArray(bundled) && bundled.length > 0);
    return typeof name === 'string' && typeof version === 'string' ? { name, version, bundles } : null;
  } catch {
    return null;
  }
}
