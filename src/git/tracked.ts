import { invocation } from './git.ts';

/**
 * Whether git tracks a file, or anything in a folder, of the working tree of `folder`; also under another case of its
 * letters, which is the same file on some systems. True where git gives no answer. Waits: what depends on it is asked
 * for before anything else is.
 */
export function isTracked(folder: string, path: string): boolean {
  // Other commands load nothing to run programs with.
  const { spawnSync } = process.getBuiltinModule('node:child_process');
  const pattern = `:(top,icase,literal)${path.replaceAll('\\', '/')}`;
  const { words, options } = invocation(folder, ['ls-files', '-z', '--', pattern]);
  const env = { ...options.env, GIT_LITERAL_PATHSPECS: '0' };
  const { status, stdout } = spawnSync('git', words, { ...options, env });
  return status !== 0 || stdout.length > 0;
}
