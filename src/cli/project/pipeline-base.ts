import { readFileSync, statSync } from 'node:fs';
import type { BaseRef } from '../../git/base.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** What a push was made to, where a pipeline names neither that nor a pull request. */
export interface UnknownBase {
  readonly problem: string;
}

const MAX_EVENT_BYTES = 32 * 1024 * 1024;
const NO_COMMIT = /^0*$/;

/**
 * The base of the pull request, or of the entry of a merge queue, that a pipeline runs for, as it names it in the
 * environment; null outside of one. Full refs, as a tag named "origin/main" would come before the branch.
 */
export function pullRequestBase(env: Env): BaseRef | null {
  const queued = /^refs\/heads\/gh-readonly-queue\/(.+)\/pr-\d+-([0-9a-f]{40,64})$/.exec(env['GITHUB_REF'] ?? '');
  if (queued !== null) return ofCommit(queued[2] ?? '', queued[1]);
  const commit = [env['CI_MERGE_REQUEST_DIFF_BASE_SHA'], env['BITBUCKET_PR_DESTINATION_COMMIT']].find(Boolean);
  const isTravis = /^\d+$/.test(env['TRAVIS_PULL_REQUEST'] ?? '');
  const branch = [
    env['GITHUB_BASE_REF'],
    env['CI_MERGE_REQUEST_TARGET_BRANCH_NAME'],
    env['SYSTEM_PULLREQUEST_TARGETBRANCH'],
    env['BITBUCKET_PR_DESTINATION_BRANCH'],
    env['CHANGE_TARGET'],
    env['BUILDKITE_PULL_REQUEST_BASE_BRANCH'],
    env['CODEBUILD_WEBHOOK_BASE_REF'],
    isTravis ? env['TRAVIS_BRANCH'] : undefined,
    env['DRONE_BUILD_EVENT'] === 'pull_request' ? env['DRONE_TARGET_BRANCH'] : undefined,
  ].find((name) => name !== undefined && name !== '');
  if (commit) return ofCommit(commit, branch);
  return branch === undefined ? null : ofBranch(branch);
}

/**
 * What a push is compared with: the default branch, or, on that, the commit before the push. Null outside of a
 * pipeline, and in one that no change started. A pipeline that does not name it is a problem: its checkout may have
 * brought a baseline of its own.
 */
export function pushBase(env: Env): BaseRef | UnknownBase | null {
  if (env['GITHUB_ACTIONS'] === 'true') {
    if (env['GITHUB_EVENT_NAME'] !== 'push') return null;
    const { before, repository } = githubEvent(env['GITHUB_EVENT_PATH']);
    return ofPush(env['GITHUB_REF_NAME'], textIn(repository, 'default_branch'), before);
  }
  if (env['GITLAB_CI'] === 'true') {
    if (env['CI_PIPELINE_SOURCE'] !== 'push') return null;
    return ofPush(env['CI_COMMIT_BRANCH'], env['CI_DEFAULT_BRANCH'], env['CI_COMMIT_BEFORE_SHA']);
  }
  const isJenkins = (env['JENKINS_URL'] ?? '') !== '';
  const before = isJenkins
    ? (env['GIT_PREVIOUS_SUCCESSFUL_COMMIT'] ?? env['GIT_PREVIOUS_COMMIT'])
    : env['DRONE_COMMIT_BEFORE'];
  const isPipeline = isJenkins || env['TF_BUILD'] !== undefined || !['', 'false', undefined].includes(env['CI']);
  return isPipeline ? ofPush(undefined, undefined, before) : null;
}

function ofPush(branch: string | undefined, main: string | undefined, before: unknown): BaseRef | UnknownBase {
  if (main && branch !== main) return ofBranch(main);
  if (typeof before === 'string' && /^[0-9a-f]{40,64}$/.test(before) && !NO_COMMIT.test(before)) {
    return ofCommit(before, undefined);
  }
  return { problem: 'the pipeline does not say what this change is to be held to; name it with --base REF' };
}

function ofCommit(commit: string, branch: string | undefined): BaseRef {
  return { shown: commit.slice(0, 12), refs: [commit, ...(branch ? ofBranch(branch).refs : [])] };
}

function ofBranch(name: string): BaseRef {
  const branch = name.replace(/^refs\/heads\//, '');
  return { shown: `origin/${branch}`, refs: [`refs/remotes/origin/${branch}`, `refs/heads/${branch}`] };
}

/** What GitHub Actions says of the event, as far as it can be read. */
function githubEvent(path: string | undefined): Readonly<Record<string, unknown>> {
  try {
    const stats = path === undefined ? undefined : statSync(path);
    if (path === undefined || stats?.isFile() !== true || stats.size > MAX_EVENT_BYTES) return {};
    const event: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return typeof event === 'object' && event !== null ? { ...event } : {};
  } catch {
    return {};
  }
}

function textIn(value: unknown, key: string): string | undefined {
  const fields: Readonly<Record<string, unknown>> = typeof value === 'object' && value !== null ? { ...value } : {};
  const text = fields[key];
  return typeof text === 'string' ? text : undefined;
}
