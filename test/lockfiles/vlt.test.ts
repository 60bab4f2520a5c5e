import { describe, expect, it } from 'vitest';
import { parseLockfile } from '../../src/lockfiles/index.ts';
import type { Dependency, Lockfile } from '../../src/model/dependency.ts';
import { only, parse, refusal, sha512 } from './support.ts';

interface VltLock {
  readonly options?: unknown;
  readonly nodes?: Record<string, unknown>;
  readonly edges?: Record<string, unknown>;
  readonly [section: string]: unknown;
}

const ROOT = 'file~_d';

function lock({ lockfileVersion = 1, options = {}, nodes = {}, edges = {}, ...rest }: VltLock): object {
  return { lockfileVersion, options, nodes, edges, ...rest };
}

/** NAME of "~npm~NAME@VERSION". */
function nameIn(id: string): string {
  const selector = id.split(/[~·;]/)[2] ?? '';
  return selector.slice(0, selector.lastIndexOf('@')).replaceAll('__', '_').replaceAll(/[+§]/g, '/');
}

function vltLock(content: VltLock, manifests?: Record<string, object>): Lockfile {
  return parse(lock(content), { file: 'vlt-lock.json', ...(manifests === undefined ? {} : { manifests }) });
}

function refused(content: VltLock): string {
  return refusal(lock(content), 'vlt-lock.json').message;
}

/** A node with a hash. */
function node(name: string, flags = 0, ...more: unknown[]): unknown {
  return [flags, name, sha512(name), ...more];
}

function named(dependencies: readonly Dependency[], flag: 'direct' | 'dev' | 'optional' | 'peer'): readonly string[] {
  return dependencies.filter((dependency) => dependency[flag]).map(({ name }) => name);
}

