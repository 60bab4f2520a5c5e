import type { Dependency } from '../model/dependency.ts';
import type { DependencyEvidence, Evidence, Manifest, Packument, RegistryKey } from '../model/evidence.ts';
import { finding, type EvidenceName, type Finding } from '../model/finding.ts';
import { establish, type Proofs, type ProvenanceProof } from '../model/proof.ts';
import type { Instant } from '../model/time.ts';
import type { Assessment } from '../model/verdict.ts';
import type { Verifier } from '../sigstore/verify.ts';
import { checkAttestations, type AttestationsCheck } from './attestations.ts';
import { predecessorOf } from './history.ts';
import { checkAgainstHistory, checkAgainstManifest, checkBuild } from './identity.ts';
import { checkIntegrity, sha512OfSri, type IntegrityCheck } from './integrity.ts';
import { checkLoss } from './loss.ts';
import { checkPredicate } from './predicate.ts';
import { checkSignature, type SigningTime } from './signature.ts';
import { checkBundled, checkExotic, checkResolved, checkSource } from './source.ts';

/** What the checks rest on. */
export interface Trust {
  /** A verifier under the trusted root in use, for bundles these keys may have signed. */
  readonly verifierFor: (keys: readonly RegistryKey[]) => Verifier;
  readonly now: Instant;
}

const NOTHING: Proofs = { integrity: null, signature: null, publish: null, provenance: null };

/** Runs the chain for one dependency, in order. `evidence` is null for what no registry serves. */
export function assess(dependency: Dependency, evidence: DependencyEvidence | null, trust: Trust): Assessment {
  const foreign = checkSource(dependency);
  const findings: Finding[] = [...(foreign === null ? [] : [foreign]), ...checkExotic(dependency)];
  if (evidence === null) return { dependency, proofs: NOTHING, findings };

  const resolved = checkResolved(dependency, evidence.registry);
  if (resolved !== null) findings.push(resolved);
  findings.push(...missingAnswers(evidence));
  if (evidence.manifest.state !== 'present') return { dependency, proofs: NOTHING, findings };
  const manifest = evidence.manifest.value;
  const bundled = checkBundled(dependency, manifest);
  if (bundled !== null) findings.push(bundled);
  const chain = followChain(dependency, manifest, evidence, trust);
  return { dependency, proofs: chain.proofs, findings: [...findings, ...chain.findings] };
}

/** A piece of evidence that gave no answer is a finding whatever the other pieces say. */
function missingAnswers({ manifest, packument, attestations, registryKeys }: DependencyEvidence): readonly Finding[] {
  const findings = [
    unanswered('manifest', manifest),
    unanswered('attestations', attestations),
    registryKeys === null ? null : unanswered('keys', registryKeys),
  ];
  // A failing document fails for both uses of it; one finding says so.
  if (manifest.state === 'present') findings.push(unanswered('history', packument));
  for (const [name, answer] of [
    ['manifest', manifest],
    ['history', packument],
  ] as const) {
    if (answer.state === 'absent' && (name === 'manifest' || manifest.state === 'present')) {
      const reason = 'the registry does not have it';
      findings.push(finding('evidence-unavailable', { evidence: name, url: answer.url, reason }));
    }
  }
  return findings.filter((problem) => problem !== null);
}

function unanswered(name: EvidenceName, answer: Evidence<unknown>): Finding | null {
  if (answer.state !== 'unavailable' && answer.state !== 'malformed') return null;
  const { url, reason } = answer;
  return finding(answer.state === 'unavailable' ? 'evidence-unavailable' : 'evidence-malformed', {
    evidence: name,
    url,
    reason,
  });
}

function followChain(
  dependency: Dependency,
  manifest: Manifest,
  evidence: DependencyEvidence,
  trust: Trust,
): { readonly proofs: Proofs; readonly findings: readonly Finding[] } {
  const packument = evidence.packument.state === 'present' ? evidence.packument.value : null;
  const { keys } = evidence;
  const verifier = trust.verifierFor(keys);
  const findings: Finding[] = [];

  const integrity = checkIntegrity(dependency, manifest);
  findings.push(...integrity.findings);

  const attested = judgeAttestations(dependency, manifest, integrity, evidence, verifier, trust.now);
  findings.push(...attested.findings);

  const stripped = manifest.signatures.length === 0 && isStripped(packument);
  if (stripped) findings.push(finding('evidence-stripped', { registry: evidence.registry }));
  const when: SigningTime = {
    verified: (attested.publish ?? attested.provenance)?.bundle.times ?? [],
    claimed: packument?.time.get(dependency.version) ?? null,
  };
  const { locked } = integrity;
  const signature =
    locked === null || stripped
      ? null
      : checkSignature(dependency, locked, manifest, keys, when, trust.now, evidence.registry);
  // With another hash the signature cannot hold; that is the same contradiction once more.
  if (signature !== null && integrity.findings.length === 0) findings.push(...signature.findings);

  const claimsProvenance = manifest.attestations?.provenance === true;
  if (attested.provenance !== null) {
    findings.push(...judgeIdentity(dependency, manifest, attested.provenance, evidence, verifier, trust.now));
  } else if (!claimsProvenance && !attested.has.provenance && !stripped && packument !== null) {
    findings.push(checkLoss(packument, dependency.version));
  }

  const holds = locked !== null && signature !== null && signature.proof !== null && integrity.findings.length === 0;
  const proofs: Proofs = {
    integrity: holds ? establish(locked) : null,
    signature: signature?.proof ?? null,
    publish: attested.publish,
    provenance: attested.provenance,
  };
  return { proofs, findings: keysAnswered(evidence) ? findings : findings.filter((problem) => !isKeyUnknown(problem)) };
}

