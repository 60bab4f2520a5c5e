import { createHash } from 'node:crypto';
import type { CertificateIdentity } from './sigstore/fulcio.ts';

/** `_npmUser` of a manifest. */
export interface NpmUser {
  readonly name: string;
  readonly email: string;
  readonly trustedPublisher?: { readonly id: string; readonly oidcConfigId: string };
}

/** What a CI run is; every member but `repository` has a default. */
export interface WorkflowOptions {
  /** `owner/name`. */
  readonly repository: string;
  /** Path in the repository. */
  readonly workflow?: string;
  readonly workflowName?: string;
  readonly ref?: string;
  readonly commit?: string;
  readonly repositoryId?: string;
  readonly ownerId?: string;
  readonly issuer?: string;
  /** Where repositories live, e.g. "https://github.com". */
  readonly server?: string;
  readonly runner?: 'github-hosted' | 'self-hosted';
  readonly trigger?: string;
  readonly runId?: string;
  readonly visibility?: 'public' | 'private' | 'internal';
  readonly environment?: string;
  /** `owner/name/path@ref` of the workflow that signs, where it is not the one that was started. */
  readonly reusableWorkflow?: string;
  /** `deprecated`: certificates of before mid-2023, with the extensions .1 to .6 only. */
  readonly extensions?: 'current' | 'deprecated';
  /** The account whose token publishes; default is npm's trusted publishing, without an account. */
  readonly user?: string;
}

export type Workflow = Required<Omit<WorkflowOptions, 'reusableWorkflow' | 'environment' | 'user' | 'extensions'>>;

/** A workflow run that publishes and can ask for a certificate. */
export interface CiPublisher {
  readonly kind: 'ci';
  readonly workflow: Workflow;
  readonly identity: CertificateIdentity;
  readonly npmUser: NpmUser;
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
  const npmUser =
    options.user === undefined
      ? {
          ...account('GitHub Actions', 'npm-oidc-no-reply@github.com'),
          trustedPublisher: { id: 'github', oidcConfigId: `oidc:${numberOf(`${repository} oidc`)}` },
        }
      : account(options.user);
  return { kind: 'ci', workflow, identity: certificateIdentity(workflow, options), npmUser };
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
function certificateIdentity(w: Workflow, options: WorkflowOptions): CertificateIdentity {
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

export function runUrl(w: Workflow): string {
  return `${w.server}/${w.repository}/actions/runs/${w.runId}/attempts/1`;
}
