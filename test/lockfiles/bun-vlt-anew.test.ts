import { describe, expect, it } from 'vitest';
import { parseLockfile, type ProjectSettings } from '../../src/lockfiles/index.ts';

const HASH = `sha512-${'A'.repeat(86)}==`;
type Files = Readonly<Record<string, object>>;

/** What is said of a lockfile beside these package.json files. */
function said(name: string, lock: object, manifests: Files, settings: ProjectSettings = []): readonly string[] {
  const given = new Map(Object.entries(manifests).map(([folder, one]) => [folder, JSON.stringify(one)]));
  const { findings = [] } = parseLockfile(name, Buffer.from(JSON.stringify(lock)), given, settings);
  return findings.map(({ finding }) => {
    expect(finding).toMatchObject({ code: 'lockfile-not-used', kind: 'contradiction' });
    return (finding.args as { by: string }).by;
  });
}

describe('what Bun resolves anew', () => {
  const lock = (workspace: object, more: object = {}, others: object = {}): object => ({
    lockfileVersion: 1,
    workspaces: { '': { name: 'app', ...workspace }, ...others },
    ...more,
    packages: { pad: ['pad@1.1.0', '', {}, HASH], m: ['m@workspace:m'], p: ['pad@1.1.0', '', {}, HASH] },
  });
  const of = (locked: object, manifest: object, others: Files = {}): readonly string[] =>
    said('bun.lock', locked, { '': { name: 'app', ...manifest }, ...others });
  const pad = { dependencies: { pad: '^1.0.0' } };
  const withMember = (member: object, locked: object): object =>
    lock({ workspaces: ['m', 'n'] }, {}, { m: { name: 'm', ...locked, ...member } });
  const member = { m: { name: 'm', ...pad } };
  const plain = lock(pad, {}, { m: { name: 'm' } });

  it('is what package.json asks for and its lockfile does not', () => {
    const more = { dependencies: { pad: '^1.0.0', more: '1' } };
    expect(of(plain, pad)).toEqual([]);
    expect(of(plain, more)).toEqual(['a missing entry: more@1, which . asks for']);
    for (const list of ['devDependencies', 'optionalDependencies', 'peerDependencies']) {
      expect(of(plain, { ...pad, [list]: { more: '1' } })).toHaveLength(1);
    }
    // Somebody else's may be another one tomorrow.
    expect(of(lock({}, {}, { m: { name: 'm' } }), pad)).toEqual(['a missing entry: pad@^1.0.0, which . asks for']);
    const peers = { peerDependencies: { more: '1' }, peerDependenciesMeta: { more: { optional: true } } };
    expect(of(plain, { ...pad, ...peers })).toEqual([]);
    expect(said('bun.lock', plain, {})).toEqual([]);
  });

  it('is what has a version outside of its range', () => {
    const outside = ['version 1.1.0 for pad@^2.0.0, which . asks for'];
    expect(of(plain, { dependencies: { pad: '^2.0.0' } })).toEqual(outside);
    expect(
      of(lock({ dependencies: { pad: '^2.0.0' } }, {}, { m: { name: 'm' } }), { dependencies: { pad: '^2.0.0' } }),
    ).toEqual(outside);
    // It compares what is found, and not how it is asked for.
    for (const spec of ['1.x', 'latest', '', '>=1 <2']) expect(of(plain, { dependencies: { pad: spec } })).toEqual([]);
    // Of one name in several lists, one counts.
    expect(of(plain, { dependencies: { pad: '1.0.0' }, devDependencies: { pad: '^1.0.0' } })).toEqual([]);
    const alias = lock({ dependencies: { p: 'npm:pad@^1.0.0' } }, {}, { m: { name: 'm' } });
    expect(of(alias, { dependencies: { p: 'npm:pad@^1.0.0' } })).toEqual([]);
    expect(of(alias, { dependencies: { p: 'npm:pad@^2.0.0' } })).toHaveLength(1);
  });

  it('is what a workspace asks for, or all of it', () => {
    const workspaces = { workspaces: ['m', 'n'] };
    expect(of(withMember({}, pad), workspaces, member)).toEqual([]);
    expect(of(withMember({}, {}), workspaces, member)).toEqual(['a missing entry: pad@^1.0.0, which m asks for']);
    expect(of(withMember({}, pad), workspaces, { ...member, n: { name: 'n', ...pad } })).toHaveLength(1);
    expect(of(withMember({}, pad), workspaces, { ...member, linked: { name: 'linked', ...pad } })).toEqual([]);
    expect(
      of(
        withMember({ dependencies: { pad: 'catalog:' } }, {}),
        { ...workspaces, catalog: { pad: '^2.0.0' } },
        {
          m: { name: 'm', dependencies: { pad: 'catalog:' } },
        },
      ),
    ).toEqual(['version 1.1.0 for pad@^2.0.0, which m asks for']);
  });

  it('is what overrides of the project and of the lockfile say otherwise', () => {
    const because = ['the override of b, which the project and the lockfile do not have alike'];
    const locked = lock(pad, { overrides: { b: '2.0.0' } }, { m: { name: 'm' } });
    for (const field of ['overrides', 'resolutions']) {
      expect(of(locked, { ...pad, [field]: { b: '2.0.0' } })).toEqual([]);
      expect(of(locked, { ...pad, [field]: { b: '2.0.1' } })).toEqual(because);
      expect(of(plain, { ...pad, [field]: { b: '2.0.0' } })).toEqual(because);
    }
    expect(of(locked, pad)).toEqual(because);
    const own = { dependencies: { ...pad.dependencies }, overrides: { b: '$pad' } };
    expect(of(lock(pad, { overrides: { b: '^1.0.0' } }, { m: { name: 'm' } }), own)).toEqual([]);
    // What is not there is not replaced.
    for (const field of ['overrides', 'resolutions']) {
      for (const key of ['**/a/b', 'a/pad', 'pad/b', 'b@1', 'a>pad']) {
        expect(of(plain, { ...pad, [field]: { [key]: '2.0.0' } })).toEqual([]);
      }
    }
    expect(of(plain, { ...pad, overrides: { a: { pad: '2.0.0' } } })).toEqual([]);
    const overridden = { ...pad, overrides: { pad: '1.1.0' }, dependencies: { pad: '^2.0.0' } };
    expect(of(lock(pad, { overrides: { pad: '1.1.0' } }, { m: { name: 'm' } }), overridden)).toEqual([]);
  });
});

