import type { AttestationEntry } from '../model/evidence.ts';
import { finding, type Finding, type RefusalReason } from '../model/finding.ts';
import { establish, type AttestationProof, type BundleProof, type ProvenanceProof } from '../model/proof.ts';
import type { Instant } from '../model/time.ts';
import type { Verification, Verifier } from '../sigstore/verify.ts';
import { jsonDigest } from './entry-digest.ts';

/** Predicate types by what they prove (npm attestation specs; SLSA provenance 0.2 and 1). */
const TYPES = {
  publish: ['https://github.com/npm/attestation/tree/main/specs/publish/v0.1'],
  provenance: ['https://slsa.dev/provenance/v0.2', 'https://slsa.dev/provenance/v1'],
};

export type AttestationKind = keyof typeof TYPES;
const ATTESTATION_KINDS: readonly AttestationKind[] = ['publish', 'provenance'];
/** Of an earlier version it is asked who built it, not who published it. */
export const EARLIER_KINDS: readonly AttestationKind[] = ['provenance'];

/** The package version an attestation must be about; `sha512` (hex) is null where nothing locks one. */
export interface AttestedVersion {
  readonly name: string;
  readonly version: string;
  /** What its registry attests it as. */
  readonly subject: string;
  readonly sha512: string | null;
  /**
   * A hash already reported to differ from the locked one. An attestation of it repeats that contradiction: it proves
   * nothing, and is not a second finding.
   */
  readonly reported: string | null;
}

export interface AttestationsCheck {
  readonly publish: AttestationProof | null;
  readonly provenance: ProvenanceProof | null;
  /** Of the provenance's statement; undefined where there is none. */
  readonly predicate: unknown;
  /** Whether the document holds an attestation of the kind at all, good or bad. */
  readonly has: Readonly<Record<AttestationKind, boolean>>;
  readonly findings: readonly Finding[];
}

/**
 * Do the attestations hold, and are they about exactly this name, version and hash? Each attestation of the wanted
 * kinds must hold; others are left alone. What an attestation is, is read from the signed statement: a wrapper that
 * says otherwise is refused.
 */
export function checkAttestations(
  entries: readonly AttestationEntry[],
  about: AttestedVersion,
  verifier: Verifier,
  now: Instant,
  wanted: readonly AttestationKind[] = ATTESTATION_KINDS,
): AttestationsCheck {
  const publish: AttestationProof[] = [];
  const provenance: { readonly proof: ProvenanceProof; readonly predicate: unknown }[] = [];
  const has = { publish: false, provenance: false };
  const findings: Finding[] = [];
  for (const entry of entries) {
    const kind = kindOf(entry.predicateType, wanted);
    if (kind === null) continue;
    has[kind] = true;
    const verification = verifyAttestation(entry.bundle, verifier, now);
    if (!verification.ok) {
      findings.push(refused(kind, verification.reason, verification.detail));
      continue;
    }
    const problem = judgeStatement(kind, entry.predicateType, verification.proof, about);
    if (problem === 'reported' || (problem === null && about.sha512 === null)) continue;
    if (problem !== null) findings.push(problem);
    else if (kind === 'publish') publish.push(proofOf(verification.proof, entry.bundle));
    else if (verification.proof.signer.kind === 'certificate') {
      const { signer, statement } = verification.proof;
      const proof = establish({ ...proofOf(verification.proof, entry.bundle), identity: signer.identity });
      provenance.push({ proof, predicate: statement?.predicate });
    }
  }
  findings.push(...contradictingBuilders(provenance.map(({ proof }) => proof)));
  const broken = new Set(findings.map((problem) => ('attestation' in problem.args ? problem.args.attestation : null)));
  const builder = broken.has('provenance') ? undefined : provenance[0];
  return {
    publish: broken.has('publish') ? null : (publish[0] ?? null),
    provenance: builder?.proof ?? null,
    predicate: builder?.predicate,
    has,
    findings,
  };
}

/** The bundles among the entries that `checkAttestations` verifies. */
export function bundlesOf(
  entries: readonly AttestationEntry[],
  wanted: readonly AttestationKind[] = ATTESTATION_KINDS,
): readonly unknown[] {
  return entries.filter((entry) => kindOf(entry.predicateType, wanted) !== null).map(({ bundle }) => bundle);
}

