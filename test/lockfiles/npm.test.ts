import { describe, expect, it } from 'vitest';
import { parseLockfile } from '../../src/lockfiles/index.ts';
import { only, parse, refusal, sha512, v1, v3 } from './support.ts';

const tarball = (name: string, version: string): string =>
  `https://registry.npmjs.org/${name}/-/${name.replace(/^@.*\//, '')}-${version}.tgz`;

/** An entry as npm writes it for a package of the registry. */
const pkg = (name: string, version: string, more: object = {}): object => ({
  version,
  resolved: tarball(name, version),
  integrity: sha512(),
  ...more,
});

describe('packages (versions 2 and 3)', () => {
  it('reads name, version, source, hashes, flags and line', () => {
    const text = `{
  "lockfileVersion": 3,
  "packages": {
    "": { "devDependencies": { "@s/a": "^1.0.0" } },
    "node_modules/@s/a": {
      "version": "1.2.3-rc.1+build",
      "resolved": "${tarball('@s/a', '1.2.3-rc.1+build')}",
      "integrity": "${sha512()}",
      "dev": true, "optional": true, "peer": true
    }
  }
}`;
    expect(parse(text, { file: 'dir/package-lock.json' })).toEqual({
      file: 'dir/package-lock.json',
      format: 'package-lock v3',
      manager: 'npm',
      entries: 2,
      dependencies: [
        {
          ecosystem: 'npm',
          name: '@s/a',
          version: '1.2.3-rc.1+build',
          artifacts: [
            {
              file: null,
              digests: [{ algorithm: 'sha512', hex: '61'.repeat(64) }],
              source: { kind: 'registry', resolved: tarball('@s/a', '1.2.3-rc.1+build') },
            },
          ],
          places: [{ file: 'dir/package-lock.json', line: 5, path: 'node_modules/@s/a' }],
          direct: true,
          dev: true,
          optional: false,
          peer: false,
          exotic: [],
          bundles: [],
          claims: [{ dependencies: {}, peerDependencies: {} }],
        },
      ],
      skipped: [{ place: { file: 'dir/package-lock.json', line: 4, path: '' }, reason: 'root' }],
    });
  });

  it('brings the places of one package together; it is dev, optional, peer only if so everywhere', () => {
    const lockfile = parse(
      v3(
        {
          'node_modules/a': pkg('a', '1.0.0'),
          'node_modules/b': pkg('b', '1.0.0', { dependencies: { a: '1' } }),
          'node_modules/b/node_modules/a': pkg('a', '1.0.0'),
          'node_modules/c': pkg('c', '1.0.0', { dependencies: { b: '1' } }),
          'node_modules/c/node_modules/b': pkg('b', '1.0.0'),
        },
        { dependencies: { a: '1' }, devDependencies: { b: '1', c: '1' } },
      ),
    );
    expect(lockfile.dependencies.map(({ name }) => name)).toEqual(['a', 'b', 'c']);
    expect(only(lockfile, 'a').dev).toBe(false);
    expect(only(lockfile, 'a').places.map(({ path }) => path)).toEqual([
      'node_modules/a',
      'node_modules/b/node_modules/a',
    ]);
    expect(only(lockfile, 'b').dev).toBe(true);
    expect(lockfile.entries).toBe(6);
  });

  it('does not take what is there for development and as optional for either', () => {
    const root = { devDependencies: { b: '1' }, optionalDependencies: { c: '1' } };
    const packages = {
      'node_modules/a': pkg('a', '1.0.0', { devOptional: true }),
      'node_modules/b': pkg('b', '1.0.0', { dependencies: { a: '1' }, dev: true }),
      'node_modules/c': pkg('c', '1.0.0', { dependencies: { a: '1' }, optional: true }),
    };
    const flags = parse(v3(packages, root)).dependencies.map(({ dev, optional }) => [dev, optional]);
    expect(flags).toEqual([
      [false, false],
      [true, false],
      [false, true],
    ]);
  });

  it.each([
    ['another hash', { integrity: sha512('b') }],
    ['no hash', { integrity: undefined }],
    ['a further hash', { integrity: `${sha512()} ${sha512('b')}` }],
    ['another address', { resolved: tarball('a', '1.0.1') }],
    ['no address', { resolved: undefined }],
    ['a git address', { resolved: 'git+ssh://git@github.com/o/a.git#abc' }],
  ])('keeps places with %s apart', (_what, difference) => {
    const lockfile = parse(
      v3({ 'node_modules/a': pkg('a', '1.0.0'), 'node_modules/b/node_modules/a': pkg('a', '1.0.0', difference) }),
    );
    expect(lockfile.dependencies.map(({ name, version }) => `${name}@${version}`)).toEqual(['a@1.0.0', 'a@1.0.0']);
  });

  it('names an alias by its package', () => {
    const lockfile = parse(
      v3({ 'node_modules/alias': pkg('real', '1.0.0', { name: 'real' }) }, { dependencies: { alias: 'npm:real@^1' } }),
    );
    expect(only(lockfile, 'real')).toMatchObject({ direct: true, exotic: [] });
    expect(only(lockfile, 'real').places[0]?.path).toBe('node_modules/alias');
  });

  it.each([
    [undefined, undefined],
    [false, false],
    [null, null],
    ['', ''],
  ])('takes %j for an absent address and hash, as npm does', (resolved, integrity) => {
    const lockfile = parse(v3({ 'node_modules/a': { version: '1.0.0', resolved, integrity } }));
    expect(only(lockfile, 'a')).toMatchObject({
      artifacts: [{ file: null, source: { kind: 'registry', resolved: null }, digests: [] }],
    });
  });

  it.each([
    ['git+ssh://git@github.com/o/r.git#0123456', { kind: 'git', url: 'git+ssh://git@github.com/o/r.git#0123456' }],
    ['git+https://example.com/r.git#0123456', { kind: 'git', url: 'git+https://example.com/r.git#0123456' }],
    ['git://example.com/r.git', { kind: 'git', url: 'git://example.com/r.git' }],
    ['git@github.com:o/r.git', { kind: 'git', url: 'git@github.com:o/r.git' }],
    ['github:o/r#main', { kind: 'git', url: 'github:o/r#main' }],
    ['https://github.com/o/r.git#main', { kind: 'git', url: 'https://github.com/o/r.git#main' }],
    ['file:vendor/a.tgz', { kind: 'file', path: 'vendor/a.tgz' }],
    ['file:../a', { kind: 'file', path: '../a' }],
  ])('reads the source %s', (resolved, source) => {
    expect(only(parse(v3({ 'node_modules/a': { version: '1.0.0', resolved } })), 'a').artifacts[0].source).toEqual(
      source,
    );
  });

  it('lets the address stand for the version where a source other than a registry has none', () => {
    const lockfile = parse(
      v3({
        'node_modules/a': { resolved: 'git+https://example.com/a.git#abc' },
        'node_modules/b': { resolved: 'file:b.tgz' },
      }),
    );
    expect(only(lockfile, 'a').version).toBe('git+https://example.com/a.git#abc');
    expect(only(lockfile, 'b').version).toBe('file:b.tgz');
  });

  it.each([
    'npm:evil@1.0.0',
    'latest',
    '^1.0.0',
    'ftp://example.com/a.tgz',
    'javascript:alert(1)',
    'https://',
    'http://[',
  ])('refuses %s as an address', (resolved) =>
    expect(refusal(v3({ 'node_modules/a': pkg('a', '1.0.0', { resolved }) })).line).toBe(9),
  );

  it('says what a package asks for outside the registry, and not what the project asks for', () => {
    const asked = {
      dependencies: { a: '^1', b: 'npm:c@1', c: 'latest', d: 'github:o/r', e: 'o/r', f: 'https://x.io/f.tgz' },
      optionalDependencies: { g: 'file:../g', h: 'git+ssh://git@x.io/h.git', i: '>=1 <2 || ~3', j: '*', k: '' },
    };
    const lockfile = parse(v3({ 'node_modules/p': pkg('p', '1.0.0', asked), w: asked }, asked));
    expect(only(lockfile, 'p').exotic).toEqual([
      { name: 'd', spec: 'github:o/r' },
      { name: 'e', spec: 'o/r' },
      { name: 'f', spec: 'https://x.io/f.tgz' },
      { name: 'g', spec: 'file:../g' },
      { name: 'h', spec: 'git+ssh://git@x.io/h.git' },
    ]);
  });

  it('says it once where two places say the same, and of both where they differ', () => {
    const lockfile = parse(
      v3({
        'node_modules/p': pkg('p', '1.0.0', { dependencies: { a: 'o/a' } }),
        'node_modules/q/node_modules/p': pkg('p', '1.0.0', { dependencies: { a: 'o/a', b: 'o/b' } }),
      }),
    );
    expect(only(lockfile, 'p').exotic).toEqual([
      { name: 'a', spec: 'o/a' },
      { name: 'b', spec: 'o/b' },
    ]);
  });

  it('reads packages and not dependencies where both are there', () => {
    const lockfile = parse({
      lockfileVersion: 2,
      packages: { 'node_modules/a': pkg('a', '1.0.0') },
      dependencies: { a: pkg('a', '1.0.0') },
    });
    expect(lockfile.format).toBe('package-lock v2');
    expect(lockfile.entries).toBe(1);
    expect(only(lockfile, 'a').findings).toBeUndefined();
  });

  it('reads an extraneous entry as any other', () => {
    expect(parse(v3({ 'node_modules/a': pkg('a', '1.0.0', { extraneous: true }) })).dependencies).toHaveLength(1);
  });
});

