import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { BytesSource } from '../../../model/bytes.ts';
import type { Digest } from '../../../model/dependency.ts';
import { MAX_TARBALL_BYTES } from '../../../model/limits.ts';
import type { TarballSink } from './hash-and-read.ts';

/** Where tarballs may be on this machine; null where a cache is not to be used. */
export interface PackageCaches {
  /** npm's, which keeps every tarball by its hash (cacache, content-v2). */
  readonly npm: string | null;
  /** That of yarn 1, which keeps the tarball beside what it unpacked. */
  readonly yarn: string | null;
}

/** Where yarn 1 keeps its cache (version 6 of its form). */
export function yarnCache(env: Readonly<Record<string, string | undefined>>, home: string, platform: string): string {
  const usual = {
    darwin: join(home, 'Library', 'Caches', 'Yarn'),
    win32: join(env['LOCALAPPDATA'] ?? join(home, 'AppData', 'Local'), 'Yarn', 'Cache'),
  }[platform];
  return join(env['YARN_CACHE_FOLDER'] ?? usual ?? join(env['XDG_CACHE_HOME'] ?? join(home, '.cache'), 'yarn'), 'v6');
}

/** A file that may be the tarball: only its hash decides. */
export interface Candidate {
  readonly path: string;
  readonly from: BytesSource;
}

/** Finds the places where a tarball would be. The caches are looked into when they are first asked. */
export function findCached({
  npm,
  yarn,
}: PackageCaches): (name: string, version: string, digests: readonly Digest[]) => Promise<readonly Candidate[]> {
  let listed: Promise<ReadonlyMap<string, string>> | null = null;
  return async (name, version, digests) => {
    const candidates: Candidate[] = [];
    const hex = digests.find(({ algorithm }) => algorithm === 'sha512')?.hex;
    if (npm !== null && hex !== undefined) {
      const parts = [hex.slice(0, 2), hex.slice(2, 4), hex.slice(4)];
      candidates.push({ path: join(npm, '_cacache', 'content-v2', 'sha512', ...parts), from: 'npm-cache' });
    }
    if (yarn !== null) {
      listed ??= listYarn(yarn);
      const folder = (await listed).get(yarnKey(name, version));
      const file = ['node_modules', ...name.split('/'), '.yarn-tarball.tgz'];
      if (folder !== undefined) candidates.push({ path: join(yarn, folder, ...file), from: 'yarn-cache' });
    }
    return candidates;
  };
}

/** Yarn's folders are `npm-NAME-VERSION-SHA1-integrity`, with "/" in the name as "-". */
async function listYarn(cache: string): Promise<ReadonlyMap<string, string>> {
  const folders = await readdir(cache).catch((): string[] => []);
  return new Map(
    folders.flatMap((folder) => {
      const key = /^npm-(.+)-[0-9a-f]{40}(?:-integrity)?$/.exec(folder)?.[1];
      return key === undefined ? [] : [[key, folder] as const];
    }),
  );
}

function yarnKey(name: string, version: string): string {
  return `${name.replace('/', '-')}-${version}`;
}

/** As large as most tarballs, so that they are read at once. */
const PIECE_BYTES = 256 * 1024;

/**
 * Gives the file to `sink`. Returns whether it could be read: a cache that cannot costs time and nothing else. It is
 * read on this thread, as most files are read sooner than another thread is asked.
 */
export async function readInto(path: string, sink: TarballSink): Promise<boolean> {
  let file: number | null = null;
  try {
    // Without waiting for a writer, should a pipe be in the place of the file.
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const found = fstatSync(file);
    if (!found.isFile() || found.size > MAX_TARBALL_BYTES) return false;
    const buffer = Buffer.allocUnsafe(Math.min(PIECE_BYTES, found.size + 1));
    for (let size = 0; size <= MAX_TARBALL_BYTES;) {
      const bytesRead = readSync(file, buffer, 0, buffer.length, null);
      size += bytesRead;
      if (bytesRead > 0) await sink.write(buffer.subarray(0, bytesRead));
      if (bytesRead < buffer.length) return true;
    }
    return false;
  } catch {
    return false;
  } finally {
    if (file !== null) closeSync(file);
  }
}
