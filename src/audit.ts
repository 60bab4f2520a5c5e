import { assess, type Known, type Trust } from './checks/assess.ts';
import { checkBaseline, expectedIdentity } from './checks/baseline.ts';
import { lastWithProvenance } from './checks/history.ts';
import { checkResolved } from './checks/source.ts';
import { parseLockfile, type ProjectManifests } from './lockfiles/index.ts';
import type { Baseline } from './model/baseline.ts';
import type { Dependency, Lockfile } from './model/dependency.ts';
import type { DependencyEvidence, Evidence, Manifest, Packument, RegistryKey } from './model/evidence.ts';
import { NO_EXPECTATION, type Policy } from './model/policy.ts';
import type { BaselineUsed, Counts, PolicyUsed, RegistryUsed, Report } from './model/report.ts';
import type { Instant } from './model/time.ts';
import type { JudgedDependency, Phase } from './model/verdict.ts';
import { expectationOf, standsFor, unusedSelectors } from './policy/apply.ts';
import { judge, overallVerdict } from './policy/enforce.ts';
import { NPM_KEYS } from './registries/npm-keys.ts';
import { NPM_REGISTRY } from './registries/npmrc.ts';
import type { Registry } from './registries/registry.ts';
import type { TrustedRoot } from './sigstore/trusted-root.ts';
import { createVerifier, type ManagedKey, type Verifier } from './sigstore/verify.ts';
import { VERSION } from './version.ts';

/** The kinds of dependencies that may be left out. */
export const OMITTABLE = ['dev', 'optional', 'peer'] as const;
export type Omittable = (typeof OMITTABLE)[number];

export interface TrustOptions {
  readonly root: TrustedRoot;
  /** For the report: "public-good" or a file, and the SHA-256 of its bytes in hex. */
  readonly rootName: string;
  readonly rootDigest: string;
  /** Registry keys the user configured, beside the pinned ones. */
  readonly keys: readonly RegistryKey[];
}

/** A policy file with what it refers to. */
export interface PolicyInUse {
  readonly policy: Policy;
  /** SHA-256 of the file's bytes, hex. */
  readonly digest: string;
  /** The keys of private registries, by address as the policy gives it. */
  readonly keys: ReadonlyMap<string, readonly RegistryKey[]>;
}

export interface AuditOptions {
  /** The lockfile's path as it is to be reported. */
  readonly file: string;
  readonly bytes: Uint8Array;
  /** The project's package.json texts, for lockfiles that do not say what the project itself asks for. */
  readonly manifests?: ProjectManifests;
  readonly registry: Registry;
  readonly trust: TrustOptions;
  readonly now: Instant;
  /** The phase, whatever the policy's is. */
  readonly enforce: Phase;
  readonly policy?: PolicyInUse | null;
  readonly omit: readonly Omittable[];
  /** What was verified before; null or left out where no baseline is in use. */
  readonly baseline?: BaselineInUse | null;
  /** Ask and verify also what the baseline holds. */
  readonly reverify?: boolean;
  /** Called after each dependency. */
  readonly onProgress?: (done: number, total: number) => void;
}

export interface BaselineInUse {
  /** Its path as it is to be reported. */
  readonly file: string;
  /** Null where there is no such file. */
  readonly content: Baseline | null;
}

/** Registry connections are the scarce thing; this many dependencies wait for them at once. */
const CONCURRENCY = 64;

/** The pipeline: lockfile bytes to a report. Throws LockfileError for a file that cannot be read as a lockfile. */
export async function audit(options: AuditOptions): Promise<Report> {
  const lockfile = parseLockfile(options.file, options.bytes, options.manifests);
  const wanted = lockfile.dependencies.filter((dependency) => !isOmitted(dependency, options.omit));
  const judged = await auditDependencies(wanted, options);
  return reportOf([{ file: lockfile.file, format: lockfile.format }], lockfile, judged, options);
}

/** The stages after the lockfile, for dependencies from wherever they come. The order of the result is theirs. */
export async function auditDependencies(
  dependencies: readonly Dependency[],
  options: Omit<AuditOptions, 'file' | 'bytes' | 'manifests' | 'omit'>,
): Promise<readonly JudgedDependency[]> {
  const { registry, now } = options;
  const baseline = options.baseline?.content ?? null;
  const policy = options.policy?.policy ?? null;
  const sources = { registry, keys: [...NPM_KEYS, ...options.trust.keys], policy: options.policy };
  const trust: Trust = { now, verifierFor: verifiers(options.trust.root) };
  const enforcement = { phase: options.enforce, policy, accepted: baseline?.accepted ?? [], now };
  let done = 0;
  return mapConcurrently(dependencies, CONCURRENCY, async (dependency) => {
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
      baseline: baseline === null ? null : checkBaseline(dependency, baseline, reverify),
      package: baseline?.packages.get(dependency.name) ?? null,
    };
    const evidence = isAsked(dependency, known) ? await gather(dependency, sources, known) : null;
    const judged = judge(assess(dependency, evidence, known, trust), enforcement);
    done += 1;
    options.onProgress?.(done, dependencies.length);
    return judged;
  });
}

