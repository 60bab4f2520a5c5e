import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { notToBeHad } from '../lockfiles/real.ts';
import { startWorld, type World } from './gate-world.ts';
import { CLIENTS, OLD_NPM, type RealClient } from './real-clients.ts';
import type { Run } from './run.ts';

const TAKEN = 'assay: an older version was taken: axios@1.14.1 has no provenance, but 1.14.0';
const REFUSED = 'assay: refused: axios@1.14.1 has no provenance, but 1.14.0';

let world: World;

beforeAll(async () => {
  world = await startWorld();
});

afterAll(() => world.close());

function all({ stdout, stderr }: Run): string {
  return `${stdout}${stderr}`;
}

function ended(run: Run, status = 0): Run {
  expect(run.status, all(run)).toBe(status);
  return run;
}

/** What a package manager says by itself, before assay says anything of the command. */
function ofClient({ stdout, stderr }: Run): string {
  return stdout + stderr.slice(0, stderr.indexOf('assay: refused:'));
}

function had(client: RealClient, skip: (note: string) => void): void {
  if (client.command() === null) skip(notToBeHad(client.name));
}

/** What the same package manager locks by itself, step by step, from a registry that never had 1.14.1. */
async function withoutGate(client: RealClient, kind: 'workspace' | 'alone', steps: Step[]): Promise<readonly string[]> {
  world.serve('good');
  const project = world.project(client, kind);
  const locked: string[] = [];
  for (const [words, within] of steps) {
    ended(await project.directly(words, within));
    locked.push(project.lockfile());
  }
  world.serve('all');
  return locked;
}

type Step = readonly [words: readonly string[], within?: string];

describe.each(CLIENTS)('$name at the gate', (client) => {
  const { add, install, frozen } = client;

  it('takes 1.14.0 by a range, also of an alias in a workspace, beside a scope with a token', async ({ skip }) => {
    had(client, skip);
    const [first, both] = await withoutGate(client, 'workspace', [[install], [[...add, 'between'], 'w']]);
    const project = world.project(client, 'workspace');
    const run = ended(await project.atGate(install));
    expect(run.stderr).toContain(TAKEN);
    expect(project.lockfile()).toBe(first);
    // Yarn 4 takes no other registry for a scope than its files name.
    const isPast = client.name === 'Yarn 4';
    expect(project.past()).toEqual(
      isPast ? [expect.stringMatching(/^\/@acme/), expect.stringMatching(/^\/@acme/)] : [],
    );
    expect(run.stderr.includes('Yarn asks the registries of @acme itself, past the gate')).toBe(isPast);
    for (const name of ['x', '@acme/tool']) {
      const places = [`node_modules/${name}`, `w/node_modules/${name}`].map((path) => join(project.folder, path));
      expect(places.some((path) => existsSync(join(path, 'package.json')))).toBe(true);
    }
    for (const path of ['node_modules', 'w/node_modules']) {
      rmSync(join(project.folder, path), { recursive: true, force: true });
    }
    expect(ended(await project.atGate(frozen)).stderr).not.toContain('refused');
    expect(existsSync(join(project.folder, 'node_modules/axios/package.json'))).toBe(true);
    expect(project.lockfile()).toBe(first);
    // The lockfile is that of the folder above.
    ended(await project.atGate([...add, 'between'], 'w'));
    expect(project.lockfile()).toBe(both);
    expect(project.wrong()).toEqual([]);
  });

  it('takes 1.14.0 as latest, and fails where 1.14.1 is asked for', async ({ skip }) => {
    had(client, skip);
    const [expected] = await withoutGate(client, 'alone', [[[...add, 'axios']]]);
    const project = world.project(client, 'alone');
    expect(ended(await project.atGate([...add, 'axios'])).stderr).toContain(TAKEN);
    expect(project.lockfile()).toBe(expected);

    const exact = await project.atGate([...add, 'axios@1.14.1']);
    expect(exact.status).not.toBe(0);
    expect(exact.stderr).toContain(REFUSED);
    if (client.says.document !== null) expect(ofClient(exact)).toMatch(client.says.document);
    expect(project.lockfile()).toBe(expected);

    // No document was judged by this one.
    const tarball = await project.atGate([...add, 'between@1.0.1']);
    expect(tarball.status).not.toBe(0);
    expect(tarball.stderr).toContain('assay: refused: between@1.0.1 has no provenance');
    if (client.says.tarball !== null) expect(ofClient(tarball)).toMatch(client.says.tarball);
    expect(project.wrong()).toEqual([]);
  });

  it('is not run where the lockfile has 1.14.1', async ({ skip }) => {
    had(client, skip);
    const other = world.project(client, 'alone');
    ended(await other.directly([...add, 'axios@1.14.1'], '.'), client.endsWithIgnoredScripts);
    expect(other.wrong()).not.toEqual([]);
    const locked = other.lockfile();
    rmSync(join(other.folder, 'node_modules'), { recursive: true, force: true });
    const run = ended(await other.atGate(frozen), 1);
    expect(run.stderr).toContain('provenance-lost');
    expect(run.stderr).toContain('assay: not run: ');
    expect(other.lockfile()).toBe(locked);
    expect(existsSync(join(other.folder, 'node_modules'))).toBe(false);
  });

  it('fails where the gate is killed, and leaves nothing half', async ({ skip }) => {
    had(client, skip);
    const project = world.project(client, 'alone');
    world.lab.behave(/axios-1\.14\.0\.tgz$/, { delayMs: 30_000 });
    const [program = '', ...args] = project.line([...add, 'axios']);
    const once = { npm_config_fetch_retries: '0', pnpm_config_fetch_retries: '0', YARN_HTTP_RETRY: '0' };
    const child = spawn(program, args, { cwd: project.folder, env: { ...project.env, ...once } });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text: Buffer) => (said += text.toString()));
    const from = world.lab.requests.length;
    const isUnderWay = (): boolean =>
      world.lab.requests.slice(from).some(({ url }) => url.endsWith('axios-1.14.0.tgz'));
    while (!isUnderWay() && child.exitCode === null) await new Promise((resolve) => setTimeout(resolve, 20));
    const isOver = new Promise((resolve) => child.on('close', resolve));
    child.kill('SIGKILL');
    // What it started has its outputs, and ends by itself.
    await isOver;
    world.lab.behaveWell();
    expect(said).toMatch(/err|fail|refused|trouble/i);
    const modules = join(project.folder, 'node_modules');
    const installed = existsSync(modules) ? readdirSync(modules).filter((name) => !name.startsWith('.')) : [];
    expect(installed.filter((name) => name === 'axios' && existsSync(join(modules, name, 'package.json')))).toEqual([]);
    expect(existsSync(join(project.folder, client.lockfile)) ? project.lockfile() : '').not.toContain('axios');
  });
});

