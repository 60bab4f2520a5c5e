import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { conventionsOf } from '../../src/ecosystems/conventions/index.ts';
import { escapeCapitals, isModulePath, isVersionOf } from '../../src/ecosystems/conventions/go-modules.ts';
import { STABLE } from '../../src/model/channel.ts';

const { versions, names } = conventionsOf('go');

describe('versions of Go modules', () => {
  it.each([
    ['v0.0.0', '0', STABLE],
    ['v0.14.2', '0', STABLE],
    ['v1.2.3', '1', STABLE],
    ['v12.0.1', '12', STABLE],
    ['v2.0.0+incompatible', '2', STABLE],
    ['v1.2.3-rc.1', '1', 'rc'],
    ['v1.2.3-beta1', '1', 'beta'],
    ['v1.2.3-1', '1', 'prerelease'],
    ['v2.0.0-alpha.2+incompatible', '2', 'alpha'],
    // After no release, after a prerelease, after a release.
    ['v0.0.0-20191109021931-daa7c04131f5', '0', 'pseudo-version'],
    ['v1.2.3-pre.0.20191109021931-daa7c04131f5', '1', 'pseudo-version'],
    ['v1.2.4-0.20191109021931-daa7c04131f5', '1', 'pseudo-version'],
    ['v2.0.0-20180818164646-67afb5ed74ec+incompatible', '2', 'pseudo-version'],
    // Nearly so.
    ['v0.0.0-2019110902193-daa7c04131f5', '0', 'prerelease'],
    ['v1.2.3-pre.20191109021931-daa7c04131f5', '1', 'pre'],
    ['v1.2.0-20191109021931-daa7c04131f5', '1', 'prerelease'],
  ])('%s is of line %s and channel %s', (text, line, channel) => {
    expect(versions.parse(text)).toMatchObject({ text, line, channel });
  });

  it.each([
    ...['1.2.3', 'v1', 'v1.2', 'v1.2.3.4', 'v01.2.3', 'v1.02.3', 'v1.2.3-', 'v1.2.3-01', 'v1.2.3-a..b', 'v1.2.3+meta'],
    ...['V1.2.3', 'v1.2.3+incompatible+incompatible', 'v1.2.3-é', 'v1.2.3 ', '\nv1.2.3', 'v1.2.3\n', '', 'latest'],
    ...['v1.2.x', `v1.2.3-${'a'.repeat(250)}`, 'v-1.2.3', 'v1.2.3/go.mod'],
  ])('%j is none', (text) => {
    expect(versions.parse(text)).toBeNull();
  });

  const ORDERED = [
    'no version',
    'v0.0.0-20180101000000-aaaaaaaaaaaa',
    'v0.0.0-20191109021931-aaaaaaaaaaaa',
    'v0.0.0',
    'v0.9.0',
    'v0.10.0',
    'v1.0.0-1',
    'v1.0.0-2',
    'v1.0.0-10',
    'v1.0.0-99999999999999999999998',
    'v1.0.0-99999999999999999999999',
    'v1.0.0-A',
    'v1.0.0-alpha',
    'v1.0.0-alpha.1',
    'v1.0.0-alpha.beta',
    'v1.0.0-rc.1.0.20191109021931-daa7c04131f5',
    'v1.0.0',
    'v1.0.1-0.20191109021931-daa7c04131f5',
    'v1.0.1',
    'v2.0.0+incompatible',
    'v99999999999999999999998.0.0',
    'v99999999999999999999999.0.0',
  ];

  it('are ordered as Semantic Versioning says, numbers of any length too', () => {
    for (const [i, a] of ORDERED.entries()) {
      for (const [k, b] of ORDERED.entries()) {
        expect(Math.sign(versions.compare(a, b)), `${a} ${b}`).toBe(Math.sign(i - k));
      }
    }
    expect(versions.compare('v2.0.0', 'v2.0.0+incompatible')).toBe(0);
    expect(versions.compare('also none', 'no version')).toBe(0);
  });
});

