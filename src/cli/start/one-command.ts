import { escapeText } from '../../report/words/escape.ts';
import type { Command } from '../command.ts';
import { EXIT, isMendable, isUnstated } from '../exit.ts';
import type { Io } from '../io.ts';
import type { CommandName } from '../names.ts';
import { isOfThePlace, writeProblem } from '../write-problem.ts';
import { helpTable, optionHelp, parseOptions, type ParsedOptions } from '../options.ts';

/** Does `work`, and says in one line what stopped it. Returns the exit status; never throws for wrong input. */
export async function reporting(io: Io, work: () => Promise<number>): Promise<number> {
  try {
    return await work();
  } catch (error) {
    if (isUnstated(error)) {
      io.stderr.write(`assay: ${escapeText(error.message, 1000)}\n`);
      return EXIT.noStatement;
    }
    if (!(error instanceof Error)) throw error;
    if (isOfThePlace(error)) {
      io.stderr.write(`assay: ${escapeText(writeProblem(error.path ?? 'a temporary file', error), 1000)}\n`);
      return EXIT.usage;
    }
    const { message, stack = '' } = error;
    const expected = isMendable(error);
    io.stderr.write(`assay: ${expected ? '' : 'internal error, please report it: '}${escapeText(message, 1000)}\n`);
    if (!expected && io.env['ASSAY_DEBUG'] !== undefined) io.stderr.write(`${stack}\n`);
    return EXIT.usage;
  }
}

/** What help shows of a command or one of its actions. */
type Shown = Pick<Command, 'usage' | 'summary' | 'options' | 'words'>;

/** The options of a command; null where its help was asked for, which is written then. */
export async function optionsOf(
  name: CommandName,
  command: Command,
  args: readonly string[],
  io: Io,
): Promise<ParsedOptions | null> {
  const options = parseOptions(name, args, command.options);
  if (options.values.help !== true) return options;
  const [action = ''] = options.positionals;
  const { actions = {} } = command;
  const shown = Object.hasOwn(actions, action) ? (actions[action] ?? command) : command;
  io.stdout.write(`${await usage(name, shown, io.stdout.columns)}\n`);
  return null;
}

async function usage(name: CommandName, command: Shown, columns: number): Promise<string> {
  const { EXIT_HELP } = await import('../exit-help.ts');
  return [
    `assay ${name} ${command.usage}`,
    command.summary,
    optionHelp(command.options, columns, command.words),
    `Exit status:\n${helpTable(EXIT_HELP[name], columns)}`,
  ].join('\n\n');
}
