import type { Source } from '../../model/dependency.ts';
import { quoted } from '../error.ts';
import type { JsonNode } from '../json.ts';
import { fieldsOf, identify, objectOf, type Fields, type NpmEntry } from '../npm/entry.ts';
import { isLocation, locationOf } from '../npm/location.ts';
import { isRegistryShaped, isTarballPath, parseTarballUrl, specKind, type SpecKind } from '../npm/specs.ts';
import { asked, readWishes, type Catalogs, type Wish } from './wishes.ts';

/** One entry of `packages`, as an entry of node_modules, and what it declares. */
export interface Package {
  readonly entry: NpmEntry;
  readonly wishes: readonly Wish[];
}

/** What the rest of the file says that its entries depend on. */
export interface Surroundings {
  /** Folders of the project and its workspaces. */
  readonly folders: ReadonlySet<string>;
  /** Folders of the workspaces, by name. */
  readonly named: ReadonlyMap<string, string>;
  readonly catalogs: Catalogs;
  /** Patch files, by `name@version`. */
  readonly patches: ReadonlyMap<string, string>;
}

/** What an entry's values are, by what its first one says (https://bun.sh/reference/bun/BunLockFile/packages). */
const LAYOUTS = {
  registry: ['resolution', 'registry', 'info', 'integrity'],
  git: ['resolution', 'info', 'tag', 'integrity'],
  tarball: ['resolution', 'info', 'integrity'],
  folder: ['resolution', 'info'],
} as const;

/** Longer than any place; bounds what is taken apart. */
const MAX_KEY = 4096;

/** Reads `packages`: a flat object from the place, "a/b" for b in the node_modules of a, to a list of values. */
export function readPackages(file: string, packages: JsonNode, around: Surroundings): readonly Package[] {
  const read = [...objectOf(file, 'packages', packages, 'Bun')].map(([key, node]) =>
    readPackage(file, key, node, around),
  );
  // What a tarball carries is said by the entries below it.
  const carried = new Map<string, string[]>();
  for (const { entry } of read) {
    if (entry.kind !== 'package' || !entry.bundled) continue;
    const at = entry.location.lastIndexOf('/node_modules/');
    const carrier = entry.location.slice(0, Math.max(at, 0));
    const names = carried.get(carrier) ?? [];
    names.push(entry.location.slice(at + '/node_modules/'.length));
    carried.set(carrier, names);
  }
  return read.map(({ entry, wishes }) =>
    entry.kind === 'package'
      ? { entry: { ...entry, bundles: carried.get(entry.location) ?? [] }, wishes }
      : { entry, wishes },
  );
}

function readPackage(file: string, key: string, node: JsonNode, around: Surroundings): Package {
  const values = Array.isArray(node.value) ? (node.value as readonly JsonNode[]) : [];
  const layout = layoutOf(values);
  const named = new Map(values.slice(0, layout.length).map((value, index) => [layout[index] ?? '', value]));
  const fields = fieldsOf(file, key, node.line, named, 'Bun');
  const location = key.length > MAX_KEY ? null : placeOf(key, around.named);
  if (location === null || !isLocation(location)) return fields.fail('not a place that Bun writes');
  const place = { location, line: node.line };
  const { name, resolution } = resolutionOf(fields);
  const linked = LINKED.exec(resolution);
  if (linked !== null) {
    const target = locationOf(linked[2] ?? '');
    if (linked[1] === 'workspace' && !around.folders.has(target)) return fields.fail('its workspace has no entry');
    return { entry: { kind: 'link', ...place, requires: [], peers: [], target }, wishes: [] };
  }
  if (layout === LAYOUTS.registry && values.length < layout.length) {
    return fields.fail(`has ${values.length} values, not ${layout.length}`);
  }
  const info = objectOf(file, key, named.get('info') ?? { line: node.line, value: null }, 'Bun');
  const infoFields = fieldsOf(file, key, node.line, info, 'Bun');
  const wishes = readWishes(info, infoFields, around.catalogs);
  if (resolution.startsWith(FOLDER)) return { entry: { kind: 'folder', ...place, ...asked(wishes) }, wishes };
  const known = interpret(name, resolution, fields);
  const patch = around.patches.get(`${name}@${resolution}`);
  return {
    wishes,
    entry: {
      kind: 'package',
      ...place,
      ...asked(wishes),
      ...identify(known.name, known.version, known.source, fields),
      source: known.source,
      integrity: fields.integrity(),
      ...(patch === undefined ? {} : { patches: [patch] }),
      // Derived from the ways to it, once all entries are read.
      ...{ dev: false, optional: false, peer: false },
      bundled: infoFields.flag('bundled'),
      bundles: [],
    },
  };
}

