import type { Expectations, RegistryTrust } from '../../checks/known.ts';
import { bundlesOf, EARLIER_KINDS } from '../../checks/attestations.ts';
import { expectedIdentity } from '../../checks/baseline.ts';
import { measuresFor } from '../../checks/measures.ts';
import type { Dependency } from '../../model/dependency.ts';
import type {
  DependencyEvidence,
  Evidence,
  Manifest,
  OtherAttestations,
  Packument,
  RegistryKey,
  Validator,
} from '../../model/evidence.ts';
import type { Registry } from '../../registries/registry.ts';

/** Asks the registry what the checks need to know of one dependency, and no more. */
export async function gather(
  dependency: Dependency,
  registry: Registry,
  { keys: knownKeys, acceptsOwnKeys }: RegistryTrust,
  known: Expectations,
): Promise<DependencyEvidence> {
  const { name, version } = dependency;
  const url = known.registry;
  const packument = await registry.packument(name);
  const manifest = await manifestBy(packument, dependency, registry);
  const claim = manifest.state === 'present' ? manifest.value.attestations : null;
  const recorded = expectedIdentity(known.package, dependency);
  const asksHistory = claim?.provenance === true && (recorded === null || recorded.otherChannel === true);
  const first =
    asksHistory && packument.state === 'present' ? measuresFor(packument.value, version, new Map()).ask : [];
  const [attestations, others, registryKeys] = await Promise.all([
    claim === null ? { state: 'absent' as const, url } : registry.attestations(name, version, claim),
    askOthers(packument, first, registry),
    manifest.state === 'present' && acceptsOwnKeys ? askKeys(manifest.value, url, registry, knownKeys) : null,
  ]);
  const keys = registryKeys?.state === 'present' ? [...knownKeys, ...registryKeys.value] : knownKeys;
  return { registry: url, packument, manifest, attestations, others, keys, registryKeys };
}

/** Adds the attestations of more versions to the evidence. */
export async function gatherMore(
  evidence: DependencyEvidence,
  versions: readonly string[],
  registry: Registry,
): Promise<DependencyEvidence> {
  const more = await askOthers(evidence.packument, versions, registry);
  return { ...evidence, others: [...evidence.others, ...more] };
}

/** What the registry says of a version. Whatever earlier runs kept, it is asked in the same way. */
export async function gatherManifest(dependency: Dependency, registry: Registry): Promise<Evidence<Manifest>> {
  return manifestBy(await registry.packument(dependency.name), dependency, registry);
}

/** A version's manifest within the full document; asked for by itself where that does not have it. */
async function manifestBy(
  packument: Evidence<Packument>,
  { name, version }: Dependency,
  registry: Registry,
): Promise<Evidence<Manifest>> {
  const manifest = packument.state === 'present' ? packument.value.versions.get(version) : undefined;
  return manifest === undefined ? registry.manifest(name, version) : { state: 'present', value: manifest };
}

async function askOthers(
  packument: Evidence<Packument>,
  versions: readonly string[],
  registry: Registry,
): Promise<readonly OtherAttestations[]> {
  if (packument.state !== 'present') return [];
  const { name, versions: manifests } = packument.value;
  const claims = versions.flatMap((version) => {
    const claim = manifests.get(version)?.attestations ?? null;
    return claim === null ? [] : [{ version, claim }];
  });
  return Promise.all(
    claims.map(async ({ version, claim }) => ({
      version,
      attestations: await registry.attestations(name, version, claim),
    })),
  );
}

/**
 * A registry is asked for its own keys only where no pinned or configured key has the id of one of the signatures. So
 * npm, whose keys are pinned, and a registry whose keys are in the policy never vouch for themselves.
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

/** The bundles that the checks verify, of the version and of others. */
export function bundlesIn({ attestations, others }: DependencyEvidence): readonly unknown[] {
  return [
    ...(attestations.state === 'present' ? bundlesOf(attestations.value) : []),
    ...others.flatMap((one) =>
      one.attestations.state === 'present' ? bundlesOf(one.attestations.value, EARLIER_KINDS) : [],
    ),
  ];
}

/**
 * How all of it is recognised when it is asked for again: by its document, where that is all there is, as the
 * registry's own keys are not of it.
 */
export function validatorOf({ packument, manifest, registryKeys }: DependencyEvidence): Validator | null {
  if (packument.state !== 'present' || manifest.state !== 'present' || registryKeys !== null) return null;
  return packument.value.validator ?? null;
}
