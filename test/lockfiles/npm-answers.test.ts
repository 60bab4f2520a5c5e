import { describe, expect, it } from 'vitest';
import { checkClaims } from '../../src/checks/npm/claims.ts';
import type { Dependency } from '../../src/model/dependency.ts';
import { only, parse, refusal, sha512, v1, v3 } from './support.ts';

const pkg = (name: string, version: string, more: object = {}): object => ({
  version,
  resolved: `https://registry.npmjs.org/${name}/-/${name.replace(/^@.*\//, '')}-${version}.tgz`,
  integrity: sha512(),
  ...more,
});
const link = (resolved: string): object => ({ resolved, link: true });

/** What stands in for what, as "NAME@VERSION for ASKED by WHO". */
function standIns(lockfile: object, manifests?: Record<string, object>, file?: string): readonly string[] {
  const options = { ...(manifests === undefined ? {} : { manifests }), ...(file === undefined ? {} : { file }) };
  return parse(lockfile, options).dependencies.flatMap(({ name, version, substitutes = [] }) =>
    substitutes.map(({ asked, by }) => `${name}@${version} for ${asked} by ${by}`),
  );
}

const AXIOS = { dependencies: { axios: '^1.0.0' } };
const EVIL = { evil: { name: 'axios', version: '1.14.0' } };

