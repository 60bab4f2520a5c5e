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
  /** Whether a certificate of a trusted chain signed `leaf`, whatever else is wrong with it. */
  readonly issued: (leaf: Certificate) => boolean;
  /**
   * The certificate of a trusted chain that issued `leaf`. The leaf, the whole chain and the authority itself are valid
   * at every one of `times`. Throws `Refusal`.
   */
  readonly verify: (leaf: Certificate, times: readonly Instant[]) => Certificate;
}

const SUBJECT_KEY_ID = '2.5.29.14';
const AUTHORITY_KEY_ID = '2.5.29.35';

/** A certificate of a trusted chain, as an issuer. */
interface Issuer {
  readonly authority: Authority;
  readonly certificate: Certificate;
  /** The key it issues with, or why it may issue nothing. */
  readonly key: () => PublicKey | { readonly fault: string };
}

/**
 * `purpose` is the extended key usage the path must allow. Chains are verified once, when they are first needed; which
 * certificate signed a leaf is remembered for as long as the leaf itself is kept.
 */
export function createPathVerifier(authorities: readonly Authority[], purpose: string): PathVerifier {
  const issuers = authorities.flatMap((authority) =>
    authority.chain.map((certificate, index): Issuer => {
      let key: ReturnType<Issuer['key']> | null = null;
      return { authority, certificate, key: () => (key ??= verifyChain(authority.chain.slice(index), purpose)) };
    }),
  );
  const signers = new WeakMap<Certificate, Issuer>();
  const signed = (issuer: Issuer, key: PublicKey, leaf: Certificate): boolean => {
    if (signers.get(leaf) === issuer) return true;
    const isSigner = verifyWith(leaf.algorithm, key, leaf.tbs.bytes, leaf.signature);
    if (isSigner) signers.set(leaf, issuer);
    return isSigner;
  };

  return {
    issued: (leaf) =>
      likelyFirst(issuers, leaf).some((issuer) => {
        const key = issuer.key();
        return !('fault' in key) && signed(issuer, key, leaf);
      }),
    verify: (leaf, times) => {
      const unknown = unknownCritical(leaf);
      if (unknown !== null) refuse('certificate-usage', `critical extension ${unknown} is not understood`);
      let chainFault = 'no authority of the trusted root has the name of its issuer';
      let validityFault: string | null = null;
      for (const issuer of likelyFirst(issuers, leaf)) {
        const key = issuer.key();
        const invalid = firstInvalid(issuer.authority, leaf, times);
        if ('fault' in key) {
          chainFault = key.fault;
        } else if (invalid !== null) {
          validityFault = invalid;
        } else if (signed(issuer, key, leaf)) {
          return issuer.certificate;
        } else {
          chainFault = 'its issuer did not sign it';
        }
      }
      if (validityFault !== null) refuse('certificate-validity', validityFault);
      refuse('certificate-chain', chainFault);
    },
  };
}

/**
 * Those with the name of the leaf's issuer, before others the one whose key identifier the leaf names: an authority
 * keeps its name over its keys, and each signature that is tried in vain takes as long as one that holds.
 */
function likelyFirst(issuers: readonly Issuer[], leaf: Certificate): readonly Issuer[] {
  const named = issuers.filter(({ certificate }) => certificate.subject.equals(leaf.issuer));
  const wanted = leaf.extensions.get(AUTHORITY_KEY_ID)?.value.content;
  if (wanted === undefined || named.length < 2) return named;
  const isLikely = ({ certificate }: Issuer): boolean => {
    const own = certificate.extensions.get(SUBJECT_KEY_ID)?.value.content.subarray(2);
    return own !== undefined && own.length > 0 && wanted.includes(own);
  };
  return [...named.filter(isLikely), ...named.filter((issuer) => !isLikely(issuer))];
}

/** The first thing of a path that is not valid at one of the times, or null. */
function firstInvalid(authority: Authority, leaf: Certificate, times: readonly Instant[]): string | null {
  for (const time of times) {
    if (!validAt(leaf, time)) return `the certificate is not valid at ${formatInstant(time)}`;
    if (!contains(authority.validFor, time)) return `its authority is not trusted at ${formatInstant(time)}`;
    // sigstore_trustroot.proto: against the authority's interval and against the entire chain.
    if (!authority.chain.every((certificate) => validAt(certificate, time))) {
      return `a certificate above it is not valid at ${formatInstant(time)}`;
    }
  }
  return null;
}

/** Both ends of a certificate's validity are inside (RFC 5280 section 4.1.2.5). */
function validAt({ notBefore, notAfter }: Certificate, time: Instant): boolean {
  return notBefore <= time && time <= notAfter;
}

/**
 * Verifies a chain from an issuing certificate to the anchor, which is trusted as it is, and returns the issuing key.
 */
function verifyChain(chain: readonly Certificate[], purpose: string): ReturnType<Issuer['key']> {
  try {
    let above: PublicKey | null = null;
    for (const [index, certificate] of [...chain.entries()].reverse()) {
      const fault = faultOfIssuer(certificate, index, purpose);
      if (fault !== null) return { fault: `a certificate above it ${fault}` };
      const issuer = chain[index + 1];
      if (issuer !== undefined && above !== null) {
        const named = certificate.issuer.equals(issuer.subject);
        const signed = named && verifyWith(certificate.algorithm, above, certificate.tbs.bytes, certificate.signature);
        if (!signed) return { fault: 'a certificate above it is not issued by the next one' };
      }
      above = parsePublicKey(certificate.spki);
    }
    return above ?? { fault: 'its authority has no certificate' };
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
