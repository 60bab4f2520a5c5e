import { describe, expect, it } from 'vitest';
import { ciWorkflow, token, type Lab } from '../../lab/index.ts';
import type { WorkflowOptions } from '../../lab/publishers.ts';
import type { Baseline } from '../../src/model/baseline.ts';
import { updateBaseline } from '../../src/baseline/update.ts';
import { formatBaseline } from '../../src/baseline/text.ts';
import { parseBaseline } from '../../src/baseline/file.ts';
import { parsePolicy } from '../../src/policy/policy-file.ts';
import { auditIn, withLab, type AuditChange, type Outcome } from './harness.ts';

const DAY = 86_400_000;
const MINUTE = 60_000;

type PublishSpec = Parameters<Lab['publish']>[0];
type By = PublishSpec['by'];

const team = (change: Partial<WorkflowOptions> = {}): By =>
  ciWorkflow({ repository: 'team/p', repositoryId: '100', ownerId: '200', ...change });
const TEAM = team();
const FORK = ciWorkflow({ repository: 'attacker/p', repositoryId: '900', ownerId: '901' });
/** A fork whose manifests go on naming the real repository. */
const AS_TEAM = { repository: { type: 'git', url: 'git+https://github.com/team/p.git' } };
const ANN = token({ user: 'ann' });
const THIEF = token({ user: 'thief' });

/** Publishes versions of p, each so long after the one before. */
async function publish(
  lab: Lab,
  ...releases: readonly (readonly [version: string, after: number, by: By, more?: Partial<PublishSpec>])[]
): Promise<void> {
  for (const [version, after, by, more] of releases) {
    lab.clock.advance(after);
    await lab.publish({ name: 'p', version, by, ...more });
  }
}

/** What is found of p, with the kind of what is only a note. */
function ofP({ report }: Outcome): readonly string[] {
  const findings = report.dependencies.find(({ dependency }) => dependency.name === 'p')?.findings ?? [];
  return findings.map(({ code, level }) => (level === 'note' ? `${code} (note)` : code));
}

async function found(lab: Lab, version: string, change: AuditChange = {}): Promise<readonly string[]> {
  return ofP(await auditIn(lab, lab.lockfile({ p: version }), change));
}

async function baselineOf(lab: Lab, version: string): Promise<Baseline> {
  const { report } = await auditIn(lab, lab.lockfile({ p: version }));
  return updateBaseline(null, report.dependencies).baseline;
}

/** Addresses of attestations that were asked for. */
function asked(lab: Lab, from: number): readonly string[] {
  const paths = lab.requests.slice(from).map(({ url }) => decodeURIComponent(url));
  return paths.filter((path) => path.includes('attestations')).map((path) => path.replace(/^.*@/, ''));
}

const REPOSITORY = 'identity-unexpected-repository';
const WORKFLOW = 'identity-unexpected-workflow';

