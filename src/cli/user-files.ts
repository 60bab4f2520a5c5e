import { statSync } from 'node:fs';
import { UsageError } from './exit.ts';
import { dirname, relative, resolve } from 'node:path';
import { lstatAt, statAt } from '../store/found.ts';
import { readWithin } from '../store/read.ts';
import type { Io } from './io.ts';
import { writeProblem } from './write-problem.ts';

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/**
 * For files that the command line does not name; those of a project go by `demandProjectFile`. Reading a device or a
 * pipe in their place might never end. Throws UsageError; a missing file is for the reader to report.
 */
export function demandFile(path: string): void {
  demandTarget(path);
  const found = statAt(path);
  if (found?.isDirectory() === true) throw new UsageError(`${path} is a folder, and not a file`);
  if (found?.isFile() === false) throw new UsageError(`${path} is not a file`);
}

/** Throws UsageError where a path is a link that leads to nothing that can be read. */
export function demandTarget(path: string): void {
  const link = isLink(path);
  try {
    if (link) statSync(path);
  } catch (error) {
    const { code = 'unknown error' } = error as NodeJS.ErrnoException;
    const why = { ENOENT: 'nowhere', ELOOP: 'back to itself', EACCES: 'where reading is not permitted' }[code];
    throw new UsageError(`${path} is a link that leads ${why ?? `nowhere (${code})`}`);
  }
}

/** Whether there is a link at a path, wherever it leads. */
export function isLink(path: string): boolean {
  return lstatAt(path)?.isSymbolicLink() === true;
}

/** Of a file that is read as text: lockfiles of the largest repositories have some tens of MiB. */
const MAX_TEXT_BYTES = 256 * 1024 * 1024;

/**
 * Reads a file the user named, or a pipe that a shell put in its place. Throws UsageError with one line, for a device,
 * and for another pipe, which nobody may ever write to.
 */
export function readUserFile(path: string, what: string, io: Io, most = MAX_TEXT_BYTES): Buffer {
  try {
    return readWithin(resolve(io.cwd, path), most);
  } catch (error) {
    throw new UsageError(`cannot read ${what} ${path}: ${readProblem(error, path)}`);
  }
}

/** Whether somebody named an address where a file is meant. */
export function isAddress(path: string): boolean {
  // Paths that were joined have one slash left.
  return /^[a-z][a-z0-9+.-]+:\//i.test(path);
}

export const NOT_FETCHED = 'it is an address, and only files are read here: download it, and name the file';

/** Why a file that the user named cannot be read, in words where they are known. */
export function readProblem(error: unknown, path: string): string {
  const { code = 'unreadable' } = error as NodeJS.ErrnoException;
  const why = {
    ENOENT: isAddress(path) ? NOT_FETCHED : 'no such file',
    ENOTDIR: 'no such file, as a file stands where its folder should',
    EISDIR: 'it is a directory',
    EACCES: 'permission denied',
    ELOOP: 'its links lead back to themselves',
    ENAMETOOLONG: 'its name is too long for a file',
    EFTYPE: 'it is a device or a pipe, and not a file',
    EFBIG: 'it is too large',
  }[code];
  return why ?? code;
}

/** Throws UsageError where a file could not be written as its folder is not there, before any work for it is done. */
export function demandFolderOf(path: string, io: Io): void {
  const folder = statAt(dirname(resolve(io.cwd, path)));
  if (folder?.isDirectory() === true) return;
  throw new UsageError(writeProblem(path, { code: folder === undefined ? 'ENOENT' : 'ENOTDIR' }));
}

/** Parses a JSON file the user named. Throws UsageError with one line. */
export function parseUserJson(bytes: Buffer, path: string, what: string): unknown {
  try {
    return JSON.parse(bytes.toString('utf8')) as unknown;
  } catch (error) {
    const why = error instanceof Error ? error.message.split('\n')[0] : 'unreadable';
    throw new UsageError(`${what} ${path} is not JSON: ${why ?? ''}`);
  }
}

/** The path as people will recognise it in a report: relative to where they are, where it is below. */
export function shownPath(path: string, io: Io): string {
  const absolute = resolve(io.cwd, path);
  const below = relative(io.cwd, absolute);
  return below === '' || below.startsWith('..') ? absolute : below;
}
