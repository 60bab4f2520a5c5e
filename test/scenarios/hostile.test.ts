import { describe, expect, it } from 'vitest';
import { ciWorkflow, token } from '../../lab/index.ts';
import { auditIn, withLab } from './harness.ts';

const DAY = 86_400_000;
const SLSA_V02 = 'https://slsa.dev/provenance/v0.2' as const;
const MINUTE = 60_000;
const TEAM = ciWorkflow({ repository: 'team/p', repositoryId: '100', ownerId: '200' });

describe('what a registry signs can stop only what it is about', () => {
  it('a publish predicate that is not text where text is expected', async () => {
    await withLab(async (lab) => {
      const name = { toString: 1, valueOf: 1 };
      const publishAttestation = { predicate: () => ({ name, version: [] }) };
      await lab.publish({ name: 'p', version: '1.0.0', by: TEAM, publishAttestation });
      await lab.publish({ name: 'q', version: '1.0.0', by: TEAM });
      const { status, findings, report } = await auditIn(lab, lab.lockfile({ p: '1.0.0', q: '1.0.0' }));
      expect({ status, findings }).toEqual({ status: 1, findings: ['p@1.0.0 provenance-subject-mismatch'] });
      expect(report.counts).toMatchObject({ pass: 1, fail: 1 });
    });
  });

  it("keys under the ids of another registry's keys", async () => {
    await withLab(async (honest) => {
      await withLab(async (hostile) => {
        await honest.publish({ name: 'p', version: '1.0.0', by: TEAM });
        await hostile.publish({ name: '@other/q', version: '1.0.0', by: token({ user: 'a' }) });
        const [stolen = ''] = honest.keys.keys.map(({ keyid }) => keyid);
        hostile.tamper('@other/q', '1.0.0', (manifest) => {
          const signatures = manifest.dist.signatures?.map((signature) => ({ ...signature, keyid: stolen }));
          return { ...manifest, dist: { ...manifest.dist, ...(signatures && { signatures }) } };
        });
        const keys = { keys: hostile.keys.keys.map((key) => ({ ...key, keyid: stolen })) };
        hostile.behave(/\/-\/npm\/v1\/keys$/, { body: keys });
        // The hostile registry is the first to have answered.
        honest.behave(/\/p$/, { delayMs: 100 });

        const lockfile = changePackages(honest.lockfile({ p: '1.0.0' }), (packages) => ({
          ...packages,
          ...pick(packagesOf(hostile.lockfile({ '@other/q': '1.0.0' })), 'node_modules/@other/q'),
        }));
        const env = { 'npm_config_@other:registry': hostile.url };
        const { findings } = await auditIn(honest, lockfile, { keys: { keys: [] }, env });
        expect(findings).toEqual(['@other/q@1.0.0 provenance-missing']);
      });
    });
  });
});

describe('history reaches past', () => {
  const FORK = ciWorkflow({ repository: 'fork/p' });

  it('the beginning of a release line', async () => {
    await withLab(async (lab) => {
      await lab.publish({ name: 'p', version: '1.0.0', by: TEAM });
      lab.clock.advance(DAY);
      await lab.publish({ name: 'p', version: '2.0.0', by: FORK });
      const { findings } = await auditIn(lab, lab.lockfile({ p: '2.0.0' }));
      expect(findings).toEqual(['p@2.0.0 identity-unexpected-repository']);
    });
  });

  it('a release without provenance', async () => {
    await withLab(async (lab) => {
      for (const [version, by] of [
        ['1.0.0', TEAM],
        ['1.0.1', token({ user: 'thief' })],
        ['1.0.2', FORK],
      ] as const) {
        await lab.publish({ name: 'p', version, by });
        lab.clock.advance(DAY);
      }
      const forked = await auditIn(lab, lab.lockfile({ p: '1.0.2' }));
      expect(forked.findings).toEqual(['p@1.0.2 identity-unexpected-repository']);
      const { findings = [] } = forked.report.dependencies[0] ?? {};
      expect(findings.find(({ code }) => code === 'identity-unexpected-repository')).toMatchObject({
        args: { source: 'history', version: '1.0.0' },
      });
    });
  });

  it('nothing where nothing changed', async () => {
    await withLab(async (lab) => {
      for (const version of ['1.0.0', '2.0.0', '3.0.0-rc.1', '3.0.0']) {
        await lab.publish({ name: 'p', version, by: TEAM });
        lab.clock.advance(DAY);
      }
      for (const version of ['1.0.0', '2.0.0', '3.0.0-rc.1', '3.0.0']) {
        expect((await auditIn(lab, lab.lockfile({ p: version }))).findings).toEqual([]);
      }
    });
  });
});

