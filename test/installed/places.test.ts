import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { locate } from '../../src/installed/places.ts';
import type { Dependency, Lockfile } from '../../src/model/dependency.ts';
import { dependency } from '../report/fixtures.ts';
import { removeFolder } from '../support/remove-folder.ts';

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'assay-places-'));
});
afterEach(() => removeFolder(root));

function put(path: string, manifest: object = {}): void {
  mkdirSync(join(root, path), { recursive: true });
  writeFileSync(join(root, path, 'package.json'), JSON.stringify(manifest));
}

function link(path: string, target: string): void {
  mkdirSync(join(root, dirname(path)), { recursive: true });
  symlinkSync(join(root, target), join(root, path));
}

function lockfile(...dependencies: readonly Dependency[]): Lockfile {
  return { file: 'lock', format: 'test', manager: 'npm', entries: dependencies.length, dependencies, skipped: [] };
}

/** Named by a lockfile that gives no places. */
function named(name: string, version = '1.0.0'): Dependency {
  return dependency(name, version, { places: [{ file: 'lock', line: 1, path: `${name}@${version}` }] });
}

describe("a store of pnpm's", () => {
  it('has a copy for each version, which links lead to', async () => {
    put('node_modules/.pnpm/@s+a@1.0.0_b@2.0.0/node_modules/@s/a', { name: '@s/a', version: '1.0.0' });
    put('node_modules/.pnpm/@s+a@1.0.0/node_modules/@s/a', { name: '@s/a', version: '1.0.0' });
    put('node_modules/.pnpm/b@2.0.0/node_modules/b', { name: 'b', version: '2.0.0' });
    writeFileSync(join(root, 'node_modules/.pnpm/lock.yaml'), '');
    link('node_modules/@s/a', 'node_modules/.pnpm/@s+a@1.0.0/node_modules/@s/a');
    link('node_modules/.pnpm/@s+a@1.0.0_b@2.0.0/node_modules/b', 'node_modules/.pnpm/b@2.0.0/node_modules/b');
    const [a, b, c] = [named('@s/a'), named('b', '2.0.0'), named('c')];
    const places = await locate(root, lockfile(a, b, c));
    expect([...places.copiesOf(a)].sort()).toEqual([
      'node_modules/.pnpm/@s+a@1.0.0/node_modules/@s/a',
      'node_modules/.pnpm/@s+a@1.0.0_b@2.0.0/node_modules/@s/a',
    ]);
    expect(places.copiesOf(b)).toHaveLength(1);
    expect(places.absentOf(c)).toHaveLength(1);
    expect(places.unlocked).toEqual([]);
    for (const one of [a, b, c]) expect(places.straysOf(one)).toEqual([]);
  });

  it('is believed about the version, not the package.json in it', async () => {
    put('node_modules/.pnpm/a@1.0.0/node_modules/a', { name: 'a', version: '9.0.0' });
    const a = named('a');
    expect((await locate(root, lockfile(a))).copiesOf(a)).toHaveLength(1);
  });

  it('may keep versions of earlier lockfiles, but no link may lead to one', async () => {
    put('node_modules/.pnpm/a@1.0.0/node_modules/a', { name: 'a', version: '1.0.0' });
    put('node_modules/.pnpm/a@0.9.0/node_modules/a', { name: 'a', version: '0.9.0' });
    const a = named('a');
    expect((await locate(root, lockfile(a))).straysOf(a)).toEqual([]);
    link('node_modules/a', 'node_modules/.pnpm/a@0.9.0/node_modules/a');
    expect((await locate(root, lockfile(a))).straysOf(a)).toEqual([
      { path: 'node_modules/a', what: 'link', version: null },
    ]);
  });
});

