import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { removeFolder } from '../support/remove-folder.ts';
import { hasSharedData, sharedData } from '../support/shared-data.ts';
import { withGoLab } from '../support/go-lab.ts';
import { assayInside } from './inside.ts';
import { inFolder, start, type Run } from './run.ts';

const GO = spawnSync('go', ['env', 'GOPROXY', 'GOROOT'], { encoding: 'utf8' });
const [PROXY = '', ROOT = ''] = GO.status === 0 ? GO.stdout.split('\n') : [];
const [FIRST = ''] = PROXY.split(/[,|]/);

/** What go compiled of its own library, which is not what is asked here: kept from one test for the next. */
const compiled = mkdtempSync(join(tmpdir(), 'assay-test-'));
afterAll(() => {
  removeFolder(compiled);
});

/** Runs the go command with an own cache and with nothing of this machine's settings. */
function goCommand(folder: string, env: Readonly<Record<string, string>>, ...args: string[]): Promise<Run> {
  const own = { PATH: process.env['PATH'] ?? '', HOME: folder, GOPATH: join(folder, 'gopath'), GOENV: 'off' };
  const still = { GOCACHE: compiled, GOFLAGS: '-modcacherw', GOTOOLCHAIN: 'local' };
  return start('go', args, folder, { ...own, ...still, ...env }, 120_000);
}

describe.skipIf(ROOT === '')('beside the go command (skipped where it is not installed)', () => {
  it(
    'refuses a poisoned go.sum that go build and go mod verify take',
    () =>
      withGoLab((lab) =>
        inFolder(async (folder) => {
          lab.publish('a.example/one', 'v1.0.0', { files: { 'a.go': 'package one\n\nconst Name = "one"\n' } });
          const poisoned = lab.rewrite('a.example/one', 'v1.0.0', { 'a.go': 'package one\n\nconst Name = "evil"\n' });
          writeFileSync(join(folder, 'go.sum'), poisoned);
          writeFileSync(join(folder, 'go.mod'), 'module m.example\n\ngo 1.21\n\nrequire a.example/one v1.0.0\n');
          const main = 'package main\n\nimport "a.example/one"\n\nfunc main() { println(one.Name) }\n';
          writeFileSync(join(folder, 'main.go'), main);
          mkdirSync(join(folder, '.git'));
          const env = { GOPROXY: lab.url.slice(0, -1), GOSUMDB: lab.sumdb };
          const built = await goCommand(folder, env, 'build', '-buildvcs=false', '-o', 'out', '.');
          expect(built).toMatchObject({ status: 0 });
          const verified = await goCommand(folder, env, 'mod', 'verify');
          expect(verified).toMatchObject({ status: 0, stdout: 'all modules verified\n' });
          const { status, stdout } = await assayInside(['audit'], folder, lab.env);
          expect(status).toBe(1);
          expect(stdout).toContain('integrity-mismatch');
          expect(stdout).toContain('has its zip locked as');
        }),
      ),
    180_000,
  );

  it(
    'takes a database of the lab for one as the go command does, and reads the head that this keeps',
    () =>
      withGoLab((lab) =>
        inFolder(async (folder) => {
          lab.grow(300);
          lab.publish('a.example/One', 'v1.0.0');
          writeFileSync(join(folder, 'go.mod'), 'module m.example\n\ngo 1.21\n\nrequire a.example/One v1.0.0\n');
          writeFileSync(join(folder, 'main.go'), 'package main\n\nimport _ "a.example/One"\n\nfunc main() {}\n');
          mkdirSync(join(folder, '.git'));
          const env = { GOPROXY: lab.url.slice(0, -1), GOSUMDB: lab.sumdb };
          expect(await goCommand(folder, env, 'mod', 'tidy')).toMatchObject({ status: 0 });
          const run = (): Promise<Run> =>
            assayInside(['audit'], folder, { ...lab.env, GOPATH: join(folder, 'gopath') });
          expect(await run()).toMatchObject({ status: 0 });
          // What go has kept of the one history is no beginning of the other.
          lab.database.fork();
          lab.grow(1);
          const forked = await run();
          expect(forked.status).toBe(1);
          expect(forked.stdout).toContain('log-inconsistent');
        }),
      ),
    180_000,
  );

  it(
    'builds nothing in a workspace that no sum holds, which go build takes as it is served',
    () =>
      withGoLab((lab) =>
        inFolder(async (folder) => {
          const put = (path: string, content: string): void => {
            mkdirSync(dirname(join(folder, path)), { recursive: true });
            writeFileSync(join(folder, path), content);
          };
          put('go.work', 'go 1.21\n\nuse ./a\nuse ./b\n');
          put('.git/HEAD', '');
          const sums = ['a', 'b'].map((name) => {
            const sum = lab.publish(`${name}.example/lib`, 'v1.0.0', { files: { 'a.go': 'package lib\n' } });
            put(`${name}/go.mod`, `module ${name}.own\n\ngo 1.21\n\nrequire ${name}.example/lib v1.0.0\n`);
            put(`${name}/main.go`, `package main\n\nimport _ "${name}.example/lib"\n\nfunc main() {}\n`);
            return sum;
          });
          put('a/go.sum', sums[0] ?? '');
          const env = { GOPROXY: lab.url.slice(0, -1), GOSUMDB: lab.sumdb };
          const BUILD = ['go', 'build', '-buildvcs=false', '-o', 'out/', './a', './b'];
          const exec = (...options: string[]): Promise<Run> =>
            assayInside(['exec', ...options, '--', ...BUILD], folder, {
              ...{ ...lab.env, PATH: process.env['PATH'] ?? '', GOPATH: join(folder, 'gopath') },
              ...{ GOTOOLCHAIN: 'local', GOCACHE: compiled },
            });
          const unheld = 'takes b.example/lib@v1.0.0, which no go.sum of the workspace has a hash of';
          // Each module audited by itself, and the workspace as a whole.
          expect(await exec('--recursive')).toMatchObject({ status: 2, stdout: '' });
          put('go.work.sum', '');
          const whole = await exec('--lockfile', 'go.work.sum');
          expect(whole).toMatchObject({ status: 2, stdout: '' });
          expect(whole.stderr).toContain(unheld);
          expect(existsSync(join(folder, 'out'))).toBe(false);
          const plain = await goCommand(folder, env, ...BUILD.slice(1));
          expect(plain, plain.stderr).toMatchObject({ status: 0 });
          expect(readFileSync(join(folder, 'go.work.sum'), 'utf8')).toContain('b.example/lib v1.0.0 h1:');
          rmSync(join(folder, 'out'), { recursive: true });
          put('go.work.sum', '');
          put('b/go.sum', sums[1] ?? '');
          const held = await exec('--lockfile', 'go.work.sum');
          expect(held, held.stderr).toMatchObject({ status: 0 });
          expect(existsSync(join(folder, 'out/b.own'))).toBe(true);
          // A sum that was not audited holds nothing.
          rmSync(join(folder, 'go.work.sum'));
          const partly = await assayInside(['exec', '--lockfile', 'a/go.sum', '--', ...BUILD], folder, lab.env);
          expect(partly.status).toBe(2);
          expect(partly.stderr).toContain('b/go.sum, which was not audited');
          const all = await exec('--recursive');
          expect(all, all.stderr).toMatchObject({ status: 0 });
        }),
      ),
    180_000,
  );
});

