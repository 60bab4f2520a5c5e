import type { LastingIdentity } from '../model/baseline.ts';
import { finding, type ExpectationSource, type Finding, type IdentityArgs } from '../model/finding.ts';
import { matches, type TextMatch } from '../model/match.ts';
import { IDENTITY_FIELDS, type IdentityDemand, type IdentityField } from '../model/policy.ts';
import { accountOf, withoutRef, type Identity } from '../model/proof.ts';

/** An identity that was seen before, and where. */
export interface ExpectedIdentity {
  readonly identity: LastingIdentity;
  readonly source: ExpectationSource;
  /** The version that showed it, where it is one. */
  readonly version?: string;
  /** It is of another channel, which another workflow may build. */
  readonly otherChannel?: true;
  /** The event that started its build, where a certificate says so. */
  readonly trigger?: string | null;
}

/**
 * Is it who it was before? Immutable ids decide where both certificates have them: a renamed repository keeps its id, a
 * recreated one does not. One cause gives one finding: a fork has another owner and other ids, and is still one thing.
 * What a policy names is for it to judge, but a policy has no ids: another id under the same name is always reported.
 */
export function checkAgainstIdentity(
  actual: Identity,
  expected: ExpectedIdentity,
  policy: IdentityDemand = {},
): readonly Finding[] {
  const before = expected.identity;
  const findings: Finding[] = [];
  const differs = (
    code: 'identity-unexpected-issuer' | 'identity-unexpected-repository' | 'identity-unexpected-workflow',
    was: string | null,
    is: string | null,
    more: Pick<IdentityArgs, 'owner'> = {},
  ): void => {
    findings.push(finding(code, { expected: was ?? 'none', actual: is ?? 'none', ...origin(expected), ...more }));
  };
  if (actual.issuer !== before.issuer && policy.issuer === undefined) {
    differs('identity-unexpected-issuer', before.issuer, actual.issuer);
  }

  const where = compareRepositories(actual, before);
  if (where === 'other' && policy.repository === undefined) {
    const owner = compareOwners(actual, before);
    const [was, is] = [before, actual].map((one) => one.repository ?? accountOf(one));
    differs('identity-unexpected-repository', was ?? null, is ?? null, owner === null ? {} : { owner });
  }
  if (where === 'recreated') differs('identity-unexpected-repository', withId(before), withId(actual));
  const ownerIsNamed = policy.owner !== undefined || policy.repository !== undefined;
  if (where === 'owner-changed' && !(ownerIsNamed && hasOtherOwner(actual, before))) {
    const args = { expected: before.ownerId ?? 'none', actual: actual.ownerId ?? 'none', ...origin(expected) };
    findings.push(finding('identity-owner-changed', { ...args, name: actual.owner ?? actual.repository ?? 'unknown' }));
  }
  if (where === 'same' && actual.issuer === before.issuer && expected.otherChannel !== true) {
    if (actual.workflow !== before.workflow && policy.workflow === undefined) {
      differs('identity-unexpected-workflow', before.workflow, actual.workflow);
    } else if (signerOf(actual) !== signerOf(before) && policy.signer === undefined) {
      differs('identity-unexpected-workflow', before.signer, actual.signer);
    }
  }
  return findings;
}

/**
 * Is it who the policy names? Each fact that it names and that is not so is a finding, also where the certificate does
 * not say it. The owner is part of the repository's address: where that is wrong already, it is not said twice.
 */
export function checkAgainstPolicy(actual: Identity, policy: IdentityDemand): readonly Finding[] {
  const findings: Finding[] = [];
  const demand = (field: keyof IdentityDemand, code: PolicyCode, is: string | null): boolean => {
    const wanted = policy[field];
    if (wanted === undefined || matches(wanted, is)) return true;
    findings.push(finding(code, { expected: demandText(wanted), actual: is ?? 'none', source: 'policy' }));
    return false;
  };
  demand('issuer', 'identity-unexpected-issuer', actual.issuer);
  if (demand('repository', 'identity-unexpected-repository', actual.repository)) {
    demand('owner', 'identity-unexpected-repository', actual.owner);
  }
  demand('workflow', 'identity-unexpected-workflow', actual.workflow);
  // A workflow that signs for itself is its own signer.
  demand('signer', 'identity-unexpected-workflow', actual.signer ?? actual.subject);
  demand('ref', 'identity-unexpected-ref', actual.ref);
  demand('trigger', 'identity-unexpected-trigger', actual.trigger);
  if (policy.runner !== undefined && !matches(policy.runner, actual.runner) && actual.runner === 'self-hosted') {
    findings.push(finding('identity-self-hosted-runner', { run: actual.run }));
  } else {
    demand('runner', 'identity-unexpected-runner', actual.runner);
  }
  return findings;
}

