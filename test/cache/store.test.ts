import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CachePlace } from '../../src/cache/place.ts';
import { cacheSize, openCache, prune, type Cache } from '../../src/cache/store.ts';

const ID = 'ab'.repeat(32);
const OTHER = 'cd'.repeat(32);
const VALUE = Buffer.from('{"a":1}');

let base = '';
let place: CachePlace = { folder: '', keyFile: '' };

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'assay-cache-'));
  place = { folder: join(base, 'cache'), keyFile: join(base, 'config/cache.key') };
});

afterEach(() => {
  rmSync(base, { recursive: true, force: true });
});

function open(at: CachePlace = place): Cache {
  const cache = openCache(at);
  if (cache === null) throw new Error('the cache cannot be opened');
  return cache;
}

function fileOf(id: string): string {
  return join(place.folder, 'v1', id.slice(0, 2), id);
}

describe('the cache', () => {
  it('gives back what was put there, also to the next run', () => {
    const cache = open();
    expect(cache.get(ID)).toBeNull();
    cache.put(ID, VALUE);
    expect(cache.get(ID)).toEqual(VALUE);
    expect(open().get(ID)).toEqual(VALUE);
    expect(open().get(OTHER)).toBeNull();
  });

  it('gives back an empty value and a new one under the same name', () => {
    const cache = open();
    cache.put(ID, Buffer.alloc(0));
    expect(cache.get(ID)).toEqual(Buffer.alloc(0));
    cache.put(ID, VALUE);
    expect(cache.get(ID)).toEqual(VALUE);
    expect(readdirSync(join(place.folder, 'v1/ab'))).toEqual([ID]);
  });

  it('takes an entry with any bit flipped for absent', () => {
    open().put(ID, VALUE);
    const entry = readFileSync(fileOf(ID));
    for (let bit = 0; bit < entry.length * 8; bit++) {
      const flipped = Buffer.from(entry);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      writeFileSync(fileOf(ID), flipped);
      expect(open().get(ID)).toBeNull();
    }
  });

  it('takes a cut, an extended and a moved entry for absent', () => {
    open().put(ID, VALUE);
    const entry = readFileSync(fileOf(ID));
    for (const bytes of [
      entry.subarray(0, -1),
      entry.subarray(0, 31),
      Buffer.alloc(0),
      Buffer.concat([entry, VALUE]),
    ]) {
      writeFileSync(fileOf(ID), bytes);
      expect(open().get(ID)).toBeNull();
    }
    writeFileSync(fileOf(ID), entry);
    mkdirSync(join(place.folder, 'v1/cd'), { recursive: true });
    renameSync(fileOf(ID), fileOf(OTHER));
    expect(open().get(OTHER)).toBeNull();
  });

  it('does not vouch for what another key wrote: a cache that was brought along is as good as empty', () => {
    open({ ...place, keyFile: join(base, 'elsewhere/cache.key') }).put(ID, VALUE);
    expect(existsSync(fileOf(ID))).toBe(true);
    expect(open().get(ID)).toBeNull();
  });

  it('keeps its key apart, for the user alone, and a key that is cut opens nothing', () => {
    open().put(ID, VALUE);
    expect(readFileSync(place.keyFile)).toHaveLength(32);
    if (process.platform !== 'win32') expect(statSync(place.keyFile).mode & 0o077).toBe(0);
    writeFileSync(place.keyFile, '');
    expect(openCache(place)).toBeNull();
  });

  it('is null or silent where it cannot be used', () => {
    writeFileSync(join(base, 'file'), '');
    expect(openCache({ ...place, keyFile: join(base, 'file/cache.key') })).toBeNull();
    const cache = open({ ...place, folder: join(base, 'file') });
    cache.put(ID, VALUE);
    expect(cache.get(ID)).toBeNull();
    cache.tidy(Date.now());
    expect(cacheSize(join(base, 'file'))).toEqual({ entries: 0, bytes: 0 });
  });

  it('reads no entry that is too large, and writes none', () => {
    const cache = open();
    cache.put(ID, Buffer.alloc(4 * 1024 * 1024));
    expect(existsSync(fileOf(ID))).toBe(false);
    mkdirSync(join(place.folder, 'v1/ab'), { recursive: true });
    writeFileSync(fileOf(ID), Buffer.alloc(4 * 1024 * 1024 + 1));
    expect(cache.get(ID)).toBeNull();
  });

  it('reads a folder in the place of an entry as absent', () => {
    mkdirSync(fileOf(ID), { recursive: true });
    expect(open().get(ID)).toBeNull();
  });
});

describe('pruning', () => {
  const idOf = (n: number): string => n.toString(16).padStart(64, '0');

  it('removes what was written longest ago until enough is gone, and nothing below the limit', () => {
    const cache = open();
    for (let n = 1; n <= 4; n++) {
      cache.put(idOf(n), Buffer.alloc(68));
      utimesSync(fileOf(idOf(n)), n, n);
    }
    expect(cacheSize(place.folder)).toEqual({ entries: 4, bytes: 400 });
    expect(prune(place.folder, 400, 0)).toEqual({ entries: 0, bytes: 0 });
    expect(prune(place.folder, 399, 250)).toEqual({ entries: 2, bytes: 200 });
    expect([1, 2, 3, 4].map((n) => cache.get(idOf(n)) !== null)).toEqual([false, false, true, true]);
    expect(prune(place.folder, 0, 0)).toEqual({ entries: 2, bytes: 200 });
    expect(cacheSize(place.folder)).toEqual({ entries: 0, bytes: 0 });
  });

  it('touches nothing but entries', () => {
    open().put(ID, VALUE);
    writeFileSync(join(base, 'mine'), 'x');
    symlinkSync(base, join(place.folder, 'v1/link'));
    writeFileSync(join(place.folder, 'v1/note'), 'x');
    prune(place.folder, 0, 0);
    expect(existsSync(join(base, 'mine'))).toBe(true);
    expect(existsSync(join(place.folder, 'v1/note'))).toBe(true);
  });

  it('looks once a day', () => {
    const cache = open();
    const stamp = join(place.folder, 'v1/tidied');
    const day = 86_400_000;
    cache.tidy(day * 10);
    utimesSync(stamp, day / 100, day / 100);
    const before = statSync(stamp).mtimeMs;
    cache.tidy(before + day - 1);
    expect(statSync(stamp).mtimeMs).toBe(before);
    cache.tidy(before + day);
    expect(statSync(stamp).mtimeMs).toBeGreaterThan(before);
  });
});

it('a folder that cannot be written to costs time and nothing else', () => {
  const cache = open();
  cache.put(ID, VALUE);
  chmodSync(join(place.folder, 'v1/ab'), 0o500);
  try {
    cache.put(`ab${OTHER.slice(2)}`, VALUE);
    expect(cache.get(ID)).toEqual(VALUE);
  } finally {
    chmodSync(join(place.folder, 'v1/ab'), 0o700);
  }
});
