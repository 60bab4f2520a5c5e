import { basename, dirname } from 'node:path';
import { pullRequestBase, readAtBase, type FileAtBase } from '../git/base.ts';
import type { BaselineBase } from '../model/baseline.ts';
import { BaselineError } from '../policy/baseline-file.ts';
import { UsageError } from './exit.ts';
import type { Io } from './io.ts';
import type { OptionValues } from './options.ts';
import { baselinePath, readBaseline } from './project.ts';
import { shownPath } from './setup.ts';

const WHOLE_HISTORY =
  'let the pipeline fetch the whole history (fetch-depth: 0 of actions/checkout, GIT_DEPTH: 0 in GitLab)';

/**
 * The baseline of a lockfile where the pull request began: at the merge base of HEAD and --base, or of what a pull-request
 * pipeline names. Null outside of one. Throws UsageError where --base cannot be read; what was found without being asked for
 * has a `problem` then, and holds nothing.
 */
export async function baseOf(values: OptionValues, lockfile: string, io: Io): Promise<BaselineBase | null> {
  const given = values.base;
  const base = given === undefined ? pullRequestBase(io.env) : { shown: given, refs: [given] };
  if (base === null) return null;
  const path = baselinePath(lockfile);
  const found = await readAtBase(dirname(path), basename(path), base);
  const ref = base.shown;
  if ('bytes' in found) return { ref, ...contentOf(found, `${shownPath(path, io)} of ${found.commit.slice(0, 12)}`) };
  if (given !== undefined) throw new UsageError(`--base ${given} cannot be read: ${found.problem}`);
  return { ref, commit: found.commit, content: null, problem: `${found.problem}; ${WHOLE_HISTORY}` };
}

/** A file that is broken there holds nothing; that it is broken is for the branch it is in to mend. */
function contentOf(
  { commit, bytes }: Extract<FileAtBase, { bytes: unknown }>,
  file: string,
): Pick<BaselineBase, 'commit' | 'content' | 'problem'> {
  try {
    return { commit, content: bytes === null ? null : readBaseline(file, bytes), problem: null };
  } catch (error) {
    if (!(error instanceof BaselineError)) throw error;
    return { commit, content: null, problem: error.message };
  }
}
