import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { parseLockfile, type ProjectSettings } from '../../src/lockfiles/index.ts';

const HASH = `sha512-${'A'.repeat(86)}==`;
const LOCK = (importers: string, more = '', settings = ''): string => `lockfileVersion: '9.0'

settings:
  autoInstallPeers: true
  excludeLinksFromLockfile: false
${settings}${more}
importers:

  .:
${importers}
packages:

  pad@1.1.0:
    resolution: {integrity: ${HASH}}

snapshots:

  pad@1.1.0: {}
`;
const requirement = (specifier: string, alias = 'pad', list = 'dependencies'): string =>
  `    ${list}:\n      ${alias}:\n        specifier: ${specifier}\n        version: ${alias === 'pad' ? '1.1.0' : 'pad@1.1.0'}\n`;

function settingsOf(content: object, path = 'pnpm-workspace.yaml'): ProjectSettings {
  return [{ path, ofProject: true, content }];
}

/** What is said of a lockfile beside these package.json files: place and reason. */
function said(
  lock: string,
  manifests: Readonly<Record<string, object>>,
  settings: ProjectSettings = settingsOf({ packages: ['packages/*'] }),
): readonly string[] {
  const given = new Map(Object.entries(manifests).map(([folder, one]) => [folder, JSON.stringify(one)]));
  const { findings = [] } = parseLockfile('pnpm-lock.yaml', Buffer.from(lock), given, settings);
  return findings.map(({ place, finding }) => {
    expect(finding).toMatchObject({ code: 'lockfile-not-used', kind: 'contradiction' });
    return `${place.line} ${place.path}: ${(finding.args as { by: string }).by}`;
  });
}

const app = (more: object): Readonly<Record<string, object>> => ({ '': { name: 'app', ...more } });

describe('what pnpm resolves anew', () => {
  it('is what package.json asks for and the lockfile does not', () => {
    const dependencies = { pad: '^1.0.0' };
    expect(said(LOCK(requirement('^1.0.0')), app({ dependencies }))).toEqual([]);
    expect(said(LOCK(requirement('^1.0.0')), app({ dependencies: { ...dependencies, more: 'latest' } }))).toEqual([
      '9 . > more: a missing entry: more@latest, which . asks for',
    ]);
    for (const list of ['devDependencies', 'optionalDependencies', 'peerDependencies']) {
      expect(said(LOCK(requirement('^1.0.0')), app({ dependencies, [list]: { more: '1' } }))).toHaveLength(1);
    }
    // Nobody but the lockfile says what the project asks for.
    expect(said(LOCK(requirement('^1.0.0')), {})).toEqual([]);
  });

  it('is what package.json asks for otherwise', () => {
    expect(said(LOCK(requirement('^1.0.0')), app({ dependencies: { pad: '^2.0.0' } }))).toEqual([
      '11 . > pad: pad@^1.0.0 in place of pad@^2.0.0, which . asks for',
    ]);
    // pnpm does not compare them by what they mean.
    expect(said(LOCK(requirement('^1.0.0')), app({ dependencies: { pad: '1.x' } }))).toHaveLength(1);
  });

  it('is what has a version outside of its range', () => {
    expect(said(LOCK(requirement('^2.0.0')), app({ dependencies: { pad: '^2.0.0' } }))).toEqual([
      '11 . > pad: version 1.1.0 for pad@^2.0.0, which . asks for',
    ]);
    expect(said(LOCK(requirement('npm:pad@^2.0.0', 'p')), app({ dependencies: { p: 'npm:pad@^2.0.0' } }))).toHaveLength(
      1,
    );
    for (const spec of ['latest', 'npm:pad@next', 'next']) {
      expect(said(LOCK(requirement(spec)), app({ dependencies: { pad: spec } }))).toEqual([]);
    }
  });

  it('is what a member of the workspace asks for, or all of it', () => {
    const member = { 'packages/m': { name: 'm', dependencies: { pad: '^1.0.0' } } };
    const projects = { ...app({}), ...member };
    const lock = (spec: string): string =>
      LOCK(`    {}\n\n  packages/m:\n${requirement(spec)}`.replace('  .:\n    {}', '  .: {}'));
    const both = (spec: string): string => lock(spec).replace('  .:\n    {}\n', '  .: {}\n');
    expect(said(both('^1.0.0'), projects)).toEqual([]);
    expect(said(both('^1.1.0'), projects)).toHaveLength(1);
    expect(said(LOCK(requirement('^1.0.0')), { ...app({ dependencies: { pad: '^1.0.0' } }), ...member })).toHaveLength(
      1,
    );
    // What is only linked has no importer, and neither has a member that has a lockfile of its own.
    const linked = {
      ...app({ dependencies: { pad: '^1.0.0' } }),
      linked: { name: 'linked', dependencies: { x: '1' } },
    };
    expect(said(LOCK(requirement('^1.0.0')), linked)).toEqual([]);
    const own = { ...app({ dependencies: { pad: '^1.0.0' } }), ...member };
    const workspace = { packages: ['packages/*'] };
    expect(
      said(LOCK(requirement('^1.0.0')), own, settingsOf({ ...workspace, sharedWorkspaceLockfile: false })),
    ).toEqual([]);
    const npmrc = settingsOf({ 'shared-workspace-lockfile': 'false' }, '.npmrc');
    expect(said(LOCK(requirement('^1.0.0')), own, [...settingsOf(workspace), ...npmrc])).toEqual([]);
    expect(said(LOCK(requirement('^1.0.0')), own, settingsOf(workspace, '../pnpm-workspace.yaml'))).toEqual([]);
  });
});

