import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { newBehaviours, type Behaviours } from '../../lab/behaviours.ts';
import { ciWorkflow } from '../../lab/index.ts';
import { serveLog } from '../../lab/logs.ts';
import { tufRepository } from '../../lab/tuf.ts';
import { COMMAND_NAMES } from '../../src/cli/names.ts';
import { assayInside } from './inside.ts';
import { withProject, type LabProject } from './lab-project.ts';
import { cargoLock } from './cargo-lock.ts';
import { RECORD_CONNECTIONS } from './record-connections.ts';
import { withCratesLab } from '../support/crates-lab.ts';
import { EVERY_VERSION, malicious } from '../advisories/records.ts';
import { serveRepository } from '../support/serve-repository.ts';
import { assay, configOf, inFolder, type Run } from './run.ts';

interface HostsProject extends LabProject {
  readonly scoped: string;
  readonly tuf: string;
  readonly tufBehaviours: Behaviours;
  /** The options that name the repository of trust. */
  readonly trust: readonly string[];
  /** Makes the project depend on these packages, of version 1.0.0 and of both registries. */
  readonly lockAll: (...names: string[]) => Promise<void>;
  /** What a run of its own process connects to, without the ports that it listens at itself; sorted. */
  readonly connections: (args: readonly string[], env?: Readonly<Record<string, string>>) => Promise<Connections>;
}

interface Connections extends Run {
  readonly contacted: readonly string[];
  readonly lookups: readonly string[];
}

interface HostJson {
  readonly host: string;
  readonly scheme: string;
  readonly through: string | null;
  readonly why: readonly string[];
}

/** A project whose scope has a registry of its own, and whose trusted root a TUF repository publishes. */
function withHosts(work: (project: HostsProject) => Promise<void>): Promise<void> {
  return withProject(async (project) => {
    const { lab, folder, lock, edit } = project;
    for (const name of ['p', '@s/q', 'r', '@s/t']) {
      await lab.publish({ name, version: '1.0.0', by: ciWorkflow({ repository: 'team/p' }) });
    }
    const { url: scoped } = await lab.mirror();
    const lockAll = async (...names: string[]): Promise<void> => {
      await lock(Object.fromEntries(names.map((name) => [name, '1.0.0'])));
      edit('.npmrc', (text) => `${text}@s:registry=${scoped}\n`);
      edit('package-lock.json', (text) => text.replaceAll(`${lab.url}@s`, `${scoped}@s`));
    };
    await lockAll('p', '@s/q');
    const targets = { 'trusted_root.json': lab.trustedRoot, 'registry.npmjs.org/keys.json': lab.tufKeys };
    const repository = tufRepository({ targets });
    writeFileSync(join(folder, 'tuf-root.json'), repository.root);
    for (const [path, body] of repository.files) {
      const copy = join(folder, 'mirror', decodeURIComponent(path));
      mkdirSync(dirname(copy), { recursive: true });
      writeFileSync(copy, body);
    }
    const tufBehaviours = newBehaviours();
    const server = await serveRepository(repository, tufBehaviours);
    try {
      await work({
        ...project,
        scoped,
        lockAll,
        tuf: server.url,
        tufBehaviours,
        trust: ['--tuf', server.url, '--tuf-root', 'tuf-root.json'],
        connections: recording(folder),
      });
    } finally {
      await server.close();
    }
  });
}

/** Runs assay in a process of its own, and says what that connects to. */
function recording(folder: string): HostsProject['connections'] {
  const record = join(folder, 'connections');
  const hook = join(folder, 'record-connections.cjs');
  writeFileSync(hook, RECORD_CONNECTIONS);
  const options = { NODE_OPTIONS: `--require ${hook}`, RECORD_CONNECTIONS: record, npm_config_fetch_retries: '0' };
  return async (args, env) => {
    writeFileSync(record, '');
    const run = await assay(args, folder, { ...options, ...env });
    const lines = readFileSync(record, 'utf8').split('\n');
    const of = (kind: string): string[] =>
      lines.filter((line) => line.startsWith(`${kind} `)).map((line) => line.slice(kind.length + 1));
    const own = of('listen');
    const contacted = [...new Set(of('connect'))].filter((host) => !own.includes(host)).sort();
    return { ...run, contacted, lookups: of('lookup') };
  };
}

