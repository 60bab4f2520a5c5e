import { spawnSync } from 'node:child_process';

export const hasGit = spawnSync('git', ['--version']).status === 0;
/** For the names of tests that need git. */
export const WITHOUT_GIT = hasGit ? '' : ' (skipped: no git here)';

const IDENTITY = ['-c', 'user.name=t', '-c', 'user.email=t@lab.test', '-c', 'commit.gpgsign=false'];
const NO_CONFIG = { GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_SYSTEM: '/dev/null' };

/** Runs git in `folder` and returns what it wrote, without the line's end. Throws where it fails. */
export function git(folder: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): string {
  const { status, stdout, stderr } = spawnSync('git', [...IDENTITY, ...args], {
    cwd: folder,
    encoding: 'utf8',
    env: { PATH: process.env['PATH'] ?? '', ...NO_CONFIG, ...env },
  });
  if (status !== 0) throw new Error(`git ${args.join(' ')}: ${stderr}`);
  return stdout.trimEnd();
}

/** The environment that dates a commit; `time` in milliseconds. */
export function at(time: number): Readonly<Record<string, string>> {
  const date = `@${Math.floor(time / 1000)} +0000`;
  return { GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date };
}

/** Commits everything in `folder` at `time` and returns the commit. */
export function commitAll(folder: string, time: number): string {
  git(folder, ['add', '-A']);
  git(folder, ['commit', '-q', '--allow-empty', '-m', 'x'], at(time));
  return git(folder, ['rev-parse', 'HEAD']);
}
