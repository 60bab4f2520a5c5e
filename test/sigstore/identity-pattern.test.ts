import { describe, expect, it } from 'vitest';
import { compilePattern, PatternError } from '../../src/sigstore/identity-pattern.ts';
import { startCpu } from '../support/cpu.ts';

/** A generator of numbers below `max`, the same in every run. */
function numbers(seed: number): (max: number) => number {
  let state = seed;
  return (max) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * max);
  };
}

const ATOMS = ['a', 'b', '.', '[ab]', '[^a]', '[a-c]', '\\w', '\\D', '\\.', '(a|b)', '(?:ab|)', '(a(b|c)*)', '-', '/'];
const REPEATS = ['', '', '', '*', '+', '?', '{2}', '{0,2}', '{1,}'];

describe('a regular expression for identities', () => {
  it('matches what JavaScript matches with the whole text, for expressions and texts at random', () => {
    const below = numbers(7);
    const pick = <T>(from: readonly T[]): T => from[below(from.length)] ?? expect.fail('empty');
    let matched = 0;
    for (let round = 0; round < 1000; round++) {
      const part = (): string => Array.from({ length: 1 + below(4) }, () => pick(ATOMS) + pick(REPEATS)).join('');
      const pattern = below(4) === 0 ? `${part()}|${part()}` : part();
      const matches = compilePattern(below(3) === 0 ? `^${pattern}$` : pattern);
      const oracle = new RegExp(`^(?:${pattern})$`, 'u');
      for (let i = 0; i < 8; i++) {
        const text = Array.from({ length: below(6) }, () =>
          pick(['a', 'b', 'c', '.', '-', '/', '1', '\n', 'é', '😀']),
        ).join('');
        const expected = oracle.test(text);
        expect(matches(text), `${pattern} of ${JSON.stringify(text)}`).toBe(expected);
        if (expected) matched += 1;
      }
    }
    expect(matched).toBeGreaterThan(500);
  });

  it('is about the whole text, with and without anchors, and a star stands for nothing more', () => {
    const identity = 'https://github.com/team/p/.github/workflows/release.yml@refs/heads/main';
    const holds = (pattern: string): boolean => compilePattern(pattern)(identity);
    expect(holds('https://github\\.com/team/.*')).toBe(true);
    expect(
      holds('^https://github\\.com/team/p/\\.github/workflows/release\\.yml@refs/(heads/main|tags/v[0-9.]+)$'),
    ).toBe(true);
    for (const part of [
      'https://github\\.com/team/',
      'github\\.com/team/.*',
      '',
      'main',
      '^https',
      'main$',
      'x|team|y',
    ]) {
      expect(holds(part), part).toBe(false);
    }
    expect(compilePattern('a|b.*')('ab')).toBe(false);
    expect(compilePattern('^a|b$')('axxx')).toBe(false);
    expect(compilePattern('a\\$')('a$')).toBe(true);
    expect(compilePattern('a\\\\$')('a\\')).toBe(true);
  });

  it('takes no time to speak of for expressions that others try again and again', () => {
    const text = `${'a'.repeat(4000)}!`;
    for (const pattern of [
      '(a+)+',
      '(a|a)*',
      '(a|aa)+b',
      '(.*)*x',
      '([a-z]+)*$',
      `${'a?'.repeat(100)}${'a'.repeat(100)}`,
    ]) {
      const spent = startCpu();
      expect(compilePattern(pattern)(text)).toBe(false);
      expect(spent(), pattern).toBeLessThan(2000);
    }
    expect(compilePattern('.*')('a'.repeat(5000))).toBe(false);
  });

  it.each([
    '(',
    ')',
    '(a',
    'a)',
    '[a',
    '*a',
    'a**',
    'a*?',
    'a++',
    'a{2',
    'a{3,2}',
    'a{101}',
    'a{,2}',
    'a{1,2',
    '\\',
    'a\\b',
    '\\1',
    '\\pL',
    '(?=a)',
    '(?i)a',
    '(?<n>a)',
    'a^b',
    'a$b',
    '[z-a]',
    '[\\d-z]',
    '[[:alpha:]]',
    '(a{100}){100}',
    '('.repeat(60),
    'a'.repeat(1001),
  ])('%s is refused', (pattern) => {
    expect(() => compilePattern(pattern)).toThrow(PatternError);
  });
});
