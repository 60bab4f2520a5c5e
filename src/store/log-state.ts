import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { writeWhole } from './write.ts';

/**
 * What is kept of logs, in a folder: for each origin the newest signed head as the log wrote it, so that anybody can
 * verify it, and how far a watch came. Files are replaced whole. Throws Node's errors.
 */
export interface LogState {
  readonly folder: string;
  /** Origins of which a head is kept. */
  readonly origins: () => readonly string[];
  /** With the file that it is in; null where none was kept. */
  readonly head: (origin: string) => { readonly note: string; readonly file: string } | null;
  readonly keepHead: (origin: string, note: string) => void;
  readonly position: (origin: string) => string | null;
  readonly keepPosition: (origin: string, text: string) => void;
  /** Writes something to look at; returns its path. */
  readonly keepEvidence: (name: string, text: string) => string;
}

const HEAD = '.checkpoint';
const POSITION = '.position.json';

export function openLogState(folder: string): LogState {
  const pathOf = (origin: string, kind: string): string => join(folder, encodeURIComponent(origin) + kind);
  const write = (path: string, text: string): string => {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeWhole(path, [text], 0o600, true);
    return path;
  };
  return {
    folder,
    origins: () => {
      const names = present(() => readdirSync(folder)) ?? [];
      return names.flatMap((name) => (name.endsWith(HEAD) ? decoded(name.slice(0, -HEAD.length)) : []));
    },
    head: (origin) => {
      const file = pathOf(origin, HEAD);
      const note = present(() => readFileSync(file, 'utf8'));
      return note === null ? null : { note, file };
    },
    keepHead: (origin, note) => void write(pathOf(origin, HEAD), note),
    position: (origin) => present(() => readFileSync(pathOf(origin, POSITION), 'utf8')),
    keepPosition: (origin, text) => void write(pathOf(origin, POSITION), text),
    keepEvidence: (name, text) => write(join(folder, name), text),
  };
}

/** What is not ours in the folder is passed over. */
function decoded(name: string): string[] {
  try {
    return [decodeURIComponent(name)];
  } catch {
    return [];
  }
}

/** Null where there is no such file; any other error is thrown. */
function present<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/**
 * Makes one run at a time use the folder. Returns what ends that, or the id of the process that uses it; a process that
 * is no more does not count.
 */
export function lockState({ folder }: LogState, isRunning: (pid: number) => boolean): (() => void) | number {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, 'lock');
  for (;;) {
    try {
      const file = openSync(path, 'wx', 0o600);
      writeSync(file, String(process.pid));
      closeSync(file);
      return () => rmSync(path, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw Object.assign(error as Error, { path });
      const pid = Number(present(() => readFileSync(path, 'utf8')));
      if (Number.isSafeInteger(pid) && pid > 0 && isRunning(pid)) return pid;
      rmSync(path, { force: true });
    }
  }
}
