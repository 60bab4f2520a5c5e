import { spawnSync } from 'node:child_process';
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
});

describe.skipIf(!hasCargo)('a real Rust project on crates.io (skipped where that is not reached)', () => {
  it(
    'holds, and refuses poisoned copies for what is wrong with them',
    (context) =>
      inFolder(async (folder) => {
        manifest(
          folder,
          'serde = { version = "1", features = ["derive"] }\nregex = "1"\ntokio = { version = "1", features = ["full"] }\n',
        );
        const locked = await cargoCommand(folder, 'generate-lockfile');
        if (locked.status !== 0) context.skip('crates.io is not reached');
        const certificates = process.env['NODE_EXTRA_CA_CERTS'];
        const trusted = certificates === undefined ? {} : { NODE_EXTRA_CA_CERTS: certificates };
        const env = { CARGO_HOME: join(folder, 'cargo-home'), ...trusted };
        // What a process trusts is settled when it starts.
        const audit = (): Promise<Run> =>
          start(process.execPath, [CLI, 'audit'], folder, environmentOf(folder, env), 60_000);
        const whole = await audit();
        if (whole.status === 3) context.skip('the index is not reached');
        expect(whole.stdout).toMatch(/(\d+) dependencies: \1 pass|\d+ with warnings/);
        expect(whole.status).toBe(0);
        const lock = join(folder, 'Cargo.lock');
        const text = readFileSync(lock, 'utf8');
        const copies: readonly (readonly [string, string])[] = [
          [text.replace(/checksum = "../, 'checksum = "00'), 'integrity-mismatch'],
          [text.replace(/checksum = .*\n/, ''), 'integrity-missing'],
          [`${text}\n[metadata]\n"checksum x 1.0.0 (${CRATES_IO})" = "00"\n`, 'integrity-missing'],
          [
            text.replace(/name = "serde"\nversion = ".*"/, 'name = "serde"\nversion = "1.0.99999"'),
            'lockfile-version-unknown',
          ],
        ];
        for (const [poisoned, code] of copies) {
          writeFileSync(lock, poisoned);
          const { status, stdout } = await audit();
          expect(status, code).toBe(1);
          expect(stdout).toContain(`error[${code}]`);
        }
      }),
    240_000,
  );
});
