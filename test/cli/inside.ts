import { Readable, Writable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { dirname, join } from 'node:path';
import { processIo, type Io } from '../../src/cli/io.ts';
import { CLI, environmentOf, type Run } from './run.ts';

interface Main {
  readonly run: (args: readonly string[], io: Io) => Promise<number>;
}

let last: Promise<unknown> = Promise.resolve();

/**
 * What `assay` gives, without a process of its own, which is most of the time of a run: the built command line runs in
 * this process, which has the folder and the variables of the run meanwhile, and none of its own. One at a time, in
 * the order of the calls.
 */
export function assayInside(
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>> = {},
  input = '',
): Promise<Run> {
  const run = last.then(() => inPlaceOf(args, cwd, env, input));
  last = run.catch(() => undefined);
  return run;
}

async function inPlaceOf(
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>>,
  input: string,
): Promise<Run> {
  // Vitest leaves it as it is (vitest.config.ts).
  const { run } = (await import(pathToFileURL(join(dirname(CLI), 'main.js')).href)) as Main;
  const before = { folder: process.cwd(), env: { ...process.env } };
  const [stdout, stderr] = [kept(), kept()];
  process.chdir(cwd);
  // With certificates, the settings of this machine's npm take longer to read than most of what is tested.
  setEnvironment({ PREFIX: join(cwd, 'no-npm'), ...environmentOf(cwd, env) });
  try {
    const status = await run(
      args,
      processIo({ stdin: Readable.from([input]), stdout: stdout.stream, stderr: stderr.stream }),
    );
    return { status, stdout: stdout.text(), stderr: stderr.text() };
  } finally {
    process.chdir(before.folder);
    setEnvironment(before.env);
  }
}

function setEnvironment(env: Readonly<NodeJS.ProcessEnv>): void {
  for (const name of Object.keys(process.env)) if (!(name in env)) Reflect.deleteProperty(process.env, name);
  Object.assign(process.env, env);
}

/** A stream that is no terminal and keeps what is written to it. */
function kept(): { readonly stream: Writable; readonly text: () => string } {
  const chunks: Buffer[] = [];
  const stream = new Writable({
    write: (chunk: Buffer, _, done) => {
      chunks.push(chunk);
      done();
    },
  });
  return { stream, text: () => Buffer.concat(chunks).toString('utf8') };
}
