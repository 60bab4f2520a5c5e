import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ciWorkflow } from '../../lab/index.ts';
import { githubPublisher, type PypiLab } from '../../lab/pypi/index.ts';
import { wheel } from '../../lab/pypi/wheel.ts';
import { git } from '../support/git.ts';
import { withPypiLab } from '../support/pypi-lab.ts';
import { assayInside } from './inside.ts';
import { inFolder, NO_NETWORK, start, type Run } from './run.ts';

const VERSION = spawnSync('uv', ['--version'], { encoding: 'utf8' });
const acme = githubPublisher(ciWorkflow({ repository: 'acme/one', workflow: '.github/workflows/release.yml' }));

interface UvProject {
  readonly lab: PypiLab;
  readonly folder: string;
  readonly uv: (...args: string[]) => Promise<Run>;
  readonly assay: (...args: string[]) => Promise<Run>;
  readonly codes: () => Promise<readonly string[]>;
  readonly edit: (change: (text: string) => string) => void;
  /** The module that uv installed; null where it installed none. */
  readonly installed: () => string | null;
}

/** A project that the real uv has locked, from an index of its own. */
function withUvProject(work: (project: UvProject) => Promise<void>): Promise<void> {
  return withPypiLab((lab) =>
    inFolder(async (folder) => {
      for (const [version, days] of [
        ['1.0.0', 200],
        ['1.1.0', 100],
      ] as const) {
        const files = [wheel('one', version, `NAME = "one ${version}"\n`)];
        lab.publish({ name: 'one', version, by: acme, files, at: lab.now() - days * 86_400_000 });
      }
      writeFileSync(
        join(folder, 'pyproject.toml'),
        `[project]\nname = "project"\nversion = "1.0.0"\nrequires-python = ">=3.9"\ndependencies = ["one"]\n\n` +
          `[[tool.uv.index]]\nurl = "${lab.index}"\ndefault = true\n`,
      );
      writeFileSync(join(folder, 'root.json'), JSON.stringify(lab.trustedRoot));
      mkdirSync(join(folder, '.git'));
      const env = { PATH: process.env['PATH'] ?? '', HOME: folder, ...NO_NETWORK, UV_PYTHON_DOWNLOADS: 'never' };
      const uv = (...args: string[]): Promise<Run> => start('uv', args, folder, env, 120_000);
      expect(await uv('lock')).toMatchObject({ status: 0 });
      const assay = (...args: string[]): Promise<Run> =>
        assayInside(args[0] === 'exec' ? args : [...args, '--trusted-root', 'root.json'], folder);
      const lockfile = join(folder, 'uv.lock');
      const site = join(folder, '.venv', 'lib');
      await work({
        lab,
        folder,
        uv,
        assay,
        codes: async () => {
          const { stdout } = await assay('audit', '--json');
          const report = JSON.parse(stdout) as { findings: { code: string }[] };
          return report.findings.map(({ code }) => code).sort();
        },
        edit: (change) => writeFileSync(lockfile, change(readFileSync(lockfile, 'utf8'))),
        installed: () => {
          if (!existsSync(site)) return null;
          const [found = null] = spawnSync('find', [site, '-path', '*one/__init__.py'], { encoding: 'utf8' })
            .stdout.split('\n')
            .filter((line) => line !== '');
          return found === null ? null : readFileSync(found, 'utf8');
        },
      });
    }),
  );
}

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

