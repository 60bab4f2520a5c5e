import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startLab, token, type Lab, type Published } from '../../lab/index.ts';
import { LockfileError } from '../../src/lockfiles/index.ts';
import { nodesUnderTest } from '../package/nodes.ts';
import { auditIn } from '../scenarios/harness.ts';
import { fromRegistry, notToBeHad } from './real.ts';
import { removeFolder } from '../support/remove-folder.ts';

const MANIFEST = JSON.stringify({ name: 'app', version: '1.0.0', dependencies: { kit: '^1.0.0' } });
const RUNS = "node -e \"fs.writeFileSync(path.join(process.env.INIT_CWD, 'ran'), '')\"";

let lab: Lab;
let root = '';
let kit: Published;
let evil: Published;
let packed: Published;
let locked: Published;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'assay-npm-entries-'));
  lab = await startLab();
  const by = token({ user: 'account' });
  const publish = (name: string, version: string, more: object = {}): Promise<Published> =>
    lab.publish({ name, version, by, ...more });
  evil = await publish('evil', '1.0.0');
  kit = await publish('kit', '1.0.0', { manifest: { dependencies: { pad: '^1.0.0' } } });
  await publish('pad', '1.0.0');
  const { tarball } = evil.manifest.dist;
  const shrinkwrap = {
    ...{ name: 'kit', version: '1.1.0', lockfileVersion: 3, requires: true },
    packages: {
      '': { name: 'kit', version: '1.1.0', dependencies: { pad: '^1.0.0' } },
      'node_modules/pad': { version: '1.0.0', resolved: tarball, integrity: evil.integrity },
    },
  };
  const manifest = { dependencies: { pad: '^1.0.0' } };
  packed = await publish('kit', '1.1.0', { manifest, files: { 'npm-shrinkwrap.json': JSON.stringify(shrinkwrap) } });
  locked = await publish('kit', '1.2.0', { manifest, files: { 'package-lock.json': JSON.stringify(shrinkwrap) } });
}, 240_000);

afterAll(async () => {
  await lab.close();
  removeFolder(root);
});

/** The lockfile of kit and pad, with more in kit's entry. */
function lockfile(more: object, of = kit): string {
  const pad = lab.lockfile({ pad: '1.0.0' });
  const { packages } = JSON.parse(pad) as { packages: Record<string, object> };
  const { version, integrity, manifest } = of;
  const entry = { version, resolved: manifest.dist.tarball, integrity, dependencies: { pad: '^1.0.0' }, ...more };
  return JSON.stringify({
    ...{ name: 'app', version: '1.0.0', lockfileVersion: 3, requires: true },
    packages: { ...packages, '': JSON.parse(MANIFEST) as object, 'node_modules/kit': entry },
  });
}

/** Lets the real npm install from a lockfile; null where it cannot be had. */
async function ci(
  version: string,
  text: string,
): Promise<{ readonly status: number | null; readonly folder: string } | null> {
  const at = fromRegistry(`npm@${version}`);
  const node = nodesUnderTest().at(version.startsWith('12.') ? -1 : 0)?.binary ?? null;
  if (at === null || node === null) return null;
  const folder = mkdtempSync(join(root, 'project-'));
  writeFileSync(join(folder, 'package.json'), MANIFEST);
  writeFileSync(join(folder, 'package-lock.json'), text);
  const args = ['ci', `--registry=${lab.url}`, '--no-audit', '--no-fund', '--fetch-retries=0'];
  const env = { ...process.env, HOME: folder, npm_config_cache: join(root, 'cache') };
  const options = { cwd: folder, env, stdio: 'ignore', timeout: 60_000 } as const;
  const ran = spawn(node, [join(at, 'bin/npm-cli.js'), ...args], options);
  const [status] = (await once(ran, 'exit')) as [number | null];
  return { status, folder };
}

async function findingsOf(text: string): Promise<readonly string[]> {
  try {
    return (await auditIn(lab, text, { manifests: new Map([['', MANIFEST]]) })).findings;
  } catch (error) {
    if (error instanceof LockfileError) return [error.message];
    throw error;
  }
}

