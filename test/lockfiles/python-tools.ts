import { spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Versions that the tests were written against. */
const TOOLS = ['uv==0.13.9', 'pip==26.0', 'packaging==26.0', 'poetry-core==2.3.0'];

/** A virtual environment with the tools that Python projects are installed with; null where it cannot be made. */
export function pythonTools(): { readonly folder: string; readonly python: string; readonly uv: string } | null {
  const folder = mkdtempSync(join(tmpdir(), 'assay-python-tools-'));
  const run = (command: string, ...args: string[]): boolean =>
    spawnSync(command, args, { stdio: 'ignore', timeout: 120_000 }).status === 0;
  const [python, uv] = ['python', 'uv'].map((name) => join(folder, 'bin', name)) as [string, string];
  const isMade = run('python3', '-m', 'venv', folder) && run(python, '-m', 'pip', 'install', '--quiet', ...TOOLS);
  return isMade ? { folder, python, uv } : null;
}