describe('what Bun installs by a declaration that its lockfile does not have', () => {
  const kit = { dependencies: { kit: '^1.0.0' } };
  const lock = (more: object = {}): object => ({
    lockfileVersion: 1,
    workspaces: { '': { name: 'app', ...kit } },
    ...more,
    packages: {
      kit: ['kit@1.0.0', '', { dependencies: { '@s/pad': '^1.0.0' } }, HASH],
      '@s/pad': ['@s/pad@1.1.0', '', {}, HASH],
    },
  });
  const of = (locked: object, manifest: object): readonly string[] =>
    said('bun.lock', locked, { '': { name: 'app', ...kit, ...manifest } });
  const alike = (path: string): string[] => [
    `the override of ${path}, which the project and the lockfile do not have alike`,
  ];

  it('is an override for a part of the tree or some versions, however it is written', () => {
    const nested = { kit: { '@s/pad': '2.0.0' } };
    const locked = lock({ overrides: nested });
    const same = [nested, { 'kit>@s/pad': '2.0.0' }, { 'kit/@s/pad': '2.0.0' }, { '**/kit/@s/pad': '2.0.0' }];
    for (const overrides of [...same, { kit: { '@s/pad': { '.': '2.0.0' } } }]) {
      expect(of(lock(), { overrides })).toEqual(alike('kit > @s/pad'));
      expect(of(locked, { overrides })).toEqual([]);
      expect(of(locked, { resolutions: overrides })).toEqual([]);
    }
    expect(of(locked, { overrides: { kit: { '@s/pad': '3.0.0' } } })).toEqual(alike('kit > @s/pad'));
    expect(of(locked, {})).toEqual(alike('kit > @s/pad'));
    expect(of(lock(), { resolutions: { '**/@s/pad': '2.0.0' } })).toEqual(alike('@s/pad'));
    expect(of(lock({ overrides: { '@s/pad': '2.0.0' } }), { resolutions: { '**/@s/pad': '2.0.0' } })).toEqual([]);
    const ranged = lock({ overrides: { '@s/pad@^1': { '.': '2.0.0' } } });
    expect(of(ranged, { overrides: { '@s/pad@^1': '2.0.0' } })).toEqual([]);
    expect(of(lock(), { overrides: { '@s/pad@^1': '2.0.0' } })).toEqual(alike('@s/pad@^1'));
    expect(of(lock(), { overrides: { '@s/pad@>=1 <2': '2.0.0' } })).toEqual(alike('@s/pad@>=1 <2'));
    expect(of(lock(), { overrides: { 'kit@^1': { '@s/pad': 'npm:evil@1' } } })).toEqual(alike('kit@^1 > @s/pad'));
    expect(of(lock(), { overrides: { 'kit@^2': { b: '1' } } })).toEqual([]);
  });

  it('is a patch', () => {
    const patch = (file: string): object => ({ patchedDependencies: { '@s/pad@1.1.0': file } });
    const because = ['the patch of @s/pad@1.1.0, which the project and the lockfile do not have alike'];
    expect(of(lock(), patch('a.patch'))).toEqual(because);
    expect(of(lock(patch('a.patch')), patch('b.patch'))).toEqual(because);
    expect(of(lock(patch('a.patch')), {})).toEqual(because);
    expect(of(lock(patch('a.patch')), patch('a.patch'))).toEqual([]);
    expect(of(lock(), { patchedDependencies: { 'gone@1.0.0': 'a.patch' } })).toEqual([]);
  });
});

