import satisfies from 'semver/functions/satisfies.js';
import maxSatisfying from 'semver/ranges/max-satisfying.js';
import validRange from 'semver/ranges/valid.js';
import { hasInstallScript, type PackageJson } from './documents.ts';
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
  /** Further entries by path ("node_modules/x"), written as they are: git, http and file sources, links, bundled. */
  readonly extra?: Readonly<Record<string, PackageJson>>;
}

/** Reachable through development, or optional, dependencies only. */
interface Flags {
  dev: boolean;
  optional: boolean;
}

/** One installed package: its published version at a place of the tree. */
interface Node extends Flags {
  readonly published: Published;
  readonly parent: Node | null;
  /** By the name they are installed under. */
  readonly children: Map<string, Node>;
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

/**
 * npm's placement: as near to the top as no other version of the same name is in the way. Peer dependencies and what is
 * not of the registry are left out.
 */
function install(registry: Registry, roots: Roots, dev: Roots): Tree {
  const top: Tree = { children: new Map() };
  const queue: (Flags & { name: string; spec: string; from: Node | null })[] = [];
  const want = (wanted: Roots, from: Node | null, flags: Flags): void => {
    for (const [name, spec] of Object.entries(wanted)) queue.push({ ...flags, name, spec, from });
  };
  const wantDependencies = (node: Node): void => {
    const { dependencies = {}, optionalDependencies = {} } = node.published.manifest;
    want(dependencies, node, { dev: node.dev, optional: node.optional });
    want(optionalDependencies, node, { dev: node.dev, optional: true });
  };
  want(roots, null, { dev: false, optional: false });
  want(dev, null, { dev: true, optional: false });

  for (let edge = queue.shift(); edge !== undefined; edge = queue.shift()) {
    const { name, from } = edge;
    const wanted = registrySpec(name, edge.spec);
    if (wanted === null) continue;
    const seen = lookUp(top, from, name);
    if (seen !== undefined && fits(seen.published, wanted)) {
      const flags = { dev: seen.dev && edge.dev, optional: seen.optional && edge.optional };
      if (flags.dev === seen.dev && flags.optional === seen.optional) continue;
      Object.assign(seen, flags);
      wantDependencies(seen);
      continue;
    }
    const published = newest(registry, wanted);
    const parent = placeFor(top, from, name, published);
    const node: Node = { published, parent, children: new Map(), dev: edge.dev, optional: edge.optional };
    (parent ?? top).children.set(name, node);
    wantDependencies(node);
  }
  return top;
}

interface RegistrySpec {
  readonly name: string;
  readonly range: string;
}

/** What a declared dependency asks of the registry; null where it names git, a URL, a path or a tag instead. */
function registrySpec(name: string, spec: string): RegistrySpec | null {
  const alias = /^npm:(.+)@([^@]*)$/.exec(spec);
  const wanted = { name: alias?.[1] ?? name, range: alias?.[2] ?? spec };
  return validRange(wanted.range) === null ? null : wanted;
}

function fits(published: Published, wanted: RegistrySpec): boolean {
  return published.name === wanted.name && satisfies(published.version, wanted.range);
}

function newest(registry: Registry, { name, range }: RegistrySpec): Published {
  const versions = registry.versions(name);
  const version = maxSatisfying(
    versions.map((one) => one.version),
    range,
  );
  const published = versions.find((one) => one.version === version);
  if (published === undefined) throw new Error(`nothing published satisfies ${name}@${range}`);
  return published;
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
function placeFor(top: Tree, from: Node | null, name: string, published: Published): Node | null {
  let best = from;
  for (let place = from; place !== null; place = place.parent) {
    if (place !== from && (place.children.has(name) || disturbs(place, name, published))) return best;
    best = place;
  }
  return top.children.has(name) ? best : null;
}

/** Whether a copy of `name` at the node would hide another one from it, or from somebody below it. */
function disturbs(node: Node, name: string, published: Published): boolean {
  const range = dependenciesOf(node.published)[name];
  const wanted = range === undefined ? null : registrySpec(name, range);
  if (wanted !== null && !fits(published, wanted)) return true;
  return [...node.children.values()].some((child) => !child.children.has(name) && disturbs(child, name, published));
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
    ...(node.optional ? { optional: true } : {}),
  };
}

function flatEntries(top: Tree, options: LockfileOptions): Record<string, Entry> {
  const entries: [string, Entry][] = [];
  const visit = (tree: Tree, prefix: string): void => {
    for (const [name, node] of tree.children) {
      const { manifest } = node.published;
      const { dependencies, optionalDependencies, peerDependencies, engines } = manifest;
      const members = {
        ...(name === node.published.name ? {} : { name: node.published.name }),
        ...(hasInstallScript(manifest) ? { hasInstallScript: true } : {}),
        dependencies,
        optionalDependencies,
        peerDependencies,
        bin: commandsOf(node.published),
        engines,
      };
      entries.push([`${prefix}node_modules/${name}`, { ...entry(node, options), ...members }]);
      visit(node, `${prefix}node_modules/${name}/`);
    }
  };
  visit(top, '');
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** As npm writes commands: by name, with paths below the package's folder. */
function commandsOf({ name, manifest: { bin } }: Published): Readonly<Record<string, string>> | undefined {
  if (bin === undefined) return undefined;
  const named = typeof bin === 'string' ? { [name.replace(/^@[^/]+\//, '')]: bin } : bin;
  return Object.fromEntries(Object.entries(named).map(([command, path]) => [command, path.replace(/^\.\//, '')]));
}

function nestedEntries(tree: Tree, options: LockfileOptions): Record<string, Entry> {
  const entries = [...tree.children].map(([name, node]): [string, Entry] => {
    const requires = dependenciesOf(node.published);
    const { published } = node;
    return [
      name,
      {
        ...entry(node, options),
        ...(name === published.name ? {} : { version: `npm:${published.name}@${published.version}` }),
        ...(Object.keys(requires).length === 0 ? {} : { requires }),
        ...(node.children.size === 0 ? {} : { dependencies: nestedEntries(node, options) }),
      },
    ];
  });
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Extra entries by name; version 1 has no paths, so they are all at the top. */
function nestedExtra(extra: LockfileOptions['extra'] = {}): Record<string, Entry> {
  return Object.fromEntries(
    Object.entries(extra).map(([path, members]) => [path.replace('node_modules/', ''), members]),
  );
}