describe('releases of a fork with valid provenance', () => {
  it.each([1, 2, 3, 6])(
    '%d of them within minutes: each is held to the team, and none becomes what is expected',
    async (count) => {
      await withLab(async (lab) => {
        await publish(lab, ['1.0.0', 0, TEAM], ['1.0.1', 60 * DAY, TEAM], ['1.0.2', 3 * DAY, TEAM]);
        for (let i = 0; i < count; i += 1) {
          await publish(lab, [`1.1.${i}`, i === 0 ? DAY : 4 * MINUTE, FORK, i % 2 === 0 ? { manifest: AS_TEAM } : {}]);
        }
        const last = `1.1.${count - 1}`;
        const outcome = await auditIn(lab, lab.lockfile({ p: last }));
        expect(ofP(outcome)).toEqual([REPOSITORY]);
        // Nobody is sent back to a release of the fork.
        const stay = count === 1 ? '1.0.2' : '1.0.0';
        expect(outcome.report.explanations[0]).toMatchObject({ stay, predecessor: { version: stay } });
        expect((await baselineOf(lab, last)).packages.get('npm:p')?.identity ?? null).toBeNull();
      });
    },
  );

  it.each([{}, { manifest: AS_TEAM }])(
    'over days, weeks and years: time alone makes nobody the builder (%j)',
    async (more) => {
      await withLab(async (lab) => {
        await publish(lab, ['0.9.0', 0, TEAM], ['1.0.0', 90 * DAY, TEAM], ['1.0.1', 60 * DAY, TEAM]);
        await publish(lab, ['1.0.2', 10 * DAY, FORK, more]);
        for (const [i, days] of [9, 20, 2, 60, 200, 900].entries()) {
          const version = `1.0.${3 + i}`;
          await publish(lab, [version, days * DAY, FORK, more]);
          const outcome = await auditIn(lab, lab.lockfile({ p: version }), { enforce: 'guard' });
          expect([outcome.status, ofP(outcome)], version).toEqual([1, [REPOSITORY]]);
        }
        await publish(lab, ['2.0.0', 40 * DAY, FORK, more], ['2.1.0-rc.1', 40 * DAY, FORK, more]);
        for (const version of ['2.0.0', '2.1.0-rc.1']) expect(await found(lab, version), version).toEqual([REPOSITORY]);
        expect((await baselineOf(lab, '1.0.8')).packages.get('npm:p')?.identity ?? null).toBeNull();
      });
    },
  );

  it('that stand are held to the newest release of the team before them, and are settled by a policy or a decision', async () => {
    await withLab(async (lab) => {
      await publish(lab, ['1.0.0', 0, TEAM], ['1.1.0', 40 * DAY, TEAM], ['1.1.1', 40 * DAY, FORK]);
      await publish(lab, ['1.1.2', 90 * DAY, FORK]);
      const { report } = await auditIn(lab, lab.lockfile({ p: '1.1.2' }), { enforce: 'guard' });
      expect(report.dependencies[0]?.findings).toMatchObject([
        { code: REPOSITORY, level: 'error', args: { version: '1.1.0', source: 'history', owner: 'other' } },
      ]);
      expect(report.explanations[0]).toMatchObject({ stay: '1.1.0', predecessor: { version: '1.1.0' } });
      const text = 'expect:\n  p:\n    repository: https://github.com/attacker/p\n';
      const policy = { policy: parsePolicy('assay.yml', Buffer.from(text)), digest: '0'.repeat(64), keys: new Map() };
      expect(await found(lab, '1.1.2', { policy })).toEqual([]);
      const { baseline } = updateBaseline(
        null,
        (await auditIn(lab, lab.lockfile({ p: '1.1.2' }), { policy })).report.dependencies,
      );
      expect(await found(lab, '1.1.2', { baseline: { file: 'assay.lock', content: baseline } })).toEqual([]);
      await publish(lab, ['1.1.3', DAY, FORK]);
      expect(await found(lab, '1.1.3', { baseline: { file: 'assay.lock', content: baseline } })).toEqual([]);
    });
  });

  it('of a young package: the oldest release is the measure', async () => {
    await withLab(async (lab) => {
      await publish(lab, ['1.0.0', 0, TEAM], ['1.0.1', DAY, FORK], ['1.0.2', MINUTE, FORK]);
      expect(await found(lab, '1.0.2')).toEqual([REPOSITORY]);
    });
  });

  it('on a new line, or as a prerelease of a channel of their own', async () => {
    await withLab(async (lab) => {
      await publish(lab, ['1.0.0', 0, TEAM], ['1.0.1', 60 * DAY, TEAM]);
      await publish(lab, ['2.0.0', DAY, FORK], ['2.0.1', MINUTE, FORK], ['3.0.0-rc.1', MINUTE, FORK]);
      await publish(lab, ['3.0.0-rc.2', MINUTE, FORK]);
      for (const version of ['2.0.1', '3.0.0-rc.2']) expect(await found(lab, version), version).toEqual([REPOSITORY]);
    });
  });

  it('where the registry gives no times, the fifth release back is the measure', async () => {
    await withLab(async (lab) => {
      await publish(lab, ['1.0.0', 0, TEAM], ['1.0.1', DAY, FORK], ['1.0.2', MINUTE, FORK]);
      lab.tamperPackument('p', (document) => ({ ...document, time: {} }));
      expect(await found(lab, '1.0.2')).toContain(REPOSITORY);
    });
  });

  it('a repository that was renamed or moved within its owner’s account keeps its ids, and is quiet', async () => {
    await withLab(async (lab) => {
      await publish(lab, ['1.0.0', 0, TEAM], ['1.0.1', 60 * DAY, team({ repository: 'team/renamed' })]);
      expect(await found(lab, '1.0.1')).toEqual([]);
    });
  });
});

