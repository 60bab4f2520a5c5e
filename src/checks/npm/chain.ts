import type { ReleaseRecord } from '../../model/baseline.ts';
import type { Dependency } from '../../model/dependency.ts';
import type { DependencyEvidence, Evidence, Manifest, Packument } from '../../model/evidence.ts';
import type { History } from '../../model/history.ts';
import { finding, type EvidenceName, type Finding } from '../../model/finding.ts';
import { establish, type Identity, type Proofs } from '../../model/proof.ts';
import type { Instant } from '../../model/time.ts';
import type { Assessment } from '../../model/verdict.ts';
import type { Verifier } from '../../sigstore/verify.ts';
import { checkAge, checkHeldAge, publishTime, withoutTime } from '../age.ts';
import { checkAttestations, EARLIER_KINDS, type AttestationsCheck } from '../attestations.ts';
import { checkServed } from '../baseline.ts';
import { entryDigest } from '../entry-digest.ts';
import { evidenceDigest } from './evidence-digest.ts';
import { checkClaims, checkSubstitutes } from './claims.ts';
import { checkExpectation, type ExpectationCheck } from '../expectation.ts';
import { firstPublished, provenanceSince } from '../history.ts';
import { withoutNegations } from '../identity.ts';
import { judgeIdentity } from '../judge-identity.ts';
import { checkIntegrity, type IntegrityCheck } from './integrity.ts';
import { sha512OfSri } from '../../readers/integrity.ts';
import { checkLossAgainst } from '../loss.ts';
import type { Shown } from '../measures.ts';
import { checkNotRegistry } from '../not-registry.ts';
import { isKeyUnknown } from '../newer-keys.ts';
import { checkPredicate } from '../predicate.ts';
import { checkRelease } from '../release.ts';
import { checkDistTag } from './dist-tag.ts';
import { checkSignature, type SigningTime } from './signature.ts';
import { checkBundled, checkExotic, checkPatch, checkResolved } from './source.ts';
import type { Expectations, Trust } from '../known.ts';
import { unanswered } from '../unanswered.ts';
import { NO_PROOFS, unproven } from '../unproven.ts';

/** An assessment, and the versions whose attestations are to be asked for before it counts. */
export interface Assessed {
  readonly assessment: Assessment;
  readonly ask: readonly string[];
}

/** Runs the chain for one dependency, in order. `evidence` is null for what no registry serves, or was not asked. */
export function assess(
  dependency: Dependency,
  evidence: DependencyEvidence | null,
  known: Expectations,
  trust: Trust,
): Assessed {
  const tarball = evidence?.manifest.state === 'present' ? evidence.manifest.value.tarball : null;
  const local = [
    checkNotRegistry(dependency.artifacts[0].source),
    checkPatch(dependency),
    ...checkSubstitutes(dependency),
    ...(dependency.findings ?? []),
    ...checkExotic(dependency),
    checkResolved(dependency, known.registry, tarball, known.expectation.addresses),
    ...(known.baseline?.findings ?? []),
  ].filter((problem) => problem !== null);
  const before = unproven(dependency, known);
  const settled = (assessment: Assessment): Assessed => ({ assessment, ask: [] });
  if (evidence === null) return settled({ ...before, ...assessHeld(dependency, local, known, trust.now) });

  const findings = [...local, ...missingAnswers(dependency, evidence)];
  if (evidence.manifest.state !== 'present') return settled({ ...before, findings });
  const manifest = evidence.manifest.value;
  try {
    const bundled = checkBundled(dependency, manifest);
    if (bundled !== null) findings.push(bundled);
    findings.push(...checkClaims(dependency, manifest));
    const { expected, ask, ...chain } = followChain(dependency, manifest, evidence, known, trust);
    const release = { ...releaseRecord(dependency, manifest, evidence, chain.proofs), expected };
    return { assessment: { ...before, ...chain, findings: [...findings, ...chain.findings], release }, ask };
  } catch (error) {
    // Evidence that a check stumbles over proves nothing here, and takes nothing from the other dependencies.
    const reason = `it could not be judged: ${String(error)}`;
    const args = { evidence: 'manifest' as const, url: known.registry, reason };
    return settled({ ...before, findings: [...findings, finding('evidence-malformed', args)] });
  }
}

