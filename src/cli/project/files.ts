import { existsSync } from 'node:fs';
import { basename, dirname, join, relative, sep } from 'node:path';
import { writeWhole } from '../../store/write.ts';
import { EMPTY_BASELINE, type Baseline, type BaselineInUse } from '../../model/baseline.ts';
import { BaselineError, parseBaseline } from '../../baseline/file.ts';
import { formatBaseline } from '../../baseline/text.ts';
import { UsageError } from '../exit.ts';
import type { ProjectSettings } from '../../lockfiles/index.ts';
import type { Io } from '../io.ts';
import { policyFolders } from './policy.ts';
import { demandFile, readUserFile, shownPath } from '../user-files.ts';
import { foldersAskedFor, manifestIn, vltWorkspaces, workspaceManifests } from './workspaces.ts';

/**
/**
 * The project's package.json, which decides what the project asks for. Those of its workspaces come too, whatever the
 * lockfile says of them; and for npm and pnpm those of folders that one of them asks for by its path, which they install what
 * is asked for in.
 */
export function projectManifests(
  [lockfile, ...others]: LockfilePaths,
  settings: ProjectSettings,
  io: Io,
): ReadonlyMap<string, string> {
  const path = join(projectFolder(lockfile), 'package.json');
  if (!existsSync(path)) return new Map();
  demandFile(path);
  const manifest = readUserFile(path, 'the manifest', io).toString('utf8');
  const names = [lockfile, ...others].map((each) => basename(each));
  return new Map([
    ['', manifest],
    ...names.flatMap((name) => [...memberManifests(name, dirname(path), manifest, settings, io)]),
  ]);
}

function memberManifests(
  lockfile: string,
  project: string,
  manifest: string,
  settings: ProjectSettings,
  io: Io,
): Iterable<[string, string]> {
  if (lockfile.startsWith('pnpm-lock')) return withFolders(project, pnpmMembers(project, settings, manifest, io), io);
  if (lockfile.endsWith('vlt-lock.json')) return workspaceManifests(project, vltWorkspaces(project, io), io);
  const members = workspaceManifests(project, manifest, io);
  return NPM_LOCKFILE.test(lockfile) ? withFolders(project, new Map([['', manifest], ...members]), io) : members;
}

const NPM_LOCKFILE = /(?:package-lock|npm-shrinkwrap)\.json$/;

/** The members that pnpm-workspace.yaml names, wherever above it is, by their folder relative to the lockfile's. */
function pnpmMembers(
  project: string,
  settings: ProjectSettings,
  manifest: string,
  io: Io,
): ReadonlyMap<string, string> {
  const found = new Map([['', manifest]]);
  const workspace = settings.find(({ path }) => path.endsWith('pnpm-workspace.yaml'));
  if (workspace === undefined) return found;
  const root = join(project, dirname(workspace.path));
  const { content } = workspace;
  const packages = typeof content === 'object' && content !== null && 'packages' in content ? content.packages : [];
  const patterns = JSON.stringify({ workspaces: packages });
  for (const [folder, text] of [...workspaceManifests(root, patterns, io), ...manifestIn(root, io)]) {
    found.set(relative(project, join(root, folder)).replaceAll(sep, '/'), text);
  }
  return found;
}

/** More folders than any project asks for. */
const MAX_FOLDERS = 1000;

/** With the package.json of each folder of the repository that one of these asks for by a path; without the project's own. */
function withFolders(project: string, members: ReadonlyMap<string, string>, io: Io): ReadonlyMap<string, string> {
  const found = new Map(members);
  const above = policyFolders(project).at(-1) ?? project;
  for (const [folder, text] of found) {
    for (const asked of foldersAskedFor(text)) {
      const path = join(project, folder, asked);
      const key = relative(project, path).replaceAll(sep, '/');
      if (found.has(key) || found.size >= MAX_FOLDERS || relative(above, path).startsWith('..')) continue;
      for (const [, own] of manifestIn(path, io)) found.set(key, own);
    }
  }
  found.delete('');
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

/** Paths of lockfiles. */
export type LockfilePaths = readonly [string, ...string[]];
