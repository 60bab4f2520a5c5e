import { describe, expect, it } from 'vitest';
import { parseLockfile } from '../../src/lockfiles/index.ts';
import type { EntryClaims, Lockfile } from '../../src/model/dependency.ts';
import { only, sha512 } from './support.ts';

const A = sha512('a');
type Files = Readonly<Record<string, object | null>>;

/** Reads it beside files of the project: manifests by their path, settings as values. */
function read(text: string, files: Files = {}): Lockfile {
  const manifests = Object.entries(files).flatMap(([path, content]) =>
    path.endsWith('package.json') ? [[path.replace(/\/?package\.json$/, ''), JSON.stringify(content)] as const] : [],
  );
  const settings = Object.entries(files)
    .filter(([path]) => !path.endsWith('package.json'))
    .map(([path, content]) => ({ path, ofProject: true, content }));
  return parseLockfile('pnpm-lock.yaml', Buffer.from(text), new Map(manifests), settings);
}

const substitutes = ({ dependencies }: Lockfile): string[] =>
  dependencies.flatMap(({ name, version, substitutes: found = [] }) =>
    found.map(({ asked, by, hook }) => `${name}@${version} for ${asked} by ${by}${hook ? ` (${hook})` : ''}`),
  );
const claimsOf = (lockfile: Lockfile, name: string): readonly EntryClaims[] => only(lockfile, name).claims ?? [];

interface Lock {
  /** Alias to [specifier, version], of the importer. */
  readonly asks?: Readonly<Record<string, readonly [string, string]>>;
  readonly importers?: string;
  /** Lines of the snapshot of p@1.0.0. */
  readonly snapshot?: string;
  readonly entry?: string;
  readonly top?: string;
  /** Also a folder f, which gets evil as left-pad. */
  readonly folder?: boolean;
}

/** A lockfile with p, left-pad and evil, and what is said of them. */
function lock({
  asks = { p: ['^1.0.0', '1.0.0'] },
  importers = '',
  snapshot = '',
  entry = '',
  top = '',
  folder = false,
}: Lock): string {
  const asked = Object.entries(asks).map(
    ([alias, [specifier, version]]) =>
      `      ${alias}:\n        specifier: ${specifier}\n        version: ${version}\n`,
  );
  const packages = ['p', 'left-pad', 'evil'].map(
    (name) => `  ${name}@1.0.0:\n    resolution: {integrity: ${A}}\n${name === 'p' ? entry : ''}\n`,
  );
  return `lockfileVersion: '9.0'
${top}
importers:

  .:
    dependencies:
${asked.join('')}
${importers}
packages:

${folder ? '  f@file:f:\n    resolution: {directory: f, type: directory}\n' : ''}
${packages.join('')}
snapshots:

${folder ? '  f@file:f:\n    dependencies:\n      left-pad: evil@1.0.0\n' : ''}
  p@1.0.0:
${snapshot === '' ? '    {}' : snapshot}

  left-pad@1.0.0: {}

  evil@1.0.0: {}
`.replace(/:\n {4}\{\}/g, ': {}');
}

const dependencies = (record: Readonly<Record<string, string>>): string =>
  `    dependencies:\n${Object.entries(record)
    .map(([alias, reference]) => `      ${alias}: ${reference}\n`)
    .join('')}`;
const app = (asks: Readonly<Record<string, string>>, more: object = {}): Files => ({
  'package.json': { name: 'app', version: '1.0.0', dependencies: asks, ...more },
});

