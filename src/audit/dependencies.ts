import { assessBeside } from './beside.ts';
import { gatherBytes, withBytes, withSignedHash, type Bytes } from './bytes.ts';
import { gatherCapabilities, withCapabilities, type GatheredCapabilities } from './capabilities.ts';
import type { CompareOptions } from './compare.ts';
import { mapConcurrently } from './concurrently.ts';
import { gather, gatherMore, registryTrustFor, type Answer, type RegistryTrust } from './gather.ts';
import { memoryOf, type Memory } from './memory.ts';
import type { DependencyOptions, TrustOptions } from './options.ts';
import { registriesAsked } from './summary.ts';
import { threadOnDemand, type ThreadOnDemand } from './threads/verifying.ts';
import { checkBaseline } from '../checks/baseline.ts';
import type { Expectations, Trust } from '../checks/known.ts';
import { isKeyUnknown, withoutNewerKeys } from '../checks/newer-keys.ts';
import { withDependencyAges } from '../checks/added-dependencies.ts';
import { assess } from '../checks/npm/chain.ts';
import { checkResolved } from '../checks/npm/source.ts';
import { withUnknownPackages } from '../checks/unknown-packages.ts';
import { verifiers } from '../checks/verifiers.ts';
import { rulingBaseline, type Baseline } from '../model/baseline.ts';
import type { Dependency } from '../model/dependency.ts';
import type { DependencyEvidence, RegistryKey } from '../model/evidence.ts';
import { NO_EXPECTATION, type Policy } from '../model/policy.ts';
import type { Assessment, JudgedDependency } from '../model/verdict.ts';
import { expectationOf, needsCapabilities } from '../policy/apply.ts';
import { judge, type Enforcement } from '../policy/enforce.ts';
import { NPM_KEYS } from '../registries/npm/keys.ts';

/** Registry connections are the scarce thing; this many dependencies wait for them at once. */
const CONCURRENCY = 64;

/** With fewer dependencies to ask about, starting a thread takes longer than it saves. */
const THREAD_FROM = 64;

/** Each round asks about versions that were not asked about before: tries of two channels, and two witnesses. */
const MAX_ROUNDS = 8;

/**
 * The stages after the lockfile, for dependencies from wherever they come: evidence, proofs and findings, verdicts. The
 * result is in the order of `dependencies`. `locked` is what these are judged beside: everything their lockfile names,
 * null without one, and none where neither what a release adds nor what others show decides anything.
 */
export async function auditDependencies(
  dependencies: readonly Dependency[],
  { locked, ...options }: DependencyOptions & { readonly locked: readonly Dependency[] | null },
): Promise<readonly JudgedDependency[]> {
  const { registry, now } = options;
  const assessments = await assessDependencies(dependencies, options);
  const beside = await assessBeside(assessments, {
    registry,
    locked,
    assess: (others) => assessDependencies(others, unheld(options)),
  });
  const settled = withUnknownPackages(withDependencyAges(assessments, beside, now), beside.assessed);
  return settled.map((assessment) => judge(assessment, enforcementOf(options)));
}

/** Judges dependencies that serve as a measure for others, without the baseline. */
export async function judgeUnheld(
  dependencies: readonly Dependency[],
  options: DependencyOptions,
): Promise<readonly JudgedDependency[]> {
  const assessments = await assessDependencies(dependencies, unheld(options));
  return assessments.map((assessment) => judge(assessment, enforcementOf(options)));
}

/** Verifies one version for a comparison: the baseline does not hold it, and no progress is shown. */
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

function enforcementOf({ enforce, policy, baseline, now }: DependencyOptions): Enforcement {
  return { phase: enforce, policy: policy?.policy ?? null, accepted: baseline?.content?.accepted ?? [], now };
}

/** Options for dependencies that serve as a measure for others: without the baseline, and without capabilities. */
function unheld({ policy, ...options }: DependencyOptions): DependencyOptions {
  return {
    ...options,
    ...(policy && { policy: { ...policy, policy: { ...policy.policy, critical: null } } }),
    baseline: null,
    capabilities: false,
    compareBytes: null,
    onProgress: () => undefined,
  };
}

/** What all dependencies of one audit share. */
interface Run {
  readonly options: DependencyOptions;
  readonly policy: Policy | null;
  /** The baseline that decides: in a pull request, that of its base. */
  readonly baseline: Baseline | null;
  /** The base's baseline as it is in a pull request, whether or not it rules; else the only one. */
  readonly recorded: Baseline | null;
  /** All registries that the run is about. */
  readonly registries: ReadonlySet<string>;
  /** Registry keys that are known whatever the registry is. */
  readonly keys: readonly RegistryKey[];
  readonly trust: Trust;
  /** Null where nothing is kept. */
  readonly memory: Memory | null;
  readonly thread: ThreadOnDemand;
}

function openRun(dependencies: readonly Dependency[], options: DependencyOptions): Run {
  const { registry, now, store } = options;
  const { root, rootDigest, npmKeys, keys } = options.trust;
  const trust = { now, verifierFor: verifiers(root) };
  return {
    options,
    policy: options.policy?.policy ?? null,
    baseline: options.baseline ? rulingBaseline(options.baseline) : null,
    recorded: (options.baseline?.base ?? options.baseline)?.content ?? null,
    registries: options.registries ?? registriesAsked(dependencies, registry),
    keys: [...(npmKeys ?? NPM_KEYS), ...keys],
    trust,
    memory: store ? memoryOf(store, { registry, rootDigest, now }) : null,
    thread: threadOnDemand(trust, { root: root.source, now }, THREAD_FROM),
  };
}

