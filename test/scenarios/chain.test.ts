import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { ciWorkflow, startLab, token, type Lab } from '../../lab/index.ts';
import { PHASES } from '../../src/model/verdict.ts';
import { advisoriesAbout, malicious } from '../advisories/records.ts';
import { auditIn, withLab, type AuditChange } from './harness.ts';

const DAY = 86_400_000;
type Times = Readonly<Record<string, string>>;
const TEAM = ciWorkflow({ repository: 'team/p', repositoryId: '100', ownerId: '200' });

const P = { ecosystem: 'npm', name: 'p' } as const;

type PublishSpec = Parameters<Lab['publish']>[0];

/**
 * Publishes p@1.0.0 by the team's workflow and, a day later, p@1.0.1 as `spec` says; both are what a lockfile may lock.
 */
async function publishTwo(lab: Lab, spec: Partial<PublishSpec> = {}): Promise<void> {
  await lab.publish({ name: 'p', version: '1.0.0', by: TEAM });
  lab.clock.advance(DAY);
  await lab.publish({ name: 'p', version: '1.0.1', by: TEAM, ...spec });
}

interface Scenario {
  readonly name: string;
  readonly arrange: (lab: Lab) => Promise<string | undefined> | Promise<void>;
  /** Findings in the observe phase, without "p@1.0.1 ". */
  readonly findings: readonly string[];
  /** Exit status in observe and in critical. */
  readonly observe: number;
  readonly critical: number;
  readonly change?: AuditChange;
}

