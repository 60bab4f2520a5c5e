import type { RegistryKey } from '../model/evidence.ts';
import type { TrustedRoot } from '../sigstore/trusted-root.ts';
import { createVerifier, type ManagedKey, type Verifier } from '../sigstore/verify.ts';

export type VerifierFor = (keys: readonly RegistryKey[]) => Verifier;

/** One verifier per root and set of keys, so that what it remembers serves the whole run, comparisons as well. */
const verifiersOf = new WeakMap<TrustedRoot, Map<string, Verifier>>();

/** Verifiers under a trusted root, for bundles that these keys of a registry may have signed. */
export function verifiersUnder(root: TrustedRoot): VerifierFor {
  const made = verifiersOf.get(root) ?? new Map<string, Verifier>();
  verifiersOf.set(root, made);
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
