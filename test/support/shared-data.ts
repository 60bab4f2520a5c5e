import { existsSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../../../shared/data');

/** Recorded data from public sources lies beside the checkout; it is not part of the repository. */
export const hasSharedData = existsSync(join(ROOT, 'INDEX.tsv'));

/** Path of one recorded file or folder, e.g. `sharedData('npm/keys')`. */
export function sharedData(path: string): string {
  return join(ROOT, path);
}
