import type { Source, Substitution } from '../../model/dependency.ts';
import { isFolderSpec, type Declaration, type NpmEntry, type PackageEntry } from '../node-modules/entry.ts';
import type { Edge, Graph } from './graph.ts';
import { addTo } from '../node-modules/lists.ts';
import { installedAs, joinedTo, lastNodeModules } from '../node-modules/location.ts';
import type { NpmProject } from '../node-modules/project.ts';
import { aliasTarget, isRegistryShaped, pathOfFileSpec, plainAddress, specKind } from '../node-modules/specs.ts';

/** What decides whether an entry answers what is asked for. */
interface Answering {
  readonly graph: Graph;
  readonly byLocation: ReadonlyMap<string, NpmEntry>;
  readonly sourceOf: (entry: PackageEntry) => Source;
  readonly replaced: NpmProject['replaced'];
  /** Whether links may lead to packages in node_modules, as the hidden lockfile has them for linked installations. */
  readonly isHidden: boolean;
}

/**
 * Entries that answer a requirement without being what was asked for. npm compares only the version of what it finds
 * for a range, not its name or origin. What the project itself asks for by an alias, a path or an address may be in
 * that place for other askers as well. A peer gets what others bring: it is enough that one of them asked for it.
 */
export function substitutesIn(
  entries: readonly NpmEntry[],
  answering: Answering,
): ReadonlyMap<NpmEntry, readonly Substitution[]> {
  const { graph, replaced } = answering;
  const wrong: { readonly to: NpmEntry; readonly isPeer: boolean; readonly substitution: Substitution }[] = [];
  const wanted = new Set<NpmEntry>();
  const brought = new Set<NpmEntry>();
  const found = new Set<NpmEntry>();
  for (const { location, label, edges } of graph.askers.values()) {
    const isProject = graph.ofProject.has(location);
    if (!isProject && graph.folders.has(location)) continue;
    const good: NpmEntry[] = [];
    let bad: Map<NpmEntry, Edge> | null = null;
    for (const edge of edges) {
      const { to, name, spec } = edge;
      found.add(to);
      const answered = answers(location, edge, to, answering)
        ? spec
        : replaced.get(name)?.find((one) => answers('', { name, spec: one }, to, answering));
      if (answered === undefined) {
        (bad ??= new Map<NpmEntry, Edge>()).set(to, edge);
        continue;
      }
      good.push(to);
      if (!isPeer(edge)) brought.add(to);
      if (isProject && isOwnChoice(answered)) wanted.add(to);
    }
    if (bad === null) continue;
    const answered = new Set(good);
    for (const [to, edge] of bad) {
      // What the project asks for elsewhere besides is installed from there, whatever another of its lists says.
      const isElsewhere = isProject && !isPeer(edge) && specKind(edge.spec) !== 'registry';
      if (answered.has(to) && !isElsewhere) continue;
      const asked = edge.spec === '' ? edge.name : `${edge.name}@${edge.spec}`;
      wrong.push({ to, isPeer: isPeer(edge), substitution: { asked, by: label } });
    }
  }
  const substitutes = new Map<NpmEntry, Substitution[]>();
  for (const one of wrong) {
    if (wanted.has(one.to) || (one.isPeer && brought.has(one.to))) continue;
    addTo(substitutes, one.to, one.substitution);
  }
  for (const [to, substitution] of overlooked(found, answering)) addTo(substitutes, to, substitution);
  if (!graph.hasRoot) return substitutes;
  // No requirement names it, so none asks for it under another name.
  for (const entry of entries) {
    if (entry.kind !== 'package' || found.has(entry)) continue;
    const name = installedAs(entry.location)?.name;
    if (name !== undefined && name !== entry.name) addTo(substitutes, entry, { asked: name, by: '.' });
  }
  return substitutes;
}

/**
 * Entries of packages that `overrides` takes from somewhere else than a registry, where none that is found comes from
 * there: npm resolves such a package anew, and compares no more than name and version with the lockfile.
 */
