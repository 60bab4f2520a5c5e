import { describe, expect, it } from 'vitest';
import { foldedName, prefixOfIndex } from '../../src/ecosystems/conventions/cargo.ts';
import { conventionsOf } from '../../src/ecosystems/conventions/index.ts';
import { STABLE } from '../../src/model/channel.ts';

const { versions, names, commands } = conventionsOf('cargo');

/** Each with the versions that semver 1.0.28 matches, the crate that Cargo has for that; null: it refuses it. */
const ALL = [
  ...['0.0.0', '0.0.3', '0.0.4', '0.2.3', '0.2.9', '0.3.0', '1.0.0', '1.2.0', '1.2.3', '1.2.3-beta.1', '1.2.3-beta.2'],
  ...['1.2.3-beta.10', '1.2.4', '1.2.4-alpha', '1.3.0', '1.5.0', '2.0.0', '2.0.0-rc.1', '1.2.3+5', '0.1.0-pre'],
];
const RECORDED: readonly (readonly [string, readonly string[] | null])[] = [
  ['1.2.3', ['1.2.3', '1.2.4', '1.3.0', '1.5.0', '1.2.3+5']],
  ['^1.2', ['1.2.0', '1.2.3', '1.2.4', '1.3.0', '1.5.0', '1.2.3+5']],
  ['1', ['1.0.0', '1.2.0', '1.2.3', '1.2.4', '1.3.0', '1.5.0', '1.2.3+5']],
  ['0', ['0.0.0', '0.0.3', '0.0.4', '0.2.3', '0.2.9', '0.3.0']],
  ['0.0', ['0.0.0', '0.0.3', '0.0.4']],
  ['0.0.3', ['0.0.3']],
  ['0.2.3', ['0.2.3', '0.2.9']],
  ['~1.2.3', ['1.2.3', '1.2.4', '1.2.3+5']],
  ['~1', ['1.0.0', '1.2.0', '1.2.3', '1.2.4', '1.3.0', '1.5.0', '1.2.3+5']],
  ['~1.2', ['1.2.0', '1.2.3', '1.2.4', '1.2.3+5']],
  [
    '*',
    [
      '0.0.0',
      '0.0.3',
      '0.0.4',
      '0.2.3',
      '0.2.9',
      '0.3.0',
      '1.0.0',
      '1.2.0',
      '1.2.3',
      '1.2.4',
      '1.3.0',
      '1.5.0',
      '2.0.0',
      '1.2.3+5',
    ],
  ],
  ['1.*', ['1.0.0', '1.2.0', '1.2.3', '1.2.4', '1.3.0', '1.5.0', '1.2.3+5']],
  ['1.2.*', ['1.2.0', '1.2.3', '1.2.4', '1.2.3+5']],
  ['1.*.*', ['1.0.0', '1.2.0', '1.2.3', '1.2.4', '1.3.0', '1.5.0', '1.2.3+5']],
  ['1.x', ['1.0.0', '1.2.0', '1.2.3', '1.2.4', '1.3.0', '1.5.0', '1.2.3+5']],
  [
    'X',
    [
      '0.0.0',
      '0.0.3',
      '0.0.4',
      '0.2.3',
      '0.2.9',
      '0.3.0',
      '1.0.0',
      '1.2.0',
      '1.2.3',
      '1.2.4',
      '1.3.0',
      '1.5.0',
      '2.0.0',
      '1.2.3+5',
    ],
  ],
  ['=1.2.3', ['1.2.3', '1.2.3+5']],
  ['=1.2', ['1.2.0', '1.2.3', '1.2.4', '1.2.3+5']],
  ['=1', ['1.0.0', '1.2.0', '1.2.3', '1.2.4', '1.3.0', '1.5.0', '1.2.3+5']],
  ['>1.2', ['1.3.0', '1.5.0', '2.0.0']],
  ['<1.2', ['0.0.0', '0.0.3', '0.0.4', '0.2.3', '0.2.9', '0.3.0', '1.0.0']],
  ['<=1.2', ['0.0.0', '0.0.3', '0.0.4', '0.2.3', '0.2.9', '0.3.0', '1.0.0', '1.2.0', '1.2.3', '1.2.4', '1.2.3+5']],
  ['>=1.2, <1.5', ['1.2.0', '1.2.3', '1.2.4', '1.3.0', '1.2.3+5']],
  ['>=1, <2, ', null],
  ['1.2.3-beta.2', ['1.2.3', '1.2.3-beta.2', '1.2.3-beta.10', '1.2.4', '1.3.0', '1.5.0', '1.2.3+5']],
  ['^1.2.3-beta', ['1.2.3', '1.2.3-beta.1', '1.2.3-beta.2', '1.2.3-beta.10', '1.2.4', '1.3.0', '1.5.0', '1.2.3+5']],
  [
    '>=1.2.3-alpha',
    ['1.2.3', '1.2.3-beta.1', '1.2.3-beta.2', '1.2.3-beta.10', '1.2.4', '1.3.0', '1.5.0', '2.0.0', '1.2.3+5'],
  ],
  ['=1.2.3-beta.2', ['1.2.3-beta.2']],
  ['', null],
  ['1.2 1.3', null],
  ['1 || 2', null],
  ['v1.2', null],
  ['>*', null],
  ['^*', null],
  ['1.2.3+build', ['1.2.3', '1.2.4', '1.3.0', '1.5.0', '1.2.3+5']],
  ['=1.2.3+5', ['1.2.3', '1.2.3+5']],
  ['^ 1.2', ['1.2.0', '1.2.3', '1.2.4', '1.3.0', '1.5.0', '1.2.3+5']],
  [' 1.2 ', ['1.2.0', '1.2.3', '1.2.4', '1.3.0', '1.5.0', '1.2.3+5']],
  ['1.2.3.4', null],
  ['01.2', null],
  ['<1.2.3-beta.2', ['0.0.0', '0.0.3', '0.0.4', '0.2.3', '0.2.9', '0.3.0', '1.0.0', '1.2.0', '1.2.3-beta.1']],
  ['~1.2.3-beta.2', ['1.2.3', '1.2.3-beta.2', '1.2.3-beta.10', '1.2.4', '1.2.3+5']],
  ['>=1.*', ['1.0.0', '1.2.0', '1.2.3', '1.2.4', '1.3.0', '1.5.0', '2.0.0', '1.2.3+5']],
  ['^1.*', ['1.0.0', '1.2.0', '1.2.3', '1.2.4', '1.3.0', '1.5.0', '1.2.3+5']],
  ['=1.*', ['1.0.0', '1.2.0', '1.2.3', '1.2.4', '1.3.0', '1.5.0', '1.2.3+5']],
  ['*.1', null],
  ['1.*.3', null],
  ['> 1', ['2.0.0']],
  ['>1', ['2.0.0']],
  ['~0.0.1', ['0.0.3', '0.0.4']],
  ['^0.0.0', ['0.0.0']],
  ['^0', ['0.0.0', '0.0.3', '0.0.4', '0.2.3', '0.2.9', '0.3.0']],
  ['<0.1', ['0.0.0', '0.0.3', '0.0.4']],
  ['!=1', null],
  ['1,2', []],
  [
    '>=0.0.0-0',
    [
      '0.0.0',
      '0.0.3',
      '0.0.4',
      '0.2.3',
      '0.2.9',
      '0.3.0',
      '1.0.0',
      '1.2.0',
      '1.2.3',
      '1.2.4',
      '1.3.0',
      '1.5.0',
      '2.0.0',
      '1.2.3+5',
    ],
  ],
  ['1.2.3 - 2', null],
];