describe('folders and links', () => {
  const workspace = {
    'node_modules/w': { resolved: 'packages/w', link: true },
    'packages/w': { version: '1.0.0', dependencies: { a: '^2' }, devDependencies: { b: '^1' } },
    'packages/w/node_modules/a': pkg('a', '2.0.0'),
    'node_modules/a': pkg('a', '1.0.0'),
    'node_modules/b': pkg('b', '1.0.0', { dependencies: { a: '^1' } }),
  };

  it('skips them, with the reason', () => {
    const { skipped, entries } = parse(v3(workspace));
    expect(skipped.map(({ place, reason }) => [place.path, reason])).toEqual([
      ['', 'root'],
      ['node_modules/w', 'link'],
      ['packages/w', 'workspace'],
    ]);
    expect(entries).toBe(6);
  });

  it('resolves what a workspace asks for from its own folder upward', () => {
    const { dependencies } = parse(v3(workspace));
    expect(dependencies.map(({ name, version, direct }) => [`${name}@${version}`, direct])).toEqual([
      ['a@2.0.0', true],
      ['a@1.0.0', false],
      ['b@1.0.0', true],
    ]);
  });

  it('does not resolve what a folder beside the project asks for in the project', () => {
    const lockfile = parse(
      v3({
        '../beside': { version: '1.0.0', dependencies: { a: '^1', b: '^1' } },
        '../beside/node_modules/b': pkg('b', '1.0.0'),
        'node_modules/beside': { resolved: '../beside', link: true },
        'node_modules/a': pkg('a', '1.0.0'),
      }),
    );
    expect(only(lockfile, 'a').direct).toBe(false);
    expect(only(lockfile, 'b').direct).toBe(true);
  });

  it('follows a link to a package inside node_modules, where the hidden lockfile has it', () => {
    const packages = {
      'node_modules/a': { resolved: 'node_modules/.store/a@1.0.0-x/node_modules/a', link: true },
      'node_modules/.store/a@1.0.0-x/node_modules/a': pkg('a', '1.0.0'),
    };
    const lockfile = parse(v3(packages), {
      file: 'node_modules/.package-lock.json',
      manifests: { '': { dependencies: { a: '^1' } } },
    });
    expect(only(lockfile, 'a').direct).toBe(true);
    expect(only(lockfile, 'a').substitutes).toBeUndefined();
  });

  it('takes links to each other without end for links to no package', () => {
    const links = {
      'node_modules/a': { resolved: 'node_modules/b', link: true },
      'node_modules/b': { resolved: 'node_modules/a', link: true },
    };
    const { dependencies } = parse(v3(links, { dependencies: { a: '1' } }));
    expect(dependencies.map(({ version, substitutes }) => [version, substitutes])).toEqual([
      ['link:node_modules/b', [{ asked: 'a@1', by: '.' }]],
    ]);
  });

  it('accepts a link to the project itself', () => {
    expect(parse(v3({ 'node_modules/app': { resolved: '', link: true } })).skipped).toHaveLength(2);
  });

  it('refuses a link to nothing, as npm does', () => {
    expect(refusal(v3({ 'node_modules/a': { resolved: 'a', link: true } })).message).toContain('has no entry');
    expect(refusal(v3({ 'node_modules/a': { link: true } })).message).toContain('has no target');
  });

  it('never skips a folder that names bytes to fetch', () => {
    const lockfile = parse(
      v3({
        'packages/a': { version: '1.0.0', integrity: sha512() },
        'packages/b': { version: '1.0.0', resolved: tarball('b', '1.0.0') },
        'packages/@s/c': { version: '1.0.0', resolved: 'git+https://example.com/c.git' },
        'packages/d': { version: '1.0.0', resolved: 'file:packages/d' },
      }),
    );
    expect(lockfile.dependencies.map(({ name }) => name)).toEqual(['a', 'b', '@s/c']);
  });
});

