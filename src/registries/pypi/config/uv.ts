import { normalise } from '../../../ecosystems/conventions/pypi-names.ts';
import { LockfileError } from '../../../readers/error.ts';
import { parseToml, type TomlTable, type TomlValue } from '../../../readers/toml.ts';
import { placeIn, settingsOf, type IndexSettings, type Named } from './indexes.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** A file with settings of uv, as people find it, and its text. */
interface UvFile {
  readonly path: string;
  readonly text: string;
}

/** The files that uv reads its settings from. */
interface UvFiles {
  /** The project's pyproject.toml; null where there is none. */
  readonly project: UvFile | null;
  /** The strongest first: the project's uv.toml, or a file of a folder above it; the user's, the system's. */
  readonly settings: readonly UvFile[];
  /** Whether the first of them is the project's, beside which `tool.uv` of pyproject.toml sets no index. */
  readonly isProjects: boolean;
}

interface Index extends Named {
  readonly name: string | null;
  readonly isDefault: boolean;
  readonly isExplicit: boolean;
}

const REMEDY = 'uv stops at it, too';

/**
 * The indexes that uv is told of (https://docs.astral.sh/uv/concepts/indexes/): by variables, else by the strongest
 * file. Of two with one name the first one counts. `tool.uv.sources` says which packages are from which index. Throws
 * `LockfileError` for what cannot be read, and where several indexes may answer for one package.
 */
export function uvIndexes(env: Environment, { project, settings, isProjects }: UvFiles): IndexSettings {
  const pyproject = project === null ? null : parseToml(project.path, project.text, REMEDY).root;
  const tool = tableAt(tableAt(pyproject, 'tool'), 'uv');
  const own = project === null || isProjects ? [] : [project];
  const layers = [...own, ...settings].map(layerOf);
  const indexes = firstOfName([
    ...variableIndexes(env, 'UV_DEFAULT_INDEX', true),
    ...variableIndexes(env, 'UV_INDEX', false),
    ...layers.flatMap(listedIn),
    // The older settings, even as variables, are weaker than any index that is listed.
    ...variableIndexes(env, 'UV_EXTRA_INDEX_URL', false),
    ...layers.flatMap((layer) => plainIn(layer, 'extra-index-url', false)),
    ...variableIndexes(env, 'UV_INDEX_URL', true),
    ...layers.flatMap((layer) => plainIn(layer, 'index-url', true)),
  ]);
  const preset = indexes.find(({ isDefault }) => isDefault) ?? null;
  const further = indexes.filter((one) => !one.isDefault && !one.isExplicit);
  return settingsOf(preset, further, explicitOf(tableAt(tool, 'sources'), indexes, project?.path ?? ''));
}

/** A file with the settings of uv in it, which in pyproject.toml are below `tool.uv`. */
interface Layer extends UvFile {
  readonly table: TomlTable | null;
  /** Lines of `[[index]]`, in their order. */
  readonly lines: readonly number[];
}

function layerOf({ path, text }: UvFile): Layer {
  const { root, headers } = parseToml(path, text, REMEDY);
  const isOwn = !path.endsWith('pyproject.toml');
  const table = isOwn ? root : tableAt(tableAt(root, 'tool'), 'uv');
  return { path, text, table, lines: headers(isOwn ? 'index' : 'tool.uv.index') };
}

function variableIndexes(env: Environment, variable: string, isDefault: boolean): readonly Index[] {
  return (env[variable] ?? '')
    .split(/\s+/)
    .filter((word) => word !== '')
    .map((word) => {
      const [, name = null, url = word] = /^([\w.-]+)=(.*)$/s.exec(word) ?? [];
      return { name, url, by: variable, isDefault, isExplicit: false };
    });
}

function listedIn({ table, path, lines }: Layer): readonly Index[] {
  if (table?.get('no-index') === true) {
    throw new LockfileError(path, null, 'switches every index off (no-index), so that there is none to ask');
  }
  return listAt(table, 'index').map((one, i): Index => {
    const [name, url] = [textAt(one, 'name'), textAt(one, 'url')];
    if (url === null) throw new LockfileError(path, null, 'has an index without a url');
    const [isDefault, isExplicit] = ['default', 'explicit'].map((flag) => one.get(flag) === true);
    const line = lines[i];
    const by = `${path}${line === undefined ? '' : `:${line}`} (index${name === null ? '' : ` ${name}`})`;
    return { name, url, by, isDefault: isDefault === true, isExplicit: isExplicit === true };
  });
}

function plainIn({ table, path, text }: Layer, setting: string, isDefault: boolean): readonly Index[] {
  const value = table?.get(setting);
  const all = Array.isArray(value) ? (value as readonly TomlValue[]) : [value];
  const by = `${placeIn(path, text, new RegExp(`^\\s*(?:tool\\.uv\\.)?${setting}\\s*=`))} (${setting})`;
  return all.flatMap((url) => (typeof url === 'string' ? [{ name: null, url, by, isDefault, isExplicit: false }] : []));
}

function firstOfName(indexes: readonly Index[]): readonly Index[] {
  return indexes.filter(({ name }, at) => name === null || indexes.findIndex((one) => one.name === name) === at);
}

/** Packages that are from an index of their own. One that is from several, by markers, is from nobody knows where. */
function explicitOf(sources: TomlTable | null, indexes: readonly Index[], path: string): ReadonlyMap<string, Named> {
  const found = new Map<string, Named>();
  for (const [name, value] of sources ?? []) {
    const all = Array.isArray(value) ? (value as readonly TomlValue[]) : [value];
    const named = [
      ...new Set(all.flatMap((one) => (one instanceof Map ? (textAt(one as TomlTable, 'index') ?? []) : []))),
    ];
    if (named.length > 1) {
      const names = named.join(' and ');
      throw new LockfileError(path, null, `takes ${name} from several indexes (${names}), of which assay asks one`);
    }
    const [from] = named;
    if (from === undefined) continue;
    const index = indexes.find((one) => one.name === from);
    if (index === undefined)
      throw new LockfileError(path, null, `takes ${name} from index ${from}, which is not defined`);
    found.set(normalise(name), index);
  }
  return found;
}

function tableAt(table: TomlTable | null, key: string): TomlTable | null {
  const value = table?.get(key);
  return value instanceof Map ? (value as TomlTable) : null;
}

function listAt(table: TomlTable | null, key: string): readonly TomlTable[] {
  const value = table?.get(key);
  const all = Array.isArray(value) ? (value as readonly TomlValue[]) : [];
  return all.flatMap((one) => (one instanceof Map ? [one as TomlTable] : []));
}

function textAt(table: TomlTable, key: string): string | null {
  const value = table.get(key);
  return typeof value === 'string' ? value : null;
}
