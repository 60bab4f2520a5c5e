import { Readable } from 'node:stream';
import { statAt } from '../../store/found.ts';
import { escapeText } from '../../report/words/escape.ts';
import type { Command } from '../command.ts';
import { EXIT, UsageError } from '../exit.ts';
import { readAsked, type Objection } from '../hook/formats.ts';
import { mended, objectionTo } from '../hook/objection.ts';
import type { Input, Io } from '../io.ts';
import type { ParsedOptions } from '../options.ts';
import { PROJECT_OPTIONS } from '../project/option-names.ts';

/** Agents hand over what they are about to write to a file, too. */
const MAX_BYTES = 16_777_216;
const DEFAULT_SECONDS = 45;

export const command: Command = {
  usage: '',
  summary: 'answer a coding agent that is about to run a command (JSON on standard input)',
  options: [...PROJECT_OPTIONS, 'enforce', 'timeout'],
  run: async (options, io) => {
    if (options.positionals.length > 0) throw new UsageError('hook takes no argument: it reads standard input');
    const seconds = secondsOf(options.values.timeout);
    const overdue: Objection = {
      reason: `no answer within ${seconds} seconds: run assay audit first, which keeps what it learns`,
      next: null,
    };
    const asked = readAsked(await textOf(io.stdin?.() ?? Readable.from([]), seconds), io.cwd);
    const objection = await within(seconds, decide(asked.command, asked.folder, options, io), overdue);
    io.stdout.write(`${JSON.stringify(asked.answer(objection))}\n`);
    // A request that is still waited for would hold up the end, and so the answer.
    if (objection === overdue && (await io.stdout.taken?.()) === true) process.exit(EXIT.holds);
    return EXIT.holds;
  },
};

async function decide(
  command: string | readonly string[] | null,
  folder: string,
  options: ParsedOptions,
  io: Io,
): Promise<Objection | null> {
  if (command === null) return null;
  if (statAt(folder)?.isDirectory() !== true) {
    return { reason: `there is no folder ${escapeText(folder, 200)} to run it in`, next: null };
  }
  const within = { ...io, cwd: folder };
  try {
    return await objectionTo(command, within, async (started) => {
      // Most commands start nothing that installs, and wait for none of this.
      const { objectionToInstall } = await import('../hook/installs.ts');
      return objectionToInstall(started, options, within);
    });
  } catch (error) {
    return mended(error);
  }
}

function secondsOf(text: string | undefined): number {
  const seconds = text === undefined ? DEFAULT_SECONDS : Number(text);
  if (Number.isInteger(seconds) && seconds >= 1 && seconds <= 3600) return seconds;
  throw new UsageError(`--timeout takes seconds, from 1 to 3600, not ${text ?? ''}`);
}

/** What comes of `work`, or `instead` where nothing does in time. */
async function within<T>(seconds: number, work: Promise<T>, instead: T): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const end = new Promise<T>((done) => (timer = setTimeout(() => done(instead), seconds * 1000)));
  try {
    return await Promise.race([work, end]);
  } finally {
    clearTimeout(timer);
  }
}

/** All of it. Throws UsageError. */
async function textOf(input: Input, seconds: number): Promise<string> {
  if (input.isTTY === true) {
    throw new UsageError('hook reads what an agent writes to its standard input, not a terminal');
  }
  const timer = setTimeout(() => {
    input.destroy?.(new UsageError(`standard input has no end after ${seconds} seconds`));
  }, seconds * 1000);
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of input) {
      const bytes = Buffer.from(chunk);
      size += bytes.length;
      if (size > MAX_BYTES) throw new UsageError(`standard input has more than ${MAX_BYTES} bytes`);
      chunks.push(bytes);
    }
  } finally {
    clearTimeout(timer);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
  } catch {
    throw new UsageError('standard input is no UTF-8');
  }
}
