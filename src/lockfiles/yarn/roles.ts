import { specOf } from '../../model/dependency.ts';
import { flagsOf, type Edge, type EdgeKind } from '../common/reach.ts';
import type { Descriptor, Requirement, YarnEntry } from './entry.ts';

/** A requirement of the project itself or of one of its workspaces. */
export interface ProjectRequirement extends Requirement {
  readonly dev: boolean;
  /** The folder whose package.json says so; "." is the project's own. */
  readonly by: string;
}

/** What an entry is to the project. */
interface Role {
  readonly direct: boolean;
  readonly dev: boolean;
  readonly optional: boolean;
}

export interface Roles {
  readonly roleOf: (entry: YarnEntry) => Role;
  /** What it asks for, as `name@version`, where only one can be meant. */
  readonly requirementsOf: (entry: YarnEntry) => readonly string[];
}

/** Entries that are found together; each is looked at once, however many ask for it. */
type Group = readonly YarnEntry[];

const PROJECT = 'project';
type Asking = typeof PROJECT | YarnEntry | Group;

/** What entries are to the project and to each other, in time linear in what all of them ask for. */
export function rolesOf(entries: readonly YarnEntry[], asked: readonly ProjectRequirement[]): Roles {
  const { find, groups } = finder(entries);
  // A folder that is linked or copied is of the project, and so is what it asks for.
  const folders = entries.filter(({ brings }) => brings.some((one) => 'local' in one));
  const own = new Set([...asked, ...folders.flatMap(({ requires }) => requires)].map(find));
  const direct = new Set([...own].flat());
  const kindOf = ({ optional }: Requirement): EdgeKind => (optional ? 'optional' : 'prod');
  const edges = new Map<Asking, readonly Edge<Asking>[]>([
    [PROJECT, asked.map((one) => ({ kind: one.dev ? 'dev' : kindOf(one), to: find(one) }))],
    ...groups.map((group) => [group, group.map((to) => ({ kind: 'prod', to }) as const)] as const),
    ...entries.map((entry) => [entry, entry.requires.map((one) => ({ kind: kindOf(one), to: find(one) }))] as const),
  ]);
  const { dev, optional } = flagsOf<Asking>([PROJECT], (from) => edges.get(from) ?? []);
  const meant = new Map(groups.map((group) => [group, onlySpec(group)]));
  return {
    roleOf: (entry) => ({ direct: direct.has(entry), dev: dev(entry), optional: optional(entry) }),
    requirementsOf: ({ requires }) => requires.flatMap((one) => meant.get(find(one)) ?? []),
  };
}

/** What entries bring, where it is one package: what is patched has two, before and after. */
function onlySpec(group: Group): string | null {
  const specs = new Set(group.flatMap(({ brings }) => brings.map((one) => ('local' in one ? null : specOf(one)))));
  const [only = null] = specs;
  return specs.size === 1 ? only : null;
}

const NONE: Group = [];

/**
 * Finds an entry by exactly what is asked for. Where there is none, because `resolutions` or a plugin put something
 * else in its place, everything of that name counts.
 */
function finder(entries: readonly YarnEntry[]): {
  readonly find: (wanted: Descriptor) => Group;
  readonly groups: readonly Group[];
} {
  const exact = new Map<string, YarnEntry[]>();
  const named = new Map<string, YarnEntry[]>();
  const add = (map: Map<string, YarnEntry[]>, key: string, entry: YarnEntry): void => {
    const group = map.get(key);
    if (group === undefined) map.set(key, [entry]);
    else if (group.at(-1) !== entry) group.push(entry);
  };
  for (const entry of entries) {
    for (const descriptor of entry.descriptors) {
      add(exact, keyOf(descriptor), entry);
      add(named, descriptor.name, entry);
    }
  }
  return {
    find: (wanted) => exact.get(keyOf(wanted)) ?? named.get(wanted.name) ?? NONE,
    groups: [...exact.values(), ...named.values()],
  };
}

/** Yarn before 4 leaves out `npm:` in places. */
function keyOf({ name, range }: Descriptor): string {
  return `${name}@${range.replace(/^npm:/, '')}`;
}
