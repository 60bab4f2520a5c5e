import { execFile } from 'node:child_process';

/** More than any lockfile or list of commits. */
const MAX_OUTPUT = 256 * 1024 * 1024;
const TIMEOUT_MS = 30_000;

/** What git is told whatever the repository's own configuration says: run nothing, show no colours, ask nobody. */
const SETTINGS = ['core.fsmonitor=false', 'core.hooksPath=/dev/null', 'log.showSignature=false', 'color.ui=false'];

/**
 * Runs git in `folder` and returns what it wrote; null where it failed, or there is no git. Only commands that read
 * objects are meant: no arguments of anybody's but ours before a `--`.
 */
export function git(folder: string, args: readonly string[]): Promise<Buffer | null> {
  const settings = SETTINGS.flatMap((setting) => ['-c', setting]);
  const options = { cwd: folder, encoding: 'buffer' as const, maxBuffer: MAX_OUTPUT, timeout: TIMEOUT_MS };
  const env = { ...process.env, GIT_TERMINAL_PROMPT: '0', GIT_OPTIONAL_LOCKS: '0', GIT_NO_LAZY_FETCH: '1' };
  return new Promise((resolve) => {
    execFile('git', [...settings, ...args], { ...options, env }, (error, stdout) => {
      resolve(error === null ? stdout : null);
    });
  });
}
