import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { GoLab } from '../../lab/go/index.ts';
import { zipOf } from '../../lab/go/zip.ts';
import { withGoLab } from '../support/go-lab.ts';
import { assayInside } from './inside.ts';
import { inFolder, type Run } from './run.ts';

interface BytesProject {
  readonly lab: GoLab;
  readonly folder: string;
  readonly cache: string;
  readonly run: (...args: string[]) => Promise<Run>;
  readonly audit: (...args: string[]) => Promise<{ readonly status: number | null; readonly found: readonly string[] }>;
  readonly put: (path: string, content: string | Buffer) => void;
}

interface ReportJson {
  readonly counts: Readonly<Record<string, number>>;
  readonly lockfiles: readonly { readonly findings: readonly Shown[] }[];
  readonly findings: readonly (Shown & { readonly name: string })[];
}

interface Shown {
  readonly code: string;
  readonly level: string;
  readonly message: string;
  readonly args: { readonly what?: string; readonly files?: readonly string[] };
}

const ONE = {
  'go.mod': 'module a.example/one\n\ngo 1.21\n',
  LICENSE: 'as you like',
  'one.go': 'package one\n\nimport _ "embed"\n\n//go:embed data/*.txt\nvar Data string\n',
  'one_test.go': 'package one\n',
  'data/a.txt': 'a',
  'gen.go': '//go:build ignore\n\npackage main\n',
  'other/o.go': 'package other\n',
  'deep/in/in.go': 'package in\n\n// #include "in.h"\nimport "C"\n',
  'deep/in/in.h': '',
};
const TWO = { 'go.mod': 'module a.example/Two\n', 'two.go': 'package two\n' };
const VENDORED: Readonly<Record<string, string>> = {
  'modules.txt':
    '# a.example/Two v1.0.0\n## explicit\na.example/Two\n# a.example/one v1.0.0\n## explicit; go 1.21\na.example/one\na.example/one/deep/in\n',
  'a.example/Two/two.go': TWO['two.go'],
  'a.example/one/LICENSE': ONE.LICENSE,
  'a.example/one/one.go': ONE['one.go'],
  'a.example/one/data/a.txt': 'a',
  'a.example/one/deep/in/in.go': ONE['deep/in/in.go'],
  'a.example/one/deep/in/in.h': '',
};

/** A project of two modules, with vendor/ as `go mod vendor` writes it where that is asked for. */
function withBytesProject(isVendored: boolean, work: (project: BytesProject) => Promise<void>): Promise<void> {
  return withGoLab((lab) =>
    inFolder(async (folder) => {
      const cache = join(folder, '..', 'modcache');
      rmSync(cache, { recursive: true, force: true });
      lab.grow(3);
      const sums = [
        lab.publish('a.example/one', 'v1.0.0', { files: { ...ONE, 'a.go': '//go:build ignore\n\npackage a\n' } }),
        lab.publish('a.example/Two', 'v1.0.0', { files: { ...TWO, 'a.go': '//go:build ignore\n\npackage a\n' } }),
      ];
      const put = (path: string, content: string | Buffer): void => {
        mkdirSync(dirname(join(folder, path)), { recursive: true });
        writeFileSync(join(folder, path), content);
      };
      put('go.sum', sums.join(''));
      put('go.mod', 'module p.example\n\ngo 1.21\n\nrequire a.example/one v1.0.0\nrequire a.example/Two v1.0.0\n');
      put('.git/HEAD', '');
      if (isVendored) for (const [path, content] of Object.entries(VENDORED)) put(`vendor/${path}`, content);
      const run = (...args: string[]): Promise<Run> =>
        assayInside(args, folder, { ...lab.env, GOMODCACHE: join(folder, 'modcache'), GOFLAGS: '' });
      await work({
        ...{ lab, folder, run, put, cache: join(folder, 'modcache') },
        audit: async (...args) => {
          const { status, stdout, stderr } = await run('audit', '--json', ...args);
          if (stdout === '') return { status, found: [stderr.trimEnd()] };
          const report = JSON.parse(stdout) as ReportJson;
          const shown = ({ code, level, args: { what, files } }: Shown): string =>
            [code, ...(what === undefined ? [] : [what]), ...(files ?? []), level].join(' ');
          const whole = report.lockfiles.flatMap(({ findings }) => findings.map((one) => `go.sum ${shown(one)}`));
          return { status, found: [...whole, ...report.findings.map((one) => `${one.name} ${shown(one)}`)].sort() };
        },
      });
    }),
  );
}

