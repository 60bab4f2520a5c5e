import { basename, dirname } from 'node:path';
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

function listed(folder: string, pattern: string) {
  // Other commands load nothing to run programs with.
  const { spawnSync } = process.getBuiltinModule('node:child_process');
  const { words, options } = invocation(folder, ['ls-files', '-z', '--', pattern]);
  return spawnSync('git', words, { ...options, env: { ...options.env, GIT_LITERAL_PATHSPECS: '0' } });
}
