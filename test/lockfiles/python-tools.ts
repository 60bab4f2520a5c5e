import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Those that the tests were written against. */
const TOOLS = ['uv==0.13.9', 'pip==26.3', 'packaging==26.2'];
const FOLDER = join(import.meta.dirname, '../../node_modules/.cache/package-managers/python-tools');

interface PythonTools {
  /** Runs uv, without any configuration; null where it refuses. */
  readonly uv: (folder: string, ...args: string[]) => string | null;
  /** Runs a program of Python with a list of texts as its input, and returns what it writes as JSON for each. */
  readonly ask: (program: string, texts: readonly string[]) => readonly unknown[];
}

/**
 * uv, pip and packaging in an environment of their own, kept under node_modules/.cache; null where there is no Python,
 * or they cannot be had from the configured index.
 */
export function pythonTools(): PythonTools | null {
  const [python, uv] = ['python', 'uv'].map((name) => join(FOLDER, 'bin', name)) as [string, string];
  const done = join(FOLDER, TOOLS.join('+'));
  const run = (command: string, ...args: string[]): boolean =>
    spawnSync(command, args, { stdio: 'ignore', timeout: 180_000 }).status === 0;
  if (!existsSync(done)) {
    mkdirSync(FOLDER, { recursive: true });
    const isMade = run('python3', '-m', 'venv', FOLDER) && run(python, '-m', 'pip', 'install', '--quiet', ...TOOLS);
    if (!isMade) return null;
    writeFileSync(done, '');
  }
  const env = { PATH: process.env['PATH'] ?? '', HOME: FOLDER, UV_PYTHON_DOWNLOADS: 'never', UV_NO_CONFIG: '1' };
  return {
    uv: (cwd, ...args) => {
      const { status, stdout } = spawnSync(uv, [...args, '--offline', '--color', 'never'], {
        ...{ cwd, env, encoding: 'utf8', timeout: 60_000 },
      });
      return status === 0 ? stdout : null;
    },
    ask: (program, texts) => {
      const input = JSON.stringify(texts);
      const { status, stdout, stderr } = spawnSync(python, ['-I', '-c', program], {
        ...{ input, env, encoding: 'utf8', timeout: 120_000, maxBuffer: 256 * 1024 * 1024 },
      });
      if (status !== 0) throw new Error(stderr);
      return JSON.parse(stdout) as readonly unknown[];
    },
  };
}