describe('requirements of Cargo', () => {
  it.each(RECORDED)('%j matches what the semver crate matches', (requirement, matched) => {
    expect(versions.isRange(requirement)).toBe(matched !== null);
    expect(ALL.filter((version) => versions.satisfies(version, requirement))).toEqual(matched ?? []);
  });

  it('picks the highest that a requirement allows', () => {
    expect(versions.highest(ALL, '1')).toBe('1.5.0');
    expect(versions.highest(ALL, '0.2')).toBe('0.2.9');
    expect(versions.highest(ALL, '3')).toBeNull();
    expect(versions.satisfies('none', '*')).toBe(false);
    expect(versions.isRange(`1.0.0${', 1'.repeat(100)}`)).toBe(false);
  });
});

describe('versions of crates', () => {
  it.each([
    ['1.2.3', '1', STABLE],
    ['0.2.3', '0.2', STABLE],
    ['0.0.3', '0.0.3', STABLE],
    ['0.0.0', '0.0.0', STABLE],
    ['10.0.0', '10', STABLE],
    ['1.0.0-rc.1', '1', 'rc'],
    ['0.3.0+1.2.3', '0.3', STABLE],
    ['1.0.0+01', '1', STABLE],
    ['18446744073709551615.0.0', '18446744073709551615', STABLE],
  ])('%s is of line %s and channel %s', (text, line, channel) => {
    expect(versions.parse(text)).toMatchObject({ text, line, channel });
  });

  it.each([
    ...['1.0', 'v1.0.0', '1.0.0-', '1.0.0-01', '1.0.0+', '18446744073709551616.0.0', '01.0.0', '1.0.0-a..b', '1.0.0-é'],
    ...['', 'latest', '1.0.0\n', ' 1.0.0', '1.0.0+a+b', `1.0.0-${'a'.repeat(256)}`],
  ])('%j is none', (text) => {
    expect(versions.parse(text)).toBeNull();
  });

  it('are ordered as the semver crate orders them', () => {
    const sorted = [
      ...['0.9.9', '1.0.0-1', '1.0.0-99999999999999999999', '1.0.0-alpha', '1.0.0-alpha.1', '1.0.0-alpha.beta'],
      ...['1.0.0-beta', '1.0.0-beta.2', '1.0.0-beta.11', '1.0.0-rc.1', '1.0.0', '1.9.0', '1.10.0'],
      '18446744073709551615.0.0',
    ];
    expect(sorted.toReversed().sort(versions.compare)).toEqual(sorted);
    expect(versions.compare('1.0.0+1', '1.0.0+2')).toBe(0);
  });
});

