import { existsSync, lstatSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { foldersUpwards as foldersAbove } from '../../registries/npm/config/npmrc-layers.ts';
import type { Io } from '../io.ts';

/** A folder and those above it, as far as package managers look for their files; the nearest first. */
export function foldersUpwards(directory: string): readonly string[] {
  return foldersAbove(path.resolve(directory), path);
}

/**
 * Of these, the ones whose files came with the project: to the root of its repository, through those that have it as a
 * submodule. Where no repository is found (an archive, a container), all but the user's home directory and what is
 * above it.
 */
export function projectFolders(directory: string, io: Io): readonly string[] {
  const folders = foldersUpwards(directory);
  const root = folders.findIndex(isRepository);
  if (root !== -1) return folders.slice(0, root + 1);
  const home = foldersUpwards(io.env['HOME'] ?? homedir());
  return folders.filter((folder, at) => at === 0 || !home.includes(folder));
}

/** Whether a folder is the root of a git repository, and not of a submodule. */
export function isRepository(folder: string): boolean {
  const file = path.join(folder, '.git');
  return existsSync(file) && !isSubmodule(file);
}

/** A submodule has a file for a folder of git's, which leads into that of the repository above. */
function isSubmodule(file: string): boolean {
  try {
    return (
      lstatSync(file).isFile() && /^gitdir:.*[/\\]\.git[/\\](?:.*[/\\])?modules[/\\]/m.test(readFileSync(file, 'utf8'))
    );
  } catch {
    return false;
  }
}
