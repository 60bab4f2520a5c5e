import { deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readZipFile } from '../../src/readers/zip-file.ts';
import { ZipError } from '../../src/readers/zip.ts';
import { zipOf, type Part, type Shape } from './zip-archive.ts';

const LIMITS = { entries: 5000, entry: 100_000, bytes: 8 * 1024 * 1024 };
const ALL: (path: string) => boolean = () => true;

async function read(archive: Buffer, isWanted = ALL, limits = LIMITS): Promise<readonly [string, string][]> {
  const found: [string, string][] = [];
  // As a file gives them: other bytes every time.
  const readAt = (position: number, length: number): Buffer =>
    Buffer.from(archive.subarray(position, position + length));
  await readZipFile({ size: archive.length, readAt }, limits, isWanted, (path, content) => {
    found.push([path, content.toString()]);
  });
  return found;
}

async function problemOf(archive: Buffer, limits = LIMITS): Promise<string> {
  try {
    await read(archive, ALL, limits);
  } catch (error) {
    if (error instanceof ZipError) return error.message;
    throw error;
  }
  return 'read';
}

/** An archive whose end is one of zip64, as archives with more entries than 65,535 have. */
function zip64Of(
  parts: readonly Part[],
  change: (end: Buffer, locator: Buffer) => void = () => undefined,
  shape: Shape = {},
): Buffer {
  const plain = zipOf(parts);
  const old = plain.subarray(-22);
  const [size, start] = [old.readUInt32LE(12), old.readUInt32LE(16)];
  const end = Buffer.alloc(56);
  end.writeUInt32LE(0x06064b50, 0);
  end.writeBigUInt64LE(44n, 4);
  for (const at of [24, 32]) end.writeBigUInt64LE(BigInt(parts.length), at);
  end.writeBigUInt64LE(BigInt(size), 40);
  end.writeBigUInt64LE(BigInt(start), 48);
  const locator = Buffer.alloc(20);
  locator.writeUInt32LE(0x07064b50, 0);
  locator.writeBigUInt64LE(BigInt(start + size), 8);
  locator.writeUInt32LE(1, 16);
  change(end, locator);
  return zipOf(parts, { count: 0xffff, start: 0xffffffff, beforeEnd: Buffer.concat([end, locator]), ...shape });
}

const one: Part = { name: 'a.json', content: 'content of a' };
const big = 'x'.repeat(50_000);

