import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ciWorkflow } from '../../lab/index.ts';
import { EVERY_VERSION, malicious } from '../advisories/records.ts';
import { zipOf } from '../readers/zip-archive.ts';
import { withCratesLab } from '../support/crates-lab.ts';
import { withGoProject } from './go-project.ts';
import { assayInside } from './inside.ts';
import { withProject, type LabProject } from './lab-project.ts';
import { withPythonProject } from './pypi-project.ts';
import { inFolder } from './run.ts';

const PHASES = ['observe', 'guard', 'critical', 'all'] as const;
const NEW = new Date().toISOString();
const OLD = '2020-01-01T00:00:00Z';
const record = (ecosystem: string, name: string, affected: object = EVERY_VERSION, more: object = {}): string =>
  malicious(ecosystem, name, affected, { modified: NEW, ...more });

function writer(folder: string): (file: string, content: string | Buffer) => void {
  return (file, content) => {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), content);
  };
}

/** A project that locks p@1.0.0 and q@1.0.0, both with perfect provenance. */
function withTwo(work: (project: LabProject & { write: ReturnType<typeof writer> }) => Promise<void>): Promise<void> {
  return withProject(async (project) => {
    for (const name of ['p', 'q']) {
      await project.lab.publish({ name, version: '1.0.0', by: ciWorkflow({ repository: 'team/p' }) });
    }
    await project.lock({ p: '1.0.0', q: '1.0.0' });
    await work({ ...project, write: writer(project.folder) });
  });
}

