import { hash } from 'node:crypto';
import type { Dependency, Digest } from '../../model/dependency.ts';
import type { Proofs } from '../../model/proof.ts';
import { sri } from '../../readers/integrity.ts';

/**
 * SHA-256 of what was verified, so that evidence can be recognised later: a line for the signed message, one for the
 * registry's signature, and one for each attestation, as docs/evidence-digest.md defines them. Null where hash and
 * signature are not proven, or the signature alone where the lockfile can lock no hash.
 */
export function evidenceDigest(
  { name, version, artifacts: [{ archive }] }: Dependency,
  { integrity, signature, publish, provenance }: Proofs,
): Digest | null {
  if (signature === null || (integrity === null && archive === undefined)) return null;
  const lines = [
    `message ${name}@${version}:${sri(signature.integrity)}`,
    `signature ${signature.keyId} ${signature.signature}`,
    ...(publish === null ? [] : [`publish sha256:${publish.digest}`]),
    ...(provenance === null ? [] : [`provenance sha256:${provenance.digest}`]),
  ];
  return { algorithm: 'sha256', hex: hash('sha256', lines.map((line) => `${line}\n`).join(''), 'hex') };
}