/** Where the registry's own keys were asked for and not given, a key that nobody knows is no finding. */
function keysAnswered({ registryKeys }: DependencyEvidence): boolean {
  return registryKeys === null || registryKeys.state === 'present' || registryKeys.state === 'absent';
}

function isKeyUnknown(problem: Finding): boolean {
  if (problem.code === 'provenance-invalid') return problem.args.reason === 'key-unknown';
  return problem.code === 'signature-key-unknown';
}

/** Both attestations are demanded where provenance is claimed (the registry publishes them together). */
function judgeAttestations(
  dependency: Dependency,
  manifest: Manifest,
  integrity: IntegrityCheck,
  { attestations, registry }: DependencyEvidence,
  verifier: Verifier,
  now: Instant,
): AttestationsCheck {
  const answered = attestations.state === 'present' || attestations.state === 'absent';
  const entries = attestations.state === 'present' ? attestations.value : [];
  const mismatched = integrity.findings.some((problem) => problem.code === 'integrity-mismatch');
  const about = {
    name: dependency.name,
    version: dependency.version,
    sha512: integrity.locked?.hex ?? null,
    reported: mismatched ? integrity.served : null,
  };
  const check = checkAttestations(entries, about, verifier, now);
  if (manifest.attestations?.provenance !== true || !answered) return check;
  const url = attestations.state === 'absent' ? attestations.url : (manifest.attestations.url ?? registry);
  if (!check.has.provenance) {
    return { ...check, findings: [...check.findings, finding('provenance-advertised-absent', { url })] };
  }
  if (!check.has.publish) {
    return { ...check, findings: [...check.findings, finding('publish-attestation-missing', { url })] };
  }
  return check;
}

/**
 * Whether no version of a document is signed. npm signs every version of every package, so that such a document of npm's
 * was stripped on its way; another registry may never have signed.
 */
function isStripped(packument: Packument | null): boolean {
  if (packument === null) return false;
  return [...packument.versions.values()].every((version) => version.signatures.length === 0);
}

/** The identity against the strongest expectation there is: the predecessor's, else the manifest's claim. */
function judgeIdentity(
  dependency: Dependency,
  manifest: Manifest,
  proof: ProvenanceProof,
  evidence: DependencyEvidence,
  verifier: Verifier,
  now: Instant,
): readonly Finding[] {
  const findings: Finding[] = [];
  const asked = evidence.predecessorAttestations;
  const problem = asked === null ? null : unanswered('predecessor-attestations', asked);
  if (problem !== null) findings.push(problem);
  const before = predecessorIdentity(dependency, evidence, verifier, now);
  findings.push(
    ...(before === null
      ? checkAgainstManifest(proof.identity, manifest.repository)
      : checkAgainstHistory(proof.identity, { ...before, source: 'history' })),
    ...checkBuild(proof.identity, before?.identity ?? null),
    ...checkPredicate(proof),
  );
  return findings;
}

/** Who built the predecessor, from its own attestation, held against the hash the registry gives for it. */
function predecessorIdentity(
  dependency: Dependency,
  { packument, predecessorAttestations }: DependencyEvidence,
  verifier: Verifier,
  now: Instant,
): { readonly identity: ProvenanceProof['identity']; readonly version: string } | null {
  if (packument.state !== 'present' || predecessorAttestations?.state !== 'present') return null;
  const version = predecessorOf(packument.value, dependency.version)?.version;
  if (version === undefined) return null;
  const sha512 = sha512OfSri(packument.value.versions.get(version)?.integrity ?? null);
  const about = { name: dependency.name, version, sha512, reported: null };
  const { provenance } = checkAttestations(predecessorAttestations.value, about, verifier, now);
  return provenance === null ? null : { identity: provenance.identity, version };
}
