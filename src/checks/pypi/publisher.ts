import type { AttestationIdentity } from '../../model/dependency.ts';
import { finding, type Finding } from '../../model/finding.ts';
import type { IdentityDemand } from '../../model/policy.ts';
import type { Identity } from '../../model/proof.ts';
import type { ClaimedPublisher } from '../../model/pypi-index.ts';

/** One thing that the index and the certificate both say. */
interface Claim {
  readonly field: 'issuer' | 'repository' | 'workflow' | 'email';
  readonly publisher: string | null;
  readonly certificate: string | null;
  readonly ignoresCase?: true;
}

/**
 * Does whom the index names as the publisher agree with the certificate? The index writes the one and can write
 * anything; the issuer vouches for the other. The environment is in no certificate, and kinds of publishers beside
 * these three are not known: nothing of them is held (https://docs.pypi.org/attestations/security-model/).
 */
export function checkPublisher(publisher: ClaimedPublisher, identity: Identity): readonly Finding[] {
  const wrong = claimsOf(publisher, identity).find((claim) => claim.publisher === null || isWrong(claim));
  if (wrong === undefined) return [];
  const { field, publisher: said, certificate } = wrong;
  return [
    finding('identity-publisher-disagrees', { field, certificate: certificate ?? 'none', publisher: said ?? 'none' }),
  ];
}

/** Whose word each kind of publisher is. */
const ISSUERS = {
  GitHub: 'https://token.actions.githubusercontent.com',
  GitLab: 'https://gitlab.com',
  Google: 'https://accounts.google.com',
} as const;

/** What is found of each field; an account in place of a repository is what decides. */
const CODES = {
  issuer: 'identity-unexpected-issuer',
  repository: 'identity-unexpected-repository',
  workflow: 'identity-unexpected-workflow',
  email: 'identity-unexpected-repository',
} as const;

/**
 * Is it one of those who, as the lockfile says, attested its files (PEP 751, `attestation-identities`)? A file may be
 * any one's; what an identity leaves out is not held. Of several the nearest one is told. What the policy states
 * itself is for it to judge.
 */
export function checkLockedIdentities(
  locked: readonly AttestationIdentity[],
  identity: Identity,
  stated: IdentityDemand,
): Finding | null {
  const all = locked.map((one) => claimsOf(publisherIn(one), identity).filter(({ publisher }) => publisher !== null));
  const known = all.filter((claims) => claims.length > 0);
  const isOfKnown = Object.values<string>(ISSUERS).includes(identity.issuer);
  // A publisher of another kind is under an issuer that is none of these, and nothing else is known of it.
  if (locked.length === 0 || (known.length < all.length && !isOfKnown)) return null;
  const places = known.map((claims) => claims.findIndex(isWrong));
  if (places.includes(-1)) return null;
  const place = Math.max(...places);
  const wrong = known[places.indexOf(place)]?.[place];
  const field = wrong?.field ?? 'issuer';
  if (field !== 'email' && stated[field] !== undefined) return null;
  const expected = wrong?.publisher ?? `a publisher of kind ${locked[0]?.kind ?? 'none'}`;
  const actual = wrong?.certificate ?? (wrong === undefined ? identity.issuer : 'none');
  return finding(CODES[field], { expected, actual, source: 'lockfile' });
}

function publisherIn({ kind, fields }: AttestationIdentity): ClaimedPublisher {
  const text = (name: string): string | null => fields[name] ?? null;
  const workflow = text('workflow') ?? text('workflow_filepath');
  return { kind, repository: text('repository'), workflow, email: text('email') };
}

function isWrong({ publisher, certificate, ignoresCase }: Claim): boolean {
  const plain = (text: string | null): string | undefined => (ignoresCase ? text?.toLowerCase() : (text ?? undefined));
  return plain(publisher) !== plain(certificate);
}

function claimsOf({ kind, repository, workflow, email }: ClaimedPublisher, identity: Identity): readonly Claim[] {
  const { issuer } = identity;
  const at = (forge: string): Claim => ({
    field: 'repository',
    publisher: repository === null ? null : `${forge}/${repository}`,
    certificate: identity.repository,
    // Forges ignore it in the names of owners and repositories.
    ignoresCase: true,
  });
  switch (kind) {
    case 'GitHub':
      return [
        { field: 'issuer', publisher: ISSUERS.GitHub, certificate: issuer },
        at('https://github.com'),
        {
          field: 'workflow',
          publisher: workflow === null ? null : `.github/workflows/${workflow}`,
          certificate: identity.workflow,
        },
      ];
    case 'GitLab':
      return [
        { field: 'issuer', publisher: ISSUERS.GitLab, certificate: issuer },
        at('https://gitlab.com'),
        { field: 'workflow', publisher: workflow, certificate: identity.workflow },
      ];
    case 'Google':
      return [
        { field: 'issuer', publisher: ISSUERS.Google, certificate: issuer },
        { field: 'email', publisher: email, certificate: identity.subject },
      ];
    default:
      return [];
  }
}