describe('paths of Go modules', () => {
  it.each([
    ...['rsc.io/quote', 'github.com/MakeNowJust/heredoc', 'gopkg.in/yaml.v2', 'gopkg.in/check.v1', 'gopkg.in/m.v0'],
    ...['github.com/go-errors/errors', 'example.com', 'a.b/c~d', 'a.b/c_d', 'k8s.io/klog/v2', 'a.b/v10', 'a.b/vv1'],
    ...['gopkg.in/m.v3-unstable', '0x.org/a', 'a.b/nullable', 'a.b/c~1d', 'a.b/c.d~1'],
  ])('%s is one', (path) => {
    expect(isModulePath(path)).toBe(true);
  });

  it.each([
    ...['', 'quote', 'rsc/quote', 'RSC.io/quote', '-rsc.io/quote', '.rsc.io/q', 'rsc.io/', '/rsc.io', 'rsc.io//quote'],
    ...['rsc.io/./q', 'rsc.io/../q', 'rsc.io/.q', 'rsc.io/q.', 'rsc.io/q v', 'rsc.io/q\n', 'rsc.io/qé', 'rsc.io/q@v1'],
    ...['rsc.io/q!q', 'rsc.io/v1', 'rsc.io/v0', 'rsc.io/v02', 'rsc.io/v2.1', 'gopkg.in/yaml', 'gopkg.in/yaml.v02'],
    ...['rsc.io/con', 'rsc.io/NUL.x', 'rsc.io/com1', 'rsc.io/q~1', 'rsc_io.x/q', `rsc.io/${'a'.repeat(1024)}`],
    ...['rsc.io/q?x', 'rsc.io/q#x', 'rsc.io/q%2f', 'rsc.io\\q', 'rsc.io:80/q', 'user@rsc.io/q'],
  ])('%j is none', (path) => {
    expect(isModulePath(path)).toBe(false);
  });

  it.each([
    ['rsc.io/quote', 'v1.0.0', true],
    ['rsc.io/quote', 'v0.0.0-20191109021931-daa7c04131f5', true],
    ['rsc.io/quote', 'v2.0.0', false],
    ['rsc.io/quote', 'v2.0.0+incompatible', true],
    ['rsc.io/quote/v3', 'v3.1.0', true],
    ['rsc.io/quote/v3', 'v31.1.0', false],
    ['rsc.io/quote/v3', 'v3.0.0+incompatible', true],
    ['gopkg.in/yaml.v2', 'v2.4.0', true],
    ['gopkg.in/yaml.v2', 'v3.0.0', false],
    ['gopkg.in/yaml.v2-unstable', 'v2.4.0', true],
    ['gopkg.in/check.v1', 'v0.0.0-20161208181325-20d25e280405', true],
    ['gopkg.in/check.v1', 'v0.1.0', false],
    ['rsc.io/v1', 'v1.0.0', false],
  ])('of %s, %s is a version: %s', (path, version, is) => {
    expect(isVersionOf(path, version)).toBe(is);
  });

  it('are written into addresses without capital letters, so that no two are the same there', () => {
    expect(escapeCapitals('github.com/MakeNowJust/heredoc')).toBe('github.com/!make!now!just/heredoc');
    expect(escapeCapitals('v1.0.0-RC1')).toBe('v1.0.0-!r!c1');
    const path = fc.stringMatching(/^[a-z]+\.[a-z]+\/[A-Za-z]{1,6}$/);
    fc.assert(
      fc.property(path, path, (one, other) => {
        const [a, b] = [escapeCapitals(one), escapeCapitals(other)];
        expect(a).toBe(a.toLowerCase());
        expect(a === b).toBe(one === other);
      }),
    );
  });
});

describe('what a policy and a report ask', () => {
  it('selects modules by their path, a star standing for a part of it', () => {
    for (const text of ['golang.org/x/mod', 'golang.org/x/*', 'github.com/cli/*', 'gopkg.in/yaml.*', 'gopkg.in/*']) {
      expect(names.isSelector(text), text).toBe(true);
    }
    for (const text of ['golang.org/x/**', 'golang.org//x', '@scope/*', 'a b', '*']) {
      expect(names.isSelector(text), text).toBe(false);
    }
  });

  it('writes package URLs', () => {
    expect(names.purl('golang.org/x/mod', 'v0.14.0')).toBe('pkg:golang/golang.org/x/mod@v0.14.0');
    expect(names.purl('a.b/c', 'v2.0.0+incompatible')).toBe('pkg:golang/a.b/c@v2.0.0%2Bincompatible');
  });

  it('takes a requirement for the lowest version of its major that will do', () => {
    const all = ['v1.2.0', 'v1.10.0', 'v2.0.0', 'v1.1.0', 'none'];
    expect(versions.highest(all, 'v1.2.0')).toBe('v1.10.0');
    expect(versions.highest(all, 'v3.0.0')).toBeNull();
    expect(versions.satisfies('v1.1.0', 'v1.2.0')).toBe(false);
    expect(versions.satisfies('none', 'v1.0.0')).toBe(false);
  });
});
