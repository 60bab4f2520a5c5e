import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { appendFileSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ciWorkflow } from '../../lab/index.ts';
import { githubPublisher } from '../../lab/pypi/index.ts';
import { wheel } from '../../lab/pypi/wheel.ts';
import { withPypiLab } from '../support/pypi-lab.ts';
import { assayInside } from './inside.ts';
import { inFolder, NO_NETWORK, start, type Run } from './run.ts';

const has = (command: string, ...args: string[]): boolean => spawnSync(command, args).status === 0;
const HAS = { uv: has('uv', '--version'), pip: has('python3', '-m', 'venv', '--help') };
const acme = githubPublisher(ciWorkflow({ repository: 'acme/one', workflow: '.github/workflows/release.yml' }));

interface InstalledProject {
  readonly folder: string;
  /** The folder of modules. */
  readonly site: string;
  readonly audit: () => Promise<{ readonly status: number | null; readonly found: readonly string[] }>;
}

interface ReportJson {
  readonly findings: readonly FindingJson[];
  readonly lockfiles: readonly { readonly findings: readonly FindingJson[] }[];
}
interface FindingJson {
  readonly name?: string;
  readonly code: string;
  readonly level: string;
  readonly args: { readonly what?: string; readonly files?: readonly string[]; readonly found?: string | null };
}

/** A project that a real installer has installed, from an index of its own. */
function withInstalled(tool: 'uv' | 'pip', work: (project: InstalledProject) => Promise<void>): Promise<void> {
  return withPypiLab((lab) =>
    inFolder(async (folder) => {
      const others = {
        'one/more.py': 'MORE = 1\n',
        'one-1.0.0.dist-info/entry_points.txt': '[console_scripts]\nrun-one = one:main\n',
        'one-1.0.0.data/scripts/tool-one': '#!python\nprint(1)\n',
        'one-1.0.0.data/data/share/one/data.txt': 'data',
        'one-1.0.0.data/purelib/late.py': 'LATE = 1\n',
        'one_start.pth': 'import one\n',
      };
      for (const [name, version, more] of [
        ['one', '1.0.0', others],
        ['two-words', '1.0.0', {}],
        ['two-words', '2.0.0', {}],
      ] as const) {
        const files = [wheel(name, version, `NAME = "${name}"\ndef main(): print(NAME)\n`, more)];
        lab.publish({ name, version, by: acme, files, at: lab.now() - 100 * 86_400_000 });
      }
      writeFileSync(join(folder, 'root.json'), JSON.stringify(lab.trustedRoot));
      mkdirSync(join(folder, '.git'));
      const env = { PATH: process.env['PATH'] ?? '', HOME: folder, ...NO_NETWORK, UV_PYTHON_DOWNLOADS: 'never' };
      const run = async (command: string, ...args: string[]): Promise<void> => {
        const { status, stderr } = await start(command, args, folder, env, 120_000);
        expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' });
      };
      if (tool === 'uv') {
        writeFileSync(
          join(folder, 'pyproject.toml'),
          '[project]\nname = "project"\nversion = "1.0.0"\nrequires-python = ">=3.9"\n' +
            `dependencies = ["one", "two-words==1.0.0"]\n\n[[tool.uv.index]]\nurl = "${lab.index}"\ndefault = true\n`,
        );
        await run('uv', 'sync');
      } else {
        writeFileSync(join(folder, 'requirements.txt'), lab.requirements('one@1.0.0', 'two-words@1.0.0'));
        await run('python3', '-m', 'venv', '.venv');
        await run(
          ...([join(folder, '.venv/bin/python'), '-m', 'pip', 'install', '--require-hashes', '--no-compile'] as const),
          ...(['--index-url', lab.index, '-r', 'requirements.txt'] as const),
        );
        // What a new environment is begun with may be compiled.
        for (const each of readdirSync(join(folder, '.venv/lib'))) {
          for (const seed of readdirSync(join(folder, '.venv/lib', each, 'site-packages'))) {
            if (!/^(?:one|two|late)/.test(seed))
              rmSync(join(folder, '.venv/lib', each, 'site-packages', seed), { recursive: true });
          }
        }
        for (const program of ['pip', 'pip3']) rmSync(join(folder, '.venv/bin', program), { force: true });
        for (const program of readdirSync(join(folder, '.venv/bin'))) {
          if (/^pip3\.\d+$/.test(program)) rmSync(join(folder, '.venv/bin', program));
        }
      }
      const [python = ''] = readdirSync(join(folder, '.venv/lib'));
      const indexed = tool === 'uv' ? {} : { PIP_INDEX_URL: lab.index };
      await work({
        folder,
        site: join(folder, '.venv/lib', python, 'site-packages'),
        audit: async () => {
          const args = ['audit', '--installed', '--json', '--trusted-root', 'root.json'];
          const { status, stdout, stderr }: Run = await assayInside(args, folder, indexed);
          expect(stderr).toBe('');
          const { findings, lockfiles } = JSON.parse(stdout) as ReportJson;
          const all = [...findings, ...lockfiles.flatMap((one) => one.findings)];
          return { status, found: all.filter(({ code }) => code.startsWith('installed-')).map(shown) };
        },
      });
    }),
  );
}

