import { agesOf, type TrustAged } from './age.ts';
import { isOmitted, type Omittable, type TrustOptions } from './options.ts';
import type { BaselineInUse } from '../model/baseline.ts';
import type { Dependency, LocatedLockfile, Lockfile, PlacedFinding, SkippedEntry } from '../model/dependency.ts';
import { newestHeads, type LogSeen } from '../model/log-seen.ts';
import { specOf } from '../model/package.ts';
import type { PolicyInUse } from '../model/policy.ts';
import type {
  BytesUsed,
  Counts,
  InstalledUsed,
  LockfileUsed,
  PolicyUsed,
  RegistryUsed,
  Report,
  SinceUsed,
} from '../model/report.ts';
import type { Instant } from '../model/time.ts';
import type { JudgedDependency, Phase } from '../model/verdict.ts';
import { unusedRules, type Asked } from '../policy/apply.ts';
import { baselineUsed, forgedIn } from '../baseline/used.ts';
import { judgeLockfile, overallVerdict, verdictOf } from '../policy/enforce.ts';
import type { Sources } from '../ecosystems/ecosystem.ts';
import { ecosystemOf, registryOf } from '../ecosystems/index.ts';
import { VERSION } from '../model/version.ts';

/** What a run used. */
interface Used extends Sources {
  readonly trust: TrustAged & Pick<TrustOptions, 'rootDigest'>;
  readonly now: Instant;
  readonly repository?: string | null;
  readonly enforce: Phase;
  readonly policy?: PolicyInUse | null;
  readonly baseline?: BaselineInUse | null;
  readonly beside?: readonly Lockfile[];
  readonly omit?: readonly Omittable[];
}

/** The report of one run over what `lockfiles` named; `read` accounts for every entry read. */
export function reportOf(
  each: Report['lockfiles'],
  read: Pick<Lockfile, 'entries' | 'dependencies' | 'skipped'> & { readonly logs: readonly LogSeen[] },
  dependencies: readonly JudgedDependency[],
  used: Used,
): Report {
  const { trust, now, repository, enforce, policy, baseline, beside = [], omit = [] } = used;
  const locked = [...read.dependencies, ...beside.flatMap((lockfile) => lockfile.dependencies)];
  const run = {
    locked,
    judged: dependencies,
    isOmitted: (one: Dependency) => isOmitted(one, omit),
    now,
    logs: read.logs,
  };
  const baselines = baseline ? [baselineUsed(baseline, run)] : [];
  const asked = {
    packages: read.dependencies,
    registries: registriesAsked(read.dependencies, used),
    now,
  };
  const forged = judgeLockfile(baselines.flatMap(forgedIn), { phase: enforce, policy: policy?.policy ?? null });
  const lockfiles = each.map((one, i) => (i === 0 ? { ...one, findings: [...one.findings, ...forged] } : one));
  return {
    tool: { name: 'assay', version: VERSION },
    time: now,
    repository: repository ?? null,
    lockfiles,
    unread: [],
    verdict: overallVerdict([
      ...dependencies.map((dependency) => dependency.verdict),
      ...lockfiles.map(({ findings }) => verdictOf(findings.map(({ finding }) => finding))),
    ]),
    enforce,
    policy: policy ? policyUsed(policy, lockfiles.length > 0 ? asked : null, dependencies) : null,
    counts: countsOf(lockfiles, read, dependencies),
    trust: {
      root: trust.rootName,
      rootDigest: trust.rootDigest,
      ages: agesOf(trust),
      registries: registriesUsed(dependencies, used),
      repository: trust.repository ?? null,
      logs: newestHeads(read.logs.flatMap(({ head }) => head ?? [])),
    },
    baselines,
    baseline: baselines[0] ?? null,
    review: null,
    bytes: null,
    installed: null,
    advisories: [],
    dependencies,
    explanations: [],
    skipped: read.skipped,
  };
}

/** What became of the dependencies of one lockfile. */
export interface Covered {
  readonly lockfile: LocatedLockfile;
  readonly judged: readonly JudgedDependency[];
  readonly omitted: number;
  readonly unchanged: readonly Dependency[];
  readonly since: SinceUsed | null;
  /** Null unless installed files were compared. */
  readonly installed: InstalledUsed | null;
  /** What came of the transparency logs that it was held to. */
  readonly logs: readonly LogSeen[];
}

/** The account of one lockfile. */
export function lockfileUsed(
  { lockfile, judged, omitted, unchanged, since, logs }: Covered,
  others: readonly PlacedFinding[],
  { enforce, policy }: Pick<Used, 'enforce' | 'policy'>,
): LockfileUsed {
  const { file, format, path, digest, entries, dependencies, skipped, hooks, findings = [] } = lockfile;
  const reasons: Partial<Record<SkippedEntry['reason'], number>> = {};
  for (const { reason } of skipped) reasons[reason] = (reasons[reason] ?? 0) + 1;
  return {
    file,
    format,
    path,
    digest,
    entries,
    places: dependencies.reduce((sum, { places }) => sum + places.length, 0),
    skipped: reasons,
    named: dependencies.length,
    judged: judged.length,
    omitted,
    unchanged: unchanged.length,
    since,
    ...(hooks === undefined ? {} : { hooks }),
    findings: judgeLockfile(
      [...findings, ...others.filter(({ place }) => place.file === file), ...ofLogs(file, logs)],
      {
        phase: enforce,
        policy: policy?.policy ?? null,
      },
    ),
  };
}

