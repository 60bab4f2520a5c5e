import { cpSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { wheel } from '../../lab/pypi/wheel.ts';
import { readZip } from '../../src/readers/zip.ts';
import { assayInside } from './inside.ts';
import { acme, DAY, lockOf, withPythonProject, type PythonProject } from './pypi-project.ts';

const SITE = 'lib/python3.12/site-packages';

interface Project extends PythonProject {
  /** Exit status and findings about what is installed. */
  readonly installed: (env?: Readonly<Record<string, string>>) => Promise<readonly unknown[]>;
}

/** A project with an environment as installers make one, written by hand: no Python is needed. */
function withEnvironment(work: (project: Project) => Promise<void>): Promise<void> {
  return withPythonProject('requirements.txt', async (project) => {
    const { folder, lab, edit } = project;
    const file = wheel('three', '1.0.0', 'x = 1\n');
    lab.publish({ name: 'three', version: '1.0.0', by: acme, files: [file], at: lab.now() - 100 * DAY });
    edit('requirements.txt', () => lockOf(lab, 'requirements.txt', 'three@1.0.0'));
    const root = join(folder, '.venv');
    mkdirSync(join(root, 'bin'), { recursive: true });
    writeFileSync(join(root, 'pyvenv.cfg'), 'include-system-site-packages = false\n');
    for (const { path, content } of readZip(file.content, { entries: 100, bytes: 1e6 })) {
      mkdirSync(dirname(join(root, SITE, path)), { recursive: true });
      writeFileSync(join(root, SITE, path), content());
    }
    await work({
      ...project,
      installed: async (env = {}) => {
        const args = ['audit', '--installed', '--json', '--trusted-root', 'root.json'];
        const { status, stdout, stderr } = await assayInside(args, folder, { PIP_INDEX_URL: lab.index, ...env });
        if (stdout === '') return [status, stderr];
        const { findings, lockfiles, installed } = JSON.parse(stdout) as {
          findings: { code: string; args: { reason?: string } }[];
          lockfiles: { findings: { code: string; args: { reason?: string } }[] }[];
          installed: { unlocked: string[]; absent: string[] };
        };
        const all = [...findings, ...lockfiles.flatMap((one) => one.findings)];
        const reasons = all.map(({ code, args }) => `${code} ${args.reason ?? ''}`.trim());
        return [status, ...reasons, ...installed.unlocked, ...installed.absent];
      },
    });
  });
}

describe('--installed of Python packages', () => {
  it('holds what is in .venv, venv, or what VIRTUAL_ENV names', () =>
    withEnvironment(async ({ folder, installed }) => {
      expect(await installed()).toEqual([0]);
      renameSync(join(folder, '.venv'), join(folder, 'venv'));
      expect(await installed()).toEqual([0]);
      renameSync(join(folder, 'venv'), join(folder, 'elsewhere'));
      const [status, line] = await installed();
      expect(status).toBe(2);
      expect(line).toContain('nothing is installed: there is no .venv with a pyvenv.cfg');
      expect(await installed({ VIRTUAL_ENV: join(folder, 'elsewhere') })).toEqual([0]);
      const [other, named] = await installed({ VIRTUAL_ENV: join(folder, 'nowhere') });
      expect(other).toBe(2);
      expect(named).toContain('VIRTUAL_ENV names nowhere, where no environment is');
    }));

  it('compares nothing that a link leads to', () =>
    withEnvironment(async ({ folder, installed }) => {
      renameSync(join(folder, '.venv'), join(folder, 'elsewhere'));
      symlinkSync('elsewhere', join(folder, '.venv'));
      const [status, line] = await installed();
      expect(status).toBe(2);
      expect(line).toContain('.venv is a link');
    }));

  it('does not pass where nothing of the lockfile is installed', () =>
    withEnvironment(async ({ folder, installed }) => {
      rmSync(join(folder, '.venv', SITE), { recursive: true });
      mkdirSync(join(folder, '.venv', SITE), { recursive: true });
      const [status, line] = await installed();
      expect(status).toBe(2);
      expect(line).toContain('no package of requirements.txt is in .venv');
    }));

  it('names what the lockfile does not', () =>
    withEnvironment(async ({ folder, installed }) => {
      const info = join(folder, '.venv', SITE, 'other-1.0.dist-info');
      mkdirSync(info);
      writeFileSync(join(info, 'METADATA'), '');
      writeFileSync(join(info, 'RECORD'), 'other.py,,\n');
      writeFileSync(join(folder, '.venv', SITE, 'other.py'), '');
      expect(await installed()).toEqual([0, `.venv/${SITE}/other-1.0.dist-info`]);
      writeFileSync(join(info, 'RECORD'), 'other.py,,\nother.pth,,\n');
      writeFileSync(join(folder, '.venv', SITE, 'other.pth'), 'import other');
      expect((await installed()).slice(0, 2)).toEqual([1, 'installed-modified']);
    }));

  it('makes no statement of what was built here, nor of what comes from outside', () =>
    withEnvironment(async ({ folder, installed }) => {
      const file = join(folder, '.venv', SITE, 'three-1.0.0.dist-info/WHEEL');
      writeFileSync(file, 'Wheel-Version: 1.0\nTag: cp312-cp312-linux_x86_64\n');
      expect(await installed()).toEqual([3, expect.stringContaining('evidence-unavailable it was built here')]);
    }));

  it('makes no statement where packages of the system are loaded as well, as Python reads that', () =>
    withEnvironment(async ({ folder, installed }) => {
      const file = join(folder, '.venv/pyvenv.cfg');
      const key = 'include-system-site-packages';
      for (const text of [
        `${key} = true\n`,
        `home = /usr/bin\r${key} = true\r`,
        `${key}\x1f=\x1ctrue\x85\n`,
        `INCLUDE-system-site-pac\u212aages=TRUE`,
        `${key} = false\n${key} = true\n`,
        `${key} = true\n\ufeff${key} = false\n`,
      ]) {
        writeFileSync(file, text);
        expect(await installed(), JSON.stringify(text)).toEqual([3, expect.stringContaining(key)]);
      }
      for (const text of [`# ${key} = true\n`, `${key}-x = true\n`, `${key}\n`, `${key} = false # = true\n`]) {
        writeFileSync(file, text);
        expect(await installed(), JSON.stringify(text)).toEqual([0]);
      }
    }));

  it('refuses an environment with two folders of packages, or whose folders are links: Python may take another', () =>
    withEnvironment(async ({ folder, installed }) => {
      const root = join(folder, '.venv');
      const refused = async (change: () => void, why: string): Promise<void> => {
        cpSync(root, `${root}.before`, { recursive: true });
        change();
        const [status, line] = await installed();
        expect([status, line]).toEqual([2, expect.stringContaining(why)]);
        rmSync(root, { recursive: true });
        renameSync(`${root}.before`, root);
      };
      const at = (...path: readonly string[]): string => join(root, ...path);
      const several = '.venv has several folders of packages';
      await refused(() => cpSync(at('lib/python3.12'), at('lib/python3.13'), { recursive: true }), several);
      await refused(() => {
        mkdirSync(at('Scripts'));
        cpSync(at(SITE), at('Lib/site-packages'), { recursive: true });
      }, several);
      await refused(() => {
        mkdirSync(at('lib/python3.11'));
        symlinkSync(folder, at('lib/python3.11/site-packages'));
      }, several);
      await refused(() => {
        mkdirSync(at('other/site-packages'), { recursive: true });
        symlinkSync('../other', at('lib/python3.11'));
      }, several);
      await refused(() => {
        renameSync(at('lib'), at('lib64'));
        symlinkSync('lib64', at('lib'));
      }, '.venv/lib is a link');
      await refused(() => {
        mkdirSync(at('other'));
        symlinkSync('other', at('lib64'));
      }, '.venv/lib64 is a link');
      await refused(() => {
        renameSync(at(SITE), at('packages'));
        symlinkSync('../../packages', at(SITE));
      }, `.venv/${SITE} is a link`);
      symlinkSync('lib', at('lib64'));
      expect(await installed()).toEqual([0]);
    }));

  it('proves nothing where the bytes are not those that are locked', () =>
    withEnvironment(async ({ lab, installed }) => {
      lab.behave(/\/three-1\.0\.0.*whl$/, { body: Buffer.from('other') });
      expect(await installed()).toEqual([1, 'integrity-mismatch']);
      lab.behave(/\/three-1\.0\.0.*whl$/, { status: 404 });
      expect((await installed())[0]).toBe(3);
    }));

  it('says so of a wheel that two readers could read differently', () =>
    withEnvironment(async ({ folder, lab, edit, installed }) => {
      const content = Buffer.concat([Buffer.from('#!/bin/sh\n'), wheel('three', '1.0.1', '').content]);
      const files = [{ name: 'three-1.0.1-py3-none-any.whl', content }];
      lab.publish({ name: 'three', version: '1.0.1', by: acme, files, at: lab.now() - 90 * DAY });
      edit('requirements.txt', () => lockOf(lab, 'requirements.txt', 'three@1.0.1'));
      const info = join(folder, '.venv', SITE, 'three-1.0.0.dist-info');
      renameSync(info, info.replace('1.0.0', '1.0.1'));
      expect(await installed()).toEqual([
        3,
        expect.stringContaining('evidence-malformed three-1.0.1-py3-none-any.whl'),
      ]);
    }));
});
