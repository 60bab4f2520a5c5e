import { renderCompletion, SHELLS } from '../../report/commands/completion.ts';
import type { Command } from '../command.ts';
import { EXIT, UsageError } from '../exit.ts';
import { shownCommands } from './commands.ts';

export const command: Command = {
  usage: SHELLS.join('|'),
  summary: 'a script that has your shell complete commands, options and values',
  options: [],
  run: async ({ positionals: [name, ...others] }, io) => {
    const shell = SHELLS.find((one) => one === name);
    if (shell === undefined || others.length > 0) {
      throw new UsageError(`completion takes one of ${SHELLS.join(', ')}, as in: source <(assay completion bash)`);
    }
    io.stdout.write(renderCompletion(shell, await shownCommands()));
    return EXIT.holds;
  },
};
