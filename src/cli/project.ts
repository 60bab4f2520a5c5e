import { existsSync, lstatSync } from 'node:fs';
import { basename, dirname, join, relative, sep } from 'node:path';
import { EMPTY_BASELINE, type Baseline, type BaselineInUse } from '../model/baseline.ts';
import { foldersAskedFor } from '../lockfiles/index.ts';
import { BaselineError, parseBaseline } from '../policy/baseline-file.ts';
import { formatBaseline } from '../policy/baseline-text.ts';
import { UsageError } from './exit.ts';
import type { Io } from './io.ts';
import { policyFolders } from './policy.ts';
import { demandFile, readUserFile, shownPath } from './setup.ts';
import { workspaceManifests } from './workspaces.ts';
import { writeWhole } from './write.ts';

/**
 * The project's package.json: not every lockfile repeats what the project itself depends on. Yarn's do not say what is for
 * development only, and Yarn 1's nothing of workspaces, so theirs come too. npm reads those of its workspaces, and of folders
 * that one of them asks for as `file:`, and believes nothing else of them.
 */
export function projectManifests(lockfile: string, io: Io): ReadonlyMap<string, string> {
  const path = join(projectFolder(lockfile), 'package.json');
  if (!existsSync(path)) return new Map();
  demandFile(path);
  const manifest = readUserFile(path, 'the manifest', io).toString('utf8');
  const isNpm = NPM_LOCKFILE.test(lockfile);
  const workspaces = isNpm || lockfile.endsWith('yarn.lock') ? workspaceManifests(dirname(path), manifest, io) : [];
  const found = new Map([['', manifest], ...workspaces]);
  return isNpm ? withFolders(dirname(path), found, io) : found;
}

const NPM_LOCKFILE = /(?:package-lock|npm-shrinkwrap)\.json$/;
/** More folders than any project asks for. */
const MAX_FOLDERS = 1000;

/** With the package.json of each folder that one of these asks for by a path. */
function withFolders(project: string, found: Map<string, string>, io: Io): ReadonlyMap<string, string> {
  for (const [folder, text] of found) {
    for (const target of foldersAskedFor(folder, text)) {
      if (found.has(target) || found.size >= MAX_FOLDERS) continue;
      const path = join(project, target, 'package.json');
      if (lstatSync(path, { throwIfNoEntry: false })?.isFile() !== true) continue;
      found.set(target, readUserFile(path, 'the manifest', io).toString('utf8'));
    }
  }
  return found;
}

/** The folder of the lockfile; of the hidden lockfile, the one that has its node_modules. */
export function projectFolder(lockfile: string): string {
  const folder = dirname(lockfile);
  return basename(folder) === 'node_modules' ? dirname(folder) : folder;
}

/** A file's path from the root of its git repository, else as it is shown; with forward slashes. */
export function repositoryPath(path: string, io: Io): string {
  const root = policyFolders(dirname(path)).at(-1);
  const isRoot = root !== undefined && existsSync(join(root, '.git'));
  return (isRoot ? relative(root, path) : shownPath(path, io)).replaceAll(sep, '/');
}

/** Where the baseline of a lockfile is. */
export function baselinePath(lockfile: string): string {
  return join(projectFolder(lockfile), 'assay.lock');
}

/** Reads the baseline of a lockfile. Throws BaselineError for one that cannot be used. */
export function loadBaseline(lockfile: string, io: Io): BaselineInUse {
  const path = baselinePath(lockfile);
  const file = shownPath(path, io);
  if (!existsSync(path)) return { file, content: null };
  demandFile(path);
  return { file, content: readBaseline(file, readUserFile(path, 'the baseline', io)) };
}

/** A baseline from its bytes; `file` is the name that errors report. Throws BaselineError. */
export function readBaseline(file: string, bytes: Buffer): Baseline {
  return parseBaseline(file, decode(file, bytes));
}

/**
 * Writes the baseline of a lockfile whole or not at all, and not where nothing changed: git may have given it other line
 * ends. `before` is what was read. Returns whether it was written. Throws UsageError with one line.
 */
export function writeBaseline(lockfile: string, { file, content }: BaselineInUse, updated: Baseline): boolean {
  const text = formatBaseline(updated);
  const before = formatBaseline(content ?? EMPTY_BASELINE);
  if (before === text) return false;
  try {
    writeWhole(baselinePath(lockfile), [text]);
    return true;
  } catch (error) {
    throw new UsageError(`cannot write ${file}: ${(error as NodeJS.ErrnoException).code ?? 'unwritable'}`);
  }
}

function decode(file: string, bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new BaselineError(file, null, 'not valid UTF-8');
  }
}
