import { execFile } from 'node:child_process';

/** More than any lockfile or list of commits. */
const MAX_OUTPUT = 256 * 1024 * 1024;
const TIMEOUT_MS = 30_000;

/** Settings that outrank the repository's own configuration: run nothing, show no colours, never prompt. */
const SETTINGS = [
  'core.fsmonitor=false',
  'core.hooksPath=/dev/null',
  // An older git would fetch what a partial clone lacks.
  'protocol.allow=never',
  'log.showSignature=false',
  'color.ui=false',
  // A folder that only looks like a repository brings its own configuration.
  'safe.bareRepository=explicit',
];

/** Variables that name another repository than the folder's, as hooks of git inherit them. */
const ELSEWHERE = [
  'GIT_DIR',
  'GIT_WORK_TREE',
  'GIT_COMMON_DIR',
  'GIT_INDEX_FILE',
  'GIT_OBJECT_DIRECTORY',
  'GIT_ALTERNATE_OBJECT_DIRECTORIES',
  'GIT_NAMESPACE',
  'GIT_SHALLOW_FILE',
];

/** Objects and parents are what the commits say: replacements and grafts are this clone's alone. */
const OWN_OBJECTS = { GIT_NO_REPLACE_OBJECTS: '1', GIT_GRAFT_FILE: '/dev/null', GIT_NO_LAZY_FETCH: '1' };

/**
 * Runs git in `folder` with `input`, and returns what it wrote; null where it failed, or there is no git. Only commands
 * that read objects as they are stored are meant (nothing that shows differences or applies filters, as a repository
 * can name programs for these), with no arguments of anybody's but ours before a `--`.
 */
export async function git(folder: string, args: readonly string[], input = ''): Promise<Buffer | null> {
  const { stdout } = await run(folder, args, input);
  return stdout;
}

/** Why git gives no answer about the newest commit of a folder, in a few words; null where it gives one. */
export async function whyNoAnswer(folder: string): Promise<string | null> {
  const { stdout, code, stderr } = await run(folder, ['rev-parse', '--verify', 'HEAD^{commit}'], '');
  if (stdout !== null) return null;
  if (code === 'ENOENT') return 'git is not there to be asked';
  if (code === 'SIGKILL') return `git gave no answer in ${TIMEOUT_MS / 1000} seconds`;
  if (/dubious ownership|safe\.directory/.test(stderr)) {
    return 'git refuses a repository that somebody else owns (git config --global --add safe.directory FOLDER)';
  }
  if (stderr.includes('cannot use bare repository')) {
    return 'it is a bare repository, which a folder only may look like: clone it';
  }
  return stderr.includes('Needed a single revision')
    ? 'git finds no commit in this repository yet'
    : 'git finds no repository with a commit here';
}

interface Ran {
  /** Null where it failed. */
  readonly stdout: Buffer | null;
  /** Of the error of the system, or the signal that ended it; null otherwise. */
  readonly code: string | null;
  readonly stderr: string;
}

/** The arguments for git in any folder, and how it is run. */
export function invocation(folder: string, args: readonly string[]) {
  const inherited = Object.entries(process.env).filter(([name]) => !ELSEWHERE.includes(name));
  const env = {
    ...Object.fromEntries(inherited),
    ...OWN_OBJECTS,
    GIT_TERMINAL_PROMPT: '0',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_LITERAL_PATHSPECS: '1',
    // What it says is read.
    LC_ALL: 'C',
  };
  const options = {
    cwd: folder,
    encoding: 'buffer' as const,
    maxBuffer: MAX_OUTPUT,
    timeout: TIMEOUT_MS,
    killSignal: 'SIGKILL' as const,
    env,
  };
  return { words: [...SETTINGS.flatMap((setting) => ['-c', setting]), ...args], options };
}

function run(folder: string, args: readonly string[], input: string): Promise<Ran> {
  const { words, options } = invocation(folder, args);
  return new Promise((resolve) => {
    const child = execFile('git', words, options, (error, stdout, stderr) => {
      const code = typeof error?.code === 'string' ? error.code : (error?.signal ?? null);
      resolve({ stdout: error === null ? stdout : null, code, stderr: stderr.toString('utf8') });
    });
    // A git that ends before it has read everything is judged by its exit status.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input);
  });
}
