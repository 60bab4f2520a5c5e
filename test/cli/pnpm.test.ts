import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { describe, expect, it } from 'vitest';
import { ciWorkflow, type Roots } from '../../lab/index.ts';
import { withProject, type LabProject } from './lab-project.ts';
import type { Run } from './run.ts';

const TEAM = ciWorkflow({ repository: 'team/p', repositoryId: '100', ownerId: '200' });
const FILE = 'pnpm-lock.yaml';

interface NpmEntry {
  readonly version: string;
  readonly integrity: string;
  readonly dependencies?: Roots;
}

/** What pnpm would write for these roots, from what the lab has: nothing is there in two versions. */
function pnpmLock({ lab }: LabProject, roots: Roots): string {
  const { packages } = JSON.parse(lab.lockfile(roots)) as { packages: Record<string, NpmEntry> };
  const entries = Object.entries(packages).filter(([path]) => path !== '');
  const found = new Map(entries.map(([path, entry]) => [path.slice('node_modules/'.length), entry]));
  const version = (name: string): string => found.get(name)?.version ?? '';
  const lines = [
    "lockfileVersion: '9.0'\n\nsettings:\n  autoInstallPeers: true\n\nimporters:\n\n  .:\n    dependencies:",
    ...Object.entries(roots).map(
      ([name, specifier]) => `      ${name}:\n        specifier: ${specifier}\n        version: ${version(name)}`,
    ),
    '\npackages:\n',
    ...[...found].map(
      ([name, entry]) => `  ${name}@${entry.version}:\n    resolution: {integrity: ${entry.integrity}}\n`,
    ),
    'snapshots:\n',
    ...[...found].map(([name, { version: own, dependencies = {} }]) => {
      const below = Object.keys(dependencies).map((each) => `      ${each}: ${version(each)}\n`);
      return below.length === 0 ? `  ${name}@${own}: {}\n` : `  ${name}@${own}:\n    dependencies:\n${below.join('')}`;
    }),
  ];
  return lines.join('\n');
}

/** A project with p, which depends on q, locked by pnpm. */
async function withPnpm(work: (project: LabProject) => Promise<void>): Promise<void> {
  await withProject(async (project) => {
    const { lab, folder } = project;
    await lab.publish({ name: 'q', version: '2.0.0', by: TEAM });
    await lab.publish({ name: 'p', version: '1.0.0', by: TEAM, manifest: { dependencies: { q: '^2.0.0' } } });
    const roots = { p: '^1.0.0' };
    await project.lock(roots);
    rmSync(join(folder, 'package-lock.json'));
    writeFileSync(join(folder, FILE), pnpmLock(project, roots));
    await work(project);
  });
}

interface ReportJson {
  readonly lockfiles: readonly unknown[];
  readonly counts: Readonly<Record<string, number>>;
  readonly dependencies: readonly {
    readonly name: string;
    readonly direct: boolean;
    readonly proofs: Readonly<Record<string, unknown>>;
  }[];
  readonly findings: readonly {
    readonly name: string;
    readonly code: string;
    readonly level: string;
    readonly location: { readonly file: string; readonly line: number };
  }[];
}

const ajv = new Ajv2020({ strict: false });
addFormats.default(ajv);
const validate = ajv.compile(
  JSON.parse(readFileSync(join(import.meta.dirname, '../../docs/schemas/report-1.schema.json'), 'utf8')) as object,
);

/** The report, which its published schema describes. */
function reportOf({ stdout }: Run): ReportJson {
  const report = JSON.parse(stdout) as ReportJson;
  expect([validate(report), validate.errors]).toEqual([true, null]);
  return report;
}

const lineOf = (text: string, start: string): number =>
  text.split('\n').findIndex((line) => line.startsWith(start)) + 1;

