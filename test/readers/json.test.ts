import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LockfileError } from '../../src/lockfiles/index.ts';
import { parseJson, type JsonNode, type JsonObject } from '../../src/readers/json.ts';
import { plain } from '../lockfiles/support.ts';

function read(text: string): { readonly value: unknown } | { readonly error: LockfileError } {
  try {
    return { value: plain(parseJson('x.json', text).value) };
  } catch (error) {
    if (error instanceof LockfileError) return { error };
    throw error;
  }
}

function accepted(text: string): { readonly value: unknown } | null {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return null;
  }
}

/** What JSON.stringify writes of a value, indented: each value with the line it stands on, the order of keys too. */
function written(value: unknown, next = { line: 0 }): unknown {
  const line = (next.line += 1);
  if (typeof value !== 'object' || value === null) return [line, { value }];
  const members = Object.entries(value).map(([key, member]) => [key, written(member, next)]);
  // The closing bracket has a line of its own, unless there is nothing before it.
  if (members.length > 0) next.line += 1;
  return [line, Array.isArray(value) ? { items: members.map(([, member]) => member) } : members];
}

function listed({ line, value }: JsonNode): unknown {
  if (value instanceof Map) return [line, [...(value as JsonObject)].map(([key, node]) => [key, listed(node)])];
  return [line, Array.isArray(value) ? { items: (value as readonly JsonNode[]).map(listed) } : { value }];
}

/** Values whose objects have a key once, as JSON.stringify writes them. */
const json = fc.json({ maxDepth: 5 });

describe('parseJson', () => {
  it('reads what JSON.parse reads', () => {
    fc.assert(
      fc.property(json, fc.constantFrom(undefined, 1, '\t'), (text, indent) => {
        const value = JSON.parse(text) as unknown;
        expect(read(JSON.stringify(value, null, indent))).toEqual({ value });
      }),
    );
  });

  it('accepts nothing that JSON.parse refuses, and refuses nothing that it accepts', () => {
    const damaged = fc
      .tuple(
        json,
        fc.nat(),
        fc.nat({ max: 3 }),
        fc.constantFrom(
          '',
          ',',
          '"',
          '\\',
          '{',
          ']',
          '0',
          '-',
          '.',
          'e',
          ' ',
          '\u0001',
          '\u00a0',
          'tru',
          '\\u12',
          '/**/',
        ),
      )
      .map(([text, at, length, insert]) => {
        const index = at % (text.length + 1);
        return text.slice(0, index) + insert + text.slice(index + length);
      });
    fc.assert(
      fc.property(
        fc.oneof(
          damaged,
          fc.string(),
          fc.string({ unit: fc.constantFrom(...Array.from('{}[]:,"\\0123.eE+-truefalsn \n')) }),
        ),
        (text) => {
          const ours = read(text);
          const theirs = accepted(text);
          if (theirs !== null && 'error' in ours) expect(ours.error.message).toContain('stands twice');
          else expect('value' in ours ? ours : null).toEqual(theirs);
        },
      ),
      { numRuns: 3000 },
    );
  });

  it.each([
    '1',
    '-0',
    '1.5e-7',
    '1E400',
    '"\\ud800\\n\\/"',
    'true',
    'null',
    '[]',
    '{}',
    ' [ 1 , 2 ] ',
    '{"a":{"b":[null]}}\r\n',
  ])('reads %j', (text) => expect(read(text)).toEqual({ value: JSON.parse(text) as unknown }));

  it.each([
    '',
    ' ',
    '01',
    '+1',
    '.5',
    '1.',
    '1e',
    '- 1',
    'NaN',
    'tru',
    'truex',
    '[1,]',
    '[,1]',
    '{,}',
    '{"a":1,}',
    '{"a"}',
    '{a:1}',
    "{'a':1}",
    '"a',
    '"\n"',
    '"\\x"',
    '"\\',
    '[1 2]',
    '1 2',
    '// c\n1',
    '[',
    '{"a":',
    ']',
  ])('refuses %j with the file and the line', (text) => {
    expect(accepted(text)).toBeNull();
    const outcome = read(text);
    expect('error' in outcome && outcome.error.message).toMatch(/^x\.json:1: not valid JSON: .+ expected .+; /);
  });

  it('gives the line of each key, whatever the line breaks within white space', () => {
    const root = parseJson('x', '{\r\n "a": 1,\n\n "b":\n  {"c": [\n 2]}}').value as JsonObject;
    const b = root.get('b');
    const c = (b?.value as JsonObject).get('c');
    expect([root.get('a')?.line, b?.line, c?.line, (c?.value as JsonNode[])[0]?.line]).toEqual([2, 4, 5, 6]);
  });

  it('gives the values, order and lines of what JSON.stringify writes', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), fc.constantFrom(1, 2, 4, '\t', 10), (value, indent) => {
        const text = `${JSON.stringify(value, null, indent)}\n`;
        // It writes 0 for -0.
        expect(listed(parseJson('x', text))).toStrictEqual(written(JSON.parse(text)));
      }),
      { numRuns: 2000 },
    );
  });

  it('reads keys with an escape, whatever stood at their place before', () => {
    const text = (key: string): string => `${JSON.stringify([{ ' ': 1, [key]: 2 }], null, 1)}\n`;
    for (const key of ['\\', '"', '\ud800', '\\', '\b', '"']) {
      expect(plain(parseJson('x', text(key)).value)).toStrictEqual([{ ' ': 1, [key]: 2 }]);
    }
  });

  it('says where the text stops being JSON', () => {
    expect(() => parseJson('dir/x.json', '{\n  "a": 1\n  "b": 2\n}')).toThrow(
      'dir/x.json:3: not valid JSON: a comma expected at column 3;',
    );
    expect(() => parseJson('x', '{\n"a": [1,\n')).toThrow(
      'x:3: not valid JSON: a value expected before the end of the file;',
    );
  });

  it('refuses a key that stands twice, also spelled with an escape', () => {
    expect(() => parseJson('x', '{\n"a": 1,\n"a": 2}')).toThrow(
      'x:3: the key "a" stands twice in one object, first in line 2',
    );
    expect(() => parseJson('x', '[{"a": 1, "\\u0061": 2}]')).toThrow('stands twice');
    expect(() => parseJson('x', '{"__proto__": 1, "__proto__": 2}')).toThrow('stands twice');
  });

  it('keeps keys that are special to objects as they are', () => {
    const root = parseJson('x', '{"2":0,"__proto__":{"version":"1"},"1":0,"constructor":0}').value as JsonObject;
    expect([...root.keys()]).toEqual(['2', '__proto__', '1', 'constructor']);
    expect(Object.getPrototypeOf({})).toBe(Object.prototype);
  });

  it('bounds depth', () => {
    const nested = (depth: number): string => `${'[{"a":'.repeat(depth / 2)}1${'}]'.repeat(depth / 2)}`;
    expect(read(nested(64))).toHaveProperty('value');
    expect(() => parseJson('x', nested(66))).toThrow('deeper than 64 levels');
    expect(read(`${'['.repeat(64)}${']'.repeat(64)}`)).toHaveProperty('value');
    expect(read('['.repeat(1_000_000))).toHaveProperty(
      'error.message',
      expect.stringContaining('deeper than 64 levels'),
    );
    expect(read('{"a":'.repeat(66))).toHaveProperty('error.message', expect.stringContaining('deeper than 64 levels'));
  });

  it('bounds the number of values', () => {
    const outcome = read(`[${'1,'.repeat(3_000_000)}1]`);
    expect(outcome).toHaveProperty('error.message', expect.stringContaining('more than 3000000 values'));
  });
});
