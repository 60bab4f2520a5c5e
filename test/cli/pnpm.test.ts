import { createHash } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
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

  it.each(['observe', 'critical', 'all'])(
    'a folder or link cannot answer what package.json asks a registry for: %s',
    async (phase) => {
      await withPnpm(async ({ folder, run, edit }) => {
        writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'app', dependencies: { p: '^1.0.0' } }));
        expect((await run('update')).status).toBe(0);
        edit(FILE, (text) =>
          text.replace(/specifier: .*\n( *)version: .*/, 'specifier: link:evil\n$1version: link:evil'),
        );
        for (const baseline of [true, false]) {
          if (!baseline) rmSync(join(folder, 'assay.lock'));
          const audit = await run('--json', '--enforce', phase);
          expect(audit.status).toBe(1);
          const errors = reportOf(audit).findings.filter(({ level }) => level === 'error');
          expect(errors.map(({ name, code }) => `${name} ${code}`)).toContain('p lockfile-substituted');
        }
      });
    },
  );

  it('what a package gets is held to its manifest', async () => {
    await withPnpm(async ({ lab, run, edit, read }) => {
      await lab.publish({ name: 'evil', version: '2.0.0', by: TEAM });
      const { integrity = '' } =
        (JSON.parse(lab.lockfile({ evil: '2.0.0' })) as { packages: Record<string, NpmEntry> }).packages[
          'node_modules/evil'
        ] ?? {};
      expect((await run('update')).status).toBe(0);
      const before = read(FILE);
      const added = (text: string): string =>
        text.replace(
          'snapshots:\n',
          `  evil@2.0.0:\n    resolution: {integrity: ${integrity}}\n\nsnapshots:\n\n  evil@2.0.0: {}\n`,
        );
      const findings = async (change: (text: string) => string): Promise<unknown> => {
        edit(FILE, () => change(before));
        const audit = await run('--json', '--enforce', 'observe');
        return [
          audit.status,
          reportOf(audit)
            .findings.filter(({ name }) => name === 'p')
            .map(({ code }) => code),
        ];
      };
      expect(await findings((text) => added(text).replace('      q: 2.0.0', '      q: evil@2.0.0'))).toEqual([
        1,
        ['lockfile-entry-differs'],
      ]);
      expect(await findings((text) => text.replace('      q: 2.0.0', '      q: link:evil'))).toEqual([
        1,
        ['lockfile-entry-differs'],
      ]);
      expect(
        await findings((text) => added(text).replace('      q: 2.0.0', '      q: 2.0.0\n      evil: 2.0.0')),
      ).toEqual([0, ['lockfile-dependency-added']]);
      expect(await findings((text) => text.replace(/( {2}p@1\.0\.0:\n.*\n)/, '$1    hasBin: true\n'))).toEqual([
        1,
        ['lockfile-entry-differs'],
      ]);
      expect(await findings((text) => text)).toEqual([0, []]);
    });
  });

  it('hashes of unpacked tarballs are compared with --tarballs, and are no proof without', async () => {
    await withPnpm(async ({ lab, run, edit, read }) => {
      for (const name of ['p@1.0.0', 'q@2.0.0']) {
        const answer = await fetch(`${lab.url}${name[0]}/-/${name.replace('@', '-')}.tgz`);
        const tar = gunzipSync(Buffer.from(await answer.arrayBuffer()));
        const pin = `sha512-${createHash('sha512').update(tar).digest('base64')}`;
        edit(FILE, (text) => text.replace(new RegExp(`(  ${name}:\\n.*integrity: )[^}]*`), `$1${pin}`));
      }
      edit(FILE, (text) => text.replace('settings:\n', 'settings:\n  integrityTarget: tar\n'));
      const audit = await run('--json');
      expect(audit).toMatchObject({ status: 0 });
      expect(reportOf(audit)).toMatchObject({ findings: [], counts: { integrity: 0, signature: 2, provenance: 2 } });
      expect((await run()).stdout).toMatch(
        /locks no tarball, as its hashes are of unpacked tarballs, which --tarballs\s+compares/,
      );
      const whole = await run('--json', '--tarballs');
      expect([whole.status, reportOf(whole).dependencies.map(({ proofs }) => proofs['bytes'])]).toMatchObject([
        0,
        [{ basis: 'lockfile' }, { basis: 'lockfile' }],
      ]);
      // A signed tarball that is not what is pinned, with what an earlier run has kept and without.
      const good = read(FILE);
      edit(FILE, (text) =>
        text.replace(/( {2}q@2\.0\.0:\n.*sha512-)[^}]*/, `$1${Buffer.alloc(64).toString('base64')}`),
      );
      for (const more of [[], ['--reverify']]) {
        const other = await run('--json', '--tarballs', ...more);
        expect([other.status, reportOf(other).findings.map(({ name, code }) => `${name} ${code}`)]).toEqual([
          1,
          ['q integrity-mismatch'],
        ]);
      }
      expect((await run('--json')).status).toBe(0);
      edit(FILE, () => good.replace(/( {2}q@2\.0\.0:\n.*)\{.*\}/, '$1{}'));
      expect(reportOf(await run('--json')).findings.map(({ code }) => code)).toEqual(['integrity-missing']);
    });
  });

  it('patches and hooks are named', async () => {
    await withPnpm(async ({ run, edit }) => {
      const patchedDependencies = { 'p@1.0.0': 'patches/p.patch' };
      edit('package.json', (text) =>
        JSON.stringify({ ...(JSON.parse(text) as object), pnpm: { patchedDependencies } }),
      );
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
      expect(stdout.replace(/\s+/g, ' ')).toContain(
        'not covered: hooks of the project that take part in installing (pnpmfileChecksum in pnpm-lock.yaml:6)',
      );
      expect(stdout).toContain('note[lockfile-patched]: changed by a patch after it is verified (1 dependency)\n');
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
        'assay: pnpm-lock.yaml:1: lockfileVersion is "5"; supported are 5.1 to 5.4, 6.0, 6.1, 9.0 and 13.0; let pnpm write the lockfile again: pnpm install --lockfile-only\n',
      );
      edit(FILE, (text) => text.replace(': 5', ": '9.0'").replace('settings:', 'settings: &a'));
      expect((await run()).stderr).toMatch(
        /^assay: pnpm-lock\.yaml:3: not YAML as package managers write it: [^\n]*\n$/,
      );
    });
  });
});
