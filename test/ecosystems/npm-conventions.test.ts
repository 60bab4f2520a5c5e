import fc from 'fast-check';
import semver from 'semver';
import { describe, expect, it } from 'vitest';
import { compareVersions } from '../../src/ecosystems/conventions/compare.ts';
import { conventionsOf, isPublicRegistry } from '../../src/ecosystems/conventions/index.ts';
import { NPM_REGISTRY, YARN_REGISTRY } from '../../src/ecosystems/conventions/npm-names.ts';
import { STABLE } from '../../src/model/channel.ts';

const { versions, names } = conventionsOf('npm');

describe('versions', () => {
  const number = fc.oneof(fc.nat(3), fc.constantFrom(10, 999_999_999, 1_000_000_000, Number.MAX_SAFE_INTEGER));
  const identifier = fc.constantFrom('0', '1', '2', '10', 'a', 'b', 'rc', '-', '1a', '20231231235959123');
  const suffix = fc
    .array(identifier, { maxLength: 3 })
    .chain((all) => fc.constantFrom('', '+build').map((build) => (all.length > 0 ? `-${all.join('.')}` : '') + build));
  const version = fc.tuple(number, number, number, suffix).map(([a, b, c, rest]) => `${a}.${b}.${c}${rest}`);
  const text = fc.oneof(version, fc.constantFrom('', 'x', '1.0', '01.0.0', '1.0.0-01', 'v1.0.0', ' 1.0.0'));

  it('are those of Semantic Versioning, in its order', () => {
    fc.assert(
      fc.property(text, text, (a, b) => {
        const [one, other] = [semver.parse(a), semver.parse(b)];
        expect(versions.parse(a)?.text).toBe(one?.version);
        if (one !== null && other !== null) {
          expect(Math.sign(versions.compare(a, b))).toBe(semver.compare(a, b));
        } else {
          expect(versions.compare(a, b)).toBe(Number(one !== null) - Number(other !== null));
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('keep the order of a list whatever it was sorted by', () => {
    fc.assert(
      fc.property(fc.array(version), (all) => {
        const parsed = all.flatMap((one) => versions.parse(one) ?? []).sort(compareVersions);
        expect(parsed.map((one) => one.text)).toEqual(
          all.map((one) => semver.parse(one)?.version ?? '').sort((a, b) => semver.compare(a, b)),
        );
      }),
    );
  });

  it.each([
    ['1.14.1', '1', STABLE],
    ['0.30.4', '0.30', STABLE],
    ['1.0.0+build', '1', STABLE],
    ['2.0.0-rc.1', '2', 'rc'],
    ['2.0.0-rc1', '2', 'rc'],
    ['2.0.0-RC-2', '2', 'rc'],
    ['19.0.0-canary-abc1234-20240101', '19', 'canary'],
    ['4.0.0-0', '4', 'prerelease'],
    ['0.0.0-0a1b2c3', '0.0', 'prerelease'],
    ['0.0.0-deadbeef', '0.0', 'deadbeef'],
  ])('%s is of line %s, channel %s', (written, line, channel) => {
    expect(versions.parse(written)).toMatchObject({ line, channel });
  });

  it('are picked by ranges, of which a version is one', () => {
    const all = ['1.0.0', '1.2.0', '2.0.0-rc.1', '2.0.0'];
    expect(versions.highest(all, '^1.0.0')).toBe('1.2.0');
    expect(versions.highest(all, '1.0.0')).toBe('1.0.0');
    expect(versions.highest(all, '^3')).toBeNull();
    expect(versions.highest(all, 'latest')).toBeNull();
    expect([versions.isRange('1.0.0'), versions.isRange('>=1 <2'), versions.isRange('latest')]).toEqual([
      ...[true, true, false],
    ]);
    expect([
      versions.satisfies('1.2.0', '^1'),
      versions.satisfies('2.0.0', '^1'),
      versions.satisfies('x', '^1'),
    ]).toEqual([true, false, false]);
  });
});

describe('names', () => {
  it.each(['axios', '@scope/name', 'JSONStream', 'a.b', '~a'])('%s is one', (name) => {
    expect(names.isName(name)).toBe(true);
    expect(names.isSelector(name)).toBe(true);
    expect(names.normalise(name)).toBe(name);
  });

  it.each(['', '@', '@scope', '@scope/', '../x', 'a/b/c', '.hidden', 'a b', 'a\n', 'a*', 'a'.repeat(215)])(
    '%j is none',
    (name) => {
      expect(names.isName(name)).toBe(false);
    },
  );

  it('are selected by globs, within the parts that / divides', () => {
    expect(['*', 'eslint-*', '@scope/*', '@*/x'].every(names.isSelector)).toBe(true);
    expect(['**', 'a/b', '@scope', 'a b', 'npm:a', ''].some(names.isSelector)).toBe(false);
  });

  it('have package URLs', () => {
    expect(names.purl('axios', '1.14.1')).toBe('pkg:npm/axios@1.14.1');
    expect(names.purl('@scope/name', '1.0.0+b')).toBe('pkg:npm/%40scope/name@1.0.0%2Bb');
    expect(names.purl('a\ud800', '1.0.0')).toBe('pkg:npm/a%EF%BF%BD@1.0.0');
  });

  it('are free to take at the public registry, by both names it has', () => {
    expect([NPM_REGISTRY, YARN_REGISTRY].every(isPublicRegistry)).toBe(true);
    for (const address of ['https://registry.npmjs.org.test/', 'http://registry.npmjs.org/', 'https://npm.test/', '']) {
      expect(isPublicRegistry(address)).toBe(false);
    }
  });
});
