import { existsSync, realpathSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { NodeManager } from '../../model/dependency.ts';
import { escapeText } from '../../report/words/escape.ts';
import type { Io } from '../io.ts';
import { shownPath } from '../user-files.ts';
import { refuse } from './programs/grammar.ts';
import { demandVariables } from './variables.ts';
import { demandKnown, type Start, type Started } from './started.ts';

/** A lockfile that was audited. */
export interface Audited {
  readonly path: string;
  /** Null for those of other ecosystems than npm's. */
  readonly manager: NodeManager | null;
}

/** What a command is held to. */
export interface Held {
  readonly audited: AuditedFiles;
  /** The kinds of dependencies that were left out of the audit. */
  readonly omit: readonly string[];
  readonly io: Io;
}

/** The lockfiles that were audited. */
export interface AuditedFiles {
  readonly all: readonly Audited[];
  readonly find: (lockfile: string) => Audited | null;
  /** Throws UsageError where this one was not. */
  readonly demand: (lockfile: string, what: string) => void;
}

/** What a program starts in turn. */
export interface Inner {
  readonly line: readonly string[];
  readonly start: Start;
}

/**
 * Demands that a program installs what was audited and nothing else. Answers with what it starts in turn, null for
 * nothing. Throws UsageError.
 */
export type Check = (started: Started, held: Held) => Inner | null | Promise<Inner | null>;

export function auditedFiles(all: readonly Audited[], io: Io): AuditedFiles {
  const find = (lockfile: string): Audited | null => all.find(({ path }) => real(path) === real(lockfile)) ?? null;
  return {
    all,
    find,
    demand: (lockfile, what) => {
      if (find(lockfile) !== null) return;
      const shown = escapeText(shownPath(lockfile, io), 200);
      refuse(`${what} installs from ${shown}, which was not audited: assay exec --lockfile ${shown}`);
    },
  };
}

/**
 * The folder in which a program is started. Throws UsageError where only a shell can tell, and where a variable leads
 * the program elsewhere.
 */
export async function demandPlace(started: Started, io: Io): Promise<string> {
  demandKnown(started);
  const folder = resolve(io.cwd, started.within ?? '.');
  await demandVariables(started, folder, io);
  return folder;
}

/** The nearest of a file by this name, in a folder or above it; null where there is none. */
export function above(folder: string, name: string): string | null {
  for (let at = folder; ; at = dirname(at)) {
    if (existsSync(join(at, name))) return join(at, name);
    if (at === dirname(at)) return null;
  }
}

function real(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return resolve(path);
  }
}