async function assessDependencies(
  dependencies: readonly Dependency[],
  options: DependencyOptions,
): Promise<readonly Assessment[]> {
  const run = openRun(dependencies, options);
  let done = 0;
  const work = mapConcurrently(dependencies, CONCURRENCY, async (dependency) => {
    const assessment = await assessDependency(dependency, run);
    done += 1;
    options.onProgress?.(done, dependencies.length);
    return assessment;
  });
  return work.finally(run.thread.close);
}

/** The steps for one dependency. Its bytes are read while the registry is asked. */
async function assessDependency(dependency: Dependency, run: Run): Promise<Assessment> {
  const known = expectationsOf(dependency, run);
  const assessing = assessOnce(dependency, known, run);
  const [{ assessment }, capabilities, bytes] = await Promise.all([
    assessing,
    capabilitiesOf(dependency, known, assessing, run),
    bytesFoundOf(dependency, assessing, run),
  ]);
  return withBytes(withCapabilities(assessment, capabilities), bytes);
}

/** Step 1: what policy, baseline and project say of it before anything is asked. */
function expectationsOf(dependency: Dependency, { options, policy, baseline, recorded }: Run): Expectations {
  const { name } = dependency;
  const registry = options.registry.urlFor(name);
  const expectation = policy === null ? NO_EXPECTATION : expectationOf(policy, dependency, registry);
  // A baseline keeps less of an identity than a policy can demand, and an address of an unusual form can only be judged
  // with the registry's own.
  const reverify =
    options.reverify === true ||
    Object.keys(expectation.identity).length > 0 ||
    checkResolved(dependency, registry, null, expectation.addresses)?.code === 'lockfile-resolved-mismatch';
  return {
    registry,
    expectation,
    baseline: baseline === null ? null : checkBaseline(dependency, { ruling: baseline, recorded }, reverify),
    package: baseline?.packages.get(name) ?? null,
    scripts: options.scripts?.(dependency) ?? { permission: 'unknown' },
  };
}

/** Step 2: the assessment, by the baseline where it decides, else of an earlier run, else by the registry's answers. */
async function assessOnce(dependency: Dependency, known: Expectations, run: Run): Promise<Answer> {
  const { options, memory, trust } = run;
  const registryTrust = registryTrustFor(known.registry, run.keys, options.policy, run.registries);
  const withKeys = (assessment: Assessment): Promise<Assessment> =>
    withKeysAsked(assessment, registryTrust, options.trust);
  if (!isAsked(dependency, known)) {
    const { assessment } = assess(dependency, null, known, trust);
    return { assessment: await withKeys(assessment), manifestSeen: null };
  }

  const question = { dependency, known, registryTrust };
  const recalled = options.reverify === true ? null : await memory?.recall(question);
  if (recalled) return { assessment: await withKeys(recalled), manifestSeen: null };

  const { assessment, evidence } = await askRegistry(dependency, known, registryTrust, run);
  memory?.keep(question, assessment, evidence);
  return { assessment: await withKeys(assessment), manifestSeen: evidence.manifest };
}

/** The registry is not asked of what comes from elsewhere, nor of what the baseline decides. */
function isAsked({ artifacts: [{ source }] }: Dependency, { baseline }: Expectations): boolean {
  return source.kind === 'registry' && baseline?.state !== 'held' && baseline?.state !== 'rewritten';
}

/** Asks in rounds, as an assessment can show that other versions have to be asked about. */
async function askRegistry(
  dependency: Dependency,
  known: Expectations,
  registryTrust: RegistryTrust,
  { options: { registry }, thread }: Run,
): Promise<{ readonly assessment: Assessment; readonly evidence: DependencyEvidence }> {
  thread.countRequest();
  let evidence = await gather(dependency, registry, registryTrust, known);
  let assessed = assess(dependency, evidence, known, await thread.trustFor(evidence));
  for (let round = 0; assessed.ask.length > 0 && round < MAX_ROUNDS; round += 1) {
    evidence = await gatherMore(evidence, assessed.ask, registry);
    assessed = assess(dependency, evidence, known, await thread.trustFor(evidence));
  }
  return { assessment: assessed.assessment, evidence };
}

/** Where the policy names the registry's keys, newer keys from the TUF repository play no part. */
async function withKeysAsked(
  assessment: Assessment,
  { hasPolicyKeys }: RegistryTrust,
  trust: TrustOptions,
): Promise<Assessment> {
  if (hasPolicyKeys || !assessment.findings.some(isKeyUnknown)) return assessment;
  const repository = (await trust.newest?.()) ?? null;
  return repository === null ? assessment : withoutNewerKeys(assessment, repository);
}

/** Step 3: what its files can reach; null where neither the run nor the policy asks. */
async function capabilitiesOf(
  dependency: Dependency,
  known: Expectations,
  assessing: Promise<Answer>,
  { options: { capabilities, reverify, registry }, policy }: Run,
): Promise<GatheredCapabilities | null> {
  const isWanted = capabilities === true && dependency.direct;
  if (!isWanted && !(policy !== null && needsCapabilities(policy, dependency))) return null;
  const locked = await withSignedHash(dependency, assessing);
  return gatherCapabilities(locked, { policy, package: known.package, reverify: reverify === true, registry });
}

/** Step 4: its tarball and what is installed of it; null where the run does not read tarballs. */
async function bytesFoundOf(
  dependency: Dependency,
  assessing: Promise<Answer>,
  { options: { compareBytes, registry, store = null } }: Run,
): Promise<Bytes | null> {
  return compareBytes ? gatherBytes(dependency, { registry, assessing, store, ...compareBytes }) : null;
}