describe('a link or folder in the place of a package', () => {
  it.each([
    ['a folder of the repository', { 'node_modules/axios': link('evil'), ...EVIL }, 'evil'],
    [
      'a package in node_modules',
      { 'node_modules/axios': link('node_modules/evil'), 'node_modules/evil': pkg('evil', '1.0.0') },
      'node_modules/evil',
    ],
    [
      'a package that says it is the one',
      { 'node_modules/axios': link('node_modules/x'), 'node_modules/x': pkg('axios', '1.0.0', { name: 'axios' }) },
      'node_modules/x',
    ],
    [
      'a folder with the address and hash of the one',
      { 'node_modules/axios': link('evil'), evil: pkg('axios', '1.0.0', { name: 'axios' }) },
      'evil',
    ],
    ['the project itself', { 'node_modules/axios': link('') }, '.'],
    ['a folder beside the project', { 'node_modules/axios': link('../evil'), '../evil': EVIL.evil }, '../evil'],
  ])('%s is judged, whatever the lockfile says the project asks for', (_, packages, target) => {
    const expected = [`axios@link:${target} for axios@^1.0.0 by .`];
    expect(standIns(v3(packages, AXIOS)).slice(0, 1)).toEqual(expected);
    expect(standIns(v3(packages, AXIOS), { '': AXIOS }).slice(0, 1)).toEqual(expected);
    const asked = { dependencies: { axios: `file:${target}` } };
    expect(standIns(v3(packages, asked), { '': AXIOS }).slice(0, 1)).toEqual(expected);
    const declared = { ...asked, workspaces: [target] };
    expect(standIns(v3(packages, declared), { '': AXIOS }).slice(0, 1)).toEqual(expected);
  });

  it('is a dependency of its own, in no registry, at its place', () => {
    const lockfile = parse(v3({ 'node_modules/axios': link('evil'), ...EVIL }, AXIOS));
    expect(only(lockfile, 'axios')).toMatchObject({
      version: 'link:evil',
      artifacts: [{ file: null, source: { kind: 'file', path: 'evil' } }],
      direct: true,
      places: [{ path: 'node_modules/axios' }],
    });
    expect(lockfile.entries).toBe(3);
    expect(lockfile.skipped.map(({ reason }) => reason)).toEqual(['root', 'workspace']);
  });

  it('is judged for what a package asks for, nested and at the top, and as a peer', () => {
    const asking = (more: object): object => ({ 'node_modules/ui': pkg('ui', '2.0.0', more), ...EVIL });
    const root = { dependencies: { ui: '^2' } };
    const top = { 'node_modules/axios': link('evil') };
    const nested = { 'node_modules/ui/node_modules/axios': link('evil') };
    const found = ['axios@link:evil for axios@^1 by ui@2.0.0'];
    expect(standIns(v3({ ...asking({ dependencies: { axios: '^1' } }), ...top }, root))).toEqual(found);
    expect(standIns(v3({ ...asking({ optionalDependencies: { axios: '^1' } }), ...nested }, root))).toEqual(found);
    expect(standIns(v3({ ...asking({ peerDependencies: { axios: '^1' } }), ...top }, root))).toEqual(found);
  });

  it('is judged for what a workspace asks for, in its own node_modules and by its package.json', () => {
    const packages = {
      'node_modules/w': link('packages/w'),
      'packages/w': { name: 'w', dependencies: { axios: 'file:../../evil' } },
      'packages/w/node_modules/axios': link('evil'),
      ...EVIL,
    };
    const manifests = { '': { workspaces: ['packages/*'] }, 'packages/w': { name: 'w', ...AXIOS } };
    const root = { workspaces: ['packages/*'] };
    expect(standIns(v3(packages, root), manifests)).toEqual(['axios@link:evil for axios@^1.0.0 by packages/w']);
    expect(standIns(v3(packages, root), { '': manifests[''] })).toEqual([]);
  });

  it('is judged in version 1 and in the hidden lockfile', () => {
    const manifests = { '': AXIOS };
    expect(standIns(v1({ axios: { version: 'file:evil' } }), manifests)).toEqual([
      'axios@link:evil for axios@^1.0.0 by .',
    ]);
    expect(
      standIns(v1({ ui: pkg('ui', '1.0.0', { requires: { axios: '^1' } }), axios: { version: 'file:evil' } })),
    ).toEqual(['axios@link:evil for axios@^1 by ui@1.0.0']);
    const hidden = { lockfileVersion: 3, packages: { 'node_modules/axios': link('evil'), ...EVIL } };
    expect(standIns(hidden, manifests, 'node_modules/.package-lock.json')).toEqual([
      'axios@link:evil for axios@^1.0.0 by .',
    ]);
  });

  it('is not explained by a folder that nobody asks for, or that asks itself', () => {
    const liar = { zzz: { dependencies: { axios: 'file:../evil' } } };
    const packages = { ...liar, 'node_modules/axios': link('evil'), ...EVIL };
    expect(standIns(v3(packages, AXIOS))).toEqual(['axios@link:evil for axios@^1.0.0 by .']);
    const alias = { zzz: { dependencies: { axios: 'npm:evil@1' } } };
    const named = { 'node_modules/axios': pkg('evil', '1.0.0', { name: 'evil' }) };
    expect(standIns(v3({ ...alias, ...named }, AXIOS))).toEqual(['evil@1.0.0 for axios@^1.0.0 by .']);
  });

  it.each<[string, object, object, Record<string, object>?]>([
    [
      'a declared workspace under its own name',
      { 'node_modules/@s/w': link('packages/w'), 'packages/w': { name: '@s/w', version: '1.0.0' } },
      { workspaces: ['packages/*'], dependencies: { '@s/w': '^1.0.0' } },
      { 'packages/w': { name: '@s/w', version: '1.0.0' } },
    ],
    [
      'workspaces as an object, named like their folder',
      { 'node_modules/w': link('packages/w'), 'packages/w': { version: '1.0.0' } },
      { workspaces: { packages: ['./packages/w/'] }, dependencies: { w: '*' } },
      { 'packages/w': { version: '1.0.0' } },
    ],
    [
      'a folder that is asked for',
      { 'node_modules/a': link('lib/a'), 'lib/a': {} },
      { dependencies: { a: 'file:lib/a' } },
    ],
    ['the same, as a path', { 'node_modules/a': link('lib/a'), 'lib/a': {} }, { devDependencies: { a: './lib//a/' } }],
    [
      'a path of this machine',
      { 'node_modules/a': link('../a'), '../a': {} },
      { dependencies: { a: 'file:/home/me/a' } },
    ],
    ['the project itself', { 'node_modules/app': link('') }, { dependencies: { app: 'file:.' } }],
    [
      'what a folder asks for that is asked for',
      { 'node_modules/a': link('a'), a: { dependencies: { b: 'file:../b' } }, 'node_modules/b': link('b'), b: {} },
      { dependencies: { a: 'file:a' } },
    ],
    [
      'what a package asks for, too, where the project puts it',
      {
        'node_modules/react': link('my'),
        my: {},
        'node_modules/ui': pkg('ui', '1.0.0', { dependencies: { react: '1' } }),
      },
      { dependencies: { react: 'file:my', ui: '1' } },
    ],
    ['what nobody asks for', { 'node_modules/a': link('lib/a'), 'lib/a': {} }, {}],
    [
      'an override that leads there',
      {
        'node_modules/a': link('lib/a'),
        'lib/a': {},
        'node_modules/ui': pkg('ui', '1.0.0', { dependencies: { a: '1' } }),
      },
      { dependencies: { ui: '1' }, overrides: { a: 'file:lib/a' } },
    ],
  ])('%s is innocent', (_, packages, root, more = {}) => {
    const lockfile = v3(packages as Record<string, object>, { ...root, overrides: undefined });
    expect(standIns(lockfile, { '': root, ...more })).toEqual([]);
  });

  it.each<[string, object, object]>([
    [
      'a workspace under the name of another package',
      { 'node_modules/axios': link('packages/w'), 'packages/w': { name: 'w', version: '1.0.0' } },
      { workspaces: ['packages/*'], ...AXIOS },
    ],
    [
      'a workspace that the patterns take out',
      { 'node_modules/axios': link('packages/axios'), 'packages/axios': { version: '1.0.0' } },
      { workspaces: ['packages/*', '!packages/axios'], ...AXIOS },
    ],
    ['another folder', { 'node_modules/a': link('evil'), evil: {}, a: {} }, { dependencies: { a: 'file:a' } }],
  ])('%s is not', (_, packages, root) => {
    expect(standIns(v3(packages as Record<string, object>, root), { '': root })).toHaveLength(1);
  });

  it('believes the package.json of a workspace about its name', () => {
    const packages = { 'node_modules/axios': link('packages/w'), 'packages/w': { name: 'axios', version: '1.0.0' } };
    const root = { workspaces: ['packages/*'], ...AXIOS };
    expect(standIns(v3(packages, root), { '': root, 'packages/w': { name: 'axios' } })).toEqual([]);
    expect(standIns(v3(packages, root), { '': root, 'packages/w': { name: 'w' } })).toHaveLength(1);
    // npm names it after its folder.
    expect(standIns(v3(packages, root), { '': root, 'packages/w': {} })).toHaveLength(1);
  });

  it('takes no folder for a workspace that has no package.json, whatever the lockfile says of it', () => {
    const packages = { 'node_modules/axios': link('packages/w'), 'packages/w': { name: 'axios', version: '1.0.0' } };
    const root = { workspaces: ['packages/*'], ...AXIOS };
    expect(standIns(v3(packages, root), { '': root })).toEqual(['axios@link:packages/w for axios@^1.0.0 by .']);
    // Its dependencies are nobody's, then.
    const below = {
      ...packages,
      'packages/w': { dependencies: { b: 'file:../b' } },
      'node_modules/b': link('packages/b'),
    };
    const asking = { ...below, 'packages/b': {} };
    expect(standIns(v3(asking, root), { '': { ...root, dependencies: { b: '1' } } })).toHaveLength(1);
  });
});

