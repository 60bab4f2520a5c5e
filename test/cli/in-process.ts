import type { Io, Output } from '../../src/cli/io.ts';
import { run } from '../../src/cli/start/main.ts';
import { IMPATIENT, NO_NETWORK, type Run } from './run.ts';

/** Runs the command line in this process, for tests that run it many times. */
export async function assayHere(
  args: readonly string[],
  cwd: string,
  columns = 100,
  env: Readonly<Record<string, string>> = {},
): Promise<Run> {
  const written = { stdout: '', stderr: '' };
  const output = (name: 'stdout' | 'stderr'): Output => ({
    write: (text) => (written[name] += text),
    isTerminal: false,
    color: false,
    columns,
    unicode: true,
  });
  const io: Io = {
    cwd,
    env: { ...NO_NETWORK, ...IMPATIENT, ...env },
    stdout: output('stdout'),
    stderr: output('stderr'),
  };
  return { status: await run(args, io), ...written };
}
