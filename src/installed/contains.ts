import { join } from 'node:path';
import { entriesOf, hashOf, withFile } from './read.ts';

/** Folders deeper than this are not looked into: programs for a platform are near the top. */
const MAX_DEPTH = 8;

/** Whether a folder has a file of the same content as this one, anywhere but in a node_modules folder. */
export function hasSameFile(path: string, folder: string): boolean {
  const wanted = identityOf(path, null);
  return wanted !== null && holds(folder, wanted, 0);
}

interface Identity {
  readonly size: number;
  readonly digest: string | null;
}

function holds(folder: string, wanted: Identity, depth: number): boolean {
  return entriesOf(folder).some((entry) => {
    const path = join(folder, entry.name);
    if (entry.isFile()) return identityOf(path, wanted.size)?.digest === wanted.digest;
    return entry.isDirectory() && entry.name !== 'node_modules' && depth < MAX_DEPTH && holds(path, wanted, depth + 1);
  });
}

/** Hashed only where the file has the wanted size, if there is one. */
function identityOf(path: string, size: number | null): Identity | null {
  try {
    return withFile(path, (file) =>
      size === null || file.size === size ? { size: file.size, digest: hashOf(file) } : null,
    );
  } catch {
    return null;
  }
}
