import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseLockfile } from '../../src/lockfiles/index.ts';
import { ranOrSkip, registryInUse, type Ran } from './real.ts';
import { foldersIn, vltInUse, type VltInUse } from './vlt-in-use.ts';
import { removeFolder } from '../support/remove-folder.ts';

/** A project with each way to ask for a package that needs nothing but the configured registry. */
const FILES = {
  'package.json': {
    name: 'app',
    version: '1.0.0',
    dependencies: {
      '@app/w': 'workspace:*',
      'is-odd': '^3.0.1',
      odd: 'npm:is-odd@0.1.2',
      local: 'file:./local',
      packed: 'file:./vendor/packed-1.0.0.tgz',
    },
    devDependencies: { ms: '2.1.3' },
    optionalDependencies: { fsevents: '2.3.3' },
  },
  'vlt.json': { workspaces: { packages: 'packages/*' }, catalog: { 'is-buffer': '2.0.5' } },
  'packages/w/package.json': {
    name: '@app/w',
    version: '1.0.0',
    dependencies: { 'is-number': '^7.0.0', 'is-buffer': 'catalog:', ms: '2.0.0' },
  },
  'local/package.json': { name: 'local', version: '1.0.0', dependencies: { ms: '2.0.0' } },
  'vendor/packed/package.json': { name: 'packed', version: '1.0.0', dependencies: { 'is-buffer': '1.1.6' } },
};

let project = '';
let inUse: VltInUse = { obstacle: null, folder: '', node: '' };

function vlt(...args: readonly string[]): Ran {
  const env = foldersIn(project);
  return spawnSync(inUse.node, [join(inUse.folder, 'vlt.js'), ...args], {
    cwd: project,
    encoding: 'utf8',
    timeout: 60_000,
    env,
  });
}

beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), 'assay-vlt-'));
  for (const [file, content] of Object.entries(FILES)) {
    mkdirSync(join(project, file, '..'), { recursive: true });
    writeFileSync(join(project, file), JSON.stringify(content));
  }
  inUse = vltInUse();
}, 400_000);

afterAll(() => removeFolder(project));

describe('a lockfile that vlt has just written', () => {
  it('has the packages and versions that it installs', { timeout: 150_000 }, ({ skip }) => {
    if (inUse.obstacle !== null) return skip(inUse.obstacle);
    spawnSync('npm', ['pack', './vendor/packed', '--pack-destination', 'vendor', '--ignore-scripts'], { cwd: project });
    ranOrSkip(vlt('install', `--registry=${registryInUse()}`), skip);
    const bytes = readFileSync(join(project, 'vlt-lock.json'));
    const manifests = new Map([
      ['', JSON.stringify(FILES['package.json'])],
      ['packages/w', JSON.stringify(FILES['packages/w/package.json'])],
    ]);
    const lockfile = parseLockfile('vlt-lock.json', bytes, manifests);
    expect(lockfile.format).toMatch(/^vlt-lock v\d$/);
    expect(lockfile.entries).toBe(bytes.toString().match(/^ {4}"[^"]+": \[/gm)?.length);

    // Each package has a folder of its own, named by the id; what its package.json says is the listing.
    const store = join(project, 'node_modules/.vlt');
    const installed = readdirSync(store).flatMap((id) => {
      const packages = join(store, id, 'node_modules');
      if (!existsSync(packages)) return [];
      return lockfile.dependencies
        .filter(({ places }) => places.some(({ path }) => path === id))
        .map(({ name }) => {
          const { version } = JSON.parse(readFileSync(join(packages, name, 'package.json'), 'utf8')) as {
            version: string;
          };
          return `${id} ${name}@${version}`;
        });
    });
    const ours = lockfile.dependencies.flatMap(({ name, version, artifacts: [{ source }], places }) =>
      places.map(({ path }) => `${path} ${name}@${source.kind === 'file' ? '1.0.0' : version}`),
    );
    // Optional packages for other systems are locked and not installed.
    const here = ours.filter((line) => process.platform === 'darwin' || !line.includes('fsevents'));
    expect(installed.length).toBeGreaterThan(8);
    expect(readdirSync(store).filter((id) => existsSync(join(store, id, 'node_modules')))).toHaveLength(
      installed.length,
    );
    expect(here.sort()).toEqual(installed.sort());

    const flagged = (flag: 'direct' | 'dev' | 'optional'): readonly string[] =>
      lockfile.dependencies.filter((dependency) => dependency[flag]).map(({ name, version }) => `${name}@${version}`);
    expect([...flagged('direct')].sort()).toEqual([
      'fsevents@2.3.3',
      'is-buffer@2.0.5',
      'is-number@7.0.0',
      'is-odd@0.1.2',
      'is-odd@3.0.1',
      'ms@2.0.0',
      'ms@2.1.3',
      'packed@file:vendor/packed-1.0.0.tgz',
    ]);
    expect(flagged('dev')).toEqual(['ms@2.1.3']);
    expect(flagged('optional')).toEqual(['fsevents@2.3.3']);
    expect(lockfile.skipped.map(({ reason }) => reason)).toEqual(['link']);
    const registered = lockfile.dependencies.filter(({ artifacts: [{ source }] }) => source.kind === 'registry');
    expect(registered.every(({ artifacts: [{ digests: integrity }] }) => integrity[0]?.algorithm === 'sha512')).toBe(
      true,
    );
  });
});
