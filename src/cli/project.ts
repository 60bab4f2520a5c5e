import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { BaselineInUse } from '../audit.ts';
import { LOCKFILE_NAMES } from '../lockfiles/index.ts';
import { BaselineError, parseBaseline } from '../policy/baseline-file.ts';
import { UsageError } from './exit.ts';
import type { Io } from './io.ts';
import { readUserFile, shownPath } from './setup.ts';

/** The package.json beside the lockfile: version 1 lockfiles do not repeat what the project itself depends on. */
export function projectManifests(lockfile: string): ReadonlyMap<string, string> {
  const path = join(dirname(lockfile), 'package.json');
  return existsSync(path) ? new Map([['', readFileSync(path, 'utf8')]]) : new Map();
}

/** The lockfile itself, or the one npm would use in a directory. */
export function findLockfile(path: string, io: Io): string {
  const absolute = resolve(io.cwd, path);
  if (!existsSync(absolute)) throw new UsageError(`no such file or directory: ${path}`);
  if (!statSync(absolute).isDirectory()) return absolute;
  const found = LOCKFILE_NAMES.map((name) => join(absolute, name)).find((candidate) => existsSync(candidate));
  if (found !== undefined) return found;
  const hint = existsSync(join(absolute, 'package.json')) ? '; npm install --package-lock-only writes one' : '';
  throw new UsageError(`no lockfile in ${shownPath(path, io)} (looked for ${LOCKFILE_NAMES.join(', ')})${hint}`);
}

/** Where the baseline of a lockfile is: beside it; that of the hidden lockfile beside node_modules. */
export function baselinePath(lockfile: string): string {
  const folder = dirname(lockfile);
  return join(basename(folder) === 'node_modules' ? dirname(folder) : folder, 'assay.lock');
}

/** Reads the baseline of a lockfile. Throws BaselineError for one that cannot be used. */
export function loadBaseline(lockfile: string, io: Io): BaselineInUse {
  const path = baselinePath(lockfile);
  const file = shownPath(path, io);
  if (!existsSync(path)) return { file, content: null };
  return { file, content: parseBaseline(file, decode(file, readUserFile(path, 'the baseline', io))) };
}

function decode(file: string, bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new BaselineError(file, null, 'not valid UTF-8');
  }
}
