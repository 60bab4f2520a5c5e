import { hash } from 'node:crypto';
import type { Digest } from '../../model/dependency.ts';
import { compareText } from '../../model/value.ts';
import type { FileProof } from './attestations.ts';
import type { LockedFile } from './files.ts';

/**
 * SHA-256 of what was verified: a line for each locked file, and one for each of its attestations, as
 * docs/evidence-digest.md defines them.
 */
export function evidenceDigest(locked: readonly LockedFile[], proofs: readonly FileProof[]): Digest {
  const lines = [
    ...locked.map(({ file, digest }) => `file ${file.name} sha256:${digest.hex}`).sort(compareText),
    ...proofs.map(({ kind, file, proof }) => `${kind} ${file} sha256:${proof.digest}`).sort(compareText),
  ];
  return { algorithm: 'sha256', hex: hash('sha256', lines.map((line) => `${line}\n`).join(''), 'hex') };
}
