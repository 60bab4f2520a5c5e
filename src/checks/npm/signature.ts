import type { Dependency, Digest } from '../../model/dependency.ts';
import type { Manifest, RegistryKey, RegistrySignature } from '../../model/evidence.ts';
import { finding, type Finding } from '../../model/finding.ts';
import { establish, type SignatureProof, type VerifiedTime } from '../../model/proof.ts';
import type { Instant } from '../../model/time.ts';
import { verifyRegistrySignature } from './registry-signature.ts';
import { sri } from '../../readers/integrity.ts';

export interface SignatureCheck {
  readonly proof: SignatureProof | null;
  readonly findings: readonly Finding[];
}

/**
 * When the signature was made, as far as is known: times vouched for by a log or authority, and the registry's word.
 */
export interface SigningTime {
  readonly verified: readonly VerifiedTime[];
  readonly claimed: Instant | null;
}

/**
 * Did the registry sign this hash? The message is `name@version:integrity` with the lockfile's integrity, so that a
 * poisoned lockfile fails although the registry agrees with itself. (Where a lockfile can lock none, `locked` is what
 * the registry serves.) One good signature suffices; others beside it may be of keys not known here.
 */
export function checkSignature(
  dependency: Dependency,
  locked: Digest,
  manifest: Manifest,
  keys: readonly RegistryKey[],
  when: SigningTime,
  now: Instant,
  registry: string,
): SignatureCheck {
  if (manifest.signatures.length === 0) return failed(finding('signature-missing', { registry }));
  const message = `${dependency.name}@${dependency.version}:${sri(locked)}`;
  const outcomes = manifest.signatures.map((signature) => judge(message, locked, signature, keys, when, now));
  const good = outcomes.find((outcome) => outcome.proof !== null && outcome.findings.length === 0);
  if (good !== undefined) return good;
  const noted = outcomes.find((outcome) => outcome.proof !== null);
  if (noted !== undefined) return noted;
  // What a known key says weighs more than a key nobody knows.
  const known = outcomes.find((outcome) => outcome.findings.length > 0);
  if (known !== undefined) return known;
  const keyIds = manifest.signatures.map((signature) => signature.keyId);
  return failed(finding('signature-key-unknown', { keyIds, registry }));
}

function judge(
  message: string,
  integrity: Digest,
  { keyId, signature }: RegistrySignature,
  keys: readonly RegistryKey[],
  when: SigningTime,
  now: Instant,
): SignatureCheck {
  const candidates = keys.filter((key) => key.keyId === keyId && key.usage === 'npm:signatures');
  const verifying = candidates.filter((key) => verifyRegistrySignature(message, signature, key.spki));
  if (verifying.length === 0) {
    return candidates.length === 0 ? { proof: null, findings: [] } : failed(finding('signature-invalid', { keyId }));
  }
  const [first, ...others] = verifying.map((key) => judgeTime(key, integrity, signature, when, now));
  if (first === undefined) return { proof: null, findings: [] };
  return others.find((other) => other.findings.length === 0) ?? first;
}

/**
 * Was the key valid when it signed? A verified time decides. Without one, a key that is valid now needs none; for an
 * expired key there is only the registry's word that it signed before its end, or not even that, which is said in a
 * note. Mirrors leave times out: one that nobody says is not one outside of the period.
 */
function judgeTime(
  key: RegistryKey,
  integrity: Digest,
  signature: string,
  { verified, claimed }: SigningTime,
  now: Instant,
): SignatureCheck {
  const { keyId, origin, start, end } = key;
  const outside = verified.find(({ time }) => time < start || (end !== null && time > end));
  if (outside !== undefined) {
    const { time, source } = outside;
    return failed(finding('signature-key-expired', { keyId, expired: end ?? start, time, basis: source }));
  }
  const [time = null] = verified;
  const proof = establish({ by: 'registry-key' as const, keyId, keyOrigin: origin, integrity, signature, time });
  if (time !== null || ((end === null || now <= end) && now >= start)) return { proof, findings: [] };
  const args = { keyId, expired: end ?? start, time: claimed, basis: 'registry' as const };
  if (claimed !== null && (claimed < start || (end !== null && claimed > end))) {
    return failed(finding('signature-key-expired', args));
  }
  return { proof, findings: [finding('signature-key-expired', args, 'note')] };
}

function failed(problem: Finding): SignatureCheck {
  return { proof: null, findings: [problem] };
}
