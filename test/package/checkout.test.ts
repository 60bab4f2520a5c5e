import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { NO_NETWORK } from '../cli/run.ts';
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
  test('gives the command by what the README says', { timeout: 300_000 }, () => {
    const [, commands = ''] = /^## Install\n[^]*?^```sh\n([^]*?)^```$/m.exec(README) ?? [];
    const [install = '', ...others] = commands.trimEnd().split('\n');
    expect(others.at(-1)).toBe('npm install --global .');
    // .ci/run does this in every clean clone; the packages are linked here.
    expect(readFileSync(join(ROOT, '.ci/run'), 'utf8')).toContain(`step 'install' ${install} `);
    const place = join(folder, 'clean');
    const prefix = join(folder, 'global');
    mkdirSync(prefix);
    copyCheckout(place);
    giveModules(place);
    const path = [join(prefix, isWindows ? '' : 'bin'), process.env['PATH']].join(delimiter);
    const env = { ...process.env, ...NO_NETWORK, npm_config_prefix: prefix, npm_config_offline: 'true', PATH: path };
    const run = (command: string) => spawnSync(command, { cwd: place, encoding: 'utf8', env, shell: true });
    for (const command of others) expect(run(command)).toMatchObject({ status: 0 });
    expect(run('assay --version')).toMatchObject({ status: 0, stdout: `${version}\n` });
    expect(run('assay demo').stdout).toContain('error[provenance-lost]');
  });
});
