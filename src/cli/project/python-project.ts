import { dirname, join, relative } from 'node:path';
import { includesOf } from '../../lockfiles/pypi/requirements.ts';
import { UsageError } from '../exit.ts';
import type { Io } from '../io.ts';
import { shownPath } from '../user-files.ts';
import { manifestFile } from './manifests.ts';
import { projectFolders } from './upwards.ts';

const PROJECT = 'pyproject.toml';
/** More than any project has. */
const MAX_INCLUDES = 1000;

/**
 * What a lockfile of Python is read with, by paths from its folder: pyproject.toml, and the files that requirements
 * include, of this project. Throws UsageError and LockfileError.
 */
export function pythonFiles(lockfile: string, io: Io): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const project = manifestFile(lockfile, PROJECT, io);
  if (project !== null) found.set(PROJECT, project);
  if (!lockfile.endsWith('.txt')) return found;
  const folder = dirname(lockfile);
  const root = projectFolders(folder, io).at(-1) ?? folder;
  const queue = [lockfile.slice(folder.length).replace(/^[/\\]/, '')];
  for (const path of queue) {
    if (queue.length > MAX_INCLUDES)
      throw new UsageError(`${shownPath(lockfile, io)} includes more than ${MAX_INCLUDES} files`);
    const text = manifestFile(lockfile, path, io);
    if (text === null) continue;
    found.set(path, text);
    const includes = [...new Set(includesOf(path, text).filter((one) => one !== null))].slice(0, MAX_INCLUDES);
    queue.push(...includes.filter((one) => !queue.includes(one) && isBelow(root, join(folder, one))));
  }
  return found;
}

function isBelow(root: string, path: string): boolean {
  return !relative(root, path).startsWith('..');
}
