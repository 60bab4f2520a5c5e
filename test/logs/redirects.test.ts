import { describe, expect, it } from 'vitest';
import { ciWorkflow, type BundleJson } from '../../lab/index.ts';
import { uuidOf, type LogServer } from '../../lab/logs.ts';
import { NAMES, withLogs, type LabLogs } from './lab-logs.ts';
import { serveFiles } from './recorded.ts';

/** What every action of `assay log` asks of a log: Rekor v1's id is of the entry of a published bundle. */
const ACTIONS = {
  'search, of Rekor v1': ['v1', 'search', 'p@1.0.0'],
  'show, of Rekor v1': ['v1', 'show', 'UUID'],
  'verify, of Rekor v1': ['v1', 'verify', 'p@1.0.0'],
  'watch, of Rekor v1': ['v1', 'watch', '--once', '--repository-id', '4242'],
  'show, of Rekor v2': ['v2', 'show', '0'],
  'watch, of Rekor v2': ['v2', 'watch', '--once', '--repository-id', '4242'],
} as const;

interface Published extends LabLogs {
  readonly server: LogServer;
  readonly args: readonly string[];
}

function withPublished(action: keyof typeof ACTIONS, work: (logs: Published) => Promise<void>): Promise<void> {
  return withLogs(async (logs) => {
    const { lab, v1 } = logs;
    const published = await lab.publish({ name: 'p', version: '1.0.0', by: ciWorkflow({ repository: 'team/p' }) });
    const bundles = (published.attestations?.attestations ?? []).map(({ bundle }): BundleJson => bundle);
    for (const bundle of bundles) v1.index(bundle);
    const body = bundles[0]?.verificationMaterial.tlogEntries[0]?.canonicalizedBody ?? '';
    const [log, ...args] = ACTIONS[action];
    const given = args.map((arg) => arg.replace('UUID', uuidOf(Buffer.from(body, 'base64'))));
    const own = log === 'v2' && action.startsWith('show') ? ['--log', `${NAMES.v2}=${logs.v2.url}`] : [];
    const others = ['--state', 'state', '--registry', lab.url, '--json', ...own];
    await work({ ...logs, server: logs[log], args: ['log', ...given, ...others] });
  });
}

function redirect(server: LogServer, status: number, to: (path: string) => string): void {
  server.lie = (path) => ({ status, location: to(path) });
}

describe('a log that redirects', () => {
  it.each(
    (Object.keys(ACTIONS) as (keyof typeof ACTIONS)[]).flatMap((action) =>
      ([301, 302, 303, 307, 308] as const).map((status) => [action, status] as const),
    ),
  )('to another host is not followed, and that host hears nothing: %s, %i', async (action, status) => {
    await withPublished(action, async ({ server, args, run }) => {
      const heard: string[] = [];
      const other = await serveFiles((method, path) => {
        heard.push(`${method} ${path}`);
        return null;
      });
      expect((await run(...args)).status).toBe(0);
      redirect(server, status, (path) => `${other}${path}`);
      const { status: ended, stdout } = await run(...args);
      expect([ended, heard]).toEqual([3, []]);
      const host = new URL(other).host;
      const isQuestion = action.startsWith('search');
      expect(stdout).toContain(isQuestion ? 'redirected, which is not followed' : `redirected to ${host}`);
      if (action.startsWith('watch')) expect(stdout).toContain('"word":"unavailable"');
    });
  });

  it.each(['file:///etc/passwd', 'javascript:0', '//', 'http://[', 'ftp://127.0.0.1/'])(
    'to %s is not followed',
    async (to) => {
      await withPublished('watch, of Rekor v2', async ({ server, args, run }) => {
        redirect(server, 302, () => to);
        const { status, stdout } = await run(...args);
        expect([status, stdout]).toEqual([3, expect.stringMatching(/redirected (?:away from HTTP|to something)/)]);
      });
    },
  );

  it('within its own address is followed, and not without end', async () => {
    await withPublished('watch, of Rekor v2', async ({ server, args, run }) => {
      server.lie = (path) => (path.endsWith('/checkpoint') ? { status: 307, location: `${path}?led` } : undefined);
      // What the lab answers there is nothing; that it was asked is what counts.
      await run(...args);
      expect(server.requests.some((request) => request.endsWith('/checkpoint?led'))).toBe(true);
      server.lie = (path) => ({ status: 302, location: path });
      const { status, stdout } = await run(...args);
      expect([status, stdout]).toEqual([3, expect.stringMatching(/more than \d+ redirects/)]);
    });
  });
});
