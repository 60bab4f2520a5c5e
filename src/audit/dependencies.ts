import { assessBeside } from './beside.ts';
import { withBytes } from './bytes.ts';
import { gatherCapabilities, withCapabilities } from './capabilities.ts';
import type { CompareOptions } from './compare.ts';
import { mapConcurrently } from './concurrently.ts';
import { memoryOf, type Memory } from './memory.ts';
import type { DependencyOptions, TrustOptions } from './options.ts';
import { instancesOf } from './instances.ts';
import { registryTrustFor } from './registry-trust.ts';
import { registriesAsked } from './summary.ts';
import type { PlainInstance } from './threads/messages.ts';
import { threadOnDemand, type ThreadOnDemand } from './threads/verifying.ts';
import { withAdvisories } from '../advisories/match.ts';
import { checkBaseline } from '../checks/baseline.ts';
import type { Expectations, RegistryTrust } from '../checks/known.ts';
import { isKeyUnknown, withoutNewerKeys } from '../checks/newer-keys.ts';
import { withDependencyAges } from '../checks/added-dependencies.ts';
import { withSignedHash } from '../checks/signed-hash.ts';
import { withUnknownPackages } from '../checks/unknown-packages.ts';
import { verifiersUnder } from '../checks/verifiers.ts';
import type { Chain, ChainContext, KnownHeads, Sources } from '../ecosystems/ecosystem.ts';
import { ecosystemOf, PINNED, registryOf } from '../ecosystems/index.ts';
import { recordedBaseline, rulingBaseline, type Baseline } from '../model/baseline.ts';
import type { Dependency } from '../model/dependency.ts';
import type { RegistryKey } from '../model/evidence.ts';
import type { GatheredBytes, GatheredCapabilities } from '../model/gathered.ts';
import { packageId, type Ecosystem } from '../model/package.ts';
import { NO_EXPECTATION, type Policy } from '../model/policy.ts';
import type { Assessment, JudgedDependency } from '../model/verdict.ts';
import type { Instance } from '../sigstore/instance.ts';
import { expectationOf, needsCapabilities } from '../policy/apply.ts';
import { judge, type Enforcement } from '../policy/enforce.ts';

/** Registry connections are the scarce thing; this many dependencies wait for them at once. */
const CONCURRENCY = 64;

/** With fewer dependencies to ask about, starting a thread takes longer than it saves. */
const THREAD_FROM = 64;

/**
 * The stages after the lockfile, for dependencies from wherever they come: evidence, proofs and findings, verdicts. The
 * result is in the order of `dependencies`. `locked` is what these are judged beside: everything their lockfile names;
 * null where there is no lockfile; empty to compare with nothing else.
 */
