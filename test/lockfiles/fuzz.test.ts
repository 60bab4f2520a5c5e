import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LockfileError, parseLockfile } from '../../src/lockfiles/index.ts';
import type { Lockfile } from '../../src/model/dependency.ts';
import { parse, sha512, v3 } from './support.ts';
import { startCpu } from '../support/cpu.ts';

const HOSTILE = ['__proto__', 'constructor', '..', '.', '', '/', '\\', 'node_modules', '\u0000', '\n', '\u202e', '%2f'];
const good = fc.constantFrom('a', 'b', '@s/c');
const word = fc.oneof(
  { weight: 20, arbitrary: good },
  fc.constantFrom('packages/w', ...HOSTILE),
  fc.string({ maxLength: 8 }),
);
const location = fc.array(word, { maxLength: 4 }).map((words) => words.map((part) => `node_modules/${part}`).join('/'));
const address = fc.oneof(
  fc.constantFrom(
    'https://registry.npmjs.org/a/-/a-1.0.0.tgz',
    'git+ssh://git@github.com/o/r.git#1',
    'file:../x.tgz',
    'npm:b@1.0.0',
    'o/r',
    '1.0.0',
    'a',
    'packages/w',
    'https://x.io/a',
  ),
  fc.webUrl(),
  word,
);
const names = fc.dictionary(word, address, { maxKeys: 3 });
const scalar = fc.oneof(fc.boolean(), fc.constantFrom(null, 0, 1), word);
const optional = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined });
/** Mostly well-formed fields, so that reading gets far, and some of any kind. */
const entry = (nested: fc.Arbitrary<unknown>, more: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<object> =>
  fc.record({
    version: fc.oneof({ weight: 5, arbitrary: fc.constantFrom<unknown>('1.0.0', '2.0.0') }, address, scalar),
    resolved: optional(fc.oneof(address, scalar)),
    integrity: optional(fc.oneof(fc.constantFrom(sha512(), sha512('b'), `${sha512()} ${sha512('c')}`), scalar)),
    name: optional(word),
    link: optional(fc.oneof(fc.boolean(), scalar)),
    dev: optional(fc.boolean()),
    dependencies: optional(nested),
    ...more,
  });
const packagesEntry = entry(names, {
  inBundle: optional(fc.boolean()),
  bundleDependencies: optional(fc.oneof(fc.array(word, { maxLength: 2 }), scalar)),
  peerDependencies: optional(names),
  hasShrinkwrap: optional(fc.boolean()),
});
const v1Entry = fc.letrec<{ entry: object }>((tie) => ({
  entry: entry(fc.oneof({ maxDepth: 3 }, fc.constant({}), fc.dictionary(word, tie('entry'), { maxKeys: 3 })), {
    bundled: optional(fc.boolean()),
    requires: optional(fc.oneof(names, fc.boolean())),
  }),
})).entry;

/** Reads it, or null where it is refused; anything but a LockfileError fails the test. */
function outcome(content: unknown, file: string): Lockfile | null {
  try {
    return parse(content, { file });
  } catch (error) {
    if (error instanceof LockfileError) {
      expect(error.message).toMatch(/^[^\p{C}\p{Zl}\p{Zp}]+$/u);
      return null;
    }
    throw error;
  }
}

function expectSound(lockfile: Lockfile | null): void {
  if (lockfile === null) return;
  const places = lockfile.dependencies.flatMap((dependency) => dependency.places);
  expect(lockfile.entries).toBe(places.length + lockfile.skipped.length);
  for (const {
    name,
    version,
    places,
    artifacts: [{ source }],
  } of lockfile.dependencies) {
    expect(name).toMatch(/^(?:@[^@/\\\s]+\/)?[^@/\\\s.][^@/\\\s]*$/);
    if (source.kind === 'registry') expect(version).toMatch(/^\d[\w.+~-]*$/);
    expect(places.length).toBeGreaterThan(0);
  }
}

describe('whatever the file', () => {
  it('bytes: read or refused', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(() => parseLockfile('package-lock.json', bytes)).toThrow(LockfileError);
      }),
    );
  });

  it('JSON: read or refused', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom('lockfileVersion', 'packages', 'dependencies', '__proto__'), fc.jsonValue()),
        (value) => {
          expectSound(outcome(value, 'npm-shrinkwrap.json'));
        },
      ),
    );
  });

  it('packages: read with every entry accounted for, or refused', () => {
    const packages = fc.dictionary(fc.oneof(location, word), packagesEntry, { maxKeys: 5 });
    let read = 0;
    fc.assert(
      fc.property(packages, fc.constantFrom(2, 3), (value, lockfileVersion) => {
        const lockfile = outcome({ lockfileVersion, packages: value }, 'package-lock.json');
        expectSound(lockfile);
        if (lockfile !== null && lockfile.dependencies.length > 0) read += 1;
      }),
      { numRuns: 2000 },
    );
    expect(read).toBeGreaterThan(20);
  });

  it('dependencies: read with every entry accounted for, or refused', () => {
    let read = 0;
    fc.assert(
      fc.property(fc.dictionary(word, v1Entry, { maxKeys: 4 }), (value) => {
        const lockfile = outcome({ lockfileVersion: 1, dependencies: value }, 'package-lock.json');
        expectSound(lockfile);
        if (lockfile !== null && lockfile.dependencies.length > 0) read += 1;
      }),
      { numRuns: 2000 },
    );
    expect(read).toBeGreaterThan(20);
  });
});

