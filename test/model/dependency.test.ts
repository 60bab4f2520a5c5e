import { hashText } from '../../src/model/hash.ts';
import { describe, expect, it } from 'vitest';
import { byteDigests, type Digest, type DirHash } from '../../src/model/dependency.ts';
import { parseIntegrity, sri } from '../../src/readers/integrity.ts';

const sha512: Digest = { algorithm: 'sha512', hex: 'ab'.repeat(64) };
/** As many bytes as a SHA-256, which it is not of the bytes. */
const h1: DirHash = { algorithm: 'h1', hex: 'cd'.repeat(32) };

describe('a hash of the files in an archive', () => {
  it('is none of its bytes', () => {
    expect(byteDigests({ digests: [h1, sha512, h1] })).toEqual([sha512]);
    expect(byteDigests({ digests: [h1] })).toEqual([]);
    // @ts-expect-error -- what takes a hash of bytes takes no other
    sri(h1);
  });

  it('is written as go.sum has it, and never as Subresource Integrity', () => {
    expect(hashText(h1)).toBe(`h1:${Buffer.from(h1.hex, 'hex').toString('base64')}`);
    expect(hashText(sha512)).toBe(sri(sha512));
    expect(() => parseIntegrity(hashText(h1))).toThrow(SyntaxError);
    expect(() => parseIntegrity(hashText(h1).replace(':', '-'))).toThrow(SyntaxError);
  });
});
