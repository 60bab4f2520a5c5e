import { posix } from 'node:path';
import type { Digest, Source } from '../../model/dependency.ts';
import { quoted } from '../../readers/error.ts';
import type { JsonNode } from '../../readers/json.ts';
import { fieldsOf, identify, objectOf, type Fields } from '../node-modules/entry.ts';
import { isRegistryShaped, isTarballPath, parseTarballUrl } from '../node-modules/specs.ts';
import { parseDepId, type DepId } from './dep-id.ts';
import { DEFAULT_REGISTRY, type Options } from './options.ts';

/** One entry of `nodes`. */
export type VltNode = FolderNode | PackageNode;

interface AnyNode {
  readonly id: string;
  readonly line: number;
}

/** A folder of this machine: a workspace, or one that is asked for by its path. */
export interface FolderNode extends AnyNode {
  readonly kind: 'workspace' | 'link';
  readonly name: string;
  /** Relative to the project. */
  readonly path: string;
}

export interface PackageNode extends AnyNode {
  readonly kind: 'package';
  readonly name: string;
  readonly version: string;
  readonly source: Source;
  readonly integrity: readonly Digest[];
  readonly bin: Readonly<Record<string, string>>;
}

/** What a node's values are (https://github.com/vltpkg/vltpkg/tree/main/src/graph/src/lockfile). */
const LAYOUT = [
  'flags',
  'name',
  'integrity',
  'resolved',
  'location',
  'manifest',
  'rawManifest',
  'platform',
  'bins',
] as const;
/** The hash is that of the registry's Brotli tarball, which nobody signs. */
const FLAG_BROTLI = 4;
const MAX_FLAGS = 7;

/** Reads `nodes`: from dependency id to a list of values. */
export function readNodes(file: string, nodes: JsonNode, options: Options): readonly VltNode[] {
  return [...objectOf(file, 'nodes', nodes, 'vlt')].map(([id, node]) => readNode(file, id, node, options));
}

function readNode(file: string, id: string, node: JsonNode, options: Options): VltNode {
  const values = Array.isArray(node.value) ? (node.value as readonly JsonNode[]) : [];
  const named = new Map(values.slice(0, LAYOUT.length).map((value, index) => [LAYOUT[index] ?? '', value]));
  const fields = fieldsOf(file, id, node.line, named, 'vlt');
  const flags = named.get('flags')?.value;
  if (typeof flags !== 'number' || !Number.isInteger(flags) || flags < 0 || flags > MAX_FLAGS) {
    return fields.fail('does not begin with flags that vlt writes');
  }
  const depId = parseDepId(id) ?? fields.fail('not a dependency id that vlt writes');
  const place = { id, line: node.line };
  const isFolder = depId.type === 'workspace' || (depId.type === 'file' && !isTarballPath(depId.source));
  // vlt installs from where this says, links what is there, and takes a manifest for the package's own.
  const location = fields.text('location');
  if (location !== null && !(isFolder && plainPath(location) === plainPath(depId.source))) {
    fields.fail('has a place of its own', 'location');
  }
  if (!file.endsWith('.vlt-lock.json')) {
    for (const field of ['manifest', 'rawManifest'] as const) {
      if ((named.get(field)?.value ?? null) !== null)
        fields.fail(`has a ${field}, which vlt does not write here`, field);
    }
  }
  if (isFolder) {
    const kind = depId.type === 'workspace' ? 'workspace' : 'link';
    return { kind, ...place, name: fields.text('name') ?? '', path: plainPath(depId.source) };
  }
  const known = interpret(depId, fields, options);
  const integrity = fields.integrity();
  const bin = fields.declarations('bins').map(({ name, spec }) => [name.replace(/^@[^/]+\//, ''), plainPath(spec)]);
  return {
    kind: 'package',
    ...place,
    ...identify(known.name, known.version, known.source, fields),
    source: known.source,
    integrity: flags >= FLAG_BROTLI ? [] : integrity,
    bin: Object.fromEntries(bin) as Readonly<Record<string, string>>,
  };
}

function plainPath(path: string): string {
  return posix
    .normalize(path)
    .replace(/(?<=.)\/$/, '')
    .replace(/^\.$/, '');
}

interface Interpreted {
  readonly name: string;
  readonly version: string | null;
  readonly source: Source;
}

/** Whose bytes, at which version, from where. */
function interpret({ type, source, selector }: DepId, fields: Fields, options: Options): Interpreted {
  if (type === 'registry') {
    const at = selector.lastIndexOf('@');
    if (at <= 0) return fields.fail(`${quoted(selector)} is not a name and a version`);
    const [name, version] = [selector.slice(0, at), selector.slice(at + 1)];
    // vlt installs to a folder of this name, and fetches what is called so; the id, where there is none.
    if (fields.text('name') !== name) return fields.fail('has another name than its id', 'name');
    return { name, version, source: { kind: 'registry', resolved: addressOf(name, version, source, fields, options) } };
  }
  const name = fields.text('name') ?? fields.fail('has no name');
  const resolved = fields.text('resolved');
  if (resolved !== null && resolved !== source && !(type === 'git' && isArchiveOf(source, resolved))) {
    fields.fail('is fetched from elsewhere than its id says', 'resolved');
  }
  if (type === 'git') return { name, version: null, source: { kind: 'git', url: `${source}#${selector}` } };
  if (type === 'remote') {
    const known = isRegistryShaped(source) ? parseTarballUrl(source) : null;
    if (known === null) return { name, version: null, source: { kind: 'http', url: source } };
    return { ...known, source: { kind: 'registry', resolved: source } };
  }
  return { name, version: null, source: { kind: 'file', path: source } };
}

/** Whether an address is the archive that a host makes of a repository, such as "github:OWNER/REPOSITORY". */
function isArchiveOf(source: string, address: string): boolean {
  const [, path = ''] = /^(?:github|gitlab|bitbucket):([^#]+)$/.exec(source) ?? [];
  if (path === '' || !URL.canParse(address)) return false;
  const { hostname, pathname } = new URL(address);
  const hosts = ['codeload.github.com', 'gitlab.com', 'bitbucket.org'];
  return hosts.includes(hostname) && pathname.startsWith(`/${path}/`);
}

/** Where vlt fetches from; null where that is npm's own registry, or what stands for it in the configuration. */
function addressOf(name: string, version: string, alias: string, fields: Fields, options: Options): string | null {
  const resolved = fields.text('resolved');
  if (resolved !== null) {
    if (/^https?:/i.test(resolved) && URL.canParse(resolved)) return resolved;
    return fields.fail(`${quoted(resolved)} is not a web address`, 'resolved');
  }
  const registry =
    options.registryOf(alias, name) ?? fields.fail(`its registry ${quoted(alias)} is not among the options`);
  const base = registry.replace(/\/*$/, '/');
  return base === DEFAULT_REGISTRY ? null : `${base}${name}/-/${name.slice(name.indexOf('/') + 1)}-${version}.tgz`;
}
