import type { PlacedFinding, Source } from '../../model/dependency.ts';
import type { Finding } from '../../model/finding.ts';
import { flagsOf, type Edge as FlagEdge } from '../common/reach.ts';
import { resolvedAnewIn } from './anew.ts';
import { substitutesIn } from './answers.ts';
import { carriersOf } from './bundles.ts';
import type { NpmEntry, PackageEntry } from '../node-modules/entry.ts';
import { graphOf, type Graph } from './graph.ts';
import { installedAs } from '../node-modules/location.ts';
import type { NpmProject } from '../node-modules/project.ts';
import { compareParts } from './parts.ts';
import { downloadsAmong, sourceOf, type Roles } from '../node-modules/roles.ts';
import { unboundIn } from './shrinkwraps.ts';

/** What was read of a lockfile. */
export interface NpmEntries {
  readonly entries: readonly NpmEntry[];
  /** Those of the part for npm 6 and older, where there are both. */
  readonly legacy: readonly NpmEntry[] | null;
  /** Whether `entries` are of that part: they do not tell dependencies and optional ones apart. */
  readonly isLegacy: boolean;
  readonly isHidden: boolean;
}

/** What the entries are to each other and to the project, with those that only one part has. */
export interface Reading {
  readonly entries: readonly NpmEntry[];
  readonly roles: Roles;
  /** What npm resolves anew. */
  readonly anew: readonly PlacedFinding[];
}

export function readingOf(
  file: string,
  { entries, legacy, isLegacy, isHidden }: NpmEntries,
  project: NpmProject,
  leavesPeers: boolean,
): Reading {
  const graph = graphOf(entries, project);
  const byLocation = new Map(entries.map((entry) => [entry.location, entry]));
  const carriers = carriersOf(entries, graph, isLegacy);
  const edges = [...graph.askers.values()].flatMap((asker) => asker.edges);
  const downloads = downloadsAmong(edges, project.overrides);
  const sources = new Map<PackageEntry, Source>();
  // Everybody who asks for a package asks for this.
  const source = (entry: PackageEntry): Source => {
    const known = sources.get(entry) ?? sourceOf(entry, downloads);
    sources.set(entry, known);
    return known;
  };
  const substitutes = substitutesIn(entries, {
    graph,
    byLocation,
    sourceOf: source,
    replaced: project.replaced,
    isHidden,
  });
  const parts = legacy === null ? null : compareParts(entries, legacy, (entry) => carriers.has(entry));
  const unbound = unboundIn(entries, graph);
  const packageAt = (entry: NpmEntry): PackageEntry | null => {
    const found = entry.kind === 'link' ? byLocation.get(entry.target) : entry;
    return found?.kind === 'package' ? found : null;
  };
  const direct = directIn(entries, graph, packageAt);
  const flags = graph.hasRoot ? derivedFlags(entries, graph, isLegacy) : null;
  const hasPeers = flags !== null && entries.some((entry) => entry.kind === 'package' && flags(entry).peer);
  const none: readonly Finding[] = [];
  return {
    entries: [...entries, ...(parts?.added ?? [])],
    // The hidden lockfile only tells what is installed.
    anew: isHidden ? [] : resolvedAnewIn(entries, { file, graph, project, isLegacy, hasPeers, leavesPeers }),
    roles: {
      isDirect: (entry) => direct.has(entry),
      carrierOf: (entry) => carriers.get(entry) ?? null,
      sourceOf: source,
      // What npm fetches; that it may not stand there is said of it.
      nameOf: (entry) => entry.name,
      requirementsOf: ({ location }) => {
        const found = (graph.askers.get(location)?.edges ?? []).flatMap(({ to }) => packageAt(to) ?? []);
        return [...new Set(found)];
      },
      substitutesOf: (entry) => substitutes.get(entry) ?? [],
      findingsOf: (entry) => {
        const [first, second] = [parts?.findings.get(entry), unbound.get(entry)];
        return first === undefined || second === undefined ? (first ?? second ?? none) : [...first, ...second];
      },
      ...(flags === null ? {} : { flagsOf: flags }),
    },
  };
}

/**
 * Packages that the project or one of its folders asks for. If neither the lockfile (version 1, the hidden lockfile)
 * nor a package.json records that, packages at the top that no package asks for count; this misses direct dependencies
 * that a package asks for as well.
 */
function directIn(
  entries: readonly NpmEntry[],
  { folders, askers, hasRoot }: Graph,
  packageAt: (entry: NpmEntry) => PackageEntry | null,
): ReadonlySet<NpmEntry> {
  const direct = new Set<NpmEntry>();
  for (const { to } of [...folders.values()].flat()) {
    const found = packageAt(to);
    if (found !== null) direct.add(found);
  }
  if (hasRoot) return direct;
  const required = new Set<NpmEntry>();
  for (const { location, edges } of askers.values()) {
    if (!folders.has(location)) for (const { to } of edges) required.add(packageAt(to) ?? to);
  }
  for (const entry of entries) {
    const isTop = installedAs(entry.location)?.folder === '';
    if (entry.kind === 'package' && isTop && !required.has(entry)) direct.add(entry);
  }
  return direct;
}

/** Flags as npm derives them, from what the project asks for, whatever the entries say of themselves. */
function derivedFlags(
  entries: readonly NpmEntry[],
  { askers, workspaces, folders }: Graph,
  isLegacy: boolean,
): (entry: NpmEntry) => Pick<PackageEntry, 'dev' | 'optional' | 'peer'> {
  const optional = new Set(
    isLegacy ? entries.flatMap((entry) => (entry.kind === 'package' && entry.optional ? [entry.location] : [])) : [],
  );
  const targets = new Map(entries.flatMap((entry) => (entry.kind === 'link' ? [[entry.location, entry.target]] : [])));
  const edgesOf = (location: string): readonly FlagEdge<string>[] => {
    const target = targets.get(location);
    if (target !== undefined) return [{ kind: 'prod', to: target }];
    return (askers.get(location)?.edges ?? []).map(({ kind, to }) => {
      // Version 1 has one list for both: npm takes for optional what is so and is asked for by what is not.
      const isGuessed = isLegacy && !folders.has(location) && optional.has(to.location) && !optional.has(location);
      return { kind: isGuessed ? 'optional' : (kind ?? 'prod'), to: to.location };
    });
  };
  const { dev, optional: isOptional, peer } = flagsOf(['', ...workspaces.keys()], edgesOf);
  return ({ location }) => ({ dev: dev(location), optional: isOptional(location), peer: peer(location) });
}
