import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { describe, expect, it } from 'vitest';
import { ciWorkflow, token } from '../../lab/index.ts';
import { at, commitAll, git, hasGit, WITHOUT_GIT } from '../support/git.ts';
import { withCratesLab } from '../support/crates-lab.ts';
import { cargoLock } from './cargo-lock.ts';
import { accountOf, type AccountedJson, type LockfileJson } from './accounts.ts';
import { assayInside } from './inside.ts';
import { withProject, type LabProject } from './lab-project.ts';
import { inFolder, type Run } from './run.ts';

const DAY = 86_400_000;
const THEN = Date.UTC(2026, 3, 1);
const TEAM = ciWorkflow({ repository: 'team/p' });
const OTHER_HASH = `sha512-${Buffer.alloc(64, 7).toString('base64')}`;
const TRUST = ['--trusted-root', 'root.json', '--registry-keys', 'keys.json'];

type SinceJson = AccountedJson & { readonly status: number | null };

interface Change extends LabProject {
  /** The report of `assay --since main`, or of what is given in its place, whose numbers add up, with its status. */
  readonly audit: (...args: string[]) => Promise<SinceJson>;
  readonly runIn: (env: Readonly<Record<string, string>>, ...args: string[]) => Promise<Run>;
}

/**
 * A branch of a repository whose main locks p@1.0.0 and q@1.0.0. p@1.0.1 is as good; q lost its provenance in 1.0.1.
 */
function inChange(work: (change: Change) => Promise<void>): Promise<void> {
  return withProject(async (project) => {
    const { lab, folder, lock } = project;
    for (const name of ['p', 'q']) await lab.publish({ name, version: '1.0.0', by: TEAM });
    lab.clock.advance(DAY);
    await lab.publish({ name: 'p', version: '1.0.1', by: TEAM });
    await lab.publish({ name: 'q', version: '1.0.1', by: token({ user: 'thief' }) });
    await lock({ p: '1.0.0', q: '1.0.0' });
    git(folder, ['init', '-q', '-b', 'main']);
    commitAll(folder, THEN);
    git(folder, ['checkout', '-qb', 'change']);
    const runIn: Change['runIn'] = (env, ...args) => assayInside([...args, ...TRUST], folder, env);
    await work({
      ...project,
      runIn,
      audit: async (...args) => {
        const { status, stdout, stderr } = await runIn(
          {},
          'audit',
          '--json',
          ...(args.length > 0 ? args : ['--since', 'main']),
        );
        if (stdout === '') throw new Error(stderr);
        return { ...accountOf(JSON.parse(stdout) as AccountedJson), status };
      },
    });
  });
}

const judged = ({ dependencies }: AccountedJson): string[] =>
  dependencies.map(({ name, version }) => `${name}@${version}`);

function onlyLockfile({ lockfiles }: AccountedJson): LockfileJson {
  const [first, ...others] = lockfiles;
  if (first === undefined || others.length > 0) throw new Error(`${lockfiles.length} lockfiles`);
  return first;
}

