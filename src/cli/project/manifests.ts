import { lstatSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { manifestFields } from '../../readers/manifest.ts';
import type { NodeManager } from '../../model/dependency.ts';
import { parseSettings } from '../../readers/yaml-settings.ts';
import { UsageError } from '../exit.ts';
import type { Io } from '../io.ts';
import { readUserFile, shownPath } from '../user-files.ts';
import { demandProjectFile } from './project-file.ts';

/** A manifest that asks for packages, where no lockfile says which, and what to do about it. */
export interface Unlocked {
  readonly path: string;
  readonly problem: string;
}

/** The names of a project's manifest, in the order in which a package manager looks for one; most know one. */
export function manifestNames(manager: NodeManager): readonly string[] {
  return manager === 'pnpm' ? ['package.json', 'package.json5', 'package.yaml'] : ['package.json'];
}

/** The manifest of a folder that its package manager reads, as package.json would have it; null where there is none. */
export function manifestIn(folder: string, manager: NodeManager, io: Io): string | null {
  const path = manifestNames(manager)
    .map((name) => join(folder, name))
    .find(isThere);
  if (path === undefined) return null;
  demandProjectFile(path, io);
  return manifestText(shownPath(path, io), readUserFile(path, 'the manifest', io).toString('utf8'));
}

/** The text of a manifest beside a lockfile; null where there is none. */
export function manifestFile(lockfile: string, name: string, io: Io): string | null {
  const path = resolve(dirname(lockfile), name);
  if (!isThere(path)) return null;
  demandProjectFile(path, io);
  const bytes = readUserFile(path, 'the manifest', io);
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new UsageError(`${shownPath(path, io)} is not valid UTF-8`);
  }
}

/** What a manifest says, as package.json would have it. Throws UsageError where it cannot be read. */
export function manifestText(file: string, text: string): string {
  if (file.endsWith('.json')) return text;
  if (file.endsWith('.yaml')) return JSON.stringify(parseSettings(file, text));
  throw new UsageError(`${file} is read by pnpm and not by assay: write it as package.json or package.yaml`);
}

/** The paths that a package.json asks for by `file:`, or as they are. */
export function foldersAskedFor(file: string, manifest: string, manager: NodeManager): readonly string[] {
  const fields = manifestFields(file, manifest, manager);
  const lists = ['dependencies', 'devDependencies', 'optionalDependencies'].map((name) => fields[name]);
  return lists
    .flatMap((list) => (typeof list === 'object' && list !== null ? (Object.values(list) as unknown[]) : []))
    .flatMap((spec) =>
      typeof spec === 'string' ? (/^(?:file:)?(\.{1,2}(?:\/.*)?|(?<=:)[^/~].*)$/.exec(spec)?.[1] ?? []) : [],
    );
}

/** A link that leads nowhere is there, too: the next name is not looked for. */
function isThere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    // What is asked for as a folder is a file, or cannot be looked into.
    return false;
  }
}
