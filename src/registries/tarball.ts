import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { PackageFile } from '../model/capability.ts';
import * as bounds from './bounds.ts';
import { createTarReader, TarballError } from './tar.ts';

/**
 * The files of a package's tarball, with the content of those that are wanted; `path` is without the folder they are
 * packed in, which npm removes. It is unpacked as it is read, and nothing is written to disk. Of two files of one path the
 * last counts, as it does when they are installed.
 *
 * @throws TarballError for what is no tarball or passes a bound.
 */
export async function readTarball(
  tarball: Uint8Array,
  isWanted: (path: string) => boolean,
): Promise<readonly PackageFile[]> {
  const files = new Map<string, PackageFile>();
  let entries = 0;
  let kept = 0;
  const reader = createTarReader({
    wants: (path, size) => {
      entries += 1;
      if (entries > bounds.MAX_TARBALL_ENTRIES) throw new TarballError('more files than any package has');
      const within = withinPackage(path);
      if (within === null || !isWanted(within)) return false;
      kept += size;
      if (size > bounds.MAX_FILE_BYTES) throw new TarballError(`a file larger than ${bounds.MAX_FILE_BYTES} bytes`);
      if (kept > bounds.MAX_FILES_BYTES) throw new TarballError(`more code than ${bounds.MAX_FILES_BYTES} bytes`);
      return true;
    },
    file: (path, bytes) => {
      const within = withinPackage(path);
      if (within !== null) files.set(within, { path: within, bytes });
    },
  });
  let unpacked = 0;
  const stream = Readable.from([tarball]).pipe(createGunzip());
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      unpacked += chunk.length;
      if (unpacked > bounds.MAX_UNPACKED_BYTES) throw new TarballError('larger than any package when unpacked');
      reader.write(chunk);
    }
    reader.end();
  } catch (error) {
    throw error instanceof TarballError ? error : new TarballError('it is not compressed as npm does');
  }
  return [...files.values()];
}

/** The SHA-512 of bytes, hex. */
export function sha512Of(bytes: Uint8Array): string {
  return createHash('sha512').update(bytes).digest('hex');
}

/** The path without its first part, as npm takes it off ("./a.js" is a.js); null for what would not be inside of the package. */
function withinPackage(path: string): string | null {
  if (path.includes('\\')) throw new TarballError('a path that is another one on Windows');
  const parts = path
    .split('/')
    .slice(1)
    .filter((part) => part !== '' && part !== '.');
  return parts.length === 0 || path.split('/').includes('..') ? null : parts.join('/');
}
