import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { instancesOf } from '../../audit/instances.ts';
import type { TrustOptions } from '../../audit/options.ts';
import type { TrustSession } from '../../audit/trust.ts';
import type { PackSigner } from '../../model/policy.ts';
import { PackError } from '../../pack/error.ts';
import { escapeText } from '../../report/words/escape.ts';
import { matchesIdentity } from '../../sigstore/identity-policy.ts';
import { tryJson } from '../../sigstore/json.ts';
import { parsePublicKey } from '../../sigstore/keys.ts';
import { createInstancesVerifier, type ArtifactInput, type ManagedKey } from '../../sigstore/verify.ts';
import { UsageError } from '../exit.ts';
import type { Io } from '../io.ts';
import { userKey } from '../trust-files.ts';
import { messageOf, readUserFile } from '../user-files.ts';
import { policyFile, type LoadedPolicy } from './policy.ts';

/**
 * Where a policy says who may have signed packs, one of them must have signed the whole file of the one in use: then
 * nobody else left anything out of it. The signature is a Sigstore bundle beside it, under the main instance of the
 * trust in use or the one that the policy names, which a pack never is. Throws PackError or UsageError with one line.
 */
export async function demandSignedPack(session: TrustSession, policy: LoadedPolicy | null, io: Io): Promise<void> {
  const signers = policy?.policy.packs ?? [];
  const pack = io.answers?.pack ?? null;
  if (pack === null || policy === null || signers.length === 0) return;
  const keys = signers.map((one) => (one.kind === 'key' ? signingKey(policyFile(policy, one.file, io), io) : null));
  const file = `${pack.file}.sigstore.json`;
  const refuse = (why: string): never => {
    throw new PackError(
      `${pack.file} cannot be used as evidence: ${policy.policy.file} demands a signature of it, ${why}`,
    );
  };
  if (!existsSync(resolve(io.cwd, file))) return refuse(`and there is no ${file}`);
  const bundle = tryJson(readUserFile(file, 'the signature', io).toString('utf8'));
  const trust = await session.refresh();
  const artifact = { digests: pack.digests(), read: pack.whole };
  const reasons = signers.map((signer, i) => whyNotBy(signer, keys[i] ?? null, bundle, { trust, artifact }));
  if (!reasons.includes(null)) refuse(`and ${file} is none: ${escapeText(reasons[0] ?? '')}`);
}

/** Throws UsageError for a key that no bundle could be verified with. */
function signingKey(file: string, io: Io): ManagedKey {
  const key = userKey(file, io);
  try {
    parsePublicKey(Buffer.from(key.spki, 'base64'));
  } catch (error) {
    throw new UsageError(`the key ${file} cannot be used: ${messageOf(error)} (${KEYS} can)`);
  }
  return key;
}

const KEYS = 'ECDSA P-256, P-384 and P-521, Ed25519, and RSA of 2048 to 8192 bits';

interface Signed {
  readonly trust: TrustOptions;
  readonly artifact: ArtifactInput;
}

/** Why a bundle is no signature of this signer; null where it is. */
function whyNotBy(
  signer: PackSigner,
  key: ManagedKey | null,
  bundle: unknown,
  { trust, artifact }: Signed,
): string | null {
  const keys = key === null ? [] : [key];
  const instances = instancesOf(trust);
  const instance = signer.kind === 'identity' ? signer.instance : null;
  const verifier = createInstancesVerifier({ instances, keys, wanted: instance ?? instances[0].name });
  const verified = verifier.verify(bundle, { now: Date.now(), artifact });
  if (!verified.ok) return verified.detail;
  const by = verified.proof.signer;
  if (signer.kind === 'key') return by.kind === 'key' ? null : 'signed with a certificate, not with the key';
  if (matchesIdentity(verified.proof, signer)) return null;
  return by.kind === 'key' ? 'signed with a key' : `signed by ${by.identity.subject}, issuer ${by.identity.issuer}`;
}
