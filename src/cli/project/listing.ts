import { readdirSync, type Dirent } from 'node:fs';

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
