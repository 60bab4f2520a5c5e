import { rmSync } from 'node:fs';

const TRIES = 20;
const PAUSE_MS = 250;

/**
 * Removes a temporary folder, into which a process that a package manager left behind may still write: vlt keeps its
 * cache so. A folder that had to be listed again is, which `maxRetries` of Node 20 does not do.
 */
export function removeFolder(folder: string): void {
  for (let left = TRIES - 1; ; left -= 1) {
    try {
      rmSync(folder, { recursive: true, force: true });
      return;
    } catch (error) {
      if (left === 0) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
    }
  }
}
