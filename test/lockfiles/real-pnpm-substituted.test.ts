import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseLockfile } from '../../src/lockfiles/index.ts';
import { fromRegistry, notToBeHad, ranOrSkip, type Ran } from './real.ts';
import { removeFolder } from '../support/remove-folder.ts';

/** Exact versions that write and read another format, or the same with another program. */
const VERSIONS = ['8.15.9', '10.34.8', '12.20.0'];
const MANIFEST = { name: 'app', version: '1.0.0', dependencies: { 'is-odd': '3.0.1', ms: '2.1.3' } };
let root = '';

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'assay-pnpm-substituted-'));
});

afterAll(() => removeFolder(root));

function command(version: string): readonly string[] | null {
  const folder = fromRegistry(`pnpm@${version}`);
  if (folder === null) return null;
  if (!version.startsWith('12.')) return [process.execPath, join(folder, 'bin/pnpm.cjs')];
  const name = `exe.${process.platform === 'win32' ? 'win32' : process.platform}-${process.arch}`;
  return [join(folder, '../@pnpm', name, process.platform === 'win32' ? 'pnpm.exe' : 'pnpm')];
}

interface Installed {
  readonly project: string;
  readonly lock: string;
  readonly install: (change: (lock: string) => string) => Ran;
}

/** A project that this pnpm has locked, and installs from a changed lockfile as pipelines do. */
function project(version: string, pnpm: readonly string[], skip: (note: string) => void): Installed {
  const folder = join(root, version);
  const [program = '', ...before] = pnpm;
  const run = (...args: readonly string[]): Ran => {
    const env = { ...process.env, CI: 'true', COREPACK_ENABLE_STRICT: '0' };
    const all = [...before, ...args, '--ignore-scripts', '--store-dir', join(root, `store-${version}`)];
    return spawnSync(program, all, { cwd: folder, env, encoding: 'utf8', timeout: 90_000 });
  };
  mkdirSync(join(folder, 'evil'), { recursive: true });
  writeFileSync(join(folder, 'package.json'), JSON.stringify(MANIFEST));
  writeFileSync(join(folder, 'evil/package.json'), '{"name":"evil","version":"6.6.6"}');
  ranOrSkip(run('install', '--no-frozen-lockfile'), skip);
  const lock = readFileSync(join(folder, 'pnpm-lock.yaml'), 'utf8');
  return {
    project: folder,
    lock,
    install: (change) => {
      rmSync(join(folder, 'node_modules'), { recursive: true, force: true });
      writeFileSync(join(folder, 'pnpm-lock.yaml'), change(lock));
      return run('install', '--frozen-lockfile');
    },
  };
}

/** The name of the package that is installed at a place. */
function nameAt(folder: string): unknown {
  return (JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { name: unknown }).name;
}

const read = (lock: string): ReturnType<typeof parseLockfile> =>
  parseLockfile('pnpm-lock.yaml', Buffer.from(lock), new Map([['', JSON.stringify(MANIFEST)]]));

describe.each(VERSIONS)('pnpm %s', (version) => {
  it('installs what the lockfile puts in place of a package, which is named', { timeout: 300_000 }, ({ skip }) => {
    const pnpm = command(version);
    if (pnpm === null) return skip(notToBeHad('pnpm'));
    const { project: folder, lock, install } = project(version, pnpm, skip);
    expect(read(lock).dependencies.some(({ substitutes }) => substitutes !== undefined)).toBe(false);

    // A folder in place of ms, which package.json asks the registry for.
    const linked = (text: string): string =>
      text.replace(/(ms:\n *specifier: 2\.1\.3\n *version: )2\.1\.3/, '$1link:evil');
    ranOrSkip(install(linked), skip);
    expect(nameAt(join(folder, 'node_modules/ms'))).toBe('evil');
    const stranger = read(linked(lock)).dependencies.find(
      ({ name, version: got }) => name === 'ms' && got === 'link:evil',
    );
    expect(stranger?.substitutes).toEqual([{ asked: 'ms@2.1.3', by: '.' }]);

    // Another package under the name that is-odd asks for: its published manifest says what it gets.
    const other = (text: string): string =>
      text.replace(/^( *is-number: )6\.0\.0$/m, version.startsWith('8.') ? '$1/ms@2.1.3' : '$1ms@2.1.3');
    expect(other(lock)).not.toBe(lock);
    ranOrSkip(install(other), skip);
    const below = dirname(realpathSync(join(folder, 'node_modules/is-odd')));
    expect(nameAt(join(below, 'is-number'))).toBe('ms');
    const [claims] = read(other(lock)).dependencies.find(({ name }) => name === 'is-odd')?.claims ?? [];
    expect(claims?.answers).toEqual({ 'is-number': 'ms' });
  });
});