describe('moves of the project itself', () => {
  const GITLAB_LIKE = { repositoryId: '300', ownerId: '400' };

  it.each([
    ['into a monorepo of the same owner', [team({ repository: 'team/mono', repositoryId: '101' })]],
    ['with its repository to another owner', [team({ repository: 'org/p', ownerId: '400' })]],
    ['with an organisation that took another name', [team({ repository: 'new-name/p' })]],
    ['in letters only', [team({ repository: 'Team/P' })]],
    [
      'to another owner, and there into a monorepo',
      [team({ repository: 'org/p', ownerId: '400' }), team({ repository: 'org/mono', ...GITLAB_LIKE })],
    ],
  ])('%s: quiet once it stood for a month', async (_, moves) => {
    await withLab(async (lab) => {
      await publish(lab, ['1.0.0', 0, TEAM]);
      for (const [i, by] of moves.entries()) {
        await publish(lab, [`1.${i + 1}.0`, 60 * DAY, by], [`1.${i + 1}.1`, 31 * DAY, by]);
        expect(await found(lab, `1.${i + 1}.1`)).toEqual([]);
      }
    });
  });

  it.each([
    [
      'to a repository of somebody else who has a name that looks alike',
      team({ repository: 'team2/p', ...GITLAB_LIKE }),
    ],
    ['to another repository under a name that was taken over', team({ repository: 'team/mono', ...GITLAB_LIKE })],
    ['by way of another repository of the attacker', team({ repository: 'evil/p', ...GITLAB_LIKE })],
  ])('%s: an error for good', async (_, by) => {
    await withLab(async (lab) => {
      const other = team({ repository: 'evil/other', repositoryId: '301', ownerId: '400' });
      await publish(lab, ['1.0.0', 0, TEAM], ['1.0.1', 60 * DAY, other], ['1.0.2', 60 * DAY, by]);
      await publish(lab, ['1.0.3', 60 * DAY, by]);
      const codes = await found(lab, '1.0.3');
      expect(codes).toHaveLength(1);
      expect([REPOSITORY, 'identity-owner-changed']).toContain(codes[0]);
    });
  });

  it('the origin’s attestation is not to be had: the next one there, and this is said; without any, the owner’s name', async () => {
    await withLab(async (lab) => {
      await publish(lab, ['1.0.0', 0, TEAM], ['1.0.1', 40 * DAY, TEAM], ['1.1.0', 40 * DAY, FORK]);
      await publish(lab, ['1.1.1', 40 * DAY, FORK]);
      lab.behave(/attestations\/p@1\.0\.0$/, { status: 404 });
      expect(await found(lab, '1.1.1')).toEqual(['history-attestation-missing', REPOSITORY]);
      lab.behave(/attestations\/p@1\.0\.1$/, { status: 404 });
      expect(await found(lab, '1.1.1')).toEqual(['history-attestation-missing', REPOSITORY]);
    });
  });
});

describe('what is asked for', () => {
  it('one earlier release, and another only where the first does not settle it', async () => {
    await withLab(async (lab) => {
      const other = team({ workflow: '.github/workflows/release.yml' });
      await publish(lab, ['1.0.0', 0, TEAM], ['1.0.1', 60 * DAY, TEAM], ['1.0.2', 60 * DAY, TEAM]);
      let from = lab.requests.length;
      expect(await found(lab, '1.0.2')).toEqual([]);
      expect(asked(lab, from).toSorted()).toEqual(['1.0.1', '1.0.2']);

      await publish(lab, ['1.0.3', 60 * DAY, other]);
      expect(await found(lab, '1.0.3')).toEqual([WORKFLOW]);
      await publish(lab, ['1.0.4', 6 * DAY, other], ['1.0.5', 2 * DAY, other]);
      expect(await found(lab, '1.0.4')).toEqual([WORKFLOW]);
      from = lab.requests.length;
      // A week after it came, the other workflow of the same repository is the project's own.
      expect(await found(lab, '1.0.5')).toEqual([]);
      expect(asked(lab, from).toSorted()).toEqual(['1.0.2', '1.0.3', '1.0.5']);
      await publish(lab, ['1.0.6', 40 * DAY, other]);
      expect(await found(lab, '1.0.3')).toEqual([`${WORKFLOW} (note)`]);
    });
  });

  it('an earlier one where attestations are not to be had, and this is said', async () => {
    await withLab(async (lab) => {
      await publish(
        lab,
        ['1.0.0', 0, TEAM],
        ['1.0.1', 40 * DAY, TEAM],
        ['1.0.2', 40 * DAY, FORK, { manifest: AS_TEAM }],
      );
      await publish(lab, ['1.0.3', MINUTE, TEAM]);
      lab.tamperAttestations('p', '1.0.1', () => ({ attestations: [] }));
      expect(await found(lab, '1.0.2')).toEqual(['history-attestation-missing', REPOSITORY]);
      expect(await found(lab, '1.0.3')).toEqual(['history-attestation-missing']);
      lab.behave(/attestations\/p@1\.0\.1$/, { status: 404 });
      expect(await found(lab, '1.0.2')).toEqual(['history-attestation-missing', REPOSITORY]);
      lab.behave(/attestations\/p@1\.0\.0$/, { status: 404 });
      const outcome = await auditIn(lab, lab.lockfile({ p: '1.0.2' }));
      expect(ofP(outcome)).toContain('evidence-unavailable');
      expect(outcome.status).toBe(3);
    });
  });
});

