import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { nearest } from '../../model/nearest.ts';
import { VERSION } from '../../model/version.ts';
import { EXIT, UsageError } from '../exit.ts';
import { processIo, withColor, type Io } from '../io.ts';
import { COMMAND_NAMES, commandNamed, type CommandName } from '../names.ts';
import { helpTable, takesValue } from '../options.ts';
import { COMMANDS, shownCommands } from './commands.ts';
import { optionsOf, reporting } from './one-command.ts';

/** Runs assay with `args` (without node and the script) and returns the exit status. Never throws for wrong input. */
export function run(args: readonly string[], io: Io = processIo()): Promise<number> {
  return reporting(io, () => dispatch(args, io));
}

async function dispatch(args: readonly string[], io: Io): Promise<number> {
  const [first, second] = args;
  if (first === 'help' && second !== undefined && !second.startsWith('-')) {
    if (commandNamed(second) === null) throw new UsageError(`${second} is no command${didYouMean(second)}`);
    return dispatch([second, ...args.slice(2), '--help'], io);
  }
  if (first === 'help' && second === '--man') {
    io.stdout.write(await manualPage());
    return EXIT.holds;
  }
  if (first === '--help' || first === '-h' || first === 'help') {
    io.stdout.write(await overview(io.stdout.columns));
    return EXIT.holds;
  }
  if (first === '--version' || first === '-v') {
    io.stdout.write(`${VERSION}\n`);
    return EXIT.holds;
  }
  const name = commandNamed(first) ?? 'audit';
  if (first !== undefined && name !== first && !first.startsWith('-') && !existsSync(resolve(io.cwd, first))) {
    throw new UsageError(missing(first));
  }
  const { command } = await COMMANDS[name]();
  const own = name === first ? args.slice(1) : args;
  if (command.isBeforeCommand === true) demandSeparator(name, own);
  const options = await optionsOf(name, command, own, io);
  if (options === null) return EXIT.holds;
  const { evidence, color } = options.values;
  const suited = color === undefined ? io : withColor(io, color);
  if (evidence === undefined) return command.run(options, suited);
  const { withEvidence } = await import('../evidence.ts');
  return withEvidence(evidence, suited, (answered) => command.run(options, answered));
}

/**
 * An option after the words of another command is meant for that one, and would be taken for assay's. Throws
 * UsageError.
 */
function demandSeparator(name: CommandName, args: readonly string[]): void {
  const at = firstWord(args);
  const [own, words] = [args.slice(0, at), args.slice(at)];
  const end = words.indexOf('--');
  const options = words.slice(0, end === -1 ? undefined : end).filter((arg) => arg.startsWith('-'));
  if (options.length === 0 || options.includes('--help') || options.includes('-h')) return;
  throw new UsageError(`what belongs to the command goes after --: assay ${[name, ...own, '--', ...words].join(' ')}`);
}

/** Where the first argument is that is neither an option nor its value; the number of all where none is. */
function firstWord(args: readonly string[]): number {
  let at = 0;
  while (at < args.length && (args[at] ?? '').startsWith('-')) {
    if (args[at] === '--') return args.length;
    const isValued = takesValue(args[at] ?? '') && !(args[at + 1] ?? '-').startsWith('-');
    at += isValued ? 2 : 1;
  }
  return at;
}

/** What is wrong with a first argument that is neither a command nor there. */
function missing(word: string): string {
  const isPath = /[./\\]/.test(word);
  if (!isPath && nearest(word, COMMAND_NAMES) !== null) {
    return `${word} is neither a command nor a path${didYouMean(word)}`;
  }
  const command = isPath ? '' : ', and no command of that name';
  return `no such file or directory: ${word}${command}; name a lockfile or the directory of one (see assay --help)`;
}

function didYouMean(word: string): string {
  const near = nearest(word, COMMAND_NAMES);
  return `${near === null ? '' : `; did you mean assay ${near}?`} (see assay --help)`;
}

async function overview(columns: number): Promise<string> {
  const commands = await Promise.all(COMMAND_NAMES.map((name) => COMMANDS[name]()));
  const rows = commands.map(({ command }, i) => [`assay ${COMMAND_NAMES[i]}`, command.summary] as const);
  return `assay ${VERSION}: who built every dependency of a lockfile, verified before any of its code runs

${helpTable(rows, columns)}

audit is the default. assay COMMAND --help shows a command's arguments, options and exit statuses,
assay help --man all of them as a manual page.

Exit status: 0 holds, 1 fails, 2 wrong usage or nothing to check, 3 evidence could not be obtained.
`;
}

async function manualPage(): Promise<string> {
  const { renderMan } = await import('../../report/commands/man.ts');
  return renderMan(VERSION, await shownCommands());
}
