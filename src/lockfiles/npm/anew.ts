import type { PlacedFinding } from '../../model/dependency.ts';
import { isOutside, missingEntry, otherVersion, rangeOf } from '../common/anew.ts';
import type { Declaration, NpmEntry } from '../node-modules/entry.ts';
import type { Asker, Edge, Graph } from './graph.ts';
import { lastNodeModules } from '../node-modules/location.ts';
import type { NpmProject } from '../node-modules/project.ts';
import { specKind } from '../node-modules/specs.ts';

/** What decides whether npm takes an answer from the lockfile. */
export interface Using {
  readonly file: string;
  readonly graph: Graph;
  readonly project: NpmProject;
  /** Version 1: one list for dependencies and optional ones, and no overrides. */
  readonly isLegacy: boolean;
  /** Whether the lockfile is of an npm that installs peers by itself, and has what it found for them. */
  readonly hasPeers: boolean;
  /** Whether the project tells npm to leave peers to it (`legacy-peer-deps`). */
  readonly leavesPeers: boolean;
}

/**
 * What npm resolves anew, by its own rule of which edges are problems (Arborist, `#problemEdges` and
 * `Edge.satisfiedBy`): what is asked for and has no entry, and what is of another version than the range or an override
 * of the project asks for. `npm ci` refuses to install then, and `npm install` does not.
 */
export function resolvedAnewIn(entries: readonly NpmEntry[], using: Using): readonly PlacedFinding[] {
  const { file, graph, project } = using;
  const byLocation = new Map(entries.map((entry) => [entry.location, entry]));
  const names = new Set(graph.workspaces.values());
  const shrinkwraps = new Set(
    entries.flatMap((entry) => (entry.kind === 'package' && entry.hasShrinkwrap === true ? [entry.location] : [])),
  );
  // Below a package with a shrinkwrap of its own, that decides.
  const isShrinkwrapped = (location: string): boolean =>
    shrinkwraps.size > 0 && withThoseAbove(location).some((one) => shrinkwraps.has(one));
  // npm does not record overrides: what they explain, only package.json says.
  const judgesVersions = project.declared.has('');
  const found: PlacedFinding[] = [];
  for (const asker of graph.askers.values()) {
    const isProject = graph.ofProject.has(asker.location);
    if ((!isProject && graph.folders.has(asker.location)) || isShrinkwrapped(asker.location)) continue;
    const entry = byLocation.get(asker.location);
    const bundles = new Set(entry?.kind === 'package' ? entry.bundles : []);
    const line = entry?.line ?? 1;
    for (const one of lastOfEach(asker)) {
      if (bundles.has(one.name)) continue;
      const request = { name: one.name, spec: one.spec, by: asker.label };
      if (!('to' in one)) {
        if (names.has(one.name) || !isNeeded(one, isProject, using)) continue;
        found.push(missingEntry({ file, line, path: `${asker.location} > ${one.name}` }, request));
      } else if (judgesVersions && !isPeer(one) && !isShrinkwrapped(one.to.location)) {
        const other = wrongVersion(asker, one, using);
        if (other === null) continue;
        const { line: at, location } = one.to;
        found.push(otherVersion({ file, line: at, path: location }, other.version, { ...request, spec: other.spec }));
      }
    }
  }
  return found;
}

/** A location, and the packages that it is below. */
function withThoseAbove(location: string): readonly string[] {
  const found = [location];
  for (let at = location.lastIndexOf('/node_modules/'); at > 0; at = location.lastIndexOf('/node_modules/', at - 1)) {
    found.push(location.slice(0, at));
  }
  return found;
}

/** Of one name in several lists, the last counts. */
function lastOfEach({ edges, missing }: Asker): Iterable<Edge | Declaration> {
  if (missing.length === 0 && edges.length < 2) return edges;
  return new Map([...edges, ...missing].map((one) => [one.name, one])).values();
}

function isPeer({ kind }: Declaration): boolean {
  return kind === 'peer' || kind === 'peerOptional';
}

/**
 * Whether npm fetches a dependency that is missing. Optional dependencies of packages may be missing (versions of npm
 * leave out those of other platforms), and peers where npm is told to leave them to the project. Those of the project
 * itself npm 7 and later always fetch.
 */
function isNeeded({ spec, kind }: Declaration, isProject: boolean, { hasPeers, leavesPeers }: Using): boolean {
  if (kind === 'peerOptional' || (kind === 'optional' && !isProject)) return false;
  if (kind === 'peer' && (leavesPeers || !(hasPeers || isProject))) return false;
  // Folders are of this machine.
  return specKind(spec) !== 'file' && specKind(spec) !== 'other';
}

/**
 * The version that answers in place of one that is asked for, and the range that asks for it; null where it is the one.
 */
function wrongVersion(
  asker: Asker,
  { to, name, spec }: Edge,
  { graph, project, isLegacy }: Using,
): { readonly version: string; readonly spec: string } | null {
  const version = versionOf(asker, to, project);
  if (version === null || specKind(spec) !== 'registry') return null;
  const isWrong = (one: string): boolean => specKind(one) === 'registry' && isOutside(rangeOf(one), version);
  const replaced = project.replaced.get(name) ?? [];
  const demanded = isLegacy || graph.folders.has(asker.location) ? undefined : project.demanded.get(name);
  // Overrides do not apply to bundled packages.
  const isBundled = to.kind === 'package' && to.bundled;
  if (demanded !== undefined && replaced.length === 1 && !isBundled) {
    return isWrong(demanded) ? { version, spec: demanded } : null;
  }
  return [spec, ...replaced].every(isWrong) ? { version, spec } : null;
}

/** Of a workspace, the version its package.json says; the project itself links each, whatever version it asks for. */
function versionOf({ location }: Asker, to: NpmEntry, { versions }: NpmProject): string | null {
  if (to.kind === 'package') return to.source.kind === 'registry' ? to.version : null;
  if (location === '' || to.kind !== 'link' || lastNodeModules(to.target) !== -1) return null;
  return versions.get(to.target) ?? null;
}