describe('vlt-lock.json', () => {
  it('is read with the line, hash and id of each node', () => {
    const text = `{
  "lockfileVersion": 1,
  "options": {},
  "nodes": {
    "~npm~@s+a@1.2.3": [0,"@s/a","${sha512('a')}"],
    "~npm~b__c@2.0.0-rc.1+5": [2,"b_c","${sha512('b')}",null,null,null,null,{ "os": ["linux"] },{ "b": "b.js" }]
  },
  "edges": {
    "file~_d @s/a": "prod ^1.0.0 || ^2 ~npm~@s+a@1.2.3",
    "~npm~@s+a@1.2.3 b_c": "prod ^2 ~npm~b__c@2.0.0-rc.1+5"
  }
}
`;
    // "+" stands for "/" in an id, so that build metadata is written otherwise.
    const lockfile = parse(text.replaceAll('rc.1+5', 'rc.1_p5'), { file: 'dir/vlt-lock.json' });
    expect(lockfile).toMatchObject({ format: 'vlt-lock v1', entries: 2, skipped: [] });
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
        places: [{ file: 'dir/vlt-lock.json', line: 5, path: '~npm~@s+a@1.2.3' }],
        direct: true,
        dev: false,
        optional: false,
        peer: false,
        exotic: [],
        bundles: [],
        requires: ['b_c@2.0.0-rc.1+5'],
        claims: [{ dependencies: { b_c: '^2' }, peerDependencies: {}, bin: {} }],
      },
      expect.objectContaining({
        name: 'b_c',
        version: '2.0.0-rc.1+5',
        direct: false,
        places: [{ file: 'dir/vlt-lock.json', line: 6, path: '~npm~b__c@2.0.0-rc.1_p5' }],
      }),
    ]);
  });

  it.each([
    ['~~@s+a_t@1.0.0', '@s/a~', '1.0.0'],
    ['~npm~a@1.0.0~peer.7', 'a', '1.0.0'],
    ['~npm~a@1.0.0~_croot_s_g_s#apeer.0df72515a50372ba', 'a', '1.0.0'],
    ['··@s§a@1.0.0', '@s/a', '1.0.0'],
    ['·npm·a@1.0.0-x%2B1', 'a', '1.0.0-x+1'],
    ['··a@1.0.0·%3Aroot%20%3E%20%23a', 'a', '1.0.0'],
    [';;@s§a@1.0.0', '@s/a', '1.0.0'],
    ['registry;npm;a@1.0.0', 'a', '1.0.0'],
  ])('reads the id %s', (id, name, version) => {
    for (const lockfileVersion of [0, 1]) {
      const { dependencies } = vltLock({ lockfileVersion, nodes: { [id]: node(name) } });
      expect(dependencies).toMatchObject([
        { name, version, artifacts: [{ file: null, source: { kind: 'registry', resolved: null } }] },
      ]);
    }
  });

  it.each([
    ['git~github_co+r~0123abc', 'git', 'github:o/r#0123abc'],
    ['git·git%2Bssh%3A%2F%2Fgit@h.org%2Fo§r.git·semver:1.x', 'git', 'git+ssh://git@h.org/o/r.git#semver:1.x'],
    ['remote~https_c++h.org+a.tgz', 'http', 'https://h.org/a.tgz'],
    ['remote;https%3A%2F%2Fh.org%2Fa.tgz', 'http', 'https://h.org/a.tgz'],
  ])('reads the id %s as not of a registry', (id, kind, url) => {
    const { dependencies } = vltLock({ nodes: { [id]: node('a') } });
    expect(dependencies).toMatchObject([
      { name: 'a', version: url, artifacts: [{ file: null, source: { kind, url } }] },
    ]);
  });

  it('has tarballs by their path; folders and workspaces are skipped', () => {
    const lockfile = vltLock({
      nodes: {
        'file~vendor+a-1.0.0.tgz': node('a'),
        'file~local': [0, 'local', null, 'local'],
        'workspace~packages+w': [0, 'w'],
      },
      edges: {
        [`${ROOT} a`]: 'prod file:vendor/a-1.0.0.tgz file~vendor+a-1.0.0.tgz',
        [`${ROOT} local`]: 'prod file:./local file~local',
      },
    });
    expect(lockfile.entries).toBe(3);
    expect(lockfile.dependencies).toMatchObject([
      { name: 'a', artifacts: [{ file: null, source: { kind: 'file', path: 'vendor/a-1.0.0.tgz' } }] },
    ]);
    expect(lockfile.skipped.map(({ place, reason }) => [place.path, reason])).toEqual([
      ['file~local', 'link'],
      ['workspace~packages+w', 'workspace'],
    ]);
  });

  it('has a tarball of a registry as that registry’s package', () => {
    const id = 'remote~https_c++npm.example.org+a+-+a-1.0.0.tgz';
    expect(vltLock({ nodes: { [id]: node('a') } }).dependencies).toMatchObject([
      { name: 'a', version: '1.0.0', artifacts: [{ source: { resolved: 'https://npm.example.org/a/-/a-1.0.0.tgz' } }] },
    ]);
  });

  it('has one package at several places where it has several sets of peers', () => {
    const lockfile = vltLock({ nodes: { '~npm~a@1.0.0~peer.1': node('a'), '~npm~a@1.0.0~peer.2': node('a') } });
    expect(lockfile.entries).toBe(2);
    expect(only(lockfile, 'a').places.map(({ line }) => line)).toEqual([5, 10]);
  });

  it('has no hash that counts where the hash is of another archive than the registry’s tarball', () => {
    const { dependencies } = vltLock({ nodes: { '~npm~a@1.0.0': node('a', 4), '~npm~b@1.0.0': node('b', 3) } });
    expect(dependencies.map(({ artifacts: [{ digests: integrity }] }) => integrity.length)).toEqual([0, 1]);
  });

  it('derives what is direct, development, optional and peer from the edges, whatever the flags say', () => {
    const { dependencies } = vltLock({
      nodes: {
        '~npm~prod@1.0.0': node('prod', 3),
        '~npm~dev@1.0.0': node('dev'),
        '~npm~shared@1.0.0': node('shared', 2),
        '~npm~below@1.0.0': node('below', 2),
        '~npm~maybe@1.0.0': node('maybe', 1),
        '~npm~host@1.0.0': node('host'),
        '~npm~stray@1.0.0': node('stray', 2),
      },
      edges: {
        [`${ROOT} dev`]: 'dev ^1 ~npm~dev@1.0.0',
        [`${ROOT} w`]: 'prod workspace:* workspace~w',
        'workspace~w prod': 'prod ^1 ~npm~prod@1.0.0',
        '~npm~prod@1.0.0 shared': 'prod ^1 ~npm~shared@1.0.0',
        '~npm~prod@1.0.0 host': 'peer ^1 ~npm~host@1.0.0',
        '~npm~prod@1.0.0 gone': 'peerOptional ^1 MISSING',
        '~npm~prod@1.0.0 maybe': 'optional ^1 ~npm~maybe@1.0.0',
        '~npm~dev@1.0.0 shared': 'prod ^1 ~npm~shared@1.0.0',
        '~npm~dev@1.0.0 below': 'prod ^1 ~npm~below@1.0.0',
      },
    });
    expect(named(dependencies, 'direct')).toEqual(['prod', 'dev']);
    expect(named(dependencies, 'dev')).toEqual(['dev', 'below']);
    expect(named(dependencies, 'optional')).toEqual(['maybe']);
    expect(named(dependencies, 'peer')).toEqual(['host']);
  });

  it('has what a package asks for outside of a registry', () => {
    const lockfile = vltLock({
      nodes: { '~npm~a@1.0.0': node('a') },
      edges: {
        [`${ROOT} a`]: 'prod ^1 ~npm~a@1.0.0',
        '~npm~a@1.0.0 b': 'optional github:o/b MISSING',
        '~npm~a@1.0.0 c': 'optional ^1 MISSING',
        [`${ROOT} d`]: 'optional github:o/d MISSING',
      },
    });
    expect(only(lockfile, 'a').exotic).toEqual([{ name: 'b', spec: 'github:o/b' }]);
  });
});

