import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ciWorkflow, token, type Lab } from '../../lab/index.ts';
import { PHASES } from '../../src/model/verdict.ts';
import { commitAll, git, hasGit, WITHOUT_GIT } from '../support/git.ts';
import { withProject, type AuditJson, type LabProject } from './lab-project.ts';
import { removeFolder } from '../support/remove-folder.ts';

const HOUR = 3_600_000;
/** Every release of axios names it, the attacker's too. */
const DECLARED = { type: 'git', url: 'git+https://github.com/axios/axios.git' };
const REPOSITORY = { repository: 'axios/axios', repositoryId: '23088740', ownerId: '32372333' };
/** Until 1.13.2 a maintainer's token published from the pipeline; since 1.13.4 the pipeline does by itself. */
const PIPELINE = ciWorkflow({ ...REPOSITORY, ref: 'refs/heads/v1.x' });
const WITH_TOKEN = ciWorkflow({ ...REPOSITORY, ref: 'refs/heads/v1.x', user: 'maintainer' });
const BY_HAND = token({ user: 'maintainer' });

const GOOD = { 'follow-redirects': '^1.15.0', 'form-data': '^4.0.0' };
const EVIL = { ...GOOD, 'plain-crypto-js': '^4.2.1' };

type Release = readonly [
  time: string,
  version: string,
  by: typeof PIPELINE | typeof BY_HAND,
  dependencies: typeof GOOD,
];

/** When what was published, and by whom: 1.14.1 and 0.30.4 are the attack of 31 March 2026. */
const RELEASES: readonly Release[] = [
  ['2025-10-01T22:09:48Z', '0.30.2', BY_HAND, GOOD],
  ['2025-10-28T19:48:12Z', '1.13.1', WITH_TOKEN, GOOD],
  ['2025-11-04T21:37:02Z', '1.13.2', WITH_TOKEN, GOOD],
  ['2026-01-25T16:28:48Z', '1.13.3', BY_HAND, GOOD],
  ['2026-01-27T19:19:35Z', '1.13.4', PIPELINE, GOOD],
  ['2026-03-04T00:31:21Z', '0.30.3', BY_HAND, GOOD],
  ['2026-03-27T21:18:09Z', '1.14.0', PIPELINE, GOOD],
  ['2026-03-31T00:21:00Z', '1.14.1', BY_HAND, EVIL],
  ['2026-03-31T01:00:00Z', '0.30.4', BY_HAND, EVIL],
];

/** What axios depends on, and the package that the attack was to bring in. */
async function publishDependencies(lab: Lab): Promise<void> {
  const by = token({ user: 'somebody' });
  const at = Date.parse('2025-06-01');
  await lab.publish({ name: 'follow-redirects', version: '1.15.6', by, at });
  await lab.publish({ name: 'form-data', version: '4.0.5', by, at });
  const evil = Date.parse('2026-03-30T05:57:00Z');
  await lab.publish({ name: 'plain-crypto-js', version: '4.2.0', by, at: evil });
  const scripts = { postinstall: 'node setup.js' };
  await lab.publish({ name: 'plain-crypto-js', version: '4.2.1', by, at: evil + 18 * HOUR, manifest: { scripts } });
}

async function publish(lab: Lab, releases: readonly Release[]): Promise<void> {
  for (const [time, version, by, dependencies] of releases) {
    lab.clock.set(Date.parse(time));
    await lab.publish({ name: 'axios', version, by, manifest: { dependencies, repository: DECLARED } });
  }
}

/** What is found of axios, as "level code". */
function ofAxios({ findings }: AuditJson): readonly string[] {
  return findings.filter(({ name }) => name === 'axios').map(({ level, code }) => `${level} ${code}`);
}

/** Audits `version` in every phase and returns the exit status and what is found of axios. */
async function inPhases({ lock, report }: LabProject, version: string): Promise<Record<string, unknown>> {
  await lock({ axios: version });
  const outcomes: Record<string, unknown> = {};
  for (const phase of PHASES) {
    const result = await report('--enforce', phase);
    outcomes[phase] = [result.status, ...ofAxios(result)];
  }
  return outcomes;
}

/** A project that took `version` into its baseline as soon as that was out; none where it is null. */
async function withBaselineOf(version: string | null, work: (project: LabProject) => Promise<void>): Promise<void> {
  await withProject(async (project) => {
    const { lab, lock, run, read } = project;
    const then = 1 + RELEASES.findIndex(([, one]) => one === version);
    await publishDependencies(lab);
    await publish(lab, RELEASES.slice(0, then));
    if (version !== null) {
      await lock({ axios: version });
      expect((await run('update')).status).toBe(0);
      expect(read('assay.lock')).toContain(`npm:axios@${version} provenance proven by sha256-`);
    }
    await publish(lab, RELEASES.slice(then));
    await work(project);
  });
}

