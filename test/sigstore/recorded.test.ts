import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { publicGoodRoot } from '../../src/sigstore/public-good.ts';
import { thresholdsOf } from '../../src/sigstore/instance.ts';
import { parseTrustedRoot, type TrustedRoot } from '../../src/sigstore/trusted-root.ts';
import { createVerifier } from '../../src/sigstore/verify.ts';
import { hasSharedData, sharedData } from '../support/shared-data.ts';
import { bundlesIn, NOW, outcome, proofOf, readJson, recordedFiles, recordedRoot, verifyUnder } from './support.ts';

/** Repository each recorded npm package is known to be built from. */
const REPOSITORIES: Readonly<Record<string, string>> = {
  '@laurentsimon__provenance-npm-test@1.0.0': 'https://github.com/laurentsimon/provenance-npm-test',
  '@laurentsimon__provenance-npm-test@1.0.3': 'https://github.com/laurentsimon/provenance-npm-test',
  '@playwright__cli@0.1.1': 'https://github.com/microsoft/playwright-cli',
  '@trishankatdatadog__supreme-goggles@1.0.5': 'https://github.com/trishankatdatadog/supreme-goggles',
  'gundam-visor@1.0.1': 'https://github.com/ramonpetgrave64/gundam-visor',
  'nuxt@3.13.0': 'https://github.com/nuxt/nuxt',
  'sigstore@0.4.0': 'https://github.com/sigstore/sigstore-js',
  'sigstore@1.0.0': 'https://github.com/sigstore/sigstore-js',
  'tuf-js@1.0.0': 'https://github.com/theupdateframework/tuf-js',
};

interface AttestationsJson {
  readonly attestations: readonly { readonly predicateType: string; readonly bundle: unknown }[];
}

const skipped = '(skipped where there is no recorded data)';
const all = (folder: string): string[] => (hasSharedData ? recordedFiles(folder) : []);

describe.skipIf(!hasSharedData)(`npm attestation documents ${skipped}`, () => {
  it.each(all('npm/attestations'))('%s', (path) => {
    const [, name = ''] = /attestations\/(.+)\.attestations\.json$/.exec(path) ?? [];
    const { attestations } = readJson(path) as AttestationsJson;
    expect(attestations).toHaveLength(2);
    for (const { predicateType, bundle } of attestations) {
      const proof = proofOf(verifyUnder(publicGoodRoot(), bundle));
      expect(proof.statement?.predicateType).toBe(predicateType);
      expect(proof.log).toHaveLength(1);
      if (predicateType.startsWith('https://slsa.dev/')) {
        expect(proof.scts).toBe(1);
        expect(proof.signer).toMatchObject({
          identity: { repository: REPOSITORIES[name], issuer: 'https://token.actions.githubusercontent.com' },
        });
      } else {
        expect(proof.signer.kind).toBe('key');
      }
      const subject = proof.statement?.subjects[0];
      expect(`${subject?.name ?? ''} ${subject?.digests[0]?.algorithm ?? ''}`).toBe(
        `pkg:npm/${name.replace('__', '/').replace(/^@/, '%40')} sha512`,
      );
    }
  });
});

/**
 * What is left of altered documents, by bundle. Each has one altered bundle; in the last but one of the list the other
 * one carries whitespace in its base64, too.
 */
const DOCTORED: Readonly<Record<string, readonly string[]>> = {
  'npm-stmt-mismatch-prov-type.intoto.sigstore.f20be812': ['log-entry-mismatch', 'ok'],
  'npm-stmt-mismatch-pub-predicatetype.intoto.sigstore.3a6ac5ff': ['ok', 'log-entry-mismatch'],
  'npm-stmt-mismatch-pub-type.intoto.sigstore.821037ed': ['ok', 'log-entry-mismatch'],
  'gundam-visor-cli-v1-tag-invalidsigprov.tgz.json': ['ok', 'log-entry-mismatch'],
  'npm-att-mismatch-prov-payloadtype.intoto.sigstore': ['payload-type', 'ok'],
  'npm-att-prov-invalid-signature.intoto.sigstore': ['log-entry-mismatch', 'ok'],
  'npm-att-publish-nodigest.intoto.sigstore': ['ok', 'log-entry-mismatch'],
  'npm-att-publish-nosubjects.intoto.sigstore': ['ok', 'log-entry-mismatch'],
  'npm-stmt-mismatch-prov-predicatetype.intoto.sigstore': ['log-entry-mismatch', 'ok'],
  'provenance-npm-test-cli-v02-prega-invalidsigpub.tgz.json': ['log-entry-mismatch', 'ok'],
  'provenance-npm-test-cli-v1-prega-invalidsigprov.tgz.json': ['ok', 'log-entry-mismatch'],
  'provenance-npm-test-ossf-invalidsigpub.tgz.json': ['log-entry-mismatch', 'ok'],
  'supreme-googles-cli-v02-tag-invalidsigprov.tgz.json': ['ok', 'log-entry-mismatch'],
  'pacote__invalid-attestations.json': ['ok', 'bundle-malformed'],
  'pacote__malformed-subject-attestations.json': ['ok', 'log-entry-mismatch'],
  'pacote__mismatched-subject-digest-attestations.json': ['ok', 'log-entry-mismatch'],
  'pacote__mismatched-subject-name-attestations.json': ['ok', 'log-entry-mismatch'],
  'pacote__no-keyid-attestations.json': ['bundle-malformed', 'envelope'],
};

