import { describe, expect, it } from 'vitest';
import type { Dependency, Lockfile } from '../../src/model/dependency.ts';
import { only, parse, refusal, sha512 } from './support.ts';

interface BunLock {
  readonly workspaces?: Record<string, object>;
  readonly packages?: Record<string, unknown>;
  readonly [section: string]: unknown;
}

/** A bun.lock with the commas that Bun writes before the end of objects and lists. */
function bunText({ lockfileVersion = 1, workspaces = { '': {} }, packages = {}, ...rest }: BunLock): string {
  const text = JSON.stringify({ lockfileVersion, ...rest, workspaces, packages }, null, 2);
  return text.replace(/([^[{,\s])(\s*\n\s*[}\]])/g, '$1,$2');
}

function bunLock(content: BunLock, manifests?: Record<string, object>): Lockfile {
  return parse(bunText(content), { file: 'bun.lock', ...(manifests === undefined ? {} : { manifests }) });
}

/** A project that asks for these, each of them a package of the registry. */
function app(packages: Record<string, unknown>, declared: object = {}): BunLock {
  return { workspaces: { '': { name: 'app', ...declared } }, packages };
}

function npm(spec: string, info: object = {}, registry = ''): unknown {
  return [spec, registry, info, sha512(spec)];
}

function names(dependencies: readonly Dependency[]): readonly string[] {
  return dependencies.map(({ name, version }) => `${name}@${version}`);
}

function refused(content: BunLock): string {
  return refusal(bunText(content), 'bun.lock').message;
}

