import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, openSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { onDeath } from './death.ts';
import { statAt } from './found.ts';

/**
 * Writes a file whole or not at all: another one beside it takes its place. What is no regular file (a pipe, a device)
 * is written to. A file that was not there gets `mode`. With `durable` it is on the disk when this returns. Throws
 * Node's error.
 */
export function writeWhole(path: string, pieces: Iterable<string | Uint8Array>, mode = 0o666, durable = false): void {
  const before = statAt(path);
  if (before !== undefined && !before.isFile()) {
    writePieces(path, 'w', mode, pieces, false);
    return;
  }
  // A link stays one.
  const target = before === undefined ? path : realpathSync(path);
  // No process id: in containers, many runs have the same one.
  const temporary = `${target}.${randomBytes(6).toString('hex')}.tmp`;
  const forget = onDeath(() => rmSync(temporary, { force: true }));
  try {
    // Only a new file: an existing one could be a link that was planted there.
    writePieces(temporary, 'wx', mode, pieces, durable);
    renameSync(temporary, target);
  } catch (error) {
    rmSync(temporary, { force: true });
    // Node names the one beside it, or none where it has a descriptor.
    throw error instanceof Error && 'code' in error ? Object.assign(error, { path: target }) : error;
  } finally {
    forget();
  }
}

function writePieces(
  path: string,
  flag: 'w' | 'wx',
  mode: number,
  pieces: Iterable<string | Uint8Array>,
  durable: boolean,
): void {
  const file = openSync(path, flag, mode);
  try {
    for (const piece of pieces) writeFileSync(file, piece);
    if (durable) fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
