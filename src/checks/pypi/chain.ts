import type { Dependency } from '../../model/dependency.ts';
import type { Evidence } from '../../model/evidence.ts';
import { finding, type Finding } from '../../model/finding.ts';
import { establish, type IntegrityProof } from '../../model/proof.ts';
import type { IndexProject, IndexRelease } from '../../model/pypi-index.ts';
import type { Instant } from '../../model/time.ts';
import type { Assessment } from '../../model/verdict.ts';
import { checkHeldAge, publishTime } from '../age.ts';
import { entryDigest } from '../entry-digest.ts';
import { firstPublished, provenanceSince } from '../history.ts';
import type { Expectations, Trust } from '../known.ts';
import { checkNotRegistry } from '../not-registry.ts';
import { unanswered } from '../unanswered.ts';
import type { FileProof } from './attestations.ts';
import { evidenceDigest } from './evidence-digest.ts';
import { checkAddresses, checkFiles, checkHashes, checkIndex, type FilesCheck, type LockedFile } from './files.ts';
import { checkAttested, judgeProvenance, type PypiEvidence } from './provenance.ts';
import { checkIndexRelease } from './release.ts';
import { NO_PROOFS, unproven } from '../unproven.ts';

/** An assessment, and the versions whose attestations are to be asked for before it counts. */
export interface Assessed {
  readonly assessment: Assessment;
  readonly ask: readonly string[];
}

/** The locked files of a version that the index has, and what is wrong with the others. */
export function lockedFiles(dependency: Dependency, project: IndexProject): FilesCheck {
  return checkFiles(dependency, releaseOf(project, dependency.version)?.files ?? []);
}

/** What can be said of a dependency that no index was asked about. */
export function assessUnasked(dependency: Dependency, known: Expectations, now: Instant): Assessment {
  const findings = [...localFindings(dependency), ...(known.baseline?.findings ?? [])];
  const unasked = { ...unproven(dependency, known), findings };
  if (known.baseline?.state !== 'held') return unasked;
  const published = known.package?.versions.get(dependency.version)?.published ?? null;
  const age = checkHeldAge(published, known.expectation.releaseAge, known.registry, now);
  return { ...unasked, findings: age === null ? findings : [...findings, age], published };
}

/** Runs the chain for one dependency, in order. */
export function assess(
  dependency: Dependency,
  evidence: PypiEvidence,
  known: Expectations,
  { verifierFor, now }: Trust,
): Assessed {
  const index = checkIndex(dependency, known.registry, known.expectation.addresses);
  const held = [...(index === null ? [] : [index]), ...(known.baseline?.findings ?? [])];
  const local = [...localFindings(dependency), ...held];
  const settled = (...findings: readonly Finding[]): Assessed => {
    return { assessment: { ...unproven(dependency, known), findings: [...local, ...findings] }, ask: [] };
  };
  const { project: answer, registry } = evidence;
  if (answer.state !== 'present') return settled(noProject(answer));
  const project = answer.value;
  const release = project.quarantined === null ? releaseOf(project, dependency.version) : undefined;
  if (release === undefined) return settled(withoutRelease(dependency, project, registry, known));

  const { locked, findings: mismatches, isWhole } = checkFiles(dependency, release.files);
  const address = checkAddresses(dependency, release.files, registry, known.expectation.addresses);
  const verifying = { verifier: verifierFor([], known.expectation.instance), now };
  const attested = checkAttested(evidence.files, project.name, verifying);
  const { proofs } = attested;
  const claimed = project.time.get(release.version) ?? null;
  const published = publishTime(claimed, proofs[0]?.proof.bundle.times ?? []);
  const judged = judgeProvenance({ dependency, release, project, locked, evidence, proofs, known, ...verifying });
  // A release is proven as a whole, or not: nobody knows which of its files is installed.
  const proven = isAttested(locked, proofs) ? proofs : [];
  const assessment: Assessment = {
    ...unproven(dependency, known),
    proofs: {
      ...NO_PROOFS,
      integrity: isWhole ? integrityOf(dependency, locked, proofs) : null,
      publish: proven.find(({ kind }) => kind === 'publish')?.proof ?? null,
      provenance: (proven.find(({ kind }) => kind === 'provenance') ?? proven[0])?.proof ?? null,
    },
    findings: [
      ...local,
      ...mismatches,
      ...(address === null ? [] : [address]),
      ...attested.findings,
      ...judged.findings,
      ...ageFindings(published, known, now),
      ...checkIndexRelease(release.files, locked),
    ],
    published,
    release: {
      evidence: isWhole ? evidenceDigest(locked, proofs) : null,
      entry: entryDigest(dependency),
      publisher: null,
      published: claimed,
      firstPublished: firstPublished(project),
      provenanceSince: provenanceSince(project),
      expected: judged.expectations[0]?.before?.identity ?? null,
    },
  };
  return { assessment, ask: [...new Set(judged.expectations.flatMap(({ ask }) => ask))] };
}

function releaseOf(project: IndexProject, version: string): IndexRelease | undefined {
  const spelling = project.spelling(version);
  return spelling === null ? undefined : project.versions.get(spelling);
}

/** What no index is needed for: files that none vouches for, those without a hash, and what the reader found. */
function localFindings(dependency: Dependency): readonly Finding[] {
  const { artifacts, findings = [] } = dependency;
  const [other] = artifacts.flatMap(({ source }) => checkNotRegistry(source) ?? []);
  return [...findings, ...(other === undefined ? [] : [other]), ...checkHashes(dependency)];
}

/** A project that an index does not show may be hidden, so its absence is no answer. */
function noProject(answer: Exclude<Evidence<IndexProject>, { state: 'present' }>): Finding {
  const problem = unanswered('history', answer);
  if (problem !== null) return problem;
  const reason = 'the index does not have it, or does not show it';
  return finding('evidence-unavailable', { evidence: 'history', url: answer.url, reason, absent: true });
}

/** The index has the project, and no file of the version: it was removed, or never there. */
function withoutRelease(
  { version }: Dependency,
  { quarantined }: IndexProject,
  registry: string,
  known: Expectations,
): Finding {
  if (quarantined !== null) {
    return finding('version-removed', { registry, quarantined: true, reason: quarantined });
  }
  // Whoever can edit a lockfile can name a version that never was.
  return known.package?.versions.has(version) === true
    ? finding('version-removed', { registry, quarantined: false, reason: '' })
    : finding('lockfile-version-unknown', { registry, isPackage: true, published: null });
}

function ageFindings(published: Instant | null, known: Expectations, now: Instant): readonly Finding[] {
  const found = checkHeldAge(published, known.expectation.releaseAge, known.registry, now);
  return found === null ? [] : [found];
}

/** Where every locked file is attested, who built them says so; else the index alone does. */
function integrityOf(
  { artifacts }: Dependency,
  locked: readonly LockedFile[],
  proofs: readonly FileProof[],
): IntegrityProof | null {
  const [first, ...rest] = locked.map(({ digest }) => digest);
  if (first === undefined) return null;
  const by = isAttested(locked, proofs) ? ('builder' as const) : ('registry' as const);
  const isNamed = artifacts.every(({ file }) => file !== null);
  const files = isNamed ? {} : { files: locked.map(({ file }) => file.name) };
  return establish({ by, digests: [first, ...rest] as const, ...files });
}

function isAttested(locked: readonly LockedFile[], proofs: readonly FileProof[]): boolean {
  return locked.every(({ file }) => proofs.some((one) => one.file === file.name));
}
