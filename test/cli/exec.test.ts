import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { ciWorkflow, token } from '../../lab/index.ts';
import { commitAll, git, hasGit, WITHOUT_GIT } from '../support/git.ts';
import { withProject, type LabProject } from './lab-project.ts';
import { assay, type Run } from './run.ts';

const DAY = 86_400_000;
const TEAM = ciWorkflow({ repository: 'team/p' });
const OPTIONS = ['--trusted-root', 'root.json', '--registry-keys', 'keys.json'] as const;

/** A project whose one dependency holds. */
async function withSound(work: (project: LabProject, exec: Exec) => Promise<void>): Promise<void> {
  await withProject(async (project) => {
    await project.lab.publish({ name: 'p', version: '1.0.0', by: TEAM });
    await project.lock({ p: '1.0.0' });
    await work(project, (...command) => assay(['exec', ...OPTIONS, '--', ...command], project.folder));
  });
}

type Exec = (...command: string[]) => Promise<Run>;

const LOCKFILE = 'package-lock.json';

/** Puts a project of npm around the folder, whose lockfile npm then reads. */
function enclose(folder: string): void {
  const root = { name: 'root', version: '1.0.0', workspaces: ['app'] };
  writeFileSync(join(folder, '..', 'package.json'), JSON.stringify(root));
}

/** A command that leaves a mark that it ran. */
const MARK = [process.execPath, '-e', "require('fs').writeFileSync('ran', '')"] as const;

describe('assay exec', () => {
  it('runs the command after the audit, with standard output, arguments and status of its own', async () => {
    await withSound(async (_, exec) => {
      const code = 'console.log(JSON.stringify(process.argv.slice(1))); process.exitCode = 7';
      const run = await exec(process.execPath, '-e', code, '--', '--json', 'a b', '$HOME', '"');
      expect(run.stdout).toBe(`${JSON.stringify(['--json', 'a b', '$HOME', '"'])}\n`);
      expect(run.stderr).toMatch(/1 dependency: 1 pass/);
      expect(run.status).toBe(7);
    });
  });

  it.each([
    [
      'fails',
      1,
      ({ lab }: LabProject) =>
        lab.tamper('p', '1.0.0', (m) => ({
          ...m,
          dist: { ...m.dist, shasum: '0'.repeat(40), integrity: `sha512-${'A'.repeat(86)}==` },
        })),
    ],
    ['comes to no statement', 3, ({ lab }: LabProject) => lab.behave(/^\/p$/, { status: 500 })],
    ['cannot begin', 2, ({ edit }: LabProject) => edit('package-lock.json', (text) => text.slice(1))],
  ] as const)('never runs it where the audit %s', async (_, status, spoil) => {
    await withSound(async (project, exec) => {
      spoil(project);
      const run = await exec(...MARK);
      expect(run.status).toBe(status);
      expect(run.stdout).toBe('');
      expect(existsSync(join(project.folder, 'ran'))).toBe(false);
    });
  });

  it('runs nothing where there is nothing to run, or it is not there', async () => {
    await withSound(async ({ folder, run }, exec) => {
      expect(await run('exec')).toMatchObject({
        status: 2,
        stdout: '',
        stderr: 'assay: exec needs a command: assay exec -- npm ci\n',
      });
      const missing = await exec('no-such-command-here', 'ci');
      expect(missing.status).toBe(2);
      expect(missing.stderr).toMatch(/\nassay: cannot run no-such-command-here: no such command\n$/);
      writeFileSync(join(folder, 'plain'), '');
      chmodSync(join(folder, 'plain'), 0o644);
      expect((await exec('./plain')).stderr).toMatch(/cannot run \.\/plain: permission denied\n$/);
    });
  });

  it.each([
    ['the lockfile', "fs.appendFileSync('package-lock.json', '\\n')", 'package-lock.json'],
    [
      'a lockfile that is read in its place',
      "fs.copyFileSync('package-lock.json', 'npm-shrinkwrap.json')",
      'npm-shrinkwrap.json',
    ],
    ['a setting by which it is not read', "fs.appendFileSync('.npmrc', 'package-lock=false\\n')", 'package-lock.json'],
  ])('says so, and fails, where the command changed %s', async (_, change, file) => {
    await withSound(async (_, exec) => {
      const run = await exec(process.execPath, '-e', `const fs = require('fs'); ${change}`);
      expect(run.status).toBe(1);
      expect(run.stderr).toContain(`${file}, or what decides how it is used, was changed by `);
      expect(run.stderr).toContain('npm ci');
    });
  });

  it('says so, and fails, where what the command reads in place of the named lockfile came while it ran', async () => {
    await withSound(async ({ folder }) => {
      const script = 'cp package-lock.json npm-shrinkwrap.json; npm ci --no-audit --no-fund';
      const named = ['exec', ...OPTIONS, '--lockfile', 'package-lock.json', '--', 'sh', '-c', script];
      const run = await assay(named, folder);
      expect(run.status).toBe(1);
      expect(run.stderr).toContain('package-lock.json, or what decides how it is used, was changed by ');
    });
  });

  it.each([
    [
      'a lockfile that is read in its place',
      (folder: string) => copyFileSync(join(folder, LOCKFILE), join(folder, 'npm-shrinkwrap.json')),
    ],
    [
      'a setting by which it is not read',
      (folder: string) => appendFileSync(join(folder, '.npmrc'), 'package-lock=false\n'),
    ],
    ['the manifest', (folder: string) => appendFileSync(join(folder, 'package.json'), '\n')],
    ['a workspace around it', (folder: string) => enclose(folder)],
  ])('runs nothing where %s changed during the audit', async (_, change) => {
    await withProject(async (project) => {
      const { lab } = project;
      await lab.publish({ name: 'p', version: '1.0.0', by: TEAM });
      await project.lock({ p: '1.0.0' });
      const inner = join(project.folder, 'app');
      mkdirSync(inner);
      for (const name of ['package.json', LOCKFILE, '.npmrc']) {
        renameSync(join(project.folder, name), join(inner, name));
      }
      lab.behave(/^\/p$/, { delayMs: 1000 });
      const command = ['exec', ...OPTIONS.map((each) => each.replace(/^(?=root|keys)/, '../')), '--', ...MARK];
      const running = assay(command, inner);
      await vi.waitFor(() => expect(lab.requests.length).toBeGreaterThan(0), { timeout: 10_000, interval: 10 });
      change(inner);
      const run = await running;
      expect({ status: run.status, ran: existsSync(join(inner, 'ran')) }).toEqual({ status: 2, ran: false });
      expect(run.stderr).toMatch(/changed during the audit; not run: /);
    });
  });

  it('hands on no setting that only the package manager above it exported, and whatever the user set', async () => {
    await withSound(async (project) => {
      const { folder } = project;
      const registry = /registry=(\S+)/.exec(project.read('.npmrc'))?.[1] ?? '';
      const show =
        'console.log(JSON.stringify(Object.keys(process.env).filter((name) => /^npm_config_(?!fetch_retry_m)/.test(name)).sort()))';
      const line = ['exec', ...OPTIONS, '--', process.execPath, '-e', show];
      const run = (env: Readonly<Record<string, string>>): Promise<Run> => assay(line, folder, env);
      const above = { npm_execpath: '/npm-cli.js', npm_config_local_prefix: folder, npm_config_registry: registry };
      const yarn = { npm_execpath: '/yarn.js', INIT_CWD: folder, npm_config_registry: 'https://registry.yarnpkg.com' };
      expect((await run(above)).stdout).toBe('["npm_config_local_prefix"]\n');
      expect((await run({ ...above, npm_config_fetch_retries: '0' })).stdout).toContain('npm_config_fetch_retries');
      expect((await run(yarn)).stdout).toBe('[]\n');
      const own = { npm_config_registry: registry };
      expect((await run(own)).stdout).toBe('["npm_config_registry"]\n');
    });
  });

  it('ends as a command that a signal ended, by the number that shells use', async () => {
    await withSound(async (_, exec) => {
      expect((await exec(process.execPath, '-e', "process.kill(process.pid, 'SIGTERM')")).status).toBe(143);
    });
  });
});

