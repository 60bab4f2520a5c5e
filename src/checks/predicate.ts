import { finding, type Finding } from '../model/finding.ts';
import type { Identity, ProvenanceProof } from '../model/proof.ts';

/** One thing both the certificate and the predicate say; null where one does not say it. */
interface Claim {
  readonly field: string;
  readonly certificate: string | null;
  readonly predicate: string | null;
}

/**
 * Does the predicate agree with the certificate? The build writes the predicate and can write anything; the issuer
 * vouches for the certificate. Where they differ, the predicate lies about who built it. Read: SLSA provenance 1 with
 * GitHub's workflow build type, and the two forms of SLSA 0.2 that npm wrote (GitHub, GitLab).
 */
export function checkPredicate(proof: ProvenanceProof, predicate: unknown): readonly Finding[] {
  const claims =
    proof.predicateType === 'https://slsa.dev/provenance/v1'
      ? claimsOfV1(predicate, proof.identity)
      : claimsOfV02(predicate, proof.identity);
  const disagreeing = claims.find(
    ({ certificate, predicate: said }) => certificate !== null && said !== null && certificate !== said,
  );
  if (disagreeing === undefined) return [];
  const { field, certificate, predicate: said } = disagreeing;
  return [finding('identity-predicate-disagrees', { field, certificate: certificate ?? '', predicate: said ?? '' })];
}

/** https://slsa.dev/spec/v1.0/provenance with https://slsa-framework.github.io/github-actions-buildtypes/workflow/v1 */
function claimsOfV1(predicate: unknown, identity: Identity): readonly Claim[] {
  const workflow = ['buildDefinition', 'externalParameters', 'workflow'];
  const github = ['buildDefinition', 'internalParameters', 'github'];
  const repository = text(predicate, [...workflow, 'repository']);
  const ref = text(predicate, [...workflow, 'ref']);
  return [
    { field: 'repository', certificate: identity.repository, predicate: repository },
    { field: 'ref', certificate: identity.ref, predicate: ref },
    { field: 'workflow', certificate: startedWorkflow(identity), predicate: text(predicate, [...workflow, 'path']) },
    { field: 'trigger', certificate: identity.trigger, predicate: text(predicate, [...github, 'event_name']) },
    {
      field: 'repositoryId',
      certificate: identity.repositoryId,
      predicate: text(predicate, [...github, 'repository_id']),
    },
    { field: 'ownerId', certificate: identity.ownerId, predicate: text(predicate, [...github, 'repository_owner_id']) },
    { field: 'commit', certificate: identity.commit, predicate: sourceCommit(predicate, repository, ref) },
    {
      field: 'run',
      certificate: identity.run,
      predicate: text(predicate, ['runDetails', 'metadata', 'invocationId']),
    },
    {
      field: 'runner',
      certificate: identity.runner,
      predicate: runnerOf(text(predicate, ['runDetails', 'builder', 'id'])),
    },
  ];
}

/** The commit of the resolved dependency that is the source itself; others may be listed beside it. */
function sourceCommit(predicate: unknown, repository: string | null, ref: string | null): string | null {
  const resolved = at(predicate, ['buildDefinition', 'resolvedDependencies']);
  if (!Array.isArray(resolved) || repository === null) return null;
  const source = (resolved as readonly unknown[]).find(
    (entry) => text(entry, ['uri']) === `git+${repository}@${ref ?? ''}`,
  );
  return text(source, ['digest', 'gitCommit']);
}

const GITHUB_RUNNER = 'https://github.com/actions/runner/';

function runnerOf(builder: string | null): string | null {
  if (builder === `${GITHUB_RUNNER}github-hosted`) return 'hosted';
  return builder === `${GITHUB_RUNNER}self-hosted` ? 'self-hosted' : null;
}

/** https://slsa.dev/spec/v0.2/provenance with npm's build types for GitHub Actions and GitLab CI. */
function claimsOfV02(predicate: unknown, identity: Identity): readonly Claim[] {
  const environment = ['invocation', 'environment'];
  const source = text(predicate, ['invocation', 'configSource', 'uri']);
  const [, repository = null] = /^git\+(https:\/\/[^@]+?)(?:@.*)?$/.exec(source ?? '') ?? [];
  const workflowRef = text(predicate, [...environment, 'GITHUB_WORKFLOW_REF']);
  const [, workflow = null] = /^[^/]+\/[^/]+\/([^@]+)@/.exec(workflowRef ?? '') ?? [];
  return [
    { field: 'repository', certificate: identity.repository, predicate: repository },
    {
      field: 'commit',
      certificate: identity.commit,
      predicate: text(predicate, ['invocation', 'configSource', 'digest', 'sha1']),
    },
    { field: 'ref', certificate: identity.ref, predicate: text(predicate, [...environment, 'GITHUB_REF']) },
    { field: 'workflow', certificate: startedWorkflow(identity), predicate: workflow },
    {
      field: 'trigger',
      certificate: identity.trigger,
      predicate: text(predicate, [...environment, 'GITHUB_EVENT_NAME']),
    },
    {
      field: 'repositoryId',
      certificate: identity.repositoryId,
      predicate: text(predicate, [...environment, 'GITHUB_REPOSITORY_ID']),
    },
    {
      field: 'ownerId',
      certificate: identity.ownerId,
      predicate: text(predicate, [...environment, 'GITHUB_REPOSITORY_OWNER_ID']),
    },
  ];
}

/**
 * Certificates from before mid-2023 name no run, and only the workflow that signed: with a reusable workflow that is
 * not the one that was started, of which the predicate speaks (fulcio, docs/oid-info.md).
 */
function startedWorkflow({ run, workflow }: Identity): string | null {
  return run === null ? null : workflow;
}

/** The value at a path of own properties, or undefined. */
function at(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (current, key) =>
      typeof current === 'object' && current !== null && Object.hasOwn(current, key)
        ? (current as Record<string, unknown>)[key]
        : undefined,
    value,
  );
}

function text(value: unknown, path: readonly string[]): string | null {
  const found = at(value, path);
  return typeof found === 'string' && found !== '' ? found : null;
}
