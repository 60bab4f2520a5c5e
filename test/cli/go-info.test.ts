import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { HOUR } from '../../src/model/time.ts';
import { withGoProject, type GoProject } from './go-project.ts';

const [ONE, TWO] = ['a.example/one', 'a.example/Two'];
const REPOSITORY = 'https://git.example/one';
const [COMMIT, OTHER] = ['1'.repeat(40), '2'.repeat(40)];

const origin = (url: string, hash?: string): object => ({ Origin: { VCS: 'git', URL: url, Hash: hash } });
const infos = ({ lab: { requests } }: GoProject): readonly string[] =>
  requests.map(({ url }) => url).filter((url) => url.endsWith('.info'));

/** Locks a version of the first module in place of the one that is locked. */
function lock({ lab, edit }: GoProject, version: string, before: string, info: object): void {
  const sum = lab.publish(ONE, version, { info });
  edit('go.sum', (text) => text.replace(/^a\.example\/one .*\n/gm, '') + sum);
  edit('go.mod', (text) => text.replace(`${ONE} ${before}`, `${ONE} ${version}`));
}

describe('release-age of Go modules', () => {
  const age = (project: GoProject): void => writeFileSync(join(project.folder, 'assay.yml'), 'release-age: 48\n');
  const hoursAgo = (hours: number): object => ({ Time: new Date(Date.now() - hours * HOUR).toISOString() });

  it('is that of the commit, as the proxy says it, which is asked where a policy needs it', () =>
    withGoProject(async (project) => {
      const { audit } = project;
      expect(await audit()).toEqual({ status: 0, found: [] });
      expect(infos(project)).toEqual([]);
      age(project);
      expect(await audit('--no-cache')).toEqual({ status: 0, found: [] });
      expect(infos(project)).toHaveLength(3);
      lock(project, 'v1.1.0', 'v1.0.0', hoursAgo(47));
      expect(await audit('--no-cache')).toEqual({ status: 0, found: [`${ONE} history-too-new warning`] });
      lock(project, 'v1.2.0', 'v1.1.0', hoursAgo(49));
      expect(await audit('--no-cache')).toEqual({ status: 0, found: [] });
    }));

  it.each([
    ['a version without a time', { Time: undefined }],
    ['a time that is none', { Time: 'yesterday' }],
    ['another version', { Version: 'v9.9.9' }],
  ])('is exit status 3 for %s', (_, info) =>
    withGoProject(async (project) => {
      age(project);
      lock(project, 'v1.1.0', 'v1.0.0', info);
      const { status, found } = await project.audit('--no-cache');
      expect([status, found], found.join()).toEqual([
        3,
        [expect.stringMatching(/^a\.example\/one evidence-\w+ error$/)],
      ]);
    }),
  );

  it('is exit status 3 where the proxy does not answer, and holds for what the baseline has', () =>
    withGoProject(async (project) => {
      const { lab, run, audit } = project;
      expect((await run('init')).status).toBe(0);
      age(project);
      lab.behave(/Two|!two/, { status: 503 });
      lab.answerWith('a.example/one/@v/v1.0.0.info', JSON.stringify({ Version: 'v1.0.0', ...hoursAgo(1) }));
      const { status, found } = await audit('--no-cache');
      expect(status).toBe(3);
      expect(found).toContain(`${ONE} history-too-new warning`);
      expect(found.filter((one) => one.startsWith(TWO)).join()).toContain('evidence-unavailable error');
    }));
});

describe('where the proxy had a version from', () => {
  /** A baseline that has the first module from its repository. */
  const accepted = async (project: GoProject): Promise<void> => {
    const { run, read, folder } = project;
    expect((await run('init')).status).toBe(0);
    lock(project, 'v1.1.0', 'v1.0.0', origin(REPOSITORY, COMMIT));
    expect(await project.audit()).toEqual({ status: 0, found: [] });
    expect((await run('update')).status).toBe(0);
    expect(read('assay.lock')).toContain(`published 2026-01-01T00:00:00Z by ${REPOSITORY}@${COMMIT}`);
    rmSync(join(folder, 'assay.yml'), { force: true });
  };

  it('is asked of what the baseline has not, and of nothing else', () =>
    withGoProject(async (project) => {
      await accepted(project);
      expect(new Set(infos(project))).toEqual(new Set(['/a.example/one/@v/v1.1.0.info']));
      project.lab.requests.length = 0;
      expect(await project.audit('--no-cache')).toEqual({ status: 0, found: [] });
      expect(infos(project)).toEqual([]);
    }));

  it.each([
    ['the same repository', REPOSITORY, OTHER, []],
    ['another one', 'https://evil.example/one', OTHER, [`${ONE} history-publisher-changed warning`]],
    [
      'another one without a commit',
      'https://evil.example/one',
      undefined,
      [`${ONE} history-publisher-changed warning`],
    ],
  ])('is held to the version before: %s', (_, url, hash, found) =>
    withGoProject(async (project) => {
      await accepted(project);
      lock(project, 'v1.2.0', 'v1.1.0', origin(url, hash));
      expect(await project.audit('--no-cache')).toEqual({ status: 0, found });
    }),
  );

  it.each([
    ['the same commit', REPOSITORY, COMMIT, []],
    ['another commit', REPOSITORY, OTHER, [`${ONE} history-publisher-changed warning`]],
    ['no commit', REPOSITORY, undefined, []],
    ['another repository', 'https://evil.example/one', COMMIT, [`${ONE} history-publisher-changed warning`]],
  ])('is held to what the baseline has of the very version: %s', (_, url, hash, found) =>
    withGoProject(async (project) => {
      await accepted(project);
      const info = { Version: 'v1.1.0', Time: '2026-01-01T00:00:00Z', ...origin(url, hash) };
      project.lab.answerWith('a.example/one/@v/v1.1.0.info', JSON.stringify(info));
      writeFileSync(join(project.folder, 'assay.yml'), 'release-age: 1\n');
      expect(await project.audit('--no-cache')).toEqual({ status: 0, found });
    }),
  );

  it('that nobody says is nothing, and without an answer there is a note', () =>
    withGoProject(async (project) => {
      await accepted(project);
      lock(project, 'v1.2.0', 'v1.1.0', {});
      expect(await project.audit('--no-cache')).toEqual({ status: 0, found: [] });
      project.lab.behave(/v1\.2\.0\.info/, { status: 503 });
      expect(await project.audit('--no-cache')).toEqual({ status: 0, found: [`${ONE} evidence-unavailable note`] });
      const rule = 'findings:\n  - code: history-publisher-changed\n    level: error\n    reason: we want to know\n';
      writeFileSync(join(project.folder, 'assay.yml'), rule);
      expect(await project.audit('--no-cache')).toEqual({ status: 3, found: [`${ONE} evidence-unavailable error`] });
    }));

  it('is shown as the hostile text that it may be, and cut where it is too long', () =>
    withGoProject(async (project) => {
      await accepted(project);
      lock(project, 'v1.2.0', 'v1.1.0', origin('https://evil.example/\u001b[31m\u202e'));
      const { stdout } = await project.run('audit', '--no-cache');
      expect(stdout).toContain(String.raw`\u{1b}`);
      lock(project, 'v1.3.0', 'v1.2.0', origin(`https://${'x'.repeat(2000)}`));
      expect(await project.audit('--no-cache')).toEqual({ status: 0, found: [] });
    }));
});
