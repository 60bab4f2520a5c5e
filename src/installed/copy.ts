import { readdirSync, type Dirent } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { InstalledCopy, InstalledFile } from '../model/bytes.ts';
import { hashOf, kindOf, withFile } from './read.ts';

/** Icon sets have some tens of thousands of files. */
const MAX_FILES = 250_000;
/** Deeper than any package that an archive could hold. */
const MAX_DEPTH = 512;
/** Files read before the event loop gets a turn. */
const BURST = 64;

export interface CopyOptions {
  /** Sizes that the file at a path may have; others are not hashed. Null hashes every file. */
  readonly sizesOf: ((path: string) => readonly number[]) | null;
  /** Whether what is at a place for packages belongs to the package itself, and is no other package. */
  readonly isPart: (path: string) => boolean;
}

/**
 * Reads what is installed at `path`, below `root`. Links are neither followed nor opened. What is no folder, or cannot
 * be read to its end, is a problem and has no files.
 */
export async function readCopy(root: string, path: string, options: CopyOptions): Promise<InstalledCopy> {
  const base = join(root, path);
  const kind = kindOf(base);
  if (kind !== 'folder') return { path, files: null, problem: kind === 'link' ? 'link' : 'other' };
  const files = new Map<string, InstalledFile>();
  const folders = [{ within: '', depth: 0 }];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    const { within, depth } = folder;
    for (const entry of readdirSync(join(base, within), { withFileTypes: true })) {
      const inner = within === '' ? entry.name : `${within}/${entry.name}`;
      if (isPackagePlace(inner) && !options.isPart(inner)) continue;
      if (entry.isDirectory() && depth < MAX_DEPTH) {
        folders.push({ within: inner, depth: depth + 1 });
        continue;
      }
      files.set(
        inner,
        entry.isFile() ? readEntry(join(base, inner), options.sizesOf?.(inner) ?? null) : notAFile(entry),
      );
      if (files.size > MAX_FILES) throw new Error(`more than ${MAX_FILES} files`);
      if (files.size % BURST === 0) await setImmediate();
    }
  }
  return { path, files, problem: null };
}

/**
 * Whether a path is one in a node_modules folder where a package, or a scope, would be, and not somewhere within one.
 */
export function isPackagePlace(path: string): boolean {
  return /(?:^|\/)node_modules\/(?:@[^/]+\/)?[^/]+$/.test(path);
}

function readEntry(path: string, sizes: readonly number[] | null): InstalledFile {
  const read = withFile(path, (file): InstalledFile => {
    const digest = sizes?.includes(file.size) === false ? null : hashOf(file);
    return { kind: 'file', size: file.size, digest };
  });
  return read ?? { kind: 'other', size: 0, digest: null };
}

function notAFile(entry: Dirent): InstalledFile {
  return { kind: entry.isSymbolicLink() ? 'link' : 'other', size: 0, digest: null };
}
