import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer, type ServerResponse } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ciWorkflow } from '../../lab/index.ts';
import { startSigstore } from '../../lab/sigstore/index.ts';
import { HOSTILE } from '../report/hostile.ts';
import { configOf, NO_NETWORK, type Run } from '../cli/run.ts';
import { lockOf, withLogs, type LabLogs } from './lab-logs.ts';
import { serveFiles } from './recorded.ts';

const ID = '4242';
const NO_PROXIES = { HTTP_PROXY: '', HTTPS_PROXY: '', NO_PROXY: '127.0.0.1' };
/** A receiver that only a proxy reaches. */
const HOOK = 'http://hook.test/secret-of-the-path?secret=of-the-query';

interface Receiver {
  readonly url: string;
  /** `METHOD PATH`, with the headers that were sent. */
  readonly heard: { readonly what: string; readonly headers: Readonly<Record<string, unknown>> }[];
}

async function receiver(status = 204, headers: Readonly<Record<string, string>> = {}): Promise<Receiver> {
  const heard: { what: string; headers: Readonly<Record<string, unknown>> }[] = [];
  const url = await serveFiles((method, path, _, sent) => {
    heard.push({ what: `${method} ${path}`, headers: sent });
    return { status, body: '', headers };
  });
  return { url, heard };
}

interface Hooked extends LabLogs {
  /** A home apart from the project. */
  readonly home: string;
  /** One round that has something to tell, with these variables. */
  readonly tell: (webhook: string, env?: Readonly<Record<string, string>>, ...args: string[]) => Promise<Run>;
}

function hooked(work: (logs: Hooked) => Promise<void>): Promise<void> {
  return withLogs(async (logs) => {
    const { lab, folder, runWith } = logs;
    const home = configOf(folder);
    mkdirSync(home, { recursive: true });
    let rounds = 0;
    await work({
      ...logs,
      home,
      tell: (webhook, env = {}, ...args) => {
        const { identity } = ciWorkflow({ repository: 'team/ours', repositoryId: ID });
        lab.sigstore.signMessage(Buffer.from(`x${(rounds += 1)}`), { identity }, { log: 'v2' });
        const own = ['--once', '--json', '--state', 'state', '--from', '0', '--repository-id', ID];
        return runWith({ HOME: home, ...env }, 'log', 'watch', ...own, '--webhook', webhook, ...args);
      },
    });
  });
}

