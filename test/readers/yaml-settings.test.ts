import { describe, expect, it } from 'vitest';
import { LockfileError } from '../../src/readers/error.ts';
import { parseSettings } from '../../src/readers/yaml-settings.ts';

const read = (text: string): unknown => parseSettings('x.yaml', text);

describe('settings in YAML', () => {
  it.each([
    ['nothing', '# a\n\n', null],
    ['a byte order mark', '\uFEFFa: 1\n', { a: 1 }],
    ['the start of a document', '---\na: b\n', { a: 'b' }],
    ['an anchor', 'x: &a 1\nlockfileDir: other\n', { x: 1, lockfileDir: 'other' }],
    ['an alias', 'x: &a [1, b]\ny: *a\n', { x: [1, 'b'], y: [1, 'b'] }],
    ['an anchor given anew', 'x: &a 1\ny: *a\nz: &a 2\nw: *a\n', { x: 1, y: 1, z: 2, w: 2 }],
    [
      'a merged mapping, which its own keys outrank',
      'x: &x {a: 1, b: 2}\n<<: *x\na: 3\n',
      { x: { a: 1, b: 2 }, a: 3, b: 2 },
    ],
    ['several, of which the first outranks', '<<: [{a: 1}, {a: 2, b: 2}]\n', { a: 1, b: 2 }],
    ['two marks in quotes', "'<<': {a: 1}\n", { '<<': { a: 1 } }],
    ['a tag of the language', 'a: !!bool false\nb: !!str 1\n', { a: false, b: '1' }],
    ['keys that are no texts', '1: a\ntrue: b\n', { 1: 'a', true: 'b' }],
    ['a key of objects', '__proto__: {a: 1}\n', JSON.parse('{"__proto__":{"a":1}}') as unknown],
    ['JSON', '{"a": "\\u00e9", "b": [true, null]}', { a: 'é', b: [true, null] }],
    ['long lines', `a: ${'b'.repeat(5000)}\n`, { a: 'b'.repeat(5000) }],
  ])('are read with %s', (_, text, value) => {
    expect(read(text)).toEqual(value);
  });

  it.each([
    ['a directive', '%YAML 1.2\n---\na: 1\n'],
    ['a second document', 'a: 1\n---\na: 2\n'],
    ['an unknown tag', 'a: !x 1\n'],
    ['an alias of nothing', 'a: *b\n'],
    ['an alias of what it is in', 'a: &a\n  b: *a\n'],
    ['a key twice', 'a: 1\na: 2\n'],
    ['a key twice, in quotes', 'a: 1\n"a": 2\n'],
    ['a mapping for a key', '? {a: 1}\n: 2\n'],
    ['merging a text', '<<: a\n'],
    ['no end', 'a: [\n'],
    ['depth', `a: ${'['.repeat(5000)}`],
    [
      'depth by aliases',
      `a0: &a0 [1]\n${Array.from({ length: 40 }, (_, i) => `a${i + 1}: &a${i + 1} [*a${i}]\n`).join('')}`,
    ],
    [
      'more than fits by aliases',
      `a0: &a0 [1]\n${Array.from({ length: 9 }, (_, i) => `a${i + 1}: &a${i + 1} [${`*a${i},`.repeat(9)}]\n`).join('')}`,
    ],
    ['a megabyte', `a: 1\n#${'x'.repeat(1024 * 1024)}`],
  ])('are refused in one line with %s', (_, text) => {
    expect(() => read(text)).toThrow(LockfileError);
    expect(() => read(text)).toThrow(/^x\.yaml(:\d+)?: [^\n]+; what it says cannot be followed: write it plainly$/);
  });
});
