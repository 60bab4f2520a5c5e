import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ciWorkflow } from '../../lab/index.ts';
import { githubPublisher, type PypiLab } from '../../lab/pypi/index.ts';
import { OTHER_LOCKFILES, requirements } from '../../lab/pypi/lockfiles.ts';
import { commitAll, git, hasGit } from '../support/git.ts';
import { withPypiLab } from '../support/pypi-lab.ts';
import { assayInside } from './inside.ts';
import { configOf, inFolder, type Run } from './run.ts';

const DAY = 86_400_000;
const acme = githubPublisher(ciWorkflow({ repository: 'acme/one', workflow: '.github/workflows/release.yml' }));
type Name = keyof typeof OTHER_LOCKFILES;

interface Project {
  readonly lab: PypiLab;
  readonly folder: string;
  readonly run: (...args: string[]) => Promise<Run>;
  readonly exec: (env: Readonly<Record<string, string>>, ...line: string[]) => Promise<Run>;
}

/** A project with two packages in this lockfile, all files of which are attested. */
function withLockfile(file: Name | 'requirements.txt', work: (project: Project) => Promise<void>): Promise<void> {
  return withPypiLab((lab) =>
    inFolder(async (folder) => {
      const names = ['one', 'two-words'];
      for (const name of names) {
        for (const [version, days] of [
          ['1.0.0', 200],
          ['1.1.0', 100],
        ] as const) {
          lab.publish({ name, version, by: acme, at: lab.now() - days * DAY });
        }
      }
      const releases = names.map((name) => lab.release(name, '1.1.0'));
      const text = file === 'requirements.txt' ? requirements(releases) : OTHER_LOCKFILES[file](releases);
      writeFileSync(join(folder, file), text);
      const sources = `[[tool.poetry.source]]\nname = "lab"\nurl = "${lab.index}"\n[[tool.pdm.source]]\nname = "pypi"\nurl = "${lab.index}"\n`;
      writeFileSync(join(folder, 'pyproject.toml'), `[project]\nname = "p"\ndependencies = ["one"]\n${sources}`);
      writeFileSync(join(folder, 'Pipfile'), '');
      writeFileSync(join(folder, 'root.json'), JSON.stringify(lab.trustedRoot));
      mkdirSync(join(folder, '.git'));
      const own = { PIP_INDEX_URL: lab.index };
      await work({
        ...{ lab, folder },
        run: (...args) => assayInside([...args, '--trusted-root', 'root.json'], folder, own),
        exec: (env, ...line) =>
          assayInside(['exec', '--trusted-root', 'root.json', '--', ...line], folder, { ...own, ...env }),
      });
    }),
  );
}

