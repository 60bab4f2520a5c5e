import type { Json } from './sigstore/json.ts';

export const PUBLISH = 'https://github.com/npm/attestation/tree/main/specs/publish/v0.1';
export const SLSA_V1 = 'https://slsa.dev/provenance/v1';
export const SLSA_V02 = 'https://slsa.dev/provenance/v0.2';

/** A run of a GitHub workflow. */
export interface Workflow {
  readonly repository: string;
  readonly workflow: string;
  readonly workflowName: string;
  readonly ref: string;
  readonly commit: string;
  readonly repositoryId: string;
  readonly ownerId: string;
  readonly issuer: string;
  readonly server: string;
  readonly runner: 'github-hosted' | 'self-hosted';
  readonly trigger: string;
  readonly runId: string;
  readonly visibility: 'public' | 'private' | 'internal';
}

/** A run of a GitLab pipeline. */
export interface Pipeline {
  readonly project: string;
  readonly config: string;
  readonly ref: string;
  readonly commit: string;
  readonly projectId: string;
  readonly ownerId: string;
  readonly server: string;
  readonly runner: 'gitlab-hosted' | 'self-hosted';
  readonly source: string;
  readonly jobId: string;
  readonly visibility: 'public' | 'private' | 'internal';
}

export function runUrl(w: Workflow): string {
  return `${w.server}/${w.repository}/actions/runs/${w.runId}/attempts/1`;
}

export interface Subject {
  readonly name: string;
  readonly digest: Readonly<Record<string, string>>;
}

/** An in-toto statement before it is signed. */
export interface StatementJson {
  readonly _type: string;
  readonly subject: readonly Subject[];
  readonly predicateType: string;
  readonly predicate: Json;
}

/** Package URL of one version; the scope's @ is percent-encoded, as npm does. */
export function packageUrl(name: string, version: string): string {
  return `pkg:npm/${name.replace(/^@/, '%40')}@${version}`;
}

/** Predicate of npm's publish attestation. */
export function publishPredicate(name: string, version: string, registry: string): Json {
  return { name, version, registry };
}

/** SLSA v1 provenance as npm writes it for GitHub Actions. */
export function slsaV1Predicate(w: Workflow): Json {
  const repository = `${w.server}/${w.repository}`;
  return {
    buildDefinition: {
      buildType: 'https://slsa-framework.github.io/github-actions-buildtypes/workflow/v1',
      externalParameters: { workflow: { ref: w.ref, repository, path: w.workflow } },
      internalParameters: {
        github: { event_name: w.trigger, repository_id: w.repositoryId, repository_owner_id: w.ownerId },
      },
      resolvedDependencies: [{ uri: `git+${repository}@${w.ref}`, digest: { gitCommit: w.commit } }],
    },
    runDetails: {
      builder: { id: `https://github.com/actions/runner/${w.runner}` },
      metadata: { invocationId: runUrl(w) },
    },
  };
}

/** SLSA v0.2 provenance as npm wrote it before 2023-07. */
export function slsaV02Predicate(w: Workflow): Json {
  const source = `git+${w.server}/${w.repository}`;
  const entryPoint = `${w.repository}/${w.workflow}@${w.ref}`;
  return {
    buildType: 'https://github.com/npm/cli/gha@v1',
    builder: { id: 'https://github.com/npm/cli@9.5.0' },
    invocation: {
      configSource: { uri: `${source}@${w.ref}`, digest: { sha1: w.commit }, entryPoint },
      parameters: {},
      environment: {
        GITHUB_EVENT_NAME: w.trigger,
        GITHUB_REF: w.ref,
        GITHUB_REPOSITORY: w.repository,
        GITHUB_REPOSITORY_ID: w.repositoryId,
        GITHUB_REPOSITORY_OWNER_ID: w.ownerId,
        GITHUB_RUN_ATTEMPT: '1',
        GITHUB_RUN_ID: w.runId,
        GITHUB_SHA: w.commit,
        GITHUB_WORKFLOW_REF: entryPoint,
        GITHUB_WORKFLOW_SHA: w.commit,
      },
    },
    metadata: {
      buildInvocationId: `${w.runId}-1`,
      completeness: { parameters: false, environment: false, materials: false },
      reproducible: false,
    },
    materials: [{ uri: source, digest: { sha1: w.commit } }],
  };
}

/** SLSA v0.2 provenance as npm writes it for GitLab CI. */
export function gitlabPredicate(p: Pipeline): Json {
  const source = `git+${p.server}/${p.project}`;
  const digest = { sha1: p.commit };
  return {
    buildType: 'https://github.com/npm/cli/gitlab/v0alpha1',
    builder: { id: `${p.server}/${p.project}/-/runners/1` },
    invocation: {
      configSource: { uri: source, digest, entryPoint: 'publish' },
      parameters: { CI_COMMIT_SHA: p.commit, CI_PIPELINE_SOURCE: p.source, CI_PROJECT_ID: p.projectId },
      environment: { server: p.server, project: p.project, job: { id: p.jobId } },
    },
    metadata: {
      buildInvocationId: `${p.server}/${p.project}/-/jobs/${p.jobId}`,
      completeness: { parameters: true, environment: true, materials: false },
      reproducible: false,
    },
    materials: [{ uri: source, digest }],
  };
}
