import { dirname, resolve } from 'node:path';
import { statAt } from '../../../store/found.ts';
import { logStateFolder } from '../../../store/place.ts';
import { openLogState, type LogState } from '../../../store/log-state.ts';
import { UsageError } from '../../exit.ts';
import type { Io } from '../../io.ts';
import type { OptionValues } from '../../options.ts';
import { isOfProject } from '../../setup.ts';
import { demandTarget } from '../../user-files.ts';

/** What is kept of logs between runs: in the folder of `--state`, or the user's own. Throws UsageError. */
export function stateOf({ state }: OptionValues, io: Io): LogState {
  const folder =
    state === undefined ? logStateFolder(io.env, io.env['HOME'] ?? '', process.platform) : resolve(io.cwd, state);
  if (folder === null) throw new UsageError('there is no home to keep checkpoints in: name a folder with --state DIR');
  if (state === undefined && isOfProject(folder)) {
    throw new UsageError('the folder of the checkpoints is part of a project: name another one with --state DIR');
  }
  demandRoom(folder);
  return openLogState(folder);
}

/** Throws UsageError where no folder can be, as what is there, or above it, is something else. */
function demandRoom(folder: string): void {
  for (let at = folder; ; at = dirname(at)) {
    demandTarget(at);
    const found = statAt(at);
    if (found?.isDirectory() === true || at === dirname(at)) return;
    if (found === undefined) continue;
    const where = at === folder ? 'it' : at;
    throw new UsageError(
      `cannot keep checkpoints in ${folder}: ${where} is no folder: name another one with --state DIR`,
    );
  }
}
