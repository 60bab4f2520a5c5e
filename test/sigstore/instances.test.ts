import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { STRICT } from '../../src/model/trust.ts';
import { githubRoot, githubRootJson, GITHUB_ROOT_DIGEST } from '../../src/sigstore/github.ts';
import {
  GITHUB,
  impossibleDemand,
  pinnedInstanceOf,
  PUBLIC_GOOD,
  sharedAuthority,
  thresholdsOf,
  type Instance,
} from '../../src/sigstore/instance.ts';
import { publicGoodRoot, publicGoodRootJson } from '../../src/sigstore/public-good.ts';
import { parseRootFile } from '../../src/sigstore/root-file.ts';
import { parseTrustedRoot, TrustedRootError } from '../../src/sigstore/trusted-root.ts';
import { createInstancesVerifier } from '../../src/sigstore/verify.ts';
import { hasSharedData, sharedData } from '../support/shared-data.ts';
import {
  bundlesIn,
  LAB_NOW,
  newSigstore,
  NOW,
  outcome,
  readJson,
  recordedFiles,
  recordedRoot,
  STATEMENT,
  WORKFLOW,
} from './support.ts';

const SKIPPED = '(skipped where there is no recorded data)';

/** "ok by NAME", or the reason. */
function judge(bundle: unknown, instances: readonly Instance[], wanted: string | null = null, now = NOW): string {
  const verification = createInstancesVerifier({ instances, wanted }).verify(bundle, { now });
  return verification.ok ? `ok by ${verification.instance ?? ''}` : (outcome(verification).split(':')[0] ?? '');
}

function instance(name: string, json: unknown, thresholds = STRICT): Instance {
  const root = parseTrustedRoot(json);
  return { name, thresholds, root: () => root, digest: name };
}

describe.skipIf(!hasSharedData)(`the instance of GitHub ${SKIPPED}`, () => {
  const gh = hasSharedData
    ? readFileSync(sharedData('sigstore/bundles/sigstore-java/github-private-no-tlog.trusted_root.jsonl'))
    : Buffer.alloc(0);

  it('is pinned as two independent copies have it', () => {
    const path = 'sigstore/trusted-root/github-newest.json';
    expect(githubRootJson()).toEqual(readJson(path));
    expect(
      createHash('sha256')
        .update(readFileSync(sharedData(path)))
        .digest('hex'),
    ).toBe(GITHUB_ROOT_DIGEST);
    const [first, second, ...none] = parseRootFile(gh);
    expect(none).toEqual([]);
    expect(first.source).toEqual(publicGoodRootJson());
    expect(second?.source).toEqual(githubRootJson());
  });

  /** Bundles whose certificate GitHub's authority issued. */
  const issued = (hasSharedData ? recordedFiles('sigstore/bundles') : [])
    .filter((path) => !path.endsWith('.tsv') && !path.includes('trusted_root'))
    .flatMap((path) => bundlesIn(path).map((bundle, i) => ({ path, i, bundle })))
    .filter(({ bundle }) => judge(bundle, [GITHUB]).startsWith('ok'));

  it('vouches for what is recorded of it, and nobody else does', () => {
    expect(issued.length).toBeGreaterThanOrEqual(5);
    for (const { path, bundle } of issued) {
      expect(judge(bundle, [PUBLIC_GOOD, GITHUB]), path).toBe('ok by github');
      expect(judge(bundle, [GITHUB, PUBLIC_GOOD]), path).toBe('ok by github');
      expect(judge(bundle, [PUBLIC_GOOD, GITHUB], 'github'), path).toBe('ok by github');
      expect(judge(bundle, [PUBLIC_GOOD, GITHUB], 'public-good'), path).toBe('certificate-chain');
      expect(judge(bundle, [PUBLIC_GOOD]), path).not.toMatch(/^ok/);
      const staging = { ...GITHUB, root: () => recordedRoot('sigstore/trusted-root/github-staging.json') };
      expect(judge(bundle, [PUBLIC_GOOD, staging]), path).toBe('certificate-chain');
    }
  });

  it('demands its timestamp, and a root of before cannot say what came after it', () => {
    for (const { bundle } of issued) {
      const without = structuredClone(bundle) as { verificationMaterial: { timestampVerificationData?: unknown } };
      delete without.verificationMaterial.timestampVerificationData;
      expect(judge(without, [PUBLIC_GOOD, GITHUB])).toBe('time-missing');
    }
    const older = { ...GITHUB, root: () => recordedRoot('sigstore/trusted-root/github-older.json') };
    const held = issued.filter(({ bundle }) => judge(bundle, [PUBLIC_GOOD, older]) === 'ok by github');
    expect(held.length).toBeLessThan(issued.length);
    expect(held.length).toBeGreaterThan(0);
  });

  it('does not vouch for what the public-good instance signed, nor make it show less', () => {
    const path = 'sigstore/bundles/cli/pkg__cmd__attestation__test__data__reusable-workflow-attestation.sigstore.json';
    const bundle = readJson(path);
    expect(judge(bundle, [GITHUB, PUBLIC_GOOD])).toBe('ok by public-good');
    expect(judge(bundle, [PUBLIC_GOOD, GITHUB], 'github')).toBe('certificate-chain');
    const unlogged = structuredClone(bundle) as { verificationMaterial: { tlogEntries: unknown[] } };
    unlogged.verificationMaterial.tlogEntries = [];
    expect(judge(unlogged, [GITHUB, PUBLIC_GOOD])).toBe('log-missing');
  });
});

