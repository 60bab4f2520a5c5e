import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onDeath } from './death.ts';

export interface TemporaryFolder {
  readonly path: string;
  readonly remove: () => void;
}

/** A folder of this user alone, beside those of other programs; it goes with the process at the latest. */
export function temporaryFolder(name: string): TemporaryFolder {
  const path = mkdtempSync(join(tmpdir(), `assay-${name}-`));
  const remove = (): void => rmSync(path, { recursive: true, force: true });
  const forget = onDeath(remove);
  return {
    path,
    remove: () => {
      forget();
      remove();
    },
  };
}