describe('settings that lead elsewhere', () => {
  const client = (name: string): RealClient => CLIENTS.find((one) => one.name === name) ?? OLD_NPM;

  it.for(['npm 11', 'pnpm 10', 'pnpm 12', 'Yarn 1', 'Yarn 4', 'Bun'])(
    'have no say for %s: a proxy, a variable in other letters',
    async (name, { skip }) => {
      had(client(name), skip);
      const nowhere = 'http://127.0.0.1:9';
      const known = {
        NPM_CONFIG_REGISTRY: world.lab.url,
        HTTP_PROXY: nowhere,
        http_proxy: nowhere,
        NO_PROXY: new URL(world.lab.url).host,
      };
      const files = { '.npmrc': `proxy=${nowhere}\nnoproxy=${known.NO_PROXY}\n` };
      const project = world.project(client(name), 'alone', {
        env: known,
        ...(/^(?:pnpm|Yarn 1)/.test(name) && { files }),
      });
      ended(await project.atGate([...client(name).add, 'axios']));
      expect(project.past()).toEqual([]);
    },
  );

  it('have no say for Bun: scopes of bunfig.toml, of which the rest counts', async ({ skip }) => {
    had(client('Bun'), skip);
    const bunfig = '[install]\nexact = true\n[install.scopes]\nacme = "http://127.0.0.1:9"\n';
    const project = world.project(client('Bun'), 'alone', { files: { 'bunfig.toml': bunfig } });
    ended(await project.atGate(['add', 'axios']));
    expect(project.past()).toEqual([]);
    expect(readFileSync(join(project.folder, 'package.json'), 'utf8')).toContain('"axios": "1.14.0"');
  });

  it('of pnpm 10 are refused where they would: registries of pnpm-workspace.yaml', async ({ skip }) => {
    had(client('pnpm 10'), skip);
    const files = { 'pnpm-workspace.yaml': `registries:\n  default: ${world.lab.url}\n` };
    const project = world.project(client('pnpm 10'), 'alone', { files });
    const run = ended(await project.atGate(['add', 'axios']), 2);
    expect(run.stderr).toContain('pnpm 10 takes registries of ');
    expect(project.past()).toEqual([]);
    const later = { ...files, 'package.json': '{"name":"app","packageManager":"pnpm@12.0.0"}' };
    const other = world.project(client('pnpm 12'), 'alone', {
      files: later,
      env: { pnpm_config_pm_on_fail: 'ignore' },
    });
    ended(await other.atGate(['add', 'axios']));
    expect(other.past()).toEqual([]);
  });
});

describe('npm at the gate', () => {
  it('audits signatures', async ({ skip }) => {
    had(OLD_NPM, skip);
    const project = world.project(OLD_NPM, 'alone');
    ended(await project.atGate([...OLD_NPM.add, 'axios']));
    const run = ended(await project.atGate(['audit', 'signatures']));
    expect(run.stdout).toMatch(/audited 2 packages/);
    expect(run.stdout).toMatch(/2 packages have verified registry signatures/);
  });
});
