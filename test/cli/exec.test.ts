import { chmodSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ciWorkflow } from '../../lab/index.ts';
import { withProject, type LabProject } from './lab-project.ts';
import { assay, type Run } from './run.ts';

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

  it('says so, and fails, where the command installed by another lockfile than the audited one', async () => {
    await withSound(async (_, exec) => {
      const change = "require('fs').appendFileSync('package-lock.json', '\\n')";
      const run = await exec(process.execPath, '-e', change);
      expect(run.status).toBe(1);
      expect(run.stderr).toMatch(/package-lock\.json was changed by .*npm ci/);
    });
  });

  it('ends as a command that a signal ended, by the number that shells use', async () => {
    await withSound(async (_, exec) => {
      expect((await exec(process.execPath, '-e', "process.kill(process.pid, 'SIGTERM')")).status).toBe(143);
    });
  });
});