describe('a lockfile that puts another package in the place of one', () => {
  it('by calling it an alias that nobody asked for', async () => {
    await withLab(async (lab) => {
      await lab.publish({ name: 'p', version: '1.0.0', by: TEAM });
      await lab.publish({ name: 'evil', version: '1.0.0', by: ciWorkflow({ repository: 'evil/evil' }) });
      const { 'node_modules/evil': evil } = packagesOf(lab.lockfile({ evil: '1.0.0' }));
      const lockfile = changePackages(lab.lockfile({ p: '1.0.0' }), (packages) => ({
        ...packages,
        'node_modules/p': { ...evil, name: 'evil' },
      }));
      const auditFor = (spec: string): ReturnType<typeof auditIn> =>
        auditIn(lab, lockfile, { manifests: new Map([['', JSON.stringify({ dependencies: { p: spec } })]]) });
      const { status, findings } = await auditFor('^1.0.0');
      expect({ status, findings }).toEqual({
        status: 1,
        findings: ['evil@1.0.0 lockfile-substituted'],
      });
      expect(await auditFor('npm:evil@^1.0.0')).toMatchObject({ status: 0, findings: [] });
    });
  });

  it('by the address of a scoped package of the same name, without a hash', async () => {
    await withLab(async (lab) => {
      await lab.publish({ name: 'p', version: '1.0.0', by: TEAM });
      const lockfile = changePackages(lab.lockfile({ p: '1.0.0' }), (packages) => ({
        ...packages,
        'node_modules/p': { version: '1.0.0', resolved: `${lab.url}@evil/p/-/p-1.0.0.tgz` },
      }));
      const { status, findings } = await auditIn(lab, lockfile);
      expect({ status, findings }).toEqual({
        status: 1,
        findings: ['p@1.0.0 lockfile-resolved-mismatch', 'p@1.0.0 integrity-missing'],
      });
    });
  });
});

describe('the clock of this machine', () => {
  it('may be minutes behind that of the log, not hours', async () => {
    await withLab(async (lab) => {
      await lab.publish({ name: 'p', version: '1.0.0', by: TEAM });
      await lab.publish({ name: 'q', version: '1.0.0', by: TEAM, bundleVersion: '0.3', log: 'v2' });
      const lockfile = lab.lockfile({ p: '1.0.0', q: '1.0.0' });
      const behind = await auditIn(lab, lockfile, { now: lab.clock.now() - 5 * MINUTE });
      expect(behind).toMatchObject({ status: 0, findings: [] });
      const wrong = await auditIn(lab, lockfile, { now: lab.clock.now() - 60 * MINUTE });
      expect(wrong.status).toBe(3);
      expect(new Set(wrong.findings)).toEqual(new Set(['p@1.0.0 clock-behind', 'q@1.0.0 clock-behind']));
    });
  });
});

describe('certificates of before mid-2023', () => {
  const WORKFLOW = 'team/p/.github/workflows/reusable.yml@refs/heads/main';

  it('name the reusable workflow that signed, and the predicate the one that was started', async () => {
    await withLab(async (lab) => {
      const by = ciWorkflow({ repository: 'team/p', extensions: 'deprecated', reusableWorkflow: WORKFLOW });
      await lab.publish({ name: 'p', version: '1.0.0', by });
      await lab.publish({ name: 'q', version: '1.0.0', by, provenance: { predicateType: SLSA_V02 } });
      const { status, findings } = await auditIn(lab, lab.lockfile({ p: '1.0.0', q: '1.0.0' }));
      expect({ status, findings }).toEqual({ status: 0, findings: [] });
    });
  });

  it('still contradict a predicate of another commit', async () => {
    await withLab(async (lab) => {
      const by = ciWorkflow({ repository: 'team/p', extensions: 'deprecated' });
      const other = ciWorkflow({ repository: 'team/p', commit: 'ab'.repeat(20) });
      const provenance = { predicateType: SLSA_V02, predicate: () => other.predicates[SLSA_V02] ?? null } as const;
      await lab.publish({ name: 'p', version: '1.0.0', by, provenance });
      const { findings } = await auditIn(lab, lab.lockfile({ p: '1.0.0' }));
      expect(findings).toEqual(['p@1.0.0 identity-predicate-disagrees']);
    });
  });
});

type Packages = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

function packagesOf(lockfile: string): Packages {
  return (JSON.parse(lockfile) as { packages: Packages }).packages;
}

/** The lockfile with other entries. */
function changePackages(lockfile: string, change: (packages: Packages) => Packages): string {
  const document = JSON.parse(lockfile) as { packages: Packages };
  return JSON.stringify({ ...document, packages: change(document.packages) });
}

function pick(packages: Packages, location: string): Packages {
  return { [location]: packages[location] ?? {} };
}
