import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

const READY_MS = 60_000;
const STOP_MS = 5_000;
/** Below the range that a system takes the ports of outgoing connections from. */
const [FIRST_PORT, LAST_PORT] = [20_000, 32_000];

interface Program {
  readonly name: string;
  readonly path: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** What ends it in order; SIGTERM where nothing else is said. */
  readonly end?: NodeJS.Signals;
  /** Who runs it, where that is another user. */
  readonly uid?: number;
  /** What answers with success once the program is ready, or how else that is known. */
  readonly ready: string | (() => boolean);
}

/** Starts programs and ends exactly those, by their processes. */
export interface Processes {
  readonly start: (program: Program) => Promise<void>;
  readonly stopAll: () => Promise<void>;
}

/** `folder` gets what the programs write. */
export function newProcesses(folder: string): Processes {
  const children = new Map<ChildProcess, NodeJS.Signals | undefined>();
  const killAll = (): void => {
    for (const child of children.keys()) child.kill('SIGKILL');
  };
  process.once('exit', killAll);

  return {
    start: async ({ name, path, args, env = {}, end, uid, ready }) => {
      const log = join(folder, `${name}.log`);
      const output = openSync(log, 'a');
      const child = spawn(path, args, {
        // Another user does not come into the folder.
        ...(uid === undefined ? { cwd: folder } : { cwd: '/', uid, gid: uid }),
        env: { PATH: process.env['PATH'] ?? '', HOME: folder, ...env },
        stdio: ['ignore', output, output],
      });
      closeSync(output);
      const ended: string[] = [];
      child.once('error', (error) => ended.push(error.message));
      child.once('exit', (status) => ended.push(`ended with ${status}`));
      children.set(child, end);
      const until = Date.now() + READY_MS;
      while (!(typeof ready === 'string' ? await answers(ready) : ready())) {
        if (ended.length === 0 && Date.now() < until) {
          await wait(25);
          continue;
        }
        const words = readFileSync(log, 'utf8').split('\n').slice(-15).join('\n');
        throw new Error(
          `${name} ${ended[0] ?? `is not ready${typeof ready === 'string' ? ` at ${ready}` : ''}`}:\n${words}`,
        );
      }
    },
    stopAll: async () => {
      await Promise.all([...children].map(([child, end]) => stop(child, end)));
      children.clear();
      process.off('exit', killAll);
    },
  };
}

async function answers(url: string): Promise<boolean> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(1000) }).catch(() => null);
  await answer?.body?.cancel();
  return answer?.ok === true;
}

async function stop(child: ChildProcess, end?: NodeJS.Signals): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill(end);
  const late = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  await gone;
  clearTimeout(late);
}

/** Ports of the loopback interface that nobody listens on, and that this process has not given yet. */
export async function freePorts<Name extends string>(names: readonly Name[]): Promise<Record<Name, number>> {
  const ports: [Name, number][] = [];
  for (const name of names) ports.push([name, await freePort()]);
  return Object.fromEntries(ports) as Record<Name, number>;
}

const given = new Set<number>();

async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST_PORT + Math.floor(Math.random() * (LAST_PORT - FIRST_PORT));
    if (given.has(port)) continue;
    const server = createServer();
    // On every interface: some of the programs listen there whatever they are told.
    const isFree = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false));
      server.listen(port, () => resolve(true));
    });
    if (!isFree) continue;
    server.close();
    await once(server, 'close');
    given.add(port);
    return port;
  }
}