describe('what vlt resolves anew', () => {
  const ID = '~npm~pad@1.1.0';
  const lock = (edges: object): object => ({
    lockfileVersion: 1,
    options: {},
    nodes: { [ID]: [0, 'pad', HASH] },
    edges,
  });
  const own = { 'file~_d pad': `prod ^1.0.0 ${ID}` };
  const of = (locked: object, manifest: object, others: Files = {}, settings: object = {}): readonly string[] =>
    said('vlt-lock.json', locked, { '': { name: 'app', ...manifest }, ...others }, [
      { path: 'vlt.json', ofProject: true, content: settings },
    ]);
  const pad = { dependencies: { pad: '^1.0.0' } };

  it('is what package.json asks for and its lockfile does not, or otherwise', () => {
    expect(of(lock(own), pad)).toEqual([]);
    expect(of(lock(own), { ...pad, devDependencies: { more: '1' } })).toEqual([
      'a missing entry: more@1, which . asks for',
    ]);
    expect(of(lock(own), { dependencies: { pad: '1.x' } })).toEqual([
      'pad@^1.0.0 in place of pad@1.x, which . asks for',
    ]);
    expect(of(lock({ 'file~_d pad': `prod ^2.0.0 ${ID}` }), { dependencies: { pad: '^2.0.0' } })).toEqual([
      'version 1.1.0 for pad@^2.0.0, which . asks for',
    ]);
    expect(said('vlt-lock.json', lock(own), {})).toEqual([]);
    const modifiers = { modifiers: { ':root > #pad': '1.1.0' } };
    expect(of(lock(own), { dependencies: { pad: '1.x' } }, {}, modifiers)).toEqual([]);
  });

  it('is what a workspace asks for, or all of it', () => {
    const member = { 'packages/m': { name: 'm', ...pad } };
    const workspaces = { workspaces: { packages: ['packages/*'] } };
    const edges = { 'workspace~packages+m pad': `prod ^1.0.0 ${ID}` };
    expect(of(lock(edges), {}, member, workspaces)).toEqual([]);
    expect(of(lock(own), pad, member, workspaces)).toEqual(['a missing entry: pad@^1.0.0, which packages/m asks for']);
    expect(of(lock(own), pad, { linked: { name: 'linked', ...pad } }, workspaces)).toEqual([]);
    const catalog = { ...workspaces, catalog: { pad: '^2.0.0' } };
    const byCatalog = { 'packages/m': { name: 'm', dependencies: { pad: 'catalog:' } } };
    expect(of(lock({ 'workspace~packages+m pad': `prod catalog: ${ID}` }), {}, byCatalog, catalog)).toHaveLength(1);
  });
});
