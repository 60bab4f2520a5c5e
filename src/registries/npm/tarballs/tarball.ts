import { createGunzip } from 'node:zlib';
import type { PackedFile } from '../../../model/bytes.ts';
import * as bounds from '../../../model/limits.ts';
import { createFileHash, type FileHash } from './file-hash.ts';
import { createTarReader, TarballError } from '../../../readers/tar.ts';
import type { ReadOptions } from '../../registry.ts';

/** Reads a tarball as it arrives. */
export interface TarballReader {
  /** Resolves when the next bytes can be taken. Never rejects. */
  write(chunk: Buffer): Promise<void>;
  /**
   * The files of the package; `path` is without the folder they are packed in, which npm removes. Of two files of one
   * path the last counts, as it does when they are installed.
   *
   * @throws TarballError for what is no tarball or passes a bound.
   */
  end(): Promise<readonly PackedFile[]>;
  /** Releases the decompressor when the tarball is not read to its end. */
  drop(): void;
}

/** What zlib fills at once: more makes fewer trips to its thread, and is needed once for each tarball that is open. */
const UNPACKED_CHUNK = 128 * 1024;

/**
 * Unpacks a tarball and reads its files; nothing is written to disk, and only what is wanted stays in memory. `seen`
 * gets all that is unpacked.
 */
export function createTarballReader(
  { isWanted, hashed = false, folder }: ReadOptions,
  seen: (unpacked: Buffer) => void = () => undefined,
): TarballReader {
  const files = new Map<string, PackedFile>();
  let entries = 0;
  let kept = 0;
  /** Of the file that is being read. */
  let within: string | null = null;
  let size = 0;
  let hash: FileHash | null = null;
  const reader = createTarReader({
    entry: (path) => {
      if (folder === undefined || path === folder || path.startsWith(`${folder}/`)) return;
      throw new TarballError('something that is not in the folder of its name and version');
    },
    wants: (path, length) => {
      entries += 1;
      if (entries > bounds.MAX_TARBALL_ENTRIES) throw new TarballError('more files than any package has');
      within = withinPackage(path);
      size = length;
      hash = hashed && within !== null ? createFileHash() : null;
      if (within === null || !isWanted(within)) return false;
      kept += length;
      if (length > bounds.MAX_FILE_BYTES) throw new TarballError(`a file larger than ${bounds.MAX_FILE_BYTES} bytes`);
      if (kept > bounds.MAX_FILES_BYTES) throw new TarballError(`more code than ${bounds.MAX_FILES_BYTES} bytes`);
      return true;
    },
    data: (chunk) => hash?.update(chunk),
    file: (_, bytes) => {
      if (within !== null) files.set(within, { path: within, bytes, size, digests: hash?.digests() ?? [] });
    },
  });

  let problem: TarballError | null = null;
  let unpacked = 0;
  const gunzip = createGunzip({ chunkSize: UNPACKED_CHUNK });
  const fail = (error: unknown): void => {
    problem ??= error instanceof TarballError ? error : new TarballError('it is not compressed as npm does');
    gunzip.destroy();
  };
  gunzip.on('data', (chunk: Buffer) => {
    if (problem !== null) return;
    try {
      unpacked += chunk.length;
      if (unpacked > bounds.MAX_UNPACKED_BYTES) throw new TarballError('larger than any package when unpacked');
      seen(chunk);
      reader.write(chunk);
    } catch (error) {
      fail(error);
    }
  });
  gunzip.on('error', fail);
  /** Resolves the write that waits for the last chunk: zlib never calls back for a broken one. */
  let waiting: (() => void) | null = null;
  const closed = new Promise<void>((resolve) => {
    gunzip.once('close', () => {
      waiting?.();
      resolve();
    });
  });

  return {
    write: (chunk) =>
      new Promise((resolve) => {
        if (gunzip.destroyed || gunzip.readableEnded) resolve();
        else gunzip.write(chunk, () => resolve());
        waiting = resolve;
      }),
    async end() {
      if (!gunzip.destroyed) gunzip.end();
      await closed;
      if (problem !== null) throw problem;
      reader.end();
      demandNoFolders(files);
      return [...files.values()];
    },
    drop: () => void gunzip.destroy(),
  };
}

/** What installers take for the root of a path on Windows, and take off on every platform: "c:a.js" becomes a.js. */
const WINDOWS_ROOT = /^(?:[A-Za-z]:|\?$)/;

/**
 * The path without its first part, as npm takes it off ("./a.js" is a.js); null for what would not be inside of the
 * package. Throws TarballError for what an installer, or a file system, writes elsewhere.
 */
function withinPackage(path: string): string | null {
  if (path.includes('\\')) throw new TarballError('a path that is another one on Windows');
  const [first, ...rest] = path.split('/');
  const parts = rest.filter((part) => part !== '' && part !== '.');
  if (first === '..' || parts.includes('..')) throw new TarballError('a path that leads out of its folder');
  if (parts.some((part) => WINDOWS_ROOT.test(part))) throw new TarballError('a path that begins anew on Windows');
  const [name] = parts;
  if (name === undefined) return null;
  if (parts.length === 1 && name !== 'package.json' && folded(name) === 'package.json') {
    throw new TarballError('more than one package.json on some file systems');
  }
  return parts.join('/');
}

/** As file systems compare names that ignore case, invisible characters, and dots and spaces at the end. */
function folded(name: string): string {
  const visible = name.normalize('NFKC').replace(/\p{Default_Ignorable_Code_Point}/gu, '');
  return visible
    .toUpperCase()
    .toLowerCase()
    .replace(/[. ]+$/, '');
}

/** What is a file to one installer is a folder to another. */
function demandNoFolders(files: ReadonlyMap<string, PackedFile>): void {
  for (const path of files.keys()) {
    for (let end = path.indexOf('/'); end !== -1; end = path.indexOf('/', end + 1)) {
      if (files.has(path.slice(0, end))) throw new TarballError('a file that is also a folder');
    }
  }
}