describe('direct', () => {
  it.each(['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies'])(
    'is what %s name',
    (kind) => {
      const lockfile = parse(
        v3(
          { 'node_modules/a': pkg('a', '1.0.0'), 'node_modules/b': pkg('b', '1.0.0') },
          { [kind]: { a: '^1', c: '1' } },
        ),
      );
      expect([only(lockfile, 'a').direct, only(lockfile, 'b').direct]).toEqual([true, false]);
    },
  );

  it('is not a copy of the same name further in', () => {
    const lockfile = parse(
      v3(
        { 'node_modules/a': pkg('a', '1.0.0'), 'node_modules/b/node_modules/a': pkg('a', '2.0.0') },
        { dependencies: { a: '^1' } },
      ),
    );
    expect(lockfile.dependencies.map(({ version, direct }) => [version, direct])).toEqual([
      ['1.0.0', true],
      ['2.0.0', false],
    ]);
  });

  const unrooted = {
    a: pkg('a', '1.0.0', { requires: { b: '^1' } }),
    b: pkg('b', '1.0.0', { dependencies: { c: pkg('c', '1.0.0') }, requires: { c: '^1' } }),
  };

  it('is taken for what no other package asks for, where the lockfile does not record the project', () => {
    const lockfile = parse(v1(unrooted));
    expect(lockfile.dependencies.map(({ name, direct }) => [name, direct])).toEqual([
      ['a', true],
      ['b', false],
      ['c', false],
    ]);
    const hidden = parse(
      {
        lockfileVersion: 3,
        packages: {
          'node_modules/a': pkg('a', '1.0.0', { dependencies: { b: '1' } }),
          'node_modules/b': pkg('b', '1.0.0'),
        },
      },
      { file: 'node_modules/.package-lock.json' },
    );
    expect(hidden.format).toBe('hidden lockfile v3');
    expect(hidden.dependencies.map(({ name, direct }) => [name, direct])).toEqual([
      ['a', true],
      ['b', false],
    ]);
  });

  it('is what a linked folder asks for, also in version 1', () => {
    const lockfile = parse(
      v1({
        w: { version: 'file:w', requires: { a: '^2', b: '1' }, dependencies: { a: pkg('a', '2.0.0') } },
        a: pkg('a', '1.0.0'),
        b: pkg('b', '1.0.0', { requires: { a: '^1' } }),
      }),
    );
    expect(lockfile.dependencies.map(({ name, version, direct }) => [`${name}@${version}`, direct])).toEqual([
      ['a@2.0.0', true],
      ['a@1.0.0', false],
      ['b@1.0.0', true],
    ]);
  });

  it('is exact where package.json is given', () => {
    const manifests = { '': { devDependencies: { b: '^1' } } };
    expect(parse(v1(unrooted), { manifests }).dependencies.map(({ name, direct }) => [name, direct])).toEqual([
      ['a', false],
      ['b', true],
      ['c', false],
    ]);
  });

  it('takes the last of two equal keys of a package.json, as npm does', () => {
    const manifest = '{"scripts": {"a": "1", "a": "2"}, "dependencies": {}, "dependencies": {"b": "1"}}';
    const bytes = Buffer.from(
      JSON.stringify(v1({ a: pkg('a', '1.0.0'), b: pkg('b', '1.0.0', { requires: { a: '1' } }) })),
    );
    const { dependencies } = parseLockfile('package-lock.json', bytes, new Map([['', manifest]]));
    expect(dependencies.filter(({ direct }) => direct).map(({ name }) => name)).toEqual(['b']);
  });

  it('says which package.json cannot be read', () => {
    expect(() => parse(v1({}), { manifests: { w: { dependencies: [] } } })).toThrow('w/package.json:1: ');
  });
});

