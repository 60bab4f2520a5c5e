import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { withCratesLab } from '../support/crates-lab.ts';
import { assayInside } from './inside.ts';
import { CLI, environmentOf, inFolder, start, type Run } from './run.ts';

const CRATES_IO = 'registry+https://github.com/rust-lang/crates.io-index';
const hasCargo = spawnSync('cargo', ['--version']).status === 0;

/** Runs cargo with a home of its own, and with nothing of this machine's settings. */
function cargoCommand(folder: string, ...args: string[]): Promise<Run> {
  const { PATH = '', HOME = folder, SSL_CERT_FILE = '' } = process.env;
  const rest = SSL_CERT_FILE === '' ? {} : { SSL_CERT_FILE };
  const own = { PATH, HOME, CARGO_HOME: join(folder, 'cargo-home'), CARGO_NET_RETRY: '0', ...rest };
  return start('cargo', args, folder, own, 120_000);
}

function manifest(folder: string, dependencies: string): void {
  mkdirSync(join(folder, 'src'), { recursive: true });
  mkdirSync(join(folder, '.git'));
  writeFileSync(join(folder, 'src/lib.rs'), '');
  const own = '[package]\nname = "project"\nversion = "0.1.0"\nedition = "2021"\n';
  writeFileSync(join(folder, 'Cargo.toml'), `${own}\n[dependencies]\n${dependencies}`);
}

