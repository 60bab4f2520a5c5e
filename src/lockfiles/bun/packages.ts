import { posix } from 'node:path';
import type { Digest, EntryClaims, Source } from '../../model/dependency.ts';
import { quoted } from '../../readers/error.ts';
import type { JsonNode, JsonObject } from '../../readers/json.ts';
import { isPeer, type Requirement } from '../node-modules/package-json.ts';
import { fieldsOf, identify, objectOf, type Fields } from '../node-modules/entry.ts';
import { isLocation } from '../node-modules/location.ts';
import { isRegistryShaped, isTarballPath, parseTarballUrl, specKind, type SpecKind } from '../node-modules/specs.ts';
import { readRequirements } from './asked-for.ts';

/** One entry of `packages`. */
export type Entry = LocalEntry | PackageEntry;

interface AnyEntry {
  /** As it stands there: "a/b" for b in the node_modules of a. */
  readonly key: string;
  /** The name it is installed under. */
  readonly installed: string;
  /** The key of what it is inside of; "" at the top. */
  readonly above: string;
  /** Its place in node_modules. */
  readonly location: string;
  readonly line: number;
  readonly requirements: readonly Requirement[];
}

/** A folder of this machine, which is linked, or copied as it is (`file:`). */
export interface LocalEntry extends AnyEntry {
  readonly kind: 'local';
  /** As the file says it: "workspace:packages/w". */
  readonly resolution: string;
  readonly scheme: string;
  /** Relative to the project. */
  readonly path: string;
}

export interface PackageEntry extends AnyEntry {
  readonly kind: 'package';
  readonly name: string;
  readonly version: string;
  readonly source: Source;
  readonly integrity: readonly Digest[];
  /** Said to be inside the tarball of the entry above it. */
  readonly bundled: boolean;
  readonly patch: string | null;
  readonly claims: EntryClaims;
}

/** The parts of the file outside of `packages` that reading an entry needs. */
export interface Surroundings {
  readonly version: number;
  /** Folders of the project and its workspaces. */
  readonly folders: ReadonlySet<string>;
  /** Folders of the workspaces, by name. */
  readonly named: ReadonlyMap<string, string>;
  /** Patch files, by `name@version`. */
  readonly patches: ReadonlyMap<string, string>;
}

/** The values of an entry, by the kind that the first one names (https://bun.sh/reference/bun/BunLockFile/packages). */
const LAYOUTS = {
  registry: ['resolution', 'registry', 'info', 'integrity'],
  git: ['resolution', 'info', 'tag', 'integrity'],
  tarball: ['resolution', 'info', 'integrity'],
  folder: ['resolution', 'info'],
} as const;

/** Longer than any place; bounds what is taken apart. */
const MAX_KEY = 4096;

/** Reads `packages`: a flat object from the place to a list of values. */
export function readPackages(file: string, packages: JsonNode, around: Surroundings): readonly Entry[] {
  return [...objectOf(file, 'packages', packages, 'Bun')].map(([key, node]) => readPackage(file, key, node, around));
}

function readPackage(file: string, key: string, node: JsonNode, around: Surroundings): Entry {
  const values = Array.isArray(node.value) ? (node.value as readonly JsonNode[]) : [];
  const layout = layoutOf(values);
  const named = new Map(values.slice(0, layout.length).map((value, index) => [layout[index] ?? '', value]));
  const fields = fieldsOf(file, key, node.line, named, 'Bun');
  const names = namesOf(key.length > MAX_KEY ? '' : key);
  const location = placeOf(names, around.named);
  if (!isLocation(location)) return fields.fail('not a place that Bun writes');
  const installed = names.at(-1) ?? '';
  const above = names.slice(0, -1).join('/');
  const place = { key, installed, above, location, line: node.line };
  const { name, resolution } = resolutionOf(fields);
  const local = LOCAL.exec(resolution);
  // Bun ignores the whole file, and resolves everything again.
  if (name !== '' && !isFolderName(name)) return fields.fail(`${quoted(name)} is not a package name`);
  // Bun fills in the workspaces before it reads any entry, and then ignores the whole file.
  if (around.named.has(key) && local?.[1] !== 'workspace') return fields.fail('stands in the place of a workspace');
  if (local !== null) {
    const [, scheme = '', text = ''] = local;
    const path = folderOf(text);
    if (scheme === 'workspace' && !around.folders.has(text)) return fields.fail('its workspace has no entry');
    const info = named.get('info');
    const needsInfo = scheme !== 'workspace' || around.version === 0;
    if (info === undefined && needsInfo) return fields.fail('has 1 value, not 2');
    const requirements = info === undefined ? [] : declared(info)[0];
    return { kind: 'local', ...place, resolution, scheme, path, requirements };
  }
  if (layout === LAYOUTS.registry && values.length < layout.length) {
    return fields.fail(`has ${values.length} values, not ${layout.length}`);
  }
  const [requirements, info, infoFields] = declared(named.get('info') ?? { line: node.line, value: null });
  const known = interpret(name, resolution, fields);
  return {
    kind: 'package',
    ...place,
    requirements,
    ...identify(known.name, known.version, known.source, fields),
    source: known.source,
    integrity: fields.integrity(),
    patch: around.patches.get(`${name}@${resolution}`) ?? null,
    bundled: isSaid('bundled', info, infoFields),
    claims: claimsOf(known.name, requirements, info, infoFields),
  };

  function declared(value: JsonNode): readonly [readonly Requirement[], JsonObject, Fields] {
    const object = objectOf(file, key, value, 'Bun');
    const own = fieldsOf(file, key, node.line, object, 'Bun');
    return [readRequirements(object, own), object, own];
  }
}