describe('bundled', () => {
  const carried = (name: string, more: object = {}): object => ({ version: '1.0.0', inBundle: true, name, ...more });

  it('skips what the tarball of another package brings, and says whose', () => {
    const { skipped, dependencies, entries } = parse(
      v3({
        'node_modules/p': pkg('p', '1.0.0', { bundleDependencies: ['a'], dependencies: { a: '1' } }),
        'node_modules/p/node_modules/a': carried('a', { dependencies: { b: '1', c: '1' } }),
        'node_modules/p/node_modules/a/node_modules/b': carried('b'),
        'node_modules/p/node_modules/c': carried('c', { bundleDependencies: ['d'], dependencies: { a: '1' } }),
        'node_modules/p/node_modules/c/node_modules/d': carried('d'),
      }),
    );
    expect(dependencies.map(({ name }) => name)).toEqual(['p']);
    expect(skipped.slice(1).map(({ place, ...rest }) => [place.path.slice(-1), rest])).toEqual(
      ['a', 'b', 'c', 'd'].map((name) => [name, { reason: 'bundled', by: 'node_modules/p' }]),
    );
    expect(entries).toBe(6);
  });

  it('reads bundleDependencies true as every dependency', () => {
    const lockfile = parse(
      v3({
        'node_modules/p': pkg('p', '1.0.0', { bundleDependencies: true, dependencies: { a: '1' } }),
        'node_modules/p/node_modules/a': carried('a'),
      }),
    );
    expect(lockfile.dependencies.map(({ name }) => name)).toEqual(['p']);
  });

  it.each([
    ['at the top, where nothing carries it', {}, 'node_modules/a'],
    ['in a package that bundles nothing', { dependencies: { a: '1' } }, 'node_modules/p/node_modules/a'],
    ['in a package that bundles another', { bundleDependencies: ['b'] }, 'node_modules/p/node_modules/a'],
  ])('does not believe it of an entry %s', (_what, parent, location) => {
    const lockfile = parse(v3({ 'node_modules/p': pkg('p', '1.0.0', parent), [location]: carried('a') }));
    expect(lockfile.dependencies.map(({ name }) => name)).toEqual(['p', 'a']);
  });

  it.each([
    ['with an address', { resolved: tarball('a', '1.0.0') }],
    ['with a path', { resolved: 'file:a.tgz' }],
    ['with a hash', { integrity: sha512() }],
    ['without the flag', { inBundle: false }],
  ])('skips an entry %s that a tarball brings: npm does not fetch it', (_what, more) => {
    const parent = pkg('p', '1.0.0', { bundleDependencies: ['a'] });
    const lockfile = parse(v3({ 'node_modules/p': parent, 'node_modules/p/node_modules/a': carried('a', more) }));
    expect(lockfile.dependencies.map(({ name, bundles }) => [name, bundles])).toEqual([['p', ['a']]]);
  });

  it('skips what is nested in a bundled one, whoever asks for it', () => {
    const lockfile = parse(
      v3({
        'node_modules/p': pkg('p', '1.0.0', { bundleDependencies: ['a'] }),
        'node_modules/p/node_modules/a': carried('a'),
        'node_modules/p/node_modules/a/node_modules/b': pkg('b', '1.0.0'),
      }),
    );
    expect(lockfile.dependencies.map(({ name }) => name)).toEqual(['p']);
  });

  it('skips it in version 1 with a hash, too', () => {
    const inside = { version: '1.0.0', bundled: true, integrity: sha512() };
    const lockfile = parse(v1({ p: pkg('p', '1.0.0', { requires: { a: '1' }, dependencies: { a: inside } }) }));
    expect(lockfile.dependencies.map(({ name }) => name)).toEqual(['p']);
  });

  it('does not skip what the project itself bundles: npm fetches it', () => {
    const lockfile = parse(
      v3({ 'node_modules/a': carried('a') }, { bundleDependencies: ['a'], dependencies: { a: '1' } }),
    );
    expect(only(lockfile, 'a').direct).toBe(true);
  });

  it('skips it in version 1, within the package that carries it', () => {
    const lockfile = parse(
      v1({
        p: pkg('p', '1.0.0', {
          requires: { a: '1' },
          dependencies: {
            a: { version: '1.0.0', bundled: true, requires: { b: '1' } },
            b: { version: '1.0.0', bundled: true },
            c: { version: '1.0.0', bundled: true },
          },
        }),
        d: { version: '1.0.0', bundled: true },
      }),
    );
    expect(lockfile.skipped.map(({ place, by }) => [place.path, by])).toEqual([
      ['node_modules/p/node_modules/a', 'node_modules/p'],
      ['node_modules/p/node_modules/b', 'node_modules/p'],
    ]);
    expect(lockfile.dependencies.map(({ name }) => name)).toEqual(['p', 'c', 'd']);
  });
});

