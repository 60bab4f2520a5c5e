import type { Artifact, Artifacts, Dependency, Place, Source } from '../../model/dependency.ts';

/** What a lockfile says of a dependency at one place. */
export type PlacedDependency = Omit<Dependency, 'places'> & { readonly place: Place };

/**
 * Brings the places of each dependency together, in file order. Same name, version, source and hashes: one dependency.
 * It is direct if it is so at one place; dev, optional and peer only if it is so at every place; of several archives,
 * one that lacks its checksum counts; of several aliases, the project's own does.
 */
export function mergePlaces(found: readonly PlacedDependency[]): readonly Dependency[] {
  const groups = new Map<string, [PlacedDependency, ...PlacedDependency[]]>();
  for (const one of found) {
    const key = keyOf(one);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [one]);
    else group.push(one);
  }
  return [...groups.values()].map((group) => {
    const [{ ecosystem, name, version, index }] = group;
    const requires = new Set(group.flatMap((one) => one.requires ?? []));
    const exotic = new Map(group.flatMap((one) => one.exotic.map((spec) => [`${spec.name}\n${spec.spec}`, spec])));
    const alias = (group.find(({ direct }) => direct) ?? group[0]).alias;
    const patches = [...new Set(group.flatMap((one) => one.patches ?? []))];
    const claims = distinct(group.flatMap((one) => one.claims ?? []));
    const attestationIdentities = distinct(group.flatMap((one) => one.attestationIdentities ?? []));
    const substitutes = distinct(group.flatMap((one) => one.substitutes ?? []));
    const findings = distinct(group.flatMap((one) => one.findings ?? []));
    return {
      ecosystem,
      name,
      version,
      ...(alias === undefined ? {} : { alias }),
      artifacts: artifactsOf(group),
      places: group.map(({ place }) => place),
      direct: group.some(({ direct }) => direct),
      dev: group.every(({ dev }) => dev),
      optional: group.every(({ optional }) => optional),
      peer: group.every(({ peer }) => peer),
      exotic: [...exotic.values()],
      bundles: [...new Set(group.flatMap(({ bundles }) => bundles))],
      ...(requires.size === 0 ? {} : { requires: [...requires] }),
      ...(patches.length === 0 ? {} : { patches }),
      ...(claims.length === 0 ? {} : { claims }),
      ...(index === undefined ? {} : { index }),
      ...(attestationIdentities.length === 0 ? {} : { attestationIdentities }),
      ...(substitutes.length === 0 ? {} : { substitutes }),
      ...(findings.length === 0 ? {} : { findings }),
    };
  });
}

function artifactsOf(group: readonly [PlacedDependency, ...PlacedDependency[]]): Artifacts {
  const locked = (artifact: Artifact, i: number): Artifact => {
    const archives = group.flatMap(({ artifacts }) => artifacts[i]?.archive ?? []);
    const archive = archives.find(({ checksum, due }) => due && checksum === null) ?? archives[0];
    return archive === undefined ? artifact : { ...artifact, archive };
  };
  const [first, ...others] = group[0].artifacts;
  return [locked(first, 0), ...others.map((one, i) => locked(one, i + 1))];
}

/** Distinct values. Nearly always there is one, or all are equal as text. */
function distinct<T>(values: readonly T[]): readonly T[] {
  return values.length < 2 ? values : [...new Map(values.map((value) => [JSON.stringify(value), value])).values()];
}

function keyOf({ ecosystem, name, version, index, artifacts }: PlacedDependency): string {
  const locked = artifacts.flatMap(({ file, digests, source }) => {
    const hashes = digests.map(({ algorithm, hex }) => `${algorithm}-${hex}`);
    return [file ?? '', source.kind, addressOf(source) ?? '', ...hashes];
  });
  return [ecosystem, name, version, index ?? '', ...locked].join('\n');
}

/** What tells the source from others of its kind; null where the configuration says it. */
export function addressOf(source: Source): string | null {
  if (source.kind === 'registry') return source.resolved;
  if (source.kind === 'other') return source.locator;
  return source.kind === 'file' ? source.path : source.url;
}
