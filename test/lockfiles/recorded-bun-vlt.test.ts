import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseLockfile } from '../../src/lockfiles/index.ts';
import type { Lockfile } from '../../src/model/dependency.ts';
import { hasSharedData, sharedData } from '../support/shared-data.ts';

const folder = sharedData('lockfiles');
const files = hasSharedData ? readdirSync(folder) : [];
const bunFiles = files.filter((file) => file.endsWith('bun.lock'));
const vltFiles = files.filter((file) => file.endsWith('vlt-lock.json'));
const skipped = hasSharedData ? '' : ' (skipped: the recorded data is not here)';

type Declared = Readonly<Record<string, string>>;
type Info = Readonly<
  Partial<Record<'dependencies' | 'devDependencies' | 'optionalDependencies' | 'peerDependencies', Declared>>
>;
interface RawBun {
  readonly workspaces: Readonly<Record<string, Info & { readonly name: string }>>;
  /** Only registry packages: NAME@VERSION, registry, info, hash. */
  readonly packages: Readonly<Record<string, readonly [string, string, Info, string]>>;
}
interface RawVlt {
  readonly nodes: Readonly<
    Record<string, readonly [flags: number, name: string, integrity: string, resolved?: string | null]>
  >;
  readonly edges: Readonly<Record<string, string>>;
}
type Ways = readonly (readonly [from: string, kind: string, to: string])[];

const textOf = (file: string): string => readFileSync(`${folder}/${file}`, 'utf8');
const read = (file: string): Lockfile => parseLockfile(file, readFileSync(`${folder}/${file}`));

/** How many entries, and how many of them with a hash, the index of the recorded data counted. */
function counted(file: string): readonly number[] {
  const line = readFileSync(sharedData('INDEX.tsv'), 'utf8')
    .split('\n')
    .find((each) => each.startsWith(`lockfiles/${file}\t`));
  return (/(\d+) entries, (\d+) with/.exec(line ?? '')?.slice(1) ?? []).map(Number);
}

function hashOf({ artifacts: [{ digests: integrity }] }: Lockfile['dependencies'][number]): string {
  return integrity.map(({ algorithm, hex }) => `${algorithm}-${Buffer.from(hex, 'hex').toString('base64')}`).join(' ');
}

/**
 * The independent reading: plain JSON.parse, and what is reached counted by going over all ways again and again until
 * nothing is added, instead of by following them.
 */
function reached(starts: Iterable<string>, ways: Ways, without: readonly string[]): ReadonlySet<string> {
  const found = new Set(starts);
  for (let before = -1; before !== found.size;) {
    before = found.size;
    for (const [from, kind, to] of ways) if (found.has(from) && !without.includes(kind)) found.add(to);
  }
  return found;
}

function expectFlags(lockfile: Lockfile, keyOf: (path: string) => string, starts: readonly string[], ways: Ways): void {
  const all = reached(starts, ways, []);
  const kinds = { dev: ['dev'], optional: ['optional', 'peerOptional'], peer: ['peer', 'peerOptional'] } as const;
  for (const flag of ['dev', 'optional', 'peer'] as const) {
    const others = reached(starts, ways, kinds[flag]);
    for (const dependency of lockfile.dependencies) {
      const expected = dependency.places.every(({ path }) => all.has(keyOf(path)) && !others.has(keyOf(path)));
      expect([dependency.name, dependency[flag]]).toEqual([dependency.name, expected]);
    }
  }
}