/** Stands in for `go build`. */
const BUILD = ['node', '-e', 'fs.writeFileSync("built", "")'];
const nothing = { status: 0, found: [] };

describe('the bytes of Go modules', () => {
  it('are asked of the proxy, and are those of go.sum: zip and go.mod', () =>
    withBytesProject(false, async ({ run, lab }) => {
      for (const option of ['--bytes', '--tarballs']) {
        const { status, stdout } = await run('audit', '--json', option, '--no-cache');
        expect(status).toBe(0);
        const { counts, bytes, dependencies } = JSON.parse(stdout) as ReportJson & {
          bytes: unknown;
          dependencies: readonly { proofs: { bytes: unknown } }[];
        };
        expect(counts['bytes']).toBe(2);
        expect(bytes).toMatchObject({ tarballs: 2, cached: 0, corrupt: [] });
        expect(dependencies[0]?.proofs.bytes).toMatchObject({
          integrity: expect.stringMatching(/^h1:\S+= h1:\S+=$/) as unknown,
          from: 'registry',
          basis: 'lockfile',
        });
      }
      const asked = lab.requests.map(({ url }) => url).filter((url) => url.includes('/@v/'));
      expect([...new Set(asked)].sort()).toEqual([
        '/a.example/!two/@v/list',
        '/a.example/!two/@v/v1.0.0.mod',
        '/a.example/!two/@v/v1.0.0.zip',
        '/a.example/one/@v/list',
        '/a.example/one/@v/v1.0.0.mod',
        '/a.example/one/@v/v1.0.0.zip',
      ]);
    }));

  it('fail where a proxy serves others, and say nothing where it serves none or what cannot be read', () =>
    withBytesProject(false, async ({ audit, lab }) => {
      const zip = (files: Readonly<Record<string, string>>): Buffer =>
        zipOf(new Map(Object.entries(files).map(([name, text]) => [`a.example/one@v1.0.0/${name}`, text])));
      lab.answerWith('a.example/one/@v/v1.0.0.zip', zip({ ...ONE, 'one.go': 'package one // evil\n' }));
      expect(await audit('--bytes')).toEqual({ status: 1, found: ['a.example/one integrity-mismatch error'] });
      lab.behaveWell();
      lab.answerWith('a.example/one/@v/v1.0.0.mod', 'module a.example/one\n\nrequire evil.example v1.0.0\n');
      expect(await audit('--bytes')).toEqual({ status: 1, found: ['a.example/one integrity-mismatch error'] });
      lab.behaveWell();
      lab.answerWith('a.example/one/@v/v1.0.0.zip', null);
      expect(await audit('--bytes')).toEqual({ status: 3, found: ['a.example/one evidence-unavailable error'] });
      for (const odd of [
        Buffer.from('PK'),
        zip({ ...ONE, 'ONE.go': 'package one\n' }),
        zip({ ...ONE, '../../x/one.go': 'package one\n' }),
      ]) {
        lab.answerWith('a.example/one/@v/v1.0.0.zip', odd);
        expect(await audit('--bytes')).toEqual({ status: 3, found: ['a.example/one evidence-malformed error'] });
      }
    }));

  it('are those of the module cache, which is read first and never written', () =>
    withBytesProject(false, async ({ audit, lab, put, cache }) => {
      const right = await (await fetch(`${lab.url}a.example/one/@v/v1.0.0.zip`)).arrayBuffer();
      const place = 'modcache/cache/download/a.example/one/@v/v1.0.0';
      put(`${place}.zip`, Buffer.from(right));
      put(`${place}.mod`, ONE['go.mod']);
      const before = lab.requests.length;
      expect(await audit('--bytes')).toEqual(nothing);
      const asked = lab.requests.slice(before).filter(({ url }) => url.includes('one/@v/'));
      // What is retracted, only a proxy knows.
      expect(asked.map(({ url }) => url)).toEqual(['/a.example/one/@v/list', '/a.example/one/@v/v1.0.0.mod']);
      expect(existsSync(join(cache, 'cache/download/a.example/!two'))).toBe(false);
      // The go command does not look at its hash again.
      put(`${place}.mod`, 'module a.example/one\n\ngo 1.22\n');
      expect(await audit('--bytes')).toEqual({ status: 1, found: ['a.example/one integrity-mismatch error'] });
      put(`${place}.mod`, ONE['go.mod']);
      rmSync(join(cache, 'cache/download/a.example/one/@v/v1.0.0.zip'));
      symlinkSync('/dev/zero', join(cache, 'cache/download/a.example/one/@v/v1.0.0.zip'));
      expect(await audit('--bytes')).toEqual({ status: 3, found: ['a.example/one evidence-malformed error'] });
    }));

  it('are held to what the module cache has unpacked, file by file', () =>
    withBytesProject(false, async ({ audit, put, folder }) => {
      const none = await audit('--installed');
      expect(none).toEqual({ status: 2, found: [expect.stringContaining('nothing is installed') as unknown] });
      const root = 'modcache/a.example/one@v1.0.0';
      for (const [path, text] of Object.entries({ ...ONE, 'a.go': '//go:build ignore\n\npackage a\n' })) {
        put(`${root}/${path}`, text);
      }
      expect(await audit('--installed')).toEqual(nothing);
      put(`${root}/one.go`, 'package one // evil\n');
      put(`${root}/node_modules/x/evil.go`, 'package one\n');
      rmSync(join(folder, root, 'data/a.txt'));
      expect(await audit('--installed')).toEqual({
        status: 1,
        found: [
          'a.example/one installed-modified added node_modules/x/evil.go error',
          'a.example/one installed-modified files one.go error',
          'a.example/one installed-modified missing data/a.txt error',
        ],
      });
      rmSync(join(folder, root), { recursive: true });
      symlinkSync('/tmp', join(folder, root));
      expect(await audit('--installed')).toEqual({
        status: 1,
        found: ['a.example/one installed-modified link error'],
      });
    }));
});

