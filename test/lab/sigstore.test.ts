import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { X509Certificate } from 'node:crypto';
import { type BundleJson, ciWorkflow, emailIdentity, type Lab, type Published, startLab } from '../../lab/index.ts';
import { newTree } from '../../lab/sigstore/merkle.ts';
import { verifyWithOracle } from './oracle.ts';

let lab: Lab;
beforeAll(async () => {
  lab = await startLab();
});
afterAll(() => lab.close());

const by = ciWorkflow({ repository: 'axios/axios', ref: 'refs/tags/v1.0.0' });
const SUBJECT = 'https://github.com/axios/axios/.github/workflows/publish.yml@refs/tags/v1.0.0';

function bundleOf(published: Published, predicate: 'provenance' | 'publish'): BundleJson {
  const found = published.attestations?.attestations.find(({ predicateType }) => predicateType.includes(predicate));
  if (found === undefined) throw new Error(`no ${predicate} attestation`);
  return found.bundle;
}

let serial = 0;
const next = (): { name: string; version: string } => ({ name: '@lab/pkg', version: `1.0.${(serial += 1)}` });

describe.each(['0.1', '0.2', '0.3'] as const)('bundle version %s', (bundleVersion) => {
  it.each(['intoto', 'dsse'] as const)('verifies with %s entries', async (entryKind) => {
    const published = await lab.publish({ ...next(), by, bundleVersion, entryKind });
    expect(verifyWithOracle(lab, bundleOf(published, 'provenance'))).toBe(SUBJECT);
    expect(verifyWithOracle(lab, bundleOf(published, 'publish'))).toBeUndefined();
  });

  it('verifies a message in both kinds of log', () => {
    const message = Buffer.from('a message');
    const as = { identity: emailIdentity('someone@lab.test', 'https://accounts.lab.test') };
    // Version 0.1 demands the promise that Rekor v2 does not make.
    const logs = bundleVersion === '0.1' ? (['v1'] as const) : (['v1', 'v2', ['v1', 'v2']] as const);
    for (const log of logs) {
      const bundle = lab.sigstore.signMessage(message, as, { version: bundleVersion, log });
      expect(verifyWithOracle(lab, bundle, message)).toBe('someone@lab.test');
      expect(() => verifyWithOracle(lab, bundle, Buffer.from('another message'))).toThrow();
    }
  });
});

describe('a bundle that must not verify', () => {
  it.each(['foreign-ca', 'foreign-instance'] as const)('is refused from a %s', async (signer) => {
    const published = await lab.publish({ ...next(), by, provenance: { signer } });
    expect(() => verifyWithOracle(lab, bundleOf(published, 'provenance'))).toThrow();
    expect(() => verifyWithOracle(lab, bundleOf(published, 'publish'))).not.toThrow();
  });

  it.each(['invalid', 'unknown-log'] as const)('is refused with an SCT that is %s', async (kind) => {
    const published = await lab.publish({ ...next(), by, provenance: { certificate: { scts: [kind] } } });
    expect(() => verifyWithOracle(lab, bundleOf(published, 'provenance'))).toThrow(/SCT/);
  });

  it('is refused without an SCT', async () => {
    const none = await lab.publish({ ...next(), by, provenance: { certificate: { scts: [] } } });
    expect(() => verifyWithOracle(lab, bundleOf(none, 'provenance'))).toThrow(/SCT/);
  });

  it.each(['unknown-key', 'expired-key'] as const)('is refused with an %s', async (key) => {
    const published = await lab.publish({ ...next(), by, publishAttestation: { key } });
    expect(() => verifyWithOracle(lab, bundleOf(published, 'publish'))).toThrow();
  });

  it('is refused if its certificate had expired when it was logged', async () => {
    const published = await lab.publish({ ...next(), by, provenance: { certificate: { lifetimeMs: -1000 } } });
    expect(() => verifyWithOracle(lab, bundleOf(published, 'provenance'))).toThrow(/certificate/i);
  });
});

it('issues certificates with the extensions of a workflow, old and new', () => {
  const certificateOf = (bundle: BundleJson): X509Certificate =>
    new X509Certificate(Buffer.from(bundle.verificationMaterial.certificate?.rawBytes ?? '', 'base64'));
  const raw = certificateOf(lab.sigstore.signMessage(Buffer.alloc(1), by)).raw.toString('latin1');
  expect(raw).toContain('https://github.com/axios/axios/actions/runs/');
  const old = ciWorkflow({ repository: 'axios/axios', extensions: 'deprecated' });
  const certificate = certificateOf(lab.sigstore.signMessage(Buffer.alloc(1), old));
  expect(certificate.raw.toString('latin1')).not.toContain('/actions/runs/');
  expect(certificate.subjectAltName).toBe(
    'URI:https://github.com/axios/axios/.github/workflows/publish.yml@refs/heads/main',
  );
  expect(Date.parse(certificate.validTo) - Date.parse(certificate.validFrom)).toBe(600_000);
});

