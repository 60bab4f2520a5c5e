import type { BaselineInUse } from './model/baseline.ts';
import type { Dependency, Lockfile } from './model/dependency.ts';
import type { PolicyInUse } from './model/policy.ts';
import type { Counts, PolicyUsed, RegistryUsed, Report, TrustUsed } from './model/report.ts';
import type { JudgedDependency, Phase } from './model/verdict.ts';
import { unusedSelectors } from './policy/apply.ts';
import { baselineUsed } from './policy/baseline-used.ts';
import { overallVerdict } from './policy/enforce.ts';
import type { Registry } from './registries/registry.ts';
import { VERSION } from './version.ts';

/** What a run used. */
interface Used {
  readonly trust: {
    readonly rootName: TrustUsed['root'];
    readonly rootDigest: string;
    readonly repository?: TrustUsed['repository'];
  };
  readonly registry: Registry;
  readonly enforce: Phase;
  readonly policy?: PolicyInUse | null;
  readonly baseline?: BaselineInUse | null;
}

/** The report of one run over what `lockfiles` named; `read` accounts for every entry read. */
export function reportOf(
  lockfiles: Report['lockfiles'],
  read: Pick<Lockfile, 'entries' | 'dependencies' | 'skipped'>,
  dependencies: readonly JudgedDependency[],
  { trust, registry, enforce, policy, baseline }: Used,
): Report {
  return {
    tool: { name: 'assay', version: VERSION },
    lockfiles,
    verdict: overallVerdict(dependencies.map((dependency) => dependency.verdict)),
    enforce,
    policy: policy ? policyUsed(policy, lockfiles.length > 0 ? read.dependencies : null) : null,
    counts: countsOf(read, dependencies),
    trust: {
      root: trust.rootName,
      rootDigest: trust.rootDigest,
      registries: registriesUsed(dependencies, registry),
      repository: trust.repository ?? null,
    },
    baseline: baseline ? baselineUsed(baseline, read.dependencies, dependencies) : null,
    review: null,
    dependencies,
    explanations: [],
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