const hostOf = (url: string): string => new URL(url).host;

/** What is connected to: a host, or the proxy in its place. */
function connectedTo({ stdout }: Run): string[] {
  const { hosts } = JSON.parse(stdout) as { hosts: HostJson[] };
  return [...new Set(hosts.filter(({ through }) => through === null).map(({ host }) => host))].sort();
}

describe('assay trust hosts', () => {
  it('has a line for each host with what names it, makes no request, and shows no credentials', async () => {
    await withHosts(async ({ lab, scoped, tuf, trust, edit, folder, connections }) => {
      edit('.npmrc', (text) => {
        const withSecret = text.replace(scoped, scoped.replace('//', '//user:hidden-word@'));
        return `${withSecret}//${hostOf(lab.url)}/:_authToken=hidden-token\n`;
      });
      const run = await connections(['trust', 'hosts', ...trust]);
      expect(run).toMatchObject({ status: 0, stderr: '', contacted: [], lookups: [] });
      const [first, second, third, last, ...none] = run.stdout.split('\n').filter((line) => line !== '');
      expect(first).toBe(
        `${hostOf(tuf)} http: TUF repository of the trusted root and of registry keys; ` +
          'that root is not known yet, and assay log asks the logs that it names as well',
      );
      const lines = [second, third].sort();
      const expected = [
        `${hostOf(lab.url)} http: registry (${join(folder, '.npmrc')}): 1 package`,
        `${hostOf(scoped)} http: registry of @s (${join(folder, '.npmrc')}): 1 package`,
      ];
      expect(lines).toEqual(expected.sort());
      expect(last).toMatch(/redirect/);
      expect(none).toEqual([]);
      const json = await assayInside(['trust', 'hosts', ...trust, '--json', 'package-lock.json'], folder);
      const schema = resolve(import.meta.dirname, '../../docs/schemas/hosts-1.schema.json');
      const valid = new Ajv2020().validate(JSON.parse(readFileSync(schema, 'utf8')) as object, JSON.parse(json.stdout));
      expect(valid).toBe(true);
      expect(run.stdout + json.stdout).not.toMatch(/hidden|user/);
      expect(existsSync(join(folder, 'assay.lock'))).toBe(false);
    });
  });

  it('names no TUF repository where a file is the root, and the public one where nothing is said', async () => {
    await withHosts(async ({ lab, run, folder }) => {
      const file = await run('trust', 'hosts', '--registry', lab.url, '--json');
      const [host, ...others] = connectedTo(file);
      expect([host, ...others]).toContain(hostOf(lab.url));
      expect(file.stdout).not.toContain('TUF');
      const env = { HTTPS_PROXY: '', HTTP_PROXY: '' };
      const { stdout } = await assayInside(['trust', 'hosts'], folder, env);
      expect(stdout).toMatch(/^tuf-repo-cdn\.sigstore\.dev https: TUF repository/);
      expect(stdout).toMatch(/^rekor\.sigstore\.dev https: transparency log, which assay log alone asks$/m);
    });
  });

  it.each([
    [['trust', 'hosts'], /no lockfile|package-lock\.json/],
    [['trust', 'hosts', 'a', 'b'], /trust hosts takes one directory or lockfile/],
    [['trust', 'hosts', 'nowhere'], /no such file or directory: nowhere/],
  ])('%j in an empty folder is wrong usage', async (args, message) => {
    await inFolder(async (folder) => {
      const { status, stdout, stderr } = await assayInside(args, folder);
      expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
      expect(stderr).toMatch(message);
      expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    });
  });
});

