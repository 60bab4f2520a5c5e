import { describe, expect, it } from 'vitest';
import { ciWorkflow } from '../../lab/index.ts';
import { githubPublisher } from '../../lab/pypi/index.ts';
import { PHASES } from '../../src/model/verdict.ts';
import { DAY, lockOf, withPythonProject, type PythonProject } from './pypi-project.ts';

const HOUR = 3_600_000;
const publish = ciWorkflow({ repository: 'ultralytics/ultralytics', workflow: '.github/workflows/publish.yml' });
const ultralytics = githubPublisher(publish);

/** What is found in each phase of a lockfile with this version alone, an hour after it was published. */
async function phases({ lab, edit, audit }: PythonProject, spec: string): Promise<readonly unknown[]> {
  edit('uv.lock', () => lockOf(lab, 'uv.lock', spec));
  const outcomes = [];
  for (const phase of PHASES) outcomes.push(await audit('--enforce', phase));
  return outcomes.map(({ status, found }) => [status, ...found]);
}

function withUltralytics(work: (project: PythonProject) => Promise<void>): Promise<void> {
  return withPythonProject('uv.lock', async (project) => {
    const { lab } = project;
    const at = (days: number): number => lab.now() - days * DAY;
    lab.publish({ name: 'ultralytics', version: '8.3.39', by: ultralytics, at: at(9) });
    lab.publish({ name: 'ultralytics', version: '8.3.40', by: ultralytics, at: at(5) });
    await work(project);
  });
}

/** Versions, ways and order are those of public reports; the rest is filled in. */
describe('incidents on PyPI, in the lab', () => {
  it('ultralytics 8.3.41, December 2024: the usual workflow built it from a poisoned cache, and provenance is true', () =>
    withUltralytics(async (project) => {
      const { lab } = project;
      lab.publish({ name: 'ultralytics', version: '8.3.41', by: ultralytics, at: lab.now() - HOUR });
      expect(await phases(project, 'ultralytics@8.3.41')).toEqual([[0], [0], [0], [0]]);
    }));

  it('ultralytics 8.3.45, December 2024: a token that was left over, and no attestations', () =>
    withUltralytics(async (project) => {
      const { lab } = project;
      lab.publish({ name: 'ultralytics', version: '8.3.44', by: ultralytics, at: lab.now() - DAY });
      lab.publish({ name: 'ultralytics', version: '8.3.45', at: lab.now() - HOUR });
      expect(await phases(project, 'ultralytics@8.3.45')).toEqual([
        [0, 'ultralytics provenance-lost warning'],
        [1, 'ultralytics provenance-lost error'],
        [1, 'ultralytics provenance-lost error'],
        [1, 'ultralytics provenance-lost error'],
      ]);
    }));

  it('litellm 1.82.8, March 2026: a stolen token of a project that never attested, until PyPI took it away', () =>
    withPythonProject('uv.lock', async (project) => {
      const { lab, audit } = project;
      lab.publish({ name: 'litellm', version: '1.82.6', at: lab.now() - 3 * DAY });
      lab.publish({ name: 'litellm', version: '1.82.8', at: lab.now() - HOUR });
      expect(await phases(project, 'litellm@1.82.8')).toEqual([
        [0, 'litellm provenance-missing warning'],
        [0, 'litellm provenance-missing warning'],
        [1, 'litellm provenance-missing error'],
        [1, 'litellm provenance-missing error'],
      ]);
      lab.tamperProject('litellm', (document) => ({
        ...document,
        files: [],
        'project-status': { status: 'quarantined' },
      }));
      expect(await audit()).toEqual({ status: 1, found: ['litellm version-removed error'] });
      lab.behaveWell();
      lab.remove('litellm', '1.82.8');
      expect(await audit('--enforce', 'observe')).toEqual({
        status: 1,
        found: ['litellm lockfile-version-unknown error'],
      });
    }));
});
