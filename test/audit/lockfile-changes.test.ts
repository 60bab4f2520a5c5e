import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { changeSince } from '../../src/audit/lockfile-changes.ts';
import type { Dependency, Lockfile } from '../../src/model/dependency.ts';
import { dependency } from '../report/fixtures.ts';
import { parse, sha512, v3 } from '../lockfiles/support.ts';

const entry = (name: string, version: string, change: object = {}): object => ({
  version,
  resolved: `https://registry.npmjs.org/${name}/-/${name}-${version}.tgz`,
  integrity: sha512(),
  ...change,
});

/** "name@version" of what `now` gained since `before`. */
function gained(before: object, now: object): string[] {
  return [...changeSince(parse(before), parse(now)).gained].map(({ name, version }) => `${name}@${version}`);
}

const BASE = v3({ 'node_modules/a': entry('a', '1.0.0'), 'node_modules/b': entry('b', '1.0.0') });

/** [what, the packages now, what is gained] */
const CHANGES: readonly (readonly [string, Record<string, object>, readonly string[]])[] = [
  ['nothing', { 'node_modules/a': entry('a', '1.0.0'), 'node_modules/b': entry('b', '1.0.0') }, []],
  ['another order', { 'node_modules/b': entry('b', '1.0.0'), 'node_modules/a': entry('a', '1.0.0') }, []],
  ['another place', { 'node_modules/x/node_modules/a': entry('a', '1.0.0') }, []],
  [
    'one more place',
    { 'node_modules/a': entry('a', '1.0.0'), 'node_modules/x/node_modules/a': entry('a', '1.0.0') },
    [],
  ],
  ['another version', { 'node_modules/a': entry('a', '1.0.1') }, ['a@1.0.1']],
  ['another hash', { 'node_modules/a': entry('a', '1.0.0', { integrity: sha512('b') }) }, ['a@1.0.0']],
  [
    'a second hash',
    { 'node_modules/a': entry('a', '1.0.0', { integrity: `${sha512('a')} ${sha512('b')}` }) },
    ['a@1.0.0'],
  ],
  ['no hash', { 'node_modules/a': entry('a', '1.0.0', { integrity: undefined }) }, ['a@1.0.0']],
  [
    'another source',
    { 'node_modules/a': entry('a', '1.0.0', { resolved: 'https://example.com/a/-/a-1.0.0.tgz' }) },
    ['a@1.0.0'],
  ],
  [
    'another name for it, that nobody asked for',
    { 'node_modules/c': { ...entry('a', '1.0.0'), name: 'a' } },
    ['a@1.0.0'],
  ],
  [
    'a dependency that no registry resolves',
    { 'node_modules/a': entry('a', '1.0.0', { dependencies: { x: 'github:x/x' } }) },
    ['a@1.0.0'],
  ],
  [
    'something inside of its tarball',
    {
      'node_modules/a': entry('a', '1.0.0', { bundleDependencies: ['z'], dependencies: { z: '1.0.0' } }),
      'node_modules/a/node_modules/z': { version: '1.0.0', inBundle: true },
    },
    ['a@1.0.0'],
  ],
];

describe('what a lockfile gained', () => {
  it.each(CHANGES)('%s', (_, packages, expected) => {
    expect(gained(BASE, v3(packages))).toEqual(expected);
  });

  it('another role, and not another name that the project gives it', () => {
    const before = v3({ 'node_modules/a': entry('a', '1.0.0') }, { dependencies: { a: '1' } });
    expect(gained(before, v3({ 'node_modules/a': entry('a', '1.0.0') }, { devDependencies: { a: '1' } }))).toEqual([
      'a@1.0.0',
    ]);
    const named = { 'node_modules/c': { ...entry('a', '1.0.0'), name: 'a' } };
    expect(gained(before, v3(named, { dependencies: { c: 'npm:a@1' } }))).toEqual([]);
  });

  it('not what resolves to another version beside it', () => {
    const packages = (version: string): Record<string, object> => ({
      'node_modules/a': entry('a', '1.0.0', { dependencies: { b: '^1.0.0' } }),
      'node_modules/b': entry('b', version),
    });
    expect(parse(v3(packages('1.0.0'))).dependencies[0]?.requires).toEqual(['b@1.0.0']);
    expect(gained(v3(packages('1.0.0')), v3(packages('1.0.1')))).toEqual(['b@1.0.1']);
  });

  it('a version that the project itself depends on now', () => {
    const packages = { 'node_modules/a': entry('a', '1.0.0'), 'node_modules/b': entry('b', '1.0.0') };
    const before = v3(packages, { dependencies: { b: '1.0.0' } });
    expect(gained(before, v3(packages, { dependencies: { a: '1.0.0', b: '1.0.0' } }))).toEqual(['a@1.0.0']);
  });

  it('everything, where it was not there or cannot be read', () => {
    const now = parse(BASE);
    const all = new Set(now.dependencies);
    expect(changeSince(null, now)).toEqual({ found: false, problem: null, gained: all, removed: [] });
    expect(changeSince({ problem: 'x' }, now)).toEqual({ found: true, problem: 'x', gained: all, removed: [] });
  });

  it('what is gone is named once, and not where it only moved or changed its hash', () => {
    const before = v3({
      'node_modules/a': entry('a', '1.0.0'),
      'node_modules/b': entry('b', '1.0.0'),
      'node_modules/c': entry('c', '1.0.0'),
      'node_modules/x/node_modules/c': entry('c', '1.0.0', { integrity: sha512('c') }),
    });
    const now = v3({
      'node_modules/a': entry('a', '1.0.0', { integrity: sha512('b') }),
      'node_modules/x/node_modules/b': entry('b', '1.0.0'),
    });
    expect(changeSince(parse(before), parse(now)).removed).toEqual(['c@1.0.0']);
  });
});

const someDependency: fc.Arbitrary<Dependency> = fc
  .record({
    name: fc.constantFrom('a', 'b', '__proto__'),
    version: fc.constantFrom('1.0.0', '1.0.1'),
    hex: fc.constantFrom('ab', 'cd'),
    resolved: fc.constantFrom(null, 'https://r.test/a.tgz'),
    direct: fc.boolean(),
    bundles: fc.constantFrom([], ['z']),
  })
  .map(({ name, version, hex, resolved, direct, bundles }) =>
    dependency(name, version, {
      artifacts: [
        { file: null, digests: [{ algorithm: 'sha512', hex: hex.repeat(64) }], source: { kind: 'registry', resolved } },
      ],
      direct,
      bundles,
    }),
  );

function lockfileOf(dependencies: readonly Dependency[]): Lockfile {
  return {
    file: 'package-lock.json',
    format: 'x',
    manager: 'npm',
    entries: dependencies.length,
    dependencies,
    skipped: [],
  };
}

describe('whatever changes', () => {
  it('what is not gained was there, and nothing that was there is gained', () => {
    fc.assert(
      fc.property(fc.array(someDependency), fc.array(someDependency), (before, now) => {
        const { gained: found } = changeSince(lockfileOf(before), lockfileOf(now));
        for (const each of now) {
          const wasThere = before.some((old) => JSON.stringify(old) === JSON.stringify(each));
          expect(found.has(each)).toBe(!wasThere);
        }
      }),
    );
  });
});
