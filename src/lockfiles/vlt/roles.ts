import type { ExoticSpec } from '../../model/dependency.ts';
import type { ProjectWishes } from '../npm/manifest.ts';
import { isPackageName } from '../npm/names.ts';
import { specKind } from '../npm/specs.ts';
import { flagsOf, type Edge, type ReachFlags } from '../reach.ts';
import type { VltEdge } from './edges.ts';
import type { PackageNode } from './nodes.ts';
import type { Options } from './options.ts';

/** What the nodes of a lockfile are to each other and to the project, by id. */
export interface Roles {
  readonly flags: ReachFlags<string>;
  readonly isDirect: (id: string) => boolean;
  /** What it declares that no registry resolves. */
  readonly exoticOf: (id: string) => readonly ExoticSpec[];
  /** The package whose bytes are expected there, in the registry's name for it. */
  readonly nameOf: (node: PackageNode) => string;
  /** Ids of what it asks for. */
  readonly requirementsOf: (id: string) => readonly string[];
  /** The name it is asked for by; that of the project first, where it asks. */
  readonly askedAs: (id: string) => string | null;
}

export function rolesOf(edges: readonly VltEdge[], options: Options, wishes: ProjectWishes): Roles {
  const outgoing = new Map<string, Edge<string>[]>();
  const incoming = new Map<string, VltEdge[]>();
  const exotic = new Map<string, ExoticSpec[]>();
  const folders = new Set<string>();
  for (const edge of edges) {
    const { from, to, kind, name, spec, isDirect } = edge;
    if (isDirect) folders.add(from);
    if (to !== null) {
      pushTo(outgoing, from, { kind, to });
      pushTo(incoming, to, edge);
    }
    const isOwn = kind === 'prod' || kind === 'optional';
    if (!isDirect && isOwn && specKind(spec) !== 'registry') pushTo(exotic, from, { name, spec });
  }
  const ownWishes = new Map(wishes.declared.get('')?.map(({ name, spec }) => [name, spec]));
  const isRoot = (id: string): boolean => !id.startsWith('workspace');
  /** What the project itself asks for, its package.json says where there is one. */
  const specOf = ({ from, name, spec, isDirect }: VltEdge): string =>
    options.fromCatalog(name, (isDirect && isRoot(from) ? ownWishes.get(name) : undefined) ?? spec);
  return {
    flags: flagsOf([...folders], (id) => outgoing.get(id) ?? []),
    isDirect: (id) => incoming.get(id)?.some(({ isDirect }) => isDirect) === true,
    exoticOf: (id) => exotic.get(id) ?? [],
    requirementsOf: (id) => outgoing.get(id)?.map(({ to }) => to) ?? [],
    askedAs: (id) => {
      const asking = incoming.get(id) ?? [];
      return (asking.find(({ isDirect }) => isDirect) ?? asking[0])?.name ?? null;
    },
    nameOf: ({ id, name, source }) => {
      if (source.kind !== 'registry' || options.modifying.has(name)) return name;
      const stranger = incoming.get(id)?.find((edge) => edge.name !== name && !asksFor(specOf(edge), edge.name, name));
      return stranger !== undefined && isPackageName(stranger.name) ? stranger.name : name;
    },
  };
}

function pushTo<T>(lists: Map<string, T[]>, key: string, value: T): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}

/**
 * Whether a specifier asks for that package under another name: "npm:NAME@1" (so with every alias of a registry),
 * "registry:ADDRESS#NAME@1", or "jsr:1" and "jsr:@SCOPE/NAME@1", which is "@jsr/SCOPE__NAME" at the registry. Otherwise an
 * edge could make any package the one that is asked for.
 */
function asksFor(spec: string, alias: string, name: string): boolean {
  const [, scheme, rest = ''] = /^([a-z][\w.-]*):(.*)$/is.exec(spec) ?? [];
  if (scheme === undefined) return specKind(spec) !== 'registry';
  const asked = scheme === 'registry' ? rest.slice(rest.lastIndexOf('#') + 1) : rest;
  const named = /^(@[^/@]+\/[^@]+|[^@]+)(?:@|$)/.exec(asked)?.[1];
  return [named, alias].some((one) => one === name || (one?.startsWith('@') === true && jsrName(one) === name));
}

function jsrName(name: string): string {
  return `@jsr/${name.slice(1).replace('/', '__')}`;
}
