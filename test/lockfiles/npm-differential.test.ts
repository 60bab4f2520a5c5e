import { mkdtempSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import clean from 'semver/functions/clean.js';
import { afterAll, describe, expect, it } from 'vitest';
import { seededRandom, type Random } from '../../bench/audit/random.ts';
import { LockfileError, parseLockfile } from '../../src/lockfiles/index.ts';
import type { Lockfile } from '../../src/model/dependency.ts';
import { fromRegistry, notToBeHad } from './real.ts';
import { sha512 } from './support.ts';
import { removeFolder } from '../support/remove-folder.ts';

/** Runs on every Node that the tests run on. */
const ARBORIST = '@npmcli/arborist@8.0.1';
/** `ASSAY_MUTATIONS=10000 ASSAY_SEED=x npx vitest run test/lockfiles/npm-differential.test.ts` for a run by hand. */
const MUTATIONS = Number(process.env['ASSAY_MUTATIONS'] ?? '150');
const SEED = process.env['ASSAY_SEED'] ?? 'npm 1';

type Json = Record<string, unknown>;
type Packages = Record<string, Json>;

const tarball = (name: string, version: string): string =>
  `https://registry.npmjs.org/${name}/-/${name.replace(/^@.*\//, '')}-${version}.tgz`;
const pkg = (name: string, version: string, more: Json = {}): Json => ({
  ...{ version, resolved: tarball(name, version), integrity: sha512(name) },
  ...more,
});

const MANIFEST = {
  name: 'app',
  version: '1.0.0',
  workspaces: ['packages/*'],
  dependencies: { a: '^1.0.0', odd: 'npm:real@^1', local: 'file:local', git: 'github:o/git', ui: '^2' },
  devDependencies: { d: '^1' },
};
const PACKAGES: Packages = {
  '': MANIFEST,
  'node_modules/a': pkg('a', '1.0.0', { dependencies: { b: '^1' } }),
  'node_modules/a/node_modules/b': pkg('b', '1.5.0'),
  'node_modules/b': pkg('b', '2.0.0'),
  'node_modules/d': pkg('d', '1.0.0', { dev: true, dependencies: { b: '^2' } }),
  'node_modules/git': {
    version: '1.0.0',
    resolved: 'git+ssh://git@github.com/o/git.git#0123456789012345678901234567890123456789',
  },
  'node_modules/local': { resolved: 'local', link: true },
  'node_modules/odd': pkg('real', '1.0.0', { name: 'real' }),
  'node_modules/ui': pkg('ui', '2.0.0', { bundleDependencies: ['in'], dependencies: { in: '1', b: '^2' } }),
  'node_modules/ui/node_modules/in': { version: '1.0.0', inBundle: true, dependencies: { deep: '1' } },
  'node_modules/ui/node_modules/deep': { version: '1.0.0', inBundle: true },
  'node_modules/w': { resolved: 'packages/w', link: true },
  local: { version: '1.0.0', dependencies: { b: '^2' } },
  'packages/w': { name: 'w', version: '1.0.0', dependencies: { a: '^2' } },
  'packages/w/node_modules/a': pkg('a', '2.0.0'),
};

/** What a field may become: what others have, what nearly is that, and what is none. */
const VALUES: Readonly<Record<string, readonly [unknown, ...unknown[]]>> = {
  version: ['1.0.0', 'v1.0.0', '=2.0.0', ' 1.0.0', '1.0.0-rc.1', '1', '', null, 'npm:evil@1.0.0'],
  resolved: [
    tarball('evil', '1.0.0'),
    'git+https://x.io/e.git#1',
    'file:evil',
    'file:evil.tgz',
    'local',
    'packages/w',
    '',
    null,
    '../x',
    './local',
    'node_modules/b',
    'https://x.io/e.tgz',
  ],
  integrity: [sha512('evil'), `${sha512('a')} ${sha512('b')}`, '', null, 'sha512-x'],
  name: ['evil', 'a', '@s/a', '', null, '../a'],
  link: [true, false, null, 1],
  inBundle: [true, false],
  bundleDependencies: [['a'], ['b'], ['in', 'deep'], true, false, [], { b: '1' }],
  dependencies: [{ b: '^1' }, { a: 'npm:evil@1' }, {}, null, { in: '1', deep: '1' }, { a: '1', b: '1' }],
  peerDependencies: [{ a: '*' }, {}],
  optionalDependencies: [{ b: '*' }, {}],
  hasShrinkwrap: [true, false],
  dev: [true, false],
  optional: [true],
  extraneous: [true],
  scripts: [{ postinstall: 'x' }],
  _resolved: [tarball('evil', '1.0.0')],
  _integrity: [sha512('evil')],
  bundledDependencies: [['b']],
};
const PLACES = ['a', 'A', 'b', 'in', '@s/a', 'evil', '.store/x', '__proto__', 'constructor', '1'] as const;

function mutate(packages: Packages, random: Random): void {
  const locations = Object.keys(packages).filter((location) => location !== '') as [string, ...string[]];
  const location = random.pick(locations);
  const entry = packages[location] ?? {};
  const place = random.pick(PLACES);
  const elsewhere = random.pick([
    `node_modules/${place}`,
    `${location}/node_modules/${place}`,
    `packages/${place}`,
    `./${location}`,
    `${location}/`,
    `../${place}`,
  ]);
  const field = random.pick(Object.keys(VALUES) as [string, ...string[]]);
  switch (random.integer(7)) {
    case 0:
      Reflect.deleteProperty(packages, location);
      return;
    case 1:
      packages[elsewhere] = { ...entry };
      return;
    case 2:
      Reflect.deleteProperty(packages, location);
      packages[elsewhere] = entry;
      return;
    case 3:
      Reflect.deleteProperty(entry, random.pick(Object.keys(entry) as [string, ...string[]]));
      return;
    default:
      entry[field] = random.pick(VALUES[field] ?? [null]);
  }
}

/** Places of packages; everything else is the project's own. */
const INSTALLED = /(?:^|\/)node_modules\//;

/** What stands at a place: a link, something in another's tarball, or what is fetched. */
type Standing = string;

interface ArboristNode {
  readonly location: string;
  readonly isLink: boolean;
  readonly isProjectRoot: boolean;
  readonly getBundler: () => ArboristNode | null;
  readonly packageName: string | null;
  readonly version: string;
  readonly resolved: string | null;
  readonly integrity: string | null;
  readonly target: ArboristNode;
}

type LoadVirtual = (path: string) => Promise<{ readonly inventory: ReadonlyMap<string, ArboristNode> }>;

/** Spelt alike: what stands around a version, OWNER/REPOSITORY, paths. What no registry has may have no version. */
function fetched(name: string | null, version: string, address: string, integrity: string): Standing {
  const isRegistry = /^(?:https?:|$)/.test(address);
  const path = address.startsWith('file:') ? `file:${relative(folder, join(folder, address.slice(5)))}` : address;
  const repository = /^[^/:@]+\/[^/:@]+$/.test(path) ? `git+ssh://git@github.com/${path}.git` : path;
  return [name, isRegistry ? (clean(version, true) ?? version) : '', repository, integrity].join(' ');
}

function theirs(nodes: Iterable<ArboristNode>, folder: string): ReadonlyMap<string, Standing> {
  const found = new Map<string, Standing>();
  for (const node of nodes) {
    const { location, isLink, packageName, version, resolved, integrity, target } = node;
    if (node.isProjectRoot || !INSTALLED.test(location)) continue;
    const bundler = node.getBundler();
    found.set(
      location,
      isLink
        ? `link ${target.location}`
        : // What a folder of the project bundles comes out of no tarball: npm fetches it (real-npm-bundles.test.ts).
          bundler !== null && INSTALLED.test(bundler.location)
          ? 'bundled'
          : fetched(
              packageName,
              version,
              (resolved ?? '').replace(/^file:\//, `file:${relative(folder, '/')}/`),
              integrity ?? '',
            ),
    );
  }
  return found;
}

function ours(lockfile: Lockfile, packages: Packages): ReadonlyMap<string, Standing> {
  const found = new Map<string, Standing>();
  const linkAt = (path: string): string => {
    const resolved = packages[path]?.['resolved'];
    return `link ${join(typeof resolved === 'string' ? resolved : '').replace(/^\.$|\/$/, '')}`;
  };
  for (const { place, reason } of lockfile.skipped) {
    if (INSTALLED.test(place.path)) found.set(place.path, reason === 'link' ? linkAt(place.path) : reason);
  }
  for (const {
    name,
    version,
    artifacts: [{ source, digests: integrity }],
    places,
  } of lockfile.dependencies) {
    const hashes = integrity.map(({ algorithm, hex }) => `${algorithm}-${Buffer.from(hex, 'hex').toString('base64')}`);
    const address =
      source.kind === 'registry'
        ? (source.resolved ?? '')
        : 'url' in source
          ? source.url
          : 'path' in source
            ? `file:${source.path}`
            : '';
    for (const { path } of places) {
      if (!INSTALLED.test(path)) continue;
      found.set(path, version.startsWith('link:') ? linkAt(path) : fetched(name, version, address, hashes.join(' ')));
    }
  }
  return found;
}

const folder = mkdtempSync(join(tmpdir(), 'assay-arborist-'));
afterAll(() => removeFolder(folder));

function arborist(): LoadVirtual | null {
  const at = fromRegistry(ARBORIST);
  if (at === null) return null;
  const Arborist = createRequire(import.meta.url)(at) as new (options: { readonly path: string }) => {
    readonly loadVirtual: () => ReturnType<LoadVirtual>;
  };
  return (path) => new Arborist({ path }).loadVirtual();
}

describe('changed lockfiles', () => {
  it(
    `${MUTATIONS} of seed "${SEED}": what is read is what npm's own reader sees`,
    { timeout: 3_600_000 },
    async ({ skip }) => {
      const load = arborist();
      if (load === null) return skip(notToBeHad(ARBORIST));
      writeFileSync(join(folder, 'package.json'), JSON.stringify(MANIFEST));
      const manifests = new Map([['', JSON.stringify(MANIFEST)]]);
      const random = seededRandom(SEED);
      const differences: string[] = [];
      let accepted = 0;
      for (let tries = 0; accepted < MUTATIONS && tries < MUTATIONS * 50; tries++) {
        const packages = structuredClone(PACKAGES);
        for (let changes = random.integer(3) + 1; changes > 0; changes--) mutate(packages, random);
        const text = JSON.stringify({ name: 'app', lockfileVersion: 3, requires: true, packages });
        let lockfile: Lockfile;
        try {
          lockfile = parseLockfile('package-lock.json', Buffer.from(text), manifests);
        } catch (error) {
          if (error instanceof LockfileError) continue;
          throw error;
        }
        writeFileSync(join(folder, 'package-lock.json'), text);
        const tree = await load(folder).catch(() => null);
        // What npm cannot read, it does not install.
        if (tree === null) continue;
        accepted += 1;
        const [seen, read] = [theirs(tree.inventory.values(), folder), ours(lockfile, packages)];
        for (const location of new Set([...seen.keys(), ...read.keys()])) {
          const [npm, assay] = [seen.get(location), read.get(location)];
          if (npm !== assay) differences.push(`${location}: npm ${npm}, assay ${assay} in ${text}`);
        }
        if (differences.length > 20) break;
      }
      expect(differences).toEqual([]);
      expect(accepted).toBe(MUTATIONS);
    },
  );
});
