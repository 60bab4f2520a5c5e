import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LockfileError, parseLockfile } from '../../src/lockfiles/index.ts';
import type { Dependency } from '../../src/model/dependency.ts';
import { bunInUse } from './bun-in-use.ts';
import { notToBeHad, ranOrSkip, registryInUse, type Ran } from './real.ts';
import { removeFolder } from '../support/remove-folder.ts';

/** A project with each way to ask for a package that needs nothing but the configured registry. */
const MANIFESTS = {
  '': {
    name: 'app',
    version: '1.0.0',
    workspaces: { packages: ['packages/*'], catalog: { 'is-buffer': '2.0.5' } },
    dependencies: {
      '@app/w': 'workspace:*',
      'is-odd': '^3.0.1',
      odd: 'npm:is-odd@0.1.2',
      local: 'file:./local',
      packed: 'file:./vendor/packed-1.0.0.tgz',
    },
    devDependencies: { ms: '2.1.3' },
    optionalDependencies: { fsevents: '2.3.3' },
    overrides: { 'is-number': '^7.0.0' },
  },
  'packages/w': {
    name: '@app/w',
    version: '1.0.0',
    dependencies: { 'is-number': '^7.0.0', 'is-buffer': 'catalog:', ms: '2.0.0' },
    peerDependencies: { react: '*' },
    peerDependenciesMeta: { react: { optional: true } },
  },
  local: { name: 'local', version: '1.0.0', dependencies: { ms: '2.0.0' } },
  'vendor/packed': { name: 'packed', version: '1.0.0', dependencies: { 'is-buffer': '1.1.6' } },
};

/** What the command line gives to the reader. */
const given = new Map(
  ['', 'packages/w'].map((folder) => [folder, JSON.stringify(MANIFESTS[folder as keyof typeof MANIFESTS])]),
);

let project = '';
let bun: string | null = null;

function run(...args: readonly string[]): Ran {
  const env = { ...process.env, BUN_CONFIG_REGISTRY: registryInUse(), BUN_INSTALL_CACHE_DIR: join(project, '.cache') };
  return spawnSync(bun ?? '', args, { cwd: project, encoding: 'utf8', timeout: 60_000, env });
}

/** Lines of `bun pm ls --all`, "├── NAME@VERSION" below each other, as NAME@VERSION with the number of levels above. */
function listed(text: string): readonly string[] {
  return [...text.matchAll(/^([│ ]*)[├└]── (.+)$/gm)].map(
    ([, indent = '', spec = '']) => `${indent.length / 4} ${spec}`,
  );
}

/** What Bun lists it as: by the name it is installed under, at its level. */
function asListed({ version, places }: Dependency): readonly string[] {
  return places.map(({ path }) => {
    const names = path.split(/(?:^|\/)node_modules\//);
    const level = names.length - 2 + (names[0] === '' ? 0 : 1);
    return `${level} ${names.at(-1) ?? ''}@${version.replace(/^file:/, '')}`;
  });
}

beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), 'assay-bun-'));
  for (const [folder, manifest] of Object.entries(MANIFESTS)) {
    mkdirSync(join(project, folder), { recursive: true });
    writeFileSync(join(project, folder, 'package.json'), JSON.stringify(manifest));
  }
  bun = bunInUse();
}, 240_000);

afterAll(() => removeFolder(project));

