import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** What is installed by name: Go programs as package@version, and the npm client. */
export const VERSIONS = JSON.parse(
  readFileSync(join(import.meta.dirname, '../test/real-sigstore/versions.json'), 'utf8'),
);

/** All builds together may not take longer than this; they take some five minutes on two idle cores. */
const LONGEST_MS = 1_200_000;
/** Rekor v1 is built last, and given up this long after the first build began. */
const LONGEST_V1_MS = 600_000;
/** The tables of Trillian's database, which are in its module. */
const SCHEMA = 'trillian-schema';
/** What the go command says where the machine, not a program of the table, is why it cannot be built. */
const NOT_HERE =
  /dial tcp|no such host|i\/o timeout|TLS handshake|proxyconnect|connection re|: 40[34] |: 5\d\d |GOPROXY|requires go >=/;

/**
 * Installs what the table names and the cache does not have, one after the other and at low priority; Rekor v1 only
 * where its database is, and only what is there already unless `buildV1`. Throws where a program of the table cannot
 * be built though it was obtained.
 */
export function install(say, { buildV1 = true } = {}) {
  if (process.platform === 'win32') return { missing: 'the servers keep their logs in POSIX files' };
  if (!runs('go', 'version')) return { missing: 'no go in PATH' };
  const cache = cacheFolder();
  mkdirSync(cache, { recursive: true });
  const start = Date.now();
  const servers = installAll(VERSIONS.go, cache, start + LONGEST_MS, say);
  if ('missing' in servers) return servers;
  const v1 = installRekorV1(cache, buildV1 ? start + LONGEST_V1_MS : start, say);
  return { programs: { ...servers.programs, ...v1.programs }, missingV1: v1.missing ?? null };
}

function installRekorV1(cache, end, say) {
  if (!['postgres', 'initdb'].every((program) => runs(program, '--version'))) {
    return { missing: 'no postgres and initdb in PATH' };
  }
  const installed = installAll(VERSIONS['rekor-v1'], cache, end, say);
  if ('missing' in installed) return installed;
  const source = VERSIONS['rekor-v1']['trillian-log-server'];
  const version = source.slice(source.lastIndexOf('@') + 1);
  const schema = join(cache, `${SCHEMA}@${version}`);
  if (!existsSync(schema)) {
    const modules = spawnSync('go', ['env', 'GOMODCACHE'], { encoding: 'utf8' }).stdout.trim();
    const file = join(modules, `github.com/google/trillian@${version}/storage/postgresql/schema/storage.sql`);
    if (!existsSync(file)) return { missing: `no ${file}, which building ${source} obtains` };
    copyFileSync(file, schema);
  }
  return { programs: { ...installed.programs, [SCHEMA]: schema } };
}

function installAll(table, cache, end, say) {
  const programs = {};
  for (const [name, source] of Object.entries(table)) {
    const path = join(cache, `${name}@${source.slice(source.lastIndexOf('@') + 1)}`);
    programs[name] = path;
    if (existsSync(path)) continue;
    const start = Date.now();
    if (start >= end) return { missing: `${source} is not built yet; node scripts/sigstore-servers.mjs builds it` };
    const problem = build(source, path, cache, VERSIONS.tags[name] ?? '', end);
    if (problem !== null) return { missing: `go install ${source}: ${problem}` };
    say(`built ${source} in ${Math.round((Date.now() - start) / 1000)} s`);
  }
  return { programs };
}

function runs(program, argument) {
  return spawnSync(program, [argument]).status === 0;
}

/** Where programs are kept between runs; a row of the table is part of their names, so another one is built anew. */
function cacheFolder() {
  const { ASSAY_REAL_SIGSTORE, XDG_CACHE_HOME } = process.env;
  return ASSAY_REAL_SIGSTORE ?? join(XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'assay-real-sigstore');
}

/** Null, or what the machine lacks. A program appears under its name only once it is complete. */
function build(source, path, cache, tags, end) {
  const folder = mkdtempSync(join(cache, '.building-'));
  try {
    // All without C, and with the same flags, so that they share what is compiled; optimising takes longer.
    const flags = ['-trimpath', '-ldflags=-s -w', '-gcflags=all=-N -l -dwarf=false', `-tags=${tags}`];
    const args = ['-n', '10', 'go', 'install', ...flags, source];
    const env = { ...process.env, GOBIN: folder, CGO_ENABLED: '0' };
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
  // Rekor v1 takes as long to build as all the others, and somebody waits for a pipeline.
  const installed = install((line) => console.log(line), { buildV1: process.env.CI === undefined });
  if ('missing' in installed) console.log(`skipped: ${installed.missing}`);
  else if (installed.missingV1 !== null) console.log(`Rekor v1 skipped: ${installed.missingV1}`);
}
