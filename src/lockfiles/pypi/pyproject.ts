import type { ProjectManifests } from '../common/format.ts';
import { withoutCredentials } from '../../model/address.ts';
import type { PlacedFinding } from '../../model/dependency.ts';
import { finding } from '../../model/finding.ts';
import { parseToml, type TomlDocument, type TomlTable, type TomlValue } from '../../readers/toml.ts';
import { pypiConventions } from '../../ecosystems/conventions/pypi.ts';
import { PUBLIC_INDEX } from './indexes.ts';

const FILE = 'pyproject.toml';

/**
 * Whether the project itself asks for a package, by its normalised name, as its pyproject.toml says; everything counts
 * as asked for where there is none. Throws `LockfileError`.
 */
export function askedForBy(manifests: ProjectManifests): (name: string) => boolean {
  const document = documentIn(manifests);
  if (document === null) return () => true;
  const names = namedIn(document.root);
  return (name) => names.has(name);
}

/**
 * The packages that a project asks for from elsewhere, by their normalised names: not itself, Python, or what `tool.uv`
 * takes from the project.
 */
export function askedFor(root: TomlTable): ReadonlySet<string> {
  const { normalise } = pypiConventions.names;
  const tool = tableIn(root, 'tool');
  const itself = [tableIn(root, 'project'), tableIn(tool, 'poetry')].map((one) => normalise(textIn(one, 'name')));
  const sources = [...tableIn(tableIn(tool, 'uv'), 'sources')];
  const own = sources.filter(([, source]) => ['workspace', 'path'].some((key) => asTable(source).has(key)));
  const left = new Set(['python', ...itself, ...own.map(([name]) => normalise(name))]);
  return new Set([...namedIn(root)].filter((name) => !left.has(name)));
}

/** The packages of a Pipfile that are fetched: not folders, which it names by their path. */
export function askedForInPipfile(root: TomlTable): ReadonlySet<string> {
  const settings = new Set(['source', 'requires', 'scripts', 'pipenv', 'pipfile', 'build-system']);
  const categories = [...root].filter(([name]) => !settings.has(name)).map(([, table]) => asTable(table));
  const asked = categories.flatMap((table) => [...table].filter(([, spec]) => !asTable(spec).has('path')));
  return new Set(asked.map(([name]) => pypiConventions.names.normalise(name)));
}

/** Whatever a pyproject.toml names, in any of its lists. */
function namedIn(root: TomlTable): ReadonlySet<string> {
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
  return new Set(
    [
      ...lists.flatMap((list) => (Array.isArray(list) ? (list as readonly TomlValue[]) : [])).flatMap(nameOf),
      ...tables.flatMap((table) => [...table.keys()]),
    ].map(pypiConventions.names.normalise),
  );
}

function documentIn(manifests: ProjectManifests): TomlDocument | null {
  const text = manifests.get(FILE);
  return text === undefined ? null : parseToml(FILE, text, 'correct it');
}

type Tool = 'poetry' | 'pdm';

/**
 * The indexes of which each may answer for any name when this tool locks, with PyPI where it adds that by itself
 * (https://python-poetry.org/docs/repositories/#project-configuration,
 * https://pdm-project.org/en/latest/usage/config/#configure-the-package-indexes).
 */
const ANSWERING: Readonly<Record<Tool, (sources: readonly TomlTable[]) => readonly string[]>> = {
  poetry: (sources) => {
    const priorityOf = (source: TomlTable): string => {
      const said = source.get('priority');
      if (typeof said === 'string') return said.toLowerCase();
      return source.get('secondary') === true ? 'secondary' : 'primary';
    };
    const asked = sources.filter((source) => priorityOf(source) !== 'explicit');
    const hasPrimary = asked.some((source) => ['primary', 'default'].includes(priorityOf(source)));
    const isPyPi = (source: TomlTable): boolean => /^pypi$/i.test(textIn(source, 'name'));
    const addsPyPi = !hasPrimary && !sources.some(isPyPi);
    return [...(addsPyPi ? [PUBLIC_INDEX] : []), ...asked.map(addressOf)];
  },
  pdm: (sources) => {
    const asked = sources.filter((source) => !listIn(source, 'exclude_packages').includes('*'));
    const addsPyPi = !sources.some((source) => source.get('name') === 'pypi');
    return [...(addsPyPi ? [PUBLIC_INDEX] : []), ...asked.map(addressOf)];
  },
};

/** Says that several indexes may answer for one name where pyproject.toml has it so. Throws `LockfileError`. */
export function severalIndexes(file: string, manifests: ProjectManifests, tool: Tool): readonly PlacedFinding[] {
  const document = documentIn(manifests);
  if (document === null) return [];
  const path = `tool.${tool}.source`;
  const indexes = [...new Set(indexesIn(document, tool).map((url) => withoutCredentials(url).replace(/\/+$/, '')))];
  if (indexes.length < 2) return [];
  const place = {
    file: `${file.slice(0, file.lastIndexOf('/') + 1)}${FILE}`,
    line: document.headers(path)[0] ?? 1,
    path,
  };
  return [{ place, finding: finding('lockfile-index-ambiguous', { indexes }) }];
}

/** The one index that this tool asks by its pyproject.toml, and its line; null where it names none, or several. */
export function oneIndex(
  manifests: ProjectManifests,
  tool: Tool,
): { readonly url: string; readonly line: number } | null {
  const document = documentIn(manifests);
  const [url, ...others] = document === null ? [] : indexesIn(document, tool);
  if (document === null || url === undefined || others.length > 0) return null;
  return { url, line: document.headers(`tool.${tool}.source`)[0] ?? 1 };
}

function indexesIn({ root }: TomlDocument, tool: Tool): readonly string[] {
  const sources = listIn(tableIn(tableIn(root, 'tool'), tool), 'source').map(asTable);
  return sources.length === 0 ? [] : ANSWERING[tool](sources);
}

/** PyPI by its name has no address of its own. */
function addressOf(source: TomlTable): string {
  const url = source.get('url');
  return typeof url === 'string' ? url : PUBLIC_INDEX;
}

function textIn(table: TomlTable, key: string): string {
  const value = table.get(key);
  return typeof value === 'string' ? value : '';
}

function listIn(table: TomlTable, key: string): readonly TomlValue[] {
  const value = table.get(key);
  return Array.isArray(value) ? (value as readonly TomlValue[]) : [];
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
