import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { PypiLab } from '../../lab/pypi/index.ts';
import { OTHER_LOCKFILES } from '../../lab/pypi/lockfiles.ts';
import { commitAll, git, hasGit, WITHOUT_GIT } from '../support/git.ts';
import { withPypiLab } from '../support/pypi-lab.ts';
import { assayInside } from './inside.ts';
import { acme } from './pypi-project.ts';
import { inFolder } from './run.ts';

type Name = keyof typeof OTHER_LOCKFILES | 'requirements.txt';
type Files = Readonly<Record<string, string>>;
type Env = Readonly<Record<string, string>>;

interface ReportJson {
  readonly findings: readonly { readonly code: string }[];
  readonly lockfiles: readonly {
    readonly findings: readonly { readonly code: string; readonly args: { by?: string } }[];
  }[];
  readonly trust: { readonly registries: readonly { readonly url: string; readonly namedBy: string }[] };
}

/** What is found of a project with this lockfile and these committed files; `LAB` stands for the index. */
async function found(file: Name, files: Files, env: Env = {}): Promise<readonly string[]> {
  const { lockfiles, findings } = await reportOf(file, files, env);
  expect(findings).toEqual([]);
  return lockfiles.flatMap((one) => one.findings.map(({ code, args }) => `${code}: ${args.by ?? ''}`));
}

async function reportOf(file: Name, files: Files, env: Env = {}, ofLab = true): Promise<ReportJson> {
  const reports: ReportJson[] = [];
  await withPypiLab((lab) =>
    inFolder(async (folder) => {
      lab.publish({ name: 'one', version: '1.0.0', by: acme });
      const text = textOf(lab, file);
      const index = file === 'Pipfile.lock' ? text.replace('https://pypi.org/simple', lab.index) : text;
      const given = { [file]: index, ...(ofLab ? sourcesOf(file) : {}), ...files };
      for (const [path, content] of Object.entries(given)) {
        mkdirSync(dirname(join(folder, path)), { recursive: true });
        writeFileSync(join(folder, path), content.replaceAll('LAB', lab.index));
      }
      git(folder, ['init', '-q']);
      git(folder, ['add', '-A', '-f']);
      commitAll(folder, Date.now());
      writeFileSync(join(folder, 'root.json'), JSON.stringify(lab.trustedRoot));
      const all = Object.fromEntries(
        Object.entries(env).map(([key, value]) => [key, value.replace('LAB', lab.index).replace('HERE', folder)]),
      );
      const line = ['audit', file, '--json', '--trusted-root', 'root.json'];
      const { stdout, stderr } = await assayInside(line, folder, {
        ...(file === 'requirements.txt' || file === 'pylock.toml' ? { PIP_INDEX_URL: lab.index } : {}),
        ...all,
      });
      expect(stderr).toBe('');
      reports.push(JSON.parse(stdout) as ReportJson);
    }),
  );
  const [report] = reports;
  if (report === undefined) throw new Error('no run');
  return report;
}

function textOf(lab: PypiLab, file: Name): string {
  return file === 'requirements.txt'
    ? lab.requirements('one@1.0.0')
    : OTHER_LOCKFILES[file]([lab.release('one', '1.0.0')]);
}

/** Files that make a tool ask the lab. */
function sourcesOf(file: Name): Files {
  const source = (tool: string): string =>
    `[project]\nname = "p"\n[[tool.${tool}.source]]\nname = "pypi"\nurl = "LAB"\n`;
  if (file === 'poetry.lock') return { 'pyproject.toml': source('poetry') };
  if (file === 'pdm.lock') return { 'pyproject.toml': source('pdm') };
  return file === 'Pipfile.lock' ? { Pipfile: '[[source]]\nname = "pypi"\nurl = "LAB"\n' } : {};
}

