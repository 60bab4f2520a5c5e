import { resolve } from 'node:path';
import { logStateFolder } from '../../../store/place.ts';
import { openLogState, type LogState } from '../../../store/log-state.ts';
import { UsageError } from '../../exit.ts';
import type { Io } from '../../io.ts';
import type { OptionValues } from '../../options.ts';
import { isOfProject } from '../../setup.ts';

/** What is kept of logs between runs: in the folder of `--state`, or the user's own. Throws UsageError. */
export function stateOf({ state }: OptionValues, io: Io): LogState {
  const folder =
    state === undefined ? logStateFolder(io.env, io.env['HOME'] ?? '', process.platform) : resolve(io.cwd, state);
  if (folder === null) throw new UsageError('there is no home to keep checkpoints in: name a folder with --state DIR');
  if (state === undefined && isOfProject(folder)) {
    throw new UsageError('the folder of the checkpoints is part of a project: name another one with --state DIR');
  }
  return openLogState(folder);
}
