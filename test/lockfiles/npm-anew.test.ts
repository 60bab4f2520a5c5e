import { describe, expect, it } from 'vitest';
import { parseLockfile } from '../../src/lockfiles/index.ts';

interface Entry {
  readonly version?: string;
  readonly [field: string]: unknown;
}
type Manifests = Readonly<Record<string, object>>;

const package_ = (version: string, more: object = {}): Entry => ({
  version,
  integrity: `sha512-${'A'.repeat(86)}==`,
  ...more,
});

/** What is said of a lockfile of these entries, beside these package.json files: line and reason. */
function said(
  entries: Readonly<Record<string, Entry>>,
  manifests: Manifests = {},
  file = 'package-lock.json',
): unknown {
  const text = JSON.stringify({ lockfileVersion: 3, packages: entries }, null, 1);
  const given = new Map(Object.entries(manifests).map(([folder, one]) => [folder, JSON.stringify(one)]));
  const { findings = [] } = parseLockfile(file, Buffer.from(text), given);
  return findings.map(({ place, finding }) => {
    expect(finding).toMatchObject({ code: 'lockfile-not-used', kind: 'contradiction' });
    return `${place.path}: ${(finding.args as { by: string }).by}`;
  });
}

const app = (more: object): Manifests => ({ '': { name: 'app', version: '1.0.0', ...more } });
/** The project's entry says the same as its package.json. */
const saidOf = (more: object, entries: Readonly<Record<string, Entry>>): unknown =>
  said({ '': { name: 'app', ...more }, ...entries }, app(more));

const KIT = package_('1.0.0', { dependencies: { pad: '^1.0.0' } });

describe('what npm resolves anew', () => {
  it('is what package.json asks for and no entry has', () => {
    const entries = { '': {}, 'node_modules/kit': KIT, 'node_modules/pad': package_('1.0.0') };
    expect(said(entries, app({ dependencies: { kit: '^1.0.0' } }))).toEqual([]);
    expect(said(entries, app({ dependencies: { kit: '^1.0.0', more: '^1' } }))).toEqual([
      ' > more: a missing entry: more@^1, which . asks for',
    ]);
    for (const list of ['devDependencies', 'optionalDependencies']) {
      expect(said(entries, app({ [list]: { more: 'latest' } }))).toHaveLength(1);
    }
  });

  it('is what an entry asks for and no entry has', () => {
    expect(saidOf({ dependencies: { kit: '1' } }, { 'node_modules/kit': KIT })).toEqual([
      'node_modules/kit > pad: a missing entry: pad@^1.0.0, which kit@1.0.0 asks for',
    ]);
    // Without a package.json, too.
    expect(said({ '': { dependencies: { kit: '1' } }, 'node_modules/kit': KIT })).toHaveLength(1);
  });

  it('is what has a version outside of its range', () => {
    const pad2 = { 'node_modules/kit': KIT, 'node_modules/pad': package_('2.0.0') };
    expect(saidOf({ dependencies: { kit: '^1.0.0' } }, pad2)).toEqual([
      'node_modules/pad: version 2.0.0 for pad@^1.0.0, which kit@1.0.0 asks for',
    ]);
    expect(
      saidOf({ dependencies: { p: 'npm:pad@^1.0.0' } }, { 'node_modules/p': package_('2.0.0', { name: 'pad' }) }),
    ).toHaveLength(1);
    expect(saidOf({ dependencies: { pad: '>=1 <3' } }, { 'node_modules/pad': package_('2.0.0') })).toEqual([]);
    for (const spec of ['latest', '', '*', 'npm:pad', 'npm:pad@next', 'x || latest']) {
      expect(saidOf({ dependencies: { pad: spec } }, { 'node_modules/pad': package_('2.0.0') })).toEqual([]);
    }
  });

  it('is what a workspace asks for, by its own package.json', () => {
    const entries = {
      '': { workspaces: ['w'] },
      w: { name: 'w', version: '1.0.0' },
      'node_modules/w': { resolved: 'w', link: true },
      'node_modules/pad': package_('1.0.0'),
    };
    const member = (more: object): Manifests => ({
      ...app({ workspaces: ['w', 'v'] }),
      w: { name: 'w', version: '1.0.0', ...more },
    });
    expect(said(entries, member({ dependencies: { pad: '1.0.0' } }))).toEqual([]);
    expect(said(entries, member({ dependencies: { pad: '^2.0.0' } }))).toEqual([
      'node_modules/pad: version 1.0.0 for pad@^2.0.0, which w asks for',
    ]);
    expect(said(entries, member({ devDependencies: { more: '1' } }))).toHaveLength(1);
    // A workspace that asks for another version of a workspace gets the registry's.
    const other = (spec: string): Manifests => ({ ...member({}), v: { name: 'v', dependencies: { w: spec } } });
    expect(said(entries, other('^1.0.0'))).toEqual([]);
    expect(said(entries, other('^2.0.0'))).toHaveLength(1);
    expect(said(entries, other('file:../w'))).toEqual([]);
  });

  it('is what overrides of the project demand', () => {
    const entries = (version: string): Readonly<Record<string, Entry>> => ({
      '': { dependencies: { kit: '^1.0.0' } },
      'node_modules/kit': KIT,
      'node_modules/pad': package_(version),
    });
    const beside = (overrides: object): Manifests => app({ dependencies: { kit: '^1.0.0' }, overrides });
    expect(said(entries('2.0.0'), beside({ pad: '2.0.0' }))).toEqual([]);
    expect(said(entries('2.0.0'), beside({ kit: { pad: '2.0.0' } }))).toEqual([]);
    expect(said(entries('1.0.0'), beside({ pad: '1.1.0' }))).toEqual([
      'node_modules/pad: version 1.0.0 for pad@1.1.0, which kit@1.0.0 asks for',
    ]);
    expect(said(entries('1.0.0'), beside({ pad: { '.': '1.1.0' } }))).toHaveLength(1);
    // It may be about others.
    expect(said(entries('1.0.0'), beside({ other: { pad: '1.1.0' } }))).toEqual([]);
    expect(said(entries('1.0.0'), beside({ 'pad@^2': '2.1.0' }))).toEqual([]);
    expect(said(entries('3.0.0'), beside({ other: { pad: '1.1.0' } }))).toHaveLength(1);
  });
});