describe('several instances at once', () => {
  // Their authorities have the same names, and different keys.
  const [company, other] = [newSigstore(), newSigstore()];
  const as = { identity: WORKFLOW };
  const stamped = { log: 0, sct: 0, time: 1 };
  const bare = { ...company.trustedRoot, tlogs: [], ctlogs: [] };
  const instances = [instance('main', other.trustedRoot), instance('company', bare, stamped)];
  const byCompany = company.signStatement(STATEMENT, as, { log: [], timestamps: 1 });
  const unlogged = other.signStatement(STATEMENT, as, { log: [], timestamps: 1 });
  const logged = other.signStatement(STATEMENT, as);

  it('are told apart by the key that issued, and each keeps its own thresholds', () => {
    for (const order of [instances, [...instances].reverse()]) {
      expect(judge(byCompany, order, null, LAB_NOW)).toBe('ok by company');
      expect(judge(logged, order, null, LAB_NOW)).toBe('ok by main');
      // What would do for the company's instance does not do for this one.
      expect(judge(unlogged, order, null, LAB_NOW)).toBe('log-missing');
    }
    const stranger = newSigstore().signStatement(STATEMENT, as, { log: ['v1'], timestamps: 1 });
    expect(judge(stranger, instances, null, LAB_NOW)).toBe('certificate-chain');
  });

  it('never lend each other a log or a time', () => {
    const noTime = company.signStatement(STATEMENT, as, { log: [], timestamps: 0 });
    const foreign = other.signStatement(STATEMENT, as, { log: 'v1', timestamps: 1 });
    const stolen = structuredClone(noTime) as unknown as { verificationMaterial: Record<string, unknown> };
    const lender = foreign as unknown as { verificationMaterial: Record<string, unknown> };
    stolen.verificationMaterial['tlogEntries'] = lender.verificationMaterial['tlogEntries'];
    expect(judge(stolen, instances, null, LAB_NOW)).toBe('time-missing');
    stolen.verificationMaterial['timestampVerificationData'] = lender.verificationMaterial['timestampVerificationData'];
    expect(judge(stolen, instances, null, LAB_NOW)).toBe('timestamp');
  });

  it('vouch for nothing that another one is wanted for, nor does one that is not there', () => {
    expect(judge(byCompany, instances, 'main', LAB_NOW)).toBe('certificate-chain');
    expect(judge(logged, instances, 'company', LAB_NOW)).toBe('certificate-chain');
    expect(judge(byCompany, instances, 'company', LAB_NOW)).toBe('ok by company');
    expect(judge(byCompany, instances, 'elsewhere', LAB_NOW)).toBe('certificate-chain');
    expect(judge(byCompany, instances.slice(0, 1), 'company', LAB_NOW)).toBe('certificate-chain');
  });

  it('may not share an authority, and demand nothing that could never be shown', () => {
    expect(sharedAuthority(publicGoodRoot(), githubRoot())).toBeNull();
    expect(sharedAuthority(parseTrustedRoot(other.trustedRoot), parseTrustedRoot(bare))).toBeNull();
    expect(sharedAuthority(parseTrustedRoot(company.trustedRoot), parseTrustedRoot(bare))).not.toBeNull();
    const root = parseTrustedRoot(bare);
    expect(impossibleDemand(root, STRICT)).toMatch(/^names no transparency log, and log is 1/);
    expect(impossibleDemand(root, { ...STRICT, log: 0 })).toMatch(/^names no certificate-transparency log/);
    expect(impossibleDemand(root, { log: 0, sct: 0, time: 2 })).toMatch(/^names only 1 log or timestamp authority/);
    expect(impossibleDemand(root, stamped)).toBeNull();
    // A key of a kind that is not known is listed all the same.
    const logs = company.trustedRoot.tlogs.map((log) => ({
      ...log,
      publicKey: { ...log.publicKey, keyDetails: 'PKIX_OF_TOMORROW' },
    }));
    expect(impossibleDemand(parseTrustedRoot({ ...company.trustedRoot, tlogs: logs }), STRICT)).toBeNull();
  });

  it('are as strict as the public-good one where nobody states it, whatever their roots leave out', () => {
    expect(thresholdsOf(parseTrustedRoot(bare))).toEqual(STRICT);
    expect(thresholdsOf(publicGoodRoot())).toEqual(STRICT);
    expect(thresholdsOf(githubRoot())).toEqual(stamped);
    // A root that adds an authority of somebody else is not GitHub's.
    const github = githubRootJson() as { certificateAuthorities: unknown[] };
    const mixed = parseTrustedRoot({
      ...github,
      certificateAuthorities: [...github.certificateAuthorities, ...company.trustedRoot.certificateAuthorities],
    });
    expect(pinnedInstanceOf(mixed)).toBeNull();
    expect(thresholdsOf(mixed)).toEqual(STRICT);
    expect(pinnedInstanceOf(parseTrustedRoot({ ...github, certificateAuthorities: [] }))).toBeNull();
  });
});

