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
  readonly audited: readonly Audited[];
  /** The kinds of dependencies that were left out of the audit. */
  readonly omit: readonly string[];
  readonly io: Io;
}

/** What a program starts in turn. */
export interface Inner {
  readonly line: readonly string[];
  readonly start: Start;
  /** Whether it gets variables that nobody sees here. */
  readonly isUnseen?: boolean;
}

/**
 * Demands that a program installs what was audited and nothing else. Answers with what it starts in turn, null for
 * nothing. Throws UsageError.
 */
export type Check = (started: Started, held: Held) => Inner | null | Promise<Inner | null>;

/** Null where a lockfile was not audited. */
export function auditedAt({ audited }: Held, lockfile: string): Audited | null {
  return audited.find(({ path }) => real(path) === real(lockfile)) ?? null;
}

/** Throws UsageError where a lockfile was not audited. */
export function demandAudited(lockfile: string, what: string, held: Held): void {
  if (auditedAt(held, lockfile) !== null) return;
  const file = escapeText(shownPath(lockfile, held.io), 200);
  if (!existsSync(lockfile)) refuse(`${what} needs ${file}, which is not there: write it, and audit it first`);
  refuse(
    `${what} installs from ${file}, which was not audited (audited was ${shownAudited(held)}): assay exec --lockfile ${file}`,
  );
}

export function shownAudited({ audited, io }: Held): string {
  const all = audited.map(({ path }) => shownPath(path, io)).join(', ');
  return escapeText(all === '' ? 'none' : all, 200);
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