export async function auditDependencies(
  dependencies: readonly Dependency[],
  { locked, ...options }: DependencyOptions & { readonly locked: readonly Dependency[] | null },
): Promise<readonly JudgedDependency[]> {
  const { now } = options;
  const assessments = await assessDependencies(dependencies, options);
  const beside = await assessBeside(assessments, {
    sources: options,
    locked,
    assess: (others) => assessDependencies(others, unheld(options)),
  });
  const settled = withUnknownPackages(withDependencyAges(assessments, beside, now), beside.assessed);
  const advisories = (await options.advisories) ?? null;
  const warned = advisories === null ? settled : withAdvisories(settled, advisories);
  return warned.map((assessment) => judge(assessment, enforcementOf(options)));
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
export function verifyForComparison(options: DependencyOptions): CompareOptions['verify'] {
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
  /** In a pull request the base's baseline with all its entries; else the file's. */
  readonly recorded: Baseline | null;
  /** All registries that the run is about. */
  readonly registries: ReadonlySet<string>;
  /** Registry keys that are known whatever the registry is. */
  readonly keys: readonly RegistryKey[];
  /** What is known of each before anything is asked. */
  readonly expectations: Map<Dependency, Expectations>;
  /** By the ecosystem of a dependency. */
  readonly chains: ReadonlyMap<Ecosystem, Chain>;
  /** Null where nothing is kept. */
  readonly memory: Memory | null;
  readonly thread: ThreadOnDemand;
}

function openRun(dependencies: readonly Dependency[], options: DependencyOptions): Run {
  const { now, store = null } = options;
  const { npmKeys, keys } = options.trust;
  const instances = instancesOf(options.trust);
  const trust = { now, verifierFor: verifiersUnder(instances) };
  const thread = threadOnDemand(trust, () => ({ instances: instances.map(plainOf), now }), THREAD_FROM);
  return {
    options,
    policy: options.policy?.policy ?? null,
    baseline: options.baseline ? rulingBaseline(options.baseline) : null,
    recorded: recordedBaseline(options.baseline ?? null),
    registries: options.registries ?? registriesAsked(dependencies, options),
    expectations: new Map(),
    keys: [...(npmKeys ?? PINNED.flatMap(({ pinned }) => pinned)), ...keys],
    chains: openChains(dependencies, options, {
      trust,
      verifying: thread.verifying,
      store,
      heads: headsOf(options),
      witnesses: options.trust.witnesses ?? null,
    }),
    memory: store === null ? null : memoryOf(store, { instances, now }),
    thread,
  };
}

function plainOf({ name, thresholds, digest, root, witnesses }: Instance): PlainInstance {
  return { name, thresholds, digest, root: root().source, witnesses: witnesses?.text ?? null };
}

/** One for each ecosystem that the dependencies are of. */
function openChains(
  all: readonly Dependency[],
  sources: Sources,
  shared: Pick<ChainContext, 'trust' | 'verifying' | 'store' | 'heads' | 'witnesses'>,
): ReadonlyMap<Ecosystem, Chain> {
  const ecosystems = new Set(all.map(({ ecosystem }) => ecosystem));
  return new Map(
    [...ecosystems].map((ecosystem) => {
      const dependencies = all.filter((one) => one.ecosystem === ecosystem);
      return [ecosystem, ecosystemOf({ ecosystem }).openChain({ ...shared, sources, dependencies })];
    }),
  );
}

function headsOf({ baseline }: DependencyOptions): KnownHeads {
  if (!baseline) return { kept: [], claimed: [], file: '' };
  const claimed = baseline.base ? (baseline.content?.heads ?? []) : [];
  return { kept: rulingBaseline(baseline)?.heads ?? [], claimed, file: baseline.file };
}

async function assessDependencies(
  dependencies: readonly Dependency[],
  options: DependencyOptions,
): Promise<readonly Assessment[]> {
  const run = openRun(dependencies, options);
  for (const [ecosystem, chain] of run.chains) {
    const own = chain.begin === undefined ? [] : dependencies.filter((one) => one.ecosystem === ecosystem);
    chain.begin?.(own.filter((one) => isAsked(one, expectationsOf(one, chain, run))));
  }
  let done = 0;
  const work = mapConcurrently(dependencies, CONCURRENCY, async (dependency) => {
    const assessment = await assessDependency(dependency, run);
    done += 1;
    options.onProgress?.(done, dependencies.length);
    return assessment;
  });
  const assessments = await work.finally(run.thread.close);
  for (const chain of run.chains.values()) {
    options.onLogs?.((await chain.logs?.()) ?? []);
    const copies = (await chain.copies?.()) ?? null;
    if (copies !== null) options.onCopies?.(copies);
  }
  return assessments;
}

/** The steps for one dependency. Its bytes are read while the registry is asked. */
async function assessDependency(dependency: Dependency, run: Run): Promise<Assessment> {
  const chain = chainOf(dependency, run);
  const known = expectationsOf(dependency, chain, run);
  const assessing = assessOnce(dependency, known, chain, run);
  const [assessment, capabilities, bytes] = await Promise.all([
    assessing,
    capabilitiesOf(dependency, known, chain, assessing, run),
    bytesFoundOf(dependency, chain, assessing, run),
  ]);
  return withBytes(withCapabilities(assessment, capabilities), bytes);
}

function chainOf({ ecosystem }: Dependency, { chains }: Run): Chain {
  const chain = chains.get(ecosystem);
  if (chain === undefined) throw new Error(`no chain was opened for ${ecosystem}`);
  return chain;
}

/** Step 1: what policy, baseline and project say of it before anything is asked. */
function expectationsOf(dependency: Dependency, chain: Chain, run: Run): Expectations {
  const { options, policy, baseline, recorded, expectations } = run;
  const before = expectations.get(dependency);
  if (before !== undefined) return before;
  const registry = registryOf(dependency, options);
  const expectation = policy === null ? NO_EXPECTATION : expectationOf(policy, dependency, registry);
  // A baseline keeps less of an identity than a policy can demand, and nothing of witnesses.
  const reverify =
    options.reverify === true ||
    Object.keys(expectation.identity).length > 0 ||
    expectation.instance !== null ||
    (options.trust.witnesses ?? null) !== null ||
    chain.isUnclear(dependency, registry, expectation);
  const known = {
    registry,
    expectation,
    baseline: baseline === null ? null : checkBaseline(dependency, { ruling: baseline, recorded }, reverify),
    package: baseline?.packages.get(packageId(dependency)) ?? null,
    scripts: options.scripts?.(dependency) ?? { permission: 'unknown' as const },
  };
  expectations.set(dependency, known);
  return known;
}

/** Step 2: the assessment, by the baseline where it decides, else of an earlier run, else by the registry's answers. */
async function assessOnce(
  dependency: Dependency,
  known: Expectations,
  chain: Chain,
  { options, memory, keys, registries, thread }: Run,
): Promise<Assessment> {
  const registryTrust = registryTrustFor(known.registry, keys, options.policy, registries);
  const withKeys = (assessment: Assessment): Promise<Assessment> =>
    withKeysAsked(assessment, registryTrust, options.trust);
  if (!isAsked(dependency, known)) return withKeys(chain.assessUnasked(dependency, known));

  const question = { dependency, known, registryTrust, chain };
  const recalled = options.reverify === true ? null : await memory?.recall(question);
  if (recalled) return withKeys(recalled);

  if (ecosystemOf(dependency).hasBundles) thread.countRequest();
  const answer = await chain.assess(dependency, known, registryTrust);
  memory?.keep(question, answer);
  return withKeys(answer.assessment);
}

/** Whether to ask the registry: not for other sources, nor where the baseline already decides. */
function isAsked({ artifacts: [{ source }] }: Dependency, { baseline }: Expectations): boolean {
  return source.kind === 'registry' && baseline?.state !== 'held' && baseline?.state !== 'rewritten';
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
  chain: Chain,
  assessing: Promise<Assessment>,
  { options: { capabilities, reverify }, policy }: Run,
): Promise<GatheredCapabilities | null> {
  const isWanted = capabilities === true && dependency.direct;
  if (!isWanted && !(policy !== null && needsCapabilities(policy, dependency))) return null;
  const locked = await withSignedHash(dependency, assessing);
  return gatherCapabilities(locked, { policy, package: known.package, reverify: reverify === true, chain });
}

/** Step 4: its bytes, and what is installed of it; null where the run reads no bytes. */
async function bytesFoundOf(
  dependency: Dependency,
  chain: Chain,
  assessing: Promise<Assessment>,
  { options: { compareBytes } }: Run,
): Promise<GatheredBytes | null> {
  return compareBytes ? chain.bytes(dependency, { assessing, ...compareBytes }) : null;
}
