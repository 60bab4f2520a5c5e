import { renderCompletion, SHELLS } from '../../report/commands/completion.ts';
import type { ShownCommand } from '../../report/commands/shown-command.ts';
import type { Command } from '../command.ts';
import { EXIT, UsageError } from '../exit.ts';

/** The command, over all there are. */
export function completionOf(shownCommands: () => Promise<readonly ShownCommand[]>): Command {
  return {
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
}
