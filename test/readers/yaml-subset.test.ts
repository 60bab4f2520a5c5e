import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Document, parseAllDocuments, Scalar, visit } from 'yaml';
import { LockfileError } from '../../src/readers/error.ts';
import type { JsonNode } from '../../src/readers/json.ts';
import { parseYaml } from '../../src/readers/yaml-subset.ts';
import { plain } from '../lockfiles/support.ts';

const read = (text: string): unknown => plain(parseYaml('f.yaml', text)[0]?.value);

/** The line a text is refused with, and why. */
function refusal(text: string): readonly [line: number | null, message: string] {
  try {
    parseYaml('f.yaml', text);
  } catch (error) {
    if (error instanceof LockfileError) return [error.line, error.message];
    throw error;
  }
  throw new Error('not refused');
}

describe('values', () => {
  it.each<[string, unknown]>([
    ['', null],
    ['# nothing\n\n', null],
    ['a', 'a'],
    ['a: b', { a: 'b' }],
    ['a:\n  b: c\nd: e\n', { a: { b: 'c' }, d: 'e' }],
    ['a:\n    b:\n     c: d\ne:\n', { a: { b: { c: 'd' } }, e: null }],
    ['a:\n  - b\n  - c: d\n    e: f\n  -\n    g: h\n  - - i\n', { a: ['b', { c: 'd', e: 'f' }, { g: 'h' }, ['i']] }],
    ['a:\n- b\n- c\nd: e', { a: ['b', 'c'], d: 'e' }],
    ['a: {b: c, d: [e, f], g: {}, h: []}', { a: { b: 'c', d: ['e', 'f'], g: {}, h: [] } }],
    ["'a: b': 'it''s'\n\"c\\n\": \"\\x41\\u00e9\\\\\"", { 'a: b': "it's", 'c\n': 'A\u00e9\\' }],
    ['a: true\nb: false\nc: null\nd: ~\ne: True', { a: true, b: false, c: null, d: null, e: true }],
    [
      'a: 5.4\nb: 9\nc: -1\nd: 9.0\ne: 1e5\nf: 0x10\ng: 1_0',
      { a: 5.4, b: 9, c: -1, d: '9.0', e: '1e5', f: '0x10', g: '1_0' },
    ],
    [
      'a: 1.0.0\nb: ^1.0.0 || 2\nc: a#b:c\nd: -x\ne: ?x',
      { a: '1.0.0', b: '^1.0.0 || 2', c: 'a#b:c', d: '-x', e: '?x' },
    ],
    ['a: 1\r\nb:\r\n  c: d\r\n', { a: 1, b: { c: 'd' } }],
    ['a:   b  \n\n  # note\nc: d', { a: 'b', c: 'd' }],
    ['? a\n: b\n? "c"\n:\n  d: e\n? f\n: g: h\n  i: j\nk: l', { a: 'b', c: { d: 'e' }, f: { g: 'h', i: 'j' }, k: 'l' }],
    ['a: |\n  b\n   c\n\n  # d\ne: f', { a: 'b\n c\n\n# d\n', e: 'f' }],
    ['a: |-\n  b\n\n\nc: d', { a: 'b', c: 'd' }],
    ['a: |+\n  b\n\nc: d', { a: 'b\n\n', c: 'd' }],
    ['a: >-\n  b\n  c\n\n  d\n    e\n  f\n', { a: 'b c\nd\n  e\nf' }],
    ['a: |2-\n    b\n  c\n', { a: '  b\nc' }],
    ['- >\n a\n b\n', ['a b\n']],
    ['__proto__: a', JSON.parse('{"__proto__":"a"}')],
  ])('%j', (text, value) => {
    expect(read(text)).toEqual(value);
    // The library is another reader of the same text.
    // It takes further spellings for numbers, and a text without anything for no document.
    if (value === null || text.includes('1e5')) return;
    expect(parseAllDocuments(text).map((each) => each.toJS() as unknown)).toEqual([value]);
  });

  it('are several documents', () => {
    const documents = parseYaml('f.yaml', '---\na: b\n\n---\nc: d\n');
    expect(documents.map(({ value }) => plain(value))).toEqual([{ a: 'b' }, { c: 'd' }]);
    expect(documents.map(({ line }) => line)).toEqual([2, 5]);
  });

  it('have the line of their key or dash', () => {
    const [document] = parseYaml('f.yaml', '# x\na:\n  b: {c: d}\n  ? e\n  : f\ng:\n  - h\n\n  - i\n');
    const root = document?.value as ReadonlyMap<string, JsonNode>;
    const a = root.get('a')?.value as ReadonlyMap<string, JsonNode>;
    const g = root.get('g')?.value as readonly JsonNode[];
    expect([root.get('a')?.line, a.get('b')?.line, a.get('e')?.line, ...g.map(({ line }) => line)]).toEqual([
      2, 3, 4, 7, 9,
    ]);
  });
});