describe('assay exec compares what the go command would build from without hashing it again', () => {
  it('and reads nothing of modules that it would download', () =>
    withBytesProject(false, async ({ run, lab }) => {
      lab.requests.length = 0;
      expect((await run('exec', '--', ...BUILD)).status).toBe(0);
      expect(lab.requests.filter(({ url }) => url.endsWith('.zip'))).toEqual([]);
    }));

  it.each([
    ['a changed file', 'one.go', 'package one // other\n'],
    ['an added file', 'more.go', 'package one\n'],
  ])('%s of an unpacked module', (_, file, content) =>
    withBytesProject(false, async ({ run, put, lab, folder }) => {
      const root = 'modcache/a.example/one@v1.0.0';
      for (const [path, text] of Object.entries({ ...ONE, 'a.go': '//go:build ignore\n\npackage a\n' }))
        put(`${root}/${path}`, text);
      expect((await run('exec', '--', ...BUILD)).status).toBe(0);
      rmSync(join(folder, 'built'));
      put(`${root}/${file}`, content);
      const { status, stderr } = await run('exec', '--', ...BUILD);
      expect(status).toBe(1);
      expect(stderr).toContain(file);
      expect(existsSync(join(folder, 'built'))).toBe(false);
      // Without the zip nothing can be said of it.
      lab.behave(/one\/@v\/v1\.0\.0\.zip/, { status: 404 });
      expect((await run('exec', '--no-cache', '--', ...BUILD)).status).toBe(3);
    }),
  );

  it('a zip that is not unpacked yet, which go unpacks as it is', () =>
    withBytesProject(false, async ({ run, put, folder }) => {
      put(
        'modcache/cache/download/a.example/one/@v/v1.0.0.zip',
        zipOf(new Map([['a.example/one@v1.0.0/one.go', 'evil']])),
      );
      expect((await run('exec', '--', ...BUILD)).status).toBe(1);
      expect(existsSync(join(folder, 'built'))).toBe(false);
    }));

  it('also beside vendor/, which -mod=readonly passes over', () =>
    withBytesProject(true, async ({ run, put }) => {
      expect((await run('exec', '--', ...BUILD)).status).toBe(0);
      put('modcache/a.example/!two@v1.0.0/two.go', 'package two // other\n');
      expect((await run('exec', '--', ...BUILD)).status).toBe(1);
    }));
});

