import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** What is installed by name: Go programs as package@version, and the npm client. */
export const VERSIONS = JSON.parse(
  readFileSync(join(import.meta.dirname, '../test/real-sigstore/versions.json'), 'utf8'),
);

/** All builds together may not take longer than this; they take some five minutes on two idle cores. */
const LONGEST_MS = 1_200_000;
/** The witness keeps its state in SQLite, which is C. */
const NEEDS_C = 'omniwitness';
/** What the go command says where the machine, not a program of the table, is why it cannot be built. */
const NOT_HERE =
  /dial tcp|no such host|i\/o timeout|TLS handshake|proxyconnect|connection re|: 40[34] |: 5\d\d |GOPROXY|requires go >=/;

/**
 * Installs what the table names and the cache does not have, one after the other and at low priority. Throws where a
 * program of the table cannot be built though it was obtained.
 */
export function install(say) {
  if (process.platform === 'win32') return { missing: 'the servers keep their logs in POSIX files' };
  if (spawnSync('go', ['version']).status !== 0) return { missing: 'no go in PATH' };
  const cache = cacheFolder();
  mkdirSync(cache, { recursive: true });
  const programs = {};
  const end = Date.now() + LONGEST_MS;
  for (const [name, source] of Object.entries(VERSIONS.go)) {
    const path = join(cache, `${name}@${source.slice(source.lastIndexOf('@') + 1)}`);
    programs[name] = path;
    if (existsSync(path)) continue;
    const start = Date.now();
    const problem = build(source, path, cache, name === NEEDS_C, end);
    if (problem !== null) return { missing: `go install ${source}: ${problem}` };
    say(`built ${source} in ${Math.round((Date.now() - start) / 1000)} s`);
  }
  return { programs };
}

/** Where programs are kept between runs; a row of the table is part of their names, so another one is built anew. */
function cacheFolder() {
  const { ASSAY_REAL_SIGSTORE, XDG_CACHE_HOME } = process.env;
  return ASSAY_REAL_SIGSTORE ?? join(XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'assay-real-sigstore');
}

/** Null, or what the machine lacks. A program appears under its name only once it is complete. */
function build(source, path, cache, withC, end) {
  const folder = mkdtempSync(join(cache, '.building-'));
  try {
    const args = ['-n', '10', 'go', 'install', '-trimpath', '-ldflags=-s -w', source];
    const env = { ...process.env, GOBIN: folder, CGO_ENABLED: withC ? '1' : '0' };
    const timeout = Math.max(end - Date.now(), 1);
    const { status, stderr, error } = spawnSync('nice', args, { encoding: 'utf8', env, timeout });
    if (error?.code === 'ETIMEDOUT') return 'takes too long on this machine';
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

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const installed = install((line) => console.log(line));
  if ('missing' in installed) console.log(`skipped: ${installed.missing}`);
}