describe.skipIf(!hasSharedData)(`altered npm documents ${skipped}`, () => {
  it.each(all('npm/doctored'))('%s', (path) => {
    const outcomes = bundlesIn(path).map((bundle) => outcome(verifyUnder(publicGoodRoot(), bundle)).split(':')[0]);
    expect(outcomes).toEqual(Object.entries(DOCTORED).find(([name]) => path.endsWith(name))?.[1]);
  });
});

/** Message signatures whose artifact is recorded, with what they come to under the root that issued them. */
const MESSAGES: readonly (readonly [bundle: string, artifact: string, root: string, expected: string])[] = [
  ['bundle.txt.sigstore', 'bundle.txt', 'staging', 'ok'],
  ['bundle_v3.txt.sigstore', 'bundle_v3.txt', 'staging', 'ok'],
  ['bundle_v3_alt.txt.sigstore', 'bundle_v3_alt.txt', 'staging', 'ok'],
  ['bundle.txt.sigstore', 'bundle.txt', 'prod', 'log-unknown'],
  ['bundle.txt.sigstore', 'a.txt', 'staging', 'artifact-mismatch'],
  ['bundle_cve_2022_36056.txt.sigstore', 'bundle_cve_2022_36056.txt', 'staging', 'log-entry-mismatch'],
  ['bundle_invalid_version.txt.sigstore', 'bundle_invalid_version.txt', 'staging', 'bundle-media-type'],
  ['bundle_no_cert_v1.txt.sigstore', 'bundle_no_cert_v1.txt', 'staging', 'bundle-malformed'],
  ['bundle_no_checkpoint.txt.sigstore', 'bundle_no_checkpoint.txt', 'staging', 'bundle-malformed'],
  ['bundle_no_log_entry.txt.sigstore', 'bundle_no_log_entry.txt', 'staging', 'log-missing'],
  ['bundle_v3_no_signed_time.txt.sigstore.json', 'bundle_v3_no_signed_time.txt', 'prod', 'time-missing'],
  ['tsa/bundle.duplicate.sigstore', 'tsa/bundle.txt', 'staging', 'bundle-malformed'],
  ['tsa/bundle.many_timestamp.sigstore', 'tsa/bundle.txt', 'staging', 'bundle-malformed'],
  ['tsa/bundle.txt.late_timestamp.sigstore', 'tsa/bundle.txt', 'staging', 'certificate-validity'],
];

describe.skipIf(!hasSharedData)(`recorded message signatures ${skipped}`, () => {
  const artifactOf = (path: string): Buffer => readFileSync(sharedData(`sigstore/python-client/${path}`));

  it.each(MESSAGES)('%s of %s under %s: %s', (bundle, artifact, root, expected) => {
    const trusted = recordedRoot(`sigstore/trusted-root/${root}-newest.json`);
    const json = readJson(`sigstore/python-client/${bundle}`);
    expect(outcome(verifyUnder(trusted, json, artifactOf(artifact))).split(':')[0]).toBe(expected);
  });

  it('verifies by digest alone, with the digest of something else refused', () => {
    const root = recordedRoot('sigstore/trusted-root/staging-newest.json');
    const verifier = createVerifier({ root, thresholds: thresholdsOf(root) });
    const bundle = readJson('sigstore/python-client/bundle.txt.sigstore');
    const byDigest = (hex: string): string =>
      outcome(verifier.verify(bundle, { now: NOW, artifact: { digests: [{ algorithm: 'sha256', hex }] } }));
    const hex = createHash('sha256').update(artifactOf('bundle.txt')).digest('hex');
    expect(byDigest(hex)).toBe('ok');
    expect(byDigest('0'.repeat(64))).toMatch(/^artifact-mismatch/);
  });
});

