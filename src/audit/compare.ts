import { expectedIdentity } from '../checks/baseline.ts';
import {
  ageOf,
  asksForDecision,
  changesSince,
  expectationSource,
  factsOf,
  isLoss,
  measuredBy,
  recordedFacts,
  unknownAge,
} from '../checks/comparison.ts';
import {
  lastWithProvenance,
  laterWithProvenance,
  lowerOfUnknownTime,
  predecessorOf,
  versionToStayOn,
} from '../checks/history.ts';
import { conventionsOf } from '../ecosystems/conventions/index.ts';
import type { Questions, Sources } from '../ecosystems/ecosystem.ts';
import { ecosystemOf } from '../ecosystems/index.ts';
import { parseIntegrity } from '../lockfiles/index.ts';
import { isAcceptable, type Baseline, type BaselinePackage } from '../model/baseline.ts';
import type { AddedDependency, Comparison, LaterVersion, Use, VersionFacts } from '../model/comparison.ts';
import type { Dependency, Digest, PackageManager } from '../model/dependency.ts';
import { isDigest } from '../model/hash.ts';
import { packageId } from '../model/package.ts';
import { FINDING_KINDS, type FindingKind } from '../model/finding.ts';
import type { History } from '../model/history.ts';
import type { Ecosystem, VersionRef } from '../model/package.ts';
import type { Instant } from '../model/time.ts';
import type { JudgedDependency, LeveledFinding } from '../model/verdict.ts';

export interface CompareOptions {
  readonly sources: Sources;
  /** Verifies a version as any other, held by nothing. */
  readonly verify: (dependency: Dependency) => Promise<JudgedDependency | null>;
  readonly baseline: Baseline | null;
}

/** The options of a comparison, and which package manager installs a dependency. */
export interface ExplainOptions extends CompareOptions {
  readonly managerOf: (dependency: Dependency) => PackageManager;
}

/** Dependencies of one report that are explained, the gravest first. */
export const MAX_EXPLAINED = 20;
/** New dependencies of one version whose age is asked for. */
const MAX_AGES = 10;

/** A version with a finding of these kinds is none to move to. */
const REFUSING: readonly FindingKind[] = ['contradiction', 'advisory', 'loss', 'identity'];
/** The gravest kinds of finding first; within one kind, what the project itself depends on. */
const GRAVEST: readonly FindingKind[] = ['loss', 'identity', 'gap'];

/**
 * What people need to decide about lost provenance and unexpected builders, for the gravest such findings. Makes no
 * request where there are none, and changes no verdict.
 */
export async function explain(
  judged: readonly JudgedDependency[],
  options: ExplainOptions,
): Promise<readonly Comparison[]> {
  const ranked = judged
    .filter(({ findings }) => findings.some(asksForDecision))
    .map((one) => ({ one, rank: rankOf(one) }))
    .sort((a, b) => a.rank - b.rank);
  return Promise.all(
    ranked.slice(0, MAX_EXPLAINED).map(({ one }) => {
      const { direct, alias = null } = one.dependency;
      return compareVersion(one, { direct, alias, manager: options.managerOf(one.dependency) }, options);
    }),
  );
}

function rankOf({ findings, dependency }: JudgedDependency): number {
  const of = ({ level, kind }: LeveledFinding): number => (level === 'error' ? 0 : 10) + GRAVEST.indexOf(kind);
  const gravest = Math.min(...findings.filter(asksForDecision).map(of));
  return 2 * gravest + (dependency.direct ? 0 : 1);
}

/** One version beside the earlier one that its findings were held against, else beside its predecessor. */
export async function compareVersion(
  judged: JudgedDependency,
  use: Use | null,
  { sources, verify, baseline }: CompareOptions,
): Promise<Comparison> {
  const { dependency, findings } = judged;
  const { name, version } = dependency;
  const questions = ecosystemOf(dependency).questions(sources);
  const answer = await questions.history(name);
  const found = answer.state === 'present' ? answer.value : null;
  const history = found === null ? null : ((await questions.withPublishers?.(found)) ?? found);
  const known = baseline?.packages.get(packageId(dependency)) ?? null;
  const deciding = findings.filter(asksForDecision);
  const against = heldAgainst(dependency, deciding, history, known);

  const current = factsOf(history, version, judged);
  const asked = { history, questions, known, verify };
  const nearest = await factsBefore(dependency, against, asked);
  const measure = isBuiltAlike(nearest, current) ? measureOf(deciding) : null;
  const before = measure === null ? nearest : await factsBefore(dependency, measure, asked);
  const good = before?.version ?? null;
  // Releases between the two may come from the builder of this one.
  const byOthers = deciding.some(({ code }) => FINDING_KINDS[code] === 'identity');
  const lastOwn = byOthers ? versionToStayOn(null, dependency, good) : null;
  const stay = before?.provenance === 'invalid' ? null : (lastOwn ?? versionToStayOn(history, dependency, good));
  const { dependencies, ...changes } = changesSince(
    history?.versions.get(before?.version ?? stay ?? ''),
    history?.versions.get(version),
  );
  return {
    ecosystem: dependency.ecosystem,
    name,
    registry: judged.registry,
    current,
    predecessor: before,
    ...changes,
    addedDependencies: await askAges(dependency.ecosystem, dependencies, current.published, questions),
    codes: [...new Set(deciding.map(({ code }) => code))].sort(),
    measured: measuredBy(findings),
    expectedBy: expectationSource(deciding),
    acceptable: findings.every(({ code, level }) => level !== 'error' || isAcceptable(code)),
    stay,
    later: deciding.some(({ code }) => isLoss(code)) ? await laterThan(version, asked) : null,
    use,
  };
}