describe('the address of a node', () => {
  const sourceOf = (id: string, options: object, ...more: unknown[]): unknown =>
    vltLock({ options, nodes: { [id]: node(nameIn(id), 0, ...more) } }).dependencies[0]?.artifacts[0].source;
  const at = (resolved: string | null): object => ({ kind: 'registry', resolved });

  it('is what the node says', () => {
    expect(sourceOf('~npm~a@1.0.0', {}, 'https://h.org/a/-/a-1.0.0.tgz')).toEqual(at('https://h.org/a/-/a-1.0.0.tgz'));
  });

  it('follows from the registry that the options name, so that another one is seen', () => {
    const evil = 'https://evil.example.org/npm';
    const address = at(`${evil}/@s/a/-/a-1.0.0.tgz`);
    expect(sourceOf('~~@s+a@1.0.0', { registry: evil })).toEqual(address);
    expect(sourceOf('~npm~@s+a@1.0.0', { registries: { npm: `${evil}/` } })).toEqual(address);
    expect(sourceOf('~~@s+a@1.0.0', { registries: { own: evil }, 'default-registry-alias': 'own' })).toEqual(address);
    expect(sourceOf('~own~@s+a@1.0.0', { registries: { own: evil } })).toEqual(address);
    expect(sourceOf('~npm~@s+a@1.0.0', { 'scoped-registries': { '@s': evil } })).toEqual(address);
    expect(sourceOf('~npm~@s+a@1.0.0', { 'scope-registries': { '@s': evil } })).toEqual(address);
    expect(sourceOf('~own~@s+a@1.0.0', { 'jsr-registries': { own: evil } })).toEqual(address);
    expect(sourceOf('~https_c++evil.example.org+npm~@s+a@1.0.0', {})).toEqual(address);
    expect(sourceOf('~jsr~@jsr+s____a@1.0.0', {})).toEqual(at('https://npm.jsr.io/@jsr/s__a/-/s__a-1.0.0.tgz'));
  });

  it('is left to the configuration where that registry is the default one', () => {
    expect(sourceOf('~npm~a@1.0.0', { registry: 'https://registry.npmjs.org/' })).toEqual(at(null));
    expect(sourceOf('~own~a@1.0.0', { registries: { own: 'https://registry.npmjs.org' } })).toEqual(at(null));
    expect(sourceOf('~npm~@t+a@1.0.0', { 'scoped-registries': { '@s': 'https://evil.example.org/' } })).toEqual(
      at(null),
    );
  });

  it('is refused where nobody knows the registry, or its address is none', () => {
    const nodes = { '~own~a@1.0.0': node('a') };
    expect(refused({ nodes })).toContain('its registry "own" is not among the options');
    expect(refused({ nodes, options: { registries: { own: 'file:///x' } } })).toContain('has an address that is none');
    expect(refused({ options: { registry: 'evil' } })).toContain('has an address that is none');
    expect(refused({ nodes: { '~npm~a@1.0.0': node('a', 0, 'git+ssh://h/a') } })).toContain('is not a web address');
  });
});

