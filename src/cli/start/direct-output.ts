import { fstatSync, writeSync, type Stats } from 'node:fs';
import { cannotWrite, looksOf, type Output } from '../io.ts';

const STDOUT = 1;

/**
 * Standard output without Node's streams, which take longer to load than a short run has; null where it is neither a
 * file nor a pipe, such as a terminal, and on Windows. What a pipe does not take at once is for Node's stream.
 */
export function directOutput({ env, platform }: Pick<NodeJS.Process, 'env' | 'platform'>): Output | null {
  if (platform === 'win32' || !isPlain()) return null;
  return {
    write: (text) => {
      let rest = Buffer.from(text);
      try {
        while (rest.length > 0) rest = rest.subarray(writeSync(STDOUT, rest));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'EAGAIN') process.stdout.write(rest);
        else cannotWrite(error as NodeJS.ErrnoException);
      }
    },
    ...looksOf(false, 0, env),
  };
}

function isPlain(): boolean {
  let found: Stats;
  try {
    found = fstatSync(STDOUT);
  } catch {
    return false;
  }
  return found.isFile() || found.isFIFO() || found.isSocket();
}