describe('bun.lock', () => {
  it('is read with its commas, each entry with its line, hash and place', () => {
    const text = `{
  "lockfileVersion": 2,
  "configVersion": 1,
  "workspaces": {
    "": {
      "name": "app",
      "dependencies": { "@s/a": "^1.0.0", },
    },
  },
  "packages": {
    "@s/a": ["@s/a@1.2.3", "", { "dependencies": { "b": "^2" }, "os": "linux", "cpu": ["x64", "arm64"], }, "${sha512('a')}"],

    "@s/a/b": ["b@2.0.0", "", {}, "${sha512('b')}",],
  },
}
`;
    const lockfile = parse(text, { file: 'dir/bun.lock' });
    expect(lockfile).toMatchObject({ format: 'bun.lock v2', entries: 2, skipped: [] });
    expect(lockfile.dependencies).toEqual([
      {
        ecosystem: 'npm',
        name: '@s/a',
        version: '1.2.3',
        artifacts: [
          {
            file: null,
            digests: [{ algorithm: 'sha512', hex: Buffer.alloc(64, 'a').toString('hex') }],
            source: { kind: 'registry', resolved: null },
          },
        ],
        places: [{ file: 'dir/bun.lock', line: 11, path: 'node_modules/@s/a' }],
        direct: true,
        dev: false,
        optional: false,
        peer: false,
        exotic: [],
        bundles: [],
        requires: ['b@2.0.0'],
        claims: [{ dependencies: { b: '^2' }, peerDependencies: {} }],
      },
      expect.objectContaining({
        name: 'b',
        direct: false,
        places: [{ file: 'dir/bun.lock', line: 13, path: 'node_modules/@s/a/node_modules/b' }],
      }),
    ]);
  });

  it.each([0, 1, 2, 3])('version %d is read', (lockfileVersion) => {
    expect(bunLock({ lockfileVersion }).format).toBe(`bun.lock v${lockfileVersion}`);
  });

  it('has an address where the registry is not the default one', () => {
    const address = 'https://npm.example.org/a/-/a-1.0.0.tgz';
    const lockfile = bunLock(app({ a: npm('a@1.0.0', {}, address), b: npm('b@1.0.0') }));
    expect(lockfile.dependencies.map(({ artifacts: [{ source }] }) => source)).toEqual([
      { kind: 'registry', resolved: address },
      { kind: 'registry', resolved: null },
    ]);
  });

  it('has direct, development, optional and peer dependencies by the ways to them', () => {
    const { dependencies } = bunLock(
      app(
        {
          prod: npm('prod@1.0.0', {
            dependencies: { shared: '1' },
            peerDependencies: { host: '1', extra: '1' },
            optionalPeers: ['extra'],
          }),
          dev: npm('dev@1.0.0', {
            dependencies: { shared: '1', below: '1' },
            optionalDependencies: { maybe: '1', gone: '1' },
          }),
          opt: npm('opt@1.0.0', { dependencies: { maybe: '1' } }),
          shared: npm('shared@1.0.0'),
          below: npm('below@1.0.0'),
          maybe: npm('maybe@1.0.0'),
          host: npm('host@1.0.0'),
          stray: npm('stray@1.0.0'),
        },
        { dependencies: { prod: '1' }, devDependencies: { dev: '1' }, optionalDependencies: { opt: '1' } },
      ),
    );
    const of = (flag: 'direct' | 'dev' | 'optional' | 'peer'): readonly string[] =>
      dependencies.filter((dependency) => dependency[flag]).map(({ name }) => name);
    expect(of('direct')).toEqual(['prod', 'dev', 'opt']);
    expect(of('dev')).toEqual(['dev', 'below']);
    expect(of('optional')).toEqual(['opt', 'maybe']);
    expect(of('peer')).toEqual(['host']);
  });

  it('has workspaces, which are skipped, and what they have for themselves below their folders', () => {
    const lockfile = bunLock({
      workspaces: {
        '': { name: 'app', devDependencies: { ms: '2.1.3' } },
        'packages/w': { name: '@app/w', version: '1.0.0', dependencies: { ms: '2.0.0', '@app/v': 'workspace:*' } },
        'packages/v': { name: '@app/v' },
      },
      packages: {
        '@app/w': ['@app/w@workspace:packages/w'],
        '@app/v': ['@app/v@workspace:packages/v', { dependencies: {} }],
        app: ['app@root:', {}],
        ms: npm('ms@2.1.3'),
        '@app/w/ms': npm('ms@2.0.0'),
      },
    });
    expect(lockfile.entries).toBe(5);
    expect(lockfile.skipped.map(({ place, reason }) => [place.path, reason])).toEqual([
      ['node_modules/@app/w', 'link'],
      ['node_modules/@app/v', 'link'],
      ['node_modules/app', 'link'],
    ]);
    expect(lockfile.dependencies).toMatchObject([
      { version: '2.1.3', direct: true, dev: true },
      { version: '2.0.0', direct: true, dev: false, places: [{ path: 'packages/w/node_modules/ms' }] },
    ]);
  });

  it('has sources other than a registry', () => {
    const lockfile = bunLock(
      app(
        {
          hub: ['hub@github:o/hub#abc1234', {}, 'o-hub-abc1234', sha512('hub')],
          git: ['git@git+ssh://git@example.org/o/git.git#0123', { optionalDependencies: { gist: 'gist:1' } }, '0123'],
          web: ['web@https://example.org/web', {}, sha512('web')],
          tar: ['tar@vendor/tar-1.0.0.tgz', {}],
          folder: ['folder@file:local', { dependencies: { ms: '1' } }],
          'folder/ms': npm('ms@1.0.0'),
          linked: ['linked@link:../linked', {}],
        },
        {
          dependencies: { folder: 'file:./local', linked: 'link:../linked' },
        },
      ),
    );
    expect(lockfile.entries).toBe(7);
    expect(
      lockfile.dependencies.map(({ name, version, artifacts: [{ source }], exotic }) => [
        name,
        version,
        source,
        exotic,
      ]),
    ).toEqual([
      ['hub', 'github:o/hub#abc1234', { kind: 'git', url: 'github:o/hub#abc1234' }, []],
      [
        'git',
        'git+ssh://git@example.org/o/git.git#0123',
        { kind: 'git', url: 'git+ssh://git@example.org/o/git.git#0123' },
        [{ name: 'gist', spec: 'gist:1' }],
      ],
      ['web', 'https://example.org/web', { kind: 'http', url: 'https://example.org/web' }, []],
      ['tar', 'file:vendor/tar-1.0.0.tgz', { kind: 'file', path: 'vendor/tar-1.0.0.tgz' }, []],
      ['ms', '1.0.0', { kind: 'registry', resolved: null }, []],
    ]);
    expect(lockfile.dependencies[0]?.artifacts[0].digests).toHaveLength(1);
    expect(lockfile.skipped.map(({ place, reason }) => [place.path, reason])).toEqual([
      ['node_modules/folder', 'link'],
      ['node_modules/linked', 'link'],
    ]);
    // A folder of the project asks for it.
    expect(only(lockfile, 'ms').direct).toBe(true);
  });

  it('has a tarball of a registry as that registry’s package', () => {
    const address = 'https://npm.example.org/@s/a/-/a-1.0.0.tgz';
    const lockfile = bunLock(app({ '@s/a': [`@s/a@${address}`, {}, sha512()] }));
    expect(lockfile.dependencies).toMatchObject([
      { name: '@s/a', version: '1.0.0', artifacts: [{ file: null, source: { kind: 'registry', resolved: address } }] },
    ]);
  });

  it('has what a tarball carries as skipped, by its carrier, and only where a package carries it', () => {
    const lockfile = bunLock({
      workspaces: { '': { name: 'app' }, w: { name: 'w', dependencies: { own: '1' } } },
      packages: {
        w: ['w@workspace:w'],
        'w/own': npm('own@1.0.0', { bundled: true }),
        top: npm('top@1.0.0', { bundled: true }),
        carrier: npm('carrier@1.0.0', { dependencies: { inner: '1', '@s/in': '1' } }),
        'carrier/inner': npm('inner@1.0.0', { bundled: true }),
        'carrier/@s/in': npm('@s/in@1.0.0', { bundled: true }),
        'carrier/fetched': npm('fetched@1.0.0'),
      },
    });
    expect(lockfile.skipped.map(({ place, reason, by }) => [place.path, reason, by])).toEqual([
      ['node_modules/w', 'link', undefined],
      ['node_modules/carrier/node_modules/inner', 'bundled', 'node_modules/carrier'],
      ['node_modules/carrier/node_modules/@s/in', 'bundled', 'node_modules/carrier'],
    ]);
    expect(names(lockfile.dependencies)).toEqual(['own@1.0.0', 'top@1.0.0', 'carrier@1.0.0', 'fetched@1.0.0']);
    expect(only(lockfile, 'carrier').bundles).toEqual(['inner', '@s/in']);
  });

  it('names the patches that change what is installed', () => {
    const lockfile = bunLock({
      ...app({ a: npm('a@1.0.0'), 'b/a': npm('a@2.0.0'), b: npm('b@1.0.0') }),
      patchedDependencies: { 'a@1.0.0': 'patches/a@1.0.0.patch', 'gone@1.0.0': 'patches/gone.patch' },
    });
    expect(lockfile.dependencies.map(({ version, patches }) => [version, patches])).toEqual([
      ['1.0.0', ['patches/a@1.0.0.patch']],
      ['2.0.0', undefined],
      ['1.0.0', undefined],
    ]);
  });
});