describe('an alias in vlt-lock.json', () => {
  const swapped = (spec: string, options: object = {}, id = '~npm~evil@1.0.0', name = 'ms'): VltLock => ({
    options,
    nodes: { [id]: node(nameIn(id)) },
    edges: { [`${ROOT} ${name}`]: `prod ${spec} ${id}` },
  });
  const found = (content: VltLock, manifests?: Record<string, object>): unknown => {
    const { name, substitutes } = vltLock(content, manifests).dependencies[0] ?? {};
    return [name, substitutes?.map(({ asked, by }) => `${asked} by ${by}`)];
  };

  it('is another package’s name where somebody asks for that', () => {
    const own = { registries: { own: 'https://own.example.org/' } };
    for (const [spec, options] of [
      ['npm:evil@^1', {}],
      ['npm:evil', {}],
      ['own:evil@1', own],
      ['registry:https://h.org/#evil@1.0.0', {}],
      ['catalog:', { catalog: { ms: 'npm:evil@1' } }],
      ['catalog:old', { catalogs: { old: { ms: 'npm:evil@1' } } }],
      ['^2', { modifiers: { ':root > #ms': 'npm:evil@1' } }],
    ] as const) {
      expect(found(swapped(spec, options))).toEqual(['evil', undefined]);
    }
    expect(found(swapped('jsr:^1', {}, '~jsr~@jsr+s____n@1.0.0', '@s/n'))).toEqual(['@jsr/s__n', undefined]);
    expect(found(swapped('jsr:@s/n@1', {}, '~jsr~@jsr+s____n@1.0.0'))).toEqual(['@jsr/s__n', undefined]);
  });

  it('stands in for the package of a registry that is asked for by another name', () => {
    const own = { registries: { own: 'https://h.org/' } };
    for (const spec of ['registry:https://h.org/#evil@1.0.0', 'own:evil@1.0.0', 'npm:evil@1.0.0']) {
      expect(found(swapped(spec, own, '~npm~ms@1.0.0'))).toEqual(['ms', [`ms@${spec} by .`]]);
    }
  });

  it('stands in for the package that is asked for where nobody does', () => {
    for (const spec of [
      '^2',
      '*',
      'latest',
      'npm:ms@2',
      'npm:@evil/x@1',
      'own:evil@1',
      'catalog:',
      'file:evil',
      'o/evil',
    ]) {
      expect(found(swapped(spec))).toEqual(['evil', [`ms@${spec} by .`]]);
    }
    expect(found(swapped('catalog:', { catalog: { ms: '2' } }))).toEqual(['evil', ['ms@2 by .']]);
    expect(found(swapped('^2', { modifiers: { '#other': 'npm:evil@1' } }))).toEqual(['evil', ['ms@^2 by .']]);
  });

  it('is for the package.json to ask for, where there is one', () => {
    const says = (spec: string): unknown => found(swapped('npm:evil@1'), { '': { dependencies: { ms: spec } } });
    expect(says('2')).toEqual(['evil', ['ms@2 by .']]);
    expect(says('npm:evil@1')).toEqual(['evil', undefined]);
  });

  it('is for vlt.json to declare in a catalog or modifier, where there is a package.json', () => {
    const manifests = { '': { dependencies: { ms: 'catalog:' } } };
    const inLockfile = { catalog: { ms: 'npm:evil@1' }, modifiers: { '#ms': 'npm:evil@1' } };
    expect(found(swapped('catalog:', inLockfile), manifests)).toEqual(['evil', ['ms@catalog: by .']]);
    const text = Buffer.from(JSON.stringify(lock(swapped('catalog:'))));
    const files = new Map([['', JSON.stringify(manifests[''])]]);
    for (const content of [{ catalog: { ms: 'npm:evil@1' } }, { modifiers: { ':root > #ms': 'npm:evil@1' } }]) {
      const settings = [{ path: 'vlt.json', ofProject: true, content }];
      const { dependencies } = parseLockfile('vlt-lock.json', text, files, settings);
      expect(dependencies.map(({ substitutes }) => substitutes)).toEqual([undefined]);
    }
  });
});