describe('advisories', () => {
  it('fail a version in every phase, whatever is proven of it, and no other one', () =>
    withTwo(async ({ report, run, write }) => {
      write('osv/npm/MAL-2026-1.json', record('npm', 'p', { versions: ['1.0.0'] }));
      for (const phase of PHASES) {
        const { status, findings, dependencies } = await report('audit', '--advisories', 'osv', '--enforce', phase);
        expect([phase, status, findings.map(({ name, code, level }) => `${name} ${code} ${level}`)]).toEqual([
          phase,
          1,
          ['p advisory-malicious error'],
        ]);
        expect(findings[0]?.args).toEqual({ ids: ['MAL-2026-1'], from: ['osv'], whole: false });
        expect(dependencies.map(({ proofs }) => proofs['provenance'] !== null)).toEqual([true, true]);
      }
      const { stdout } = await run('audit', '--advisories', 'osv');
      expect(stdout).toContain('is malicious by MAL-2026-1 in osv');
      expect(stdout).toContain('advisories: osv: 1 malicious record (npm), the newest of ');
      const elsewhere = await report('audit');
      expect([elsewhere.status, elsewhere.findings]).toEqual([0, []]);
    }));

  it('are named by the policy or the command line, and one adds to the other; a zip counts as a folder does', () =>
    withTwo(async ({ report, write }) => {
      const entry = (name: string, content: string): { name: string; content: string } => ({ name, content });
      write(
        'npm.zip',
        zipOf([
          entry('MAL-2026-1.json', record('npm', 'p')),
          entry('GHSA-1.json', record('npm', 'q', EVERY_VERSION, { id: 'GHSA-1' })),
        ]),
      );
      write('more/MAL-2026-2.json', record('npm', 'q', EVERY_VERSION, { id: 'MAL-2026-2' }));
      write('assay.yml', 'advisories: [npm.zip]\n');
      const named = await report('audit');
      expect([named.status, named.findings.map(({ name }) => name)]).toEqual([1, ['p']]);
      expect(named).toMatchObject({
        advisories: [{ from: 'npm.zip', records: 1, withdrawn: 0, other: 1, ecosystems: ['npm'] }],
      });
      const both = await report('audit', '--advisories', 'more');
      expect(both.findings.map(({ name, args }) => [name, args['from']])).toEqual([
        ['p', ['npm.zip']],
        ['q', ['more']],
      ]);
    }));

  it('hold what assay.lock holds, and wait for a decision with a reason like other findings', () =>
    withTwo(async ({ report, run, write, folder }) => {
      mkdirSync(join(folder, '.git'));
      expect((await run('update')).status).toBe(0);
      write('osv/MAL-2026-1.json', record('npm', 'p'));
      write('assay.yml', 'advisories: [osv]\n');
      const held = await report('audit');
      expect(held.baseline?.held).toBe(2);
      expect([held.status, held.findings.map(({ code }) => code)]).toEqual([1, ['advisory-malicious']]);
      expect((await run('accept', 'p@1.0.0')).status).toBe(2);
      const accepted = await run('accept', 'p@1.0.0', '--reason', 'our own package of that name', '--by', 'me');
      expect([accepted.status, accepted.stderr]).toEqual([0, expect.anything()]);
      const after = await report('audit');
      expect([after.status, after.findings.map(({ level }) => level)]).toEqual([0, ['note']]);
      write('assay.yml', 'advisories: [osv]\nfindings:\n  - code: advisory-malicious\n    level: note\n');
      expect((await run('audit')).stderr).toContain('a level needs its reason');
    }));

  it('keep a version out of assay.lock', () =>
    withTwo(async ({ run, write, read }) => {
      write('osv/MAL-2026-1.json', record('npm', 'p'));
      const { status, stderr, stdout } = await run('update', '--advisories', 'osv');
      expect([status, stdout + stderr]).toEqual([1, expect.stringContaining('advisory-malicious')]);
      expect(read('assay.lock')).toContain('npm:q');
      expect(read('assay.lock')).not.toContain('npm:p');
    }));

  it('that were withdrawn, or are of another ecosystem, fail nothing, and are counted', () =>
    withTwo(async ({ report, run, write }) => {
      write('osv/malicious/pypi/p/MAL-2026-1.json', record('PyPI', 'p'));
      write(
        'osv/withdrawn/npm/p/MAL-2026-2.json',
        record('npm', 'p', EVERY_VERSION, { id: 'MAL-2026-2', withdrawn: NEW }),
      );
      write('osv/.github/settings.json', '[]');
      write('osv/README.md', '# Malicious packages\n');
      const { status, findings } = await report('audit', '--advisories', 'osv');
      expect([status, findings]).toEqual([0, []]);
      const { stdout } = await run('audit', '--advisories', 'osv');
      expect(stdout).toContain('1 malicious record (npm, pypi)');
      expect(stdout).toContain('1 withdrawn');
    }));

  it('say so where they are old, or know nothing of an ecosystem', () =>
    withTwo(async ({ run, write }) => {
      write('osv/MAL-2026-1.json', record('PyPI', 'p', EVERY_VERSION, { modified: OLD }));
      const { status, stdout } = await run('audit', '--advisories', 'osv');
      expect(status).toBe(0);
      expect(stdout).toContain('the newest of 2020-01-01; OUTDATED: fetch it again');
      expect(stdout).toContain('no advisories about packages of npm');
    }));

  it('that cannot be read leave no statement about the package alone, and end the run where nobody knows which', () =>
    withTwo(async ({ run, report, write, folder }) => {
      write('osv/MAL-2026-1.json', record('npm', 'p', { ranges: [{ type: 'SEMVER', events: [{ introduced: 'x' }] }] }));
      const unclear = await report('audit', '--advisories', 'osv');
      expect([unclear.status, unclear.dependencies.map(({ verdict }) => verdict)]).toEqual([3, ['unverified', 'pass']]);
      expect(unclear.findings[0]).toMatchObject({ code: 'evidence-malformed', args: { evidence: 'advisory' } });
      const refused = async (path: string): Promise<string> => {
        const { status, stdout, stderr } = await run('audit', '--advisories', path);
        expect([status, stdout]).toEqual([2, '']);
        expect(stderr.trim().split('\n')).toHaveLength(1);
        return stderr;
      };
      write('broken/MAL-2026-1.json', '{"id":');
      expect(await refused('broken')).toContain('broken/MAL-2026-1.json: it is not JSON');
      write('broken.zip', zipOf([{ name: 'a/MAL-2026-1.json', content: '{' }]));
      expect(await refused('broken.zip')).toContain('broken.zip: a/MAL-2026-1.json: it is not JSON');
      write('cut.zip', zipOf([{ name: 'a.json', content: record('npm', 'p') }]).subarray(0, -9));
      expect(await refused('cut.zip')).toContain('fetch it again');
      write('empty/README.md', '');
      expect(await refused('empty')).toContain('empty has no advisory');
      write('text', 'hello');
      expect(await refused('text')).toContain('neither a folder nor a zip archive');
      expect(await refused('nowhere')).toContain('no such file or folder');
      write('other/GHSA-1.json', record('npm', 'p', EVERY_VERSION, { id: 'GHSA-1' }));
      expect(await refused('other')).toContain(
        'other has 1 advisories, and none about malicious packages of npm, Go, PyPI',
      );
      mkdirSync(join(folder, 'linked'));
      symlinkSync('../osv/MAL-2026-1.json', join(folder, 'linked/MAL-2026-1.json'));
      expect(await refused('linked')).toContain('is a link or no file');
      write('assay.yml', 'advisories: [osv, osv]\n');
      expect(await refused('osv')).toContain('assay.yml:1: advisories has osv twice');
    }));

  it('that a policy names as a link out of the project are not read', () =>
    withTwo(({ run, write, folder }) =>
      inFolder(async (outside) => {
        mkdirSync(join(folder, '.git'));
        writer(outside)('MAL-2026-1.json', record('npm', 'p'));
        symlinkSync(outside, join(folder, 'osv'));
        write('assay.yml', 'advisories: [osv]\n');
        const { status, stderr } = await run('audit');
        expect([status, stderr]).toEqual([2, expect.stringContaining('leads out of the project, and is not read')]);
      }),
    ));

  it('hold what assay check is asked about, and what it moves to', () =>
    withTwo(async ({ run, write }) => {
      write('osv/MAL-2026-1.json', record('npm', 'p'));
      const { status, stdout } = await run('check', 'p@1.0.0', '--advisories', 'osv');
      expect(status).toBe(1);
      expect(stdout).toContain('is malicious, as every version of the package, by MAL-2026-1 in osv');
      expect((await run('check', 'q@1.0.0', '--advisories', 'osv')).status).toBe(0);
    }));

  it('hold Python packages, Go modules and crates', async () => {
    await withPythonProject('uv.lock', async ({ audit, folder }) => {
      writer(folder)('osv/MAL-2026-1.json', record('PyPI', 'Two_Words', { versions: ['1.1'] }));
      const { status, found } = await audit('--advisories', 'osv');
      expect([status, found]).toEqual([1, ['two-words advisory-malicious error']]);
    });
    await withGoProject(async ({ audit, folder }) => {
      writer(folder)('osv/MAL-2026-1.json', record('Go', 'a.example/Two'));
      // v2 is another module than the one of this path.
      writer(folder)('osv/MAL-2026-2.json', record('Go', 'b.example/three', EVERY_VERSION, { id: 'MAL-2026-2' }));
      const { status, found } = await audit('--advisories', 'osv');
      expect([status, found]).toEqual([1, ['a.example/Two advisory-malicious error']]);
    });
    await withCratesLab((lab) =>
      inFolder(async (folder) => {
        const write = writer(folder);
        const checksum = lab.publish('proc-macro1', '0.1.0');
        const source = 'registry+https://github.com/rust-lang/crates.io-index';
        write('home/config.toml', lab.config);
        write('Cargo.toml', '[package]\nname = "project"\nversion = "0.1.0"\n\n[dependencies]\nproc-macro1 = "0.1"\n');
        write(
          'Cargo.lock',
          `version = 4\n\n[[package]]\nname = "proc-macro1"\nversion = "0.1.0"\nsource = "${source}"\nchecksum = "${checksum}"\n\n` +
            '[[package]]\nname = "project"\nversion = "0.1.0"\ndependencies = [\n "proc-macro1",\n]\n',
        );
        const front =
          'id = "RUSTSEC-2026-0259"\npackage = "proc-macro1"\ndate = "2026-08-20"\ncategories = ["malicious"]';
        write(
          'db/crates/proc-macro1/RUSTSEC-2026-0259.md',
          `\`\`\`toml\n[advisory]\n${front}\n\n[versions]\npatched = []\n\`\`\`\n\n# Removed\n`,
        );
        mkdirSync(join(folder, '.git'));
        const { status, stdout } = await assayInside(['audit', '--advisories', 'db'], folder, {
          CARGO_HOME: join(folder, 'home'),
        });
        expect(status).toBe(1);
        expect(stdout).toContain('is malicious, as every version of the package, by RUSTSEC-2026-0259 in db');
      }),
    );
  });
});
