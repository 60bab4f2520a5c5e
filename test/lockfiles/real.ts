import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const CACHE = join(import.meta.dirname, '../../node_modules/.cache/package-managers');
const NOT_REACHED =
  /E(?:NOTFOUND|AI_AGAIN|CONNREFUSED|CONNRESET|TIMEDOUT|HOSTUNREACH|NETUNREACH|401|403|404|5\d\d|TARGET)|RequestError|HTTPError|YN00(?:35|41|68)|certificate|network|Connection|Failed to resolve|fetch failed/i;

/** What came of a program. */
export interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The registry that npm is configured to use. */
export function registryInUse(): string {
  return spawnSync('npm', ['config', 'get', 'registry'], {
    encoding: 'utf8',
    timeout: 45_000,
    shell: isWindows,
  }).stdout.trim();
}

const isWindows = process.platform === 'win32';

/**
 * The folder of a package, such as "name" or "name@version", from the configured registry, kept under
 * node_modules/.cache; null where it cannot be had. None of its scripts run. `overrides` are versions for dependencies
 * that a registry may not resolve.
 */
export function fromRegistry(spec: string, overrides?: Readonly<Record<string, string>>): string | null {
  const name = spec.replace(/(?<=.)@[^@/]*$/, '');
  const prefix = join(CACHE, spec.replaceAll('/', '+'));
  const folder = join(prefix, 'node_modules', name);
  if (existsSync(join(folder, 'package.json'))) return folder;
  mkdirSync(prefix, { recursive: true });
  if (overrides !== undefined) writeFileSync(join(prefix, 'package.json'), JSON.stringify({ overrides }));
  const args = [
    'install',
    '--prefix',
    prefix,
    '--no-save',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--engine-strict=false',
  ];
  const { status } = spawnSync('npm', [...args, '--fetch-retries=0', spec], { timeout: 180_000, shell: isWindows });
  return status === 0 && existsSync(join(folder, 'package.json')) ? folder : null;
}

/** Why a test is skipped. */
export const NO_REGISTRY = 'the configured registry cannot be reached';

/** Why the tests of a package manager are skipped that `fromRegistry` did not give. */
export function notToBeHad(name: string): string {
  return `${name} cannot be had from the configured registry`;
}

/** Whether a program failed because it could not reach the registry. */
export function isNotReached({ status, stdout, stderr }: Ran): boolean {
  return status === null || (status !== 0 && NOT_REACHED.test(`${stdout}${stderr}`));
}

/** Skips the test where a program could not reach the registry; fails it where it failed otherwise. */
export function ranOrSkip(ran: Ran, skip: (note: string) => void): void {
  if (ran.status === 0) return;
  if (isNotReached(ran)) skip(NO_REGISTRY);
  throw new Error(`ended with ${ran.status}: ${ran.stdout}${ran.stderr}`);
}
