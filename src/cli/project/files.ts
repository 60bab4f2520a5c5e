import { existsSync } from 'node:fs';
import { basename, dirname, join, relative, sep } from 'node:path';
import { writeWhole } from '../../store/write.ts';
import { EMPTY_BASELINE, type Baseline, type BaselineInUse } from '../../model/baseline.ts';
import { BaselineError } from '../../baseline/error.ts';
import { parseBaseline, type ReadBaseline } from '../../baseline/file.ts';
import { FORMAT, formatBaseline } from '../../baseline/text.ts';
import { hasChain } from '../../ecosystems/index.ts';
import { UsageError } from '../exit.ts';
import type { ProjectSettings } from '../../lockfiles/index.ts';
import type { Io } from '../io.ts';
import { policyFolders } from './policy.ts';
import { readUserFile, shownPath } from '../user-files.ts';
import { demandProjectFile } from './project-file.ts';
import { writeProblem } from '../write-problem.ts';
import { managerOf } from './manager-config.ts';
import { foldersAskedFor, manifestIn } from './manifests.ts';
import { vltWorkspaces, workspaceManifests } from './workspaces.ts';
import type { NodeManager } from '../../model/dependency.ts';
import { fieldsOf } from '../../model/value.ts';
import { workspacePatterns } from '../../readers/manifest.ts';

/**
 * The project's package.json, which decides what the project asks for. Those of its workspaces come too, whatever the
 * lockfile says of them; and for npm and pnpm those of folders that one of them asks for by its path, which they
 * install what is asked for in.
 */
export function projectManifests(paths: LockfilePaths, settings: ProjectSettings, io: Io): ReadonlyMap<string, string> {
  const project = projectFolder(paths[0]);
  const managers = new Set(paths.map(managerOf));
  const found = new Map<string, string>();
  for (const manager of managers) {
    const own = manifestIn(project, manager, io);
    if (own !== null && !found.has('')) found.set('', own);
    for (const [folder, text] of memberManifests(manager, project, own, settings, io)) found.set(folder, text);
  }
  return found;
}

function memberManifests(
  manager: NodeManager,
  project: string,
  own: string | null,
  settings: ProjectSettings,
  io: Io,
): Iterable<readonly [string, string]> {
  // pnpm alone installs a workspace whose own folder has no manifest.
  if (manager === 'pnpm') return withFolders(project, pnpmMembers(project, settings, own, io), manager, io);
  if (own === null) return [];
  if (manager === 'vlt') return workspaceManifests(project, vltWorkspaces(settings[0]?.content), manager, io);
  const patterns = workspacePatterns(manifestPath(project, '', io), own, manager);
  const members = workspaceManifests(project, patterns, manager, io);
  return manager === 'npm' ? withFolders(project, new Map([['', own], ...members]), manager, io) : members;
}

function manifestPath(project: string, folder: string, io: Io): string {
  return shownPath(join(project, folder, 'package.json'), io);
}

/** The members that pnpm-workspace.yaml names, wherever above it is, by their folder relative to the lockfile's. */
function pnpmMembers(
  project: string,
  settings: ProjectSettings,
  own: string | null,
  io: Io,
): ReadonlyMap<string, string> {
  const found = new Map(own === null ? [] : [['', own]]);
  const workspace = settings.find(({ path }) => path.endsWith('pnpm-workspace.yaml'));
  if (workspace === undefined) return found;
  const root = join(project, dirname(workspace.path));
  const { content } = workspace;
  const { packages = [] } = fieldsOf(content);
  const patterns = [packages].flat().filter((pattern) => typeof pattern === 'string');
  const ofRoot = manifestIn(root, 'pnpm', io);
  const members = [
    ...workspaceManifests(root, patterns, 'pnpm', io),
    ...(ofRoot === null ? [] : [['', ofRoot] as const]),
  ];
  for (const [folder, text] of members) {
    found.set(relative(project, join(root, folder)).replaceAll(sep, '/'), text);
  }
  return found;
}

/** More folders than any project asks for. */
const MAX_FOLDERS = 1000;

/**
 * With the manifest of each folder of the repository that one of these asks for by a path; without the project's own.
 */
function withFolders(
  project: string,
  members: ReadonlyMap<string, string>,
  manager: NodeManager,
  io: Io,
): ReadonlyMap<string, string> {
  const found = new Map(members);
  const above = policyFolders(project).at(-1) ?? project;
  for (const [folder, text] of found) {
    for (const asked of foldersAskedFor(manifestPath(project, folder, io), text, manager)) {
      const path = join(project, folder, asked);
      const key = relative(project, path).replaceAll(sep, '/');
      if (found.has(key) || found.size >= MAX_FOLDERS || relative(above, path).startsWith('..')) continue;
      const own = manifestIn(path, manager, io);
      if (own !== null) found.set(key, own);
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
  demandProjectFile(path, io);
  const { content, format } = readBaseline(file, readUserFile(path, 'the baseline', io));
  return { file, content, ...(format === FORMAT ? {} : { format }) };
}

/** A baseline from its bytes; `file` is the name that errors report. Throws BaselineError. */
export function readBaseline(file: string, bytes: Buffer): ReadBaseline {
  return parseBaseline(file, decode(file, bytes), hasChain);
}

/**
 * Writes the baseline of a lockfile whole or not at all, and not where nothing changed: git may have given it other
 * line ends. `before` is what was read. Returns whether it was written. Throws UsageError with one line.
 */
export function writeBaseline(lockfile: string, { file, content, format }: BaselineInUse, updated: Baseline): boolean {
  const text = formatBaseline(updated);
  const before = formatBaseline(content ?? EMPTY_BASELINE);
  if (format === undefined && before === text) return false;
  try {
    writeWhole(baselinePath(lockfile), [text]);
    return true;
  } catch (error) {
    throw new UsageError(writeProblem(file, error));
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