describe('a project of pnpm', () => {
  it('is found, and proven like one of npm', async () => {
    await withPnpm(async ({ run }) => {
      const audit = await run('--json');
      expect(audit).toMatchObject({ status: 0, stderr: '' });
      const report = reportOf(audit);
      expect(report.lockfiles).toMatchObject([{ file: FILE, format: 'pnpm-lock v9.0' }]);
      expect(report.counts).toMatchObject({
        entries: 3,
        skipped: 1,
        dependencies: 2,
        integrity: 2,
        signature: 2,
        publish: 2,
        provenance: 2,
      });
      expect(report.dependencies.map(({ name, direct }) => [name, direct])).toEqual([
        ['p', true],
        ['q', false],
      ]);
      expect(report.findings).toEqual([]);
      expect((await run()).stdout).toMatch(/^assay [^:]+: pnpm-lock\.yaml \(pnpm-lock v9\.0\), 3 entries/);
    });
  });

  it('has a policy and a baseline', async () => {
    await withPnpm(async ({ run, read }) => {
      expect(await run('init')).toMatchObject({ status: 0, stderr: '' });
      expect(read('assay.lock')).toContain('p');
      expect((await run()).stdout).toContain('2 held and not asked again');
      const before = read('assay.lock');
      expect(await run('update')).toMatchObject({ status: 0 });
      expect(read('assay.lock')).toBe(before);
    });
  });

  it('one character of a hash that is another one is found on its line, with and without a baseline', async () => {
    await withPnpm(async ({ folder, run, read, edit }) => {
      expect((await run('update')).status).toBe(0);
      edit(FILE, (text) =>
        text.replace(
          /(q@2\.0\.0:\n.*sha512-)(.)/,
          (_, before: string, first: string) => `${before}${first === 'A' ? 'B' : 'A'}`,
        ),
      );
      const location = { file: FILE, line: lineOf(read(FILE), '  q@2.0.0:') };
      for (const code of ['integrity-rewritten', 'integrity-mismatch']) {
        const audit = await run('--json');
        expect(audit.status).toBe(1);
        expect(reportOf(audit).findings).toMatchObject([{ name: 'q', code, level: 'error', location }]);
        rmSync(join(folder, 'assay.lock'), { force: true });
      }
    });
  });

  it('what it asks a registry for cannot come from elsewhere', async () => {
    await withPnpm(async ({ run, edit }) => {
      const address = 'https://evil.example/p.tgz';
      edit(FILE, (text) =>
        text
          .replace('version: 1.0.0', `version: ${address}`)
          .replaceAll('  p@1.0.0:', `  p@${address}:`)
          .replace(/(p\.tgz:\n {4}resolution: \{integrity: [^}]*)\}/, `$1, tarball: ${address}}\n    version: 1.0.0`),
      );
      const audit = await run('--json');
      expect(audit.status).toBe(1);
      const codes = reportOf(audit).findings.map(({ name, code, level }) => `${name} ${code} ${level}`);
      expect(codes).toContain('p lockfile-substituted error');
    });
  });

  it('what it asks for cannot become another package', async () => {
    await withPnpm(async ({ lab, run, edit }) => {
      await lab.publish({ name: 'p', version: '2.0.0', by: TEAM });
      edit(FILE, (text) => text.replace('version: 1.0.0', 'version: q@2.0.0'));
      const audit = await run('--json');
      expect(audit.status).toBe(1);
      expect(reportOf(audit).findings).toMatchObject([{ name: 'q', code: 'lockfile-substituted' }]);
    });
  });

  it('patches and hooks are named', async () => {
    await withPnpm(async ({ run, edit }) => {
      edit(FILE, (text) =>
        text
          .replace(
            'importers:',
            'pnpmfileChecksum: sha256-x\n\npatchedDependencies:\n  p@1.0.0:\n    hash: cafe\n    path: patches/p.patch\n\nimporters:',
          )
          .replace('version: 1.0.0', 'version: 1.0.0(patch_hash=cafe)')
          .replace('snapshots:\n\n  p@1.0.0:', 'snapshots:\n\n  p@1.0.0(patch_hash=cafe):'),
      );
      const { status, stdout } = await run();
      expect(status).toBe(0);
      expect(stdout).toContain(
        'not covered: hooks of the project (.pnpmfile.cjs) that take part in installing (pnpm-lock.yaml:6)',
      );
      expect(stdout).toContain(
        'note[lockfile-patched]: changed by a patch after it is verified, 1 dependency: p@1.0.0\n',
      );
      const report = reportOf(await run('--json'));
      expect(report.lockfiles).toMatchObject([
        { file: FILE, format: 'pnpm-lock v9.0', hooks: { file: FILE, line: 6, path: 'pnpmfileChecksum' } },
      ]);
      expect(report.findings).toMatchObject([
        { name: 'p', code: 'lockfile-patched', level: 'note', args: { patch: 'patches/p.patch' } },
      ]);
      // What is verified is proven all the same, so that a baseline takes it in.
      expect((await run('update')).stdout).not.toContain('left out');
      expect((await run()).stdout).toContain('2 held and not asked again');
    });
  });

  it('one of a git branch is named, and read only where it is named', async () => {
    await withPnpm(async ({ folder, run, read }) => {
      const file = 'pnpm-lock.feature!1.yaml';
      writeFileSync(join(folder, file), read(FILE));
      const both = await run();
      expect(both.status).toBe(2);
      expect(both.stdout).toContain(`not audited: ${file} is the lockfile of a git branch`);
      expect((await run('--recursive')).status).toBe(2);
      expect((await run('update')).stderr).toContain(`${file} is the lockfile of a git branch`);
      expect((await run(FILE)).status).toBe(0);
      const named = await run(file);
      expect([named.status, named.stdout.split('\n')[0]]).toEqual([
        0,
        expect.stringContaining(`${file} (pnpm-lock v9.0), 3 entries`),
      ]);
      rmSync(join(folder, FILE));
      const alone = await run();
      expect([alone.status, alone.stdout]).toEqual([2, '']);
      expect(alone.stderr).toMatch(/^assay: pnpm-lock\.feature!1\.yaml is the lockfile of a git branch; [^\n]+\n$/);
    });
  });

  it('one that is too old, or broken, is one line and exit status 2', async () => {
    await withPnpm(async ({ run, edit }) => {
      edit(FILE, (text) => text.replace("'9.0'", '5'));
      const { status, stdout, stderr } = await run();
      expect([status, stdout]).toEqual([2, '']);
      expect(stderr).toBe(
        'assay: pnpm-lock.yaml:1: lockfileVersion is "5"; supported are 5.1 to 5.4, 6.0, 6.1 and 9.0; let pnpm write the lockfile again: pnpm install --lockfile-only\n',
      );
      edit(FILE, (text) => text.replace(': 5', ": '9.0'").replace('settings:', 'settings: &a'));
      expect((await run()).stderr).toMatch(
        /^assay: pnpm-lock\.yaml:3: not YAML as package managers write it: [^\n]*\n$/,
      );
    });
  });
});