describe('an alias in bun.lock', () => {
  const swapped = (declared: object, rest: object = {}): BunLock => ({
    ...app({ ms: npm('evil@1.0.0'), top: npm('top@1.0.0', { dependencies: { ms: '2' } }) }, declared),
    ...rest,
  });

  it('is another package’s name where somebody asks for that', () => {
    for (const content of [
      swapped({ dependencies: { ms: 'npm:evil@1' } }),
      swapped({ dependencies: { ms: '2' } }, { overrides: { ms: 'npm:evil@1' } }),
      swapped({ dependencies: { top: '1' } }, { overrides: { top: { ms: 'npm:evil@1' } } }),
      swapped({ dependencies: { ms: 'catalog:' } }, { catalog: { ms: 'npm:evil@1' } }),
      swapped({ devDependencies: { ms: 'catalog:old' } }, { catalogs: { old: { ms: 'npm:evil@1' } } }),
    ]) {
      expect(names(bunLock(content).dependencies)).toContain('evil@1.0.0');
    }
  });

  it('stands in for the package that is asked for where nobody does', () => {
    for (const [content, substitution] of [
      [swapped({ dependencies: { ms: '2' } }), { asked: 'ms@2', by: '.' }],
      [swapped({ dependencies: { top: '1' } }), { asked: 'ms@2', by: 'top@1.0.0' }],
      [swapped({ dependencies: { ms: 'catalog:' } }, { catalog: { ms: '3' } }), { asked: 'ms@3', by: '.' }],
    ] as const) {
      const lockfile = bunLock(content);
      expect(names(lockfile.dependencies)).toEqual(['evil@1.0.0', 'top@1.0.0']);
      expect(only(lockfile, 'evil').substitutes).toEqual([substitution]);
    }
  });

  it('is for the package.json to ask for, where there is one', () => {
    const content = swapped({ dependencies: { ms: 'npm:evil@1' } });
    const says = (spec: string): Lockfile => bunLock(content, { '': { dependencies: { ms: spec } } });
    expect(only(says('2'), 'evil').substitutes).toEqual([{ asked: 'ms@2', by: '.' }]);
    expect(only(says('npm:evil@1'), 'evil').substitutes).toBeUndefined();
  });
});