describe.skipIf(!hasGit)(`settings of a project${WITHOUT_GIT}`, () => {
  it.each<[Name, Files, Env?]>([
    [
      'poetry.lock',
      {
        'poetry.toml':
          '[virtualenvs]\nin-project = true\n[installer]\nparallel = false\n[http-basic.own]\nusername = "u"\n',
      },
    ],
    ['poetry.lock', { 'poetry.toml': 'cache-dir = "cache"\n' }],
    ['poetry.lock', {}, { POETRY_CACHE_DIR: 'cache' }],
    ['pdm.lock', { 'pdm.toml': 'check_update = false\n[install]\ncache = true\n[strategy]\nsave = "exact"\n' }],
    [
      'Pipfile.lock',
      { Pipfile: '[[source]]\nname = "pypi"\nurl = "LAB"\n[pipenv]\nallow_prereleases = true\n[scripts]\nx = "y"\n' },
    ],
    [
      'requirements.txt',
      { 'pip.conf': '[global]\ntimeout = 9\n[download]\ntarget = ./x\n' },
      { PIP_CONFIG_FILE: 'pip.conf' },
    ],
    ['requirements.txt', { 'pip.conf': '[install]\ntarget = ./x\n' }],
    ['requirements.txt', { 'uv.toml': 'cache-dir = "cache"\noffline = false\n[pip]\npython = "3.12"\n' }],
    ['poetry.lock', { 'envs.txt': 'x' }, { POETRY_VIRTUALENVS_PATH: 'envs', POETRY_VIRTUALENVS_CREATE: 'true' }],
    ['Pipfile.lock', {}, { WORKON_HOME: 'envs', PIPENV_VENV_IN_PROJECT: '1' }],
    ['poetry.lock', { 'uv.toml': 'cache-dir = "cache"\n', 'cache/x': 'x' }],
  ])('of %s change nothing: %j', async (file, files, env = {}) => {
    expect(await found(file, files, env)).toEqual([]);
  });

  it.each<[Name, Files, string, Env?]>([
    [
      'poetry.lock',
      { 'poetry.toml': 'cache-dir = "cache"\n', 'cache/artifacts/x.whl': 'x' },
      'lockfile-not-used: cache-dir=cache of poetry.toml',
    ],
    [
      'poetry.lock',
      { 'cache/artifacts/x.whl': 'x' },
      'lockfile-not-used: POETRY_CACHE_DIR=cache of the environment',
      { POETRY_CACHE_DIR: 'cache' },
    ],
    [
      'poetry.lock',
      { 'poetry.toml': '[virtualenvs]\npath = "envs"\n', 'envs/x/pyvenv.cfg': 'x' },
      'lockfile-not-used: virtualenvs.path=envs of poetry.toml',
    ],
    [
      'poetry.lock',
      { 'poetry.toml': '[installer.build-config-settings.one]\nx = "y"\n' },
      'lockfile-other-code: installer.build-config-settings.one.x=y of poetry.toml',
    ],
    ...(['POETRY_VIRTUALENVS_PATH', 'POETRY_DATA_DIR', 'POETRY_CONFIG_DIR'] as const).map(
      (name): [Name, Files, string, Env] => [
        'poetry.lock',
        { 'envs/x/pyvenv.cfg': 'x' },
        `lockfile-not-used: ${name}=envs of the environment`,
        { [name]: 'envs' },
      ],
    ),
    [
      'Pipfile.lock',
      { 'envs/x/pyvenv.cfg': 'x' },
      'lockfile-not-used: WORKON_HOME=envs of the environment',
      { WORKON_HOME: 'envs' },
    ],
    [
      'Pipfile.lock',
      { '.venv/pyvenv.cfg': 'x' },
      'lockfile-not-used: .venv of the repository',
      { PIPENV_VENV_IN_PROJECT: '1' },
    ],
    ...(['requirements.txt', 'pylock.toml'] as const).flatMap((name): [Name, Files, string, Env?][] => [
      [
        name,
        { 'uv.toml': 'cache-dir = "tools/cache"\n', 'tools/cache/x': 'x' },
        'lockfile-not-used: cache-dir=tools/cache of uv.toml',
      ],
      [
        name,
        { 'pyproject.toml': '[tool.uv]\ncache-dir = "tools/cache"\n', 'tools/cache/x': 'x' },
        'lockfile-not-used: cache-dir=tools/cache of pyproject.toml',
      ],
      [
        name,
        { 'pyproject.toml': '[tool.uv.pip]\npython = "tools/python"\n', 'tools/python': 'x' },
        'lockfile-other-code: pip.python=tools/python of pyproject.toml',
      ],
      [
        name,
        { 'tools/cache/x': 'x' },
        'lockfile-not-used: UV_CACHE_DIR=tools/cache of the environment',
        { UV_CACHE_DIR: 'tools/cache' },
      ],
    ]),
    [
      'requirements.txt',
      { 'kept/wheels/x.whl': 'x' },
      'lockfile-not-used: PIP_CACHE_DIR=kept of the environment',
      { PIP_CACHE_DIR: 'kept' },
    ],
    [
      'requirements.txt',
      { 'pip.conf': '[global]\ncache-dir = kept\n', 'kept/wheels/x.whl': 'x' },
      'lockfile-not-used: cache-dir=kept of pip.conf',
      { PIP_CONFIG_FILE: 'pip.conf' },
    ],
    ['poetry.lock', { 'poetry.toml': 'new-thing = "x"\n' }, 'lockfile-other-code: new-thing=x of poetry.toml'],
    ['poetry.lock', { '.poetry/plugins/x.py': 'x' }, 'lockfile-other-code: .poetry of the repository'],
    [
      'pdm.lock',
      { 'pdm.toml': 'cache_dir = "cache"\n', 'cache/x': 'x' },
      'lockfile-not-used: cache_dir=cache of pdm.toml',
    ],
    [
      'pdm.lock',
      { 'cache/x': 'x' },
      'lockfile-not-used: PDM_CACHE_DIR=cache of the environment',
      { PDM_CACHE_DIR: 'cache' },
    ],
    [
      'pdm.lock',
      { 'pdm.toml': '[python]\ninstall_root = "./pythons"\n' },
      'lockfile-other-code: python.install_root=./pythons of pdm.toml',
    ],
    [
      'pdm.lock',
      { 'pdm.toml': '[pypi.more]\nurl = "https://user:secret@more.example/simple"\n' },
      'lockfile-index-ambiguous: ',
    ],
    ['pdm.lock', { '.pdm-python': './python\n', python: 'x' }, 'lockfile-other-code: ./python of .pdm-python'],
    ['pdm.lock', { '.pdm-plugins/x.py': 'x' }, 'lockfile-other-code: .pdm-plugins of the repository'],
    [
      'Pipfile.lock',
      { Pipfile: '[[source]]\nname = "pypi"\nurl = "LAB"\n[pipenv]\nnew_thing = true\n' },
      'lockfile-other-code: new_thing of Pipfile',
    ],
    [
      'requirements.txt',
      { 'pip.conf': '[global]\nfind-links = ./files\n' },
      'lockfile-other-code: find-links=./files of pip.conf',
      { PIP_CONFIG_FILE: 'pip.conf' },
    ],
    [
      'requirements.txt',
      { 'pip.conf': '[install]\nrequirement = more.txt\n' },
      'lockfile-other-code: requirement=more.txt of pip.conf',
      { PIP_CONFIG_FILE: 'pip.conf' },
    ],
    [
      'requirements.txt',
      { 'env/pip.conf': '[install]\nconfig-settings = x=y\n' },
      'lockfile-other-code: config-settings=x=y of env/pip.conf',
      { VIRTUAL_ENV: 'HERE/env' },
    ],
    [
      'requirements.txt',
      { 'pip.conf': '[global]\nnew-thing = x\n' },
      'lockfile-other-code: new-thing=x of pip.conf',
      { PIP_CONFIG_FILE: 'pip.conf' },
    ],
  ])('of %s are named: %j', async (file, files, expected, env = {}) => {
    expect(await found(file, files, env)).toContain(expected);
  });

  it.each<[Name, string, string]>([
    ['poetry.lock', 'poetry', '[tool.poetry.requires-plugins]\nevil = ">=1"\n'],
    ['poetry.lock', 'poetry', '[tool.poetry.build]\nscript = "build.py"\n'],
    ['pdm.lock', 'pdm', '[tool.pdm.scripts]\npost_install = "python x.py"\n'],
  ])('of %s in pyproject.toml run code: %s %s', async (file, tool, more) => {
    const sources = sourcesOf(file)['pyproject.toml'] ?? '';
    const [one, ...others] = await found(file, { 'pyproject.toml': `${sources}${more}` });
    expect(one).toMatch(
      /^lockfile-other-code: (?:requires-plugins=evil|build=build\.py|scripts\.post_install=python x\.py) of pyproject\.toml$/,
    );
    expect(others).toEqual([]);
    expect(await found(file, { 'pyproject.toml': `${sources}[tool.${tool}.other]\nscript = "x"\n` })).toEqual([]);
  });

  it.each<[Name, Files, string, Env?]>([
    ['poetry.lock', sourcesOf('poetry.lock'), 'tool.poetry.source of pyproject.toml:3'],
    ['pdm.lock', sourcesOf('pdm.lock'), 'tool.pdm.source of pyproject.toml:3'],
    ['pdm.lock', { 'pdm.toml': '[pypi]\nurl = "LAB"\n' }, 'pypi.url of pdm.toml'],
    ['pdm.lock', {}, 'PDM_PYPI_URL', { PDM_PYPI_URL: 'LAB' }],
    ['Pipfile.lock', sourcesOf('Pipfile.lock'), 'source of Pipfile:1'],
    ['Pipfile.lock', {}, 'PIPENV_PYPI_MIRROR', { PIPENV_PYPI_MIRROR: 'LAB' }],
    [
      'Pipfile.lock',
      { Pipfile: '[[source]]\nname = "own"\nurl = "${WHERE}"\n' },
      'source of Pipfile:1',
      { WHERE: 'LAB' },
    ],
  ])('of %s choose the index: %j', async (file, files, expected, env = {}) => {
    const { trust, findings } = await reportOf(file, files, env, false);
    expect(findings).toEqual([]);
    expect(trust.registries.map(({ namedBy }) => namedBy)).toEqual([expected]);
  });

  it('of a Pipfile with several sources choose none: PyPI is named, which has not got it from there', async () => {
    const two = '[[source]]\nname = "a"\nurl = "LAB"\n[[source]]\nname = "b"\nurl = "https://b.example/simple"\n';
    const { trust, findings } = await reportOf('Pipfile.lock', { Pipfile: two }, {}, false);
    expect(trust.registries).toEqual([{ url: 'https://pypi.org/simple/', keys: [], namedBy: 'default' }]);
    expect(findings.map(({ code }) => code)).toContain('lockfile-unexpected-host');
  });
});
