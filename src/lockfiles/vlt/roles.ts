import { specOf, type EntryClaims, type ExoticSpec, type Substitution } from '../../model/dependency.ts';
import { answerFrom, isAnswer, type Answer } from '../node-modules/answers.ts';
import { isPeer } from '../node-modules/package-json.ts';
import { specKind } from '../node-modules/specs.ts';
import { flagsOf, type Edge, type EdgeKind, type ReachFlags } from '../common/reach.ts';
import type { VltEdge } from './edges.ts';
import type { PackageNode, VltNode } from './nodes.ts';
import type { Options } from './options.ts';
import type { Project } from './project.ts';

/** What the nodes of a lockfile are to each other and to the project, by id. */
export interface Roles {
  readonly flags: ReachFlags<string>;
  readonly isDirect: (id: string) => boolean;
  /** What it declares that no registry resolves. */
  readonly exoticOf: (id: string) => readonly ExoticSpec[];
  /** The asker that gets this node without having asked for it, the project first; null for none. */
  readonly substitutionOf: (node: VltNode) => Substitution | null;
  /** Whether the project or one of its workspaces asks for it, as it is. */
  readonly isAskedFor: (node: VltNode) => boolean;
  readonly claimsOf: (node: PackageNode) => EntryClaims;
  /** Ids of what it asks for. */
  readonly requirementsOf: (id: string) => readonly string[];
  /** The name it is asked for by; that of the project first, where it asks. */
  readonly askedAs: (id: string) => string | null;
}

export function rolesOf(
  edges: readonly VltEdge[],
  nodes: readonly VltNode[],
  options: Options,
  project: Project,
): Roles {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const ways = new Map<string, Edge<string>[]>();
  const outgoing = new Map<string, VltEdge[]>();
  const incoming = new Map<string, VltEdge[]>();
  const folders = new Set<string>();
  for (const edge of edges) {
    const { from, to, isDirect } = edge;
    if (isDirect) folders.add(from);
    pushTo(outgoing, from, edge);
    if (to === null) continue;
    for (const kind of kindsOf(edge, project)) pushTo(ways, from, { kind, to });
    pushTo(incoming, to, edge);
  }
  const askers = {
    nameOf: ({ from, folder }: VltEdge): string => {
      const node = byId.get(from);
      if (node?.kind === 'package') return specOf(node);
      const path = node?.path ?? folder ?? '';
      return path === '' ? '.' : path;
    },
    folderOf: ({ from, folder }: VltEdge): string | null => {
      const node = byId.get(from);
      return node === undefined ? folder : node.kind === 'package' ? null : node.path;
    },
  };
  const asking = (id: string): readonly VltEdge[] => incoming.get(id) ?? [];
  const isAnswered = (node: VltNode, edge: VltEdge): boolean => {
    const answer = answerOf(node, project);
    const folder = askers.folderOf(edge);
    const isMet = (spec: string, from: string | null): boolean =>
      isByRegistry(spec, options)
        ? answer.kind === 'registry' && nameAskedFor(spec, edge.name, options) === answer.name
        : isAnswer({ name: edge.name, spec, folder: from }, answer);
    const modified = [...(project.modifiers.get(edge.name) ?? []), ...(project.modifiers.get('') ?? [])];
    return specsOf(edge, project).some((spec) => isMet(spec, folder)) || modified.some((spec) => isMet(spec, ''));
  };
  return {
    flags: flagsOf([...folders], (id) => ways.get(id) ?? []),
    isDirect: (id) => asking(id).some(({ isDirect }) => isDirect),
    exoticOf: (id) =>
      (outgoing.get(id) ?? []).filter(isOwn).flatMap(({ name, spec, isDirect }) => {
        return isDirect || specKind(spec) === 'registry' ? [] : { name, spec };
      }),
    requirementsOf: (id) => ways.get(id)?.map(({ to }) => to) ?? [],
    askedAs: (id) => (asking(id).find(({ isDirect }) => isDirect) ?? asking(id)[0])?.name ?? null,
    isAskedFor: (node) => asking(node.id).some((edge) => isOfProject(edge, project) && isAnswered(node, edge)),
    claimsOf: (node) => claimsOf(node, outgoing.get(node.id) ?? [], project),
    substitutionOf: (node) => {
      const wrong = asking(node.id).filter((edge) => !isAnswered(node, edge));
      const first = wrong.find(({ isDirect }) => isDirect) ?? wrong.find((edge) => !isPeer(edge) || !isElsewhere(edge));
      return first === undefined
        ? null
        : { asked: `${first.name}@${specsOf(first, project)[0] ?? first.spec}`, by: askers.nameOf(first) };
    },
  };

  /** Whether another edge, which is not a peer's, brings what this one finds: then that one is judged. */
  function isElsewhere({ to, name }: VltEdge): boolean {
    const node = byId.get(to ?? '');
    const others = asking(to ?? '').filter((edge) => edge.name === name && !isPeer(edge));
    return node !== undefined && others.some((edge) => isAnswered(node, edge));
  }
}

