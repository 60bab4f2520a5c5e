import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ciWorkflow, token, type Lab } from '../../lab/index.ts';
import { commitAll, git } from '../support/git.ts';
import { assayInside } from './inside.ts';
import { withProject, type AuditJson, type LabProject } from './lab-project.ts';
import { inFolder, type Run } from './run.ts';

const DAY = 86_400_000;
const IDS = { repository: 'team/p', repositoryId: '100', ownerId: '200' };
const TEAM = ciWorkflow(IDS);
const MOVED = ciWorkflow({ ...IDS, workflow: '.github/workflows/release.yml' });
const OTHER_OWNER = ciWorkflow({ ...IDS, ownerId: '999' });
const THIEF = token({ user: 'thief' });
const WHY = ['--reason', 'looked at the diff', '--by', 'jane'];

async function publish(lab: Lab, spec: string, by: typeof TEAM | typeof THIEF): Promise<void> {
  const [name = '', version = ''] = spec.split('@');
  await lab.publish({ name, version, by });
  lab.clock.advance(DAY);
}

/** "level code" of every finding. */
function found({ findings }: AuditJson): string[] {
  return findings.map(({ level, code }) => `${level} ${code}`);
}

/** A project whose baseline has p@1.0.0 of the team, and that locks p@1.0.1, published as `by` says. */
async function withUpdate(by: typeof TEAM | typeof THIEF, work: (project: LabProject) => Promise<void>): Promise<void> {
  await withProject(async (project) => {
    const { lab, lock, run } = project;
    await publish(lab, 'p@1.0.0', TEAM);
    await lock({ p: '1.0.0' });
    await run('update');
    await publish(lab, 'p@1.0.1', by);
    await lock({ p: '1.0.1' });
    await work(project);
  });
}

/** The lines that a change to assay.lock adds and removes, without the version's own. */
function packageDiff(before: string, after: string): string[] {
  const lines = (text: string): string[] =>
    text.split('\n').filter((line) => /^\S+ /.test(line) && !/^\S+@/.test(line));
  const [old, now] = [lines(before), lines(after)];
  return [
    ...old.filter((line) => !now.includes(line)).map((line) => `-${line}`),
    ...now.filter((line) => !old.includes(line)).map((line) => `+${line}`),
  ];
}

const OTHER_HASH = `sha512-${Buffer.alloc(64, 7).toString('base64')}`;
const dayIn = (days: number): string => new Date(Date.now() + days * DAY).toISOString().slice(0, 10);

