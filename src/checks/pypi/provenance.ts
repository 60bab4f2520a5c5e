import type { Dependency } from '../../model/dependency.ts';
import type { Evidence } from '../../model/evidence.ts';
import { finding, type Finding } from '../../model/finding.ts';
import type { Identity } from '../../model/proof.ts';
import type { FileAttestation, IndexFile, IndexProject, IndexRelease } from '../../model/pypi-index.ts';
import type { Instant } from '../../model/time.ts';
import type { Verifier } from '../../sigstore/verify.ts';
import { checkExpectation, type ExpectationCheck } from '../expectation.ts';
import { withoutNegations } from '../identity.ts';
import { judgeIdentity } from '../judge-identity.ts';
import type { Expectations } from '../known.ts';
import { checkLossAgainst } from '../loss.ts';
import type { Shown } from '../measures.ts';
import { unanswered } from '../unanswered.ts';
import { checkFileAttestations, type FileCheck, type FileProof } from './attestations.ts';
import type { LockedFile } from './files.ts';
import { checkLockedIdentities } from './publisher.ts';
import { checkPartial } from './release.ts';

/** The attestations of one file, as they were asked for. */
export interface AskedFile {
  /** As the index writes it. */
  readonly version: string;
  readonly file: IndexFile;
  readonly attestations: Evidence<readonly FileAttestation[]>;
}

/** All that was gathered about one dependency. */
export interface PypiEvidence {
  /** The address of the index that was asked, without credentials. */
  readonly registry: string;
  readonly project: Evidence<IndexProject>;
  /** Of each locked file of which the index says that it has attestations. */
  readonly files: readonly AskedFile[];
  /** Of files of other versions, which show who is expected. */
  readonly others: readonly AskedFile[];
}

/** What the attestations are verified with. */
export interface Verifying {
  readonly verifier: Verifier;
  readonly now: Instant;
}

/** Do the attestations of the locked files hold? What the index says is there must be there. */
export function checkAttested(files: readonly AskedFile[], project: string, { verifier, now }: Verifying): FileCheck {
  const checks = files.map(({ file, attestations }): FileCheck => {
    if (attestations.state === 'absent') return withoutProofs(advertised(attestations.url));
    if (attestations.state !== 'present') return withoutProofs(unanswered('attestations', attestations));
    const check = checkFileAttestations(attestations.value, attestedFile(project, file), verifier, now);
    const isEmpty = check.proofs.length === 0 && check.findings.length === 0;
    return isEmpty ? withoutProofs(advertised(file.provenance ?? '')) : check;
  });
  return { proofs: checks.flatMap(({ proofs }) => proofs), findings: distinct(checks.flatMap((one) => one.findings)) };
}

function withoutProofs(found: Finding | null): FileCheck {
  return { proofs: [], findings: found === null ? [] : [found] };
}

function advertised(url: string): Finding {
  return finding('provenance-advertised-absent', { url });
}

function attestedFile(project: string, { name, sha256 }: IndexFile) {
  return { project, name, sha256: sha256 ?? '' };
}

/** What is known of one version, whose files were looked at. */
interface Judged extends Verifying {
  readonly dependency: Dependency;
  readonly release: IndexRelease;
  readonly project: IndexProject;
  readonly locked: readonly LockedFile[];
  readonly evidence: PypiEvidence;
  readonly proofs: readonly FileProof[];
  readonly known: Expectations;
}

/** Who built it, and was anything lost? */
export function judgeProvenance({
  dependency,
  release,
  project,
  locked,
  evidence,
  proofs,
  known,
  ...verifying
}: Judged): {
  readonly findings: readonly Finding[];
  readonly expectations: readonly ExpectationCheck[];
} {
  const { registry } = evidence;
  const { ecosystem, attestationIdentities: identities = [] } = dependency;
  const { version } = release;
  if (project.isStripped)
    return { findings: [finding('evidence-stripped', { registry, of: 'attestations' })], expectations: [] };
  const builders = buildersOf(proofs);
  const shown = shownBy(evidence.others, project, verifying);
  const stated = withoutNegations(known.expectation.identity);
  const judged = builders.map(({ identity }) => {
    const expected = checkExpectation({ ecosystem, release, identity, stated }, known.package, project, shown);
    const check = withLocked(expected, checkLockedIdentities(identities, identity, stated));
    return { check, findings: judgeIdentity(identity, check, { others: evidence.others, registry }, known) };
  });
  const hasClaim = locked.some(({ file }) => file.provenance !== null);
  const lost =
    hasClaim || locked.length === 0 ? null : checkLossAgainst(known.package, project, { ecosystem, version });
  const isGone = lost !== null && lost.kind !== 'loss' && identities.length > 0;
  const others = [isGone ? goneFrom(registry) : lost, checkPartial(project, version, locked), checkSources(builders)];
  return {
    findings: distinct([...judged.flatMap(({ findings }) => findings), ...others.filter((found) => found !== null)]),
    expectations: judged.map(({ check }) => check),
  };
}

/** Who the lockfile names is weaker than who the baseline has, and stronger than who built earlier releases. */
function withLocked(check: ExpectationCheck, locked: Finding | null): ExpectationCheck {
  if (locked === null) return check;
  const same = check.findings.find(({ code }) => code === locked.code);
  if (same !== undefined && 'source' in same.args && same.args.source === 'baseline') return check;
  const others = check.findings.filter((found) => found !== same);
  return { ...check, findings: [locked, ...others], isKnownBuilder: false };
}

/** The lockfile says who attested its files, and the index that nobody did. */
function goneFrom(url: string): Finding {
  return finding('provenance-advertised-absent', { url, by: 'lockfile' });
}

interface Builder {
  readonly identity: Identity;
  readonly file: string;
}

/** Each builder once, with the first file that shows it: another commit or run of the same workflow is the same. */
function buildersOf(proofs: readonly FileProof[]): readonly Builder[] {
  const found = new Map<string, Builder>();
  for (const { proof, file } of proofs) {
    const { identity } = proof;
    const { issuer, repository, repositoryId, ownerId, workflow, signer } = identity;
    const who =
      repository === null ? [issuer, identity.subject] : [issuer, repository, repositoryId, ownerId, workflow];
    const key = JSON.stringify([...who, signer]);
    if (!found.has(key)) found.set(key, { identity, file });
  }
  return [...found.values()];
}

/** Are the files of one release from one place? */
function checkSources([first, second]: readonly Builder[]): Finding | null {
  if (first === undefined || second === undefined) return null;
  const files = [first.file, second.file];
  return finding('provenance-inconsistent', {
    files,
    builders: [first, second].map(({ identity }) => nameOf(identity)),
  });
}

function nameOf({ repository, workflow, subject }: Identity): string {
  return repository === null ? subject : [repository, ...(workflow === null ? [] : [workflow])].join(' ');
}

/** Who built other versions, from attestations of one of their files, held against the hash that the index gives. */
function shownBy(others: readonly AskedFile[], { name }: IndexProject, { verifier, now }: Verifying): Shown {
  const shown = new Map<string, Identity | null>();
  for (const { version, file, attestations } of others) {
    const served = attestations.state === 'present' ? attestations.value : [];
    const { proofs } = checkFileAttestations(served, attestedFile(name, file), verifier, now);
    shown.set(version, proofs[0]?.proof.identity ?? null);
  }
  return shown;
}

/** Each cause once: files of one release share most of them. */
function distinct(findings: readonly Finding[]): readonly Finding[] {
  return [...new Map(findings.map((one) => [JSON.stringify([one.code, one.args]), one])).values()];
}
