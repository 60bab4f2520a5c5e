import { mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { describe, expect, it } from 'vitest';
import { tufRepository } from '../../lab/tuf.ts';
import { withLab } from '../support/lab.ts';
import { git, hasGit, WITHOUT_GIT } from '../support/git.ts';
import {
  forged,
  found,
  inPullRequest,
  OTHER_HASH,
  STRANGER,
  TEAM,
  THIEF,
  type PullRequest,
  type PullRequestJson,
} from './in-pull-request.ts';
import { withBuilderNamed } from '../support/baseline.ts';

describe.skipIf(!hasGit)(`a pull request${WITHOUT_GIT}`, () => {
  it('that changes nothing is held by the baseline it started from, without a request', async () => {
    await inPullRequest(async ({ folder, audit, runIn, requestsOf }) => {
      let outcome: PullRequestJson | null = null;
      expect(await requestsOf(async () => (outcome = await audit()))).toBe(0);
      const commit = git(folder, ['rev-parse', 'main']);
      expect(outcome).toMatchObject({
        status: 0,
        baseline: {
          held: 2,
          uncovered: [],
          base: {
            ref: 'main',
            commit,
            found: true,
            problem: null,
            edited: [],
            unfounded: [],
            removed: [],
            accepted: [],
          },
        },
      });
      const { stdout } = await runIn({}, 'audit', '--base', 'main');
      expect(stdout).toContain(`assay.lock at main (${commit.slice(0, 12)}): 2 held and not asked again\n`);
      const ajv = new Ajv2020({ allErrors: true });
      addFormats.default(ajv);
      const schema = resolve(import.meta.dirname, '../../docs/schemas/report-1.schema.json');
      const validate = ajv.compile(JSON.parse(readFileSync(schema, 'utf8')) as object);
      const { status, ...report } = outcome as unknown as PullRequestJson;
      expect([status, validate(report), validate.errors]).toEqual([0, true, null]);
    });
  });

  it('that brings a new version and its own entry: the version is verified all the same', async () => {
    await inPullRequest(async ({ lab, lock, run, audit, report, requestsOf }) => {
      await lab.publish({ name: 'p', version: '1.0.1', by: TEAM });
      await lock({ p: '1.0.1', q: '1.0.0' });
      await run('update');
      expect((await report()).baseline).toMatchObject({ held: 2 });
      let outcome: PullRequestJson | null = null;
      expect(await requestsOf(async () => (outcome = await audit()))).toBeGreaterThan(0);
      expect(outcome).toMatchObject({
        status: 0,
        baseline: { held: 1, uncovered: ['p@1.0.1'], base: { edited: [], unfounded: [], removed: [], accepted: [] } },
      });
      const p = (outcome as unknown as PullRequestJson).dependencies.find(({ name }) => name === 'p');
      expect(p).toMatchObject({ baseline: 'uncovered', verdict: 'pass' });
      expect(p?.proofs['provenance']).not.toBeNull();
    });
  });

  it('that rewrites a hash in the lockfile and in assay.lock alike is found out', async () => {
    await inPullRequest(async ({ edit, audit, report, runIn }) => {
      const poison = (text: string): string => text.replace(/sha512-[^"\s]+/, OTHER_HASH);
      edit('package-lock.json', poison);
      edit('assay.lock', poison);
      // By itself the file is as good as any.
      expect(found(await report())).toEqual([]);
      const outcome = await audit();
      expect([outcome.status, found(outcome)]).toEqual([1, ['p@1.0.0 error integrity-rewritten']]);
      expect(outcome.baseline.base).toMatchObject({ edited: ['p@1.0.0'] });
      expect((await runIn({}, 'audit', '--base', 'main')).stdout).toContain(
        'edited here, though it was there before: p@1.0.0',
      );
    });
  });

  it('that makes a stranger the expected builder is found out', async () => {
    await inPullRequest(async ({ lab, lock, edit, audit, report }) => {
      await lab.publish({ name: 'p', version: '1.0.1', by: STRANGER });
      // The history of the registry has nobody else.
      lab.tamperPackument('p', (document) => {
        const { '1.0.0': first, ...versions } = document.versions;
        expect(first).toBeDefined();
        return { ...document, versions };
      });
      await lock({ p: '1.0.1', q: '1.0.0' });
      const mine = (text: string): string =>
        withBuilderNamed(
          text
            .replace('npm:p repository https://github.com/team/p', 'npm:p repository https://github.com/stranger/p')
            .replace('npm:p repository-id 100', 'npm:p repository-id 666')
            .replace('npm:p owner-id 200', 'npm:p owner-id 667'),
        );
      edit('assay.lock', mine);
      expect(found(await report('--enforce', 'critical'))).toEqual([]);
      const outcome = await audit(undefined, '--enforce', 'critical');
      expect([outcome.status, found(outcome)]).toEqual([1, ['p@1.0.1 error identity-unexpected-repository']]);
      expect(outcome.baseline.base).toMatchObject({ edited: ['p@1.0.0'] });
    });
  });

  it('that changes what is known of a package, and leaves every version as it was, is named', async () => {
    await inPullRequest(async ({ edit, audit, read }) => {
      const own = read('assay.lock')
        .split('\n')
        .filter((line) => /^npm:p (issuer|repository|repository-id|owner-id|workflow|runner) /.test(line))
        .map((line) => line.replace(/^npm:p /, 'npm:p@1.0.0 '));
      edit('assay.lock', (text) =>
        text
          .replace('npm:p owner-id 200', 'npm:p owner-id 667')
          .replace(/^npm:p@1\.0\.0 provenance proven by .*\n/m, `npm:p@1.0.0 provenance proven\n${own.join('\n')}\n`),
      );
      const outcome = await audit();
      expect(outcome.baseline.base).toMatchObject({ edited: ['p'] });
      expect([outcome.status, forged(outcome)]).toEqual([1, ['main: p']]);
      edit('assay.lock', (text) => text.replace(/^npm:q since .*$/m, 'npm:q since never'));
      expect((await audit()).baseline.base).toMatchObject({ edited: ['p', 'q'] });
    });
  });

  it.each<[string, (text: string) => string, string]>([
    ['since when', (text) => text.replace(/^(npm:p since ).*/m, '$1zzz 1999-01-01T00:00:00Z'), 'p'],
    [
      'that a version reaches nothing',
      (text) => text.replace(/^npm:q@1\.0\.0 published .*\n/m, '$&npm:q@1.0.0 capability none\n'),
      'q@1.0.0',
    ],
  ])('that says otherwise %s is named, though it holds no other bytes', async (_, forge, entry) => {
    await inPullRequest(async ({ edit, read, audit }) => {
      const before = read('assay.lock');
      edit('assay.lock', forge);
      expect(read('assay.lock')).not.toBe(before);
      const outcome = await audit();
      expect([outcome.status, forged(outcome)]).toEqual([1, [`main: ${entry}`]]);
    });
  });

  it('that brings an entry of a version that does not pass is named, as the next run would hold it', async () => {
    await inPullRequest(async ({ lab, lock, folder, edit, read, audit, runIn, report }) => {
      await lab.publish({ name: 'p', version: '1.0.1', by: THIEF });
      await lock({ p: '1.0.1', q: '1.0.0' });
      const integrity = /"sha512-[^"]+"/.exec(read('package-lock.json'))?.[0].slice(1, -1) ?? '';
      const forged = (text: string): string =>
        text
          .replace(/^npm:p@1\.0\.0 /gm, 'npm:p@1.0.1 ')
          .replace(/^(npm:p@1\.0\.1 artifact ).*$/m, (_, start: string) => start + integrity);
      edit('assay.lock', forged);
      const outcome = await audit();
      expect([outcome.status, found(outcome)]).toEqual([
        1,
        ['p@1.0.1 note history-publisher-new', 'p@1.0.1 error provenance-lost'],
      ]);
      expect(outcome.baseline.base).toMatchObject({ edited: [], unfounded: ['p@1.0.1'], removed: [] });
      expect((await runIn({}, 'audit', '--base', 'main')).stdout.replace(/\s+/g, ' ')).toContain(
        'new here, and not what assay update would write: p@1.0.1',
      );
      // Merged, it would hide what was found.
      git(folder, ['commit', '-qam', 'forged']);
      expect(found(await report('--enforce', 'all'))).toEqual([]);
    });
  });

  it('that brings entries for later, of a version or a builder that nothing locks yet, is named', async () => {
    await inPullRequest(async ({ edit, audit }) => {
      edit('assay.lock', (text) => {
        const entry = text.split('\n').filter((line) => line.startsWith('npm:p@1.0.0 '));
        const own = text.split('\n').filter((line) => /^npm:p (?!since)/.test(line));
        const later = entry.map((line) => line.replace('1.0.0', '6.6.6'));
        const planted = [...own.map((line) => line.replace('npm:p ', 'npm:r ')), 'npm:r since never', ''];
        return text.replace('npm:p since', `${later.join('\n')}\nnpm:p since`) + planted.join('\n');
      });
      const outcome = await audit();
      expect(outcome.baseline.base).toMatchObject({ edited: [], unfounded: ['p@6.6.6', 'r'] });
      expect([outcome.status, forged(outcome)]).toEqual([1, ['main: p@6.6.6, r']]);
      expect(outcome.lockfiles[0]?.findings).toMatchObject([{ location: { file: 'assay.lock' }, level: 'error' }]);
    });
  });

  it.each(['observe', 'all'])(
    'that brings entries for later fails in %s, and once merged they hold nothing',
    async (phase) => {
      await inPullRequest(async ({ lab, lock, folder, edit, read, audit }) => {
        await lab.publish({ name: 'p', version: '1.0.1', by: THIEF });
        await lock({ p: '1.0.1', q: '1.0.0' });
        const integrity = /"(sha512-[^"]+)"/.exec(read('package-lock.json'))?.[1] ?? '';
        git(folder, ['checkout', '-q', '--', 'package.json', 'package-lock.json']);
        edit('assay.lock', (text) => {
          const entry = text.split('\n').filter((line) => line.startsWith('npm:p@1.0.0 '));
          const later = entry.map((line) => line.replace('1.0.0', '1.0.1').replace(/sha512-\S+/, integrity));
          return text.replace('npm:p since', `${later.join('\n')}\nnpm:p since`);
        });
        const first = await audit(undefined, '--enforce', phase);
        expect([first.status, forged(first)]).toEqual([1, ['main: p@1.0.1']]);
        // Somebody merges it all the same, and the next one locks that version.
        git(folder, ['commit', '-qam', 'planted']);
        git(folder, ['branch', '-f', 'main']);
        await lock({ p: '1.0.1', q: '1.0.0' });
        const second = await audit(undefined, '--enforce', 'all');
        expect([second.status, found(second), forged(second)]).toEqual([
          1,
          ['p@1.0.1 note history-publisher-new', 'p@1.0.1 error provenance-lost'],
          [],
        ]);
        expect(second.baseline).toMatchObject({ held: 1, uncovered: ['p@1.0.1'] });
        // Other bytes than it has are found out all the same.
        edit('package-lock.json', (text) => text.replace(integrity, OTHER_HASH));
        expect(found(await audit())).toEqual(['p@1.0.1 error integrity-rewritten']);
      });
    },
  );

  it('that brings what update wrote fails for nothing: of a new version, of what nobody locks any more, of nothing at all', async () => {
    await inPullRequest(async ({ lab, lock, folder, run, audit }) => {
      const quiet = async (): Promise<unknown[]> => {
        const outcome = await audit();
        return [outcome.status, forged(outcome)];
      };
      await lab.publish({ name: 'p', version: '1.0.1', by: TEAM });
      await lab.publish({ name: 'r', version: '1.0.0', by: TEAM });
      await lock({ p: '1.0.1', r: '1.0.0' });
      await run('update');
      expect(await quiet()).toEqual([0, []]);
      // A first assay.lock is what update writes, too.
      git(folder, ['rm', '-q', '--cached', 'assay.lock']);
      git(folder, ['commit', '-qm', 'none']);
      git(folder, ['branch', '-f', 'main']);
      expect(await quiet()).toEqual([0, []]);
      // What is not to be had says nothing of who wrote an entry.
      lab.tamperPackument('p', (document) => ({ ...document, versions: 'none' as never }));
      const open = await audit();
      expect([open.status, forged(open)]).toEqual([3, []]);
    });
  });

  describe('with --omit', () => {
    const OMIT = ['--omit', 'dev'];
    /** p is of the project, and q of its development alone. */
    const inDevelopment = (work: (project: PullRequest) => Promise<void>): Promise<void> =>
      inPullRequest(async (project) => {
        const { folder, lock, run } = project;
        await lock({ p: '1.0.0' }, { dev: { q: '1.0.0' } });
        await run('update');
        git(folder, ['commit', '-qam', 'development']);
        git(folder, ['branch', '-f', 'main']);
        await work(project);
      });

    it('leaves out what it leaves out, where no line of it changes', async () => {
      await inDevelopment(async ({ lab, lock, run, audit }) => {
        await lab.publish({ name: 'p', version: '1.0.1', by: TEAM });
        await lock({ p: '1.0.1' }, { dev: { q: '1.0.0' } });
        await run('update');
        lab.requests.length = 0;
        const { status, dependencies, baseline } = await audit(undefined, ...OMIT);
        expect([status, dependencies.map(({ name }) => name), baseline.base]).toMatchObject([
          0,
          ['p'],
          { edited: [], unfounded: [], despiteOmit: [] },
        ]);
        expect(lab.requests.filter(({ url }) => /\/q\b/.test(url))).toEqual([]);
      });
    });

    it('lines that update wrote of what it leaves out are judged, named, and pass', async () => {
      await inDevelopment(async ({ lab, lock, run, audit, runIn }) => {
        await lab.publish({ name: 'q', version: '1.0.1', by: TEAM });
        await lock({ p: '1.0.0' }, { dev: { q: '1.0.1' } });
        await run('update');
        const { status, dependencies, baseline } = await audit(undefined, ...OMIT);
        expect([status, dependencies.map(({ name }) => name), baseline.base]).toMatchObject([
          0,
          ['p', 'q'],
          { edited: [], unfounded: [], despiteOmit: ['q@1.0.1'] },
        ]);
        const { stdout } = await runIn({}, 'audit', '--base', 'main', ...OMIT);
        expect(stdout).toContain('judged despite --omit, as lines of it change here: q@1.0.1\n');
      });
    });

    it('an entry that update would not write fails, though its version is left out', async () => {
      await inDevelopment(async ({ lab, lock, edit, read, audit }) => {
        await lab.publish({ name: 'q', version: '1.0.1', by: THIEF });
        await lock({ p: '1.0.0' }, { dev: { q: '1.0.1' } });
        const [, integrity = ''] = /"node_modules\/q"[^]*?"integrity": "([^"]+)"/.exec(read('package-lock.json')) ?? [];
        edit('assay.lock', (text) =>
          text
            .replace(/^npm:q@1\.0\.0 /gm, 'npm:q@1.0.1 ')
            .replace(/^(npm:q@1\.0\.1 artifact ).*$/m, (_, start: string) => start + integrity),
        );
        const outcome = await audit(undefined, '--enforce', 'observe', ...OMIT);
        expect([outcome.status, forged(outcome)]).toEqual([1, ['main: q@1.0.1']]);
      });
    });

    it.each<[string, RegExp, string, string]>([
      ['an entry', /^(npm:q@1\.0\.0 verified) \S+/m, `$1 sha256-${Buffer.alloc(32, 7).toString('base64')}`, 'q@1.0.0'],
      ["a package's own lines", /^(npm:q since) .*$/m, '$1 never', 'q'],
    ])('an edit of %s fails, though it is left out', async (_, line, instead, entry) => {
      await inDevelopment(async ({ edit, audit }) => {
        edit('assay.lock', (text) => text.replace(line, instead));
        const outcome = await audit(undefined, '--enforce', 'observe', ...OMIT);
        expect([outcome.status, forged(outcome)]).toEqual([1, [`main: ${entry}`]]);
      });
    });

    it('what it leaves out is not judged where the base cannot be read, as no line of it holds anything', async () => {
      await inDevelopment(async ({ folder, lab, audit }) => {
        lab.requests.length = 0;
        const env = { GITHUB_EVENT_NAME: 'pull_request', GITHUB_BASE_REF: 'gone' };
        const { status, dependencies } = await audit(env, ...OMIT, folder);
        expect([status, dependencies.map(({ name }) => name)]).toEqual([0, ['p']]);
      });
    });
  });

  it('whose lines are of another lockfile of the folder has to be judged with that', async () => {
    await inPullRequest(async ({ lab, folder, edit, run, runIn, read }) => {
      const lockfile = read('package-lock.json');
      await lab.publish({ name: 'r', version: '1.0.0', by: TEAM });
      await lab.writeProject(folder, { r: '1.0.0' });
      writeFileSync(join(folder, 'npm-shrinkwrap.json'), read('package-lock.json'));
      writeFileSync(join(folder, 'package-lock.json'), lockfile);
      await run('update');
      expect(read('assay.lock')).toContain('npm:r@1.0.0');
      const alone = await runIn({}, 'audit', 'package-lock.json', '--base', 'main');
      expect([alone.status, alone.stdout, alone.stderr]).toEqual([
        2,
        '',
        'assay: assay.lock has lines that are not at main, of what only other lockfiles of the folder name (r@1.0.0): ' +
          'name the folder, and not package-lock.json alone, so that they are judged\n',
      ]);
      expect((await runIn({}, 'audit', '--base', 'main')).status).not.toBe(2);
      // Where they do not change, it need not be.
      edit('assay.lock', (text) => text.replace(/^npm:r.*\n/gm, ''));
      expect((await runIn({}, 'audit', 'package-lock.json', '--base', 'main')).status).not.toBe(2);
    });
  });

  it('that brings lines of a package that nothing locks is named', async () => {
    await inPullRequest(async ({ edit, audit }) => {
      edit('assay.lock', (text) => `${text}npm:r package\nnpm:r since 1.0.0 2026-01-01T00:00:00Z\n`);
      const outcome = await audit();
      expect([outcome.status, forged(outcome)]).toEqual([1, ['main: r']]);
    });
  });

  it('that removes an entry, or the file, is named, and holds what the base holds', async () => {
    await inPullRequest(async ({ folder, edit, audit, runIn }) => {
      edit('assay.lock', (text) => text.replace(/^npm:q.*\n/gm, ''));
      expect(await audit()).toMatchObject({ status: 0, baseline: { held: 2, base: { removed: ['q@1.0.0'] } } });
      expect((await runIn({}, 'audit', '--base', 'main')).stdout).toContain(
        'removed here, though still locked: q@1.0.0',
      );
      rmSync(join(folder, 'assay.lock'));
      expect(await audit()).toMatchObject({
        baseline: { found: false, held: 2, base: { found: true, removed: ['p@1.0.0', 'q@1.0.0'] } },
      });
    });
  });

  it('that removes the entry of a version and rewrites its hash is found out', async () => {
    await inPullRequest(async ({ edit, audit }) => {
      edit('assay.lock', (text) => text.replace(/^npm:p.*\n/gm, ''));
      edit('package-lock.json', (text) => text.replace(/sha512-[^"\s]+/, OTHER_HASH));
      const outcome = await audit();
      expect([outcome.status, found(outcome)]).toEqual([1, ['p@1.0.0 error integrity-rewritten']]);
      expect(outcome.baseline.base).toMatchObject({ removed: ['p@1.0.0'] });
    });
  });

  it('that accepts a finding passes, and what it accepts is in the report', async () => {
    await inPullRequest(async ({ lab, lock, run, audit, runIn }) => {
      await lab.publish({ name: 'p', version: '1.0.1', by: THIEF });
      await lock({ p: '1.0.1', q: '1.0.0' });
      expect((await audit(undefined, '--enforce', 'critical')).status).toBe(1);
      await run('accept', 'p@1.0.1', '--reason', 'built by hand', '--by', 'jane');
      await run('update');
      const outcome = await audit(undefined, '--enforce', 'critical');
      expect([outcome.status, found(outcome)]).toEqual([
        0,
        ['p@1.0.1 note history-publisher-new', 'p@1.0.1 note provenance-lost'],
      ]);
      expect(outcome.baseline.base?.accepted).toMatchObject([
        { name: 'p', version: '1.0.1', code: 'provenance-lost', by: 'jane', why: 'built by hand' },
      ]);
      const { stdout } = await runIn({}, 'audit', '--base', 'main', '--enforce', 'critical');
      expect(stdout.replace(/\s+/g, ' ')).toMatch(
        /accepted here, and not before: p@1\.0\.1 provenance-lost until \S+ by "jane" because "built by hand"/,
      );
    });
  });

  it('whose second version is by a builder accepted for its first is held to the base, as is accept', async () => {
    await inPullRequest(async ({ lab, lock, run, audit, report }) => {
      for (const version of ['1.0.1', '1.0.2']) {
        await lab.publish({ name: 'p', version, by: STRANGER });
        lab.clock.advance(86_400_000);
      }
      await lock({ p: '1.0.1', q: '1.0.0' });
      await run('accept', 'p', '--reason', 'moved', '--by', 'jane');
      await run('update');
      await lock({ p: '1.0.2', q: '1.0.0' });
      expect(found(await report())).toEqual([]);
      expect(found(await audit())).toEqual(['p@1.0.2 error identity-unexpected-repository']);
      expect((await run('accept', 'p', '--reason', 'moved', '--by', 'jane')).status).toBe(2);
      expect((await run('accept', 'p', '--reason', 'moved', '--by', 'jane', '--base', 'main')).status).toBe(0);
      expect(found(await audit())).toEqual(['p@1.0.2 note identity-unexpected-repository']);
    });
  });

  it('that changes a file which the policy or an option names, changes the policy', async () => {
    await inPullRequest(async ({ folder, audit, read }) => {
      const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);
      const changed = async (): Promise<unknown> => (await audit()).baseline.base?.policyChanged;
      write('mine.json', read('root.json'));
      write('assay.yml', 'trust:\n  root: mine.json\n');
      git(folder, ['add', '-A']);
      git(folder, ['commit', '-qm', 'policy']);
      git(folder, ['branch', '-f', 'main']);
      expect(await changed()).toBe(false);
      write('mine.json', `${read('mine.json')} `);
      expect(await changed()).toBe(true);
      write('mine.json', read('root.json'));
      write('keys.json', `${read('keys.json')}\n`);
      git(folder, ['commit', '-qam', 'keys']);
      expect(await changed()).toBe(true);
    });
  });

  it('that changes a TUF repository which the policy names as a folder, changes the policy', async () => {
    await inPullRequest(async ({ lab, folder, audit }) => {
      const repository = tufRepository({ targets: { 'trusted_root.json': lab.trustedRoot } });
      const before = new Map(repository.files);
      repository.rotate('timestamp');
      const write = (name: string, bytes: string | Buffer): void => {
        mkdirSync(dirname(join(folder, name)), { recursive: true });
        writeFileSync(join(folder, name), bytes);
      };
      const mirror = (files: ReadonlyMap<string, Buffer>): void => {
        rmSync(join(folder, 'trust/mirror'), { recursive: true, force: true });
        for (const [name, bytes] of files) write(`trust/mirror/${decodeURIComponent(name)}`, bytes);
        write('trust/mirror/README', 'a copy\n');
      };
      const changed = async (): Promise<unknown> => (await audit()).baseline.base?.policyChanged;
      mirror(repository.files);
      write('trust/tuf-root.json', repository.root);
      write('assay.yml', 'trust:\n  tuf:\n    folder: trust/mirror\n    root: trust/tuf-root.json\n');
      git(folder, ['add', '-A']);
      git(folder, ['commit', '-qm', 'policy']);
      git(folder, ['branch', '-f', 'main']);
      expect(await changed()).toBe(false);
      // Nobody asks for these.
      write('trust/mirror/README', 'the copy\n');
      write('trust/beside.json', '{}');
      expect(await changed()).toBe(false);
      const timestamp = repository.files.get('timestamp.json')?.toString() ?? '';
      write('trust/mirror/timestamp.json', `${timestamp} `);
      expect(await changed()).toBe(true);
      mirror(repository.files);
      // Back to before a key was withdrawn, as files that are there no more, also in a commit.
      rmSync(join(folder, 'trust/mirror/2.root.json'));
      await expect(changed()).rejects.toThrow(/its root is version 1, and not 2, which [0-9a-f]{12} has/);
      mirror(before);
      git(folder, ['add', '-A']);
      git(folder, ['commit', '-qm', 'mirror']);
      await expect(changed()).rejects.toThrow(
        /trust\/mirror: its root is version 1, and not 2, which [0-9a-f]{12} has/,
      );
      mirror(repository.files);
      expect(await changed()).toBe(false);
      write('trust/mirror/metadata/3.root.json', '{}');
      await expect(changed()).rejects.toThrow(/no longer has the timestamp \(root\.signed is not an object\)/);
      mirror(repository.files);
      // A link may lead to other files at any time.
      renameSync(join(folder, 'trust/mirror'), join(folder, 'trust/elsewhere'));
      symlinkSync('elsewhere', join(folder, 'trust/mirror'));
      expect(await changed()).toBe(true);
    });
  });

  it.each([
    ['as a mirror', '', 'trust:\n  tuf:\n    folder: mirror\n    root: tuf-root.json\n'],
    [
      'as clients keep it, of an instance',
      'metadata/',
      "trust:\n  instances:\n    other:\n      tuf: {folder: mirror, root: tuf-root.json}\nexpect:\n  '@other/*':\n    instance: other\n",
    ],
  ])('that rolls a TUF repository of the project back is refused: %s', async (_, below, policy) => {
    await inPullRequest(async ({ folder, audit }) =>
      withLab(async (other) => {
        const repository = tufRepository({ targets: { 'trusted_root.json': other.trustedRoot } });
        const write = (name: string, bytes: string | Buffer): void => {
          mkdirSync(dirname(join(folder, name)), { recursive: true });
          writeFileSync(join(folder, name), bytes);
        };
        const mirror = (files: ReadonlyMap<string, Buffer>): void => {
          rmSync(join(folder, 'mirror'), { recursive: true, force: true });
          for (const [name, bytes] of files) {
            const path = decodeURIComponent(name);
            write(`mirror/${path.startsWith('targets/') ? '' : below}${path}`, bytes);
          }
        };
        const changed = async (): Promise<unknown> => (await audit()).baseline.base?.policyChanged;
        const first = new Map(repository.files);
        repository.touch();
        const second = new Map(repository.files);
        mirror(second);
        write('tuf-root.json', repository.root);
        write('assay.yml', policy);
        git(folder, ['add', '-A']);
        git(folder, ['commit', '-qm', 'policy']);
        git(folder, ['branch', '-f', 'main']);
        expect(await changed()).toBe(false);

        mirror(first);
        await expect(changed()).rejects.toThrow(/mirror: .*timestamp\.json.* rolled back to version 1 from 2, which/);
        // In a commit as well.
        git(folder, ['commit', '-qam', 'back']);
        await expect(changed()).rejects.toThrow(/must not take trust back/);
        // To take its word away is to go back, whether it is then missing or no word at all.
        const names = [...second.keys()];
        for (const part of ['timestamp.json', 'snapshot.json', 'targets.json', 'trusted_root.json']) {
          for (const damage of [null, '', '{}', second.get('timestamp.json')?.subarray(0, -9) ?? '']) {
            mirror(second);
            const named = names.filter((name) => name.endsWith(part)).map(decodeURIComponent);
            expect(named).not.toEqual([]);
            for (const name of named) {
              const path = `mirror/${name.startsWith('targets/') ? '' : below}${name}`;
              if (damage === null) rmSync(join(folder, path));
              else write(path, damage);
            }
            await expect(changed(), `${part} ${String(damage)}`).rejects.toThrow(/no longer has the .* must not take/);
          }
        }
        mirror(first);
        rmSync(join(folder, `mirror/${below}timestamp.json`));
        await expect(changed()).rejects.toThrow(/no longer has the timestamp/);
        rmSync(join(folder, 'mirror'), { recursive: true });
        await expect(changed()).rejects.toThrow(/no longer has the timestamp|no TUF repository: mirror is n/);
        repository.touch();
        mirror(repository.files);
        expect(await changed()).toBe(true);
        // Another repository, by another root, is another policy.
        const another = tufRepository({ targets: { 'trusted_root.json': other.trustedRoot } });
        mirror(another.files);
        write('tuf-root.json', another.root);
        expect(await changed()).toBe(true);
      }),
    );
  });

  it('has the line ends that its checkout has: the policy is the same', async () => {
    await inPullRequest(async ({ folder, audit, edit }) => {
      const changed = async (): Promise<unknown> => (await audit()).baseline.base?.policyChanged;
      writeFileSync(join(folder, 'assay.yml'), 'enforce: observe\n# more\n');
      git(folder, ['add', '-A']);
      git(folder, ['commit', '-qm', 'policy']);
      git(folder, ['branch', '-f', 'main']);
      edit('assay.yml', (text) => text.replaceAll('\n', '\r\n'));
      expect(await changed()).toBe(false);
      edit('assay.yml', (text) => text.replace('observe', 'all'));
      expect(await changed()).toBe(true);
    });
  });

  it('that changes the policy is named, by whatever file', async () => {
    await inPullRequest(async ({ lab, folder, audit, runIn }) => {
      const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);
      const changed = async (...args: string[]): Promise<unknown> =>
        (await audit(undefined, ...args)).baseline.base?.policyChanged;
      write('assay.yml', 'enforce: observe\n');
      expect(await changed()).toBe(true);
      expect((await runIn({}, 'audit', '--base', 'main')).stdout).toContain('changed here, and in force: the policy\n');
      git(folder, ['add', '-A']);
      git(folder, ['commit', '-qm', 'policy']);
      git(folder, ['branch', '-f', 'main']);
      expect(await changed()).toBe(false);
      write('other.yml', 'enforce: all\n');
      expect(await changed('--policy', 'other.yml')).toBe(true);
      write('assay.yml', 'enforce: critical\n');
      expect(await changed()).toBe(true);
      rmSync(join(folder, 'assay.yml'));
      expect(await changed()).toBe(true);
      git(folder, ['checkout', '-q', 'assay.yml']);
      // A nearer one takes the place of that above it.
      mkdirSync(join(folder, 'app'));
      await lab.writeProject(join(folder, 'app'), { p: '1.0.0' });
      expect(await changed('app')).toBe(false);
      write('app/assay.yml', 'enforce: observe\nreview:\n  deadline: 365d\n');
      expect(await changed('app')).toBe(true);
    });
  });

  it('has in its review what its audit finds, whatever entries it brings', async () => {
    await inPullRequest(async ({ lab, lock, edit, read, runIn }) => {
      await lab.publish({ name: 'p', version: '1.0.1', by: THIEF });
      await lock({ p: '1.0.1', q: '1.0.0' });
      const integrity = /"(sha512-[^"]+)"/.exec(read('package-lock.json'))?.[1] ?? '';
      edit('assay.lock', (text) =>
        text
          .replace(/^npm:p@1\.0\.0 /gm, 'npm:p@1.0.1 ')
          .replace(/^(npm:p@1\.0\.1 artifact ).*$/m, (_, start: string) => start + integrity),
      );
      const all = ['review', '--enforce', 'all'];
      expect(await runIn({}, ...all)).toMatchObject({ status: 0 });
      for (const asked of [runIn({ GITHUB_BASE_REF: 'main' }, ...all), runIn({}, ...all, '--base', 'main')]) {
        const { status, stdout } = await asked;
        expect([status, stdout]).toEqual([1, expect.stringContaining('provenance-lost')]);
      }
    });
  });

  it('is held to where it started, not to what its target has become', async () => {
    await inPullRequest(async ({ folder, lab, lock, run, audit }) => {
      git(folder, ['checkout', '-q', 'main']);
      await lab.publish({ name: 'q', version: '1.0.1', by: TEAM });
      await lock({ p: '1.0.0', q: '1.0.1' });
      await run('update');
      git(folder, ['commit', '-qam', 'later']);
      git(folder, ['checkout', '-q', 'change']);
      expect(await audit()).toMatchObject({
        status: 0,
        // What main no longer says of q is verified.
        baseline: {
          held: 1,
          uncovered: ['q@1.0.0'],
          base: { commit: git(folder, ['rev-parse', 'change']), edited: [], unfounded: [], removed: [] },
        },
      });
    });
  });
});

