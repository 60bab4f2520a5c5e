import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { describe, expect, it } from 'vitest';
import { ciWorkflow, token, type Lab } from '../../lab/index.ts';
import { commitAll, git, hasGit, WITHOUT_GIT } from '../support/git.ts';
import { assayInside } from './inside.ts';
import { withProject, type AuditJson, type LabProject } from './lab-project.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const TEAM = ciWorkflow({ repository: 'team/p', repositoryId: '100', ownerId: '200' });
const THIEF = token({ user: 'thief' });
const TRUST = ['--trusted-root', 'root.json', '--registry-keys', 'keys.json'];

const ago = (hours: number): number => Date.now() - hours * HOUR;
const iso = (time: number): string => new Date(Math.floor(time / 1000) * 1000).toISOString().replace('.000Z', 'Z');

interface Review {
  readonly owner: string | null;
  readonly firstSeen: string;
  readonly orEarlier: boolean;
  readonly source: string;
  readonly commit: string | null;
  readonly due: string;
  readonly overdue: boolean;
}

/** What the tests read of `assay review --json`. */
interface Queue {
  readonly findings: readonly (Review & {
    name: string;
    version: string;
    code: string;
    level: string;
    next: string[];
  })[];
  readonly accepted: readonly { name: string; state: string; why: string }[];
}

function reviews({ findings }: AuditJson): (Review & { name: string; level: string })[] {
  return findings.flatMap((finding) => {
    const { review } = finding as { review?: Review };
    return review === undefined ? [] : [{ name: finding.name, level: finding.level, ...review }];
  });
}

async function publish(lab: Lab, spec: string, by: typeof TEAM | typeof THIEF): Promise<void> {
  const at = spec.lastIndexOf('@');
  await lab.publish({ name: spec.slice(0, at), version: spec.slice(at + 1), by });
  lab.clock.advance(DAY);
}

/** p@1.0.1 has lost its provenance. */
async function publishLoss(lab: Lab, name = 'p'): Promise<void> {
  await publish(lab, `${name}@1.0.0`, TEAM);
  await publish(lab, `${name}@1.0.1`, THIEF);
}

/** In `observe`, where every loss is a warning that waits, unless the text names another phase. */
function policy({ folder }: LabProject, text: string): void {
  writeFileSync(join(folder, 'assay.yml'), text.includes('enforce:') ? text : `${text}enforce: observe\n`);
}

function init({ folder }: LabProject): void {
  git(folder, ['init', '-q', '-b', 'main']);
}

function fitsSchema(name: string, json: unknown): void {
  const path = resolve(import.meta.dirname, `../../docs/schemas/${name}.schema.json`);
  const ajv = new Ajv2020({ allErrors: true });
  addFormats.default(ajv);
  const validate = ajv.compile(JSON.parse(readFileSync(path, 'utf8')) as object);
  expect(validate(json), JSON.stringify(validate.errors)).toBe(true);
}

async function queueOf(project: LabProject, ...args: string[]): Promise<Queue & { status: number | null }> {
  const { status, stdout } = await project.run('review', '--json', ...args);
  const json = JSON.parse(stdout) as Queue;
  fitsSchema('review-1', json);
  return { ...json, status };
}

