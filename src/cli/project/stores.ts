import { realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import native, { basename, dirname, join, resolve } from 'node:path';
import { lstatAt } from '../../store/found.ts';
import { git, whyNoAnswer } from '../../git/git.ts';
import { expand, isWithin } from '../../registries/npm/config/npmrc-layers.ts';
import { namesIn } from './listing.ts';
import type { Io } from '../io.ts';
import { policyFolders } from './policy.ts';

/**
 * The folder that a setting names, where it is in the repository of `project`, or of the setting's own folder `from`,
 * and has something that was committed there; null otherwise. What git does not have in its newest commit came to be on
 * this machine. Without git, all that is there counts.
 */
export async function committedFolder(path: string, from: string, project: string, io: Io): Promise<string | null> {
  const folder = resolve(from, expanded(path, io));
  const isOurs = [project, from].some((one) => isInRepository(folder, one));
  if (!isOurs || namesIn(folder).length === 0) return null;
  const known = await git(folder, ['rev-parse', '--verify', '--quiet', 'HEAD:./']);
  return known !== null || (await whyNoAnswer(folder)) !== null ? folder : null;
}

/** Names of what a folder has in git's newest commit; of all that is there, where there is no git to say so. */
export async function committedFiles(folder: string): Promise<readonly string[]> {
  const listed = await git(folder, ['ls-tree', '-z', '--name-only', 'HEAD']);
  return listed === null ? namesIn(folder) : listed.toString().split('\0');
}

/** Whether git has a file in its newest commit; true where there is no git to say so. */
export async function isCommitted(path: string): Promise<boolean> {
  if ((await committedOf([path])).length > 0) return true;
  return (await whyNoAnswer(dirname(path))) !== null;
}

/** Of these paths, those that git has in its newest commit; none where there is no git to say so. */
export async function committedOf(paths: readonly string[]): Promise<readonly string[]> {
  const there = paths.filter(isThere);
  const known = await Promise.all(
    there.map((path) => git(dirname(path), ['rev-parse', '--verify', '--quiet', `HEAD:./${basename(path)}`])),
  );
  return there.filter((_, at) => known[at] !== null);
}

/** Also a link that leads nowhere; not what would be in a file. */
function isThere(path: string): boolean {
  return lstatAt(path) !== undefined;
}

/** Whether a path leads into the repository of a project, by its words or by what they lead to. */
export function isInRepository(path: string, project: string): boolean {
  const root = policyFolders(project).at(-1) ?? project;
  return isWithin(path, root, native) || isWithin(real(path), real(root), native);
}

/** With the variables and the home directory that package managers put in place. */
export function expanded(path: string, io: Io): string {
  const home = io.env['HOME'] ?? homedir();
  return expand(path, io.env, {}).replace(/^~(?=[/\\]|$)/, () => home);
}

function real(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return join(path);
  }
}