describe('what a package gets', () => {
  it('is claimed by the name of the package, whoever it is', () => {
    const text = lock({ snapshot: dependencies({ 'left-pad': 'evil@1.0.0' }), entry: '    hasBin: true' });
    expect(claimsOf(read(text), 'p')).toEqual([{ answers: { 'left-pad': 'evil' }, hasBin: true }]);
    const own = lock({ snapshot: dependencies({ 'left-pad': '1.0.0' }) });
    expect(claimsOf(read(own), 'p')).toEqual([{ answers: { 'left-pad': 'left-pad' } }]);
  });

  it('is claimed as what it is where it is no package, and a folder is judged besides', () => {
    const linked = read(
      lock({ snapshot: dependencies({ 'left-pad': 'link:node_modules/evil' }) }),
      app({ p: '^1.0.0' }),
    );
    expect(claimsOf(linked, 'p')).toEqual([{ answers: { 'left-pad': 'link:node_modules/evil' } }]);
    expect(linked.dependencies.map(({ name, version }) => `${name}@${version}`)).toContain(
      'left-pad@link:node_modules/evil',
    );
    const copied = read(lock({ folder: true, snapshot: dependencies({ f: 'file:f' }) }), app({ p: '^1.0.0' }));
    expect(claimsOf(copied, 'p')).toEqual([{ answers: { f: 'link:f' } }]);
    expect(only(copied, 'f').artifacts[0].source).toEqual({ kind: 'file', path: 'f' });
  });

  it('is no claim where an override of the project explains it, and is one where only the lockfile has that', () => {
    const snapshot = dependencies({ 'left-pad': 'evil@1.0.0' });
    const top = 'overrides:\n  left-pad: npm:evil@1\n';
    const told = (files: Files): unknown => claimsOf(read(lock({ snapshot, top }), files), 'p');
    const claimed = [{ answers: { 'left-pad': 'evil' } }];
    expect(told({})).toEqual(claimed);
    expect(told(app({ p: '^1.0.0' }))).toEqual(claimed);
    const declared = (overrides: object): Files => ({
      ...app({ p: '^1.0.0' }),
      'pnpm-workspace.yaml': { overrides },
    });
    expect(told(declared({ 'left-pad': 'npm:evil@1' }))).toEqual([{}]);
    expect(told(declared({ 'p>left-pad': 'npm:evil@1' }))).toEqual([{}]);
    expect(told(declared({ 'p@1>left-pad@^1': 'npm:evil@1' }))).toEqual([{}]);
    expect(told(declared({ 'p@2>left-pad': 'npm:evil@1' }))).toEqual(claimed);
    expect(told(declared({ 'q>left-pad': 'npm:evil@1' }))).toEqual(claimed);
    expect(told(declared({ 'left-pad': 'npm:other@1' }))).toEqual(claimed);
    expect(told(declared({ 'left-pad': '1' }))).toEqual(claimed);
    expect(told(app({ p: '^1.0.0' }, { pnpm: { overrides: { 'left-pad': 'npm:evil@1' } } }))).toEqual([{}]);
    expect(told(app({ p: '^1.0.0' }, { resolutions: { 'left-pad': 'npm:evil@1' } }))).toEqual([{}]);
    expect(told(app({ p: '^1.0.0', pad: 'npm:evil@1' }, { pnpm: { overrides: { 'left-pad': '$pad' } } }))).toEqual([
      {},
    ]);
    expect(
      told({
        ...declared({ 'left-pad': 'catalog:' }),
        'pnpm-workspace.yaml': { overrides: { 'left-pad': 'catalog:' }, catalog: { 'left-pad': 'npm:evil@1' } },
      }),
    ).toEqual([{}]);
  });

  it('is no claim where an extension of the project adds it', () => {
    const text = lock({ snapshot: dependencies({ evil: '1.0.0' }), entry: "    peerDependencies:\n      react: '*'" });
    const extended = (packageExtensions: object): unknown =>
      claimsOf(read(text, { ...app({ p: '^1.0.0' }), 'pnpm-workspace.yaml': { packageExtensions } }), 'p');
    expect(extended({})).toEqual([{ answers: { evil: 'evil' }, peers: ['react'] }]);
    expect(extended({ 'p@1': { dependencies: { evil: '1' }, peerDependencies: { react: '*' } } })).toEqual([{}]);
    expect(extended({ 'p@2': { dependencies: { evil: '1' } } })).toMatchObject([{ answers: { evil: 'evil' } }]);
    expect(extended({ p: { dependencies: { evil: 'npm:other@1' } } })).toMatchObject([{ answers: { evil: 'evil' } }]);
  });

  it('may be a peer that the project itself asks for by that name', () => {
    const asks = { p: ['^1.0.0', '1.0.0'], 'left-pad': ['npm:evil@1', 'evil@1.0.0'] } as const;
    const text = lock({
      asks,
      snapshot: dependencies({ 'left-pad': 'evil@1.0.0' }),
      entry:
        "    peerDependencies:\n      left-pad: '*'\n    peerDependenciesMeta:\n      left-pad:\n        optional: true",
    });
    const answered = { 'left-pad': 'evil' };
    const declared = app({ p: '^1.0.0', 'left-pad': 'npm:evil@1' });
    expect(claimsOf(read(text, declared), 'p')).toEqual([{ answers: answered, peerAnswers: answered }]);
    // Only the lockfile says that the project asks for it.
    expect(claimsOf(read(text, app({ p: '^1.0.0', 'left-pad': '1' })), 'p')).toEqual([{ answers: answered }]);
  });

  it('could be changed by a hook, where the project has one', () => {
    const text = lock({ snapshot: dependencies({ 'left-pad': 'evil@1.0.0' }), top: 'pnpmfileChecksum: x\n' });
    expect(claimsOf(read(text, app({ p: '^1.0.0' })), 'p')).toEqual([{ answers: { 'left-pad': 'evil' } }]);
    const hooked = { ...app({ p: '^1.0.0' }), '.pnpmfile.cjs': null };
    expect(claimsOf(read(text, hooked), 'p')).toMatchObject([{ hook: '.pnpmfile.cjs' }]);
  });

  it('is not misled by names that every object has', () => {
    const text = lock({ snapshot: dependencies({ __proto__x: '1.0.0' }) }).replaceAll(
      '__proto__x: 1.0.0',
      '__proto__: evil@1.0.0',
    );
    expect(Object.keys(claimsOf(read(text), 'p')[0]?.answers ?? {})).toEqual(['__proto__']);
  });
});