describe('what npm leaves as it is', () => {
  it('is an optional dependency of a package, and an optional peer, that is not there', () => {
    const optional = package_('1.0.0', { optionalDependencies: { pad: '^1' }, dependencies: { pad: '^1' } });
    expect(saidOf({ dependencies: { kit: '1' } }, { 'node_modules/kit': optional })).toEqual([]);
    const peer = package_('1.0.0', {
      peerDependencies: { pad: '^1' },
      peerDependenciesMeta: { pad: { optional: true } },
    });
    expect(saidOf({ dependencies: { kit: '1' } }, { 'node_modules/kit': peer })).toEqual([]);
  });

  it('is a peer of the project, where its .npmrc leaves peers to it', () => {
    const manifest = JSON.stringify({ name: 'app', version: '1.0.0', peerDependencies: { pad: '^1' } });
    const text = JSON.stringify({ lockfileVersion: 3, packages: { '': { name: 'app' } } });
    const found = (content: object): number => {
      const settings = [{ path: '.npmrc', ofProject: true, content }];
      return (
        parseLockfile('package-lock.json', Buffer.from(text), new Map([['', manifest]]), settings).findings?.length ?? 0
      );
    };
    expect(found({})).toBe(1);
    for (const value of [false, 'false', '0x0']) expect(found({ 'legacy-peer-deps': value })).toBe(1);
    for (const value of [true, 'true', '1', '']) expect(found({ 'legacy-peer-deps': value })).toBe(0);
    expect(
      said({ '': {} }, app({ peerDependencies: { pad: '^1' }, peerDependenciesMeta: { pad: { optional: true } } })),
    ).toEqual([]);
  });

  it('is a peer, where the lockfile has none that is only a peer', () => {
    const peer = package_('1.0.0', { peerDependencies: { pad: '^1', pid: '^1' } });
    const dependencies = { kit: '1' };
    // legacy-peer-deps
    expect(saidOf({ dependencies }, { 'node_modules/kit': peer })).toEqual([]);
    const one = { 'node_modules/kit': peer, 'node_modules/pad': package_('1.0.0', { peer: true }) };
    expect(saidOf({ dependencies }, one)).toEqual([
      'node_modules/kit > pid: a missing entry: pid@^1, which kit@1.0.0 asks for',
    ]);
    // Of another version, it was forced.
    const other = { ...one, 'node_modules/pad': package_('2.0.0'), 'node_modules/pid': package_('1.0.0') };
    expect(saidOf({ dependencies }, other)).toEqual([]);
  });

  it('is what comes with a tarball, and what is no package of a registry', () => {
    const bundling = package_('1.0.0', { dependencies: { pad: '^1' }, bundleDependencies: ['pad'] });
    expect(saidOf({ dependencies: { kit: '1' } }, { 'node_modules/kit': bundling })).toEqual([]);
    expect(saidOf({ dependencies: { here: 'file:../here', w: 'workspace:*' } }, {})).toEqual([]);
    expect(saidOf({ dependencies: { far: 'github:owner/far' } }, {})).toHaveLength(1);
  });

  it('is everything, in the hidden lockfile', () => {
    expect(said({ 'node_modules/kit': KIT }, app({ dependencies: { more: '1' } }), '.package-lock.json')).toEqual([]);
  });
});

describe('version 1', () => {
  const read = (dependencies: object, manifests: Manifests): number => {
    const bytes = Buffer.from(JSON.stringify({ lockfileVersion: 1, requires: true, dependencies }));
    const given = new Map(Object.entries(manifests).map(([folder, one]) => [folder, JSON.stringify(one)]));
    return (parseLockfile('package-lock.json', bytes, given).findings ?? []).length;
  };
  const kit = { ...package_('1.0.0'), requires: { pad: '^1.0.0' } };

  it('is held to package.json and to what its entries ask for', () => {
    const pad = package_('1.0.0');
    expect(read({ kit, pad }, app({ dependencies: { kit: '1' } }))).toBe(0);
    expect(read({ kit, pad }, app({ dependencies: { kit: '2' } }))).toBe(1);
    expect(read({ kit, pad }, app({ dependencies: { kit: '1', more: '1' } }))).toBe(1);
    expect(read({ kit, pad: package_('2.0.0') }, app({ dependencies: { kit: '1' } }))).toBe(1);
    // npm 6 and older know no overrides.
    expect(read({ kit, pad }, app({ dependencies: { kit: '1' }, overrides: { pad: '1.1.0' } }))).toBe(0);
    expect(read({ kit }, app({ dependencies: { kit: '1' } }))).toBe(1);
  });
});
