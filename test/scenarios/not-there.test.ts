import { describe, expect, it } from 'vitest';
import { ciWorkflow, token, type Lab } from '../../lab/index.ts';
import type { Report } from '../../src/model/report.ts';
import { auditIn, withLab } from './harness.ts';

const TEAM = ciWorkflow({ repository: 'team/p', repositoryId: '100', ownerId: '200' });

async function publish(lab: Lab, ...names: string[]): Promise<void> {
  for (const name of names) await lab.publish({ name, version: '1.0.0', by: TEAM });
}

function ofLockfile({ lockfiles }: Report): readonly object[] {
  return lockfiles.flatMap(({ findings }) => findings.map(({ finding }) => finding));
}

describe('a version that the registry does not have', () => {
  it('is a contradiction where the registry has others, and says that it once was there', async () => {
    await withLab(async (lab) => {
      await publish(lab, 'p', 'q');
      const lockfile = lab.lockfile({ p: '1.0.0', q: '1.0.0' });
      const never = await auditIn(
        lab,
        lockfile.replaceAll('"1.0.0"', '"9.9.9"').replaceAll('-1.0.0.tgz', '-9.9.9.tgz'),
      );
      expect([never.status, [...never.findings].sort()]).toEqual([
        1,
        ['p@9.9.9 lockfile-version-unknown', 'q@9.9.9 lockfile-version-unknown'],
      ]);
      expect(never.report.dependencies[0]?.findings).toMatchObject([{ args: { isPackage: true, published: null } }]);

      lab.tamperPackument('p', (document) => {
        const versions = { ...document.versions };
        delete versions['1.0.0'];
        return { ...document, versions };
      });
      lab.behave(/\/p\/1\.0\.0$/, { status: 404 });
      const gone = await auditIn(lab, lockfile);
      expect([gone.status, gone.findings]).toEqual([1, ['p@1.0.0 lockfile-version-unknown']]);
      const [finding] = gone.report.dependencies.flatMap(({ findings }) => findings);
      expect(finding).toMatchObject({ args: { isPackage: true, published: expect.any(Number) as number } });
    });
  });

  it.each([
    ['an unscoped name beside packages that are there', 'ghost', true, 1, 'lockfile-version-unknown'],
    ['a name in a scope, which may be hidden', '@acme/ghost', true, 3, 'evidence-unavailable'],
    ['everything, at a registry that has nothing', 'ghost', false, 3, 'evidence-unavailable'],
  ] as const)('of a package nobody knows: %s', async (_, name, isBeside, status, code) => {
    await withLab(async (lab) => {
      await publish(lab, name, 'p');
      const lockfile = lab.lockfile(isBeside ? { [name]: '1.0.0', p: '1.0.0' } : { [name]: '1.0.0' });
      const ghost = name.replace('/', '(?:/|%2[fF])');
      lab.behave(new RegExp(`/${ghost}(?:/|$)`), { status: 404 });
      const outcome = await auditIn(lab, lockfile);
      expect([outcome.status, outcome.findings]).toEqual([status, [`${name}@1.0.0 ${code}`]]);
    });
  });

  it('an answer that was refused or failed is none', async () => {
    await withLab(async (lab) => {
      await publish(lab, 'ghost', 'p');
      const lockfile = lab.lockfile({ ghost: '1.0.0', p: '1.0.0' });
      for (const status of [401, 403, 500]) {
        lab.behaveWell();
        lab.behave(/\/ghost(?:\/|$)/, { status });
        const outcome = await auditIn(lab, lockfile);
        expect([outcome.status, outcome.findings]).toEqual([3, ['ghost@1.0.0 evidence-unavailable']]);
      }
    });
  });
});

describe('a mirror without the attestations endpoint', () => {
  it('is one finding for the lockfile, no statement about what it announces, and exit status 3 in every phase', async () => {
    await withLab(async (lab) => {
      await publish(lab, 'a', 'b', 'c');
      await lab.publish({ name: 'bare', version: '1.0.0', by: token({ user: 'x' }) });
      lab.behave(/\/-\/npm\/v1\/attestations\//, { status: 404 });
      const lockfile = lab.lockfile({ a: '1.0.0', b: '1.0.0', c: '1.0.0', bare: '1.0.0' });
      for (const enforce of ['observe', 'guard'] as const) {
        const { status, findings, report } = await auditIn(lab, lockfile, { enforce });
        expect([status, findings]).toEqual([3, ['bare@1.0.0 provenance-missing']]);
        expect(ofLockfile(report)).toMatchObject([
          { code: 'evidence-not-served', level: 'error', args: { packages: ['a@1.0.0', 'b@1.0.0', 'c@1.0.0'] } },
        ]);
        expect(report.counts).toMatchObject({ unverified: 3, warn: 1, fail: 0 });
      }
    });
  });

  it('is none where it serves those of another package: then it is an error of the one that lacks them', async () => {
    await withLab(async (lab) => {
      await publish(lab, 'a', 'b', 'c');
      lab.behave(/\/-\/npm\/v1\/attestations\/[ab]@/, { status: 404 });
      const lockfile = lab.lockfile({ a: '1.0.0', b: '1.0.0', c: '1.0.0' });
      const { status, findings, report } = await auditIn(lab, lockfile, { enforce: 'guard' });
      expect([status, findings]).toEqual([
        1,
        ['a@1.0.0 provenance-advertised-absent', 'b@1.0.0 provenance-advertised-absent'],
      ]);
      expect(ofLockfile(report)).toEqual([]);
    });
  });

  it('hides no failure of another kind', async () => {
    await withLab(async (lab) => {
      await publish(lab, 'a', 'b');
      await lab.publish({ name: 'bad', version: '1.0.0', by: TEAM, signatures: ['invalid'] });
      lab.behave(/\/-\/npm\/v1\/attestations\//, { status: 404 });
      const { status, report } = await auditIn(lab, lab.lockfile({ a: '1.0.0', b: '1.0.0', bad: '1.0.0' }));
      expect(status).toBe(1);
      expect(report.counts).toMatchObject({ unverified: 2, fail: 1 });
    });
  });
});
