import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Lockfile } from '../../src/model/dependency.ts';
import { hasSharedData, sharedData } from '../support/shared-data.ts';
import { only, parse, refusal, sha512 } from './support.ts';

const ROOT = { name: 'app', dependencies: { ms: '^2.0.0', top: '1' } };

function npm(spec: string, info: object = {}): readonly unknown[] {
  return [spec, '', info, sha512(spec)];
}

function lock(packages: Record<string, unknown>, rest: object = {}, root: object = ROOT): object {
  return { lockfileVersion: 2, workspaces: { '': root }, packages, ...rest };
}

function read(content: object, manifests: Record<string, object> = { '': ROOT }): Lockfile {
  return parse(content, { file: 'bun.lock', manifests });
}

/** What stands in for something, as "LOCATOR for ASKED by WHOM". */
function substitutions(content: object, manifests?: Record<string, object>): readonly string[] {
  return read(content, manifests).dependencies.flatMap(({ name, version, substitutes = [] }) =>
    substitutes.map(({ asked, by }) => `${name}@${version} for ${asked} by ${by}`),
  );
}

const TOP = npm('top@1.0.0', { dependencies: { below: '^1' } });
const BELOW = npm('below@1.0.0');
const MS = npm('ms@2.0.0');

describe('what stands in bun.lock where a registry is asked', () => {
  it.each([
    ['a link', ['ms@link:node_modules/evil', {}], 'ms@link:node_modules/evil'],
    ['a copied folder', ['ms@file:evil', {}], 'ms@file:evil'],
    ['a folder of another name', ['evil@file:evil', {}], 'ms@file:evil'],
    ['the project itself', ['app@root:', {}], 'ms@root:'],
    ['a repository', ['ms@github:o/ms#0123', {}, '0123'], 'ms@github:o/ms#0123'],
    ['an address', ['ms@https://h.org/ms.tgz', {}, ''], 'ms@https://h.org/ms.tgz'],
    ['an address of another package', ['ms@https://h.org/evil/-/evil-1.0.0.tgz', {}, ''], 'evil@1.0.0'],
    ['a tarball', ['ms@vendor/ms.tgz', {}, ''], 'ms@file:vendor/ms.tgz'],
    ['another package', npm('evil@1.0.0'), 'evil@1.0.0'],
  ])('is a dependency that stands in for it: %s', (_what, entry: readonly unknown[], got) => {
    expect(substitutions(lock({ ms: entry, top: TOP, below: BELOW }))).toEqual([`${got} for ms@^2.0.0 by .`]);
    const below = entry.length > 2 ? got : got.replace('ms@', 'below@');
    expect(substitutions(lock({ ms: MS, top: TOP, below: entry }))).toEqual([`${below} for below@^1 by top@1.0.0`]);
    expect(substitutions(lock({ ms: MS, top: TOP, below: BELOW, 'top/below': entry }))).toEqual([
      `${below} for below@^1 by top@1.0.0`,
    ]);
  });

  it('is a workspace only under its name, which its package.json says', () => {
    const content = (name: string, folder = 'packages/w'): object => ({
      ...lock({ ms: [`${name}@workspace:${folder}`], top: TOP, below: BELOW }),
      workspaces: { '': ROOT, [folder]: { name } },
    });
    const wrong = 'ms@workspace:packages/w for ms@^2.0.0 by .';
    expect(substitutions(content('ms'), { '': ROOT, 'packages/w': { name: 'ms' } })).toEqual([]);
    expect(substitutions(content('ms'), { '': ROOT, 'packages/w': { name: 'w' } })).toEqual([wrong]);
    expect(substitutions(content('w'), { '': ROOT, 'packages/w': { name: 'w' } })).toEqual([wrong]);
    expect(substitutions(content('ms'), { '': ROOT })).toEqual([wrong]);
    expect(substitutions(content('ms'), {})).toEqual([]);
    const asking = { ...ROOT, dependencies: { ...ROOT.dependencies, ms: 'workspace:*' } };
    expect(substitutions(content('ms', 'evil'), { '': asking })).toHaveLength(1);
  });

  it('is another package where the project declares it', () => {
    const content = lock({ ms: npm('evil@1.0.0'), top: npm('top@1.0.0', { dependencies: { ms: '2' } }) });
    for (const declared of [
      { overrides: { ms: 'npm:evil@1' } },
      { overrides: { top: { ms: 'npm:evil@1' } } },
      { overrides: { 'ms@2': { '.': 'npm:evil@1' } } },
      { overrides: { ms: '$evil' }, devDependencies: { evil: 'npm:evil@1' } },
      { resolutions: { 'top/ms': 'npm:evil@1' } },
      { resolutions: { '**/ms': 'npm:evil@1' } },
      { overrides: { ms: 'catalog:' }, catalog: { ms: 'npm:evil@1' } },
    ]) {
      expect(substitutions(content, { '': { ...ROOT, ...declared } })).toEqual([]);
    }
    for (const declared of [{}, { overrides: { other: 'npm:evil@1' } }, { overrides: { ms: 'npm:other@1' } }]) {
      expect(substitutions(content, { '': { ...ROOT, ...declared } })).toEqual(['evil@1.0.0 for ms@^2.0.0 by .']);
    }
    // What the lockfile says of it decides nothing beside a package.json.
    for (const said of [{ overrides: { ms: 'npm:evil@1' } }, { catalog: { ms: 'npm:evil@1' } }]) {
      expect(substitutions({ ...content, ...said })).toHaveLength(1);
    }
  });

  it('is a folder where overrides of the project put it, though only a package asks for the name', () => {
    const root = { dependencies: { top: '1' } };
    const at = (resolution: string, rest: object = {}): object =>
      lock({ top: npm('top@1.0.0', { dependencies: { ms: '2' } }), 'top/ms': [resolution, {}] }, rest, root);
    for (const declared of [
      { overrides: { ms: 'file:./v' } },
      { overrides: { ms: './v' } },
      { overrides: { top: { ms: 'file:v' } } },
      { resolutions: { ms: 'file:./v' } },
      { resolutions: { 'top/ms': 'file:./v' } },
    ]) {
      for (const resolution of ['ms@file:./v', 'ms@file:v']) {
        const lockfile = read(at(resolution), { '': { ...root, ...declared } });
        expect(lockfile.dependencies.map(({ name }) => name)).toEqual(['top']);
        expect(lockfile.skipped).toMatchObject([{ reason: 'link' }]);
      }
      expect(substitutions(at('ms@file:./evil'), { '': { ...root, ...declared } })).toEqual([
        'ms@file:./evil for ms@2 by top@1.0.0',
      ]);
    }
    for (const declared of [{}, { overrides: { other: 'file:./v' } }, { overrides: { ms: '2.0.0' } }]) {
      expect(substitutions(at('ms@file:./v'), { '': { ...root, ...declared } })).toHaveLength(1);
    }
    // What only the lockfile overrides, and what a package asks for as a folder, nobody of the project asks for.
    expect(substitutions(at('ms@file:./v', { overrides: { ms: 'file:./v' } }), { '': root })).toHaveLength(1);
    const asked = lock(
      { top: npm('top@1.0.0', { dependencies: { ms: 'file:./v' } }), 'top/ms': ['ms@file:./v', {}] },
      {},
      root,
    );
    expect(substitutions(asked, { '': root })).toHaveLength(1);
  });

  it('is what the project put there itself, for whoever else looks for the name', () => {
    const root = { dependencies: { ms: 'npm:evil@1', lib: '1' } };
    const lib = npm('lib@1.0.0', { peerDependencies: { ms: '*' } });
    expect(substitutions(lock({ ms: npm('evil@1.0.0'), lib }, {}, root), { '': root })).toEqual([]);
    const a = npm('a@1.0.0', { dependencies: { ms: 'npm:evil@1', lib: '1' } });
    const nested = { a, 'a/ms': npm('evil@1.0.0'), lib: npm('lib@2.0.0'), 'a/lib': lib };
    expect(substitutions(lock(nested, {}, { dependencies: { a: '1' } }), { '': { dependencies: { a: '1' } } })).toEqual(
      [],
    );
  });

  it('is the very folder, tarball, repository or address that is asked for', () => {
    const asking = (spec: string, entry: unknown): readonly string[] => {
      const root = { dependencies: { ms: spec } };
      return substitutions(lock({ ms: entry }, {}, root), { '': root });
    };
    for (const [spec, entry, other] of [
      ['file:./local', ['local@file:local', {}], ['local@file:evil', {}]],
      ['link:./local', ['ms@link:./local', {}], ['ms@link:./evil', {}]],
      ['link:ms', ['ms@link:ms', {}], ['ms@link:evil', {}]],
      ['./vendor/ms.tgz', ['ms@./vendor/ms.tgz', {}, ''], ['ms@./vendor/evil.tgz', {}, '']],
      ['file:vendor/ms.tgz', ['ms@vendor/ms.tgz', {}, ''], npm('ms@1.0.0')],
      ['o/r', ['ms@github:o/r#0123', {}, '0123'], ['ms@github:evil/r#0123', {}, '0123']],
      ['git+https://github.com/o/r.git', ['ms@git+https://github.com/o/r.git#01', {}, '01'], npm('ms@1.0.0')],
      ['git@h.org:o/r.git', ['ms@git+ssh://git@h.org/o/r.git#0123', {}, '0123'], ['ms@github:o/r#0123', {}, '0']],
      ['https://h.org/a.tgz', ['ms@https://h.org/a.tgz', {}, ''], ['ms@https://h.org/b.tgz', {}, '']],
    ] as const) {
      expect([spec, asking(spec, entry)]).toEqual([spec, []]);
      expect([spec, asking(spec, other)]).toEqual([spec, [expect.stringContaining(`for ms@${spec} by .`)]]);
    }
    const workspaces = { '': { name: 'app' }, 'packages/w': { name: 'w', dependencies: { l: 'file:../../x/l' } } };
    const content = { ...lock({ w: ['w@workspace:packages/w'], 'w/l': ['l@file:x/l', {}] }), workspaces };
    expect(substitutions(content, workspaces)).toEqual([]);
  });

  it('is not asked for by a linked folder whose package.json does not', () => {
    const root = { dependencies: { local: 'file:./local' } };
    const content = lock(
      { local: ['local@file:local', { dependencies: { ms: 'file:../evil' } }], ms: ['ms@file:evil', {}] },
      {},
      root,
    );
    expect(substitutions(content, { '': root, local: { name: 'local', dependencies: { ms: '^2' } } })).toEqual([
      'ms@file:evil for ms@^2 by local',
    ]);
    expect(
      substitutions(content, { '': root, local: { name: 'local', dependencies: { ms: 'file:../evil' } } }),
    ).toEqual([]);
  });

  it('is nothing that only the lockfile says the project asks for', () => {
    const root = { dependencies: { ...ROOT.dependencies, zz: 'link:evil' } };
    const content = lock({ ms: MS, top: TOP, below: BELOW, zz: ['zz@link:evil', {}] }, {}, root);
    expect(substitutions(content)).toEqual(['zz@link:evil for zz by .']);
    expect(read(content).skipped).toEqual([]);
  });
});