describe('what is from no registry in the place of a package', () => {
  it.each([
    ['a repository', { resolved: 'git+ssh://git@github.com/evil/axios.git#abc' }],
    ['an archive of the project', { resolved: 'file:evil.tgz' }],
    ['a folder that is copied', { resolved: 'file:evil' }],
  ])('%s', (_, more) => {
    const packages = { 'node_modules/axios': { version: '1.14.0', ...more } };
    expect(standIns(v3(packages, AXIOS))).toEqual(['axios@1.14.0 for axios@^1.0.0 by .']);
    const ui = { 'node_modules/ui': pkg('ui', '1.0.0', { dependencies: { axios: 'latest' } }) };
    expect(standIns(v3({ ...packages, ...ui }, { dependencies: { ui: '1' } }))).toEqual([
      'axios@1.14.0 for axios@latest by ui@1.0.0',
    ]);
    const { resolved } = more;
    expect(standIns(v1({ axios: { version: resolved } }), { '': AXIOS })).toHaveLength(1);
    const isLink = resolved === 'file:evil';
    const spec = isLink ? 'file:evil' : resolved;
    expect(standIns(v3(packages, { dependencies: { axios: spec } }))).toEqual([]);
  });

  it('a web address that only somebody else asks for', () => {
    const address = 'https://example.com/axios.tgz';
    const packages = {
      'node_modules/axios': pkg('axios', '1.0.0', { resolved: address }),
      'node_modules/ui': pkg('ui', '1.0.0', { dependencies: { axios: address } }),
    };
    expect(standIns(v3(packages, { dependencies: { axios: '^1', ui: '1' } }))).toEqual([
      'axios@1.0.0 for axios@^1 by .',
    ]);
    expect(standIns(v3(packages, { dependencies: { axios: address, ui: '1' } }))).toEqual([]);
  });

  it('a package of a registry where a folder or a repository is asked for', () => {
    const packages = { 'node_modules/axios': pkg('axios', '1.0.0') };
    expect(standIns(v3(packages, { dependencies: { axios: 'github:me/axios' } }))).toHaveLength(1);
    expect(standIns(v3(packages, { dependencies: { axios: 'file:axios' } }))).toHaveLength(1);
  });
});

