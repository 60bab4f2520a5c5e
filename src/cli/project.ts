import { existsSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { EMPTY_BASELINE, type Baseline, type BaselineInUse } from '../model/baseline.ts';
import { BaselineError, parseBaseline } from '../policy/baseline-file.ts';
import { formatBaseline } from '../policy/baseline-text.ts';
import { UsageError } from './exit.ts';
import type { Io } from './io.ts';
import { demandFile, readUserFile, shownPath } from './setup.ts';

/** The project's package.json: not every lockfile repeats what the project itself depends on. */
export function projectManifests(lockfile: string, io: Io): ReadonlyMap<string, string> {
  const path = join(projectFolder(lockfile), 'package.json');
  if (!existsSync(path)) return new Map();
  demandFile(path);
  return new Map([['', readUserFile(path, 'the manifest', io).toString('utf8')]]);
}

/** The folder of the lockfile; of the hidden lockfile, the one that has its node_modules. */
export function projectFolder(lockfile: string): string {
  const folder = dirname(lockfile);
  return basename(folder) === 'node_modules' ? dirname(folder) : folder;
}

/** Where the baseline of a lockfile is. */
export function baselinePath(lockfile: string): string {
  return join(projectFolder(lockfile), 'assay.lock');
}

/** Reads the baseline of a lockfile. Throws BaselineError for one that cannot be used. */
export function loadBaseline(lockfile: string, io: Io): BaselineInUse {
  const path = baselinePath(lockfile);
  const file = shownPath(path, io);
  if (!existsSync(path)) return { file, content: null };
  demandFile(path);
  return { file, content: readBaseline(file, readUserFile(path, 'the baseline', io)) };
}

/** A baseline from its bytes; `file` is the name that errors report. Throws BaselineError. */
export function readBaseline(file: string, bytes: Buffer): Baseline {
  return parseBaseline(file, decode(file, bytes));
}

/**
 * Writes the baseline of a lockfile whole or not at all, and not where nothing changed: git may have given it other line
 * ends. `before` is what was read. Returns whether it was written. Throws UsageError with one line.
 */
export function writeBaseline(lockfile: string, { file, content }: BaselineInUse, updated: Baseline): boolean {
  const text = formatBaseline(updated);
  const before = formatBaseline(content ?? EMPTY_BASELINE);
  if (before === text) return false;
  const path = baselinePath(lockfile);
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    writeFileSync(temporary, text);
    renameSync(temporary, path);
    return true;
  } catch (error) {
    rmSync(temporary, { force: true });
    throw new UsageError(`cannot write ${file}: ${(error as NodeJS.ErrnoException).code ?? 'unwritable'}`);
  }
}

function decode(file: string, bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new BaselineError(file, null, 'not valid UTF-8');
  }
}
