import { git } from './git.ts';

/** A repository around a folder. */
export interface Level {
  /** The folder of its working tree. */
  readonly root: string;
  /** From there to the folder, or to the submodule that leads to it; with slashes, empty for the root itself. */
  readonly path: string;
}

/** More than anybody nests. */
const MAX_LEVELS = 16;

/**
 * The repositories that have a folder, the outermost first: where it is in a submodule, those that have that. Null
 * where there is none, or git gives no answer.
 */
export async function levelsOf(folder: string): Promise<readonly [Level, ...Level[]] | null> {
  const own = await around(folder);
  if (own === null) return null;
  let levels: readonly [Level, ...Level[]] = [{ root: own.root, path: own.prefix }];
  for (let { outer } = own; outer !== undefined;) {
    const [{ root: inner }] = levels;
    // As git writes both, the one begins with the other.
    if (!inner.startsWith(`${outer}/`) || levels.length === MAX_LEVELS) return null;
    levels = [{ root: outer, path: inner.slice(outer.length + 1) }, ...levels];
    const next = await around(outer);
    if (next === null) return null;
    outer = next.outer;
  }
  return levels;
}

interface Around {
  readonly root: string;
  readonly prefix: string;
  /** The working tree that has this one as a submodule. */
  readonly outer: string | undefined;
}

/** A path that has line ends makes more lines than git writes, and is no answer. */
async function around(folder: string): Promise<Around | null> {
  const output = await git(folder, [
    'rev-parse',
    '--show-toplevel',
    '--show-prefix',
    '--show-superproject-working-tree',
  ]);
  const [root, prefix, outer, ...others] = output?.toString('utf8').split(/\r?\n/).slice(0, -1) ?? [];
  if (root === undefined || prefix === undefined || others.length > 0 || outer?.endsWith('/') === true) return null;
  return { root, prefix: prefix.replace(/\/$/, ''), outer };
}