describe('a file with trusted roots', () => {
  const { trustedRoot } = newSigstore();
  const pem = (json: unknown): string => {
    const { certificates } = json as { certificates: readonly { rawBytes: string }[] };
    return certificates
      .map(({ rawBytes }) => `-----BEGIN CERTIFICATE-----\n${rawBytes}\n-----END CERTIFICATE-----\n`)
      .join('');
  };
  const read = (text: string): ReturnType<typeof parseRootFile> => parseRootFile(Buffer.from(text));
  const line = JSON.stringify(trustedRoot);

  it('has one as JSON, or several as JSON lines', () => {
    expect(read(JSON.stringify(trustedRoot, null, 2))).toHaveLength(1);
    expect(read(line)).toHaveLength(1);
    expect(read(`${line}\n${JSON.stringify(githubRootJson())}\n`).map(({ source }) => source)).toEqual([
      trustedRoot,
      githubRootJson(),
    ]);
  });

  it('has chains in PEM: authorities, and what signs timestamps', () => {
    const [authority] = trustedRoot.certificateAuthorities;
    const [stamping] = trustedRoot.timestampAuthorities;
    const [root] = read(`# ours\n${pem(authority?.certChain)}${pem(stamping?.certChain)}`);
    const counts = [root.certificateAuthorities, root.timestampAuthorities].map((list) =>
      list.map(({ chain }) => chain.length),
    );
    expect(counts).toEqual([[authority?.certChain.certificates.length], [stamping?.certChain.certificates.length]]);
    expect(root.listed).toEqual({ tlogs: 0, ctlogs: 0, timestampAuthorities: 1 });
    const only = { name: 'pem', root: () => root, digest: '', thresholds: { log: 0, sct: 0, time: 1 } };
    const sigstore = newSigstore();
    const [own] = read(
      pem(sigstore.trustedRoot.certificateAuthorities[0]?.certChain) +
        pem(sigstore.trustedRoot.timestampAuthorities[0]?.certChain),
    );
    const signed = sigstore.signStatement(STATEMENT, { identity: WORKFLOW }, { log: [], timestamps: 1 });
    expect(judge(signed, [{ ...only, root: () => own }], null, LAB_NOW)).toBe('ok by pem');
    expect(judge(signed, [only], null, LAB_NOW)).not.toMatch(/^ok/);
  });

  it.each([
    ['nothing', ''],
    ['an empty object', '{}'],
    ['a list', '[]'],
    ['a line that is no JSON', `${line}\n{`],
    ['a line of another kind', `${line}\n{"mediaType":"x"}`],
    ['the same twice', `${line}\n${line}`],
    ['too many lines', Array.from({ length: 17 }, () => line).join('\n')],
    [
      'a private key',
      `${pem(trustedRoot.certificateAuthorities[0]?.certChain)}-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----`,
    ],
    ['a public key', '-----BEGIN PUBLIC KEY-----\nAA==\n-----END PUBLIC KEY-----'],
    ['no certificate in it', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----'],
    [
      'one that does not end',
      `${pem(trustedRoot.certificateAuthorities[0]?.certChain)}-----BEGIN CERTIFICATE-----\nAAAA`,
    ],
    ['too much', ' '.repeat(4 * 1024 * 1024 + 1)],
  ])('is refused with %s', (_, text) => {
    expect(() => read(text)).toThrow(TrustedRootError);
  });
});
