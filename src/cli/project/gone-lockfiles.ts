import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { readAt } from '../../git/base.ts';
import { filesAt } from '../../git/folder.ts';
import { LOCKFILE_NAMES, tellsByText } from '../../lockfiles/index.ts';
import type { UnreadLockfile } from '../../model/report.ts';
import type { Io } from '../io.ts';
import type { OptionValues } from '../options.ts';
import { shownPath } from '../user-files.ts';
import { sinceRef, type FindBase } from './base.ts';
import { repositoryPath } from './files.ts';
import type { Found } from './find.ts';
import { namesIn } from './listing.ts';
import { manifestLeft } from './unlocked.ts';

/** Any name of one in a folder. */
const LOCKFILE = 'package-lock.json';
/** More than anybody has of them in one repository. */
const MAX_GONE = 1000;

/**
 * With --since: the lockfiles that were there, and that a change took away from a manifest which is still there, with
 * no other lockfile for it. A library can do without, and so can tests: not so what had one. What git cannot say, the
 * comparison with that revision says.
 */
export async function goneLockfiles(
  { places }: Found,
  values: OptionValues,
  finder: (lockfile: string) => FindBase,
  io: Io,
): Promise<readonly (UnreadLockfile & { readonly manifest: string })[]> {
  const ref = values.since === undefined ? null : sinceRef(values, io);
  if (ref === null) return [];
  const found = places.map(async ({ folder, below }) => {
    const { commit } = await finder(join(folder, LOCKFILE))(ref);
    const then = commit === null ? null : await filesAt(folder, commit);
    if (commit === null || then === null) return [];
    const names = [...then.keys()].filter((path) => below || !path.includes('/')).filter(isLockfileName);
    const gone = names.map((name) => join(folder, name)).filter((path) => !existsSync(path));
    const left = gone.slice(0, MAX_GONE).map(async (path) => {
      const manifest = manifestLeft(path, dirname(path), namesIn(dirname(path)));
      if (manifest === null || !(await wasLockfile(path, commit))) return [];
      const [file, stays] = [path, join(dirname(path), manifest)].map((each) => shownPath(each, io));
      const problem = `${file} was there at ${ref.shown}, and is gone while ${stays} stays: bring it back, or take out what it was for`;
      return [{ file: file ?? path, path: repositoryPath(path, io), problem, manifest: stays ?? manifest }];
    });
    return (await Promise.all(left)).flat();
  });
  return (await Promise.all(found)).flat();
}

function isLockfileName(path: string): boolean {
  return LOCKFILE_NAMES.includes(basename(path)) && !path.split('/').includes('node_modules');
}

/** One that only its text tells from other files. */
async function wasLockfile(path: string, commit: string): Promise<boolean> {
  const tells = tellsByText(path);
  if (tells === null) return true;
  const then = await readAt(dirname(path), basename(path), commit);
  return 'bytes' in then && then.bytes !== null && tells(then.bytes.toString('utf8'));
}
