import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ciWorkflow } from '../../lab/index.ts';
import { lockOf, NAMES, withLogs, type LabLogs } from '../logs/lab-logs.ts';
import { CLI, environmentOf, start } from './run.ts';

const ID = '4242';

interface Event {
  readonly event: 'finding' | 'trouble' | 'read';
  readonly log?: string;
  readonly word?: string;
}

interface Running {
  readonly pid: number | undefined;
  readonly closed: Promise<readonly unknown[]>;
  readonly stderr: () => string;
  /** Waits for such an event among those that were not waited for yet; fails where the command ends before. */
  readonly until: (is: (event: Event) => boolean) => Promise<Event>;
  /** Sends a signal, and waits for the end. */
  readonly end: (signal: NodeJS.Signals) => Promise<{ readonly status: number | null; readonly stderr: string }>;
}

const argsOf = ({ v1, v2 }: LabLogs, ...args: string[]): string[] => [
  ...[CLI, 'log', 'watch', '--json', '--state', 'state', '--repository-id', ID, '--trusted-root', 'root.json'],
  ...['--log', `${NAMES.v1}=${v1.url}`, '--log', `${NAMES.v2}=${v2.url}`, ...args],
];

/** The built command, running. */
function watching(logs: LabLogs, ...args: string[]): Running {
  const child = spawn(process.execPath, argsOf(logs, ...args), {
    cwd: logs.folder,
    env: environmentOf(logs.folder, {}),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const closed = once(child, 'close');
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    pid: child.pid,
    closed,
    stderr: () => stderr,
    until: async (is) => {
      for (;;) {
        const line = await lines.next();
        if (line.done === true) throw new Error(`it ended: ${stderr}`);
        const event = JSON.parse(line.value) as Event;
        if (is(event)) return event;
      }
    },
    end: async (signal) => {
      child.kill(signal);
      const [status] = (await closed) as [number | null];
      return { status, stderr };
    },
  };
}

const isRead = ({ event, log }: Event): boolean => event === 'read' && log === NAMES.v2;

function signOurs({ lab }: LabLogs): void {
  const { identity } = ciWorkflow({ repository: 'team/ours', repositoryId: ID });
  lab.sigstore.signMessage(Buffer.from('x'), { identity }, { log: 'v2' });
}

describe('assay log watch without an end', () => {
  it('goes round until it is told to stop, with everything kept, and the status of the worst round', async () => {
    await withLogs(async (logs) => {
      const { folder, lab } = logs;
      const running = watching(logs, '--interval', '1');
      await running.until(isRead);
      signOurs(logs);
      await running.until(({ event }) => event === 'finding');
      await running.until(isRead);
      // Two more rounds that find nothing do not make the finding undone.
      await running.until(isRead);
      await running.until(isRead);
      expect(lockOf(folder)).toMatch(new RegExp(`^\\S+ ${running.pid} `));
      expect(await running.end('SIGTERM')).toEqual({ status: 1, stderr: '' });
      const position = readFileSync(join(folder, 'state', `${NAMES.v2}.position.json`), 'utf8');
      expect(JSON.parse(position)).toMatchObject({ position: String(lab.sigstore.rekor.v2.tree.size()) });
      expect(lockOf(folder)).toMatch(/^free\n/);
      const next = await start(process.execPath, argsOf(logs, '--once'), folder, environmentOf(folder, {}));
      expect([next.status, next.stdout.includes('finding')]).toEqual([0, false]);
    });
  });

  it('ends at once between two rounds, with 0 where nothing was found', async () => {
    await withLogs(async (logs) => {
      const running = watching(logs);
      await running.until(({ event, log }) => event === 'read' && log === NAMES.v1);
      expect(await running.end('SIGINT')).toEqual({ status: 0, stderr: '' });
    });
  });

  it('ends with 3 where the last round had no answer, and with 0 once there was one again', async () => {
    await withLogs(async (logs) => {
      const { v2 } = logs;
      v2.lie = () => ({ status: 403 });
      const silent = watching(logs, '--interval', '1');
      await silent.until(({ word }) => word === 'unavailable');
      expect((await silent.end('SIGTERM')).status).toBe(3);
      const running = watching(logs, '--interval', '1');
      await running.until(({ word }) => word === 'unavailable');
      v2.lie = () => undefined;
      await running.until(isRead);
      await running.until(({ event, log }) => event === 'read' && log === NAMES.v1);
      expect((await running.end('SIGTERM')).status).toBe(0);
    });
  });

  it('is alone with its state, and one that was taken over while it stood still keeps nothing', async () => {
    await withLogs(async (logs) => {
      const { folder } = logs;
      const env = environmentOf(folder, {});
      const running = watching(logs, '--interval', '1');
      await running.until(isRead);
      const second = await start(process.execPath, argsOf(logs, '--once'), folder, env);
      expect([second.status, second.stdout]).toEqual([2, '']);
      expect(second.stderr).toMatch(/^assay: process \d+ on \S+ watches with \S+state: end it, or name another folder/);
      // As another one does that saw no sign of life for long enough.
      writeFileSync(join(folder, 'state', 'lock.99'), 'free\n');
      signOurs(logs);
      await running.until(({ event }) => event === 'finding');
      const [status] = await running.closed;
      expect([status, running.stderr()]).toEqual([2, expect.stringMatching(/another watch took over \S+state/)]);
      const next = await start(process.execPath, argsOf(logs, '--once'), folder, env);
      expect([next.status, next.stdout.includes('finding')]).toEqual([1, true]);
    });
  });

  it.each(['0', '-1', '1.5', 'x', '9999999'])('does not take %s for seconds', async (seconds) => {
    await withLogs(async (logs) => {
      const run = await start(
        process.execPath,
        argsOf(logs, `--interval=${seconds}`),
        logs.folder,
        environmentOf(logs.folder, {}),
      );
      expect([run.status, run.stderr]).toEqual([2, expect.stringMatching(/--interval takes seconds/)]);
    });
  });
});
