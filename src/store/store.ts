import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { withLock } from './lock.ts';
import type { CachePlace } from './place.ts';
import { writeWhole } from './write.ts';

/** The folder of the files. Its number changes when an older assay could not read one. */
const LAYOUT = 'v1';
const MAC_BYTES = 32;
const ID_BYTES = 32;
const KEY_BYTES = 32;
const MAX_FILE_BYTES = 128 * 1024 * 1024;
/** So many entries stay that a run did not ask for: of another branch, or left out of it. */
const MAX_UNUSED = 4000;
/** Beyond this, the files written longest ago go. */
const MAX_BYTES = 512 * 1024 * 1024;

/**
 * What the runs of one project established, in one file: values by the digest of what decided them. It is used only if
 * it authenticates with this user's key: a file that was changed, cut short, moved or written by others is ignored.
 * Nothing here throws: a cache that cannot be used costs time.
 */
export interface Cache {
  /** `id` is the hex SHA-256 of everything that decides the value. */
  readonly get: (id: string) => Buffer | null;
  readonly put: (id: string, value: Buffer) => void;
  /** Keeps at once what `change` makes of what is kept now, by whatever run, and leaves alone what else there is. */
  readonly update: (id: string, change: (kept: Buffer | null) => Buffer) => void;
  /**
   * Writes what was put, with what was asked for and some of the rest, used longest ago last; what other runs wrote
   * since it was opened is of that rest.
   */
  readonly close: () => void;
}

/** Opens the cache of a project (any text that names it). Null where there can be none. */
export function openCache({ folder, keyFile }: CachePlace, project: string): Cache | null {
  const key = readKey(keyFile) ?? makeKey(keyFile);
  if (key === null) return null;
  const name = createHash('sha256').update(project).digest('hex');
  const path = join(folder, LAYOUT, name);
  const macOf = (content: Buffer): Buffer =>
    createHmac('sha256', key).update(`${LAYOUT} ${name}\n`).update(content).digest();
  const kept = parseEntries(readVouched(path, macOf));
  const used = new Map<string, Buffer>();
  let changed = false;
  const write = (entries: Iterable<readonly [id: string, value: Buffer]>): void => {
    const content = formatEntries([...entries]);
    if (content.length + MAC_BYTES <= MAX_FILE_BYTES) writeWhole(path, [macOf(content), content], 0o600);
  };

  return {
    get: (id) => {
      const value = used.get(id) ?? kept.get(id) ?? null;
      if (value !== null) used.set(id, value);
      return value;
    },
    put: (id, value) => {
      used.set(id, value);
      changed = true;
    },
    update: (id, change) => {
      attempt(() => {
        mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
        withLock(path, () => {
          const now = parseEntries(readVouched(path, macOf));
          const value = change(now.get(id) ?? null);
          used.set(id, value);
          write(new Map([...now, [id, value]]));
        });
      });
    },
    close: () => {
      if (!changed) return;
      attempt(() => {
        mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
        withLock(path, () => {
          const now = parseEntries(readVouched(path, macOf));
          const unused = [...now].filter(([id]) => !used.has(id)).slice(0, MAX_UNUSED);
          write([...used, ...unused]);
        });
      });
      changed = false;
      prune(folder, MAX_BYTES);
    },
  };
}

/** Number of projects and bytes of their files. */
export interface CacheSize {
  readonly projects: number;
  readonly bytes: number;
}

export function cacheSize(folder: string): CacheSize {
  return sizeOf(listFiles(folder));
}

/** Removes the files written longest ago until at most `limit` bytes are left. Returns what went. */
export function prune(folder: string, limit: number): CacheSize {
  const files = listFiles(folder).sort((a, b) => a.written - b.written);
  let { bytes } = sizeOf(files);
  const gone: File[] = [];
  for (const file of files) {
    if (bytes <= limit) break;
    attempt(() => rmSync(file.path, { force: true }));
    bytes -= file.bytes;
    gone.push(file);
  }
  return sizeOf(gone);
}

interface File {
  readonly path: string;
  readonly bytes: number;
  readonly written: number;
}

function sizeOf(files: readonly File[]): CacheSize {
  return { projects: files.length, bytes: files.reduce((sum, { bytes }) => sum + bytes, 0) };
}

function listFiles(folder: string): File[] {
  const root = join(folder, LAYOUT);
  const names = attempt(() => readdirSync(root)) ?? [];
  return names
    .filter((name) => /^[0-9a-f]{64}$/.test(name))
    .flatMap((name) => {
      const path = join(root, name);
      const found = attempt(() => statSync(path));
      return found?.isFile() === true ? [{ path, bytes: found.size, written: found.mtimeMs }] : [];
    });
}

/** The content of a file that authenticates with the key; empty where there is none. */
function readVouched(path: string, macOf: (content: Buffer) => Buffer): Buffer {
  const file = attempt(() => (statSync(path).size > MAX_FILE_BYTES ? null : readFileSync(path)));
  if (file === null || file.length < MAC_BYTES) return Buffer.alloc(0);
  const content = file.subarray(MAC_BYTES);
  return timingSafeEqual(file.subarray(0, MAC_BYTES), macOf(content)) ? content : Buffer.alloc(0);
}

/** Entries one after the other: 32 bytes of id, four of length, the value. */
function parseEntries(content: Buffer): Map<string, Buffer> {
  const entries = new Map<string, Buffer>();
  for (let at = 0; at + ID_BYTES + 4 <= content.length;) {
    const start = at + ID_BYTES + 4;
    const end = start + content.readUInt32BE(at + ID_BYTES);
    if (end > content.length) break;
    entries.set(content.toString('hex', at, at + ID_BYTES), content.subarray(start, end));
    at = end;
  }
  return entries;
}

function formatEntries(entries: readonly (readonly [id: string, value: Buffer])[]): Buffer {
  return Buffer.concat(
    entries.flatMap(([id, value]) => {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(value.length);
      return [Buffer.from(id, 'hex'), length, value];
    }),
  );
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

function attempt<T>(work: () => T): T | null {
  try {
    return work();
  } catch {
    return null;
  }
}
