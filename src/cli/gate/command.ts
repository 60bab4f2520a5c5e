import { escapeText } from '../../report/words/escape.ts';
import type { Program } from '../exec/programs/program.ts';
import { nameOf, startedIn, type Started } from '../exec/started.ts';
import type { Io } from '../io.ts';
import { MARK, refuseProgram, refuseUnseen, type GateCommand, type ReadCommand } from './common/kind.ts';
import { cargoAtGate } from './cargo/command.ts';
import { goAtGate } from './go/command.ts';
import { nodeAtGate } from './node/command.ts';
import { pythonAtGate } from './python/command.ts';

/** Package managers whose ways to the gate are known, by their kind. */
const KINDS: Readonly<Record<Program['kind'], ReadCommand | null>> = {
  node: nodeAtGate,
  python: pythonAtGate,
  cargo: cargoAtGate,
  go: goAtGate,
};

const SHELL = /^(?:[bd]?a|z|k|fi)?sh$/;

/**
 * Reads a command line that is to run at the gate. Throws UsageError where what it starts would not get its packages
 * there.
 */
export function gateCommand(line: readonly string[], io: Io): GateCommand {
  const shown = escapeText(line.join(' '), 200);
  if (SHELL.test(nameOf(line[0] ?? ''))) refuseUnseen(shown);
  const env = { ...io.env, [MARK]: 'set' };
  const [started, ...others] = startedIn(line, env);
  if (started === undefined) refuseUnseen(shown);
  return read(started, others);

  function read(one: Started, beside: readonly Started[]): GateCommand {
    const { program } = one;
    const kind = KINDS[program.kind] ?? refuseProgram(program.name, shown);
    return kind({
      started: one,
      others: beside,
      line,
      shown,
      io,
      inner: (words, start) => {
        const [first, ...more] = startedIn(words, env, start, one.depth + 1);
        return first === undefined ? null : read(first, more);
      },
    });
  }
}