describe('plain downloads', () => {
  const address = 'https://pkg.example.com/a/123';
  const locked = (resolved = address): object => ({ 'node_modules/a': pkg('a', '1.0.0', { resolved }) });
  const kind = (packages: object, root: object = {}, manifests?: Record<string, object>): string =>
    only(parse(v3({ ...packages }, root), manifests === undefined ? {} : { manifests }), 'a').artifacts[0].source.kind;

  it('are addresses that the project, another package or an override asks for', () => {
    expect(kind(locked(), { dependencies: { a: address } })).toBe('http');
    expect(kind(locked(), { devDependencies: { a: `${address}#hash` } })).toBe('http');
    expect(kind({ 'node_modules/p': pkg('p', '1.0.0', { dependencies: { a: address } }), ...locked() })).toBe('http');
    expect(kind(locked(), { dependencies: { a: '^1' } }, { '': { overrides: { p: { a: address } } } })).toBe('http');
  });

  it.each([
    ['nobody asks', {}],
    ['a range is asked for', { dependencies: { a: '^1' } }],
    ['another address is asked for', { dependencies: { a: 'https://pkg.example.com/a/124' } }],
    ['it is asked for under another name', { dependencies: { b: address } }],
  ])('are not assumed where %s: the address claims to be the registry', (_what, root) => {
    expect(kind(locked(), root)).toBe('registry');
  });

  it('are not addresses in the shape of a registry, which can be held to what it serves', () => {
    const mirror = 'https://mirror.example.com/npm/a/-/a-1.0.0.tgz?token=1#x';
    expect(kind(locked(mirror), { dependencies: { a: mirror } })).toBe('registry');
    const archive = 'https://gitlab.example.com/o/a/-/archive/v1/a-v1.tar.gz';
    expect(kind(locked(archive), { dependencies: { a: archive } })).toBe('http');
  });
});

