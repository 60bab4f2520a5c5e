import { hash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createFileHash } from '../../src/registries/npm/tarballs/file-hash.ts';

/** The digests of a text that arrives in pieces of so many bytes. */
function digestsOf(text: string, size = text.length || 1): readonly string[] {
  const file = createFileHash();
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) file.update(bytes.subarray(at, at + size));
  return file.digests();
}

const sha256 = (text: string): string => hash('sha256', text);

describe('the digests of a file', () => {
  it.each([
    '',
    'a',
    '#',
    '#!',
    '#!node',
    '#!node\nx\r\ny',
    'x#!node\r\n',
    'a\r\n',
    '#! '.padEnd(3000, 'x'),
    'x'.repeat(5000),
  ])('are one for %j, however it arrives', (text) => {
    for (const size of [1, 2, 7, 4096]) expect(digestsOf(text, size)).toEqual([sha256(text)]);
  });

  it('are two for a command with line ends of Windows', () => {
    const rest = 'a\r\n'.repeat(2000);
    for (const size of [1, 3, 100, 9000]) {
      expect(digestsOf(`#!/usr/bin/env node\r\n${rest}`, size)).toEqual([
        sha256(`#!/usr/bin/env node\r\n${rest}`),
        sha256(`#!/usr/bin/env node\n${rest}`),
      ]);
    }
  });

  it('are one where npm does not look that far for the end of the line', () => {
    expect(digestsOf(`#!${'x'.repeat(2047)}\r\n`)).toHaveLength(1);
    expect(digestsOf(`#!${'x'.repeat(2044)}\r\n`)).toHaveLength(2);
  });
});
