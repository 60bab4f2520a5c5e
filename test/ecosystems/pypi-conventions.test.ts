import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { commandsOf, conventionsOf } from '../../src/ecosystems/conventions/index.ts';
import { STABLE } from '../../src/model/channel.ts';

const { versions, names } = conventionsOf('pypi');

/** Python's own reader of versions, as its installers carry it. */
const PYTHON = `
import json, sys
try:
    from packaging import __version__
    from packaging.version import Version, InvalidVersion
    from packaging.specifiers import Specifier, InvalidSpecifier
    from packaging.utils import canonicalize_name
except ImportError:
    from pip._vendor.packaging import __version__
    from pip._vendor.packaging.version import Version, InvalidVersion
    from pip._vendor.packaging.specifiers import Specifier, InvalidSpecifier
    from pip._vendor.packaging.utils import canonicalize_name
def parsed(text):
    try:
        return Version(text)
    except InvalidVersion:
        return None
def specifiers(text):
    try:
        return [Specifier(one.strip()) for one in text.split(',') if one.strip()]
    except InvalidSpecifier:
        return None
asked = json.load(sys.stdin)
def order(a, b):
    a, b = parsed(a), parsed(b)
    if a is None or b is None: return (a is not None) - (b is not None)
    return (a > b) - (a < b)
def allows(v, s):
    v, s = parsed(v), specifiers(s)
    return v is not None and s is not None and all(one.contains(v, prereleases=True) for one in s)
json.dump({
    'reader': int(__version__.split('.')[0]),
    'texts': [str(parsed(t)) if parsed(t) is not None else None for t in asked['versions']],
    'order': [order(a, b) for a, b in asked['pairs']],
    'ranges': [specifiers(t) is not None for t in asked['ranges']],
    'allowed': [allows(v, s) for v, s in asked['asked']],
    'names': [canonicalize_name(n) for n in asked['names']],
}, sys.stdout)
`;

interface Asked {
  readonly versions: readonly string[];
  readonly pairs: readonly (readonly [string, string])[];
  readonly ranges: readonly string[];
  readonly asked: readonly (readonly [string, string])[];
  readonly names: readonly string[];
}
interface Said {
  /** The major version of the reader. Before 26 it took what is next to a version for lower or higher than it. */
  readonly reader: number;
  readonly texts: readonly (string | null)[];
  readonly order: readonly number[];
  readonly ranges: readonly boolean[];
  readonly allowed: readonly boolean[];
  readonly names: readonly string[];
}

function pythonSays(asked: Asked): Said | null {
  const { status, stdout } = spawnSync('python3', ['-c', PYTHON], { input: JSON.stringify(asked), encoding: 'utf8' });
  return status === 0 ? (JSON.parse(stdout) as Said) : null;
}
const hasPython = pythonSays({ versions: [], pairs: [], ranges: [], asked: [], names: [] }) !== null;

