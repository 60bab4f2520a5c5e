import { git, whyNoAnswer } from './git.ts';

/** How the base of a pull request is found. */
export interface BaseRef {
  /** As it is shown: "origin/main". */
  readonly shown: string;
  /** The refs to try, the first that there is counts. */
  readonly refs: readonly string[];
}

/** Where two branches part, or why that cannot be said. */
export type Base =
  { readonly commit: string; readonly problem: null } | { readonly commit: null; readonly problem: string };

/** A file in a commit; `bytes` null where it is not there. Or why it cannot be said. */
export type FileAtBase = { readonly bytes: Buffer | null } | { readonly problem: string };

/**
 * The merge base of HEAD and a ref in the repository of `folder`. Anyone can choose the name of a ref, so refs become
 * commit ids before git is asked anything else about them.
 */
export async function findBase(folder: string, { shown, refs }: BaseRef): Promise<Base> {
  const head = await commitOf(folder, 'HEAD');
  if (head === null) {
    return { commit: null, problem: (await whyNoAnswer(folder)) ?? 'git finds no repository with a commit here' };
  }
  const tip = await firstCommitOf(folder, refs);
  if (tip === null) return { commit: null, problem: `git does not know ${shown} here` };
  const commit = idOf(await git(folder, ['merge-base', head, tip]));
  return commit === null
    ? { commit, problem: `git finds no commit that HEAD and ${shown} have in common` }
    : { commit, problem: null };
}

/** Whether the clone ends before the history does. */
export async function isShallow(folder: string): Promise<boolean> {
  return (await git(folder, ['rev-parse', '--is-shallow-repository']))?.toString('latin1').trim() === 'true';
}

/** The file `name` of `folder` as it is in a commit. */
export async function readAt(folder: string, name: string, commit: string): Promise<FileAtBase> {
  const listed = await git(folder, ['ls-tree', '-z', commit, '--', name]);
  if (listed === null) return { problem: `git cannot read ${commit.slice(0, 12)}` };
  if (listed.length === 0) return { bytes: null };
  const [, blob] = /^[0-7]{6} blob ([0-9a-f]{40,64})\t/.exec(listed.toString('latin1')) ?? [];
  const bytes = blob === undefined ? null : await git(folder, ['cat-file', 'blob', blob]);
  if (bytes !== null) return { bytes };
  const why = blob === undefined ? 'is no file' : 'is missing from this clone (a partial one has not got it)';
  return { problem: `${name} ${why} in ${commit.slice(0, 12)}` };
}

async function firstCommitOf(folder: string, refs: readonly string[]): Promise<string | null> {
  for (const ref of refs) {
    const commit = await commitOf(folder, ref);
    if (commit !== null) return commit;
  }
  return null;
}

async function commitOf(folder: string, ref: string): Promise<string | null> {
  return idOf(await git(folder, ['rev-parse', '--verify', '--quiet', '--end-of-options', `${ref}^{commit}`]));
}

function idOf(output: Buffer | null): string | null {
  return /^([0-9a-f]{40,64})\n/.exec(output?.toString('latin1') ?? '')?.[1] ?? null;
}
