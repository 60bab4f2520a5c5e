import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { GoLab } from '../../lab/go/index.ts';
import { git, hasGit } from '../support/git.ts';
import { altered, withGoProject } from './go-project.ts';
import { assayInside } from './inside.ts';
import type { Run } from './run.ts';

describe('a Go project, through the command line', () => {
  it('holds: every line is a record of the database, and asks what is retracted and nothing else', () =>
    withGoProject(async ({ run, lab }) => {
      const { status, stdout } = await run('audit');
      expect(stdout).toContain('3 dependencies: 3 pass');
      expect(stdout).toContain('checked against: sum.lab.example, a tree of 308 entries');
      expect(stdout).not.toMatch(/Sigstore|registry signature|provenance/);
      expect(status).toBe(0);
      const paths = lab.requests.map(({ url }) => url.replace('/sumdb/sum.lab.example/', ''));
      expect(paths.filter((path) => path.startsWith('lookup/')).sort()).toEqual([
        'lookup/a.example/!two@v1.0.0',
        'lookup/a.example/one@v1.0.0',
        'lookup/b.example/three/v2@v2.0.0',
      ]);
      const newest = (module: string, version: string): readonly string[] => [
        ...[`/${module}/@v/list`, `/${module}/@v/${version}.mod`],
      ];
      expect(paths.filter((path) => !path.startsWith('lookup/')).sort()).toEqual([
        ...newest('a.example/!two', 'v1.0.0'),
        ...newest('a.example/one', 'v1.0.0'),
        ...newest('b.example/three/v2', 'v2.0.0'),
        'supported',
        'tile/8/0/001.p/52',
        'tile/8/1/000.p/1',
      ]);
    }));

  it("fails where a hash of go.sum is not the log's, of the zip and of go.mod, in every phase", () =>
    withGoProject(async ({ audit, edit }) => {
      edit('go.sum', altered);
      expect(await audit()).toEqual({ status: 1, found: ['a.example/one integrity-mismatch error'] });
      expect(await audit('--enforce', 'observe')).toMatchObject({ status: 1 });
    }));

  it('fails where a second hash stands beside the right one', () =>
    withGoProject(async ({ audit, edit }) => {
      edit('go.sum', (text) => `${text}${altered(text.split('\n')[1] ?? '')}\n`);
      expect(await audit()).toEqual({ status: 1, found: ['a.example/one integrity-mismatch error'] });
    }));

  it('keeps the newest tree with what was taken in, holds it, and moves it forward only', () =>
    withGoProject(async ({ run, audit, edit, read, lab }) => {
      const begun = await run('init');
      expect(begun.status).toBe(0);
      // Nobody signs who built a module, so that no later phase asks for more.
      expect(begun.stdout).toContain('before go mod download');
      expect(begun.stdout).not.toContain('enforce: critical');
      expect(read('assay.lock')).toMatch(/^log sum\.lab\.example 308 \S+=$/m);
      const asked = lab.requests.length;
      expect(await audit()).toEqual({ status: 0, found: [] });
      expect(lab.requests.length).toBe(asked);
      edit('go.sum', altered);
      expect(await audit()).toEqual({ status: 1, found: ['a.example/one integrity-rewritten error'] });
      edit('go.sum', (text) => text.replace(/^.*\n.*\n/, ''));
      edit('go.mod', (text) => text.replace('require a.example/one v1.0.0\n', 'require a.example/one v1.1.0\n'));
      const sum = lab.publish('a.example/one', 'v1.1.0');
      edit('go.sum', (text) => sum + text);
      expect((await run('update')).status).toBe(0);
      expect(read('assay.lock')).toMatch(/^log sum\.lab\.example 309 \S+=$/m);
      expect(read('assay.lock')).not.toContain('go:a.example/one@v1.0.0');
      expect(await audit('--reverify')).toEqual({ status: 0, found: [] });
    }));

  it('holds a module of which only the go.mod is still locked, and asks where its zip comes back', () =>
    withGoProject(async ({ run, audit, edit, read, lab }) => {
      expect((await run('init')).status).toBe(0);
      const whole = read('go.sum');
      const lines = read('assay.lock');
      const zipLine = /^a\.example\/one v1\.0\.0 h1:.*\n/m;
      // As go mod tidy leaves it after an upgrade.
      edit('go.sum', (text) => text.replace(zipLine, '') + lab.publish('a.example/one', 'v1.1.0'));
      edit('go.mod', (text) => text.replace('a.example/one v1.0.0', 'a.example/one v1.1.0'));
      expect(await audit()).toEqual({ status: 0, found: [] });
      expect((await run('update')).status).toBe(0);
      expect(read('assay.lock')).toMatch(/go:a\.example\/one@v1\.0\.0 artifact zip /);
      // Of a module that was taken in without its zip, that is verified, and then taken in.
      const zip = /^go:a\.example\/one@v1\.0\.0 artifact zip .*\n/m;
      edit('go.sum', () => whole);
      edit('go.mod', (text) => text.replace('a.example/one v1.1.0', 'a.example/one v1.0.0'));
      edit('assay.lock', () => lines.replace(zip, ''));
      const asked = lab.requests.length;
      expect(await audit()).toEqual({ status: 0, found: [] });
      expect(lab.requests.length).toBeGreaterThan(asked);
      expect((await run('update')).status).toBe(0);
      const withoutHead = (text: string): string => text.replace(/^log .*$/m, '');
      expect(withoutHead(read('assay.lock'))).toBe(withoutHead(lines));
      edit('assay.lock', () => lines.replace(zip, ''));
      edit('go.sum', (text) => text.replace(zipLine, altered));
      expect(await audit()).toEqual({ status: 1, found: ['a.example/one integrity-mismatch error'] });
    }));

  it('refuses a log that is a fork of the kept tree, and takes nothing of it in', () =>
    withGoProject(async ({ run, audit, read, edit, lab }) => {
      await run('init');
      const before = read('assay.lock');
      lab.database.fork();
      lab.grow(10);
      expect(await audit('--reverify')).toMatchObject({
        status: 1,
        found: expect.arrayContaining(['go.sum log-inconsistent']) as unknown,
      });
      const { stdout } = await run('audit', '--reverify');
      expect(stdout).toContain('go.sum database tree');
      expect((await run('update')).status).toBe(0);
      expect(read('assay.lock')).toBe(before);
      // Nor with a new module, for which the log has to be asked.
      edit('go.sum', (text) => text + lab.publish('a.example/new', 'v1.0.0'));
      expect((await run('update')).status).toBe(1);
      expect(read('assay.lock')).toBe(before);
    }));

  it('fails for an unlogged version of a module that is logged, and warns of one that is not logged at all', () =>
    withGoProject(async ({ audit, edit, lab }) => {
      const unlogged = lab.publish('a.example/one', 'v1.9.0', { logged: false });
      const unknown = lab.publish('c.example/unknown', 'v1.0.0', { logged: false });
      edit('go.sum', (text) => text + unlogged + unknown);
      const found = (level: string): readonly string[] => [
        `a.example/one log-record-missing ${level}`,
        'c.example/unknown log-record-missing warning',
      ];
      expect(await audit()).toEqual({ status: 1, found: found('error') });
      expect(await audit('--enforce', 'observe')).toEqual({ status: 0, found: found('warning') });
      // Of another version alone, the database is asked whether it has any.
      edit('go.sum', () => unlogged);
      edit('go.mod', (text) => text.replace(/^require.*\n/gm, ''));
      expect(await audit()).toEqual({ status: 1, found: ['a.example/one log-record-missing error'] });
    }));

  it('makes no statement where the database is not reached, and never takes that for absence', () =>
    withGoProject(async ({ audit, lab }) => {
      for (const path of [/supported$/, /lookup\/a.example\/one/, /tile\//]) {
        lab.behave(path, { status: 403 });
        expect(await audit(), String(path)).toMatchObject({ status: 3 });
        lab.behaveWell();
      }
    }));

  it('is not asked about what GOPRIVATE names, and says what is exempt', () =>
    withGoProject(async ({ folder, lab }) => {
      const audit = async (env: Readonly<Record<string, string>>): Promise<Run> =>
        assayInside(['audit'], folder, { ...lab.env, ...env });
      const own = await audit({ GOPRIVATE: 'b.example/*' });
      expect(own.status).toBe(0);
      expect(own.stdout).toContain('note[checks-disabled]');
      expect(lab.requests.filter(({ url }) => url.includes('lookup/b.example'))).toEqual([]);
      const off = await audit({ GOSUMDB: 'off' });
      expect(off.status).toBe(1);
      expect(off.stdout).toContain('error[checks-disabled]');
      expect(off.stdout).toContain('"GOSUMDB=off" switches every check off');
      expect(off.stdout).toContain('hash 0');
      const file = await assayInside(['audit'], folder, { ...lab.env, GOSUMDB: '', GOENV: join(folder, 'goenv') });
      expect(file.status).not.toBe(0);
      writeFileSync(join(folder, 'goenv'), `GOSUMDB=${lab.sumdb}\nGOPRIVATE=b.example\n`);
      const written = await assayInside(['audit'], folder, { ...lab.env, GOSUMDB: '', GOENV: join(folder, 'goenv') });
      expect(written).toMatchObject({ status: 0, stderr: '' });
      expect(written.stdout).toContain('GOPRIVATE=b.example');
    }));

  it('fails for a pattern that exempts what anybody publishes, and warns of an owner on a public host', () =>
    withGoProject(async ({ runWith, lab, edit }) => {
      edit(
        'go.sum',
        (text) => text + lab.publish('github.com/o/r', 'v1.0.0') + lab.publish('golang.org/x/m', 'v1.0.0'),
      );
      const levels: Readonly<Record<string, readonly [number, string | null]>> = {
        'github.com': [1, 'error'],
        'github.com/*': [1, 'error'],
        '*': [1, 'error'],
        '*.example': [1, 'error'],
        'golang.org/x': [1, 'error'],
        'github.com/o': [0, 'warning'],
        'github.com/o*/r,github.com': [0, 'warning'],
        'a.example': [0, 'note'],
        '*.a.example,a.*': [1, 'error'],
        '*.golang.org': [0, null],
      };
      for (const [GONOSUMDB, [status, level]] of Object.entries(levels)) {
        const found = await runWith({ GONOSUMDB }, 'audit');
        const words = ['error', 'warning', 'note'].filter((word) => found.stdout.includes(`${word}[checks-disabled]`));
        expect([GONOSUMDB, found.status, words[0] ?? null]).toEqual([GONOSUMDB, status, level]);
        const observed = await runWith({ GONOSUMDB }, 'audit', '--enforce', 'observe');
        expect([GONOSUMDB, observed.status]).toEqual([GONOSUMDB, 0]);
      }
    }));

  it('asks nobody where GOPROXY=off says so, and says how to', () =>
    withGoProject(async ({ runWith, lab }) => {
      const off = await runWith({ GOPROXY: 'off' }, 'audit');
      expect(off.status).toBe(3);
      expect(off.stdout.replace(/\s+/g, ' ')).toContain('may be asked of nobody ("GOPROXY=off")');
      expect(off.stdout).toContain('GOPROXY=https://proxy.golang.org assay audit');
      expect((await runWith({ GOPROXY: 'off' }, 'trust', 'hosts')).stdout).not.toContain('sum.lab.example');
      expect(lab.requests).toEqual([]);
      // The database at an address of its own is no proxy.
      const own = `${lab.sumdb} ${lab.url}sumdb/sum.lab.example`;
      expect(await runWith({ GOPROXY: 'off', GOSUMDB: own }, 'audit')).toMatchObject({ status: 0 });
    }));

  it('fails for what go.mod requires and go.sum has nothing of, from guard on', () =>
    withGoProject(async ({ audit, edit }) => {
      edit('go.sum', (text) => text.replace(/^a\.example\/one .*\n/gm, ''));
      const found = ['a.example/one integrity-missing error'];
      expect(await audit()).toEqual({ status: 1, found });
      expect(await audit('--enforce', 'observe')).toMatchObject({ status: 0 });
      edit('go.sum', () => '');
      expect(await audit()).toMatchObject({ status: 1, found: { length: 3 } });
    }));

  it('makes no statement about a folder whose go.sum is gone, alone or beside others', () =>
    withGoProject(async ({ run, folder, read }) => {
      const sums = read('go.sum');
      rmSync(join(folder, 'go.sum'));
      const alone = await run('audit');
      expect(alone).toMatchObject({ status: 2, stdout: '' });
      expect(alone.stderr).toMatch(/^assay: go\.mod requires 3 modules of which no go\.sum has a hash.*\n$/);
      const lock = { name: 'p', lockfileVersion: 3, packages: { '': { name: 'p' } } };
      writeFileSync(join(folder, 'package-lock.json'), JSON.stringify(lock));
      writeFileSync(join(folder, 'package.json'), '{"name":"p"}');
      const beside = await run('audit', '--registry', 'http://127.0.0.1:9/');
      expect(beside.status).toBe(2);
      expect(beside.stdout + beside.stderr).toContain('no go.sum has a hash');
      rmSync(join(folder, 'package-lock.json'));
      writeFileSync(join(folder, 'go.sum'), sums);
      // Nothing is locked where nothing is required, and the go command passes over testdata.
      for (const name of ['empty', 'testdata']) mkdirSync(join(folder, name));
      writeFileSync(join(folder, 'empty/go.mod'), 'module empty.example\n\ngo 1.21\n');
      writeFileSync(join(folder, 'testdata/go.mod'), 'module t.example\n\nrequire a.example/one v1.0.0\n');
      expect(await run('audit', '--recursive')).toMatchObject({ status: 0 });
      mkdirSync(join(folder, 'sub'));
      writeFileSync(join(folder, 'sub/go.mod'), 'module sub.example\n\nrequire a.example/one v1.0.0\n');
      expect(await run('audit', '--recursive')).toMatchObject({ status: 2 });
    }));

  it('says in phases that demand provenance why it demands none, and refuses a policy that would', () =>
    withGoProject(async ({ run, folder }) => {
      for (const phase of ['critical', 'all']) {
        const { status, stdout } = await run('audit', '--enforce', phase);
        expect(status).toBe(0);
        expect(stdout).toContain('no provenance is demanded of 3 of 3 (go)');
      }
      expect((await run('audit')).stdout).not.toContain('no provenance is demanded');
      writeFileSync(join(folder, 'assay.yml'), "expect:\n  'go:a.example/one':\n    provenance: required\n");
      expect(await run('audit')).toMatchObject({
        status: 2,
        stderr: expect.stringContaining('nobody signs who builds packages of go') as unknown,
      });
    }));

  it('points from what looks like a module to one, and from a search to the record', () =>
    withGoProject(async ({ run, lab }) => {
      const check = await run('check', 'a.example/one@v1.0.0', '--registry', 'http://127.0.0.1:9/');
      expect(check.status).toBe(2);
      expect(check.stderr).toContain('a package of go is go:a.example/one@v1.0.0');
      const search = await run('log', 'search', 'go:a.example/one@v1.0.0');
      expect(search).toMatchObject({ status: 2, stdout: '' });
      expect(search.stderr).toContain('assay check go:a.example/one@v1.0.0');
      expect(lab.requests).toEqual([]);
    }));

  it('asks the next proxy after 404 and never past one that passes the database on', () =>
    withGoProject(async ({ folder, lab }) => {
      const audit = (GOPROXY: string): Promise<Run> => assayInside(['audit'], folder, { ...lab.env, GOPROXY });
      const one = `${lab.url}none,${lab.url}`;
      expect(await audit(one)).toMatchObject({ status: 0 });
      lab.behave(/^\/none\/sumdb/, { status: 403 });
      expect(await audit(one)).toMatchObject({ status: 3 });
      expect(await audit(one.replace(',', '|'))).toMatchObject({ status: 0 });
      lab.behaveWell();
      lab.behave(/lookup\/a\.example\/one/, { status: 404 });
      expect(await audit(`${lab.url},${lab.url}other`)).toMatchObject({ status: 0 });
      expect(lab.requests.some(({ url }) => url.startsWith('/other/'))).toBe(false);
    }));

  it('reads a workspace with the sums of all its modules, and says so of a folder below one', () =>
    withGoProject(async ({ audit, folder, lab, edit }) => {
      mkdirSync(join(folder, 'sub'));
      writeFileSync(join(folder, 'go.work'), 'go 1.21\n\nuse .\nuse ./sub\n');
      writeFileSync(join(folder, 'sub/go.mod'), 'module sub.example\n\ngo 1.21\n\nrequire c.example/sub v1.0.0\n');
      writeFileSync(join(folder, 'sub/go.sum'), altered(lab.publish('c.example/sub', 'v1.0.0')));
      expect(await audit()).toEqual({ status: 1, found: ['c.example/sub integrity-mismatch error'] });
      const sub = await audit('sub');
      expect(sub.found).toContain('go.sum lockfile-other-code');
      edit('go.work', (text) => text.replace('use ./sub', 'use ./gone'));
      expect(await audit()).toMatchObject({ status: 2 });
    }));

  it('names a module of the workspace that stands in for a locked one as it names a replacement', () =>
    withGoProject(async ({ audit, folder, edit }) => {
      const git = (...args: readonly string[]): void => {
        const identity = ['-c', 'user.name=t', '-c', 'user.email=t@t.example'];
        expect(spawnSync('git', [...identity, ...args], { cwd: folder }).status).toBe(0);
      };
      rmSync(join(folder, '.git'), { recursive: true });
      git('init', '-q');
      git('add', 'go.mod', 'go.sum');
      git('commit', '-q', '-m', 'one');
      edit('go.mod', (text) => `${text}\nreplace a.example/one => ./q\n`);
      mkdirSync(join(folder, 'q'));
      writeFileSync(join(folder, 'q/go.mod'), 'module a.example/one\n\ngo 1.21\n');
      const found = ['a.example/one lockfile-not-registry warning'];
      expect(await audit()).toEqual({ status: 0, found });
      edit('go.mod', (text) => text.replace(/replace.*/, ''));
      writeFileSync(join(folder, 'go.work'), 'go 1.21\n\nuse .\nuse ./q\n');
      expect(await audit()).toEqual({ status: 0, found });
      expect(await audit('--since', 'HEAD')).toEqual({ status: 0, found });
      // Also where the line that locks it is gone.
      edit('go.sum', (text) => text.replaceAll(/a\.example\/one.*\n/g, ''));
      expect(await audit()).toEqual({ status: 0, found });
      edit('go.work', (text) => text.replace('use ./q\n', ''));
      expect(await audit()).toEqual({ status: 1, found: ['a.example/one integrity-missing error'] });
    }));

  it('names a workspace above the path that PWD has, as the go command looks for it there', () =>
    withGoProject(async ({ folder, lab, read }) => {
      const [app, link] = [join(folder, 'lib/app'), join(folder, 'services/app')];
      mkdirSync(app, { recursive: true });
      mkdirSync(join(folder, 'services'));
      symlinkSync('../lib/app', link);
      for (const name of ['go.mod', 'go.sum']) writeFileSync(join(app, name), read(name));
      const env = { ...process.env, GOWORK: '', GOFLAGS: '', GOTOOLCHAIN: 'local' };
      const goWork = (PWD: string): string | null => {
        const { status, stdout } = spawnSync('go', ['env', 'GOWORK'], { cwd: app, env: { ...env, PWD } });
        return status === 0 ? String(stdout).trim() : null;
      };
      const named = async (PWD: string): Promise<boolean> =>
        (await assayInside(['audit'], app, { ...lab.env, PWD })).stdout.includes('services/go.work');
      expect(await named(link)).toBe(false);
      const work = join(folder, 'services/go.work');
      writeFileSync(work, 'go 1.21\n\nuse ./app\n');
      for (const [PWD, isNamed] of [
        [link, true],
        [app, false],
        // Another directory than the one it runs in, and a relative path, count for nothing.
        [join(folder, 'services'), false],
        ['services/app', false],
      ] as const) {
        expect({ PWD, isNamed: await named(PWD) }).toEqual({ PWD, isNamed });
        const taken = goWork(PWD);
        if (taken !== null) expect({ PWD, taken }).toEqual({ PWD, taken: isNamed ? work : '' });
      }
    }));

  it.skipIf(!hasGit)('fails for caches of the repository, wherever they are named, and warns of a Go of it', () =>
    withGoProject(async ({ folder, runWith }) => {
      rmSync(join(folder, '.git'), { recursive: true });
      git(folder, ['init', '-q', '-b', 'main']);
      const at = (path: string): string => join(folder, path);
      const cases: readonly (readonly [file: string, env: Readonly<Record<string, string>>, code: string])[] = [
        ['.go/mod/a.example/one@v1.0.0/one.go', { GOMODCACHE: at('.go/mod') }, 'lockfile-not-used'],
        ['.gp/pkg/mod/a.example/one@v1.0.0/one.go', { GOPATH: at('.gp') }, 'lockfile-not-used'],
        ['.gp/pkg/mod/a.example/one@v1.0.0/one.go', { GOENV: at('goenv') }, 'lockfile-not-used'],
        ['cache/00/x-d', { GOCACHE: at('cache') }, 'lockfile-not-used'],
        ['root/bin/go', { GOROOT: at('root') }, 'lockfile-other-code'],
      ];
      const codes = async (env: Readonly<Record<string, string>>): Promise<readonly string[]> => {
        const { stdout } = await runWith(env, 'audit', '--json', '--enforce', 'observe');
        const { lockfiles } = JSON.parse(stdout) as { lockfiles: { findings: { code: string }[] }[] };
        return lockfiles.flatMap(({ findings }) => findings.map(({ code }) => code));
      };
      writeFileSync(at('goenv'), `GOPATH=${at('.gp')}\n`);
      for (const [file, env, code] of cases) {
        mkdirSync(dirname(at(file)), { recursive: true });
        writeFileSync(at(file), 'package one\n');
        // What go itself has fetched into it is of this machine.
        expect(await codes(env), file).toEqual([]);
        git(folder, ['add', '-f', file]);
        git(folder, ['-c', 'user.name=a', '-c', 'user.email=a@a.example', 'commit', '-qm', 'x']);
        expect(await codes(env), file).toEqual([code]);
        git(folder, ['rm', '-qf', file]);
        git(folder, ['-c', 'user.name=a', '-c', 'user.email=a@a.example', 'commit', '-q', '--allow-empty', '-m', 'x']);
      }
    }),
  );

  it('says so where the environment names another workspace than is read, or none', () =>
    withGoProject(async ({ runWith, folder }) => {
      const warned = async (work: string): Promise<boolean> => {
        const { status, stdout } = await runWith({ GOWORK: work }, 'audit');
        expect({ work, status }).toEqual({ work, status: 0 });
        const says = stdout.includes('lockfile-other-code');
        expect(stdout.includes('GOWORK=')).toBe(says);
        return says;
      };
      const own = join(folder, 'go.work');
      expect(await warned('auto')).toBe(false);
      expect(await warned('off')).toBe(false);
      expect(await warned('/elsewhere/go.work')).toBe(true);
      writeFileSync(own, 'go 1.21\n\nuse .\n');
      expect(await warned(own)).toBe(false);
      expect(await warned('off')).toBe(true);
      expect(await warned('/elsewhere/go.work')).toBe(true);
    }));

  it('refuses in one line what it does not do for modules', () =>
    withGoProject(async ({ run }) => {
      for (const line of ['go get x.example@latest', 'go mod tidy', 'go run x@v1', 'go build -mod=mod ./...']) {
        const { status, stderr } = await run('exec', '--', ...line.split(' '));
        expect({ line, status }).toEqual({ line, status: 2 });
        expect(stderr).toContain('not run');
      }
    }));

  it('names the module proxy and the database among the hosts', () =>
    withGoProject(async ({ run, lab }) => {
      const { stdout } = await run('trust', 'hosts');
      const { host } = new URL(lab.url);
      expect(stdout).toContain(
        `${host} http: module proxy of GOPROXY, and checksum database sum.lab.example through it`,
      );
      expect(stdout).toMatch(
        /^sum\.lab\.example https through \S+: checksum database, where no module proxy passes it on$/m,
      );
      expect(lab.requests).toEqual([]);
    }));

  it('checks a version without a project', () =>
    withGoProject(async ({ run, lab }) => {
      const good = await run('check', 'go:a.example/one@v1.0.0');
      expect(good).toMatchObject({ status: 0, stderr: '' });
      expect(good.stdout).toContain('hash 1');
      lab.publish('a.example/one', 'v1.2.0', { logged: false });
      expect((await run('check', 'go:a.example/one')).stdout).toContain('log-record-missing');
      const bare = await run('check', 'go:a.example/one@1.0.0');
      expect([bare.status, bare.stderr]).toEqual([
        2,
        expect.stringContaining('its versions begin with v, as in go:a.example/one@v1.0.0'),
      ]);
      expect((await run('check', 'go:')).stderr).toBe(
        'assay: go: there is no package name after the colon; a package of go is go:NAME\n',
      );
      expect(await run('check', 'go:a.example/one@v9.0.0')).toMatchObject({ status: 2 });
      const others = [
        ['pypi:httpx==0.28.1', 'did you mean pypi:httpx@0.28.1?'],
        ['httpx==0.28.1', 'did you mean pypi:httpx@0.28.1?'],
        ['PyPI:Httpx', 'did you mean pypi:Httpx?'],
        ['pip:httpx', 'did you mean pypi:httpx?'],
        ['crates.io:serde@1', 'did you mean cargo:serde@1?'],
        ['golang:a.example/one', 'did you mean go:a.example/one?'],
        ['gem:rails', 'there is no ecosystem gem: there are npm, go, pypi, cargo'],
        ['cargo:a b', 'not a package name with a version or range'],
        ['npm:a b', 'not a package name with a version, range or dist-tag'],
      ] as const;
      const told = await run('check', ...others.map(([spec]) => spec));
      expect([told.status, told.stderr]).toEqual([
        2,
        others.map(([spec, reason]) => `assay: ${spec}: ${reason}\n`).join(''),
      ]);
    }));
});

describe('what a module proxy can make of the answers of the database', () => {
  const LOOKUP = 'sumdb/sum.lab.example/lookup/a.example/one@v1.0.0';
  const forged = `a.example/one v1.0.0 h1:${Buffer.alloc(32, 7).toString('base64')}\n`;
  const cases: readonly (readonly [string, number, string, (lab: GoLab) => void])[] = [
    [
      'the record of another module',
      1,
      'log-proof-invalid',
      (lab) => lab.answerWith(LOOKUP, lab.lookup('a.example/Two', 'v1.0.0')),
    ],
    [
      'no record, and its hashes in the extension lines of the head',
      3,
      'evidence-malformed',
      (lab) => lab.answerWith(LOOKUP, `0\n\n${lab.database.head({ extensions: forged })}`),
    ],
    [
      'a record that nobody logged',
      1,
      'log-proof-invalid',
      (lab) => lab.answerWith(LOOKUP, `300\n${forged}\n${lab.database.head()}`),
    ],
    [
      'a position beyond the tree',
      1,
      'log-proof-invalid',
      (lab) => lab.answerWith(LOOKUP, lab.lookup('a.example/one', 'v1.0.0').replace(/^\d+/, '308')),
    ],
    [
      'a truncated note',
      3,
      'evidence-malformed',
      (lab) => lab.answerWith(LOOKUP, lab.lookup('a.example/one', 'v1.0.0').slice(0, -20)),
    ],
    ['a page of a firewall', 3, 'evidence-malformed', (lab) => lab.answerWith(LOOKUP, '<html>log in</html>')],
    [
      'a forged tile',
      1,
      'log-proof-invalid',
      (lab) => lab.answerWith('sumdb/sum.lab.example/tile/8/0/001.p/52', Buffer.alloc(52 * 32, 1)),
    ],
    [
      'a head of another root',
      1,
      'log-inconsistent',
      (lab) =>
        lab.answerWith(
          LOOKUP,
          lab
            .lookup('a.example/one', 'v1.0.0')
            .replace(/\n\n[^]*$/, `\n\n${lab.database.head({ root: Buffer.alloc(32, 3) })}`),
        ),
    ],
    [
      'a smaller head that is no beginning',
      1,
      'log-inconsistent',
      (lab) =>
        lab.answerWith(
          LOOKUP,
          lab
            .lookup('a.example/one', 'v1.0.0')
            .replace(/\n\n[^]*$/, `\n\n${lab.database.head({ size: 305, root: Buffer.alloc(32, 3) })}`),
        ),
    ],
  ];
  it.each(cases)('%s: status %i, %s', (_, status, code, change) =>
    withGoProject(async ({ audit, lab }) => {
      change(lab);
      const answer = await audit();
      expect(answer.status).toBe(status);
      expect(answer.found.join('\n')).toContain(code);
    }),
  );

  it('changes nothing by lines that stand beside the true record, and by a full tile for a partial one', () =>
    withGoProject(async ({ audit, lab }) => {
      const answer = lab.lookup('a.example/one', 'v1.0.0');
      lab.answerWith(LOOKUP, answer.replace(/\n\n[^]*$/, `\n\n${lab.database.head({ extensions: forged })}`));
      const partial = 'sumdb/sum.lab.example/tile/8/0/001.p/52';
      const hashes = lab.database.tile('0/001.p/52') ?? Buffer.alloc(0);
      lab.answerWith(partial, null);
      lab.answerWith(partial.replace('.p/52', ''), Buffer.concat([hashes, Buffer.alloc((256 - 52) * 32)]));
      expect(await audit()).toEqual({ status: 0, found: [] });
    }));

  it('is held to what the go command of this machine has seen, which stays as it is', () =>
    withGoProject(async ({ folder, lab }) => {
      const kept = join(folder, 'gopath/pkg/sumdb/sum.lab.example');
      mkdirSync(kept, { recursive: true });
      const run = (): Promise<Run> => assayInside(['audit'], folder, { ...lab.env, GOPATH: join(folder, 'gopath') });
      const note = lab.database.head({ size: 200 });
      writeFileSync(join(kept, 'latest'), note);
      expect(await run()).toMatchObject({ status: 0 });
      expect(readFileSync(join(kept, 'latest'), 'utf8')).toBe(note);
      writeFileSync(join(kept, 'latest'), lab.database.head({ size: 200, root: Buffer.alloc(32, 4) }));
      const { status, stdout } = await run();
      expect(status).toBe(1);
      expect(stdout).toContain('log-inconsistent');
    }));
});
