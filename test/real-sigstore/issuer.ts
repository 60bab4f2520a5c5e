import { createHash, createSign, generateKeyPairSync, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { Workflow } from '../../lab/statements.ts';
import { listening, type Listening } from './listen.ts';

export const GITHUB = 'https://token.actions.githubusercontent.com';

/** The run of a workflow that asks for a token; another repository is another identity. */
export function workflowOf(repository: string): Workflow {
  return {
    repository,
    workflow: '.github/workflows/release.yml',
    workflowName: 'Release',
    ref: 'refs/heads/main',
    commit: 'a'.repeat(40),
    repositoryId: idOf(repository),
    ownerId: idOf(repository.slice(0, repository.indexOf('/'))),
    issuer: GITHUB,
    server: 'https://github.com',
    runner: 'github-hosted',
    trigger: 'push',
    runId: '3003',
    visibility: 'public',
  };
}

/** A number that belongs to one name, as GitHub gives to repositories and owners. */
function idOf(name: string): string {
  return String(createHash('sha256').update(name).digest().readUInt32BE());
}

/** What GitHub's token says of it. */
function claimsOf({ repository = '', audience = 'sigstore' }: Readonly<Record<string, string>>): object {
  const run = workflowOf(repository);
  const now = Math.floor(Date.now() / 1000);
  const workflow = `${repository}/${run.workflow}@${run.ref}`;
  return {
    iss: GITHUB,
    aud: audience,
    sub: `repo:${repository}:ref:${run.ref}`,
    jti: randomUUID(),
    iat: now,
    nbf: now - 5,
    exp: now + 300,
    repository,
    repository_id: run.repositoryId,
    repository_owner: repository.split('/')[0],
    repository_owner_id: run.ownerId,
    repository_visibility: run.visibility,
    ref: run.ref,
    ref_type: 'branch',
    sha: run.commit,
    workflow: run.workflowName,
    workflow_ref: workflow,
    workflow_sha: run.commit,
    job_workflow_ref: workflow,
    job_workflow_sha: run.commit,
    event_name: run.trigger,
    run_id: run.runId,
    run_number: '7',
    run_attempt: '1',
    runner_environment: run.runner,
    actor: 'octocat',
  };
}

/**
 * An issuer of OpenID Connect tokens as GitHub's for workflows: /.well-known/openid-configuration and /jwks for who
 * verifies them, and /token?repository=OWNER/NAME for workflows.
 */
export async function startIssuer(): Promise<Listening> {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'town', use: 'sig', alg: 'RS256' };
  const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const tokenOf = (claims: object): string => {
    const signed = `${encode({ alg: 'RS256', typ: 'JWT', kid: jwk.kid })}.${encode(claims)}`;
    return `${signed}.${createSign('RSA-SHA256').update(signed).sign(privateKey, 'base64url')}`;
  };
  const discovery = {
    issuer: GITHUB,
    jwks_uri: `${GITHUB}/jwks`,
    response_types_supported: ['id_token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256'],
  };
  const answers: Readonly<Record<string, (query: URLSearchParams) => object>> = {
    '/.well-known/openid-configuration': () => discovery,
    '/jwks': () => ({ keys: [jwk] }),
    '/token': (query) => ({ value: tokenOf(claimsOf(Object.fromEntries(query))) }),
  };
  return listening(
    createServer((request, response) => {
      const { pathname, searchParams } = new URL(request.url ?? '', GITHUB);
      const answer = answers[pathname];
      response.writeHead(answer === undefined ? 404 : 200, { 'content-type': 'application/json' });
      response.end(answer === undefined ? '{}' : JSON.stringify(answer(searchParams)));
    }),
  );
}

/** Fulcio's configuration for that issuer: which extension of a certificate has which claim, as at Sigstore's. */
export const FULCIO_CONFIG = {
  'oidc-issuers': {
    [GITHUB]: { 'issuer-url': GITHUB, 'client-id': 'sigstore', type: 'ci-provider', 'ci-provider': 'github-workflow' },
  },
  'ci-issuer-metadata': {
    'github-workflow': {
      'default-template-values': { url: 'https://github.com' },
      'subject-alternative-name-template': '{{ .url }}/{{ .job_workflow_ref }}',
      'extension-templates': {
        'github-workflow-trigger': 'event_name',
        'github-workflow-sha': 'sha',
        'github-workflow-name': 'workflow',
        'github-workflow-repository': 'repository',
        'github-workflow-ref': 'ref',
        'build-signer-uri': '{{ .url }}/{{ .job_workflow_ref }}',
        'build-signer-digest': 'job_workflow_sha',
        'runner-environment': 'runner_environment',
        'source-repository-uri': '{{ .url }}/{{ .repository }}',
        'source-repository-digest': 'sha',
        'source-repository-ref': 'ref',
        'source-repository-identifier': 'repository_id',
        'source-repository-owner-uri': '{{ .url }}/{{ .repository_owner }}',
        'source-repository-owner-identifier': 'repository_owner_id',
        'build-config-uri': '{{ .url }}/{{ .workflow_ref }}',
        'build-config-digest': 'workflow_sha',
        'build-trigger': 'event_name',
        'run-invocation-uri': '{{ .url }}/{{ .repository }}/actions/runs/{{ .run_id }}/attempts/{{ .run_attempt }}',
        'source-repository-visibility-at-signing': 'repository_visibility',
      },
    },
  },
};
