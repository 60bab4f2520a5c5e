import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ciWorkflow, token } from '../../lab/index.ts';
import { git, hasGit, WITHOUT_GIT } from '../support/git.ts';
import { withProject, type LabProject } from './lab-project.ts';
import { OUTPUTS } from '../../src/report/outputs/index.ts';
import { OUTPUT_NAMES } from '../../src/report/words/output-names.ts';
import { assay, inFolder, type Run } from './run.ts';

const TRUST = ['--trusted-root', 'root.json', '--registry-keys', 'keys.json'];
const ENFORCED = ['--enforce', 'critical'];
const OBSERVED = ['--enforce', 'observe'];

/** Runs `work` in a project that depends on a release that lost its provenance. */
function withLoss(work: (project: LabProject) => Promise<void>): Promise<void> {
  return withProject(async (project) => {
    const { lab } = project;
    await lab.publish({ name: 'p', version: '1.0.0', by: ciWorkflow({ repository: 'team/p' }) });
    lab.clock.advance(1000);
    await lab.publish({ name: 'p', version: '1.0.1', by: token({ user: 'thief' }) });
    await project.lock({ p: '1.0.1' });
    await work(project);
  });
}

/** Runs assay as a step of GitHub Actions does. */
function inActions(
  folder: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  command: readonly string[] = [],
): Promise<Run> {
  const summary = join(folder, 'summary.md');
  return assay([...args, ...TRUST, ...command], folder, {
    GITHUB_ACTIONS: 'true',
    GITHUB_STEP_SUMMARY: summary,
    ...env,
  });
}

describe('--output', () => {
  it('writes several reports in one run, and the usual one for people', async () => {
    await withLoss(async ({ run, folder, read }) => {
      mkdirSync(join(folder, 'reports'));
      const usual = await run(...ENFORCED);
      const { status, stdout, stderr } = await run(
        ...ENFORCED,
        ...['--output', 'sarif=reports/a=b.sarif', '--output', 'junit=reports/junit.xml', '--output', 'markdown=c.md'],
        ...[
          '--output',
          'gitlab=gl.json',
          '--output',
          'json=all.json',
          '--vsa',
          'vsa.json',
          '--output',
          'github=gh.txt',
        ],
      );
      expect({ status, stderr, stdout }).toEqual({ status: 1, stderr: '', stdout: usual.stdout });
      expect(JSON.parse(read('reports/a=b.sarif'))).toMatchObject({ version: '2.1.0' });
      expect(read('reports/junit.xml')).toContain('<failure message="error[provenance-lost]: p@1.0.1 ');
      expect(read('c.md')).toContain('**`p@1.0.1`** (`package-lock.json:');
      expect(JSON.parse(read('gl.json'))).toMatchObject([
        { check_name: 'assay/provenance-lost', severity: 'critical' },
        { check_name: 'assay/history-publisher-new', severity: 'info' },
      ]);
      expect(JSON.parse(read('all.json'))).toMatchObject({ schema: 'assay.report/1', verdict: 'fail' });
      expect(read('gh.txt')).toMatch(/^::error file=package-lock\.json,line=\d+,title=p@1\.0\.1/);
      expect(readdirSync(folder).filter((name) => name.includes('.tmp'))).toEqual([]);
    });
  });

  it('without a file the report is all there is on standard output', async () => {
    await withLoss(async ({ run }) => {
      const json = await run('--json');
      expect(await run('--output', 'json')).toEqual(json);
      expect(await run('--output', 'json=-')).toEqual(json);
      expect((await run('--output', 'junit')).stdout).toMatch(/^<\?xml[\s\S]*<\/testsuites>\n$/);
      expect((await run('--output', 'markdown')).stdout).toMatch(/^<!-- assay-report -->\n/);
    });
  });

  it('the rules of SARIF have the pages of the documentation', async () => {
    await withLoss(async ({ run }) => {
      const { stdout } = await run('--output', 'sarif');
      const log = JSON.parse(stdout) as {
        runs: [{ tool: { driver: { rules: { id: string; help: { markdown?: string } }[] } } }];
      };
      const { rules } = log.runs[0].tool.driver;
      expect(rules.filter(({ help }) => !(help.markdown ?? '').includes('## What to do'))).toEqual([]);
      expect(stdout).not.toMatch(/\]\([a-z-]+\.md/);
    });
  });

  it('the verification summary is about the bytes of the lockfile', async () => {
    await withLoss(async ({ run, read }) => {
      const digest = createHash('sha256').update(read('package-lock.json')).digest('hex');
      const subject = [{ name: 'package-lock.json', digest: { sha256: digest } }];
      await run(...OBSERVED, '--vsa', 'vsa.json');
      expect(JSON.parse(read('vsa.json'))).toMatchObject({ subject, predicate: { verificationResult: 'PASSED' } });
      expect((await run(...ENFORCED, '--output', 'vsa=vsa.json')).status).toBe(1);
      expect(JSON.parse(read('vsa.json'))).toMatchObject({ subject, predicate: { verificationResult: 'FAILED' } });
    });
  });

  it('in a folder the file has the name of its format', async () => {
    await withLoss(async ({ run, folder }) => {
      mkdirSync(join(folder, 'reports'));
      await run(...OUTPUT_NAMES.flatMap((format) => ['--output', `${format}=reports`]));
      const files = Object.values(OUTPUTS).map(({ extension }) => `assay.${extension}`);
      expect(readdirSync(join(folder, 'reports'))).toEqual(files.sort());
      expect(files).toEqual(expect.arrayContaining(['assay.github.txt', 'assay.md', 'assay.sarif']));
    });
  });

  it.skipIf(!hasGit)(`paths are seen from the root of the repository${WITHOUT_GIT}`, async () => {
    await withLoss(async ({ lab, folder }) => {
      const app = join(folder, 'apps/web');
      mkdirSync(app, { recursive: true });
      await lab.writeProject(app, { p: '1.0.1' });
      git(folder, ['init', '-q']);
      const args = ['--trusted-root', '../../root.json', '--registry-keys', '../../keys.json'];
      for (const [cwd, place] of [
        [app, []],
        [folder, ['apps/web']],
        [join(folder, 'apps'), ['web/package-lock.json']],
      ] as const) {
        const trust = cwd === app ? args : args.map((text) => text.replace('../../', cwd === folder ? '' : '../'));
        const { stdout } = await assay([...place, '--output', 'gitlab', ...trust], cwd);
        const issues = JSON.parse(stdout) as { readonly location: { readonly path: string } }[];
        expect(issues.map(({ location }) => location.path)).toEqual([
          'apps/web/package-lock.json',
          'apps/web/package-lock.json',
        ]);
      }
    });
  });

  it.skipIf(!hasGit)(`so are those of lockfiles that could not be read${WITHOUT_GIT}`, async () => {
    await withLoss(async ({ lab, folder }) => {
      for (const app of ['apps/api', 'apps/web']) {
        mkdirSync(join(folder, app), { recursive: true });
        await lab.writeProject(join(folder, app), { p: '1.0.1' });
      }
      writeFileSync(join(folder, 'apps/web/package-lock.json'), '{');
      git(folder, ['init', '-q']);
      const trust = ['--trusted-root', '../root.json', '--registry-keys', '../keys.json'];
      for (const output of ['github', 'gitlab', 'junit']) {
        const { stdout } = await assay(['--recursive', '--output', output, ...trust], join(folder, 'apps'));
        expect([output, stdout]).toEqual([output, expect.stringContaining('apps/web/package-lock.json')]);
      }
    });
  });
});

