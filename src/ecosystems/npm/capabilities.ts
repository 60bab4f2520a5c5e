import { isReadForCapabilities, readCapabilities } from '../../checks/npm/capabilities.ts';
import { byteDigests, type Dependency } from '../../model/dependency.ts';
import { finding } from '../../model/finding.ts';
import type { GatheredCapabilities } from '../../model/gathered.ts';
import { sri } from '../../readers/integrity.ts';
import type { Registry } from '../../registries/registry.ts';

/** What a dependency can reach, as the files of its tarball show it. */
export async function tarballCapabilities(dependency: Dependency, registry: Registry): Promise<GatheredCapabilities> {
  const { name, version, artifacts } = dependency;
  const [artifact] = artifacts;
  const { source } = artifact;
  const [locked, second] = byteDigests(artifact).filter(({ algorithm }) => algorithm === 'sha512');
  if (source.kind !== 'registry') return unknown('it comes from no registry');
  if (locked === undefined || second !== undefined) return unknown('the lockfile has no one SHA-512 of it');
  const { resolved } = source;
  const isWanted = isReadForCapabilities;
  const answer = await registry.tarball({ name, version, digests: [locked], resolved, isWanted });
  switch (answer.state) {
    case 'present':
      try {
        const places = readCapabilities(answer.value.files);
        return { reading: { source: 'tarball', places, before: [] }, finding: null };
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

function unknown(reason: string): GatheredCapabilities {
  return { reading: { source: 'unknown', reason }, finding: null };
}
