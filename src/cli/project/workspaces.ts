import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { NodeManager } from '../../model/dependency.ts';
import { fieldsOf, isObject } from '../../model/value.ts';
import { expanded, isFollowed, isWorkspace } from '../../model/workspaces.ts';
import { UsageError } from '../exit.ts';
import type { Io } from '../io.ts';
import { manifestIn } from './manifests.ts';

/** How deep `**` looks. */
const MAX_DEPTH = 8;
const MAX_FOLDERS = 20_000;

/**
 * Texts of the manifests of a project's workspaces, by folder relative to it, with "/". Links to folders are not
 * followed, and nothing is looked for above the project or in node_modules. Throws UsageError where the patterns name
 * more folders than any project has, or one is of a form that is not followed.
 */
export function workspaceManifests(
  project: string,
  patterns: readonly string[],
  manager: NodeManager,
  io: Io,
): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const folder of memberFolders(project, patterns, 'the workspaces of package.json')) {
    const manifest = manifestIn(join(project, folder), manager, io);
    if (manifest !== null) found.set(folder, manifest);
  }
  return found;
}

/** The folders of a project that patterns name, relative to it; `what` says whose patterns they are. */
export function memberFolders(project: string, patterns: readonly string[], what: string): readonly string[] {
  const found = new Set<string>();
  const seen = new Set<string>();
  const strange = patterns.find((pattern) => !isFollowed(pattern));
  if (strange !== undefined) {
    const shown = JSON.stringify(strange.slice(0, 80));
    throw new UsageError(`${what} have the pattern ${shown}, which is not followed: use names, *, ** and {a,b}`);
  }
  const queue = patterns.flatMap(expanded).flatMap(startOf);
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    const { folder, depth } = next;
    if (seen.has(`${depth} ${folder}`)) continue;
    seen.add(`${depth} ${folder}`);
    if (seen.size > MAX_FOLDERS) throw new UsageError(`${what} name over ${MAX_FOLDERS} folders`);
    if (folder !== '' && isWorkspace(patterns, folder)) found.add(folder);
    if (depth === 0) continue;
    for (const name of foldersIn(join(project, folder))) {
      queue.push({ folder: folder === '' ? name : `${folder}/${name}`, depth: depth - 1 });
    }
  }
  return [...found];
}

/** The patterns of vlt.json: one, several, or such by the name of a group (https://docs.vlt.sh/cli/workspaces). */
export function vltWorkspaces(content: unknown): readonly string[] {
  const { workspaces: declared = [] } = fieldsOf(content);
  const patterns = isObject(declared) ? Object.values(declared).flat() : [declared].flat();
  return patterns.filter((pattern) => typeof pattern === 'string');
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

function foldersIn(path: string): string[] {
  try {
    return readdirSync(path, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && entry.name !== 'node_modules' && !entry.name.startsWith('.'))
      .map(({ name }) => name);
  } catch {
    return [];
  }
}
