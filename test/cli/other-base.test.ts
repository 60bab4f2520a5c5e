import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { git, hasGit, WITHOUT_GIT } from '../support/git.ts';
import {
  forged,
  found,
  inPullRequest,
  TEAM,
  THIEF,
  type PullRequest,
  type PullRequestJson,
} from './in-pull-request.ts';

const LOST = 'p@1.0.1 error provenance-lost';
const FILES = ['package.json', 'package-lock.json', 'assay.lock'];
const PIPELINE = { GITHUB_EVENT_NAME: 'pull_request', GITHUB_BASE_REF: 'main' };

/** Locks p@1.0.1, which lost its provenance, and writes an entry that would hold it. */
async function plant({ lab, folder }: PullRequest, into = folder): Promise<void> {
  await lab.publish({ name: 'p', version: '1.0.1', by: THIEF });
  await lab.writeProject(into, { p: '1.0.1', q: '1.0.0' });
  const integrity = /"(sha512-[^"]+)"/.exec(readFileSync(join(into, 'package-lock.json'), 'utf8'))?.[1] ?? '';
  const file = join(into, 'assay.lock');
  const text = readFileSync(file, 'utf8').replace(/^npm:p@1\.0\.0 /gm, 'npm:p@1.0.1 ');
  writeFileSync(
    file,
    text.replace(/^(npm:p@1\.0\.1 artifact ).*$/m, (_, start: string) => start + integrity),
  );
}

const levels = (outcome: PullRequestJson): readonly string[] =>
  found(outcome).filter((each) => !each.includes(' note '));

