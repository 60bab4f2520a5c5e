import { readFileSync, statSync } from 'node:fs';
import type { BaseRef } from '../../git/base.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** What a push was made to, where a pipeline names neither that nor a pull request. */
export interface UnknownBase {
  readonly problem: string;
}

const MAX_EVENT_BYTES = 32 * 1024 * 1024;
const NO_COMMIT = /^0*$/;

/** What a pipeline says of what it runs for; each left out where it does not say. */
interface Run {
  /** The branch that a pull request, or an entry of a merge queue, goes to. */
  readonly target?: string | undefined;
  /** What that branch had then, where the checkout does not have the branch. */
  readonly tip?: string | undefined;
  /** Whether the time began it, and no change. */
  readonly isScheduled?: boolean;
  /** The branch that it runs for, and the default one of the repository. */
  readonly branch?: string | undefined;
  readonly main?: string | undefined;
  /** The commit before the push that began it. */
  readonly before?: unknown;
}

interface Pipeline {
  /** Variables that it alone sets. */
  readonly markers: readonly string[];
  readonly read: (env: Env) => Run;
}

/** The first that a marker is of counts. */
const PIPELINES: readonly Pipeline[] = [
  { markers: ['GITHUB_ACTIONS', 'GITHUB_EVENT_NAME', 'GITHUB_BASE_REF'], read: githubRun },
  {
    markers: ['GITLAB_CI', 'CI_MERGE_REQUEST_TARGET_BRANCH_NAME', 'CI_EXTERNAL_PULL_REQUEST_TARGET_BRANCH_NAME'],
    read: (env) => ({
      target: firstOf(env['CI_MERGE_REQUEST_TARGET_BRANCH_NAME'], env['CI_EXTERNAL_PULL_REQUEST_TARGET_BRANCH_NAME']),
      // CI_MERGE_REQUEST_DIFF_BASE_SHA may be a commit of an earlier change.
      tip: firstOf(env['CI_MERGE_REQUEST_TARGET_BRANCH_SHA'], env['CI_EXTERNAL_PULL_REQUEST_TARGET_BRANCH_SHA']),
      isScheduled: env['CI_PIPELINE_SOURCE'] === 'schedule',
      branch: env['CI_COMMIT_BRANCH'],
      main: env['CI_DEFAULT_BRANCH'],
      before: env['CI_PIPELINE_SOURCE'] === 'push' ? env['CI_COMMIT_BEFORE_SHA'] : undefined,
    }),
  },
  {
    markers: ['JENKINS_URL', 'CHANGE_TARGET'],
    // Only jobs of several branches say which one is the default. In any other, the commit that was built before may be
    // one of the same change.
    read: (env) =>
      env['BRANCH_IS_PRIMARY'] === 'true'
        ? {
            target: env['CHANGE_TARGET'],
            branch: env['BRANCH_NAME'],
            main: env['BRANCH_NAME'],
            before: firstOf(env['GIT_PREVIOUS_SUCCESSFUL_COMMIT'], env['GIT_PREVIOUS_COMMIT']),
          }
        : { target: env['CHANGE_TARGET'] },
  },
  {
    markers: ['DRONE', 'DRONE_BUILD_EVENT'],
    read: (env) => ({
      target: env['DRONE_BUILD_EVENT'] === 'pull_request' ? env['DRONE_TARGET_BRANCH'] : undefined,
      isScheduled: env['DRONE_BUILD_EVENT'] === 'cron',
      branch: env['DRONE_BUILD_EVENT'] === 'tag' ? undefined : env['DRONE_BRANCH'],
      main: env['DRONE_REPO_BRANCH'],
      before: env['DRONE_BUILD_EVENT'] === 'push' ? env['DRONE_COMMIT_BEFORE'] : undefined,
    }),
  },
  {
    markers: ['TF_BUILD', 'SYSTEM_PULLREQUEST_TARGETBRANCH'],
    read: (env) => ({
      target: env['SYSTEM_PULLREQUEST_TARGETBRANCH'],
      isScheduled: env['BUILD_REASON'] === 'Schedule',
    }),
  },
  {
    markers: ['BUILDKITE', 'BUILDKITE_PULL_REQUEST_BASE_BRANCH'],
    read: (env) => ({
      target: env['BUILDKITE_PULL_REQUEST_BASE_BRANCH'],
      isScheduled: env['BUILDKITE_SOURCE'] === 'schedule',
      branch: env['BUILDKITE_BRANCH'],
      main: env['BUILDKITE_PIPELINE_DEFAULT_BRANCH'],
    }),
  },
  {
    markers: ['TRAVIS', 'TRAVIS_PULL_REQUEST'],
    read: (env) => ({
      target: /^\d+$/.test(env['TRAVIS_PULL_REQUEST'] ?? '') ? env['TRAVIS_BRANCH'] : undefined,
      isScheduled: env['TRAVIS_EVENT_TYPE'] === 'cron',
    }),
  },
  {
    markers: ['BITBUCKET_BUILD_NUMBER', 'BITBUCKET_PR_DESTINATION_BRANCH'],
    read: (env) => ({ target: env['BITBUCKET_PR_DESTINATION_BRANCH'], tip: env['BITBUCKET_PR_DESTINATION_COMMIT'] }),
  },
  {
    markers: ['CODEBUILD_BUILD_ID', 'CODEBUILD_WEBHOOK_BASE_REF'],
    read: (env) => ({ target: env['CODEBUILD_WEBHOOK_BASE_REF'] }),
  },
  // These say nothing of a base, and not all of them set CI.
  { markers: ['TEAMCITY_VERSION', 'GO_PIPELINE_NAME', 'bamboo_buildKey', 'CI'], read: () => ({}) },
];

