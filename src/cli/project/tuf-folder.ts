import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import type { Answer, Ask } from '../../sigstore/tuf/answer.ts';

/**
 * Asks a TUF repository in a folder: a mirror (metadata beside `targets`, names with versions and hashes), or what
 * clients keep (`metadata` and `targets`, names without). What is found is verified, whatever its name. Its files may
 * be anybody's: no link is followed, nothing outside is read, and nothing longer than allowed.
 */
export function folderAsker(folder: string): Ask {
  return askerIn((place, maxBytes) => Promise.resolve(readBounded(join(folder, ...place), maxBytes)));
}

/** The same of a folder that is read in another way: `read` gives the file at a path below it. */
export function askerIn(read: (place: readonly string[], maxBytes: number) => Promise<Answer>): Ask {
  return async (path, maxBytes) => {
    const segments = segmentsOf(path);
    if (segments === null) return { kind: 'failed', reason: 'not the name of a file' };
    for (const place of placesOf(segments)) {
      const answer = await read(place, maxBytes);
      if (answer.kind !== 'absent') return answer;
    }
    return { kind: 'absent' };
  };
}

function placesOf(segments: readonly string[]): readonly (readonly string[])[] {
  const name = segments.at(-1) ?? '';
  if (segments[0] === 'targets') {
    return [segments, [...segments.slice(0, -1), name.replace(/^(?:[0-9a-f]{64}|[0-9a-f]{128})\./, '')]];
  }
  // The next root is one more file, and never the one that is there already.
  const kept = /^\d+\.root\.json$/.test(name) ? ['root_history', name] : [name.replace(/^\d+\./, '')];
  return [segments, ['metadata', ...segments], ['metadata', ...kept]];
}

/** Null for a path that is not one of names below a folder. */
function segmentsOf(path: string): readonly string[] | null {
  try {
    const segments = path.split('/').map(decodeURIComponent);
    return segments.every((one) => /^[^/\\\0]+$/.test(one) && one !== '.' && one !== '..') ? segments : null;
  } catch {
    return null;
  }
}

const REASONS: Readonly<Record<string, string>> = { ELOOP: 'a link, which is not followed', EACCES: 'not readable' };

/** Reads one file of a folder that may be anybody's. */
export function readBounded(path: string, maxBytes: number): Answer {
  let file: number;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    const { code = 'unreadable' } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' || code === 'ENOTDIR'
      ? { kind: 'absent' }
      : { kind: 'failed', reason: REASONS[code] ?? code };
  }
  try {
    if (!fstatSync(file).isFile()) return { kind: 'failed', reason: 'not a file' };
    const bytes = Buffer.alloc(Math.min(fstatSync(file).size, maxBytes) + 1);
    const length = readSync(file, bytes, 0, bytes.length, 0);
    if (length > maxBytes) return { kind: 'too-large' };
    return { kind: 'ok', body: bytes.subarray(0, length), etag: null };
  } catch (error) {
    return { kind: 'failed', reason: (error as NodeJS.ErrnoException).code ?? 'unreadable' };
  } finally {
    closeSync(file);
  }
}
