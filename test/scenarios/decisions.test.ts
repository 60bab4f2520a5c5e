import { describe, expect, it } from 'vitest';
import { ciWorkflow, token, type Lab, type LockfileOptions, type Roots } from '../../lab/index.ts';
import { parseLockfile } from '../../src/lockfiles/index.ts';
import { isAcceptable, type Baseline, type BaselineUpdate } from '../../src/model/baseline.ts';
import { specOf } from '../../src/model/dependency.ts';
import { acceptFindings } from '../../src/baseline/accept.ts';
import { withSeen } from '../../src/baseline/seen.ts';
import { formatBaseline } from '../../src/baseline/text.ts';
import { updateBaseline } from '../../src/baseline/update.ts';
import { auditIn, withLab, type AuditChange, type Outcome } from './harness.ts';

const DAY = 86_400_000;
const IDS = { repository: 'team/p', repositoryId: '100', ownerId: '200' };
const TEAM = ciWorkflow(IDS);
const MOVED = ciWorkflow({ ...IDS, workflow: '.github/workflows/release.yml' });
const APPROVED = { ...TEAM, npmUser: { ...TEAM.npmUser, approver: { name: 'ann' } } };
const ANN = token({ user: 'ann' });
const THIEF = token({ user: 'thief' });
const SCRIPT = { scripts: { postinstall: 'node setup.js' } };
const YOUNG = { dependencies: { flat: '^0.1.0' } };

type Release = Omit<Parameters<Lab['publish']>[0], 'name' | 'version'>;

/** Packages with one finding each, and what the releases before and after are. */
const PACKAGES: Readonly<Record<string, readonly [before: Release, middle: Release, after: Release]>> = {
  fine: [{ by: TEAM }, { by: TEAM }, { by: TEAM }],
  young: [{ by: TEAM }, { by: TEAM }, { by: TEAM, manifest: YOUNG }],
  lost: [{ by: TEAM }, { by: TEAM }, { by: ANN }],
  moved: [{ by: TEAM }, { by: TEAM }, { by: MOVED }],
  unapproved: [{ by: APPROVED }, { by: APPROVED }, { by: TEAM }],
  script: [{ by: ANN }, { by: ANN }, { by: ANN, manifest: SCRIPT }],
  thief: [{ by: ANN }, { by: ANN }, { by: THIEF }],
  exotic: [{ by: ANN }, { by: ANN }, { by: ANN, manifest: { dependencies: { x: 'github:e/vil' } } }],
  // What the version between brought in, nobody decided about.
  'young-before': [{ by: TEAM }, { by: TEAM, manifest: YOUNG }, { by: TEAM, manifest: YOUNG }],
  'script-before': [{ by: ANN }, { by: ANN, manifest: SCRIPT }, { by: ANN, manifest: SCRIPT }],
};
const NAMES = Object.keys(PACKAGES);
const NO_HASH = `sha512-${Buffer.alloc(64, 1).toString('base64')}`;
const GHOST: LockfileOptions = { extra: { 'node_modules/ghost': { version: '1.0.0', integrity: NO_HASH } } };

/**
 * 1.0.0, a fortnight later 1.0.1, and a fortnight later 1.0.2 of each; what two bring in is a day older than the last.
 */
async function publishAll(lab: Lab): Promise<void> {
  const start = lab.clock.now();
  for (const [name, releases] of Object.entries(PACKAGES)) {
    for (const [i, release] of releases.entries()) {
      await lab.publish({ name, version: `1.0.${i}`, at: start + i * 14 * DAY, ...release });
    }
  }
  await lab.publish({ name: 'flat', version: '0.1.0', by: THIEF, at: start + 13 * DAY });
  await lab.publish({ name: 'fresh', version: '1.0.0', by: ANN, at: start + 28 * DAY, manifest: SCRIPT });
  await lab.publish({ name: 'fresh', version: '1.1.0', by: ANN, at: start + 28 * DAY + 1000 });
  lab.clock.set(start + 29 * DAY);
}

/** Every package at that version, with what only the last one locks. */
function lockfileOf(lab: Lab, version: string, options: LockfileOptions = {}): string {
  const isLast = version === '1.0.2';
  const roots: Roots = Object.fromEntries(NAMES.map((name) => [name, version]));
  return lab.lockfile({ ...roots, ...(isLast && { fresh: '1.0.0', other: 'npm:fresh@1.1.0' }) }, options);
}

/** What is found, as "level code", by dependency; without what is held. */
function findingsOf({ report }: Outcome): ReadonlyMap<string, readonly string[]> {
  return new Map(
    report.dependencies
      .filter(({ baseline }) => baseline !== 'held')
      .map(({ dependency, findings }) => [
        specOf(dependency),
        findings.map(({ level, code }) => `${level} ${code}`).sort(),
      ]),
  );
}

function inUse(content: Baseline | null): AuditChange {
  return { baseline: { file: 'assay.lock', content } };
}

async function update(lab: Lab, lockfile: string, content: Baseline | null): Promise<BaselineUpdate> {
  const { report } = await auditIn(lab, lockfile, inUse(content));
  const updated = updateBaseline(content, report.dependencies);
  return { ...updated, baseline: withSeen(updated, null, lab.clock.now()) };
}

function said({ leftOut }: BaselineUpdate): readonly string[] {
  return leftOut.map(({ dependency, codes, accepted }) => `${specOf(dependency)} ${codes.join()} ${accepted}`).sort();
}

