import type { Dependency, Place } from '../model/dependency.ts';

/** What a lockfile says of a dependency at one place. */
export type PlacedDependency = Omit<Dependency, 'places'> & { readonly place: Place };

/**
 * Brings the places of each dependency together, in file order. Same name, version, source and hashes: one dependency.
 * It is direct if it is so at one place; dev, optional and peer only if it is so at every place.
 */
export function mergePlaces(found: readonly PlacedDependency[]): readonly Dependency[] {
  const merged = new Map<string, Dependency>();
  for (const { place, ...one } of found) {
    const key = JSON.stringify([one.ecosystem, one.name, one.version, one.source, one.integrity]);
    const known = merged.get(key);
    merged.set(key, known === undefined ? { ...one, places: [place] } : join(known, one, place));
  }
  return [...merged.values()];
}

function join(a: Dependency, b: Omit<Dependency, 'places'>, place: Place): Dependency {
  (a.places as Place[]).push(place);
  return {
    ...a,
    direct: a.direct || b.direct,
    dev: a.dev && b.dev,
    optional: a.optional && b.optional,
    peer: a.peer && b.peer,
    exotic: [
      ...a.exotic,
      ...b.exotic.filter(({ name, spec }) => !a.exotic.some((known) => known.name === name && known.spec === spec)),
    ],
  };
}
