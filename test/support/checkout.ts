import { cpSync, symlinkSync } from 'node:fs';
import { join, relative } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');
/** What a clean clone does not have. */
const NOT_CLONED = /^(?:\.git|node_modules|dist|coverage|[^/]+\.tgz)$/;

/** Makes `folder` what a clean clone of this checkout is, with what is not committed yet. */
export function copyCheckout(folder: string): void {
  cpSync(ROOT, folder, { recursive: true, filter: (path) => !NOT_CLONED.test(relative(ROOT, path)) });
}

/**
 * Gives a copy of the checkout the packages that are installed here: all of them as a link, or some as files of its
 * own.
 */
export function giveModules(folder: string, names?: readonly string[]): void {
  const [from, to] = [join(ROOT, 'node_modules'), join(folder, 'node_modules')];
  if (names === undefined) symlinkSync(from, to, 'junction');
  for (const name of names ?? []) cpSync(join(from, name), join(to, name), { recursive: true });
}
