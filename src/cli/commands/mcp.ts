import { Readable } from 'node:stream';
import type { Command } from '../command.ts';
import { EXIT, UsageError } from '../exit.ts';
import type { Input } from '../io.ts';
import { protocolOf, tooLong } from '../mcp/protocol.ts';
import { callTool, INSTRUCTIONS, LISTED, type ToolName } from '../mcp/tools.ts';
import { PROJECT_OPTIONS } from '../project/option-names.ts';

/** Of a line. A call names packages and folders, and nothing larger. */
const MAX_BYTES = 1_048_576;
/** Requests that wait for their answer; more lines are not read meanwhile. */
const MAX_OPEN = 64;
const NEWLINE = 0x0a;
/** Each is loaded when it is called. */
const COMMANDS: Readonly<Record<ToolName, () => Promise<{ readonly command: Command }>>> = {
  check: () => import('./check.ts'),
  audit: () => import('./audit.ts'),
  explain: () => import('./explain.ts'),
  review: () => import('./review.ts'),
};

export const command: Command = {
  usage: '',
  summary: 'serve check, audit, explain and review to a coding agent (MCP over standard input and output)',
  options: [...PROJECT_OPTIONS, 'enforce'],
  run: async ({ values, positionals }, io) => {
    if (positionals.length > 0)
      throw new UsageError('mcp takes no argument: it serves the folder that it is started in');
    // One at a time, as they share what earlier runs keep. Everything else is answered meanwhile.
    let last: Promise<unknown> = Promise.resolve();
    const answer = protocolOf({
      tools: LISTED,
      instructions: INSTRUCTIONS,
      call: (name, args) => {
        const called = last.then(() => callTool(name as ToolName, args, values, io, COMMANDS[name as ToolName]));
        last = called.catch(() => undefined);
        return called;
      },
    });
    const write = (line: string | null): void => {
      if (line !== null) io.stdout.write(`${line}\n`);
    };
    const open = new Set<Promise<void>>();
    for await (const line of linesOf(io.stdin?.() ?? Readable.from([]))) {
      if (line === null) {
        write(tooLong(MAX_BYTES));
        continue;
      }
      const one: Promise<void> = answer(line).then(write);
      open.add(one);
      if (open.size >= MAX_OPEN) await Promise.race(open);
      void one.then(() => open.delete(one));
    }
    await Promise.all(open);
    return EXIT.holds;
  },
};

/** The lines of a stream that are not empty; null in place of one that is too long. */
async function* linesOf(input: Input): AsyncGenerator<string | null> {
  let parts: Buffer[] = [];
  let size = 0;
  const taken = (): string | null => {
    const line = size > MAX_BYTES ? null : Buffer.concat(parts).toString('utf8');
    [parts, size] = [[], 0];
    return line;
  };
  for await (const chunk of input) {
    let rest = Buffer.from(chunk);
    for (let end = rest.indexOf(NEWLINE); end !== -1; end = rest.indexOf(NEWLINE)) {
      add(rest.subarray(0, end));
      rest = rest.subarray(end + 1);
      const line = taken();
      if (line?.trim() !== '') yield line;
    }
    add(rest);
  }
  const line = taken();
  if (line?.trim() !== '') yield line;

  function add(bytes: Buffer): void {
    size += bytes.length;
    if (size <= MAX_BYTES) parts.push(bytes);
    else parts = [];
  }
}