describe('the webhook', () => {
  it.each([301, 302, 303, 307, 308])(
    'that redirects (%i) is followed nowhere, and has not taken it',
    async (status) => {
      await hooked(async ({ tell }) => {
        const other = await receiver();
        const first = await receiver(status, { location: `${other.url}/hook` });
        const run = await tell(first.url);
        expect([run.status, first.heard.length > 0, other.heard]).toEqual([1, true, []]);
        expect(run.stderr).toMatch(/^assay: the webhook did not take it \(redirected, which is not followed/);
        expect((await tell(other.url)).stderr).toBe('');
        // Both findings: nothing counts as told before.
        expect(other.heard.map(({ what }) => what)).toEqual(['POST /']);
      });
    },
  );

  it('has taken it where it answers so, whatever else it sends: each once, and no finding again', async () => {
    await hooked(async ({ tell, folder }) => {
      const answers: ((response: ServerResponse) => void)[] = [
        (response) => response.writeHead(200).end('x'.repeat(200_000)),
        (response) => response.writeHead(202, { 'content-length': '1000000' }).end('x'.repeat(1_000_000)),
        (response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end('no gzip'),
        (response) => response.writeHead(206, { 'content-encoding': 'unheard-of' }).end('x'),
        (response) => {
          response.writeHead(200, { 'content-length': '100' }).write('x');
          setTimeout(() => response.destroy(), 20);
        },
        // It never ends.
        (response) => response.writeHead(200).write('x'),
        (response) => response.writeHead(204).end(),
      ];
      let asked = 0;
      const server = createHttpServer((request, response) => {
        request.resume().on('end', () => answers[asked++]?.(response));
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      onTestFinished(() => {
        server.close();
        server.closeAllConnections();
      });
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
      for (const round of answers.keys()) {
        const run = await tell(url, { npm_config_fetch_timeout: '300' });
        expect([round, run.status, run.stderr, asked]).toEqual([round, 1, '', round + 1]);
        expect(run.stdout.match(/"event":"finding"/g)).toHaveLength(1);
      }
      expect(lockOf(folder)).toMatch(/^free\n/);
    });
  });

  it('gets no credentials, whatever is configured for its address', async () => {
    await hooked(async ({ tell, folder, home }) => {
      const { url, heard } = await receiver();
      const own = `//${new URL(url).host}/:_authToken=npm_secret\n`;
      writeFileSync(join(folder, '.npmrc'), own);
      writeFileSync(join(home, '.npmrc'), own);
      expect((await tell(url)).status).toBe(1);
      expect(heard[0]?.headers).toMatchObject({ 'content-type': 'application/json' });
      expect(JSON.stringify(heard)).not.toMatch(/secret|authorization|cookie/i);
      expect(heard[0]?.headers['user-agent']).toMatch(/^assay\/\S+$/);
    });
  });

  const proxied = (proxy: string): string => `proxy=${proxy}\nhttps-proxy=${proxy}\nnoproxy=127.0.0.1\n`;

  it('is reached by the proxy of the environment or of the home’s .npmrc', async () => {
    await hooked(async ({ tell, home }) => {
      const { url, heard } = await receiver();
      const what = `POST ${HOOK}`;
      await tell(HOOK, { HTTPS_PROXY: url });
      expect(heard.map((one) => one.what)).toEqual([what]);
      await tell(HOOK, { ...NO_PROXIES, npm_config_proxy: url });
      expect(heard.map((one) => one.what)).toEqual([what, what]);
      writeFileSync(join(home, '.npmrc'), proxied(url));
      await tell(HOOK, NO_PROXIES);
      expect(heard.map((one) => one.what)).toEqual([what, what, what]);
    });
  });

  it.each<[string, (logs: Hooked, proxy: string) => Readonly<Record<string, string>>]>([
    [
      'its .npmrc',
      ({ folder }, proxy) => {
        writeFileSync(join(folder, '.npmrc'), proxied(proxy));
        return {};
      },
    ],
    [
      'its .npmrc, where it is the home, too',
      ({ folder }, proxy) => {
        writeFileSync(join(folder, 'package.json'), '{}');
        writeFileSync(join(folder, '.npmrc'), proxied(proxy));
        return { HOME: folder };
      },
    ],
    [
      'what npm hands on of its .npmrc to a script',
      ({ folder }, proxy) => {
        writeFileSync(join(folder, 'package.json'), '{}');
        writeFileSync(join(folder, '.npmrc'), proxied(proxy));
        const npm = { npm_execpath: '/npm-cli.js', npm_lifecycle_event: 'watch', npm_config_local_prefix: folder };
        return { ...npm, npm_config_proxy: proxy, npm_config_https_proxy: proxy };
      },
    ],
    [
      'another file that its .npmrc names as the user’s, handed on by npm',
      ({ folder }, proxy) => {
        const file = join(folder, 'other.npmrc');
        writeFileSync(join(folder, 'package.json'), '{}');
        writeFileSync(join(folder, '.npmrc'), `userconfig=${file}\n`);
        writeFileSync(file, proxied(proxy));
        const npm = { npm_execpath: '/npm-cli.js', npm_lifecycle_event: 'watch', npm_config_local_prefix: folder };
        return { ...npm, npm_config_userconfig: file };
      },
    ],
    [
      'a file of its that its .npmrc names as the global one, handed on by npm',
      ({ folder }, proxy) => {
        const file = join(folder, 'other.npmrc');
        writeFileSync(join(folder, 'package.json'), '{}');
        writeFileSync(join(folder, '.npmrc'), `globalconfig=${file}\n`);
        writeFileSync(file, proxied(proxy));
        const npm = { npm_execpath: '/npm-cli.js', npm_lifecycle_event: 'watch', npm_config_local_prefix: folder };
        return { ...npm, npm_config_globalconfig: file };
      },
    ],
  ])('is not reached by a proxy of the project: %s', async (_, settings) => {
    await hooked(async (logs) => {
      const [hook, proxy] = [await receiver(), await receiver()];
      const env = settings(logs, proxy.url);
      // Logs of the lab are at 127.0.0.1, which no proxy serves.
      const run = await logs.tell(hook.url.replace('127.0.0.1', 'localhost'), { ...NO_PROXIES, ...env });
      expect(proxy.heard).toEqual([]);
      expect([run.status, hook.heard.map(({ what }) => what)]).toEqual([1, ['POST /']]);
    });
  });

  it('and standard output get nothing of an entry that a terminal or a log would obey', async () => {
    await hooked(async ({ lab, runWith, home }) => {
      const bodies: string[] = [];
      const url = await serveFiles((_, __, body) => {
        bodies.push(body);
        return { status: 204, body: '' };
      });
      const attack = '\u001b[2J\u009b31m\u202egnp\n::error::forged ##vso[task.complete]';
      const { subject, claims } = ciWorkflow({ repository: 'team/ours', repositoryId: ID }).identity;
      const identity = { subject, claims: { ...claims, 6: attack, 14: attack, 21: attack } };
      // As an authority issues it, and as anybody writes it.
      const { fulcio } = startSigstore(lab.clock.now, { start: 0, end: lab.clock.now() * 2 });
      lab.sigstore.signMessage(Buffer.from('x'), { identity }, { log: 'v2' });
      lab.sigstore.signMessage(Buffer.from('y'), { identity }, { log: 'v2', fulcio });
      // Ours by its bytes, of a kind that nobody reads.
      const der = lab.sigstore.rekor.v2.entries.at(-1)?.bytes.toString() ?? '';
      lab.sigstore.rekor.v2.append({ apiVersion: attack, kind: attack, spec: { copy: der } }, 0);
      const args = ['log', 'watch', '--once', '--from', '0', '--repository-id', ID, '--webhook', url];
      const json = await runWith({ HOME: home }, ...args, '--state', 'a', '--json');
      const people = await runWith({ HOME: home }, ...args, '--state', 'b');
      expect([json.status, people.status]).toEqual([1, 1]);
      const alarms = ['"alarm":"unpublished"', '"alarm":"unread"', '"alarm":"claimed"'];
      for (const text of [json.stdout, people.stdout, ...bodies]) {
        expect(text.split('\n').filter((line) => HOSTILE.test(line) || /^\s*::|##/.test(line))).toEqual([]);
      }
      for (const alarm of alarms)
        expect([json.stdout, bodies.join('')]).toEqual([
          expect.stringContaining(alarm),
          expect.stringContaining(alarm),
        ]);
      // Nothing is dropped: who parses it has the very text.
      const events = bodies.flatMap((body) => (JSON.parse(body) as { events: unknown[] }).events);
      expect(events).toContainEqual(
        expect.objectContaining({ hit: expect.objectContaining({ kind: attack }) as unknown }),
      );
    });
  });

  it('is named in no line, whatever goes wrong', async () => {
    await hooked(async ({ tell }) => {
      const { url } = await receiver(403);
      for (const [webhook, env] of [
        [`${url}/secret-of-the-path?secret=of-the-query`, {}],
        [HOOK, { HTTP_PROXY: NO_NETWORK.HTTP_PROXY, npm_config_fetch_retries: '0' }],
        [HOOK.replace('http:', 'https:'), { HTTPS_PROXY: NO_NETWORK.HTTPS_PROXY, npm_config_fetch_retries: '0' }],
      ] as const) {
        const run = await tell(webhook, env);
        expect(run.stderr).toMatch(/^assay: the webhook did not take it \([^\n]+\)\n$/);
        expect(`${run.stdout}${run.stderr}`).not.toContain('secret');
      }
    });
  });

  it('that does not answer in time has not taken it', async () => {
    await hooked(async ({ tell }) => {
      const silent = createServer(() => undefined);
      await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
      onTestFinished(() => void silent.close());
      const { port } = silent.address() as AddressInfo;
      const patience = { npm_config_fetch_timeout: '300', npm_config_fetch_retries: '0' };
      const run = await tell(`http://127.0.0.1:${port}/`, patience);
      expect([run.status, run.stderr]).toEqual([1, expect.stringMatching(/did not take it \(not finished in time\)/)]);
    });
  });

  it.each(['ftp://hook.test/', 'hook.test', 'http://user:hunter2@hook.test/', 'http://', 'file:///tmp/x', ''])(
    'is no address: %s',
    async (webhook) => {
      await hooked(async ({ tell }) => {
        const run = await tell(webhook);
        expect([run.status, run.stdout]).toEqual([2, '']);
        expect(run.stderr).toMatch(/^assay: --webhook needs [^\n]+\n$/);
        expect(run.stderr).not.toContain('hunter2');
      });
    },
  );
});
