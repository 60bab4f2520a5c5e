import { formatInstant, type Instant } from '../model/time.ts';
import { parsePublicKey, verifyWith, type PublicKey } from './keys.ts';
import { Malformed, refuse } from './refusal.ts';
import { contains, type Authority } from './trusted-root.ts';
import { PURPOSE, unknownCritical, type Certificate } from './x509.ts';

/**
 * Certification path validation (RFC 5280 section 6, client specification section 4.3) against the chains of a trusted
 * root. Certificates that came with a bundle are never part of a path.
 */
export interface PathVerifier {
  /**
   * The authority that issued `leaf`. The leaf, every certificate up to the anchor and the authority itself are valid at
   * every one of `times`. Throws `Refusal`.
   */
  readonly verify: (leaf: Certificate, times: readonly Instant[]) => Authority;
}

/** What an authority's chain is by itself: the key that issues, or why it can issue nothing. */
type Issuer = PublicKey | { readonly fault: string };

/**
 * `purpose` is the extended key usage the path must allow. Each chain is verified once and remembered, and so is which
 * authority signed a leaf, for as long as the leaf itself is kept.
 */
export function createPathVerifier(authorities: readonly Authority[], purpose: string): PathVerifier {
  const issuers = new Map<Authority, Issuer>();
  const issuerOf = (authority: Authority): Issuer => {
    let issuer = issuers.get(authority);
    if (issuer === undefined) issuers.set(authority, (issuer = verifyChain(authority.chain, purpose)));
    return issuer;
  };

  const signedBy = new WeakMap<Certificate, Authority>();
  const signed = (leaf: Certificate, authority: Authority, key: PublicKey): boolean => {
    if (signedBy.get(leaf) === authority) return true;
    const holds = verifyWith(leaf.algorithm, key, leaf.tbs, leaf.signature);
    if (holds) signedBy.set(leaf, authority);
    return holds;
  };

  return {
    verify: (leaf, times) => {
      const unknown = unknownCritical(leaf);
      if (unknown !== null) refuse('certificate-usage', `critical extension ${unknown} is not understood`);
      let chainFault = 'no authority of the trusted root has the name of its issuer';
      let validityFault: string | null = null;
      for (const authority of authorities) {
        if (!authority.chain[0].subject.equals(leaf.issuer)) continue;
        const issuer = issuerOf(authority);
        const invalid = firstInvalid(authority, leaf, times);
        if ('fault' in issuer) chainFault = issuer.fault;
        else if (invalid !== null) validityFault = invalid;
        else if (signed(leaf, authority, issuer)) return authority;
        else chainFault = 'its issuer did not sign it';
      }
      if (validityFault !== null) refuse('certificate-validity', validityFault);
      refuse('certificate-chain', chainFault);
    },
  };
}

/** The first thing of a path that is not valid at one of the times, or null. */
function firstInvalid(authority: Authority, leaf: Certificate, times: readonly Instant[]): string | null {
  for (const time of times) {
    const at = formatInstant(time);
    if (!validAt(leaf, time)) return `the certificate is not valid at ${at}`;
    if (!contains(authority.validFor, time)) return `the authority is not trusted at ${at}`;
    const index = authority.chain.findIndex((certificate) => !validAt(certificate, time));
    if (index >= 0) return `certificate ${index + 1} above it is not valid at ${at}`;
  }
  return null;
}

/** Both ends of a certificate's validity are inside (RFC 5280 section 4.1.2.5). */
function validAt({ notBefore, notAfter }: Certificate, time: Instant): boolean {
  return notBefore <= time && time <= notAfter;
}

/** Verifies a chain from its issuing certificate to the anchor, which is trusted as it is. */
function verifyChain(chain: Authority['chain'], purpose: string): Issuer {
  try {
    for (const [index, certificate] of chain.entries()) {
      const fault = faultOfIssuer(certificate, index, purpose);
      if (fault !== null) return { fault: `certificate ${index + 1} above it ${fault}` };
      const above = chain[index + 1];
      if (above === undefined) continue;
      if (
        !certificate.issuer.equals(above.subject) ||
        !verifyWith(certificate.algorithm, parsePublicKey(above.spki), certificate.tbs, certificate.signature)
      ) {
        return { fault: `certificate ${index + 1} above it is not issued by the next one` };
      }
    }
    return parsePublicKey(chain[0].spki);
  } catch (error) {
    if (error instanceof Malformed) return { fault: error.message };
    throw error;
  }
}

/** Why a certificate with `below` authorities under it may not issue for this purpose, or null. */
function faultOfIssuer(certificate: Certificate, below: number, purpose: string): string | null {
  const { basicConstraints, keyUsage, extendedKeyUsage } = certificate;
  const unknown = unknownCritical(certificate);
  if (unknown !== null) return `has the critical extension ${unknown}, which is not understood`;
  if (basicConstraints?.ca !== true) return 'is not a certificate authority';
  if (keyUsage?.keyCertSign !== true) return 'may not sign certificates';
  if (basicConstraints.pathLength !== null && basicConstraints.pathLength < below) return 'allows no path this long';
  // An authority limited to purposes limits what it issues, as path builders of the field read it.
  if (extendedKeyUsage !== null && !extendedKeyUsage.includes(purpose) && !extendedKeyUsage.includes(PURPOSE.any)) {
    return 'is not for this purpose';
  }
  return null;
}