describe.skipIf(!hasGit)(`the clock${WITHOUT_GIT}`, () => {
  it.each(['observe', 'guard', 'critical'])(
    'lets a warning wait for its time, and no longer, in the phase %s',
    async (phase) => {
      await withProject(async (project) => {
        const { lab, lock, report, run, folder } = project;
        await publish(lab, 'gap@1.0.0', THIEF);
        await lock({ gap: '1.0.0' });
        policy(project, 'critical: [other]\nreview: {deadline: 2d, owners: [{packages: ["g*"], owner: "@ada"}]}\n');
        init(project);
        const young = commitAll(folder, ago(47));
        const waiting = await report('--enforce', phase);
        expect(waiting).toMatchObject({
          status: 0,
          verdict: 'warn',
          review: { pending: 1, overdue: 0, shallow: false },
        });
        const [before] = reviews(waiting);
        expect(before).toMatchObject({
          level: 'warning',
          owner: '@ada',
          source: 'commit',
          commit: young,
          overdue: false,
        });
        expect(Date.parse(before?.due ?? '') - Date.parse(before?.firstSeen ?? '')).toBe(48 * HOUR);

        rmSync(join(folder, '.git'), { recursive: true });
        init(project);
        const time = ago(49);
        const old = commitAll(folder, time);
        const late = await report('--enforce', phase);
        fitsSchema('report-1', JSON.parse((await run('--json', '--enforce', phase)).stdout));
        expect(late).toMatchObject({ status: 1, verdict: 'fail', review: { pending: 1, overdue: 1 } });
        expect(reviews(late)).toEqual([
          {
            name: 'gap',
            level: 'error',
            owner: '@ada',
            firstSeen: iso(time),
            orEarlier: false,
            source: 'commit',
            commit: old,
            due: iso(time + 48 * HOUR),
            overdue: true,
          },
        ]);
        const { stdout } = await run('--enforce', phase);
        const day = iso(time + 48 * HOUR).slice(0, 10);
        expect(stdout).toContain(`  review: 1 finding to decide, 1 overdue: @ada since ${day}\n`);
        expect(stdout).toMatch(/^error\[provenance-missing\]/m);
        expect(stdout.replace(/\s+/g, ' ')).toContain(
          `overdue since ${day}: @ada decides (first seen ${iso(time)}, commit ${old.slice(0, 7)}; assay review)`,
        );
        expect(stdout.replace(/\s+/g, ' ')).toContain(`phase ${phase}, or waits for a decision that is overdue`);
      });
    },
  );

  it('stands still without a section of the policy and a baseline', async () => {
    await withProject(async (project) => {
      await publishLoss(project.lab);
      await project.lock({ p: '1.0.1' });
      init(project);
      commitAll(project.folder, ago(1000));
      expect(await project.report('--enforce', 'observe')).toMatchObject({ status: 0, review: null });
      expect((await project.run('review')).stderr).toContain(
        'neither assay.lock (assay init writes the first one) nor',
      );
      policy(project, 'enforce: observe\n');
      expect(await project.report()).toMatchObject({ status: 0, review: null });
      const { status, stderr } = await project.run('review');
      expect({ status, stderr }).toEqual({
        status: 2,
        stderr:
          'assay: nothing to review: there is neither assay.lock (assay update writes it) nor a review section in assay.yml\n',
      });
    });
  });

  it('runs from now on for what is not committed, and where there is no git', async () => {
    await withProject(async (project) => {
      const { lab, lock, report, folder } = project;
      await publishLoss(lab);
      await lock({ p: '1.0.1' });
      policy(project, 'review: {deadline: 1h}\n');
      const without = await report();
      expect(without.status).toBe(0);
      expect(reviews(without)).toMatchObject([
        { source: 'run', orEarlier: true, commit: null, overdue: false, owner: null },
      ]);
      await lock({ p: '1.0.0' });
      init(project);
      commitAll(folder, ago(100));
      await lock({ p: '1.0.1' });
      const uncommitted = await report();
      expect(uncommitted.status).toBe(0);
      expect(reviews(uncommitted)).toMatchObject([{ source: 'run', orEarlier: false, overdue: false }]);
      commitAll(folder, ago(2));
      expect((await report()).status).toBe(1);
    });
  });

  it('says in a shallow clone that the whole history would say more', async () => {
    await withProject(async (project) => {
      const { lab, lock, folder } = project;
      await publishLoss(lab);
      await lock({ p: '1.0.1' });
      policy(project, 'review: {deadline: 2d}\n');
      init(project);
      commitAll(folder, ago(100));
      writeFileSync(join(folder, 'package.json'), readFileSync(join(folder, 'package.json'), 'utf8') + '\n');
      const last = commitAll(folder, ago(1));
      const clone = join(folder, 'clone');
      git(folder, ['clone', '-q', '--depth', '1', `file://${folder}`, clone]);
      const json = JSON.parse((await assayInside(['--json', ...TRUST], clone)).stdout) as AuditJson;
      expect(json).toMatchObject({ verdict: 'warn', review: { overdue: 0, shallow: true } });
      expect(reviews(json)).toMatchObject([{ commit: last, orEarlier: true }]);
      for (const args of [[], ['review']]) {
        const { stdout } = await assayInside([...args, ...TRUST], clone);
        expect(stdout.replace(/\s+/g, ' ')).toContain(
          'this clone lacks part of its history (shallow or partial), so that versions may have been there',
        );
      }
      expect((await assayInside(['review', '--markdown', ...TRUST], clone)).stdout).toContain(
        'This clone lacks part of its history',
      );
      git(clone, ['fetch', '-q', '--unshallow']);
      expect((await assayInside(TRUST, clone)).status).toBe(1);
    });
  });
});

