import { expect, it } from 'vitest';
import { createLru } from '../../src/net/lru.ts';

it('makes a value once while it is kept, and keeps those that were used last', () => {
  const made: string[] = [];
  const kept = createLru<string>(2);
  const get = (key: string): string =>
    kept.get(key, () => {
      made.push(key);
      return `value of ${key}`;
    });
  expect([get('a'), get('b'), get('a'), get('c')]).toEqual(['value of a', 'value of b', 'value of a', 'value of c']);
  expect(made).toEqual(['a', 'b', 'c']);
  expect([kept.has('a'), kept.has('b'), kept.has('c')]).toEqual([true, false, true]);
  get('b');
  expect(made).toEqual(['a', 'b', 'c', 'b']);
});
