import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { assayInside } from './inside.ts';
import { acme, lockOf, withPythonProject } from './pypi-project.ts';
import { configOf, type Run } from './run.ts';

describe.each(['uv.lock', 'requirements.txt'] as const)(
  'a Python project with %s, through the command line',
  (file) => {
    it('holds: every file is attested, and asks the index alone', () =>
      withPythonProject(file, async ({ run, lab }) => {
        const { status, stdout, stderr } = await run('audit');
        expect(stderr).toBe('');
        expect(stdout).toContain('2 dependencies: 2 pass');
        expect(status).toBe(0);
        const paths = lab.requests.map(({ url }) => url);
        expect(paths.filter((path) => path.startsWith('/simple/')).sort()).toEqual([
          '/simple/one/',
          '/simple/two-words/',
        ]);
        expect(paths.every((path) => path.startsWith('/simple/') || path.startsWith('/integrity/'))).toBe(true);
      }));

    it('keeps what it saw, holds it without asking, and moves on with the lockfile', () =>
      withPythonProject(file, async ({ run, audit, edit, read, lab }) => {
        expect((await run('init')).status).toBe(0);
        expect(read('assay.lock')).toContain('pypi:two-words@1.1.0');
        const asked = lab.requests.length;
        expect(await audit()).toEqual({ status: 0, found: [] });
        expect(lab.requests.length).toBe(asked);
        edit(file, (text) => text.replace(/sha256:..../, 'sha256:abcd'));
        expect(await audit()).toEqual({ status: 1, found: ['one integrity-rewritten error'] });
        lab.publish({ name: 'one', version: '1.2.0', by: acme });
        edit(file, () => lockOf(lab, file, 'one@1.2.0', 'two-words@1.1.0'));
        expect((await run('update')).status).toBe(0);
        expect(read('assay.lock')).toContain('pypi:one@1.2.0');
        expect(read('assay.lock')).not.toContain('pypi:one@1.1.0');
        expect(await audit('--reverify')).toEqual({ status: 0, found: [] });
      }));

    it('refuses a hash that is not the file’s, and one more, in every phase', () =>
      withPythonProject(file, async ({ audit, edit }) => {
        edit(file, (text) => text.replace(/sha256:..../, 'sha256:abcd'));
        for (const phase of ['observe', 'guard', 'critical', 'all']) {
          const { status, found } = await audit('--enforce', phase);
          expect(status).toBe(1);
          expect(found).toEqual([expect.stringMatching(/^one integrity-(?:mismatch|unknown-file) error$/)]);
        }
      }));

    it('fails from guard on where provenance was lost, and passes in observe', () =>
      withPythonProject(file, async ({ audit, edit, lab }) => {
        lab.publish({ name: 'one', version: '1.2.0' });
        edit(file, () => lockOf(lab, file, 'one@1.2.0', 'two-words@1.1.0'));
        expect(await audit('--enforce', 'observe')).toEqual({ status: 0, found: ['one provenance-lost warning'] });
        expect(await audit()).toEqual({ status: 1, found: ['one provenance-lost error'] });
      }));

    it('ends with 3 where the index gives no answer, and names what it did not get', () =>
      withPythonProject(file, async ({ audit, lab }) => {
        lab.behave(/\/simple\/one\//, { status: 404 });
        expect(await audit()).toEqual({ status: 3, found: ['one evidence-unavailable error'] });
      }));

    it('names an index that passes no attestations on', () =>
      withPythonProject(file, async ({ audit, lab }) => {
        for (const name of ['one', 'two-words']) {
          lab.tamperProject(name, (document) => ({
            ...document,
            meta: { 'api-version': '1.1' },
            files: document.files.map((one) => {
              delete one.provenance;
              return one;
            }),
          }));
        }
        const { found } = await audit();
        expect(found).toEqual(['one evidence-stripped warning', 'two-words evidence-stripped warning']);
        expect((await audit('--enforce', 'critical')).status).toBe(1);
      }));

    it('begins nothing behind an index that passes no attestations on, and says why', () =>
      withPythonProject(file, async ({ run, lab, folder }) => {
        const strip = (name: string): void =>
          lab.tamperProject(name, (document) => ({
            ...document,
            files: document.files.map((one) => {
              delete one.provenance;
              return one;
            }),
          }));
        strip('one');
        // What it passes on of others is taken in.
        const some = await run('update');
        expect([some.status, some.stdout]).toEqual([0, expect.stringContaining('1 taken in')]);
        rmSync(join(folder, 'assay.lock'));
        strip('two-words');
        for (const command of ['update', 'init']) {
          const { status, stderr } = await run(command);
          expect(status).toBe(3);
          expect(stderr).toContain(
            `${lab.index} says of no file here whether it has attestations: a mirror, a proxy or`,
          );
          expect(stderr).toMatch(/(?:not|nothing is) written, as nothing could be verified/);
          expect(existsSync(join(folder, 'assay.lock'))).toBe(false);
          expect(existsSync(join(folder, 'assay.yml'))).toBe(false);
        }
      }));

    it('says why an update fails of what is in assay.lock already', () =>
      withPythonProject(file, async ({ run, folder }) => {
        expect((await run('update')).status).toBe(0);
        const affected = [{ package: { ecosystem: 'PyPI', name: 'one' }, versions: ['1.1.0'] }];
        const record = { id: 'MAL-2026-1', modified: '2026-01-01T00:00:00Z', affected };
        mkdirSync(join(folder, 'mal'));
        writeFileSync(join(folder, 'mal/MAL-2026-1.json'), JSON.stringify(record));
        const { status, stderr } = await run('update', '--advisories', 'mal');
        expect([status, stderr]).toEqual([1, expect.stringContaining('pypi:one@1.1.0 is malicious by MAL-2026-1')]);
      }));

    it('asks which package is meant by a name without an ecosystem', () =>
      withPythonProject(file, async ({ run, lab, folder }) => {
        mkdirSync(join(folder, 'src'));
        const bare = await run('check', 'one@1.1.0');
        expect(bare).toMatchObject({ status: 2, stdout: '' });
        expect(bare.stderr).toBe(
          'assay: one@1.1.0 is a package of npm, and this project has none: say pypi:one@1.1.0, or npm:one@1.1.0\n',
        );
        expect(lab.requests).toEqual([]);
        // No package of PyPI is called like this.
        expect((await run('check', '@a/b', '--registry', 'http://127.0.0.1:9/')).stderr).not.toContain('is a package');
        writeFileSync(join(folder, 'package.json'), '{}');
        expect((await run('check', 'one@1.1.0', '--registry', 'http://127.0.0.1:9/')).stderr).toContain(
          'one@1.1.0 is taken for npm:one@1.1.0; for another ecosystem say pypi:one@1.1.0',
        );
      }));

    it('proposes nothing of npm in the first policy', () =>
      withPythonProject(file, async ({ run, read, folder }) => {
        writeFileSync(join(folder, '.npmrc'), 'registry=https://npm.mirror.example/\n');
        expect((await run('init')).status).toBe(0);
        expect(read('assay.yml')).toContain('critical:\n  - direct');
        expect(read('assay.yml')).toContain('#   "pypi:one":\n#     repository: https://github.com/acme/one\n');
        expect(read('assay.yml')).not.toMatch(/npm|capability|registries|install-script/);
      }));

    it('lists the index as the only host that is asked about packages', () =>
      withPythonProject(file, async ({ run, lab }) => {
        const { stdout, status } = await run('trust', 'hosts');
        expect(status).toBe(0);
        expect(stdout).toContain(new URL(lab.index).host);
        expect(stdout).toContain('2 packages; for bytes also the hosts that it names');
      }));

    it('checks a version beside its predecessor, without a lockfile', () =>
      withPythonProject(file, async ({ run, lab }) => {
        lab.publish({ name: 'one', version: '1.2.0' });
        const { status, stdout } = await run('check', 'pypi:one@1.2.0');
        expect(status).toBe(1);
        expect(stdout).toMatch(/^! provenance +proven +none$/m);
        expect(stdout).not.toContain('nothing here shows');
        const latest = await run('check', 'pypi:one');
        expect(latest.stdout).toContain('1.2.0');
      }));

    it('writes SARIF with the place in the lockfile', () =>
      withPythonProject(file, async ({ run, edit }) => {
        edit(file, (text) => text.replace(/sha256:..../, 'sha256:abcd'));
        const { stdout } = await run('audit', '--output', 'sarif');
        expect(stdout).toMatch(/"ruleId": "integrity-/);
        expect(stdout).toContain(`"uri": "${file}"`);
      }));

    it('does not pass where nothing is installed that --installed could compare', () =>
      withPythonProject(file, async ({ run }) => {
        const { status, stderr } = await run('audit', '--installed');
        expect(status).toBe(2);
        expect(stderr).toContain('nothing is installed: there is no .venv');
      }));
  },
);

describe('requirements', () => {
  it('count with the files that they include', () =>
    withPythonProject('requirements.txt', async ({ audit, edit, folder }) => {
      edit('requirements.txt', (text) => {
        const at = text.indexOf('two-words');
        mkdirSync(join(folder, 'requirements'));
        writeFileSync(join(folder, 'requirements', 'more.txt'), text.slice(at));
        return `-r requirements/more.txt\n${text.slice(0, at)}`;
      });
      expect(await audit()).toEqual({ status: 0, found: [] });
      edit('requirements/more.txt', (text) => text.replace(/sha256:..../, 'sha256:abcd'));
      expect(await audit()).toEqual({ status: 1, found: ['two-words integrity-unknown-file error'] });
    }));

  it('are no lockfile without hashes, unless they are named', () =>
    withPythonProject('requirements.txt', async ({ audit, edit }) => {
      edit('requirements.txt', () => 'one==1.1.0\n');
      expect(await audit()).toMatchObject({
        status: 2,
        found: [expect.stringContaining('has no hash, so it locks nothing')],
      });
      expect(await audit('requirements.txt')).toEqual({ status: 0, found: ['one integrity-missing warning'] });
      expect(await audit('requirements.txt', '--enforce', 'critical')).toMatchObject({ status: 1 });
    }));

  it('that lead to another index never hold', () =>
    withPythonProject('requirements.txt', async ({ audit, edit, run }) => {
      edit('requirements.txt', (text) => `--index-url https://index.example/simple\n${text}`);
      const { found } = await audit();
      expect(found).toEqual(['one lockfile-unexpected-host warning', 'two-words lockfile-unexpected-host warning']);
      await run('init');
      expect((await audit()).found).toEqual(found);
    }));

  it('from several indexes are refused, in settings', () =>
    withPythonProject('requirements.txt', async ({ folder, lab }) => {
      const env = { PIP_INDEX_URL: lab.index, PIP_EXTRA_INDEX_URL: 'https://user:secret@more.example/simple' };
      const { status, stderr } = await assayInside(['audit', '--trusted-root', 'root.json'], folder, env);
      expect(status).toBe(2);
      expect(stderr).toContain('PIP_EXTRA_INDEX_URL');
      expect(stderr).toContain('https://more.example/simple/');
      expect(stderr).not.toContain('secret');
    }));
});

describe('lockfiles of one folder whose installers ask different indexes', () => {
  it('are audited one by one, and together only where one is named', () =>
    withPythonProject('uv.lock', async ({ lab, folder }) => {
      writeFileSync(join(folder, 'requirements.txt'), lab.requirements('one@1.1.0'));
      const audit = (...args: string[]): Promise<Run> =>
        assayInside(['audit', ...args, '--trusted-root', 'root.json'], folder, {
          PIP_INDEX_URL: `${lab.url}pip/simple`,
        });
      const both = await audit();
      expect(both.stderr).toContain('which ask different indexes: name one of them');
      expect(both.status).toBe(2);
      const alone = await audit('uv.lock');
      expect(alone).toMatchObject({ status: 0, stderr: '' });
      expect(alone.stdout).toContain('2 dependencies: 2 pass');
      lab.requests.length = 0;
      const other = await audit('requirements.txt');
      expect(other.status).toBe(3);
      expect(lab.requests.map(({ url }) => url)).toEqual(['/pip/simple/one/']);
    }));
});

describe('a file of uv.lock that is on another host', () => {
  const lead = (text: string, name: string): string =>
    text.replace(new RegExp(`http://[^"]*/(${name}-1\\.1\\.0\\.tar\\.gz)`), 'https://files.example/x/$1');

  it('is a warning with the right hash, and never holds: it is asked about every time', () =>
    withPythonProject('uv.lock', async ({ audit, edit, run, lab }) => {
      edit('uv.lock', (text) => lead(text, 'one'));
      const expected = { status: 0, found: ['one lockfile-unexpected-host warning'] };
      expect(await audit()).toEqual(expected);
      await run('init');
      for (let time = 0; time < 2; time += 1) {
        const asked = lab.requests.length;
        expect(await audit()).toEqual(expected);
        expect(lab.requests.slice(asked).map(({ url }) => url)).toContain('/simple/one/');
      }
    }));

  it('fails without a hash, from guard on', () =>
    withPythonProject('uv.lock', async ({ audit, edit }) => {
      edit('uv.lock', (text) => lead(text, 'one').replace(/(files\.example[^,]*), hash = "[^"]*"/, '$1'));
      const { status, found } = await audit();
      expect(status).toBe(1);
      expect(found).toContain('one integrity-missing error');
      expect(found).toContain('one lockfile-unexpected-host warning');
      expect(await audit('--enforce', 'observe')).toMatchObject({ status: 0 });
    }));
});

describe('assay exec, with Python’s installers', () => {
  it.each([
    [['uv', 'sync'], '--locked'],
    [['uv', 'run', 'python', 'x.py'], '--locked'],
    [['uv', 'add', 'two'], 'no lockfile names yet'],
    [['uv', 'sync', '--locked', '--index', 'https://x.example'], '--index'],
    [['uvx', 'ruff'], 'what no audited lockfile has'],
    [['uv', 'pip', 'install', 'two'], 'no lockfile names yet'],
    [['pip', 'install', 'two'], 'no lockfile names yet'],
    [['python3', '-m', 'pip', 'install', 'two'], 'no lockfile names yet'],
    [['sh', '-c', 'cd . && pip install two'], 'no lockfile names yet'],
    [['pip', 'install', '-r', 'other.txt', '--require-hashes'], 'which is not there'],
    [['pip', 'download', '-r', 'other.txt'], 'no lockfile names yet'],
  ])('%j is not run', (line, why) =>
    withPythonProject('uv.lock', async ({ run }) => {
      const { status, stderr } = await run('exec', '--trusted-root', 'root.json', '--', ...line);
      expect(status).toBe(2);
      expect(stderr).toContain(why);
    }),
  );

  it('pip installs audited requirements only where each needs a hash', () =>
    withPythonProject('requirements.txt', async ({ folder, lab }) => {
      const env = { PIP_INDEX_URL: lab.index };
      const exec = (...line: string[]): Promise<Run> =>
        assayInside(['exec', '--trusted-root', 'root.json', '--', ...line], folder, env);
      const without = await exec('pip', 'install', '-r', 'requirements.txt');
      expect(without).toMatchObject({ status: 2 });
      expect(without.stderr).toContain('--require-hashes');
      for (const more of ['-i https://x.example', '--extra-index-url=https://x.example', '-e .', 'two']) {
        const line = ['pip', 'install', '-r', 'requirements.txt', '--require-hashes', ...more.split(' ')];
        expect((await exec(...line)).status).toBe(2);
      }
      // A program of the project's own would be refused.
      const pip = join(configOf(folder), 'bin/pip');
      mkdirSync(dirname(pip), { recursive: true });
      writeFileSync(pip, '#!/bin/sh\necho "pip was run: $@" > ran.txt\n', { mode: 0o755 });
      expect(await exec(pip, 'install', '--require-hashes', '-r', 'requirements.txt')).toMatchObject({ status: 0 });
      expect(readFileSync(join(folder, 'ran.txt'), 'utf8')).toContain('install --require-hashes');
    }));
});

describe('without any setting', () => {
  it('PyPI is listed as the index, and where it has its files', () =>
    withPythonProject('requirements.txt', async ({ folder }) => {
      const { stdout, status } = await assayInside(['trust', 'hosts', '--json'], folder, {
        PIP_CONFIG_FILE: '/dev/null',
      });
      expect(status).toBe(0);
      const { hosts } = JSON.parse(stdout) as { hosts: { host: string; why: string[] }[] };
      expect(hosts.filter(({ host }) => /^(?:pypi|files)\./.test(host)).map(({ host, why }) => [host, ...why])).toEqual(
        [
          ['pypi.org', 'package index (default): 2 packages'],
          ['files.pythonhosted.org', 'files of packages, for bytes'],
        ],
      );
    }));
});

describe('a pack of evidence', () => {
  it('has what the index says of Python packages, and holds without it', () =>
    withPythonProject('uv.lock', async ({ run, lab }) => {
      expect(await run('pack', '--output', 'evidence.zip')).toMatchObject({ status: 0 });
      lab.behave(/./, { status: 500 });
      const { status, stdout } = await run('audit', '--evidence', 'evidence.zip', '--reverify', '--no-cache');
      expect(stdout).toContain('2 dependencies: 2 pass');
      expect(stdout).toContain('named by pyproject.toml:7 (index)');
      expect(status).toBe(0);
    }));
});