function overlooked(
  found: ReadonlySet<NpmEntry>,
  answering: Answering,
): readonly (readonly [NpmEntry, Substitution])[] {
  return [...answering.replaced].flatMap(([name, specs]) => {
    const named = [...found].filter(({ location }) => installedAs(location)?.name === name);
    return specs.flatMap((spec) => {
      const isElsewhere = ['git', 'http', 'file'].includes(specKind(spec));
      const [first] = named;
      if (!isElsewhere || first === undefined) return [];
      if (named.some((entry) => answers('', { name, spec }, entry, answering))) return [];
      return [[first, { asked: `${name}@${spec}`, by: '.' }] as const];
    });
  });
}

function isPeer({ kind }: Edge): boolean {
  return kind === 'peer' || kind === 'peerOptional';
}

/** Whether a specifier says more than which version: another name, or a place. */
function isOwnChoice(spec: string): boolean {
  return specKind(spec) !== 'registry' || aliasTarget(spec) !== null;
}

/** `folder` is what paths are relative to; for overrides that is the project. */
function answers(folder: string, { name, spec }: Declaration, to: NpmEntry, answering: Answering): boolean {
  switch (specKind(spec)) {
    case 'registry':
      return isFromRegistry(aliasTarget(spec) ?? name, to, answering);
    case 'file':
      return isAtPath(folder, spec, to, answering);
    case 'git':
      // Other archives than a registry's are held to what the registry serves.
      return to.kind === 'package' && (to.source.kind === 'git' || isOtherAddress(to.source));
    case 'http':
      return to.kind === 'package' && to.source.kind === 'registry' && isAddress(to.source, spec);
    case 'other':
      // npm does not install what asks so.
      return true;
  }
}

function isFromRegistry(name: string, to: NpmEntry, answering: Answering): boolean {
  if (to.kind === 'package') return to.name === name && answering.sourceOf(to).kind === 'registry';
  if (to.kind === 'folder') return isWorkspaceNamed(name, to.location, answering);
  const target = answering.byLocation.get(to.target);
  if (target?.kind === 'package' && answering.isHidden && lastNodeModules(to.target) !== -1) {
    return isFromRegistry(name, target, answering);
  }
  return installedAs(to.location)?.name === name && isWorkspaceNamed(name, to.target, answering);
}

/** A workspace answers for what is asked for by its name. */
function isWorkspaceNamed(name: string, folder: string, { graph }: Answering): boolean {
  return graph.workspaces.get(folder) === name;
}

/** Whether it is the very folder or file. What is asked for by a path that is not relative is not compared. */
function isAtPath(folder: string, spec: string, to: NpmEntry, { sourceOf, graph }: Answering): boolean {
  const path = pathOfFileSpec(spec);
  const target = joinedTo(folder, path);
  // npm 6 writes paths relative to the project for every asker.
  const fromProject = graph.folders.has(folder) ? joinedTo('', path) : target;
  const isSame = (found: string | null): boolean =>
    target === null || found === null || found === target || found === fromProject;
  if (to.kind === 'link') return isFolderSpec(spec) && isSame(to.target);
  if (to.kind === 'folder') return isFolderSpec(spec) && isSame(to.location);
  const source = sourceOf(to);
  return source.kind === 'file' && isSame(joinedTo('', source.path));
}

function isOtherAddress(source: Source): boolean {
  return source.kind === 'registry' && source.resolved !== null && !isRegistryShaped(source.resolved);
}

/** Whether it is this address; another one that is no registry's is held to what the registry serves. */
function isAddress(source: Extract<Source, { kind: 'registry' }>, spec: string): boolean {
  const plain = (address: string): string => plainAddress(address).replace(/#.*$/s, '');
  return source.resolved !== null && (plain(source.resolved) === plain(spec) || isOtherAddress(source));
}