describe('what cannot be written', () => {
  const LOCK = JSON.stringify({
    lockfileVersion: 3,
    packages: { '': { dependencies: { a: '1.0.0' } }, 'node_modules/a': { version: '1.0.0' } },
  });

  it.each<[string, readonly string[], RegExp]>([
    ['an unknown format', ['--output', 'sariff=x'], /--output takes json, .*, not sariff; did you mean sarif\?/],
    ['a format named like what every object has', ['--output', 'constructor'], /--output takes json/],
    ['no format', ['--output', '=x'], /--output takes json/],
    ['no file', ['--output', 'json='], /--output json= needs a file/],
    ['a folder that is not there', ['--output', 'json=no/x.json'], /cannot write no\/x\.json: there is no folder no/],
    [
      'a file in place of a folder',
      ['--output', 'json=package-lock.json/x'],
      /package-lock\.json is no folder: name another file/,
    ],
    [
      'two reports on standard output',
      ['--json', '--output', 'sarif'],
      /standard output takes one report, not json and sarif: write one to a file \(--output sarif=FILE\)/,
    ],
    ['two reports in one file', ['--output', 'json=x', '--output', 'sarif=./x'], /two reports cannot both .* \.\/x/],
    ['--vsa without a file', ['--vsa', ''], /--vsa needs a value/],
  ])('%s is refused before anything is asked', async (_, args, line) => {
    await inFolder(async (folder) => {
      writeFileSync(join(folder, 'package-lock.json'), LOCK);
      // A registry that is not there: asking it would end with status 3.
      const run = await assay([...args, '--registry', 'http://127.0.0.1:9/'], folder);
      expect(run.stderr).toMatch(line);
      expect(run.stderr.trimEnd().split('\n')).toHaveLength(1);
      expect(run).toMatchObject({ status: 2, stdout: '' });
      expect(readdirSync(folder)).toEqual(['package-lock.json']);
    });
  });

  it.skipIf(!existsSync('/dev/full'))(
    'what fails afterwards is one line, after the report; the others are written',
    async () => {
      await withLoss(async ({ run, folder, read }) => {
        symlinkSync('/dev/full', join(folder, 'full.json'));
        const { status, stdout, stderr } = await run('--output', 'json=full.json', '--output', 'gitlab=gl.json');
        expect({ status, stderr }).toEqual({
          status: 2,
          stderr:
            'assay: cannot write full.json: no space is left on the disk (ENOSPC): make room, or name another place\n',
        });
        expect(stdout).toContain('provenance-lost');
        expect(JSON.parse(read('gl.json'))).toHaveLength(2);
      });
    },
  );

  it.skipIf(process.getuid?.() === 0 || process.platform === 'win32')(
    'a folder that may not be written to (skipped for root, who may)',
    async () => {
      await withLoss(async ({ run, folder }) => {
        mkdirSync(join(folder, 'closed'));
        chmodSync(join(folder, 'closed'), 0o555);
        const { status, stderr } = await run('--output', 'json=closed/x.json');
        expect({ status, stderr }).toEqual({
          status: 2,
          stderr:
            'assay: cannot write closed/x.json: permission denied (EACCES): name another place, or let this user write there\n',
        });
      });
    },
  );

  it.skipIf(!existsSync('/dev/null'))('a device is written to and stays what it is; a link stays one', async () => {
    await withLoss(async ({ run, folder, read }) => {
      symlinkSync('/dev/null', join(folder, 'nothing'));
      writeFileSync(join(folder, 'target.json'), 'before');
      symlinkSync('target.json', join(folder, 'link.json'));
      const { status } = await run(...OBSERVED, '--output', 'json=nothing', '--output', 'gitlab=link.json');
      expect(status).toBe(0);
      expect(statSync('/dev/null').isCharacterDevice()).toBe(true);
      expect(lstatSync(join(folder, 'link.json')).isSymbolicLink()).toBe(true);
      expect(JSON.parse(read('target.json'))).toHaveLength(2);
    });
  });
});