describe('a bun.lock that cannot be read', () => {
  it('is binary: the command that writes a text one is named', () => {
    const command = 'bun install --save-text-lockfile --frozen-lockfile --lockfile-only writes bun.lock from it';
    const binary = '#!/usr/bin/env bun\nbun-lockfile-format-v0\n\u0000\u0001';
    for (const [content, file] of [
      [binary, 'bun.lockb'],
      ['', 'bun.lockb'],
      [binary, 'bun.lock'],
    ] as const) {
      expect(refusal(content, file).message).toContain(command);
    }
  });

  it('has no version', () => {
    expect(refusal('{"workspaces": {"": {}}}', 'bun.lock').message).toContain('has no lockfileVersion');
  });

  it('asks for what has no entry, as a file that was cut or read in part does', () => {
    const message = 'asks for "b", which has no entry';
    expect(refused(app({}, { dependencies: { b: '1' } }))).toContain(`bun.lock:4: "the project" ${message}`);
    expect(refused(app({}, { devDependencies: { b: '1' } }))).toContain(message);
    expect(refused(app({ a: npm('a@1.0.0', { dependencies: { b: '1' } }) }))).toContain(message);
    expect(refused({ workspaces: { '': {}, w: { name: 'w', dependencies: { b: '1' } } } })).toContain(message);
    const without = JSON.stringify({ lockfileVersion: 1, workspaces: { '': { dependencies: { b: '1' } } } });
    expect(refusal(without, 'bun.lock').message).toContain(message);
    expect(
      bunLock(app({ a: npm('a@1.0.0', { optionalDependencies: { b: '1' }, peerDependencies: { c: '1' } }) })).entries,
    ).toBe(1);
  });

  it.each<readonly [string, BunLock, string]>([
    ['null as version', { lockfileVersion: null }, 'lockfileVersion is of another type'],
    ['version 4', { lockfileVersion: 4 }, 'lockfileVersion is 4; supported are 0 to 3'],
    ['a text as version', { lockfileVersion: '1' }, 'lockfileVersion is of another type'],
    ['no project', { workspaces: {} }, 'has no "workspaces" with the project itself'],
    ['a workspace without name', { workspaces: { '': {}, w: {} } }, 'the workspace has no name'],
    ['a workspace elsewhere', { workspaces: { '': {}, '/w': { name: 'w' } } }, 'not a folder that Bun writes'],
    ['packages as a list', { packages: [] as never }, '"packages" is not an object'],
    ['an entry that is an object', app({ a: { version: '1.0.0' } }), 'has no name and version'],
    ['an empty entry', app({ a: [] }), 'has no name and version'],
    ['an entry that is only a version', app({ a: ['1.0.0', '', {}, ''] }), '"1.0.0" is not a name and a version'],
    ['no version in an entry', app({ a: ['a@', '', {}, ''] }), '"a@" is not a name and a version'],
    ['a range', app({ a: ['a@^1', '', {}, ''] }), '"^1" is not a version'],
    ['an entry without registry and hash', app({ a: ['a@1.0.0', {}] }), 'has 2 values, not 4'],
    ['an entry cut before the hash', app({ a: ['a@1.0.0', '', {}] }), 'has 3 values, not 4'],
    ['a number as hash', app({ a: ['a@1.0.0', '', {}, 1] }), 'integrity is not a string'],
    ['a hash that is none', app({ a: ['a@1.0.0', '', {}, 'sha512-x'] }), 'sha512 integrity'],
    ['a registry that is no address', app({ a: ['a@1.0.0', 'git+ssh://x/y', {}, ''] }), 'is not a web address'],
    ['dependencies as a list', app({ a: npm('a@1.0.0', { dependencies: [] }) }), 'dependencies is not an object'],
    ['a range that is a number', app({ a: npm('a@1.0.0', { dependencies: { b: 1 } }) }), 'is not a string'],
    ['peers that are no list', app({ a: npm('a@1.0.0', { optionalPeers: {} }) }), 'optionalPeers is not a list'],
    ['a peer that is no name', app({ a: npm('a@1.0.0', { optionalPeers: [1] }) }), 'what is not a name'],
    ['bundled as a text', app({ a: npm('a@1.0.0', { bundled: 'true' }) }), 'bundled is not true'],
    ['git without its object', app({ a: ['a@github:o/r#1'] }), 'is not an object'],
    ['a workspace nobody lists', app({ w: ['w@workspace:w'] }), 'its workspace has no entry'],
    ['a patch that is a number', { patchedDependencies: { 'a@1.0.0': 1 } }, 'is not a string'],
    ['a catalog that is a list', { catalog: [] }, 'is not an object'],
    ['catalogs that are texts', { catalogs: { old: 'x' } }, 'is not an object'],
  ])('has %s', (_what, content, message) => {
    expect(refused(content)).toContain(message);
  });

  it.each([
    '',
    '/',
    'a/',
    '/a',
    'a//b',
    '..',
    '../a',
    'a/../b',
    '@s',
    '@s/',
    'a/@s',
    'node_modules/a',
    'A b',
    'a\\b',
    Array(33).fill('a').join('/'),
    'a/'.repeat(3000),
  ])('has an entry at %j', (key) =>
    expect(refused(app({ [key]: npm('a@1.0.0') }))).toContain('not a place that Bun writes'),
  );

  it.each(['../evil', '__proto__', 'a b', '.bin', 'A\u001b[2J', 'node_modules'])('has a package named %j', (name) => {
    expect(refused(app({ a: [`${name}@1.0.0`, '', {}, ''] }))).toContain('bun.lock:');
  });

  it('has a comment, a second comma, a key twice, or marks of a merge conflict', () => {
    for (const text of [
      '{ // by hand\n }',
      '{"lockfileVersion": 1,,}',
      '{,}',
      '{"lockfileVersion": 1, "workspaces": {"": {}}, "packages": [,]}',
      '{"lockfileVersion": 1, "lockfileVersion": 2}',
    ]) {
      expect(refusal(text, 'bun.lock').message).toMatch(/^bun\.lock:1: /);
    }
    const conflict = '{\n<<<<<<< HEAD\n"a": 1,\n=======\n>>>>>>> b\n}';
    expect(refusal(conflict, 'bun.lock').message).toMatch(
      /^bun\.lock:2: has marks of a git merge conflict; .*bun install/,
    );
  });

  it('would be read by nothing else: only Bun writes trailing commas', () => {
    expect(refusal('{"lockfileVersion": 3, "packages": {},}').message).toContain('not valid JSON');
    expect(refusal('{"lockfileVersion": 1, "nodes": {}, "edges": {},}', 'vlt-lock.json').message).toContain(
      'not valid JSON',
    );
  });
});