function isOwn({ kind }: VltEdge): boolean {
  return kind === 'prod' || kind === 'optional';
}

/** Whether the edge is of the project. A workspace that only the lockfile knows does not belong to it. */
function isOfProject({ folder, isDirect }: VltEdge, { names }: Project): boolean {
  return isDirect && folder !== null && (names === null || names.has(folder));
}

/** What is asked for; what the project asks for, in the words of its package.json. */
export function specsOf(
  { folder, isDirect, name, spec }: VltEdge,
  { declared, fromCatalog }: Project,
): readonly string[] {
  const own =
    isDirect && folder !== null ? declared.get(folder)?.filter((requirement) => requirement.name === name) : undefined;
  const specs = own === undefined || own.length === 0 ? [spec] : own.map((requirement) => requirement.spec);
  return isDirect ? specs.map((one) => fromCatalog(name, one)) : specs;
}

function kindsOf({ folder, isDirect, name, kind }: VltEdge, { declared }: Project): readonly EdgeKind[] {
  const own =
    isDirect && folder !== null ? declared.get(folder)?.filter((requirement) => requirement.name === name) : undefined;
  return own === undefined || own.length === 0 ? [kind] : own.map((requirement) => requirement.kind);
}

function answerOf(node: VltNode, { names }: Project): Answer {
  if (node.kind === 'package') return answerFrom(node);
  const { kind, path, name } = node;
  const workspace = names === null ? name : (names.get(path) ?? null);
  return { kind: 'folder', path, workspace: kind === 'workspace' ? workspace : null };
}

/** The edges of a node are its manifest's lists, but for what modifiers of the project change. */
function claimsOf({ bin }: PackageNode, edges: readonly VltEdge[], { modifiers }: Project): EntryClaims {
  const isModified = modifiers.size > 0 && edges.some(({ name }) => modifiers.has(name) || modifiers.has(''));
  const record = (those: readonly VltEdge[]): Readonly<Record<string, string>> =>
    Object.fromEntries(those.map(({ name, spec }) => [name, spec]));
  if (isModified) return { bin };
  return { dependencies: record(edges.filter(isOwn)), peerDependencies: record(edges.filter(isPeer)), bin };
}

function pushTo<T>(lists: Map<string, T[]>, key: string, value: T): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}

const SCHEME = /^([a-z][\w.-]*):(.*)$/is;

/** Whether a specifier names the registry: by its address, or by an alias. */
function isByRegistry(spec: string, { isRegistry }: Options): boolean {
  const scheme = SCHEME.exec(spec)?.[1];
  return scheme !== undefined && scheme !== 'npm' && (scheme === 'registry' || isRegistry(scheme));
}

/**
 * What such a specifier asks for: NAME of "own:NAME@1" and "registry:ADDRESS#NAME@1". "jsr:1" and "jsr:@SCOPE/NAME@1"
 * are "@jsr/SCOPE__NAME" at the registry.
 */
function nameAskedFor(spec: string, alias: string, { isJsr }: Options): string | null {
  const [, scheme = '', rest = ''] = SCHEME.exec(spec) ?? [];
  const asked = scheme === 'registry' ? rest.slice(rest.lastIndexOf('#') + 1) : rest;
  const named = isJsr(scheme) && !asked.startsWith('@') ? alias : /^(@[^/@]+\/[^@]+|[^@]+)(?:@|$)/.exec(asked)?.[1];
  return named === undefined ? null : isJsr(scheme) ? jsrName(named) : named;
}

function jsrName(name: string): string {
  return name.startsWith('@jsr/') ? name : `@jsr/${name.replace(/^@/, '').replace('/', '__')}`;
}