/** The registry is not asked of what comes from elsewhere, nor of what the baseline decides. */
function isAsked({ source }: Dependency, { baseline }: Known): boolean {
  return source.kind === 'registry' && baseline?.state !== 'held' && baseline?.state !== 'rewritten';
}

function isOmitted(dependency: Dependency, omit: readonly Omittable[]): boolean {
  return omit.some((kind) => dependency[kind]);
}

/** One verifier per set of keys, so that what it remembers serves the whole run. */
function verifiers(root: TrustedRoot): Trust['verifierFor'] {
  const made = new Map<string, Verifier>();
  return (keys) => {
    const managed = keys.filter((key) => key.usage === 'npm:attestations').map(managedKey);
    const id = managed.map(({ hint, spki, start, end }) => `${hint} ${spki} ${start} ${end ?? ''}`).join('\n');
    const verifier = made.get(id) ?? createVerifier({ root, keys: managed });
    made.set(id, verifier);
    return verifier;
  };
}

function managedKey({ keyId, spki, start, end }: RegistryKey): ManagedKey {
  return { hint: keyId, spki, start, end };
}

/** Whom to ask, and which keys are known whatever it answers. */
interface Sources {
  readonly registry: Registry;
  readonly keys: readonly RegistryKey[];
  readonly policy: PolicyInUse | null | undefined;
}

/** Asks the registry what the checks need to know of one dependency, and no more. */
async function gather({ name, version }: Dependency, sources: Sources, known: Known): Promise<DependencyEvidence> {
  const { registry, policy } = sources;
  const url = known.registry;
  const origin = policy ? standsFor(policy.policy, url) : url;
  const ownKeys = policy?.keys.get(origin) ?? null;
  const knownKeys = [...sources.keys, ...(ownKeys ?? [])];
  const mayVouchForItself = origin !== NPM_REGISTRY && ownKeys === null;
  const packument = await registry.packument(name);
  const manifest = manifestOf(packument, version) ?? (await registry.manifest(name, version));
  const claim = manifest.state === 'present' ? manifest.value.attestations : null;
  const [attestations, predecessorAttestations, registryKeys] = await Promise.all([
    claim === null ? { state: 'absent' as const, url } : registry.attestations(name, version, claim),
    claim?.provenance === true && packument.state === 'present' && expectedIdentity(known.package, version) === null
      ? askHistory(packument.value, version, registry)
      : null,
    manifest.state === 'present' && mayVouchForItself ? askKeys(manifest.value, url, registry, knownKeys) : null,
  ]);
  const keys = registryKeys?.state === 'present' ? [...knownKeys, ...registryKeys.value] : knownKeys;
  return { registry: url, packument, manifest, attestations, predecessorAttestations, keys, registryKeys };
}

/** A version's manifest within the full document; null where it must be asked for by itself. */
function manifestOf(packument: Evidence<Packument>, version: string): Evidence<Manifest> | null {
  const manifest = packument.state === 'present' ? packument.value.versions.get(version) : undefined;
  return manifest === undefined ? null : present(manifest);
}

function present<T>(value: T): Evidence<T> {
  return { state: 'present', value };
}

function askHistory(
  packument: Packument,
  version: string,
  registry: Registry,
): Promise<DependencyEvidence['attestations']> | null {
  const earlier = lastWithProvenance(packument, version);
  const claim = earlier === null ? null : packument.versions.get(earlier.version)?.attestations;
  return earlier === null || !claim ? null : registry.attestations(packument.name, earlier.version, claim);
}

/**
 * A registry is asked for its own keys only where nobody else knows one of the key ids it signed with. npm's are pinned,
 * and those of a private registry may be in the policy, so neither is ever asked to vouch for itself.
 */
function askKeys(
  { signatures }: Manifest,
  url: string,
  registry: Registry,
  known: readonly RegistryKey[],
): Promise<Evidence<readonly RegistryKey[]>> | null {
  const ids = new Set(known.map((key) => key.keyId));
  const strangers = signatures.length > 0 && !signatures.some(({ keyId }) => ids.has(keyId));
  return strangers ? registry.keys(url) : null;
}