describe('overrides and catalogs', () => {
  const dependencies = { pad: '^1.0.0' };
  const locked = LOCK(requirement('^1.0.0'), '\noverrides:\n  b: 2.0.0\n');

  it('are the same in the project and in the lockfile', () => {
    const workspace = (overrides: object): ProjectSettings => settingsOf({ overrides });
    expect(said(locked, app({ dependencies }), workspace({ b: '2.0.0' }))).toEqual([]);
    expect(said(locked, app({ dependencies, pnpm: { overrides: { b: '2.0.0' } } }), [])).toEqual([]);
    expect(said(locked, app({ dependencies, resolutions: { b: '2.0.0' } }), [])).toEqual([]);
    const because = 'the override of b, which the project and the lockfile do not have alike';
    expect(said(locked, app({ dependencies }))).toEqual([`8 overrides > b: ${because}`]);
    expect(said(locked, app({ dependencies }), workspace({ b: '2.0.1' }))).toHaveLength(1);
    expect(said(LOCK(requirement('^1.0.0')), app({ dependencies }), workspace({ b: '2.0.0' }))).toHaveLength(1);
    expect(
      said(locked, app({ dependencies: { ...dependencies, b: '1' } }), workspace({ b: '2.0.0', c: '1' })),
    ).toHaveLength(2);
  });

  it('count where this pnpm reads them', () => {
    const ofManifest = { dependencies, pnpm: { overrides: { b: '2.0.0' } } };
    const without = LOCK(requirement('^1.0.0'));
    // pnpm 11 and later take none from package.json; where nothing says which pnpm it is, either may be run.
    expect(said(without, app(ofManifest))).toHaveLength(1);
    expect(said(without, app({ dependencies, resolutions: { b: '2.0.0' } }))).toHaveLength(1);
    expect(said(locked, app(ofManifest))).toEqual([]);
    expect(said(without, app({ ...ofManifest, packageManager: 'pnpm@10.34.8' }))).toHaveLength(1);
    expect(said(without, app({ ...ofManifest, packageManager: 'pnpm@12.20.0' }))).toEqual([]);
    expect(said(locked, app({ ...ofManifest, packageManager: 'pnpm@12.20.0' }))).toHaveLength(1);
  });

  it.each([
    ['pnpm 8 and 9', '4f0c4c245a4c7aef5780c18d0d6d672e'],
    ['pnpm 10', 'sha256-PW9YfoncThmcP6ta3qWqryhGpMd2dyWiV+LZk8fgVPo='],
  ])('package extensions are those of the checksum that %s writes', (_, checksum) => {
    const extended = (spec: string): object => ({
      packageExtensions: { 'is-odd': { dependencies: { 'left-pad': spec } } },
    });
    const lock = LOCK(requirement('^1.0.0'), `\npackageExtensionsChecksum: ${checksum}\n`);
    const without = LOCK(requirement('^1.0.0'));
    const because = 'the packageExtensions, which the project and the lockfile do not have alike';
    const own = app({ dependencies });
    expect(said(lock, app({ dependencies, pnpm: extended('1.3.0') }))).toEqual([]);
    expect(said(lock, own, settingsOf(extended('1.3.0')))).toEqual([]);
    expect(said(lock, own, settingsOf(extended('1.3.1')))).toEqual([`7 packageExtensionsChecksum: ${because}`]);
    expect(said(lock, app({ dependencies, pnpm: extended('npm:evil@1') }))).toHaveLength(1);
    expect(said(lock, own)).toHaveLength(1);
    expect(said(without, own, settingsOf(extended('1.3.0')))).toEqual([`1 packageExtensionsChecksum: ${because}`]);
    expect(said(without, app({ dependencies, pnpm: extended('1.3.0') }))).toHaveLength(1);
    expect(said(without, own, settingsOf({ packageExtensions: {} }))).toEqual([]);
  });

  it('patches are those of the lockfile', () => {
    const own = app({ dependencies });
    const patched = (file: string): object => ({ patchedDependencies: { 'pad@1.1.0': file } });
    const because = 'the patch of pad@1.1.0, which the project and the lockfile do not have alike';
    const withPath = LOCK(
      requirement('^1.0.0'),
      '\npatchedDependencies:\n  pad@1.1.0:\n    hash: aaaa\n    path: patches/a.patch\n',
    );
    const withHash = LOCK(requirement('^1.0.0'), '\npatchedDependencies:\n  pad@1.1.0: aaaa\n');
    for (const lock of [withPath, withHash]) {
      expect(said(lock, own, settingsOf(patched('patches/a.patch')))).toEqual([]);
      expect(said(lock, app({ dependencies, pnpm: patched('./patches/a.patch') }))).toEqual([]);
      expect(said(lock, own)).toEqual([`8 patchedDependencies > pad@1.1.0: ${because}`]);
    }
    expect(said(withPath, own, settingsOf(patched('patches/b.patch')))).toHaveLength(1);
    const without = LOCK(requirement('^1.0.0'));
    expect(said(without, own, settingsOf(patched('a.patch')))).toEqual([
      `1 patchedDependencies > pad@1.1.0: ${because}`,
    ]);
    expect(said(without, app({ dependencies, pnpm: patched('a.patch') }))).toHaveLength(1);
    expect(said(without, app({ dependencies, pnpm: patched('a.patch'), packageManager: 'pnpm@11.0.0' }))).toEqual([]);
  });

  it('stand in the lockfile in place of what package.json asks for', () => {
    const lock = LOCK(requirement('1.1.0'), '\noverrides:\n  pad: 1.1.0\n');
    expect(said(lock, app({ dependencies }), settingsOf({ overrides: { pad: '1.1.0' } }))).toEqual([]);
    const own = LOCK(requirement('1.1.0'), '\noverrides:\n  b: 1.1.0\n');
    expect(said(own, app({ dependencies: { pad: '1.1.0' } }), settingsOf({ overrides: { b: '$pad' } }))).toEqual([]);
    const none = LOCK('    {}\n', "\noverrides:\n  pad: '-'\n").replace('  .:\n    {}', '  .: {}');
    expect(said(none, app({ dependencies }), settingsOf({ overrides: { pad: '-' } }))).toEqual([]);
  });

  it('decide what stands for a catalog', () => {
    const lock = LOCK(
      requirement("'catalog:'"),
      '\ncatalogs:\n  default:\n    pad:\n      specifier: ^1.0.0\n      version: 1.1.0\n',
    );
    const of = (pad: string): readonly string[] =>
      said(lock, app({ dependencies: { pad: 'catalog:' } }), settingsOf({ catalog: { pad, more: '1' } }));
    expect(of('^1.0.0')).toEqual([]);
    expect(of('^2.0.0')).toEqual(['17 . > pad: pad@^1.0.0 in place of pad@^2.0.0, which . asks for']);
    const without = LOCK(requirement("'catalog:'"));
    expect(
      said(without, app({ dependencies: { pad: 'catalog:' } }), settingsOf({ catalog: { pad: '^1.0.0' } })),
    ).toHaveLength(1);
  });
});