describe.skipIf(!hasGit)(`whose decision it is${WITHOUT_GIT}`, () => {
  it('who was on duty in the week it was first seen, unless a rule names an owner', async () => {
    await withProject(async (project) => {
      const { lab, lock, folder, run } = project;
      for (const name of ['a', 'b', 'c', '@s/d', '@s/e']) await publishLoss(lab, name);
      // The Monday of last week.
      const monday = (Math.floor((Date.now() / DAY + 3) / 7) * 7 - 3 - 7) * DAY;
      const date = (time: number): string => iso(time).slice(0, 10);
      policy(
        project,
        `review:
  deadline: 30d
  owners:
    - {packages: ['@s/*'], owner: '@scope-team'}
    - {packages: ['@s/e'], owner: '@eve'}
  rotation: {from: ${date(monday - 14 * DAY)}, people: ['@one', '@two', '@three']}
`,
      );
      init(project);
      const roots: Record<string, string> = {};
      for (const [name, time] of [
        ['a', monday - 1000],
        ['b', monday],
        ['c', monday + 7 * DAY - 1000],
        ['@s/d', monday],
        ['@s/e', monday],
      ] as const) {
        roots[name] = '1.0.1';
        await lock(roots);
        commitAll(folder, time);
      }
      const { findings } = await queueOf(project);
      expect(Object.fromEntries(findings.map(({ name, owner }) => [name, owner]))).toEqual({
        a: '@two',
        b: '@three',
        c: '@three',
        '@s/d': '@scope-team',
        '@s/e': '@eve',
      });
      expect(findings.map(({ due }) => due)).toEqual(findings.map(({ due }) => due).sort());
      const { stdout } = await run('review', 'a');
      expect(stdout).toMatch(/^ {2}owner {7}@two$/m);
    });
  });

  it('nobody, where no rule says so, and the report names the remedy', async () => {
    await withProject(async (project) => {
      await publishLoss(project.lab);
      await project.lock({ p: '1.0.1' });
      policy(project, 'review: {owners: [{packages: [pp], owner: x}]}\n');
      init(project);
      commitAll(project.folder, ago(49));
      expect((await project.report()).policy).toMatchObject({ unused: [{ text: 'pp', line: 1 }] });
      const { status, stdout } = await project.run();
      expect(status).toBe(1);
      expect(stdout).toContain('1 overdue: nobody (name owners in assay.yml) since ');
    });
  });
});

