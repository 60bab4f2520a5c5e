import { basename, dirname } from 'node:path';
import type { LockfileBefore } from '../../audit/lockfile-changes.ts';
import { readAt } from '../../git/base.ts';
import type { Lockfile } from '../../model/dependency.ts';
import { isMendable } from '../exit.ts';
import type { Io } from '../io.ts';
import { projectFolder } from './files.ts';
import { indexFiles, settingsFor } from './pypi-source.ts';

/** A lockfile of Python as it was, with the indexes that the settings named then. */
export async function withIndexes(path: string, then: Lockfile, commit: string, io: Io): Promise<LockfileBefore> {
  const folder = projectFolder(path);
  const before = new Map<string, string | null>();
  for (const file of indexFiles(folder, io)) {
    const text = await textAt(file, commit);
    if (text !== undefined) before.set(file, text);
  }
  try {
    const { default: index, explicit } = settingsFor(then.manager, folder, { ...io, before });
    return { ...then, indexOf: (name) => explicit.get(name) ?? index };
  } catch (error) {
    if (!isMendable(error)) throw error;
    return { problem: error.message };
  }
}

/** Undefined for what is on disk alone: no commit has it, so that none changed it. Null where it was not there. */
async function textAt(path: string, commit: string): Promise<string | null | undefined> {
  const [then, head] = await Promise.all([commit, 'HEAD'].map((each) => readAt(dirname(path), basename(path), each)));
  const bytes = then !== undefined && 'bytes' in then ? then.bytes : undefined;
  if (bytes) return bytes.toString('utf8');
  const isOfHead = head !== undefined && 'bytes' in head && head.bytes !== null;
  return bytes === null && isOfHead ? null : undefined;
}
