import type { NpmEntry, PackageEntry } from '../node-modules/entry.ts';
import type { Graph } from './graph.ts';
import { addTo } from '../node-modules/lists.ts';
import { installedAs } from '../node-modules/location.ts';

/**
 * Which package's tarball brings another one, by npm's own rule (Arborist, `getBundler`): the names it lists, what
 * those have below them, and what they ask for and find beside them. npm fetches none of these, whatever address and
 * hash they have; and it fetches what only says that it is bundled. `mustSay`: in version 1, where npm 6 looks at what
 * the entry itself says.
 */
export function carriersOf(
  entries: readonly NpmEntry[],
  { askers }: Graph,
  mustSay: boolean,
): ReadonlyMap<NpmEntry, string> {
  const below = new Map<string, PackageEntry[]>();
  const bundling: PackageEntry[] = [];
  for (const entry of entries) {
    if (entry.kind !== 'package') continue;
    const folder = installedAs(entry.location)?.folder;
    if (folder !== undefined) addTo(below, folder, entry);
    if (entry.bundles.length > 0 && folder !== undefined) bundling.push(entry);
  }
  const carriers = new Map<NpmEntry, string>();
  for (const carrier of bundling.sort((a, b) => a.location.length - b.location.length)) {
    if (carriers.has(carrier)) continue;
    const inside = `${carrier.location}/node_modules/`;
    const names = new Set(carrier.bundles);
    const queue = (below.get(carrier.location) ?? []).filter(({ location }) =>
      names.has(location.slice(inside.length)),
    );
    for (let entry = queue.pop(); entry !== undefined; entry = queue.pop()) {
      if (carriers.has(entry) || (mustSay && !entry.bundled)) continue;
      carriers.set(entry, carrier.location);
      for (const nested of below.get(entry.location) ?? []) queue.push(nested);
      for (const { to } of askers.get(entry.location)?.edges ?? []) {
        if (to.kind === 'package' && to.location.startsWith(inside)) queue.push(to);
      }
    }
  }
  return carriers;
}
