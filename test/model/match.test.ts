import { describe, expect, it } from 'vitest';
import { pathFits } from '../../src/model/match.ts';
import { startCpu } from '../support/cpu.ts';

describe('a pattern for paths', () => {
  it.each([
    ['packages/*', ['packages/a'], ['packages', 'packages/a/b', 'other/a']],
    ['packages/**', ['packages', 'packages/a', 'packages/a/b'], ['packagesa', 'a/packages']],
    ['**/test', ['test', 'a/test', 'a/b/test'], ['test/a', 'atest']],
    ['a/**/b', ['a/b', 'a/x/b', 'a/x/y/b'], ['a', 'b', 'ab']],
    ['./a-*/', ['a-', 'a-b'], ['a', 'b/a-b']],
    ['a**c', ['ac', 'abc'], ['a/c', 'a/b/c']],
    ['v?', ['v1'], ['v', 'v12', 'v/']],
    ['', [], ['', 'a']],
    ['*', ['a', ''], ['a/b']],
  ])('%s', (pattern, fitting, others) => {
    for (const path of fitting) expect(pathFits(pattern, path), path).toBe(true);
    for (const path of others) expect(pathFits(pattern, path), path).toBe(false);
  });

  it('costs no more than the product of both lengths', () => {
    const cpu = startCpu();
    expect(pathFits('a*'.repeat(250), `${'a'.repeat(8000)}b/`)).toBe(false);
    expect(pathFits('**/a/'.repeat(250), 'a/'.repeat(8000))).toBe(false);
    expect(cpu()).toBeLessThan(3000);
  });
});
