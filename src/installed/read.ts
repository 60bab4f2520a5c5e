import { createHash } from 'node:crypto';
import { closeSync, constants, fstatSync, lstatSync, openSync, readdirSync, readSync, type Dirent } from 'node:fs';
import { join } from 'node:path';

/** An open file: its size, and its content as it is read. */
export interface OpenFile {
  readonly size: number;
  /** Gives the content in pieces that hold until the next one. */
  read(take: (piece: Buffer) => void): void;
}

const PIECE = Buffer.allocUnsafe(256 * 1024);
/** Links are not followed, and nothing waits for the other side of a pipe. */
const FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/**
 * Opens a regular file and nothing else, for `use`; null where there is none. A device or pipe that takes its place is
 * opened at most, never read. Throws as fs does for what cannot be opened.
 */
export function withFile<T>(path: string, use: (file: OpenFile) => T): T | null {
  const file = openSync(path, FLAGS);
  try {
    const found = fstatSync(file);
    if (!found.isFile()) return null;
    return use({
      size: found.size,
      read(take) {
        // A file that grows meanwhile has no end.
        for (let left = found.size; left > 0;) {
          const length = readSync(file, PIECE, 0, Math.min(PIECE.length, left), null);
          if (length === 0) return;
          left -= length;
          take(PIECE.subarray(0, length));
        }
      },
    });
  } finally {
    closeSync(file);
  }
}

/** SHA-256, hex. */
export function hashOf(file: OpenFile): string {
  const hash = createHash('sha256');
  file.read((piece) => hash.update(piece));
  return hash.digest('hex');
}

/** The content of a regular file of at most `max` bytes; null for anything else. */
export function readSmall(path: string, max: number): Buffer | null {
  try {
    return withFile(path, (file) => {
      if (file.size > max) return null;
      const pieces: Buffer[] = [];
      file.read((piece) => pieces.push(Buffer.from(piece)));
      return Buffer.concat(pieces);
    });
  } catch {
    return null;
  }
}

/** What a folder has; nothing where it is no folder or cannot be read. */
export function entriesOf(path: string): readonly Dirent[] {
  try {
    return readdirSync(path, { withFileTypes: true });
  } catch {
    return [];
  }
}

/**
 * Whether a folder itself is there, and not a link to one; null where nothing is. What cannot be looked at is no
 * folder.
 */
export function kindOf(path: string): 'folder' | 'link' | 'other' | null {
  try {
    const found = lstatSync(path);
    if (found.isSymbolicLink()) return 'link';
    return found.isDirectory() ? 'folder' : 'other';
  } catch (error) {
    return /^ENO(?:ENT|TDIR)$/.test((error as NodeJS.ErrnoException).code ?? '') ? null : 'other';
  }
}

/** The packages of a node_modules folder: by name, with scopes; what begins with "." is none. */
export function packagesIn(folder: string): readonly { readonly name: string; readonly entry: Dirent }[] {
  return entriesOf(folder).flatMap((entry) => {
    if (entry.name.startsWith('.')) return [];
    if (!entry.name.startsWith('@') || !entry.isDirectory()) return [{ name: entry.name, entry }];
    return entriesOf(join(folder, entry.name)).map((inner) => ({ name: `${entry.name}/${inner.name}`, entry: inner }));
  });
}