describe('a folder in vlt-lock.json', () => {
  const manifests = { '': { name: 'app', dependencies: { ms: '^2', w: '^1' } }, 'packages/w': { name: 'w' } };
  const substitutions = (to: string, nodes: Record<string, unknown>, from = `${ROOT} ms`, spec = '^2'): unknown =>
    vltLock({ nodes, edges: { [from]: `prod ${spec} ${to}` } }, manifests).dependencies.flatMap(
      ({ version, artifacts: [{ source }], substitutes = [] }) =>
        substitutes.map(({ asked, by }) => [version, source.kind, asked, by]),
    );

  it('does not answer a range of a registry', () => {
    expect(substitutions('file~evil', { 'file~evil': [0, 'ms'] })).toEqual([['file:evil', 'file', 'ms@^2', '.']]);
    expect(substitutions('workspace~evil', { 'workspace~evil': [0, 'ms'] })).toEqual([
      ['workspace:evil', 'file', 'ms@^2', '.'],
    ]);
    expect(substitutions('workspace~packages+w', {})).toEqual([['workspace:packages/w', 'file', 'ms@^2', '.']]);
    expect(substitutions(ROOT, {})).toEqual([['workspace:', 'file', 'ms@^2', '.']]);
    const nodes = { '~npm~a@1.0.0': node('a'), 'file~evil': [0, 'ms'] };
    expect(substitutions('file~evil', nodes, '~npm~a@1.0.0 ms')).toEqual([['file:evil', 'file', 'ms@^2', 'a@1.0.0']]);
  });

  it('is the project’s where it is a workspace of that name, or a package.json asks for it', () => {
    expect(substitutions('workspace~packages+w', {}, `${ROOT} w`, '^1')).toEqual([]);
    const asking = (spec: string): unknown =>
      vltLock(
        { nodes: { 'file~local': [0, 'ms'] }, edges: { [`${ROOT} ms`]: `prod ${spec} file~local` } },
        { '': { dependencies: { ms: spec } } },
      ).skipped.map(({ reason }) => reason);
    expect(asking('file:./local')).toEqual(['link']);
    expect(asking('file:./other')).toEqual([]);
  });

  it('answers nobody by an address or a repository either', () => {
    for (const id of ['remote~https_c++h.org+a.tgz', 'git~github_co+r~0123abc', 'file~vendor+a.tgz']) {
      expect(substitutions(id, { [id]: node('ms') })).toHaveLength(1);
    }
  });

  it('is not what a node of a registry installs', () => {
    const nodes = (value: unknown): VltLock => ({ nodes: { '~npm~a@1.0.0': value } });
    expect(refused(nodes([0, 'a', null, null, 'evil']))).toContain('has a place of its own');
    expect(refused(nodes([0, '../../a']))).toContain('has another name than its id');
    expect(refused(nodes([0, 'b']))).toContain('has another name than its id');
    expect(refused(nodes([0, 'a', null, null, null, { name: 'a' }]))).toContain('has a manifest');
    expect(refused({ nodes: { 'file~local': [0, 'a', null, null, 'evil'] } })).toContain('has a place of its own');
    const git = (resolved: string): VltLock => ({ nodes: { 'git~github_co+r~0123abc': node('a', 0, resolved) } });
    expect(refused(git('https://h.org/evil.tgz'))).toContain('is fetched from elsewhere');
    expect(vltLock(git('https://codeload.github.com/o/r/tar.gz/0123abc')).entries).toBe(1);
    expect(refused({ options: { 'git-hosts': { github: 'git+ssh://h.org/$1/$2' } } })).toContain(
      'leads packages of git',
    );
  });
});

describe('what a node of vlt-lock.json claims', () => {
  it('is what its edges ask for, and its commands', () => {
    const { dependencies } = vltLock({
      nodes: {
        '~npm~a@1.0.0': [0, 'a', null, null, null, null, null, { os: ['linux'] }, { a: './bin/a.js' }],
        '~npm~b@1.0.0': node('b'),
      },
      edges: {
        '~npm~a@1.0.0 b': 'prod ^1 ~npm~b@1.0.0',
        '~npm~a@1.0.0 c': 'optional npm:c@2 MISSING',
        '~npm~a@1.0.0 d': 'peerOptional * MISSING',
      },
    });
    expect(dependencies.map(({ claims }) => claims)).toEqual([
      [{ dependencies: { b: '^1', c: 'npm:c@2' }, peerDependencies: { d: '*' }, bin: { a: 'bin/a.js' } }],
      [{ dependencies: {}, peerDependencies: {}, bin: {} }],
    ]);
  });
});

