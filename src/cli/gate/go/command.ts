import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { escapeText } from '../../../report/words/escape.ts';
import { above } from '../../exec/check.ts';
import { inItsFolder } from '../../exec/go.ts';
import { refuse } from '../../exec/programs/grammar.ts';
import { demandKnown } from '../../exec/started.ts';
import { goSettingsIn } from '../../project/go-source.ts';
import { demandPlain, demandSameVariables, type GateCommand, type Reading } from '../common/kind.ts';
import { goClient } from './client.ts';

/** Flags that put other files in the place of go.mod and go.sum, which alone are audited. */
const OTHER_FILES = /^--?(?:modfile|overlay)(?:=|$)/;

/** Reads a command of go. Throws UsageError. */
export function goAtGate(reading: Reading): GateCommand {
  const { started, shown, io } = reading;
  const at = demandPlain(reading);
  demandSameVariables(reading);
  demandKnown(started);
  const { within, args } = inItsFolder(started);
  const [verb = '', ...rest] = args;
  const end = rest.findIndex((word) => /^(?:--|--?args)$/.test(word));
  const own = end === -1 ? rest : rest.slice(0, end);
  const { flags, work } = goSettingsIn(io);
  const other = [...own, ...[...flags.keys()].map((name) => `-${name}`)].find((word) => OTHER_FILES.test(word));
  if (other !== undefined) {
    refuse(
      `${escapeText(other, 80)} makes go use other files than those that are audited: leave it out; not run: ${shown}`,
    );
  }
  if (verb === 'env' && own.some((word) => /^--?[wu](?:=|$)/.test(word))) {
    refuse(`go env -w and -u change settings, and may lead past the gate: run it without the gate; not run: ${shown}`);
  }
  const start = resolve(io.cwd, within ?? '.');
  const module = above(start, 'go.mod');
  const workFile = work === 'auto' ? above(start, 'go.work') : work === 'off' ? null : resolve(start, work);
  const file = module ?? (workFile !== null && existsSync(workFile) ? workFile : null);
  const folder = file === null ? start : dirname(file);
  return { manager: 'go', folder, at, client: (context) => goClient({ folder, words: own }, context) };
}
