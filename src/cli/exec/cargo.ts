import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { escapeText } from '../../report/words/escape.ts';
import type { Io } from '../io.ts';
import { cargoConfig, settingIn } from '../project/cargo-config.ts';
import { workspaceAbove } from '../project/cargo-project.ts';
import { demandAudited, demandPlace, type Check } from './check.ts';
import { readCommand, refuse } from './programs/grammar.ts';

/** Demands that a command of cargo builds from an audited Cargo.lock, and from nothing else. */
export const checkCargo: Check = async (started, held) => {
  const { omit, io } = held;
  const { program, args } = started;
  // rustup takes a toolchain before everything else.
  const line = args.filter((word, at) => at > 0 || !word.startsWith('+'));
  const what = escapeText(['cargo', ...args].join(' '), 200);
  const { verb, does, given } = readCommand(program.grammar, 'cargo', line);
  if (does === 'plain') return null;
  const folder = await demandPlace(started, io);
  const [first = ''] = verb.split(' ');
  if (/^(?:nextest|llvm-cov)$/.test(first) && settingIn(cargoConfig(folder, io), 'alias', first) !== null) {
    refuse(`${what} runs whatever the alias ${first} of Cargo's settings says: write that out`);
  }
  if (omit[0] !== undefined) {
    refuse(`${what} cannot be told to leave out ${omit[0]} dependencies, as Cargo locks all of them: leave out --omit`);
  }
  if (!given.has('--locked') && !given.has('--frozen')) {
    refuse(`${what} may take crates that Cargo.lock does not name, and write it: tell it --locked`);
  }
  const root = projectRoot(folder, io);
  if (root === null) return null;
  demandAudited(join(root, 'Cargo.lock'), what, held);
  return null;
};

/** The folder whose Cargo.lock is used; null where there is no Cargo.toml. */
function projectRoot(folder: string, io: Io): string | null {
  for (let at = folder; ; at = dirname(at)) {
    if (existsSync(join(at, 'Cargo.toml'))) return workspaceAbove(at, io)?.folder ?? at;
    if (at === dirname(at)) return null;
  }
}
