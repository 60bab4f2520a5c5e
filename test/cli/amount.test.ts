import { describe, expect, it } from 'vitest';
import { ciWorkflow, token } from '../../lab/index.ts';
import { assayInside } from './inside.ts';
import { withProject, type LabProject } from './lab-project.ts';
import type { Run } from './run.ts';

const TEAM = ciWorkflow({ repository: 'team/p' });

/** p is proven; q lost its provenance where it is asked for. */
async function withTwo(work: (project: LabProject, attack: () => Promise<void>) => Promise<void>): Promise<void> {
  await withProject(async (project) => {
    const { lab, lock } = project;
    await lab.publish({ name: 'p', version: '1.0.0', by: TEAM });
    await lab.publish({ name: 'q', version: '1.0.0', by: TEAM });
    lab.clock.advance(86_400_000);
    await lab.publish({ name: 'q', version: '1.0.1', by: token({ user: 'thief' }) });
    await lock({ p: '1.0.0', q: '1.0.0' });
    await work(project, () => lock({ p: '1.0.0', q: '1.0.1' }));
  });
}

describe('how much is said', () => {
  it('with --quiet: nothing where it holds, and else what fails and the verdict', () =>
    withTwo(async ({ run }, attack) => {
      expect(await run('audit', '--quiet')).toEqual({ status: 0, stdout: '', stderr: '' });
      await attack();
      const { status, stdout, stderr } = await run('audit', '--quiet');
      expect({ status, stderr }).toEqual({ status: 1, stderr: '' });
      expect(stdout).toMatch(/^error\[provenance-lost\]/);
      expect(stdout).toMatch(/\nfails: 1 of 2 dependencies [^]*Exit status 1: do not\s+install\.\n$/);
      expect(stdout).not.toContain('lockfile, 2 entries');
    }));

  it('with --verbose: also who built what passes', () =>
    withTwo(async ({ run }, attack) => {
      await attack();
      const { status, stdout } = await run('audit', '--verbose');
      expect(status).toBe(1);
      expect(stdout).toMatch(
        /^ {2}p@1\.0\.0 +built by https:\/\/github\.com\/team\/p, \.github\/workflows\/\S+, commit \w{12}$/m,
      );
      expect(stdout).not.toMatch(/^ {2}q@1\.0\.1 +built by/m);
      expect((await run('audit')).stdout).not.toContain('built by https://github.com/team/p');
      const both = await run('audit', '--quiet', '--verbose');
      expect([both.status, both.stderr]).toEqual([2, 'assay: --quiet and --verbose ask for opposite things\n']);
    }));

  it('with --color: as it says, whatever the variables do', () =>
    withTwo(async ({ run, folder }) => {
      const trust = ['--trusted-root', 'root.json', '--registry-keys', 'keys.json'];
      const runIn = (env: Readonly<Record<string, string>>, ...args: string[]): Promise<Run> =>
        assayInside([...args, ...trust], folder, env);
      const colored = (text: string): boolean => text.includes('\u001b[');
      expect(colored((await run('audit')).stdout)).toBe(false);
      expect(colored((await run('audit', '--color=always')).stdout)).toBe(true);
      expect(colored((await runIn({ NO_COLOR: '1' }, 'audit', '--color', 'always')).stdout)).toBe(true);
      expect(colored((await runIn({ FORCE_COLOR: '1' }, 'audit')).stdout)).toBe(true);
      expect(colored((await runIn({ FORCE_COLOR: '1' }, 'audit', '--color', 'never')).stdout)).toBe(false);
      const wrong = await run('audit', '--color', 'green');
      expect([wrong.status, wrong.stderr]).toEqual([2, 'assay: --color takes auto, always or never, not green\n']);
    }));
});