describe('the connections of a run', () => {
  it('are to the hosts that trust hosts prints, for every command', async () => {
    await withHosts(async ({ lab, scoped, tuf, trust, folder, lockAll, connections }) => {
      // A program of the project's own would be refused.
      const bin = join(configOf(folder), 'bin');
      mkdirSync(bin, { recursive: true });
      writeFileSync(join(bin, 'npm'), '#!/bin/sh\nexit 0\n', { mode: 0o755 });
      const printed = connectedTo(await assayInside(['trust', 'hosts', ...trust, '--json'], folder));
      expect(printed).toEqual([lab.url, scoped, tuf].map(hostOf).sort());
      mkdirSync(join(folder, 'osv'));
      writeFileSync(join(folder, 'osv/MAL-2026-1.json'), malicious('npm', 'other', EVERY_VERSION));
      const none: string[] = [];
      const log = await serveLog(lab.sigstore.rekor.v1, 1);
      const asking = ['--log', `rekor.lab.test=${log.url}`, '--state', 'state', ...trust];
      const withLog = [log.url, tuf].map(hostOf).sort();
      const withBoth = [lab.url, log.url, tuf].map(hostOf).sort();
      const cases: readonly (readonly [args: readonly string[], status: number, hosts: readonly string[]])[] = [
        [['audit', ...trust], 0, printed],
        [['audit', '--tarballs', ...trust], 0, printed],
        [['audit', '--advisories', 'osv', ...trust], 0, printed],
        [['exec', ...trust, '--', 'npm', 'ci'], 0, printed],
        [['gate', ...trust, '--', 'npm', 'ci'], 0, printed],
        [['hook', ...trust], 2, none],
        [['mcp', ...trust], 0, none],
        [['pack', '--output', 'e.tar', ...trust], 0, printed],
        [['audit', '--evidence', 'e.tar', ...trust], 0, none],
        [['check', 'p@1.0.0', '--evidence', 'e.tar', ...trust], 0, none],
        [['review', ...trust], 2, [hostOf(tuf)]],
        [['init', ...trust], 0, printed],
        [['update', ...trust], 0, printed],
        // The baseline holds all that is locked.
        [['audit', ...trust], 0, [hostOf(tuf)]],
        [['accept', 'p@1.0.0', '--reason', 'looked at it', '--by', 'jane', ...trust], 2, [hostOf(tuf)]],
        [['check', 'p@1.0.0', ...trust], 0, [lab.url, tuf].map(hostOf).sort()],
        [['verify-bundle', 'root.json'], 2, none],
        [['explain', 'provenance-lost'], 0, none],
        [['log', 'show', '0', ...asking], 1, withLog],
        // The log of the lab has an index of nothing.
        [['log', 'search', 'p@1.0.0', ...asking], 3, withBoth],
        [['log', 'verify', 'p@1.0.0', ...asking], 0, withBoth],
        [['log', 'watch', 'p', '--once', ...asking], 3, withBoth],
        [['trust', ...trust], 2, none],
        [['trust', 'hosts', ...trust], 0, none],
        [['trust', 'refresh', ...trust], 0, [hostOf(tuf)]],
        [['trust', '--tuf', 'mirror', '--tuf-root', 'tuf-root.json', 'refresh'], 0, none],
        [['trust', 'import', 'mirror', ...trust], 0, none],
        [['trust', 'import', 'e.tar', ...trust], 0, none],
        [
          ['audit', '--reverify', '--tuf', 'mirror', '--tuf-root', 'tuf-root.json'],
          0,
          [lab.url, scoped].map(hostOf).sort(),
        ],
        [['cache'], 0, none],
        [['completion', 'bash'], 0, none],
        [['demo'], 0, none],
        [['demo', 'go'], 0, none],
        [['demo', 'pypi'], 0, none],
        [['demo', 'cargo'], 0, none],
      ];
      expect(COMMAND_NAMES.filter((name) => !cases.some(([[command]]) => command === name))).toEqual([]);
      const came: unknown[] = [];
      for (const [args] of cases) {
        if (args[0] === 'update') await lockAll('p', '@s/q', 'r', '@s/t');
        const env = {
          // The key of the cache is not believed where it lies in the project.
          ...(args[0] === 'cache' || args[1] === 'import'
            ? { ASSAY_CACHE: folder, XDG_CONFIG_HOME: configOf(folder) }
            : {}),
          PATH: `${bin}:${process.env['PATH'] ?? ''}`,
        };
        const { status, contacted, lookups } = await connections(args, env);
        came.push([args, status, contacted]);
        expect([args, lookups]).toEqual([args, []]);
      }
      await log.close();
      expect(came).toEqual(cases);
    });
  }, 120_000);

  it('stay with these hosts whatever a registry redirects to', async () => {
    await withHosts(async ({ lab, scoped, tuf, trust, lockAll, connections }) => {
      const elsewhere = await lab.mirror();
      const printed = [lab.url, scoped, tuf].map(hostOf).sort();
      const refused = `redirected to ${hostOf(elsewhere.url)}, which is none of the hosts that assay trust hosts names`;
      lab.behave(/^\/p$/, { redirect: `${elsewhere.url}p` });
      const away = await connections(['audit', ...trust, '--json', '--no-cache']);
      expect(away).toMatchObject({ status: 3, contacted: printed });
      expect(away.stdout).toContain(refused);
      const shown = await connections(['audit', ...trust, '--no-cache']);
      expect(shown.stdout.replace(/\s+/g, ' ')).toContain('assay trust hosts lists what a firewall has to allow');

      // To another registry of the run, and within the host itself, it is followed.
      lab.behaveWell();
      lab.behave(/^\/p$/, { redirect: `${scoped}p`, times: 1 });
      expect(await connections(['audit', ...trust, '--no-cache'])).toMatchObject({ status: 0, contacted: printed });
      lab.behaveWell();
      lab.behave(/^\/p$/, { redirect: `${lab.url}p?again`, times: 1 });
      expect(await connections(['audit', ...trust, '--no-cache'])).toMatchObject({ status: 0, contacted: printed });

      // A registry that is configured and that nothing in the lockfile is of is none of them.
      lab.behaveWell();
      await lockAll('p');
      lab.behave(/^\/p$/, { redirect: `${scoped}p` });
      const own = [lab.url, tuf].map(hostOf).sort();
      expect(await connections(['audit', ...trust, '--no-cache'])).toMatchObject({ status: 3, contacted: own });
    });
  }, 120_000);

  it('follow a redirect of tarballs where the policy names its address, without credentials', async () => {
    await withHosts(async ({ lab, trust, folder, edit, connections }) => {
      const storage = await lab.mirror();
      edit('.npmrc', (text) => `${text}//${hostOf(lab.url)}/:_authToken=hidden-token\n`);
      const run = (): Promise<Connections> => {
        // Once: the storage has it from the same registry.
        lab.behaveWell();
        lab.behave(/^\/p\/-\/p-1\.0\.0\.tgz$/, { redirect: `${storage.url}p/-/p-1.0.0.tgz`, times: 1 });
        return connections(['audit', '--tarballs', ...trust, '--json', '--no-cache']);
      };
      const refused = await run();
      expect(refused.status).toBe(3);
      expect(refused.contacted).not.toContain(hostOf(storage.url));
      expect(refused.stdout).toContain('registries.redirects in assay.yml may name it');

      const policy = (address: string): void => {
        writeFileSync(join(folder, 'assay.yml'), `registries:\n  redirects:\n    - ${address}\n`);
      };
      policy(`${storage.url}p/`);
      const allowed = await run();
      expect(allowed.status).toBe(0);
      const printed = await assayInside(['trust', 'hosts', ...trust, '--json'], folder);
      expect(allowed.contacted).toEqual(connectedTo(printed));
      expect(printed.stdout).toContain('redirects of registries (registries.redirects in assay.yml)');
      expect(storage.requests.length).toBeGreaterThan(0);
      expect(storage.requests.filter(({ headers }) => headers.authorization !== undefined)).toEqual([]);
      expect(lab.requests.some(({ headers }) => headers.authorization === 'Bearer hidden-token')).toBe(true);

      // Below that address, and nowhere else on its host.
      policy(`${storage.url}other/`);
      expect((await run()).status).toBe(3);
    });
  }, 60_000);

  it('follow no redirect of the TUF repository', async () => {
    await withHosts(async ({ lab, scoped, tuf, tufBehaviours, trust, connections }) => {
      tufBehaviours.add(/^\/timestamp\.json$/, { redirect: `${scoped}timestamp.json` });
      const run = await connections(['trust', 'refresh', ...trust]);
      expect(run).toMatchObject({ status: 3, stdout: '', contacted: [hostOf(tuf)] });
      expect(run.stderr).toContain(`redirected to ${hostOf(scoped)}, and a TUF repository is asked at its own address`);
      expect(lab.requests).toEqual([]);
    });
  });

  it('are to the proxy alone where one is used for every host', async () => {
    await withHosts(async ({ trust, folder, connections }) => {
      const env = { HTTP_PROXY: 'http://user:hidden-word@127.0.0.1:9', NO_PROXY: '' };
      const shown = await assayInside(['trust', 'hosts', ...trust, '--json'], folder, env);
      expect(connectedTo(shown)).toEqual(['127.0.0.1:9']);
      expect(shown.stdout).not.toContain('hidden-word');
      const { status, contacted } = await connections(['audit', ...trust], env);
      expect({ status, contacted }).toEqual({ status: 3, contacted: ['127.0.0.1:9'] });
    });
  });
});