describe('a vlt-lock.json that cannot be read', () => {
  it.each(['nodes', 'edges'])('has no %s, as a file that was cut', (section) => {
    const content = Object.fromEntries(Object.entries(lock({})).filter(([name]) => name !== section));
    expect(refusal(content, 'vlt-lock.json').message).toContain(`has no "${section}"`);
  });

  it('has no version, or one that is not known', () => {
    expect(refusal({ nodes: {}, edges: {} }, 'vlt-lock.json').message).toContain('has no lockfileVersion');
    expect(refused({ lockfileVersion: 2 })).toContain('lockfileVersion is 2; supported are 0 and 1; run vlt update');
    expect(refused({ lockfileVersion: '1' })).toContain('lockfileVersion is of another type');
  });

  it.each([
    ['a name alone', 'a@1.0.0'],
    ['no name', '~npm~'],
    ['no version', '~npm~a'],
    ['nothing but a version', '~npm~@1.0.0'],
    ['a range', '~npm~a@^1'],
    ['too many parts', '~npm~a@1.0.0~peer.1~x'],
    ['too few parts', '~npm'],
    ['another kind', 'link~a'],
    ['an escape that is none', '~npm~a_z@1.0.0'],
    ['an escape of a control character', '~npm~a_0A@1.0.0'],
    ['an escape that is cut off', '~npm~a@1.0.0_'],
    ['a percent escape that is none', '··a%zz@1.0.0'],
    ['a name that leads elsewhere', '~npm~..+..+a@1.0.0'],
    ['a file without path', 'file~'],
    ['a git remote without commit', 'git~github_co+r'],
    ['no end', `remote~${'x'.repeat(5000)}`],
  ])('has an id with %s', (_what, id) => {
    expect(refused({ nodes: { [id]: node('a') } })).toMatch(/^vlt-lock\.json:[57]: /);
  });

  it.each<readonly [string, unknown]>([
    ['no flags', []],
    ['an object', { name: 'a' }],
    ['flags of another type', ['0', 'a']],
    ['flags that vlt does not have', [8, 'a']],
    ['a negative flag', [-1, 'a']],
    ['a number as hash', [0, 'a', 1]],
    ['a hash that is none', [0, 'a', 'sha512-x']],
    ['a number as address', [0, 'a', null, 1]],
  ])('has a node with %s', (_what, value) => {
    expect(refused({ nodes: { '~npm~a@1.0.0': value } })).toMatch(/^vlt-lock\.json:[5-9]: /);
  });

  it.each([
    ['a number', 1],
    ['nothing', ''],
    ['no id', 'prod ^1'],
    ['another kind', 'bundled ^1 ~npm~a@1.0.0'],
    ['an id that has no node', 'prod ^1 ~npm~b@1.0.0'],
    ['a control character', 'prod ^1\u001b ~npm~a@1.0.0'],
    ['no end', `prod ${'x'.repeat(20_000)} ~npm~a@1.0.0`],
    ['nothing found that is needed', 'prod ^1 MISSING'],
    ['nothing found for development', 'dev ^1 MISSING'],
  ])('has an edge with %s', (_what, value) => {
    const nodes = { '~npm~a@1.0.0': node('a') };
    expect(refused({ nodes, edges: { [`${ROOT} a`]: value } })).toMatch(/^vlt-lock\.json:12: /);
  });

  it('has an edge from nobody', () => {
    for (const from of ['~npm~b@1.0.0', 'file~local', 'nobody', '']) {
      const edges = { [`${from} a`]: 'prod ^1 ~npm~a@1.0.0' };
      expect(refused({ nodes: { '~npm~a@1.0.0': node('a') }, edges })).toMatch(/^vlt-lock\.json:12: /);
    }
  });

  it('has a node of a registry without a name: vlt would install the package under its id', () => {
    for (const name of [null, '', 'b', 'A']) {
      expect(refused({ nodes: { '~npm~a@1.0.0': [0, name] } })).toContain('has another name than its id');
    }
  });

  it('has an edge of a published package to what it needs for development', () => {
    const nodes = { '~npm~a@1.0.0': node('a'), '~npm~b@1.0.0': node('b'), 'git~github_co+r~0123abc': node('r') };
    const edges = { '~npm~a@1.0.0 b': 'dev ^1 ~npm~b@1.0.0' };
    expect(refused({ nodes, edges })).toContain('vlt leaves out what a package needs for development');
    const built = { 'git~github_co+r~0123abc b': 'dev ^1 ~npm~b@1.0.0' };
    expect(vltLock({ nodes, edges: built }).dependencies).toHaveLength(3);
  });

  it('has marks of a merge conflict', () => {
    expect(refusal('{\n<<<<<<< a\n=======\n>>>>>>> b\n}', 'vlt-lock.json').message).toContain('vlt install');
  });
});

