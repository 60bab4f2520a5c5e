import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { nearest } from '../model/nearest.ts';
import { escapeText } from '../report/escape.ts';
import { VERSION } from '../version.ts';
import type { Command } from './command.ts';
import { EXIT, UsageError } from './exit.ts';
import { processIo, type Io } from './io.ts';
import { optionHelp, parseOptions } from './options.ts';

/** The commands in the order `--help` shows them. Each is loaded when it is run. */
const COMMANDS: Readonly<Record<string, () => Promise<{ readonly command: Command }>>> = {
  audit: () => import('./commands/audit.ts'),
  init: () => import('./commands/init.ts'),
  update: () => import('./commands/update.ts'),
  review: () => import('./commands/review.ts'),
  accept: () => import('./commands/accept.ts'),
  check: () => import('./commands/check.ts'),
  'verify-bundle': () => import('./commands/verify-bundle.ts'),
  explain: () => import('./commands/explain.ts'),
  cache: () => import('./commands/cache.ts'),
  demo: () => import('./commands/demo.ts'),
};

/** Runs assay with `args` (without node and the script) and returns the exit status. Never throws for wrong input. */
export async function run(args: readonly string[], io: Io = processIo()): Promise<number> {
  try {
    return await dispatch(args, io);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const expected =
      error instanceof UsageError ||
      ['BaselineError', 'ConfigError', 'LockfileError', 'PolicyError', 'TrustedRootError'].includes(error.name);
    io.stderr.write(
      `assay: ${expected ? '' : 'internal error, please report it: '}${escapeText(error.message, 1000)}\n`,
    );
    if (!expected && io.env['ASSAY_DEBUG'] !== undefined) io.stderr.write(`${error.stack ?? ''}\n`);
    return EXIT.usage;
  }
}

async function dispatch(args: readonly string[], io: Io): Promise<number> {
  const first = args[0];
  if (first === '--help' || first === '-h' || first === 'help') {
    io.stdout.write(await overview());
    return EXIT.holds;
  }
  if (first === '--version' || first === '-v') {
    io.stdout.write(`${VERSION}\n`);
    return EXIT.holds;
  }
  const name = first !== undefined && Object.hasOwn(COMMANDS, first) ? first : 'audit';
  if (first !== undefined && name !== first && !first.startsWith('-') && !existsSync(resolve(io.cwd, first))) {
    const near = nearest(first, Object.keys(COMMANDS));
    throw new UsageError(
      `${first} is neither a command nor a path${near === null ? '' : `; did you mean assay ${near}?`} (see assay --help)`,
    );
  }
  const { command } = await load(name);
  const options = parseOptions(name === first ? args.slice(1) : args, command.options);
  if (options.values.help === true) {
    io.stdout.write(`${usage(name, command)}\n`);
    return EXIT.holds;
  }
  return command.run(options, io);
}

function load(name: string): Promise<{ readonly command: Command }> {
  const loader = COMMANDS[name];
  if (loader === undefined) throw new UsageError(`unknown command ${name}`);
  return loader();
}

function usage(name: string, command: Command): string {
  return `assay ${name} ${command.usage}\n\n${command.summary}\n\n${optionHelp(command.options)}`;
}

async function overview(): Promise<string> {
  const rows = await Promise.all(
    Object.keys(COMMANDS).map(async (name) => {
      const { command } = await load(name);
      return [`  assay ${name} ${command.usage}`.trimEnd(), command.summary] as const;
    }),
  );
  const width = Math.max(...rows.map(([left]) => left.length));
  const lines = rows.map(([left, right]) => `${left.padEnd(width)}  ${right}`);
  return `assay ${VERSION}: who built every dependency of a lockfile, verified before any of its code runs

${lines.join('\n')}

audit is the default. assay COMMAND --help shows a command's options.

Exit status: 0 holds, 1 fails, 2 wrong usage or nothing to check, 3 evidence could not be obtained.
`;
}
