import { isReadForCapabilities, readCapabilities } from '../checks/npm/capabilities.ts';
import { sri } from '../readers/integrity.ts';
import type { BaselinePackage } from '../model/baseline.ts';
import { CAPABILITIES, type Capability, type CapabilityReading } from '../model/capability.ts';
import { byteDigests, type Dependency } from '../model/dependency.ts';
import { finding, type Finding } from '../model/finding.ts';
import type { Policy } from '../model/policy.ts';
import { statedCapabilities } from '../policy/apply.ts';
import type { Assessment } from '../model/verdict.ts';
import type { Registry } from '../registries/registry.ts';

/** What may say what a dependency can reach, strongest first. */
export interface CapabilitySources {
  readonly policy: Policy | null;
  readonly package: BaselinePackage | null;
  /** Read the files even where the baseline has what they showed. */
  readonly reverify: boolean;
  readonly registry: Registry;
}

export interface GatheredCapabilities {
  readonly reading: CapabilityReading;
  readonly finding: Finding | null;
}

/** What a dependency can reach: as the policy states it, else as it was read before, else as its files show it. */
export async function gatherCapabilities(
  dependency: Dependency,
  { policy, package: known, reverify, registry }: CapabilitySources,
): Promise<GatheredCapabilities> {
  const { name, version, artifacts } = dependency;
  const [artifact] = artifacts;
  const { source } = artifact;
  const integrity = byteDigests(artifact);
  const stated = policy === null ? null : statedCapabilities(policy, dependency);
  if (stated !== null) return { reading: { source: 'policy', capabilities: stated }, finding: null };

  const entry = known?.versions.get(version);
  const recorded = entry?.capabilities ?? null;
  const isSame = entry !== undefined && integrity.map(sri).join(' ') === sri(entry.integrity);
  if (recorded !== null && isSame && !reverify) {
    return { reading: { source: 'baseline', capabilities: recorded }, finding: null };
  }

  const [locked, second] = integrity.filter(({ algorithm }) => algorithm === 'sha512');
  if (source.kind !== 'registry') return unknown('it comes from no registry');
  if (locked === undefined || second !== undefined) return unknown('the lockfile has no one SHA-512 of it');
  const { resolved } = source;
  const isWanted = isReadForCapabilities;
  const answer = await registry.tarball({ name, version, digests: [locked], resolved, isWanted });
  switch (answer.state) {
    case 'present':
      try {
        const places = readCapabilities(answer.value.files);
        return { reading: { source: 'tarball', places, before: capabilitiesBefore(known, version) }, finding: null };
      } catch (error) {
        return unknown(error instanceof Error ? error.message : String(error));
      }
    case 'absent':
      return unknown('the registry does not have its tarball');
    case 'unavailable':
    case 'malformed':
      return unknown(`its tarball: ${answer.reason}`);
    case 'mismatch':
      return {
        ...unknown('its tarball has another hash'),
        finding: finding('integrity-mismatch', { locked: sri(locked), actual: sri(answer.actual), source: 'bytes' }),
      };
  }
}

/** Adds what was read. Other bytes are a contradiction, unless the hash is known to be wrong already. */
export function withCapabilities(assessment: Assessment, gathered: GatheredCapabilities | null): Assessment {
  if (gathered === null) return assessment;
  const { reading, finding } = gathered;
  const isNews = !assessment.findings.some(({ code }) => /^integrity-(?:mismatch|rewritten)$/.test(code));
  const findings = finding !== null && isNews ? [...assessment.findings, finding] : assessment.findings;
  return { ...assessment, findings, capabilities: reading };
}

function unknown(reason: string): { readonly reading: CapabilityReading; readonly finding: null } {
  return { reading: { source: 'unknown', reason }, finding: null };
}

/** What the baseline has of other versions of the package. */
function capabilitiesBefore(known: BaselinePackage | null, version: string): readonly Capability[] {
  const others = [...(known?.versions ?? [])].filter(([other]) => other !== version);
  return CAPABILITIES.filter((word) => others.some(([, { capabilities }]) => capabilities?.includes(word)));
}
