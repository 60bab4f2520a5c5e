import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { GoLab } from '../../lab/go/index.ts';
import { withGoLab } from '../support/go-lab.ts';
import { assayInside } from './inside.ts';
import { inFolder } from './run.ts';

interface SourceProject {
  readonly lab: GoLab;
  readonly clone: string;
  readonly git: (...args: string[]) => string;
  /** Commits these files beside what is there, and returns the id. */
  readonly commit: (files: Readonly<Record<string, string>>) => string;
  /** Publishes and locks a version with these files. */
  readonly lock: (module: string, version: string, files: Readonly<Record<string, string>>) => void;
  readonly audit: (...args: string[]) => Promise<{
    readonly status: number | null;
    readonly found: readonly string[];
    readonly repositories: readonly unknown[];
  }>;
}

interface ReportJson {
  readonly bytes: { readonly inRepositories?: number };
  readonly dependencies: readonly { readonly proofs: { readonly bytes: { readonly repository?: unknown } | null } }[];
  readonly findings: readonly {
    readonly name: string;
    readonly code: string;
    readonly level: string;
    readonly args: { readonly what: string; readonly files: readonly string[] };
  }[];
}

const MOD = 'module a.example/lib\n\ngo 1.21\n';
/** The lab puts an a.go into every zip. */
const A = 'package a\n';
const FILES = { 'go.mod': MOD, 'a.go': A, 'lib.go': 'package lib\n', 'in/in.go': 'package in\n' };

function withRepository(work: (project: SourceProject) => Promise<void>): Promise<void> {
  return withGoLab((lab) =>
    inFolder(async (folder) => {
      const clone = join(folder, 'clone');
      const project = join(folder, 'project');
      for (const one of [clone, join(project, '.git')]) mkdirSync(one, { recursive: true });
      writeFileSync(join(project, '.git', 'HEAD'), '');
      lab.grow(2);
      const git = (...args: string[]): string => {
        const as = ['-c', 'user.name=a', '-c', 'user.email=a@a.example', '-c', 'commit.gpgsign=false'];
        const { status, stdout, stderr } = spawnSync('git', [...as, ...args], { cwd: clone, encoding: 'utf8' });
        if (status !== 0) throw new Error(stderr);
        return stdout.trim();
      };
      git('init', '-q', '-b', 'main');
      const requires: string[] = [];
      const sums: string[] = [];
      await work({
        ...{ lab, clone, git },
        commit: (files) => {
          for (const [path, content] of Object.entries(files)) {
            mkdirSync(dirname(join(clone, path)), { recursive: true });
            writeFileSync(join(clone, path), content);
          }
          git('add', '-A', '-f');
          git('commit', '-q', '--allow-empty', '-m', 'x');
          return git('rev-parse', 'HEAD');
        },
        lock: (module, version, files) => {
          sums.push(lab.publish(module, version, { files }));
          requires.push(`require ${module} ${version}\n`);
          writeFileSync(join(project, 'go.sum'), sums.join(''));
          writeFileSync(join(project, 'go.mod'), `module p.example\n\ngo 1.21\n\n${requires.join('')}`);
        },
        audit: async (...args) => {
          const all = args.length === 0 ? ['--source', '../clone'] : args;
          const { status, stdout, stderr } = await assayInside(['audit', '--json', ...all], project, {
            ...lab.env,
            GOMODCACHE: join(folder, 'modcache'),
            PATH: process.env['PATH'] ?? '',
          });
          if (stdout === '') return { status, found: [stderr.trimEnd()], repositories: [] };
          const { findings, dependencies, bytes } = JSON.parse(stdout) as ReportJson;
          const repositories = dependencies.flatMap(({ proofs }) => proofs.bytes?.repository ?? []);
          expect(bytes.inRepositories ?? 0).toBe(repositories.length);
          const found = findings.map(
            ({ name, code, level, args: { what, files } }) => `${name} ${code} ${what} ${files.join(' ')} ${level}`,
          );
          return { status, found, repositories };
        },
      });
    }),
  );
}

const equal = (commit: string, tag: string | null) => ({
  ...{ status: 0, found: [], repositories: [{ checkout: '../clone', tag, commit }] },
});

