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
  return found;
}
