import type { ExoticSpec, NodeLockfile, NodeManager, Place, SkippedEntry } from '../../model/dependency.ts';
import { mergePlaces, type PlacedDependency } from '../common/merge.ts';
import type { NpmEntry, PackageEntry } from './entry.ts';
import { addTo } from './lists.ts';
import { installedAs } from './location.ts';
import type { Roles } from './roles.ts';
import { specKind } from './specs.ts';

/** What entries at places of node_modules come to: each is a place of a dependency, or is skipped. */
export function lockfileOf(
  file: string,
  { format, manager }: { readonly format: string; readonly manager: NodeManager },
  entries: readonly NpmEntry[],
  roles: Roles,
): NodeLockfile {
  const skipped: SkippedEntry[] = [];
  const found: NpmEntry[] = [];
  for (const entry of entries) {
    const skip = skippedAs(entry, roles);
    if (skip === null) found.push(entry);
    else skipped.push({ place: placeOf(file, entry), ...skip });
  }
  const bundles = bundlesOf(skipped);
  return {
    file,
    format,
    manager,
    entries: entries.length,
    dependencies: mergePlaces(
      found.map((entry) => {
        const place = placeOf(file, entry);
        if (entry.kind === 'package') return placed(entry, place, roles, bundles.get(entry.location) ?? []);
        return placedFolder(entry, place, roles);
      }),
    ),
    skipped,
  };
}

function skippedAs(entry: NpmEntry, roles: Roles): Omit<SkippedEntry, 'place'> | null {
  if (entry.kind !== 'package' && isJudged(entry, roles)) return null;
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
    addTo(bundles, by, name);
  }
  return bundles;
}

/** A folder is skipped where it is asked for; one that takes the place of a package is judged. */
function isJudged(entry: NpmEntry, roles: Roles): boolean {
  return (roles.substitutesOf?.(entry).length ?? 0) > 0 || (roles.findingsOf?.(entry).length ?? 0) > 0;
}

function placed(entry: PackageEntry, place: Place, roles: Roles, bundles: readonly string[]): PlacedDependency {
  const { version, integrity, dev, optional, peer } = entry;
  const exotic: readonly ExoticSpec[] = entry.requires
    .filter(({ spec }) => specKind(spec) !== 'registry')
    .map(({ name, spec }) => ({ name, spec }));
  const name = roles.nameOf(entry);
  const alias = installedAs(entry.location)?.name ?? name;
  return {
    ecosystem: 'npm',
    name,
    version,
    ...(alias === name ? {} : { alias }),
    artifacts: [{ file: null, digests: integrity, source: roles.sourceOf(entry) }],
    place,
    direct: roles.isDirect(entry),
    ...(roles.flagsOf?.(entry) ?? { dev, optional, peer }),
    exotic,
    bundles,
    requires: roles.requirementsOf(entry).map((required) => `${roles.nameOf(required)}@${required.version}`),
    ...(entry.patches === undefined ? {} : { patches: entry.patches }),
    ...(entry.claims === undefined ? {} : { claims: [entry.claims] }),
    ...judgedAs(entry, roles),
  };
}

/** A link or folder in the place of a package. */
function placedFolder(entry: Exclude<NpmEntry, PackageEntry>, place: Place, roles: Roles): PlacedDependency {
  const path = entry.kind === 'link' ? entry.target : entry.location;
  return {
    ecosystem: 'npm',
    name: installedAs(entry.location)?.name ?? entry.location,
    version: `link:${path === '' ? '.' : path}`,
    artifacts: [{ file: null, digests: [], source: { kind: 'file', path: path === '' ? '.' : path } }],
    place,
    direct: true,
    ...(roles.flagsOf?.(entry) ?? { dev: false, optional: false, peer: false }),
    exotic: [],
    bundles: [],
    ...judgedAs(entry, roles),
  };
}

function judgedAs(entry: NpmEntry, roles: Roles): Pick<PlacedDependency, 'substitutes' | 'findings'> {
  const substitutes = roles.substitutesOf?.(entry) ?? [];
  const findings = roles.findingsOf?.(entry) ?? [];
  return {
    ...(substitutes.length === 0 ? {} : { substitutes }),
    ...(findings.length === 0 ? {} : { findings }),
  };
}
