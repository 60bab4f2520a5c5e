import { basename } from 'node:path';
import { includesOf } from '../../lockfiles/pypi/requirements.ts';
import { UsageError } from '../exit.ts';
import type { Io } from '../io.ts';
import { manifestFile } from './manifests.ts';

/** Files beside a lockfile of Python that say what the project itself asks for. */
const MANIFESTS = ['pyproject.toml', 'Pipfile'] as const;

/** What a lockfile of Python is read with: the project's own files, by their paths. Throws UsageError. */
export function pythonFiles(lockfile: string, io: Io): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const name of MANIFESTS) {
    const text = manifestFile(lockfile, name, io);
    if (text !== null) found.set(name, text);
  }
  if (lockfile.endsWith('.txt')) addIncluded(lockfile, found, io);
  return found;
}

/** More than any project has. */
const MAX_INCLUDED = 1000;

/** The files that requirements include, and those that these do. One that is elsewhere, the reader refuses. */
function addIncluded(lockfile: string, found: Map<string, string>, io: Io): void {
  const queue = [basename(lockfile)];
  for (const path of queue) {
    const text = manifestFile(lockfile, path, io);
    if (text === null) continue;
    if (path !== queue[0]) found.set(path, text);
    for (const next of includesOf(path, text)) if (next !== null && !queue.includes(next)) queue.push(next);
    if (queue.length > MAX_INCLUDED) throw new UsageError(`${queue[0] ?? ''} includes more than ${MAX_INCLUDED} files`);
  }
}