describe('what the project asks for decides roles in bun.lock', () => {
  it('where the lockfile says it is for development', () => {
    const locked = { devDependencies: { ms: '^2.0.0' }, dependencies: { top: '1' } };
    const content = lock({ ms: MS, top: TOP, below: BELOW }, {}, locked);
    expect(only(read(content), 'ms').dev).toBe(false);
    expect(only(read(content, {}), 'ms').dev).toBe(true);
  });

  it('as Bun finds names: by the keys, and not by the folders that are inside of each other', () => {
    const workspaces = {
      '': { name: 'app' },
      'packages/w': { name: 'w', dependencies: { ms: '1' } },
      'packages/w/sub': { name: 'sub', devDependencies: { ms: '2' } },
    };
    const packages = {
      w: ['w@workspace:packages/w'],
      sub: ['sub@workspace:packages/w/sub'],
      'w/ms': npm('ms@1.0.0'),
      ms: npm('ms@2.0.0'),
    };
    const { dependencies } = read({ ...lock(packages), workspaces }, workspaces);
    expect(dependencies.map(({ version, dev }) => [version, dev])).toEqual([
      ['1.0.0', false],
      ['2.0.0', true],
    ]);
  });
});

describe('what an entry of bun.lock claims', () => {
  const claimed = (info: object, spec = '@s/kit@1.0.0'): unknown => {
    const root = { dependencies: { '@s/kit': '1' } };
    return only(read(lock({ '@s/kit': npm(spec, info) }, {}, root), { '': root }), '@s/kit').claims;
  };

  it('is its dependencies, peers, commands and install scripts', () => {
    const none = { dependencies: {}, peerDependencies: {} };
    expect(claimed({})).toEqual([none]);
    expect(claimed({ optionalDependencies: { x: 'npm:evil@1' }, os: 'linux', hasInstallScript: true })).toEqual([
      { ...none, dependencies: { x: 'npm:evil@1' }, installScripts: true },
    ]);
    expect(claimed({ bin: './bin/kit.js' })).toEqual([{ ...none, bin: { kit: 'bin/kit.js' } }]);
    expect(claimed({ bin: { node: 'x.js', '../git': 'x.js' } })).toEqual([
      { ...none, bin: { node: 'x.js', '../git': 'x.js' } },
    ]);
    expect(claimed({ binDir: './commands' })).toEqual([{ ...none, bin: { '': 'commands/' } }]);
  });

  it('is not a peer of any version that is only called optional', () => {
    expect(claimed({ peerDependencies: { a: '*', b: '^1', c: '*' }, optionalPeers: ['a', 'b'] })).toEqual([
      { dependencies: {}, peerDependencies: { b: '^1', c: '*' } },
    ]);
  });

  it('is nothing where no registry has a manifest of it', () => {
    const root = { dependencies: { a: 'o/r' } };
    const content = lock({ a: ['a@github:o/r#0123', { bin: { node: 'x' } }, '0123'] }, {}, root);
    expect(only(read(content, { '': root }), 'a').claims).toBeUndefined();
  });
});