describe('what pnpm 12 writes when it is told to', () => {
  it('says the same in version 13, and of unpacked tarballs', { timeout: 300_000 }, ({ skip }) => {
    const pnpm = command('12.20.0');
    if (pnpm === null) return skip(notToBeHad('pnpm'));
    const manifest = {
      name: 'app',
      dependencies: {
        'is-odd': '^3.0.1',
        odd: 'npm:is-odd@0.1.2',
        ajv: '8.17.1',
        'ajv-keywords': '5.1.0',
        c: 'catalog:',
        w: 'workspace:*',
      },
      optionalDependencies: { fsevents: '2.3.3' },
    };
    const member = {
      name: 'w',
      version: '1.0.0',
      dependencies: { ajv: '8.12.0', 'ajv-keywords': '5.1.0' },
      devDependencies: { ms: '2.1.3' },
    };
    const settings = (more: string): string =>
      `packages:\n  - w\ncatalog:\n  c: npm:kind-of@^6.0.0\noverrides:\n  uri-js: npm:fast-uri@3.0.6\n${more}`;
    const written = (name: string, more: string): string => {
      const folder = join(root, name);
      mkdirSync(join(folder, 'w'), { recursive: true });
      writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
      writeFileSync(join(folder, 'w/package.json'), JSON.stringify(member));
      writeFileSync(join(folder, 'pnpm-workspace.yaml'), settings(more));
      const [program = ''] = pnpm;
      const args = ['install', '--no-frozen-lockfile', '--ignore-scripts', '--store-dir', join(root, 'store-settings')];
      ranOrSkip(spawnSync(program, args, { cwd: folder, encoding: 'utf8', timeout: 90_000 }), skip);
      return readFileSync(join(folder, 'pnpm-lock.yaml'), 'utf8');
    };
    const workspace = {
      catalog: { c: 'npm:kind-of@^6.0.0' },
      overrides: { 'uri-js': 'npm:fast-uri@3.0.6' },
    };
    const readIn = (lock: string): ReturnType<typeof parseLockfile> =>
      parseLockfile(
        'pnpm-lock.yaml',
        Buffer.from(lock),
        new Map([
          ['', JSON.stringify(manifest)],
          ['w', JSON.stringify(member)],
        ]),
        [{ path: 'pnpm-workspace.yaml', ofProject: true, content: workspace }],
      );
    const shown = (lock: string): unknown =>
      readIn(lock).dependencies.map(
        ({ name, version, artifacts: [{ digests: integrity }], direct, substitutes = [], claims = [] }) => ({
          spec: `${name}@${version}`,
          integrity,
          direct,
          substitutes,
          answers: Object.assign({}, ...claims.map(({ answers }) => answers ?? {})) as object,
        }),
      );
    const plain = written('v9', '');
    const next = written('v13', 'lockfile:\n  format: v13\n');
    expect(next).toMatch(/"lockfileVersion": "13\.0"/);
    expect(shown(next)).toEqual(shown(plain));
    expect(JSON.stringify(shown(plain))).not.toContain('"asked"');

    const ofTar = written('tar', 'lockfile:\n  integrityTarget: tar\n');
    const archives = readIn(ofTar).dependencies.map(({ artifacts: [{ archive, digests: integrity }] }) => [
      archive?.unpacked,
      integrity.length,
    ]);
    expect(archives.length).toBeGreaterThan(10);
    expect(new Set(archives.map(String))).toEqual(new Set(['true,0']));
  });
});
