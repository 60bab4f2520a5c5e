import { createHash } from 'node:crypto';
import type { CertificateIdentity } from './sigstore/fulcio.ts';
import type { Json } from './sigstore/json.ts';
import {
  gitlabPredicate,
  type Pipeline,
  runUrl,
  SLSA_V02,
  SLSA_V1,
  slsaV02Predicate,
  slsaV1Predicate,
  type Workflow,
} from './statements.ts';

/** `_npmUser` of a manifest. */
export interface NpmUser {
  readonly name: string;
  readonly email: string;
  readonly trustedPublisher?: { readonly id: string; readonly oidcConfigId: string };
  /** Who released what was staged. */
  readonly approver?: { readonly name: string };
}

/** What a GitHub workflow run is; every member but `repository` has a default. */
export interface WorkflowOptions extends Partial<Omit<Workflow, 'repository'>> {
  /** `owner/name`. */
  readonly repository: string;
  readonly environment?: string;
  /** `owner/name/path@ref` of the workflow that signs, where it is not the one that was started. */
  readonly reusableWorkflow?: string;
  /** `deprecated`: certificates of before mid-2023, with the extensions .1 to .6 only. */
  readonly extensions?: 'current' | 'deprecated';
  /** The account whose token publishes; default is npm's trusted publishing, without an account. */
  readonly user?: string;
}

/** A CI run that publishes and can ask for a certificate. */
export interface CiPublisher {
  readonly kind: 'ci';
  readonly identity: CertificateIdentity;
  readonly npmUser: NpmUser;
  /** Where its source lives, as package.json says it. */
  readonly repository: string;
  /** What npm writes as provenance in such a run, by predicate type; the first is the default. */
  readonly predicates: Readonly<Record<string, Json>>;
}

/** Somebody with a token, and nothing else. */
export interface TokenPublisher {
  readonly kind: 'token';
  readonly npmUser: NpmUser;
}

export type Publisher = CiPublisher | TokenPublisher;

export function token(options: { readonly user: string; readonly email?: string }): TokenPublisher {
  return { kind: 'token', npmUser: account(options.user, options.email) };
}

function account(name: string, email = `${name}@lab.test`): NpmUser {
  return { name, email };
}

export function ciWorkflow(options: WorkflowOptions): CiPublisher {
  const { repository } = options;
  const workflow: Workflow = {
    workflow: '.github/workflows/publish.yml',
    workflowName: 'Publish',
    ref: 'refs/heads/main',
    commit: createHash('sha1')
      .update(`${repository} ${options.ref ?? ''}`)
      .digest('hex'),
    repositoryId: numberOf(repository),
    ownerId: numberOf(owner(repository)),
    issuer: 'https://token.actions.githubusercontent.com',
    server: 'https://github.com',
    runner: 'github-hosted',
    trigger: 'push',
    runId: numberOf(`${repository} run`),
    visibility: 'public',
    ...options,
  };
  return {
    kind: 'ci',
    identity: workflowIdentity(workflow, options),
    npmUser: options.user === undefined ? trustedPublisher(repository) : account(options.user),
    repository: `git+${workflow.server}/${repository}.git`,
    predicates: { [SLSA_V1]: slsaV1Predicate(workflow), [SLSA_V02]: slsaV02Predicate(workflow) },
  };
}

/** `_npmUser` of npm's trusted publishing from GitHub. */
function trustedPublisher(repository: string): NpmUser {
  return {
    ...account('GitHub Actions', 'npm-oidc-no-reply@github.com'),
    trustedPublisher: { id: 'github', oidcConfigId: `oidc:${numberOf(`${repository} oidc`)}` },
  };
}

/** What a GitLab pipeline is; every member but `project` has a default. */
export interface PipelineOptions extends Partial<Omit<Pipeline, 'project'>> {
  /** `group/name`. */
  readonly project: string;
  /** The account whose token publishes. */
  readonly user?: string;
}

export function gitlabPipeline(options: PipelineOptions): CiPublisher {
  const { project, user = 'gitlab' } = options;
  const pipeline: Pipeline = {
    server: 'https://gitlab.com',
    config: '.gitlab-ci.yml',
    ref: 'refs/heads/main',
    commit: createHash('sha1')
      .update(`${project} ${options.ref ?? ''}`)
      .digest('hex'),
    projectId: numberOf(project),
    ownerId: numberOf(owner(project)),
    runner: 'gitlab-hosted',
    source: 'push',
    jobId: numberOf(`${project} job`),
    visibility: 'public',
    ...options,
  };
  return {
    kind: 'ci',
    identity: pipelineIdentity(pipeline),
    npmUser: account(user),
    repository: `git+${pipeline.server}/${project}.git`,
    predicates: { [SLSA_V02]: gitlabPredicate(pipeline) },
  };
}

/** Signs in as a person, as for a message signed by hand. */
export function emailIdentity(email: string, issuer: string): CertificateIdentity {
  return { subject: { kind: 'email', value: email }, claims: { 1: issuer, 8: issuer } };
}

const owner = (repository: string): string => repository.slice(0, repository.indexOf('/'));

/** A number that stays the same for the same text, as the ids of a forge do. */
function numberOf(text: string): string {
  return String(createHash('sha256').update(text).digest().readUInt32BE() % 1_000_000_000);
}

/** Fulcio's extensions for a GitHub workflow run (fulcio, docs/oid-info.md). */
function workflowIdentity(w: Workflow, options: WorkflowOptions): CertificateIdentity {
  const repository = `${w.server}/${w.repository}`;
  const config = `${repository}/${w.workflow}@${w.ref}`;
  const signer = options.reusableWorkflow === undefined ? config : `${w.server}/${options.reusableWorkflow}`;
  const deprecated = {
    1: w.issuer,
    2: w.trigger,
    3: w.commit,
    4: w.workflowName,
    5: w.repository,
    6: w.ref,
  };
  const current = {
    8: w.issuer,
    9: signer,
    10: w.commit,
    11: w.runner,
    12: repository,
    13: w.commit,
    14: w.ref,
    15: w.repositoryId,
    16: `${w.server}/${owner(w.repository)}`,
    17: w.ownerId,
    18: config,
    19: w.commit,
    20: w.trigger,
    21: runUrl(w),
    22: w.visibility,
    ...(options.environment === undefined ? {} : { 23: options.environment }),
    24: `repo:${w.repository}:${options.environment === undefined ? `ref:${w.ref}` : `environment:${options.environment}`}`,
  };
  return {
    subject: { kind: 'uri', value: signer },
    claims: options.extensions === 'deprecated' ? deprecated : { ...deprecated, ...current },
  };
}

/** Fulcio's extensions for a GitLab pipeline. The path of its configuration follows a double slash. */
function pipelineIdentity(p: Pipeline): CertificateIdentity {
  const repository = `${p.server}/${p.project}`;
  const config = `${repository}//${p.config}@${p.ref}`;
  return {
    subject: { kind: 'uri', value: config },
    claims: {
      1: p.server,
      8: p.server,
      9: config,
      10: p.commit,
      11: p.runner,
      12: repository,
      13: p.commit,
      14: p.ref,
      15: p.projectId,
      16: `${p.server}/${owner(p.project)}`,
      17: p.ownerId,
      18: config,
      19: p.commit,
      20: p.source,
      21: `${repository}/-/jobs/${p.jobId}`,
      22: p.visibility,
    },
  };
}
