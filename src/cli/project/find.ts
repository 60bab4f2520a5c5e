import { existsSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { BRANCH_LOCKFILE, LOCKFILE_NAMES } from '../../lockfiles/index.ts';
import type { NodeManager } from '../../model/dependency.ts';
import { ignoredOf } from '../../git/tracked.ts';
import type { UnreadLockfile } from '../../model/report.ts';
import { npmProject } from '../../registries/npm/config/npmrc.ts';
import { commandsOf } from '../../ecosystems/conventions/index.ts';
import { UsageError } from '../exit.ts';
import type { Io } from '../io.ts';
import { type LockfilePaths, repositoryPath } from './files.ts';
import { isLockfile, listed, namesIn } from './listing.ts';
import { managerIn } from './node-unlocked.ts';
import type { Unlocked } from './manifests.ts';
import { isOfProject, unlockedIn } from './unlocked.ts';
import { projectFolders } from './upwards.ts';
import { demandTarget, isLink, shownPath } from '../user-files.ts';
import { demandProjectFile } from './project-file.ts';

/** Lockfiles in one folder, which share its package.json and assay.lock. */
interface LockfileFolder {
  readonly folder: string;
  readonly paths: LockfilePaths;
  /** The directory they were looked for in. */
  readonly place: string;
}

/** What was found, and the folders that cannot be listed. */
export interface Found {
  /** At least one. */
  readonly folders: readonly LockfileFolder[];
  /** Directories that were looked in, and whether in all below them. */
  readonly places: readonly { readonly folder: string; readonly below: boolean }[];
  readonly unread: readonly UnreadLockfile[];
}

/** Folders that are never looked into: what is in them was installed, or is git's. */
const SKIPPED = new Set(['node_modules', '.git']);
const MAX_DEPTH = 64;
const MAX_FOLDERS = 100_000;
const MAX_LOCKFILES = 1000;

/**
 * The lockfile that a path names, or all lockfiles of a directory: it does not say which one an installation will use.
 * Throws UsageError.
 */
export function findLockfiles(path: string, io: Io): LockfilePaths {
  const absolute = existing(path, io);
  if (!statSync(absolute).isDirectory()) {
    demandProjectFile(absolute, io);
    return [absolute];
  }
  const [first, ...others] = lockfilesIn(absolute);
  if (first !== undefined) return [first, ...others];
  const names = namesIn(absolute);
  const odd = [...unread(unlockedIn(absolute, names, io), io), ...branchLockfiles(absolute, names, io)];
  if (odd.length > 0) throw new UsageError(odd.map(({ problem }) => problem).join('; '));
  const manager = managerIn(absolute, io);
  const hint =
    lockfileAbove(absolute, manager ?? 'npm', io) ??
    (manager === null ? 'assay --recursive looks below' : `${commandsOf(manager).lock.join(' ')} writes one`);
  throw new UsageError(`no lockfile in ${shownPath(path, io)} (looked for ${LOCKFILE_NAMES.join(', ')}); ${hint}`);
}

/**
 * Where a package manager that is started in this folder finds a lockfile: that of its workspace, else the nearest
 * above, as all of them look upwards. Null where there is none.
 */
function lockfileAbove(folder: string, manager: NodeManager, io: Io): string | null {
  const project = projectOf(folder, manager);
  const above = [project, ...projectFolders(folder, io)].filter((each) => each !== folder);
  const found = above.find((each) => lockfilesIn(each).length > 0);
  const [lockfile] = found === undefined ? [] : lockfilesIn(found);
  if (found === undefined || lockfile === undefined) return null;
  const shown = (path: string): string => relative(io.cwd, path) || '.';
  return `that of the project is ${shown(lockfile)}: assay ${shown(found)}`;
}

/** The folder of the project that a package manager finds; the folder itself where that cannot be said. */
function projectOf(folder: string, manager: NodeManager): string {
  try {
    return npmProject(folder, manager);
  } catch {
    return folder;
  }
}

/** What would have to be audited, and has no lockfile that could be. */
function unread(unlocked: readonly Unlocked[], io: Io): readonly UnreadLockfile[] {
  return unlocked.map(({ path, problem }) => ({
    file: shownPath(path, io),
    path: repositoryPath(path, io),
    problem,
  }));
}

/**
 * The lockfiles of git branches among the names of a folder: pnpm installs from one only while its branch is checked
 * out and the project wants it (https://pnpm.io/git_branch_lockfiles), which nothing here says. So they are no part of
 * an audit, and none of a statement about all of the folder.
 */
function branchLockfiles(folder: string, names: readonly string[], io: Io): readonly UnreadLockfile[] {
  return names
    .filter((name) => BRANCH_LOCKFILE.test(name))
    .sort()
    .map((name) => ({
      file: shownPath(join(folder, name), io),
      path: repositoryPath(join(folder, name), io),
      problem: `${shownPath(join(folder, name), io)} is the lockfile of a git branch; name the lockfiles that count, or merge it: pnpm install --merge-git-branch-lockfiles`,
    }));
}

/** Paths of every lockfile of a directory; a link that leads nowhere is one that cannot be read. */
export function lockfilesIn(directory: string): readonly string[] {
  return LOCKFILE_NAMES.map((name) => join(directory, name)).filter(
    (path) => (existsSync(path) || isLink(path)) && isLockfile(path),
  );
}

/**
 * The lockfiles of places (at least one), each once, by folder; with `below`, of every folder below them, too. Throws
 * UsageError.
 */
export function findAllLockfiles(places: readonly string[], below: boolean, io: Io): Found {
  const folders = new Map<string, LockfileFolder>();
  const unaudited: UnreadLockfile[] = [];
  const directories: Found['places'][number][] = [];
  const add = (path: string, place: string): void => {
    const folder = dirname(path);
    const known = folders.get(folder);
    if (known?.paths.includes(path) === true) return;
    folders.set(
      folder,
      known === undefined ? { folder, paths: [path], place } : { ...known, paths: [...known.paths, path] },
    );
  };
  for (const given of places) {
    const place = existing(given, io);
    const isDirectory = statSync(place).isDirectory();
    const found = below && isDirectory ? findBelow(given, io) : { paths: findLockfiles(given, io), unread: [] };
    for (const path of found.paths) add(path, isDirectory ? place : dirname(path));
    if (isDirectory) directories.push({ folder: place, below });
    if (isDirectory && !below) {
      const names = namesIn(place);
      unaudited.push(...unread(unlockedIn(place, names, io), io), ...branchLockfiles(place, names, io));
    }
    unaudited.push(...found.unread);
  }
  return { folders: [...folders.values()], places: directories, unread: unaudited };
}

function existing(path: string, io: Io): string {
  const absolute = resolve(io.cwd, path);
  demandTarget(absolute);
  if (!existsSync(absolute)) throw new UsageError(`no such file or directory: ${path}`);
  return absolute;
}

/** Links to folders are not followed: what they lead to has a place of its own. A lockfile that git ignores counts. */
function findBelow(place: string, io: Io): { readonly paths: LockfilePaths; readonly unread: UnreadLockfile[] } {
  const paths: string[] = [];
  const unaudited: UnreadLockfile[] = [];
  const unlocked: Unlocked[] = [];
  const top = resolve(io.cwd, place);
  const queue = [{ folder: top, depth: 0 }];
  const beyond = (limit: string): never => {
    throw new UsageError(`${shownPath(place, io)} has ${limit}: name the folders to audit instead`);
  };
  for (const { folder, depth } of queue) {
    const entries = listed(folder);
    if (typeof entries === 'string') {
      unaudited.push({
        file: shownPath(folder, io),
        path: repositoryPath(folder, io),
        problem: `cannot be listed: ${entries}`,
      });
      continue;
    }
    const names = entries.map(({ name }) => name);
    if (isOfProject(top, folder)) unlocked.push(...unlockedIn(folder, names, io));
    unaudited.push(...branchLockfiles(folder, names, io));
    const present = LOCKFILE_NAMES.filter((name) => names.includes(name)).map((name) => join(folder, name));
    paths.push(...present.filter(isLockfile));
    for (const entry of entries) {
      if (entry.isDirectory() && !SKIPPED.has(entry.name)) {
        queue.push({ folder: join(folder, entry.name), depth: depth + 1 });
      }
    }
    if (paths.length > MAX_LOCKFILES) beyond(`more than ${MAX_LOCKFILES} lockfiles`);
    if (unlocked.length > MAX_LOCKFILES) beyond(`more than ${MAX_LOCKFILES} manifests without a lockfile`);
    if (queue.length > MAX_FOLDERS) beyond(`more than ${MAX_FOLDERS} folders`);
    if (depth > MAX_DEPTH) beyond(`folders nested deeper than ${MAX_DEPTH} levels`);
  }
  const ignored = ignoredOf(unlocked.map(({ path }) => path));
  const counting = unlocked.filter(({ path }) => !ignored.has(path));
  unaudited.push(...unread(counting, io));
  const [first, ...others] = paths.sort();
  if (first !== undefined) return { paths: [first, ...others], unread: unaudited };
  throw new UsageError(`no lockfile in ${shownPath(place, io)} or below (looked for ${LOCKFILE_NAMES.join(', ')})`);
}