describe('what pnpm leaves as it is', () => {
  const lock = LOCK(requirement('^1.0.0'));
  const dependencies = { pad: '^1.0.0' };

  it('is what it leaves out of a lockfile', () => {
    const without = lock.replace('autoInstallPeers: true', 'autoInstallPeers: false');
    expect(said(without, app({ dependencies, peerDependencies: { more: '1' } }))).toEqual([]);
    const links = lock.replace('excludeLinksFromLockfile: false', 'excludeLinksFromLockfile: true');
    expect(said(links, app({ dependencies: { ...dependencies, l: 'link:../l' } }))).toEqual([]);
    const optional = app({ dependencies, optionalDependencies: { '@o/x': '1' } });
    expect(said(lock, optional, settingsOf({ ignoredOptionalDependencies: ['@o/*'] }))).toEqual([]);
    expect(said(lock, optional, settingsOf({ ignoredOptionalDependencies: ['@p/*'] }))).toHaveLength(1);
  });

  it('is what the project extends or changes by a hook', () => {
    const packageExtensions = { app: { dependencies: { pad: '^1.0.0' } } };
    const checksum = createHash('md5').update(JSON.stringify(packageExtensions)).digest('hex');
    const extended = LOCK(requirement('^1.0.0'), `\npackageExtensionsChecksum: ${checksum}\n`);
    expect(said(extended, app({}), settingsOf({ packageExtensions }))).toEqual([]);
    const hook = settingsOf({}, '.pnpmfile.cjs');
    expect(said(lock, app({ dependencies: { pad: '2', more: '1' } }), hook)).toEqual([]);
    const named = [{ pnpmfile: ['./e.cjs'] }, { globalPnpmfile: './e.cjs' }].map((settings) => settingsOf(settings));
    for (const each of named) {
      expect(said(lock, app({ dependencies: { pad: '2', more: '1' } }), each)).toEqual([]);
    }
    const none = settingsOf({ pnpmfile: [], globalPnpmfile: '' });
    expect(said(lock, app({ dependencies: { pad: '2', more: '1' } }), none)).not.toEqual([]);
  });
});
