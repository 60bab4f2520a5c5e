import { lstatSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { filesAt, isOfId } from '../../git/folder.ts';

/** More than any repository of trust has, and than anybody copies of advisories. */
const MAX_FILES = 10_000;
/** What may be asked for in the folder of a TUF repository (tuf-folder.ts). */
export const OF_TUF = /^(?:[^/]+\.json|(?:metadata|targets)\/[^]*)$/;

/**
 * Whether a folder has other files than it had in a commit, of those whose path from there is `used`; null where git
 * does not know it, or it is outside of the repository. Folders are tried with a slash at their end. Links in it or on
 * the way to it may lead to other files at any time.
 */
export async function isFolderChanged(
  base: string,
  path: string,
  commit: string,
  used: RegExp,
): Promise<boolean | null> {
  const folder = resolve(base, path);
  const before = await filesAt(folder, commit);
  if (before === null) return null;
  if (realpathSync(folder) !== resolve(realpathSync(base), path)) return true;
  const now = filesBelow(folder, used);
  if (now === null) return true;
  const then = [...before.keys()].filter((name) => used.test(name));
  if (then.length !== now.length) return true;
  return !now.every((name) => isOfId(readFileSync(join(folder, name)), before.get(name) ?? ''));
}

/** The files that may be asked for, by their path from there; null where there is anything else, or too much. */
function filesBelow(folder: string, used: RegExp): readonly string[] | null {
  const files: string[] = [];
  const left = [''];
  for (let at = left.pop(); at !== undefined; at = left.pop()) {
    for (const entry of readdirSync(join(folder, at))) {
      const name = at === '' ? entry : `${at}/${entry}`;
      if (!used.test(name) && !used.test(`${name}/`)) continue;
      const found = lstatSync(join(folder, name));
      if (found.isDirectory()) left.push(name);
      else if (found.isFile()) files.push(name);
      else return null;
      if (files.length > MAX_FILES) return null;
    }
  }
  return files;
}
