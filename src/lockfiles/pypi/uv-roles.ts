import type { Dependency } from '../../model/dependency.ts';
import { flagsOf, type Edge, type EdgeKind } from '../common/reach.ts';
import { packageName, type Fields } from './fields.ts';
import { isFolder, labelOf, SOURCES, type UvEntry } from './uv-entry.ts';

/** What the entries of a uv.lock are to the project. */
interface UvRoles {
  readonly isMember: (entry: UvEntry) => boolean;
  readonly of: (entry: UvEntry) => Pick<Dependency, 'direct' | 'dev' | 'optional' | 'requires'>;
}

/** What asks for others: an entry, or the file itself, where a script or a workspace has requirements of its own. */
type Node = UvEntry | Fields;

/**
 * Follows what the projects of the workspace ask for, and what that asks for. Extras of a project are optional, and its
 * groups are for development. Refuses what is asked for and has no entry.
 */
export function uvRoles(top: Fields, entries: readonly UvEntry[]): UvRoles {
  const find = finderOf(entries);
  const manifest = top.table('manifest');
  const members = new Set((manifest?.texts('members') ?? []).map((name) => packageName(name, top.fail)));
  const isMember = (entry: UvEntry): boolean =>
    isFolder(entry) && (members.size === 0 ? entry.source.at === '.' : members.has(entry.name));

  const edgesOf = new Map<Node, readonly Edge<UvEntry>[]>(
    entries.map((entry) => [entry, edgesFrom(entry.fields, labelOf(entry), isMember(entry), find)]),
  );
  const roots: Node[] = entries.filter(isMember);
  if (manifest !== null) {
    const { fail } = top;
    const named = (requirements: readonly Fields[], kind: EdgeKind): readonly Edge<UvEntry>[] => {
      const names = new Set(requirements.map((one) => packageName(one.text('name'), fail)));
      return entries.filter(({ name }) => names.has(name)).map((to) => ({ kind, to }));
    };
    const groups = groupsOf(manifest, 'dependency-groups');
    edgesOf.set(manifest, [...named(manifest.tables('requirements'), 'prod'), ...named(groups, 'dev')]);
    roots.push(manifest);
  }
  const flags = flagsOf<Node>(roots, (node) => edgesOf.get(node) ?? []);
  const direct = new Set(roots.flatMap((root) => (edgesOf.get(root) ?? []).map(({ to }) => to)));
  return {
    isMember,
    of: (entry) => ({
      direct: direct.has(entry),
      dev: flags.dev(entry),
      optional: flags.optional(entry),
      requires: (edgesOf.get(entry) ?? []).map(({ to }) => labelOf(to).replace('==', '@')),
    }),
  };
}

function edgesFrom(fields: Fields, label: string, isMember: boolean, find: Find): readonly Edge<UvEntry>[] {
  const asked: readonly (readonly [EdgeKind, readonly Fields[]])[] = [
    ['prod', fields.tables('dependencies')],
    [isMember ? 'optional' : 'prod', groupsOf(fields, 'optional-dependencies')],
    ['dev', groupsOf(fields, 'dev-dependencies')],
  ];
  return asked.flatMap(([kind, references]) =>
    references.map((reference) => {
      const found = find(reference);
      const name = reference.text('name') ?? '';
      if (found === null) return fields.fail(`${label} asks for ${name}, which has no entry`);
      if (found === 'several') return fields.fail(`${label} asks for ${name}, which has several entries`);
      return { kind, to: found };
    }),
  );
}

/** All tables in the lists of a table. */
function groupsOf(fields: Fields, field: string): readonly Fields[] {
  const table = fields.table(field);
  return table === null ? [] : fields.members(field).flatMap(([group]) => table.tables(group));
}

/** What a reference names; it has a version and a source where the name alone says too little. */
type Find = (reference: Fields) => UvEntry | null | 'several';

function finderOf(entries: readonly UvEntry[]): Find {
  const known = new Map<string, UvEntry | 'several'>();
  const add = (key: string, entry: UvEntry): void => {
    known.set(key, known.has(key) ? 'several' : entry);
  };
  for (const entry of entries) {
    const { name, version, source } = entry;
    const from = `${source.kind} ${source.at}`;
    for (const by of new Set([version, null])) {
      add(keyOf(name, by, null), entry);
      add(keyOf(name, by, from), entry);
    }
  }
  return (reference) => {
    const name = packageName(reference.text('name'), reference.fail);
    const source = reference.table('source');
    const kind = source === null ? undefined : SOURCES.find((one) => source.has(one));
    const from = kind === undefined ? null : `${kind} ${source?.text(kind) ?? ''}`;
    return known.get(keyOf(name, reference.text('version'), from)) ?? null;
  };
}

function keyOf(name: string, version: string | null, from: string | null): string {
  return JSON.stringify([name, version, from]);
}
