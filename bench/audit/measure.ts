import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What a program took and said. */
export interface Measured {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** From its start to its end. */
  readonly wallMs: number;
  /** User and system time of all its threads, and of the Node programs that it started. */
  readonly cpuMs: number;
  /** The most memory it had resident at once. */
  readonly peakBytes: number;
}

export interface Program {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

/** A program that takes longer is ended: something is wrong. */
const TIMEOUT_MS = 600_000;

/**
 * Writes what the process used when it ends. Only the main thread's event is that of the process. On Linux, maxRSS is
 * at least what the process that started it had resident (getrusage keeps it over exec), so the kernel's own mark of
 * this one's memory is read there.
 */
const USAGE = `const { isMainThread } = require('node:worker_threads');
const { appendFileSync, existsSync, readFileSync } = require('node:fs');
const STATUS = '/proc/self/status';
if (isMainThread) process.on('exit', () => {
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  const peak = existsSync(STATUS) ? /^VmHWM:\\s*(\\d+) kB$/m.exec(readFileSync(STATUS, 'utf8'))[1] : maxRSS;
  appendFileSync(process.env.BENCH_USAGE, (userCPUTime + systemCPUTime) + ' ' + peak + '\\n');
});
`;

/**
 * Runs a program that runs in Node and measures it. Its output goes to files of `folder`, so that nobody reads along.
 */
export async function measure(program: Program, folder: string): Promise<Measured> {
  const file = (name: string): string => join(folder, name);
  writeFileSync(file('usage.cjs'), USAGE);
  rmSync(file('usage'), { force: true });
  const outputs = ['stdout', 'stderr'].map((name) => openSync(file(name), 'w')) as [number, number];
  try {
    const { status, wallMs } = await run(program, outputs, {
      NODE_OPTIONS: `--require ${JSON.stringify(file('usage.cjs'))}`,
      BENCH_USAGE: file('usage'),
    });
    const [stdout, stderr] = ['stdout', 'stderr'].map((name) => readFileSync(file(name), 'utf8')) as [string, string];
    // Whoever is killed does not say what was used.
    if (!existsSync(file('usage'))) throw new Error(`${program.command} was ended, status ${status}:\n${stderr}`);
    const used = readFileSync(file('usage'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => line.split(' ').map(Number) as [number, number]);
    return {
      status,
      stdout,
      stderr,
      wallMs,
      cpuMs: used.reduce((sum, [microseconds]) => sum + microseconds / 1000, 0),
      peakBytes: Math.max(...used.map(([, kibibytes]) => kibibytes * 1024)),
    };
  } finally {
    for (const output of outputs) closeSync(output);
  }
}

/** Runs any program, and tells how long it took. */
export function run(
  { command, args, cwd, env }: Program,
  [stdout, stderr]: readonly [number, number] | readonly ['ignore', 'ignore'],
  more: Readonly<Record<string, string>>,
): Promise<{ status: number | null; wallMs: number }> {
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const child = spawn(command, args, {
      cwd,
      env: { ...env, ...more },
      stdio: ['ignore', stdout, stderr],
      timeout: TIMEOUT_MS,
      shell: process.platform === 'win32',
    });
    const end = (): void => void child.kill();
    process.once('exit', end);
    child.once('error', reject);
    child.once('exit', (status) => {
      process.off('exit', end);
      resolve({ status, wallMs: performance.now() - started });
    });
  });
}