describe.skipIf(!hasGit)(`--since${WITHOUT_GIT}`, () => {
  it('looks at what the lockfile gained, and names what it did not look at and what is gone', async () => {
    await inChange(async ({ lab, folder, lock, audit, run }) => {
      await lock({ p: '1.0.1', q: '1.0.0' });
      lab.requests.length = 0;
      const report = await audit();
      expect(report.status).toBe(0);
      expect(judged(report)).toEqual(['p@1.0.1']);
      expect(lab.requests.some(({ url }) => /\/q\b/.test(url))).toBe(false);
      expect(report.counts).toMatchObject({ dependencies: 1, unchanged: 1, pass: 1, provenance: 1 });
      expect(onlyLockfile(report).since).toEqual({
        ref: 'main',
        commit: git(folder, ['rev-parse', 'main']),
        found: true,
        problem: null,
        unchanged: ['q@1.0.0'],
        removed: ['p@1.0.0'],
      });
      const { stdout } = await run('--since', 'main');
      expect(stdout).toMatch(
        / {2}since main \([0-9a-f]{12}\): 1 to look at, 1 unchanged and not looked at; gone: p@1\.0\.0\n/,
      );
      expect(stdout).toContain(
        'holds: 1 new dependency meets phase guard; 1 unchanged and not looked at. Exit status 0.\n',
      );
    });
  });

  it('where the branch began is asked of git once, for the lockfile and for assay.lock', async () => {
    await inChange(async ({ folder, lock, run, runIn }) => {
      await run('update');
      commitAll(folder, THEN + DAY);
      git(folder, ['branch', '-f', 'main']);
      await lock({ p: '1.0.1', q: '1.0.0' });
      const log = join(folder, 'git.log');
      const program = join(folder, 'bin/git');
      mkdirSync(join(folder, 'bin'));
      const real = spawnSync('sh', ['-c', 'command -v git'], { encoding: 'utf8' }).stdout.trim();
      writeFileSync(program, `#!/bin/sh\necho "$*" >> '${log}'\nexec '${real}' "$@"\n`, { mode: 0o755 });
      const path = `${join(folder, 'bin')}:${process.env['PATH'] ?? ''}`;
      const { status, stdout } = await runIn({ PATH: path }, '--since', 'main');
      expect(status).toBe(0);
      expect(stdout).toMatch(/assay\.lock at main \([0-9a-f]{12}\)/);
      const asked = readFileSync(log, 'utf8');
      expect(asked.match(/ merge-base /g)).toHaveLength(1);
      expect(asked.match(/ main\^\{commit\}/g)).toHaveLength(1);
    });
  });

  it('nothing new: nothing is asked, exit status 0, and the report says so', async () => {
    await inChange(async ({ lock, audit, runIn, requestsOf }) => {
      // In another order, and as another version of the format would nest it, it is the same.
      await lock({ q: '1.0.0', p: '1.0.0' });
      let report: SinceJson | null = null;
      expect(await requestsOf(async () => (report = await audit()))).toBe(0);
      expect(report).toMatchObject({ status: 0, verdict: 'pass', counts: { dependencies: 0, unchanged: 2 } });
      const { status, stdout } = await runIn({}, '--since', 'main');
      expect(status).toBe(0);
      expect(stdout).toMatch(
        /\nholds: nothing new since main \([0-9a-f]{12}\); 2 unchanged and not looked at\. Exit status 0\.\n$/,
      );
      expect(stdout).not.toContain('0 dependencies');
      const ajv = new Ajv2020({ allErrors: true });
      addFormats.default(ajv);
      const schema = resolve(import.meta.dirname, '../../docs/schemas/report-1.schema.json');
      const validate = ajv.compile(JSON.parse(readFileSync(schema, 'utf8')) as object);
      const { status: reported, ...json } = report as unknown as SinceJson;
      expect([reported, validate(json), validate.errors]).toEqual([0, true, null]);
    });
  });

  it('what was there before is not judged again; what is new is, however it came', async () => {
    await inChange(async ({ folder, lock, audit, edit }) => {
      await lock({ p: '1.0.0', q: '1.0.1' });
      expect(await audit('--since', 'main', '--enforce', 'critical')).toMatchObject({ status: 1, verdict: 'fail' });
      commitAll(folder, THEN + DAY);
      expect(await audit('--since', 'HEAD', '--enforce', 'critical')).toMatchObject({ status: 0, verdict: 'pass' });
      // The same version with other bytes is another one.
      edit('package-lock.json', (text) => text.replace(/sha512-[^"]+/, OTHER_HASH));
      const rewritten = await audit('--since', 'HEAD');
      expect([rewritten.status, judged(rewritten)]).toEqual([1, ['p@1.0.0']]);
      expect(rewritten.findings.map(({ code }) => code)).toEqual(['integrity-mismatch']);
    });
  });

  it('from another place is new', async () => {
    await inChange(async ({ audit, edit }) => {
      edit('package-lock.json', (text) => text.replace('/p/-/p-1.0.0.tgz', '/elsewhere/-/p-1.0.0.tgz'));
      const report = await audit();
      expect([report.status, judged(report)]).toEqual([1, ['p@1.0.0']]);
    });
  });

  it('compares with where the branch began, however far the other one has come', async () => {
    await inChange(async ({ folder, lock, audit }) => {
      const began = git(folder, ['rev-parse', 'HEAD']);
      git(folder, ['checkout', '-q', 'main']);
      await lock({ p: '1.0.1', q: '1.0.0' });
      commitAll(folder, THEN + DAY);
      git(folder, ['checkout', '-q', 'change']);
      const report = await audit();
      expect([onlyLockfile(report).since?.commit, judged(report)]).toEqual([began, []]);
      git(folder, ['merge', '-q', 'main'], at(THEN + 2 * DAY));
      expect(judged(await audit())).toEqual([]);
      expect(judged(await audit('--since', began))).toEqual(['p@1.0.1']);
    });
  });

  it.each<[string, (change: Change) => void, Partial<LockfileJson['since'] & object>, string]>([
    [
      'is not tracked',
      ({ folder }) => {
        git(folder, ['rm', '-q', '--cached', 'package-lock.json']);
        git(folder, ['commit', '-q', '--amend', '-m', 'x'], at(THEN));
        git(folder, ['branch', '-f', 'main']);
      },
      { found: false, problem: null },
      'not there then, so that all of it is new: package-lock.json',
    ],
    [
      'had another name',
      ({ folder }) => renameSync(join(folder, 'package-lock.json'), join(folder, 'npm-shrinkwrap.json')),
      { found: false, problem: null },
      'not there then, so that all of it is new: npm-shrinkwrap.json',
    ],
    [
      'was broken',
      ({ folder, read, edit }) => {
        const good = read('package-lock.json');
        edit('package-lock.json', () => '{');
        commitAll(folder, THEN + DAY);
        git(folder, ['branch', '-f', 'main']);
        edit('package-lock.json', () => good);
      },
      { found: true, problem: expect.stringContaining('package-lock.json:1: not valid JSON') as string },
      'all of package-lock.json is looked at, as it cannot be compared with what it was (package-lock.json:1: not valid JSON',
    ],
    [
      'was a folder',
      ({ folder, read }) => {
        const good = read('package-lock.json');
        rmSync(join(folder, 'package-lock.json'));
        mkdirSync(join(folder, 'package-lock.json'));
        writeFileSync(join(folder, 'package-lock.json/x'), '');
        commitAll(folder, THEN + DAY);
        git(folder, ['branch', '-f', 'main']);
        rmSync(join(folder, 'package-lock.json'), { recursive: true });
        writeFileSync(join(folder, 'package-lock.json'), good);
      },
      { found: true, problem: expect.stringContaining('is no file in') as string },
      'all of package-lock.json is looked at, as it cannot be compared with what it was',
    ],
  ])('a lockfile that %s is looked at as a whole', async (_, make, since, text) => {
    await inChange(async (change) => {
      make(change);
      const report = await change.audit();
      expect(judged(report)).toEqual(['p@1.0.0', 'q@1.0.0']);
      expect(onlyLockfile(report).since).toMatchObject({ ref: 'main', unchanged: [], removed: [], ...since });
      expect((await change.run('--since', 'main')).stdout.replace(/\s+/g, ' ')).toContain(text);
    });
  });

  it('a role that package.json gives is new, too', async () => {
    await inChange(async ({ folder, lock, edit, audit }) => {
      await lock({ p: '1.0.0', q: '1.0.0' }, { version: 1 });
      edit('package.json', (text) => text.replace(/,\s*"q": "1.0.0"/, ''));
      commitAll(folder, THEN + DAY);
      edit('package.json', (text) => text.replace('"p": "1.0.0"', '"p": "1.0.0", "q": "1.0.0"'));
      expect(judged(await audit('--since', 'HEAD'))).toEqual(['q@1.0.0']);
      git(folder, ['checkout', '-q', 'package.json']);
      expect(judged(await audit('--since', 'HEAD'))).toEqual([]);
    });
  });

  it('what --omit leaves out is counted there, and a change of nothing else holds', async () => {
    await inChange(async ({ lock, audit }) => {
      await lock({ p: '1.0.0' }, { dev: { q: '1.0.0' } });
      const report = await audit('--since', 'main', '--omit', 'dev');
      expect(report.status).toBe(0);
      expect(report.counts).toMatchObject({ dependencies: 0, unchanged: 1, omitted: 1 });
    });
  });
});

describe.skipIf(!hasGit)(`--since and what a change brings itself${WITHOUT_GIT}`, () => {
  it('the entry in assay.lock for what it gained holds nothing', async () => {
    await inChange(async ({ folder, lock, run, audit }) => {
      await run('update');
      commitAll(folder, THEN + DAY);
      git(folder, ['branch', '-f', 'main']);
      await lock({ p: '1.0.1', q: '1.0.0' });
      await run('update');
      const report = await audit();
      expect(report.dependencies).toMatchObject([{ name: 'p', version: '1.0.1', baseline: 'uncovered' }]);
      expect(report.baseline).toMatchObject({ held: 0, uncovered: ['p@1.0.1'], base: { ref: 'main', found: true } });
    });
  });

  it('an entry in assay.lock for what was there before makes that new', async () => {
    await inChange(async ({ folder, lock, run, read, edit, audit }) => {
      await lock({ p: '1.0.0' });
      await run('update');
      await lock({ p: '1.0.0', q: '1.0.1' });
      commitAll(folder, THEN + DAY);
      git(folder, ['branch', '-f', 'main']);
      expect(judged(await audit())).toEqual([]);
      // q@1.0.1 lost its provenance, which update would not take in.
      const entry = read('assay.lock')
        .replaceAll(/^(#.*\n)/gm, '')
        .replaceAll('p@1.0.0', 'q@1.0.1')
        .replaceAll(/^npm:p /gm, 'npm:q ');
      const [, integrity = ''] = /"node_modules\/q"[^]*?"integrity": "([^"]+)"/.exec(read('package-lock.json')) ?? [];
      edit('assay.lock', (text) => text + entry.replace(/artifact sha512-\S+/, `artifact ${integrity}`));
      const report = await audit();
      expect(judged(report)).toEqual(['q@1.0.1']);
      expect(report.baseline).toMatchObject({ base: { unfounded: ['q', 'q@1.0.1'] } });
      expect((await audit('--since', 'main', '--enforce', 'critical')).status).toBe(1);
    });
  });

  it('a first assay.lock makes everything new', async () => {
    await inChange(async ({ run, audit }) => {
      await run('update');
      expect(judged(await audit())).toEqual(['p@1.0.0', 'q@1.0.0']);
    });
  });

  it('another policy is in force, and named', async () => {
    await inChange(async ({ folder, lock, runIn }) => {
      writeFileSync(join(folder, 'assay.yml'), 'enforce: critical\n');
      commitAll(folder, THEN + DAY);
      git(folder, ['branch', '-f', 'main']);
      writeFileSync(join(folder, 'assay.yml'), 'enforce: observe\n');
      await lock({ p: '1.0.0', q: '1.0.1' });
      expect((await runIn({}, '--since', 'main')).stdout).toContain('changed here, and in force: the policy');
    });
  });

  it('a base that is named decides what is held, whatever is looked at', async () => {
    await inChange(async ({ folder, lock, run, audit, runIn }) => {
      await run('update');
      commitAll(folder, THEN + DAY);
      await lock({ p: '1.0.1', q: '1.0.0' });
      expect((await audit('--since', 'HEAD', '--base', 'main')).baseline).toMatchObject({
        base: { ref: 'main', found: false },
      });
      const { stdout } = await runIn({ GITHUB_BASE_REF: 'main' }, '--since', 'HEAD', '--json');
      expect(JSON.parse(stdout)).toMatchObject({
        baseline: { base: { ref: 'origin/main' } },
        counts: { unchanged: 0 },
      });
    });
  });

  it('without a value, it is the base of the pull request', async () => {
    await inChange(async ({ lock, runIn }) => {
      await lock({ p: '1.0.1', q: '1.0.0' });
      for (const args of [['--since'], ['--since', '--json'], ['--since=', '--json']]) {
        const { status, stdout } = await runIn({ GITHUB_BASE_REF: 'main' }, 'audit', ...args);
        expect(status).toBe(0);
        expect(stdout).toMatch(args.length === 1 ? /since origin\/main \(/ : /"ref": "origin\/main"/);
      }
      const outside = await runIn({}, '--since');
      expect([outside.status, outside.stdout]).toEqual([2, '']);
      expect(outside.stderr).toMatch(/^assay: --since needs a git ref, .*: --since origin\/main\n$/);
      const gone = await runIn({ GITHUB_BASE_REF: 'gone' }, '--since');
      expect([gone.status, gone.stdout]).toEqual([2, '']);
    });
  });
});

describe.skipIf(!hasGit)(`--since that cannot be answered${WITHOUT_GIT}`, () => {
  it.each<[string, readonly string[]]>([
    ['a ref that is not there', ['--since', 'nowhere']],
    ['a path', ['--since', 'package-lock.json']],
    ['an option of git', ['--since=--output=x']],
    ['a short option of git', ['--since=-o']],
    ['spaces', ['--since', 'main main']],
    ['line breaks', ['--since', 'main\n--output=x']],
    ['a range', ['--since', 'main..change']],
    ['a file in a commit', ['--since', 'main:package-lock.json']],
    ['control characters', ['--since', '\u001b[31mmain']],
    ['an id that is not there', ['--since', '0'.repeat(40)]],
  ])('%s: one line, exit status 2', async (_, args) => {
    await inChange(async ({ folder, runIn }) => {
      const before = readdirSync(folder);
      const { status, stdout, stderr } = await runIn({}, ...args);
      expect([status, stdout]).toEqual([2, '']);
      expect(stderr).toMatch(/^assay: --since [\x20-\x7e]* cannot be read: git does not know [\x20-\x7e]* here\n$/);
      expect(readdirSync(folder)).toEqual(before);
    });
  });

  it('an option in its place is an option', async () => {
    await inChange(async ({ folder, runIn }) => {
      for (const [option, line] of [
        ['--output=x', /^assay: --output takes /],
        ['-o', /^assay: unknown option -o/],
      ] as const) {
        const { status, stdout, stderr } = await runIn({}, '--since', option);
        expect([status, stdout, stderr]).toEqual([2, '', expect.stringMatching(line)]);
      }
      expect(existsSync(join(folder, 'x'))).toBe(false);
    });
  });

  it('no repository, no commit, no history', async () => {
    await inChange(async ({ folder, runIn }) => {
      const clone = join(folder, 'clone');
      commitAll(folder, THEN + DAY);
      git(folder, ['branch', 'old', 'HEAD~1']);
      git(folder, ['clone', '-q', '--depth', '1', `file://${folder}`, clone]);
      const shallow = await assayInside(['--since', 'HEAD~1', ...TRUST], clone);
      expect(shallow.stderr).toMatch(
        /^assay: --since HEAD~1 cannot be read: git does not know HEAD~1 here; .*fetch-depth: 0.*\n$/,
      );
      git(clone, ['fetch', '-q', '--depth', '1', 'origin', 'old:old']);
      const parted = await assayInside(['--since', 'old', ...TRUST], clone);
      expect(parted.stderr).toMatch(
        /^assay: --since old cannot be read: git finds no commit that HEAD and old have in common; .*\n$/,
      );
      rmSync(join(folder, '.git'), { recursive: true });
      const none = await runIn({}, '--since', 'main');
      expect(none.stderr).toBe('assay: --since main cannot be read: git finds no repository with a commit here\n');
      git(folder, ['init', '-q']);
      const unborn = await runIn({}, '--since', 'main');
      expect(unborn.stderr).toBe('assay: --since main cannot be read: git finds no commit in this repository yet\n');
      expect(unborn.status).toBe(2);
      for (const run of [shallow, parted, none]) expect([run.status, run.stdout]).toEqual([2, '']);
    });
  });

  it('a lockfile that is called like an option is a file', async () => {
    await inChange(async ({ folder, runIn }) => {
      const name = '--output=package-lock.json';
      renameSync(join(folder, 'package-lock.json'), join(folder, name));
      commitAll(folder, THEN + DAY);
      const { status, stdout } = await runIn({}, '--since', 'HEAD', '--json', '--', name);
      // What stands after -- are places, so the trust of the lab is not given: nothing is asked, as nothing is new.
      expect([status, stdout]).toEqual([2, '']);
      const named = await assayInside(['--since', 'HEAD', '--json', ...TRUST, '--', name], folder);
      expect(named.status).toBe(0);
      expect(JSON.parse(named.stdout)).toMatchObject({
        lockfiles: [{ file: name, unchanged: 2, since: { found: true } }],
      });
    });
  });
});

describe.skipIf(!hasGit)(`--since of several lockfiles${WITHOUT_GIT}`, () => {
  it('each is compared with itself; a repository within the repository has its own history', async () => {
    await inChange(async ({ lab, folder, audit, run }) => {
      await lab.writeProject(join(folder, 'a'), { p: '1.0.0' });
      commitAll(folder, THEN + DAY);
      await lab.writeProject(join(folder, 'a'), { p: '1.0.1' });
      await lab.writeProject(join(folder, 'b'), { q: '1.0.0' });
      const report = await audit('--recursive', '--since', 'HEAD');
      expect(report.status).toBe(0);
      expect(
        report.lockfiles.map(({ file, judged: looked, unchanged, since }) => [file, looked, unchanged, since?.found]),
      ).toEqual([
        ['a/package-lock.json', 1, 0, true],
        ['b/package-lock.json', 1, 0, false],
        ['package-lock.json', 0, 2, true],
      ]);
      const { stdout } = await run('--recursive', '--since', 'HEAD');
      expect(stdout).toMatch(
        /since HEAD \([0-9a-f]{12}\): 2 to look at, 2 unchanged and not looked at; gone: p@1\.0\.0/,
      );
      expect(stdout).toContain('not there then, so that all of it is new: b/package-lock.json');
      git(join(folder, 'b'), ['init', '-q']);
      const inner = await audit('--recursive', '--since', 'HEAD');
      expect([inner.status, inner.lockfiles.length]).toEqual([2, 2]);
      expect(inner.unread).toEqual([
        {
          file: 'b/package-lock.json',
          problem: '--since HEAD cannot be read: git finds no commit in this repository yet',
        },
      ]);
    });
  });

  it('nothing to compare is no reason to pass', async () => {
    await inFolder(async (folder) => {
      writeFileSync(join(folder, 'package-lock.json'), '{"lockfileVersion":3,"packages":{}}');
      git(folder, ['init', '-q']);
      commitAll(folder, THEN);
      const { status, stderr } = await assayInside(['--since', 'HEAD'], folder);
      expect([status, stderr]).toEqual([2, 'assay: nothing to check in package-lock.json: it names no dependency\n']);
    });
  });
});

describe.skipIf(!hasGit)(`--since on crates${WITHOUT_GIT}`, () => {
  it('looks at what Cargo.lock gained alone, and asks of nothing else who published it', () =>
    withCratesLab((lab) =>
      inFolder(async (folder) => {
        const [old, now] = [new Date(Date.now() - 400 * DAY).toISOString(), new Date().toISOString()];
        const entries = ['alpha', 'beta'].map((name) => cargoLock(lab, old, name));
        const write = (one: string, other: string): void =>
          writeFileSync(join(folder, 'Cargo.lock'), `${one}\n${other.replace('version = 4\n', '')}`);
        const [alpha, beta] = entries.map(({ checksum, text }) => text(checksum));
        write(alpha ?? '', beta ?? '');
        mkdirSync(join(folder, 'home'));
        writeFileSync(join(folder, 'home/config.toml'), lab.config);
        git(folder, ['init', '-q', '-b', 'main']);
        // The user's own, and no part of the repository.
        writeFileSync(join(folder, '.git/info/exclude'), 'home\n');
        commitAll(folder, THEN);
        git(folder, ['checkout', '-qb', 'change']);
        lab.publish('beta', '0.9.0', { published: old });
        const checksum = lab.publish('beta', '1.0.1', { published: now, publisher: { login: 'thief', id: 9 } });
        write(alpha ?? '', (beta ?? '').replace('1.0.0', '1.0.1').replace(entries[1]?.checksum ?? '', checksum));
        const env = { CARGO_HOME: join(folder, 'home'), HOME: folder };
        const audit = (...args: string[]) => assayInside(['audit', '--json', ...args], folder, env);
        const { status, stdout } = await audit('--since', 'main');
        const report = JSON.parse(stdout) as AccountedJson & {
          readonly findings: readonly { readonly code: string }[];
        };
        expect(status).toBe(0);
        expect(judged(report)).toEqual(['beta@1.0.1']);
        expect(report.findings.map(({ code }) => code)).toEqual(['history-publisher-new']);
        expect(lab.requests.map(({ url }) => url).sort()).toEqual([
          ...['/api/v1/crates/beta/versions', '/be/ta/beta', '/config.json'],
        ]);
        commitAll(folder, THEN);
        expect(JSON.parse((await audit('--since', 'HEAD')).stdout)).toMatchObject({ dependencies: [] });
      }),
    ));
});
