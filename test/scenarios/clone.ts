import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCheckout, type Checkout } from '../../src/git/checkout.ts';
import { git } from '../support/git.ts';
import { removeFolder } from '../support/remove-folder.ts';

/** Runs `work` with a clone of a repository in which a tag has exactly these files. */
export async function withClone<T>(
  tag: string,
  files: Readonly<Record<string, string>>,
  work: (clone: Checkout) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'assay-test-'));
  try {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    git(folder, ['init', '-q']);
    git(folder, ['add', '-A', '-f']);
    git(folder, ['commit', '-q', '-m', 'x']);
    git(folder, ['tag', tag]);
    return await work(await openCheckout(folder, '../clone'));
  } finally {
    removeFolder(folder);
  }
}
