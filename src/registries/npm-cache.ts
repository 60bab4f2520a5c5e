import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { MAX_TARBALL_BYTES } from './bounds.ts';
import { sha512Of } from './tarball.ts';

/**
 * The bytes with this SHA-512 (hex) in npm's cache, which keeps every tarball by its hash (cacache, content-v2); null
 * where it has none. What lies there with another hash counts as none.
 */
export async function readCached(cache: string, sha512: string): Promise<Buffer | null> {
  const path = join(cache, '_cacache', 'content-v2', 'sha512', sha512.slice(0, 2), sha512.slice(2, 4), sha512.slice(4));
  try {
    const found = await stat(path);
    if (!found.isFile() || found.size > MAX_TARBALL_BYTES) return null;
    const bytes = await readFile(path);
    return sha512Of(bytes) === sha512 ? bytes : null;
  } catch {
    // A cache that cannot be read costs time and nothing else.
    return null;
  }
}
