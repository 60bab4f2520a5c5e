import type { ProjectManifests } from '../common/format.ts';
import { parseToml, type TomlTable, type TomlValue } from '../../readers/toml.ts';
import { pypiConventions } from '../../ecosystems/conventions/pypi.ts';

const FILE = 'pyproject.toml';

/**
 * Whether the project itself asks for a package, by its normalised name, as its pyproject.toml says; everything counts
 * as asked for where there is none. Throws `LockfileError`.
 */
export function askedForBy(manifests: ProjectManifests): (name: string) => boolean {
  const text = manifests.get(FILE);
  if (text === undefined) return () => true;
  const { root } = parseToml(FILE, text, 'correct it');
  const project = tableIn(root, 'project');
  const tool = tableIn(root, 'tool');
  const poetry = tableIn(tool, 'poetry');
  const groups = [...tableIn(poetry, 'group').values()].map((group) => tableIn(asTable(group), 'dependencies'));
  const lists = [
    project.get('dependencies'),
    ...tableIn(project, 'optional-dependencies').values(),
    ...tableIn(root, 'dependency-groups').values(),
    ...tableIn(tableIn(tool, 'pdm'), 'dev-dependencies').values(),
  ];
  const tables = [tableIn(poetry, 'dependencies'), tableIn(poetry, 'dev-dependencies'), ...groups];
  const names = new Set(
    [
      ...lists.flatMap((list) => (Array.isArray(list) ? (list as readonly TomlValue[]) : [])).flatMap(nameOf),
      ...tables.flatMap((table) => [...table.keys()]),
    ].map(pypiConventions.names.normalise),
  );
  return (name) => names.has(name);
}

function nameOf(requirement: TomlValue): readonly string[] {
  const name =
    typeof requirement === 'string' ? /^\s*(?:-e\s+)?([a-z0-9][a-z0-9._-]*)/i.exec(requirement)?.[1] : undefined;
  return name === undefined ? [] : [name];
}

function tableIn(table: TomlTable, key: string): TomlTable {
  return asTable(table.get(key));
}

function asTable(value: TomlValue | undefined): TomlTable {
  return value instanceof Map ? (value as TomlTable) : new Map();
}
