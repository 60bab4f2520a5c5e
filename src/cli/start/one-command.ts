import { escapeText } from '../../report/words/escape.ts';
import type { Command } from '../command.ts';
import { EXIT, isMendable } from '../exit.ts';
import type { Io } from '../io.ts';
import type { CommandName } from '../names.ts';
import { helpTable, optionHelp, parseOptions, type ParsedOptions } from '../options.ts';

/** Does `work`, and says in one line what stopped it. Returns the exit status; never throws for wrong input. */
export async function reporting(io: Io, work: () => Promise<number>): Promise<number> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    if (error.name === 'TrustError') {
      io.stderr.write(`assay: ${escapeText(error.message, 1000)}\n`);
      return EXIT.noStatement;
    }
    const { message, stack = '' } = error;
    const expected = isMendable(error);
    io.stderr.write(`assay: ${expected ? '' : 'internal error, please report it: '}${escapeText(message, 1000)}\n`);
    if (!expected && io.env['ASSAY_DEBUG'] !== undefined) io.stderr.write(`${stack}\n`);
    return EXIT.usage;
  }
}

/** The options of a command; null where its help was asked for, which is written then. */
export async function optionsOf(
  name: CommandName,
  command: Command,
  args: readonly string[],
  io: Io,
): Promise<ParsedOptions | null> {
  const options = parseOptions(args, command.options);
  if (options.values.help !== true) return options;
  io.stdout.write(`${await usage(name, command, io.stdout.columns)}\n`);
  return null;
}

async function usage(name: CommandName, command: Command, columns: number): Promise<string> {
  const { EXIT_HELP } = await import('../exit-help.ts');
  return [
    `assay ${name} ${command.usage}`,
    command.summary,
    optionHelp(command.options, columns, command.words),
    `Exit status:\n${helpTable(EXIT_HELP[name], columns)}`,
  ].join('\n\n');
}
