import { crc32, deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readZip, ZipError, type ZipEntry } from '../../src/readers/zip.ts';
import { zipOf, type Part, type Shape } from './zip-archive.ts';
import { startCpu } from '../support/cpu.ts';

const LIMITS = { entries: 1000, bytes: 1024 * 1024 };
const read = (archive: Buffer): readonly [string, string | null][] =>
  readZip(archive, LIMITS).map((entry: ZipEntry) => [entry.path, entry.isFolder ? null : entry.content().toString()]);
const problemOf = (archive: Buffer): string => {
  try {
    read(archive);
  } catch (error) {
    if (error instanceof ZipError) return error.message;
    throw error;
  }
  return 'read';
};
const one: Part = { name: 'a', content: 'content of a' };
const big = 'x'.repeat(10_000);
const field = (id: number, bytes: Buffer): Buffer => {
  const header = Buffer.alloc(4);
  header.writeUInt16LE(id, 0);
  header.writeUInt16LE(bytes.length, 2);
  return Buffer.concat([header, bytes]);
};

describe('a zip archive', () => {
  it('may repeat the sizes of an entry in a zip64 field of its own header, and say no others there', () => {
    const sizes = (size: number, packed: number): Buffer => {
      const bytes = Buffer.alloc(16);
      bytes.writeBigUInt64LE(BigInt(size), 0);
      bytes.writeBigUInt64LE(BigInt(packed), 8);
      return field(1, bytes);
    };
    const { length } = deflateRawSync(Buffer.from('content of a'));
    const problem = (extra: Buffer): string => problemOf(zipOf([{ ...one, local: { extra } }]));
    expect(problem(sizes(12, length))).toBe('read');
    expect(problem(sizes(13, length))).toMatch(/overrides a header/);
    expect(problem(sizes(12, length + 1))).toMatch(/overrides a header/);
    expect(problem(Buffer.concat([sizes(12, length), sizes(12, length)]))).toMatch(/overrides a header/);
    expect(problemOf(zipOf([{ ...one, extra: sizes(12, length) }]))).toMatch(/overrides a header/);
  });

  it('gives its entries in the order of its directory', () => {
    const parts: readonly Part[] = [
      { name: 'b/', content: '' },
      { name: 'b/c', content: big },
      { name: 'a', content: 'stored', method: 'stored', mode: 0o100755 },
      { name: 'é/ü', content: 'x', descriptor: 'signed' },
      { name: 'bare', content: 'y', descriptor: 'bare', comment: 'a comment' },
      { name: 'empty', content: '', extra: field(0x5455, Buffer.alloc(5)) },
    ];
    expect(read(zipOf(parts, { comment: 'why' }))).toEqual([
      ['b/', null],
      ['b/c', big],
      ['a', 'stored'],
      ['é/ü', 'x'],
      ['bare', 'y'],
      ['empty', ''],
    ]);
    expect(read(zipOf([]))).toEqual([]);
  });

  it.each<[string, readonly Part[], Shape?]>([
    ['bytes after its end', [one], { after: Buffer.from('x') }],
    ['bytes after its end', [one], { comment: 'PK\x05\x06'.padEnd(40, 'x') }],
    ['that is not right before', [one], { before: Buffer.from('#!/bin/sh\n'), start: 0 }],
    ['overlap, or bytes between', [one], { before: Buffer.from('#!/bin/sh\n') }],
    ['overlap, or bytes between', [{ ...one, after: Buffer.from('x') }, { name: 'b' }]],
    ['belong to no entry', [{ ...one, after: Buffer.from('x') }]],
    ['overlap', [one, { name: 'b', content: 'c', central: { offset: 0 } }]],
    ['another number of entries', [one], { count: 2 }],
    ['zip64', [one], { count: 0xffff }],
    ['zip64', [one], { start: 0xffffffff }],
    ['zip64', [one], { beforeEnd: Buffer.from('PK\x06\x07'.padEnd(20, '\0')) }],
    ['zip64', [{ ...one, central: { size: 0xffffffff } }]],
    ['zip64', [{ ...one, comment: 'PK\x06\x07'.padEnd(20, '\0') }]],
    ['overrides a header', [{ ...one, extra: field(1, Buffer.alloc(16)) }]],
    ['overrides a header', [{ ...one, local: { extra: field(1, Buffer.alloc(16)) } }]],
    ['overrides a header', [{ ...one, extra: field(0x7075, Buffer.from('\x01....b')) }]],
    ['extra fields that cannot be read', [{ ...one, extra: Buffer.from('UTxx') }]],
    ['own header says other', [{ ...one, local: { name: 'b' } }]],
    ['own header says other', [{ ...one, local: { size: 3 } }]],
    ['own header says other', [{ ...one, local: { crc: 3 } }]],
    ['own header says other', [{ ...one, central: { name: 'b' } }]],
    ['neither a file nor a folder', [{ ...one, mode: 0o120777 }]],
    ['neither a file nor a folder', [{ ...one, mode: 0o040755 }]],
    ['encrypted', [{ ...one, flags: 1 }]],
    ['flags that readers', [{ ...one, flags: 0x20 }]],
    ['a stored entry without size', [{ ...one, method: 'stored', descriptor: 'signed' }]],
    ['a stored entry of two sizes', [{ ...one, method: 'stored', central: { size: 3 } }]],
    ['a folder with a content', [{ name: 'a/', content: 'x' }]],
    ['two entries of the same name', [one, one]],
    ['two entries of the same name', [one, { name: 'A' }]],
    ['two entries of the same name', [{ name: 'é' }, { name: 'e\u0301' }]],
    ['two entries of the same name', [{ name: 'kelvin' }, { name: '\u212aelvin' }]],
    ['a file that is a folder, too', [one, { name: 'a/b' }]],
    ['a file that is a folder, too', [{ name: 'A/' }, one]],
    ['a file that is a folder, too', [{ name: 'x/Y/z' }, { name: 'X/y' }]],
    ['no relative path', [{ name: '' }]],
    ['no relative path', [{ name: '/' }]],
    ['no relative path', [{ name: '/a' }]],
    ['no relative path', [{ name: '../a' }]],
    ['no relative path', [{ name: 'a/../b' }]],
    ['no relative path', [{ name: 'a/./b' }]],
    ['no relative path', [{ name: 'a//b' }]],
    ['no relative path', [{ name: 'a//' }]],
    ['no relative path', [{ name: 'C:a' }]],
    ['no relative path', [{ name: 'a\\b' }]],
    ['no relative path', [{ name: 'a\0b' }]],
    ['no relative path', [{ name: 'a\nb' }]],
    ['not UTF-8', [{ name: Buffer.from([0x61, 0xff]), flags: 0x800 }]],
    ['an encoding it does not say', [{ name: 'é', flags: 0 }]],
    ['a path longer than', [{ name: 'x'.repeat(2000) }]],
    ['cannot be unpacked', [{ ...one, packed: Buffer.from('garbage') }]],
    ['cannot be unpacked', [{ ...one, content: big, packed: deflateRawSync(Buffer.from(big)).subarray(0, -1) }]],
    ['cannot be unpacked', [{ ...one, packed: deflateRawSync(Buffer.from(big)) }]],
    [
      'after the end of its content',
      [{ ...one, packed: Buffer.concat([deflateRawSync(Buffer.from('content of a')), Buffer.from('x')]) }],
    ],
    ['not what the directory says', [{ ...one, packed: deflateRawSync(Buffer.from('content of b')) }]],
    ['not what the directory says', [{ ...one, packed: deflateRawSync(Buffer.from('content')) }]],
  ])('is refused: %s (%#)', (problem, parts, shape) => {
    expect(problemOf(zipOf(parts, shape))).toContain(problem);
  });

  it('is refused for sizes after a content that are others than in the directory', () => {
    const archive = zipOf([{ ...one, descriptor: 'signed' }, { name: 'b' }]);
    const at = archive.indexOf('PK\x07\x08');
    const altered = Buffer.from(archive);
    altered.writeUInt32LE(crc32('other'), at + 4);
    expect(problemOf(altered)).toContain('sizes follow it');
    expect(problemOf(archive)).toBe('read');
  });

  it('is bounded in entries and in bytes', () => {
    const parts = Array.from({ length: 5 }, (_, i) => ({ name: `f${i}`, content: big }));
    expect(() => readZip(zipOf(parts), { entries: 4, bytes: 100_000 })).toThrow('more than 4 entries');
    expect(() => readZip(zipOf(parts), { entries: 5, bytes: 49_999 })).toThrow('more than 49999 bytes');
    expect(readZip(zipOf(parts), { entries: 5, bytes: 50_000 })).toHaveLength(5);
  });

  it('is read from a view into other bytes', () => {
    const archive = zipOf([one]);
    const around = Buffer.concat([Buffer.from('before'), archive, Buffer.from('after')]);
    expect(read(around.subarray(6, 6 + archive.length))).toEqual([['a', 'content of a']]);
  });

  it('is refused where it is cut short, and wherever one byte of it is another, or read as what it was', () => {
    const parts: readonly Part[] = [one, { name: 'b/c', content: big, descriptor: 'signed' }, { name: 'd/' }];
    const archive = zipOf(parts);
    const whole = read(archive);
    for (let end = 0; end < archive.length; end++) expect(problemOf(archive.subarray(0, end))).not.toBe('read');
    fc.assert(
      fc.property(fc.nat(archive.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const altered = Buffer.from(archive);
        altered[at] = (altered[at] ?? 0) ^ change;
        // Times, versions and modes are no part of what is read; a name that is another is so everywhere.
        if (problemOf(altered) === 'read') expect(read(altered)).toEqual(whole);
      }),
      { numRuns: 3000, seed: 20261130 },
    );
  });

  it('is read in time that grows with its length', () => {
    const spent = startCpu();
    const many = Array.from({ length: 20_000 }, (_, i) => ({ name: `${'d/'.repeat(300)}${i}` }));
    expect(readZip(zipOf(many), { entries: 65_000, bytes: 1 })).toHaveLength(20_000);
    const signatures = Buffer.from('PK\x05\x06'.repeat(500_000));
    expect(problemOf(signatures)).not.toBe('read');
    expect(spent()).toBeLessThan(5000);
  });
});
