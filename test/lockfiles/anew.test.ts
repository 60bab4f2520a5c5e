import fc from 'fast-check';
import semver from 'semver';
import { describe, expect, it } from 'vitest';
import { isOutside } from '../../src/lockfiles/common/anew.ts';

describe('whether a version is outside of a range', () => {
  it('is what semver says of any range and version, also of those that are read sooner', () => {
    const number = fc.oneof(fc.nat(2), fc.constantFrom(10, 999_999_999, 1_000_000_000), fc.constantFrom('01', '00'));
    const version = fc
      .tuple(number, number, number, fc.constantFrom('', '', '-rc.1', '+b', 'x', '.0'))
      .map(([a, b, c, rest]) => `${a}.${b}.${c}${rest}`);
    const range = fc
      .tuple(
        fc.constantFrom('^', '^', '^ ', '~', '', '>=', 'v', '^v'),
        version,
        fc.constantFrom('', '', ' || 2.1.1', ' <2'),
      )
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(range, version, (asked, got) => {
        const isSame = asked.endsWith(got) && /^[~^]?$/.test(asked.slice(0, -got.length));
        const isRange = semver.validRange(asked, { loose: true }) !== null;
        expect(isOutside(asked, got)).toBe(!isSame && isRange && !semver.satisfies(got, asked, { loose: true }));
      }),
      { numRuns: 3000 },
    );
  });
});