describe.skipIf(ROOT === '')('a vendored project, beside the go command (skipped where it is not installed)', () => {
  const LIBRARY = {
    'go.mod': 'module a.example/lib\n\ngo 1.21\n',
    LICENSE: 'as you like',
    'lib.go': 'package lib\n\nimport _ "embed"\n\n//go:embed data/*.txt\nvar Data string\n\nconst Name = "lib"\n',
    'lib_test.go': 'package lib\n',
    'lib_plan9.go': 'package lib\n',
    'gen.go': '//go:build ignore\n\npackage main\n',
    'data/a.txt': 'a',
    'data/b.md': 'b',
    'unused/u.go': 'package unused\n',
    'x/y/y.go': 'package y\n',
    'x/NOTICE': 'of x',
  };
  const MAIN =
    'package main\n\nimport (\n\t"a.example/lib"\n\t_ "a.example/lib/x/y"\n)\n\nfunc main() { println(lib.Name, lib.Data) }\n';

  interface Vendored {
    readonly folder: string;
    readonly go: (...args: string[]) => Promise<Run>;
    readonly assay: (...args: string[]) => Promise<Run>;
    readonly put: (path: string, content: string) => void;
  }

  function withVendored(work: (project: Vendored) => Promise<void>): Promise<void> {
    return withGoLab((lab) =>
      inFolder(async (folder) => {
        lab.publish('a.example/lib', 'v1.0.0', { files: { ...LIBRARY, 'a.go': 'package lib\n' } });
        const put = (path: string, content: string): void => {
          mkdirSync(dirname(join(folder, path)), { recursive: true });
          writeFileSync(join(folder, path), content);
        };
        put('go.mod', 'module m.example\n\ngo 1.21\n\nrequire a.example/lib v1.0.0\n');
        put('main.go', MAIN);
        put('.git/HEAD', '');
        const env = { GOPROXY: lab.url.slice(0, -1), GOSUMDB: lab.sumdb };
        await work({
          ...{ folder, put },
          go: (...args) => goCommand(folder, env, ...args),
          assay: (...args) =>
            assayInside(args, folder, { ...lab.env, PATH: process.env['PATH'] ?? '', GOPATH: join(folder, 'gopath') }),
        });
      }),
    );
  }

  it(
    'is proven as go mod vendor writes it, and refused where go build takes what was changed',
    () =>
      withVendored(async ({ folder, go, assay, put }) => {
        expect(await go('mod', 'tidy')).toMatchObject({ status: 0 });
        expect(await go('mod', 'vendor')).toMatchObject({ status: 0 });
        const unchanged = await assay('audit', '--bytes');
        expect(unchanged).toMatchObject({ status: 0 });
        expect(unchanged.stdout).not.toContain('lockfile-other-code');
        const lib = (path: string): string => `vendor/a.example/lib/${path}`;
        const source = LIBRARY['lib.go'];
        const cases: readonly (readonly [path: string, before: string | null, after: string | null, says: string])[] = [
          [lib('lib.go'), source, source.replace('"lib"', '"evi"'), 'lib.go'],
          [lib('evil.go'), null, 'package lib\n\nfunc init() { println("evil") }\n', 'evil.go'],
          [lib('data/c.txt'), null, 'not embedded before', 'data/c.txt'],
          [lib('lib_plan9.go'), LIBRARY['lib_plan9.go'], null, 'lib_plan9.go'],
          ['vendor/evil.example/e/e.go', null, 'package e\n', 'evil.example/e/e.go'],
        ];
        for (const [path, before, after, says] of cases) {
          if (after === null) rmSync(join(folder, path));
          else put(path, after);
          if (says !== 'data/c.txt') {
            expect(await go('build', '-buildvcs=false', '-o', 'out', '.'), says).toMatchObject({ status: 0 });
          }
          const { status, stdout } = await assay('audit', '--bytes');
          expect({ says, status }).toEqual({ says, status: 1 });
          expect(stdout).toContain('installed-modified');
          expect(stdout).toContain(says);
          expect((await assay('exec', '--', 'go', 'build', '-buildvcs=false', '-o', 'out', '.')).status).toBe(1);
          if (before === null) rmSync(join(folder, path));
          else put(path, before);
        }
        // The go command compiles a package that modules.txt does not name.
        put('vendor/evil.example/e/e.go', 'package e\n\nconst Name = "evil"\n');
        put(
          'main.go',
          'package main\n\nimport (\n\t"a.example/lib"\n\t"evil.example/e"\n)\n\nfunc main() { println(lib.Name, e.Name) }\n',
        );
        const built = await go('build', '-buildvcs=false', '-o', 'out', '.');
        expect((await assay('audit', '--bytes')).status, built.stderr).toBe(1);
        rmSync(join(folder, 'vendor/evil.example'), { recursive: true });
        // What differs from go.mod, both refuse.
        const txt = 'vendor/modules.txt';
        put(txt, readFileSync(join(folder, txt), 'utf8').replace('lib v1.0.0', 'lib v1.0.1'));
        expect((await go('build', '-buildvcs=false', '-o', 'out', '.')).stderr).toContain('inconsistent vendoring');
        expect((await assay('audit')).stdout).toMatch(/which\s+does\s+not\s+require\s+a\.example\/lib\s+v1\.0\.0/);
      }),
    240_000,
  );

  it(
    'may have folders in the place of modules, and be that of a workspace',
    () =>
      withVendored(async ({ folder, go, assay, put }) => {
        put('own/go.mod', 'module own.example\n\ngo 1.21\n');
        put('own/own.go', 'package own\n');
        put('own/own_test.go', 'package own\n');
        const replaced = 'require own.example v0.0.0\n\nreplace own.example => ./own\n';
        put('go.mod', `module m.example\n\ngo 1.22\n\nrequire a.example/lib v1.0.0\n\n${replaced}`);
        put('main.go', MAIN.replace('import (', 'import (\n\t_ "own.example"'));
        expect(await go('mod', 'tidy')).toMatchObject({ status: 0 });
        expect(await go('mod', 'vendor')).toMatchObject({ status: 0 });
        const right = await assay('audit', '--bytes');
        expect(right.stdout).toContain('lockfile-not-registry');
        expect(right.stdout).not.toMatch(/lockfile-other-code|lockfile-not-used|installed-/);
        put('vendor/own.example/own.go', 'package own // other\n');
        expect((await assay('audit', '--bytes')).stdout).toContain('installed-modified');
        rmSync(join(folder, 'vendor'), { recursive: true });
        put('sub/go.mod', 'module sub.example\n\ngo 1.22\n\nrequire a.example/lib v1.0.0\n');
        put('sub/sub.go', 'package sub\n\nimport _ "a.example/lib"\n');
        put('go.work', 'go 1.22\n\nuse .\nuse ./sub\n');
        writeFileSync(join(folder, 'sub/go.sum'), readFileSync(join(folder, 'go.sum')));
        expect(await go('work', 'vendor')).toMatchObject({ status: 0 });
        expect(await go('build', '-buildvcs=false', '-o', 'out', '.')).toMatchObject({ status: 0 });
        const workspace = await assay('audit', '--bytes');
        expect(workspace.stdout).not.toMatch(/lockfile-other-code|lockfile-not-used|installed-/);
        put('vendor/a.example/lib/lib.go', 'package lib\n');
        expect((await assay('audit', '--bytes')).stdout).toContain('installed-modified');
      }),
    240_000,
  );

  it(
    'is built from a module cache that go mod verify would not look into again',
    () =>
      withVendored(async ({ folder, go, assay }) => {
        expect(await go('mod', 'tidy')).toMatchObject({ status: 0 });
        expect(await assay('audit', '--installed')).toMatchObject({ status: 0 });
        const unpacked = join(folder, 'gopath/pkg/mod/a.example/lib@v1.0.0/lib.go');
        const before = readFileSync(unpacked, 'utf8');
        writeFileSync(unpacked, before.replace('"lib"', '"evil"'));
        expect(await go('build', '-buildvcs=false', '-o', 'out', '.')).toMatchObject({ status: 0 });
        const { status, stdout } = await assay('audit', '--installed');
        expect(status).toBe(1);
        expect(stdout).toContain('GOMODCACHE/a.example/lib@v1.0.0');
      }),
    240_000,
  );
});