describe('the hosts of a Cargo project', () => {
  it('are those of the index, of files and of its API; a run, with bytes and publishers, goes to no other', () =>
    withCratesLab((lab) =>
      inFolder(async (folder) => {
        const { checksum, text } = cargoLock(lab, new Date().toISOString());
        writeFileSync(join(folder, 'Cargo.lock'), text(checksum));
        mkdirSync(join(folder, 'home'));
        const env = { CARGO_HOME: join(folder, 'home'), HOME: folder, XDG_CONFIG_HOME: configOf(folder) };
        const connections = recording(folder);
        const { stdout } = await connections(['trust', 'hosts', '--json'], env);
        const { hosts } = JSON.parse(stdout) as { hosts: HostJson[] };
        expect(hosts.map(({ host }) => host)).toEqual(
          expect.arrayContaining(['crates.io', 'index.crates.io', 'static.crates.io']),
        );
        writeFileSync(join(folder, 'home/config.toml'), lab.config);
        const own = await connections(['trust', 'hosts', '--json'], env);
        const named = (JSON.parse(own.stdout) as { hosts: HostJson[] }).hosts.filter(({ why }) =>
          why.join().includes('crate'),
        );
        expect(named.map(({ host }) => host)).toEqual([hostOf(lab.url)]);
        expect(named[0]?.why.join()).toContain('who published a crate');
        expect(own).toMatchObject({ contacted: [], lookups: [] });
        // Nobody signs a crate, so that nobody is asked whom to trust for that, for a pack neither.
        expect(own.stdout).not.toContain('sigstore');
        const pack = await connections(['pack', '--output', 'e.tar'], env);
        expect(pack).toMatchObject({ status: 0, contacted: [hostOf(lab.url)] });
        const offline = await connections(['audit', '--evidence', 'e.tar'], env);
        expect(offline).toMatchObject({ status: 0, contacted: [] });
        const run = await connections(['audit', '--bytes'], env);
        expect(run).toMatchObject({ status: 0, contacted: [hostOf(lab.url)] });
        const asked = lab.requests.map(({ url }) => url);
        expect(asked).toEqual(
          expect.arrayContaining(['/api/v1/crates/alpha/versions', '/crates/alpha/1.0.0/download']),
        );
      }),
    ));
});