describe('the first provenance of a package', () => {
  const EVIL = ciWorkflow({ repository: 'evil/kit', user: 'thief' });

  it('of another repository than earlier releases declared, by an account that nobody knew', async () => {
    await withLab(async (lab) => {
      await publish(lab, ['1.1.0', 0, ANN, { manifest: AS_TEAM }], ['1.2.0', 60 * DAY, ANN, { manifest: AS_TEAM }]);
      await publish(lab, ['1.2.1', 60 * DAY, EVIL], ['1.2.2', MINUTE, EVIL]);
      for (const version of ['1.2.1', '1.2.2']) {
        expect(await found(lab, version), version).toEqual([REPOSITORY, 'history-publisher-new']);
      }
      expect((await baselineOf(lab, '1.2.2')).packages.get('npm:p')?.identity ?? null).toBeNull();
      // What stood for long is no error, and not silent either until somebody decides.
      await publish(lab, ['1.2.3', 90 * DAY, EVIL], ['1.3.0', 400 * DAY, EVIL]);
      for (const version of ['1.2.3', '1.3.0']) {
        const outcome = await auditIn(lab, lab.lockfile({ p: version }), { enforce: 'guard' });
        expect([outcome.status, ofP(outcome)], version).toEqual([0, [REPOSITORY]]);
      }
      expect((await baselineOf(lab, '1.3.0')).packages.get('npm:p')?.identity ?? null).toBeNull();
    });
  });

  it('says no less than the same release without provenance', async () => {
    await withLab(async (lab) => {
      const manifest = { scripts: { postinstall: 'node x.js' } };
      await publish(lab, ['1.1.0', 0, ANN], ['1.2.0', 60 * DAY, ANN], ['1.2.1', 60 * DAY, THIEF, { manifest }]);
      await publish(lab, ['1.3.0', 0, ANN], ['1.3.1', MINUTE, EVIL, { manifest }]);
      const without = (await found(lab, '1.2.1')).filter((code) => code !== 'provenance-missing');
      expect(without.length).toBeGreaterThan(1);
      expect(await found(lab, '1.3.1')).toEqual(expect.arrayContaining([...without]));
    });
  });

  it('of the repository that was always declared, or of another one of its owner, is quiet', async () => {
    await withLab(async (lab) => {
      await publish(lab, ['1.2.0', 0, ANN, { manifest: AS_TEAM }], ['1.2.1', 60 * DAY, TEAM]);
      expect(await found(lab, '1.2.1')).toEqual(['history-publisher-changed (note)']);
      await publish(lab, ['1.2.2', MINUTE, team({ repository: 'team/mono', repositoryId: '101' })]);
      expect(await found(lab, '1.2.2')).toContain(REPOSITORY);
    });
    await withLab(async (lab) => {
      await publish(lab, ['1.2.0', 0, ANN, { manifest: AS_TEAM }]);
      await publish(lab, ['1.2.1', 60 * DAY, team({ repository: 'team/mono', repositoryId: '101' })]);
      expect(await found(lab, '1.2.1')).toEqual([`${REPOSITORY} (note)`, 'history-publisher-changed (note)']);
    });
  });
});

