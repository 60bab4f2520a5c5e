import { describe, expect, it } from 'vitest';
import type { Lockfile } from '../../src/model/dependency.ts';
import { only, parse, refusal, sha512 } from './support.ts';

const FILE = 'pnpm-lock.yaml';
const A = sha512('a');

/** As pnpm 12 writes it: JSON with tabs and a comma behind every last member. */
function written(value: unknown): string {
  return JSON.stringify(value, null, '\t').replace(/([^,{[])\n(\t*[}\]])/g, '$1,\n$2');
}

const LOCK = {
  lockfileVersion: '13.0',
  settings: {
    autoInstallPeers: true,
    catalogs: { default: { c: { specifier: '^1.0.0', version: '1.0.0' } } },
    patchedDependencies: { 'plain@1.0.0': 'cafe' },
    pnpmfileChecksum: 'sha256-x',
  },
  projects: {
    '.': {
      dependencies: {
        plain: { specifier: '^1.0.0', version: '1.0.0' },
        exact: '1.0.0',
        al: 'npm:@s/real@1.0.0',
        c: 'catalog:',
        x: 'workspace:*',
        inj: 'workspace:^',
        l: 'link:folder',
        f: 'file:folder',
        host: { specifier: '^1.0.0', version: '1.0.0' },
        t: { specifier: 'file:./t.tgz', version: 'file:t.tgz' },
      },
      dependenciesMeta: { inj: { injected: true } },
      optionalDependencies: { o: '1.0.0' },
    },
    'packages/x': { name: 'x', devDependencies: { d: '1.0.0' } },
    'packages/inj': { dependencies: { x: 'workspace:../x' } },
  },
  packages: {
    '@s/real@1.0.0': { integrity: A },
    'c@1.0.0': { integrity: A, engines: { node: '>=1' } },
    'd@1.0.0': { integrity: A },
    'exact@1.0.0': { integrity: A, hasBin: true, dependencies: { pad: 'plain@1.0.0' } },
    'f@file:folder': {
      specifiers: { dependencies: { d: '1.0.0' }, manifestSource: 'path' },
      dependencies: { d: '1.0.0' },
    },
    'host@1.0.0': {
      integrity: A,
      peerDependencies: { peer: '^1.0.0' },
      dependencies: { plain: '1.0.0' },
      snapshots: [
        { peerDependencies: { peer: { version: '1.0.0' } } },
        { peerDependencies: { peer: { version: '2.0.0' } } },
      ],
    },
    'inj@file:packages/inj': { peerDependencies: { d: { specifier: '1', version: '1.0.0' } } },
    'o@1.0.0': { integrity: A, optional: true },
    'peer@1.0.0': { integrity: A },
    'peer@2.0.0': { integrity: A },
    'plain@1.0.0': { integrity: A },
    't@file:t.tgz': { resolution: { tarball: 'file:t.tgz' }, integrity: A, version: '1.2.3' },
  },
};

const lines = ({ dependencies }: Lockfile): string[] =>
  dependencies.map(({ name, version, artifacts: [{ source }], direct, dev, optional, patches }) =>
    [
      `${name}@${version}`,
      source.kind,
      ...(direct ? ['direct'] : []),
      ...(dev ? ['dev'] : []),
      ...(optional ? ['optional'] : []),
      ...(patches ?? []),
    ].join(' '),
  );

