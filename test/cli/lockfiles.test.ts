import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { describe, expect, it } from 'vitest';
import { ciWorkflow, token } from '../../lab/index.ts';
import { accountOf, type AccountedJson } from './accounts.ts';
import { assayInside } from './inside.ts';
import { withProject, type LabProject } from './lab-project.ts';
import { inFolder } from './run.ts';

const TEAM = ciWorkflow({ repository: 'team/p' });
const ROOTS = { a: { p: '1.0.1' }, b: { p: '1.0.1', q: '1.0.0' } };

interface Monorepo extends LabProject {
  /** The report of `assay audit --json`, whose numbers add up, with its status. */
  readonly audit: (...args: string[]) => Promise<AccountedJson & { readonly status: number | null }>;
  readonly write: (file: string, text: string) => void;
}

/** A repository with lockfiles in a/ and b/, and none at its root. */
function inMonorepo(work: (project: Monorepo) => Promise<void>): Promise<void> {
  return withProject(async (project) => {
    const { lab, folder, run } = project;
    for (const name of ['p', 'q']) await lab.publish({ name, version: '1.0.0', by: TEAM });
    lab.clock.advance(1000);
    await lab.publish({ name: 'p', version: '1.0.1', by: TEAM });
    for (const [name, roots] of Object.entries(ROOTS)) await lab.writeProject(join(folder, name), roots);
    await work({
      ...project,
      write: (file, text) => {
        mkdirSync(dirname(join(folder, file)), { recursive: true });
        writeFileSync(join(folder, file), text);
      },
      audit: async (...args) => {
        const { status, stdout, stderr } = await run('audit', ...args, '--json');
        if (stdout === '') throw new Error(stderr);
        return { ...accountOf(JSON.parse(stdout) as AccountedJson), status };
      },
    });
  });
}

const filesOf = ({ lockfiles }: AccountedJson): string[] => lockfiles.map(({ file }) => file);

