import rcompare from 'semver/functions/rcompare.js';
import satisfies from 'semver/functions/satisfies.js';
import validRange from 'semver/ranges/valid.js';
import type { Requirement } from '../node-modules/package-json.ts';
import { addTo } from '../node-modules/lists.ts';
import { aliasTarget, parseAlias, specKind } from '../node-modules/specs.ts';
import type { Entry, PackageEntry } from './packages.ts';
import type { Project } from './project.ts';

/**
 * The package that Bun installs for a peer, wherever it is in the tree: the highest version in the file that fits the
 * range, else the highest. Peers with the range `*`, and peers whose name is overridden, are only looked up by key.
 */
export function peersIn(
  entries: readonly Entry[],
  { overrides }: Project,
): (requirement: Requirement) => PackageEntry | null {
  let byName: ReadonlyMap<string, readonly PackageEntry[]> | null = null;
  return ({ name, spec }) => {
    const target = aliasTarget(spec) ?? name;
    if (specKind(spec) !== 'registry' || overrides.has(target)) return null;
    const range = target === name && !spec.startsWith('npm:') ? spec : (parseAlias(spec)?.version ?? '*');
    if (validRange(range) === '*') return null;
    byName ??= versionsOf(entries);
    const versions = byName.get(target) ?? [];
    return versions.find(({ version }) => satisfies(version, range)) ?? versions[0] ?? null;
  };
}

/** The packages of a registry by their own names, the highest version first. */
function versionsOf(entries: readonly Entry[]): ReadonlyMap<string, readonly PackageEntry[]> {
  const found = new Map<string, PackageEntry[]>();
  for (const entry of entries) {
    if (entry.kind !== 'package' || entry.source.kind !== 'registry') continue;
    addTo(found, entry.name, entry);
  }
  for (const versions of found.values()) {
    if (versions.length > 1) versions.sort((a, b) => rcompare(a.version, b.version, { loose: true }));
  }
  return found;
}
