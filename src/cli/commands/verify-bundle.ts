import type { Digest } from '../../model/dependency.ts';
import type { BundleProof } from '../../model/proof.ts';
import { isObject } from '../../model/value.ts';
import { bundleJson, bundlesJson, renderBundles, type BundleResult } from '../../report/commands/bundle.ts';
import { stringify } from '../../report/json/stringify.ts';
import { compilePattern } from '../../sigstore/identity-pattern.ts';
import { matchesIdentity, type IdentityPolicy } from '../../sigstore/identity-policy.ts';
import { tryJson } from '../../sigstore/json.ts';
import { GITHUB, PUBLIC_GOOD, type Instance } from '../../sigstore/instance.ts';
import {
  createInstancesVerifier,
  type ArtifactInput,
  type ManagedKey,
  type Verification,
  type Verifier,
} from '../../sigstore/verify.ts';
import type { Command } from '../command.ts';
import { EXIT, UsageError } from '../exit.ts';
import type { Io } from '../io.ts';
import type { OptionValues } from '../options.ts';
import { loadInstances, loadWitnesses, statedThresholds, userKey } from '../trust-files.ts';
import { messageOf, readUserFile } from '../user-files.ts';

const EXAMPLE =
  'assay verify-bundle --bundle app.tgz.sigstore.json ' +
  '--certificate-identity https://github.com/OWNER/REPO/.github/workflows/release.yml@refs/heads/main ' +
  '--certificate-oidc-issuer https://token.actions.githubusercontent.com app.tgz';

const MAX_BUNDLES = 1000;

export const command: Command = {
  usage: '--bundle FILE ARTIFACT|DIGEST',
  summary: 'Sigstore bundles against a file, or sha256:HEX or sha512:HEX',
  options: [
    'bundle',
    'key',
    'certificate-identity',
    'certificate-identity-regexp',
    'certificate-oidc-issuer',
    'trusted-root',
    'thresholds',
    'witness-policy',
    'offline',
    'json',
  ],
  run: ({ values, positionals }, io) => {
    const [target, ...rest] = positionals;
    const files = values.bundle ?? [];
    if (files.length === 0) {
      throw new UsageError(`verify-bundle needs a bundle, an artifact, and who must have signed, such as: ${EXAMPLE}`);
    }
    if (target === undefined) {
      throw new UsageError(
        `verify-bundle needs the artifact that ${files.join(', ')} is about: a file, sha256:HEX or sha512:HEX`,
      );
    }
    if (rest.length > 0) {
      throw new UsageError(
        `verify-bundle takes one artifact, not also ${rest.join(', ')}; --bundle goes before each bundle`,
      );
    }
    const demanded = signerOf(values, io);
    const artifact = artifactOf(target, io);
    const verifier = verifierOf(values, demanded.keys, io);
    const verify = (bundle: unknown): Verification => {
      const verification = verifier.verify(bundle, { now: Date.now(), artifact });
      return verification.ok ? demanded.judge(verification) : withHint(verification, values);
    };
    const results = files.flatMap((file) => resultsOf(file, verify, io));
    const [only, ...others] = results;
    if (only?.kind === 'unreadable' && others.length === 0) throw new UsageError(only.problem);
    if (values.json !== true) io.stdout.write(renderBundles(results, io.stdout));
    else if (only?.kind === 'judged' && others.length === 0) io.stdout.write(stringify(bundleJson(only.outcome)));
    else io.stdout.write(stringify(bundlesJson(results)));
    return Promise.resolve(worst(results));
  },
};

/** The gravest outcome: a bundle that does not hold outranks a clock that is wrong, and that a file without bundles. */
function worst(results: readonly BundleResult[]): number {
  const statuses = results.map((result) => {
    if (result.kind === 'unreadable') return EXIT.usage;
    return result.outcome.ok ? EXIT.holds : result.outcome.reason === 'clock' ? EXIT.noStatement : EXIT.fails;
  });
  return [EXIT.fails, EXIT.noStatement, EXIT.usage].find((status) => statuses.includes(status)) ?? EXIT.holds;
}

/** Of what another Sigstore signed, nothing is broken but that nobody here was told of its root. */
function withHint(
  refused: Verification & { readonly ok: false },
  { 'trusted-root': root }: OptionValues,
): Verification {
  if (refused.reason !== 'certificate-chain' || root !== undefined) return refused;
  return { ...refused, detail: `${refused.detail}; the root of a Sigstore of your own: --trusted-root FILE` };
}

interface Demanded {
  readonly keys: readonly ManagedKey[];
  /** Refuses a valid bundle by another signer than demanded like an invalid one. */
  readonly judge: (verified: Verification & { readonly ok: true }) => Verification;
}

/** Who must have signed. Throws UsageError where nobody, or two, are named. */
function signerOf(values: OptionValues, io: Io): Demanded {
  const { key, 'certificate-identity': exact, 'certificate-identity-regexp': pattern } = values;
  const issuer = values['certificate-oidc-issuer'];
  const hasIdentity = exact !== undefined || pattern !== undefined;
  if (key !== undefined && (hasIdentity || issuer !== undefined)) {
    throw new UsageError('--key and --certificate-identity exclude each other: a key has no certificate');
  }
  if (key !== undefined) return { keys: [userKey(key, io)], judge: demandKey };
  if (exact !== undefined && pattern !== undefined) {
    throw new UsageError('--certificate-identity and --certificate-identity-regexp exclude each other');
  }
  if (!hasIdentity || issuer === undefined) {
    throw new UsageError(
      'say who must have signed: --certificate-identity (or --certificate-identity-regexp) and ' +
        `--certificate-oidc-issuer, or --key FILE; such as: ${EXAMPLE}`,
    );
  }
  const identity = pattern === undefined ? exact : matcherOf(pattern);
  const policy = { issuer, ...(identity === undefined ? {} : { identity }) };
  return { keys: [], judge: (verified) => demandIdentity(verified, policy, pattern ?? null) };
}

