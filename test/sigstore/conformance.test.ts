import { createHash, createPublicKey } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { matchesIdentity } from '../../src/sigstore/identity-policy.ts';
import { publicGoodRoot } from '../../src/sigstore/public-good.ts';
import { thresholdsOf } from '../../src/sigstore/instance.ts';
import { parseTrustedRoot, TrustedRootError } from '../../src/sigstore/trusted-root.ts';
import { createVerifier, type ArtifactInput, type ManagedKey } from '../../src/sigstore/verify.ts';
import { hasSharedData, sharedData } from '../support/shared-data.ts';
import { NOW, outcome, tryParse } from './support.ts';

const BEACON =
  'https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/.github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main';
const ISSUER = 'https://token.actions.githubusercontent.com';

/** The text before the colon of `outcome`, where a case must be refused. */
const REASONS: Readonly<Record<string, string>> = {
  'bundle-empty-certificate-chain_fail': 'bundle-malformed',
  'bundle-from-wrong-instance_fail': 'log-unknown',
  'bundle-invalid-base64-signature_fail': 'bundle-malformed',
  'bundle-malformed-json_fail': 'bundle-malformed',
  'bundle-negative-log-index_fail': 'bundle-malformed',
  'checkpoint-bad-keyhint_fail': 'log-checkpoint',
  'dsse-invalid-sig_fail': 'log-entry-mismatch',
  'dsse-mismatch-sig_fail': 'log-entry-mismatch',
  'inclusion-proof-corrupted-hash_fail': 'log-inclusion',
  'intoto-expired-certificate_fail': 'certificate-validity',
  'intoto-log-entry-mismatch_fail': 'log-entry-malformed',
  'intoto-tsa-timestamp-outside-cert-validity_fail': 'certificate-validity',
  'invalid-checkpoint-signature_fail': 'log-checkpoint',
  'invalid-inclusion-proof_fail': 'bundle-malformed',
  'integrated-time-in-future_fail': 'certificate-validity',
  'managed-key-no-key_fail': 'key-unknown',
  'managed-key-wrong-key_fail': 'unreadable key',
  'rekor2-checkpoint-missing-log-signature_fail': 'log-checkpoint',
  'rekor2-checkpoint-missing-origin_fail': 'log-checkpoint',
  'rekor2-checkpoint-missing-root-hash_fail': 'log-checkpoint',
  'rekor2-checkpoint-no-matching-signature_fail': 'log-checkpoint',
  'rekor2-dsse-invalid-sig_fail': 'log-entry-mismatch',
  'rekor2-dsse-mismatch-envelope_fail': 'log-entry-mismatch',
  'rekor2-dsse-mismatch-sig_fail': 'log-entry-mismatch',
  'rekor2-timestamp-outside-trust-root-tsa-validity_fail': 'timestamp',
  'rekor2-timestamp-outside-tsa-cert-validity_fail': 'timestamp',
  'rekor2-timestamp-payload-mismatch_fail': 'timestamp',
  'rekor2-timestamp-untrusted-tsa-with-embedded-cert_fail': 'timestamp',
  'rekor2-timestamp-untrusted-tsa-without-embedded-cert_fail': 'timestamp',
  'set-invalid-signature_fail': 'log-promise',
  'trust-root-tlog-missing-validity-start_fail': 'trusted root',
  'wrong-hashedrekord-artifact_fail': 'log-entry-mismatch',
  'wrong-hashedrekord-cert-and-sig_fail': 'log-entry-mismatch',
  'wrong-hashedrekord-entry_fail': 'log-entry-mismatch',
};

const FOLDER = sharedData('conformance');
const cases = hasSharedData ? readdirSync(FOLDER).filter((name) => statSync(join(FOLDER, name)).isDirectory()) : [];

function runCase(name: string, toInput: (artifact: Buffer) => ArtifactInput): string {
  const read = (file: string): Buffer | null => {
    const path = join(FOLDER, name, file);
    return existsSync(path) ? readFileSync(path) : null;
  };
  const rootJson = read('trusted_root.json');
  const artifact = read('artifact') ?? readFileSync(join(FOLDER, 'a.txt'));
  const key = read('key.pub');
  let keys: ManagedKey[];
  try {
    keys = key === null ? [] : [managedKey(key)];
  } catch {
    return 'unreadable key';
  }
  let root;
  try {
    root = rootJson === null ? publicGoodRoot() : parseTrustedRoot(JSON.parse(rootJson.toString()));
  } catch (error) {
    if (error instanceof TrustedRootError) return error.message;
    throw error;
  }
  const verifier = createVerifier({ root, keys, thresholds: thresholdsOf(root) });
  const result = verifier.verify(tryParse(read('bundle.sigstore.json')?.toString() ?? ''), {
    now: NOW,
    artifact: toInput(artifact),
  });
  if (!result.ok || key !== null) return outcome(result);
  const identity = read('identity')?.toString().trim() ?? BEACON;
  const issuer = read('issuer')?.toString().trim() ?? ISSUER;
  return matchesIdentity(result.proof, { identity, issuer }) ? 'ok' : 'identity';
}

function managedKey(pem: Buffer): ManagedKey {
  const spki = createPublicKey(pem).export({ type: 'spki', format: 'der' }).toString('base64');
  return { hint: null, spki, start: -Infinity, end: null };
}

describe.skipIf(!hasSharedData)('Sigstore client conformance (skipped where there is no recorded data)', () => {
  it.each(cases)('%s', (name) => {
    const expected = name.endsWith('_fail') ? REASONS[name] : 'ok';
    expect(expected, 'a reason is stated for every case that must be refused').toBeDefined();
    const byBytes = runCase(name, (bytes) => ({ bytes }));
    const byDigest = runCase(name, (bytes) => ({
      digests: [{ algorithm: 'sha256', hex: createHash('sha256').update(bytes).digest('hex') }],
    }));
    expect(byBytes.split(':')[0]).toBe(expected);
    expect(byDigest.split(':')[0]).toBe(expected);
  });

  it('reads every case there is', () => {
    expect(cases.length).toBeGreaterThan(40);
  });
});
