import { describe, expect, it } from 'vitest';
import { ciWorkflow } from '../../lab/index.ts';
import { githubPublisher, googlePublisher } from '../../lab/pypi/index.ts';
import { DAY, lockOf, withPythonProject, type PythonProject } from './pypi-project.ts';

const FORK = githubPublisher(ciWorkflow({ repository: 'mallory/one', workflow: '.github/workflows/release.yml' }));
const REPOSITORY = 'repository = "acme/one"';
const WORKFLOW = 'workflow = "release.yml"';

interface Found {
  readonly name: string;
  readonly code: string;
  readonly level: string;
  readonly args: Readonly<Record<string, unknown>>;
}

async function found({ run }: PythonProject, ...args: string[]): Promise<readonly Found[]> {
  const { stdout } = await run('audit', '--json', ...args);
  return (JSON.parse(stdout) as { readonly findings: readonly Found[] }).findings;
}

/** What `pylock.toml` says of who attested the files of `one`, in place of who did. */
const identities = (...tables: readonly string[]): string =>
  tables.map((table) => `[[packages.attestation-identities]]\n${table}\n`).join('');

function name(project: PythonProject, ...tables: readonly string[]): void {
  project.edit('pylock.toml', (text) =>
    text.replace(/\[\[packages\.attestation-identities\]\]\n(?:\w+ = .*\n)+/, () => `${identities(...tables)}\n`),
  );
}

describe('the attestation identities of pylock.toml', () => {
  it('hold where the lockfile names who attested', () =>
    withPythonProject('pylock.toml', async ({ audit, read }) => {
      expect(read('pylock.toml')).toContain(REPOSITORY);
      expect(await audit()).toEqual({ status: 0, found: [] });
    }));

  it.each([
    ['repository', `kind = "GitHub"\nrepository = "acme/other"\n${WORKFLOW}`, 'https://github.com/acme/other'],
    ['workflow', `kind = "GitHub"\n${REPOSITORY}\nworkflow = "other.yml"`, '.github/workflows/other.yml'],
    ['issuer', 'kind = "GitLab"\nrepository = "acme/one"\nworkflow_filepath = ".gitlab-ci.yml"', 'https://gitlab.com'],
    ['issuer', 'kind = "Google"\nemail = "x@example.com"', 'https://accounts.google.com'],
    ['issuer', 'kind = "Elsewhere"\nproject = "acme/one"', 'a publisher of kind Elsewhere'],
  ])('contradict another %s, from guard on', (field, table, expected) =>
    withPythonProject('pylock.toml', async (project) => {
      name(project, table);
      const code = `identity-unexpected-${field}`;
      expect(await found(project)).toMatchObject([
        { name: 'one', code, level: 'error', args: { source: 'lockfile', expected } },
      ]);
      expect(await project.audit('--enforce', 'observe')).toEqual({ status: 0, found: [`one ${code} warning`] });
      const { stdout } = await project.run('audit');
      expect(stdout.replace(/\s+/g, ' ')).toContain(`the lockfile names ${expected}`);
    }),
  );

  it.each([
    ['in any case', [`kind = "GitHub"\nrepository = "Acme/One"\n${WORKFLOW}`]],
    ['only to what they name', [`kind = "GitHub"\n${REPOSITORY}`]],
    ['without the environment, which no certificate has', [`kind = "GitHub"\n${REPOSITORY}\nenvironment = "x"`]],
    [
      'of several any one',
      ['kind = "Google"\nemail = "x@example.com"', `kind = "GitHub"\n${REPOSITORY}\n${WORKFLOW}`, 'kind = "Other"'],
    ],
  ])('are held %s', (_, tables) =>
    withPythonProject('pylock.toml', async (project) => {
      name(project, ...tables);
      expect(await project.audit()).toEqual({ status: 0, found: [] });
    }),
  );

  it('are weaker than the baseline and the policy, and stronger than history', () =>
    withPythonProject('pylock.toml', async (project) => {
      const { lab, run, edit } = project;
      lab.publish({ name: 'one', version: '1.2.0', by: FORK });
      edit('pylock.toml', () => lab.pylock('one@1.2.0', 'two-words@1.1.0'));
      // That the lockfile names the fork as well takes nothing from what earlier releases show.
      expect(await found(project)).toMatchObject([
        { code: 'identity-unexpected-repository', args: { source: 'history' } },
      ]);
      name(project, `kind = "GitHub"\n${REPOSITORY}\n${WORKFLOW}`);
      expect(await found(project)).toMatchObject([
        { code: 'identity-unexpected-repository', args: { source: 'lockfile' } },
      ]);
      edit('pylock.toml', () => lab.pylock('one@1.1.0', 'two-words@1.1.0'));
      expect((await run('init')).status).toBe(0);
      edit('pylock.toml', () => lab.pylock('one@1.2.0', 'two-words@1.1.0'));
      name(project, `kind = "GitHub"\nrepository = "acme/third"\n${WORKFLOW}`);
      expect(await found(project)).toMatchObject([
        { code: 'identity-unexpected-repository', args: { source: 'baseline' } },
      ]);
    }));

  it('are looked at again where they change under a baseline that holds', () =>
    withPythonProject('pylock.toml', async (project) => {
      expect((await project.run('init')).status).toBe(0);
      const asked = project.lab.requests.length;
      expect(await project.audit()).toEqual({ status: 0, found: [] });
      expect(project.lab.requests.length).toBe(asked);
      name(project, `kind = "GitHub"\nrepository = "acme/third"\n${WORKFLOW}`);
      expect(await project.audit()).toEqual({ status: 1, found: ['one identity-unexpected-repository error'] });
    }));

  it('are lost where the index has no attestations of any file', () =>
    withPythonProject('pylock.toml', async (project) => {
      const { lab, edit } = project;
      lab.publish({ name: 'new', version: '1.0.0' });
      edit('pylock.toml', () => `${lab.pylock('new@1.0.0')}\n${identities('kind = "GitHub"\nrepository = "a/b"')}`);
      expect(await found(project)).toMatchObject([
        { name: 'new', code: 'provenance-advertised-absent', level: 'error', args: { by: 'lockfile' } },
      ]);
    }));
});