describe.skipIf(VERSION.status !== 0)('beside uv (skipped where it is not installed)', () => {
  it('proves what uv locked, and runs uv sync after it', () =>
    withUvProject(async ({ assay, codes, installed, folder }) => {
      expect(await codes()).toEqual([]);
      const { status, stderr } = await assay('exec', '--trusted-root', 'root.json', '--', 'uv', 'sync');
      expect(status).toBe(2);
      expect(stderr).toContain('give it --locked');
      expect(existsSync(join(folder, '.venv'))).toBe(false);
      const locked = await assay('exec', '--trusted-root', 'root.json', '--', 'uv', 'sync', '--locked');
      expect(locked.status).toBe(0);
      expect(installed()).toBe('NAME = "one 1.1.0"\n');
    }));

  it('refuses the url and the hash of an attacker, which uv sync --locked installs', () =>
    withUvProject(async ({ lab, uv, codes, edit, installed }) => {
      await withPypiLab(async (attacker) => {
        const evil = wheel('one', '1.1.0', 'NAME = "evil"\n');
        const [published] = attacker.publish({ name: 'one', version: '1.1.0', files: [evil] });
        const [own] = lab.release('one', '1.1.0');
        edit((text) =>
          text
            .replace(own?.json.url ?? '', published?.json.url ?? '')
            .replace(own?.json.hashes['sha256'] ?? '', sha256(evil.content)),
        );
        expect(await codes()).toEqual(['integrity-mismatch', 'lockfile-unexpected-host']);
        expect(await uv('lock', '--check')).toMatchObject({ status: 0 });
        expect(await uv('sync', '--locked')).toMatchObject({ status: 0 });
        expect(installed()).toBe('NAME = "evil"\n');
      });
    }));

  it('refuses a second wheel, which uv prefers by its build number', () =>
    withUvProject(async ({ uv, codes, edit, installed }) => {
      await withPypiLab(async (attacker) => {
        const evil = { ...wheel('one', '1.1.0', 'NAME = "evil"\n'), name: 'one-1.1.0-9-py3-none-any.whl' };
        const [published] = attacker.publish({ name: 'one', version: '1.1.0', files: [evil] });
        const entry = `    { url = "${published?.json.url ?? ''}", hash = "sha256:${sha256(evil.content)}", size = ${evil.content.length} },\n`;
        edit((text) => text.replace('wheels = [\n', `wheels = [\n${entry}`));
        expect(await codes()).toEqual(['integrity-unknown-file', 'lockfile-resolved-mismatch']);
        expect(await uv('sync', '--frozen')).toMatchObject({ status: 0 });
        expect(installed()).toBe('NAME = "evil"\n');
      });
    }));

  it('refuses a hash that was taken out', () =>
    withUvProject(async ({ uv, codes, assay, edit }) => {
      edit((text) => text.replace(/, hash = "sha256:[0-9a-f]+"/, ''));
      expect(await codes()).toContain('integrity-missing');
      expect((await assay('audit')).status).toBe(1);
      expect(await uv('lock', '--check')).toMatchObject({ status: 0 });
    }));

  it('refuses a hash that was taken out of what the index does not know, which uv sync --locked installs', () =>
    withUvProject(async ({ lab, uv, codes, assay, edit, installed }) => {
      await withPypiLab(async (attacker) => {
        const evil = wheel('one', '1.1.0', 'NAME = "evil"\n');
        const [published] = attacker.publish({ name: 'one', version: '1.1.0', files: [evil] });
        const [own] = lab.release('one', '1.1.0');
        edit((text) =>
          text.replace(own?.json.url ?? '', published?.json.url ?? '').replace(/, hash = "sha256:[0-9a-f]+"/, ''),
        );
        lab.behave(/\/simple\/one\//, { status: 404 });
        expect(await codes()).toEqual(['evidence-unavailable', 'integrity-missing']);
        expect((await assay('audit')).status).toBe(1);
        expect(await uv('lock', '--check')).toMatchObject({ status: 0 });
        expect(await uv('sync', '--locked')).toMatchObject({ status: 0 });
        expect(installed()).toBe('NAME = "evil"\n');
      });
    }));

  it('says that an entry has no file any more, which uv does not install', () =>
    withUvProject(async ({ uv, codes, edit }) => {
      edit((text) => text.replace(/wheels = \[[^\]]*\]\n/, ''));
      expect(await codes()).toEqual(['integrity-missing']);
      expect(await uv('lock', '--check')).toMatchObject({ status: 0 });
      expect((await uv('sync', '--locked')).stderr).toContain("can't be installed");
    }));

  it('refuses a committed environment, which uv takes for installed', () =>
    withUvProject(async ({ folder, uv, codes, assay, installed }) => {
      expect(await uv('sync', '--locked')).toMatchObject({ status: 0 });
      const [module = ''] = spawnSync('find', [join(folder, '.venv'), '-path', '*one/__init__.py'], {
        encoding: 'utf8',
      }).stdout.split('\n');
      writeFileSync(module, 'NAME = "evil"\n');
      rmSync(join(folder, '.venv', '.gitignore'));
      rmSync(join(folder, '.git'), { recursive: true });
      git(folder, ['init', '-q']);
      expect(await codes()).toEqual([]);
      expect((await assay('audit')).status).toBe(0);
      git(folder, ['add', '-f', '.venv', 'uv.lock', 'pyproject.toml']);
      git(folder, ['commit', '-q', '-m', 'x']);
      expect((await assay('audit')).stdout).toContain('lockfile-not-used');
      expect(await uv('sync', '--locked')).toMatchObject({ status: 0 });
      expect(installed()).toBe('NAME = "evil"\n');
    }));

  it('refuses the lockfile of a member of a workspace, which uv passes over', () =>
    withUvProject(async ({ folder, uv, assay }) => {
      const member = join(folder, 'm');
      mkdirSync(member);
      for (const name of ['uv.lock', 'pyproject.toml']) {
        writeFileSync(join(member, name), readFileSync(join(folder, name)));
      }
      const root = '[project]\nname = "root"\nversion = "1"\nrequires-python = ">=3.9"\n';
      const workspace = '[tool.uv.workspace]\nmembers = ["m"]\n';
      writeFileSync(join(folder, 'pyproject.toml'), `${root}\n${workspace}`);
      const { status, stdout } = await assay('audit', 'm');
      expect(status).toBe(1);
      expect(stdout).toContain('lockfile-not-used');
      expect((await uv('sync', '--locked', '--directory', 'm')).status).not.toBe(0);
    }));
});
