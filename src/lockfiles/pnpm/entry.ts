import type { Digest, Source } from '../../model/dependency.ts';
import { LockfileError, quoted } from '../../readers/error.ts';
import { parseIntegrity } from '../../readers/integrity.ts';
import type { JsonNode, JsonObject } from '../../readers/json.ts';
import { entryFields, identify, objectOf, type EntryFields } from '../node-modules/entry.ts';
import { isRegistryVersion } from '../node-modules/names.ts';
import { specKind } from '../node-modules/specs.ts';
import { hasControlCharacters } from '../../readers/text.ts';
import { mappingOf, type PnpmDocument } from './document.ts';
import { folderAt, parseKey, patchHash, type PackageKey } from './key.ts';

/** What `packages` says of one package. */
export type PnpmEntry = FolderEntry | PackageEntry;

interface FolderEntry {
  readonly kind: 'folder';
  readonly key: string;
  readonly line: number;
  /** Relative to the lockfile. */
  readonly folder: string;
}

export interface PackageEntry {
  readonly kind: 'package';
  readonly key: string;
  readonly line: number;
  readonly name: string;
  readonly version: string;
  readonly source: Source;
  readonly integrity: readonly Digest[];
  readonly bundles: readonly string[];
  /** Names of peers, as the entry has them, and which of them are optional. */
  readonly peers: JsonObject | null;
  readonly optionalPeers: JsonObject | null;
  readonly hasBin: boolean;
}

/** A dependency of a package or project: the name it is installed under, and which package that is. */
export interface Reference {
  readonly alias: string;
  readonly reference: string;
  readonly line: number;
}

/** A package as it is installed with certain peers, and what it asks for. */
export interface PnpmSnapshot {
  readonly key: string;
  readonly line: number;
  readonly entry: PnpmEntry;
  readonly requires: readonly Reference[];
  readonly optionalRequires: readonly Reference[];
  /** Hash of the patch that is applied to it; null where there is none. */
  readonly patch: string | null;
}

/** Far beyond what pnpm writes: it replaces longer suffixes by their hash. */
const MAX_KEY = 16_384;
/** A host of git repositories whose archives pnpm fetches in place of the repository. */
const GIT_ARCHIVE = /^https:\/\/(?:codeload\.github\.com|bitbucket\.org|gitlab\.com)\/.*tar\.gz/i;

/** Reads `packages`, and `snapshots` where the version has them. */
export function readPackages(document: PnpmDocument): {
  readonly entries: readonly PnpmEntry[];
  readonly snapshots: readonly PnpmSnapshot[];
} {
  const { file, content, spelling } = document;
  const packages = mappingOf(file, content, 'packages');
  const read = [...packages].map(([key, node]) => readEntry(document, key, node));
  const entries = read.map(({ entry }) => entry);
  if (spelling !== 9) {
    const snapshots = read.map(({ entry, parsed, node }) => readSnapshot(document, entry.key, node, entry, parsed));
    return { entries, snapshots };
  }
  const byKey = new Map(entries.map((entry) => [entry.key, entry]));
  const snapshots = [...mappingOf(file, content, 'snapshots')].map(([key, node]) => {
    const parsed = keyOf(file, node.line, key, document);
    refuseMisplaced(file, key, node);
    const entry = byKey.get(parsed.base) ?? prunedFolder(parsed, key, node.line);
    if (entry !== null) return readSnapshot(document, key, node, entry, parsed);
    throw new LockfileError(file, node.line, `${quoted(key)} has no entry in packages; let pnpm write the file again`);
  });
  return { entries, snapshots };
}

/** EntryFields of `packages` that pnpm also believes in a snapshot, where it never writes them. */
const MISPLACED = ['name', 'version', 'resolution', 'hasBin', 'bundledDependencies', 'bundleDependencies'];

function refuseMisplaced(file: string, key: string, node: JsonNode): void {
  const object = objectOf(file, key, node, 'pnpm');
  const field = MISPLACED.find((each) => object.has(each));
  if (field === undefined) return;
  const problem = `the snapshot of ${quoted(key)} has ${quoted(field)}, which belongs into packages`;
  throw new LockfileError(file, object.get(field)?.line ?? node.line, `${problem}; let pnpm write the file again`);
}

