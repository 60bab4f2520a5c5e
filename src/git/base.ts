import { git, whyNoAnswer } from './git.ts';
import { levelsOf, type Level } from './superproject.ts';

/** How the base of a pull request is found. */
export interface BaseRef {
  /** As it is shown: "origin/main". */
  readonly shown: string;
  /** The refs to try, the first that there is counts. */
  readonly refs: readonly string[];
}

/** Where two branches part, and what the other one has now; or why that cannot be said. */
export type Base =
  | { readonly commit: string; readonly tip: string; readonly problem: null }
  | { readonly commit: null; readonly problem: string };

/** A file in a commit; `bytes` null where it is not there. Or why it cannot be said. */
export type FileAtBase = { readonly bytes: Buffer | null } | { readonly problem: string };

/**
 * The merge base of HEAD and a ref in the repository of `place`: the outermost that has it within its submodules, as a
 * change may bring a submodule, and with it a repository with branches of any name. Anyone can choose the name of a
 * ref, so refs become commit ids before git is asked anything else about them.
 */
export async function findBase(place: string, { shown, refs }: BaseRef): Promise<Base> {
  const folder = (await levelsOf(place))?.[0].root ?? place;
  const head = await commitOf(folder, 'HEAD');
  if (head === null) {
    return { commit: null, problem: (await whyNoAnswer(folder)) ?? 'git finds no repository with a commit here' };
  }
  const tip = await firstCommitOf(folder, refs);
  if (tip === null) return { commit: null, problem: `git does not know ${shown} here` };
  const commit = idOf(await git(folder, ['merge-base', head, tip]));
  return commit === null
    ? { commit, problem: `git finds no commit that HEAD and ${shown} have in common` }
    : { commit, tip, problem: null };
}

/** Whether the clone ends before the history does. */
export async function isShallow(folder: string): Promise<boolean> {
  return (await git(folder, ['rev-parse', '--is-shallow-repository']))?.toString('latin1').trim() === 'true';
}

/**
 * The file `name` of `folder` as it is in a commit of the outermost repository around it. Where that has a submodule on
 * the way, it is the submodule's commit there that counts; where it has a folder instead, the file in that.
 */
export async function readAt(folder: string, name: string, commit: string): Promise<FileAtBase> {
  const levels = await levelsOf(folder);
  if (levels === null) return { problem: `git cannot read ${commit.slice(0, 12)}` };
  return readIn(levels, name, commit);
}

async function readIn(
  [level, ...inner]: readonly [Level, ...Level[]],
  name: string,
  commit: string,
): Promise<FileAtBase> {
  const { root, path } = level;
  const [next, ...others] = inner;
  if (next !== undefined) {
    const way = await entryAt(root, path, commit);
    if (way === null) return unreadable(commit);
    if (way.type === 'commit') return readIn([next, ...others], name, way.id);
  }
  const file = [path, ...inner.map((each) => each.path), name].filter((part) => part !== '').join('/');
  const entry = await entryAt(root, file, commit);
  if (entry === null) return unreadable(commit);
  if (entry.type === null) return { bytes: null };
  const bytes = entry.type === 'blob' ? await git(root, ['cat-file', 'blob', entry.id]) : null;
  if (bytes !== null) return { bytes };
  const why = entry.type === 'blob' ? 'is missing from this clone (a partial one has not got it)' : 'is no file';
  return { problem: `${name} ${why} in ${commit.slice(0, 12)}` };
}

function unreadable(commit: string): FileAtBase {
  return { problem: `git cannot read ${commit.slice(0, 12)}` };
}

/** What a commit has at a path: `commit` is a submodule's. */
type Entry = { readonly type: 'blob' | 'tree' | 'commit'; readonly id: string } | { readonly type: null };

/** Null where git cannot read it. */
export async function entryAt(root: string, path: string, commit: string): Promise<Entry | null> {
  const listed = await git(root, ['ls-tree', '-z', commit, '--', path]);
  if (listed === null) return null;
  const [, type, id] = /^[0-7]{6} (blob|tree|commit) ([0-9a-f]{40,64})\t/.exec(listed.toString('latin1')) ?? [];
  if (id === undefined) return { type: null };
  return { type: type as 'blob' | 'tree' | 'commit', id };
}

async function firstCommitOf(folder: string, refs: readonly string[]): Promise<string | null> {
  for (const ref of refs) {
    const commit = await commitOf(folder, ref);
    if (commit !== null) return commit;
  }
  return null;
}

/** The id of the commit that a ref names; null where there is none. */
export async function commitOf(folder: string, ref: string): Promise<string | null> {
  return idOf(await git(folder, ['rev-parse', '--verify', '--quiet', '--end-of-options', `${ref}^{commit}`]));
}

function idOf(output: Buffer | null): string | null {
  return /^([0-9a-f]{40,64})\n/.exec(output?.toString('latin1') ?? '')?.[1] ?? null;
}