describe.skipIf(!hasGit)(`a project in a submodule${WITHOUT_GIT}`, () => {
  const submodule = (folder: string, from: string, path: string): void => {
    git(folder, ['-c', 'protocol.file.allow=always', 'submodule', 'add', '-q', from, path]);
  };
  const commit = (folder: string, message: string): string => {
    git(folder, ['add', '-A']);
    git(folder, ['commit', '-qm', message]);
    return git(folder, ['rev-parse', 'HEAD']);
  };
  const setMain = (folder: string): void => {
    git(folder, ['branch', '-f', 'main']);
    git(folder, ['update-ref', 'refs/remotes/origin/main', 'main']);
  };

  /** main has the project in app/. `other` is a repository with a project of the same files. */
  const withApp = (work: (project: PullRequest, other: string) => Promise<void>): Promise<void> =>
    inPullRequest(async (project) => {
      const { folder } = project;
      mkdirSync(join(folder, 'app'));
      for (const file of FILES) git(folder, ['mv', file, `app/${file}`]);
      writeFileSync(join(folder, 'assay.yml'), 'enforce: all\n');
      commit(folder, 'app');
      setMain(folder);
      const other = join(folder, 'node_modules/other');
      cpSync(join(folder, 'app'), other, { recursive: true });
      git(other, ['init', '-q', '-b', 'main']);
      try {
        await work(project, other);
      } finally {
        rmSync(other, { recursive: true, force: true });
      }
    });

  it('that takes the place of a folder is held to that folder, and to the policy above it', async () => {
    await withApp(async (project, other) => {
      const { folder, audit, runIn } = project;
      await plant(project, other);
      commit(other, 'mine');
      git(folder, ['rm', '-rq', 'app']);
      submodule(folder, other, 'app');
      commit(folder, 'split');
      for (const args of [['app'], ['--base', 'main', 'app'], ['--since', 'main', 'app'], ['--recursive']]) {
        const outcome = await audit(PIPELINE, ...args);
        expect([outcome.status, levels(outcome), forged(outcome).length]).toEqual([1, [LOST], 1]);
        expect(outcome.baseline).toMatchObject({
          held: 1,
          base: { commit: git(folder, ['rev-parse', 'main']), found: true, policyChanged: false },
        });
      }
      const { status, stdout } = await runIn(PIPELINE, 'exec', '--lockfile', 'app', '--', 'echo', 'INSTALLED');
      expect([status, stdout.includes('INSTALLED')]).toEqual([1, false]);
    });
  });

  it('that a link leads to has no baseline at the base', async () => {
    await withApp(async (project, other) => {
      const { folder, audit } = project;
      await plant(project, other);
      commit(other, 'mine');
      git(folder, ['rm', '-rq', 'app']);
      submodule(folder, other, 'vendor/x');
      symlinkSync('vendor/x', join(folder, 'app'));
      commit(folder, 'link');
      const outcome = await audit(PIPELINE, 'app');
      expect([outcome.status, levels(outcome)]).toEqual([1, [LOST]]);
      expect(outcome.baseline).toMatchObject({ held: 0, base: { found: false, problem: null } });
    });
  });

  it('is held to the commit that main has of it, whatever branches it has', async () => {
    await withApp(async (project, other) => {
      const { lab, folder, audit, run } = project;
      commit(other, 'ours');
      git(folder, ['rm', '-rq', 'app']);
      submodule(folder, other, 'app');
      commit(folder, 'submodule');
      setMain(folder);
      const app = join(folder, 'app');
      expect(await audit(PIPELINE, 'app')).toMatchObject({ status: 0, baseline: { held: 2, base: { found: true } } });
      // An honest bump is verified where it is new.
      await lab.publish({ name: 'q', version: '1.0.1', by: TEAM });
      await lab.writeProject(app, { p: '1.0.0', q: '1.0.1' });
      await run('update', 'app');
      const bumped = commit(app, 'bump');
      commit(folder, 'bump');
      expect(await audit(PIPELINE, 'app')).toMatchObject({ status: 0, baseline: { held: 1, uncovered: ['q@1.0.1'] } });
      git(app, ['reset', '-q', '--hard', `${bumped}~`]);
      await plant(project, app);
      commit(app, 'mine');
      git(app, ['update-ref', 'refs/remotes/origin/main', 'HEAD']);
      commit(folder, 'bump');
      const outcome = await audit(PIPELINE, 'app');
      expect([outcome.status, levels(outcome), forged(outcome)]).toEqual([1, [LOST], ['origin/main: p@1.0.1']]);
    });
  });

  it('whose commit of main is not there holds nothing, and the report says so', async () => {
    await withApp(async (project, other) => {
      const { folder, audit } = project;
      commit(other, 'ours');
      git(folder, ['rm', '-rq', 'app']);
      submodule(folder, other, 'app');
      commit(folder, 'submodule');
      setMain(folder);
      rmSync(join(other, '.git'), { recursive: true });
      git(other, ['init', '-q', '-b', 'main']);
      await plant(project, other);
      commit(other, 'mine');
      git(folder, ['rm', '-rqf', 'app']);
      rmSync(join(folder, '.git/modules/app'), { recursive: true });
      submodule(folder, other, 'app');
      commit(folder, 'other');
      const outcome = await audit(PIPELINE, 'app');
      expect([outcome.status, levels(outcome), outcome.baseline.held]).toEqual([1, [LOST], 0]);
      expect(outcome.baseline.base?.problem).toMatch(/^git cannot read [0-9a-f]{12}/);
    });
  });
});

