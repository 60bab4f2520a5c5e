import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ranOrSkip } from '../lockfiles/real.ts';
import { copyCheckout, giveModules } from '../support/checkout.ts';

const ROOT = join(import.meta.dirname, '../..');
const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
const README = readFileSync(join(ROOT, 'README.md'), 'utf8');
const isWindows = process.platform === 'win32';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'assay-checkout-'));
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

/** The sha256 of every file below a folder, by its path. */
function digests(below: string): Record<string, string> {
  const files = readdirSync(below, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = files.map((entry) => join(entry.parentPath, entry.name)).sort();
  return Object.fromEntries(
    paths.map((path) => [relative(below, path), createHash('sha256').update(readFileSync(path)).digest('hex')]),
  );
}

/** The tarball that npm makes of a checkout. */
function packed(cwd: string, to: string, options: readonly string[], env: Readonly<Record<string, string>>): Buffer {
  const { status, stderr } = spawnSync('npm', ['pack', '--pack-destination', `"${to}"`, ...options], {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, ...env },
    shell: true,
  });
  expect({ status, stderr }).toMatchObject({ status: 0 });
  return readFileSync(join(to, `assay-${version}.tgz`));
}

/** The packages that a build reads: its tools, and what goes into the bundle. */
async function packagesOfBuild(): Promise<string[]> {
  const bundler = pathToFileURL(join(ROOT, 'scripts/build/bundle.mjs')).href;
  const { bundle } = (await import(bundler)) as {
    bundle: (root: string, version: string) => Promise<{ packages: readonly string[] }>;
  };
  const { packages } = await bundle(ROOT, version);
  const bundled = packages.map((path) => relative(join(ROOT, 'node_modules'), path));
  return ['esbuild', '@esbuild', 'typescript', '@types', 'undici-types', ...bundled];
}

describe('the build', () => {
  test('gives the same bytes in every folder, packed and unpacked', { timeout: 300_000 }, async () => {
    const place = join(folder, 'another folder/with a name that is longer/assay');
    copyCheckout(place);
    giveModules(place, await packagesOfBuild());
    // What one builder has in the environment, and another has not. npm builds before it packs.
    const there = packed(place, place, [], { TZ: 'Pacific/Auckland', SOURCE_DATE_EPOCH: '1' });
    const here = packed(ROOT, folder, ['--ignore-scripts'], {});
    expect(digests(join(place, 'dist'))).toEqual(digests(join(ROOT, 'dist')));
    expect(there.equals(here)).toBe(true);
  });
});

describe('a clean checkout', () => {
  test('gives the command by what the README says', { timeout: 300_000 }, ({ skip }) => {
    const [, commands = ''] = /^## Install\n[^]*?^```sh\n([^]*?)^```$/m.exec(README) ?? [];
    expect(commands).toContain('npm install --global .\n');
    const place = join(folder, 'clean');
    const prefix = join(folder, 'global');
    mkdirSync(prefix);
    copyCheckout(place);
    const env = {
      ...process.env,
      npm_config_prefix: prefix,
      npm_config_audit: 'false',
      npm_config_fund: 'false',
      npm_config_fetch_retries: '0',
      PATH: `${join(prefix, isWindows ? '' : 'bin')}${delimiter}${process.env['PATH'] ?? ''}`,
    };
    const run = (command: string) => spawnSync(command, { cwd: place, encoding: 'utf8', env, shell: true });
    for (const command of commands.trimEnd().split('\n')) ranOrSkip(run(command), skip);
    expect(run('assay --version')).toMatchObject({ status: 0, stdout: `${version}\n` });
    expect(run('assay demo').stdout).toContain('error[provenance-lost]');
  });
});
