import type { Target } from '../ecosystems/conventions/conventions.ts';
import { conventionsOf } from '../ecosystems/conventions/index.ts';
import { recordedHashes, type BaselinePackage, type LastingIdentity } from '../model/baseline.ts';
import type { AddedDependency, ChangedScript, Comparison, ShownIdentity, VersionFacts } from '../model/comparison.ts';
import { byteDigests } from '../model/dependency.ts';
import type { Evidence } from '../model/evidence.ts';
import { FINDING_KINDS, type ExpectationSource, type FindingCode } from '../model/finding.ts';
import type { History, Release } from '../model/history.ts';
import type { Instant } from '../model/time.ts';
import type { JudgedDependency, LeveledFinding } from '../model/verdict.ts';
import { firstPublished } from './history.ts';
import { sri } from '../readers/integrity.ts';

const NOBODY: ShownIdentity = {
  repository: null,
  workflow: null,
  signer: null,
  ref: null,
  commit: null,
  trigger: null,
  runner: null,
  issuer: null,
};

/** Whether a finding leaves a decision to people: provenance that was lost, or another builder. */
export function asksForDecision({ code, level }: LeveledFinding): boolean {
  return level !== 'note' && (isLoss(code) || FINDING_KINDS[code] === 'identity');
}

export function isLoss(code: FindingCode): boolean {
  return code === 'provenance-lost' || code === 'provenance-lost-elsewhere';
}

/** The earlier release that each finding was measured by, where it was one. */
export function measuredBy(findings: readonly LeveledFinding[]): Comparison['measured'] {
  return findings.flatMap(({ code, args }) => {
    const isOfHistory = isLoss(code) || FINDING_KINDS[code] === 'identity' || code.startsWith('history-');
    const version = 'predecessor' in args ? args.predecessor : 'version' in args ? args.version : undefined;
    return isOfHistory && typeof version === 'string' ? [{ code, version }] : [];
  });
}

/** Where the unmet expectations of an identity came from, the strongest; null where there is none. */
export function expectationSource(findings: readonly LeveledFinding[]): ExpectationSource | null {
  const sources = findings.flatMap(({ code, args }) =>
    FINDING_KINDS[code] === 'identity' && 'source' in args ? [args.source] : [],
  );
  const strongest = (['policy', 'baseline', 'lockfile', 'history', 'manifest'] as const).find((source) =>
    sources.includes(source),
  );
  return strongest ?? null;
}

/** What the registry and the verification say of one version; `history` is null where it was not answered. */
export function factsOf(history: History | null, version: string, judged: JudgedDependency | null): VersionFacts {
  const release = history?.versions.get(version);
  const [locked] = judged === null ? [] : byteDigests(judged.dependency.artifacts[0]);
  return {
    version,
    published: history?.time.get(version) ?? judged?.published ?? null,
    publisher: release?.publisher?.name ?? null,
    trustedPublisher: release?.publisher?.trustedPublisher ?? null,
    approver: release?.publisher?.approver ?? null,
    provenance: provenanceState(history, version, judged),
    // Without provenance there is only the manifest's own word, which is not shown beside a proven one.
    ...shownIdentity(judged?.proofs.provenance?.identity ?? NOBODY),
    ...idsOf(judged?.proofs.provenance?.identity ?? null),
    // What was verified, whatever the registry says now.
    integrity: locked === undefined ? (release?.integrity ?? null) : sri(locked),
  };
}

function shownIdentity(identity: ShownIdentity): ShownIdentity {
  const { repository, workflow, signer, ref, commit, trigger, runner, issuer } = identity;
  return { repository, workflow, signer, ref, commit, trigger, runner, issuer };
}

function idsOf(identity: LastingIdentity | null): Pick<VersionFacts, 'repositoryId' | 'ownerId'> {
  return { repositoryId: identity?.repositoryId ?? null, ownerId: identity?.ownerId ?? null };
}

function provenanceState(
  history: History | null,
  version: string,
  judged: JudgedDependency | null,
): VersionFacts['provenance'] {
  if ((judged?.proofs.provenance ?? null) !== null) return 'proven';
  const codes = judged?.findings.map((finding) => finding.code) ?? [];
  if (codes.includes('provenance-invalid') || codes.includes('provenance-subject-mismatch')) return 'invalid';
  if (codes.some(isLoss)) return 'none';
  if (
    history?.versions.get(version) === undefined ||
    codes.includes('evidence-unavailable') ||
    codes.includes('evidence-malformed')
  ) {
    return 'unknown';
  }
  if (history.withProvenance.has(version)) return 'claimed';
  // A registry that leaves signatures out would show no provenance, either.
  return codes.includes('evidence-stripped') ? 'unknown' : 'none';
}

/** What the baseline says of a version, or, for null, of whoever builds the package. */
export function recordedFacts(known: BaselinePackage, version: string | null): VersionFacts | null {
  const entry = version === null ? undefined : known.versions.get(version);
  const identity = version === null ? known.identity : (entry?.provenance.identity ?? null);
  if (identity === null) return null;
  return {
    version,
    published: entry?.published ?? null,
    publisher: entry?.publisher ?? null,
    trustedPublisher: null,
    approver: entry?.approver ?? null,
    provenance: 'recorded',
    ...NOBODY,
    ...shownIdentity({ ...NOBODY, ...identity }),
    ...idsOf(identity),
    integrity: entry === undefined ? null : recordedHashes(entry),
  };
}

type Changes = Pick<Comparison, 'manifestsKnown' | 'addedScripts' | 'changedScripts'> & {
  /** Name and spec. */
  readonly dependencies: readonly (readonly [name: string, spec: string])[];
};

/** What a version declares that the earlier one does not. */
export function changesSince(before: Release | undefined, now: Release | undefined): Changes {
  if (before === undefined || now === undefined) {
    return { manifestsKnown: false, dependencies: [], addedScripts: [], changedScripts: [] };
  }
  const scripts = Object.entries(now.installScripts);
  const changed = scripts.flatMap(([name, command]): ChangedScript[] => {
    const was = Object.hasOwn(before.installScripts, name) ? before.installScripts[name] : undefined;
    return was === undefined || was === command ? [] : [{ name, before: was, command }];
  });
  return {
    manifestsKnown: true,
    dependencies: Object.entries(now.dependencies).filter(([name]) => !Object.hasOwn(before.dependencies, name)),
    addedScripts: scripts
      .filter(([name]) => !Object.hasOwn(before.installScripts, name))
      .map(([name, command]) => ({ name, command })),
    changedScripts: changed,
  };
}

/** How old an added dependency was at `at`, from its registry document. No answer is never an age. */
export function ageOf(
  [name, spec]: readonly [string, string],
  { range }: Target,
  at: Instant | null,
  answer: Evidence<History>,
): AddedDependency {
  if (answer.state !== 'present') {
    const reason = answer.state === 'absent' ? 'the registry does not have it' : answer.reason;
    return unknownAge([name, spec], reason);
  }
  // Versions that were taken down keep their times.
  const times = answer.value.time;
  if (times.size === 0) return unknownAge([name, spec], 'the registry gives no times');
  const then = [...times].filter(([, time]) => at !== null && time <= at).map(([version]) => version);
  const newest = conventionsOf(answer.value.ecosystem).versions.highest(then, range);
  return {
    name,
    spec,
    firstPublished: firstPublished(answer.value),
    newest: newest === null ? null : { version: newest, published: times.get(newest) ?? null },
    unknown: null,
  };
}

export function unknownAge([name, spec]: readonly [string, string], reason: string): AddedDependency {
  return { name, spec, firstPublished: null, newest: null, unknown: reason };
}