/**
 * Whether both versions were proven to come from the same builder: one that is unexpected here was unexpected there.
 */
function isBuiltAlike(before: VersionFacts | null, current: VersionFacts): boolean {
  if (before?.provenance !== 'proven' || current.provenance !== 'proven') return false;
  const fields = ['issuer', 'repository', 'repositoryId', 'ownerId', 'workflow', 'signer'] as const;
  return fields.every((field) => before[field] === current[field]);
}

/** The earlier release that shows who is expected. */
function measureOf(deciding: readonly LeveledFinding[]): { readonly version: string } | null {
  for (const { code, args } of deciding) {
    const isIdentity = code === 'identity-owner-changed' || code.startsWith('identity-unexpected-');
    if (isIdentity && 'version' in args) return { version: args.version };
  }
  return null;
}

/** A version, or `package` for what the baseline has of the package and of no version in particular. */
type HeldAgainst = { readonly version: string } | 'package' | null;

function heldAgainst(
  dependency: Dependency,
  deciding: readonly LeveledFinding[],
  history: History | null,
  known: BaselinePackage | null,
): HeldAgainst {
  const { version } = dependency;
  for (const { code, args } of deciding) {
    if (code === 'provenance-lost') return { version: args.predecessor };
    if (code === 'provenance-lost-elsewhere') return { version: args.version };
  }
  if (deciding.some(({ code }) => FINDING_KINDS[code] === 'identity')) {
    const expected = expectedIdentity(known, dependency);
    if (expected !== null) return expected.version === undefined ? 'package' : { version: expected.version };
    const last = history === null ? null : lastWithProvenance(history, version);
    if (last !== null) return last;
  }
  return history === null ? null : (predecessorOf(history, version) ?? lowerOfUnknownTime(history, version));
}

/** What other versions of a package are judged by. */
interface Asked extends Pick<CompareOptions, 'verify'> {
  readonly history: History | null;
  readonly questions: Questions;
  readonly known: BaselinePackage | null;
}

/**
 * Facts about the earlier version. Its builder is verified again, over the hash that the baseline has for it; where
 * that proves nothing, the baseline's record is used.
 */
async function factsBefore(
  { ecosystem, name, version }: Dependency,
  against: HeldAgainst,
  { history, questions, known, verify }: Asked,
): Promise<VersionFacts | null> {
  if (against === null) return null;
  const earlier = against === 'package' ? null : against.version;
  const recorded = known === null ? null : recordedFacts(known, earlier);
  // A version is not compared with itself.
  if (earlier === null || earlier === version) return recorded;
  const held = known?.versions
    .get(earlier)
    ?.artifacts.map(({ hash }) => hash)
    .filter(isDigest);
  const one = { ecosystem, name, version: earlier };
  const locked = held === undefined ? await servedDependency(one, history, questions) : dependencyOf(one, held);
  const facts = factsOf(history, earlier, await verify(locked));
  return facts.provenance === 'proven' ? facts : (recorded ?? facts);
}

/** A version as if a project locked what its registry serves. */
export async function servedDependency(
  version: VersionRef,
  history: History | null,
  questions: Questions,
  place?: string,
): Promise<Dependency> {
  const found = dependencyOf(
    version,
    servedIntegrity(history?.versions.get(version.version)?.integrity ?? null),
    place,
  );
  const artifacts = await questions.artifacts?.(version.name, version.version);
  return artifacts === undefined ? found : { ...found, artifacts };
}

/** A version as if a project locked it by `integrity`; `place` is what to call the place. */
export function dependencyOf(
  { ecosystem, name, version }: VersionRef,
  integrity: readonly Digest[],
  place = `${name}@${version}`,
): Dependency {
  return {
    ecosystem,
    name,
    version,
    artifacts: [{ file: null, digests: integrity, source: { kind: 'registry', resolved: null } }],
    places: [{ file: place, line: 1, path: place }],
    direct: true,
    dev: false,
    optional: false,
    peer: false,
    exotic: [],
    bundles: [],
  };
}

/** The hashes that a registry says a version has. */
export function servedIntegrity(integrity: string | null): readonly Digest[] {
  try {
    return parseIntegrity(integrity ?? '');
  } catch {
    // What cannot be read locks nothing, and the audit says so.
    return [];
  }
}

/**
 * The next version to go to. It is verified like any other: anyone who can publish can announce provenance, or have
 * provenance of another repository.
 */
async function laterThan(version: string, { history, questions, verify }: Asked): Promise<LaterVersion> {
  if (history === null) return { state: 'unknown' };
  const later = laterWithProvenance(history, version);
  if (later === null) return { state: 'none' };
  const judged = await verify(await servedDependency({ ...history, version: later.version }, history, questions));
  if (judged === null || judged.findings.some(({ kind }) => kind === 'unavailable')) return { state: 'unknown' };
  const isRefused = judged.findings.some(({ kind }) => REFUSING.includes(kind));
  return { state: judged.proofs.provenance !== null && !isRefused ? 'proven' : 'refused', ...later };
}

function askAges(
  ecosystem: Ecosystem,
  dependencies: readonly (readonly [name: string, spec: string])[],
  at: Instant | null,
  questions: Questions,
): Promise<readonly AddedDependency[]> {
  return Promise.all(
    dependencies.map(async (declared, i) => {
      const target = conventionsOf(ecosystem).names.target(...declared);
      if (target === null) return unknownAge(declared, 'not a version range');
      if (i >= MAX_AGES) return unknownAge(declared, 'not asked');
      return ageOf(declared, target, at, await questions.history(target.name));
    }),
  );
}