describe('what a store keeps of earlier lockfiles', () => {
  it('may be linked from there, and from nowhere else', async () => {
    const [old, current] = ['node_modules/.pnpm/b@1.0.0', 'node_modules/.pnpm/b@2.0.0'];
    put(`${old}/node_modules/b`, { name: 'b', version: '1.0.0' });
    put(`${current}/node_modules/b`, { name: 'b', version: '2.0.0' });
    put('node_modules/.pnpm/c@1.0.0/node_modules/c', { name: 'c', version: '1.0.0' });
    link('node_modules/.pnpm/c@1.0.0/node_modules/b', `${old}/node_modules/b`);
    const b = named('b', '2.0.0');
    expect((await locate(root, lockfile(b))).straysOf(b)).toEqual([]);
    const asked = await locate(root, lockfile(b, named('c')));
    expect(asked.straysOf(b)).toEqual([
      { path: 'node_modules/.pnpm/c@1.0.0/node_modules/b', what: 'link', version: null },
    ]);
  });

  it('may not be what packages find that nobody asked for', async () => {
    put('node_modules/.pnpm/a@1.0.0/node_modules/a', { name: 'a', version: '1.0.0' });
    put('node_modules/.pnpm/node_modules/evil', { name: 'evil', version: '1.0.0' });
    put('node_modules/.pnpm/node_modules/a', { name: 'a', version: '9.0.0' });
    const a = named('a');
    const places = await locate(root, lockfile(a));
    expect(places.unlocked).toEqual(['node_modules/.pnpm/node_modules/evil']);
    expect(places.straysOf(a)).toMatchObject([{ path: 'node_modules/.pnpm/node_modules/a', what: 'version' }]);
  });
});

describe("Yarn's store", () => {
  const folder = 'node_modules/.store/@s-a-npm-1.0.0-0123456789/package';

  it('has each version in a folder that is called package', async () => {
    put(folder, { name: '@s/a', version: '1.0.0' });
    link('node_modules/@s/a', folder);
    link('node_modules/.store/@s-a-npm-1.0.0-0123456789/node_modules/@s/a', folder);
    const a = named('@s/a');
    const places = await locate(root, lockfile(a));
    expect([places.copiesOf(a), places.straysOf(a), places.absentOf(a), places.unlocked]).toEqual([
      [folder],
      [],
      [],
      [],
    ]);
  });

  it('no link may lead to a version that is not locked', async () => {
    put(folder, { name: '@s/a', version: '1.0.1' });
    link('node_modules/@s/a', folder);
    const a = named('@s/a');
    expect((await locate(root, lockfile(a))).straysOf(a)).toMatchObject([{ path: 'node_modules/@s/a', what: 'link' }]);
  });
});

describe('folders that links lead to', () => {
  it('are of the project, and looked into once', async () => {
    put('w', { name: 'w', version: '1.0.0' });
    put('w/node_modules/a', { name: 'a', version: '1.0.0' });
    link('node_modules/w', 'w');
    link('w/node_modules/w', 'w');
    link('w/node_modules/root', '.');
    const a = named('a');
    const places = await locate(root, lockfile(a));
    expect([places.copiesOf(a), places.unlocked]).toEqual([['w/node_modules/a'], []]);
  });

  it('are not looked into outside of the project', async () => {
    const elsewhere = mkdtempSync(join(tmpdir(), 'assay-elsewhere-'));
    try {
      mkdirSync(join(elsewhere, 'node_modules/a'), { recursive: true });
      writeFileSync(join(elsewhere, 'node_modules/a/package.json'), '{"name":"a","version":"1.0.0"}');
      mkdirSync(join(root, 'node_modules'));
      symlinkSync(elsewhere, join(root, 'node_modules/w'));
      const places = await locate(root, lockfile(named('a')));
      expect([places.isEmpty, places.unlocked]).toEqual([true, ['node_modules/w']]);
    } finally {
      rmSync(elsewhere, { recursive: true });
    }
  });
});

it('packages deeper in each other than any are refused in one line', async () => {
  put(Array.from({ length: 80 }, () => 'node_modules/a').join('/'), { name: 'a', version: '1.0.0' });
  await expect(locate(root, lockfile(named('a')))).rejects.toThrow(/^packages are nested deeper than 64 levels in/);
});