const GITLAB_PUSH = { GITLAB_CI: 'true', CI_PIPELINE_SOURCE: 'push' };

describe.skipIf(!hasGit)(`the base of a pull request${WITHOUT_GIT}`, () => {
  it.each<[string, (commit: string) => Readonly<Record<string, string>>, string]>([
    ['GitHub', () => ({ GITHUB_EVENT_NAME: 'pull_request', GITHUB_BASE_REF: 'main' }), 'origin/main'],
    ['GitLab by its branch', () => ({ CI_MERGE_REQUEST_TARGET_BRANCH_NAME: 'main' }), 'origin/main'],
    [
      'GitLab by a commit',
      (commit) => ({ CI_MERGE_REQUEST_TARGET_BRANCH_SHA: commit, CI_MERGE_REQUEST_TARGET_BRANCH_NAME: 'gone' }),
      'origin/gone',
    ],
  ])('is found in the pipelines of %s', async (_, env, ref) => {
    await inPullRequest(async ({ folder, audit }) => {
      const commit = git(folder, ['rev-parse', 'main']);
      const base = { ref, commit, problem: null };
      expect((await audit(env(commit))).baseline).toMatchObject({ held: 2, base });
      // The branch of the remote comes first, and a tag of its name never.
      git(folder, ['update-ref', 'refs/remotes/origin/main', commit]);
      git(folder, ['commit', '-q', '--allow-empty', '-m', 'mine']);
      git(folder, ['tag', 'origin/main']);
      git(folder, ['branch', '-f', 'main']);
      expect((await audit(env(commit))).baseline.base).toMatchObject({ commit });
    });
  });

  it.each<[string, (commit: string) => Readonly<Record<string, string>>]>([
    [
      'a merge queue',
      (commit) => ({
        GITHUB_EVENT_NAME: 'merge_group',
        GITHUB_REF: `refs/heads/gh-readonly-queue/main/pr-7-${commit}`,
      }),
    ],
    ['Azure', () => ({ SYSTEM_PULLREQUEST_TARGETBRANCH: 'refs/heads/main' })],
    ['Bitbucket', () => ({ BITBUCKET_PR_DESTINATION_BRANCH: 'main' })],
    ['Jenkins', () => ({ CHANGE_TARGET: 'main' })],
    ['Buildkite', () => ({ BUILDKITE_PULL_REQUEST_BASE_BRANCH: 'main' })],
    ['Travis', () => ({ TRAVIS_PULL_REQUEST: '7', TRAVIS_BRANCH: 'main' })],
    [
      'a push to another branch of GitLab',
      () => ({ ...GITLAB_PUSH, CI_COMMIT_BRANCH: 'x', CI_DEFAULT_BRANCH: 'main' }),
    ],
    [
      'a push to the default branch of GitLab',
      (commit) => ({
        ...GITLAB_PUSH,
        CI_COMMIT_BRANCH: 'main',
        CI_DEFAULT_BRANCH: 'main',
        CI_COMMIT_BEFORE_SHA: commit,
      }),
    ],
    [
      'a build of the default branch of Jenkins after another',
      (commit) => ({ JENKINS_URL: 'x', BRANCH_IS_PRIMARY: 'true', GIT_PREVIOUS_SUCCESSFUL_COMMIT: commit }),
    ],
  ])('is found in %s: an entry that the change plants holds nothing', async (_, env) => {
    await inPullRequest(async ({ lab, folder, lock, run, audit }) => {
      const commit = git(folder, ['rev-parse', 'main']);
      await lab.publish({ name: 'p', version: '1.0.1', by: TEAM });
      await lock({ p: '1.0.1', q: '1.0.0' });
      await run('update');
      git(folder, ['commit', '-qam', 'planted']);
      const base = { commit, problem: null };
      expect((await audit(env(commit))).baseline).toMatchObject({ held: 1, uncovered: ['p@1.0.1'], base });
    });
  });

  it('is what the event of a push to GitHub says', async () => {
    await inPullRequest(async ({ folder, audit }) => {
      const commit = git(folder, ['rev-parse', 'main']);
      const path = join(folder, 'event.json');
      const env = { CI: 'true', GITHUB_ACTIONS: 'true', GITHUB_EVENT_NAME: 'push', GITHUB_EVENT_PATH: path };
      writeFileSync(path, JSON.stringify({ before: commit, repository: { default_branch: 'main' } }));
      for (const GITHUB_REF_NAME of ['main', 'change']) {
        const { baseline } = await audit({ ...env, GITHUB_REF_NAME });
        expect(baseline).toMatchObject({ held: 2, base: { commit, problem: null } });
      }
      // Nobody's change begins these.
      expect((await audit({ ...env, GITHUB_EVENT_NAME: 'schedule' })).baseline).toMatchObject({ held: 2, base: null });
    });
  });

  it.each<Readonly<Record<string, string>>>([
    { CI: 'true', GITHUB_ACTIONS: 'true', GITHUB_EVENT_NAME: 'push', GITHUB_BASE_REF: '' },
    { TF_BUILD: 'True', BUILD_REASON: 'IndividualCI' },
    { CI: 'true', BITBUCKET_COMMIT: '0'.repeat(40) },
    { JENKINS_URL: 'http://jenkins' },
    { GITLAB_CI: 'true', CI_PIPELINE_SOURCE: 'push', CI_COMMIT_BEFORE_SHA: '0'.repeat(40) },
    { CI: 'true', CIRCLECI: 'true' },
  ])('that a pipeline does not name (%j) holds nothing, and the report says so', async (env) => {
    await inPullRequest(async ({ audit, runIn }) => {
      const { baseline } = await audit(env);
      expect(baseline).toMatchObject({ held: 0, base: { commit: null } });
      expect(baseline.base?.problem).toMatch(/name it with --base REF$/);
      const { stdout } = await runIn(env, 'audit', '--base', 'main');
      expect(stdout).toContain('2 held and not asked again');
    });
  });

  const PIPELINE = { GITHUB_EVENT_NAME: 'pull_request', GITHUB_BASE_REF: 'main' };

  it.each<[string, (folder: string) => void, RegExp]>([
    [
      'no such branch',
      (folder) => git(folder, ['branch', '-m', 'main', 'other']),
      /git does not know origin\/main here/,
    ],
    [
      'a shallow clone',
      (folder) => {
        git(folder, ['commit', '-q', '--allow-empty', '-m', 'mine']);
        writeFileSync(join(folder, '.git/shallow'), `${git(folder, ['rev-parse', 'HEAD'])}\n`);
      },
      /git finds no commit that HEAD and origin\/main have in common/,
    ],
    ['no repository', (folder) => rmSync(join(folder, '.git'), { recursive: true }), /git finds no repository/],
  ])(
    'that cannot be read (%s) holds nothing, and the report says why; asked for, it is an error',
    async (_, damage, why) => {
      await inPullRequest(async ({ folder, audit, runIn }) => {
        damage(folder);
        const outcome = await audit({ ...PIPELINE, GIT_CEILING_DIRECTORIES: resolve(folder, '..') });
        expect(outcome).toMatchObject({ status: 0, baseline: { held: 0, uncovered: ['p@1.0.0', 'q@1.0.0'] } });
        expect(outcome.dependencies.every(({ proofs }) => proofs['signature'] !== null)).toBe(true);
        expect(outcome.baseline.base?.problem).toMatch(why);
        expect(outcome.baseline.base?.problem).toContain('fetch-depth: 0');
        const shown = await runIn({ ...PIPELINE, GIT_CEILING_DIRECTORIES: resolve(folder, '..') }, 'audit');
        expect(shown.stdout.replace(/\s+/g, ' ')).toMatch(
          /assay\.lock at origin\/main: nothing is held, as git .*fetch-depth: 0/,
        );
        const asked = await runIn({ GIT_CEILING_DIRECTORIES: resolve(folder, '..') }, 'audit', '--base', 'main');
        expect(asked).toMatchObject({ status: 2, stdout: '' });
        expect(asked.stderr).toMatch(/^assay: --base main cannot be read: git .*\n$/);
      });
    },
  );

  it('without a program named git holds nothing', async () => {
    await inPullRequest(async ({ folder, audit }) => {
      const outcome = await audit({ ...PIPELINE, PATH: folder });
      expect(outcome.baseline).toMatchObject({ held: 0, base: { commit: null } });
    });
  });

  it.each(['--output=stolen', '-h', '--all', 'main..change', 'main main', '', 'main^{tree}', ':/base', 'main\n'])(
    'is never an option of git, nor anything but a commit: %j',
    async (ref) => {
      await inPullRequest(async ({ folder, runIn }) => {
        const before = git(folder, ['status', '--porcelain', '--ignored']);
        const asked = await runIn({}, 'audit', `--base=${ref}`);
        expect(asked).toMatchObject({ status: 2, stdout: '' });
        expect(asked.stderr.trimEnd().split('\n')).toHaveLength(1);
        const found = await runIn({ GITHUB_BASE_REF: ref || '-' }, 'audit');
        expect(found.stdout).toContain('nothing is held');
        expect(git(folder, ['status', '--porcelain', '--ignored'])).toBe(before);
      });
    },
  );

  it.each<[string, (folder: string) => void, Readonly<Record<string, unknown>>, RegExp]>([
    [
      'without assay.lock',
      (folder) => git(folder, ['rm', '-q', '--cached', 'assay.lock']),
      { found: false, problem: null },
      /no assay\.lock at main \([0-9a-f]{12}\): nothing is held, whatever the file says now/,
    ],
    [
      'with a broken one',
      (folder) => {
        writeFileSync(join(folder, 'assay.lock'), '# something\n');
        git(folder, ['add', 'assay.lock']);
      },
      { found: false },
      /nothing is held, as assay\.lock of [0-9a-f]{12}:1: the first line is not/,
    ],
    [
      'with a link in its place',
      (folder) => {
        const blob = git(folder, ['hash-object', '-w', 'package.json']);
        git(folder, ['update-index', '--add', '--cacheinfo', `120000,${blob},assay.lock`]);
      },
      { found: false },
      /nothing is held, as assay\.lock of [0-9a-f]{12}:1: the first line is not/,
    ],
  ])('%s holds nothing', async (_, damage, base, shown) => {
    await inPullRequest(async ({ folder, read, audit, runIn }) => {
      const text = read('assay.lock');
      damage(folder);
      git(folder, ['commit', '-qm', 'damage']);
      git(folder, ['branch', '-f', 'main']);
      writeFileSync(join(folder, 'assay.lock'), text);
      expect((await audit()).baseline).toMatchObject({ held: 0, uncovered: ['p@1.0.0', 'q@1.0.0'], base });
      expect((await runIn({}, 'audit', '--base', 'main')).stdout.replace(/\s+/g, ' ')).toMatch(shown);
    });
  });

  it('is read beside the lockfile, in whatever folder of the repository that is', async () => {
    await inPullRequest(async ({ folder, lab, run, runIn }) => {
      const app = join(folder, 'app');
      mkdirSync(app);
      await lab.writeProject(app, { p: '1.0.0' });
      await run('update', 'app');
      git(folder, ['add', '-A']);
      git(folder, ['commit', '-qm', 'app']);
      git(folder, ['branch', '-f', 'main']);
      const { stdout } = await runIn({}, 'audit', 'app', '--base', 'main', '--json');
      expect((JSON.parse(stdout) as PullRequestJson).baseline).toMatchObject({ held: 1, base: { found: true } });
    });
  });
});