describe('three releases within minutes, with valid provenance of the usual workflow', () => {
  const scripts = { preinstall: 'node setup.js' };

  it.each(['1.2.', '2.0.', '0.9.'])('a new install script in each is still new in the last: %sx', async (line) => {
    await withLab(async (lab) => {
      const older = ['0.1.0', '0.2.0', '0.9.0', '1.0.0', '1.1.0', '1.2.0'].map((one) => [one, 20 * DAY, TEAM] as const);
      await publish(lab, ...older);
      for (const patch of [1, 2, 3])
        await publish(lab, [`${line}${patch}`, 3 * MINUTE, TEAM, { manifest: { scripts } }]);
      expect(await found(lab, `${line}3`)).toEqual(['history-install-script-added']);
    });
  });

  it('and so is a new dependency of somebody else; one of the same owner is a note', async () => {
    await withLab(async (lab) => {
      await publish(lab, ['1.0.0', 0, TEAM], ['1.1.0', 30 * DAY, TEAM]);
      lab.clock.advance(10 * DAY);
      await lab.publish({ name: 'own', version: '1.0.0', by: team({ repository: 'team/own', repositoryId: '102' }) });
      await lab.publish({ name: 'evil', version: '1.0.0', by: THIEF });
      const added = { manifest: { dependencies: { evil: '1.0.0' } } };
      await publish(
        lab,
        ['1.1.1', MINUTE, TEAM, added],
        ['1.1.2', MINUTE, TEAM, added],
        ['1.1.3', MINUTE, TEAM, added],
      );
      await publish(lab, ['1.2.0', MINUTE, TEAM, { manifest: { dependencies: { own: '1.0.0' } } }]);
      expect(await found(lab, '1.1.3')).toEqual(['history-dependency-added']);
      expect(await found(lab, '1.2.0')).toEqual(['history-dependency-added (note)']);
    });
  });

  it('a script that has been there for a week is not new any more', async () => {
    await withLab(async (lab) => {
      await publish(lab, ['1.0.0', 0, TEAM], ['1.1.0', 30 * DAY, TEAM, { manifest: { scripts } }]);
      await publish(lab, ['1.1.1', 8 * DAY, TEAM, { manifest: { scripts } }]);
      expect(await found(lab, '1.1.1')).toEqual([]);
    });
  });
});

describe('channels', () => {
  const CANARY = team({ workflow: '.github/workflows/canary.yml' });
  const RELEASE = team({ workflow: '.github/workflows/release.yml' });

  it('a stable version by its own workflow after canaries by theirs, and the reverse', async () => {
    await withLab(async (lab) => {
      await publish(lab, ['2.0.0-canary.1', 0, CANARY], ['2.0.0-canary.2', 40 * DAY, CANARY]);
      await publish(lab, ['2.0.0', DAY, RELEASE], ['2.1.0-canary.0', DAY, CANARY], ['2.1.0', 40 * DAY, RELEASE]);
      await publish(lab, ['3.0.0-canary.0', DAY, CANARY], ['3.0.0-rc.1', DAY, RELEASE]);
      for (const version of ['2.0.0', '2.1.0-canary.0', '2.1.0', '3.0.0-canary.0', '3.0.0-rc.1']) {
        expect(await found(lab, version), version).toEqual([]);
      }
      await publish(lab, ['2.1.1', DAY, CANARY], ['3.0.0-canary.1', MINUTE, RELEASE]);
      expect(await found(lab, '2.1.1')).toEqual([WORKFLOW]);
      expect(await found(lab, '3.0.0-canary.1')).toEqual([WORKFLOW]);
      await publish(lab, ['3.0.0-beta.1', MINUTE, FORK], ['3.0.0', MINUTE, FORK]);
      expect(await found(lab, '3.0.0-beta.1')).toEqual([REPOSITORY]);
      expect(await found(lab, '3.0.0')).toEqual([REPOSITORY]);
    });
  });

  it('the baseline has a builder of each, which does not flip between the two', async () => {
    await withLab(async (lab) => {
      await publish(lab, ['1.0.0', 0, RELEASE], ['2.0.0-canary.1', 40 * DAY, CANARY]);
      const first = await baselineOf(lab, '1.0.0');
      const { report } = await auditIn(lab, lab.lockfile({ p: '2.0.0-canary.1' }), {
        baseline: { file: 'assay.lock', content: first },
      });
      const { baseline } = updateBaseline(first, report.dependencies);
      const known = baseline.packages.get('npm:p');
      expect(known?.identity?.workflow).toBe('.github/workflows/release.yml');
      expect(known?.channels.get('canary')?.workflow).toBe('.github/workflows/canary.yml');
      const text = formatBaseline(baseline);
      expect(text).toContain('p#canary workflow .github/workflows/canary.yml\n');
      expect(formatBaseline(parseBaseline('assay.lock', text).content)).toBe(text);

      await publish(lab, ['2.0.0-canary.2', DAY, CANARY], ['2.0.0', DAY, RELEASE], ['2.0.1', MINUTE, CANARY]);
      const change = { baseline: { file: 'assay.lock', content: baseline } };
      expect(await found(lab, '2.0.0-canary.2', change)).toEqual([]);
      expect(await found(lab, '2.0.0', change)).toEqual([]);
      expect(await found(lab, '2.0.1', change)).toEqual([WORKFLOW]);
      await publish(lab, ['2.0.0-rc.1', MINUTE, CANARY], ['2.0.0-rc.2', MINUTE, FORK]);
      expect(await found(lab, '2.0.0-rc.1', change)).toEqual([]);
      expect(await found(lab, '2.0.0-rc.2', change)).toEqual([REPOSITORY]);
    });
  });
});

