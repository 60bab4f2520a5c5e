import type { Chain } from '../ecosystems/ecosystem.ts';
import { lockedAgainst, type BaselinePackage } from '../model/baseline.ts';
import { CAPABILITIES, NOT_READ, type Capability } from '../model/capability.ts';
import type { Dependency } from '../model/dependency.ts';
import type { GatheredCapabilities } from '../model/gathered.ts';
import type { Policy } from '../model/policy.ts';
import { statedCapabilities } from '../policy/apply.ts';
import type { Assessment } from '../model/verdict.ts';

/** What may say what a dependency can reach, strongest first. */
export interface CapabilitySources {
  readonly policy: Policy | null;
  readonly package: BaselinePackage | null;
  /** Read the files even where the baseline has what they showed. */
  readonly reverify: boolean;
  readonly chain: Chain;
}

/** What a dependency can reach: as the policy states it, else as it was read before, else as its files show it. */
export async function gatherCapabilities(
  dependency: Dependency,
  { policy, package: known, reverify, chain }: CapabilitySources,
): Promise<GatheredCapabilities> {
  const { version } = dependency;
  const stated = policy === null ? null : statedCapabilities(policy, dependency);
  if (stated !== null) return { reading: { source: 'policy', capabilities: stated }, finding: null };

  const entry = known?.versions.get(version);
  const recorded = entry?.capabilities ?? null;
  const isSame = entry !== undefined && lockedAgainst(dependency, entry) === 'same';
  if (recorded !== null && isSame && !reverify) {
    return { reading: { source: 'baseline', capabilities: recorded }, finding: null };
  }

  if (chain.capabilities === null) {
    return { reading: { source: 'unknown', reason: NOT_READ }, finding: null };
  }
  const { reading, finding } = await chain.capabilities(dependency);
  const before = reading.source === 'tarball' ? { before: capabilitiesBefore(known, version) } : {};
  return { reading: { ...reading, ...before }, finding };
}

/** Adds what was read. Other bytes are a contradiction, unless the hash is known to be wrong already. */
export function withCapabilities(assessment: Assessment, gathered: GatheredCapabilities | null): Assessment {
  if (gathered === null) return assessment;
  const { reading, finding } = gathered;
  const isNews = !assessment.findings.some(({ code }) => /^integrity-(?:mismatch|rewritten)$/.test(code));
  const findings = finding !== null && isNews ? [...assessment.findings, finding] : assessment.findings;
  return { ...assessment, findings, capabilities: reading };
}

/** What the baseline has of other versions of the package. */
function capabilitiesBefore(known: BaselinePackage | null, version: string): readonly Capability[] {
  const others = [...(known?.versions ?? [])].filter(([other]) => other !== version);
  return CAPABILITIES.filter((word) => others.some(([, { capabilities }]) => capabilities?.includes(word)));
}
