import { basename, dirname } from 'node:path';
import { digestOf } from '../digest.ts';
import { findBase, pullRequestBase, readAt, type Base, type BaseRef } from '../git/base.ts';
import type { BaselineBase } from '../model/baseline.ts';
import { POLICY_FILE } from '../model/policy.ts';
import { BaselineError } from '../policy/baseline-file.ts';
import { UsageError } from './exit.ts';
import type { Io } from './io.ts';
import type { OptionValues } from './options.ts';
import { policyFolders, type LoadedPolicy } from './policy.ts';
import { baselinePath, projectFolder, readBaseline } from './project.ts';
import { shownPath } from './setup.ts';

export const WHOLE_HISTORY =
  'let the pipeline fetch the whole history (fetch-depth: 0 of actions/checkout, GIT_DEPTH: 0 in GitLab)';

/** Finds where HEAD and a ref part. */
export type FindBase = (ref: BaseRef) => Promise<Base>;

/** The same in the repository of a lockfile, asking git once for each ref. */
export function baseFinder(lockfile: string): FindBase {
  const found = new Map<string, Promise<Base>>();
  return (ref) => {
    const key = ref.refs.join('\n');
    const base = found.get(key) ?? findBase(projectFolder(lockfile), ref);
    found.set(key, base);
    return base;
  };
}

/** The revision that --since names; without a value, that of the pull request a pipeline runs for. Null where neither does. */
export function sinceRef(values: OptionValues, io: Io): BaseRef | null {
  const { since } = values;
  return since === undefined || since === '' ? pullRequestBase(io.env) : { shown: since, refs: [since] };
}

/** Whose baseline decides; a change that is looked at alone must not bring its own. */
function baseRef(values: OptionValues, io: Io): BaseRef | null {
  if (values.base !== undefined) return { shown: values.base, refs: [values.base] };
  return pullRequestBase(io.env) ?? sinceRef(values, io);
}

/**
 * The baseline of a lockfile where the pull request began: at the merge base of HEAD and --base, or of what a pull-request
 * pipeline names, or of --since. Null outside of one. Throws UsageError where --base cannot be read; what was found without being asked for
 * has a `problem` then, and holds nothing.
 */
export async function baseOf(
  values: OptionValues,
  lockfile: string,
  policy: LoadedPolicy | null,
  find: FindBase,
  io: Io,
): Promise<BaselineBase | null> {
  const given = values.base;
  const base = baseRef(values, io);
  if (base === null) return null;
  const path = baselinePath(lockfile);
  const { commit, problem } = await find(base);
  const found = commit === null ? { problem } : await readAt(dirname(path), basename(path), commit);
  const ref = base.shown;
  if (commit !== null && 'bytes' in found) {
    const policyChanged = await isPolicyChanged(values, commit, dirname(lockfile), policy);
    return {
      ref,
      commit,
      policyChanged,
      ...contentOf(found.bytes, `${shownPath(path, io)} of ${commit.slice(0, 12)}`),
    };
  }
  const why = 'problem' in found ? found.problem : problem;
  if (given !== undefined) throw new UsageError(`--base ${given} cannot be read: ${why ?? ''}`);
  return { ref, commit, policyChanged: null, content: null, problem: `${why ?? ''}; ${WHOLE_HISTORY}` };
}

/** Whether another policy governed there; null where git does not know the file that governs. */
async function isPolicyChanged(
  values: OptionValues,
  commit: string,
  folder: string,
  policy: LoadedPolicy | null,
): Promise<boolean | null> {
  const named = values.policy === undefined || policy === null ? null : policy;
  const folders = named === null ? policyFolders(folder) : [named.folder];
  const name = named === null ? POLICY_FILE : basename(named.policy.file);
  for (const each of folders) {
    const found = await readAt(each, name, commit);
    if (!('bytes' in found)) return null;
    if (found.bytes !== null) return digestOf(found.bytes) !== policy?.digest;
  }
  return policy !== null;
}

/** A file that is broken there holds nothing; that it is broken is for the branch it is in to mend. */
function contentOf(bytes: Buffer | null, file: string): Pick<BaselineBase, 'content' | 'problem'> {
  try {
    return { content: bytes === null ? null : readBaseline(file, bytes), problem: null };
  } catch (error) {
    if (!(error instanceof BaselineError)) throw error;
    return { content: null, problem: error.message };
  }
}
