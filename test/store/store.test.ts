import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CachePlace } from '../../src/store/place.ts';
import { cacheSize, openCache, prune, type Cache } from '../../src/store/store.ts';
import { removeFolder } from '../support/remove-folder.ts';

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
  removeFolder(base);
});

function open(project = 'project', at: CachePlace = place): Cache {
  const cache = openCache(at, project);
  if (cache === null) throw new Error('the cache cannot be opened');
  return cache;
}

/** A run that puts these and ends. */
function keep(entries: readonly (readonly [string, Buffer])[], project?: string, at?: CachePlace): void {
  const cache = open(project, at);
  for (const [id, value] of entries) cache.put(id, value);
  cache.close();
}

function fileOf(project = 'project'): string {
  return join(place.folder, 'v1', createHash('sha256').update(project).digest('hex'));
}

describe('the cache', () => {
  it('gives back what was put there, also to the next run, and to no other project', () => {
    const cache = open();
    expect(cache.get(ID)).toBeNull();
    cache.put(ID, VALUE);
    expect(cache.get(ID)).toEqual(VALUE);
    cache.put(OTHER, Buffer.alloc(0));
    cache.close();
    expect(open().get(ID)).toEqual(VALUE);
    expect(open().get(OTHER)).toEqual(Buffer.alloc(0));
    expect(open('another').get(ID)).toBeNull();
    expect(readdirSync(join(place.folder, 'v1'))).toHaveLength(1);
  });

  it('keeps nothing of a run that did not end, and writes nothing for one that put nothing', () => {
    open().put(ID, VALUE);
    expect(existsSync(place.folder)).toBe(false);
    keep([[ID, VALUE]]);
    const before = statSync(fileOf()).mtimeMs;
    const cache = open();
    cache.get(ID);
    cache.close();
    expect(statSync(fileOf()).mtimeMs).toBe(before);
  });

  it('takes another value for the same, and keeps what this run did not ask for', () => {
    keep([
      [ID, VALUE],
      [OTHER, VALUE],
    ]);
    keep([[ID, Buffer.from('new')]]);
    expect(open().get(ID)?.toString()).toBe('new');
    expect(open().get(OTHER)).toEqual(VALUE);
  });

  it('lets go of what no run asks for any more, once that is too much', () => {
    const ids = Array.from({ length: 4001 }, (_, n) => n.toString(16).padStart(64, '0'));
    keep(ids.map((id) => [id, VALUE] as const));
    keep([[ID, VALUE]]);
    const next = open();
    expect(next.get(ID)).toEqual(VALUE);
    expect(ids.filter((id) => next.get(id) !== null)).toHaveLength(4000);
  });

  it('takes a file with any bit flipped for absent', () => {
    keep([[ID, VALUE]]);
    const file = readFileSync(fileOf());
    for (let bit = 0; bit < file.length * 8; bit++) {
      const flipped = Buffer.from(file);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      writeFileSync(fileOf(), flipped);
      expect(open().get(ID)).toBeNull();
    }
  });

  it('takes a cut, an extended and a moved file for absent', () => {
    keep([[ID, VALUE]]);
    const file = readFileSync(fileOf());
    for (const bytes of [file.subarray(0, -1), file.subarray(0, 31), Buffer.alloc(0), Buffer.concat([file, VALUE])]) {
      writeFileSync(fileOf(), bytes);
      expect(open().get(ID)).toBeNull();
    }
    writeFileSync(fileOf('another'), file);
    expect(open('another').get(ID)).toBeNull();
  });

  it('does not vouch for what another key wrote: a cache that was brought along is as good as empty', () => {
    keep([[ID, VALUE]], 'project', { ...place, keyFile: join(base, 'elsewhere/cache.key') });
    expect(existsSync(fileOf())).toBe(true);
    expect(open().get(ID)).toBeNull();
  });

  it('keeps its key apart, for the user alone, and a key that is cut opens nothing', () => {
    keep([[ID, VALUE]]);
    expect(readFileSync(place.keyFile)).toHaveLength(32);
    if (process.platform !== 'win32') {
      expect(statSync(place.keyFile).mode & 0o077).toBe(0);
      expect(statSync(fileOf()).mode & 0o077).toBe(0);
    }
    writeFileSync(place.keyFile, '');
    expect(openCache(place, 'project')).toBeNull();
  });

  it('is changed at once, by what each run finds there', () => {
    const [a, b] = [open(), open()];
    const add = (text: string) => (now: Buffer | null) => Buffer.from(`${now?.toString() ?? ''}${text}`);
    a.update(ID, add('1'));
    b.update(ID, add('2'));
    b.update(OTHER, add('b'));
    a.update(ID, add('3'));
    expect(open().get(ID)?.toString()).toBe('123');
    expect(open().get(OTHER)?.toString()).toBe('b');
    for (const cache of [a, b]) cache.close();
    expect(open().get(ID)?.toString()).toBe('123');
    expect(readdirSync(join(place.folder, 'v1'))).toHaveLength(1);
  });

  it('is changed by one run after the other', async () => {
    const cache = open();
    cache.update(ID, () => VALUE);
    const lock = `${fileOf()}.lock`;
    writeFileSync(lock, '');
    const other = new Worker(`setTimeout(() => require('node:fs').rmSync(${JSON.stringify(lock)}), 300)`, {
      eval: true,
    });
    await once(other, 'online');
    cache.update(ID, () => Buffer.from('2'));
    expect(existsSync(lock)).toBe(false);
    await once(other, 'exit');
    // One that a run left behind holds nobody up.
    writeFileSync(lock, '');
    utimesSync(lock, 1000, 1000);
    cache.update(ID, () => Buffer.from('3'));
    expect(open().get(ID)?.toString()).toBe('3');
    expect(existsSync(lock)).toBe(false);
  });

  it('is null or silent where it cannot be used', () => {
    writeFileSync(join(base, 'file'), '');
    expect(openCache({ ...place, keyFile: join(base, 'file/cache.key') }, 'project')).toBeNull();
    const cache = open('project', { ...place, folder: join(base, 'file') });
    cache.put(ID, VALUE);
    cache.close();
    expect(cacheSize(join(base, 'file'))).toEqual({ projects: 0, bytes: 0 });
    mkdirSync(fileOf(), { recursive: true });
    expect(open().get(ID)).toBeNull();
  });
});

describe('pruning', () => {
  it('removes what was written longest ago until little enough is left', () => {
    const projects = ['a', 'b', 'c', 'd'];
    for (const [day, project] of projects.entries()) {
      keep([[ID, Buffer.alloc(32)]], project);
      utimesSync(fileOf(project), day + 1, day + 1);
    }
    expect(cacheSize(place.folder)).toEqual({ projects: 4, bytes: 400 });
    expect(prune(place.folder, 400)).toEqual({ projects: 0, bytes: 0 });
    expect(prune(place.folder, 250)).toEqual({ projects: 2, bytes: 200 });
    expect(projects.map((project) => open(project).get(ID) !== null)).toEqual([false, false, true, true]);
    expect(prune(place.folder, 0)).toEqual({ projects: 2, bytes: 200 });
    expect(cacheSize(place.folder)).toEqual({ projects: 0, bytes: 0 });
  });

  it('touches nothing but its own files', () => {
    keep([[ID, VALUE]]);
    writeFileSync(join(place.folder, 'v1/note'), 'x');
    mkdirSync(join(place.folder, 'v1', 'a'.repeat(64)));
    expect(prune(place.folder, 0).projects).toBe(1);
    expect(readdirSync(join(place.folder, 'v1')).sort()).toEqual(['a'.repeat(64), 'note']);
  });
});