describe('versions of Python packages', () => {
  it.each([
    ['1.0', '1.0', '1', STABLE],
    ['v1.0.0', '1.0.0', '1', STABLE],
    ['0.9.1', '0.9.1', '0', STABLE],
    ['2026.10.19.post1', '2026.10.19.post1', '2026', STABLE],
    ['1.0-1', '1.0.post1', '1', STABLE],
    ['1.0.REV2', '1.0.post2', '1', STABLE],
    ['1!2.0', '1!2.0', '1!2', STABLE],
    ['0!2.0', '2.0', '2', STABLE],
    ['1.0+Ubuntu-1', '1.0+ubuntu.1', '1', STABLE],
    ['1.0alpha', '1.0a0', '1', 'alpha'],
    ['1.0-BETA.2', '1.0b2', '1', 'beta'],
    ['1.0c3', '1.0rc3', '1', 'rc'],
    ['1.0preview_4', '1.0rc4', '1', 'rc'],
    ['1.0a1.post2.dev3', '1.0a1.post2.dev3', '1', 'alpha'],
    ['1.0.dev0', '1.0.dev0', '1', 'dev'],
    ['01.002', '1.2', '1', STABLE],
    ['99999999999999999999.1', '99999999999999999999.1', '99999999999999999999', STABLE],
  ])('%s is %s, of line %s and channel %s', (text, normal, line, channel) => {
    expect(versions.parse(text)).toMatchObject({ text: normal, line, channel });
  });

  it.each([
    ...['', 'v', '1.', '.1', '1..2', '1.0 ', ' 1.0', '1.0\n', '1.0-', '1.0+', '1.0+a..b', '1.0+a_', '1.0.x', 'latest'],
    ...[
      '1.0a1b2',
      '1.0.post1a1',
      '1.0.dev1.post1',
      '1!',
      '!1',
      '1!2!3',
      '-1',
      '1.0*',
      '1.*',
      '１.0',
      `1.${'0.'.repeat(200)}1`,
    ],
  ])('%j is none', (text) => {
    expect(versions.parse(text)).toBeNull();
    expect(versions.satisfies(text, '>=0')).toBe(false);
  });

  it('are equal with zeros more at the end of the release, and each stays as it is written', () => {
    for (const [a, b] of [
      ['1', '1.0.0'],
      ['1.0a1', '1a1'],
      ['0', '0.0'],
      ['1.0.post1', '1-1'],
    ] as const) {
      expect(versions.compare(a, b), `${a} ${b}`).toBe(0);
    }
    expect(versions.compare('1.0', '1.0+local')).toBeLessThan(0);
  });

  it('picks what Python’s installers pick', () => {
    const all = ['1.0', '1.5', '2.0a1', '2.0.dev1', 'none', '1.10'];
    expect(versions.highest(all, '>=1')).toBe('1.10');
    expect(versions.highest(all, '>=1.5.dev0')).toBe('2.0a1');
    expect(versions.highest(all, '>1.10')).toBe('2.0a1');
    expect(versions.highest(all, '')).toBe('1.10');
    expect(versions.highest(all, '>3')).toBeNull();
    expect(versions.highest(all, '^1')).toBeNull();
  });

  it('takes a version alone for a range of itself, and no other way of other ecosystems', () => {
    expect(versions.satisfies('1.0.0', '1.0')).toBe(true);
    expect(versions.satisfies('1.0.1', '1.0')).toBe(false);
    for (const text of ['^1.0', '~1.0', '1.x', '*', 'latest', '==', '== 1.0 1', '>=1.0+local', '==1.0a1.*', '~=1']) {
      expect(versions.isRange(text), text).toBe(false);
    }
    expect(versions.isRange('>='.repeat(2000))).toBe(false);
  });
});

describe.skipIf(!hasPython)('what Python’s own reader says (skipped without python3 and pip)', () => {
  const number = fc.constantFrom('0', '1', '2', '10', '007', '99999999999999999999');
  const release = fc.array(number, { minLength: 1, maxLength: 4 }).map((all) => all.join('.'));
  const part = (words: readonly string[]): fc.Arbitrary<string> =>
    fc
      .tuple(
        fc.constantFrom('', '.', '-', '_'),
        fc.constantFrom(...words),
        fc.constantFrom('', '.', '-'),
        fc.option(number),
      )
      .map(([before, word, after, count]) => (count === null ? before + word : before + word + after + count));
  const maybe = (one: fc.Arbitrary<string>): fc.Arbitrary<string> =>
    fc.oneof({ weight: 2, arbitrary: fc.constant('') }, one);
  const version = fc
    .tuple(
      maybe(fc.constantFrom('v', '0!', '1!', 'V2!')),
      release,
      maybe(part(['a', 'alpha', 'B', 'beta', 'c', 'rc', 'pre', 'Preview'])),
      maybe(fc.oneof(part(['post', 'rev', 'r']), fc.constant('-3'))),
      maybe(part(['dev', 'DEV'])),
      maybe(fc.constantFrom('+1', '+abc', '+1.abc', '+abc.2', '+ABC-2', '+10', '+a_b')),
    )
    .map((all) => all.join(''));
  // What is nearly a version, too.
  const anything = fc.oneof(
    { weight: 6, arbitrary: version },
    fc
      .tuple(version, fc.nat(20), fc.constantFrom('.', '-', '+', '!', 'x', '*', ''))
      .map(([text, at, put]) => text.slice(0, at) + put + text.slice(at + 1)),
  );
  const clause = fc
    .tuple(
      fc.constantFrom('==', '!=', '<=', '>=', '<', '>', '~=', '==='),
      fc.constantFrom('', ' '),
      anything,
      maybe(fc.constant('.*')),
    )
    .map((all) => all.join(''));
  const range = fc.array(clause, { minLength: 1, maxLength: 2 }).map((all) => all.join(','));

  it('of versions, their order, ranges, what they allow, and names', () => {
    const sample = <T>(arbitrary: fc.Arbitrary<T>, count: number): T[] =>
      fc.sample(arbitrary, { numRuns: count, seed: 20261130 });
    const asked = {
      versions: sample(anything, 4000),
      pairs: sample(fc.tuple(version, version), 6000),
      ranges: sample(range, 4000),
      asked: sample(fc.tuple(version, range), 20_000),
      names: sample(fc.stringMatching(/^[a-zA-Z0-9]([a-zA-Z0-9._-]{0,6}[a-zA-Z0-9])?$/), 500),
    };
    const said = pythonSays(asked);
    expect(said?.texts.filter((text) => text !== null).length).toBeGreaterThan(2000);
    expect(asked.versions.map((text) => versions.parse(text)?.text ?? null)).toEqual(said?.texts);
    const wrong = asked.pairs.filter(([a, b], i) => Math.sign(versions.compare(a, b)) !== said?.order[i]);
    expect(wrong).toEqual([]);
    const isAlone = (text: string): boolean => versions.parse(text.trim()) !== null;
    expect(asked.ranges.filter((text, i) => !isAlone(text) && versions.isRange(text) !== said?.ranges[i])).toEqual([]);
    expect(asked.names.map((name) => names.normalise(name))).toEqual(said?.names);
    if ((said?.reader ?? 0) < 26) return;
    expect(asked.asked.filter(([one, text], i) => versions.satisfies(one, text) !== said?.allowed[i])).toEqual([]);
    expect(said?.allowed.filter(Boolean).length).toBeGreaterThan(1500);
  }, 60_000);
});

