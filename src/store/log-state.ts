import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { withLock } from './lock.ts';
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
  /** Only where still `before` is kept, which it was held against: another run's head is not forgotten for it. */
  readonly keepHead: (origin: string, note: string, before: string | null) => void;
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
  const head: LogState['head'] = (origin) => {
    const file = pathOf(origin, HEAD);
    const note = present(() => readFileSync(file, 'utf8'));
    return note === null ? null : { note, file };
  };
  return {
    folder,
    origins: () => {
      const names = present(() => readdirSync(folder)) ?? [];
      return names.flatMap((name) => (name.endsWith(HEAD) ? decoded(name.slice(0, -HEAD.length)) : []));
    },
    head,
    keepHead: (origin, note, before) => {
      const path = pathOf(origin, HEAD);
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      withLock(path, () => {
        if ((head(origin)?.note ?? null) === before) write(path, note);
      });
    },
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