describe.skipIf(!hasCargo)('beside cargo (skipped where it is not installed)', () => {
  it.each([
    ['it is named', { app: 'workspace = "../other"', other: '[workspace]\nmembers = ["../app"]' }, 'other'],
    ['it is above', { '': '[workspace]\nmembers = ["app"]' }, ''],
    ['it is above, by a pattern', { '': '[workspace]\nmembers = ["a*"]' }, ''],
    ['it is a folder that a member takes from', { '': '[workspace]\n\n[dependencies]\npapp.path = "app"' }, ''],
    ['it excludes the folder', { '': '[workspace]\nexclude = ["app"]' }, null],
    ['it excludes and has the folder', { '': '[workspace]\nmembers = ["app"]\nexclude = ["app"]' }, ''],
    ['nothing is above', {}, null],
  ] as const)('takes the workspace that cargo takes: %s', (_, more: Readonly<Record<string, string>>, root) =>
    withCratesLab((lab) =>
      inFolder(async (folder) => {
        mkdirSync(join(folder, '.git'));
        for (const name of ['', 'other', 'app']) {
          const head = `[package]\nname = "p${name}"\nversion = "0.1.0"\n`;
          if (name !== 'app' && more[name] === undefined) continue;
          mkdirSync(join(folder, name, 'src'), { recursive: true });
          writeFileSync(join(folder, name, 'src/lib.rs'), '');
          writeFileSync(join(folder, name, 'Cargo.toml'), `${head}${more[name] ?? ''}\n`);
        }
        const app = join(folder, 'app');
        const taken = await cargoCommand(app, 'locate-project', '--workspace', '--message-format', 'plain');
        expect(taken, taken.stderr).toMatchObject({ status: 0 });
        expect(taken.stdout.trim()).toBe(join(folder, root ?? 'app', 'Cargo.toml'));
        const alpha = `name = "alpha"\nversion = "1.0.0"\nsource = "${CRATES_IO}"\nchecksum = "${lab.publish('alpha', '1.0.0')}"\n`;
        const own = 'name = "papp"\nversion = "0.1.0"\ndependencies = ["alpha"]\n';
        writeFileSync(join(app, 'Cargo.lock'), `version = 4\n\n[[package]]\n${alpha}\n[[package]]\n${own}`);
        mkdirSync(join(app, 'home'));
        writeFileSync(join(app, 'home/config.toml'), lab.config);
        const { stdout } = await assayInside(['audit'], app, { CARGO_HOME: join(app, 'home') });
        expect(stdout).toContain('1 dependency');
        expect(stdout.includes('lockfile-not-used')).toBe(root !== null);
      }),
    ),
  );

  it(
    'names and asks a private registry as cargo does, its files as well, and crates.io for the rest',
    () =>
      withCratesLab((main) =>
        withCratesLab(
          (own) =>
            inFolder(async (folder) => {
              main.publish('same', '1.0.0');
              main.publish('open', '1.0.0');
              own.publish('same', '1.0.0', { files: { a: 'a' } });
              own.publish('secret', '1.0.0', { dependencies: { same: '1' } });
              const beside = 'registry = "own"';
              manifest(
                folder,
                `open = "1"\nsame = "1"\nother = { version = "1", package = "same", ${beside} }\nsecret = { version = "1", ${beside} }\n`,
              );
              mkdirSync(join(folder, 'cargo-home'));
              const index = `[registries.own]\nindex = "sparse+${own.url}"\ntoken = "Bearer real-token"\n`;
              const providers = '[registry]\nglobal-credential-providers = ["cargo:token"]\n';
              writeFileSync(join(folder, 'cargo-home/config.toml'), `${main.config}\n${index}\n${providers}`);
              expect(await cargoCommand(folder, 'fetch')).toMatchObject({ status: 0 });
              const lock = readFileSync(join(folder, 'Cargo.lock'), 'utf8');
              expect(lock).toContain(`source = "sparse+${own.url}"`);
              const audit = (...args: string[]): Promise<Run> =>
                assayInside(['audit', '--no-cache', ...args], folder, { CARGO_HOME: join(folder, 'cargo-home') });
              const { status, stdout, stderr } = await audit('--json', '--bytes', '--installed');
              expect([status, stderr], stdout).toEqual([0, '']);
              const { dependencies } = JSON.parse(stdout) as {
                readonly dependencies: readonly { readonly name: string }[];
              };
              const { host } = new URL(own.url);
              expect(dependencies.map(({ name }) => name)).toEqual([`${host}/same`, `${host}/secret`, 'open', 'same']);
              // Fetched anew, as nothing is kept: by the token, from the same places as cargo.
              rmSync(join(folder, 'cargo-home/registry'), { recursive: true, force: true });
              expect((await audit('--bytes')).status).toBe(0);
              expect(main.requests.some(({ url }) => url.includes('secret'))).toBe(false);
              own.rewrite('secret', '1.0.0', { a: 'b' });
              expect((await audit()).stdout).toContain('integrity-mismatch');
              expect((await cargoCommand(folder, 'fetch', '--locked')).status).not.toBe(0);
            }),
          'real-token',
          true,
        ),
      ),
    120_000,
  );

  it(
    'refuses a poisoned Cargo.lock that a plain cargo build takes',
    () =>
      withCratesLab((lab) =>
        inFolder(async (folder) => {
          lab.publish('alpha', '1.0.0', { files: { 'src/lib.rs': 'pub fn name() -> u8 { 1 }\n' } });
          manifest(folder, 'alpha = "1"\n');
          mkdirSync(join(folder, 'cargo-home'));
          writeFileSync(join(folder, 'cargo-home/config.toml'), lab.config);
          const env = { CARGO_HOME: join(folder, 'cargo-home') };
          expect(await cargoCommand(folder, 'build')).toMatchObject({ status: 0 });
          expect((await assayInside(['init'], folder, env)).status).toBe(0);
          const lock = join(folder, 'Cargo.lock');
          const whole = readFileSync(lock, 'utf8');
          // What whoever serves other bytes needs: cargo itself refuses them, and takes them with one line more.
          lab.rewrite('alpha', '1.0.0', { 'src/lib.rs': 'pub fn name() -> u8 { 66 }\n' });
          rmSync(join(folder, 'cargo-home/registry'), { recursive: true, force: true });
          expect((await cargoCommand(folder, 'build')).status).not.toBe(0);
          writeFileSync(lock, `${whole}\n[metadata]\n"checksum nothing 1.0.0 (${CRATES_IO})" = "00"\n`);
          const poisoned = await assayInside(['audit'], folder, env);
          expect(poisoned.status).toBe(1);
          expect(poisoned.stdout).toContain('integrity-rewritten');
          const refused = await assayInside(['exec', '--', 'cargo', 'build', '--locked'], folder, env);
          expect(refused.status).toBe(1);
          const built = await cargoCommand(folder, 'build');
          expect(built, built.stderr).toMatchObject({ status: 0 });
        }),
      ),
    180_000,
  );

  it(
    'compares what cargo itself downloads, unpacks and vendors, and names what it builds without a look',
    () =>
      withCratesLab((lab) =>
        inFolder(async (folder) => {
          const more = { '.gitignore': 'x\n', 'src/deep/.gitignore': 'x\n', 'Cargo.toml.orig': '', 'a.rej': '' };
          lab.publish('alpha', '1.0.0', { files: { 'src/lib.rs': 'pub fn name() -> u8 { 1 }\n', ...more } });
          manifest(folder, 'alpha = "1"\n');
          mkdirSync(join(folder, 'cargo-home'));
          writeFileSync(join(folder, 'cargo-home/config.toml'), lab.config);
          expect(await cargoCommand(folder, 'build')).toMatchObject({ status: 0 });
          const audit = (...args: string[]): Promise<Run> =>
            assayInside(['audit', ...args], folder, { CARGO_HOME: join(folder, 'cargo-home') });
          const whole = await audit('--bytes', '--installed');
          expect(whole.status, `${whole.stdout}${whole.stderr}`).toBe(0);
          expect(whole.stdout).toContain('from a cache of this machine');

          const vendored = await cargoCommand(folder, 'vendor', '--locked', '--respect-source-config');
          expect(vendored.status, vendored.stderr).toBe(0);
          mkdirSync(join(folder, '.cargo'));
          const source = '[source.crates-io]\nreplace-with = "own"\n\n[source.own]\ndirectory = "vendor"\n';
          writeFileSync(join(folder, '.cargo/config.toml'), source);
          expect((await audit()).stdout).toContain('lockfile-other-code');
          const copies = await audit('--installed');
          expect(copies.status, `${copies.stdout}${copies.stderr}`).toBe(0);
          expect(copies.stdout).not.toContain('lockfile-other-code');

          const evil = 'pub fn name() -> u8 { 66 }\n';
          writeFileSync(join(folder, 'vendor/alpha/src/lib.rs'), evil);
          const list = join(folder, 'vendor/alpha/.cargo-checksum.json');
          const sums = JSON.parse(readFileSync(list, 'utf8')) as { files: Record<string, string>; package: string };
          sums.files['src/lib.rs'] = createHash('sha256').update(evil).digest('hex');
          writeFileSync(list, JSON.stringify(sums));
          const built = await cargoCommand(folder, 'build', '--locked', '--offline');
          expect(built, built.stderr).toMatchObject({ status: 0 });
          const refused = await audit('--installed');
          expect(refused.status).toBe(1);
          expect(refused.stdout).toContain('error[installed-modified]');
        }),
      ),
    180_000,
  );
});

