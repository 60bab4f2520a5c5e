import rcompare from 'semver/functions/rcompare.js';
import satisfies from 'semver/functions/satisfies.js';
import validRange from 'semver/ranges/valid.js';
import type { Wish } from '../node-modules/package-json.ts';
import { addTo } from '../node-modules/lists.ts';
import { aliasTarget, parseAlias, specKind } from '../node-modules/specs.ts';
import type { Entry, PackageEntry } from './packages.ts';
import type { Project } from './project.ts';

/**
 * What Bun takes for a peer, wherever it stands: of all versions of the package that are in the file the highest of the
 * range, else the highest. A peer of any version, and one of a name that is overridden, is looked for by its key only.
 */
export function peersIn(entries: readonly Entry[], { overrides }: Project): (wish: Wish) => PackageEntry | null {
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