/** As somebody who accepts every finding there is. */
async function acceptAll(lab: Lab, lockfile: string, content: Baseline | null): Promise<Baseline> {
  const { report } = await auditIn(lab, lockfile, inUse(content));
  const acceptable = report.dependencies.filter(
    ({ findings }) =>
      findings.some(({ level, code }) => level !== 'note' && isAcceptable(code)) &&
      findings.every(({ kind }) => kind !== 'contradiction' && kind !== 'unavailable'),
  );
  const decision = { by: 'jane', why: 'read', until: lab.clock.now() + 90 * DAY };
  const outcome = acceptFindings(content, acceptable, [], decision);
  if ('refused' in outcome) throw new Error(outcome.refused);
  return outcome.baseline;
}

describe('a finding is the same whatever a run is about', () => {
  it('where the baseline holds what else is locked, and where the run is about one change', async () => {
    await withLab(async (lab) => {
      await publishAll(lab);
      const lockfile = lockfileOf(lab, '1.0.2', GHOST);
      const whole = findingsOf(await auditIn(lab, lockfile));
      expect(whole.get('young@1.0.2')).toEqual(['warning history-dependency-added']);
      expect(whole.get('ghost@1.0.0')).toEqual(['error lockfile-version-unknown']);
      const { baseline } = await update(lab, lockfile, null);
      const held = await auditIn(lab, lockfile, inUse(baseline));
      expect(held.report.dependencies.filter((one) => one.baseline === 'held').length).toBeGreaterThan(2);
      for (const [spec, codes] of findingsOf(held))
        expect([spec, ...codes]).toEqual([spec, ...(whole.get(spec) ?? [])]);

      const { dependencies } = parseLockfile('package-lock.json', Buffer.from(lockfile));
      for (const one of dependencies) {
        const before = { dependencies: dependencies.filter((other) => other !== one) };
        const since = { ref: 'main', commit: '0'.repeat(40), before: new Map([['package-lock.json', before]]) };
        const alone = findingsOf(await auditIn(lab, lockfile, { since }));
        expect([...alone]).toEqual([[specOf(one), whole.get(specOf(one))]]);
      }
    });
  });

  it('is no statement where what was added is held and the registry gives no answer about it', async () => {
    await withLab(async (lab) => {
      await publishAll(lab);
      const lockfile = lab.lockfile({ young: '1.0.2' });
      const { baseline } = await update(lab, lockfile, null);
      expect(baseline.packages.get('npm:flat')?.versions.has('0.1.0')).toBe(true);
      lab.behave(/\/flat(?:\/|$)/, { status: 403 });
      const outcome = await auditIn(lab, lockfile, inUse(baseline));
      expect([outcome.status, outcome.findings]).toEqual([
        3,
        ['flat@0.1.0 provenance-missing', 'young@1.0.2 evidence-unavailable'],
      ]);
    });
  });

  it('whether a registry serves attestations is what all that is locked shows', async () => {
    await withLab(async (lab) => {
      await publishAll(lab);
      const lockfile = lab.lockfile({ fine: '1.0.2', moved: '1.0.1', lost: '1.0.1' });
      for (const name of ['moved', 'lost']) lab.tamperAttestations(name, '1.0.1', () => ({ attestations: [] }));
      const whole = await auditIn(lab, lockfile, { enforce: 'guard' });
      expect([whole.status, whole.findings]).toEqual([
        1,
        ['lost@1.0.1 provenance-advertised-absent', 'moved@1.0.1 provenance-advertised-absent'],
      ]);
      const { baseline } = await update(lab, lockfile, null);
      const held = await auditIn(lab, lockfile, { enforce: 'guard', ...inUse(baseline) });
      expect(held.report.counts.dependencies).toBe(3);
      expect([held.status, held.findings]).toEqual([whole.status, whole.findings]);
      // One alone is not told from a registry that serves none, unless another one says so.
      lab.tamperAttestations('fine', '1.0.2', () => ({ attestations: [] }));
      const { dependencies } = parseLockfile('package-lock.json', Buffer.from(lockfile));
      const before = { dependencies: dependencies.filter(({ name }) => name !== 'lost') };
      const since = { ref: 'main', commit: '0'.repeat(40), before: new Map([['package-lock.json', before]]) };
      for (const change of [{}, { since }]) expect((await auditIn(lab, lockfile, change)).status).toBe(3);
    });
  });
});

describe('an update', () => {
  it.each(['without a baseline', 'with the baseline of the versions before', 'with one of versions long before'])(
    'done again changes nothing and leaves out the same, %s, also once all is accepted',
    async (title) => {
      await withLab(async (lab) => {
        await publishAll(lab);
        const now = lab.clock.now();
        const lockfile = lockfileOf(lab, '1.0.2', GHOST);
        const from = title.startsWith('without') ? null : title.endsWith('long before') ? '1.0.0' : '1.0.1';
        let content = from === null ? null : (await update(lab, lockfileOf(lab, from), null)).baseline;
        for (const accepts of [false, true]) {
          if (accepts) content = await acceptAll(lab, lockfile, content);
          const first = await update(lab, lockfile, content);
          const second = await update(lab, lockfile, first.baseline);
          expect(said(second)).toEqual(said(first));
          expect(second.added).toEqual([]);
          expect(formatBaseline(second.baseline)).toBe(formatBaseline(first.baseline));
          const third = await update(lab, lockfile, second.baseline);
          expect(formatBaseline(third.baseline)).toBe(formatBaseline(first.baseline));
          expect(said(third)).toEqual(said(first));
          content = first.baseline;
        }
        expect(lab.clock.now()).toBe(now);
      });
    },
  );
});