describe.each(['poetry.lock', 'pdm.lock', 'pylock.toml'] as const)('a project with %s', (file) => {
  it('holds as it is, is found by itself, and fails where a hash is another one', () =>
    withLockfile(file, async ({ run, folder }) => {
      const clean = await run('audit');
      expect(clean.stdout + clean.stderr).toContain('2 dependencies: 2 pass');
      expect(clean.status).toBe(0);
      const path = join(folder, file);
      writeFileSync(path, readFileSync(path, 'utf8').replace(/(sha256(?::| = "))..../, '$1abcd'));
      const changed = await run('audit', '--json');
      expect(changed.status).toBe(1);
      const { findings } = JSON.parse(changed.stdout) as { findings: { name: string; code: string }[] };
      expect(findings.map(({ name, code }) => `${name} ${code}`)).toEqual(['one integrity-mismatch']);
    }));
});

describe('assay exec, with installers that find the project by themselves', () => {
  const program = (folder: string, name: string): string => {
    // A program of the project's own would be refused.
    const bin = join(configOf(folder), 'bin');
    mkdirSync(bin, { recursive: true });
    writeFileSync(join(bin, name), `#!/bin/sh\necho "$@" >> ran.txt\n`, { mode: 0o755 });
    return join(bin, name);
  };

  it.each([
    ['poetry.lock', 'poetry', ['install', 'install --no-root --with dev', 'sync -v', 'run x']],
    ['pdm.lock', 'pdm', ['install --check', 'sync --clean -G test', 'sync -Gtest --no-self']],
  ] as const)('%s: %s runs where it installs from the lockfile', (file, name, lines) =>
    withLockfile(file, async ({ exec, folder }) => {
      const command = program(folder, name);
      for (const line of lines) {
        const { status, stderr } = await exec({}, command, ...line.split(' '));
        expect(stderr, line).toContain('still what was audited');
        expect(status, line).toBe(0);
      }
      expect(readFileSync(join(folder, 'ran.txt'), 'utf8').split('\n')).toHaveLength(lines.length + 1);
    }),
  );

  it.each([
    ['poetry.lock', 'poetry add x', {}, 'no lockfile names yet'],
    ['poetry.lock', 'poetry update', {}, 'no lockfile names yet'],
    ['poetry.lock', 'poetry -C other install', {}, 'is given -C'],
    ['poetry.lock', 'poetry install --project=other', {}, 'is given --project=other'],
    ['poetry.lock', 'poetry run pip install x', {}, 'no lockfile names yet'],
    ['poetry.lock', 'python3 -m poetry lock', {}, 'no lockfile names yet'],
    ['poetry.lock', 'pdm sync', {}, 'no lockfile names yet'],
    ['pdm.lock', 'pdm install', {}, 'give it --check'],
    ['pdm.lock', 'pdm install --frozen-lockfile', {}, 'is given --frozen-lockfile'],
    ['pdm.lock', 'pdm install --che', {}, 'is given --che'],
    ['pdm.lock', 'pdm sync -L other.lock', {}, 'is given -L'],
    ['pdm.lock', 'pdm sync --lockf=other.lock', {}, 'is given --lockf=other.lock'],
    ['pdm.lock', 'pdm sync', { PDM_LOCKFILE: 'other.lock' }, 'PDM_LOCKFILE'],
    ['pdm.lock', 'pdm update', {}, 'no lockfile names yet'],
    ['pylock.toml', 'pipenv install', {}, 'give it --deploy'],
    ['pylock.toml', 'pipenv install --deploy x', {}, 'no lockfile names yet'],
    ['pylock.toml', 'pipenv sync --pypi-mirror https://x.example', {}, 'is given --pypi-mirror'],
    ['pylock.toml', 'pipenv sync', { PIPENV_PIPFILE: 'other/Pipfile' }, 'PIPENV_PIPFILE'],
    ['pylock.toml', 'pipenv lock', {}, 'no lockfile names yet'],
    [
      'requirements.txt',
      'pip install --require-hashes -r requirements.txt --requirem=x.txt',
      {},
      'is given --requirem=x.txt',
    ],
    [
      'requirements.txt',
      'pip install --require-hashes -r requirements.txt --extra-i https://x.example',
      {},
      'is given --extra-i',
    ],
    ['requirements.txt', 'uv run --locked pip install x', {}, 'no lockfile names yet'],
  ] as const)('of %s, %s is not run (with %j)', (file, line, env, why) =>
    withLockfile(file, async ({ exec }) => {
      const { status, stderr } = await exec(env, ...line.split(' '));
      expect(stderr).toContain(why);
      expect(status).toBe(2);
    }),
  );

  it('pipenv runs where every lockfile that it may read was audited', () =>
    withLockfile('pylock.toml', async ({ exec, folder }) => {
      const command = program(folder, 'pipenv');
      expect((await exec({}, command, 'sync')).status).toBe(0);
      expect((await exec({}, command, 'install', '--deploy')).status).toBe(0);
      const below = join(folder, 'below');
      mkdirSync(below);
      for (const name of ['Pipfile', 'pylock.toml']) copyFileSync(join(folder, name), join(below, name));
      const { status, stderr } = await exec({}, 'sh', '-c', 'cd below && ../pipenv sync');
      expect(stderr).toContain('which was not audited');
      expect(status).toBe(2);
    }));
});

describe.skipIf(!hasGit)('requirements against a revision (skipped where there is no git)', () => {
  it('include files as they were, and judges what changed in one of them', () =>
    withLockfile('requirements.txt', async ({ run, folder, lab }) => {
      const text = readFileSync(join(folder, 'requirements.txt'), 'utf8');
      const at = text.indexOf('two-words');
      mkdirSync(join(folder, 'requirements'));
      writeFileSync(join(folder, 'requirements', 'more.txt'), text.slice(at));
      writeFileSync(join(folder, 'requirements.txt'), `-r requirements/more.txt\n${text.slice(0, at)}`);
      git(folder, ['init', '-q', '-b', 'main']);
      commitAll(folder, lab.now() - DAY);
      const same = await run('audit', '--since', 'main', '--json');
      expect(same).toMatchObject({ status: 0 });
      lab.publish({ name: 'two-words', version: '1.2.0' });
      writeFileSync(join(folder, 'requirements', 'more.txt'), lab.requirements('two-words@1.2.0'));
      const changed = await run('audit', '--since', 'main', '--json');
      const { findings } = JSON.parse(changed.stdout) as { findings: { name: string; code: string }[] };
      expect(findings.map(({ name, code }) => `${name} ${code}`)).toEqual(['two-words provenance-lost']);
      expect(changed.status).toBe(1);
    }));
});

describe('indexes of which any may answer', () => {
  it.each(['unsafe-best-match', 'unsafe-first-match', 'first-index'])('are refused of uv, with %s', (strategy) =>
    withLockfile('requirements.txt', async ({ folder, lab }) => {
      rmSync(join(folder, 'requirements.txt'));
      writeFileSync(join(folder, 'uv.lock'), lab.uvLock('one@1.1.0'));
      const index = (url: string, more: string): string => `[[index]]\nurl = "${url}"\n${more}\n`;
      const settings = (more: string): void =>
        writeFileSync(
          join(folder, 'uv.toml'),
          `index-strategy = "${strategy}"\n${index(lab.index, 'default = true')}${more}`,
        );
      const audit = (): Promise<Run> => assayInside(['audit', 'uv.lock', '--trusted-root', 'root.json'], folder);
      settings(index('https://more.example/simple', 'name = "more"\nexplicit = true'));
      expect(await audit()).toMatchObject({ status: 0, stderr: '' });
      settings(index('https://more.example/simple', 'name = "more"'));
      const { status, stderr } = await audit();
      expect(stderr).toContain('either may answer for a package');
      expect(status).toBe(2);
    }),
  );
});