/** Of a folder, pnpm also takes snapshots whose entry is not there. */
function prunedFolder({ locator }: PackageKey, key: string, line: number): FolderEntry | null {
  return locator.startsWith('file:') && !/\.(?:tgz|tar\.gz|tar)$/i.test(locator)
    ? { kind: 'folder', key, line, folder: folderAt('.', locator.slice('file:'.length)) }
    : null;
}

function keyOf(file: string, line: number, key: string, { spelling }: PnpmDocument): PackageKey {
  const parsed = key.length > MAX_KEY || hasControlCharacters(key) ? null : parseKey(key, spelling);
  if (parsed !== null) return parsed;
  throw new LockfileError(file, line, `${quoted(key)} is not a key that pnpm writes; let pnpm write the file again`);
}

function readEntry(
  document: PnpmDocument,
  key: string,
  node: JsonNode,
): { readonly entry: PnpmEntry; readonly parsed: PackageKey; readonly node: JsonNode } {
  const { file, spelling } = document;
  const { line } = node;
  const parsed = keyOf(file, line, key, document);
  const object = objectOf(file, key, node, 'pnpm');
  const fields = entryFields(file, key, line, object, 'pnpm');
  const resolutionNode = object.get('resolution') ?? fields.fail('has no resolution');
  const resolution = objectOf(file, `resolution of ${key}`, resolutionNode, 'pnpm');
  const of = entryFields(file, key, resolutionNode.line, resolution, 'pnpm');
  // Up to version 6, pnpm believes `name` and `version` beside a key; from 9 on it believes `version`.
  const name = spelling === 9 ? null : fields.text('name');
  const version = fields.text('version');
  const isContradicted = (name ?? parsed.name) !== parsed.name || (version ?? parsed.version) !== parsed.version;
  if (isEmpty(object, 'version') || (spelling !== 9 && isEmpty(object, 'name')))
    return fields.fail('name or version is empty');
  if (parsed.version !== null && isContradicted) return fields.fail('name or version is not that of the key');

  const type = of.text('type');
  if (parsed.version !== null && (type !== null || resolution.has('gitHosted'))) {
    return fields.fail('has the key of a registry package and does not come from a registry');
  }
  if (type === 'directory') {
    const folder = folderOf(resolution, of);
    return { entry: { kind: 'folder', key, line, folder }, parsed, node };
  }
  const source = sourceOf(parsed, resolution, of, type);
  const stated = version ?? parsed.version ?? qualifiedVersion(parsed.locator);
  const identified = identify(name ?? parsed.name ?? fields.fail('the entry has no name'), stated, source, fields);
  const integrity = type === 'variations' ? integrityOfVariants(file, key, resolution) : of.integrity();
  const objectIn = (field: string): JsonObject | null => {
    const value = object.get(field)?.value;
    return value instanceof Map ? (value as JsonObject) : null;
  };
  const entry: PackageEntry = {
    kind: 'package',
    key,
    line,
    ...identified,
    source,
    integrity,
    bundles: bundledNames(object),
    peers: objectIn('peerDependencies'),
    optionalPeers: objectIn('peerDependenciesMeta'),
    hasBin: object.get('hasBin')?.value === true,
  };
  return { entry, parsed, node };
}

/** pnpm takes an empty text for what it says. */
function isEmpty(object: JsonObject, field: string): boolean {
  return object.get(field)?.value === '';
}

/** Relative to the lockfile: an empty text is the lockfile's own folder. */
function folderOf(resolution: JsonObject, of: EntryFields): string {
  const folder = of.text('directory') ?? (resolution.get('directory')?.value === '' ? '' : null);
  return folder === null ? of.fail('the directory is missing') : folderAt('.', folder);
}

/** The version of "runtime:22.0.0" and of "REGISTRY:1.0.0", which stand in place of a version. */
function qualifiedVersion(locator: string): string | null {
  const version = /^[a-z][\w.-]*:(.*)$/i.exec(locator)?.[1] ?? '';
  return isRegistryVersion(version) ? version : null;
}