/** How this machine reaches crates.io, which Cargo is given as well. */
function ofThisMachine(): Readonly<Record<string, string>> {
  const names = ['NODE_EXTRA_CA_CERTS', 'HTTPS_PROXY', 'https_proxy', 'NO_PROXY', 'no_proxy'];
  const none = { HTTPS_PROXY: '', HTTP_PROXY: '', NO_PROXY: '' };
  return {
    ...none,
    ...Object.fromEntries(names.flatMap((name) => (name in process.env ? [[name, process.env[name] ?? '']] : []))),
  };
}

/** Changes the entry of one package in a Cargo.lock, which must have it. */
function inEntry(text: string, name: string, from: RegExp, to: string): string {
  const [before = '', ...entries] = text.split(/^(?=\[\[package\]\])/m);
  const changed = entries.map((one) => (one.includes(`name = "${name}"\n`) ? one.replace(from, to) : one));
  expect(changed, `${name}: ${String(from)}`).not.toEqual(entries);
  return [before, ...changed].join('');
}

/** As the first version of Cargo.lock has its checksums: none of them with its package. */
function asFirstVersion(text: string): string {
  return text.replace(/^version = \d+\n/m, '').replace(/^checksum = .*\n/gm, '');
}

const CHECKSUM = /checksum = "(.)/;
const ELSEWHERE = 'registry+https://crates.example/index';
const NAMED_BY_METADATA = `\n[metadata]\n"checksum x 1.0.0 (${CRATES_IO})" = "00"\n`;

