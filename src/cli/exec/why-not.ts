import { isMendable, UsageError } from '../exit.ts';
import type { Io } from '../io.ts';
import { checkCargo } from './cargo.ts';
import type { Audited, Check, Held } from './check.ts';
import { checkGo } from './go.ts';
import { checkNode } from './node.ts';
import { checkPython } from './python.ts';
import { startedIn, type Started } from './started.ts';
import { refuse } from './programs/grammar.ts';
import type { Program } from './programs/program.ts';

const CHECKS: Readonly<Record<Program['kind'], Check>> = {
  node: checkNode,
  python: checkPython,
  cargo: checkCargo,
  go: checkGo,
};

/**
 * Why a command must not run after the audit of these lockfiles: it may install something else than they lock, or what
 * `omit` left out of the audit. Null where it installs from them, or installs nothing that can be seen.
 */
export function whyNotRun(
  line: readonly string[],
  audited: readonly Audited[],
  io: Io,
  omit: readonly string[] = [],
): Promise<string | null> {
  return whyNotStarted(() => startedIn(line, io.env), { audited, omit, io });
}

/** The same of the programs that `find` gives, or says in a UsageError that they cannot be told. */
export async function whyNotStarted(find: () => readonly Started[], held: Held): Promise<string | null> {
  try {
    for (const started of find()) await demandHeld(started, held);
    return null;
  } catch (error) {
    if (isMendable(error) && error.name === UsageError.name) return error.message;
    throw error;
  }
}

async function demandHeld(started: Started, held: Held): Promise<void> {
  const { io } = held;
  const inner = await CHECKS[started.program.kind](started, held);
  if (inner === null) return;
  const all = startedIn(inner.line, io.env, inner.start, started.depth + 1);
  const { program, args, env } = started;
  const hasFile = args.some((word) => word.startsWith('--env-file')) || isUvFile(program, { ...io.env, ...env });
  if (all[0] !== undefined && inner.isUnseen === true) {
    refuse(`which variables the project gives ${all[0].program.name} cannot be seen: run it by itself`);
  }
  if (all[0] !== undefined && hasFile) {
    refuse(`which variables an --env-file gives ${all[0].program.name} cannot be seen: leave it out`);
  }
  for (const next of all) await demandHeld(next, held);
}

function isUvFile({ name }: Program, env: Io['env']): boolean {
  return name === 'uv' && (env['UV_ENV_FILE'] ?? '') !== '';
}
