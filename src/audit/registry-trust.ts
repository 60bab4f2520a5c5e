import type { RegistryTrust } from '../checks/known.ts';
import { isPublicRegistry } from '../ecosystems/conventions/index.ts';
import type { RegistryKey } from '../model/evidence.ts';
import type { PolicyInUse } from '../model/policy.ts';
import { hasUnusedKeys, standsFor } from '../policy/apply.ts';

/** `keys` are known whatever the registry is; `asked` are all that the run is about. */
export function registryTrustFor(
  url: string,
  keys: readonly RegistryKey[],
  policy: PolicyInUse | null | undefined,
  asked: ReadonlySet<string>,
): RegistryTrust {
  const origin = policy ? standsFor(policy.policy, url) : url;
  const own = policy?.keys.get(origin) ?? null;
  return {
    origin,
    keys: [...keys, ...(own ?? [])],
    acceptsOwnKeys: !isPublicRegistry(origin) && own === null && !(policy && hasUnusedKeys(policy.policy, asked)),
    hasPolicyKeys: own !== null,
  };
}