describe('in GitHub Actions', () => {
  it('annotations and the job summary are there without being asked for; stdout is the report and nothing else', async () => {
    await withLoss(async ({ run, folder, read }) => {
      const usual = await run(...ENFORCED, '--json');
      const { status, stdout, stderr } = await inActions(folder, [...ENFORCED, '--json']);
      expect({ status, stdout }).toEqual({ status: 1, stdout: usual.stdout });
      expect(stderr).toMatch(/^::error file=package-lock\.json,line=\d+,title=p@1\.0\.1%3A provenance-lost::[^\n]*\n$/);
      expect(read('summary.md')).toMatch(/^<!-- assay-report -->\n### assay: fails\n/);
    });
  });

  it('what is in the summary already stays, and its limit holds for both', async () => {
    await withLoss(async ({ folder, read }) => {
      writeFileSync(join(folder, 'summary.md'), 'before\n');
      await inActions(folder, OBSERVED);
      expect(read('summary.md')).toMatch(/^before\n<!-- assay-report -->\n/);
      writeFileSync(join(folder, 'summary.md'), 'x'.repeat(1_048_000));
      const { status, stderr } = await inActions(folder, OBSERVED);
      expect(status).toBe(0);
      expect(stderr).toContain('assay: no job summary, as other commands of this step have filled it\n');
      expect(read('summary.md')).toHaveLength(1_048_000);
    });
  });

  it('a summary that cannot be written is said and changes no verdict', async () => {
    await withLoss(async ({ folder }) => {
      const { status, stderr } = await inActions(folder, OBSERVED, {
        GITHUB_STEP_SUMMARY: join(folder, 'no/summary.md'),
      });
      expect(status).toBe(0);
      expect(stderr).toMatch(/\nassay: no job summary, as it cannot be written: ENOENT\n$/);
    });
  });

  it('asked for, the annotations are where they were asked to be, and nowhere else', async () => {
    await withLoss(async ({ folder }) => {
      const { stdout, stderr } = await inActions(folder, [...OBSERVED, '--output', 'github']);
      expect(stdout).toMatch(/^::warning file=/);
      expect(stderr).toBe('');
      expect(existsSync(join(folder, 'summary.md'))).toBe(true);
    });
  });

  it('an audit before a command is annotated, too', async () => {
    await withLoss(async ({ folder, read }) => {
      const { status, stdout, stderr } = await inActions(folder, ['exec', ...ENFORCED], {}, [
        '--',
        'node',
        '--version',
      ]);
      expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
      expect(stderr).toMatch(/\n::error file=package-lock\.json,line=\d+,title=p@1\.0\.1%3A provenance-lost::/);
      expect(stderr).toContain('assay: not run: node --version');
      expect(read('summary.md')).toContain('### assay: fails');
    });
  });

  it('a run that holds has no annotation', async () => {
    await withProject(async ({ lab, lock, folder, read }) => {
      await lab.publish({ name: 'p', version: '1.0.0', by: ciWorkflow({ repository: 'team/p' }) });
      await lock({ p: '1.0.0' });
      const env = { GITHUB_SERVER_URL: 'https://github.com', GITHUB_REPOSITORY: 'team/shop' };
      expect(await inActions(folder, ['--vsa', 'vsa.json'], env)).toMatchObject({ status: 0, stderr: '' });
      expect(read('summary.md')).toContain('### assay: holds');
      expect(readFileSync(join(folder, 'vsa.json'), 'utf8')).toContain(
        '"resourceUri": "git+https://github.com/team/shop#package-lock.json"',
      );
    });
  });
});