describe('dependencies (version 1)', () => {
  it('reads nested entries with their lines', () => {
    const lockfile = parse(
      v1({ a: pkg('a', '1.0.0', { dependencies: { '@s/b': pkg('@s/b', '2.0.0', { dev: true }) } }) }),
    );
    expect(lockfile.format).toBe('package-lock v1');
    expect(lockfile.dependencies.flatMap(({ places }) => places)).toEqual([
      { file: 'package-lock.json', line: 7, path: 'node_modules/a' },
      { file: 'package-lock.json', line: 12, path: 'node_modules/a/node_modules/@s/b' },
    ]);
    expect(only(lockfile, '@s/b').dev).toBe(true);
    expect(lockfile.entries).toBe(2);
  });

  it.each([
    ['npm:real@1.0.0', 'real', '1.0.0', { kind: 'registry', resolved: null }],
    ['npm:@s/real@1.0.0', '@s/real', '1.0.0', { kind: 'registry', resolved: null }],
    ['github:o/r#abc', 'a', 'github:o/r#abc', { kind: 'git', url: 'github:o/r#abc' }],
    [
      'git+ssh://git@x.io/r.git#abc',
      'a',
      'git+ssh://git@x.io/r.git#abc',
      { kind: 'git', url: 'git+ssh://git@x.io/r.git#abc' },
    ],
    ['https://x.io/a-1.0.0.tgz', 'a', 'https://x.io/a-1.0.0.tgz', { kind: 'http', url: 'https://x.io/a-1.0.0.tgz' }],
    [tarball('@s/b', '1.0.0'), '@s/b', '1.0.0', { kind: 'registry', resolved: tarball('@s/b', '1.0.0') }],
    [
      'https://x.io/@s%2fb/-/b-1.0.0.tgz',
      '@s/b',
      '1.0.0',
      { kind: 'registry', resolved: 'https://x.io/@s%2fb/-/b-1.0.0.tgz' },
    ],
    ['file:vendor/a.tgz', 'a', 'file:vendor/a.tgz', { kind: 'file', path: 'vendor/a.tgz' }],
  ])('reads version %s', (version, name, expected, source) => {
    expect(parse(v1({ a: { version } })).dependencies).toMatchObject([
      { name, version: expected, artifacts: [{ source }] },
    ]);
  });

  it('follows resolved where version is a version', () => {
    const resolved = 'git+https://example.com/a.git#abc';
    expect(only(parse(v1({ a: { version: '1.0.0', resolved } })), 'a').artifacts[0].source).toEqual({
      kind: 'git',
      url: resolved,
    });
  });

  it('follows from where there is nothing else, as npm does', () => {
    const source = (entry: object): unknown =>
      only(parse(v1({ a: { version: '1.0.0', ...entry } })), 'a').artifacts[0].source;
    expect(source({ from: 'git+https://x.io/a.git' })).toEqual({ kind: 'git', url: 'git+https://x.io/a.git' });
    expect(source({ from: 'a@github:o/a' })).toEqual({ kind: 'git', url: 'github:o/a' });
    expect(source({ from: 'a@^1.0.0' })).toEqual({ kind: 'registry', resolved: null });
    expect(source({ from: 'github:o/a', integrity: sha512() })).toEqual({ kind: 'registry', resolved: null });
    expect(source({ from: 'github:o/a', resolved: tarball('a', '1.0.0') })).toMatchObject({ kind: 'registry' });
  });

  it('skips a link, and places what is nested in it where it points to', () => {
    const lockfile = parse(v1({ w: { version: 'file:packages/w', dependencies: { a: pkg('a', '1.0.0') } } }));
    expect(lockfile.skipped.map(({ reason }) => reason)).toEqual(['link']);
    expect(only(lockfile, 'a').places[0]?.path).toBe('packages/w/node_modules/a');
    expect(lockfile.entries).toBe(2);
  });

  it('says what requires names outside the registry', () => {
    const lockfile = parse(
      v1({ a: pkg('a', '1.0.0', { requires: { b: 'github:o/b', c: '^1' } }), c: pkg('c', '1.0.0') }),
    );
    expect(only(lockfile, 'a').exotic).toEqual([{ name: 'b', spec: 'github:o/b' }]);
  });

  it('reads a shrinkwrap of npm 4, which has no version', () => {
    const lockfile = parse(
      { name: 'x', dependencies: { a: { version: '1.0.0', from: 'a@1' } } },
      { file: 'npm-shrinkwrap.json' },
    );
    expect(lockfile).toMatchObject({ format: 'npm-shrinkwrap of npm 4 or older', entries: 1 });
  });
});