function githubRun(env: Env): Run {
  const event = githubEvent(env['GITHUB_EVENT_PATH']);
  const name = env['GITHUB_EVENT_NAME'];
  // Anybody who may push can give a branch the name of one of a merge queue.
  const [, queue] =
    /^refs\/heads\/gh-readonly-queue\/(.+)\/pr-\d+-[0-9a-f]{40,64}$/.exec(env['GITHUB_REF'] ?? '') ?? [];
  const queued = name === 'merge_group' ? firstOf(textIn(event['merge_group'], 'base_ref'), queue) : undefined;
  return {
    target: firstOf(env['GITHUB_BASE_REF'], textIn(fieldOf(event['pull_request'], 'base'), 'ref'), queued),
    isScheduled: name === 'schedule',
    branch: env['GITHUB_REF_TYPE'] === 'tag' ? undefined : env['GITHUB_REF_NAME'],
    main: textIn(event['repository'], 'default_branch'),
    before: name === 'push' ? event['before'] : undefined,
  };
}

function firstOf(...texts: readonly (string | undefined)[]): string | undefined {
  return texts.find((text) => text !== undefined && text !== '');
}

/** What the pipeline says that the environment is of; null outside of one. */
function runOf(env: Env): Run | null {
  const isSet = (name: string): boolean => !['', 'false', undefined].includes(env[name]);
  return PIPELINES.find(({ markers }) => markers.some(isSet))?.read(env) ?? null;
}

/**
 * The base of the pull request, or of the entry of a merge queue, that a pipeline runs for, as it names it in the
 * environment; null outside of one. Full refs, as a tag named "origin/main" would come before the branch.
 */
export function pullRequestBase(env: Env): BaseRef | null {
  const { target, tip } = runOf(env) ?? {};
  if (target === undefined || target === '') return null;
  const { shown, refs } = ofBranch(target);
  return { shown, refs: isCommit(tip) ? [...refs, tip] : refs };
}

/**
 * What any other run of a pipeline is held to: the default branch, or, for a push to that, the commit before it. What
 * it has checked out may be a change all the same, as where somebody commented on one. Null outside of a pipeline, and
 * in one that the time began. A pipeline that does not name it is a problem: its checkout may have brought a baseline
 * of its own.
 */
export function pushBase(env: Env): BaseRef | UnknownBase | null {
  const run = runOf(env);
  if (run === null || run.isScheduled === true) return null;
  const { branch, main, before } = run;
  if (main && (branch !== main || before === undefined)) return ofBranch(main);
  if (isCommit(before)) {
    return { shown: before.slice(0, 12), refs: [before] };
  }
  return { problem: 'the pipeline does not say what this change is to be held to; name it with --base REF' };
}

function isCommit(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{40,64}$/.test(value) && !NO_COMMIT.test(value);
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

function fieldOf(value: unknown, key: string): unknown {
  const fields: Readonly<Record<string, unknown>> = typeof value === 'object' && value !== null ? { ...value } : {};
  return fields[key];
}

function textIn(value: unknown, key: string): string | undefined {
  const text = fieldOf(value, key);
  return typeof text === 'string' ? text : undefined;
}
