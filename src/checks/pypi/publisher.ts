import { finding, type Finding } from '../../model/finding.ts';
import type { Identity } from '../../model/proof.ts';
import type { ClaimedPublisher } from '../../model/pypi-index.ts';

/** One thing that the index and the certificate both say; `isSame` says how it is compared. */
interface Claim {
  readonly field: string;
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
  const wrong = claimsOf(publisher, identity).find(
    ({ publisher: said, certificate: is, ignoresCase }) =>
      (ignoresCase ? said?.toLowerCase() : said) !== (ignoresCase ? is?.toLowerCase() : is),
  );
  if (wrong === undefined) return [];
  const { field, publisher: said, certificate } = wrong;
  return [
    finding('identity-publisher-disagrees', { field, certificate: certificate ?? 'none', publisher: said ?? 'none' }),
  ];
}

function claimsOf({ kind, repository, workflow, email }: ClaimedPublisher, identity: Identity): readonly Claim[] {
  const { issuer } = identity;
  const at = (forge: string): Claim => ({
    field: 'repository',
    publisher: `${forge}/${repository ?? ''}`,
    certificate: identity.repository,
    // Forges ignore it in the names of owners and repositories.
    ignoresCase: true,
  });
  switch (kind) {
    case 'GitHub':
      return [
        { field: 'issuer', publisher: 'https://token.actions.githubusercontent.com', certificate: issuer },
        at('https://github.com'),
        { field: 'workflow', publisher: `.github/workflows/${workflow ?? ''}`, certificate: identity.workflow },
      ];
    case 'GitLab':
      return [
        { field: 'issuer', publisher: 'https://gitlab.com', certificate: issuer },
        at('https://gitlab.com'),
        { field: 'workflow', publisher: workflow, certificate: identity.workflow },
      ];
    case 'Google':
      return [
        { field: 'issuer', publisher: 'https://accounts.google.com', certificate: issuer },
        { field: 'email', publisher: email, certificate: identity.subject },
      ];
    default:
      return [];
  }
}