describe('accounts of Google, which have neither repository nor workflow', () => {
  const ann = googlePublisher('ann@example.com');
  const mallory = googlePublisher('mallory@example.com');
  /** Releases of `more`, the last of them by somebody, with the lockfile at the one before. */
  const publish = ({ lab, edit }: PythonProject, by: typeof ann): void => {
    for (const [version, days] of [
      ['1.0.0', 200],
      ['1.1.0', 100],
    ] as const) {
      lab.publish({ name: 'more', version, by: ann, at: lab.now() - days * DAY });
    }
    lab.publish({ name: 'more', version: '1.2.0', by, at: lab.now() - DAY });
    edit('uv.lock', () => lockOf(lab, 'uv.lock', 'more@1.1.0'));
  };
  const next = ({ lab, edit }: PythonProject): void => edit('uv.lock', () => lockOf(lab, 'uv.lock', 'more@1.2.0'));
  const changed = { name: 'more', code: 'identity-unexpected-repository', level: 'error' };
  const args = { expected: 'ann@example.com', actual: 'mallory@example.com' };

  it('are held to those of earlier releases', () =>
    withPythonProject('uv.lock', async (project) => {
      publish(project, mallory);
      expect(await found(project)).toEqual([]);
      next(project);
      expect(await found(project)).toMatchObject([{ ...changed, args: { ...args, source: 'history' } }]);
      expect((await project.run('audit')).stdout).toContain('mallory@example.com');
    }));

  it('are held to the baseline, which keeps them as the signer', () =>
    withPythonProject('uv.lock', async (project) => {
      publish(project, mallory);
      expect((await project.run('init')).status).toBe(0);
      expect(project.read('assay.lock')).toMatch(/^pypi:more signer "?ann@example\.com"?$/m);
      expect(await found(project, '--reverify')).toEqual([]);
      next(project);
      expect(await found(project)).toMatchObject([{ ...changed, args: { ...args, source: 'baseline' } }]);
    }));

  it('stay who they are from one release to the next', () =>
    withPythonProject('uv.lock', async (project) => {
      publish(project, ann);
      expect((await project.run('init')).status).toBe(0);
      next(project);
      expect(await found(project)).toEqual([]);
      expect((await project.run('update')).status).toBe(0);
      expect(project.read('assay.lock')).toContain('pypi:more@1.2.0');
      expect(await found(project, '--reverify')).toEqual([]);
    }));

  it('are another identity than a workflow of the project', () =>
    withPythonProject('uv.lock', async (project) => {
      const { lab, edit } = project;
      lab.publish({ name: 'one', version: '1.2.0', by: ann });
      edit('uv.lock', () => lockOf(lab, 'uv.lock', 'one@1.2.0'));
      expect((await found(project)).map(({ code }) => code).sort()).toEqual([
        'identity-unexpected-issuer',
        'identity-unexpected-repository',
      ]);
    }));
});