/** Whether Bun would install under this name: no path that leads elsewhere. */
function isFolderName(name: string): boolean {
  return /^(?:@[^/\\]+\/)?[^/\\]+$/.test(name) && !/(?:^|\/)\.{1,2}$/.test(name);
}

const LOCAL = /^(root|workspace|link|file):(.*)$/s;

/** Bun writes the flags of an entry as `true`, or not at all. */
function isSaid(flag: string, info: JsonObject, fields: Fields): boolean {
  const node = info.get(flag);
  return node !== undefined && (node.value === true || fields.fail(`${flag} is not true`, flag));
}

/**
 * What the entry repeats of the manifest. A peer that only `peerDependenciesMeta` mentions gets the range `*` in Bun's
 * lockfile: the manifest does not list it, and it installs nothing, so it is left out.
 */
function claimsOf(name: string, requirements: readonly Requirement[], info: JsonObject, fields: Fields): EntryClaims {
  const isOwn = ({ kind }: Requirement): boolean => kind === 'prod' || kind === 'optional';
  const peers = requirements.filter(
    (requirement) => isPeer(requirement) && !(requirement.kind === 'peerOptional' && requirement.spec === '*'),
  );
  const bin = binOf(name, info, fields);
  return {
    dependencies: record(requirements.filter(isOwn)),
    peerDependencies: record(peers),
    // A command that the entry omits is not linked, and nothing worse.
    ...(bin === null ? {} : { bin }),
    ...(isSaid('hasInstallScript', info, fields) ? { installScripts: true } : {}),
  };
}

/** Name to specifier. Of a name in several lists, the first counts. */
function record(requirements: readonly Requirement[]): Readonly<Record<string, string>> {
  return Object.fromEntries(requirements.toReversed().map(({ name, spec }) => [name, spec]));
}

/** Commands as they are compared: text is one of the package's own name, and a folder has none. */
function binOf(name: string, info: JsonObject, fields: Fields): Readonly<Record<string, string>> | null {
  const folder = fields.text('binDir');
  if (folder !== null) return { '': `${plainPath(folder)}/` };
  const bin = info.get('bin');
  if (bin === undefined) return null;
  const declared =
    typeof bin.value === 'string' ? [{ name, spec: fields.text('bin') ?? '' }] : fields.declarations('bin');
  return Object.fromEntries(declared.map(({ name: key, spec }) => [key.replace(/^@[^/]+\//, ''), plainPath(spec)]));
}

function plainPath(path: string): string {
  return posix.join('/', path.replaceAll('\\', '/')).slice(1);
}

/** The path of a folder, as the keys of `workspaces` are written. */
function folderOf(path: string): string {
  const normal = posix.normalize(path).replace(/(?<=.)\/$/, '');
  return normal === '.' ? '' : normal;
}

function layoutOf([first]: readonly JsonNode[]): readonly string[] {
  const { resolution } = splitResolution(typeof first?.value === 'string' ? first.value : '');
  if (LOCAL.test(resolution)) return LAYOUTS.folder;
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

/** Bun checks whether a path ends like a tarball before it tries OWNER/REPOSITORY. */
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

/** The names of "a/@s/b". */
function namesOf(key: string): readonly string[] {
  const names: string[] = [];
  for (const part of key.split('/')) {
    const scope = names.at(-1);
    if (scope?.startsWith('@') === true && !scope.includes('/')) names.push(`${names.pop() ?? ''}/${part}`);
    else names.push(part);
  }
  return names;
}

/** The place in node_modules that the names stand for; what a workspace has for itself is below its folder. */
function placeOf([first = '', ...below]: readonly string[], named: ReadonlyMap<string, string>): string {
  const folder = below.length === 0 ? undefined : named.get(first);
  return [folder ?? `node_modules/${first}`, ...below.map((name) => `node_modules/${name}`)].join('/');
}
