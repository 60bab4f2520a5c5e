import { describe, expect, it } from 'vitest';
import { unverifiedBy } from '../../src/lockfiles/settings/effects.ts';
import { ignoringSetting } from '../../src/lockfiles/settings/effects.ts';

const place = { isElsewhere: (path: string) => path.startsWith('..'), names: [] };

describe('a setting whose value is a list counts by each text of it', () => {
  it.each([
    ['npm', 'package-lock', ['true', 'false']],
    ['npm', 'global', ['false', 'true']],
    ['pnpm', 'lockfile-dir', ['.', '../other']],
    ['pnpm', 'lockfile', [[false]]],
  ] as const)('%s: %s=%j makes it not read its lockfile', (manager, key, value) => {
    expect(ignoringSetting(manager, [[key, value]], place)).not.toBeNull();
  });

  it.each([
    ['npm', 'package-lock', ['true']],
    ['npm', 'package-lock', []],
    ['npm', 'global', ['false']],
    ['pnpm', 'lockfile-dir', ['.']],
    ['pnpm', 'lockfile-dir', { a: '../other' }],
  ] as const)('%s: %s=%j does not', (manager, key, value) => {
    expect(ignoringSetting(manager, [[key, value]], place)).toBeNull();
  });

  it('also where it names a store', () => {
    const stores = (value: unknown): readonly (string | null)[] =>
      unverifiedBy('pnpm', [{ setting: ['store-dir', value] }]).map(({ store }) => store);
    expect(stores(['./store', './other'])).toEqual(['./store', './other']);
    expect(stores([])).toEqual([]);
    expect(stores({ a: './store' })).toEqual([]);
    expect(stores(null)).toEqual([]);
  });
});
