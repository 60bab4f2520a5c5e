import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { packTarball } from '../../lab/tarball.ts';
import { archive as plain, END, member, type Member } from './archive.ts';
import { createTarReader, TarballError } from '../../src/readers/tar.ts';
import { createTarballReader } from '../../src/registries/npm/tarballs/tarball.ts';
import type { PackedFile } from '../../src/model/bytes.ts';

/** A header with its checksum written in another way. */
function relabelled(bytes: Buffer, write: (sum: string) => string): Buffer {
  bytes.write(write(bytes.toString('latin1', 148, 154)), 148, 8, 'latin1');
  return bytes;
}

const archive = (...members: readonly (Member | Buffer)[]): Buffer => gzipSync(plain(members));

/** A record, whose length counts its own digits. */
function pax(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  const size = Buffer.byteLength(rest);
  const digits = [1, 2, 3, 4].find((count) => String(size + count).length === count) ?? 4;
  return `${size + digits}${rest}`;
}

async function readTarball(bytes: Buffer, isWanted: (path: string) => boolean): Promise<readonly PackedFile[]> {
  const reader = createTarballReader({ isWanted });
  await reader.write(bytes);
  return reader.end();
}

/** Path to content; null where it was not kept. */
async function read(bytes: Buffer, isWanted: (path: string) => boolean = () => true): Promise<unknown> {
  const files = await readTarball(bytes, isWanted);
  return Object.fromEntries(files.map((file) => [file.path, file.bytes === null ? null : String(file.bytes)]));
}

describe('the files of a tarball', () => {
  it('are those of the package, with the content that is wanted', async () => {
    const tarball = packTarball({ 'package.json': '{}', 'lib/a.js': 'a'.repeat(1000), 'b.md': 'b', empty: '' });
    expect(await read(tarball, (path) => path !== 'b.md')).toEqual({
      'package.json': '{}',
      'lib/a.js': 'a'.repeat(1000),
      'b.md': null,
      empty: '',
    });
  });

  it('are in whatever folder they were packed in', async () => {
    const names = ['lodash-4/a.js', './b.js', '/c.js', './x/d.js', 'package//./e.js'];
    expect(Object.keys((await read(archive(...names.map((name) => ({ name }))))) as object)).toEqual([
      'a.js',
      'b.js',
      'c.js',
      'x/d.js',
      'e.js',
    ]);
  });

  it('have long names by prefix, pax and GNU headers', async () => {
    const long = `package/${'d/'.repeat(150)}é.js`;
    const tarball = archive(
      { name: 'b.js', prefix: 'package/a', content: '1' },
      { name: 'pax', type: 'x', content: pax('path', long) },
      { name: 'short', content: '2' },
      { name: '././@LongLink', type: 'L', content: `package/${'g'.repeat(200)}\0` },
      { name: 'short', content: '3' },
      { name: 'c.js', prefix: 'no prefix here', magic: 'ustar  \0', content: '4' },
      { name: 'package/e.js', content: '5' },
    );
    expect(await read(tarball)).toEqual({
      'a/b.js': '1',
      [long.slice('package/'.length)]: '2',
      ['g'.repeat(200)]: '3',
      'e.js': '5',
    });
  });

  it('are neither links nor folders nor devices, nor outside of the package', async () => {
    const tarball = archive(
      { name: 'package/', type: '5' },
      { name: 'package/dir/', type: '0' },
      { name: 'package/link', type: '2' },
      { name: 'package/hard', type: '1' },
      { name: 'package/device', type: '3' },
      { name: 'package/fifo', type: '6' },
      { name: 'top.js', content: 'x' },
      { name: 'package/a.js', content: 'a' },
    );
    expect(await read(tarball)).toEqual({ 'a.js': 'a' });
  });

  it('of two with one path are the last', async () => {
    expect(await read(archive({ name: 'p/a.js', content: '1' }, { name: 'q/a.js', content: '2' }))).toEqual({
      'a.js': '2',
    });
  });

  it('end where two empty blocks are, whatever follows', async () => {
    const tarball = gzipSync(Buffer.concat([member({ name: 'p/a' }), END, member({ name: 'p/b' }), Buffer.from('x')]));
    expect(await read(tarball)).toEqual({ a: '' });
  });

  it('are the same however the bytes arrive', () => {
    const bytes = Buffer.concat([
      member({ name: 'p/a', content: 'x'.repeat(700) }),
      member({ name: 'p/b', content: 'y' }),
      END,
    ]);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 600 }), { minLength: 1, maxLength: 50 }), (sizes) => {
        const found: string[] = [];
        const reader = createTarReader({
          wants: () => true,
          file: (path, content) => found.push(`${path} ${String(content)}`),
        });
        for (let at = 0, i = 0; at < bytes.length; i++) {
          const size = sizes[i % sizes.length] ?? 1;
          reader.write(bytes.subarray(at, at + size));
          at += size;
        }
        reader.end();
        expect(found).toEqual([`p/a ${'x'.repeat(700)}`, 'p/b y']);
      }),
    );
  });
});