describe.skipIf(!hasSharedData)(`recorded bun.lock files${skipped}`, () => {
  const rawOf = (file: string): RawBun => JSON.parse(textOf(file).replace(/,(?=\s*[}\]])/g, '')) as RawBun;
  const keyOf = (path: string): string => path.replace(/^node_modules\//, '').replaceAll('/node_modules/', '/');

  it('are there', () => expect(bunFiles).not.toEqual([]));

  it.each(bunFiles)('%s: every entry is a place, at its own line, and says what the file says', (file) => {
    const { packages } = rawOf(file);
    const lockfile = read(file);
    const places = lockfile.dependencies.flatMap((dependency) =>
      dependency.places.map((place) => ({ dependency, place })),
    );
    expect(places.map(({ place }) => keyOf(place.path)).sort()).toEqual(Object.keys(packages).sort());
    expect([
      lockfile.entries,
      lockfile.dependencies
        .filter(({ artifacts: [{ digests: integrity }] }) => integrity.length > 0)
        .flatMap((d) => d.places).length,
    ]).toEqual(counted(file));
    const lines = textOf(file).split('\n');
    for (const { dependency, place } of places) {
      const key = keyOf(place.path);
      expect(lines[place.line - 1]?.trim().startsWith(`${JSON.stringify(key)}: [`)).toBe(true);
      const [resolution, , , hash] = packages[key] ?? [];
      expect([`${dependency.name}@${dependency.version}`, hashOf(dependency)]).toEqual([resolution, hash]);
    }
  });

  it.each(bunFiles)('%s: what is direct, and what only development brings', (file) => {
    const { packages, workspaces } = rawOf(file);
    const lists = [
      ['dependencies', 'prod'],
      ['devDependencies', 'dev'],
      ['optionalDependencies', 'optional'],
      ['peerDependencies', 'peer'],
    ] as const;
    const ways = (from: string, info: Info & { readonly optionalPeers?: readonly string[] }): Ways =>
      lists.flatMap(([list, kind]) =>
        Object.keys(info[list] ?? {}).flatMap((name) => {
          const parts = from.split('/');
          const above = parts
            .map((_, end) => parts.slice(0, parts.length - end))
            .filter((up) => !up.at(-1)?.startsWith('@'));
          const places = above.map((up) => [...up, name].join('/'));
          const to = [...places, name].find((place) => place in packages);
          const isOptional = kind === 'peer' && info.optionalPeers?.includes(name) === true;
          return to === undefined ? [] : [[from, isOptional ? 'peerOptional' : kind, to] as const];
        }),
      );
    const root = ways('', workspaces[''] ?? {});
    const all = [...root, ...Object.entries(packages).flatMap(([key, [, , info]]) => ways(key, info))];
    const lockfile = read(file);
    expectFlags(lockfile, keyOf, [''], all);
    const direct = lockfile.dependencies.filter((dependency) => dependency.direct);
    expect(direct.length).toBe(new Set(root.map(([, , to]) => to)).size);
  });
});

describe.skipIf(!hasSharedData)(`recorded vlt lockfiles${skipped}`, () => {
  const rawOf = (file: string): RawVlt => JSON.parse(textOf(file)) as RawVlt;

  it('are there', () => expect(vltFiles).not.toEqual([]));

  it.each(vltFiles)('%s: every node is a place, at its own line, and says what the file says', (file) => {
    const { nodes } = rawOf(file);
    const lockfile = read(file);
    const places = lockfile.dependencies.flatMap((dependency) =>
      dependency.places.map((place) => ({ dependency, place })),
    );
    expect(places.map(({ place }) => place.path).sort()).toEqual(Object.keys(nodes).sort());
    expect(places.filter(({ dependency }) => dependency.artifacts[0].digests.length > 0)).toHaveLength(
      counted(file)[1] ?? -1,
    );
    const lines = textOf(file).split('\n');
    for (const { dependency, place } of places) {
      expect(lines[place.line - 1]?.trim().startsWith(`${JSON.stringify(place.path)}: [`)).toBe(true);
      const [, name, hash, resolved] = nodes[place.path] ?? [];
      expect([dependency.name, hashOf(dependency)]).toEqual([name, hash]);
      expect(place.path.includes(`@${dependency.version}`)).toBe(true);
      expect(dependency.artifacts[0].source).toEqual({ kind: 'registry', resolved: resolved ?? null });
    }
  });

  it.each(vltFiles)('%s: what is direct, and what only development brings', (file) => {
    const { nodes, edges } = rawOf(file);
    const ways = Object.entries(edges).flatMap(([key, value]) => {
      const [from = ''] = key.split(' ');
      const words = value.split(' ');
      return words.at(-1) === 'MISSING' ? [] : [[from, words[0] ?? '', words.at(-1) ?? ''] as const];
    });
    const starts = [...new Set(ways.map(([from]) => from))].filter((from) => !(from in nodes));
    const lockfile = read(file);
    expectFlags(lockfile, (path) => path, starts, ways);
    const direct = new Set(ways.filter(([from, , to]) => !(from in nodes) && to in nodes).map(([, , to]) => to));
    const ours = lockfile.dependencies.filter((dependency) => dependency.direct).flatMap(({ places }) => places);
    expect(ours.filter(({ path }) => direct.has(path))).toHaveLength(direct.size);
    // vlt's own flags keep what was once only for development; they never know more.
    for (const { dev, places } of lockfile.dependencies) {
      if (dev) expect(places.every(({ path }) => ((nodes[path]?.[0] ?? 0) & 2) !== 0)).toBe(true);
    }
  });
});
