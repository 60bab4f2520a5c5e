import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { nearest } from '../../model/nearest.ts';
import { escapeText } from '../../report/words/escape.ts';
import { VERSION } from '../../model/version.ts';
import type { Command } from '../command.ts';
import { command as accept } from '../commands/accept.ts';
import { command as audit } from '../commands/audit.ts';
import { command as cache } from '../commands/cache.ts';
import { command as check } from '../commands/check.ts';
import { command as demo } from '../commands/demo.ts';
import { command as exec } from '../commands/exec.ts';
import { command as explain } from '../commands/explain.ts';
import { command as init } from '../commands/init.ts';
import { command as review } from '../commands/review.ts';
import { command as trust } from '../commands/trust.ts';
import { command as update } from '../commands/update.ts';
import { command as verifyBundle } from '../commands/verify-bundle.ts';
import { EXIT, isMendable, UsageError } from '../exit.ts';
import { processIo, type Io } from '../io.ts';
import { COMMAND_NAMES, commandNamed, type CommandName } from '../names.ts';
import { helpTable, optionHelp, parseOptions } from '../options.ts';

/**
 * They share most of what they need, and one file is loaded faster than many; what only one needs and is large, that
 * one loads when it is run.
 */
const COMMANDS: Readonly<Record<CommandName, Command>> = {
  audit,
  exec,
  init,
  update,
  review,
  accept,
  check,
  'verify-bundle': verifyBundle,
  explain,
  trust,
  cache,
  demo,
};

/** Runs assay with `args` (without node and the script) and returns the exit status. Never throws for wrong input. */
export async function run(args: readonly string[], io: Io = processIo()): Promise<number> {
  try {
    return await dispatch(args, io);
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

async function dispatch(args: readonly string[], io: Io): Promise<number> {
  const first = args[0];
  if (first === '--help' || first === '-h' || first === 'help') {
    io.stdout.write(overview(io.stdout.columns));
    return EXIT.holds;
  }
  if (first === '--version' || first === '-v') {
    io.stdout.write(`${VERSION}\n`);
    return EXIT.holds;
  }
  const name = commandNamed(first) ?? 'audit';
  if (first !== undefined && name !== first && !first.startsWith('-') && !existsSync(resolve(io.cwd, first))) {
    const near = nearest(first, COMMAND_NAMES);
    throw new UsageError(
      `${first} is neither a command nor a path${near === null ? '' : `; did you mean assay ${near}?`} (see assay --help)`,
    );
  }
  const command = COMMANDS[name];
  const options = parseOptions(name === first ? args.slice(1) : args, command.options);
  if (options.values.help === true) {
    io.stdout.write(`${usage(name, command, io.stdout.columns)}\n`);
    return EXIT.holds;
  }
  return command.run(options, io);
}

function usage(name: string, command: Command, columns: number): string {
  return `assay ${name} ${command.usage}\n\n${command.summary}\n\n${optionHelp(command.options, columns)}`;
}

function overview(columns: number): string {
  const rows = COMMAND_NAMES.map((name) => [`assay ${name}`, COMMANDS[name].summary] as const);
  return `assay ${VERSION}: who built every dependency of a lockfile, verified before any of its code runs

${helpTable(rows, columns)}

audit is the default. assay COMMAND --help shows a command's arguments and options.

Exit status: 0 holds, 1 fails, 2 wrong usage or nothing to check, 3 evidence could not be obtained.
`;
}