function demandText({ text, not }: TextMatch): string {
  return not === true ? `anything but ${text}` : text;
}

/**
 * What a policy says of who it must be, without what it says of who it must not be. Of two runners, not one is the
 * other.
 */
export function withoutNegations(policy: IdentityDemand): IdentityDemand {
  const stated: Partial<Record<IdentityField, TextMatch>> = {};
  for (const field of IDENTITY_FIELDS) {
    const wanted = policy[field];
    if (wanted !== undefined && (wanted.not !== true || field === 'runner')) stated[field] = wanted;
  }
  return stated;
}

type PolicyCode =
  | 'identity-unexpected-issuer'
  | 'identity-unexpected-repository'
  | 'identity-unexpected-workflow'
  | 'identity-unexpected-ref'
  | 'identity-unexpected-trigger'
  | 'identity-unexpected-runner';

function origin({ source, version }: ExpectedIdentity): Pick<IdentityArgs, 'source' | 'version'> {
  return { source, ...(version === undefined ? {} : { version }) };
}

function withId({ repository, repositoryId }: LastingIdentity): string {
  return `${repository ?? 'none'} (id ${repositoryId ?? 'none'})`;
}

/**
 * The workflow that signed, wherever its repository is called from: one of the repository that was built is named
 * within it, as that may have been renamed. Which of its revisions was taken says nothing about who it is.
 */
function signerOf({ signer, repository }: LastingIdentity): string | null {
  // Without a repository, the signer is the account.
  if (signer === null || repository === null) return null;
  const address = withoutRef(signer);
  const isOwn = address.startsWith(`${repository}/`);
  return isOwn ? address.slice(repository.length).replace(/^\/{1,2}/, '') : address;
}

/** Whether the owner has another name, and not only another id. */
function hasOtherOwner({ owner }: Identity, { repository }: LastingIdentity): boolean {
  return owner !== null && repository !== null && !repository.startsWith(`${owner}/`);
}

/** Whether both are known, and whether they are the same: ids are the issuer's, and names can be taken over. */
function compareOwners(actual: Identity, before: LastingIdentity): 'same' | 'other' | null {
  if (actual.issuer !== before.issuer || actual.ownerId === null || before.ownerId === null) return null;
  return actual.ownerId === before.ownerId ? 'same' : 'other';
}

/**
 * Whether one project built both: by the id of repository or owner, else, as older certificates have none, by the
 * owner's name.
 */
export function isOfOneProject(one: Identity, other: Identity): boolean {
  if (one.issuer !== other.issuer) return false;
  if (one.repositoryId !== null && one.repositoryId === other.repositoryId) return true;
  const owners = compareOwners(one, other);
  if (owners !== null) return owners === 'same';
  const [name, otherName] = [one, other].map(({ owner, repository }) => owner ?? ownerIn(repository));
  return name !== null && name?.toLowerCase() === otherName?.toLowerCase();
}

function ownerIn(repository: string | null): string | null {
  return repository === null ? null : repository.replace(/\/[^/]*$/, '');
}

type RepositoryComparison = 'same' | 'owner-changed' | 'recreated' | 'other';

function compareRepositories(actual: Identity, before: LastingIdentity): RepositoryComparison {
  const idsKnown = actual.repositoryId !== null && before.repositoryId !== null;
  const sameId = idsKnown && actual.repositoryId === before.repositoryId;
  const sameName = actual.repository === before.repository && accountOf(actual) === accountOf(before);
  // Ids are the issuer's: of two issuers, equal ids say nothing.
  const sameRepository = actual.issuer === before.issuer && idsKnown ? sameId || sameName : sameName;
  const owner = compareOwners(actual, before);
  // Another repository below the same name is another owner's where the ids say so.
  if (!sameRepository) return owner === 'other' && !hasOtherOwner(actual, before) ? 'owner-changed' : 'other';
  if (actual.issuer !== before.issuer) return 'same';
  if (owner === 'other') return 'owner-changed';
  return idsKnown && !sameId ? 'recreated' : 'same';
}

/** Is it the repository a manifest claims? Asked where nothing stronger is known. Forges ignore case in addresses. */
export function checkAgainstManifest(
  actual: Pick<Identity, 'repository'>,
  claimed: string | null,
  version?: string,
): readonly Finding[] {
  const expected = claimed === null ? null : repositoryAddress(claimed);
  const address = actual.repository === null ? null : repositoryAddress(actual.repository);
  if (expected === null || address?.toLowerCase() === expected.toLowerCase()) return [];
  const of = { source: 'manifest', ...(version === undefined ? {} : { version }) } as const;
  return [finding('identity-unexpected-repository', { expected, actual: actual.repository ?? 'none', ...of })];
}

