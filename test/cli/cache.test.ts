import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ciWorkflow } from '../../lab/index.ts';
import { commitAll, git, hasGit, WITHOUT_GIT } from '../support/git.ts';
import { withProject, type LabProject } from './lab-project.ts';
import { assay, CLI, configOf, environmentOf, IMPATIENT, inFolder, NO_NETWORK, start, type Run } from './run.ts';

const TEAM = ciWorkflow({ repository: 'team/p' });

interface CacheProject extends LabProject {
  readonly audit: (...args: string[]) => Promise<Run>;
  readonly cache: (...args: string[]) => Promise<Run>;
  /** The project's file in the cache. */
  readonly file: () => string;
  readonly keyFile: string;
}

/** A project of three packages that was audited once with a cache; `first` is what that run said. */
async function withCache(work: (project: CacheProject, first: Run) => Promise<void>): Promise<void> {
  await withProject(async (project) => {
    const { lab, folder, lock } = project;
    for (const name of ['p', 'q', 'r']) {
      await lab.publish({ name, version: '1.0.0', by: TEAM });
      lab.clock.advance(86_400_000);
      await lab.publish({ name, version: '1.0.1', by: TEAM });
    }
    await lock({ p: '1.0.1', q: '1.0.1', r: '1.0.1' });
    const env = { ASSAY_CACHE: join(folder, 'kept'), XDG_CONFIG_HOME: configOf(folder) };
    const trust = ['--trusted-root', 'root.json', '--registry-keys', 'keys.json'];
    const audit = (...args: string[]): Promise<Run> => assay(['--json', ...trust, ...args], folder, env);
    const first = await audit();
    expect(first).toMatchObject({ status: 0, stderr: '' });
    const file = (): string => join(folder, 'kept/v1', readdirSync(join(folder, 'kept/v1'))[0] ?? '');
    const keyFile = join(configOf(folder), 'assay/cache.key');
    await work({ ...project, audit, cache: (...args) => assay(['cache', ...args], folder, env), file, keyFile }, first);
  });
}

describe('the cache of a user', () => {
  it('spares every request of the second run, and changes nothing in what it says', async () => {
    await withCache(async ({ audit, requestsOf }, first) => {
      expect(await requestsOf(async () => expect(await audit()).toEqual(first))).toBe(0);
      expect(await requestsOf(async () => expect(await audit('--no-cache')).toEqual(first))).toBeGreaterThan(0);
    });
  });

  it('costs time and nothing else where it was changed, cut, swapped or emptied', async () => {
    await withCache(async ({ audit, file, requestsOf }, first) => {
      const before = readFileSync(file());
      const changes: readonly Buffer[] = [
        Buffer.from(before.toString('latin1').replaceAll('team/p', 'evil/p'), 'latin1'),
        before.subarray(0, 1000),
        Buffer.alloc(0),
      ];
      for (const change of changes) {
        writeFileSync(file(), change);
        expect(await requestsOf(async () => expect(await audit()).toEqual(first))).toBeGreaterThan(0);
        // It has mended itself.
        expect(await requestsOf(audit)).toBe(0);
      }
    });
  });

  it('counts for nothing with another key, as where a pipeline restores it', async () => {
    await withCache(async ({ audit, keyFile, requestsOf }, first) => {
      rmSync(keyFile);
      expect(await requestsOf(async () => expect(await audit()).toEqual(first))).toBeGreaterThan(0);
    });
  });

  it('can be shared by runs at the same time', async () => {
    await withCache(async ({ audit, file, requestsOf }, first) => {
      rmSync(file());
      const runs = await Promise.all([audit(), audit(), audit()]);
      for (const run of runs) expect(run).toEqual(first);
      expect(await requestsOf(audit)).toBe(0);
    });
  });

  it('vouches for nothing under another root', async () => {
    await withCache(async ({ audit, edit, requestsOf }) => {
      edit('root.json', (text) => `${text}\n`);
      expect(await requestsOf(audit)).toBeGreaterThan(0);
    });
  });
});

describe('assay cache', () => {
  it('shows where it is and how much, and keeps less', async () => {
    await withCache(async ({ cache, folder }) => {
      const shown = await cache();
      expect(shown).toMatchObject({ status: 0, stderr: '' });
      expect(shown.stdout).toMatch(/^\S+kept: 1 project, 0\.\d MB\n$/);
      expect(shown.stdout.startsWith(join(folder, 'kept'))).toBe(true);
      expect((await cache('--prune', '100')).stdout).toMatch(/: 1 project, .*\nremoved: 0 projects, 0\.0 MB\n$/);
      expect((await cache('--prune', '0')).stdout).toMatch(/: 0 projects, 0\.0 MB\nremoved: 1 project, 0\.\d MB\n$/);
      expect(readdirSync(join(folder, 'kept/v1'))).toEqual([]);
    });
  });

  it.each([
    [['--prune', 'all'], /^assay: --prune takes a number of megabytes, not all\n$/],
    [['here'], /^assay: cache takes no arguments, only --prune MB\n$/],
  ])('%j is wrong usage', async (args, message) => {
    await withCache(async ({ cache }) => {
      expect(await cache(...args)).toMatchObject({
        status: 2,
        stdout: '',
        stderr: expect.stringMatching(message) as string,
      });
    });
  });

  it('says so where there is none', async () => {
    await withProject(async ({ folder }) => {
      const { status, stderr } = await assay(['cache'], folder);
      expect({ status, stderr }).toEqual({
        status: 2,
        stderr:
          'assay: there is no cache: HOME is not set, ASSAY_CACHE is empty, or the key would be a file of a project\n',
      });
      expect(existsSync(join(folder, '.cache'))).toBe(false);
    });
  });
});

