import { existsSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { pathFits } from '../../model/match.ts';
import type { Owner } from '../../report/commands/policy-text.ts';
import type { Io } from '../io.ts';
import { readUserFile, shownPath } from '../user-files.ts';
import { demandProjectFile } from './project-file.ts';

/** Where GitHub and GitLab look for it, in their order. */
const PLACES = ['.github/CODEOWNERS', '.gitlab/CODEOWNERS', 'CODEOWNERS', 'docs/CODEOWNERS'];

/**
 * The owner of the lockfile, else of package.json beside it, by the CODEOWNERS of the git repository; null for none.
 */
export function findOwner(lockfile: string, io: Io): Owner | null {
  const root = repositoryOf(dirname(lockfile));
  const path = root === null ? undefined : PLACES.map((place) => join(root, place)).find((place) => existsSync(place));
  if (root === null || path === undefined) return null;
  demandProjectFile(path, io);
  const lines = readUserFile(path, 'the owners', io).toString('utf8').split(/\r?\n/);
  for (const file of [lockfile, join(dirname(lockfile), 'package.json')]) {
    const name = ownerOf(relative(root, file).split(sep).join('/'), lines);
    if (name !== null) return { name, file: shownPath(path, io) };
  }
  return null;
}

function repositoryOf(folder: string): string | null {
  for (let at = folder; ; at = dirname(at)) {
    if (existsSync(join(at, '.git'))) return at;
    if (at === dirname(at)) return null;
  }
}

/** The first owner of the last line that matches, as both hosts read the file. */
function ownerOf(path: string, lines: readonly string[]): string | null {
  for (const line of [...lines].reverse()) {
    const [pattern = '', owner] = line
      .replace(/(?:^|\s)#.*$/, '')
      .trim()
      .split(/\s+/);
    if (pattern === '' || !matchesPath(pattern, path)) continue;
    return owner !== undefined && /^(?:@[\w.-]+(?:\/[\w./-]+)?|[\w.+-]+@[\w.-]+)$/.test(owner) ? owner : null;
  }
  return null;
}

/**
 * The patterns of .gitignore, as far as owners are given by them: a name at any depth, a path from the root, a folder.
 */
function matchesPath(pattern: string, path: string): boolean {
  const isFolder = pattern.endsWith('/');
  const isAnchored = pattern.slice(0, isFolder ? -1 : undefined).includes('/');
  const wanted = isAnchored ? pattern : `**/${pattern}`;
  return (!isFolder && pathFits(wanted, path)) || pathFits(`${wanted}/*/**`, path);
}
