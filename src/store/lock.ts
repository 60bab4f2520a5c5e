import { closeSync, openSync, rmSync, statSync } from 'node:fs';

/** A run holds it while it reads and writes one small file: one that is older was left behind. */
const STALE_MS = 5000;
const PAUSE_MS = 5;

/**
 * Does `work` while no other run does its own at `path`; waits for that. Where no lock can be had, as in a folder that
 * cannot be written to, it is done all the same.
 */
export function withLock<T>(path: string, work: () => T): T {
  const lock = `${path}.lock`;
  const isHeld = take(lock);
  try {
    return work();
  } finally {
    if (isHeld) rmSync(lock, { force: true });
  }
}

function take(lock: string): boolean {
  const end = performance.now() + 2 * STALE_MS;
  while (performance.now() < end) {
    try {
      closeSync(openSync(lock, 'wx', 0o600));
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') return false;
    }
    const age = Date.now() - (statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    // A clock that was set back must not make a lock for ever.
    if (Math.abs(age) > STALE_MS) rmSync(lock, { force: true });
    else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
  }
  return false;
}