/**
 * What somebody makes of a Cargo.lock, with the exit status and all errors that assay must name for all
 * dependencies (phase `critical`).
 */
const POISONED: readonly (readonly [string, (text: string) => string, number, RegExp])[] = [
  [
    'another checksum',
    (text) => text.replace(CHECKSUM, (_, first: string) => `checksum = "${first === '0' ? '1' : '0'}`),
    1,
    /^\S+ integrity-mismatch$/,
  ],
  ['no checksum', (text) => inEntry(text, 'regex', /checksum = .*\n/, ''), 1, /^regex integrity-missing$/],
  [
    'a line that discards all',
    (text) => `${text}${NAMED_BY_METADATA}`,
    1,
    /^(?:\S+ integrity-missing checksum x 1\.0\.0 \(.*\)\n?){20,}$/,
  ],
  ['a first version without checksums', asFirstVersion, 1, /^(?:\S+ integrity-missing\n?){20,}$/],
  [
    'another registry',
    (text) => inEntry(text, 'regex', /source = .*/, `source = "${ELSEWHERE}"`),
    1,
    /^regex lockfile-not-registry$/,
  ],
  [
    'a version that is not there',
    (text) => inEntry(text, 'regex', /version = .*/, 'version = "1.99.99"'),
    1,
    /^regex lockfile-version-unknown$/,
  ],
  [
    'a dependency that is not there',
    (text) => inEntry(text, 'regex', /dependencies = \[\n/, 'dependencies = [\n "evil",\n'),
    2,
    /"regex" asks for "evil", which is none of its packages/,
  ],
];

interface ReportJson {
  readonly findings: readonly {
    readonly name: string;
    readonly code: string;
    readonly level: string;
    readonly args: { readonly discarded?: string };
  }[];
}

/** Each error of a report in a line, or what stderr says where there is none. */
function errorsOf({ stdout, stderr }: Run): string {
  if (stdout === '') return stderr;
  const { findings } = JSON.parse(stdout) as ReportJson;
  const errors = findings.filter(({ level }) => level === 'error');
  return errors.map(({ name, code, args }) => [name, code, args.discarded ?? []].flat().join(' ')).join('\n');
}

describe.skipIf(!hasCargo)('a real Rust project on crates.io (skipped where that is not reached)', () => {
  it(
    'holds, and poisoned copies are refused for what is wrong with them',
    (context) =>
      inFolder(async (folder) => {
        const tokio = 'tokio = { version = "1", features = ["full"] }';
        manifest(folder, `serde = { version = "1", features = ["derive"] }\nregex = "1"\n${tokio}\n`);
        const locked = await cargoCommand(folder, 'generate-lockfile');
        if (locked.status !== 0) context.skip('crates.io is not reached');
        const env = { CARGO_HOME: join(folder, 'cargo-home'), ...ofThisMachine() };
        // What a process trusts is settled when it starts.
        const audit = (...args: string[]): Promise<Run> =>
          start(process.execPath, [CLI, 'audit', ...args], folder, environmentOf(folder, env), 60_000);
        const whole = await audit();
        expect(whole.status, `${whole.stdout}${whole.stderr}`).toBe(0);
        expect(whole.stdout).toMatch(/proven: hash (\d+) \(\1 by the unsigned word of the registry\)/);
        const lock = join(folder, 'Cargo.lock');
        const text = readFileSync(lock, 'utf8');
        for (const [what, poison, exit, said] of POISONED) {
          writeFileSync(lock, poison(text));
          const poisoned = await audit('--json', '--enforce', 'critical');
          expect(errorsOf(poisoned), what).toMatch(said);
          expect(poisoned.status, what).toBe(exit);
        }
      }),
    240_000,
  );
});
