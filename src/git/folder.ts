import { createHash } from 'node:crypto';
import { git } from './git.ts';
import { levelsOf, type Level } from './superproject.ts';
import { entryAt } from './base.ts';

/** The ids of a folder's files in a commit, by their path from there. */
export type FilesAt = ReadonlyMap<string, string>;

/**
 * What a commit of the outermost repository around a folder has in that, links and what submodules have below it left
 * out of account: these have ids of no file. Null where git cannot say.
 */
export async function filesAt(folder: string, commit: string): Promise<FilesAt | null> {
  const levels = await levelsOf(folder);
  return levels === null ? null : filesIn(levels, commit);
}

async function filesIn([{ root, path }, ...inner]: readonly [Level, ...Level[]], commit: string) {
  const [next, ...others] = inner;
  if (next !== undefined) {
    const way = await entryAt(root, path, commit);
    if (way === null) return null;
    if (way.type === 'commit') return filesIn([next, ...others], way.id);
  }
  const whole = [path, ...inner.map((each) => each.path)].filter((part) => part !== '').join('/');
  return listed(root, whole, commit);
}

async function listed(root: string, path: string, commit: string): Promise<FilesAt | null> {
  const tree = path === '' ? `${commit}^{tree}` : `${commit}:${path}`;
  const isThere = path === '' ? { type: 'tree' } : await entryAt(root, path, commit);
  if (isThere === null) return null;
  if (isThere.type !== 'tree') return new Map();
  const output = await git(root, ['ls-tree', '-r', '-z', '--end-of-options', tree]);
  if (output === null) return null;
  const lines = output.toString('utf8').split('\0').slice(0, -1);
  return new Map(
    lines.map((line): [string, string] => {
      const [, mode = '', id = '', name = ''] = /^(\d{6}) \w+ ([0-9a-f]+)\t([^]*)$/.exec(line) ?? [];
      return [name, mode.startsWith('100') ? id : `${mode} ${id}`];
    }),
  );
}

/** Whether git would give a file with these bytes that id, which it may have checked out with other line ends. */
export function isOfId(bytes: Buffer, id: string): boolean {
  const algorithm = id.length === 64 ? 'sha256' : 'sha1';
  const plain = Buffer.from(bytes.toString('latin1').replaceAll('\r\n', '\n'), 'latin1');
  return [bytes, plain].some(
    (each) => createHash(algorithm).update(`blob ${each.length}\0`).update(each).digest('hex') === id,
  );
}
