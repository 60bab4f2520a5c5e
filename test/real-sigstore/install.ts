import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** What is installed by name: Go programs as package@version, and the npm client. */
interface Versions {
  readonly go: Readonly<Record<string, string>>;
  readonly npm: string;
}

export const VERSIONS = JSON.parse(readFileSync(join(import.meta.dirname, 'versions.json'), 'utf8')) as Versions;

/** No build may take longer than this; the slowest takes two minutes on two idle cores. */
const LONGEST_BUILD_MS = 900_000;
/** The witness keeps its state in SQLite, which is C. */
const NEEDS_C = 'omniwitness';
/** What the go command says where the machine, not a program of the table, is why it cannot be built. */
const NOT_HERE =
  /dial tcp|no such host|i\/o timeout|TLS handshake|proxyconnect|connection re|: 40[34] |: 5\d\d |GOPROXY|requires go >=/;

/** Programs by name, or why they cannot be had on this machine. */
export type Installed = { readonly programs: Readonly<Record<string, string>> } | { readonly missing: string };

/**
 * Installs what the table names and the cache does not have, one after the other and at low priority. Throws where a
 * program of the table cannot be built though it was obtained.
 */
export function install(say: (line: string) => void): Installed {
  if (process.platform === 'win32') return { missing: 'the servers keep their logs in POSIX files' };
  if (spawnSync('go', ['version']).status !== 0) return { missing: 'no go in PATH' };
  const cache = cacheFolder();
  mkdirSync(cache, { recursive: true });
  const programs: Record<string, string> = {};
  for (const [name, source] of Object.entries(VERSIONS.go)) {
    const path = join(cache, `${name}@${source.slice(source.lastIndexOf('@') + 1)}`);
    programs[name] = path;
    if (existsSync(path)) continue;
    const start = Date.now();
    const problem = build(source, path, cache, name === NEEDS_C);
    if (problem !== null) return { missing: `go install ${source}: ${problem}` };
    say(`built ${source} in ${Math.round((Date.now() - start) / 1000)} s`);
  }
  return { programs };
}

/** Where programs are kept between runs; a row of the table is part of their names, so another one is built anew. */
function cacheFolder(): string {
  const { ASSAY_REAL_SIGSTORE, XDG_CACHE_HOME } = process.env;
  return ASSAY_REAL_SIGSTORE ?? join(XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'assay-real-sigstore');
}

/** Null, or what the machine lacks. A program appears under its name only once it is complete. */
function build(source: string, path: string, cache: string, withC: boolean): string | null {
  const folder = mkdtempSync(join(cache, '.building-'));
  try {
    const args = ['-n', '10', 'go', 'install', '-trimpath', '-ldflags=-s -w', source];
    const env = { ...process.env, GOBIN: folder, CGO_ENABLED: withC ? '1' : '0' };
    const { status, stderr } = spawnSync('nice', args, { encoding: 'utf8', env, timeout: LONGEST_BUILD_MS });
    const [built] = readdirSync(folder);
    if (status === 0 && built !== undefined) {
      renameSync(join(folder, built), path);
      return null;
    }
    const words = stderr.split('\n').filter((line) => line !== '' && !line.startsWith('go: downloading'));
    if (words.some((line) => NOT_HERE.test(line))) return words.at(-1) ?? '';
    throw new Error(`go install ${source} ended with ${status}:\n${words.join('\n')}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
