import { bundleFromJSON } from '@sigstore/bundle';
import { TrustedRoot } from '@sigstore/protobuf-specs';
import { type KeyFinderFunc, toSignedEntity, toTrustMaterial, type TrustMaterial, Verifier } from '@sigstore/verify';
import { createPublicKey } from 'node:crypto';
import type { BundleJson, Lab } from '../../lab/index.ts';

/** The lab's trusted root and registry keys, as the official verifier wants them. */
function trustMaterial(lab: Lab): TrustMaterial {
  const findKey: KeyFinderFunc = (hint) => {
    const found = lab.tufKeys.keys.find((key) => key.keyId === hint && key.keyUsage === 'npm:attestations');
    if (found === undefined) throw new Error(`key not found: ${hint}`);
    const { start, end } = found.publicKey.validFor;
    return {
      publicKey: createPublicKey({ key: Buffer.from(found.publicKey.rawBytes, 'base64'), format: 'der', type: 'spki' }),
      validFor: (date) => date >= new Date(start) && (end === undefined || date <= new Date(end)),
    };
  };
  return toTrustMaterial(TrustedRoot.fromJSON(lab.trustedRoot), findKey);
}

/** Verifies with the official verifier; throws what it throws. Returns the certificate's subject, if there is one. */
export function verifyWithOracle(lab: Lab, bundle: BundleJson, artifact?: Buffer): string | undefined {
  const entity = toSignedEntity(bundleFromJSON(bundle), artifact);
  return new Verifier(trustMaterial(lab)).verify(entity).identity?.subjectAlternativeName;
}