/** Where pnpm fetches it from (pkgSnapshotToResolution in its lockfile.utils, and its fetchers). */
function sourceOf(key: PackageKey, resolution: JsonObject, of: EntryFields, type: string | null): Source {
  switch (type) {
    case null:
      break;
    case 'git': {
      const repository = of.text('repo') ?? of.fail('the repository is missing');
      return { kind: 'git', url: `${repository}#${of.text('commit') ?? of.fail('the commit is missing')}` };
    }
    case 'binary':
      return { kind: 'http', url: of.text('url') ?? of.fail('the url is missing') };
    case 'variations':
      return { kind: 'http', url: firstVariantUrl(resolution) ?? of.fail('no variant has a url') };
    default:
      return { kind: 'other', locator: `${type} ${key.locator}` };
  }
  const tarball = of.text('tarball');
  if (key.version !== null) return { kind: 'registry', resolved: registryTarball(key, tarball, of.text('registry')) };
  // A registry that has a name in the project's configuration: its address is not in the lockfile.
  if (qualifiedVersion(key.locator) !== null) return { kind: 'other', locator: key.locator };
  if (tarball === null) return of.fail('has neither a version nor an address');
  if (of.flag('gitHosted') || GIT_ARCHIVE.test(tarball)) return { kind: 'git', url: tarball };
  if (/^https?:/i.test(tarball)) return { kind: 'http', url: tarball };
  if (specKind(tarball) !== 'file') return of.fail(`${quoted(tarball)} is neither an address nor a path`, 'tarball');
  return { kind: 'file', path: tarball.replace(/^file:/i, '') };
}

/** The address that the lockfile gives; null where it leaves it, or its host, to the configuration. */
function registryTarball(key: PackageKey, tarball: string | null, registry: string | null): string | null {
  const name = key.name ?? '';
  const conventional = `${name}/-/${name.slice(name.indexOf('/') + 1)}-${key.version ?? ''}.tgz`;
  const base = registry === null ? null : registry.replace(/\/*$/, '/');
  if (tarball !== null && /^[a-z][\w+.-]*:/i.test(tarball)) return tarball;
  const path = (tarball ?? conventional).replace(/^\//, '');
  if (base !== null) return `${base}${path}`;
  return path === conventional ? null : tarball;
}

/** The platforms of a runtime: each has an address and a hash of its own. */
function variantsOf(resolution: JsonObject): readonly JsonObject[] {
  const variants = resolution.get('variants')?.value;
  if (!Array.isArray(variants)) return [];
  return (variants as readonly JsonNode[]).flatMap(({ value }) => {
    const inner = value instanceof Map ? (value as JsonObject).get('resolution')?.value : null;
    return inner instanceof Map ? [inner as JsonObject] : [new Map<string, JsonNode>()];
  });
}

function firstVariantUrl(resolution: JsonObject): string | null {
  const url = variantsOf(resolution)[0]?.get('url')?.value;
  return typeof url === 'string' && !hasControlCharacters(url) ? url : null;
}

/** The hashes of all variants: pnpm takes the one for its platform. Each must have one. */
function integrityOfVariants(file: string, key: string, resolution: JsonObject): readonly Digest[] {
  return variantsOf(resolution).flatMap((variant) => {
    const node = variant.get('integrity');
    try {
      return parseIntegrity(typeof node?.value === 'string' ? node.value : '');
    } catch (error) {
      const line = node?.line ?? resolution.get('variants')?.line ?? null;
      const why = error instanceof Error ? error.message : 'integrity is not valid';
      throw new LockfileError(file, line, `${quoted(key)}: a variant has ${why}; let pnpm write the file again`);
    }
  });
}

function bundledNames(entry: JsonObject): readonly string[] {
  const value = (entry.get('bundledDependencies') ?? entry.get('bundleDependencies'))?.value;
  if (!Array.isArray(value)) return [];
  return (value as readonly JsonNode[]).flatMap(({ value: name }) => (typeof name === 'string' ? [name] : []));
}

function readSnapshot(
  { file }: PnpmDocument,
  key: string,
  node: JsonNode,
  entry: PnpmEntry,
  parsed: PackageKey,
): PnpmSnapshot {
  const { line } = node;
  const object = objectOf(file, key, node, 'pnpm');
  const fields = entryFields(file, key, line, object, 'pnpm');
  const references = (field: string): readonly Reference[] =>
    fields
      .declarations(field)
      .map(({ name, spec }) =>
        hasControlCharacters(name) || hasControlCharacters(spec)
          ? fields.fail(`${field} has control characters`, field)
          : { alias: name, reference: spec, line: object.get(field)?.line ?? line },
      );
  return {
    key,
    line,
    entry,
    requires: references('dependencies'),
    optionalRequires: references('optionalDependencies'),
    patch: patchHash(parsed) ?? (fields.flag('patched') ? 'unnamed' : null),
  };
}