describe('vendor/', () => {
  it('is warned of where nothing compares it, and proven with --bytes and --installed', () =>
    withBytesProject(true, async ({ audit, run }) => {
      expect(await audit()).toEqual({ status: 0, found: ['go.sum lockfile-other-code warning'] });
      expect(await audit('--bytes')).toEqual(nothing);
      expect(await audit('--installed')).toEqual(nothing);
      const { stdout } = await run('audit', '--installed');
      expect(stdout).toContain('installed: 6 files of 2 copies as in their zips');
      expect(stdout).toContain('bytes hashed: 2 zips');
    }));

  it.each<[string, string, string | null, number, string]>([
    [
      'a changed source',
      'a.example/one/one.go',
      'package one\n',
      1,
      'a.example/one installed-modified files one.go error',
    ],
    ['a changed licence', 'a.example/one/LICENSE', 'mine', 1, 'a.example/one installed-modified files LICENSE error'],
    ['an added source', 'a.example/one/x.go', 'package one\n', 1, 'a.example/one installed-modified added x.go error'],
    ['an added object', 'a.example/Two/x.syso', 'x', 1, 'a.example/Two installed-modified added x.syso error'],
    [
      'an added package',
      'a.example/one/evil/x.go',
      'package evil\n',
      1,
      'a.example/one installed-modified added evil/x.go error',
    ],
    [
      'an added file that is embedded',
      'a.example/one/data/b.txt',
      'b',
      1,
      'a.example/one installed-modified added data/b.txt error',
    ],
    [
      'an added file that C may include',
      'a.example/one/deep/in/x.inc',
      'x',
      1,
      'a.example/one installed-modified added deep/in/x.inc error',
    ],
    [
      'an added test',
      'a.example/Two/two_test.go',
      'package two\n',
      1,
      'a.example/Two installed-modified added two_test.go error',
    ],
    [
      'a file that lies there',
      'a.example/Two/BUILD.bazel',
      'x',
      0,
      'a.example/Two installed-added BUILD.bazel warning',
    ],
    [
      'a source of no module',
      'evil.example/x.go',
      'package x\n',
      1,
      'go.sum installed-modified added evil.example/x.go error',
    ],
    ['a missing source', 'a.example/Two/two.go', null, 1, 'a.example/Two installed-modified missing two.go error'],
    [
      'a missing file that is embedded',
      'a.example/one/data/a.txt',
      null,
      1,
      'a.example/one installed-modified missing data/a.txt error',
    ],
    [
      'a source under another case',
      'a.example/one/One.go',
      'package one\n',
      1,
      'a.example/one installed-modified added One.go error',
    ],
  ])('%s', (_, path, content, status, expected) =>
    withBytesProject(true, async ({ audit, run, folder, put }) => {
      if (content === null) rmSync(join(folder, 'vendor', path));
      else put(`vendor/${path}`, content);
      expect(await audit('--bytes')).toEqual({ status, found: [expected] });
      expect((await run('exec', '--', ...BUILD)).status).toBe(status);
      expect(existsSync(join(folder, 'built'))).toBe(status === 0);
    }),
  );

  it('holds a link to be no file, and is itself no link', () =>
    withBytesProject(true, async ({ audit, folder }) => {
      rmSync(join(folder, 'vendor/a.example/Two'), { recursive: true });
      mkdirSync(join(folder, 'elsewhere'));
      writeFileSync(join(folder, 'elsewhere/two.go'), TWO['two.go']);
      symlinkSync('../../elsewhere', join(folder, 'vendor/a.example/Two'));
      expect((await audit('--bytes')).found).toContain('a.example/Two installed-modified missing two.go error');
      renameSync(join(folder, 'vendor'), join(folder, 'real'));
      symlinkSync('real', join(folder, 'vendor'));
      expect(await audit('--bytes')).toEqual({
        status: 2,
        found: [expect.stringContaining('vendor is no folder') as unknown],
      });
    }));

  it('is held to go.mod and go.sum by its modules.txt, in every run', () =>
    withBytesProject(true, async ({ audit, folder, put }) => {
      const txt = VENDORED['modules.txt'] ?? '';
      const edited = async (text: string): Promise<unknown> => {
        put('vendor/modules.txt', text);
        return audit();
      };
      const warning = 'go.sum lockfile-other-code warning';
      const other = 'go.sum lockfile-not-used error';
      expect(await edited(txt.replace('one v1.0.0', 'one v1.1.0'))).toEqual({
        status: 1,
        found: [other, other, other, warning],
      });
      expect(await edited(txt.replace('## explicit\n', ''))).toEqual({ status: 1, found: [other, warning] });
      expect(await edited(`${txt}# evil.example v1.0.0\nevil.example\n`)).toEqual({
        status: 1,
        found: [other, warning],
      });
      expect(await edited(`${txt}evil.example\n`)).toEqual({
        status: 2,
        found: [expect.stringContaining('modules.txt:8: "evil.example" is no package') as unknown],
      });
      expect(readFileSync(join(folder, 'vendor/modules.txt'), 'utf8')).toContain('evil.example');
    }));

  it('is not passed where the zip of a module cannot be had, and the warning remains', () =>
    withBytesProject(true, async ({ audit, run, lab, folder }) => {
      lab.answerWith('a.example/one/@v/v1.0.0.zip', null);
      expect(await audit('--bytes')).toEqual({
        status: 3,
        found: ['a.example/one evidence-unavailable error', 'go.sum lockfile-other-code warning'],
      });
      expect((await run('exec', '--', ...BUILD)).status).toBe(3);
      expect(existsSync(join(folder, 'built'))).toBe(false);
    }));

  it('may be that of a folder that a module is replaced by, which it is held to', () =>
    withBytesProject(true, async ({ audit, put }) => {
      put(
        'go.mod',
        'module p.example\n\ngo 1.21\n\nrequire a.example/one v1.0.0\nrequire a.example/Two v1.0.0\nreplace a.example/Two => ./two\n',
      );
      put('two/go.mod', TWO['go.mod']);
      put('two/two.go', TWO['two.go']);
      const txt = VENDORED['modules.txt'] ?? '';
      put('vendor/modules.txt', `${txt.replace('Two v1.0.0', 'Two v1.0.0 => ./two')}# a.example/Two => ./two\n`);
      const own = 'a.example/Two lockfile-not-registry warning';
      expect(await audit('--bytes')).toEqual({ status: 0, found: [own] });
      put('vendor/a.example/Two/two.go', 'package two // other\n');
      expect(await audit('--bytes')).toEqual({
        status: 1,
        found: ['a.example/Two installed-modified files two.go error', own],
      });
    }));

  it('is compared as a whole where only a change is looked at, as its files change without go.sum', () =>
    withBytesProject(true, async ({ run, folder, put }) => {
      rmSync(join(folder, '.git'), { recursive: true });
      const git = (...args: string[]): void => {
        const own = ['-c', 'user.name=x', '-c', 'user.email=x@x.example', '-c', 'commit.gpgsign=false'];
        expect(spawnSync('git', [...own, ...args], { cwd: folder }).status).toBe(0);
      };
      git('init', '-q');
      git('add', '.');
      git('commit', '-qm', 'all');
      const unchanged = await run('exec', '--since=HEAD', '--', ...BUILD);
      expect(unchanged.status, unchanged.stderr).toBe(0);
      rmSync(join(folder, 'built'));
      put('vendor/a.example/one/one.go', 'package one // other\n');
      expect((await run('exec', '--since=HEAD', '--', ...BUILD)).status).toBe(1);
      expect(existsSync(join(folder, 'built'))).toBe(false);
    }));

  it('holds each of two modules that one stands in for', () =>
    withBytesProject(true, async ({ audit, put }) => {
      const requires = 'require a.example/one v1.0.0\nrequire a.example/Two v1.0.0\nrequire a.example/three v1.0.0\n';
      put('go.mod', `module p.example\n\ngo 1.21\n\n${requires}\nreplace a.example/three => a.example/Two v1.0.0\n`);
      const three =
        '# a.example/three v1.0.0 => a.example/Two v1.0.0\n## explicit\na.example/three\n# a.example/three => a.example/Two v1.0.0\n';
      put('vendor/modules.txt', `${VENDORED['modules.txt'] ?? ''}${three}`);
      put('vendor/a.example/three/two.go', TWO['two.go']);
      expect(await audit('--bytes')).toEqual(nothing);
      put('vendor/a.example/three/two.go', 'package two // other\n');
      const changed = { status: 1, found: ['a.example/Two installed-modified files two.go error'] };
      expect(await audit('--bytes')).toEqual(changed);
      put('vendor/a.example/three/two.go', TWO['two.go']);
      put('vendor/a.example/Two/two.go', 'package two // other\n');
      expect(await audit('--bytes')).toEqual(changed);
    }));

  it('of a workspace in a project that is none is passed over by Go, which takes the module cache', () =>
    withBytesProject(true, async ({ audit, put }) => {
      put('vendor/modules.txt', `## workspace\n${VENDORED['modules.txt'] ?? ''}`);
      expect(await audit('--bytes')).toEqual(nothing);
      put('modcache/a.example/!two@v1.0.0/two.go', 'package two // other\n');
      const { status, found } = await audit('--installed');
      expect(status).toBe(1);
      expect(found).toContain('a.example/Two installed-modified files two.go error');
    }));
});
