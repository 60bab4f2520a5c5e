import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { GoLab } from '../../lab/go/index.ts';
import { withGoLab } from '../support/go-lab.ts';
import { assayInside } from './inside.ts';
import { inFolder, type Run } from './run.ts';

interface GoProject {
  readonly lab: GoLab;
  readonly folder: string;
  readonly run: (...args: string[]) => Promise<Run>;
  /** Codes of all findings by what they are about, with the exit status. */
  readonly audit: (...args: string[]) => Promise<{ readonly status: number | null; readonly found: readonly string[] }>;
  readonly edit: (file: string, change: (text: string) => string) => void;
  readonly read: (file: string) => string;
}

interface ReportJson {
  readonly lockfiles: readonly { readonly findings: readonly { readonly code: string; readonly level: string }[] }[];
  readonly findings: readonly {
    readonly name: string;
    readonly version: string;
    readonly code: string;
    readonly level: string;
  }[];
}

const MODULES = ['a.example/one', 'a.example/Two', 'b.example/three/v2'] as const;

/** A project of three modules in a database of some hundred others. */
function withGoProject(work: (project: GoProject) => Promise<void>): Promise<void> {
  return withGoLab((lab) =>
    inFolder(async (folder) => {
      lab.grow(300);
      const sums = MODULES.map((path) => lab.publish(path, path.endsWith('/v2') ? 'v2.0.0' : 'v1.0.0'));
      lab.grow(5);
      const requires = MODULES.map((path) => `require ${path} ${path.endsWith('/v2') ? 'v2.0.0' : 'v1.0.0'}\n`);
      writeFileSync(join(folder, 'go.sum'), sums.join(''));
      writeFileSync(join(folder, 'go.mod'), `module project.example\n\ngo 1.21\n\n${requires.join('')}`);
      mkdirSync(join(folder, '.git'));
      const run = (...args: string[]): Promise<Run> => assayInside(args, folder, lab.env);
      await work({
        lab,
        folder,
        run,
        audit: async (...args) => {
          const { status, stdout, stderr } = await run('audit', '--json', ...args);
          if (stdout === '') return { status, found: [stderr] };
          const report = JSON.parse(stdout) as ReportJson;
          const whole = report.lockfiles.flatMap(({ findings }) => findings.map((one) => `go.sum ${one.code}`));
          return {
            status,
            found: [...whole, ...report.findings.map(({ name, code, level }) => `${name} ${code} ${level}`)].sort(),
          };
        },
        edit: (file, change) => writeFileSync(join(folder, file), change(readFileSync(join(folder, file), 'utf8'))),
        read: (file) => readFileSync(join(folder, file), 'utf8'),
      });
    }),
  );
}

/** Another hash of the same form. */
const altered = (text: string): string =>
  text.replace(/h1:..../, (hash) => `h1:${hash.endsWith('A') ? 'BBBB' : 'AAAA'}`);

describe('a Go project, through the command line', () => {
  it('holds: every line is a record of the database, and asks nothing else', () =>
    withGoProject(async ({ run, lab }) => {
      const { status, stdout } = await run('audit');
      expect(stdout).toContain('3 dependencies: 3 pass');
      expect(stdout).toContain('log sum.lab.example: tree of 308');
      expect(status).toBe(0);
      const paths = lab.requests.map(({ url }) => url.replace('/sumdb/sum.lab.example/', ''));
      expect(paths.filter((path) => path.startsWith('lookup/')).sort()).toEqual([
        'lookup/a.example/!two@v1.0.0',
        'lookup/a.example/one@v1.0.0',
        'lookup/b.example/three/v2@v2.0.0',
      ]);
      expect(paths.filter((path) => !path.startsWith('lookup/')).sort()).toEqual([
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
      expect((await run('init')).status).toBe(0);
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

  it('refuses a log that is a fork of the kept tree, and takes nothing of it in', () =>
    withGoProject(async ({ run, audit, read, lab }) => {
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
    }));

  it('fails for an unlogged version of a module that is logged, and warns of one that is not logged at all', () =>
    withGoProject(async ({ audit, edit, lab }) => {
      edit('go.sum', (text) => text + lab.publish('a.example/one', 'v1.9.0', { logged: false }));
      expect(await audit()).toEqual({ status: 1, found: ['a.example/one log-record-missing error'] });
      expect(await audit('--enforce', 'observe')).toMatchObject({ status: 0 });
    }));

  it('makes no statement where the database is not reached, and never takes that for absence', () =>
    withGoProject(async ({ audit, lab }) => {
      for (const path of [/supported$/, /lookup\/a.example\/one/, /tile\//]) {
        lab.behave(path, { status: 403 });
        expect(await audit(), String(path)).toMatchObject({ status: 3 });
        lab.behaveWell();
      }
    }));
});
