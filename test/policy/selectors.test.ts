import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fits, matches } from '../../src/model/match.ts';
import { covers, mostSpecific, overlap, readSelector, selects, specificity } from '../../src/policy/selectors.ts';
import type { Ecosystem, PackageRef } from '../../src/model/package.ts';
import type { PackageSelector } from '../../src/model/policy.ts';
import { startCpu } from '../support/cpu.ts';

/** Of whatever characters: what a file may have is `readSelector`'s to say. */
const at = (text: string): PackageSelector => {
  const selection = readSelector(text) ?? { ecosystem: 'npm', pattern: text };
  return { text, line: 1, ...selection };
};

const npm = (name: string): PackageRef => ({ ecosystem: 'npm', name });

/** What a pattern means, said by a regular expression. */
function asRegExp(pattern: string): RegExp {
  const source = pattern
    .replace(/[.+?^${}()|[\]\\]/g, '\\$&')
    .replace(/\*\*|\*/g, (star) => (star === '*' ? '[^/]*' : '[^]*'));
  return new RegExp(`^${source}$`, 'u');
}

const text = fc
  .array(fc.constantFrom('a', 'b', '/', '.', '\n', '\u{1f600}'), { maxLength: 8 })
  .map((all) => all.join(''));
const pattern = fc.array(fc.constantFrom('a', 'b', '/', '.', '*', '**'), { maxLength: 8 }).map((all) => all.join(''));
const glob = fc
  .array(fc.constantFrom('a', 'b', '/', '*'), { minLength: 1, maxLength: 5 })
  .map((all) => all.join('').replace(/\*+/g, '*'));

describe('patterns', () => {
  it.each([
    ['refs/tags/v*', 'refs/tags/v1.2.3', true],
    ['refs/tags/v*', 'refs/tags/v1/2', false],
    ['refs/tags/v*', 'xrefs/tags/v1', false],
    ['refs/**', 'refs/tags/v1/2', true],
    ['https://github.com/o/*', 'https://github.com/o/r/evil', false],
    ['https://github.com/o/*', 'https://github.com/o/', true],
    ['a.c', 'abc', false],
  ])('%s and %s: %s', (wanted, actual, expected) => {
    expect(fits(wanted, actual)).toBe(expected);
  });

  it('mean what the same regular expression means', () => {
    fc.assert(
      fc.property(pattern, text, (wanted, actual) => {
        expect(fits(wanted, actual)).toBe(asRegExp(wanted).test(actual));
      }),
      { numRuns: 3000 },
    );
  });

  it('take no more than their time', () => {
    const cpu = startCpu();
    expect(fits(`${'a*'.repeat(250)}b`, 'a'.repeat(8000))).toBe(false);
    expect(cpu()).toBeLessThan(3000);
  });

  it('an exact text is no pattern, and nothing is never right', () => {
    expect(matches({ kind: 'exact', text: 'a*' }, 'ab')).toBe(false);
    expect(matches({ kind: 'exact', text: 'a' }, 'a')).toBe(true);
    expect(matches({ kind: 'pattern', text: '**' }, null)).toBe(false);
  });
});