/** What is wrong with a log as a whole concerns all that is held to it. */
function ofLogs(file: string, logs: readonly LogSeen[]): readonly PlacedFinding[] {
  const found = new Map(logs.flatMap(({ findings }) => findings.map((one) => [JSON.stringify(one), one] as const)));
  return [...found.values()].map((one) => ({ place: { file, line: 1, path: '' }, finding: one }));
}

function policyUsed(
  { policy, digest }: PolicyInUse,
  asked: Asked | null,
  judged: readonly JudgedDependency[],
): PolicyUsed {
  const outside = judged.filter(({ dependency, critical }) => dependency.direct && critical === null);
  return {
    file: policy.file,
    digest,
    unused: asked === null ? [] : unusedRules(policy, asked),
    outside: policy.critical === null ? [] : [...new Set(outside.map(({ dependency }) => specOf(dependency)))].sort(),
  };
}

const PROOFS = ['integrity', 'signature', 'publish', 'provenance', 'bytes', 'installed'] as const;

function countsOf(
  lockfiles: readonly LockfileUsed[],
  read: Pick<Lockfile, 'entries' | 'dependencies' | 'skipped'>,
  dependencies: readonly JudgedDependency[],
): Counts {
  const verdicts = { pass: 0, warn: 0, fail: 0, unverified: 0 };
  const proofs = { integrity: 0, signature: 0, publish: 0, provenance: 0, bytes: 0, installed: 0 };
  for (const dependency of dependencies) {
    verdicts[dependency.verdict] += 1;
    for (const proof of PROOFS) {
      if (dependency.proofs[proof] !== null) proofs[proof] += 1;
    }
  }
  return {
    entries: read.entries,
    skipped: read.skipped.length,
    omitted: sum(lockfiles, 'omitted'),
    unchanged: sum(lockfiles, 'unchanged'),
    dependencies: dependencies.length,
    ...verdicts,
    ...proofs,
  };
}

function sum(lockfiles: readonly LockfileUsed[], name: 'omitted' | 'unchanged'): number {
  return lockfiles.reduce((total, lockfile) => total + lockfile[name], 0);
}

/** What came of the tarballs. */
export function bytesUsed(dependencies: readonly JudgedDependency[]): BytesUsed {
  const read = dependencies.flatMap(({ dependency, proofs: { bytes } }) =>
    bytes === null ? [] : [{ dependency, bytes }],
  );
  const inRepositories = read.filter(({ bytes }) => bytes.repository !== undefined).length;
  return {
    tarballs: read.length,
    size: read.reduce((sum, { bytes }) => sum + bytes.size, 0),
    cached: read.filter(({ bytes }) => bytes.from !== 'registry').length,
    corrupt: read.filter(({ bytes }) => bytes.corruptCache).map(({ dependency }) => specOf(dependency)),
    ...(inRepositories > 0 && { inRepositories }),
  };
}

/** What was compared for the lockfiles of one folder. What one of them names was not left out. */
export function installedUsed(each: readonly InstalledUsed[]): InstalledUsed {
  const [first] = each;
  return {
    copies: each.reduce((sum, { copies }) => sum + copies, 0),
    files: each.reduce((sum, { files }) => sum + files, 0),
    absent: [...new Set(each.flatMap(({ absent }) => absent))],
    unlocked: (first?.unlocked ?? []).filter((path) => each.every(({ unlocked }) => unlocked.includes(path))),
  };
}

/** The registries of these dependencies, whether or not they were asked in this run. */
export function registriesAsked(dependencies: readonly Dependency[], sources: Sources): ReadonlySet<string> {
  const served = dependencies.filter(({ artifacts }) => artifacts[0].source.kind === 'registry');
  return new Set(served.map((one) => registryOf(one, sources)));
}

/** Which registries were asked, and whose keys verified something there, or what chose them. */
function registriesUsed(dependencies: readonly JudgedDependency[], sources: Sources): readonly RegistryUsed[] {
  const chosen = dependencies.flatMap(({ dependency }): readonly RegistryUsed[] => {
    const { namedBy } = ecosystemOf(dependency).questions(sources);
    if (namedBy === undefined || dependency.artifacts[0].source.kind !== 'registry') return [];
    const url = registryOf(dependency, sources);
    return [{ url, keys: [], namedBy: namedBy(url) }];
  });
  const used = new Map<string, Map<string, RegistryUsed['keys'][number]>>();
  for (const { dependency, proofs, baseline } of dependencies) {
    const [{ source, archive }] = dependency.artifacts;
    const asked = baseline !== 'held' && (baseline !== 'rewritten' || archive !== undefined);
    // Where nothing is signed by keys, none could have verified anything.
    if (source.kind !== 'registry' || !asked || ecosystemOf(dependency).keys === null) continue;
    const url = registryOf(dependency, sources);
    const keys = used.get(url) ?? new Map<string, RegistryUsed['keys'][number]>();
    used.set(url, keys);
    if (proofs.signature === null) continue;
    const { keyId, keyOrigin } = proofs.signature;
    keys.set(`${keyId} ${keyOrigin}`, { keyId, origin: keyOrigin });
  }
  const signed = [...used].map(([url, keys]): RegistryUsed => ({ url, keys: [...keys.values()] }));
  const named = [...new Map(chosen.map((one) => [one.url, one])).values()];
  return [...signed, ...named].sort((a, b) => (a.url < b.url ? -1 : 1));
}