/**
 * Is it the repository that an earlier release declared? Another one of the same owner is how monorepos come about: a
 * note, as there is only a name to know the owner by.
 */
export function checkAgainstDeclared(
  actual: Pick<Identity, 'repository'>,
  { version, repository }: { readonly version: string; readonly repository: string },
): readonly Finding[] {
  const ownerOf = (address: string | null): string | undefined =>
    address === null
      ? undefined
      : repositoryAddress(address)
          ?.toLowerCase()
          .replace(/\/[^/]*$/, '');
  const isOwners = ownerOf(repository) === ownerOf(actual.repository);
  const findings = checkAgainstManifest(actual, repository, version);
  return isOwners ? findings.map((found) => ({ ...found, kind: 'note' })) : findings;
}

const FORGES: Readonly<Record<string, string>> = {
  github: 'github.com',
  gitlab: 'gitlab.com',
  bitbucket: 'bitbucket.org',
};

/**
 * The https address of a repository as `package.json` may write it: a URL with or without git+, an scp-like address, or
 * the shorthands npm documents ("owner/name", "github:owner/name"). Null for what names no repository.
 */
export function repositoryAddress(text: string): string | null {
  const trimmed = text
    .trim()
    .replace(/#.*$/, '')
    .replace(/^git\+/, '');
  const shorthand = /^(?:(github|gitlab|bitbucket):)?([\w.-]+\/[\w.-]+)$/.exec(trimmed);
  if (shorthand !== null) return addressAt(FORGES[shorthand[1] ?? 'github'] ?? '', shorthand[2] ?? '');
  const scp = /^(?:ssh:\/\/)?[\w.-]+@([\w.-]+)[:/](?!\/)(.+)$/.exec(trimmed);
  if (scp !== null) return addressAt(scp[1] ?? '', scp[2] ?? '');
  if (!URL.canParse(trimmed)) return null;
  const url = new URL(trimmed);
  if (!['http:', 'https:', 'git:', 'ssh:'].includes(url.protocol)) return null;
  return addressAt(url.host.replace(/^www\./, ''), url.pathname);
}

/** Where a repository is its owner's name and its own; elsewhere it may be below groups. */
const FLAT: readonly string[] = ['github.com', 'bitbucket.org'];

/** What a claim may point to within a repository: https://github.com/owner/name/tree/main/packages/x, its issues. */
function addressAt(host: string, path: string): string {
  const clean = path.replace(/^\/+|\/+$/g, '');
  const [repository = ''] = FLAT.includes(host.toLowerCase())
    ? (/^[^/]+\/[^/]+/.exec(clean) ?? [clean])
    : clean.replace(/^([^/]+\/[^/]+)\/(?:tree|blob)\/.*$/, '$1').split('/-/');
  return `https://${host}/${repository.replace(/\.git$/, '')}`;
}

/** Events that people outside of a project cause, with the rights of the project. */
const BY_OUTSIDERS: readonly string[] = [
  'pull_request_target',
  'issue_comment',
  'issues',
  'discussion',
  'discussion_comment',
  'fork',
  'watch',
];

/**
 * What the certificate alone says that a person should know: a build on a machine the team runs itself, where before
 * it was hosted or nothing is known; a build of a pull request, whose code nobody merged; one that an outsider could
 * start, a note where nothing says how it was started before. Not asked where the policy names runner, ref or trigger.
 */
export function checkBuild(
  actual: Identity,
  expected: Pick<ExpectedIdentity, 'identity' | 'source' | 'version' | 'trigger'> | null,
  policy: IdentityDemand = {},
): readonly Finding[] {
  const findings: Finding[] = [];
  const before = expected?.identity ?? null;
  if (policy.runner === undefined && actual.runner === 'self-hosted' && before?.runner !== 'self-hosted') {
    findings.push(finding('identity-self-hosted-runner', { run: actual.run }));
  }
  if (policy.ref === undefined && actual.ref?.startsWith('refs/pull/') === true) {
    const args = { expected: 'a branch or tag', actual: actual.ref, source: 'history' as const };
    findings.push(finding('identity-unexpected-ref', args));
  }
  const { trigger } = actual;
  const was = expected?.trigger ?? null;
  if (policy.trigger === undefined && trigger !== null && BY_OUTSIDERS.includes(trigger) && trigger !== was) {
    const of = expected === null || was === null ? { source: 'history' as const } : origin(expected);
    const args = { expected: was ?? 'an event that outsiders cannot cause', actual: trigger, ...of };
    findings.push({ ...finding('identity-unexpected-trigger', args), kind: was === null ? 'note' : 'anomaly' });
  }
  return findings;
}
