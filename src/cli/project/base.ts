import { existsSync } from 'node:fs';
import { basename, dirname, join, posix, resolve } from 'node:path';
import { findBase, readAt, type Base, type BaseRef, type FileAtBase } from '../../git/base.ts';
import { movedFrom, type RepositoryPath } from '../../git/gone.ts';
import type { Baseline, BaselineBase } from '../../model/baseline.ts';
import { POLICY_FILE } from '../../model/policy.ts';
import { BaselineError } from '../../baseline/error.ts';
import { FORMAT } from '../../baseline/text.ts';
import { standingOf } from '../../baseline/standing.ts';
import { UsageError } from '../exit.ts';
import type { Io } from '../io.ts';
import type { OptionValues } from '../options.ts';
import { advisoryPaths } from './advisories.ts';
import { areAdvisoriesChanged } from './changed-advisories.ts';
import { isFolderChanged, OF_TUF } from './changed-folder.ts';
import { pullRequestBase, pushBase, type UnknownBase } from './pipeline-base.ts';
import { policyFolders, type LoadedPolicy } from './policy.ts';
import { baselinePath, projectFolder, readBaseline } from './files.ts';
import { demandNoRollback } from './rolled-back.ts';
import { readUserFile, shownPath } from '../user-files.ts';

export const WHOLE_HISTORY =
  'let the pipeline fetch the whole history (fetch-depth: 0 of actions/checkout, GIT_DEPTH: 0 in GitLab)';

/** Finds where HEAD and a ref part. */
export type FindBase = (ref: BaseRef) => Promise<Base>;

/** Finds bases in the repositories of lockfiles, asking git once in each folder for each ref. */
export function baseFinders(): (lockfile: string) => FindBase {
  const found = new Map<string, Promise<Base>>();
  return (lockfile) => (ref) => {
    const folder = projectFolder(lockfile);
    const key = [folder, ...ref.refs].join('\n');
    const base = found.get(key) ?? findBase(folder, ref);
    found.set(key, base);
    return base;
  };
}

/**
 * The revision that --since names; without a value, that of the pull request a pipeline runs for. Null where neither
 * does.
 */
export function sinceRef(values: OptionValues, io: Io): BaseRef | null {
  const { since } = values;
  return since === undefined || since === '' ? pullRequestBase(io.env) : { shown: since, refs: [since] };
}

/** Whose baseline decides; a change that is looked at alone must not bring its own. */
function baseRef(values: OptionValues, io: Io): BaseRef | UnknownBase | null {
  if (values.base !== undefined) return { shown: values.base, refs: [values.base] };
  const named = values.since === undefined ? null : sinceRef(values, io);
  return pullRequestBase(io.env) ?? named ?? pushBase(io.env);
}

/** With the commit that the branch it goes to has now, where that is another one. */
interface FoundBase extends BaselineBase {
  readonly tip?: string;
  /** The file that the change moved to where it is now. */
  readonly moved?: RepositoryPath;
}

/**
 * The baseline of a lockfile where the change began: at the merge base of HEAD and --base, or of what the pipeline of a
 * pull request or push names, or of --since. Null outside of one. Throws UsageError where --base cannot be read; what
 * was found without being asked for has a `problem` then, and holds nothing.
 */
export async function baseOf(
  values: OptionValues,
  lockfile: string,
  policy: LoadedPolicy | null,
  find: FindBase,
  io: Io,
): Promise<FoundBase | null> {
  const given = values.base;
  const base = baseRef(values, io);
  if (base === null) return null;
  if ('problem' in base) {
    // Without a baseline there is nothing to hold, and nothing to say.
    if (!existsSync(baselinePath(lockfile))) return null;
    return { ref: 'HEAD', commit: null, policyChanged: null, content: null, problem: base.problem };
  }
  const path = baselinePath(lockfile);
  const found = await find(base);
  const { commit } = found;
  if (commit !== null) await demandNoRollback(policy, commit);
  const ref = base.shown;
  const there = commit === null ? found : await readAt(dirname(path), basename(path), commit);
  const isNew = commit !== null && 'bytes' in there && there.bytes === null;
  const moves = isNew ? await movedFrom(dirname(path), basename(path), commit) : [];
  if (moves.length > 1 && existsSync(path)) {
    const problem = `${shownPath(path, io)} was moved there, and ${moves.length} that are gone may be what it was`;
    return { ref, commit, policyChanged: null, content: null, problem };
  }
  const moved = moves.length === 1 ? moves[0] : undefined;
  const then = commit === null || moved === undefined ? there : await readMoved(moved, basename(path), commit);
  if (commit !== null && 'bytes' in then) {
    // As with entries, another policy than the target's may be that of an earlier change.
    let policyChanged: boolean | null = false;
    for (const each of new Set([commit, found.tip])) {
      if (policyChanged === false) policyChanged = await isPolicyChanged(values, each, dirname(lockfile), policy, io);
    }
    const read = contentOf(then.bytes, `${shownPath(path, io)} of ${commit.slice(0, 12)}`);
    const base = { ref, commit, policyChanged, ...read, ...(moved && { moved }) };
    if (read.content === null || found.tip === commit) return base;
    const target = await baselineAt(path, moved, found.tip);
    return { ...base, tip: found.tip, standing: standingOf(read.content, target) };
  }
  const why = 'problem' in then ? then.problem : null;
  if (given !== undefined) throw new UsageError(`--base ${given} cannot be read: ${why ?? ''}`);
  return { ref, commit, policyChanged: null, content: null, problem: `${why ?? ''}; ${WHOLE_HISTORY}` };
}

