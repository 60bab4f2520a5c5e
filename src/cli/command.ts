import type { Io } from './io.ts';
import type { OptionName, OptionWords, ParsedOptions } from './options.ts';

/** One command of the command line. */
export interface Command {
  /** What follows the command's name, for help: "[DIR|LOCKFILE]". */
  readonly usage: string;
  /** One line, for help. */
  readonly summary: string;
  readonly options: readonly OptionName[];
  /** What options mean here and nowhere else. */
  readonly words?: OptionWords;
  /** Whether its arguments are another command, whose own options go after "--". */
  readonly isBeforeCommand?: true;
  /** The first argument may be one of these, each with a help of its own. */
  readonly actions?: Readonly<Record<string, Pick<Command, 'usage' | 'summary' | 'options'>>>;
  /** Returns the exit status. */
  readonly run: (options: ParsedOptions, io: Io) => Promise<number>;
}