describe('a key that stands twice in bun.lock', () => {
  const text = (declared: string, packages: string): string =>
    `{"lockfileVersion": 2, "workspaces": {"": {"name": "app", ${declared}}}, "packages": {${packages}}}`;
  const MS_ENTRY = `"ms": ["ms@2.0.0", "", {}, "${sha512()}"]`;

  it('is read as Bun does in a list of dependencies: the first counts', () => {
    const twice = '"dependencies": {"ms": "2.0.0", "ms": "npm:evil@1"}';
    expect(only(parse(text(twice, MS_ENTRY), { file: 'bun.lock' }), 'ms').substitutes).toBeUndefined();
    const aliasFirst = '"dependencies": {"ms": "npm:evil@1", "ms": "2.0.0"}';
    expect(only(parse(text(aliasFirst, MS_ENTRY), { file: 'bun.lock' }), 'ms').substitutes).toHaveLength(1);
  });

  it('is refused everywhere else, as is what only some readers of JSON take', () => {
    const declared = '"dependencies": {"ms": "2.0.0"}';
    expect(refusal(text(declared, `${MS_ENTRY}, ${MS_ENTRY}`), 'bun.lock').message).toContain('stands twice');
    expect(refusal(text(`${declared}, ${declared}`, MS_ENTRY), 'bun.lock').message).toContain('stands twice');
    for (const [from, to] of [
      ['"ms": [', "'ms': ["],
      ['"ms": [', '"\\x6ds": ['],
      ['"ms": [', '\u00a0"ms": ['],
      ['"ms": [', '// "ms": [\n"ms": ['],
      ['}}}', '}}}{}'],
      ['"packages": {', '"packages": {}, "packages": {'],
    ] as const) {
      expect(refusal(text(declared, MS_ENTRY).replace(from, to), 'bun.lock').message).toMatch(/^bun\.lock:\d+: /);
    }
  });

  it.skipIf(!hasSharedData)('is read where Bun wrote it (skipped where the recorded cases are not here)', () => {
    const folder = sharedData('../cases/locks/bun-key-twice-in-workspaces');
    const [content, manifest] = ['bun.lock', 'package.json'].map((name) => readFileSync(`${folder}/${name}`, 'utf8'));
    const manifests = { '': JSON.parse(manifest ?? '') as object };
    const { dependencies } = parse(content, { file: 'bun.lock', manifests });
    expect(dependencies).toHaveLength(12);
    expect(dependencies.filter(({ substitutes }) => substitutes !== undefined)).toEqual([]);
  });
});