describe.skipIf(!/^https?:/.test(FIRST))('real modules of a real module proxy (skipped where none is named)', () => {
  it(
    'are proven byte for byte, vendored and in the module cache, until one is changed',
    (context) =>
      inFolder(async (folder) => {
        const env = { GOPROXY: PROXY, HTTPS_PROXY: process.env['HTTPS_PROXY'] ?? '' };
        writeFileSync(join(folder, 'go.mod'), 'module m.example\n\ngo 1.22\n\nrequire golang.org/x/net v0.30.0\n');
        const main = 'package main\n\nimport _ "golang.org/x/net/html/charset"\n\nfunc main() {}\n';
        writeFileSync(join(folder, 'main.go'), main);
        mkdirSync(join(folder, '.git'));
        const tidied = await goCommand(folder, env, 'mod', 'tidy');
        if (tidied.status !== 0) context.skip('the module proxy is not reached');
        const assay = (...args: string[]): Promise<Run> =>
          assayInside(args, folder, { ...env, GOPATH: join(folder, 'gopath') });
        expect(await goCommand(folder, env, 'build', '-buildvcs=false', '-o', 'out', '.')).toMatchObject({ status: 0 });
        expect(await assay('audit', '--installed')).toMatchObject({ status: 0 });
        expect(await goCommand(folder, env, 'mod', 'vendor')).toMatchObject({ status: 0 });
        const vendored = await assay('audit', '--installed');
        expect(vendored).toMatchObject({ status: 0 });
        expect(vendored.stdout).not.toMatch(/lockfile-other-code|installed-/);
        const file = join(folder, 'vendor/golang.org/x/net/html/parse.go');
        const bytes = readFileSync(file);
        bytes[bytes.length - 2] = (bytes.at(-2) ?? 0) ^ 1;
        writeFileSync(file, bytes);
        const { status, stdout } = await assay('audit', '--installed');
        expect(status).toBe(1);
        expect(stdout).toContain('html/parse.go');
      }),
    240_000,
  );
});

describe.skipIf(!hasSharedData || !/^https?:/.test(FIRST))(
  'a real go.sum on a real module proxy (skipped where either is missing)',
  () => {
    it(
      'holds but for one version that the database does not have',
      (context) =>
        inFolder(async (folder) => {
          try {
            await fetch(`${FIRST}/sumdb/sum.golang.org/supported`, { signal: AbortSignal.timeout(20_000) });
          } catch {
            context.skip('the module proxy is not reached');
          }
          for (const file of ['go.mod', 'go.sum']) {
            cpSync(sharedData(`ecosystems/go/projects/cli/${file}`), join(folder, file));
          }
          mkdirSync(join(folder, '.git'));
          const env = { GOPROXY: PROXY, HTTPS_PROXY: process.env['HTTPS_PROXY'] ?? '' };
          const { status, stdout } = await assayInside(['audit'], folder, env);
          expect(status).toBe(1);
          expect(stdout).toContain('320 dependencies: 319 pass, 1 fail');
          expect(stdout).toContain('go:github.com/cli/go-internal@v0.0.0-20241024130215-fa3c22e38b9b');
          expect(stdout).toContain('is not in sum.golang.org, which has other versions of it');
        }),
      120_000,
    );
  },
);