function nameAt(folder: string, path: string): string | undefined {
  const file = join(folder, path, 'package.json');
  if (!existsSync(file)) return undefined;
  return (JSON.parse(readFileSync(file, 'utf8')) as { name: string }).name;
}

describe('npm takes an entry for the package.json of what it installs', () => {
  it.for(['8.19.4', '9.9.4', '10.9.9', '11.21.2'])(
    'npm %s runs its scripts, and links its commands',
    { timeout: 120_000 },
    async (version, { skip }) => {
      const scripts = lockfile({ hasInstallScript: true, scripts: { postinstall: RUNS } });
      const ran = await ci(version, scripts);
      if (ran === null) return skip(notToBeHad(`npm ${version}`));
      expect([ran.status, existsSync(join(ran.folder, 'ran'))]).toEqual([0, true]);
      expect(await findingsOf(scripts)).toEqual([
        expect.stringContaining('has "scripts", which npm never writes there'),
      ]);
      const bin = lockfile({ bin: { node: 'index.js', git: 'index.js' } });
      const linked = await ci(version, bin);
      expect(linked?.status).toBe(0);
      const commands = ['node', 'git'].map((name) => existsSync(join(linked?.folder ?? '', 'node_modules/.bin', name)));
      expect(commands).toEqual([true, true]);
      expect(await findingsOf(bin)).toContain('kit@1.0.0 lockfile-entry-differs');
      expect(await findingsOf(lockfile({}))).not.toContain('kit@1.0.0 lockfile-entry-differs');
    },
  );
});

describe('a shrinkwrap in a tarball', () => {
  it.for([
    ['8.19.4', 'evil'],
    ['10.9.9', 'evil'],
    ['11.21.2', 'evil'],
    ['12.2.2', undefined],
  ] as const)(
    'decides what npm %s installs below: %s',
    { timeout: 120_000 },
    async ([version, installed], { skip }) => {
      const text = lockfile({ hasShrinkwrap: true }, packed);
      const ran = await ci(version, text);
      if (ran === null) return skip(notToBeHad(`npm ${version}`));
      expect([ran.status, nameAt(ran.folder, 'node_modules/kit/node_modules/pad')]).toEqual([0, installed]);
      expect(await findingsOf(text)).toContain('kit@1.1.0 lockfile-unbound');
    },
  );
});

describe('a package-lock.json in a tarball', () => {
  it('is one to npm 11', { timeout: 120_000 }, async ({ skip }) => {
    const ran = await ci('11.21.2', lockfile({ hasShrinkwrap: true }, locked));
    if (ran === null) return skip(notToBeHad('npm 11'));
    expect([ran.status, nameAt(ran.folder, 'node_modules/kit/node_modules/pad')]).toEqual([0, 'evil']);
  });
});

describe('the two parts of a lockfile of version 2', () => {
  it.for([
    ['6.14.18', 'evil'],
    ['8.19.4', 'pad'],
    ['11.21.2', 'pad'],
  ] as const)('npm %s installs %s', { timeout: 120_000 }, async ([version, installed], { skip }) => {
    const { packages, ...others } = JSON.parse(lockfile({})) as { packages: Record<string, Record<string, string>> };
    const of = (name: string, more: object = {}): object => ({ ...packages[`node_modules/${name}`], ...more });
    const other = { resolved: evil.manifest.dist.tarball, integrity: evil.integrity };
    const dependencies = {
      kit: of('kit', { dependencies: undefined, requires: { pad: '^1.0.0' } }),
      pad: of('pad', other),
    };
    const text = JSON.stringify({ ...others, lockfileVersion: 2, packages, dependencies });
    const ran = await ci(version, text);
    if (ran === null) return skip(notToBeHad(`npm ${version}`));
    expect([ran.status, nameAt(ran.folder, 'node_modules/pad')]).toEqual([0, installed]);
    expect(await findingsOf(text)).toContain('pad@1.0.0 lockfile-parts-differ');
  });
});