describe('several lockfiles in one run', () => {
  it('places, and everything below one, are audited in one report that has its published schema', async () => {
    await inMonorepo(async ({ audit, run }) => {
      const both = await audit('a', 'b/package-lock.json');
      expect([both.status, filesOf(both)]).toEqual([0, ['a/package-lock.json', 'b/package-lock.json']]);
      expect(both.counts).toMatchObject({ entries: 5, skipped: 2, dependencies: 3, pass: 3, provenance: 3 });
      expect(both.dependencies.map(({ name, location }) => `${name} ${location.file}`)).toEqual([
        'p a/package-lock.json',
        'p b/package-lock.json',
        'q b/package-lock.json',
      ]);
      const below = await audit('--recursive');
      expect(below).toEqual(both);
      expect(await audit('--recursive', '.', 'a', './a/package-lock.json')).toEqual(both);
      const ajv = new Ajv2020({ allErrors: true });
      addFormats.default(ajv);
      const schema = resolve(import.meta.dirname, '../../docs/schemas/report-1.schema.json');
      const validate = ajv.compile(JSON.parse(readFileSync(schema, 'utf8')) as object);
      const { stdout } = await run('--recursive', '--json');
      expect([validate(JSON.parse(stdout)), validate.errors]).toEqual([true, null]);
      const { stdout: text } = await run('--recursive');
      expect(text).toContain(': 2 lockfiles, 5 entries, phase guard\n');
      expect(text).toContain('  b/package-lock.json (package-lock v3): 3 entries, 2 dependencies, skipped 1 root\n');
    });
  });

  it('what two of them name is judged in each and asked once', async () => {
    await inMonorepo(async ({ run, requestsOf }) => {
      const one = await requestsOf(() => run('b'));
      const two = await requestsOf(() => run('b', 'a'));
      expect([one > 0, two]).toEqual([true, one]);
    });
  });

  it('a failure in one fails the run, and the other is reported', async () => {
    await inMonorepo(async ({ edit, audit, run }) => {
      edit('a/package-lock.json', (text) =>
        text.replace(/sha512-[^"]+/, `sha512-${Buffer.alloc(64).toString('base64')}`),
      );
      const report = await audit('--recursive');
      expect([report.status, report.verdict, report.counts['fail'], report.counts['pass']]).toEqual([1, 'fail', 1, 2]);
      const { stdout } = await run('--recursive');
      expect(stdout).toMatch(/error\[integrity-mismatch\][^]* a\/package-lock\.json:\d+/);
    });
  });

  it('one that cannot be read is named, leaves no statement, and hides nothing of the others', async () => {
    await inMonorepo(async ({ write, edit, audit, run }) => {
      write('c/package-lock.json', '{');
      const report = await audit('--recursive');
      expect([report.status, report.verdict, report.counts['pass']]).toEqual([2, 'unverified', 3]);
      expect(report.unread).toEqual([
        {
          file: 'c/package-lock.json',
          problem: expect.stringContaining('c/package-lock.json:1: not valid JSON') as string,
        },
      ]);
      const { stdout, status, stderr } = await run('--recursive');
      expect([status, stderr]).toEqual([2, '']);
      expect(stdout).toContain('not audited: c/package-lock.json:1: not valid JSON');
      expect(stdout).toContain('no statement: could not audit c/package-lock.json. Exit status 2');
      edit('a/package-lock.json', (text) =>
        text.replace(/sha512-[^"]+/, `sha512-${Buffer.alloc(64).toString('base64')}`),
      );
      expect((await run('--recursive')).status).toBe(1);
    });
  });

  it('one whose assay.lock is broken is named, and the others are audited', async () => {
    await inMonorepo(async ({ write, audit }) => {
      write('a/assay.lock', '<<<<<<< HEAD\n');
      const report = await audit('--recursive');
      expect([report.status, filesOf(report)]).toEqual([2, ['b/package-lock.json']]);
      expect(report.unread[0]).toMatchObject({
        file: 'a/package-lock.json',
        problem: expect.stringContaining('a/assay.lock:1') as string,
      });
    });
  });

  it('each is held by the assay.lock beside it', async () => {
    await inMonorepo(async ({ run, audit }) => {
      expect((await run('update', 'a')).status).toBe(0);
      const report = await audit('--recursive');
      expect(report.baselines.map(({ file, found, held, uncovered }) => ({ file, found, held, uncovered }))).toEqual([
        { file: 'a/assay.lock', found: true, held: 1, uncovered: [] },
        { file: 'b/assay.lock', found: false, held: 0, uncovered: ['p@1.0.1', 'q@1.0.0'] },
      ]);
      expect(report.baseline).toBeNull();
      const { stdout } = await run('--recursive');
      expect(stdout).toContain('a/assay.lock: 1 held and not asked again\n');
      expect(stdout).toContain('no b/assay.lock: nothing is held there (assay init writes it)\n');
      expect((await audit('a')).baseline).toMatchObject({ file: 'a/assay.lock', held: 1 });
    });
  });

  it('one policy governs them; a nearer one is not passed over', async () => {
    await inMonorepo(async ({ folder, write, run, audit }) => {
      spawnSync('git', ['init', '-q'], { cwd: folder });
      write('assay.yml', 'enforce: all\nexpect:\n  q:\n    runner: hosted\n');
      const governed = await audit('--recursive');
      expect(governed.policy).toMatchObject({ file: 'assay.yml', unused: [] });
      expect((await audit('a')).policy?.unused).toHaveLength(1);
      write('b/assay.yml', 'enforce: critical\n');
      const two = await run('--recursive');
      expect([two.status, two.stdout]).toEqual([2, '']);
      expect(two.stderr).toMatch(
        /^assay: a run has one policy, but assay\.yml governs a and b\/assay\.yml governs b; .*\n$/,
      );
      expect((await audit('--recursive', '--policy', 'assay.yml')).status).toBe(0);
    });
  });

  it('several of one folder are all audited, and share its assay.lock', async () => {
    await inMonorepo(async ({ lab, folder, run, audit, read, write }) => {
      await lab.writeProject(join(folder, 'a'), { p: '1.0.0' });
      copyFileSync(join(folder, 'b/package-lock.json'), join(folder, 'a/npm-shrinkwrap.json'));
      // Both lockfiles have what is asked for.
      write('a/package.json', JSON.stringify({ name: 'root', dependencies: { p: '*' } }));
      const both = await audit('a');
      expect(filesOf(both)).toEqual(['a/npm-shrinkwrap.json', 'a/package-lock.json']);
      expect(both.dependencies.map(({ name, version }) => `${name}@${version}`)).toEqual([
        'p@1.0.0',
        'p@1.0.1',
        'q@1.0.0',
      ]);
      expect((await run('update', 'a')).status).toBe(0);
      for (const spec of ['p@1.0.0', 'p@1.0.1', 'q@1.0.0'])
        expect(read('a/assay.lock')).toContain(`npm:${spec} artifact`);
      expect((await audit('a')).baselines).toMatchObject([{ held: 3, unused: [] }]);
      // What only the other one names is no leftover, and not dropped.
      expect((await audit('a/package-lock.json')).baseline).toMatchObject({ held: 1, unused: [] });
      const part = await run('update', 'a/package-lock.json');
      expect([part.status, part.stdout]).toEqual([2, '']);
      expect(part.stderr).toContain('a/npm-shrinkwrap.json shares a/assay.lock with a/package-lock.json');
      write('a/npm-shrinkwrap.json', '{');
      expect((await run('update', 'a')).stderr).toMatch(
        /npm-shrinkwrap\.json:1: not valid JSON.*name the lockfile that counts\n$/,
      );
      // npm reads the other one first, whatever is in it.
      const first = await run('update', 'a/package-lock.json');
      expect([first.status, first.stderr]).toEqual([1, expect.stringContaining('which npm reads first')]);
    });
  });

  it('a lockfile of a manager that is not supported is named beside one that is', async () => {
    await inMonorepo(async ({ write, audit, run }) => {
      write('a/deno.lock', '{}');
      const report = await audit('a');
      expect([report.status, report.verdict, report.counts['pass']]).toEqual([2, 'unverified', 1]);
      expect(report.unread).toMatchObject([
        { file: 'a/deno.lock', problem: expect.stringContaining('not supported') as string },
      ]);
      expect((await audit('a/package-lock.json')).status).toBe(0);
      const { status, stdout } = await run('accept', 'p', '--reason', 'x', '--lockfile', 'a');
      expect([status, stdout]).toEqual([2, '']);
    });
  });

  it('review and accept see every lockfile of the folder', async () => {
    await inMonorepo(async ({ lab, folder, run, write }) => {
      await lab.publish({ name: 'q', version: '1.0.1', by: token({ user: 'thief' }) });
      await lab.writeProject(join(folder, 'a'), { q: '1.0.1' });
      copyFileSync(join(folder, 'b/package-lock.json'), join(folder, 'a/npm-shrinkwrap.json'));
      write('a/package.json', JSON.stringify({ name: 'root', dependencies: { q: '*' } }));
      expect((await run('update', 'a')).status).toBe(0);
      expect((await run('review', 'a')).stdout).toContain('q@1.0.1');
      const accepted = await run('accept', 'q@1.0.1', '--reason', 'x', '--by', 'me', '--lockfile', 'a');
      expect([accepted.status, accepted.stderr]).toEqual([0, '']);
      expect((await run('accept', 'q', '--reason', 'x', '--by', 'me', '--lockfile', 'a')).stderr).toContain(
        'which q? a/npm-shrinkwrap.json and package-lock.json locks q@1.0.0, q@1.0.1',
      );
    });
  });
});

describe('looking below a folder', () => {
  it('leaves out what was installed and what is a link, and nothing else', async () => {
    await inMonorepo(async ({ folder, audit }) => {
      const copy = (to: string): void => {
        mkdirSync(join(folder, to), { recursive: true });
        for (const name of ['package-lock.json', 'package.json', '.npmrc']) {
          copyFileSync(join(folder, 'a', name), join(folder, to, name));
        }
      };
      for (const to of ['.github/x', 'node_modules/x', 'a/node_modules/x', '.git/x', '-x', 'deep/er']) copy(to);
      writeFileSync(join(folder, '.gitignore'), 'deep\n');
      symlinkSync('..', join(folder, 'a/above'));
      symlinkSync('/', join(folder, 'root'));
      expect(filesOf(await audit('--recursive')).sort()).toEqual(
        ['-x', '.github/x', 'a', 'b', 'deep/er'].map((name) => `${name}/package-lock.json`),
      );
    });
  });

  it('a folder that cannot be listed is named', async () => {
    // Root can list everything.
    if (process.getuid?.() === 0) return;
    await inMonorepo(async ({ folder, audit }) => {
      mkdirSync(join(folder, 'shut'));
      chmodSync(join(folder, 'shut'), 0);
      const report = await audit('--recursive');
      chmodSync(join(folder, 'shut'), 0o700);
      expect([report.status, report.unread]).toEqual([2, [{ file: 'shut', problem: 'cannot be listed: EACCES' }]]);
    });
  });

  it.each<[string, (folder: string) => void, RegExp]>([
    ['nothing', () => undefined, /^assay: no lockfile in .* or below \(looked for .*\)\n$/],
    [
      'folders without end',
      (folder) => mkdirSync(join(folder, ...Array.from({ length: 70 }, () => 'd')), { recursive: true }),
      /^assay: .* has folders nested deeper than 64 levels: name the folders to audit instead\n$/,
    ],
    [
      'lockfiles only that cannot be read',
      (folder) => {
        for (const name of ['a', 'b']) {
          mkdirSync(join(folder, name));
          writeFileSync(join(folder, name, 'package-lock.json'), '');
        }
      },
      /^assay: a\/package-lock\.json:1: .*; b\/package-lock\.json:1: .*\n$/,
    ],
    [
      'lockfiles only that name nothing',
      (folder) => {
        for (const name of ['a', 'b']) {
          mkdirSync(join(folder, name));
          writeFileSync(join(folder, name, 'package-lock.json'), '{"lockfileVersion":3,"packages":{}}');
        }
      },
      /^assay: nothing to check in a\/package-lock\.json, b\/package-lock\.json: they name no dependency\n$/,
    ],
  ])('where there are %s, that is one line', async (_, make, line) => {
    await inFolder(async (folder) => {
      make(folder);
      const { status, stdout, stderr } = await assayInside(['--recursive'], folder);
      expect([status, stdout, stderr]).toEqual([2, '', expect.stringMatching(line)]);
    });
  });
});
