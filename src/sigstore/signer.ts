import { hash as digest } from 'node:crypto';
import type { Signer } from '../model/proof.ts';
import { formatInstant, type Instant } from '../model/time.ts';
import type { Bundle } from './bundle.ts';
import type { PathVerifier } from './chain.ts';
import { readIdentity } from './identity.ts';
import { base64 } from './json.ts';
import { parsePublicKey, type PublicKey } from './keys.ts';
import { Malformed, reading, refuse, show } from './refusal.ts';
import type { SctVerifier } from './sct.ts';
import { contains, TrustedRootError, type Interval } from './trusted-root.ts';
import { parseCertificate, PURPOSE, type Certificate } from './x509.ts';

/** A key that signs without a certificate. */
export interface ManagedKey {
  /** What bundles name it by; null where it was chosen by hand and stands for whatever a bundle names. */
  readonly hint: string | null;
  /** DER SubjectPublicKeyInfo, base64. */
  readonly spki: string;
  /** Closed interval; `end` null is open. */
  readonly start: Instant;
  readonly end: Instant | null;
}

/** A managed key, parsed. */
export interface OpenKey {
  readonly hint: string | null;
  readonly key: PublicKey;
  readonly validFor: Interval;
}

/** Whether a key was valid at any time at all, so that it does not matter when it signed. */
export function isTimeless({ validFor: { start, end } }: OpenKey): boolean {
  return start <= 0 && end === null;
}

/** Parses a managed key. Throws `TrustedRootError`. */
export function openKey({ hint, spki, start, end }: ManagedKey): OpenKey {
  try {
    return { hint, key: parsePublicKey(base64(spki, 'key', 65_536)), validFor: { start, end } };
  } catch (error) {
    if (error instanceof Malformed) throw new TrustedRootError(`key ${show(hint ?? '')}: ${error.message}`);
    throw error;
  }
}

/** What a bundle says signed it, readable but not verified. */
export type ClaimedSigner =
  | { readonly kind: 'certificate'; readonly certificate: Certificate; readonly key: PublicKey }
  | { readonly kind: 'key'; readonly hint: string | null; readonly candidates: readonly OpenKey[] };

/**
 * Opens one signer after the other. What signs all files of a release has one certificate, so that the last one is
 * remembered with what verifiers keep of it: by all of its bytes, whatever was found of it.
 */
export function openSigners(keys: readonly OpenKey[]): (bundle: Bundle) => ClaimedSigner {
  let last: (ClaimedSigner & { readonly kind: 'certificate' }) | null = null;
  return (bundle) => {
    const { signer } = bundle;
    if (last !== null && signer.kind === 'certificate' && last.certificate.raw.equals(signer.raw)) return last;
    const claimed = openSigner(bundle, keys);
    if (claimed.kind === 'certificate') last = claimed;
    return claimed;
  };
}

/** Reads the certificate, or looks up the keys a bundle may mean. Throws `Refusal`. */
function openSigner({ signer, content }: Bundle, keys: readonly OpenKey[]): ClaimedSigner {
  if (signer.kind === 'certificate') {
    return reading('certificate-malformed', () => {
      const certificate = parseCertificate(signer.raw);
      return { kind: 'certificate', certificate, key: parsePublicKey(certificate.spki) };
    });
  }
  const { hint } = signer;
  const keyId = content.kind === 'dsse' ? content.keyId : hint;
  const candidates = keys.filter((key) => isCandidate(key, hint, keyId));
  if (candidates.length > 0) return { kind: 'key', hint, candidates };
  if (keyId !== hint) {
    refuse('envelope', `the envelope names key ${show(keyId ?? '(none)')}, the bundle ${show(hint ?? '(none)')}`);
  }
  refuse('key-unknown', `no key ${show(hint ?? '(without a name)')} is known`);
}

/**
 * sigstore_bundle.proto: the hint and the envelope's key id are the same. A key that is found by its name needs both.
 * For one that was chosen by hand, only two names that differ are too many: cosign gives the envelope none.
 */
function isCandidate(key: OpenKey, hint: string | null, keyId: string | null): boolean {
  if (key.hint !== null) return key.hint === hint && keyId === hint;
  return keyId === hint || keyId === null || hint === null;
}

export interface VerifiedSigner {
  readonly key: PublicKey;
  readonly signer: Signer;
  /** Distinct certificate-transparency logs. */
  readonly scts: number;
}

/** The key among the candidates that was valid at every one of `times`. */
export function verifyKey(
  { hint, candidates }: ClaimedSigner & { readonly kind: 'key' },
  times: readonly Instant[],
): VerifiedSigner {
  const valid = candidates.find(({ validFor }) => times.every((time) => contains(validFor, time)));
  if (valid === undefined) {
    refuse('key-validity', `key ${show(hint ?? '')} was not valid at ${times.map(formatInstant).join(', ')}`);
  }
  // The hint is unsigned; a key without a name is named by its digest, as cosign does.
  const keyId = valid.hint ?? digest('sha256', valid.key.spki, 'base64');
  return { key: valid.key, signer: { kind: 'key', keyId }, scts: 0 };
}

/** Verifies the path, the use, the certificate-transparency logs and the identity of a signing certificate. */
export function verifyCertificate(
  { certificate, key }: ClaimedSigner & { readonly kind: 'certificate' },
  paths: PathVerifier,
  sctVerifier: SctVerifier,
  times: readonly Instant[],
): VerifiedSigner {
  const issuer = paths.verify(certificate, times);
  if (certificate.extendedKeyUsage?.includes(PURPOSE.codeSigning) !== true) {
    refuse('certificate-usage', 'the certificate is not for code signing');
  }
  if (certificate.keyUsage?.digitalSignature !== true)
    refuse('certificate-usage', 'the certificate is not for signing');
  if (certificate.basicConstraints?.ca === true) refuse('certificate-usage', 'the certificate is an authority');
  const scts = sctVerifier.verify(certificate, issuer);
  const identity = readIdentity(certificate);
  const fingerprint = digest('sha256', certificate.raw, 'hex');
  return { key, signer: { kind: 'certificate', identity, fingerprint }, scts: scts.size };
}
