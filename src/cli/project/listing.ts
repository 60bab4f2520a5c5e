import { readdirSync, readFileSync, statSync, type Dirent } from 'node:fs';
import { tellsByText } from '../../lockfiles/index.ts';

/** What is larger is read as a lockfile, which refuses it. */
const MAX_TELLING_BYTES = 64 * 1024 * 1024;

/** Names of what is in a folder; none where it cannot be listed. */
export function namesIn(folder: string): readonly string[] {
  const entries = listed(folder);
  return typeof entries === 'string' ? [] : entries.map(({ name }) => name);
}

/** The entries of a folder, or why it cannot be listed. */
export function listed(folder: string): Dirent[] | string {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'unreadable';
  }
}

/** Whether a file that was found by its name is a lockfile; one that cannot be read says so when it is. */
export function isLockfile(path: string): boolean {
  const tells = tellsByText(path);
  if (tells === null) return true;
  try {
    const found = statSync(path);
    return !found.isFile() || found.size > MAX_TELLING_BYTES || tells(readFileSync(path, 'utf8'));
  } catch {
    return true;
  }
}
