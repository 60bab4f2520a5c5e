import { finding, type Finding } from '../../model/finding.ts';
import { addressOf } from '../common/merge.ts';
import type { NpmEntry } from '../node-modules/entry.ts';
import { addTo } from '../node-modules/lists.ts';
import { isRegistryShaped } from '../node-modules/specs.ts';

/** The two parts of a lockfile of version 2, compared place by place. */
export interface Parts {
  /** What is wrong with entries of `packages`. */
  readonly findings: ReadonlyMap<NpmEntry, readonly Finding[]>;
  /** Entries that only `dependencies` has. */
  readonly added: readonly NpmEntry[];
}

/**
 * npm 7 and later read `packages`, npm 6 and older `dependencies` (`legacy`). What they would fetch or link has to be
 * the same: name, version, hashes, address. Folders are only in the first.
 */
export function compareParts(
  entries: readonly NpmEntry[],
  legacy: readonly NpmEntry[],
  isCarried: (entry: NpmEntry) => boolean,
): Parts {
  // What several links lead to stands below each of them.
  const older = new Map<string, NpmEntry[]>();
  for (const entry of legacy) addTo(older, entry.location, entry);
  const findings = new Map<NpmEntry, readonly Finding[]>();
  const known = new Set<string>();
  for (const entry of entries) {
    if (entry.kind === 'folder') continue;
    const { location } = entry;
    known.add(location);
    const packages = described(entry, isCarried(entry));
    const others = (older.get(location) ?? []).map((other) => described(other, isSaidBundled(other)));
    if (others.length > 0 && others.every((other) => other === packages)) continue;
    const dependencies = others.find((other) => other !== packages) ?? '';
    findings.set(entry, [finding('lockfile-parts-differ', { path: location, packages, dependencies })]);
  }
  const added = legacy.filter(({ location }) => !known.has(location));
  for (const entry of added) {
    const dependencies = described(entry, isSaidBundled(entry));
    findings.set(entry, [finding('lockfile-parts-differ', { path: entry.location, packages: '', dependencies })]);
  }
  return { findings, added };
}

function isSaidBundled(entry: NpmEntry): boolean {
  return entry.kind === 'package' && entry.bundled;
}

/** What is fetched or linked, for people too. Of what a tarball brings along name and version say all. */
function described(entry: NpmEntry, bundled: boolean): string {
  if (entry.kind !== 'package') return `link:${entry.kind === 'link' ? entry.target : entry.location}`;
  const { name, version, source, integrity } = entry;
  if (bundled) return `${name}@${version} (bundled)`;
  const address = addressOf(source);
  const hashes = integrity.map(({ algorithm, hex }) => `${algorithm}-${hex}`);
  // Version 1 gives an address that is no registry's in the place of a version.
  const isNamed = source.kind === 'registry' && (address === null || isRegistryShaped(address));
  return [...(isNamed ? [`${name}@${version}`] : []), ...(address === null ? [] : [address]), ...hashes].join(' ');
}