describe('tags with an at sign', () => {
  it.each(['kit@1.9', '@acme/kit@1.0', 'a.yml@b'])('and a reusable workflow: %s', async (tag) => {
    await withLab(async (lab) => {
      const by = (version: string): By =>
        team({
          ref: `refs/tags/${tag}.${version}`,
          reusableWorkflow: `shared/ci/.github/workflows/publish.yml@refs/tags/${tag}.${version}`,
        });
      await publish(lab, ['1.0.0', 0, by('0')], ['1.0.1', 40 * DAY, by('1')]);
      const content = await baselineOf(lab, '1.0.0');
      expect(content.packages.get('npm:p')?.identity?.signer).toBe(
        'https://github.com/shared/ci/.github/workflows/publish.yml',
      );
      expect(await found(lab, '1.0.1')).toEqual([]);
      expect(await found(lab, '1.0.1', { baseline: { file: 'assay.lock', content } })).toEqual([]);
      const other = team({ reusableWorkflow: `shared/ci/.github/workflows/evil.yml@refs/tags/publish.yml@1` });
      await publish(lab, ['1.0.2', MINUTE, other]);
      expect(await found(lab, '1.0.2')).toEqual([WORKFLOW]);
    });
  });

  it('a renamed repository whose own reusable workflow signs', async () => {
    await withLab(async (lab) => {
      const by = (repository: string, file = 'r.yml'): By =>
        team({ repository, reusableWorkflow: `${repository}/.github/workflows/${file}@refs/heads/main` });
      await publish(lab, ['1.0.0', 0, by('team/p')], ['1.0.1', 40 * DAY, by('team/renamed')]);
      expect(await found(lab, '1.0.1')).toEqual([]);
      await publish(lab, ['1.0.2', MINUTE, by('team/renamed', 'other.yml')]);
      expect(await found(lab, '1.0.2')).toEqual([WORKFLOW]);
    });
  });
});

describe('a move within a name', () => {
  const KIT = ciWorkflow({ repository: 'acme/kit', repositoryId: '1', ownerId: '10' });
  const MONO = ciWorkflow({ repository: 'acme/mono', repositoryId: '2', ownerId: '10' });
  const TAKEN = ciWorkflow({ repository: 'acme/mono', repositoryId: '3', ownerId: '66' });

  it('to another repository of the same owner is one finding, of whoever took the name over another', async () => {
    await withLab(async (lab) => {
      await publish(lab, ['1.0.0', 0, KIT], ['1.0.1', 40 * DAY, MONO], ['1.0.2', MINUTE, TAKEN]);
      const { report } = await auditIn(lab, lab.lockfile({ p: '1.0.1' }));
      expect(report.dependencies[0]?.findings).toMatchObject([{ code: REPOSITORY, args: { owner: 'same' } }]);
      expect(report.explanations[0]).toMatchObject({
        predecessor: { repositoryId: '1', ownerId: '10' },
        current: { repositoryId: '2', ownerId: '10' },
      });
      expect(await found(lab, '1.0.2')).toEqual(['identity-owner-changed']);
    });
  });

  it('to a repository that the policy names is none, but whoever took that name over is another owner', async () => {
    const text = 'expect:\n  p:\n    repository: https://github.com/acme/mono\n';
    const policy = { policy: parsePolicy('assay.yml', Buffer.from(text)), digest: '0'.repeat(64), keys: new Map() };
    await withLab(async (lab) => {
      await publish(lab, ['1.0.0', 0, KIT], ['1.0.1', 40 * DAY, MONO], ['1.0.2', MINUTE, TAKEN]);
      await publish(lab, ['1.1.0', 90 * DAY, TAKEN]);
      for (const [version, status, codes] of [
        ['1.0.1', 0, []],
        ['1.0.2', 1, ['identity-owner-changed']],
        ['1.1.0', 1, ['identity-owner-changed']],
      ] as const) {
        const outcome = await auditIn(lab, lab.lockfile({ p: version }), { policy, enforce: 'guard' });
        expect([outcome.status, ofP(outcome)], version).toEqual([status, codes]);
      }
    });
  });
});

