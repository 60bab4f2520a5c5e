import { describe, expect, it } from 'vitest';
import { zipOf } from '../../lab/go/zip.ts';
import { wheel } from '../../lab/pypi/wheel.ts';
import { readRecord, recordHash } from '../../src/readers/installed-record.ts';
import { readWheel } from '../../src/readers/wheel.ts';
import { readZip } from '../../src/readers/zip.ts';
import { startCpu } from '../support/cpu.ts';

const EMPTY = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

/** The same wheel, with its files altered. */
function altered(change: (files: Map<string, string>) => void): Buffer {
  const entries = readZip(wheel('one', '1.0', 'x = 1\n').content, { entries: 100, bytes: 1e6 });
  const files = new Map(entries.map(({ path, content }) => [path, content().toString('utf8')]));
  change(files);
  return zipOf(files);
}

describe('a wheel', () => {
  it('is read with the hashes of its files, and what an installer makes of it', () => {
    const entryPoints = '[console_scripts]\none = one:main\n';
    const others = {
      'one-1.0.dist-info/entry_points.txt': entryPoints,
      'one-1.0.data/scripts/run': '#!python\nprint(1)\n',
      'one-1.0.data/scripts/sh': '#!/bin/sh\n',
      'one/empty.py': '',
    };
    const found = readWheel(wheel('one', '1.0', 'x = 1\n', others).content);
    expect(found.stem).toBe('one-1.0');
    expect(found.files.get('one/empty.py')).toEqual({ digest: EMPTY, recorded: recordHash(EMPTY) });
    expect(found.files.get('one-1.0.dist-info/RECORD')?.recorded).toBe('');
    expect(found.entryPoints?.toString()).toBe(entryPoints);
    expect([...found.scripts.keys()]).toEqual(['one-1.0.data/scripts/run']);
  });

  it.each<[string, (files: Map<string, string>) => void, RegExp]>([
    ['has a file that its RECORD does not have', (files) => files.set('one/more.py', ''), /does not have/],
    ['has another file than its RECORD says', (files) => files.set('one/__init__.py', 'x = 2\n'), /another hash/],
    ['has no RECORD', (files) => files.delete('one-1.0.dist-info/RECORD'), /not one RECORD/],
    ['has two', (files) => files.set('two-1.0.dist-info/RECORD', ''), /not one RECORD/],
    ['has one that is no list', (files) => files.set('one-1.0.dist-info/RECORD', '"a'), /cannot be read/],
    [
      'hashes by a function that is not allowed',
      (files) =>
        files.set(
          'one-1.0.dist-info/RECORD',
          (files.get('one-1.0.dist-info/RECORD') ?? '').replace(/sha256=[^,]*/, 'md5=abc'),
        ),
      /another hash/,
    ],
  ])('is refused where it %s', (_, change, message) => {
    expect(() => readWheel(altered(change))).toThrow(message);
  });
});

describe('a RECORD', () => {
  it('is read with quoted paths, either end of lines, and empty fields', () => {
    expect(readRecord(Buffer.from('a,sha256=x,1\r\n"b ""c"", d",,\n../../bin/e,,\n'))).toEqual([
      { path: 'a', hash: 'sha256=x' },
      { path: 'b "c", d', hash: '' },
      { path: '../../bin/e', hash: '' },
    ]);
  });

  it.each([
    ['names a path twice', 'a,,\na,,\n'],
    ['names one twice, quoted', 'a,,\n"a",,\n'],
    ['has two fields', 'a,\n'],
    ['has four', 'a,,,\n'],
    ['has no path', ',,\n'],
    ['has a quoted line end', '"a\nb",,\n'],
    ['has a carriage return in a line', 'a\rb,,\n'],
    ['has a backslash', 'a\\b,,\n'],
    ['has NUL', 'a\0,,\n'],
  ])('is refused where it %s', (_, text) => {
    expect(readRecord(Buffer.from(text))).toBeNull();
  });

  it('is refused where it is not UTF-8, or has too many lines', () => {
    expect(readRecord(Buffer.from([0x61, 0xff, 0x2c, 0x2c, 0x0a]))).toBeNull();
    const lines = Array.from({ length: 250_001 }, (_, i) => `${i},,\n`).join('');
    expect(readRecord(Buffer.from(lines))).toBeNull();
  });

  it('is read in linear time', () => {
    const spent = startCpu();
    readRecord(Buffer.from(`"${'""'.repeat(1_000_000)}`));
    readRecord(Buffer.from(','.repeat(2_000_000)));
    expect(spent()).toBeLessThan(2000);
  });
});
