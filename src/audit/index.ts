import { assessBeside, servingBeside } from './beside.ts';
import { gatherBytes, withBytes } from './bytes.ts';
import { gatherCapabilities } from './capabilities.ts';
import { assess, type Assessed } from '../checks/npm/chain.ts';
import type { Known, Trust } from '../checks/known.ts';
import { withDependencyAges } from '../checks/npm/added-dependencies.ts';
import { checkBaseline } from '../checks/baseline.ts';
import { isKeyUnknown, withoutNewerKeys } from '../checks/newer-keys.ts';
import { checkResolved } from '../checks/npm/source.ts';
import { withUnknownPackages } from '../checks/unknown-packages.ts';
import { verifiers } from '../checks/verifiers.ts';
import { explain, type CompareOptions } from './compare.ts';
import { mapConcurrently } from './concurrently.ts';
import { digestOf } from '../readers/digest.ts';
import { gather, gatherMore, speakerFor, type Speaker } from './gather.ts';
import { openInstalled, type Installed } from './installed.ts';
import { changeSince, type LockfileBefore } from './lockfile-changes.ts';
import { parseLockfile, type ProjectManifests, type ProjectSettings } from '../lockfiles/index.ts';
import { memoryOf, type Established, type Store } from './memory.ts';
import { bytesOf, rulingBaseline, type Baseline, type BaselineInUse } from '../model/baseline.ts';
import { specOf, type Dependency, type LocatedLockfile, type Lockfile } from '../model/dependency.ts';
import type { DependencyEvidence, Evidence, Manifest, RegistryKey } from '../model/evidence.ts';
import { NO_EXPECTATION, type PolicyInUse } from '../model/policy.ts';
import type { Report, ReviewUsed, TrustRepository } from '../model/report.ts';
import type { AskHistory } from '../model/review.ts';
import type { Instant } from '../model/time.ts';
import type { Assessment, JudgedDependency, Phase } from '../model/verdict.ts';
import { expectationOf, needsCapabilities } from '../policy/apply.ts';
import { judge, type Enforcement } from '../policy/enforce.ts';
import { reviewed, reviewRules, undated } from '../policy/review.ts';
import { withoutAttestations } from '../policy/unserved.ts';
import { NPM_KEYS } from '../registries/npm/keys.ts';
import type { Registry } from '../registries/registry.ts';
import type { TrustedRoot } from '../sigstore/trusted-root.ts';
import { bytesUsed, installedUsed, lockfileUsed, registriesAsked, reportOf, type Covered } from './summary.ts';
import { openVerifyingThread, verifiedBy, type VerifyingThread } from './threads/verifying.ts';

/** The kinds of dependencies that may be left out. */
export const OMITTABLE = ['dev', 'optional', 'peer'] as const;
export type Omittable = (typeof OMITTABLE)[number];

export interface TrustOptions {
  readonly root: TrustedRoot;
  /** For the report: "public-good" or a file, and the SHA-256 of its bytes in hex. */
  readonly rootName: string;
  readonly rootDigest: string;
  /** Registry keys the user configured, beside npm's. */
  readonly keys: readonly RegistryKey[];
  /** npm's keys by now, instead of the pinned ones. */
  readonly npmKeys?: readonly RegistryKey[];
  /** For the report: what the repository of this trust said of it; left out where there is none. */
  readonly repository?: TrustRepository;
  /** What that repository says now, where it is asked meanwhile. */
  readonly newest?: () => Promise<TrustRepository | null>;
}

export interface AuditOptions extends LockfileAuditOptions {
  /** The lockfile's path as it is to be reported. */
  readonly file: string;
  readonly bytes: Uint8Array;
  /** The same from the root of its repository, with forward slashes; `file` where left out. */
  readonly path?: string;
  /** The project's package.json texts, for lockfiles that do not say what the project itself asks for. */
  readonly manifests?: ProjectManifests;
  /** The project's own configuration of its package manager, which explains what a lockfile says. */
  readonly settings?: ProjectSettings;
}

