import { spawn } from 'cross-spawn';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { UsageError } from '../exit.ts';

/** The words of a command line that is to be run. Throws UsageError where they are one word within quotes. */
export function demandWords(command: string, [program = '', ...args]: readonly string[], cwd: string): void {
  if (args.length > 0 || !/\s/.test(program) || existsSync(resolve(cwd, program))) return;
  throw new UsageError(`${command} takes a command without quotes around it: assay ${command} -- ${program.trim()}`);
}

/** Signals that end a program by their usual meaning, and which it may want to see. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** Shells say of a program that a signal ended: 128 and its number (POSIX, 2.8.2). */
const SIGNALLED = 128;
const NUMBERS: Readonly<Partial<Record<NodeJS.Signals, number>>> = { SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGTERM: 15 };

/**
 * Runs a program with the input and outputs of this one. Returns its exit status. Throws UsageError where it cannot be
 * run.
 */
export function runProgram(
  program: string,
  args: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, env, stdio: 'inherit' });
    // The program decides when it is over. A terminal's Ctrl-C reaches it by itself.
    const forward = (signal: NodeJS.Signals): void => {
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
    };
    for (const signal of SIGNALS) process.on(signal, forward);
    const settle = (work: () => void): void => {
      for (const signal of SIGNALS) process.off(signal, forward);
      work();
    };
    child.on('error', (error: NodeJS.ErrnoException) => {
      const why = { ENOENT: 'no such command', EACCES: 'permission denied' }[error.code ?? ''] ?? error.code;
      settle(() => reject(new UsageError(`cannot run ${program}: ${why ?? 'unknown error'}`)));
    });
    child.on('exit', (status, signal) =>
      settle(() => resolve(status ?? SIGNALLED + (signal === null ? 0 : (NUMBERS[signal] ?? 0)))),
    );
  });
}
