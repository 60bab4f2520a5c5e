import { expect, test } from 'vitest';
import { parseLockfile } from '../../src/lockfiles/index.ts';

test('what a package asks for is what the lockfile resolves it to, at each of its places', () => {
  const entry = (version: string, dependencies: Record<string, string> = {}) => ({
    version,
    resolved: null,
    integrity: `sha512-${Buffer.alloc(64, version).toString('base64')}`,
    dependencies,
  });
  const lockfile = {
    lockfileVersion: 3,
    packages: {
      '': { dependencies: { a: '1' } },
      'node_modules/a': entry('1.0.0', { b: '1', absent: '1' }),
      'node_modules/a/node_modules/b': entry('1.0.0', { c: '1' }),
      'node_modules/b': entry('2.0.0'),
      'node_modules/c': entry('1.0.0', { b: '2', a: '1' }),
    },
  };
  const { dependencies } = parseLockfile('package-lock.json', Buffer.from(JSON.stringify(lockfile)), new Map());
  const asked = dependencies.map(({ name, version, requires }) => [`${name}@${version}`, requires]);
  expect(Object.fromEntries(asked)).toEqual({
    'a@1.0.0': ['b@1.0.0'],
    'b@1.0.0': ['c@1.0.0'],
    'b@2.0.0': undefined,
    'c@1.0.0': ['b@2.0.0', 'a@1.0.0'],
  });
});