/** What was not asked: the baseline alone says when it was published. */
function assessHeld(
  { version }: Dependency,
  findings: readonly Finding[],
  known: Expectations,
  now: Instant,
): Pick<Assessment, 'findings' | 'published'> {
  if (known.baseline?.state !== 'held') return { findings, published: null };
  const published = known.package?.versions.get(version)?.published ?? null;
  const age = checkHeldAge(published, known.expectation.releaseAge, known.registry, now);
  return { findings: age === null ? findings : [...findings, age], published };
}

/** What a baseline would record beside the proofs. */
function releaseRecord(
  dependency: Dependency,
  { publisher }: Manifest,
  { packument }: DependencyEvidence,
  proofs: Proofs,
): Omit<ReleaseRecord, 'expected'> {
  const history = packument.state === 'present' ? packument.value : null;
  return {
    evidence: evidenceDigest(dependency, proofs),
    entry: entryDigest(dependency),
    publisher: publisher?.name ?? null,
    ...(publisher?.approver === undefined ? {} : { approver: publisher.approver }),
    published: history?.time.get(dependency.version) ?? null,
    firstPublished: history === null ? null : firstPublished(history),
    provenanceSince: history === null ? null : provenanceSince(history),
  };
}

/** A piece of evidence that gave no answer is a finding whatever the other pieces say. */
function missingAnswers({ version }: Dependency, evidence: DependencyEvidence): readonly Finding[] {
  const { manifest, packument, attestations, registryKeys, registry } = evidence;
  return [
    manifest.state === 'absent' && packument.state === 'present'
      ? unknownVersion(registry, packument.value, version)
      : demanded('manifest', manifest),
    unanswered('attestations', attestations),
    registryKeys === null ? null : unanswered('keys', registryKeys),
    // A failing document fails for both uses of it; one finding says so.
    manifest.state === 'present' ? demanded('history', packument) : null,
  ].filter((problem) => problem !== null);
}

/** The registry has the package but not the locked version: it was never published, or was removed. */
function unknownVersion(registry: string, { time }: History, version: string): Finding {
  const published = time.get(version) ?? null;
  return finding('lockfile-version-unknown', { registry, isPackage: true, published });
}

/** What every published version has. A registry that serves none may hide it, so its absence is no answer. */
function demanded(name: EvidenceName, answer: Evidence<unknown>): Finding | null {
  if (answer.state !== 'absent') return unanswered(name, answer);
  const reason = 'the registry does not have it, or does not show it';
  return finding('evidence-unavailable', { evidence: name, url: answer.url, reason, absent: true });
}

function followChain(
  dependency: Dependency,
  manifest: Manifest,
  evidence: DependencyEvidence,
  known: Expectations,
  trust: Trust,
): Pick<Assessment, 'proofs' | 'findings' | 'published' | 'baseline'> &
  Pick<ReleaseRecord, 'expected'> &
  Pick<Assessed, 'ask'> {
  const packument = evidence.packument.state === 'present' ? evidence.packument.value : null;
  const { keys } = evidence;
  const verifier = trust.verifierFor(keys, known.expectation.instance);
  const findings: Finding[] = [];

  const integrity = checkIntegrity(dependency, manifest);
  findings.push(...integrity.findings);
  const rewritten = checkServed(dependency, integrity.served, known.package);
  if (rewritten !== null) findings.push(rewritten);

  const attested = judgeAttestations(dependency, manifest, integrity, evidence, verifier, trust.now);
  findings.push(...attested.findings);

  const stripped = manifest.signatures.length === 0 && isStripped(packument);
  if (stripped) findings.push(finding('evidence-stripped', { registry: evidence.registry }));
  const when: SigningTime = {
    verified: (attested.publish ?? attested.provenance)?.bundle.times ?? [],
    claimed: packument?.time.get(dependency.version) ?? null,
  };
  const published = publishTime(when.claimed, when.verified);
  const { releaseAge } = known.expectation;
  const tooNew = checkAge(published, releaseAge, trust.now);
  if (tooNew !== null) findings.push(tooNew);
  // Where the history was not served at all, that is a finding already.
  if (releaseAge !== null && published === null && packument !== null) findings.push(withoutTime(evidence.registry));
  const { locked } = integrity;
  const signature =
    locked === null || stripped
      ? null
      : checkSignature(dependency, locked, manifest, keys, when, trust.now, evidence.registry);
  // With another hash the signature cannot hold; that is the same contradiction once more.
  if (signature !== null && !isMismatch(integrity)) findings.push(...signature.findings);
  if (locked === null && dependency.artifacts[0].archive !== undefined && !stripped) {
    findings.push(unsignable(manifest, evidence.registry));
  }

  const claimsProvenance = manifest.attestations?.provenance === true;
  let expectation: ExpectationCheck | null = null;
  let loss: Finding | null = null;
  if (attested.provenance !== null) {
    const { identity } = attested.provenance;
    const shown = shownBy(evidence, verifier, trust.now);
    const { ecosystem } = dependency;
    const stated = withoutNegations(known.expectation.identity);
    expectation = checkExpectation({ ecosystem, release: manifest, identity, stated }, known.package, packument, shown);
    findings.push(
      ...judgeIdentity(identity, expectation, { others: evidence.others, registry: evidence.registry }, known),
      ...checkPredicate(attested.provenance, attested.predicate),
    );
  } else if (!claimsProvenance && !attested.has.provenance && !stripped) {
    loss = checkLossAgainst(known.package, packument, dependency);
    if (loss !== null) findings.push(loss);
  }
  if (packument !== null) {
    const lost = loss !== null && loss.code !== 'provenance-missing';
    // Provenance of a builder that no earlier release shows excuses no other finding.
    const provenance = expectation?.isKnownBuilder === true ? 'proven' : lost ? 'lost' : 'none';
    const context = { known: known.package, provenance, scripts: known.scripts } as const;
    findings.push(...checkRelease(packument, manifest, context));
    const tag = checkDistTag(packument, dependency.version, known.package);
    if (tag !== null) findings.push(tag);
  }

  const isLocked = locked !== null && dependency.artifacts[0].archive === undefined && integrity.findings.length === 0;
  const holds = isLocked && signature !== null && signature.proof !== null;
  const proofs: Proofs = {
    ...NO_PROOFS,
    integrity: holds ? establish({ by: signature.proof.by, digests: [locked] as const }) : null,
    signature: signature?.proof ?? null,
    publish: attested.publish,
    provenance: attested.provenance,
  };
  const stated = keysAnswered(evidence) ? findings : findings.filter((problem) => !isKeyUnknown(problem));
  const state = known.baseline?.state ?? null;
  return {
    proofs,
    findings: stated,
    published,
    expected: expectation?.before?.identity ?? null,
    ask: expectation?.ask ?? [],
    baseline: rewritten === null ? state : 'rewritten',
  };
}

