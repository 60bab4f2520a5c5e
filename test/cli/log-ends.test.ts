import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ciWorkflow, token } from '../../lab/index.ts';
import { lockOf, NAMES, withLogs, type LabLogs } from '../logs/lab-logs.ts';
import { withProject } from './lab-project.ts';
import { CLI, environmentOf, start, type Run } from './run.ts';

const ID = '4242';
const NO_SPACE = 'no space is left on the disk (ENOSPC): make room, or name another place';

/** What a shell does with standard output of the command behind it. */
const FULL = '"$0" "$@" > /dev/full';
const FIRST_LINE = 'set -o pipefail; "$0" "$@" | head -n 1';
/** Runs it with a disk of 64 kB in the folder `small`, which has so many kilobytes left. */
const onSmallDisk = (left: number): string =>
  `unshare -rm sh -c 'mount -t tmpfs -o size=64k tmpfs small && head -c ${(64 - left) * 1024} /dev/zero > small/fill && "$0" "$@"' "$0" "$@"`;
const HAS_FULL = existsSync('/dev/full');
const MOUNTS = spawnSync('unshare', ['-rm', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']).status === 0;
const skipped = MOUNTS ? '' : ' (skipped: unshare -rm is not permitted here)';

/** The built command behind a shell. */
function shell(command: string, args: readonly string[], folder: string): Promise<Run> {
  return start('bash', ['-c', command, process.execPath, CLI, ...args], folder, environmentOf(folder, {}));
}

const watchArgs = ({ v1, v2 }: LabLogs, ...args: string[]): string[] => [
  ...['log', 'watch', '--json', '--state', 'state', '--repository-id', ID, '--trusted-root', 'root.json'],
  ...['--log', `${NAMES.v1}=${v1.url}`, '--log', `${NAMES.v2}=${v2.url}`, ...args],
];

/** An entry of the watched repository; returns its position. */
function signOurs({ lab }: LabLogs): string {
  const { identity } = ciWorkflow({ repository: 'team/ours', repositoryId: ID });
  const bundle = lab.sigstore.signMessage(Buffer.from('x'), { identity }, { log: 'v2' });
  return bundle.verificationMaterial.tlogEntries[0]?.logIndex ?? '';
}

const watchOnce = (logs: LabLogs, ...args: string[]): Promise<Run> =>
  start(process.execPath, [CLI, ...watchArgs(logs, '--once', ...args)], logs.folder, environmentOf(logs.folder, {}));

/** Positions of the entries that a run told. */
function toldBy({ stdout }: Pick<Run, 'stdout'>): string[] {
  return stdout.split('\n').flatMap((line) => {
    if (line === '') return [];
    const { event, hit } = JSON.parse(line) as { readonly event: string; readonly hit?: { readonly index: string } };
    return event === 'finding' ? [hit?.index ?? ''] : [];
  });
}

/** A project that was watched before, with an entry that nobody was told of. */
function withUntold(work: (logs: LabLogs, index: string) => Promise<void>): Promise<void> {
  return withLogs(async (logs) => {
    expect((await watchOnce(logs)).status).toBe(0);
    await work(logs, signOurs(logs));
  });
}

/** The next run tells the entries which the one before could not, and the one after tells nothing. */
async function expectNotLost(logs: LabLogs, ...indexes: string[]): Promise<void> {
  const next = await watchOnce(logs);
  expect([next.status, next.stderr, toldBy(next)]).toEqual([1, '', indexes]);
  const later = await watchOnce(logs);
  expect([later.status, toldBy(later)]).toEqual([0, []]);
}

describe('a watch whose standard output is not taken', () => {
  it.skipIf(!HAS_FULL)('as the disk is full loses nothing: one line, and everything again', async () => {
    await withUntold(async (logs, index) => {
      const run = await shell(FULL, watchArgs(logs, '--once'), logs.folder);
      expect(run).toEqual({ status: 2, stdout: '', stderr: `assay: cannot write standard output: ${NO_SPACE}\n` });
      await expectNotLost(logs, index);
    });
  });

  it.skipIf(process.platform === 'win32')('as its reader went after a line (| head -n 1) loses nothing', async () => {
    await withUntold(async (logs, index) => {
      // Larger than a pipe takes without a reader.
      const indexes = [index, ...Array.from({ length: 120 }, () => signOurs(logs))];
      const run = await shell(FIRST_LINE, watchArgs(logs, '--once'), logs.folder);
      expect([run.status, toldBy(run), run.stderr]).toEqual([1, [index], 'assay: standard output did not take it\n']);
      await expectNotLost(logs, ...indexes);
    });
  });

  it.skipIf(process.platform === 'win32')('and that has no end, ends with its reader', async () => {
    await withUntold(async (logs, index) => {
      const indexes = [index, ...Array.from({ length: 120 }, () => signOurs(logs))];
      const run = await shell(FIRST_LINE, watchArgs(logs, '--interval', '1'), logs.folder);
      expect([run.status, toldBy(run), run.stderr]).toEqual([1, [index], 'assay: standard output did not take it\n']);
      expect(lockOf(logs.folder)).toMatch(/^free\n/);
      await expectNotLost(logs, ...indexes);
    });
  });

  it.skipIf(!MOUNTS)(`as its own folder is full loses nothing, and says which${skipped}`, async () => {
    await withUntold(async (logs, index) => {
      mkdirSync(join(logs.folder, 'small'));
      const args = watchArgs(logs, '--once', '--from', '11', '--state', 'small/state');
      const run = await shell(onSmallDisk(0), args, logs.folder);
      expect(run.status).toBe(2);
      expect(run.stderr).toMatch(/^assay: cannot write \S*small\/state\S*: no space is left on the disk [^\n]+\n$/);
      await expectNotLost(logs, index);
    });
  });
});

interface Holding {
  readonly url: string;
  /** Resolves with the answer to the next request, which waits for it. */
  readonly next: () => Promise<ServerResponse>;
}

/** A receiver that answers when the test does. */
async function holding(): Promise<Holding> {
  const waiting: ServerResponse[] = [];
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      waiting.push(response);
      server.emit('waiting');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    next: async () => {
      if (waiting.length === 0) await once(server, 'waiting');
      const response = waiting.shift();
      if (response === undefined) throw new Error('nobody waits');
      return response;
    },
  };
}

describe.skipIf(process.platform === 'win32')('a watch that is stopped in the middle of a round', () => {
  interface Stopped {
    readonly status: number | null;
    readonly signal: NodeJS.Signals | null;
    readonly stdout: string;
    readonly stderr: string;
  }

  /** Stops it while the webhook has the findings and has not said so; `answer` is what it says then. */
  async function stopped(
    logs: LabLogs,
    { signals, answer, args }: { signals: readonly NodeJS.Signals[]; answer: number; args: readonly string[] },
  ): Promise<Stopped> {
    const { folder } = logs;
    const { url, next } = await holding();
    const child = spawn(process.execPath, [CLI, ...watchArgs(logs, '--webhook', url, ...args)], {
      cwd: folder,
      env: environmentOf(folder, { npm_config_fetch_retries: '0' }),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    const said = { stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => (said.stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said.stderr += text));
    const closed = once(child, 'close');
    const response = await next();
    for (const signal of signals) {
      child.kill(signal);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    response.writeHead(answer).end();
    const [status, signal] = (await closed) as [number | null, NodeJS.Signals | null];
    return { status, signal, ...said };
  }

  it.each(['SIGTERM', 'SIGINT'] as const)('by %s delivers and keeps what it found before it ends', async (signal) => {
    await withUntold(async (logs, index) => {
      const run = await stopped(logs, { signals: [signal], answer: 204, args: [] });
      expect([run.status, run.stderr, toldBy(run)]).toEqual([1, '', [index]]);
      const later = await watchOnce(logs);
      expect([later.status, toldBy(later)]).toEqual([0, []]);
    });
  });

  it.each<[string, readonly NodeJS.Signals[], number, readonly string[]]>([
    ['SIGTERM, and the webhook does not take it', ['SIGTERM'], 500, []],
    ['SIGTERM twice', ['SIGTERM', 'SIGTERM'], 204, []],
    ['SIGTERM with --once', ['SIGTERM'], 204, ['--once']],
    ['SIGKILL', ['SIGKILL'], 204, []],
  ])('loses nothing: %s', async (_, signals, answer, args) => {
    await withUntold(async (logs, index) => {
      const run = await stopped(logs, { signals, answer, args });
      expect(toldBy(run)).toEqual([index]);
      expect(answer === 500 ? run.status : run.signal).toBe(answer === 500 ? 1 : signals[0]);
      await expectNotLost(logs, index);
      expect(readdirSync(join(logs.folder, 'state')).filter((name) => name.endsWith('.tmp'))).toEqual([]);
      expect(lockOf(logs.folder)).toMatch(/^free\n/);
    });
  });
});

describe('other output that is not taken', () => {
  it.skipIf(!HAS_FULL)('of log search is one line, and no status of what was found', async () => {
    await withLogs(async ({ v1, folder, lab }) => {
      const args = ['log', 'search', `sha512:${'ab'.repeat(64)}`, '--trusted-root', 'root.json', '--registry', lab.url];
      const own = [...args, '--log', `${NAMES.v1}=${v1.url}`];
      for (const format of [[], ['--json']]) {
        const run = await shell(FULL, [...own, ...format], folder);
        expect(run).toEqual({ status: 2, stdout: '', stderr: `assay: cannot write standard output: ${NO_SPACE}\n` });
        // A reader that went is no error.
        const first = await shell(FIRST_LINE, [...own, ...format], folder);
        expect([first.status, first.stderr]).toEqual([0, '']);
      }
    });
  });

  const withFailing = (work: (folder: string, args: readonly string[]) => Promise<void>): Promise<void> =>
    withProject(async ({ lab, folder, lock }) => {
      const names = Array.from({ length: 60 }, (_, i) => `package-${i}`);
      for (const name of names) await lab.publish({ name, version: '1.0.0', by: token({ user: 'somebody' }) });
      await lock(Object.fromEntries(names.map((name) => [name, '1.0.0'])));
      const trust = ['--trusted-root', 'root.json', '--registry-keys', 'keys.json'];
      await work(folder, ['audit', '--enforce', 'all', ...trust]);
    });

  it.skipIf(!HAS_FULL)('of an audit is one line, and never its verdict', async () => {
    await withFailing(async (folder, args) => {
      for (const format of [[], ['--json'], ['--output', 'sarif']]) {
        const run = await shell(FULL, [...args, ...format], folder);
        expect(run).toEqual({ status: 2, stdout: '', stderr: `assay: cannot write standard output: ${NO_SPACE}\n` });
      }
    });
  });

  it.skipIf(process.platform === 'win32')('whose reader went leaves an audit its verdict', async () => {
    await withFailing(async (folder, args) => {
      for (const format of [[], ['--json']]) {
        const run = await shell(FIRST_LINE, [...args, ...format], folder);
        expect([run.status, run.stderr, run.stdout.split('\n')]).toEqual([1, '', [expect.anything(), '']]);
      }
    });
  });

  it.skipIf(!MOUNTS)(`of an audit in a file on a full disk is one line, and no half of a file${skipped}`, async () => {
    await withFailing(async (folder, args) => {
      mkdirSync(join(folder, 'small'));
      for (const [option, left] of [
        [['--output', 'html=small/report.html'], 0],
        [['--output', 'html=small/report.html'], 8],
        [['--output', 'json=small/report.json'], 8],
      ] as const) {
        const list = '; status=$?; ls small >&2; exit $status';
        const command = onSmallDisk(left).replace(`&& "$0" "$@"'`, `&& { "$0" "$@"${list}; }'`);
        const run = await shell(command, [...args, ...option], folder);
        const file = option[1].replace(/^\w+=/, '');
        expect(run.status).toBe(2);
        expect(run.stderr).toBe(`assay: cannot write ${file}: ${NO_SPACE}\nfill\n`);
        expect(run.stdout).toContain('fails: ');
      }
    });
  });
});
