import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { PypiLab } from '../../lab/pypi/index.ts';
import { commitAll, git, hasGit, WITHOUT_GIT } from '../support/git.ts';
import { withPypiLab } from '../support/pypi-lab.ts';
import { assayInside } from './inside.ts';
import { acme, lockOf, withPythonProject, type PythonLockfile, type PythonProject } from './pypi-project.ts';

interface ReportJson {
  readonly trust: { readonly registries: readonly { readonly url: string; readonly namedBy?: string }[] };
  readonly lockfiles: readonly {
    readonly findings: readonly { readonly code: string; readonly args: object }[];
  }[];
  readonly findings: readonly { readonly code: string }[];
  readonly counts: { readonly unchanged: number };
}

type Env = Readonly<Record<string, string>>;

async function reportOf({ folder }: PythonProject, args: readonly string[], env: Env = {}): Promise<ReportJson> {
  const line = ['audit', '--json', '--trusted-root', 'root.json', ...args];
  const { stdout, stderr } = await assayInside(line, folder, env);
  expect(stderr).toBe('');
  return JSON.parse(stdout) as ReportJson;
}

/** The same releases at another index. */
function publishAt(other: PypiLab): void {
  for (const name of ['one', 'two-words']) other.publish({ name, version: '1.1.0', by: acme });
}

describe('who chose the index', () => {
  const named = async (project: PythonProject, env: Env = {}): Promise<string | undefined> => {
    const { trust } = await reportOf(project, [], env);
    expect(trust.registries).toHaveLength(1);
    return trust.registries[0]?.namedBy;
  };

  it('is said with file and line of uv’s settings, or the variable', () =>
    withPythonProject('uv.lock', async (project) => {
      const { lab, folder, run } = project;
      expect(await named(project)).toBe('pyproject.toml:7 (index)');
      expect((await run('audit')).stdout).toContain(`registry ${lab.index}: named by pyproject.toml:7 (index)`);
      expect((await run('trust', 'hosts')).stdout).toContain('pyproject.toml:7 (index)');
      writeFileSync(join(folder, 'uv.toml'), `# settings\nindex-url = "${lab.index}"\n`);
      expect(await named(project)).toBe('uv.toml:2 (index-url)');
      rmSync(join(folder, 'uv.toml'));
      expect(await named(project, { UV_DEFAULT_INDEX: lab.index })).toBe('UV_DEFAULT_INDEX');
    }));

  it('is said of pip’s settings', () =>
    withPythonProject('requirements.txt', async (project) => {
      const { lab, folder } = project;
      expect(await named(project, { PIP_INDEX_URL: lab.index })).toBe('PIP_INDEX_URL');
      writeFileSync(join(folder, 'pip.conf'), `[global]\ntimeout = 9\n\n[install]\nindex-url = ${lab.index}\n`);
      const env = { PIP_CONFIG_FILE: join(folder, 'pip.conf') };
      expect(await named(project, env)).toBe('index-url of pip.conf:5');
    }));
});