describe('what a project gets', () => {
  const evil = lock({ asks: { p: ['^1.0.0', 'link:node_modules/evil'] } });

  it('is held to package.json, whatever the lockfile says was asked for', () => {
    const text = lock({ asks: { p: ['link:packages/evil', 'link:packages/evil'] } });
    expect(substitutes(read(text, app({ p: '^1.0.0' })))).toEqual(['p@link:packages/evil for p@^1.0.0 by .']);
    expect(substitutes(read(text, app({ p: 'link:packages/evil' })))).toEqual([]);
    expect(substitutes(read(text, app({ p: 'link:./packages/evil/' })))).toEqual([]);
    expect(substitutes(read(text, app({ p: 'link:packages/p' })))).toEqual([
      'p@link:packages/evil for p@link:packages/p by .',
    ]);
    expect(substitutes(read(text, app({ p: 'file:packages/evil' })))).toEqual([]);
    expect(substitutes(read(text, app({ p: 'workspace:packages/evil' })))).toEqual([]);
    expect(substitutes(read(text, app({ p: 'workspace:*' })))).toHaveLength(1);
    expect(substitutes(read(text, app({ p: 'github:o/p' })))).toHaveLength(1);
    expect(substitutes(read(text))).toEqual([]);
  });

  it('may be a member of the workspace of that name', () => {
    const member = (name: string): Files => ({ ...app({ p: '^1.0.0' }), 'packages/x/package.json': { name } });
    const text = lock({ asks: { p: ['^1.0.0', 'link:packages/x'] }, importers: '  packages/x: {}\n' });
    expect(substitutes(read(text, member('p')))).toEqual([]);
    expect(substitutes(read(text, member('x')))).toEqual(['p@link:packages/x for p@^1.0.0 by .']);
    // An importer that only the lockfile has is no member.
    expect(substitutes(read(text, app({ p: '^1.0.0' })))).toHaveLength(1);
    const asked = { ...member('p'), ...app({ p: 'workspace:^' }) };
    expect(substitutes(read(text, asked))).toEqual([]);
    expect(substitutes(read(text.replaceAll('packages/x', 'packages/y'), asked))).toHaveLength(1);
    expect(substitutes(read(text, { ...member('x'), ...app({ p: 'workspace:x@*' }) }))).toEqual([]);
  });

  it('may be the folder that a member publishes, as its own package.json says', () => {
    const files = (publishConfig: object, asks: Readonly<Record<string, string>> = { p: 'workspace:*' }): Files => ({
      ...app(asks),
      'packages/x/package.json': {
        name: 'p',
        version: '1.0.0',
        publishConfig,
        dependencies: { 'left-pad': 'npm:evil@1' },
      },
      'pnpm-workspace.yaml': { packages: ['packages/*'] },
    });
    const importers = '  packages/x:\n    publishDirectory: dist\n';
    const linked = (alias: string, folder: string): string =>
      lock({ asks: { [alias]: ['workspace:*', `link:${folder}`] }, importers });
    const dist = { directory: 'dist' };
    for (const asked of ['workspace:*', 'workspace:^1.0.0', '^1.0.0'])
      expect(substitutes(read(linked('p', 'packages/x/dist'), files(dist, { p: asked })))).toEqual([]);
    expect(substitutes(read(linked('p', 'packages/x/dist'), files({ directory: './dist/' })))).toEqual([]);
    expect(substitutes(read(linked('p', 'out'), files({ directory: '../../out' })))).toEqual([]);
    expect(substitutes(read(linked('y', 'packages/x/dist'), files(dist, { y: 'workspace:p@*' })))).toEqual([]);
    // One that is linked as it is stands there as its own folder.
    expect(substitutes(read(linked('p', 'packages/x'), files({ ...dist, linkDirectory: false })))).toEqual([]);

    const strange = (folder: string, more: Files): void => {
      expect(substitutes(read(linked('p', folder), more))).toEqual([`p@link:${folder} for p@workspace:* by .`]);
    };
    // What the lockfile alone says is published.
    strange('packages/x/dist', files({}));
    strange('packages/x/dist', files({ ...dist, linkDirectory: false }));
    strange('packages/x/dist', files({ directory: 'build' }));
    strange('packages/x/dist/evil', files(dist));
    strange('evil', files(dist));
    strange('packages/x/dist', { ...files(dist), 'packages/x/package.json': { name: 'x', publishConfig: dist } });
    // A folder that is no member publishes nothing.
    strange('vendor/p/dist', { ...files({}), 'vendor/p/package.json': { name: 'p', publishConfig: dist } });
  });

  it('of the folder that a member publishes, is held to the package.json of the member', () => {
    const text = lock({ asks: { f: ['workspace:*', 'file:packages/f/dist'] } })
      .replace(
        'packages:\n\n\n',
        'packages:\n\n  f@file:packages/f/dist:\n    resolution: {directory: packages/f/dist, type: directory}\n',
      )
      .replace(
        'snapshots:\n',
        'snapshots:\n\n  f@file:packages/f/dist:\n    dependencies:\n      left-pad: evil@1.0.0\n',
      );
    const found = (asks: object): string[] =>
      substitutes(
        read(text, {
          ...app({ f: 'workspace:*' }),
          'packages/f/package.json': { name: 'f', publishConfig: { directory: 'dist' }, dependencies: asks },
        }),
      );
    expect(found({ 'left-pad': 'npm:evil@1' })).toEqual([]);
    expect(found({ 'left-pad': '^1' })).toEqual(['evil@1.0.0 for left-pad@^1 by packages/f']);
  });

  it('is what an override of the project says', () => {
    const overridden = (overrides: object): string[] =>
      substitutes(read(evil, { ...app({ p: '^1.0.0' }), 'pnpm-workspace.yaml': { overrides } }));
    expect(overridden({ p: 'link:node_modules/evil' })).toEqual([]);
    expect(overridden({ p: 'link:other' })).toHaveLength(1);
    expect(overridden({ 'p@^2': 'link:node_modules/evil' })).toHaveLength(1);
    expect(overridden({ 'app>p': 'link:node_modules/evil' })).toEqual([]);
  });

  it('is what a hook made of its manifest, only where the lockfile has that as what was asked for', () => {
    const hooked = { ...app({ p: '^1.0.0' }), '.pnpmfile.cjs': null };
    expect(substitutes(read(evil, hooked))).toEqual(['p@link:node_modules/evil for p@^1.0.0 by .']);
    const text = lock({ asks: { p: ['link:evil', 'link:evil'] } });
    expect(substitutes(read(text, hooked))).toEqual(['p@link:evil for p@^1.0.0 by . (.pnpmfile.cjs)']);
  });

  it('is no folder that no package.json asks for', () => {
    const text = lock({ asks: { p: ['^1.0.0', '1.0.0'], extra: ['link:extra', 'link:extra'] } });
    const lockfile = read(text, app({ p: '^1.0.0' }));
    expect(only(lockfile, 'extra').artifacts[0].source).toEqual({ kind: 'file', path: 'extra' });
    expect(read(text).dependencies.map(({ name }) => name)).not.toContain('extra');
  });

  it('is held to the package.json of each member', () => {
    const importers =
      '  packages/w:\n    dependencies:\n      p:\n        specifier: ^1.0.0\n        version: link:../../evil\n';
    const files = { ...app({}), 'packages/w/package.json': { name: 'w', dependencies: { p: '1' } } };
    expect(
      substitutes(read(lock({ asks: {}, importers }).replace(/\.:\n {4}dependencies:\n/, '.: {}\n'), files)),
    ).toEqual(['p@link:evil for p@1 by packages/w']);
  });

  it('of a folder that it asks for, is held to the package.json there', () => {
    const text = lock({ folder: true, asks: { f: ['file:f', 'file:f'] } });
    const files = (asks: object): Files => ({
      ...app({ f: 'file:f' }),
      'f/package.json': { name: 'f', dependencies: asks },
    });
    expect(substitutes(read(text, files({ 'left-pad': '^1' })))).toEqual(['evil@1.0.0 for left-pad@^1 by f']);
    expect(substitutes(read(text, files({ 'left-pad': 'npm:evil@1' })))).toEqual([]);
    expect(substitutes(read(text, app({ f: 'file:f' })))).toEqual(['evil@1.0.0 for left-pad by f']);
    expect(substitutes(read(text))).toEqual([]);
  });

  it('is for development where package.json says so', () => {
    const text = lock({}).replace('    dependencies:\n', '    devDependencies:\n');
    expect(only(read(text), 'p').dev).toBe(true);
    expect(only(read(text, app({ p: '^1.0.0' })), 'p').dev).toBe(false);
    expect(only(read(lock({}), { 'package.json': { devDependencies: { p: '^1.0.0' } } }), 'p').dev).toBe(true);
  });
});
