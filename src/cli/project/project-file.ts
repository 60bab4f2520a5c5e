import { realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join, relative, sep } from 'node:path';
import { UsageError } from '../exit.ts';
import type { Io } from '../io.ts';
import { demandFile, shownPath } from '../user-files.ts';
import { foldersUpwards, isRepository, projectFolders } from './upwards.ts';

/**
 * For files that a project names, or has under a name that is looked for: as `demandFile`, and a link in it must not
 * lead out of the project, whose author is not to have files of the user read, and quoted in a log. Throws UsageError.
 */
export function demandProjectFile(path: string, io: Io): void {
  demandFile(path);
  demandWithin(path, io);
}

/** The same for a path that may also be that of a folder. Throws UsageError. */
export function demandWithin(path: string, io: Io): void {
  const folder = dirname(path);
  const target = realOf(path);
  if (target === null) return;
  const repository = repositoryOf(folder);
  if (repository === null && isUsers(path, io)) return;
  const root = repository ?? projectFolders(folder, io).at(-1) ?? folder;
  if (isBelow(realOf(root) ?? root, target)) return;
  const shown = shownPath(path, io);
  throw new UsageError(
    `${shown} is a link, or in a linked folder, that leads out of the project, and is not read: put the file itself there`,
  );
}

/**
 * The nearest repository. One in a folder that a link of a repository further above leads to is of somebody else: the
 * outer one counts.
 */
function repositoryOf(folder: string): string | null {
  const [nearest, ...outer] = foldersUpwards(folder).slice(0, -1).filter(isRepository);
  if (nearest === undefined) return null;
  return outer.reduce((root, each) => {
    const isIn = isBelow(realOf(each) ?? each, realOf(root) ?? root);
    return isIn ? root : each;
  }, nearest);
}

/** Files directly in the home directory, and those in its folders of settings, which many have as links. */
function isUsers(path: string, io: Io): boolean {
  const home = io.env['HOME'] ?? homedir();
  const below = relative(home, path);
  return isBelow(home, path) && (!below.includes(sep) || /^(?:\.|Library[/\\]|AppData[/\\])/.test(below));
}

function isBelow(folder: string, path: string): boolean {
  const below = relative(folder, path);
  return below !== '..' && !below.startsWith(join('..', sep)) && !isAbsolute(below);
}

/** Null for what is not there. */
function realOf(path: string): string | null {
  try {
    return realpathSync(path);
  } catch {
    return null;
  }
}