describe.skipIf(!hasGit)(`an index that a change takes packages from${WITHOUT_GIT}`, () => {
  const commit = ({ folder, lab }: PythonProject): void => {
    git(folder, ['add', '-A', '-f']);
    commitAll(folder, lab.now());
  };
  /** What is found of the lockfile after this change, since the commit before it. */
  const since = async (
    file: PythonLockfile,
    change: (project: PythonProject, other: PypiLab) => void,
    env: (other: PypiLab, own: PypiLab, folder: string) => Env = () => ({}),
    before: (project: PythonProject) => void = () => undefined,
  ): Promise<{
    readonly found: ReportJson['lockfiles'][number]['findings'];
    readonly unchanged: number;
    readonly at: string;
    readonly from: string;
  }> => {
    const results: Awaited<ReturnType<typeof since>>[] = [];
    await withPypiLab((other) =>
      withPythonProject(file, async (project) => {
        const { folder, lab } = project;
        publishAt(other);
        before(project);
        rmSync(join(folder, '.git'), { recursive: true });
        git(folder, ['init', '-q', '-b', 'main']);
        commit(project);
        change(project, other);
        git(folder, ['checkout', '-q', '-b', 'change']);
        commit(project);
        const report = await reportOf(project, ['--since', 'main'], env(other, lab, folder));
        const found = report.lockfiles.flatMap((one) => one.findings);
        results.push({ found, unchanged: report.counts.unchanged, at: other.index, from: lab.index });
      }),
    );
    const [result] = results;
    if (result === undefined) throw new Error('no run');
    return result;
  };
  const plain = (address: string): string => address.replace(/\/$/, '');

  it('is a finding where uv.lock and the settings name another one', async () => {
    const { found, at, from } = await since('uv.lock', ({ edit, lab }, other) => {
      edit('pyproject.toml', (text) => text.replace(lab.index, other.index));
      edit('uv.lock', () => lockOf(other, 'uv.lock', 'one@1.1.0', 'two-words@1.1.0'));
    });
    expect(found).toEqual([
      expect.objectContaining({
        code: 'lockfile-unexpected-host',
        level: 'warning',
        location: { file: 'uv.lock', line: 5, path: 'one==1.1.0' },
        args: { resolved: plain(at), registry: plain(from), since: 'main', packages: ['one', 'two-words'] },
      }),
    ]);
  });

  it('is one for the packages that it is about', async () => {
    const { found } = await since('uv.lock', ({ edit }, other) => {
      edit(
        'pyproject.toml',
        (text) =>
          `${text}\n[[tool.uv.index]]\nname = "b"\nurl = "${other.index}"\nexplicit = true\n\n[tool.uv.sources]\none = { index = "b" }\n`,
      );
      edit('uv.lock', (text) =>
        text.replace(
          /\[\[package\]\]\nname = "one"[\s\S]*?(?=\n\n\[\[package)/,
          () => /\[\[package\]\][\s\S]*?(?=\n\n\[\[package)/.exec(lockOf(other, 'uv.lock', 'one@1.1.0'))?.[0] ?? '',
        ),
      );
    });
    expect(found.map(({ args }) => args)).toMatchObject([{ packages: ['one'] }]);
  });

  it.each<[string, (address: string) => string]>([
    ['without the last slash', plain],
    ['with two', (address) => `${address}/`],
    ['with a user', (address) => address.replace('://', '://user@')],
  ])('is none where the same is written %s', async (_, write) => {
    const { found, unchanged } = await since('uv.lock', ({ edit, lab }) => {
      edit('pyproject.toml', (text) => text.replace(lab.index, write(lab.index)));
      edit('uv.lock', (text) =>
        text.replaceAll(`registry = "${plain(lab.index)}"`, `registry = "${write(lab.index)}"`),
      );
    });
    expect(found).toEqual([]);
    // What is written otherwise is judged again.
    expect(unchanged).toBeLessThanOrEqual(2);
  });

  it('is one where requirements name one that the settings did not', async () => {
    const { found, from } = await since(
      'requirements.txt',
      ({ edit }) => edit('requirements.txt', (text) => `--index-url https://index.example/simple\n${text}`),
      (_, own) => ({ PIP_INDEX_URL: own.index }),
    );
    expect(found.map(({ args }) => args)).toMatchObject([
      { resolved: 'https://index.example/simple', registry: from, packages: ['one', 'two-words'] },
    ]);
  });

  it('is none where requirements spell out what the settings say', async () => {
    const { found } = await since(
      'requirements.txt',
      ({ edit, lab }) => edit('requirements.txt', (text) => `--index-url ${plain(lab.index)}\n${text}`),
      (_, own) => ({ PIP_INDEX_URL: own.index }),
    );
    expect(found).toEqual([]);
  });

  it('is one where a committed pip.conf names another one, with the lockfile as it was', async () => {
    const { found, unchanged, at, from } = await since(
      'requirements.txt',
      ({ edit, lab }, other) => edit('pip.conf', (text) => text.replace(lab.index, other.index)),
      (_, __, folder) => ({ PIP_CONFIG_FILE: join(folder, 'pip.conf') }),
      ({ folder, lab }) => writeFileSync(join(folder, 'pip.conf'), `[global]\nindex-url = ${lab.index}\n`),
    );
    expect(found.map(({ args }) => args)).toMatchObject([{ resolved: at, registry: from }]);
    expect(unchanged).toBe(0);
  });

  it('is none where another setting of it changed', async () => {
    const { found, unchanged } = await since(
      'requirements.txt',
      ({ edit }) => edit('pip.conf', (text) => `${text}timeout = 9\n`),
      (_, __, folder) => ({ PIP_CONFIG_FILE: join(folder, 'pip.conf') }),
      ({ folder, lab }) => writeFileSync(join(folder, 'pip.conf'), `[global]\nindex-url = ${lab.index}\n`),
    );
    expect([found, unchanged]).toEqual([[], 2]);
  });
});

describe('what was found once is not kept for another index', () => {
  it('of uv.lock', () =>
    withPythonProject('uv.lock', async ({ audit, edit, lab }) => {
      expect(await audit()).toEqual({ status: 0, found: [] });
      edit('uv.lock', (text) =>
        text.replace(`registry = "${plainOf(lab)}"`, 'registry = "https://index.example/simple"'),
      );
      expect((await audit()).found).toEqual(['one lockfile-unexpected-host warning']);
    }));

  it('nor for other identities in pylock.toml', () =>
    withPythonProject('pylock.toml', async ({ audit, edit }) => {
      const identity = /\[\[packages\.attestation-identities\]\][\s\S]*?(?=\n\n|\n\[\[|$)/;
      expect(await audit()).toEqual({ status: 0, found: [] });
      edit('pylock.toml', (text) => text.replace(identity, (one) => one.replace('acme/one', 'mallory/one')));
      expect((await audit()).found).toEqual(['one identity-unexpected-repository error']);
    }));
});

const plainOf = ({ index }: PypiLab): string => index.replace(/\/$/, '');