async function mapConcurrently<T extends Pick<Dependency, 'name'>, R>(
  items: readonly T[],
  limit: number,
  work: (item: T) => Promise<R>,
): Promise<readonly R[]> {
  const results = new Array<R>(items.length);
  // The versions of one package follow each other, as they share its document.
  const queue = [...items.entries()].sort(([, a], [, b]) => (a.name < b.name ? -1 : 1)).values();
  const worker = async (): Promise<void> => {
    for (const [index, item] of queue) results[index] = await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
  return results;
}

/** The report of one run over what `lockfiles` named; `read` accounts for every entry read. */
export function reportOf(
  lockfiles: Report['lockfiles'],
  read: Pick<Lockfile, 'entries' | 'dependencies' | 'skipped'>,
  dependencies: readonly JudgedDependency[],
  {
    trust,
    registry,
    enforce,
    policy,
    baseline,
  }: Pick<AuditOptions, 'trust' | 'registry' | 'enforce' | 'policy' | 'baseline'>,
): Report {
  return {
    tool: { name: 'assay', version: VERSION },
    lockfiles,
    verdict: overallVerdict(dependencies.map((dependency) => dependency.verdict)),
    enforce,
    policy: policy ? policyUsed(policy, lockfiles.length > 0 ? read.dependencies : null) : null,
    counts: countsOf(read, dependencies),
    trust: { root: trust.rootName, rootDigest: trust.rootDigest, registries: registriesUsed(dependencies, registry) },
    baseline: baseline === undefined || baseline === null ? null : baselineUsed(baseline, read, dependencies),
    dependencies,
    skipped: read.skipped,
  };
}

function policyUsed({ policy, digest }: PolicyInUse, locked: readonly Dependency[] | null): PolicyUsed {
  const names = locked?.map(({ name }) => name);
  return { file: policy.file, digest, unused: names === undefined ? [] : unusedSelectors(policy, names) };
}

function countsOf(
  read: Pick<Lockfile, 'entries' | 'dependencies' | 'skipped'>,
  dependencies: readonly JudgedDependency[],
): Counts {
  const verdicts = { pass: 0, warn: 0, fail: 0, unverified: 0 };
  const proofs = { integrity: 0, signature: 0, publish: 0, provenance: 0 };
  for (const dependency of dependencies) {
    verdicts[dependency.verdict] += 1;
    for (const proof of ['integrity', 'signature', 'publish', 'provenance'] as const) {
      if (dependency.proofs[proof] !== null) proofs[proof] += 1;
    }
  }
  return {
    entries: read.entries,
    skipped: read.skipped.length,
    omitted: read.dependencies.length - dependencies.length,
    dependencies: dependencies.length,
    ...verdicts,
    ...proofs,
  };
}

/** What the baseline covers of what was judged, and what of it nothing names any more. */
function baselineUsed(
  { file, content }: BaselineInUse,
  read: Pick<Lockfile, 'dependencies'>,
  judged: readonly JudgedDependency[],
): BaselineUsed {
  const locked = new Set(read.dependencies.map(specOf));
  const uncovered = judged.filter(({ baseline }) => content === null || baseline === 'uncovered');
  const recorded = [...(content?.packages ?? [])].flatMap(([name, { versions }]) =>
    [...versions.keys()].map((version) => specOf({ name, version })),
  );
  return {
    file,
    found: content !== null,
    held: judged.filter(({ baseline }) => baseline === 'held').length,
    uncovered: [...new Set(uncovered.map(({ dependency }) => specOf(dependency)))].sort(),
    unused: recorded.filter((spec) => !locked.has(spec)).sort(),
  };
}

function specOf({ name, version }: Pick<Dependency, 'name' | 'version'>): string {
  return `${name}@${version}`;
}

/** Which registries were asked, and whose keys verified something there. */
function registriesUsed(dependencies: readonly JudgedDependency[], registry: Registry): readonly RegistryUsed[] {
  const used = new Map<string, Map<string, RegistryUsed['keys'][number]>>();
  for (const { dependency, proofs, baseline } of dependencies) {
    const asked = baseline !== 'held' && baseline !== 'rewritten';
    if (dependency.source.kind !== 'registry' || !asked) continue;
    const url = registry.urlFor(dependency.name);
    const keys = used.get(url) ?? new Map<string, RegistryUsed['keys'][number]>();
    used.set(url, keys);
    if (proofs.signature === null) continue;
    const { keyId, keyOrigin } = proofs.signature;
    keys.set(`${keyId} ${keyOrigin}`, { keyId, origin: keyOrigin });
  }
  return [...used].sort(([a], [b]) => (a < b ? -1 : 1)).map(([url, keys]) => ({ url, keys: [...keys.values()] }));
}
