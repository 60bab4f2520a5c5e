import type { BundleProof } from '../model/proof.ts';

/** What the signer of a bundle is expected to be; text must be equal to the certificate's, as it is. */
export interface IdentityPolicy {
  /** Subject alternative name, or what it has to satisfy. */
  readonly identity?: string | ((subject: string) => boolean);
  /** OIDC issuer. */
  readonly issuer?: string;
}

/** A bundle signed with a key has no identity and matches nothing that is expected of one. */
export function matchesIdentity({ signer }: BundleProof, { identity, issuer }: IdentityPolicy): boolean {
  if (identity === undefined && issuer === undefined) return true;
  if (signer.kind !== 'certificate') return false;
  const { identity: actual } = signer;
  // An issuer the certificate does not name is no issuer to agree on.
  const sameIssuer = issuer === undefined || (issuer !== '' && actual.issuer === issuer);
  if (typeof identity === 'function') return sameIssuer && identity(actual.subject);
  return sameIssuer && (identity === undefined || actual.subject === identity);
}
