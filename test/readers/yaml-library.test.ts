import { describe, expect, it } from 'vitest';
import { format } from 'prettier';
import { LockfileError, parseLockfile } from '../../src/lockfiles/index.ts';
import { parseFormattedYaml } from '../../src/readers/yaml-library.ts';
import { parseYaml } from '../../src/readers/yaml-subset.ts';
import { plain, sha512 } from '../lockfiles/support.ts';

const A = sha512('a');
const LOCK = `lockfileVersion: '9.0'

settings:
  autoInstallPeers: true

importers:

  .:
    dependencies:
      '@s/b':
        specifier: ^1.0.0
        version: 1.0.0

packages:

  '@s/b@1.0.0':
    resolution: {integrity: ${A}, tarball: https://registry.example/@s/b/-/b-1.0.0.tgz}
    engines: {node: '>=10'}
    deprecated: this is a text that says at some length, and over more than eighty columns, that there is another one

snapshots:

  '@s/b@1.0.0': {}
`;
const read = (text: string): unknown =>
  parseLockfile('pnpm-lock.yaml', Buffer.from(text)).dependencies.map(({ places, ...one }) => [one, places.length]);

describe('a lockfile that something else wrote anew', () => {
  it('is read where Prettier formatted it', async () => {
    const formatted = await format(LOCK, { parser: 'yaml' });
    expect(formatted).not.toBe(LOCK);
    expect(() => parseYaml('f', formatted)).toThrow(LockfileError);
    expect(read(formatted)).toEqual(read(LOCK));
    const [line] = parseLockfile('pnpm-lock.yaml', Buffer.from(formatted)).dependencies.map(
      ({ places }) => places[0]?.line,
    );
    expect(formatted.split('\n')[(line ?? 0) - 1]).toContain('@s/b@1.0.0');
  });

  it.each([
    ['braces over lines', 'a: {\n  b: c,\n  d: [e,\n    f],\n}\n', { a: { b: 'c', d: ['e', 'f'] } }],
    ['folded texts', 'a: b\n  c\nd: "e\n  f"\n', { a: 'b c', d: 'e f' }],
    ['comments', 'a: b # c\n# d\ne: f\n', { a: 'b', e: 'f' }],
    ['numbers and words', 'a: 1\nb: true\nc: null\nd: [ ]\n', { a: 1, b: true, c: null, d: [] }],
    ['a tab before a comment', 'a: b\t# c\n', { a: 'b' }],
  ])('is read with %s', (_what, text, value) => {
    expect(parseFormattedYaml('f', text).map((node) => plain(node.value))).toEqual([value]);
  });

  it.each([
    ['an anchor', 'a: &x b\n'],
    ['an alias', 'a: &x b\nc: *x\n'],
    ['a tag', 'a: !!str b\n'],
    ['a merge key', 'a: {<<: {b: c}}\n'],
    ['a key twice', 'a: b\n"a": c\n'],
    ['a key that is a number', '1: b\n'],
    ['a key that is a spelling of a word', 'True: b\n'],
    ['a key that is a mapping', '? {a: b}\n: c\n'],
    ['a number that is spelled in several ways', 'a: 1.10\n'],
    ['an octal number', 'a: 0o17\n'],
    ['a directive', '%YAML 1.1\n---\na: b\n'],
    ['more than a mark between documents', '--- a\n'],
    ['a mark of an end', 'a: b\n...\n'],
    ['an error', 'a: [b\n'],
    ['depth', `a: ${'['.repeat(30)}${']'.repeat(30)}\n`],
    ['depth of lists', `${'- '.repeat(40)}a\n`],
    ['depth of brackets that never end', '['.repeat(100_000)],
    ['a very large text', `a: "${'b'.repeat(9 * 1024 * 1024)}"\n`],
  ])('is refused with %s', (_what, text) => {
    expect(() => parseFormattedYaml('f', text)).toThrow(LockfileError);
  });
});

describe('white space', () => {
  it.each(['\u00a0', '\ufeff', '\u3000', '\u2028', '\u2029', '\u1680', '\u200b'])(
    'is a space or a tab, and not %j',
    (char) => {
      for (const text of [`a: b${char}\n`, `a: [b${char}]\n`, `a: ${char}b\n`]) {
        const found = JSON.stringify(plain(parseYaml('f', text)[0]?.value ?? null));
        expect(found).toContain(char);
      }
      expect(plain(parseYaml('f', `? b${char}\n: c\n`)[0]?.value)).toEqual({ [`b${char}`]: 'c' });
      expect(() => read(LOCK.replaceAll('1.0.0\n', `1.0.0${char}\n`))).toThrow(LockfileError);
      expect(() => read(LOCK.replace('version: 1.0.0', `version: 1.0.0${char}`))).toThrow(LockfileError);
      const [found] = parseLockfile(
        'pnpm-lock.yaml',
        Buffer.from(LOCK.replace('integrity:', `integrity${char}:`)),
      ).dependencies;
      expect(found?.artifacts[0].digests).toEqual([]);
    },
  );
});