describe.skipIf(!hasGit)(`a pull request that begins at a commit of an earlier one${WITHOUT_GIT}`, () => {
  /** A first pull request plants and takes back; `merge` is how it gets into main. A second one begins in its midst. */
  const begun = (merge: readonly string[], work: (project: PullRequest) => Promise<void>): Promise<void> =>
    inPullRequest(async (project) => {
      const { folder } = project;
      writeFileSync(join(folder, 'assay.yml'), 'enforce: all\n');
      git(folder, ['add', '-A']);
      git(folder, ['commit', '-qm', 'policy']);
      git(folder, ['branch', '-f', 'main']);
      await plant(project);
      git(folder, ['commit', '-qam', 'one']);
      const planted = git(folder, ['rev-parse', 'HEAD']);
      git(folder, ['checkout', '-q', 'main', '--', '.']);
      writeFileSync(join(folder, 'README.md'), 'a typo\n');
      git(folder, ['add', '-A']);
      git(folder, ['commit', '-qm', 'two']);
      git(folder, ['checkout', '-q', 'main']);
      git(folder, ['merge', '-q', ...merge, 'change']);
      git(folder, ['update-ref', 'refs/remotes/origin/main', 'main']);
      git(folder, ['checkout', '-qb', 'second', planted]);
      git(folder, ['commit', '-q', '--allow-empty', '-m', 'mine']);
      await work(project);
    });

  it.each([
    ['a merge', ['--no-ff', '-m', 'merge']],
    ['a fast-forward', ['--ff-only']],
  ])('that came in by %s: what that planted holds nothing', async (_, merge) => {
    await begun(merge, async ({ folder, audit }) => {
      const planted = git(folder, ['rev-parse', 'second~']);
      for (const env of [
        undefined,
        PIPELINE,
        {
          GITLAB_CI: 'true',
          CI_PIPELINE_SOURCE: 'merge_request_event',
          CI_MERGE_REQUEST_DIFF_BASE_SHA: planted,
          CI_MERGE_REQUEST_TARGET_BRANCH_NAME: 'main',
        },
        { JENKINS_URL: 'x', CHANGE_TARGET: 'main' },
      ]) {
        const outcome = await audit(env);
        expect([outcome.status, levels(outcome), outcome.baseline.held]).toEqual([1, [LOST], 1]);
      }
    });
  });

  it('neither acceptances nor a policy of that go unnamed', async () => {
    await inPullRequest(async ({ lab, lock, folder, run, audit }) => {
      await lab.publish({ name: 'p', version: '1.0.1', by: THIEF });
      await lock({ p: '1.0.1', q: '1.0.0' });
      await run('accept', 'p@1.0.1', '--reason', 'fine', '--by', 'jane');
      writeFileSync(join(folder, 'assay.yml'), 'enforce: observe\n');
      git(folder, ['add', '-A']);
      git(folder, ['commit', '-qm', 'one']);
      git(folder, ['branch', 'second']);
      git(folder, ['rm', '-q', 'assay.yml']);
      git(folder, ['checkout', '-q', 'main', '--', '.']);
      git(folder, ['commit', '-qam', 'two']);
      git(folder, ['branch', '-f', 'main']);
      git(folder, ['checkout', '-q', 'second']);
      const { baseline } = await audit();
      expect(baseline.base).toMatchObject({ policyChanged: true, accepted: [{ name: 'p', version: '1.0.1' }] });
    });
  });

  it('other bytes than main knows of a version are found out, whatever the base says', async () => {
    await inPullRequest(async ({ lab, folder, edit, audit }) => {
      const other = (await lab.publish({ name: 'r', version: '1.0.0', by: TEAM })).integrity;
      const poison = (text: string): string => text.replace(/sha512-[^"\s]+/, other);
      edit('package-lock.json', poison);
      edit('assay.lock', poison);
      git(folder, ['commit', '-qam', 'one']);
      git(folder, ['branch', 'second']);
      git(folder, ['checkout', '-q', 'main', '--', '.']);
      git(folder, ['commit', '-qam', 'two']);
      git(folder, ['branch', '-f', 'main']);
      git(folder, ['checkout', '-q', 'second']);
      expect(levels(await audit())).toEqual(['p@1.0.0 error integrity-rewritten']);
    });
  });

  it('one that is behind passes: where main updated, and where main accepted another builder', async () => {
    await inPullRequest(async ({ lab, lock, folder, run, audit }) => {
      const moved = { ...TEAM, workflow: '.github/workflows/other.yml' };
      await lab.publish({ name: 'p', version: '1.0.1', by: moved });
      await lab.publish({ name: 'q', version: '1.0.1', by: TEAM });
      git(folder, ['checkout', '-q', 'main']);
      await lock({ p: '1.0.1', q: '1.0.1' });
      await run('accept', 'p@1.0.1', '--reason', 'moved', '--by', 'jane');
      await run('update');
      git(folder, ['commit', '-qam', 'later']);
      git(folder, ['checkout', '-q', 'change']);
      const outcome = await audit(undefined, '--enforce', 'all');
      expect([outcome.status, levels(outcome), forged(outcome)]).toEqual([0, [], []]);
      expect(outcome.baseline).toMatchObject({ held: 0, uncovered: ['p@1.0.0', 'q@1.0.0'], base: { removed: [] } });
    });
  });
});

describe.skipIf(!hasGit)(`a pipeline that runs for a change, and names none${WITHOUT_GIT}`, () => {
  /** A branch with a planted entry, and the environment of GitHub with what its event says. */
  const planted = (
    work: (project: PullRequest, github: Readonly<Record<string, string>>, commits: Commits) => Promise<void>,
  ): Promise<void> =>
    inPullRequest(async (project) => {
      const { folder } = project;
      const main = git(folder, ['rev-parse', 'main']);
      git(folder, ['update-ref', 'refs/remotes/origin/main', main]);
      await plant(project);
      git(folder, ['commit', '-qam', 'mine']);
      const mine = git(folder, ['rev-parse', 'HEAD']);
      const path = join(folder, '.git/event.json');
      const event = { before: mine, pull_request: { base: { ref: 'main' } }, repository: { default_branch: 'main' } };
      writeFileSync(path, JSON.stringify(event));
      git(folder, ['commit', '-q', '--allow-empty', '-m', 'again']);
      await work(project, { CI: 'true', GITHUB_ACTIONS: 'true', GITHUB_EVENT_PATH: path }, { main, mine });
    });
  interface Commits {
    readonly main: string;
    readonly mine: string;
  }
  const BRANCH = { GITHUB_REF_NAME: 'change', GITHUB_REF_TYPE: 'branch' };
  const MAIN = { GITHUB_REF_NAME: 'main', GITHUB_REF_TYPE: 'branch' };

  it('of GitHub is held to its target, or to the default branch', async () => {
    await planted(async ({ audit }, github, { main, mine }) => {
      const queue = `gh-readonly-queue/main/pr-1-${mine}`;
      const runs: readonly Readonly<Record<string, string>>[] = [
        { GITHUB_EVENT_NAME: 'pull_request_review', GITHUB_REF: 'refs/pull/7/merge' },
        { GITHUB_EVENT_NAME: 'pull_request_review_comment', GITHUB_REF: 'refs/pull/7/merge' },
        { GITHUB_EVENT_NAME: 'workflow_dispatch', ...BRANCH },
        { GITHUB_EVENT_NAME: 'create', ...BRANCH },
        { GITHUB_EVENT_NAME: 'issue_comment', ...MAIN },
        { GITHUB_EVENT_NAME: 'workflow_run', ...MAIN },
        { GITHUB_EVENT_NAME: 'push', GITHUB_REF_TYPE: 'tag', GITHUB_REF_NAME: 'main' },
        { GITHUB_EVENT_NAME: 'push', GITHUB_REF: `refs/heads/${queue}`, GITHUB_REF_NAME: queue },
      ];
      for (const run of runs) {
        const { baseline } = await audit({ ...github, ...run });
        expect([run, baseline.held, baseline.base?.commit]).toEqual([run, 1, main]);
      }
    });
  });

  it('of any other is held to it, or holds nothing', async () => {
    await planted(async ({ audit }, _, { main, mine }) => {
      const gitlab = { CI: 'true', GITLAB_CI: 'true', CI_COMMIT_BRANCH: 'change', CI_DEFAULT_BRANCH: 'main' };
      const held: readonly Readonly<Record<string, string>>[] = [
        {
          ...gitlab,
          CI_PIPELINE_SOURCE: 'external_pull_request_event',
          CI_EXTERNAL_PULL_REQUEST_TARGET_BRANCH_NAME: 'main',
        },
        { ...gitlab, CI_PIPELINE_SOURCE: 'parent_pipeline', CI_COMMIT_BEFORE_SHA: mine },
        { ...gitlab, CI_PIPELINE_SOURCE: 'web' },
        {
          DRONE: 'true',
          DRONE_BUILD_EVENT: 'push',
          DRONE_BRANCH: 'change',
          DRONE_REPO_BRANCH: 'main',
          DRONE_COMMIT_BEFORE: mine,
        },
        { BUILDKITE: 'true', BUILDKITE_BRANCH: 'change', BUILDKITE_PIPELINE_DEFAULT_BRANCH: 'main' },
        { CODEBUILD_BUILD_ID: 'x:1', CODEBUILD_WEBHOOK_BASE_REF: 'refs/heads/main' },
      ];
      for (const run of held) {
        const { baseline } = await audit(run);
        expect([run, baseline.held, baseline.base?.commit]).toEqual([run, 1, main]);
      }
      const unknown: readonly Readonly<Record<string, string>>[] = [
        { CODEBUILD_BUILD_ID: 'x:1', CODEBUILD_WEBHOOK_EVENT: 'PUSH', CODEBUILD_WEBHOOK_HEAD_REF: 'refs/heads/change' },
        { TEAMCITY_VERSION: '2025.1' },
        { CI: 'true', JENKINS_URL: 'http://j', BRANCH_NAME: 'change', GIT_PREVIOUS_COMMIT: mine },
        { JENKINS_URL: 'http://j', GIT_BRANCH: 'change', GIT_PREVIOUS_SUCCESSFUL_COMMIT: mine },
      ];
      for (const run of unknown) {
        const { baseline } = await audit(run);
        expect([run, baseline.held]).toEqual([run, 0]);
        expect(baseline.base?.problem).toMatch(/name it with --base REF$/);
      }
    });
  });

  it('on the default branch is held to what that has, and one that the time began to the file as it is', async () => {
    await planted(async ({ folder, audit }, github, { main }) => {
      git(folder, ['checkout', '-q', 'main']);
      const gitlab = { GITLAB_CI: 'true', CI_COMMIT_BRANCH: 'main', CI_DEFAULT_BRANCH: 'main' };
      for (const run of [
        { ...github, GITHUB_EVENT_NAME: 'workflow_dispatch', ...MAIN, GITHUB_EVENT_PATH: pathWithout(folder) },
        { ...gitlab, CI_PIPELINE_SOURCE: 'web' },
      ]) {
        expect((await audit(run)).baseline).toMatchObject({ held: 2, base: { commit: main, problem: null } });
      }
      for (const run of [
        { ...gitlab, CI_PIPELINE_SOURCE: 'schedule' },
        { TF_BUILD: 'True', BUILD_REASON: 'Schedule' },
        { DRONE: 'true', DRONE_BUILD_EVENT: 'cron' },
      ]) {
        expect((await audit(run)).baseline).toMatchObject({ held: 2, base: null });
      }
    });
  });

  /** The event of a run that no pull request began. */
  const pathWithout = (folder: string): string => {
    const path = join(folder, '.git/dispatch.json');
    writeFileSync(path, JSON.stringify({ repository: { default_branch: 'main' } }));
    return path;
  };
});

describe.skipIf(!hasGit)(`--since where a file of settings is another one${WITHOUT_GIT}`, () => {
  const looked = async ({ runIn }: PullRequest): Promise<string> =>
    (await runIn({}, 'audit', '--since', 'main')).stdout;
  const commitAs = (folder: string, message: string): void => {
    git(folder, ['add', '-A']);
    git(folder, ['commit', '-qm', message]);
  };

  it('looks at all, as entries may be of another place', async () => {
    await inPullRequest(async (project) => {
      const { folder } = project;
      expect(await looked(project)).toContain('0 to look at, 2 unchanged');
      writeFileSync(join(folder, '.npmrc'), 'registry=http://127.0.0.1:9/\n');
      commitAs(folder, 'settings');
      const stdout = await looked(project);
      expect(stdout).toContain('2 to look at');
      expect(stdout.replace(/\s+/g, ' ')).toContain(
        'all of package-lock.json is looked at, as it cannot be compared with what it was (.npmrc was another one)',
      );
    });
  });

  it('looks at what is new where it stayed, or is of no commit', async () => {
    await inPullRequest(async (project) => {
      const { folder } = project;
      git(folder, ['rm', '-q', '--cached', '--ignore-unmatch', '.npmrc']);
      git(folder, ['commit', '-q', '--allow-empty', '-m', 'none']);
      git(folder, ['branch', '-f', 'main']);
      writeFileSync(join(folder, '.npmrc'), 'fund=false\n');
      expect(await looked(project)).toContain('0 to look at, 2 unchanged');
      commitAs(folder, 'settings');
      git(folder, ['branch', '-f', 'main']);
      expect(await looked(project)).toContain('0 to look at, 2 unchanged');
    });
  });
});