describe('staged releases', () => {
  const approved = (by: By, name: string): By => ({ ...by, npmUser: { ...by.npmUser, approver: { name } } });

  it('that a person approved, and then one that nobody did', async () => {
    await withLab(async (lab) => {
      await publish(lab, ['1.0.0', 0, approved(TEAM, 'ann')], ['1.0.1', 30 * DAY, approved(TEAM, 'bob')]);
      const content = await baselineOf(lab, '1.0.1');
      expect(formatBaseline(content)).toMatch(/^npm:p@1\.0\.1 published \S+ by .+ approved by bob$/m);
      await publish(lab, ['1.0.2', 8 * DAY, TEAM], ['1.0.3', MINUTE, TEAM], ['1.0.4', MINUTE, approved(TEAM, 'ann')]);
      expect(await found(lab, '1.0.1')).toEqual([]);
      expect(await found(lab, '1.0.2')).toEqual(['history-approval-lost']);
      expect(await found(lab, '1.0.3')).toEqual(['history-approval-lost']);
      expect(await found(lab, '1.0.4')).toEqual([]);
      const outcome = await auditIn(lab, lab.lockfile({ p: '1.0.2' }), { baseline: { file: 'assay.lock', content } });
      expect(ofP(outcome)).toEqual(['history-approval-lost']);
      expect(outcome.status).toBe(0);
    });
  });
});

describe('install scripts of a package that is new', () => {
  const manifest = { scripts: { postinstall: 'node x.js' } };

  it('are a finding, which keeps it out of the baseline, and a note where the project denies them', async () => {
    await withLab(async (lab) => {
      await publish(lab, ['1.0.0', 0, ANN, { manifest }], ['1.0.1', MINUTE, ANN, { manifest }]);
      for (const version of ['1.0.0', '1.0.1']) {
        expect(await found(lab, version), version).toEqual(['provenance-missing', 'history-new-package-script']);
      }
      expect((await baselineOf(lab, '1.0.0')).packages.get('npm:p')?.versions.size ?? 0).toBe(0);
      const manifests = new Map([['', JSON.stringify({ dependencies: { p: '1.0.0' }, allowScripts: { p: false } })]]);
      expect(await found(lab, '1.0.0', { manifests })).toContain('history-new-package-script (note)');
      await publish(lab, ['1.0.2', 8 * DAY, ANN, { manifest }]);
      expect(await found(lab, '1.0.2')).toEqual(['provenance-missing']);
    });
  });

  it('are none of a package without scripts', async () => {
    await withLab(async (lab) => {
      await publish(lab, ['1.0.0', 0, ANN]);
      expect(await found(lab, '1.0.0')).toEqual(['provenance-missing']);
    });
  });
});

