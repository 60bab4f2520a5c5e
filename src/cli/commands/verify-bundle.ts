import { createPublicKey } from 'node:crypto';
import type { Digest } from '../../model/dependency.ts';
import type { BundleProof } from '../../model/proof.ts';
import { bundleJson, renderBundleVerification } from '../../report/commands/bundle.ts';
import { stringify } from '../../report/json/stringify.ts';
import { matchesIdentity } from '../../sigstore/identity-policy.ts';
import {
  createVerifier,
  thresholdsOf,
  type ArtifactInput,
  type ManagedKey,
  type Verification,
} from '../../sigstore/verify.ts';
import type { Command } from '../command.ts';
import { EXIT, UsageError } from '../exit.ts';
import type { Io } from '../io.ts';
import { loadRoot } from '../trust-files.ts';
import { readUserFile } from '../user-files.ts';

export const command: Command = {
  usage: '--bundle FILE ARTIFACT|DIGEST',
  summary: 'a Sigstore bundle against a file, or sha256:HEX or sha512:HEX',
  options: ['bundle', 'key', 'certificate-identity', 'certificate-oidc-issuer', 'trusted-root', 'offline', 'json'],
  run: ({ values, positionals }, io) => {
    const [target, ...rest] = positionals;
    if (values.bundle === undefined) throw new UsageError('verify-bundle needs --bundle FILE');
    if (target === undefined || rest.length > 0) {
      throw new UsageError('verify-bundle takes one artifact: a file, sha256:HEX or sha512:HEX');
    }
    const identity = values['certificate-identity'];
    const issuer = values['certificate-oidc-issuer'];
    if (values.key === undefined && (identity === undefined || issuer === undefined)) {
      throw new UsageError(
        'say who must have signed: --certificate-identity and --certificate-oidc-issuer, or --key FILE',
      );
    }
    if (values.key !== undefined && (identity !== undefined || issuer !== undefined)) {
      throw new UsageError('--key and --certificate-identity exclude each other: a key has no certificate');
    }
    const artifact = artifactOf(target, io);
    const { root } = loadRoot(values['trusted-root'], io);
    const bundle = parseBundleFile(values.bundle, io);
    const keys = values.key === undefined ? [] : [userKey(values.key, io)];
    const verifier = createVerifier({ root, keys, thresholds: thresholdsOf(root) });
    const verification = verifier.verify(bundle, { now: Date.now(), artifact });
    const outcome = verification.ok ? demandSigner(verification.proof, identity, issuer) : verification;
    io.stdout.write(
      values.json === true ? stringify(bundleJson(outcome)) : renderBundleVerification(outcome, io.stdout),
    );
    return Promise.resolve(outcome.ok ? EXIT.holds : outcome.reason === 'clock' ? EXIT.noStatement : EXIT.fails);
  },
};

/** Refuses a valid bundle by another signer than demanded like an invalid one. */
function demandSigner(proof: BundleProof, identity: string | undefined, issuer: string | undefined): Verification {
  const { signer } = proof;
  if (signer.kind === 'key') {
    if (identity === undefined) return { ok: true, proof };
    return { ok: false, reason: 'certificate-identity', detail: 'signed with a key, not with a certificate' };
  }
  const actual = `signed by ${signer.identity.subject}, issuer ${signer.identity.issuer}`;
  if (identity === undefined || issuer === undefined)
    return { ok: false, reason: 'key-unknown', detail: `${actual}, not with the key` };
  if (matchesIdentity(proof, { identity, issuer })) return { ok: true, proof };
  return { ok: false, reason: 'certificate-identity', detail: actual };
}

/** What is not JSON is not a bundle: undefined, which the verifier refuses as it refuses any other malformed bundle. */
function parseBundleFile(path: string, io: Io): unknown {
  const text = readUserFile(path, 'the bundle', io).toString('utf8');
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

const HEX_LENGTH = { sha256: 64, sha512: 128 } as const;

function artifactOf(target: string, io: Io): ArtifactInput {
  const [, algorithm, hex] = /^(sha256|sha512):(.*)$/.exec(target) ?? [];
  if (algorithm === undefined || hex === undefined) return { bytes: readUserFile(target, 'the artifact', io) };
  const digest: Digest = { algorithm: algorithm as keyof typeof HEX_LENGTH, hex: hex.toLowerCase() };
  if (!/^[0-9a-f]+$/.test(digest.hex) || digest.hex.length !== HEX_LENGTH[algorithm as keyof typeof HEX_LENGTH]) {
    throw new UsageError(`${algorithm}: needs ${HEX_LENGTH[algorithm as keyof typeof HEX_LENGTH]} hex digits`);
  }
  return { digests: [digest] };
}

/**
 * The user's key stands for whatever hint the bundle gives: naming the key is the user's decision, not the bundle's.
 */
function userKey(path: string, io: Io): ManagedKey {
  const pem = readUserFile(path, 'the key', io);
  try {
    const spki = createPublicKey(pem).export({ type: 'spki', format: 'der' }).toString('base64');
    return { hint: null, spki, start: -Infinity, end: null };
  } catch {
    throw new UsageError(`the key ${path} is not a PEM public key`);
  }
}