describe('package selectors', () => {
  it('the most specific one wins', () => {
    const rules = ['*', 'a*', '@s/*', '@s/a*', '@s/ab', 'ab'].map((each) => ({ packages: at(each) }));
    const winner = (name: string): string | undefined => mostSpecific(rules, npm(name))?.packages.text;
    expect(['ab', 'ac', 'c', '@s/ab', '@s/ac', '@s/c', '@t/a'].map(winner)).toEqual([
      'ab',
      'a*',
      '*',
      '@s/ab',
      '@s/a*',
      '@s/*',
      '*',
    ]);
    expect(specificity(at('*'))).toBe(0);
  });

  it('a star stays within its part, but alone it is everything', () => {
    expect(selects(at('a*'), npm('a/b'))).toBe(false);
    expect(selects(at('*'), npm('@s/b'))).toBe(true);
  });

  it('overlap where some name fits both, and only there', () => {
    const names = ['a', 'b', '/'].flatMap((x) =>
      ['', 'a', 'b', '/'].flatMap((y) => ['', 'a', 'b', '/'].map((z) => x + y + z)),
    );
    fc.assert(
      fc.property(glob, glob, (a, b) => {
        const common = names.some((name) => selects(at(a), npm(name)) && selects(at(b), npm(name)));
        if (common) expect(overlap(at(a), at(b))).toBe(true);
        expect(overlap(at(a), at(b))).toBe(overlap(at(b), at(a)));
        if (covers(at(a), at(b)))
          expect(names.every((name) => !selects(at(b), npm(name)) || selects(at(a), npm(name)))).toBe(true);
      }),
      { numRuns: 2000 },
    );
    for (const [a, b] of [
      ['a-*', 'b-*'],
      ['@a/*', 'a*'],
      ['a*b', 'ba*'],
      ['a*', '*/b'],
    ] as const) {
      expect(overlap(at(a), at(b)), `${a} ${b}`).toBe(false);
    }
  });
});

describe('selectors and ecosystems', () => {
  const one = (ecosystem: Ecosystem, name: string): PackageRef => ({ ecosystem, name });

  it.each([
    ['*', null, '*'],
    ['lodash', 'npm', 'lodash'],
    ['npm:lodash', 'npm', 'lodash'],
    ['npm:*', 'npm', '*'],
    ['go:*', 'go', '*'],
    ['go:golang.org/x/*', 'go', 'golang.org/x/*'],
    ['go:github.com/BurntSushi/toml', 'go', 'github.com/BurntSushi/toml'],
  ])('%s', (text, ecosystem, pattern) => {
    expect(readSelector(text)).toEqual({ ecosystem, pattern });
  });

  it.each([
    '',
    ':a',
    'npm:',
    'go:',
    'Npm:a',
    ' npm:a',
    'npm: a',
    'npm:npm:a',
    'go:lodash',
    'golang.org/x/mod',
    'rust:a',
    'a:b',
  ])('%j selects nothing', (text) => {
    expect(readSelector(text)).toBeNull();
  });

  it('a name is one of its ecosystem only', () => {
    expect(selects(at('a.b/c'), one('go', 'a.b/c'))).toBe(false);
    expect(selects(at('go:a.b/c'), one('go', 'a.b/c'))).toBe(true);
    expect(selects(at('go:a.b/c'), one('npm', 'a.b/c'))).toBe(false);
    expect(selects(at('go:*'), one('go', 'a.b/c/d'))).toBe(true);
    expect(selects(at('go:*'), one('npm', 'a'))).toBe(false);
    expect(selects(at('*'), one('go', 'a.b/c'))).toBe(true);
  });

  it('what names the ecosystem is more specific than what does not, and less than any name', () => {
    const rules = ['*', 'go:*', 'go:a.b/*', 'npm:*'].map((each) => ({ packages: at(each) }));
    const winner = (of: PackageRef | null): string | undefined => mostSpecific(rules, of)?.packages.text;
    expect(winner(one('go', 'a.b/c'))).toBe('go:a.b/*');
    expect(winner(one('go', 'a.b/c/d'))).toBe('go:*');
    expect(winner(one('npm', 'c'))).toBe('npm:*');
    expect(winner(null)).toBe('*');
    expect(mostSpecific([{ packages: at('npm:*') }], null)).toBeNull();
  });

  it('two ecosystems have nothing in common', () => {
    expect(overlap(at('go:*'), at('npm:*'))).toBe(false);
    expect(overlap(at('go:*'), at('*'))).toBe(true);
    expect(overlap(at('go:a.b/*'), at('go:*'))).toBe(true);
    expect(covers(at('*'), at('go:*'))).toBe(true);
    expect(covers(at('go:*'), at('*'))).toBe(false);
    expect(covers(at('npm:*'), at('@s/a'))).toBe(true);
    expect(covers(at('npm:a'), at('a'))).toBe(true);
  });
});