/** Verifies the bundle of an attestation: what `checkAttestations` rests on. */
export function verifyAttestation(bundle: unknown, verifier: Verifier, now: Instant): Verification {
  return verifier.verify(bundle, { now });
}

/** Null for a type that is not known, or not wanted. */
function kindOf(predicateType: string, wanted: readonly AttestationKind[]): AttestationKind | null {
  return wanted.find((kind) => TYPES[kind].includes(predicateType)) ?? null;
}

/** The proof of what a verified bundle says; `served` is the bundle as it came. */
export function proofOf({ statement, ...bundle }: BundleProof, served: unknown): AttestationProof {
  const by = bundle.signer.kind === 'certificate' ? 'builder' : 'registry-key';
  return establish({ by, predicateType: statement?.predicateType ?? '', digest: jsonDigest(served), bundle });
}

/** Judges signer, types and subject of a verified bundle; `reported` where its hash is one already reported. */
function judgeStatement(
  kind: AttestationKind,
  wrapperType: string,
  { signer, statement }: BundleProof,
  about: AttestedVersion,
): Finding | 'reported' | null {
  if (statement === null) return invalid(kind, 'envelope', 'a message signature where a DSSE envelope was expected');
  if (statement.predicateType !== wrapperType) {
    return invalid(
      kind,
      'predicate-type',
      `the signed statement is ${statement.predicateType}, listed as ${wrapperType}`,
    );
  }
  // Anyone can get a certificate; only the registry has its keys. And a registry key built nothing.
  if (kind === 'publish' && signer.kind !== 'key') {
    return invalid(kind, 'key-unknown', 'signed with a certificate, not with a key of the registry');
  }
  if (kind === 'provenance' && signer.kind !== 'certificate') {
    return invalid(kind, 'certificate-identity', 'signed with a key, so nothing says who built it');
  }
  const [subject, second] = statement.subjects;
  if (subject === undefined || second !== undefined) {
    return mismatch(kind, about.subject, `${statement.subjects.length} subjects`);
  }
  if (subject.name !== about.subject) return mismatch(kind, about.subject, subject.name);
  const hashes = subject.digests.filter((digest) => digest.algorithm === 'sha512').map((digest) => digest.hex);
  const [attested] = hashes;
  if (attested === undefined || hashes.length > 1) return mismatch(kind, 'a sha512 digest', `${hashes.length} of them`);
  if (about.sha512 !== null && attested !== about.sha512) {
    return attested === about.reported ? 'reported' : mismatch(kind, `sha512:${about.sha512}`, `sha512:${attested}`);
  }
  return kind === 'publish' ? judgePublishPredicate(statement.predicate, about) : null;
}

/** The publish predicate repeats name and version outside the subject (npm attestation spec, publish v0.1). */
function judgePublishPredicate(predicate: unknown, { name, version }: AttestedVersion): Finding | null {
  const said = typeof predicate === 'object' && predicate !== null ? (predicate as Record<string, unknown>) : {};
  if (said['name'] === name && said['version'] === version) return null;
  return mismatch('publish', `${name}@${version}`, `${textOf(said['name'])}@${textOf(said['version'])}`);
}

/** A predicate holds any JSON; converting an object to text would call what it says its `toString` is. */
function textOf(value: unknown): string {
  return typeof value === 'string' ? value : `(${typeof value})`;
}

function contradictingBuilders(proofs: readonly ProvenanceProof[]): readonly Finding[] {
  const builders = new Set(
    proofs.map(({ identity: { issuer, repository, repositoryId, workflow, commit } }) =>
      JSON.stringify([issuer, repository, repositoryId, workflow, commit]),
    ),
  );
  if (builders.size < 2) return [];
  return [
    invalid('provenance', 'certificate-identity', `${builders.size} provenance attestations name different builds`),
  ];
}

/** A wrong clock is this machine's fault, and no evidence against anybody. */
export function refused(attestation: AttestationKind, reason: RefusalReason, detail: string): Finding {
  return reason === 'clock' ? finding('clock-behind', { attestation, detail }) : invalid(attestation, reason, detail);
}

/** An attestation that does not hold. */
export function invalid(attestation: AttestationKind, reason: RefusalReason, detail: string): Finding {
  return finding('provenance-invalid', { attestation, reason, detail });
}

/** An attestation that holds, of something else. */
export function mismatch(attestation: AttestationKind, expected: string, actual: string): Finding {
  return finding('provenance-subject-mismatch', { attestation, expected, actual });
}