describe('the first provenance of a package whose releases named no repository', () => {
  const nowhere = [{}, { manifest: { repository: 'gist:abc' } }];
  const byAnn = (more: Partial<PublishSpec>): Parameters<typeof publish>[1][] => [
    ['1.0.0', 0, ANN, more],
    ['1.1.0', 100 * DAY, ANN, more],
    ['1.2.0', 100 * DAY, ANN, more],
  ];
  const levels = ({ report }: Outcome): readonly string[] =>
    (report.dependencies[0]?.findings ?? []).filter(({ code }) => code === REPOSITORY).map(({ level }) => level);

  it.each(nowhere)('says no more than none would, and is not taken in without a decision (%j)', async (more) => {
    await withLab(async (lab) => {
      await publish(lab, ...byAnn(more), ['1.2.1', 200 * DAY, FORK]);
      await publish(lab, ['1.2.2', DAY, FORK]);
      for (const version of ['1.2.1', '1.2.2']) {
        for (const [enforce, status, level] of [
          ['guard', 0, 'warning'],
          ['all', 1, 'error'],
        ] as const) {
          const outcome = await auditIn(lab, lab.lockfile({ p: version }), { enforce });
          expect([outcome.status, levels(outcome)], `${version} ${enforce}`).toEqual([status, [level]]);
        }
        expect((await baselineOf(lab, version)).packages.get('npm:p')?.identity ?? null).toBeNull();
      }
      const { report } = await auditIn(lab, lab.lockfile({ p: '1.2.1' }));
      expect(report.dependencies[0]?.findings).toMatchObject([
        { code: REPOSITORY, args: { expected: 'none', source: 'manifest', version: '1.2.0' } },
        { code: 'history-publisher-changed', level: 'note' },
      ]);
    });
  });

  it('is an error from guard on where the account is new as well, however long it stands', async () => {
    await withLab(async (lab) => {
      const thief = ciWorkflow({ repository: 'attacker/p', user: 'thief' });
      await publish(lab, ...byAnn({}), ['1.2.1', 200 * DAY, thief]);
      const guard = (): Promise<Outcome> => auditIn(lab, lab.lockfile({ p: '1.2.1' }), { enforce: 'guard' });
      const outcome = await guard();
      expect([outcome.status, levels(outcome)]).toEqual([1, ['error']]);
      await publish(lab, ['1.2.2', 40 * DAY, thief]);
      expect((await guard()).status).toBe(1);
    });
  });

  it('is a note once the project went on with it, and nothing later; not where it went on elsewhere', async () => {
    await withLab(async (lab) => {
      await publish(lab, ...byAnn({}), ['1.2.1', 200 * DAY, TEAM]);
      expect(levels(await auditIn(lab, lab.lockfile({ p: '1.2.1' })))).toEqual(['warning']);
      await publish(lab, ['1.2.2', 31 * DAY, TEAM]);
      expect(levels(await auditIn(lab, lab.lockfile({ p: '1.2.1' })))).toEqual(['note']);
      expect(levels(await auditIn(lab, lab.lockfile({ p: '1.2.2' })))).toEqual([]);
    });
    await withLab(async (lab) => {
      await publish(lab, ...byAnn({}), ['1.2.1', 200 * DAY, FORK], ['1.2.2', 31 * DAY, TEAM]);
      expect(levels(await auditIn(lab, lab.lockfile({ p: '1.2.1' }), { enforce: 'all' }))).toEqual(['error']);
    });
  });

  it('is held to what an older release named, where newer ones name nothing that can be read', async () => {
    await withLab(async (lab) => {
      await publish(lab, ['0.9.0', 0, ANN, { manifest: AS_TEAM }], ...byAnn({ manifest: { repository: 'gist:abc' } }));
      await publish(lab, ['1.2.1', 200 * DAY, FORK], ['1.2.2', DAY, TEAM]);
      expect(levels(await auditIn(lab, lab.lockfile({ p: '1.2.1' }), { enforce: 'guard' }))).toEqual(['error']);
    });
  });

  it('is nothing where the policy names it, and where the package began with provenance', async () => {
    await withLab(async (lab) => {
      await publish(lab, ...byAnn({}), ['1.2.1', 200 * DAY, TEAM]);
      const text = 'expect:\n  p:\n    repository: https://github.com/team/p\n';
      const policy = { policy: parsePolicy('assay.yml', Buffer.from(text)), digest: '0'.repeat(64), keys: new Map() };
      expect(levels(await auditIn(lab, lab.lockfile({ p: '1.2.1' }), { policy }))).toEqual([]);
    });
    await withLab(async (lab) => {
      await publish(lab, ['1.0.0', 0, TEAM], ['1.0.1', DAY, TEAM]);
      for (const version of ['1.0.0', '1.0.1']) {
        expect(levels(await auditIn(lab, lab.lockfile({ p: version })))).toEqual([]);
      }
    });
  });
});
