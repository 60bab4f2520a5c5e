import { randomUUID } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onDeath } from './death.ts';

export interface TemporaryFolder {
  readonly path: string;
  readonly remove: () => void;
}

/**
 * A folder of this user alone, beside those of other programs; it goes with the process at the latest. Throws Node's
 * errors.
 */
export function temporaryFolder(name: string): TemporaryFolder {
  const path = join(tmpdir(), `assay-${name}-${randomUUID()}`);
  const remove = (): void => rmSync(path, { recursive: true, force: true });
  // Before there is anything: a signal may come in between.
  const forget = onDeath(remove);
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    forget();
    throw error;
  }
  return {
    path,
    remove: () => {
      forget();
      remove();
    },
  };
}
