import type { ExoticSpec, Lockfile, PackageManager, Place, SkippedEntry } from '../../model/dependency.ts';
import { mergePlaces, type PlacedDependency } from '../merge.ts';
import type { NpmEntry, PackageEntry } from './entry.ts';
import { installedAs } from './location.ts';
import type { Roles } from './roles.ts';
import { specKind } from './specs.ts';

/** What entries at places of node_modules come to: each is a place of a dependency, or is skipped. */
export function lockfileOf(
  file: string,
  { format, manager }: { readonly format: string; readonly manager: PackageManager },
  entries: readonly NpmEntry[],
  roles: Roles,
): Lockfile {
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
    format,
    manager,
    entries: entries.length,
    dependencies: mergePlaces(
      found.map((entry) => placed(entry, placeOf(file, entry), roles, bundles.get(entry.location) ?? [])),
    ),
    skipped,
  };
}

function skippedAs(entry: NpmEntry, roles: Roles): Omit<SkippedEntry, 'place'> | null {
  if (entry.kind === 'folder') {
    if (entry.location === '') return { reason: 'root' };
    return { reason: installedAs(entry.location) === null ? 'workspace' : 'link' };
  }
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
  const name = roles.nameOf(entry);
  const alias = installedAs(entry.location)?.name ?? name;
  return {
    ecosystem: 'npm',
    name,
    version,
    ...(alias === name ? {} : { alias }),
    integrity,
    source,
    place,
    direct: roles.isDirect(entry),
    dev,
    optional,
    peer,
    exotic,
    bundles,
    requires: roles.requirementsOf(entry).map((required) => `${roles.nameOf(required)}@${required.version}`),
    ...(entry.patches === undefined ? {} : { patches: entry.patches }),
  };
}
