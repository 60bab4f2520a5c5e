import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { isTrackedFile } from '../../git/tracked.ts';
import { decodeText } from '../../readers/text.ts';
import { isTable, listOf, tableOf } from '../../readers/toml-tables.ts';
import { parseToml, type TomlTable, type TomlValue } from '../../readers/toml.ts';
import { UsageError } from '../exit.ts';
import type { Io } from '../io.ts';
import { readUserFile, shownPath } from '../user-files.ts';
import { demandProjectFile } from './project-file.ts';
import { isInRepository } from './stores.ts';
import { foldersUpwards, projectFolders } from './upwards.ts';

/** A file of Cargo's settings (https://doc.rust-lang.org/cargo/reference/config.html). */
export interface CargoConfigFile {
  /** As it is shown. */
  readonly file: string;
  /** The folder that its paths are relative to: the one that has its `.cargo`. */
  readonly folder: string;
  /** Whether it came with the project, and is not the user's own. */
  readonly ofProject: boolean;
  readonly content: TomlTable;
}

/** More files than anybody includes into each other. */
const MAX_INCLUDED = 100;

/** The files that Cargo reads in a folder, the strongest first. Throws UsageError and LockfileError. */
export function cargoConfig(folder: string, io: Io): readonly CargoConfigFile[] {
  const ofProject = new Set(projectFolders(folder, io));
  const places = foldersUpwards(folder).map((each) => ({ at: join(each, '.cargo'), ofProject: ofProject.has(each) }));
  const home = cargoHome(io);
  const all = places.some(({ at }) => at === home) ? places : [...places, { at: home, ofProject: false }];
  // What a home in the repository has without git knowing it, as a pipeline writes it, is the user's own.
  const isOurs = (path: string): boolean => isInRepository(path, folder) && isTrackedFile(path);
  const found: CargoConfigFile[] = [];
  for (const { at, ofProject: isProject } of all) {
    const path = ['config', 'config.toml'].map((name) => join(at, name)).find((name) => existsSync(name));
    if (path !== undefined) read(path, at === home ? isOurs(path) : isProject, found, io);
  }
  return found;
}

export function cargoHome({ env, cwd }: Io): string {
  return resolve(cwd, env['CARGO_HOME'] ?? join(env['HOME'] ?? homedir(), '.cargo'));
}

/** A file, then what it includes, which is weaker; of several the last is the strongest. */
function read(path: string, ofProject: boolean, found: CargoConfigFile[], io: Io): void {
  if (found.length > MAX_INCLUDED) throw new UsageError(`${shownPath(path, io)} is one of too many included files`);
  demandProjectFile(path, io);
  const file = shownPath(path, io);
  const bytes = readUserFile(path, 'the settings of Cargo', io);
  const content = parseToml(file, decodeText(file, bytes), 'mend it').root;
  found.push({ file, folder: dirname(dirname(path)), ofProject, content });
  for (const entry of listOf(content.get('include')).toReversed()) {
    const [named, optional] = isTable(entry) ? [entry.get('path'), entry.get('optional')] : [entry, false];
    if (typeof named !== 'string') throw new UsageError(`${file} includes something that is no path`);
    const other = resolve(dirname(path), named);
    if (existsSync(other)) read(other, ofProject, found, io);
    else if (optional !== true) throw new UsageError(`${file} includes ${shownPath(other, io)}, which is not there`);
  }
}

/** What the strongest of these files says under some names; null where none says anything. */
export function settingIn(
  files: readonly CargoConfigFile[],
  ...names: readonly string[]
): { readonly value: TomlValue; readonly by: CargoConfigFile } | null {
  for (const by of files) {
    const value = names.reduce<TomlValue | undefined>((from, name) => tableOf(from).get(name), by.content);
    if (value !== undefined) return { value, by };
  }
  return null;
}
