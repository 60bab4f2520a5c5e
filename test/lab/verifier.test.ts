import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type BundleJson,
  type CiPublisher,
  ciWorkflow,
  gitlabPipeline,
  type Lab,
  type Published,
  startLab,
} from '../../lab/index.ts';
import type { Identity } from '../../src/model/proof.ts';
import { parseTrustedRoot } from '../../src/sigstore/trusted-root.ts';
import { createVerifier, type Verification } from '../../src/sigstore/verify.ts';

let lab: Lab;
beforeAll(async () => {
  lab = await startLab();
});
afterAll(() => lab.close());

const by = ciWorkflow({ repository: 'lab/pkg' });

function verify(bundle: BundleJson | undefined, message?: Buffer): Verification {
  const keys = lab.tufKeys.keys
    .filter(({ keyUsage }) => keyUsage === 'npm:attestations')
    .map(({ keyId, publicKey: { rawBytes, validFor } }) => ({
      hint: keyId,
      spki: rawBytes,
      start: Date.parse(validFor.start),
      end: validFor.end === undefined ? null : Date.parse(validFor.end),
    }));
  const verifier = createVerifier({ root: parseTrustedRoot(lab.trustedRoot), keys });
  const artifact = message === undefined ? {} : { artifact: { bytes: message } };
  return verifier.verify(bundle, { now: lab.clock.now(), ...artifact });
}

const bundlesOf = (published: Published): BundleJson[] =>
  (published.attestations?.attestations ?? []).map(({ bundle }) => bundle);

describe("assay's own verifier, on what the lab signs", () => {
  let serial = 0;
  it.each([
    ...(['0.1', '0.2', '0.3'] as const).flatMap((bundleVersion) =>
      (['intoto', 'dsse'] as const).map((entryKind) => ({ bundleVersion, entryKind, log: 'v1' as const })),
    ),
    { bundleVersion: '0.3', entryKind: 'dsse', log: 'v2' } as const,
    { bundleVersion: '0.3', entryKind: 'dsse', log: ['v1', 'v2'] } as const,
  ])('establishes both attestations: $bundleVersion, $entryKind, $log', async (spec) => {
    const published = await lab.publish({ name: 'p', version: `1.0.${(serial += 1)}`, by, ...spec });
    const results = bundlesOf(published).map((bundle) => verify(bundle));
    expect(results).toMatchObject([{ ok: true }, { ok: true }]);
    const proof = results[1]?.ok === true ? results[1].proof : expect.fail('refused');
    expect(proof.log).toHaveLength([spec.log].flat().length);
    expect(proof.signer).toMatchObject({ identity: { repository: 'https://github.com/lab/pkg', runner: 'hosted' } });
  });

  it('reads deviating workflows as they are', async () => {
    const identityOf = async (publisher: CiPublisher): Promise<Identity> => {
      const published = await lab.publish({ name: 'who', version: `1.0.${(serial += 1)}`, by: publisher });
      const result = verify(bundlesOf(published)[1]);
      if (!result.ok || result.proof.signer.kind !== 'certificate') expect.fail('refused');
      return result.proof.signer.identity;
    };
    const reusable = 'other/flows/.github/workflows/release.yml@refs/tags/v2';
    expect(await identityOf(ciWorkflow({ repository: 'lab/pkg', reusableWorkflow: reusable }))).toMatchObject({
      workflow: '.github/workflows/publish.yml',
      signer: `https://github.com/${reusable}`,
    });
    const odd = { repository: 'fork/pkg', workflow: '.github/workflows/odd.yml', ownerId: '7' };
    expect(await identityOf(ciWorkflow({ ...odd, runner: 'self-hosted', issuer: 'https://other.test' }))).toMatchObject(
      {
        issuer: 'https://other.test',
        repository: 'https://github.com/fork/pkg',
        ownerId: '7',
        workflow: odd.workflow,
        runner: 'self-hosted',
      },
    );
    expect(await identityOf(ciWorkflow({ repository: 'lab/pkg', extensions: 'deprecated' }))).toMatchObject({
      repository: 'https://github.com/lab/pkg',
      repositoryId: null,
      runner: null,
    });
    expect(await identityOf(gitlabPipeline({ project: 'group/pkg' }))).toMatchObject({
      issuer: 'https://gitlab.com',
      subject: 'https://gitlab.com/group/pkg//.gitlab-ci.yml@refs/heads/main',
      repository: 'https://gitlab.com/group/pkg',
      workflow: '.gitlab-ci.yml',
      runner: 'hosted',
    });
  });

  it.each(['v1', 'v2'] as const)('establishes a message in Rekor %s', (log) => {
    const message = Buffer.from('a message');
    const bundle = lab.sigstore.signMessage(message, by, { log });
    expect(verify(bundle, message)).toMatchObject({ ok: true });
    expect(verify(bundle, Buffer.from('another'))).toMatchObject({ ok: false });
  });

  it('refuses a message in Rekor v2 without a timestamp', () => {
    const message = Buffer.from('a message');
    const bundle = lab.sigstore.signMessage(message, by, { log: 'v2', timestamps: 0 });
    expect(verify(bundle, message)).toMatchObject({ ok: false, reason: 'time-missing' });
  });

  it.each([
    ['certificate-chain', { signer: 'foreign-ca' }],
    ['certificate-usage', { certificate: { usage: 'time-stamping' } }],
    ['certificate-usage', { certificate: { usage: 'none' } }],
    ['certificate-validity', { certificate: { lifetimeMs: -60_000 } }],
    ['sct', { certificate: { scts: [] } }],
    ['sct', { certificate: { scts: ['invalid'] } }],
    ['payload-type', { payloadType: 'text/plain' }],
  ] as const)('refuses for %s: %j', async (reason, provenance) => {
    const published = await lab.publish({ name: 'q', version: `1.0.${(serial += 1)}`, by, provenance });
    const [publication, build] = bundlesOf(published).map((bundle) => verify(bundle));
    expect(publication).toMatchObject({ ok: true });
    expect(build).toMatchObject({ ok: false, reason });
  });
});
