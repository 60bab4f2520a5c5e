import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { commitAll, git, hasGit, WITHOUT_GIT } from '../support/git.ts';
import { withPythonProject, type PythonProject } from './pypi-project.ts';

const NOT_USED = 'lockfile-not-used error';
const OTHER = 'lockfile-other-code warning';
const NOTE = 'lockfile-other-code note';

interface ReportJson {
  readonly findings: readonly { readonly code: string; readonly level: string }[];
  readonly lockfiles: readonly { readonly findings: ReportJson['findings'] }[];
}

/** Codes of all findings with their levels, after those of the lockfile as a whole. */
async function audited({ run }: Pick<PythonProject, 'run'>, ...args: string[]): Promise<readonly string[]> {
  const { status, stdout, stderr } = await run('audit', '--json', ...args);
  expect(stderr).toBe('');
  const { findings, lockfiles } = JSON.parse(stdout) as ReportJson;
  const all = [...lockfiles.flatMap((one) => one.findings), ...findings];
  const found = [...new Set(all.map(({ code, level }) => `${code} ${level}`))];
  expect(status).toBe(found.some((one) => one.endsWith(' error')) ? 1 : 0);
  return found;
}

function write(folder: string, path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

/** What is found where the project has these files, committed. */
function committed(files: Readonly<Record<string, string>>, toProject = ''): Promise<readonly string[]> {
  return auditOf('uv.lock', files, toProject);
}

async function auditOf(
  lockfile: 'uv.lock' | 'requirements.txt',
  files: Readonly<Record<string, string>>,
  toProject = '',
): Promise<readonly string[]> {
  const found: string[] = [];
  await withPythonProject(lockfile, async ({ folder, edit, run }) => {
    rmSync(join(folder, '.git'), { recursive: true });
    for (const [path, text] of Object.entries(files)) write(folder, path, text);
    if (toProject !== '') edit('pyproject.toml', (text) => `${text}\n${toProject}`);
    git(folder, ['init', '-q']);
    commitAll(folder, Date.now());
    found.push(...(await audited({ run })));
  });
  return found;
}

describe.skipIf(!hasGit)(`what makes uv and pip use something else than the lockfile${WITHOUT_GIT}`, () => {
  it('is nothing, in a plain project', async () => {
    expect(await committed({ 'other/a.py': 'x = 1\n' })).toEqual([]);
  });

  it.each(['.venv', 'venv'])('is a committed environment in %s', async (name) => {
    expect(await committed({ [`${name}/pyvenv.cfg`]: 'home = /usr\n' })).toEqual([NOT_USED]);
    expect(await auditOf('requirements.txt', { [`${name}/pyvenv.cfg`]: 'home = /usr\n' })).toEqual([NOT_USED]);
  });

  it('is a committed cache, which a setting names', async () => {
    const cache = { 'cache/archive-v0/x/one.py': 'evil = 1\n' };
    expect(await committed({ ...cache, 'uv.toml': 'cache-dir = "cache"\n' })).toContain(NOT_USED);
    expect(await committed(cache, '[tool.uv]\ncache-dir = "./cache"\n')).toEqual([NOT_USED]);
    expect(await committed({}, '[tool.uv]\ncache-dir = "./cache"\n')).toEqual([]);
  });

  it.each([
    ['fetched', 'python-downloads-json-url = "https://example.com/p.json"'],
    ['in the repository', 'python-install-mirror = "file:./pythons"'],
    ['a program', 'pip.python = "./p"'],
    ['a folder of files', 'find-links = ["./files"]'],
    ['for builds', 'extra-build-dependencies = { one = ["evil"] }'],
    ['settings of builds', 'config-settings = { x = "y" }'],
    ['not known', 'new-path = "./x"'],
  ])('is a setting: %s', async (_, line) => {
    expect(await committed({}, `[tool.uv]\n${line}\n`)).toEqual([OTHER]);
  });

  it.each(['pip.python = "3.12"', 'link-mode = "copy"', 'find-links = []', 'managed = true', 'offline = false'])(
    'is not %s',
    async (line) => {
      expect(await committed({}, `[tool.uv]\n${line}\n`)).toEqual([]);
    },
  );

  it('is what a build of the project fetches, a note, and its own backend', async () => {
    const system = '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n';
    expect(await committed({}, system)).toEqual([NOTE]);
    expect(await committed({}, '[build-system]\nrequires = []\nbackend-path = ["."]\n')).toEqual([OTHER]);
    expect(await committed({}, `[tool.uv]\npackage = false\n${system}`)).toEqual([]);
  });

  it('is a program that .python-version names, and no version', async () => {
    expect(await committed({ '.python-version': './p\n' })).toEqual([OTHER]);
    expect(await committed({ '.python-version': 'p\n', p: '' })).toEqual([OTHER]);
    expect(await committed({ '.python-version': '3.12\n' })).toEqual([]);
  });
});

describe('a folder within a workspace of uv', () => {
  const inMember = async (root: string, between = ''): Promise<readonly string[]> => {
    let found: readonly string[] = [];
    await withPythonProject('uv.lock', async ({ folder, read, run }) => {
      for (const file of ['uv.lock', 'pyproject.toml']) write(folder, `m/a/${file}`, read(file));
      writeFileSync(join(folder, 'pyproject.toml'), `[project]\nname = "root"\nversion = "1"\n${root}`);
      if (between !== '') write(folder, 'm/pyproject.toml', between);
      found = await audited({ run }, 'm/a');
    });
    return found;
  };

  it.each(['["m/a"]', '["m/*"]', '["**"]', '["m/[!b]"]'])(
    'has no lockfile of its own where %s names it',
    async (one) => {
      expect(await inMember(`[tool.uv.workspace]\nmembers = ${one}\n`)).toEqual([NOT_USED]);
    },
  );

  it.each([
    ['no member', '[tool.uv.workspace]\nmembers = ["m"]\n', ''],
    ['excluded', '[tool.uv.workspace]\nmembers = ["m/*"]\nexclude = ["m/a"]\n', ''],
    ['below a project that is no workspace', '[tool.uv.workspace]\nmembers = ["m/*"]\n', '[project]\nname = "m"\n'],
    ['below no workspace', '', ''],
  ])('has where it is %s', async (_, root, between) => {
    expect(await inMember(root, between)).toEqual([]);
  });

  it('has settings of the folders above, to the nearest that has any', async () => {
    await withPythonProject('uv.lock', async ({ lab, folder, edit, read, run }) => {
      for (const file of ['uv.lock', 'pyproject.toml']) write(folder, `m/${file}`, read(file));
      edit('m/pyproject.toml', (text) => text.replace(/\[\[tool[\s\S]*$/, ''));
      // The index of the folder above is the one that uv asks.
      expect(await audited({ run }, 'm')).toEqual([]);
      write(folder, 'uv.toml', `new-path = "x"\n[[index]]\nurl = "${lab.index}"\ndefault = true\n`);
      expect(await audited({ run }, 'm')).toEqual([OTHER]);
      edit('m/pyproject.toml', (text) => `${text}\n[[tool.uv.index]]\nurl = "${lab.index}"\ndefault = true\n`);
      expect(await audited({ run }, 'm')).toEqual([]);
    });
  });
});