describe('a version in bun.lock', () => {
  it('has no white space but what is none of it', () => {
    for (const space of ['\u00a0', '\ufeff', '\u3000', '\u2028', ' ']) {
      const packages = { ms: npm(`ms@2.0.0${space}`), top: TOP, below: BELOW };
      expect(refusal(lock(packages), 'bun.lock').message).toContain('is not a version');
    }
  });
});

describe('a peer in bun.lock', () => {
  const older = npm('minimist@1.2.0');
  const newer = npm('minimist@1.2.8');
  const asking = (spec: string): readonly unknown[] => npm('top@1.0.0', { peerDependencies: { zz: spec } });
  const root = { name: 'app', dependencies: { top: '1', minimist: '1.2.0', dev: '1' } };
  const packages = {
    minimist: older,
    dev: npm('dev@1.0.0', { dependencies: { minimist: '1.2.8' } }),
    'dev/minimist': newer,
  };
  const underZz = (spec: string, more: object = {}, manifest: object = root): readonly string[] =>
    read({ ...lock({ ...packages, top: asking(spec) }, more, root) }, { '': manifest })
      .dependencies.filter(({ places }) => places.some(({ path }) => path === 'node_modules/zz'))
      .map(({ version }) => version);

  it('by another name is the highest of its range in the file, wherever that stands', () => {
    expect(underZz('npm:minimist@^1.2.6')).toEqual(['1.2.8']);
    expect(underZz('npm:minimist@<1.2.8')).toEqual(['1.2.0']);
    // Bun takes the highest where none is of the range.
    expect(underZz('npm:minimist@^2')).toEqual(['1.2.8']);
    expect(underZz('npm:nothing@^1')).toEqual([]);
  });

  it('of any version, and of a name that is overridden, is looked for by its key only', () => {
    expect(underZz('npm:minimist@*')).toEqual([]);
    expect(underZz('npm:minimist')).toEqual([]);
    expect(underZz('npm:minimist@^1.2.6', {}, { ...root, overrides: { minimist: '1.2.0' } })).toEqual([]);
    const keyed = { ...packages, top: asking('npm:minimist@*'), zz: older };
    const places = read(lock(keyed, {}, root), { '': root }).dependencies.flatMap((one) => one.places);
    expect(places.map(({ path }) => path)).toContain('node_modules/zz');
  });

  it('keeps what it finds from being for development only', () => {
    const developed = { ...root, dependencies: { top: '1', minimist: '1.2.0' }, devDependencies: { dev: '1' } };
    const content = (peer: object): object =>
      lock({ ...packages, top: npm('top@1.0.0', { peerDependencies: peer }) }, {}, developed);
    const isDev = (peer: object): boolean | undefined =>
      read(content(peer), { '': developed }).dependencies.find(({ version }) => version === '1.2.8')?.dev;
    expect(isDev({})).toBe(true);
    expect(isDev({ minimist: '^1.2.6' })).toBe(false);
    expect(isDev({ minimist: '*' })).toBe(true);
  });
});

