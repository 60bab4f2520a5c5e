import { hash } from 'node:crypto';
import { byteDigests, type Dependency, type Digest } from '../../model/dependency.ts';
import type { Evidence } from '../../model/evidence.ts';
import { finding, type Finding } from '../../model/finding.ts';
import type { History, Release } from '../../model/history.ts';
import { establish } from '../../model/proof.ts';
import type { Instant } from '../../model/time.ts';
import type { Assessment } from '../../model/verdict.ts';
import { sri } from '../../readers/integrity.ts';
import { checkAge, checkHeldAge, withoutTime } from '../age.ts';
import { entryDigest } from '../entry-digest.ts';
import { firstPublished } from '../history.ts';
import type { Expectations } from '../known.ts';
import { checkNotRegistry } from '../not-registry.ts';
import { checkRelease } from '../release.ts';
import { unanswered } from '../unanswered.ts';
import { unknownPublisher } from './publishers.ts';
import { checkMassYank } from './yanks.ts';
import { NO_PROOFS, unproven } from '../unproven.ts';

/** What can be said of a crate that nobody was asked about: no registry has it, or the baseline holds it. */
export function assessUnasked(dependency: Dependency, known: Expectations, now: Instant): Assessment {
  const local = { ...unproven(dependency, known), findings: localFindings(dependency, known) };
  if (known.baseline?.state !== 'held') return local;
  const published = known.package?.versions.get(dependency.version)?.published ?? null;
  const age = checkHeldAge(published, known.expectation.releaseAge, known.registry, now);
  return { ...local, findings: [...local.findings, ...(age === null ? [] : [age])], published };
}

/** What can be said of a crate of a registry that no settings name, and nobody asks. */
export function assessElsewhere(dependency: Dependency, known: Expectations): Assessment {
  const url = `sparse+${dependency.index ?? known.registry}`;
  const findings = [finding('lockfile-not-registry', { kind: 'other', url }), ...localFindings(dependency, known)];
  return { ...unproven(dependency, known), findings, registry: null };
}

/**
 * Holds an entry of Cargo.lock to the index. Nobody signs what that says: it is the registry's word. So is `published`,
 * the same history with the publishers of its versions; null where nobody was asked for these.
 */
export function assess(
  dependency: Dependency,
  known: Expectations,
  answer: Evidence<History>,
  published: Evidence<History> | null,
  now: Instant,
): Assessment {
  const local = { ...unproven(dependency, known), findings: localFindings(dependency, known) };
  const settled = (...findings: readonly Finding[]): Assessment => {
    return { ...local, findings: [...local.findings, ...findings] };
  };
  if (answer.state === 'absent') return settled(...unlocked(dependency), absent(answer.url));
  const problem = unanswered('history', answer);
  if (answer.state !== 'present') return settled(...(problem === null ? [] : [problem]));
  const history = published?.state === 'present' ? published.value : answer.value;
  const release = history.versions.get(dependency.version);
  if (release === undefined) {
    const args = { registry: known.registry, isPackage: true, published: null };
    return settled(...unlocked(dependency), finding('lockfile-version-unknown', args));
  }
  const time = history.time.get(dependency.version) ?? null;
  const [locked] = byteDigests(dependency.artifacts[0]);
  const proven = locked !== undefined && sri(locked) === release.integrity ? locked : null;
  const integrity = proven === null ? whyUnproven(dependency, locked, release) : [];
  return {
    ...settled(...integrity, ...judge(history, release, known, now), ...unknownPublishers(published, known)),
    published: time,
    proofs: {
      ...NO_PROOFS,
      integrity: proven === null ? null : establish({ by: 'registry' as const, digests: [proven] as const }),
    },
    release: {
      evidence: proven === null ? null : { algorithm: 'sha256', hex: evidenceOf(dependency, proven) },
      entry: entryDigest(dependency),
      publisher: release.publisher?.name ?? null,
      published: time,
      firstPublished: firstPublished(history),
      provenanceSince: null,
      expected: null,
    },
  };
}

function unknownPublishers(published: Evidence<History> | null, known: Expectations): readonly Finding[] {
  return published === null || published.state === 'present' ? [] : [unknownPublisher(published, known)];
}

/** What Cargo.lock and the baseline say by themselves. */
function localFindings(
  { artifacts: [{ source }], findings = [] }: Dependency,
  known: Expectations,
): readonly Finding[] {
  const elsewhere = checkNotRegistry(source);
  return [...(elsewhere === null ? [] : [elsewhere]), ...findings, ...(known.baseline?.findings ?? [])];
}

/** An index that has other crates and not this one never had it, or removed it (unknown-packages.ts). */
function absent(url: string): Finding {
  const reason = 'the index does not have it';
  return finding('evidence-unavailable', { evidence: 'manifest', url, reason, absent: true });
}

/** What a plain cargo build takes from wherever the index says; said once, also where the reader knows why. */
function unlocked({ artifacts: [artifact], findings = [] }: Dependency): readonly Finding[] {
  const isSaid = findings.some(({ code }) => code === 'integrity-missing');
  return isSaid || byteDigests(artifact).length > 0
    ? []
    : [finding('integrity-missing', { resolved: null, due: true })];
}

function whyUnproven(dependency: Dependency, locked: Digest | undefined, { integrity }: Release): readonly Finding[] {
  if (locked === undefined) return unlocked(dependency);
  return [finding('integrity-mismatch', { locked: sri(locked), actual: integrity ?? 'nothing', source: 'registry' })];
}

/** How old it is, whether it was taken back, and what it does that earlier releases did not. */
function judge(history: History, release: Release, known: Expectations, now: Instant): readonly Finding[] {
  const { releaseAge } = known.expectation;
  const published = history.time.get(release.version) ?? null;
  const context = { known: known.package, provenance: 'none', scripts: known.scripts } as const;
  return [
    releaseAge !== null && published === null ? withoutTime(known.registry) : checkAge(published, releaseAge, now),
    release.deprecated ? finding('version-yanked', { reason: null }) : null,
    checkMassYank(history, release, now),
    ...checkRelease(history, release, context),
  ].filter((one) => one !== null);
}

/** SHA-256 of what was compared (docs/evidence-digest.md). */
function evidenceOf({ name, version }: Dependency, { hex }: Digest): string {
  return hash('sha256', `index ${name}@${version} sha256:${hex}\n`, 'hex');
}
