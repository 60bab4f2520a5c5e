import { describe, expect, it } from 'vitest';
import { ciWorkflow, token, type Lab } from '../../lab/index.ts';
import type { Baseline } from '../../src/model/baseline.ts';
import type { FindingCode } from '../../src/model/finding.ts';
import { updateBaseline } from '../../src/baseline/update.ts';
import { renderJson } from '../../src/report/json/report.ts';
import { newStore } from '../support/store.ts';
import { auditIn, withLab, type AuditChange, type Outcome } from './harness.ts';

const DAY = 86_400_000;
const TEAM = ciWorkflow({ repository: 'team/p', repositoryId: '100', ownerId: '200' });
const ANN = token({ user: 'ann' });
const BOB = token({ user: 'bob' });
const THIEF = token({ user: 'thief' });

type PublishSpec = Parameters<Lab['publish']>[0];

/** Publishes versions of p, thirty days apart. */
async function publishEach(lab: Lab, ...releases: readonly Omit<PublishSpec, 'name'>[]): Promise<void> {
  for (const release of releases) {
    lab.clock.advance(30 * DAY);
    await lab.publish({ name: 'p', ...release });
  }
}

/** What is found of p, with the kind of what is only a note. */
function ofP({ report }: Outcome): readonly string[] {
  const findings = report.dependencies.find(({ dependency }) => dependency.name === 'p')?.findings ?? [];
  return findings.map(({ code, level }) => (level === 'note' ? `${code} (note)` : code));
}

function foundOfP({ report }: Outcome, code: FindingCode): unknown {
  const findings = report.dependencies.find(({ dependency }) => dependency.name === 'p')?.findings ?? [];
  return findings.find((found) => found.code === code)?.args;
}

/** As event-stream in 2018: a new maintainer's release brings in a package of a few days. */
async function publishTakeover(lab: Lab): Promise<string> {
  await publishEach(lab, { version: '1.0.0', by: ANN }, { version: '1.0.1', by: ANN });
  lab.clock.advance(28 * DAY);
  await lab.publish({ name: 'flat', version: '0.1.0', by: THIEF });
  lab.clock.advance(DAY);
  await lab.publish({ name: 'flat', version: '0.1.1', by: THIEF });
  lab.clock.advance(DAY);
  await lab.publish({ name: 'p', version: '1.0.2', by: THIEF, manifest: { dependencies: { flat: '^0.1.0' } } });
  return lab.lockfile({ p: '1.0.2' });
}

describe('what a release did', () => {
  it('a takeover: the first release by an account, with a new dependency that is two days old', async () => {
    await withLab(async (lab) => {
      const lockfile = await publishTakeover(lab);
      const before = lab.requests.length;
      const outcome = await auditIn(lab, lockfile);
      expect(ofP(outcome)).toEqual(['provenance-missing', 'history-publisher-new', 'history-dependency-added']);
      const now = lab.clock.now();
      expect(foundOfP(outcome, 'history-dependency-added')).toMatchObject({
        added: [{ name: 'flat', firstPublished: now - 2 * DAY, version: '0.1.1', published: now - DAY }],
      });
      // The age is of the document that was asked for anyway.
      expect(lab.requests.length - before).toBe(2);
    });
  });

  it('a team: maintainers take turns, and one takes in a package that has been there for long', async () => {
    await withLab(async (lab) => {
      await lab.publish({ name: 'flat', version: '1.0.0', by: BOB });
      const dependencies = { flat: '^1.0.0' };
      await publishEach(
        lab,
        { version: '1.0.0', by: ANN },
        { version: '1.0.1', by: BOB },
        { version: '1.0.2', by: ANN, manifest: { dependencies } },
      );
      const outcome = await auditIn(lab, lab.lockfile({ p: '1.0.2' }));
      expect(ofP(outcome)).toEqual([
        'provenance-missing',
        'history-publisher-changed (note)',
        'history-dependency-added (note)',
      ]);
    });
  });

  it('a build that is proven: a new account and a new package of its own are no alarm', async () => {
    await withLab(async (lab) => {
      await publishEach(lab, { version: '1.0.0', by: ANN }, { version: '1.0.1', by: TEAM });
      lab.clock.advance(30 * DAY);
      await lab.publish({ name: 'part', version: '1.0.0', by: TEAM });
      await lab.publish({ name: 'p', version: '1.0.2', by: TEAM, manifest: { dependencies: { part: '1.0.0' } } });
      expect(ofP(await auditIn(lab, lab.lockfile({ p: '1.0.2' })))).toEqual(['history-dependency-added (note)']);
    });
  });

  it('a build whose provenance does not verify is no excuse', async () => {
    await withLab(async (lab) => {
      await publishEach(lab, { version: '1.0.0', by: ANN }, { version: '1.0.1', by: TEAM });
      lab.tamperAttestations('p', '1.0.1', () => ({ attestations: [] }));
      expect(ofP(await auditIn(lab, lab.lockfile({ p: '1.0.1' })))).toContain('history-publisher-changed (note)');
    });
  });

  it.each([
    ['a postinstall script', { scripts: { postinstall: 'node setup.js' } }, 'postinstall', 'node setup.js'],
    ['a binding.gyp', { gypfile: true }, 'install', 'node-gyp rebuild'],
  ])('%s that was not there, as the project allows it or not', async (_, manifest, script, command) => {
    await withLab(async (lab) => {
      await publishEach(lab, { version: '1.0.0', by: ANN }, { version: '1.0.1', by: ANN, manifest });
      const lockfile = lab.lockfile({ p: '1.0.1' });
      const withList = (allowScripts: object): AuditChange => ({
        manifests: new Map([['', JSON.stringify({ dependencies: { p: '1.0.1' }, allowScripts })]]),
      });
      const outcome = await auditIn(lab, lockfile, withList({ p: true }));
      expect(ofP(outcome)).toEqual(['provenance-missing', 'history-install-script-added']);
      expect(foundOfP(outcome, 'history-install-script-added')).toEqual({
        scripts: [script],
        commands: [command],
        version: '1.0.0',
        permission: 'allowed',
        by: 'allowScripts of package.json',
      });
      expect(ofP(await auditIn(lab, lockfile, withList({ 'p@1.0.0': true })))).toContain(
        'history-install-script-added',
      );
      expect(ofP(await auditIn(lab, lockfile, withList({ p: false })))).toContain(
        'history-install-script-added (note)',
      );
    });
  });

  it('a version that the maintainers took latest back from', async () => {
    await withLab(async (lab) => {
      await publishEach(lab, { version: '1.0.0', by: ANN }, { version: '1.0.1', by: ANN });
      const lockfile = lab.lockfile({ p: '1.0.1' });
      expect(ofP(await auditIn(lab, lockfile))).toEqual(['provenance-missing']);
      lab.tamperPackument('p', (document) => ({ ...document, 'dist-tags': { latest: '1.0.0' } }));
      expect(ofP(await auditIn(lab, lockfile))).toEqual(['provenance-missing', 'history-dist-tag-moved-back']);
      expect(ofP(await auditIn(lab, lab.lockfile({ p: '1.0.0' })))).toEqual(['provenance-missing']);
    });
  });
});

