import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseIntegrity } from '../../src/lockfiles/index.ts';

const hash = (algorithm: string, text = 'x', encoding: 'hex' | 'base64' = 'base64'): string =>
  createHash(algorithm).update(text).digest(encoding);

describe('parseIntegrity', () => {
  it.each(['md5', 'sha1', 'sha256', 'sha384', 'sha512'])('reads %s', (algorithm) => {
    expect(parseIntegrity(`${algorithm}-${hash(algorithm)}`)).toEqual([
      { algorithm, hex: hash(algorithm, 'x', 'hex') },
    ]);
  });

  it('reads several hashes in their order, also of one algorithm, and ignores options', () => {
    const text = ` sha512-${hash('sha512', 'a')}?foo=bar?baz  sha1-${hash('sha1', 'b')}\nsha512-${hash('sha512', 'c')} `;
    expect(parseIntegrity(text)).toEqual([
      { algorithm: 'sha512', hex: hash('sha512', 'a', 'hex') },
      { algorithm: 'sha1', hex: hash('sha1', 'b', 'hex') },
      { algorithm: 'sha512', hex: hash('sha512', 'c', 'hex') },
    ]);
  });

  it.each([
    ['nothing', ''],
    ['white space', ' \n '],
    ['no algorithm', hash('sha512')],
    ['an unknown algorithm', `sha224-${hash('sha224')}`],
    ['an algorithm in upper case', `SHA512-${hash('sha512')}`],
    ['an inherited property as algorithm', `constructor-${hash('sha512')}`],
    ['no hash', 'sha512-'],
    ['hex', `sha512-${hash('sha512', 'x', 'hex')}`],
    ['a hash of another algorithm', `sha512-${hash('sha256')}`],
    ['one byte too few', `sha512-${Buffer.alloc(63).toString('base64')}`],
    ['one byte too many', `sha512-${Buffer.alloc(65).toString('base64')}`],
    ['no padding', `sha512-${hash('sha512').replace(/=+$/, '')}`],
    ['bits after the end', `sha512-${hash('sha512').replace(/.==$/, 'h==')}`],
    ['the URL alphabet', `sha512-${Buffer.alloc(64, 0xff).toString('base64url')}==`],
    ['a character outside base64', `sha512-${hash('sha512').replace(/^../, '!!')}`],
    ['a good hash and a bad one', `sha512-${hash('sha512')} sha512-AAAA`],
    ['control characters in options', `sha512-${hash('sha512')}?\u001b[31m`],
    ['far too much', `sha1-${hash('sha1')} `.repeat(1000)],
  ])('refuses %s', (_what, text) => {
    expect(() => parseIntegrity(text)).toThrow(SyntaxError);
  });

  it('reads back what was hashed, and fails on anything else with SyntaxError only', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const digest = createHash('sha512').update(bytes).digest();
        expect(parseIntegrity(`sha512-${digest.toString('base64')}`)[0]?.hex).toBe(digest.toString('hex'));
      }),
    );
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          parseIntegrity(`sha1-${text}`);
        } catch (error) {
          expect(error).toBeInstanceOf(SyntaxError);
        }
      }),
    );
  });
});