describe('in time linear in the size', () => {
  const numbered = (count: number, make: (index: number) => readonly [string, object]): Record<string, object> =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => make(index)));
  const many = (count: number): Record<string, string> =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`d${index}`, `https://x.io/${index}`]));

  it.each([
    [
      'one package in many places, each asking for much',
      v3(numbered(300, (i) => [`node_modules/p${i}/node_modules/a`, { version: '1.0.0', dependencies: many(300) }])),
    ],
    [
      'packages that carry all others',
      v3({
        ...numbered(2000, (i) => [
          `node_modules/p${i}`,
          { version: '1.0.0', bundleDependencies: true, dependencies: many(40) },
        ]),
      }),
    ],
    [
      'long locations',
      v3(
        numbered(2000, (i) => [
          `${'x/'.repeat(1900)}${i}/node_modules/a`,
          { version: '1.0.0', dependencies: many(20) },
        ]),
      ),
    ],
    [
      'long addresses',
      v3(
        numbered(2000, (i) => [
          `node_modules/a${i}`,
          { version: '1.0.0', resolved: `https://x.io/${'/-/a'.repeat(900)}.tgz` },
        ]),
      ),
    ],
    [
      'long versions',
      {
        lockfileVersion: 1,
        dependencies: numbered(2000, (i) => [`a${i}`, { version: `https://x.io/${'/-/a'.repeat(900)}` }]),
      },
    ],
    [
      'a package that carries very many',
      v3({
        'node_modules/p': { version: '1.0.0', bundleDependencies: ['c'] },
        'node_modules/p/node_modules/c': {
          version: '1.0.0',
          inBundle: true,
          bundleDependencies: Array.from({ length: 150_000 }, () => 'd'),
        },
        'node_modules/p/node_modules/c/node_modules/d': { version: '1.0.0', inBundle: true },
      }),
    ],
    ['a string of escapes', v3({}, { description: '\n"\\'.repeat(500_000) })],
    ['a string of conflict marks', v3({}, { description: '<<<<<< ======= >>>>>> '.repeat(200_000) })],
  ])('%s', (_what, content) => {
    const text = JSON.stringify(content);
    const cpu = startCpu();
    outcome(text, 'package-lock.json');
    // Linear work takes well under a second; what grows faster takes minutes.
    expect(cpu()).toBeLessThan(20_000);
  });
});
