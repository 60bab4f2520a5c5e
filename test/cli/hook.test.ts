import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ciWorkflow, token } from '../../lab/index.ts';
import { assayInside } from './inside.ts';
import { withProject } from './lab-project.ts';
import { CLI, configOf, environmentOf, inFolder, type Run } from './run.ts';

const TRUST = ['--trusted-root', 'root.json', '--registry-keys', 'keys.json'];

const asking = (command: string, cwd: string): string =>
  JSON.stringify({ hook_event_name: 'PreToolUse', tool_name: 'Bash', cwd, tool_input: { command } });

/** Why it is refused; null where nothing speaks against it. */
function reasonIn({ status, stdout }: Run): string | null {
  expect(status).toBe(0);
  const { hookSpecificOutput: said } = JSON.parse(stdout) as {
    readonly hookSpecificOutput?: { readonly permissionDecision: string; readonly permissionDecisionReason: string };
  };
  if (said === undefined) return null;
  expect(said.permissionDecision).toBe('deny');
  return said.permissionDecisionReason;
}

/** The hook as a process of its own, which is given `input` and, with `isOpen`, no end of it. */
async function apart(args: readonly string[], cwd: string, input: string | Buffer, isOpen = false): Promise<Run> {
  const child = spawn(process.execPath, [CLI, 'hook', ...args], { cwd, env: environmentOf(cwd, {}), timeout: 50_000 });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  // It may stop reading.
  child.stdin.on('error', () => undefined);
  child.stdin.write(input);
  if (!isOpen) child.stdin.end();
  const [status] = (await once(child, 'close')) as [number | null];
  return { status, stdout, stderr };
}

describe('assay hook', () => {
  it('decides about an install from a lockfile as an audit does, and asks nothing again that it knows', async () => {
    await withProject(async ({ lab, folder, lock, requestsOf }) => {
      await lab.publish({ name: 'p', version: '1.0.0', by: ciWorkflow({ repository: 'team/p' }) });
      lab.clock.advance(86_400_000);
      await lab.publish({ name: 'p', version: '1.0.1', by: token({ user: 'thief' }) });
      const env = { ASSAY_CACHE: join(configOf(folder), 'cache'), XDG_CONFIG_HOME: configOf(folder) };
      const hook = async (command: string, cwd = folder): Promise<string | null> =>
        reasonIn(await assayInside(['hook', ...TRUST], folder, env, asking(command, cwd)));

      await lock({ p: '1.0.0' });
      expect(await hook('npm ci')).toBeNull();
      const again = await requestsOf(async () => {
        expect(await hook('cd . && npm ci --ignore-scripts && npm run build')).toBeNull();
      });
      const audited = await requestsOf(() => assayInside(['audit', ...TRUST], folder, env));
      expect(again).toBe(audited);
      mkdirSync(join(folder, 'other'));
      writeFileSync(join(folder, 'other/package.json'), '{"name":"other"}');
      const asked = await requestsOf(async () => {
        expect(await hook('ls && npm run build')).toBeNull();
        expect(await hook('npm install q')).toMatch(
          /^assay: npm install q may install what no lockfile names yet\. Run instead: assay gate -- npm install q$/,
        );
        expect(await hook("cd other && npx 'c w' $(pwd)")).toMatch(/Run instead: |only the shell knows/);
        expect(await hook('pip install six')).toMatch(/Run instead: /);
        expect(await hook('npm ci', join(folder, 'other'))).toMatch(/finds no lockfile here/);
        expect(await hook('npm ci', join(folder, 'nowhere'))).toMatch(/there is no folder .*nowhere to run it in/);
      });
      expect(asked).toBe(0);

      await lock({ p: '1.0.1' });
      expect(await hook('npm ci')).toBe(
        'assay: what it installs fails the audit: p@1.0.1 (provenance-lost). Run instead: assay audit',
      );
      // What a project's files say is read as an audit reads it, and refuses where it cannot be.
      writeFileSync(join(folder, 'assay.yml'), 'enforced: all\n');
      expect(await hook('npm ci')).toMatch(/^assay: .*assay\.yml/);
    });
  });

  it('refuses what it cannot decide within its time, and ends then', async () => {
    await inFolder(async (folder) => {
      const sockets: { destroy: () => void }[] = [];
      const server = createServer((socket) => sockets.push(socket)).listen(0, '127.0.0.1');
      await once(server, 'listening');
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
      writeFileSync(join(folder, '.npmrc'), `registry=${url}\n`);
      writeFileSync(join(folder, 'package.json'), '{"name":"x","dependencies":{"a":"1.0.0"}}');
      const integrity = `sha512-${Buffer.alloc(64).toString('base64')}`;
      const entry = { version: '1.0.0', resolved: `${url}a/-/a-1.0.0.tgz`, integrity };
      const packages = { '': { name: 'x', dependencies: { a: '1.0.0' } }, 'node_modules/a': entry };
      writeFileSync(
        join(folder, 'package-lock.json'),
        JSON.stringify({ name: 'x', lockfileVersion: 3, requires: true, packages }),
      );
      try {
        const run = await apart(['--timeout', '1'], folder, asking('npm ci', folder));
        expect(reasonIn(run)).toMatch(/^assay: no answer within 1 seconds/);
      } finally {
        for (const socket of sockets) socket.destroy();
        server.close();
      }
    });
  });

  it('ends with 2, which agents take for a refusal, for what it cannot read', async () => {
    await inFolder(async (folder) => {
      const large = Buffer.alloc(17_000_000, ' ');
      expect(await apart([], folder, large)).toMatchObject({ status: 2, stdout: '' });
      const open = await apart(['--timeout', '1'], folder, '{', true);
      expect(open).toEqual({
        status: 2,
        stdout: '',
        stderr: 'assay: standard input has no end after 1 seconds\n',
      });
      const broken = await apart([], folder, Buffer.from([0x22, 0xff, 0x22]));
      expect(broken).toEqual({ status: 2, stdout: '', stderr: 'assay: standard input is no UTF-8\n' });
    });
  });
});
