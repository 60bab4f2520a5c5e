import { basename, dirname, resolve } from 'node:path';
import { statAt } from '../../store/found.ts';
import { readAt } from '../../git/base.ts';
import { filesAt } from '../../git/folder.ts';
import type { Io } from '../io.ts';
import type { AdvisoryPath } from './advisories.ts';
import { isFolderChanged } from './changed-folder.ts';
import { readUserFile } from '../user-files.ts';

/** Paths below a folder of advisories that may be read. */
const IN_USE = /^(?!(?:.*\/)?\.)/s;

/**
 * Whether a change decides which advisories there are: a commit has some there, and others are there now, or it has
 * none, and HEAD has them. Those that no commit has were fetched for the run, and no change brought them.
 */
export async function areAdvisoriesChanged({ base, path }: AdvisoryPath, commit: string, io: Io): Promise<boolean> {
  const place = resolve(base, path);
  if (await isInCommit(place, commit)) return !(await isAsIn(commit));
  return (await isInCommit(place, 'HEAD')) && isAsIn('HEAD');

  async function isAsIn(ref: string): Promise<boolean> {
    const found = statAt(place);
    if (found?.isDirectory() === true) return (await isFolderChanged(base, path, ref, IN_USE)) === false;
    const before = await readAt(dirname(place), basename(place), ref);
    return (
      found !== undefined && 'bytes' in before && before.bytes?.equals(readUserFile(place, 'the file', io)) === true
    );
  }
}

/** As a file, or as a folder with any. */
async function isInCommit(place: string, ref: string): Promise<boolean> {
  const beside = (await filesAt(dirname(place), ref)) ?? new Map<string, string>();
  const name = basename(place);
  return beside.has(name) || [...beside.keys()].some((path) => path.startsWith(`${name}/`));
}