describe('what exec audits', () => {
  it('with --recursive is every lockfile below, and each must hold and stay as it is', async () => {
    await withSound(async ({ lab, folder }) => {
      const app = join(folder, 'app');
      const lockfile = join(app, 'package-lock.json');
      mkdirSync(app);
      await lab.writeProject(app, { p: '1.0.0' });
      const exec = (...command: string[]): Promise<Run> =>
        assay(['exec', '--recursive', '--enforce', 'critical', ...OPTIONS, '--', ...command], folder);
      const run = await exec(process.execPath, '-e', "require('fs').appendFileSync('app/package-lock.json', ' ')");
      expect(run.stderr).toContain('assay: app/package-lock.json, or what decides how it is used, was changed by ');
      expect(run.status).toBe(1);
      lab.clock.advance(DAY);
      await lab.publish({ name: 'p', version: '1.0.1', by: token({ user: 'thief' }) });
      await lab.writeProject(app, { p: '1.0.1' });
      expect(await exec(...MARK)).toMatchObject({ status: 1, stdout: '' });
      writeFileSync(lockfile, '{');
      const broken = await exec(...MARK);
      expect(broken.status).toBe(2);
      expect(broken.stderr).toMatch(/could not audit app\/package-lock\.json[^]*assay: not run: /);
      expect(existsSync(join(folder, 'ran'))).toBe(false);
      rmSync(app, { recursive: true });
      expect(await exec(...MARK)).toMatchObject({ status: 0, stdout: '' });
      expect(existsSync(join(folder, 'ran'))).toBe(true);
    });
  });

  it.skipIf(!hasGit)(`with --since is what the lockfile gained${WITHOUT_GIT}`, async () => {
    await withProject(async ({ lab, folder, lock }) => {
      for (const name of ['p', 'q']) await lab.publish({ name, version: '1.0.0', by: TEAM });
      lab.clock.advance(DAY);
      for (const name of ['p', 'q']) await lab.publish({ name, version: '1.0.1', by: token({ user: 'thief' }) });
      await lock({ q: '1.0.1' });
      git(folder, ['init', '-q', '-b', 'main']);
      commitAll(folder, Date.UTC(2026, 3, 1));
      const exec = (...since: string[]): Promise<Run> =>
        assay(['exec', ...since, '--enforce', 'critical', ...OPTIONS, '--', ...MARK], folder, {
          GITHUB_BASE_REF: 'main',
        });
      await lock({ q: '1.0.1', p: '1.0.1' });
      expect((await exec('--since', 'main')).status).toBe(1);
      await lock({ q: '1.0.1', p: '1.0.0' });
      expect((await exec()).status).toBe(1);
      const unknown = await exec('--since', 'nowhere');
      expect(unknown).toMatchObject({ status: 2, stdout: '' });
      expect(unknown.stderr).toMatch(/^assay: --since nowhere cannot be read: [^\n]*\n$/);
      expect(existsSync(join(folder, 'ran'))).toBe(false);
      for (const since of [['--since', 'main'], ['--since']]) {
        const run = await exec(...since);
        expect(run.status).toBe(0);
        expect(run.stderr).toContain('1 to look at, 1 unchanged and not looked at');
        expect(existsSync(join(folder, 'ran'))).toBe(true);
        rmSync(join(folder, 'ran'));
      }
    });
  });
});
