import { dirname, join, resolve } from 'node:path';
import { isTable, tableOf } from '../../readers/toml-tables.ts';
import { parseToml, type TomlDocument, type TomlTable } from '../../readers/toml.ts';
import type { IoBefore } from '../io.ts';
import { shownPath } from '../user-files.ts';
import { manifestFile } from './manifests.ts';
import { projectFolders } from './upwards.ts';

/** A file of TOML in a project. */
interface TomlFile {
  readonly path: string;
  /** As it is shown. */
  readonly file: string;
  readonly table: TomlTable;
  /** Lines of the headers `[[name]]`. */
  readonly headers: TomlDocument['headers'];
}

/** A file with settings of uv, and these. */
export type UvSettingsFile = TomlFile;

/**
 * The file of the project that uv takes its settings from: the nearest folder's that has any, of which uv.toml comes
 * before `tool.uv` of pyproject.toml (https://docs.astral.sh/uv/concepts/configuration-files/). Null for none. Throws
 * UsageError and LockfileError.
 */
export function uvSettingsAt(folder: string, io: IoBefore): UvSettingsFile | null {
  const named = io.env['UV_CONFIG_FILE'] ?? '';
  if (named !== '') return tomlFile(dirname(resolve(io.cwd, named)), resolve(io.cwd, named), io);
  if (isSet(io.env['UV_NO_CONFIG'])) return null;
  for (const each of projectFolders(folder, io)) {
    const own = tomlFile(each, 'uv.toml', io);
    if (own !== null) return own;
    const project = tomlFile(each, 'pyproject.toml', io);
    const settings = tableOf(project?.table.get('tool')).get('uv');
    if (project !== null && isTable(settings)) return { ...project, table: settings };
  }
  return null;
}

/** Whether a variable of uv switches something on. */
export function isSet(value: string | undefined): boolean {
  return /^(?:1|true|yes|on|t|y)$/i.test(value ?? '');
}

/** Null where there is no such file. Throws UsageError and LockfileError. */
export function tomlFile(folder: string, name: string, io: IoBefore): TomlFile | null {
  const text = namedFile(folder, name, io);
  const path = resolve(folder, name);
  const file = shownPath(path, io);
  if (text === null) return null;
  const { root: table, headers } = parseToml(file, text, 'the tool that reads it stops there, too');
  return { path, file, table, headers };
}

/** The text of a file of a folder; null where there is none. */
export function namedFile(folder: string, name: string, io: IoBefore): string | null {
  const then = io.before?.get(resolve(folder, name));
  if (then !== undefined) return then;
  return manifestFile(join(folder, 'uv.lock'), name, io);
}
