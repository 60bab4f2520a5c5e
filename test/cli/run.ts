import { spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { removeFolder } from '../support/remove-folder.ts';

/** What a user's shell sees of one run. */
export interface Run {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A proxy that is not there, for every host but those of the tests. */
export const NO_NETWORK = {
  HTTPS_PROXY: 'http://127.0.0.1:9',
  HTTP_PROXY: 'http://127.0.0.1:9',
  NO_PROXY: '127.0.0.1,localhost',
};

/** Nobody is waited for: what does not answer a test answers no later, either. It is asked as often as ever. */
export const IMPATIENT = { npm_config_fetch_retry_mintimeout: '10', npm_config_fetch_retry_maxtimeout: '20' };

/** The built command line. */
export const CLI = resolve(import.meta.dirname, '../../dist/cli.cjs');

/** Runs a program in `cwd` with these variables and no others. */
export function start(
  program: string,
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>>,
  timeout = 60_000,
): Promise<Run> {
  return new Promise((done, fail) => {
    const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], timeout });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.on('error', fail);
    child.on('close', (status) => done({ status, stdout, stderr }));
  });
}

/**
 * Runs the built command line in `cwd`, with an empty home, no cache and nothing of the caller's npm configuration.
 * What is on the loopback interface can be reached, and nothing else.
 */
export function assay(args: readonly string[], cwd: string, env: Readonly<Record<string, string>> = {}): Promise<Run> {
  return start(process.execPath, [CLI, ...args], cwd, environmentOf(cwd, env));
}

/** The variables of a run in `cwd`, with these over them. */
export function environmentOf(cwd: string, env: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const own = { PATH: process.env['PATH'] ?? '', HOME: cwd, LANG: 'C.UTF-8', ASSAY_CACHE: '' };
  return { ...own, ...NO_NETWORK, ...IMPATIENT, ...env };
}

/** Runs `work` in a temporary folder that is removed afterwards. */
export async function inFolder<T>(work: (folder: string) => Promise<T> | T): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'assay-test-'));
  try {
    return await work(folder);
  } finally {
    removeFolder(folder);
    removeFolder(configOf(folder));
  }
}

/** A folder for the user's configuration beside a temporary one: what a project has is not believed. */
export function configOf(folder: string): string {
  return `${folder}-config`;
}