describe('the zip of a Go module, beside a clone of its repository', () => {
  it('is what the tag of its version has, whatever lies in the folder of the clone', () =>
    withRepository(async ({ commit, git, lock, audit, clone }) => {
      const id = commit(FILES);
      git('tag', 'v1.0.0');
      commit({ 'lib.go': 'package lib // later\n' });
      writeFileSync(join(clone, 'lib.go'), 'package lib // not committed\n');
      lock('a.example/lib', 'v1.0.0', FILES);
      expect(await audit()).toEqual(equal(id, 'v1.0.0'));
      expect(await audit('--bytes')).toEqual({ status: 0, found: [], repositories: [] });
    }));

  it.each<[string, Readonly<Record<string, string>>, string]>([
    ['another content', { ...FILES, 'lib.go': 'package lib // evil\n' }, 'files lib.go'],
    ['one more', { ...FILES, 'evil.go': 'package lib\n' }, 'added evil.go'],
    ['one less', { 'go.mod': MOD, 'a.go': A, 'lib.go': FILES['lib.go'] }, 'missing in/in.go'],
  ])('fails in every phase as its tag was moved: a file of %s', (_, files, what) =>
    withRepository(async ({ commit, git, lock, audit }) => {
      commit(FILES);
      git('tag', 'v1.0.0');
      lock('a.example/lib', 'v1.0.0', files);
      for (const phase of ['observe', 'all']) {
        expect(await audit('--source', '../clone', '--enforce', phase)).toEqual({
          ...{ status: 1, found: [`a.example/lib source-mismatch ${what} error`], repositories: [] },
        });
      }
    }),
  );

  it('is what its commit has, where a version names one: of the object, and of no branch that is called so', () =>
    withRepository(async ({ commit, git, lock, audit }) => {
      const id = commit(FILES);
      commit({ 'lib.go': 'package lib // other\n' });
      git('branch', id.slice(0, 12));
      git('tag', id.slice(0, 12));
      lock('a.example/lib', `v0.0.0-20260101000000-${id.slice(0, 12)}`, FILES);
      expect(await audit()).toEqual(equal(id, null));
    }));

  it.each<[string, string, string, string, Readonly<Record<string, string>>, Readonly<Record<string, string>>]>([
    [
      'in a folder, with the LICENSE of the repository',
      'a.example/lib/sub',
      'v1.0.0',
      'sub/v1.0.0',
      { ...FILES, LICENSE: 'free', 'sub/go.mod': 'module a.example/lib/sub\n', 'sub/a.go': A },
      { 'go.mod': 'module a.example/lib/sub\n', LICENSE: 'free' },
    ],
    [
      'in a folder, with a LICENSE of its own',
      'a.example/lib/sub',
      'v1.0.0',
      'sub/v1.0.0',
      { LICENSE: 'free', 'sub/go.mod': 'module a.example/lib/sub\n', 'sub/LICENSE': 'own', 'sub/a.go': A },
      { 'go.mod': 'module a.example/lib/sub\n', LICENSE: 'own' },
    ],
    [
      'of a later major version, in its folder',
      'a.example/lib/v2',
      'v2.1.0',
      'v2.1.0',
      { ...FILES, 'v2/go.mod': 'module a.example/lib/v2\n', 'v2/lib.go': 'package lib\n', 'v2/a.go': A },
      { 'go.mod': 'module a.example/lib/v2\n', 'lib.go': 'package lib\n' },
    ],
    [
      'of a later major version, on a branch',
      'a.example/lib/v2',
      'v2.1.0',
      'v2.1.0',
      { 'go.mod': 'module a.example/lib/v2\n', 'lib.go': 'package lib\n', 'a.go': A },
      { 'go.mod': 'module a.example/lib/v2\n', 'lib.go': 'package lib\n' },
    ],
    [
      'with a module, vendored packages and a link in it, which go leaves out',
      'a.example/lib',
      'v1.0.0',
      'v1.0.0',
      {
        ...FILES,
        'tools/go.mod': 'module a.example/lib/tools\n',
        'tools/t.go': 'package tools\n',
        'vendor/modules.txt': '',
        'vendor/b.example/b.go': 'package b\n',
        'x/vendor/c/c.go': 'package c\n',
        'x/vendor/v.go': 'package vendor\n',
      },
      { ...FILES, 'vendor/modules.txt': '' },
    ],
    [
      'of Go 1.24, which counts vendored packages anew',
      'a.example/lib',
      'v1.0.0',
      'v1.0.0',
      {
        'go.mod': 'module a.example/lib\n\ngo 1.24\n',
        'a.go': A,
        'vendor/modules.txt': '',
        'x/vendor/c/c.go': 'package c\n',
        'x/vendor/v.go': 'package vendor\n',
      },
      { 'go.mod': 'module a.example/lib\n\ngo 1.24\n', 'x/vendor/v.go': 'package vendor\n' },
    ],
    [
      'with line ends that the repository asks for',
      'a.example/lib',
      'v1.0.0',
      'v1.0.0',
      { ...FILES, '.gitattributes': '*.bat eol=crlf\n', 'run.bat': 'a\nb\r\n' },
      { ...FILES, '.gitattributes': '*.bat eol=crlf\n', 'run.bat': 'a\r\nb\r\n' },
    ],
  ])('is made as go makes it: of a module %s', (_, module, version, tag, committed, zipped) =>
    withRepository(async ({ commit, git, lock, audit, clone }) => {
      symlinkSync('lib.go', join(clone, 'link.go'));
      const id = commit(committed);
      git('tag', tag);
      lock(module, version, zipped);
      expect(await audit()).toEqual(equal(id, tag));
      const path = Object.keys(committed).findLast((one) => one.endsWith('a.go')) ?? '';
      commit({ [path]: 'package a // moved\n' });
      git('tag', '-f', tag);
      expect((await audit()).found).toEqual([`${module} source-mismatch files a.go error`]);
    }),
  );

  it.each([
    [{}, false],
    [{ '.gitattributes': '*.go text\n* eol=lf\n' }, false],
    [{ '.gitattributes': '# *.go eol=crlf\n' }, false],
    [{ 'other/.gitattributes': '*.go eol=crlf\n', 'other/o.go': 'package other\n' }, false],
    [{ '.gitattributes': '*.go text eol=crlf\n' }, true],
  ])('has other line ends only where a .gitattributes for it asks for them: %j', (attributes, isEqual) =>
    withRepository(async ({ commit, git, lock, audit }) => {
      commit({ ...FILES, ...attributes, 'a.go': 'package lib\n' });
      git('tag', 'v1.0.0');
      lock('a.example/lib', 'v1.0.0', { ...FILES, ...attributes, 'a.go': 'package lib\r\n' });
      const { found } = await audit();
      expect(found).toEqual(isEqual ? [] : ['a.example/lib source-mismatch files a.go error']);
    }),
  );

  it('is compared with nothing where no clone has it, which is said', () =>
    withRepository(async ({ commit, git, lock, audit }) => {
      commit({ ...FILES, 'go.mod': 'module a.example/other\n' });
      git('tag', 'v1.0.0');
      lock('a.example/lib', 'v1.0.0', FILES);
      expect(await audit()).toEqual({
        status: 2,
        found: [
          'assay: --source ../clone has been compared with nothing: no locked Go module is what a go.mod there says at the tag or commit of the locked version (git fetch --tags --unshallow gets all of both)',
        ],
        repositories: [],
      });
      const wrong = await audit('--source', '../clone', '--source', '../nowhere');
      expect([wrong.status, wrong.found.join()]).toEqual([2, expect.stringContaining('../nowhere')]);
      const since = await audit('--source', '../clone', '--since', 'main');
      expect([since.status, since.found.join()]).toEqual([2, expect.stringContaining('--since')]);
    }));

  it('runs nothing that the clone names, and is refused by one that lacks contents', () =>
    withRepository(async ({ commit, git, lock, audit, clone }) => {
      commit({ ...FILES, '.gitattributes': '* filter=evil\n' });
      git('tag', 'v1.0.0');
      const ran = join(clone, '..', 'ran');
      for (const [name, value] of [
        ['filter.evil.smudge', `touch ${ran}`],
        ['core.fsmonitor', `touch ${ran}; false`],
        ['core.sshCommand', `touch ${ran}; false`],
      ] as const) {
        git('config', name, value);
      }
      lock('a.example/lib', 'v1.0.0', { ...FILES, '.gitattributes': '* filter=evil\n' });
      expect(await audit()).toMatchObject({ status: 0, found: [] });
      expect(spawnSync('ls', [ran]).status).not.toBe(0);
      const lost = git('rev-parse', 'v1.0.0:lib.go');
      rmSync(join(clone, '.git/objects', lost.slice(0, 2), lost.slice(2)));
      const { status, found } = await audit();
      expect([status, found.join()]).toEqual([2, expect.stringContaining('partial clone')]);
    }));
});