describe('without a store', () => {
  it('a copy is what claims to be one, at any depth', async () => {
    put('node_modules/a', { name: 'a', version: '1.0.0' });
    put('node_modules/b/node_modules/a', { name: 'a', version: '2.0.0' });
    put('node_modules/b', { name: 'b', version: '1.0.0' });
    const [one, two] = [named('a'), named('a', '2.0.0')];
    const places = await locate(root, lockfile(one, two, named('b')));
    expect(places.copiesOf(one)).toEqual(['node_modules/a']);
    expect(places.copiesOf(two)).toEqual(['node_modules/b/node_modules/a']);
  });

  it('something else under the name of a dependency is found, whatever it claims', async () => {
    const a = named('a');
    for (const claim of [{ name: 'a', version: '9.0.0' }, { name: 'x', version: '1.0.0' }, {}]) {
      put('node_modules/a', claim);
      expect((await locate(root, lockfile(a))).straysOf(a)).toMatchObject([
        { path: 'node_modules/a', what: 'version' },
      ]);
    }
  });

  it('a link leads to a folder of the project, or is found', async () => {
    const a = named('a');
    put('packages/a', { name: 'a', version: '1.0.0' });
    link('node_modules/a', 'packages/a');
    expect((await locate(root, lockfile(a))).straysOf(a)).toEqual([]);
    rmSync(join(root, 'node_modules/a'));
    symlinkSync('/etc', join(root, 'node_modules/a'));
    expect((await locate(root, lockfile(a))).straysOf(a)).toMatchObject([{ what: 'link' }]);
  });

  it('what a package brings along in its tarball is not taken for a stranger', async () => {
    put('node_modules/a', { name: 'a', version: '1.0.0', bundleDependencies: ['b'] });
    put('node_modules/a/node_modules/b', { name: 'b', version: '0.1.0' });
    const b = named('b');
    const places = await locate(root, lockfile(named('a'), b));
    expect(places.straysOf(b)).toEqual([]);
    expect(places.unlocked).toEqual([]);
  });

  it('what no lockfile names is named', async () => {
    put('node_modules/a', { name: 'a', version: '1.0.0' });
    put('node_modules/@x/y', { name: '@x/y', version: '1.0.0' });
    put('node_modules/.cache/z', { name: 'z', version: '1.0.0' });
    expect((await locate(root, lockfile(named('a')))).unlocked).toEqual(['node_modules/@x/y']);
  });
});

describe('the places of a lockfile', () => {
  const at = (path: string): Dependency => dependency('a', '1.0.0', { places: [{ file: 'lock', line: 1, path }] });

  it('outside of the project are not looked at', async () => {
    for (const path of ['../node_modules/a', 'x/../../node_modules/a']) {
      const a = at(path);
      const places = await locate(root, lockfile(a, at('node_modules/a')));
      expect(places.copiesOf(a)).toEqual([]);
    }
  });

  it('may lead into the store of npm’s linked strategy', async () => {
    put('node_modules/.store/a@1.0.0-hash/node_modules/a', { name: 'a', version: '1.0.0' });
    link('node_modules/a', 'node_modules/.store/a@1.0.0-hash/node_modules/a');
    const a = at('node_modules/a');
    const places = await locate(root, lockfile(a));
    expect(places.copiesOf(a)).toEqual(['node_modules/.store/a@1.0.0-hash/node_modules/a']);
    expect(places.straysOf(a)).toEqual([]);
  });

  it('may have a file above them', async () => {
    put('node_modules');
    writeFileSync(join(root, 'node_modules/b'), '');
    const a = at('node_modules/b/node_modules/a');
    const b = dependency('b', '1.0.0');
    const places = await locate(root, lockfile(a, b));
    expect([places.absentOf(a), places.straysOf(b)]).toEqual([
      ['node_modules/b/node_modules/a'],
      [{ path: 'node_modules/b', what: 'other', version: null }],
    ]);
  });

  it('may be in stores only, whatever place the lockfile gives', async () => {
    put('node_modules/.store/@s/a@1.0.0-hash/node_modules/@s/a', { name: '@s/a', version: '1.0.0' });
    put('node_modules/.bun/b@1.0.0/node_modules/b', { name: 'b', version: '1.0.0' });
    link('node_modules/.bun/node_modules/b', 'node_modules/.bun/b@1.0.0/node_modules/b');
    link('node_modules/.bun/b@1.0.0/node_modules/@s/a', 'node_modules/.store/@s/a@1.0.0-hash/node_modules/@s/a');
    const [a, b] = ['@s/a', 'b'].map((name) => dependency(name, '1.0.0')) as [Dependency, Dependency];
    const places = await locate(root, lockfile(a, b));
    for (const one of [a, b]) {
      expect(places.copiesOf(one)).toHaveLength(1);
      expect([places.straysOf(one), places.absentOf(one)]).toEqual([[], []]);
    }
    expect(places.unlocked).toEqual([]);
  });
});