describe.skipIf(!hasGit || process.platform === 'win32')(`a key in a project${WITHOUT_GIT}`, () => {
  const AUDIT = ['audit', '--json', '--trusted-root', 'root.json', '--registry-keys', 'keys.json'];

  /** A home that is the project's folder, and what it keeps there. */
  async function atHome(
    work: (
      project: LabProject & {
        /** The requests of a run that holds and says exactly this on standard error. */
        readonly atHome: (env?: Readonly<Record<string, string>>, stderr?: string) => Promise<number>;
      },
    ) => Promise<void>,
  ): Promise<void> {
    await withProject(async (project) => {
      const { lab, folder, lock, requestsOf } = project;
      await lab.publish({ name: 'p', version: '1.0.0', by: TEAM });
      await lock({ p: '1.0.0' });
      const run = (env: Readonly<Record<string, string>>): Promise<Run> => {
        const all = Object.entries(environmentOf(folder, env)).filter(([name]) => name !== 'ASSAY_CACHE');
        return start(process.execPath, [CLI, ...AUDIT], folder, Object.fromEntries(all));
      };
      await work({
        ...project,
        atHome: (env = {}, stderr = '') =>
          requestsOf(async () => expect(await run(env)).toMatchObject({ status: 0, stderr })),
      });
    });
  }

  const keyIn = (folder: string): string => join(folder, '.config/assay/cache.key');

  it('is one like others where git does not track it, as in a home of dotfiles', async () => {
    await atHome(async ({ folder, atHome: requests }) => {
      git(folder, ['init', '-q']);
      commitAll(folder, Date.now());
      expect(await requests()).toBeGreaterThan(0);
      expect(await requests()).toBe(0);
    });
  });

  it.each([
    ['', '.config/assay/cache.key'],
    [', in other letters', '.CONFIG/assay/cache.key'],
  ])('is not believed where git tracks it%s', async (_, tracked) => {
    await atHome(async ({ folder, atHome: requests }) => {
      git(folder, ['init', '-q']);
      expect(await requests()).toBeGreaterThan(0);
      expect(await requests()).toBe(0);
      mkdirSync(dirname(join(folder, tracked)), { recursive: true });
      if (!existsSync(join(folder, tracked))) writeFileSync(join(folder, tracked), readFileSync(keyIn(folder)));
      commitAll(folder, Date.now());
      expect(await requests()).toBeGreaterThan(0);
      expect(await requests()).toBeGreaterThan(0);
    });
  });

  it('is not believed in a copy of a project without version control, and not where git cannot be asked', async () => {
    await atHome(async ({ folder, atHome: requests }) => {
      const note =
        `assay: nothing is kept for the next run: ${keyIn(folder)} would be in the project ${folder}; ` +
        'remove its package.json, or name another folder with XDG_CONFIG_HOME\n';
      expect(await requests({}, note)).toBeGreaterThan(0);
      expect(existsSync(keyIn(folder))).toBe(false);
      git(folder, ['init', '-q']);
      await requests({ PATH: '/nowhere' });
      expect(existsSync(keyIn(folder))).toBe(false);
    });
  });

  it('is missed in one line that says what to do, where a stray package.json is in the home', async () => {
    await inFolder(async (home) => {
      const project = join(home, 'project');
      mkdirSync(project);
      writeFileSync(
        join(project, 'package-lock.json'),
        JSON.stringify({ lockfileVersion: 3, packages: { 'node_modules/p': { version: '1.0.0' } } }),
      );
      const env = { PATH: process.env['PATH'] ?? '', HOME: home, LANG: 'C.UTF-8', ...NO_NETWORK, ...IMPATIENT };
      const noted = async (...args: string[]): Promise<boolean> => {
        const run = await start(
          process.execPath,
          [CLI, 'audit', '--registry', 'http://127.0.0.1:9/', ...args],
          project,
          env,
        );
        const lines = run.stderr.split('\n').filter((line) => line.includes('nothing is kept'));
        expect(lines.length).toBeLessThan(2);
        if (lines.length > 0)
          expect(lines[0]).toMatch(/remove its package\.json, or name another folder with XDG_CONFIG_HOME$/);
        expect(run.stdout).not.toContain('nothing is kept');
        return lines.length === 1;
      };
      expect(await noted()).toBe(false);
      writeFileSync(join(home, 'package.json'), '{}');
      expect([await noted(), await noted('--json'), await noted('--no-cache')]).toEqual([true, true, false]);
    });
  });

  it('is never looked for in the folder of the run', async () => {
    await atHome(async ({ folder, atHome: requests }) => {
      const env = { HOME: configOf(folder), XDG_CACHE_HOME: '.cache', XDG_CONFIG_HOME: '.config' };
      expect(await requests(env)).toBeGreaterThan(0);
      expect(await requests(env)).toBe(0);
      expect(existsSync(join(folder, '.config'))).toBe(false);
      expect(existsSync(join(configOf(folder), '.cache/assay/v1'))).toBe(true);
    });
  });

  it('neither are heads of logs believed there', async () => {
    await atHome(async ({ folder }) => {
      const { status, stderr } = await assay(['log', 'watch', '--once', '--repository-id', '1'], folder);
      expect({ status, stderr }).toEqual({
        status: 2,
        stderr: expect.stringContaining('part of a project: name another one with --state DIR') as string,
      });
    });
  });
});