function matcherOf(pattern: string): (text: string) => boolean {
  try {
    return compilePattern(pattern);
  } catch (error) {
    throw new UsageError(`--certificate-identity-regexp cannot be used: ${messageOf(error)}`);
  }
}

/** The same expression wherever it is in a text; null for one that is anchored, or too long for that. */
function partMatcher(pattern: string): ((text: string) => boolean) | null {
  if (/^\^|\$$/.test(pattern)) return null;
  try {
    return compilePattern(`.*(?:${pattern}).*`);
  } catch {
    return null;
  }
}

function demandKey(verified: Verification & { readonly ok: true }): Verification {
  const { signer } = verified.proof;
  if (signer.kind === 'key') return verified;
  return { ok: false, reason: 'key-unknown', detail: `${signedBy(signer)}, not with the key` };
}

function demandIdentity(
  verified: Verification & { readonly ok: true },
  policy: IdentityPolicy,
  pattern: string | null,
): Verification {
  const { signer } = verified.proof;
  if (signer.kind === 'key') {
    return { ok: false, reason: 'certificate-identity', detail: 'signed with a key, not with a certificate' };
  }
  if (matchesIdentity(verified.proof, policy)) return verified;
  const identity = pattern === null ? null : partMatcher(pattern);
  const isPart = identity !== null && matchesIdentity(verified.proof, { ...policy, identity });
  const hint = isPart
    ? '; the regular expression matches a part of it, and has to match the whole: .* at its ends'
    : '';
  const isOtherIssuer = policy.issuer !== undefined && signer.identity.issuer !== policy.issuer;
  const demanded = isOtherIssuer ? `; demanded is the issuer ${policy.issuer}` : '';
  return { ok: false, reason: 'certificate-identity', detail: signedBy(signer) + demanded + hint };
}

function signedBy({ identity }: BundleProof['signer'] & { readonly kind: 'certificate' }): string {
  return `signed by ${identity.subject}, issuer ${identity.issuer}`;
}

/** Under public-good's root and GitHub's, or those of a file: each judges what it vouches for. */
function verifierOf(values: OptionValues, keys: readonly ManagedKey[], io: Io): Verifier {
  const { 'witness-policy': policyFile } = values;
  const witnesses = policyFile === undefined ? null : loadWitnesses(policyFile, io);
  const instances = instancesIn(values, io).map((one) => ({ ...one, witnesses }));
  return createInstancesVerifier({ instances, keys, wanted: null });
}

function instancesIn({ 'trusted-root': rootFile, thresholds }: OptionValues, io: Io): readonly Instance[] {
  if (rootFile !== undefined) {
    return loadInstances(rootFile, { name: 'own', stated: statedThresholds(thresholds) }, io);
  }
  if (thresholds !== undefined) throw new UsageError('--thresholds goes with --trusted-root');
  return [PUBLIC_GOOD, GITHUB];
}

const HAS_SEVERAL: Verification = {
  ok: false,
  reason: 'bundle-malformed',
  detail: 'a document of several attestations, as npm serves it: give the member bundle of one of them',
};

const NO_JSON: Verification = { ok: false, reason: 'bundle-malformed', detail: 'not JSON, and so no Sigstore bundle' };

/** What the bundles of a file come to: one, or one in each line, as `gh attestation download` writes them. */
function resultsOf(file: string, verify: (bundle: unknown) => Verification, io: Io): readonly BundleResult[] {
  let text: string;
  try {
    text = readUserFile(file, 'the bundle', io).toString('utf8');
  } catch (error) {
    return [{ kind: 'unreadable', file, problem: messageOf(error) }];
  }
  const whole = tryJson(text);
  const judged = (bundle: unknown): Verification => {
    if (bundle === undefined) return NO_JSON;
    return isAttestations(bundle) ? HAS_SEVERAL : verify(bundle);
  };
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  if (whole !== undefined || lines.length < 2 || tryJson(lines[0] ?? '') === undefined) {
    return [{ kind: 'judged', file, line: null, outcome: judged(whole) }];
  }
  if (lines.length > MAX_BUNDLES) return [{ kind: 'unreadable', file, problem: `${file} has too many bundles` }];
  return lines.map((line, i) => ({ kind: 'judged', file, line: i + 1, outcome: judged(tryJson(line)) }));
}

/** What a registry of npm serves as the attestations of a version. */
function isAttestations(json: unknown): boolean {
  return isObject(json) && Array.isArray(json['attestations']);
}

/** What Node takes into one buffer that it hashes; a larger file is named by its digest. */
const MAX_ARTIFACT_BYTES = 2 ** 31 - 1;

const HEX_LENGTH = { sha256: 64, sha512: 128 } as const;

function artifactOf(target: string, io: Io): ArtifactInput {
  const [, algorithm, hex] = /^(sha256|sha512):(.*)$/.exec(target) ?? [];
  if (algorithm === undefined || hex === undefined)
    return { bytes: readUserFile(target, 'the artifact', io, MAX_ARTIFACT_BYTES) };
  const digest: Digest = { algorithm: algorithm as keyof typeof HEX_LENGTH, hex: hex.toLowerCase() };
  if (!/^[0-9a-f]+$/.test(digest.hex) || digest.hex.length !== HEX_LENGTH[algorithm as keyof typeof HEX_LENGTH]) {
    throw new UsageError(`${algorithm}: needs ${HEX_LENGTH[algorithm as keyof typeof HEX_LENGTH]} hex digits`);
  }
  return { digests: [digest] };
}