describe('an alias', () => {
  const names = (lockfile: object, manifest: object): string[] =>
    parse(lockfile, { manifests: { '': manifest } }).dependencies.map(({ name }) => name);
  const axios = { 'node_modules/axios': pkg('evil', '1.0.0', { name: 'evil' }) };
  const other = { 'node_modules/other': pkg('other', '1.0.0', { dependencies: { axios: 'npm:evil@1' } }) };

  const substitutes = (lockfile: object, manifest?: object): unknown =>
    parse(lockfile, manifest === undefined ? {} : { manifests: { '': manifest } }).dependencies.map(
      ({ name, substitutes: found }) => [name, found ?? []],
    );
  const byProject = [{ asked: 'axios@^1.0.0', by: '.' }];

  it('stands in for another package where nobody asked for it', () => {
    const asks = { dependencies: { axios: '^1.0.0' } };
    expect(substitutes(v3(axios, asks), asks)).toEqual([['evil', byProject]]);
    expect(substitutes(v3(axios, asks))).toEqual([['evil', byProject]]);
    expect(substitutes(v3(axios, { dependencies: { axios: 'npm:evil@1' } }), asks)).toEqual([['evil', byProject]]);
    expect(substitutes(v1({ axios: { ...pkg('evil', '1.0.0'), version: 'npm:evil@1.0.0' } }), asks)).toEqual([
      ['evil', byProject],
    ]);
    expect(substitutes(v3(axios))).toEqual([['evil', [{ asked: 'axios', by: '.' }]]]);
  });

  it('stands in for what the project asks for although somebody else asks for it so', () => {
    const asks = { dependencies: { axios: '^1.0.0', other: '1' } };
    expect(substitutes(v3({ ...axios, ...other }, asks), asks)).toEqual([
      ['evil', byProject],
      ['other', []],
    ]);
  });

  it.each([
    ['the project', axios, { dependencies: { axios: 'npm:evil@^1' } }],
    ['the project, without a version', axios, { devDependencies: { axios: 'npm:evil' } }],
    [
      'the project, beside somebody else as a peer',
      axios,
      { devDependencies: { axios: 'npm:evil' }, peerDependencies: { axios: '*' } },
    ],
    ['another package', { ...axios, ...other }, { dependencies: { other: '1' } }],
    ['an override', axios, { dependencies: { axios: '1' }, overrides: { axios: { '.': 'npm:evil@1' } } }],
    [
      'an override by reference',
      { ...axios, ...other },
      { dependencies: { other: '1', own: 'npm:evil@1' }, overrides: { other: { 'axios@1': '$own' } } },
    ],
  ])('is one where %s asks for it', (_, packages, asks) => {
    const root = { ...asks, overrides: undefined };
    expect(names(v3(packages, root), asks)[0]).toBe('evil');
    expect(substitutes(v3(packages, root), asks)).toContainEqual(['evil', []]);
  });

  it('is enough for those who ask for it as a peer', () => {
    const asks = { dependencies: { other: '1', p: '1' } };
    const peer = { 'node_modules/p': pkg('p', '1.0.0', { peerDependencies: { axios: '*' } }) };
    expect(substitutes(v3({ ...axios, ...other, ...peer }, asks), asks)).toContainEqual(['evil', []]);
    expect(substitutes(v3({ ...axios, ...peer }, { dependencies: { p: '1' } }))).toContainEqual([
      'evil',
      [{ asked: 'axios@*', by: 'p@1.0.0' }],
    ]);
  });
});