describe('what an entry claims', () => {
  const manifest = {
    ...{ name: 'ui', version: '1.0.0', bundles: [], installScripts: {}, integrity: null, shasum: null, tarball: null },
    ...{ signatures: [], attestations: null, publisher: null, repository: null, deprecated: false },
    dependencies: { 'left-pad': '^1', fsevents: '^2' },
    peerDependencies: { react: '*' },
    bin: { ui: 'ui.js' },
  };
  const published = {
    dependencies: { 'left-pad': '^1' },
    optionalDependencies: { fsevents: '^2' },
    peerDependencies: { react: '>=16' },
    bin: { ui: 'ui.js' },
  };
  const fields = (dependency: Dependency): readonly unknown[] =>
    checkClaims(dependency, manifest).map(({ code, args }) => `${code} ${Object.values(args)[0]}`);
  const of = (more: object): readonly unknown[] =>
    fields(only(parse(v3({ 'node_modules/ui': pkg('ui', '1.0.0', { ...published, ...more }) })), 'ui'));

  it('is what was published', () => expect(of({})).toEqual([]));

  it('may leave out what is then only not installed', () => {
    expect(of({ dependencies: {}, bin: {} })).toEqual([]);
  });

  it.each<[string, object, string]>([
    ['another package', { dependencies: { 'left-pad': 'npm:evil@^1' } }, 'dependencies'],
    ['one more', { dependencies: { 'left-pad': '^1', evil: '1' } }, 'dependencies'],
    ['one more, as optional', { optionalDependencies: { fsevents: '^2', evil: '1' } }, 'dependencies'],
    ['one from elsewhere', { dependencies: { 'left-pad': 'github:evil/left-pad' } }, 'dependencies'],
    ['another peer', { peerDependencies: { react: '*', evil: '*' } }, 'peerDependencies'],
    ['a command', { bin: { ui: 'ui.js', node: 'index.js' } }, 'bin'],
    ['another file for a command', { bin: { ui: 'evil.js' } }, 'bin'],
    ['scripts at install', { hasInstallScript: true }, 'scripts'],
  ])('%s differs', (_, more, field) => expect(of(more)).toEqual([`lockfile-entry-differs ${field}`]));

  it('in version 1 is what it finds of what was published', () => {
    const requiring = (requires: object): readonly unknown[] =>
      fields(only(parse(v1({ ui: pkg('ui', '1.0.0', { requires }) })), 'ui'));
    expect(requiring({ 'left-pad': '^1.0.5' })).toEqual([]);
    expect(requiring({ 'left-pad': 'npm:evil@^1' })).toEqual(['lockfile-entry-differs dependencies']);
    expect(requiring({ 'left-pad': 'github:evil/left-pad' })).toEqual(['lockfile-entry-differs dependencies']);
    expect(requiring({ evil: '1' })).toEqual(['lockfile-dependency-added evil']);
  });

  it.each([
    ...['scripts', 'gypfile', 'directories', '_resolved', '_integrity', '_hasShrinkwrap', '_id', 'bundledDependencies'],
    ...['dist', 'exports', 'overrides', 'devDependencies', 'patched', 'packageExtensionsApplied', 'config'],
  ])('has no %s: npm takes an entry for a package.json, and never writes that', (field) => {
    const error = refusal(v3({ 'node_modules/ui': pkg('ui', '1.0.0', { [field]: { postinstall: 'node x' } }) }));
    expect(error.line).toBe(11);
    expect(error.message).toContain(`has "${field}", which npm never writes there`);
    expect(error.message).not.toContain('\n');
  });

  it('has no scripts in folders, the project and links either', () => {
    const scripts = { scripts: { postinstall: 'node x' } };
    expect(refusal(v3({ w: scripts })).message).toContain('scripts');
    expect(refusal(v3({}, scripts)).message).toContain('scripts');
    expect(refusal(v3({ w: {}, 'node_modules/w': { ...link('w'), ...scripts } })).message).toContain('scripts');
  });

  it('has everything that npm writes', () => {
    const written = {
      ...{
        peerDependenciesMeta: { react: { optional: true } },
        acceptDependencies: { a: '*' },
        engines: { node: '*' },
      },
      ...{ os: ['linux'], cpu: ['x64'], libc: ['glibc'], license: 'MIT', funding: { url: 'https://x.io' } },
      ...{ deprecated: 'no', extraneous: true, ideallyInert: true, hasInstallScript: true, workspaces: ['a'] },
    };
    expect(parse(v3({ 'node_modules/ui': pkg('ui', '1.0.0', written) })).dependencies).toHaveLength(1);
  });

  it('does not stand below a link', () => {
    const packages = { 'node_modules/w': link('w'), w: {}, 'node_modules/w/node_modules/a': pkg('a', '1.0.0') };
    expect(refusal(v3(packages)).message).toContain('stands below a link');
  });

  it('names no place twice, as a file system sees it', () => {
    const twins = { 'node_modules/axios': pkg('axios', '1.0.0'), 'node_modules/Axios': pkg('Axios', '1.0.0') };
    expect(refusal(v3(twins)).message).toContain('"node_modules/Axios" is the same place');
  });
});