const BASELINES = [
  ['without a baseline', null],
  ['with a baseline of 1.14.0', '1.14.0'],
  ['with a stale baseline, of 1.13.4', '1.13.4'],
  ['with a stale baseline, of 1.13.2 alone', '1.13.2'],
] as const;

describe('the attack on axios', () => {
  it.each(BASELINES)('1.14.1 has lost its provenance in every phase, %s', async (_, before) => {
    await withBaselineOf(before, async (project) => {
      const added = ['warning history-dependency-added', 'note history-publisher-changed'];
      expect(await inPhases(project, '1.14.1')).toEqual({
        observe: [0, ...added, 'warning provenance-lost'],
        guard: [1, ...added, 'error provenance-lost'],
        critical: [1, ...added, 'error provenance-lost'],
        all: [1, ...added, 'error provenance-lost'],
      });
      const { stdout } = await project.run();
      expect(stdout).toContain('what changed in axios@1.14.1 since 1.14.0, 3 days later');
      expect(stdout).toContain('! publisher: GitHub Actions -> maintainer');
      expect(stdout).toMatch(/! new dependency plain-crypto-js: \^4\.2\.1, first published 18 hours before it/);
    });
  });

  it.each(BASELINES)(
    '0.30.4, of a line that never had any, has lost what the package had four days before, %s',
    async (_, before) => {
      await withBaselineOf(before, async (project) => {
        expect(await inPhases(project, '0.30.4')).toEqual({
          observe: [0, 'warning history-dependency-added', 'warning provenance-lost'],
          guard: [1, 'warning history-dependency-added', 'error provenance-lost'],
          critical: [1, 'warning history-dependency-added', 'error provenance-lost'],
          all: [1, 'warning history-dependency-added', 'error provenance-lost'],
        });
        const { explanations } = (await project.report()) as unknown as {
          explanations: readonly { addedDependencies: readonly unknown[]; current: object; predecessor: object }[];
        };
        expect(explanations).toMatchObject([
          {
            predecessor: { version: '1.14.0', publisher: 'GitHub Actions', provenance: 'proven' },
            current: { version: '0.30.4', publisher: 'maintainer', provenance: 'none' },
            addedDependencies: [
              {
                name: 'plain-crypto-js',
                firstPublished: '2026-03-30T05:57:00Z',
                newest: { version: '4.2.1', published: '2026-03-30T23:57:00Z' },
              },
            ],
          },
        ]);
      });
    },
  );

  it.each(BASELINES)(
    '0.30.3 and 1.13.3, by hand and legitimate, are a decision until the project has gone on, %s',
    async (_, before) => {
      await withBaselineOf(before, async (project) => {
        // Releases with provenance came two months after 1.13.3, and so far only weeks after 0.30.3.
        const elsewhere = {
          observe: [0, 'warning provenance-lost-elsewhere'],
          guard: [0, 'warning provenance-lost-elsewhere'],
          critical: [1, 'error provenance-lost-elsewhere'],
          all: [1, 'error provenance-lost-elsewhere'],
        };
        expect(await inPhases(project, '1.13.3')).toEqual(elsewhere);
        expect(await inPhases(project, '0.30.3')).toEqual({
          observe: [0, 'warning provenance-lost'],
          guard: [1, 'error provenance-lost'],
          critical: [1, 'error provenance-lost'],
          all: [1, 'error provenance-lost'],
        });
        await publish(project.lab, [['2026-04-08T17:26:13Z', '1.15.0', PIPELINE, GOOD]]);
        expect(await inPhases(project, '0.30.3')).toEqual(elsewhere);
      });
    },
  );
});

describe.skipIf(!hasGit)(`a queue with what was published by hand${WITHOUT_GIT}`, () => {
  it.each(BASELINES.slice(0, 2))('holds until it is overdue, also in the phase observe, %s', async (_, before) => {
    await withBaselineOf(before, async (project) => {
      const { folder } = project;
      writeFileSync(join(folder, 'assay.yml'), 'enforce: observe\nreview: {deadline: 48h}\n');
      for (const version of ['0.30.3', '1.13.3', '1.14.1', '0.30.4']) {
        await project.lock({ axios: version });
        for (const [hours, level] of [
          [47, 'warning'],
          [49, 'error'],
        ] as const) {
          removeFolder(join(folder, '.git'));
          git(folder, ['init', '-q']);
          commitAll(folder, Date.now() - hours * HOUR);
          const result = await project.report();
          const [found = ''] = ofAxios(result);
          expect([version, result.status, found.split(' ')[0]]).toEqual([version, level === 'error' ? 1 : 0, level]);
        }
      }
    });
  });
});
