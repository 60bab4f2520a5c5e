import { closeSync, openSync, realpathSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';

/**
 * Writes a file whole or not at all: another one beside it takes its place. What is no regular file (a pipe, a device) is
 * written to. Throws Node's error.
 */
export function writeWhole(path: string, pieces: Iterable<string>): void {
  const before = statSync(path, { throwIfNoEntry: false });
  if (before !== undefined && !before.isFile()) {
    writePieces(path, 'w', pieces);
    return;
  }
  // A link stays one.
  const target = before === undefined ? path : realpathSync(path);
  const temporary = `${target}.${process.pid}.tmp`;
  try {
    // Only a file that was not there before: nobody may have laid a link for it.
    writePieces(temporary, 'wx', pieces);
    renameSync(temporary, target);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

function writePieces(path: string, flag: 'w' | 'wx', pieces: Iterable<string>): void {
  const file = openSync(path, flag);
  try {
    for (const piece of pieces) writeSync(file, piece);
  } finally {
    closeSync(file);
  }
}