describe('with a baseline', () => {
  async function baselineOf(lab: Lab, lockfile: string): Promise<{ file: string; content: Baseline }> {
    const { report } = await auditIn(lab, lockfile);
    return { file: 'assay.lock', content: updateBaseline(null, report.dependencies).baseline };
  }

  it('what it holds is not asked about, and a release is compared with what it had last', async () => {
    await withLab(async (lab) => {
      const scripts = { postinstall: 'node setup.js' };
      await publishEach(lab, { version: '1.0.0', by: ANN });
      const baseline = await baselineOf(lab, lab.lockfile({ p: '1.0.0' }));
      await publishEach(
        lab,
        { version: '1.0.1', by: ANN, manifest: { scripts } },
        { version: '1.0.2', by: ANN, manifest: { scripts } },
      );
      expect(ofP(await auditIn(lab, lab.lockfile({ p: '1.0.0' }), { baseline }))).toEqual(['provenance-missing']);
      const later = lab.lockfile({ p: '1.0.2' });
      expect(ofP(await auditIn(lab, later))).toEqual(['provenance-missing']);
      expect(ofP(await auditIn(lab, later, { baseline }))).toContain('history-install-script-added');
    });
  });

  it('does not take in what has a warning, and takes in what has a note', async () => {
    await withLab(async (lab) => {
      const lockfile = await publishTakeover(lab);
      const { content } = await baselineOf(lab, lockfile);
      expect([...(content.packages.get('npm:p')?.versions.keys() ?? [])]).toEqual([]);
      await publishEach(lab, { version: '1.0.3', by: ANN }, { version: '1.0.4', by: THIEF });
      const turned = await baselineOf(lab, lab.lockfile({ p: '1.0.4' }));
      expect([...(turned.content.packages.get('npm:p')?.versions.keys() ?? [])]).toEqual(['1.0.4']);
    });
  });
});

describe('with what earlier runs kept', () => {
  /** A document is fresh by the machine's clock, so the lab's releases end there. */
  function inStore(lab: Lab): AuditChange {
    const now = Date.now();
    lab.clock.set(now - 90 * DAY);
    return { store: newStore(), now };
  }

  it('the same is found without asking, ages of other packages included', async () => {
    await withLab(async (lab) => {
      const change = inStore(lab);
      const lockfile = await publishTakeover(lab);
      const first = await auditIn(lab, lockfile, change);
      const before = lab.requests.length;
      const second = await auditIn(lab, lockfile, change);
      expect(lab.requests.length).toBe(before);
      expect(renderJson(second.report)).toBe(renderJson(first.report));
      expect(ofP(second)).toContain('history-dependency-added');
    });
  });

  it('the age is that of the version that is locked now', async () => {
    await withLab(async (lab) => {
      const change = inStore(lab);
      const lockfile = await publishTakeover(lab);
      await auditIn(lab, lockfile, change);
      const other = lab.lockfile({ p: '1.0.2', flat: '0.1.0' });
      const { added } = foundOfP(await auditIn(lab, other, change), 'history-dependency-added') as {
        readonly added: readonly { readonly version: string }[];
      };
      expect(added.map(({ version }) => version)).toEqual(['0.1.0']);
    });
  });

  it('another list of the project is another answer', async () => {
    await withLab(async (lab) => {
      const scripts = { install: 'node setup.js' };
      await publishEach(lab, { version: '1.0.0', by: ANN }, { version: '1.0.1', by: ANN, manifest: { scripts } });
      const store = newStore();
      const now = Date.now();
      const found = async (allowScripts: object): Promise<readonly string[]> => {
        const manifests = new Map([['', JSON.stringify({ dependencies: { p: '1.0.1' }, allowScripts })]]);
        return ofP(await auditIn(lab, lab.lockfile({ p: '1.0.1' }), { store, now, manifests }));
      };
      expect(await found({ p: false })).toContain('history-install-script-added (note)');
      expect(await found({ p: true })).toContain('history-install-script-added');
    });
  });
});