function isMismatch({ findings }: IntegrityCheck): boolean {
  return findings.some(({ code }) => code === 'integrity-mismatch');
}

/** What a registry signs has a hash in it; where it serves none, what it signed cannot be this. */
function unsignable({ signatures: [signature] }: Manifest, registry: string): Finding {
  return signature === undefined
    ? finding('signature-missing', { registry })
    : finding('signature-invalid', { keyId: signature.keyId });
}

/** An unknown key is no finding if the registry's own keys could not be obtained. */
function keysAnswered({ registryKeys }: DependencyEvidence): boolean {
  return registryKeys === null || registryKeys.state === 'present' || registryKeys.state === 'absent';
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
  const about = {
    name: dependency.name,
    version: dependency.version,
    subject: subjectOf(dependency.name, dependency.version),
    sha512: integrity.locked?.hex ?? null,
    reported: isMismatch(integrity) ? integrity.served : null,
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
 * Whether no version of a document is signed. npm signs every version of every package, so that such a document of
 * npm's was stripped on its way; another registry may never have signed.
 */
function isStripped(packument: Packument | null): boolean {
  if (packument === null) return false;
  // Most documents say so with the first version that is looked at.
  for (const version of packument.versions.keys()) {
    if ((packument.versions.get(version)?.signatures.length ?? 0) > 0) return false;
  }
  return true;
}

/** Who built other versions, from their own attestations, held against the hash the registry gives for each. */
function shownBy({ packument, others }: DependencyEvidence, verifier: Verifier, now: Instant): Shown {
  const shown = new Map<string, Identity | null>();
  if (packument.state !== 'present') return shown;
  const { name, versions } = packument.value;
  for (const { version, attestations } of others) {
    const sha512 = sha512OfSri(versions.get(version)?.integrity ?? null);
    const entries = attestations.state === 'present' ? attestations.value : [];
    const about = { name, version, subject: subjectOf(name, version), sha512, reported: null };
    const { provenance } = checkAttestations(entries, about, verifier, now, EARLIER_KINDS);
    shown.set(version, provenance?.identity ?? null);
  }
  return shown;
}

/** The package URL npm attests: the scope's @ is percent-encoded, nothing else is (purl specification, npm type). */
function subjectOf(name: string, version: string): string {
  return `pkg:npm/${name.replace(/^@/, '%40')}@${version}`;
}
