import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { ciWorkflow, token } from '../../lab/index.ts';
import { parseBaseline } from '../../src/baseline/file.ts';
import { withProject, type LabProject } from './lab-project.ts';
import { withBuilderNamed } from '../support/baseline.ts';

const DAY = 86_400_000;
const TEAM = ciWorkflow({ repository: 'team/p' });
const THIEF = token({ user: 'thief' });

/** A file as the writer of version 1 wrote what it says. */
function asVersion1(text: string): string {
  return text
    .replace('# assay.lock/2:', '# assay.lock/1:')
    .replaceAll(/^npm:(\S+) package$/gm, '$1 package npm')
    .replaceAll(/^npm:(\S+) artifact (\S+)$/gm, '$1 integrity $2')
    .replaceAll(/^npm:(\S+) verified (\S+) entry (\S+)$/gm, '$1 evidence $2\n$1 entry $3')
    .replaceAll(/ provenance proven by \S+$/gm, ' provenance proven')
    .replaceAll(/^npm:(\S+) published (\S+) by (.+)$/gm, '$1 publisher $3\n$1 published $2')
    .replaceAll(/^npm:/gm, '');
}

function git(folder: string, ...args: string[]): void {
  const identity = ['-c', 'user.name=t', '-c', 'user.email=t@lab.test', '-c', 'commit.gpgsign=false'];
  const env = { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_SYSTEM: '/dev/null' };
  const { status, stderr } = spawnSync('git', [...identity, ...args], { cwd: folder, encoding: 'utf8', env });
  if (status !== 0) throw new Error(stderr);
}

/** A project that locks p@1.0.0 and q@1.0.0 and has an assay.lock of version 1. */
async function withVersion1(work: (project: LabProject, version2: string) => Promise<void>): Promise<void> {
  await withProject(async (project) => {
    const { lab, lock, run, read, edit } = project;
    for (const name of ['p', 'q']) await lab.publish({ name, version: '1.0.0', by: TEAM });
    lab.clock.advance(DAY);
    await lock({ p: '1.0.0', q: '1.0.0' });
    await run('update');
    const version2 = read('assay.lock');
    edit('assay.lock', asVersion1);
    expect(parseBaseline('assay.lock', read('assay.lock'))).toEqual({
      ...parseBaseline('assay.lock', version2),
      format: 1,
    });
    await work(project, version2);
  });
}

describe('an assay.lock of version 1', () => {
  it('holds and expects as before, with a hint, and is not touched by an audit', async () => {
    await withVersion1(async ({ run, report, read, requestsOf }) => {
      const text = read('assay.lock');
      expect(await requestsOf(() => report())).toBe(0);
      expect(await report()).toMatchObject({ status: 0, baseline: { held: 2, uncovered: [] } });
      const { stdout } = await run();
      expect(stdout.replaceAll(/\s+/g, ' ')).toContain(
        'assay.lock is in format 1, which assay update replaces; all it says stays',
      );
      expect(read('assay.lock')).toBe(text);
    });
  });

  it('is written anew by update, which says so, without a request and without losing a fact', async () => {
    await withVersion1(async ({ run, read, requestsOf }, version2) => {
      let said = '';
      expect(await requestsOf(async () => (said = (await run('update')).stdout))).toBe(0);
      expect(said).toContain('assay.lock: 0 taken in, 0 removed, 2 unchanged\n');
      expect(said.replaceAll(/\s+/g, ' ')).toContain('the file was in format 1 and is written in the current one');
      expect(read('assay.lock')).toBe(version2);
      const again = await run('update', '--summary');
      expect(again.stdout).toBe('`assay.lock`: no entry changes\n');
    });
  });

  it('is written anew by accept, which says so', async () => {
    await withVersion1(async ({ lab, lock, run, read }) => {
      await lab.publish({ name: 'p', version: '1.0.1', by: THIEF });
      await lock({ p: '1.0.1', q: '1.0.0' });
      const { status, stdout } = await run('accept', 'p', '--by', 'jane', '--reason', 'r');
      expect(status).toBe(0);
      expect(stdout.replaceAll(/\s+/g, ' ')).toContain('the file was in format 1');
      expect(read('assay.lock')).toMatch(/^# assay\.lock\/2:[^]*^npm:p@1\.0\.1 accepted provenance-lost /m);
    });
  });

  it('that is broken is refused in its line, as before', async () => {
    await withVersion1(async ({ run, edit }) => {
      edit('assay.lock', (text) => text.replace('p runner hosted', 'p runner mine'));
      const { status, stderr } = await run('update');
      expect(status).toBe(2);
      expect(stderr).toMatch(/^assay: assay\.lock:8: npm:p runner is hosted or self-hosted; restore/);
    });
  });
});

describe('a pull request that brings version 2', () => {
  const inChange = (work: (project: LabProject) => Promise<void>): Promise<void> =>
    withVersion1(async (project) => {
      git(project.folder, 'init', '-q', '-b', 'main');
      git(project.folder, 'add', '-A');
      git(project.folder, 'commit', '-qm', 'base');
      git(project.folder, 'checkout', '-q', '-b', 'change');
      await project.run('update');
      await work(project);
    });
  const NOTHING = { edited: [], unfounded: [], removed: [], accepted: [] };

  it('brings nothing else: nothing is edited, and all is held', async () => {
    await inChange(async ({ report }) => {
      expect(await report('--base', 'main')).toMatchObject({ status: 0, baseline: { held: 2, base: NOTHING } });
    });
  });

  it('and takes in a version is held to what was known, and takes in no more than that', async () => {
    await inChange(async ({ lab, lock, run, report }) => {
      await lab.publish({ name: 'p', version: '1.0.1', by: TEAM });
      await lock({ p: '1.0.1', q: '1.0.0' });
      await run('update');
      const outcome = await report('--base', 'main');
      expect(outcome).toMatchObject({ status: 0, baseline: { held: 1, uncovered: ['p@1.0.1'], base: NOTHING } });
    });
  });

  it.each<[string, (text: string) => string, object]>([
    [
      'another builder',
      (text) => withBuilderNamed(text.replace('npm:p workflow .github/', 'npm:p workflow evil/')),
      { edited: ['p@1.0.0'] },
    ],
    [
      'another entry',
      (text) => text.replace(/(npm:q@1\.0\.0 published )\S+/, '$12020-01-01T00:00:00Z'),
      { edited: ['q@1.0.0'] },
    ],
    [
      'an entry for later',
      (text) => text.replace(/^((?:npm:q@1\.0\.0 .*\n)+)/m, (own) => own + own.replaceAll('1.0.0', '6.6.6')),
      { unfounded: ['q@6.6.6'] },
    ],
    [
      'a log head',
      (text) => text.replace(/\n/, `\nlog evil 1 ${Buffer.alloc(32).toString('base64')}\n`),
      { unfounded: ['log evil'] },
    ],
  ])('and hides %s in it is found out', async (_, forge, found) => {
    await inChange(async ({ report, edit, read }) => {
      const before = read('assay.lock');
      edit('assay.lock', forge);
      expect(read('assay.lock')).not.toBe(before);
      const { status, baseline } = await report('--base', 'main');
      expect([status, baseline]).toMatchObject([1, { base: { ...NOTHING, ...found } }]);
    });
  });
});
