import { git } from './git.ts';
import { levelsOf } from './superproject.ts';

/** A path in a repository: the root of its working tree, and the way from there, with slashes. */
export interface RepositoryPath {
  readonly root: string;
  readonly path: string;
}

/**
 * Of the files of these names that a commit has and HEAD has no more, those whose place is most like `path`: of the
 * same folder, else with most folders of the same names above them. What HEAD still has stayed where it was.
 */
export async function goneSince(
  root: string,
  commit: string,
  names: readonly string[],
  path: string,
): Promise<readonly string[]> {
  const [then, now] = await Promise.all([commit, 'HEAD'].map((each) => pathsOf(root, each, names)));
  if (then === undefined || now === undefined) return [];
  const gone = [...then].filter((each) => !now.has(each) && each !== path);
  const likeness = new Map(gone.map((each) => [each, likenessOf(foldersOf(each), foldersOf(path))]));
  const most = Math.max(...likeness.values());
  return gone.filter((each) => likeness.get(each) === most);
}

/**
 * Where the file at `name` of a folder may have been in a commit that has nothing there: those of its name that are
 * gone by now. Only in the folder's own repository.
 */
export async function movedFrom(folder: string, name: string, commit: string): Promise<readonly RepositoryPath[]> {
  const levels = await levelsOf(folder);
  const [level] = levels ?? [];
  if (level === undefined || levels?.length !== 1) return [];
  const path = level.path === '' ? name : `${level.path}/${name}`;
  return (await goneSince(level.root, commit, [name], path)).map((each) => ({ root: level.root, path: each }));
}

async function pathsOf(root: string, commit: string, names: readonly string[]): Promise<ReadonlySet<string>> {
  const listed = await git(root, ['ls-tree', '-r', '-z', '--name-only', '--full-tree', commit]);
  const paths = listed?.toString('utf8').split('\0') ?? [];
  return new Set(paths.filter((path) => names.includes(path.slice(path.lastIndexOf('/') + 1))));
}

function foldersOf(path: string): readonly string[] {
  return path.split('/').slice(0, -1);
}

function likenessOf(one: readonly string[], other: readonly string[]): number {
  if (one.join('/') === other.join('/')) return Infinity;
  const same = one.toReversed().findIndex((folder, at) => folder !== other.at(-1 - at));
  return same === -1 ? one.length : same;
}
