import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { at, commitAll, git, hasGit, WITHOUT_GIT } from '../support/git.ts';
import { forged, found, inPullRequest, OTHER_HASH, TEAM, THIEF, type PullRequest } from './in-pull-request.ts';

const HOUR = 3_600_000;

/** A time as assay.lock has it. */
function second(time: number): string {
  return new Date(time).toISOString().replace(/\.\d+/, '');
}

describe.skipIf(!hasGit)(`lines that a pull request brings into assay.lock${WITHOUT_GIT}`, () => {
  describe('of a version whose files cannot be read', () => {
    /** What p reaches is asked for, and its tarball is not to be had. */
    const withoutFiles = (work: (project: PullRequest) => Promise<void>): Promise<void> =>
      inPullRequest(async (project) => {
        const { lab, folder } = project;
        writeFileSync(join(folder, 'assay.yml'), 'enforce: critical\ncritical:\n  - capability: network\n');
        git(folder, ['add', '-A']);
        git(folder, ['commit', '-qm', 'policy']);
        git(folder, ['branch', '-f', 'main']);
        lab.behave(/\/p-1\.0\.0\.tgz$/, { status: 404 });
        await work(project);
      });

    it('an entry that stays as it was passes', async () => {
      await withoutFiles(async ({ audit }) => {
        const outcome = await audit();
        expect([outcome.status, forged(outcome)]).toEqual([0, []]);
      });
    });

    it.each([
      ['reaches nothing', 'npm:p@1.0.0 capability none'],
      ['reaches the network', 'npm:p@1.0.0 capability network'],
    ])('a line that it %s is named, as nobody can confirm it', async (_, line) => {
      await withoutFiles(async ({ edit, audit }) => {
        edit('assay.lock', (text) => text.replace(/^npm:p@1\.0\.0 published.*$/m, `$&\n${line}`));
        const outcome = await audit();
        expect([outcome.status, forged(outcome)]).toEqual([1, ['main: p@1.0.0']]);
      });
    });

    it.each([
      ['as update wrote them', (text: string) => text, 0, []],
      [
        'with another hash',
        (text: string) => text.replace(/^(npm:p@1\.0\.1 artifact ).*$/m, `$1${OTHER_HASH}`),
        1,
        ['main: p@1.0.1'],
      ],
      [
        'with what it reaches',
        (text: string) => text.replace(/^npm:p@1\.0\.1 published.*$/m, '$&\nnpm:p@1.0.1 capability none'),
        1,
        ['main: p@1.0.1'],
      ],
    ])('the lines of a new version: %s', async (_, change, status, named) => {
      await withoutFiles(async ({ lab, lock, run, edit, audit }) => {
        await lab.publish({ name: 'p', version: '1.0.1', by: TEAM });
        lab.behave(/\/p-1\.0\.1\.tgz$/, { status: 404 });
        await lock({ p: '1.0.1', q: '1.0.0' });
        await run('update');
        edit('assay.lock', change);
        const outcome = await audit();
        expect([outcome.status, forged(outcome)]).toEqual([status, named]);
      });
    });

    it('another hash in its entry is named, as the version is held and nothing of it was asked', async () => {
      await withoutFiles(async ({ edit, audit }) => {
        edit('assay.lock', (text) => text.replace(/^(npm:p@1\.0\.0 artifact ).*$/m, `$1${OTHER_HASH}`));
        const outcome = await audit();
        expect([outcome.status, forged(outcome)]).toEqual([1, ['main: p@1.0.0']]);
      });
    });
  });

  describe('about when a version was first seen', () => {
    it('that puts off a decision which waits is named, and does not', async () => {
      await inPullRequest(async ({ lab, lock, folder, run, edit, audit }) => {
        await lab.publish({ name: 'p', version: '1.0.1', by: THIEF });
        await lock({ p: '1.0.1', q: '1.0.0' });
        await run('update');
        edit('assay.lock', (text) => text.replace(/ seen \S+$/m, ' seen 2026-01-01T00:00:00Z'));
        git(folder, ['commit', '-qam', 'waits']);
        git(folder, ['branch', '-f', 'main']);
        expect(await audit()).toMatchObject({ status: 1, baseline: { base: { edited: [] } } });
        const now = new Date().toISOString().replace(/\.\d+/, '');
        for (const seen of [` seen ${now}\n`, '']) {
          edit('assay.lock', (text) =>
            text.replace(/^npm:p@1\.0\.1 seen .*\n/m, seen === '' ? '' : `npm:p@1.0.1${seen}`),
          );
          expect(await audit()).toMatchObject({ status: 1, baseline: { base: { edited: ['p@1.0.1'] } } });
        }
      });
    });

    /** p@1.0.1 waits for a decision since `age` before now, of which main has no line. It is due after 48 hours. */
    const waiting = (age: number, work: (project: PullRequest, since: number) => Promise<void>): Promise<void> =>
      inPullRequest(async (project) => {
        const { lab, folder, lock } = project;
        await lab.publish({ name: 'p', version: '1.0.1', by: THIEF });
        await lock({ p: '1.0.1', q: '1.0.0' });
        writeFileSync(join(folder, 'assay.yml'), 'enforce: observe\n');
        const since = Math.floor((Date.now() - age) / 1000) * 1000;
        commitAll(folder, since);
        git(folder, ['branch', '-f', 'main']);
        await work(project, since);
      });
    const withLine = (time: number) => (text: string) =>
      text.replace('npm:p since', `npm:p@1.0.1 seen ${second(time)}\nnpm:p since`);

    it.each([
      ['the time that the history of the lockfile shows', 0, 0, []],
      ['an earlier one', -HOUR, 0, []],
      ['within the hour, as clocks differ', HOUR, 0, []],
      ['a second after that', HOUR + 1000, 1, ['main: p@1.0.1']],
      ['a time to come', 100 * 24 * HOUR, 1, ['main: p@1.0.1']],
    ])('of what main has locked without a line: %s', async (_, later, status, named) => {
      await waiting(10 * HOUR, async ({ edit, audit }, since) => {
        edit('assay.lock', withLine(since + later));
        const outcome = await audit();
        expect([outcome.status, forged(outcome)]).toEqual([status, named]);
      });
    });

    it('what is overdue stays so, and the line which would put it off is named', async () => {
      await waiting(100 * HOUR, async ({ edit, audit }) => {
        expect(found(await audit())).toEqual(['p@1.0.1 note history-publisher-new', 'p@1.0.1 error provenance-lost']);
        edit('assay.lock', withLine(Date.now() - HOUR));
        const outcome = await audit();
        expect(found(outcome)).toEqual(['p@1.0.1 note history-publisher-new', 'p@1.0.1 error provenance-lost']);
        expect([outcome.status, forged(outcome)]).toEqual([1, ['main: p@1.0.1']]);
      });
    });

    it('what is overdue stays so where the project is moved, and is held to what it was before', async () => {
      await waiting(100 * HOUR, async ({ folder, edit, audit }) => {
        mkdirSync(join(folder, 'app'));
        for (const file of ['package.json', 'package-lock.json', 'assay.lock']) {
          git(folder, ['mv', file, `app/${file}`]);
        }
        commitAll(folder, Date.now());
        const overdue = ['p@1.0.1 note history-publisher-new', 'p@1.0.1 error provenance-lost'];
        const moved = await audit(undefined, 'app');
        expect([moved.status, found(moved), moved.baseline]).toMatchObject([
          1,
          overdue,
          { held: 1, base: { found: true, edited: [], removed: [] } },
        ]);
        edit('app/assay.lock', withLine(Date.now() - HOUR));
        commitAll(folder, Date.now());
        const put = await audit(undefined, 'app');
        expect([put.status, found(put), forged(put)]).toEqual([1, overdue, ['main: p@1.0.1']]);
      });
    });

    it('what may have been moved from several places is held to none, and its lines put nothing off', async () => {
      await waiting(100 * HOUR, async ({ folder, edit, audit }) => {
        for (const name of ['a', 'b']) {
          mkdirSync(join(folder, name));
          for (const file of ['package.json', 'package-lock.json', 'assay.lock']) {
            cpSync(join(folder, file), join(folder, name, file));
          }
        }
        for (const file of ['package.json', 'package-lock.json', 'assay.lock']) rmSync(join(folder, file));
        commitAll(folder, Date.now() - 90 * HOUR);
        git(folder, ['branch', '-f', 'main']);
        for (const name of ['a', 'b']) git(folder, ['mv', name, `${name}2`]);
        edit('a2/assay.lock', withLine(Date.now() - HOUR));
        commitAll(folder, Date.now());
        const outcome = await audit(undefined, 'a2');
        expect([outcome.status, found(outcome)]).toEqual([
          1,
          ['p@1.0.1 note history-publisher-new', 'p@1.0.1 error provenance-lost'],
        ]);
        expect(outcome.baseline).toMatchObject({
          held: 0,
          base: { problem: 'a2/assay.lock was moved there, and 2 that are gone may be what it was' },
        });
      });
    });

    it('a first baseline starts all clocks, whatever was locked before it', async () => {
      await waiting(100 * HOUR, async ({ folder, run, audit }) => {
        git(folder, ['rm', '-q', '--cached', 'assay.lock']);
        git(folder, ['commit', '-q', '--amend', '-m', 'without']);
        git(folder, ['branch', '-f', 'main']);
        rmSync(join(folder, 'assay.lock'));
        await run('update');
        const outcome = await audit();
        expect([outcome.status, found(outcome), forged(outcome)]).toEqual([
          0,
          ['p@1.0.1 note history-publisher-new', 'p@1.0.1 warning provenance-lost'],
          [],
        ]);
      });
    });

    it('what update writes passes: of a version that was committed before, and of one that was not', async () => {
      await inPullRequest(async ({ lab, folder, lock, run, audit, read }) => {
        await lab.publish({ name: 'p', version: '1.0.1', by: THIEF });
        await lab.publish({ name: 'q', version: '1.0.1', by: THIEF });
        writeFileSync(join(folder, 'assay.yml'), 'enforce: observe\n');
        await lock({ p: '1.0.1', q: '1.0.0' });
        const since = Math.floor(Date.now() / 1000) * 1000 - HOUR;
        git(folder, ['add', '-A']);
        git(folder, ['commit', '-qm', 'one'], at(since));
        await lock({ p: '1.0.1', q: '1.0.1' });
        await run('update');
        expect(read('assay.lock')).toContain(`npm:p@1.0.1 seen ${second(since)}\n`);
        expect(read('assay.lock')).toMatch(/^npm:q@1\.0\.1 seen /m);
        for (const state of ['not committed', 'committed']) {
          const outcome = await audit();
          expect([state, outcome.status, forged(outcome)]).toEqual([state, 0, []]);
          commitAll(folder, Date.now());
        }
      });
    });

    it.each(['2026-01-01T00:00:00Z', '2090-01-01T00:00:00Z'])(
      'of a version that nothing locks yet is named, as it would count once that is: %s',
      async (time) => {
        await inPullRequest(async ({ edit, audit }) => {
          edit('assay.lock', (text) => text.replace('npm:p since', `npm:p@6.6.6 seen ${time}\nnpm:p since`));
          const outcome = await audit();
          expect([outcome.status, forged(outcome)]).toEqual([1, ['main: p@6.6.6']]);
        });
      },
    );
  });

  it.each(['9.9.9 2090-01-01T00:00:00Z', '1.0.0 2026-01-01T00:00:00Z'])(
    'since when a package has provenance, of which nothing is taken in: %s',
    async (since) => {
      await inPullRequest(async ({ lab, lock, edit, audit }) => {
        await lab.publish({ name: 'r', version: '1.0.0', by: THIEF, signed: false });
        await lock({ p: '1.0.0', q: '1.0.0', r: '1.0.0' });
        edit('assay.lock', (text) => `${text}npm:r package\nnpm:r since ${since}\n`);
        const outcome = await audit();
        expect([outcome.status, forged(outcome)]).toEqual([1, ['main: r']]);
      });
    },
  );

  describe('that accept a finding', () => {
    const line = (spec: string, hash: string): string =>
      `npm:${spec} accepted provenance-lost ${hash} until 2026-12-31T00:00:00Z by jane because ok\n`;

    it('of what nothing locks are named, as they would count once it is', async () => {
      await inPullRequest(async ({ lab, edit, audit }) => {
        const { integrity } = await lab.publish({ name: 'p', version: '1.0.1', by: THIEF });
        edit('assay.lock', (text) => text.replace('npm:p since', `${line('p@1.0.1', integrity)}npm:p since`));
        const outcome = await audit();
        expect([outcome.status, forged(outcome)]).toEqual([1, ['main: p@1.0.1']]);
      });
    });

    it('of what is locked pass, and the one that counts comes first, however many there are', async () => {
      await inPullRequest(async ({ lab, lock, edit, audit, runIn }) => {
        const { integrity } = await lab.publish({ name: 'p', version: '1.0.1', by: THIEF });
        await lock({ p: '1.0.1', q: '1.0.0' });
        edit('assay.lock', (text) => text.replace('npm:p since', `${line('p@1.0.1', integrity)}npm:p since`));
        edit('assay.lock', (text) => text.replace(/^npm:p@1\.0\.0 .*\n/gm, ''));
        const honest = await audit();
        expect([honest.status, forged(honest)]).toEqual([0, []]);
        const junk = Array.from({ length: 60 }, (_, i) => `a${String(i).padStart(3, '0')}`);
        const lines = junk.map(
          (name) => `npm:${name} package\n${line(`${name}@1.0.0`, integrity)}npm:${name} since never\n`,
        );
        edit('assay.lock', (text) => text.replace('\n', `\n${lines.join('')}`));
        const outcome = await audit();
        expect([outcome.status, forged(outcome)]).toEqual([1, [expect.stringContaining('a058@1.0.0, a059@1.0.0')]]);
        expect(outcome.baseline.base?.accepted).toHaveLength(61);
        const { stdout } = await runIn({}, 'audit', '--base', 'main');
        expect(stdout.replace(/\s+/g, ' ')).toContain('accepted here, and not before: p@1.0.1 provenance-lost');
      });
    });

    it('stay, where nothing locks their version any more', async () => {
      await inPullRequest(async ({ lab, lock, folder, run, audit }) => {
        await lab.publish({ name: 'p', version: '1.0.1', by: THIEF });
        await lock({ p: '1.0.1', q: '1.0.0' });
        await run('accept', 'p@1.0.1', '--reason', 'ok', '--by', 'jane');
        git(folder, ['commit', '-qam', 'accepted']);
        git(folder, ['branch', '-f', 'main']);
        await lock({ p: '1.0.0', q: '1.0.0' });
        const outcome = await audit();
        expect([outcome.status, forged(outcome), outcome.baseline.base?.accepted]).toEqual([0, [], []]);
      });
    });
  });

  it('in the older format are named where main has the newer one', async () => {
    await inPullRequest(async ({ edit, audit, folder }) => {
      edit('assay.lock', inVersion1);
      const outcome = await audit();
      expect([outcome.status, forged(outcome)]).toEqual([1, [expect.stringMatching(/^main: (.*, )?format 1(,|$)/)]]);
      git(folder, ['commit', '-qam', 'old']);
      git(folder, ['branch', '-f', 'main']);
      const old = await audit();
      expect([old.status, forged(old), old.baseline.held]).toEqual([0, [], 2]);
    });
  });
});

/** As earlier builds wrote it. */
function inVersion1(text: string): string {
  return text
    .replace('# assay.lock/2', '# assay.lock/1')
    .replace(/^npm:/gm, '')
    .replace(/^(\S+) package$/gm, '$1 package npm')
    .replace(/^(\S+) artifact (.*)$/gm, '$1 integrity $2')
    .replace(/^(\S+) verified (\S+) entry (\S+)$/gm, '$1 evidence $2\n$1 entry $3')
    .replace(/^(\S+) provenance proven by \S+$/gm, '$1 provenance proven')
    .replace(/^(\S+) published (\S+) by (.*)$/gm, '$1 publisher $3\n$1 published $2');
}
