import { finding, type Finding } from '../../model/finding.ts';
import type { NpmEntry } from '../node-modules/entry.ts';
import type { Graph } from './graph.ts';

/**
 * Packages with a shrinkwrap of their own, for which the lockfile does not have all that they need: npm 8 to 11 install
 * below such a package what its tarball's npm-shrinkwrap.json says, which npm repeats in the lockfile it writes.
 */
export function unboundIn(entries: readonly NpmEntry[], graph: Graph): ReadonlyMap<NpmEntry, readonly Finding[]> {
  const found = new Map<NpmEntry, readonly Finding[]>();
  const byLocation = new Map(entries.map((entry) => [entry.location, entry]));
  for (const entry of entries) {
    if (entry.kind !== 'package' || entry.hasShrinkwrap !== true) continue;
    const names = missingBelow(entry.location, byLocation, graph);
    if (names.length > 0) found.set(entry, [finding('lockfile-unbound', { names })]);
  }
  return found;
}

/** Of what it and what is below it need, what is found nowhere below it. */
function missingBelow(
  location: string,
  byLocation: ReadonlyMap<string, NpmEntry>,
  { askers }: Graph,
): readonly string[] {
  const inside = `${location}/node_modules/`;
  const missing = new Set<string>();
  const seen = new Set([location]);
  for (const at of seen) {
    const edges = new Map((askers.get(at)?.edges ?? []).map(({ name, to }) => [name, to.location]));
    for (const { name, kind } of byLocation.get(at)?.requires ?? []) {
      const found = edges.get(name);
      if (found?.startsWith(inside) === true) seen.add(found);
      else if (kind !== 'optional') missing.add(name);
    }
  }
  return [...missing];
}
