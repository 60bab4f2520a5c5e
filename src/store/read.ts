import { closeSync, openSync, readSync, statSync } from 'node:fs';

const PIECE_BYTES = 64 * 1024;

/**
 * Pipes that whoever started this process holds open (`-` of a shell, `<(...)`): their writer is there, or they have
 * ended. Any other pipe would be waited for until somebody writes to it.
 */
const GIVEN = /^\/dev\/(?:stdin|fd\/\d+)$|^\/proc\/(?:self|\d+)\/fd\/\d+$/;

/**
 * Reads a file, or a pipe that was given to this process, of at most `most` bytes. Throws Node's errors, with EFTYPE
 * for a device or another pipe, which may never end, and EFBIG for what is larger.
 */
export function readWithin(path: string, most: number): Buffer {
  // What says "no file" where a file is asked for.
  if (path === '/dev/null') return Buffer.alloc(0);
  const found = statSync(path);
  const isGiven = found.isFIFO() && GIVEN.test(path);
  if (!found.isFile() && !found.isDirectory() && !isGiven) throw problem('EFTYPE', path);
  if (found.size > most) throw problem('EFBIG', path);
  const file = openSync(path, 'r');
  try {
    const pieces: Buffer[] = [];
    for (let size = 0; ;) {
      // One more than there is says whether that was all.
      const piece = Buffer.allocUnsafe(Math.max(PIECE_BYTES, found.size + 1 - size));
      const count = readSync(file, piece);
      if (count === 0) return pieces.length === 1 ? (pieces[0] ?? piece) : Buffer.concat(pieces, size);
      size += count;
      if (size > most) throw problem('EFBIG', path);
      pieces.push(piece.subarray(0, count));
    }
  } finally {
    closeSync(file);
  }
}

function problem(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${path}`), { code, path });
}
