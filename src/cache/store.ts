import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { CachePlace } from './place.ts';

/** What is kept. The number changes when an older assay could not read an entry. */
const LAYOUT = 'v1';
const MAC_BYTES = 32;
const KEY_BYTES = 32;
const MAX_ENTRY_BYTES = 4 * 1024 * 1024;
/** Beyond this, the entries written longest ago go. */
const MAX_BYTES = 512 * 1024 * 1024;
/** After pruning, so that not every run prunes. */
const PRUNED_BYTES = 384 * 1024 * 1024;
const PRUNE_EVERY_MS = 24 * 60 * 60 * 1000;

/**
 * Files by content of the question. An entry is used only if this user's key vouches for it: what was changed, cut,
 * moved to another name or put there by somebody else is as good as absent. Nothing here ever throws: a cache that
 * cannot be used costs time.
 */
export interface Cache {
  /** `id` is a hex digest of everything that decides the answer. */
  readonly get: (id: string) => Buffer | null;
  readonly put: (id: string, value: Buffer) => void;
  /** Removes what was written longest ago where the cache has grown too large; looks at most once a day. */
  readonly tidy: (now: number) => void;
}

/** Opens the cache, and makes its key when there is none. Null where it cannot be used. */
export function openCache({ folder, keyFile }: CachePlace): Cache | null {
  const key = readKey(keyFile) ?? makeKey(keyFile);
  if (key === null) return null;
  const root = join(folder, LAYOUT);
  const pathOf = (id: string): string => join(root, id.slice(0, 2), id);
  const macOf = (id: string, value: Buffer): Buffer =>
    createHmac('sha256', key).update(`${LAYOUT} ${id}\n`).update(value).digest();

  return {
    get: (id) => {
      const entry = readEntry(pathOf(id));
      if (entry === null) return null;
      const value = entry.subarray(MAC_BYTES);
      const mac = entry.subarray(0, MAC_BYTES);
      return mac.length === MAC_BYTES && timingSafeEqual(mac, macOf(id, value)) ? value : null;
    },
    put: (id, value) => {
      if (value.length + MAC_BYTES > MAX_ENTRY_BYTES) return;
      writeWhole(pathOf(id), Buffer.concat([macOf(id, value), value]), 0o600);
    },
    tidy: (now) => {
      const stamp = join(root, 'tidied');
      const last = modifiedAt(stamp);
      if (last !== null && now - last < PRUNE_EVERY_MS) return;
      writeWhole(stamp, Buffer.alloc(0), 0o600);
      if (last !== null) prune(folder, MAX_BYTES, PRUNED_BYTES);
    },
  };
}

/** Number and bytes of the entries. */
export interface CacheSize {
  readonly entries: number;
  readonly bytes: number;
}

export function cacheSize(folder: string): CacheSize {
  const entries = listEntries(folder);
  return { entries: entries.length, bytes: entries.reduce((sum, { bytes }) => sum + bytes, 0) };
}

/** Removes the entries written longest ago until `keep` bytes are left, if there are more than `limit`. Returns what went. */
export function prune(folder: string, limit: number, keep: number): CacheSize {
  const entries = listEntries(folder);
  let bytes = entries.reduce((sum, entry) => sum + entry.bytes, 0);
  if (bytes <= limit) return { entries: 0, bytes: 0 };
  const gone = { entries: 0, bytes: 0 };
  for (const entry of entries.sort((a, b) => a.written - b.written)) {
    if (bytes <= keep) break;
    attempt(() => {
      rmSync(entry.path, { force: true });
    });
    bytes -= entry.bytes;
    gone.entries += 1;
    gone.bytes += entry.bytes;
  }
  return gone;
}

interface Entry {
  readonly path: string;
  readonly bytes: number;
  readonly written: number;
}

function listEntries(folder: string): Entry[] {
  const root = join(folder, LAYOUT);
  const shelves = attempt(() => readdirSync(root)) ?? [];
  return shelves
    .filter((shelf) => /^[0-9a-f]{2}$/.test(shelf))
    .flatMap((shelf) => (attempt(() => readdirSync(join(root, shelf))) ?? []).map((name) => join(root, shelf, name)))
    .flatMap((path) => {
      const found = attempt(() => statSync(path));
      return found === null ? [] : [{ path, bytes: found.size, written: found.mtimeMs }];
    });
}

function readEntry(path: string): Buffer | null {
  return attempt(() => {
    const { size } = statSync(path);
    return size < MAC_BYTES || size > MAX_ENTRY_BYTES ? null : readFileSync(path);
  });
}

function readKey(path: string): Buffer | null {
  const key = attempt(() => readFileSync(path));
  return key !== null && key.length === KEY_BYTES ? key : null;
}

/** Two runs may make it at the same time: the first one's counts. */
function makeKey(path: string): Buffer | null {
  attempt(() => {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeFileSync(path, randomBytes(KEY_BYTES), { mode: 0o600, flag: 'wx' });
  });
  return readKey(path);
}

function modifiedAt(path: string): number | null {
  return attempt(() => statSync(path).mtimeMs);
}

/** Whole or not at all: another run may read it meanwhile. */
function writeWhole(path: string, content: Buffer, mode: number): void {
  const temporary = `${path}.${process.pid}.tmp`;
  attempt(() => {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeFileSync(temporary, content, { mode });
    renameSync(temporary, path);
  });
}

function attempt<T>(work: () => T): T | null {
  try {
    return work();
  } catch {
    return null;
  }
}