describe('an edge of the project to another version than it asks for', () => {
  const findings = (spec: string, id: string, more: VltLock = {}, manifest = spec): readonly string[] => {
    const content = {
      nodes: { [id]: id.startsWith('remote') ? node('a') : node(nameIn(id)) },
      edges: { [`${ROOT} a`]: `prod ${spec} ${id}` },
      ...more,
    };
    const found = vltLock(content, { '': { dependencies: { a: manifest } } }).findings ?? [];
    return found.map(({ place, finding }) => `${place.path}: ${finding.code}`);
  };
  const NOT_USED = ['. > a: lockfile-not-used'];

  it.each([
    ['^1.0.0', '~npm~a@2.0.0'],
    ['1.0.0', '~npm~a@1.0.1'],
    ['^1.0.0', '~npm~a@1.1.0-rc.1'],
    ['npm:a@^1.0.0', '~npm~a@2.0.0'],
    ['npm:@s/a@1.x', '~npm~@s+a@2.0.0'],
  ])('is not followed by vlt: %s for %s', (spec, id) => {
    expect(findings(spec, id)).toEqual(NOT_USED);
  });

  it.each([
    ['^1.0.0', '~npm~a@1.9.0'],
    ['latest', '~npm~a@2.0.0'],
    ['', '~npm~a@2.0.0'],
    ['npm:a', '~npm~a@2.0.0'],
    ['npm:a@1.x || 2.x', '~npm~a@2.0.0'],
    ['https://h.org/a.tgz', 'remote~https_c++h.org+a.tgz'],
  ])('is followed: %s for %s', (spec, id) => {
    expect(findings(spec, id)).toEqual([]);
  });

  it('is one of the project where a node stands for its workspace, which vlt passes over', () => {
    const nodes = { 'workspace~w': node('other'), '~npm~a@1.0.0': node('a') };
    const { dependencies } = vltLock({ nodes, edges: { 'workspace~w a': 'prod ^1.0.0 ~npm~a@1.0.0' } });
    expect(named(dependencies, 'direct')).toEqual(['a']);
  });

  it('is not followed where the lockfile has another range in its catalog, which vlt takes', () => {
    const nodes = { '~npm~a@2.0.0': node('a') };
    const edges = { [`${ROOT} a`]: 'prod catalog: ~npm~a@2.0.0' };
    const manifests = new Map([['', JSON.stringify({ dependencies: { a: 'catalog:' } })]]);
    const settings = [{ path: 'vlt.json', ofProject: true, content: { catalog: { a: '^2.0.0' } } }];
    const ofCatalog = (range: string): readonly unknown[] => {
      const text = JSON.stringify(lock({ options: { catalog: { a: range } }, nodes, edges }));
      return parseLockfile('vlt-lock.json', Buffer.from(text), manifests, settings).findings ?? [];
    };
    expect(ofCatalog('^2.0.0')).toEqual([]);
    expect(ofCatalog('^1.0.0')).toHaveLength(1);
  });

  it('is what package.json says, not the lockfile; an entry gets what its edge says', () => {
    expect(findings('^2.0.0', '~npm~a@2.0.0', {}, '^1.0.0')).toEqual(NOT_USED);
    const nodes = { '~npm~b@1.0.0': node('b'), '~npm~a@2.0.0': node('a') };
    expect(vltLock({ nodes, edges: { '~npm~b@1.0.0 a': 'prod ^1.0.0 ~npm~a@2.0.0' } }).findings).toBeUndefined();
    // Without a package.json there is the lockfile's word.
    const modified = { modifiers: { '#a': '2.0.0' } };
    const edges = { [`${ROOT} a`]: 'prod ^1.0.0 ~npm~a@2.0.0' };
    expect(vltLock({ nodes, edges }).findings).toHaveLength(1);
    expect(vltLock({ options: modified, nodes, edges }).findings).toBeUndefined();
  });
});