const LINKED = /^(root|workspace|link):(.*)$/s;
const FOLDER = 'file:';

function layoutOf([first]: readonly JsonNode[]): readonly string[] {
  const { resolution } = splitResolution(typeof first?.value === 'string' ? first.value : '');
  if (LINKED.test(resolution) || resolution.startsWith(FOLDER)) return LAYOUTS.folder;
  switch (kindOf(resolution)) {
    case 'git':
      return LAYOUTS.git;
    case 'http':
    case 'file':
      return LAYOUTS.tarball;
    case 'registry':
    case 'other':
      return LAYOUTS.registry;
  }
}

interface Resolution {
  readonly name: string;
  /** A version, or what stands for it. */
  readonly resolution: string;
}

/** "NAME@RESOLUTION"; a project without a name is "@root:". */
function splitResolution(text: string): Resolution {
  const at = text.startsWith('@root:') ? 0 : text.indexOf('@', 1);
  return at === -1 ? { name: text, resolution: '' } : { name: text.slice(0, at), resolution: text.slice(at + 1) };
}

function resolutionOf(fields: Fields): Resolution {
  const text = fields.text('resolution') ?? fields.fail('has no name and version');
  const split = splitResolution(text);
  return split.resolution === '' ? fields.fail(`${quoted(text)} is not a name and a version`) : split;
}

/** Bun takes a path that ends like a tarball for one before it thinks of OWNER/REPOSITORY. */
function kindOf(resolution: string): SpecKind {
  return isTarballPath(resolution) && !resolution.includes(':') ? 'file' : specKind(resolution);
}

interface Interpreted {
  readonly name: string;
  readonly version: string | null;
  readonly source: Source;
}

/** Whose bytes, at which version, from where. */
function interpret(name: string, resolution: string, fields: Fields): Interpreted {
  switch (kindOf(resolution)) {
    case 'git':
      return { name, version: null, source: { kind: 'git', url: resolution } };
    case 'file':
      return { name, version: null, source: { kind: 'file', path: resolution } };
    case 'http': {
      const known = isRegistryShaped(resolution) ? parseTarballUrl(resolution) : null;
      if (known === null) return { name, version: null, source: { kind: 'http', url: resolution } };
      return { ...known, source: { kind: 'registry', resolved: resolution } };
    }
    case 'registry':
    case 'other':
      return { name, version: resolution, source: { kind: 'registry', resolved: addressOf(fields) } };
  }
}

/** Where Bun fetches from; null where that is the registry of its configuration. */
function addressOf(fields: Fields): string | null {
  const address = fields.text('registry');
  if (address === null || (/^https?:/i.test(address) && URL.canParse(address))) return address;
  return fields.fail(`${quoted(address)} is not a web address`, 'registry');
}

/** "a/@s/b" as the place in node_modules that it stands for; what a workspace has for itself is below its folder. */
function placeOf(key: string, named: ReadonlyMap<string, string>): string {
  const names: string[] = [];
  for (const part of key.split('/')) {
    const scope = names.at(-1);
    if (scope?.startsWith('@') === true && !scope.includes('/')) names.push(`${names.pop() ?? ''}/${part}`);
    else names.push(part);
  }
  const [first = '', ...below] = names;
  const folder = below.length === 0 ? undefined : named.get(first);
  return [folder ?? `node_modules/${first}`, ...below.map((name) => `node_modules/${name}`)].join('/');
}