describe('a lockfile of version 13', () => {
  it('is read like one of version 9, with its lines', () => {
    const text = written(LOCK);
    const lockfile = parse(text, { file: FILE });
    expect(lockfile.format).toBe('pnpm-lock v13.0');
    expect(lines(lockfile)).toEqual([
      '@s/real@1.0.0 registry direct',
      'c@1.0.0 registry direct',
      'd@1.0.0 registry direct',
      'exact@1.0.0 registry direct',
      'host@1.0.0 registry direct',
      'o@1.0.0 registry direct optional',
      'peer@1.0.0 registry',
      'peer@2.0.0 registry',
      'plain@1.0.0 registry direct cafe',
      't@1.2.3 file direct',
    ]);
    expect(only(lockfile, 'exact').claims).toEqual([{ answers: { pad: 'plain' }, hasBin: true }]);
    expect(only(lockfile, 'host').claims?.map(({ answers }) => answers)).toEqual([{ plain: 'plain', peer: 'peer' }]);
    expect(lockfile.dependencies.flatMap(({ substitutes = [] }) => substitutes)).toEqual([]);
    expect(lockfile.skipped.map(({ reason, place }) => `${reason} ${place.path}`)).toEqual([
      'root .',
      'workspace packages/x',
      'workspace packages/inj',
      'link f@file:folder',
      'workspace inj@file:packages/inj',
      'link . > l',
    ]);
    const rows = text.split('\n');
    for (const { places } of lockfile.dependencies) {
      for (const { line, path } of places)
        if (!path.includes('(')) expect(rows[line - 1]).toContain(JSON.stringify(path));
    }
    expect(lockfile.hooks?.path).toBe('pnpmfileChecksum');
  });

  it('may come after the document that pnpm writes for itself', () => {
    const own = `---\nlockfileVersion: '9.0'\n\nimporters:\n\n  .:\n    configDependencies:\n      k:\n        specifier: 1.0.0\n        version: 1.0.0\n\npackages:\n\n  k@1.0.0:\n    resolution: {integrity: ${A}}\n\nsnapshots:\n\n  k@1.0.0: {}\n\n---\n`;
    const lockfile = parse(`${own}${written(LOCK)}`, { file: FILE });
    expect(lines(lockfile)[0]).toBe('k@1.0.0 registry direct');
    const [place] = only(lockfile, 'c').places;
    expect(`${own}${written(LOCK)}`.split('\n')[(place?.line ?? 0) - 1]).toContain('"c@1.0.0"');
  });

  it('is held to package.json like any other', () => {
    const text = written(LOCK);
    const members = {
      'packages/x': { name: 'x', devDependencies: { d: '1.0.0' } },
      'packages/inj': { name: 'inj', dependencies: { x: 'workspace:../x' } },
    };
    const substitutes = (dependencies: object): unknown =>
      parse(text, { file: FILE, manifests: { '': { dependencies }, ...members } }).dependencies.flatMap(
        (each) => each.substitutes?.map(({ asked }) => asked) ?? [],
      );
    expect(substitutes({ al: '^1.0.0', l: '^1.0.0' })).toEqual(['al@^1.0.0', 'l@^1.0.0']);
    expect(substitutes({ al: 'npm:@s/real@1.0.0', l: 'link:folder' })).toEqual([]);
  });

  it.each<[string, (lock: typeof LOCK) => unknown, RegExp]>([
    [
      'a project that is not there',
      (lock) => ({ ...lock, projects: { '.': lock.projects['.'] } }),
      /no project is named "x"/,
    ],
    [
      'a package that is not there',
      (lock) => ({ ...lock, projects: { '.': { dependencies: { a: '1.0.0' } } }, packages: {} }),
      /asks for "a@1\.0\.0", which has no entry/,
    ],
    ['a catalog that is not there', (lock) => ({ ...lock, settings: {} }), /no catalog has "c"/],
    [
      'a number for a version',
      (lock) => ({ ...lock, projects: { '.': { dependencies: { a: 1 } } } }),
      /"a" is neither text nor an object/,
    ],
  ])('is refused with %s', (_what, change, message) => {
    expect(refusal(written(change(LOCK)), FILE).message).toMatch(message);
  });

  it('is refused with a key twice', () => {
    expect(refusal(written(LOCK).replace('"c@1.0.0"', '"d@1.0.0"'), FILE).message).toContain(
      'stands twice in one object',
    );
  });
});