describe('a lockfile that Bun has just written', () => {
  it('has the packages, places and versions of bun pm ls', { timeout: 150_000 }, ({ skip }) => {
    if (bun === null) return skip(notToBeHad('Bun'));
    spawnSync('npm', ['pack', './vendor/packed', '--pack-destination', 'vendor', '--ignore-scripts'], { cwd: project });
    ranOrSkip(run('install', '--ignore-scripts', '--linker', 'hoisted'), skip);
    const bytes = readFileSync(join(project, 'bun.lock'));
    const lockfile = parseLockfile('bun.lock', bytes, given);
    expect(lockfile.format).toMatch(/^bun\.lock v[12]$/);
    expect(lockfile.entries).toBe(bytes.toString().match(/^ {4}"[^"]+": \["/gm)?.length);

    const theirs = listed(run('pm', 'ls', '--all').stdout);
    const ours = lockfile.dependencies.flatMap(asListed);
    // Optional packages for other systems are locked and not installed.
    const here = ours.filter((spec) => process.platform === 'darwin' || !spec.includes('fsevents'));
    const links = ['0 @app/w@workspace:packages/w', '0 local@local'];
    expect(theirs.length).toBeGreaterThan(8);
    expect([...here, ...links].sort()).toEqual([...theirs].sort());

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
      'packed@file:./vendor/packed-1.0.0.tgz',
    ]);
    expect(flagged('dev')).toEqual(['ms@2.1.3']);
    expect(flagged('optional')).toEqual(['fsevents@2.3.3']);
    expect(lockfile.skipped.map(({ reason }) => reason)).toEqual(['link', 'link']);
    expect(
      lockfile.dependencies.every(({ artifacts: [{ digests: integrity }] }) => integrity[0]?.algorithm === 'sha512'),
    ).toBe(true);
  });

  it(
    'is held to the names that are asked for, where Bun installs what stands there',
    { timeout: 150_000 },
    ({ skip }) => {
      if (bun === null) return skip(notToBeHad('Bun'));
      const file = join(project, 'bun.lock');
      const text = readFileSync(file, 'utf8');
      const number = /"is-number": (\["is-number@[^\n]+\]),\n/.exec(text)?.[1] ?? '';
      writeFileSync(file, text.replace(/"ms": \[[^\n]+\],\n/, `"ms": ${number},\n`));
      rmSync(join(project, 'node_modules'), { recursive: true });
      ranOrSkip(run('install', '--ignore-scripts', '--linker', 'hoisted', '--frozen-lockfile'), skip);
      const installed = JSON.parse(readFileSync(join(project, 'node_modules/ms/package.json'), 'utf8')) as {
        name: string;
      };
      expect(installed.name).toBe('is-number');
      const { dependencies } = parseLockfile('bun.lock', readFileSync(file), given);
      const got = dependencies.find(({ places }) => places.some(({ path }) => path === 'node_modules/ms'));
      expect(got).toMatchObject({ name: 'is-number', substitutes: [{ asked: 'ms@2.1.3', by: '.' }] });
      writeFileSync(file, text);
    },
  );

  it.for([
    ['a workspace', '["ms@workspace:packages/w"]', '@app/w'],
    ['a folder', '["ms@file:local", {}]', 'local'],
    ['the project', '["ms@root:", {}]', 'app'],
  ] as const)(
    'is said to put %s for a package of a registry, which Bun installs',
    { timeout: 150_000 },
    ([, entry, name], { skip }) => {
      if (bun === null) return skip(notToBeHad('Bun'));
      const file = join(project, 'bun.lock');
      const text = readFileSync(file, 'utf8');
      writeFileSync(file, text.replace(/"ms": \[[^\n]+\],\n/, `"ms": ${entry},\n`));
      rmSync(join(project, 'node_modules'), { recursive: true, force: true });
      ranOrSkip(run('install', '--ignore-scripts', '--linker', 'hoisted', '--frozen-lockfile'), skip);
      const manifest = readFileSync(join(project, 'node_modules/ms/package.json'), 'utf8');
      expect((JSON.parse(manifest) as { name: string }).name).toBe(name);
      const { dependencies } = parseLockfile('bun.lock', readFileSync(file), given);
      expect(dependencies.flatMap(({ substitutes = [] }) => substitutes)).toContainEqual({
        asked: 'ms@2.1.3',
        by: '.',
      });
      writeFileSync(file, text);
    },
  );

  it('claims commands that Bun links and a dependency that it installs', { timeout: 150_000 }, ({ skip }) => {
    if (bun === null) return skip(notToBeHad('Bun'));
    const file = join(project, 'bun.lock');
    const text = readFileSync(file, 'utf8');
    const info = '{ "bin": { "node": "index.js" }, "dependencies": { "zz": "npm:is-number@^7.0.0" } }';
    const number = /"is-number": (\["is-number@[^\n]+\]),\n/.exec(text)?.[1] ?? '';
    const edited = text.replace('"ms@2.1.3", "", {}', `"ms@2.1.3", "", ${info}`);
    writeFileSync(file, edited.replace('  "packages": {\n', `  "packages": {\n    "zz": ${number},\n`));
    rmSync(join(project, 'node_modules'), { recursive: true, force: true });
    ranOrSkip(run('install', '--ignore-scripts', '--linker', 'hoisted', '--frozen-lockfile'), skip);
    expect(existsSync(join(project, 'node_modules/zz/package.json'))).toBe(true);
    expect(readdirSync(join(project, 'node_modules/.bin')).some((name) => name.startsWith('node'))).toBe(true);
    const { dependencies } = parseLockfile('bun.lock', readFileSync(file), given);
    expect(dependencies.find(({ name, version }) => name === 'ms' && version === '2.1.3')?.claims).toEqual([
      { bin: { node: 'index.js' }, dependencies: { zz: 'npm:is-number@^7.0.0' }, peerDependencies: {} },
    ]);
    writeFileSync(file, text);
  });

  it('as binary is refused with the command that writes it as text', { timeout: 150_000 }, ({ skip }) => {
    if (bun === null) return skip(notToBeHad('Bun'));
    rmSync(join(project, 'bun.lock'));
    writeFileSync(join(project, 'bunfig.toml'), '[install]\nsaveTextLockfile = false\n');
    ranOrSkip(run('install', '--ignore-scripts'), skip);
    let refused: unknown = null;
    try {
      parseLockfile('bun.lockb', readFileSync(join(project, 'bun.lockb')));
    } catch (error) {
      refused = error;
    }
    expect(refused).toBeInstanceOf(LockfileError);
    const command = /; bun (install [-a-z ]+) writes bun\.lock from it$/.exec((refused as LockfileError).message)?.[1];
    ranOrSkip(run(...(command ?? '').split(' ')), skip);
    expect(parseLockfile('bun.lock', readFileSync(join(project, 'bun.lock'))).dependencies.length).toBeGreaterThan(8);
  });
});