it('signs at the time of the clock', () => {
  const at = lab.clock.now();
  lab.clock.advance(3_600_000);
  const { tlogEntries } = lab.sigstore.signMessage(Buffer.alloc(1), by).verificationMaterial;
  expect(Number(tlogEntries[0]?.integratedTime) * 1000).toBe(at + 3_600_000);
  lab.clock.set(at);
  expect(lab.clock.now()).toBe(at);
});

it('gives positions in the whole log beyond 2^31 that differ from those in the tree', () => {
  const [entry] = lab.sigstore.signMessage(Buffer.alloc(1), by).verificationMaterial.tlogEntries;
  expect(Number(entry?.logIndex)).toBeGreaterThan(2 ** 31);
  expect(entry?.inclusionProof?.logIndex).not.toBe(entry?.logIndex);
});

it('publishes at an earlier time without moving the clock', async () => {
  const now = lab.clock.now();
  const published = await lab.publish({ ...next(), by, at: now - 86_400_000 });
  expect(published.time).toBe(now - 86_400_000);
  const times = ['provenance', 'publish'].map((predicate) =>
    Number(bundleOf(published, predicate as 'publish').verificationMaterial.tlogEntries[0]?.integratedTime),
  );
  expect(times).toEqual([(now - 86_400_000) / 1000, (now - 86_400_000) / 1000]);
  expect(lab.clock.now()).toBe(now);
});

it('is a Sigstore of its own: another lab proves nothing here', async () => {
  const other = await startLab();
  const spec = { ...next(), by };
  const [here, there] = [await lab.publish(spec), await other.publish(spec)];
  await other.close();
  for (const predicate of ['provenance', 'publish'] as const) {
    expect(() => verifyWithOracle(lab, bundleOf(here, predicate))).not.toThrow();
    expect(() => verifyWithOracle(lab, bundleOf(there, predicate))).toThrow();
    expect(() => verifyWithOracle(other, bundleOf(there, predicate))).not.toThrow();
  }
});

it('deviates where it is told to, under good signatures', async () => {
  const published = await lab.publish({
    ...next(),
    by,
    provenance: {
      subject: { name: 'pkg:npm/other@1.0.0' },
      predicate: () => ({ replaced: true }),
      wrapperPredicateType: 'https://wrapper.test',
      bundle: (bundle) => ({ ...bundle, mediaType: 'application/vnd.dev.sigstore.bundle+json;version=0.3' }),
    },
  });
  const [, build = expect.fail('no provenance')] = published.attestations?.attestations ?? [];
  expect(build.predicateType).toBe('https://wrapper.test');
  expect(build.bundle.mediaType).toBe('application/vnd.dev.sigstore.bundle+json;version=0.3');
  const payload = Buffer.from(build.bundle.dsseEnvelope?.payload ?? '', 'base64').toString();
  expect(JSON.parse(payload)).toMatchObject({
    subject: [{ name: 'pkg:npm/other@1.0.0', digest: { sha512: expect.stringMatching(/^[0-9a-f]{128}$/) as string } }],
    predicate: { replaced: true },
    predicateType: 'https://slsa.dev/provenance/v1',
  });
  expect(verifyWithOracle(lab, build.bundle)).toBe(SUBJECT);
});

it('attests what it is told to: publication only, build only, nothing', async () => {
  const typesOf = async (spec: Partial<Parameters<Lab['publish']>[0]>): Promise<string[] | null> => {
    const { attestations, manifest } = await lab.publish({ ...next(), by, ...spec });
    const types = attestations?.attestations.map(({ predicateType }) => predicateType) ?? null;
    expect(manifest.dist.attestations === undefined).toBe(types === null);
    expect(manifest.dist.attestations?.provenance?.predicateType).toBe(
      types?.find((type) => type.includes('slsa.dev')),
    );
    return types;
  };
  const publish = 'https://github.com/npm/attestation/tree/main/specs/publish/v0.1';
  expect(await typesOf({})).toEqual([publish, 'https://slsa.dev/provenance/v1']);
  expect(await typesOf({ provenance: false, publishAttestation: true })).toEqual([publish]);
  expect(await typesOf({ publishAttestation: false })).toEqual(['https://slsa.dev/provenance/v1']);
  expect(await typesOf({ provenance: false })).toBeNull();
  const older = { predicateType: 'https://slsa.dev/provenance/v0.2' } as const;
  expect(await typesOf({ provenance: older })).toEqual([publish, 'https://slsa.dev/provenance/v0.2']);
});

describe('the Merkle tree', () => {
  it('has the roots of the RFC 6962 test vectors', () => {
    // Inputs and roots as Certificate Transparency's reference implementation tests them.
    const inputs = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'];
    const tree = newTree();
    for (const input of inputs) tree.append(Buffer.from(input, 'hex'));
    expect(tree.root(0).toString('hex')).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
    expect(tree.root(1).toString('hex')).toBe('6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d');
    expect(tree.root(8).toString('hex')).toBe('5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328');
  });

  it('proves every entry of every size', () => {
    const size = 21;
    const message = Buffer.from('entry');
    const bundles = Array.from({ length: size }, () => lab.sigstore.signMessage(message, by));
    for (const bundle of bundles) expect(() => verifyWithOracle(lab, bundle, message)).not.toThrow();
  });
});