describe('names of PyPI', () => {
  it('are one however they are written', () => {
    for (const name of ['Foo.Bar', 'foo_bar', 'FOO--BAR', 'foo-._bar']) expect(names.normalise(name)).toBe('foo-bar');
    for (const name of ['a', 'A1', 'zope.interface', 'ruamel.yaml', 'a__b'])
      expect(names.isName(name), name).toBe(true);
    for (const name of ['', '-a', 'a-', '.a', 'a b', 'a/b', '@s/a', 'é', 'a\n', 'a[b]', 'x'.repeat(300)]) {
      expect(names.isName(name), name).toBe(false);
    }
  });

  it('are selected by a star, have package URLs, and are public at PyPI only', () => {
    for (const text of ['*', 'types-*', 'google-cloud-*', 'zope.*']) expect(names.isSelector(text), text).toBe(true);
    for (const text of ['a**', 'a b*', '@s/*', '-*']) expect(names.isSelector(text), text).toBe(false);
    expect(names.purl('Foo_Bar', '1!1.0+x')).toBe('pkg:pypi/foo-bar@1%211.0%2Bx');
    for (const address of ['https://pypi.org/simple/', 'https://pypi.org/simple', 'https://files.pythonhosted.org/']) {
      expect(names.isPublicRegistry(address), address).toBe(true);
    }
    for (const address of [
      'http://pypi.org/simple/',
      'https://pypi.org.example/',
      'https://test.pypi.org/simple/',
      'x',
    ]) {
      expect(names.isPublicRegistry(address), address).toBe(false);
    }
    expect(names.target('Foo_Bar', '>=1,<2')).toEqual({ name: 'foo-bar', range: '>=1,<2' });
    expect(names.target('foo', '@ https://example.com/foo.whl')).toBeNull();
  });

  it('have commands of each manager, which take a version as Python’s installers write it', () => {
    expect(commandsOf('uv').pin('requests@2.32.3')).toEqual(['uv', 'lock', '--upgrade-package', 'requests==2.32.3']);
    expect(commandsOf('pip').override('urllib3', '2.2.0').edit?.lines).toEqual(['urllib3==2.2.0']);
    for (const manager of ['pip', 'uv', 'poetry', 'pdm', 'pipenv'] as const) {
      const { pin, override, update, frozen, lock } = commandsOf(manager);
      const { commands } = override('a', '1.0');
      const all = [pin('a@1.0'), ...commands, update?.('a') ?? [], frozen, lock];
      expect(
        all.flat().every((word) => /^[\w:.=-]+$/.test(word)),
        manager,
      ).toBe(true);
    }
  });
});