interface DigestJson {
  readonly messageSignature?: {
    readonly messageDigest?: { readonly algorithm: string; readonly digest: string };
  };
}

/** Artifacts are not recorded; the digest the bundle names stands for what a user would give. */
const BY_DIGEST: readonly (readonly [path: string, root: string])[] = [
  ['sigstore/bundles/protobuf-specs/gen__pb-rust__sigstore-protobuf-specs__assets__a.txt.sigstore', 'prod'],
  ['sigstore/bundles/sigstore-python/test__assets__bundle_v3_github.whl.sigstore', 'prod'],
  ['sigstore/bundles/sigstore-python/test__assets__integration__Python-3.12.5.tgz.sigstore', 'prod'],
  ['sigstore/bundles/sigstore-python/test__assets__staging-rekor-v2.txt.sigstore.json', 'staging'],
  ['sigstore/bundles/sigstore-rust/crates__sigstore-verify__test_data__bundles__cosign-v3-blob.sigstore.json', 'prod'],
  ['sigstore/bundles/sigstore-verification/test-bundles__v3.0.2-bundle.json', 'prod'],
];

describe.skipIf(!hasSharedData)(`recorded message signatures by the digest they name ${skipped}`, () => {
  it.each(BY_DIGEST)('%s', (path, name) => {
    const root = recordedRoot(`sigstore/trusted-root/${name}-newest.json`);
    const bundle = readJson(path);
    const { algorithm, digest } = (bundle as DigestJson).messageSignature?.messageDigest ?? expect.fail('no digest');
    expect(algorithm).toBe('SHA2_256');
    const artifact = {
      digests: [{ algorithm: 'sha256', hex: Buffer.from(digest, 'base64').toString('hex') }],
    } as const;
    const verifier = createVerifier({ root, thresholds: thresholdsOf(root) });
    expect(outcome(verifier.verify(bundle, { now: NOW, artifact }))).toBe('ok');
  });
});

describe.skipIf(!hasSharedData)(`other recorded bundles ${skipped}`, () => {
  const table = hasSharedData ? readFileSync(sharedData('sigstore/bundles/verify.tsv'), 'utf8').split('\n') : [];
  const verified = table.flatMap((line) => {
    const [file = '', index, , result = ''] = line.split('\t');
    const [, root] = /^VERIFIED (\w+) /.exec(result) ?? [];
    return root === undefined ? [] : [{ file, index: Number(index), root }];
  });
  const roots = new Map<string, TrustedRoot>();
  const rootOf = (name: string): TrustedRoot => {
    const root = roots.get(name) ?? recordedRoot(`sigstore/trusted-root/${name}-newest.json`);
    roots.set(name, root);
    return root;
  };

  it.each(verified)('$file holds under $root', ({ file, index, root }) => {
    const bundle = bundlesIn(`sigstore/bundles/${file}`)[index];
    const expected = file.includes('ci-real-pkg') ? /^payload-type/ : /^ok$/;
    expect(outcome(verifyUnder(rootOf(root), bundle))).toMatch(expected);
  });

  it('reads the table', () => {
    expect(verified.length).toBeGreaterThan(15);
  });
});

interface AuthoritiesJson {
  readonly timestampAuthorities: readonly { readonly certChain: { readonly certificates: readonly unknown[] } }[];
}

describe.skipIf(!hasSharedData)(`a timestamp authority that is trusted by its issuers only ${skipped}`, () => {
  const artifact = hasSharedData ? readFileSync(sharedData('conformance/a.txt')) : Buffer.alloc(0);
  const run = (name: string, from: number): string => {
    const json = structuredClone(readJson(`conformance/${name}/trusted_root.json`)) as AuthoritiesJson;
    const timestampAuthorities = json.timestampAuthorities.map((authority) => ({
      ...authority,
      certChain: { certificates: authority.certChain.certificates.slice(from) },
    }));
    const root = parseTrustedRoot({ ...json, timestampAuthorities });
    return (
      outcome(verifyUnder(root, readJson(`conformance/${name}/bundle.sigstore.json`), artifact)).split(':')[0] ?? ''
    );
  };

  it('signs with the certificate a token brings along', () => {
    expect(run('rekor2-happy-path', 0)).toBe('ok');
    expect(run('rekor2-happy-path', 1)).toBe('ok');
  });

  it('needs a token to bring one', () => {
    expect(run('rekor2-dsse-happy-path', 0)).toBe('ok');
    expect(run('rekor2-dsse-happy-path', 1)).toBe('timestamp');
  });
});