describe('accept', () => {
  it('writes who, why, until when and for which bytes, and the audit holds', async () => {
    await withUpdate(THIEF, async ({ run, report, read }) => {
      expect((await report('--enforce', 'critical')).status).toBe(1);
      const day = dayIn(30);
      const { status, stdout, stderr } = await run(
        'accept',
        'p@1.0.1',
        '--until',
        day,
        '--reason',
        'by hand, diff read',
        '--by',
        'Jane Doe',
      );
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      expect(stdout).toMatch(new RegExp(`^assay\\.lock: 1 finding of p@1\\.0\\.1 accepted until ${day}T23:59:59Z\n`));
      expect(stdout).toMatch(/provenance-lost[^]*"Jane Doe"[^]*"by hand, diff read"[^]*assay update/);
      const [integrity = ''] = /sha512-[^"]+/.exec(read('package-lock.json')) ?? [];
      expect(read('assay.lock').split('\n')).toContain(
        `npm:p@1.0.1 accepted provenance-lost ${integrity} until ${day}T23:59:59Z by "Jane Doe" because "by hand, diff read"`,
      );
      const after = await report('--enforce', 'critical');
      expect([after.status, found(after)]).toEqual([0, ['note history-publisher-new', 'note provenance-lost']]);
      expect(after.findings[1]?.accepted).toMatchObject({ by: 'Jane Doe', why: 'by hand, diff read' });
    });
  });

  it('says that it begins a file, and starts the clock of what else waits', async () => {
    await withProject(async ({ folder, lab, lock, run, read, report }) => {
      await publish(lab, 'p@1.0.0', TEAM);
      await publish(lab, 'p@1.0.1', THIEF);
      await publish(lab, 'q@1.0.0', TEAM);
      await publish(lab, 'q@1.0.1', THIEF);
      await lock({ p: '1.0.1', q: '1.0.1' });
      git(folder, ['init', '-q']);
      commitAll(folder, Date.now() - 30 * DAY);
      const first = await run('accept', 'p', ...WHY);
      expect(first.stdout.replace(/\s+/g, ' ')).toContain(
        'note assay.lock is new and has this decision alone: assay init takes in what is proven; the deadline of whatever else waits for a decision runs from now on (assay review)',
      );
      expect(read('assay.lock').match(/^\S+ seen .*$/gm)).toEqual([expect.stringMatching(/^npm:q@1\.0\.1 seen /)]);
      const { findings } = await report();
      expect(findings.filter(({ name }) => name === 'q').map((one) => one.args)).not.toEqual([]);
      expect((await run('review')).stdout).toMatch(/to decide, none overdue/);
      // There is a file now.
      expect((await run('accept', 'q', ...WHY)).stdout).not.toContain('is new');
      expect(read('assay.lock')).toMatch(/^npm:q@1\.0\.1 accepted provenance-lost/m);
    });
  });

  it('says that nothing is taken in of what nothing proves', async () => {
    await withProject(async ({ folder, lab, lock, run, read }) => {
      await publish(lab, 'p@1.0.0', TEAM);
      await lock({ p: '1.0.0' });
      const mirror = await lab.mirror({ stripSignatures: true });
      const accepted = await run('accept', 'p', '--registry', mirror.url, ...WHY);
      expect(accepted.status).toBe(0);
      expect(accepted.stdout).not.toContain('assay update');
      expect(accepted.stdout).toMatch(
        /next {2}commit assay\.lock with the lockfile\n[^]*every audit looks at it again/,
      );
      await run('update', '--registry', mirror.url);
      expect(readFileSync(join(folder, 'assay.lock'), 'utf8')).toMatch(/^npm:p@1\.0\.0 accepted evidence-stripped/m);
      expect(read('assay.lock')).not.toMatch(/^npm:p@1\.0\.0 artifact/m);
    });
  });

  it('holds for 90 days unless told otherwise, at most for 366', async () => {
    await withUpdate(THIEF, async ({ run, read }) => {
      const ends = (): number => Date.parse(/ until (\S+) by/.exec(read('assay.lock'))?.[1] ?? '');
      const before = Math.floor(Date.now() / 1000) * 1000;
      await run('accept', 'p', ...WHY);
      expect(ends()).toBeGreaterThanOrEqual(before + 90 * DAY);
      expect(ends()).toBeLessThanOrEqual(Date.now() + 90 * DAY);
      const again = await run('accept', 'p@1.0.1', ...WHY, '--until', '366d');
      expect(again.stdout).toMatch(/was +p@1\.0\.1 provenance-lost until \S+ by "jane"; replaced/);
      expect(ends()).toBeGreaterThanOrEqual(before + 366 * DAY);
      expect(read('assay.lock').match(/ accepted /g)).toHaveLength(1);
    });
  });

  it('takes who decides from git', async () => {
    await withUpdate(THIEF, async ({ run, folder, read }) => {
      writeFileSync(join(folder, '.gitconfig'), '[user]\n\tname = Jane Döe\n\temail = jane@lab.test\n');
      expect((await run('accept', 'p', '--reason', 'r')).status).toBe(0);
      expect(read('assay.lock')).toContain('by "Jane D\\u00f6e <jane@lab.test>" because r\n');
    });
  });

  it('accepts whatever the audit finds of a version, also what other locked packages tell', async () => {
    await withProject(async ({ lab, lock, run, report }) => {
      const start = Date.now() - 30 * DAY;
      const publishAt = (days: number, version: string, dependencies: Record<string, string>): Promise<unknown> =>
        lab.publish({ name: 'p', version, by: THIEF, at: start + days * DAY, manifest: { dependencies } });
      await publishAt(0, '1.0.0', {});
      await lab.publish({ name: 'young', version: '1.0.0', by: THIEF, at: start + 20 * DAY });
      await publishAt(21, '1.0.1', { young: '^1.0.0' });
      await lock({ p: '1.0.1' });
      const ofP = async (): Promise<string[]> =>
        (await report()).findings.filter(({ name }) => name === 'p').map(({ level, code }) => `${level} ${code}`);
      expect(await ofP()).toEqual(['warning history-dependency-added', 'warning provenance-missing']);
      const one = await run('accept', 'p', '--code', 'history-dependency-added', ...WHY);
      expect([one.status, one.stderr]).toEqual([0, '']);
      expect((await run('accept', 'p', ...WHY)).stdout).toContain('2 findings of p@1.0.1 accepted');
      expect(await ofP()).toEqual(['note history-dependency-added', 'note provenance-missing']);
    });
  });

  it('accepts only what is named, and of several all or nothing', async () => {
    await withUpdate(THIEF, async ({ lab, run, lock, read }) => {
      await publish(lab, 'gap@1.0.0', THIEF);
      await publish(lab, 'fine@1.0.0', TEAM);
      await lock({ p: '1.0.1', gap: '1.0.0', fine: '1.0.0' });
      const text = read('assay.lock');
      const none = await run('accept', 'p@1.0.1', 'fine@1.0.0', ...WHY);
      expect(none.stderr).toBe('assay: nothing is to be accepted of fine@1.0.0: no warning, no error\n');
      expect(none.status).toBe(2);
      expect(read('assay.lock')).toBe(text);
      const both = await run('accept', 'p@1.0.1', 'gap', ...WHY);
      expect(both.stdout).toContain('2 findings of gap@1.0.0, p@1.0.1 accepted');
      expect(read('assay.lock').match(/^\S+ accepted \S+/gm)).toEqual([
        'npm:gap@1.0.0 accepted provenance-missing',
        'npm:p@1.0.1 accepted provenance-lost',
      ]);
    });
  });

  it('--code takes one of several findings, and one that is not there is named with those that are', async () => {
    await withUpdate(
      ciWorkflow({ ...IDS, runner: 'self-hosted', workflow: '.github/workflows/release.yml' }),
      async (project) => {
        const { run, report, read } = project;
        const wrong = await run('accept', 'p', ...WHY, '--code', 'provenance-lost');
        expect(wrong).toMatchObject({
          status: 2,
          stderr:
            'assay: provenance-lost is not found of p@1.0.1, but identity-self-hosted-runner, identity-unexpected-workflow; nothing was written\n',
        });
        expect(read('assay.lock')).not.toContain('accepted');
        expect((await run('accept', 'p', ...WHY, '--code', 'identity-unexpected-workflow')).status).toBe(0);
        expect(found(await report()).sort()).toEqual([
          'error identity-self-hosted-runner',
          'note identity-unexpected-workflow',
        ]);
      },
    );
  });

  it('never accepts a contradiction, nor where an answer is missing', async () => {
    await withUpdate(THIEF, async ({ lab, run, lock, edit, read }) => {
      const text = read('assay.lock');
      const away = await run('accept', 'p', ...WHY, '--registry', 'http://127.0.0.1:9/');
      expect(away).toMatchObject({ status: 3, stdout: '' });
      expect(away.stderr).toMatch(
        /^assay: no statement about p@1\.0\.1 \(evidence-unavailable\), so nothing was accepted.*\n$/,
      );
      await lab.publish({ name: 'bad', version: '1.0.0', by: THIEF, signatures: ['invalid'] });
      await lock({ p: '1.0.1', bad: '1.0.0' });
      const bad = await run('accept', 'p', 'bad', ...WHY);
      expect(bad).toMatchObject({ status: 1, stdout: '' });
      expect(bad.stderr).toMatch(
        /^assay: bad@1\.0\.0 has signature-invalid: a contradiction, which nobody can accept.*\n$/,
      );
      await lock({ p: '1.0.0' });
      edit('package-lock.json', (lockfile) => lockfile.replace(/sha512-[^"]+/, OTHER_HASH));
      const rewritten = await run('accept', 'p', ...WHY);
      expect(rewritten).toMatchObject({ status: 1, stdout: '' });
      expect(rewritten.stderr).toContain('integrity-rewritten');
      expect(read('assay.lock')).toBe(text);
    });
  });

  it('takes the lockfile of another folder, and starts a baseline where there is none', async () => {
    await withProject(async ({ lab, run, lock, folder }) => {
      await publish(lab, 'gap@1.0.0', THIEF);
      await lock({ gap: '1.0.0' });
      mkdirSync(join(folder, 'app'));
      for (const file of ['package.json', 'package-lock.json', '.npmrc']) {
        if (existsSync(join(folder, file))) renameSync(join(folder, file), join(folder, 'app', file));
      }
      const { status, stdout } = await run('accept', 'gap@1.0.0', ...WHY, '--lockfile', 'app');
      expect(status).toBe(0);
      expect(stdout).toContain('app/assay.lock: 1 finding');
      expect(readFileSync(join(folder, 'app/assay.lock'), 'utf8')).toMatch(
        /^# assay\.lock\/2: .*\nnpm:gap package\nnpm:gap@1\.0\.0 accepted provenance-missing sha512-\S+ until \S+ by jane because "looked at the diff"\nnpm:gap since never\n$/,
      );
      expect((await run('audit', 'app')).status).toBe(0);
    });
  });

  const TWO = JSON.stringify({
    name: 'x',
    lockfileVersion: 3,
    packages: {
      '': { dependencies: { a: '1.0.0', b: '1.0.0' } },
      'node_modules/a': { version: '1.0.0', integrity: OTHER_HASH },
      'node_modules/b': { version: '1.0.0', integrity: `sha1-${Buffer.alloc(20, 7).toString('base64')}` },
      'node_modules/b/node_modules/a': {
        version: '2.0.0',
        integrity: `${OTHER_HASH} sha512-${Buffer.alloc(64, 8).toString('base64')}`,
      },
    },
  });

  it.each<[string, readonly string[], RegExp]>([
    ['nothing named', WHY, /accept needs a package/],
    ['no reason', ['a', '--by', 'j'], /accept needs --reason TEXT/],
    ['a reason of spaces', ['a', '--by', 'j', '--reason', '  '], /accept needs --reason TEXT/],
    ['a reason without end', ['a', '--by', 'j', '--reason', 'x'.repeat(401)], /--reason is longer than 400 characters/],
    ['nobody', ['a', '--reason', 'r'], /say --by WHO/],
    ['a past day', ['a', ...WHY, '--until', '2020-01-01'], /--until 2020-01-01 is over already/],
    ['no day at all', ['a', ...WHY, '--until', '0d'], /--until 0d is over already/],
    ['a day that is none', ['a', ...WHY, '--until', '2027-02-30'], /--until takes a day such as .* not 2027-02-30/],
    ['another unit', ['a', ...WHY, '--until', '3w'], /--until takes a day such as .* not 3w/],
    ['a time without end', ['a', ...WHY, '--until', '367d'], /more than 366 days away/],
    ['a day far away', ['a', ...WHY, '--until', '2999-01-01'], /more than 366 days away/],
    ['a code that is none', ['a', ...WHY, '--code', 'provenance-list'], /did you mean provenance-lost\?/],
    [
      'a contradiction',
      ['a', ...WHY, '--code', 'signature-invalid'],
      /signature-invalid cannot be accepted: it is a contradiction/,
    ],
    [
      'no answer',
      ['a', ...WHY, '--code', 'evidence-unavailable'],
      /evidence-unavailable cannot be accepted: no answer/,
    ],
    ['what is not locked', ['c', ...WHY], /package-lock\.json does not lock c; did you mean a\?/],
    ['another version', ['b@2.0.0', ...WHY], /does not lock b@2\.0\.0, but b@1\.0\.0/],
    ['one of two versions', ['a', ...WHY], /which a\? package-lock\.json locks a@1\.0\.0, a@2\.0\.0: name one/],
    ['a weak hash', ['b', ...WHY], /b@1\.0\.0 is locked by sha1 \(package-lock\.json:\d+\)/],
    ['two hashes', ['a@2.0.0', ...WHY], /a@2\.0\.0 is locked by several hashes \(package-lock\.json:\d+\)/],
  ])('%s is one line and status 2', async (_, args, line) => {
    await inFolder(async (folder) => {
      writeFileSync(join(folder, 'package-lock.json'), TWO);
      const nobody = { GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null' };
      const run: Run = await assayInside(['accept', ...args, '--registry', 'http://127.0.0.1:9/'], folder, nobody);
      expect(run.stderr).toMatch(line);
      expect(run.stderr.trimEnd().split('\n')).toHaveLength(1);
      expect(run).toMatchObject({ status: 2, stdout: '' });
      expect(existsSync(join(folder, 'assay.lock'))).toBe(false);
    });
  });
});

describe('what was accepted is taken in, and asked about at every audit', () => {
  it('another workflow: one line against one, and the next release passes', async () => {
    await withUpdate(MOVED, async ({ lab, run, report, lock, read, requestsOf }) => {
      const before = read('assay.lock');
      await run('accept', 'p', ...WHY);
      const update = await run('update');
      expect(update.status).toBe(0);
      expect(update.stdout).toMatch(
        /of these with accepted findings, so asked at every audit: p@1\.0\.1\s+\(identity-unexpected-workflow\)/,
      );
      const after = read('assay.lock');
      expect(packageDiff(before, after)).toEqual([
        '-npm:p workflow .github/workflows/publish.yml',
        '+npm:p workflow .github/workflows/release.yml',
      ]);
      expect(after.split('\n')).toEqual(
        expect.arrayContaining([
          expect.stringMatching(/^npm:p@1\.0\.1 provenance proven by sha256-/),
          'npm:p@1.0.1 despite identity-unexpected-workflow',
          'npm:p@1.0.1 expected-workflow .github/workflows/publish.yml',
        ]),
      );
      // Asked again, found again, accepted still.
      let held: AuditJson | null = null;
      expect(await requestsOf(async () => (held = await report('--enforce', 'all')))).toBeGreaterThan(0);
      expect(held).toMatchObject({ status: 0, dependencies: [{ baseline: 'known' }] });
      expect(found(held as unknown as AuditJson)).toEqual(['note identity-unexpected-workflow']);
      // A second update changes nothing.
      await run('update');
      expect(read('assay.lock')).toBe(after);
      await publish(lab, 'p@1.0.2', MOVED);
      await lock({ p: '1.0.2' });
      expect(found(await report('--enforce', 'all'))).toEqual([]);
      await run('update');
      expect(read('assay.lock')).not.toMatch(/accepted|despite|expected-/);
      await publish(lab, 'p@1.0.3', TEAM);
      await lock({ p: '1.0.3' });
      expect(found(await report('--enforce', 'all'))).toEqual(['error identity-unexpected-workflow']);
    });
  });

  /** What ends an acceptance that was taken in. Each edits assay.lock. */
  const ENDS: readonly (readonly [string, (text: string) => string])[] = [
    ['it expired', (text) => text.replace(/ until \S+ by/, ' until 2026-01-01T00:00:00Z by')],
    ['it never ends', (text) => text.replace(/ until \S+ by/, ' until 9999-12-31T23:59:59Z by')],
    ['it is for other bytes', (text) => text.replace(/( accepted \S+ )sha512-\S+/, `$1${OTHER_HASH}`)],
    ['it is for another code', (text) => text.replace(/ accepted \S+/, ' accepted publish-attestation-missing')],
    ['it was deleted', (text) => text.replace(/^\S+ accepted .*\n/m, '')],
  ];

  it.each(
    ENDS.flatMap(([when, change]) =>
      [
        { what: 'another owner', by: OTHER_OWNER, code: 'identity-owner-changed' },
        { what: 'lost provenance', by: THIEF, code: 'provenance-lost' },
      ].map((loss) => ({ when, change, ...loss })),
    ),
  )('$what is back when $when, whatever the registry remembers', async ({ change, by, code }) => {
    await withUpdate(by, async ({ lab, run, report, edit, read }) => {
      // What the registry shows of the version before is of another's making.
      lab.tamperPackument('p', (document) => {
        const { '1.0.0': first, ...versions } = document.versions;
        expect(first).toBeDefined();
        return { ...document, versions };
      });
      expect(found(await report('--enforce', 'critical'))).toEqual([`error ${code}`]);
      await run('accept', 'p', ...WHY);
      await run('update');
      expect(read('assay.lock')).toContain(`npm:p@1.0.1 despite ${code}\n`);
      expect(await report('--enforce', 'critical').then(({ status }) => status)).toBe(0);
      edit('assay.lock', change);
      const back = await report('--enforce', 'critical');
      expect([back.status, found(back)]).toEqual([1, [`error ${code}`]]);
      const text = read('assay.lock');
      const update = await run('update');
      expect(update.stdout).toMatch(/kept as it is, 1 dependency with [^]*p@1\.0\.1/);
      expect(read('assay.lock')).toBe(text);
    });
  });

  it('an end that has come is said by update, also of a gap that is held', async () => {
    await withUpdate(THIEF, async ({ lab, run, edit, lock }) => {
      await publish(lab, 'gap@1.0.0', THIEF);
      await lock({ p: '1.0.1', gap: '1.0.0' });
      await run('accept', 'p', 'gap', ...WHY);
      expect((await run('update')).stdout).not.toContain('no longer accepted');
      edit('assay.lock', (text) => text.replaceAll(/ until \S+ by/g, ' until 2026-01-01T00:00:00Z by'));
      const { stdout } = await run('update');
      const said = stdout.replace(/\s+/g, ' ');
      expect(said).toContain('kept as it is, 1 dependency with provenance-lost: p@1.0.1');
      const ended = '(until 2026-01-01T00:00:00Z by "jane")';
      expect(said).toContain(
        `no longer accepted: gap@1.0.0 provenance-missing ${ended}, p@1.0.1 provenance-lost ${ended}`,
      );
      expect((await run('accept', 'p', ...WHY)).stdout).toContain('2026-01-01T00:00:00Z by "jane"; replaced');
    });
  });

  it('other bytes of it are a contradiction, as those of any version that was taken in', async () => {
    await withUpdate(THIEF, async ({ run, report, edit }) => {
      await run('accept', 'p', ...WHY);
      await run('update');
      edit('package-lock.json', (text) => text.replace(/sha512-[^"]+/, OTHER_HASH));
      expect(found(await report())).toEqual(['error integrity-rewritten']);
    });
  });

  it('a loss stays one: the next version without provenance is lost from the last one that had it', async () => {
    await withUpdate(THIEF, async ({ lab, run, report, lock, read }) => {
      await run('accept', 'p', ...WHY);
      await run('update');
      expect(read('assay.lock')).toContain('npm:p@1.0.1 provenance lost 1.0.0 2026-04-01T00:00:00Z\n');
      await publish(lab, 'p@1.0.2', THIEF);
      await lock({ p: '1.0.2' });
      lab.tamperPackument('p', (document) => {
        const { '1.0.0': first, ...versions } = document.versions;
        expect(first).toBeDefined();
        return { ...document, versions };
      });
      const next = await report('--enforce', 'critical');
      expect([next.status, found(next)]).toEqual([1, ['error provenance-lost']]);
      expect(next.findings[0]?.args).toMatchObject({ predecessor: '1.0.0' });
    });
  });

  it('a gap that is accepted is held as any other, and back when its time has come', async () => {
    await withProject(async ({ lab, run, report, lock, edit, requestsOf }) => {
      await publish(lab, 'gap@1.0.0', THIEF);
      await lock({ gap: '1.0.0' });
      await run('accept', 'gap', ...WHY);
      await run('update');
      let held: AuditJson | null = null;
      expect(await requestsOf(async () => (held = await report('--enforce', 'critical')))).toBe(0);
      expect(found(held as unknown as AuditJson)).toEqual(['note provenance-missing']);
      edit('assay.lock', (text) => text.replace(/ until \S+ by/, ' until 2026-01-01T00:00:00Z by'));
      expect(found(await report('--enforce', 'critical'))).toEqual(['error provenance-missing']);
    });
  });
});
