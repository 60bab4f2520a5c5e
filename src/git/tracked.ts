import { existsSync } from 'node:fs';
import { basename, dirname, join, relative, sep } from 'node:path';
import { invocation } from './git.ts';

/**
 * Whether git tracks a file, or anything in a folder, of the working tree of `folder`; also under another case of its
 * letters, which is the same file on some systems. True where git gives no answer. Waits: what depends on it is asked
 * for before anything else is.
 */
export function isTracked(folder: string, path: string): boolean {
  const { status, stdout } = listed(folder, `:(top,icase,literal)${path.replaceAll('\\', '/')}`);
  return status !== 0 || stdout.length > 0;
}

/** The same of a file by its whole path, but that nothing is tracked where git finds no repository at all. */
export function isTrackedFile(path: string): boolean {
  const { status, stdout, stderr } = listed(dirname(path), `:(icase,literal)${basename(path)}`);
  return status === 0 ? stdout.length > 0 : status === null || !String(stderr).includes('not a git repository');
}

/**
 * Of these paths, those of files that git ignores and does not track; none where git gives no answer. Each is asked of
 * the nearest repository, a submodule too.
 */
export function ignoredOf(paths: readonly string[]): ReadonlySet<string> {
  const roots = new Map<string, string[]>();
  for (const path of paths) {
    const root = rootOf(dirname(path));
    if (root !== null) roots.set(root, [...(roots.get(root) ?? []), path]);
  }
  const found = [...roots].flatMap(([root, all]) => {
    const input = all.map((path) => `./${relative(root, path).split(sep).join('/')}\0`).join('');
    const { words, options } = invocation(root, ['check-ignore', '-z', '--stdin']);
    const { spawnSync } = process.getBuiltinModule('node:child_process');
    const env = { ...options.env, GIT_LITERAL_PATHSPECS: '0' };
    const { stdout } = spawnSync('git', words, { ...options, env, input: Buffer.from(input) });
    return ((stdout as Buffer | null)?.toString('utf8') ?? '').split('\0').map((path) => join(root, path));
  });
  return new Set(found);
}

function rootOf(folder: string): string | null {
  if (existsSync(join(folder, '.git'))) return folder;
  return dirname(folder) === folder ? null : rootOf(dirname(folder));
}

function listed(folder: string, pattern: string) {
  // Other commands load nothing to run programs with.
  const { spawnSync } = process.getBuiltinModule('node:child_process');
  const { words, options } = invocation(folder, ['ls-files', '-z', '--', pattern]);
  return spawnSync('git', words, { ...options, env: { ...options.env, GIT_LITERAL_PATHSPECS: '0' } });
}