describe('what is no tarball is refused', () => {
  const notText = Buffer.from(pax('path', 'p/b?').replace('?', '\u0080'), 'latin1');
  const GIB = (8 * 1024 ** 3).toString(8);
  it.each<[string, Buffer]>([
    ['not compressed', Buffer.from('hello')],
    ['nothing', Buffer.alloc(0)],
    ['cut short', packTarball({ 'a.js': 'a'.repeat(5000) }).subarray(0, 60)],
    ['cut short inside', gzipSync(member({ name: 'p/a', content: 'x'.repeat(2000) }).subarray(0, 1500))],
    ['cut short in a header', gzipSync(Buffer.concat([member({ name: 'p/a' }), Buffer.from('p/b')]))],
    ['text', gzipSync(Buffer.from('x'.repeat(2000)))],
    ['a size that is no number', archive({ name: 'p/a', size: 'nine' })],
    ['a negative size', archive({ name: 'p/a', size: '\u00ff'.repeat(12) })],
    ['a size beyond all', archive({ name: 'p/a', size: '\u0080'.padEnd(12, '\u007f') })],
    ['a file larger than any', archive({ name: 'p/a.js', size: GIB })],
    ['a header larger than any', archive({ name: 'x', type: 'x', size: GIB })],
    [
      'a path longer than any',
      archive({ name: 'x', type: 'x', content: pax('path', `p/${'a'.repeat(5000)}`) }, { name: 'p/a' }),
    ],
    ['a broken pax header', archive({ name: 'x', type: 'x', content: '5 path' }, { name: 'p/a' })],
    ['a pax header without progress', archive({ name: 'x', type: 'x', content: '0 path=a\n' }, { name: 'p/a' })],
    ['a pax size that is none', archive({ name: 'x', type: 'x', content: pax('size', '-1') }, { name: 'p/a' })],
    // What follows would be installed by npm, or by another reader, and not be seen here.
    ['an old header of a name', archive({ name: 'x', type: 'N', content: 'p/binding.gyp' }, { name: 'p/a' })],
    ['an old pax header', archive({ name: 'x', type: 'X', content: pax('path', 'p/binding.gyp') }, { name: 'p/a' })],
    ['a kind of entry that nobody knows', archive({ name: 'p/a', type: 'Z', content: 'x' })],
    ['a file that is a link, too', archive({ name: 'p/a', link: 'p/b', content: 'x' })],
    ['a link with a content', archive({ name: 'p/a', type: '1', link: 'p/b', content: 'x' })],
    ['a file without a name', archive({ name: '', content: 'x' })],
    ['a version of ustar that is none', archive({ name: 'p/a', prefix: 'p/b', magic: 'ustar\u000099' })],
    ['a binary size of an unknown form', archive({ name: 'p/a', size: `\u0081${'\0'.repeat(10)}\u0001` })],
    ['a time of an unknown form', archive({ name: 'p/a', time: '\u0081' })],
    ['a link name after its end', archive({ name: 'p/a', link: '\0\np/b', content: 'x' })],
    ['a pax path that is no text', archive({ name: 'x', type: 'x', content: notText }, { name: 'p/a' })],
    ['a checksum without an end', archive(relabelled(member({ name: 'p/a' }), (sum) => sum.padStart(8, '0')))],
    ['a name that goes on', archive({ name: 'p/a\0\n/binding.gyp' })],
    ['a path of Windows', archive({ name: 'p\\binding.gyp' })],
    ['a drive of Windows', archive({ name: 'p/c:binding.gyp' })],
    ['a path that leads out', archive({ name: 'package/../../etc/passwd', content: 'x' })],
    ['a file that is a folder', archive({ name: 'p/a' }, { name: 'p/a/b' })],
    [
      'a folder by its pax header, with a content',
      archive(
        { name: 'x', type: 'x', content: pax('path', 'p/folder/') },
        { name: 'p/a', content: 'no header'.padEnd(512) },
      ),
    ],
    [
      'pax records in a pax record',
      archive({ name: 'x', type: 'x', content: pax('comment', `x\n${pax('path', 'p/b').trim()}`) }, { name: 'p/a' }),
    ],
    [
      'pax records after their end',
      archive({ name: 'x', type: 'x', content: `\0\n${pax('path', 'p/b')}` }, { name: 'p/a' }),
    ],
    [
      'a pax path that goes on',
      archive({ name: 'x', type: 'x', content: pax('path', 'p/binding.gyp\0x') }, { name: 'p/a' }),
    ],
    ['one path for all', archive({ name: 'x', type: 'g', content: pax('path', 'p/x') }, { name: 'p/a' })],
  ])('%s', async (_, bytes) => {
    await expect(readTarball(bytes, () => true)).rejects.toThrow(TarballError);
  });

  it('a header whose checksum does not hold', async () => {
    const bytes = member({ name: 'p/a' });
    bytes[0] = 0x71;
    await expect(readTarball(gzipSync(bytes), () => true)).rejects.toThrow(/checksum/);
  });

  it('more files than any package has', async () => {
    const one = member({ name: 'p/a' });
    const many = gzipSync(Buffer.concat(Array.from({ length: 200_001 }, () => one)), { level: 1 });
    await expect(readTarball(many, () => false)).rejects.toThrow(/more files/);
  });

  it('whatever the bytes are, there are files or a TarballError', async () => {
    const whole = Buffer.concat([
      member({ name: 'x', type: 'x', content: pax('path', 'p/long') }),
      member({ name: 'p/a', content: 'a' }),
      END,
    ]);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 4 }),
        fc.nat(whole.length),
        async (changes, length) => {
          const bytes = Buffer.from(whole.subarray(0, length));
          for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
          await readTarball(gzipSync(bytes), () => true).catch((error: unknown) => {
            expect(error).toBeInstanceOf(TarballError);
          });
        },
      ),
      { numRuns: 300 },
    );
  });
});