describe('names of crates', () => {
  it('are those that crates.io takes, of which twins are one crate', () => {
    for (const name of ['serde', 'serde_json', 'proc-macro2', 'A', 'x'.repeat(64)])
      expect(names.isName(name)).toBe(true);
    for (const name of ['', '2x', '_x', '-x', 'a.b', 'A.b/c', '/b', 'a.b//c', 'a.b/', 'a@b/c', 'é', 'x'.repeat(65)])
      expect(names.isName(name)).toBe(false);
    expect(foldedName('Serde_JSON')).toBe(foldedName('serde-json'));
    expect(names.isSelector('serde_*')).toBe(true);
    expect(names.isSelector('@a/b')).toBe(false);
    expect(names.purl('serde', '1.0.0+5')).toBe('pkg:cargo/serde@1.0.0%2B5');
    expect(names.isPublicRegistry('https://index.crates.io/')).toBe(true);
    expect(names.target('serde', '^1.0')).toEqual({ name: 'serde', range: '^1.0' });
    expect(names.target('serde', '^1 of https://x.example/')).toBeNull();
  });

  it('of a registry beside crates.io begin with where its index is', () => {
    expect(prefixOfIndex('registry+https://github.com/rust-lang/crates.io-index')).toBe('');
    expect(prefixOfIndex('https://github.com/rust-lang/crates.io-index')).toBe('');
    expect(prefixOfIndex('sparse+https://h.example/')).toBe('h.example/');
    expect(prefixOfIndex('sparse+http://h.example:80/a/b-c/')).toBe('h.example:80/a/b-c/');
    // What is asked by git, and each spelling that another one is the same as.
    for (const index of ['registry+https://h.example/', 'https://h.example/', 'sparse+https://h.example/a'])
      expect(prefixOfIndex(index), index).toBeNull();
    for (const rest of ['H.example/', 'h.example//', 'u@h.example/', 'h.example/%61/', 'h.example/?a/', 'h.example/#/'])
      expect(prefixOfIndex(`sparse+https://${rest}`), rest).toBeNull();
    const name = 'h.example:80/index/serde';
    expect(names.isName(name)).toBe(true);
    expect(names.isSelector('h.example/index/*')).toBe(true);
    expect(names.purl(name, '1.0.0')).toBe(
      'pkg:cargo/serde@1.0.0?repository_url=https%3A%2F%2Fh.example%3A80%2Findex%2F',
    );
    expect(commands.own.pin(`${name}@1.0.0`).join(' ')).toBe('cargo update serde --precise 1.0.0');
    // Records of malicious crates say nothing of registries.
    expect(conventionsOf('cargo').osv.name('h.example/Serde_JSON')).toBe('serde-json');
  });

  it('are asked for by commands of cargo', () => {
    expect(commands.own.pin('serde@1.0.0').join(' ')).toBe('cargo update serde --precise 1.0.0');
    expect(commands.own.frozen.join(' ')).toBe('cargo fetch --locked');
  });
});
