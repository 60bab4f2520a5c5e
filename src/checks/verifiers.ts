import type { RegistryKey } from '../model/evidence.ts';
import { demandsOf, type Instance } from '../sigstore/instance.ts';
import { createInstancesVerifier, type ManagedKey, type Verifier } from '../sigstore/verify.ts';

/** For bundles that these keys of a registry may have signed. `instance` vouches for them, the first one where null. */
export type VerifierFor = (keys: readonly RegistryKey[], instance: string | null) => Verifier;

/** Verifiers by what they verify with, so that what they remember serves the whole run, comparisons as well. */
const verifiersOf = new WeakMap<Instance['root'], Map<string, Verifier>>();

/** Verifiers under these instances, of which the first vouches for what is not expected of another. */
export function verifiersUnder(instances: readonly [Instance, ...Instance[]]): VerifierFor {
  const [{ root, name: first }] = instances;
  const made = verifiersOf.get(root) ?? new Map<string, Verifier>();
  verifiersOf.set(root, made);
  const among = instances.map(demandsOf);
  return (keys, instance) => {
    const managed = keys.filter((key) => key.usage === 'npm:attestations').map(managedKey);
    const wanted = instance ?? first;
    const id = JSON.stringify([among, wanted, managed.map(({ hint, spki, start, end }) => [hint, spki, start, end])]);
    const verifier = made.get(id) ?? createInstancesVerifier({ instances, keys: managed, wanted });
    made.set(id, verifier);
    return verifier;
  };
}

function managedKey({ keyId, spki, start, end }: RegistryKey): ManagedKey {
  return { hint: keyId, spki, start, end };
}
