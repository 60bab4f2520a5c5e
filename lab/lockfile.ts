import { maxSatisfying, satisfies } from 'semver';
import type { PackageJson } from './publish.ts';
import type { Published } from './publish.ts';
import type { Registry } from './registry.ts';

/** Name to version or range, as in package.json. */
export type Roots = Readonly<Record<string, string>>;

export interface LockfileOptions {
  /** `lockfileVersion`; default 3. */
  readonly version?: 1 | 2 | 3;
  /** Roots that are development dependencies. */
  readonly dev?: Roots;
  /** Integrity by `name@version` in place of the published one; null leaves it out. */
  readonly integrity?: Readonly<Record<string, string | null>>;
  /** False leaves `resolved` out everywhere; a record replaces it by `name@version`, null leaves it out. */
  readonly resolved?: boolean | Readonly<Record<string, string | null>>;
  /** Further entries by path ("node_modules/x"), as they are written into `packages` (and `dependencies`). */
  readonly extra?: Readonly<Record<string, PackageJson>>;
}

/** One installed package: its published version at a place of the tree. */
interface Node {
  readonly published: Published;
  readonly parent: Node | null;
  readonly children: Map<string, Node>;
  dev: boolean;
}

type Tree = Pick<Node, 'children'>;

type Entry = Readonly<Record<string, unknown>>;

/** package-lock.json as npm would write it for these roots, from what the registry holds. */
export function packageLock(registry: Registry, roots: Roots, options: LockfileOptions = {}): string {
  const top = install(registry, roots, options.dev ?? {});
  const version = options.version ?? 3;
  const project = { name: 'project', version: '1.0.0' };
  const rootEntry = {
    ...project,
    ...(Object.keys(roots).length === 0 ? {} : { dependencies: roots }),
    ...(options.dev === undefined ? {} : { devDependencies: options.dev }),
  };
  const document = {
    ...project,
    lockfileVersion: version,
    requires: true,
    ...(version === 1 ? {} : { packages: { '': rootEntry, ...flatEntries(top, options), ...options.extra } }),
    ...(version === 3 ? {} : { dependencies: { ...nestedEntries(top, options), ...nestedExtra(options.extra) } }),
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

/** npm's placement: as near to the top as no other version of the same name is in the way. */
function install(registry: Registry, roots: Roots, dev: Roots): Tree {
  const top: Tree = { children: new Map() };
  const queue: { name: string; range: string; from: Node | null; dev: boolean }[] = [];
  const want = (wanted: Roots, from: Node | null, isDev: boolean): void => {
    for (const [name, range] of Object.entries(wanted)) queue.push({ name, range, from, dev: isDev });
  };
  want(roots, null, false);
  want(dev, null, true);

  for (let edge = queue.shift(); edge !== undefined; edge = queue.shift()) {
    const { name, range, from } = edge;
    const seen = lookUp(top, from, name);
    if (seen !== undefined && satisfies(seen.published.version, range)) {
      // Found in development before it was found in production.
      if (seen.dev && !edge.dev) {
        seen.dev = false;
        want(dependenciesOf(seen.published), seen, false);
      }
      continue;
    }
    const versions = registry.versions(name);
    const version = maxSatisfying(
      versions.map((one) => one.version),
      range,
    );
    const published = versions.find((one) => one.version === version);
    if (published === undefined) throw new Error(`nothing published satisfies ${name}@${range}`);
    const parent = placeFor(top, from, name, published.version);
    const node: Node = { published, parent, children: new Map(), dev: edge.dev };
    (parent ?? top).children.set(name, node);
    want(dependenciesOf(published), node, edge.dev);
  }
  return top;
}

function dependenciesOf({ manifest }: Published): Roots {
  return { ...manifest.dependencies, ...manifest.optionalDependencies };
}

/** What `require(name)` finds from a place: the nearest copy upwards. */
function lookUp(top: Tree, from: Node | null, name: string): Node | undefined {
  for (let place = from; place !== null; place = place.parent) {
    const child = place.children.get(name);
    if (child !== undefined) return child;
  }
  return top.children.get(name);
}

/** The highest place where the new copy hides no other version from anybody; null is the top. */
function placeFor(top: Tree, from: Node | null, name: string, version: string): Node | null {
  let best = from;
  for (let place = from; ; place = place.parent) {
    const here = place ?? top;
    if (here.children.has(name) || (place !== from && hides(here, place, name, version))) return best;
    best = place;
    if (place === null) return best;
  }
}

/** Whether somebody at or below the place relies on another version of `name` from further up. */
function hides(here: Tree, place: Node | null, name: string, version: string): boolean {
  const range = place === null ? undefined : dependenciesOf(place.published)[name];
  if (range !== undefined && !satisfies(version, range)) return true;
  return (
    place !== null &&
    [...here.children.values()].some((child) => !child.children.has(name) && hides(child, child, name, version))
  );
}

function entry(node: Node, options: LockfileOptions): Entry {
  const { name, version, integrity, manifest } = node.published;
  const spec = `${name}@${version}`;
  const { resolved } = options;
  const address =
    resolved === false
      ? null
      : typeof resolved === 'object' && spec in resolved
        ? resolved[spec]
        : manifest.dist.tarball;
  const hash = options.integrity !== undefined && spec in options.integrity ? options.integrity[spec] : integrity;
  return {
    version,
    ...(address === null ? {} : { resolved: address }),
    ...(hash === null ? {} : { integrity: hash }),
    ...(node.dev ? { dev: true } : {}),
  };
}

function flatEntries(top: Tree, options: LockfileOptions): Record<string, Entry> {
  const entries: [string, Entry][] = [];
  const visit = (tree: Tree, prefix: string): void => {
    for (const [name, node] of tree.children) {
      const { manifest } = node.published;
      const { dependencies, optionalDependencies, peerDependencies, bin, engines } = manifest;
      const installScript = ['preinstall', 'install', 'postinstall'].some((script) => manifest.scripts?.[script]);
      const members = {
        ...(installScript ? { hasInstallScript: true } : {}),
        dependencies,
        optionalDependencies,
        peerDependencies,
        bin,
        engines,
      };
      entries.push([`${prefix}node_modules/${name}`, { ...entry(node, options), ...members }]);
      visit(node, `${prefix}node_modules/${name}/`);
    }
  };
  visit(top, '');
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function nestedEntries(tree: Tree, options: LockfileOptions): Record<string, Entry> {
  const entries = [...tree.children].map(([name, node]): [string, Entry] => {
    const requires = dependenciesOf(node.published);
    return [
      name,
      {
        ...entry(node, options),
        ...(Object.keys(requires).length === 0 ? {} : { requires }),
        ...(node.children.size === 0 ? {} : { dependencies: nestedEntries(node, options) }),
      },
    ];
  });
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Extra entries at the top, by name; `resolved` of a git source is its `version` here. */
function nestedExtra(extra: LockfileOptions['extra'] = {}): Record<string, Entry> {
  return Object.fromEntries(
    Object.entries(extra).map(([path, members]) => [path.replace('node_modules/', ''), members]),
  );
}