/** The file at `path` in a commit; where there is none, the file of its name beside the one that was `moved`. */
export async function readAtOrBefore(
  path: string,
  moved: RepositoryPath | undefined,
  commit: string,
): Promise<FileAtBase> {
  const name = basename(path);
  const found = await readAt(dirname(path), name, commit);
  if (moved === undefined || !('bytes' in found) || found.bytes !== null) return found;
  return readMoved(moved, name, commit);
}

function readMoved({ root, path }: RepositoryPath, name: string, commit: string): Promise<FileAtBase> {
  return readAt(root, posix.join(posix.dirname(path), name), commit);
}

/** What the branch that a change goes to has now; null where it has none that can be used. */
async function baselineAt(path: string, moved: RepositoryPath | undefined, commit: string): Promise<Baseline | null> {
  const found = await readAtOrBefore(path, moved, commit);
  return 'bytes' in found ? contentOf(found.bytes, basename(path)).content : null;
}

/**
 * Whether another policy governed there, or another file that it or the command line names; null where git does not
 * know the file that governs.
 */
async function isPolicyChanged(
  values: OptionValues,
  commit: string,
  folder: string,
  policy: LoadedPolicy | null,
  io: Io,
): Promise<boolean | null> {
  const named = values.policy === undefined || policy === null ? null : policy;
  const folders = named === null ? policyFolders(folder) : [named.folder];
  const name = named === null ? POLICY_FILE : basename(named.policy.file);
  const before = await firstAt(folders, name, commit);
  if (before === undefined) return null;
  const now =
    policy === null ? null : readUserFile(join(policy.folder, basename(policy.policy.file)), 'the policy', io);
  if (!isSame(before, now)) return true;
  for (const path of policyFiles(policy)) {
    if ((await isChanged(path, commit, io)) !== false) return true;
  }
  for (const path of policyFoldersOfTrust(policy)) {
    if ((await isFolderChanged(policy?.folder ?? '', path, commit, OF_TUF)) !== false) return true;
  }
  const given = [values['trusted-root'], values['tuf-root'], values['registry-keys']].flatMap((path) => path ?? []);
  for (const path of given.map((each) => resolve(io.cwd, each))) {
    // What no commit has, no pull request brought.
    const isTracked = (await isChanged(path, 'HEAD', io)) === false;
    if (isTracked && (await isChanged(path, commit, io)) === true) return true;
  }
  for (const path of advisoryPaths(values, policy, io)) {
    if (await areAdvisoriesChanged(path, commit, io)) return true;
  }
  const { tuf } = values;
  if (tuf === undefined || tuf.includes('://')) return false;
  return (
    (await isFolderChanged(io.cwd, tuf, 'HEAD', OF_TUF)) === false &&
    (await isFolderChanged(io.cwd, tuf, commit, OF_TUF)) === true
  );
}

/** The nearest file of a name; null where none of the folders has it there, undefined where git cannot say. */
async function firstAt(folders: readonly string[], name: string, commit: string): Promise<Buffer | null | undefined> {
  for (const each of folders) {
    const found = await readAt(each, name, commit);
    if (!('bytes' in found)) return undefined;
    if (found.bytes !== null) return found.bytes;
  }
  return null;
}

/** Files that the policy names: what they say is the policy's word. */
function policyFiles(policy: LoadedPolicy | null): readonly string[] {
  if (policy === null) return [];
  const { trustedRoot, tuf, instances, witnessPolicy, packs, privateRegistries } = policy.policy;
  const keys = packs.map((one) => (one.kind === 'key' ? one.file : null));
  const roots = [...instances.values()].flatMap((one) => [one.root, one.tuf?.root, one.witnessPolicy]);
  const named = [
    trustedRoot,
    tuf?.root,
    witnessPolicy,
    ...roots,
    ...keys,
    ...privateRegistries.map(({ keys }) => keys),
  ];
  return named.flatMap((path) => (typeof path === 'string' ? [resolve(policy.folder, path)] : []));
}

/** TUF repositories that the policy names as folders: what they publish is the policy's word as well. */
function policyFoldersOfTrust(policy: LoadedPolicy | null): readonly string[] {
  if (policy === null) return [];
  const { tuf, instances } = policy.policy;
  return [tuf, ...[...instances.values()].map((one) => one.tuf)].flatMap((one) =>
    one?.isFolder === true ? one.url : [],
  );
}

/** Null where git does not know the file's folder, or the file is outside of the repository. */
export async function isChanged(path: string, commit: string, io: Io): Promise<boolean | null> {
  const found = await readAt(dirname(path), basename(path), commit);
  if (!('bytes' in found)) return null;
  return !isSame(found.bytes, existsSync(path) ? readUserFile(path, 'the file', io) : null);
}

/** Whether two texts are one for git, which may have given the checkout other line ends. */
function isSame(before: Buffer | null, now: Buffer | null): boolean {
  if (before === null || now === null) return before === now;
  const plain = (bytes: Buffer): string => bytes.toString('latin1').replaceAll('\r\n', '\n');
  return before.equals(now) || plain(before) === plain(now);
}

/** A file that is broken there holds nothing; that it is broken is for the branch it is in to mend. */
function contentOf(bytes: Buffer | null, file: string): Pick<BaselineBase, 'content' | 'format' | 'problem'> {
  try {
    if (bytes === null) return { content: null, problem: null };
    const { content, format } = readBaseline(file, bytes);
    return { content, ...(format === FORMAT ? {} : { format }), problem: null };
  } catch (error) {
    if (!(error instanceof BaselineError)) throw error;
    return { content: null, problem: error.message };
  }
}