describe('what waits', () => {
  it('warnings about direct dependencies, or all, and errors that could be accepted', async () => {
    await withProject(async (project) => {
      const { lab, lock, report } = project;
      await publishLoss(lab, 'deep');
      await lab.publish({ name: 'p', version: '1.0.0', by: TEAM, manifest: { dependencies: { deep: '1.0.0' } } });
      lab.clock.advance(DAY);
      await lab.publish({ name: 'p', version: '1.0.1', by: THIEF, manifest: { dependencies: { deep: '1.0.1' } } });
      await lab.publish({ name: 'bad', version: '1.0.0', by: TEAM, signatures: ['invalid'] });
      await publish(lab, 'away@1.0.0', TEAM);
      lab.behave(/attestations\/away@1\.0\.0$/, { status: 403 });
      await lock({ p: '1.0.1', bad: '1.0.0', away: '1.0.0' });
      const waiting = async (text: string, ...args: string[]): Promise<string[]> => {
        policy(project, text);
        return reviews(await report(...args)).map(({ name, level }) => `${level} ${name}`);
      };
      expect(await waiting('review: {deadline: 2d}\n')).toEqual(['warning p']);
      expect(await waiting('review: {queue: all}\n')).toEqual(['warning deep', 'warning p']);
      expect(await waiting('review: {deadline: 2d}\n', '--enforce', 'all')).toEqual(['error deep', 'error p']);
      const level = 'findings: [{code: provenance-lost, level: note, reason: r, packages: [p]}]\n';
      expect(await waiting(`${level}review: {queue: all}\n`)).toEqual(['warning deep']);
    });
  });

  it('not what a registry leaves out of everything, but what it leaves out of one package', async () => {
    await withProject(async (project) => {
      const { lab, lock, report, edit } = project;
      await publish(lab, 'p@1.0.0', TEAM);
      await publish(lab, 'q@1.0.0', TEAM);
      await lock({ p: '1.0.0', q: '1.0.0' });
      policy(project, 'review: {deadline: 1h}\n');
      const bare = await lab.mirror({ stripSignatures: true });
      const served = (): void => edit('package-lock.json', (text) => text.replaceAll(lab.url, bare.url));
      const codes = ({ findings }: AuditJson): string[] =>
        findings.map((one) => `${one.name} ${one.code}${'review' in one ? ' waits' : ''}`);
      served();
      const all = await report('--registry', bare.url);
      expect(codes(all)).toEqual(['p evidence-stripped', 'q evidence-stripped']);
      expect(reviews(all)).toEqual([]);
      await lock({ p: '1.0.0' });
      served();
      expect(codes(await report('--registry', bare.url))).toEqual(['p evidence-stripped waits']);
    });
  });

  it('not what the baseline records, and not what was accepted until that ends', async () => {
    await withProject(async (project) => {
      const { lab, lock, report, run, edit, read } = project;
      await publish(lab, 'gap@1.0.0', THIEF);
      await publishLoss(lab);
      await lock({ p: '1.0.0', gap: '1.0.0' });
      policy(project, 'review: {deadline: 1h}\n');
      expect(reviews(await report()).map(({ name }) => name)).toEqual(['gap']);
      await run('update');
      expect(reviews(await report())).toEqual([]);
      expect(reviews(await report('--reverify'))).toEqual([]);
      await lock({ p: '1.0.1', gap: '1.0.0' });
      expect(reviews(await report()).map(({ name }) => name)).toEqual(['p']);
      const [integrity = ''] = /sha512-[^"]+/.exec(read('package-lock.json').split('"node_modules/p"')[1] ?? '') ?? [];
      const accept = (until: string): void =>
        edit('assay.lock', (text) =>
          text
            .replace(/^npm:p@1\.0\.1 .*\n/gm, '')
            .replace(
              /^npm:p since/m,
              `npm:p@1.0.1 accepted provenance-lost ${integrity} until ${until} by jane because "built by hand"\nnpm:p since`,
            ),
        );
      accept(iso(ago(-24)));
      expect(reviews(await report())).toEqual([]);
      expect(await queueOf(project)).toMatchObject({
        status: 0,
        findings: [],
        accepted: [{ name: 'p', state: 'active' }],
      });
      // It is due when the decision ended, whenever it was first seen.
      const end = iso(ago(3));
      accept(end);
      const expired = await report();
      expect(expired.status).toBe(1);
      const soon = iso(ago(-48));
      accept(soon);
      expect((await report()).status).toBe(0);
      accept(end);
      edit('assay.lock', (text) =>
        text.replace('npm:p@1.0.1 accepted', `npm:p@1.0.1 seen ${iso(ago(100))}\nnpm:p@1.0.1 accepted`),
      );
      const [review] = reviews(await report());
      expect(review).toMatchObject({ source: 'baseline', due: end, overdue: true });
      const { stdout } = await run('review');
      expect(stdout).toMatch(/overdue {5}by 3 hours( 1 minute)?, since /);
      expect(stdout).toContain(`expired ${end}; "jane" because "built by hand"`);
    });
  });
});

describe('seen lines', () => {
  it('are written for what is left out, once, and go when it is taken in or gone', async () => {
    await withProject(async (project) => {
      const { lab, lock, run, read, report } = project;
      await publishLoss(lab);
      await publish(lab, 'q@1.0.0', TEAM);
      await lock({ p: '1.0.1', q: '1.0.0' });
      const start = Math.floor(Date.now() / 1000) * 1000;
      await run('update');
      const [line = '', written = ''] = /^npm:p@1\.0\.1 seen (.*)$/m.exec(read('assay.lock')) ?? [];
      expect(Date.parse(written)).toBeGreaterThanOrEqual(start);
      expect(Date.parse(written)).toBeLessThanOrEqual(Date.now());
      expect(reviews(await report())).toMatchObject([{ source: 'baseline', firstSeen: written }]);
      const text = read('assay.lock');
      await new Promise((done) => setTimeout(done, 1100));
      await run('update');
      expect(read('assay.lock')).toBe(text);
      await lock({ p: '1.0.0', q: '1.0.0' });
      await run('update');
      expect(read('assay.lock')).not.toContain(line);
      expect(read('assay.lock')).not.toContain(' seen ');
    });
  });

  it('keep their time while they stand, and stop no clock', async () => {
    await withProject(async (project) => {
      const { lab, lock, run, edit, report, read } = project;
      await publishLoss(lab);
      await publish(lab, 'q@1.0.0', TEAM);
      await lock({ p: '1.0.1', q: '1.0.0' });
      policy(project, '');
      await run('update');
      const seen = (time: number): void => edit('assay.lock', (text) => text.replace(/ seen .*/, ` seen ${iso(time)}`));
      seen(ago(47));
      expect((await report()).status).toBe(0);
      seen(ago(49));
      expect(await report()).toMatchObject({ status: 1, review: { deadlineHours: 48, queue: 'direct', overdue: 1 } });
      await run('update');
      expect(read('assay.lock')).toContain(`seen ${iso(ago(49)).slice(0, 13)}`);
      seen(ago(-100));
      expect(reviews(await report())).toMatchObject([{ source: 'run' }]);
    });
  });

  it.skipIf(!hasGit)(`have the time of the commit, but for the first baseline${WITHOUT_GIT}`, async () => {
    await withProject(async (project) => {
      const { lab, lock, run, read, folder, report } = project;
      await publishLoss(lab);
      await publishLoss(lab, 'r');
      await lock({ p: '1.0.1', r: '1.0.0' });
      policy(project, '');
      init(project);
      commitAll(folder, ago(1000));
      // A team's clock starts when it begins, whatever is there already.
      await run('update');
      expect((await report()).status).toBe(0);
      const first = read('assay.lock');
      expect(first).toMatch(/^npm:p@1\.0\.1 seen /m);
      commitAll(folder, ago(999));
      await lock({ p: '1.0.1', r: '1.0.1' });
      const time = ago(60);
      commitAll(folder, time);
      expect(await report()).toMatchObject({ status: 1 });
      await run('update');
      expect(read('assay.lock')).toContain(`npm:r@1.0.1 seen ${iso(time)}\n`);
      expect(read('assay.lock')).toContain(/^npm:p@1\.0\.1 seen .*$/m.exec(first)?.[0]);
      // What is recorded outranks a history that was written anew.
      rmSync(join(folder, '.git'), { recursive: true });
      expect(reviews(await report())).toMatchObject([{ name: 'p' }, { name: 'r', source: 'baseline', overdue: true }]);
    });
  });

  it('are not written where there was no answer', async () => {
    await withProject(async ({ lab, lock, run, read }) => {
      await publish(lab, 'q@1.0.0', TEAM);
      await publish(lab, 'away@1.0.0', TEAM);
      lab.behave(/attestations\/away@1\.0\.0$/, { status: 403 });
      await lock({ q: '1.0.0', away: '1.0.0' });
      await run('update');
      expect(read('assay.lock')).not.toContain('away');
    });
  });
});

describe.skipIf(!hasGit)(`assay review${WITHOUT_GIT}`, () => {
  async function inQueue(work: (project: LabProject, commit: string) => Promise<void>): Promise<void> {
    await withProject(async (project) => {
      const { lab, lock, folder, run } = project;
      for (const name of ['p', 'r']) await publishLoss(lab, name);
      await lock({ p: '1.0.0', r: '1.0.0' });
      await run('update');
      await lock({ p: '1.0.1', r: '1.0.0' });
      policy(project, 'review: {deadline: 2d, owners: [{packages: [p], owner: "@ada"}]}\n');
      init(project);
      const commit = commitAll(folder, ago(51));
      await lock({ p: '1.0.1', r: '1.0.1' });
      commitAll(folder, ago(5));
      await work(project, commit);
    });
  }

  it('lists what is due first on top, with whose it is and the commands', async () => {
    await inQueue(async ({ run }, commit) => {
      const { status, stdout, stderr } = await run('review');
      expect({ status, stderr }).toEqual({ status: 1, stderr: '' });
      expect(stdout).toMatch(
        /^review of package-lock\.json: due 48 hours after a version was first seen, phase observe$/m,
      );
      expect(stdout).toMatch(/^ {2}2 findings to decide, 1 overdue$/m);
      expect(stdout).toMatch(
        /^p@1\.0\.1 {2}package-lock\.json:\d+, direct\n {2}overdue {5}by (3 hours|2 hours 59 minutes)/m,
      );
      expect(stdout).toContain(`commit ${commit.slice(0, 7)}`);
      expect(stdout).toContain('  finding     provenance-lost: has no provenance, but 1.0.0 ');
      expect(stdout).toContain(
        '  next        assay check p@1.0.1\n              assay accept p@1.0.1 --reason "..."\n',
      );
      expect(stdout).toMatch(
        /^r@1\.0\.1 .*\n {2}due {9}in 1 day 1[89] hours, .*\n {2}owner {7}nobody \(name owners in assay\.yml\)$/m,
      );
      expect(stdout).toMatch(
        /the audit fails, as a decision is overdue: provenance-lost \(assay audit says why\)\. Exit\s+status 1\.\n$/,
      );
      expect(stdout.indexOf('p@1.0.1')).toBeLessThan(stdout.indexOf('r@1.0.1'));
    });
  });

  it('answers for the packages it is asked about, with the status of the whole audit', async () => {
    await inQueue(async (project) => {
      const { run } = project;
      const names = async (...args: string[]): Promise<string[]> =>
        (await queueOf(project, ...args)).findings.map(({ name }) => name);
      expect(await names()).toEqual(['p', 'r']);
      expect(await names('r')).toEqual(['r']);
      expect(await names('r@1.0.1', 'p')).toEqual(['p', 'r']);
      expect(await names('r', '.')).toEqual(['r']);
      expect(await names('package-lock.json', 'p')).toEqual(['p']);
      expect((await run('review', 'r')).status).toBe(1);
      const unknown = await run('review', 'rr');
      expect(unknown).toMatchObject({
        status: 2,
        stdout: '',
        stderr: 'assay: rr is not in package-lock.json, and nothing about it was accepted\n',
      });
      expect((await run('review', 'r@1.0.0')).status).toBe(2);
      expect(await run('review', '--json', '--markdown')).toMatchObject({ status: 2, stdout: '' });
      expect(await run('review', '.', './')).toMatchObject({ status: 2, stdout: '' });
    });
  });

  it('writes a table for a message', async () => {
    await inQueue(async ({ run }, commit) => {
      const { stdout } = await run('review', '--markdown');
      expect(stdout).toContain('**Dependency review** of `package-lock.json`: 2 findings to decide, 1 overdue\n');
      expect(stdout).toMatch(
        new RegExp(
          `^\\| \\*\\*overdue since \\d{4}-\\d\\d-\\d\\d\\*\\* \\| @ada \\| \`p@1\\.0\\.1\` \\| \`provenance-lost\` provenance is gone \\| \\d{4}-\\d\\d-\\d\\d, commit \`${commit.slice(0, 7)}\` \\|$`,
          'm',
        ),
      );
      expect(stdout).toMatch(/^\| \d{4}-\d\d-\d\d \| \*nobody\* \| `r@1\.0\.1` \|/m);
      expect(stdout).toContain(
        '```sh\nassay check p@1.0.1\nassay accept p@1.0.1 --reason "..."\nassay check r@1.0.1\n',
      );
    });
  });

  it('says why something is accepted, and what became of it', async () => {
    await inQueue(async (project) => {
      const { edit, read, run } = project;
      const [integrity = ''] = /sha512-[^"]+/.exec(read('package-lock.json').split('"node_modules/p"')[1] ?? '') ?? [];
      const other = `sha512-${Buffer.alloc(64, 7).toString('base64')}`;
      const line = (version: string, code: string, hash: string, until: string): string =>
        `npm:p@${version} accepted ${code} ${hash} until ${until} by jane because "for ${code}"\n`;
      const day = new Date(Date.now() + 30 * 86_400_000).toISOString().slice(0, 10);
      const lines = [
        line('1.0.1', 'history-publisher-changed', integrity, '2026-01-01T00:00:00Z'),
        line('1.0.1', 'provenance-lost', integrity, `${day}T00:00:00Z`),
        line('1.0.1', 'provenance-lost-elsewhere', other, `${day}T00:00:00Z`),
        line('1.0.2', 'provenance-lost', integrity, `${day}T00:00:00Z`),
      ].join('');
      edit('assay.lock', (text) => text.replace(/^npm:p since/m, `${lines}npm:p since`));
      const { accepted, findings } = await queueOf(project, 'p');
      expect(accepted.map(({ state, why }) => [state, why])).toEqual([
        ['expired', 'for history-publisher-changed'],
        ['active', 'for provenance-lost'],
        ['other-bytes', 'for provenance-lost-elsewhere'],
        ['not-locked', 'for provenance-lost'],
      ]);
      expect(findings.filter(({ name }) => name === 'p').map(({ code }) => code)).not.toContain('provenance-lost');
      const { stdout } = await run('review', 'p@1.0.2');
      expect(stdout).toContain('accepted in assay.lock (1)\n  p@1.0.2  provenance-lost\n    no longer locked');
      expect((await run('review', '--markdown')).stdout).toContain(
        `| \`p@1.0.1\` | \`provenance-lost\` | active | ${day} | \`jane\` | \`for provenance-lost\` |`,
      );
    });
  });
});
