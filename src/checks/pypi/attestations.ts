import { isSameFile } from '../../ecosystems/conventions/pypi-files.ts';
import type { Finding } from '../../model/finding.ts';
import { establish, type ProvenanceProof } from '../../model/proof.ts';
import type { FileAttestation } from '../../model/pypi-index.ts';
import type { Instant } from '../../model/time.ts';
import type { Verifier } from '../../sigstore/verify.ts';
import { invalid, mismatch, proofOf, refused, verifyAttestation, type AttestationKind } from '../attestations.ts';
import { checkPredicate } from '../predicate.ts';
import { checkPublisher } from './publisher.ts';

/** Predicate types that an index takes, by what they prove (PEP 740). */
const TYPES: Readonly<Record<string, AttestationKind>> = {
  'https://docs.pypi.org/attestations/publish/v1': 'publish',
  'https://slsa.dev/provenance/v1': 'provenance',
};

/** The file that attestations must be about. */
export interface AttestedFile {
  /** The normalised name of its project. */
  readonly project: string;
  readonly name: string;
  /** Hex. */
  readonly sha256: string;
}

export interface FileProof {
  readonly kind: AttestationKind;
  readonly file: string;
  readonly proof: ProvenanceProof;
}

export interface FileCheck {
  /** Of each attestation of a known type, in the order of the index; empty where one of them does not hold. */
  readonly proofs: readonly FileProof[];
  readonly findings: readonly Finding[];
}

/**
 * Do the attestations of a file hold, and are they about exactly this name and hash? The builder signs both kinds, so
 * each says who published. Each of a known type must hold; others are left alone. `publisher` of the index is unsigned
 * and is held to the certificate.
 */
export function checkFileAttestations(
  attestations: readonly FileAttestation[],
  file: AttestedFile,
  verifier: Verifier,
  now: Instant,
): FileCheck {
  const proofs: FileProof[] = [];
  const findings: Finding[] = [];
  for (const { bundle, publisher } of attestations) {
    const verification = verifyAttestation(bundle, verifier, now);
    if (!verification.ok) {
      findings.push(refused('provenance', verification.reason, verification.detail));
      continue;
    }
    const { proof } = verification;
    const { signer, statement } = proof;
    if (statement === null) {
      const detail = 'a message signature where a DSSE envelope was expected';
      findings.push(invalid('provenance', 'envelope', detail));
      continue;
    }
    const kind = Object.hasOwn(TYPES, statement.predicateType) ? TYPES[statement.predicateType] : undefined;
    if (kind === undefined) continue;
    if (signer.kind !== 'certificate') {
      findings.push(invalid(kind, 'certificate-identity', 'signed with a key, so nothing says who built it'));
      continue;
    }
    const { identity } = signer;
    const made = establish({ ...proofOf(proof, bundle), identity });
    findings.push(
      ...judgeSubjects(kind, statement.subjects, file),
      ...checkPublisher(publisher, identity),
      ...(kind === 'provenance' ? checkPredicate(made, statement.predicate) : []),
    );
    proofs.push({ kind, file: file.name, proof: made });
  }
  return { proofs: findings.length === 0 ? proofs : [], findings };
}

/** Exactly one subject: the file, and its SHA-256. */
function judgeSubjects(
  kind: AttestationKind,
  subjects: readonly { readonly name: string; readonly digests: readonly { algorithm: string; hex: string }[] }[],
  { project, name, sha256 }: AttestedFile,
): readonly Finding[] {
  const [subject, second] = subjects;
  if (subject === undefined || second !== undefined) return [mismatch(kind, name, `${subjects.length} subjects`)];
  if (!isSameFile(subject.name, name, project)) return [mismatch(kind, name, subject.name)];
  const hashes = subject.digests.filter(({ algorithm }) => algorithm === 'sha256').map(({ hex }) => hex);
  const [attested] = hashes;
  if (attested === undefined || hashes.length > 1)
    return [mismatch(kind, 'a sha256 digest', `${hashes.length} of them`)];
  return attested === sha256 ? [] : [mismatch(kind, `sha256:${sha256}`, `sha256:${attested}`)];
}
