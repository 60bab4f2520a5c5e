import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ended, had, startWorld, type World } from './gate-world.ts';
import { CLIENTS, OLD_NPM, type RealClient } from './real-clients.ts';

let world: World;

beforeAll(async () => {
  world = await startWorld();
});

afterAll(() => world.close());

describe.each(CLIENTS)('$name at the gate', (client) => {
  const { add } = client;

  it('fails where the gate is killed, and leaves nothing half', async ({ skip }) => {
    had(client, skip);
    const project = world.project(client, 'alone');
    world.lab.behave(/axios-1\.14\.0\.tgz$/, { delayMs: 30_000 });
    const { line, statusIn } = project.watched([...add, 'axios']);
    const [program = '', ...args] = line;
    const once = { npm_config_fetch_retries: '0', pnpm_config_fetch_retries: '0', YARN_HTTP_RETRY: '0' };
    const child = spawn(program, args, { cwd: project.folder, env: { ...project.env, ...once }, stdio: 'pipe' });
    for (const stream of [child.stdout, child.stderr]) stream.resume();
    const from = world.lab.requests.length;
    const isUnderWay = (): boolean =>
      world.lab.requests.slice(from).some(({ url }) => url.endsWith('axios-1.14.0.tgz'));
    while (!isUnderWay() && child.exitCode === null) await new Promise((resolve) => setTimeout(resolve, 20));
    const isOver = new Promise((resolve) => child.on('close', resolve));
    child.kill('SIGKILL');
    // What it started has its outputs, and ends by itself.
    await isOver;
    world.lab.behaveWell();
    expect(readFileSync(statusIn, 'utf8')).toMatch(/^[1-9]/);
    const modules = join(project.folder, 'node_modules');
    const installed = existsSync(modules) ? readdirSync(modules).filter((name) => !name.startsWith('.')) : [];
    expect(installed.filter((name) => name === 'axios' && existsSync(join(modules, name, 'package.json')))).toEqual([]);
    expect(existsSync(join(project.folder, client.lockfile)) ? project.lockfile() : '').not.toContain('axios');
  });
});

describe('settings that lead elsewhere', () => {
  const client = (name: string): RealClient => CLIENTS.find((one) => one.name === name) ?? OLD_NPM;

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

it('has another address for each project, registry and phase, so that no other gate answers its clients', async () => {
  const [one, other] = [world.project(OLD_NPM, 'alone'), world.project(OLD_NPM, 'alone')];
  const elsewhere = ['--registry', 'http://127.0.0.1:9'];
  const addresses: string[] = [];
  for (const ask of [one.address, one.address, other.address]) addresses.push(await ask());
  for (const options of [elsewhere, ['--enforce', 'all']]) addresses.push(await one.address(options));
  expect(addresses[0]).toMatch(/^\/npm-[0-9a-f]{16}\/$/m);
  expect(addresses[1]).toBe(addresses[0]);
  expect(new Set(addresses).size).toBe(4);
});

describe('npm at the gate', () => {
  it('gets what is allowed, which every later report names', async ({ skip }) => {
    const npm = CLIENTS.find(({ name }) => name === 'npm 11') ?? OLD_NPM;
    had(npm, skip);
    const project = world.project(npm, 'alone');
    const words = [...npm.add, '--ignore-scripts', 'axios@1.14.1'];
    const allowed = ['--allow', 'axios@1.14.1', '--reason', 'its pipeline was down', '--by', 'A <a@example.org>'];
    const run = ended(await project.atGate(words, '.', allowed));
    expect(run.stderr).toMatch(/assay\.lock: 2 findings of axios@1\.14\.1 accepted until/);
    expect(readFileSync(join(project.folder, 'assay.lock'), 'utf8')).toMatch(
      /accepted provenance-lost .*its pipeline was down/,
    );
    const later = ended(await project.atGate(npm.frozen));
    expect(later.stderr).toMatch(/accepted: axios@1\.14\.1 provenance-lost until .* by "A <a@example\.org>"/);
    // Also where it is locked before the command is run.
    rmSync(join(project.folder, 'assay.lock'));
    ended(await project.atGate(npm.frozen), 1);
    expect(ended(await project.atGate(npm.frozen, '.', [...allowed, '--allow', 'between@1.0.1'])).stderr).toContain(
      'assay: --allow between@1.0.1 let nothing through\n',
    );
  });

  it('audits signatures', async ({ skip }) => {
    had(OLD_NPM, skip);
    const project = world.project(OLD_NPM, 'alone');
    ended(await project.atGate([...OLD_NPM.add, 'axios']));
    const run = ended(await project.atGate(['audit', 'signatures']));
    expect(run.stdout).toMatch(/audited 2 packages/);
    expect(run.stdout).toMatch(/2 packages have verified registry signatures/);
  });
});