describe('the name of a folder in bun.lock', () => {
  it.each(['@s//w', '..', '@s/..', 'a/b', 'a\\b', '@s/a/b'])('is none that leads elsewhere: %s', (name) => {
    const content = { ...lock({ '@s/w': [`${name}@workspace:w`], top: TOP, below: BELOW, ms: MS }) };
    const workspaces = { '': ROOT, w: { name: '@s/w' } };
    expect(refusal({ ...content, workspaces }, 'bun.lock').message).toContain('is not a package name');
  });

  it('may be one that no registry takes', () => {
    const content = lock({ MyApp: ['MyApp@workspace:w'], top: TOP, below: BELOW, ms: MS });
    const workspaces = { '': ROOT, w: { name: 'MyApp' } };
    expect(read({ ...content, workspaces }, {}).skipped.map(({ reason }) => reason)).toEqual(['link']);
  });
});

describe('the name of a catalog', () => {
  it('is without white space as Bun takes it, and no other', () => {
    const root = { name: 'app', dependencies: { ms: 'catalog: \t\vold ' }, catalogs: { old: { ms: 'npm:evil@1' } } };
    const content = lock({ ms: npm('evil@1.0.0') }, {}, root);
    expect(substitutions(content, { '': root })).toEqual([]);
    for (const space of ['\u00a0', '\ufeff', '\u2028', '\u3000']) {
      const other = { ...root, dependencies: { ms: `catalog:${space}old` } };
      expect(substitutions(content, { '': other })).toHaveLength(1);
    }
  });
});