describe('refused with its line', () => {
  it.each([
    ['an anchor', 'a:\n  b: &x c', 2],
    ['an alias', 'a: b\nc: *a', 2],
    ['an alias in braces', 'a: {b: *c}', 1],
    ['a tag', 'a: !!str b', 1],
    ['a tagged key', '!a b: c', 1],
    ['a merge key', 'a:\n  <<: b', 2],
    ['a directive', '%YAML 1.1\n---\na: b', 1],
    ['a document that is ended', 'a: b\n...\nc: d', 2],
    ['something after the marks of a document', 'a: b\n--- c', 2],
    ['a space after the marks of a document', 'a: b\n--- \nc: d', 2],
    ['a key twice', 'a:\n  b: c\n  "b": d', 3],
    ['a key twice in braces', 'a: {b: c, b: d}', 1],
    ['a key that is a number to some', '0x10: a', 1],
    ['a key that is another number to some', '1.0: a', 1],
    ['a key that is a word to some', 'True: a', 1],
    ['a tab as indentation', 'a:\n\tb: c', 2],
    ['a tab in a value', 'a: b\tc', 1],
    ['a plain scalar of two lines', 'a: b\n  c', 2],
    ['a quoted scalar of two lines', "a: 'b\n  c'", 1],
    ['a double-quoted scalar of two lines', 'a: "b\n  c"', 1],
    ['an unknown escape', 'a: "\\q"', 1],
    ['an escape beyond Unicode', 'a: "\\U00110000"', 1],
    ['braces of two lines', 'a: {b: c,\n  d: e}', 1],
    ['braces that are not closed', 'a: {b: c', 1],
    ['a comma too many', 'a: [b, ]', 1],
    ['a key without a value in braces', 'a: {b}', 1],
    ['something after braces', 'a: {b: c} d', 1],
    ['something after quotes', "a: 'b' c", 1],
    ['a comment after a value', 'a: b # c', 1],
    ['a mapping in a value', 'a: b: c', 1],
    ['a list in a value', 'a: - b', 1],
    ['deeper indentation without reason', 'a: b\n  c: d', 2],
    ['indentation between two levels', 'a:\n    b: c\n  d: e', 3],
    ['a scalar among keys', 'a: b\nc', 2],
    ['a list among keys', 'a: b\n- c', 2],
    ['a value beside the sign of a text', 'a: | b', 1],
    ['spaces at the very end of a text', 'a: |1\n  ', 2],
    ['NUL', 'a: b\nc: \0', 2],
    ['a carriage return alone', 'a: b\rc: d', 1],
    ['another control character', 'a: \u0085', 1],
    ['a long key without its value', '? a\nb: c', 2],
    ['a reserved character', 'a: @b', 1],
  ])('%s', (_what, text, line) => {
    const [at, message] = refusal(text);
    expect([at, message]).toEqual([line, expect.stringMatching(/^f\.yaml:\d+: [^\p{C}]+$/u)]);
  });

  it('nesting beyond 64 levels, however it is written', () => {
    const nested = (depth: number): string =>
      Array.from({ length: depth }, (_, index) => `${' '.repeat(index)}a:\n`).join('');
    expect(() => parseYaml('f', nested(60))).not.toThrow();
    for (const text of [
      nested(70),
      nested(5000),
      '- '.repeat(100_000),
      `a: ${'['.repeat(100_000)}`,
      '{a: '.repeat(100_000),
    ]) {
      expect(refusal(text)[1]).toContain('deeper than 64 levels');
    }
  });
});

describe('what the library writes', () => {
  const text = fc.oneof(
    fc.string({ maxLength: 12 }),
    fc.constantFrom(
      'a',
      '^1.0.0',
      '>=6',
      '@s/a',
      'a: b',
      'a #b',
      '- a',
      '',
      'true',
      '0x1',
      '1e3',
      '~',
      "it's",
      'a\nb',
      ' a',
      '\u00e9',
    ),
  );
  const value = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      text,
      fc.boolean(),
      fc.integer({ min: -1000, max: 1000 }),
      fc.constant(null),
      fc.array(tie('value'), { maxLength: 4 }),
      fc.dictionary(text, tie('value'), { maxKeys: 4 }),
    ),
  })).value;
  /** As current pnpm writes: flow for what is short, no folding. */
  const written = (content: unknown, flow: boolean): string => {
    const document = new Document(content);
    visit(document, {
      Collection: (_key, node) => {
        if (flow) node.flow = true;
      },
      Scalar: (_key, node) => {
        if (typeof node.value === 'string' && node.value.includes('\n')) node.type = Scalar.QUOTE_DOUBLE;
      },
    });
    return document.toString({
      lineWidth: 0,
      singleQuote: true,
      flowCollectionPadding: false,
      blockQuote: false,
      doubleQuotedMinMultiLineLength: 1e9,
    });
  };

  it('is read as the same value, or refused', () => {
    let read = 0;
    let refused = 0;
    fc.assert(
      fc.property(fc.dictionary(text, value, { maxKeys: 5 }), fc.boolean(), (content, flow) => {
        const yaml = written(content, flow);
        try {
          expect(plain(parseYaml('f', yaml)[0]?.value)).toEqual(content);
          read += 1;
        } catch (error) {
          if (!(error instanceof LockfileError)) throw error;
          refused += 1;
        }
      }),
      { numRuns: 3000 },
    );
    expect(read).toBeGreaterThan(4 * refused);
  });

  it('whatever the text: the same value as the library, or refused', () => {
    const piece = fc.constantFrom(
      'a',
      'b',
      ': ',
      ':',
      '\n',
      '\n  ',
      '- ',
      '{',
      '}',
      '[',
      ']',
      ', ',
      "'",
      '"',
      '|',
      '>-',
      '? ',
      '#',
      ' ',
      '&',
      '*',
      '!',
      '---\n',
      '1',
      '~',
      '\\n',
    );
    let read = 0;
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 14 }), (pieces) => {
        const yaml = pieces.join('');
        let ours: unknown;
        try {
          ours = parseYaml('f', yaml).map((each) => plain(each.value));
        } catch (error) {
          if (error instanceof LockfileError) return;
          throw error;
        }
        const theirs = parseAllDocuments(yaml, { uniqueKeys: true });
        const values = Array.isArray(theirs) ? theirs.map((each) => each.toJS() as unknown) : [];
        expect(values.length === 0 ? [null] : values).toEqual(ours);
        expect(theirs.flatMap(({ errors }) => errors)).toEqual([]);
        read += 1;
      }),
      { numRuns: 20_000 },
    );
    expect(read).toBeGreaterThan(1000);
  });
});