describe('a zip archive in a file', () => {
  it('shows its entries in order, however they are packed', async () => {
    const parts: readonly Part[] = [
      { name: 'b/', content: '' },
      { name: 'b/c', content: big },
      { name: 'stored', content: 'stored', method: 'stored' },
      { name: 'é/ü', content: 'x', descriptor: 'signed' },
      { name: 'bare', content: 'y', descriptor: 'bare', comment: 'a comment' },
      { name: 'empty', content: '' },
    ];
    const expected = parts.map(({ name, content }) => [name, content]);
    expect(await read(zipOf(parts, { comment: 'why' }))).toEqual(expected);
    expect(await read(zip64Of(parts))).toEqual(expected);
    expect(await read(zipOf([]))).toEqual([]);
    expect(await read(zipOf(parts), (path) => path.startsWith('b/'))).toEqual(expected.slice(0, 2));
  });

  it('gives thousands of entries over many windows and batches as they are', async () => {
    const text = fc.string({ maxLength: 200 });
    const [contents = []] = fc.sample(fc.array(text, { minLength: 3000, maxLength: 3000 }), { numRuns: 1, seed: 7 });
    const filler = (i: number): string => (i % 50 === 0 ? big + String(i) : '');
    const parts = contents.map((content, i) => ({ name: `r/${i}.json`, content: content + filler(i) }));
    expect(await read(zipOf(parts))).toEqual(parts.map(({ name, content }) => [name, content]));
  });

  it.each<[string, Buffer]>([
    ['no end of a zip', Buffer.from('{"id":"MAL-1"}')],
    ['no end of a zip', Buffer.alloc(0)],
    ['no end of a zip', zipOf([one]).subarray(0, -22)],
    ['bytes after its end', Buffer.concat([zipOf([one]), Buffer.from('x')])],
    ['not right before its end', zipOf([one], { before: Buffer.from('#!/bin/sh\n'), start: 0 })],
    ['another number of entries', zipOf([one], { count: 2 })],
    ['another number of entries', zipOf([one, one], { count: 1 })],
    ['overlap, or are not in order', zipOf([one, { name: 'b', content: 'c', central: { offset: 0 } }])],
    ['says other things', zipOf([{ ...one, local: { name: 'b.json' } }])],
    ['says other things', zipOf([{ ...one, local: { size: 3 } }])],
    ['reaches into the directory', zipOf([{ ...one, central: { offset: 60 } }])],
    ['cannot be unpacked', zipOf([{ ...one, packed: Buffer.from('no deflate stream') }])],
    ['cannot be unpacked', zipOf([{ ...one, local: { crc: 1 }, central: { crc: 1 } }])],
    ['cannot be unpacked', zipOf([{ ...one, local: { size: 3 }, central: { size: 3 } }])],
    ['not what the directory says', zipOf([{ ...one, method: 'stored', local: { crc: 1 }, central: { crc: 1 } }])],
    ['that is no relative path', zipOf([{ ...one, name: '../a' }])],
    ['more than 5000 entries', zipOf([one], { count: 0xffff })],
    ['where it says', zip64Of([one], (_, locator) => locator.writeBigUInt64LE(0n, 8))],
    ['where it says', zip64Of([one], (_, locator) => locator.writeBigUInt64LE(2n ** 63n, 8))],
    ['more parts than one', zip64Of([one], (_, locator) => locator.writeUInt32LE(2, 16))],
    ['more parts than one', zip64Of([one], (end) => end.writeBigUInt64LE(9n, 24))],
    ['different things', zip64Of([one], () => undefined, { count: 2 })],
    ['more than 5000 entries', zip64Of([one], (end) => [24, 32].forEach((at) => end.writeBigUInt64LE(2n ** 40n, at)))],
    ['not right before its end', zip64Of([one], (end) => end.writeBigUInt64LE(2n ** 60n, 48))],
  ])('is refused, as %s', async (problem, archive) => {
    expect(await problemOf(archive)).toContain(problem);
  });

  it('is refused where an entry brings a second stream, or bytes after its own', async () => {
    const stream = deflateRawSync(Buffer.from('content of a'));
    for (const after of [Buffer.from('x'), stream, Buffer.concat([Buffer.alloc(8), Buffer.from([0x1f, 0x8b, 8])])]) {
      const odd = { ...one, packed: Buffer.concat([stream, after]) };
      expect(await problemOf(zipOf([odd]))).not.toBe('read');
      expect(await problemOf(zipOf([odd, one]))).not.toBe('read');
      expect(await problemOf(zipOf([one, odd]))).not.toBe('read');
    }
  });

  it('ends at its limits: entries, the size of one, and of all', async () => {
    const parts = Array.from({ length: 10 }, (_, i) => ({ name: `${i}`, content: big }));
    expect(await problemOf(zipOf(parts), { ...LIMITS, entries: 9 })).toContain('more than 9 entries');
    expect(await problemOf(zipOf(parts), { ...LIMITS, entry: 49_999 })).toContain('more than 49999 bytes');
    expect(await problemOf(zipOf(parts), { ...LIMITS, bytes: 499_999 })).toContain('more than 499999 bytes');
    // What unpacks to more than it says is stopped there.
    const bomb = deflateRawSync(Buffer.alloc(50 * 1024 * 1024));
    expect(await problemOf(zipOf([{ ...one, packed: bomb }]))).toContain('cannot be unpacked');
  });

  it('of any bytes is read or refused', async () => {
    const whole = zip64Of([one, { name: 'b', content: big }, { name: 'c', content: 'c', method: 'stored' }]);
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), fc.nat(255), fc.nat(whole.length), async (at, byte, end) => {
        const flipped = Buffer.from(whole);
        flipped[at] = byte;
        await problemOf(flipped);
        await problemOf(flipped.subarray(0, end));
        await problemOf(flipped.subarray(end));
      }),
      { numRuns: 300 },
    );
  });
});