/** Each publishes into a fresh lab and audits a lockfile with p@1.0.1 (or the lockfile that `arrange` returns). */
const SCENARIOS: readonly Scenario[] = [
  { name: 'all proven', arrange: (lab) => publishTwo(lab), findings: [], observe: 0, critical: 0 },
  {
    name: 'all proven, and a record says that another version is malicious',
    arrange: (lab) => publishTwo(lab),
    findings: [],
    observe: 0,
    critical: 0,
    change: { advisories: advisoriesAbout(P, malicious('npm', 'p', { versions: ['1.0.2'] })) },
  },
  {
    name: 'all proven, and a record says that it is malicious',
    arrange: (lab) => publishTwo(lab),
    findings: ['advisory-malicious'],
    observe: 1,
    critical: 1,
    change: { advisories: advisoriesAbout(P, malicious('npm', 'p', { versions: ['1.0.1'] })) },
  },
  {
    name: 'all proven, and a record whose range somebody broke',
    arrange: (lab) => publishTwo(lab),
    findings: ['evidence-malformed'],
    observe: 3,
    critical: 3,
    change: { advisories: advisoriesAbout(P, malicious('npm', 'p', { ranges: [{ type: 'SEMVER', events: [{}] }] })) },
  },
  {
    name: 'provenance lost (the Axios pattern)',
    arrange: (lab) => publishTwo(lab, { by: token({ user: 'thief' }) }),
    findings: ['provenance-lost'],
    observe: 0,
    critical: 1,
  },
  {
    name: 'provenance lost on a line that never had it, to an account that nobody knew',
    arrange: async (lab) => {
      await lab.publish({ name: 'p', version: '2.0.0', by: TEAM });
      lab.clock.advance(DAY);
      await lab.publish({ name: 'p', version: '1.0.1', by: token({ user: 'thief' }) });
    },
    findings: ['provenance-lost'],
    observe: 0,
    critical: 1,
  },
  {
    name: 'provenance lost elsewhere: only a bot of another line has it, and who releases this one never had any',
    arrange: async (lab) => {
      await lab.publish({ name: 'p', version: '1.0.0', by: token({ user: 'a' }) });
      lab.clock.advance(30 * DAY);
      await lab.publish({ name: 'p', version: '2.0.0', by: ciWorkflow({ repository: 'team/p', user: 'bot' }) });
      lab.clock.advance(DAY);
      await lab.publish({ name: 'p', version: '1.0.1', by: token({ user: 'a' }) });
    },
    findings: ['provenance-lost-elsewhere'],
    observe: 0,
    critical: 1,
  },
  {
    name: 'provenance lost: the same, where the other line is published without a token',
    arrange: async (lab) => {
      await lab.publish({ name: 'p', version: '1.0.0', by: token({ user: 'a' }) });
      lab.clock.advance(30 * DAY);
      await lab.publish({ name: 'p', version: '2.0.0', by: TEAM });
      lab.clock.advance(DAY);
      await lab.publish({ name: 'p', version: '1.0.1', by: token({ user: 'a' }) });
    },
    findings: ['provenance-lost'],
    observe: 0,
    critical: 1,
  },
  {
    name: 'historical gap: there never was provenance',
    arrange: async (lab) => {
      await lab.publish({ name: 'p', version: '1.0.0', by: token({ user: 'a' }) });
      await lab.publish({ name: 'p', version: '1.0.1', by: token({ user: 'a' }) });
    },
    findings: ['provenance-missing'],
    observe: 0,
    critical: 1,
  },
  {
    name: 'fork',
    arrange: (lab) =>
      publishTwo(lab, {
        by: ciWorkflow({ repository: 'fork/p', repositoryId: '101', ownerId: '201' }),
        manifest: { repository: 'https://github.com/team/p' },
      }),
    findings: ['identity-unexpected-repository'],
    observe: 0,
    critical: 1,
  },
  {
    name: 'first version, whose manifest claims another repository',
    arrange: async (lab) => {
      const manifest = { repository: 'https://github.com/team/p' };
      await lab.publish({ name: 'p', version: '1.0.1', by: ciWorkflow({ repository: 'fork/p' }), manifest });
    },
    findings: ['identity-unexpected-repository'],
    observe: 0,
    critical: 1,
  },
  {
    name: 'other workflow',
    arrange: (lab) =>
      publishTwo(lab, {
        by: ciWorkflow({
          repository: 'team/p',
          repositoryId: '100',
          ownerId: '200',
          workflow: '.github/workflows/evil.yml',
        }),
      }),
    findings: ['identity-unexpected-workflow'],
    observe: 0,
    critical: 1,
  },
  {
    name: 'other issuer',
    arrange: (lab) =>
      publishTwo(lab, {
        by: ciWorkflow({
          repository: 'team/p',
          repositoryId: '100',
          ownerId: '200',
          issuer: 'https://token.actions.githubusercontent.com/evil',
        }),
      }),
    findings: ['identity-unexpected-issuer'],
    observe: 0,
    critical: 1,
  },
  {
    name: 'owner id changed under the same name',
    arrange: (lab) =>
      publishTwo(lab, { by: ciWorkflow({ repository: 'team/p', repositoryId: '100', ownerId: '999' }) }),
    findings: ['identity-owner-changed'],
    observe: 0,
    critical: 1,
  },
  {
    name: 'self-hosted runner',
    arrange: (lab) =>
      publishTwo(lab, {
        by: ciWorkflow({ repository: 'team/p', repositoryId: '100', ownerId: '200', runner: 'self-hosted' }),
      }),
    findings: ['identity-self-hosted-runner'],
    observe: 0,
    critical: 1,
  },
  {
    name: 'predicate that disagrees with the certificate',
    arrange: (lab) =>
      publishTwo(lab, {
        provenance: {
          predicate: (predicate) => replaceIn(predicate, '.github/workflows/publish.yml', '.github/workflows/nice.yml'),
        },
      }),
    findings: ['identity-predicate-disagrees'],
    observe: 1,
    critical: 1,
  },
  {
    name: 'poisoned lockfile hash',
    arrange: async (lab) => {
      await publishTwo(lab);
      return poison(lab.lockfile({ p: '1.0.1' }));
    },
    findings: ['integrity-mismatch'],
    observe: 1,
    critical: 1,
  },
  {
    name: 'a second hash beside the good one',
    arrange: async (lab) => {
      await publishTwo(lab);
      const lockfile = lab.lockfile({ p: '1.0.1' });
      const [good = ''] = /sha512-[^"]+/.exec(lockfile) ?? [];
      return lockfile.replace(good, `${good} sha512-${Buffer.alloc(64, 7).toString('base64')}`);
    },
    findings: ['integrity-mismatch'],
    observe: 1,
    critical: 1,
  },
  {
    name: 'lockfile without hashes',
    arrange: async (lab) => {
      await publishTwo(lab);
      return lab
        .lockfile({ p: '1.0.1' })
        .replace(/\s*"integrity": "[^"]*",?/g, '')
        .replace(/,(\s*})/g, '$1');
    },
    findings: ['integrity-missing'],
    observe: 0,
    critical: 1,
  },
  {
    name: 'lockfile with a SHA-1 only',
    arrange: async (lab) => {
      await publishTwo(lab);
      const { shasum } = ((await (await fetch(`${lab.url}p/1.0.1`)).json()) as { dist: { shasum: string } }).dist;
      const sha1 = `sha1-${Buffer.from(shasum, 'hex').toString('base64')}`;
      return lab.lockfile({ p: '1.0.1' }).replace(/sha512-[^"]+/, sha1);
    },
    findings: ['integrity-weak'],
    observe: 0,
    critical: 1,
  },
  {
    name: 'lockfile with the wrong SHA-1',
    arrange: async (lab) => {
      await publishTwo(lab);
      return lab.lockfile({ p: '1.0.1' }).replace(/sha512-[^"]+/, `sha1-${Buffer.alloc(20).toString('base64')}`);
    },
    findings: ['integrity-mismatch'],
    observe: 1,
    critical: 1,
  },
  {
    name: 'registry serving other bytes, with its signature over them',
    arrange: async (lab) => {
      await publishTwo(lab);
      const lockfile = lab.lockfile({ p: '1.0.1' });
      await lab.publish({ name: 'p', version: '1.0.1', by: TEAM, files: { 'other.js': 'evil()' } });
      return lockfile;
    },
    findings: ['integrity-mismatch'],
    observe: 1,
    critical: 1,
  },
  {
    name: 'lockfile and registry agree on bytes nobody signed',
    arrange: async (lab) => {
      await publishTwo(lab, { by: token({ user: 'a' }) });
      lab.tamper('p', '1.0.1', (manifest) => ({
        ...manifest,
        dist: { ...manifest.dist, integrity: `sha512-${Buffer.alloc(64, 7).toString('base64')}` },
      }));
      return poison(lab.lockfile({ p: '1.0.1' }));
    },
    findings: ['signature-invalid', 'provenance-lost'],
    observe: 1,
    critical: 1,
  },
  {
    name: 'invalid signature',
    arrange: (lab) => publishTwo(lab, { signatures: ['invalid'] }),
    findings: ['signature-invalid'],
    observe: 1,
    critical: 1,
  },
  {
    name: 'missing signature',
    arrange: (lab) => publishTwo(lab, { signed: false }),
    findings: ['signature-missing'],
    observe: 0,
    critical: 1,
  },
  {
    name: 'signature of an unknown key',
    arrange: (lab) => publishTwo(lab, { signatures: ['unknown-key'] }),
    findings: ['signature-key-unknown'],
    observe: 1,
    critical: 1,
  },
  {
    name: 'signature of a key that had expired',
    arrange: (lab) => publishTwo(lab, { signatures: ['expired-key'] }),
    findings: ['signature-key-expired'],
    observe: 1,
    critical: 1,
  },
  {
    name: 'a junk signature beside a good one',
    arrange: (lab) => publishTwo(lab, { signatures: ['junk', 'unknown-key', 'invalid', 'valid'] }),
    findings: [],
    observe: 0,
    critical: 0,
  },
  {
    name: 'replayed attestation of another version',
    arrange: async (lab) => {
      await publishTwo(lab);
      const earlier = await attestationsOf(lab, 'p@1.0.0');
      lab.tamperAttestations('p', '1.0.1', () => earlier);
    },
    findings: ['provenance-subject-mismatch', 'provenance-subject-mismatch'],
    observe: 1,
    critical: 1,
  },
  {
    name: 'right digest under another name',
    arrange: (lab) => publishTwo(lab, { provenance: { subject: { name: 'pkg:npm/q@1.0.1' } } }),
    findings: ['provenance-subject-mismatch'],
    observe: 1,
    critical: 1,
  },
  {
    name: 'right name with another digest',
    arrange: (lab) => publishTwo(lab, { provenance: { subject: { digest: { sha512: 'ab'.repeat(64) } } } }),
    findings: ['provenance-subject-mismatch'],
    observe: 1,
    critical: 1,
  },
  {
    name: 'publish attestation about another package',
    arrange: (lab) => publishTwo(lab, { publishAttestation: { subject: { name: 'pkg:npm/q@1.0.1' } } }),
    findings: ['provenance-subject-mismatch'],
    observe: 1,
    critical: 1,
  },
  {
    name: 'publish attestation whose predicate names another version',
    arrange: (lab) =>
      publishTwo(lab, {
        publishAttestation: {
          predicate: (predicate) => replaceIn(predicate, '1.0.1', '1.0.0'),
        },
      }),
    findings: ['provenance-subject-mismatch'],
    observe: 1,
    critical: 1,
  },
  {
    name: 'foreign CA',
    arrange: (lab) => publishTwo(lab, { provenance: { signer: 'foreign-ca' } }),
    findings: ['provenance-invalid'],
    observe: 1,
    critical: 1,
  },
  {
    name: 'another Sigstore instance',
    arrange: (lab) => publishTwo(lab, { provenance: { signer: 'foreign-instance' } }),
    findings: ['provenance-invalid'],
    observe: 1,
    critical: 1,
  },
  {
    name: 'a wrapper that lies about the predicate type',
    arrange: (lab) => publishTwo(lab, { provenance: { wrapperPredicateType: 'https://slsa.dev/provenance/v0.2' } }),
    findings: ['provenance-invalid'],
    observe: 1,
    critical: 1,
  },
  {
    name: 'empty attestation list',
    arrange: async (lab) => {
      await publishTwo(lab);
      lab.tamperAttestations('p', '1.0.1', () => ({ attestations: [] }));
    },
    findings: ['provenance-advertised-absent'],
    observe: 0,
    critical: 1,
  },
  {
    name: 'publish attestation only',
    arrange: async (lab) => {
      await publishTwo(lab);
      lab.tamperAttestations('p', '1.0.1', (document) => ({
        attestations: document.attestations.filter(({ predicateType }) => predicateType.includes('/publish/')),
      }));
    },
    findings: ['provenance-advertised-absent'],
    observe: 0,
    critical: 1,
  },
  {
    name: 'provenance without publish attestation',
    arrange: (lab) => publishTwo(lab, { publishAttestation: false }),
    findings: ['publish-attestation-missing'],
    observe: 0,
    critical: 1,
  },
  {
    name: 'attestations answer 404',
    arrange: async (lab) => {
      await publishTwo(lab);
      lab.behave(/attestations\/p@1\.0\.1$/, { status: 404 });
    },
    findings: ['provenance-advertised-absent'],
    observe: 0,
    critical: 1,
  },
  {
    name: 'attestations answer 500',
    arrange: async (lab) => {
      await publishTwo(lab);
      lab.behave(/attestations\/p@1\.0\.1$/, { status: 500 });
    },
    findings: ['evidence-unavailable'],
    observe: 3,
    critical: 3,
  },
  {
    name: 'attestations are garbage',
    arrange: async (lab) => {
      await publishTwo(lab);
      lab.behave(/attestations\/p@1\.0\.1$/, { garbage: true });
    },
    findings: ['evidence-malformed'],
    observe: 3,
    critical: 3,
  },
  {
    name: 'attestations never end',
    arrange: async (lab) => {
      await publishTwo(lab);
      lab.behave(/attestations\/p@1\.0\.1$/, { endless: true });
    },
    findings: ['evidence-malformed'],
    observe: 3,
    critical: 3,
  },
  {
    name: 'the predecessor cannot be asked',
    arrange: async (lab) => {
      await publishTwo(lab);
      lab.behave(/attestations\/p@1\.0\.0$/, { status: 500 });
    },
    findings: ['evidence-unavailable'],
    observe: 3,
    critical: 3,
  },
  {
    name: 'resolved URL of another package',
    arrange: async (lab) => {
      await publishTwo(lab);
      return lab.lockfile({ p: '1.0.1' }).replace(/"resolved": "[^"]*"/, `"resolved": "${lab.url}q/-/q-1.0.1.tgz"`);
    },
    findings: ['lockfile-resolved-mismatch'],
    observe: 1,
    critical: 1,
  },
  {
    name: 'resolved URL on another host',
    arrange: async (lab) => {
      await publishTwo(lab);
      return lab
        .lockfile({ p: '1.0.1' })
        .replace(/"resolved": "[^"]*"/, '"resolved": "https://cdn.example/p/-/p-1.0.1.tgz"');
    },
    findings: ['lockfile-unexpected-host'],
    observe: 0,
    critical: 0,
  },
  {
    name: 'resolved URL on another host, and the hash removed',
    arrange: async (lab) => {
      await publishTwo(lab);
      return lab
        .lockfile({ p: '1.0.1' })
        .replace(/"resolved": "[^"]*"/, '"resolved": "https://cdn.example/p/-/p-1.0.1.tgz"')
        .replace(/,\s*"integrity": "[^"]*"/, '');
    },
    findings: ['lockfile-resolved-mismatch', 'integrity-missing'],
    observe: 1,
    critical: 1,
  },
  {
    name: 'an entry without hash that is said to be bundled, and is not',
    arrange: async (lab) => {
      await publishTwo(lab, { manifest: { dependencies: { inner: '1.0.0' } } });
      await lab.publish({ name: 'inner', version: '1.0.0', by: TEAM });
      return bundle(lab.lockfile({ p: '1.0.1' }));
    },
    findings: ['lockfile-bundle-mismatch'],
    observe: 1,
    critical: 1,
  },
  {
    name: 'an entry without hash that is bundled',
    arrange: async (lab) => {
      await publishTwo(lab, { manifest: { dependencies: { inner: '1.0.0' }, bundleDependencies: ['inner'] } });
      await lab.publish({ name: 'inner', version: '1.0.0', by: TEAM });
      return bundle(lab.lockfile({ p: '1.0.1' }));
    },
    findings: [],
    observe: 0,
    critical: 0,
  },
  {
    name: 'exotic spec declared inside an entry',
    arrange: (lab) => publishTwo(lab, { manifest: { optionalDependencies: { helper: 'github:someone/helper' } } }),
    findings: ['history-exotic-dependency'],
    observe: 0,
    critical: 0,
  },
];

describe('each scenario has exactly its findings and exit status', () => {
  it.each(SCENARIOS)('$name', async ({ arrange, findings, observe, critical, change }) => {
    await withLab(async (lab) => {
      const lockfile = (await arrange(lab)) ?? lab.lockfile({ p: '1.0.1' });
      const observed = await auditIn(lab, lockfile, { ...change, enforce: 'observe' });
      const expected = findings.map((code) => `p@1.0.1 ${code}`);
      expect({ findings: observed.findings, status: observed.status }).toEqual({ findings: expected, status: observe });
      const enforced = await auditIn(lab, lockfile, { ...change, enforce: 'critical' });
      expect(enforced.status).toBe(critical);
    });
  });
});

describe('what is proven', () => {
  it.each(['0.1', '0.2', '0.3'] as const)('bundle %s on Rekor v1, each entry kind', async (bundleVersion) => {
    await withLab(async (lab) => {
      for (const entryKind of ['intoto', 'dsse'] as const) {
        await lab.publish({ name: entryKind, version: '1.0.0', by: TEAM, bundleVersion, entryKind });
      }
      const { findings, report } = await auditIn(lab, lab.lockfile({ intoto: '1.0.0', dsse: '1.0.0' }));
      expect(findings).toEqual([]);
      for (const { proofs } of report.dependencies) {
        const { integrity, signature, publish, provenance } = proofs;
        expect([integrity, signature, publish, provenance]).not.toContain(null);
      }
    });
  });

  it('Rekor v2', async () => {
    await withLab(async (lab) => {
      await lab.publish({ name: 'p', version: '1.0.0', by: TEAM, bundleVersion: '0.3', log: 'v2' });
      const { findings, report } = await auditIn(lab, lab.lockfile({ p: '1.0.0' }));
      expect(findings).toEqual([]);
      const [entry] = report.dependencies[0]?.proofs.provenance?.bundle.log ?? [];
      expect(entry).toMatchObject({ integratedTime: null, inclusion: true, promise: false });
    });
  });

  it('names the builder from the certificate', async () => {
    await withLab(async (lab) => {
      await lab.publish({ name: 'p', version: '1.0.0', by: TEAM });
      const { report } = await auditIn(lab, lab.lockfile({ p: '1.0.0' }));
      expect(report.dependencies[0]?.proofs.provenance?.identity).toMatchObject({
        issuer: 'https://token.actions.githubusercontent.com',
        repository: 'https://github.com/team/p',
        repositoryId: '100',
        ownerId: '200',
        workflow: '.github/workflows/publish.yml',
        runner: 'hosted',
        signer: null,
      });
    });
  });

  it('proves nothing for what has findings against it', async () => {
    await withLab(async (lab) => {
      await publishTwo(lab);
      const { report } = await auditIn(lab, poison(lab.lockfile({ p: '1.0.1' })));
      expect(report.dependencies[0]?.proofs).toEqual({
        integrity: null,
        signature: null,
        publish: null,
        provenance: null,
        bytes: null,
        installed: null,
      });
    });
  });
});

describe('keys', () => {
  it('an expired key that signed before its end holds where a log vouches for the time', async () => {
    const lab = await startLab();
    try {
      await lab.publish({ name: 'p', version: '1.0.0', by: TEAM });
      await lab.publish({ name: 'q', version: '1.0.0', by: token({ user: 'a' }) });
      const signed = lab.clock.now();
      lab.clock.advance(30 * DAY);
      const keys = expireAll(lab.keys, signed + DAY);
      const { report } = await auditIn(lab, lab.lockfile({ p: '1.0.0', q: '1.0.0' }), { keys });
      const codes = Object.fromEntries(
        report.dependencies.map(({ dependency, findings }) => [
          dependency.name,
          findings.map((f) => `${f.level} ${f.code}`),
        ]),
      );
      expect(codes).toEqual({ p: [], q: ['note signature-key-expired', 'warning provenance-missing'] });
    } finally {
      await lab.close();
    }
  });

  it.each([
    ['no times at all', () => undefined, 0],
    ['no time of this version', ({ created = '' }: Times) => ({ created }), 0],
    ['times that are none', (time: Times) => ({ ...time, '1.0.0': 'yesterday' }), 0],
    ['a time of no zone', (time: Times) => ({ ...time, '1.0.0': '2039-01-01T00:00:00' }), 0],
    ['a list of times', () => ['2026-01-01T00:00:00Z'], 0],
    ['a time before the end', (time: Times) => time, 0],
    ['a time after the end', (time: Times) => ({ ...time, '1.0.0': '2039-01-01T00:00:00Z' }), 1],
    ['a time before the beginning', (time: Times) => ({ ...time, '1.0.0': '1969-01-01T00:00:00Z' }), 1],
  ] as const)('an expired key holds unless a time outside of its period is said: %s', async (_, change, status) => {
    await withLab(async (lab) => {
      await lab.publish({ name: 'q', version: '1.0.0', by: token({ user: 'a' }) });
      const keys = expireAll(lab.keys, lab.clock.now() + DAY);
      lab.clock.advance(30 * DAY);
      lab.tamperPackument('q', (document) => ({ ...document, time: change(document.time) as unknown as Times }));
      const outcome = await auditIn(lab, lab.lockfile({ q: '1.0.0' }), { keys });
      expect(outcome.status).toBe(status);
      const found = outcome.report.dependencies[0]?.findings.filter(({ code }) => code === 'signature-key-expired');
      expect(found?.map(({ level }) => level)).toEqual([status === 0 ? 'note' : 'error']);
    });
  });

  it('an expired key fails where the log says it signed later, whatever the registry says', async () => {
    await withLab(async (lab) => {
      await lab.publish({ name: 'p', version: '1.0.0', by: TEAM });
      const keys = expireAll(lab.keys, lab.clock.now() - DAY);
      const { status, report } = await auditIn(lab, lab.lockfile({ p: '1.0.0' }), { keys });
      expect(status).toBe(1);
      expect(report.dependencies[0]?.findings.map((finding) => finding.code)).toEqual([
        'provenance-invalid',
        'signature-key-expired',
      ]);
    });
  });

  it('a registry whose keys nobody else knows vouches for itself, and the report says so', async () => {
    await withLab(async (lab) => {
      await publishTwo(lab);
      const { findings, report } = await auditIn(lab, lab.lockfile({ p: '1.0.1' }), { keys: { keys: [] } });
      expect(findings).toEqual([]);
      expect(report.trust.registries[0]?.keys.map(({ origin }) => origin)).toEqual(['registry']);
    });
  });
});

describe('a clock that is behind', () => {
  const MINUTE = 60_000;

  it.each([9, 15, 480])('by %d minutes is no evidence against what was just published', async (minutes) => {
    await withLab(async (lab) => {
      await publishTwo(lab);
      const lockfile = lab.lockfile({ p: '1.0.1' });
      const { status, findings, report } = await auditIn(lab, lockfile, { now: lab.clock.now() - minutes * MINUTE });
      if (minutes < 10) {
        expect({ status, findings }).toEqual({ status: 0, findings: [] });
        return;
      }
      expect({ status, codes: [...new Set(findings)] }).toEqual({ status: 3, codes: ['p@1.0.1 clock-behind'] });
      expect(report.dependencies[0]?.proofs).toMatchObject({ publish: null, provenance: null });
      const args = report.dependencies[0]?.findings.map((each) => each.args);
      expect(args).toContainEqual({
        attestation: 'provenance',
        detail: expect.stringContaining('this machine') as string,
      });
    });
  });

  it('does not hide that an attestation was changed', async () => {
    await withLab(async (lab) => {
      await publishTwo(lab);
      const lockfile = lab.lockfile({ p: '1.0.1' });
      lab.tamperAttestations('p', '1.0.1', ({ attestations }) => ({
        attestations: attestations.map((entry) => {
          const text = JSON.stringify(entry.bundle).replace(/"sig":"(.{20})(.)/, (_, head: string, next: string) => {
            return `"sig":"${head}${next === 'A' ? 'B' : 'A'}`;
          });
          return { ...entry, bundle: JSON.parse(text) as typeof entry.bundle };
        }),
      }));
      const { status, findings } = await auditIn(lab, lockfile, { now: lab.clock.now() - 480 * MINUTE });
      expect({ status, findings }).toMatchObject({
        status: 1,
        findings: expect.arrayContaining(['p@1.0.1 provenance-invalid']) as string[],
      });
    });
  });
});

describe('hostile keys', () => {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  // The same point in 33 bytes instead of 65, and another curve.
  const head = Buffer.from('3039301306072a8648ce3d020106082a8648ce3d030107032200', 'hex');
  const compressed = Buffer.concat([head, Buffer.from([2 + ((spki.at(-1) ?? 0) & 1)]), spki.subarray(27, 59)]);
  const other = generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey.export({ type: 'spki', format: 'der' });

  it.each([
    ['a compressed point', compressed.toString('base64')],
    ['another curve', other.toString('base64')],
    ['bytes after the key', Buffer.concat([spki, Buffer.from([0])]).toString('base64')],
    ['text that is almost base64', `${spki.toString('base64')} !`],
    ['nothing', ''],
  ])('%s served by the registry stops nothing but what it was to prove', async (_, key) => {
    await withLab(async (lab) => {
      await lab.publish({ name: 'p', version: '1.0.0', by: TEAM, signatures: ['unknown-key'] });
      await lab.publish({ name: 'q', version: '1.0.0', by: TEAM });
      const keyid = 'SHA256:hostile';
      const body = JSON.stringify({
        keys: [{ keyid, key, keytype: 'ecdsa-sha2-nistp256', scheme: 'ecdsa-sha2-nistp256', expires: null }],
      });
      lab.behave(/\/-\/npm\/v1\/keys$/, { status: 200, body });
      const { status, report } = await auditIn(lab, lab.lockfile({ p: '1.0.0', q: '1.0.0' }));
      const verdicts = Object.fromEntries(report.dependencies.map((d) => [d.dependency.name, d.verdict]));
      expect({ status, verdicts }).toEqual({ status: 3, verdicts: { p: 'unverified', q: 'pass' } });
    });
  });
});

describe('mirrors', () => {
  it('that keep signatures change nothing', async () => {
    await withLab(async (lab) => {
      await publishTwo(lab);
      const mirror = await lab.mirror({ stripSignatures: false });
      const lockfile = lab.lockfile({ p: '1.0.1' }).replaceAll(lab.url, 'https://registry.npmjs.org/');
      const { status, findings } = await auditIn(lab, lockfile, { registry: mirror.url });
      expect({ status, findings }).toEqual({ status: 0, findings: [] });
    });
  });

  it('that strip signatures are named, once', async () => {
    await withLab(async (lab) => {
      await publishTwo(lab);
      const mirror = await lab.mirror({ stripSignatures: true });
      const lockfile = lab.lockfile({ p: '1.0.1' }).replaceAll(lab.url, 'https://registry.npmjs.org/');
      const { status, findings } = await auditIn(lab, lockfile, { registry: mirror.url });
      expect({ status, findings }).toEqual({ status: 0, findings: ['p@1.0.1 evidence-stripped'] });
      expect((await auditIn(lab, lockfile, { registry: mirror.url, enforce: 'all' })).status).toBe(1);
    });
  });
});

describe('one dependency never hides another', () => {
  it('a contradiction, an unreachable endpoint and a proven dependency are all reported', async () => {
    await withLab(async (lab) => {
      await lab.publish({ name: 'good', version: '1.0.0', by: TEAM });
      await lab.publish({ name: 'bad', version: '1.0.0', by: TEAM, signatures: ['invalid'] });
      await lab.publish({ name: 'away', version: '1.0.0', by: TEAM });
      lab.behave(/\/away$/, { status: 503 });
      lab.behave(/\/away\/1\.0\.0$/, { status: 503 });
      const { status, report } = await auditIn(lab, lab.lockfile({ good: '1.0.0', bad: '1.0.0', away: '1.0.0' }));
      const verdicts = Object.fromEntries(report.dependencies.map((d) => [d.dependency.name, d.verdict]));
      expect({ status, verdicts }).toEqual({ status: 1, verdicts: { good: 'pass', bad: 'fail', away: 'unverified' } });
    });
  });

  it('no answer at all is no statement', async () => {
    await withLab(async (lab) => {
      await publishTwo(lab);
      const lockfile = lab.lockfile({ p: '1.0.1' }).replaceAll(lab.url, 'https://registry.npmjs.org/');
      const { status, findings } = await auditIn(lab, lockfile, { registry: 'http://127.0.0.1:9/' });
      expect({ status, findings }).toEqual({ status: 3, findings: ['p@1.0.1 evidence-unavailable'] });
    });
  });
});

describe('sources that no registry serves', () => {
  it.each([
    ['git', 'git+ssh://git@github.com/o/r.git#0123456789012345678901234567890123456789'],
    ['http', 'https://example.com/archive.tgz'],
    ['file', 'file:../other.tgz'],
  ])('%s is reported, asks nothing of the network and fails where it is enforced', async (kind, resolved) => {
    await withLab(async (lab) => {
      const entry = { version: '1.0.0', resolved, integrity: `sha512-${Buffer.alloc(64).toString('base64')}` };
      const packages = { '': { dependencies: { p: resolved } }, 'node_modules/p': entry };
      const lockfile = JSON.stringify({ name: 'x', lockfileVersion: 3, packages });
      for (const [enforce, status] of [
        ['observe', 0],
        ['guard', 0],
        ['critical', 1],
        ['all', 1],
      ] as const) {
        const outcome = await auditIn(lab, lockfile, { enforce });
        expect(outcome.status).toBe(status);
        expect(outcome.report.dependencies[0]?.findings).toMatchObject([
          { code: 'lockfile-not-registry', args: { kind } },
        ]);
      }
      expect(lab.requests).toEqual([]);
    });
  });
});

describe('phases', () => {
  it('guard is about what was lost, critical also about what direct dependencies lack, all about every dependency', async () => {
    await withLab(async (lab) => {
      await lab.publish({ name: 'inner', version: '1.0.0', by: TEAM });
      lab.clock.advance(DAY);
      await lab.publish({ name: 'inner', version: '1.0.1', by: token({ user: 'thief' }) });
      await lab.publish({ name: 'outer', version: '1.0.0', by: TEAM, manifest: { dependencies: { inner: '1.0.1' } } });
      await lab.publish({ name: 'gap', version: '1.0.0', by: token({ user: 'a' }) });
      const lost = lab.lockfile({ outer: '1.0.0' });
      await lab.publish({ name: 'wrap', version: '1.0.0', by: TEAM, manifest: { dependencies: { gap: '1.0.0' } } });
      await lab.publish({ name: 'late', version: '1.0.0', by: token({ user: 'a' }) });
      lab.clock.advance(DAY);
      await lab.publish({ name: 'late', version: '1.0.1', by: TEAM });
      const gap = lab.lockfile({ gap: '1.0.0' });
      const deepGap = lab.lockfile({ wrap: '1.0.0' });
      const historical = lab.lockfile({ late: '1.0.0' });
      const statuses = async (lockfile: string): Promise<number[]> =>
        Promise.all(PHASES.map(async (enforce) => (await auditIn(lab, lockfile, { enforce })).status));
      expect(await statuses(lost)).toEqual([0, 1, 1, 1]);
      expect(await statuses(gap)).toEqual([0, 0, 1, 1]);
      expect(await statuses(deepGap)).toEqual([0, 0, 0, 1]);
      expect(await statuses(historical)).toEqual([0, 0, 0, 0]);
    });
  });
});

/** Another hash at the same place. */
function poison(lockfile: string): string {
  return lockfile.replace(/sha512-[^"]+/, `sha512-${Buffer.alloc(64, 7).toString('base64')}`);
}

/** JSON with a text replaced wherever it occurs. */
function replaceIn<T>(json: T, text: string, by: string): T {
  return JSON.parse(JSON.stringify(json).replaceAll(text, by)) as T;
}

async function attestationsOf(lab: Lab, spec: string): Promise<never> {
  return (await (await fetch(`${lab.url}-/npm/v1/attestations/${spec}`)).json()) as never;
}

/** Marks "inner" as carried by p's tarball: the entry loses its address and hash. */
function bundle(lockfile: string): string {
  const document = JSON.parse(lockfile) as { packages: Record<string, Record<string, unknown>> };
  const { 'node_modules/inner': inner = {}, 'node_modules/p': p = {}, ...packages } = document.packages;
  return JSON.stringify({
    ...document,
    packages: {
      ...packages,
      'node_modules/p': { ...p, bundleDependencies: ['inner'] },
      'node_modules/p/node_modules/inner': { version: inner['version'], inBundle: true },
    },
  });
}

/** The same keys document with every key ending at `end`. */
function expireAll(document: unknown, end: number): unknown {
  const { keys } = document as { keys: Record<string, unknown>[] };
  return { keys: keys.map((key) => ({ ...key, expires: new Date(end).toISOString() })) };
}
