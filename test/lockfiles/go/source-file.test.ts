import { describe, expect, it } from 'vitest';
import { isEmbedded, marksOf } from '../../../src/lockfiles/go/source-file.ts';

const marks = (text: string) => marksOf('a.go', Buffer.from(text));

describe('what a Go source file says of others', () => {
  it('has the patterns of its embed lines, bare and quoted', () => {
    const text =
      'package a\n\n//go:embed data/*.txt all:web "with space/x" `raw`\n\t//go:embed "q\\"q"\r\n// go:embed no\n';
    expect(marks(text)?.embeds).toEqual(['data/*.txt', 'all:web', 'with space/x', 'raw', 'q"q']);
    expect(marks('package a\n')).toEqual({ isIgnored: false, usesC: false, embeds: [] });
    expect(marksOf('a.txt', Buffer.from('//go:embed x'))).toBeNull();
  });

  it('uses C, or is built by hand alone', () => {
    expect(marks('package a\n\nimport "C"\n')?.usesC).toBe(true);
    expect(marks('package a\n\nimport `C`\n')?.usesC).toBe(true);
    expect(marks('//go:build ignore\n\npackage a\n')?.isIgnored).toBe(true);
    expect(marks('package a\n\n//go:build ignore\n')?.isIgnored).toBe(false);
  });

  it.each([
    ['data', 'data/x', true],
    ['data', 'data/x/y.txt', true],
    ['data', 'data/.x', false],
    ['data', 'data/_x/y', false],
    ['all:data', 'data/_x/.y', true],
    ['data/.x', 'data/.x', true],
    ['data/*', 'data/.x', true],
    ['data/*', 'data/d/_x', false],
    ['data/*.txt', 'data/x.txt', true],
    ['data/*.txt', 'data/x.txt/y', true],
    ['data/*.txt', 'data/x.md', false],
    ['*', 'x', true],
    ['*', 'd/x', true],
    ['.', 'd/x', true],
    ['.', '_d/x', false],
    ['data/sub/x', 'data/sub', false],
    ['[', '[', false],
  ])('%s takes in %s: %s', (pattern, path, isTaken) => {
    expect(isEmbedded(pattern, path)).toBe(isTaken);
  });
});
