import type { ExoticSpec, Lockfile, Place, SkippedEntry } from '../model/dependency.ts';
import { LockfileError } from './error.ts';
import type { LockfileFormat, ProjectManifests } from './format.ts';
import { parseJson, type JsonObject } from './json.ts';
import { mergePlaces, type PlacedDependency } from './merge.ts';
import { readDependencies } from './npm/dependencies.ts';
import { objectOf, type NpmEntry, type PackageEntry } from './npm/entry.ts';
import { installedAs } from './npm/location.ts';
import { readManifests } from './npm/manifest.ts';
import { readPackages } from './npm/packages.ts';
import { rolesOf, type Roles } from './npm/roles.ts';
import { specKind } from './npm/specs.ts';
import { decodeText } from './text.ts';

/** package-lock.json, npm-shrinkwrap.json (which npm prefers) and the hidden lockfile, versions 1 to 3. */
export const npm: LockfileFormat = {
  name: 'npm',
  fileNames: ['npm-shrinkwrap.json', 'package-lock.json'],
  otherFileNames: ['.package-lock.json'],
  parse,
};

function parse(file: string, bytes: Uint8Array, manifests: ProjectManifests): Lockfile {
  const text = decodeText(file, bytes);
  refuseConflicts(file, text);
  const document = objectOf(file, 'the document', parseJson(file, text));
  const kind = kindOf(file);
  const version = versionOf(file, kind, document);
  const entries = entriesOf(file, version, document);
  const roles = rolesOf(entries, readManifests(manifests));

  const skipped: SkippedEntry[] = [];
  const found: PackageEntry[] = [];
  for (const entry of entries) {
    const skip = skippedAs(entry, roles);
    if (skip !== null) skipped.push({ place: placeOf(file, entry), ...skip });
    else if (entry.kind === 'package') found.push(entry);
  }
  const bundles = bundlesOf(skipped);
  return {
    file,
    format: version === 0 ? `${kind} of npm 4 or older` : `${kind} v${version}`,
    entries: entries.length,
    dependencies: mergePlaces(
      found.map((entry) => placed(entry, placeOf(file, entry), roles, bundles.get(entry.location) ?? [])),
    ),
    skipped,
  };
}

/**
 * npm mends a conflict by itself, choosing one side line by line, wherever all three marks stand, even within strings:
 * what it would install is then not what this file says.
 */
function refuseConflicts(file: string, text: string): void {
  const start = text.search(/<{7}/);
  if (start === -1 || !text.includes('=======') || !text.includes('>>>>>>>')) return;
  const line = text.slice(0, start).split(/\r\n|\r|\n/).length;
  throw new LockfileError(file, line, 'has marks of a git merge conflict; resolve it, then run npm install');
}

function kindOf(file: string): string {
  if (file.endsWith('npm-shrinkwrap.json')) return 'npm-shrinkwrap';
  return /(?:^|[/\\])\.package-lock\.json$/.test(file) ? 'hidden lockfile' : 'package-lock';
}

/** The version of the format; 0 stands for the shrinkwraps of npm 4 and older, which have none. */
function versionOf(file: string, kind: string, document: JsonObject): 0 | 1 | 2 | 3 {
  const node = document.get('lockfileVersion');
  const isAncient = kind === 'npm-shrinkwrap' && document.has('dependencies') && !document.has('packages');
  if (node === undefined && isAncient) return 0;
  const remedy = 'run npm install with a current npm to write the lockfile again';
  if (node === undefined) throw new LockfileError(file, null, `has no lockfileVersion; if it is a lockfile, ${remedy}`);
  if (node.value === 1 || node.value === 2 || node.value === 3) return node.value;
  const shown = typeof node.value === 'number' ? String(node.value) : 'of another type';
  throw new LockfileError(file, node.line, `lockfileVersion is ${shown}; supported are 1, 2 and 3; ${remedy}`);
}

/** Current npm reads `packages` where it is there, whatever the version says, and older npm never does. */
function entriesOf(file: string, version: 0 | 1 | 2 | 3, document: JsonObject): readonly NpmEntry[] {
  const packages = document.get('packages');
  const contradiction = `lockfileVersion ${version} does not go with ${packages === undefined ? 'no' : 'a'} "packages"`;
  if (packages === undefined ? version >= 2 : version < 2) {
    const line = (packages ?? document.get('lockfileVersion'))?.line ?? null;
    throw new LockfileError(file, line, `${contradiction}; run npm install to write the lockfile again`);
  }
  if (packages !== undefined) return readPackages(file, packages);
  const dependencies = document.get('dependencies');
  return dependencies === undefined ? [] : readDependencies(file, dependencies);
}

function skippedAs(entry: NpmEntry, roles: Roles): Omit<SkippedEntry, 'place'> | null {
  if (entry.kind === 'folder') return { reason: entry.location === '' ? 'root' : 'workspace' };
  if (entry.kind === 'link') return { reason: 'link' };
  const by = roles.carrierOf(entry);
  return by === null ? null : { reason: 'bundled', by };
}

function placeOf(file: string, { line, location }: NpmEntry): Place {
  return { file, line, path: location };
}

/** Names of the bundled entries, by the location of the entry whose tarball carries them. */
function bundlesOf(skipped: readonly SkippedEntry[]): ReadonlyMap<string, readonly string[]> {
  const bundles = new Map<string, string[]>();
  for (const { place, by } of skipped) {
    const name = installedAs(place.path)?.name;
    if (by === undefined || name === undefined) continue;
    bundles.set(by, [...(bundles.get(by) ?? []), name]);
  }
  return bundles;
}

function placed(entry: PackageEntry, place: Place, roles: Roles, bundles: readonly string[]): PlacedDependency {
  const { version, integrity, dev, optional, peer } = entry;
  const exotic: readonly ExoticSpec[] = entry.requires.filter(({ spec }) => specKind(spec) !== 'registry');
  const source = roles.sourceOf(entry);
  return {
    ecosystem: 'npm',
    name: roles.nameOf(entry),
    version,
    integrity,
    source,
    place,
    direct: roles.isDirect(entry),
    dev,
    optional,
    peer,
    exotic,
    bundles,
  };
}