describe('a version', () => {
  it.each([
    ['v6.28.1', '6.28.1'],
    ['=1.0.0', '1.0.0'],
    [' 1.0.0 ', '1.0.0'],
    ['v 1.2.3', '1.2.3'],
    ['==v1.2.3-rc.1', '1.2.3-rc.1'],
  ])('%j is read as npm reads it', (version, expected) => {
    expect(parse(v3({ 'node_modules/a': { version } })).dependencies[0]?.version).toBe(expected);
    expect(parse(v1({ a: { version } })).dependencies[0]?.version).toBe(expected);
    expect(parse(v1({ a: { version: `npm:b@${version.trim()}` } })).dependencies[0]?.version).toBe(expected);
  });
});

describe('flags', () => {
  const lied = { 'node_modules/axios': pkg('axios', '1.0.0', { dev: true, optional: true, peer: true }) };
  const flags = (lockfile: object, manifests: Record<string, object>): unknown => {
    const { dev, optional, peer } = only(parse(lockfile, { manifests }), 'axios');
    return { dev, optional, peer };
  };
  const none = { dev: false, optional: false, peer: false };

  it('are what package.json says, and not the lockfile', () => {
    const root = { devDependencies: { axios: '^1.0.0' } };
    expect(flags(v3(lied, root), { '': AXIOS })).toEqual(none);
    expect(flags(v3(lied, { optionalDependencies: { axios: '^1.0.0' } }), { '': AXIOS })).toEqual(none);
    expect(flags(v1({ axios: pkg('axios', '1.0.0', { dev: true, optional: true }) }), { '': AXIOS })).toEqual(none);
    expect(flags(v3(lied, AXIOS), { '': { devDependencies: { axios: '1' } } })).toEqual({ ...none, dev: true });
    expect(flags(v3(lied, AXIOS), { '': { ...AXIOS, devDependencies: { axios: '1' } } })).toEqual(none);
  });

  it('reach through packages, links and workspaces', () => {
    const packages = {
      ...lied,
      'node_modules/w': link('w'),
      w: { dependencies: { ui: '1' } },
      'node_modules/ui': pkg('ui', '1.0.0', { dependencies: { axios: '1' } }),
    };
    const root = { workspaces: ['w'], devDependencies: { axios: '1' } };
    expect(flags(v3(packages), { '': root, w: { dependencies: { ui: '1' } } })).toEqual(none);
    expect(flags(v3(packages), { '': { devDependencies: { w: 'file:w' } } })).toEqual({ ...none, dev: true });
  });
});

