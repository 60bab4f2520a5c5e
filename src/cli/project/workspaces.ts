import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fieldsOf, isObject } from '../../model/value.ts';
import { isFollowed, isWorkspaceOf, withoutBraces, workspacePatterns } from '../../model/workspaces.ts';
import { UsageError } from '../exit.ts';
import type { Io } from '../io.ts';
import { readUserFile } from '../user-files.ts';

/** How deep `**` looks. */
const MAX_DEPTH = 8;
const MAX_FOLDERS = 20_000;

/**
 * Texts of the package.json files of a project's workspaces, by folder relative to it, with "/". `manifest` is the project's
 * own. Links are not followed, and nothing is looked for above the project or in node_modules. Throws UsageError where the
 * patterns name more folders than any project has, or one is of a form that is not followed.
 */
export function workspaceManifests(project: string, manifest: string, io: Io): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const seen = new Set<string>();
  const patterns = workspacePatterns(manifest);
  const strange = patterns.find((pattern) => !isFollowed(pattern));
  if (strange !== undefined) {
    const shown = JSON.stringify(strange.slice(0, 80));
    throw new UsageError(`the workspaces have the pattern ${shown}, which is not followed: use names, *, ** and {a,b}`);
  }
  const queue = patterns.flatMap(withoutBraces).flatMap(startOf);
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    const { folder, depth } = next;
    if (seen.has(`${depth} ${folder}`)) continue;
    seen.add(`${depth} ${folder}`);
    if (seen.size > MAX_FOLDERS)
      throw new UsageError(`the workspaces of package.json name over ${MAX_FOLDERS} folders`);
    const path = join(project, folder, 'package.json');
    if (folder !== '' && !found.has(folder) && isWorkspaceOf(manifest, folder) && isFile(path)) {
      found.set(folder, readUserFile(path, 'the manifest', io).toString('utf8'));
    }
    if (depth === 0) continue;
    for (const name of foldersIn(join(project, folder))) {
      queue.push({ folder: folder === '' ? name : `${folder}/${name}`, depth: depth - 1 });
    }
  }
  return found;
}

/**
 * The patterns of vlt.json, as a package.json has them: one, several, or such by the name of a group
 * (https://docs.vlt.sh/cli/workspaces). None where it cannot be read.
 */
export function vltWorkspaces(project: string, io: Io): string {
  const path = join(project, 'vlt.json');
  let patterns: unknown[] = [];
  try {
    const json = isFile(path)
      ? (JSON.parse(readUserFile(path, 'the configuration', io).toString('utf8')) as unknown)
      : null;
    const { workspaces: declared = [] } = fieldsOf(json);
    patterns = isObject(declared) ? Object.values(declared).flat() : [declared].flat();
  } catch {
    // Its reader names it.
  }
  return JSON.stringify({ workspaces: patterns });
}

/** Where to look for what a pattern matches: the folder before its first wildcard, and how deep below. */
function startOf(pattern: string): { folder: string; depth: number }[] {
  const segments = pattern.split('/').filter((segment) => segment !== '' && segment !== '.');
  if (pattern.startsWith('!') || segments.includes('..')) return [];
  const wildcard = segments.findIndex((segment) => /[*?]/.test(segment));
  if (wildcard === -1) return [{ folder: segments.join('/'), depth: 0 }];
  const depth = segments.includes('**') ? MAX_DEPTH : segments.length - wildcard;
  return [{ folder: segments.slice(0, wildcard).join('/'), depth }];
}

/** The text of the package.json of a folder, under ""; none where there is none. */
export function manifestIn(folder: string, io: Io): ReadonlyMap<string, string> {
  const path = join(folder, 'package.json');
  return new Map(isFile(path) ? [['', readUserFile(path, 'the manifest', io).toString('utf8')]] : []);
}

/** The paths that a package.json asks for by `file:`, or as they are. */
export function foldersAskedFor(manifest: string): readonly string[] {
  let json: unknown;
  try {
    json = JSON.parse(manifest);
  } catch {
    return [];
  }
  const manifestFields = fieldsOf(json);
  const fields = ['dependencies', 'devDependencies', 'optionalDependencies'].map((field) => manifestFields[field]);
  return fields
    .flatMap((field) => (typeof field === 'object' && field !== null ? (Object.values(field) as unknown[]) : []))
    .flatMap((spec) =>
      typeof spec === 'string' ? (/^(?:file:)?(\.{1,2}(?:\/.*)?|(?<=:)[^/~].*)$/.exec(spec)?.[1] ?? []) : [],
    );
}

function foldersIn(path: string): string[] {
  try {
    return readdirSync(path, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && entry.name !== 'node_modules' && !entry.name.startsWith('.'))
      .map(({ name }) => name);
  } catch {
    return [];
  }
}

function isFile(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false })?.isFile() === true;
  } catch {
    // What is asked for as a folder is a file, or cannot be looked into.
    return false;
  }
}