function shown({ name = 'all', code, level, args: { what = '', files = [], found } }: FindingJson): string {
  const names = files.map((file) => file.replace(/^lib\/[^/]+\/site-packages\//, ''));
  return [name, code, level, what, ...names, found ?? ''].filter((one) => one !== '').join(' ');
}

/** Writes a file, and its hash into the RECORD of its distribution, as an attacker would. */
function rewrite(site: string, record: string, path: string, text: string): void {
  writeFileSync(join(site, path), text);
  const hash = createHash('sha256').update(text).digest('base64url');
  const lines = readFileSync(join(site, record), 'utf8').split(/\r?\n/);
  const changed = lines.map((line) => (line.startsWith(`${path},`) ? `${path},sha256=${hash},${text.length}` : line));
  writeFileSync(join(site, record), changed.join('\n'));
}

type Tamper = (project: InstalledProject) => void;
const CASES: readonly (readonly [string, Tamper, readonly string[]])[] = [
  ['nothing was changed', () => undefined, []],
  [
    'a module was changed, and its RECORD with it',
    ({ site }) => rewrite(site, 'one-1.0.0.dist-info/RECORD', 'one/more.py', 'MORE = 2\n'),
    ['one installed-modified error files one-1.0.0.dist-info/RECORD one/more.py'],
  ],
  [
    'a file was added to a package',
    ({ site }) => writeFileSync(join(site, 'one/evil.py'), ''),
    ['all installed-modified error added one/evil.py'],
  ],
  [
    'a .pth file was added',
    ({ site }) => writeFileSync(join(site, 'evil.pth'), 'import os\n'),
    ['all installed-modified error added evil.pth'],
  ],
  [
    'a published .pth file was changed',
    ({ site }) => appendFileSync(join(site, 'one_start.pth'), 'import os\n'),
    ['one installed-modified error files one_start.pth'],
  ],
  [
    'a distribution was added that plugins are loaded from',
    ({ site }) => {
      mkdirSync(join(site, 'evil-1.0.dist-info'));
      writeFileSync(join(site, 'evil-1.0.dist-info/entry_points.txt'), '[pytest11]\nevil = os\n');
      writeFileSync(join(site, 'evil-1.0.dist-info/RECORD'), 'evil-1.0.dist-info/entry_points.txt,,\n');
    },
    ['all installed-modified error added evil-1.0.dist-info/entry_points.txt'],
  ],
  ['a module is gone', ({ site }) => rmSync(join(site, 'late.py')), ['one installed-modified error missing late.py']],
  [
    'data is gone',
    ({ folder }) => rmSync(join(folder, '.venv/share/one/data.txt')),
    ['one installed-missing warning share/one/data.txt'],
  ],
  [
    'a program was changed',
    ({ folder }) => appendFileSync(join(folder, '.venv/bin/run-one'), 'import os\n'),
    ['one installed-modified error files bin/run-one'],
  ],
  [
    'a script was changed',
    ({ folder }) => appendFileSync(join(folder, '.venv/bin/tool-one'), 'import os\n'),
    ['one installed-modified error files bin/tool-one'],
  ],
  [
    'a program was added',
    ({ folder }) => writeFileSync(join(folder, '.venv/bin/evil'), ''),
    ['all installed-modified error added bin/evil'],
  ],
];

describe.each(['uv', 'pip'] as const)('an environment that %s has made (skipped where it is not installed)', (tool) => {
  it.skipIf(!HAS[tool])('holds, and is refused for what was changed', () =>
    withInstalled(tool, async (project) => {
      const { folder, audit } = project;
      const [environment, clean] = [join(folder, '.venv'), join(folder, 'clean')];
      cpSync(environment, clean, { recursive: true, verbatimSymlinks: true });
      for (const [what, tamper, found] of CASES) {
        tamper(project);
        const status = found.some((one) => one.includes(' error ')) ? 1 : 0;
        expect({ what, ...(await audit()) }).toEqual({ what, status, found });
        rmSync(environment, { recursive: true });
        cpSync(clean, environment, { recursive: true, verbatimSymlinks: true });
      }
    }),
  );

  it.skipIf(!HAS[tool])('is refused where another version is installed in place of the locked one', () =>
    withInstalled(tool, async ({ site, audit }) => {
      const other = join(site, 'two_words-2.0.0.dist-info');
      cpSync(join(site, 'two_words-1.0.0.dist-info'), other, { recursive: true });
      rmSync(join(site, 'two_words-1.0.0.dist-info'), { recursive: true });
      const { status, found } = await audit();
      expect({ status, found }).toEqual({ status: 1, found: ['two-words installed-modified error version 2.0.0'] });
    }),
  );
});