describe('a shrinkwrap in a tarball', () => {
  const root = { dependencies: { cli: '1' } };
  const cli = pkg('cli', '1.0.0', {
    hasShrinkwrap: true,
    dependencies: { a: '1' },
    optionalDependencies: { fsevents: '2' },
    peerDependencies: { react: '*' },
  });
  const unbound = (packages: Record<string, object>): unknown =>
    (only(parse(v3(packages, root)), 'cli').findings ?? []).map(({ code, args }) => [code, args]);

  it('decides what is below, unless the lockfile has all of it', () => {
    const a = { 'node_modules/cli/node_modules/a': pkg('a', '1.0.0', { dependencies: { b: '1' } }) };
    const b = { 'node_modules/cli/node_modules/b': pkg('b', '1.0.0') };
    expect(unbound({ 'node_modules/cli': cli, ...a, ...b })).toEqual([]);
    expect(unbound({ 'node_modules/cli': cli })).toEqual([['lockfile-unbound', { names: ['a'] }]]);
    expect(unbound({ 'node_modules/cli': cli, ...a, 'node_modules/b': pkg('b', '1.0.0') })).toEqual([
      ['lockfile-unbound', { names: ['b'] }],
    ]);
    expect(unbound({ 'node_modules/cli': pkg('cli', '1.0.0', { hasShrinkwrap: true }) })).toEqual([]);
  });
});

describe('the two parts of version 2', () => {
  const differences = (packages: object, dependencies: object, lockfileVersion = 2): unknown =>
    parse({ lockfileVersion, packages, dependencies }).dependencies.flatMap(({ name, findings = [], places }) =>
      findings.map(({ code }) => `${name} ${code} ${places.map(({ path }) => path).join()}`),
    );
  const a = { 'node_modules/a': pkg('a', '1.0.0') };

  it.each<[string, object]>([
    ['other bytes', { a: pkg('a', '1.0.0', { integrity: sha512('b') }) }],
    ['another address', { a: pkg('a', '1.0.0', { resolved: 'https://x.io/a/-/a-1.0.0.tgz' }) }],
    ['another version', { a: { ...pkg('a', '1.0.0'), version: '1.0.1' } }],
    ['another package', { a: { ...pkg('a', '1.0.0'), version: 'npm:b@1.0.0' } }],
    ['a link', { a: { version: 'file:evil' } }],
    ['nothing', {}],
    ['no hash', { a: pkg('a', '1.0.0', { integrity: undefined }) }],
    ['something inside of a tarball', { a: { version: '1.0.0', bundled: true } }],
  ])('differ where the older has %s', (_, dependencies) => {
    expect(differences(a, dependencies)).toContain('a lockfile-parts-differ node_modules/a');
  });

  it('differ where only the older has an entry, whatever the version says', () => {
    const both = { a: pkg('a', '1.0.0', { dependencies: { evil: pkg('evil', '1.0.0') } }) };
    const found = ['evil lockfile-parts-differ node_modules/a/node_modules/evil'];
    expect(differences(a, both)).toEqual(found);
    expect(differences(a, both, 3)).toEqual(found);
    expect(differences(a, {}, 3)).toEqual([]);
  });

  it('are the same where npm writes them', () => {
    const packages = {
      ...{ '': {}, 'node_modules/w': link('w'), w: { version: '1.0.0' }, 'w/node_modules/a': pkg('a', '2.0.0') },
      'node_modules/g': { version: '1.0.0', resolved: 'git+ssh://git@github.com/o/g.git#abc' },
      'node_modules/odd': pkg('real', '1.0.0', { name: 'real' }),
      'node_modules/web': { version: '1.0.0', resolved: 'https://x.io/web.tgz', integrity: sha512() },
      'node_modules/p': pkg('p', '1.0.0', { bundleDependencies: ['in'], dependencies: { in: '1' } }),
      'node_modules/p/node_modules/in': { version: '1.0.0', inBundle: true },
    };
    const dependencies = {
      w: { version: 'file:w', dependencies: { a: pkg('a', '2.0.0') } },
      g: { version: 'git+ssh://git@github.com/o/g.git#abc', from: 'g@github:o/g' },
      odd: { ...pkg('real', '1.0.0'), version: 'npm:real@1.0.0' },
      web: { version: 'https://x.io/web.tgz', integrity: sha512() },
      p: pkg('p', '1.0.0', { requires: { in: '1' }, dependencies: { in: { version: '1.0.0', bundled: true } } }),
    };
    expect(differences(packages, dependencies)).toEqual([]);
  });
});