/** How lockfiles that have been read are audited. */
export interface LockfileAuditOptions {
  readonly registry: Registry;
  readonly trust: TrustOptions;
  readonly now: Instant;
  /** The phase, whatever the policy's is. */
  readonly enforce: Phase;
  readonly policy?: PolicyInUse | null;
  readonly omit: readonly Omittable[];
  /** Audit only what was not in the lockfile there; null or left out where the run is not about a change. */
  readonly since?: Since | null;
  /** What was verified before; null or left out where no baseline is in use. */
  readonly baseline?: BaselineInUse | null;
  /** Lockfiles that share the baseline and are not audited: what they name is no leftover of it. */
  readonly beside?: readonly Lockfile[];
  /** All registries that the lockfiles are about; those of what is audited where left out. */
  readonly registries?: ReadonlySet<string>;
  /** Ask and verify also what the baseline holds. */
  readonly reverify?: boolean;
  /** False asks for nothing but what the verdict needs; the report then explains nothing. */
  readonly explain?: boolean;
  /** Asked when versions came into the lockfile, where a decision about them waits and the baseline does not say. */
  readonly askHistory?: AskHistory;
  /** Find out what every direct dependency can reach, whether or not the policy asks. */
  readonly capabilities?: boolean;
  /** Hash every tarball, and hold its package.json against the registry's manifest. */
  readonly tarballs?: boolean;
  /** The folder whose node_modules are compared with the tarballs, which are then hashed as well. */
  readonly installed?: string | null;
  /** Keeps what was established for later runs; null or left out where nothing is to be kept. */
  readonly store?: Store | null;
  /** The repository's address; null or left out where nothing names it. */
  readonly repository?: string | null;
  /** Called after each dependency. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** A revision, with the lockfiles as they were there. */
export interface Since {
  readonly ref: string;
  /** Hex. */
  readonly commit: string;
  /** By the file as it is reported. One that is not named was not there. */
  readonly before: ReadonlyMap<string, LockfileBefore>;
}

/** Registry connections are the scarce thing; this many dependencies wait for them at once. */
const CONCURRENCY = 64;

/** With fewer dependencies to ask about, starting a thread takes longer than it saves. */
const THREAD_FROM = 64;

/** The pipeline: lockfile bytes to a report. Throws LockfileError for a file that cannot be read as a lockfile. */
export async function audit({
  file,
  bytes,
  path = file,
  manifests,
  settings,
  ...options
}: AuditOptions): Promise<Report> {
  return auditLockfiles(
    [{ ...parseLockfile(file, bytes, manifests, settings), path, digest: digestOf(bytes) }],
    options,
  );
}

/**
 * The same for lockfiles of one folder, which share its baseline. What two of them name is judged in each, one after the
 * other, so that what the first showed is in `store` for the next.
 */
export async function auditLockfiles(
  lockfiles: readonly LocatedLockfile[],
  given: LockfileAuditOptions,
): Promise<Report> {
  const named = [...lockfiles, ...(given.beside ?? [])].flatMap(({ dependencies }) => dependencies);
  const options = { ...given, registries: registriesAsked(named, given.registry) };
  const covered: Covered[] = [];
  for (const lockfile of lockfiles) covered.push(await auditLockfile(lockfile, options));
  const judged = covered.flatMap((one) => one.judged);
  const unserved = withoutAttestations(judged, await serving(judged, lockfiles, options));
  const { dependencies, used } = await review(unserved.judged, options);
  const managers = new Map(lockfiles.map(({ file, manager }) => [file, manager]));
  const explanations =
    options.explain === false
      ? []
      : await explain(dependencies, {
          registry: options.registry,
          baseline: options.baseline ? rulingBaseline(options.baseline) : null,
          verify: verifier(options),
          managerOf: ({ places: [place] }) => managers.get(place?.file ?? '') ?? 'npm',
        });
  const installed = covered.flatMap((one) => one.installed ?? []);
  const read = {
    entries: lockfiles.reduce((sum, { entries }) => sum + entries, 0),
    dependencies: lockfiles.flatMap((lockfile) => lockfile.dependencies),
    skipped: lockfiles.flatMap(({ skipped }) => skipped),
  };
  return {
    ...reportOf(
      covered.map((one) => lockfileUsed(one, unserved.findings, options)),
      read,
      dependencies,
      options,
    ),
    bytes: options.tarballs === true || installed.length > 0 ? bytesUsed(dependencies) : null,
    installed: installed.length > 0 ? installedUsed(installed) : null,
    review: used,
    explanations,
  };
}

async function auditLockfile(lockfile: LocatedLockfile, options: LockfileAuditOptions): Promise<Covered> {
  const { omit, since, baseline } = options;
  const asked = lockfile.dependencies.filter((dependency) => !isOmitted(dependency, omit));
  const omitted = lockfile.dependencies.length - asked.length;
  const change = since ? changeSince(since.before.get(lockfile.file) ?? null, lockfile) : null;
  // An entry that the change brings into the baseline would hold its version from then on.
  const isNew = (dependency: Dependency): boolean =>
    change === null || change.gained.has(dependency) || isNewInBaseline(dependency, baseline);
  const unchanged = asked.filter((dependency) => !isNew(dependency));
  const wanted = asked.filter(isNew);
  const { scripts } = lockfile;
  const { installed: root = null } = options;
  const installed = root === null ? null : await openInstalled(root, lockfile);
  const compareBytes = options.tarballs === true || installed !== null ? { installed } : null;
  const locked = lockfile.dependencies;
  const judged = await auditDependencies(wanted, { ...options, ...(scripts && { scripts }), compareBytes, locked });
  const all = { lockfile, judged, omitted, unchanged, installed: installed?.used(wanted) ?? null };
  if (!since || change === null) return { ...all, since: null };
  const { ref, commit } = since;
  const { found, problem, removed } = change;
  const specs = [...new Set(unchanged.map(specOf))].sort();
  return { ...all, since: { ref, commit, found, problem, unchanged: specs, removed } };
}

/** What else shows what the registries serve. */
function serving(
  judged: readonly JudgedDependency[],
  lockfiles: readonly LocatedLockfile[],
  options: LockfileAuditOptions,
): Promise<readonly JudgedDependency[]> {
  const known = options.baseline ? rulingBaseline(options.baseline) : null;
  return servingBeside(judged, {
    registry: options.registry,
    locked: lockfiles.flatMap(({ dependencies }) => dependencies),
    isWithout: ({ name, version }) => known?.packages.get(name)?.versions.get(version)?.provenance.identity === null,
    judge: async (dependencies) => {
      const assessments = await assessDependencies(dependencies, aside(options));
      return assessments.map((one) => judge(one, enforcementOf(options)));
    },
  });
}

function isNewInBaseline({ name, version }: Dependency, baseline: BaselineInUse | null | undefined): boolean {
  if (!baseline?.base) return false;
  const has = (content: Baseline | null): boolean => content?.packages.get(name)?.versions.has(version) === true;
  return has(baseline.content) && !has(baseline.base.content);
}

/** Verifies one version for a comparison: nothing is held, and no progress shown. */
export function verifier(options: DependencyOptions): CompareOptions['verify'] {
  return async (dependency) => {
    const [judged] = await auditDependencies([dependency], {
      ...options,
      baseline: null,
      compareBytes: null,
      locked: [],
      onProgress: () => undefined,
    });
    return judged ?? null;
  };
}

/** The clock: which findings wait for a decision, whose it is, and since when. */
async function review(
  judged: readonly JudgedDependency[],
  { policy, baseline, now, askHistory }: LockfileAuditOptions,
): Promise<{ dependencies: readonly JudgedDependency[]; used: ReviewUsed | null }> {
  const content = baseline?.content ?? null;
  const rules = reviewRules(policy?.policy ?? null, content);
  if (rules === null) return { dependencies: judged, used: null };
  // A pull request cannot put off what was first seen before it.
  const seen = [...(content?.seen ?? []), ...(baseline?.base?.content?.seen ?? [])];
  const clock = { rules, baseline: { accepted: content?.accepted ?? [], seen }, now };
  const specs = undated(judged, clock);
  const history = specs.length === 0 || askHistory === undefined ? null : await askHistory(specs);
  const dependencies = reviewed(judged, history, clock);
  const reviews = dependencies.flatMap(({ findings }) => findings.flatMap((finding) => finding.review ?? []));
  const { deadlineHours, queue } = rules;
  const overdue = reviews.filter((each) => each.overdue).length;
  return {
    dependencies,
    used: { deadlineHours, queue, pending: reviews.length, overdue, shallow: history?.shallow ?? false },
  };
}

/** Each round asks about versions that were not asked about before: tries of two channels, and two witnesses. */
const MAX_ROUNDS = 8;

/**
 * The options of what is done for each dependency. `locked` is what it is judged beside: everything its lockfile names, null
 * without one, and none where what is added and what others show decides nothing. `compareBytes` has its tarball read, and what is installed compared with it. */
type DependencyOptions = Omit<LockfileAuditOptions, 'omit' | 'since' | 'tarballs' | 'installed'> &
  Pick<Lockfile, 'scripts'> & { readonly compareBytes?: { readonly installed: Installed | null } | null };

/** The stages after the lockfile, for dependencies from wherever they come. The order of the result is theirs. */
export async function auditDependencies(
  dependencies: readonly Dependency[],
  { locked, ...options }: DependencyOptions & { readonly locked: readonly Dependency[] | null },
): Promise<readonly JudgedDependency[]> {
  const { registry, now } = options;
  const assessments = await assessDependencies(dependencies, options);
  const assess = (others: readonly Dependency[]): Promise<readonly Assessment[]> =>
    assessDependencies(others, aside(options));
  const beside = await assessBeside(assessments, { registry, locked, assess });
  const settled = withUnknownPackages(withDependencyAges(assessments, beside, now), beside.assessed);
  return settled.map((assessment) => judge(assessment, enforcementOf(options)));
}

function enforcementOf({ enforce, policy, baseline, now }: DependencyOptions): Enforcement {
  return { phase: enforce, policy: policy?.policy ?? null, accepted: baseline?.content?.accepted ?? [], now };
}

/** For what others are judged by: held by nothing, and what its files can reach decides nothing. */
function aside({ policy, ...options }: DependencyOptions): DependencyOptions {
  return {
    ...options,
    ...(policy && { policy: { ...policy, policy: { ...policy.policy, critical: null } } }),
    baseline: null,
    capabilities: false,
    compareBytes: null,
    onProgress: () => undefined,
  };
}

async function assessDependencies(
  dependencies: readonly Dependency[],
  options: DependencyOptions,
): Promise<readonly Assessment[]> {
  const { registry, now } = options;
  const baseline = options.baseline ? rulingBaseline(options.baseline) : null;
  const recorded = (options.baseline?.base ?? options.baseline)?.content ?? null;
  const policy = options.policy?.policy ?? null;
  const keys = [...(options.trust.npmKeys ?? NPM_KEYS), ...options.trust.keys];
  const trust: Trust = { now, verifierFor: verifiers(options.trust.root) };
  const registries = options.registries ?? registriesAsked(dependencies, registry);
  const memory = options.store
    ? memoryOf(options.store, { registry, rootDigest: options.trust.rootDigest, now })
    : null;
  let thread: VerifyingThread | null = null;
  let asked = 0;
  let done = 0;
  const work = mapConcurrently(dependencies, CONCURRENCY, async (dependency) => {
    const url = registry.urlFor(dependency.name);
    const expectation = policy === null ? NO_EXPECTATION : expectationOf(policy, dependency.name, url);
    // A baseline keeps less of an identity than a policy can ask for, and an address of no known form is the registry's to
    // recognise.
    const reverify =
      options.reverify === true ||
      Object.keys(expectation.identity).length > 0 ||
      checkResolved(dependency, url, null, expectation.addresses)?.code === 'lockfile-resolved-mismatch';
    const known: Known = {
      registry: url,
      expectation,
      baseline: baseline === null ? null : checkBaseline(dependency, { ruling: baseline, recorded }, reverify),
      package: baseline?.packages.get(dependency.name) ?? null,
      scripts: options.scripts?.(dependency) ?? { permission: 'unknown' },
    };
    const wantsCapabilities =
      (options.capabilities === true && dependency.direct) ||
      (policy !== null && needsCapabilities(policy, dependency));
    const capabilitySources = { policy, package: known.package, reverify: options.reverify === true, registry };
    let evidence: DependencyEvidence | null = null;
    const speaker = speakerFor(url, keys, options.policy, registries);
    const assessUnder = async (gathered: DependencyEvidence, by: VerifyingThread | null): Promise<Assessed> =>
      assess(dependency, gathered, known, by === null ? trust : await verifiedBy(by, gathered, trust));
    const established = async (): Promise<Assessment> => {
      if (!isAsked(dependency, known)) return assess(dependency, null, known, trust).assessment;
      const ask = async (): Promise<Established> => {
        asked += 1;
        if (asked === THREAD_FROM) thread = openVerifyingThread({ root: options.trust.root.source, now });
        let gathered = await gather(dependency, registry, speaker, known);
        let assessed = await assessUnder(gathered, thread);
        for (let round = 0; assessed.ask.length > 0 && round < MAX_ROUNDS; round += 1) {
          gathered = await gatherMore(gathered, assessed.ask, registry);
          assessed = await assessUnder(gathered, thread);
        }
        evidence = gathered;
        return { evidence: gathered, assessment: assessed.assessment };
      };
      if (memory === null) return (await ask()).assessment;
      return memory.recall({ dependency, known, speaker, fresh: options.reverify === true }, ask);
    };
    const answered = established().then((assessment) => withKeysAsked(assessment, speaker, options.trust));
    const locked = (): Promise<Dependency> => lockedBy(dependency, answered);
    const said = async (): Promise<Evidence<Manifest> | null> => {
      await answered;
      return evidence?.manifest ?? null;
    };
    const [assessment, capabilities, bytes] = await Promise.all([
      answered,
      wantsCapabilities ? gatherCapabilities(await locked(), capabilitySources) : null,
      options.compareBytes
        ? gatherBytes(dependency, { registry, locked, said, store: options.store ?? null, ...options.compareBytes })
        : null,
    ]);
    done += 1;
    options.onProgress?.(done, dependencies.length);
    return withBytes(withCapabilities(assessment, capabilities), bytes);
  });
  return work.finally(() => thread?.close());
}

/** Whoever has keys of their own for a registry depends on nobody's newer ones. */
async function withKeysAsked(assessment: Assessment, speaker: Speaker, trust: TrustOptions): Promise<Assessment> {
  if (speaker.hasOwnKeys || !assessment.findings.some(isKeyUnknown)) return assessment;
  const repository = (await trust.newest?.()) ?? null;
  return repository === null ? assessment : withoutNewerKeys(assessment, repository);
}

/** With the hash that the registry signed, where the lockfile can lock none. */
async function lockedBy(dependency: Dependency, assessing: Promise<Assessment>): Promise<Dependency> {
  return dependency.archive === undefined ? dependency : { ...dependency, ...bytesOf(await assessing) };
}

/** Other bytes are a contradiction, unless the hash is known to be wrong already. */
function withCapabilities(
  assessment: Assessment,
  gathered: Awaited<ReturnType<typeof gatherCapabilities>> | null,
): Assessment {
  if (gathered === null) return assessment;
  const { reading, finding } = gathered;
  const isNews = !assessment.findings.some(({ code }) => /^integrity-(?:mismatch|rewritten)$/.test(code));
  const findings = finding !== null && isNews ? [...assessment.findings, finding] : assessment.findings;
  return { ...assessment, findings, capabilities: reading };
}

/** The registry is not asked of what comes from elsewhere, nor of what the baseline decides. */
function isAsked({ source }: Dependency, { baseline }: Known): boolean {
  return source.kind === 'registry' && baseline?.state !== 'held' && baseline?.state !== 'rewritten';
}

function isOmitted(dependency: Dependency, omit: readonly Omittable[]): boolean {
  return omit.some((kind) => dependency[kind]);
}
