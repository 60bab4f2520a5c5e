import { mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ciWorkflow } from '../../lab/index.ts';
import { tufRepository, type TufRepository } from '../../lab/tuf.ts';
import { assayInside } from './inside.ts';
import { withProject, type LabProject } from './lab-project.ts';
import { serveRepository } from '../support/serve-repository.ts';
import { configOf, type Run } from './run.ts';

interface Gap extends LabProject {
  readonly repository: TufRepository;
  /** Writes what the repository has now into a folder. */
  readonly copy: (name: string) => void;
  /** Runs assay where the repository cannot be reached. */
  readonly inside: (...args: string[]) => Promise<Run>;
  readonly trustOf: (run: Run) => Trust;
}

interface Trust {
  readonly rootDigest: string;
  readonly repository: Readonly<Record<string, unknown>>;
  readonly ages: readonly { readonly confirmed: string | null }[];
}

/** A project whose repository of trust is one that nobody answers for. */
function withGap(work: (gap: Gap) => Promise<void>): Promise<void> {
  return withProject(async (project) => {
    const { lab, folder, lock } = project;
    await lab.publish({ name: 'p', version: '1.0.0', by: ciWorkflow({ repository: 'team/p' }) });
    await lock({ p: '1.0.0' });
    const targets = { 'trusted_root.json': lab.trustedRoot, 'registry.npmjs.org/keys.json': lab.tufKeys };
    const repository = tufRepository({ targets });
    writeFileSync(join(folder, 'tuf-root.json'), repository.root);
    const options = ['--tuf', 'http://127.0.0.1:9/', '--tuf-root', 'tuf-root.json'];
    const env = {
      ASSAY_CACHE: join(folder, 'kept'),
      XDG_CONFIG_HOME: configOf(folder),
      npm_config_fetch_retries: '0',
    };
    await work({
      ...project,
      repository,
      copy: (name) => {
        for (const [path, body] of repository.files) {
          const to = join(folder, name, decodeURIComponent(path));
          mkdirSync(dirname(to), { recursive: true });
          writeFileSync(to, body);
        }
      },
      inside: (...args) => assayInside([...args, ...options], folder, env),
      trustOf: ({ stdout }) => {
        const json = JSON.parse(stdout) as Trust & { readonly trust?: Trust };
        return json.trust ?? json;
      },
    });
  });
}

const lineOf = ({ stderr }: Run): string => {
  expect(stderr).toMatch(/^assay: [^\n]*\n$/);
  return stderr;
};

describe('assay trust import', () => {
  it('a copy of the repository: later runs verify with it, without a network', async () => {
    await withGap(async ({ inside, copy, trustOf, repository, folder }) => {
      expect((await inside('audit')).status).toBe(3);
      expect(lineOf(await inside('trust', 'export'))).toContain(
        'nothing is known of http://127.0.0.1:9/ yet: assay trust',
      );
      copy('mirror');
      const env = { ASSAY_CACHE: join(folder, 'kept'), XDG_CONFIG_HOME: configOf(folder) };
      const unnamed = await assayInside(['trust', 'import', 'mirror'], folder, env);
      expect(unnamed.status).toBe(3);
      expect(lineOf(unnamed)).toMatch(
        /; it was taken for a copy of https:\/\/tuf-repo-cdn\.sigstore\.dev\/; --tuf and/,
      );
      const imported = await inside('trust', 'import', 'mirror', '--json');
      expect(lineOf(imported)).toMatch(
        /imported from mirror: root 1, timestamp 1, snapshot 1, targets 1; the trusted root is sha256:[0-9a-f]{64}\n$/,
      );
      expect(imported.status).toBe(0);
      const { rootDigest, repository: now } = trustOf(imported);
      expect(now).toMatchObject({ state: 'current', origin: 'repository', versions: { root: 1 } });
      const audit = await inside('audit', '--json');
      expect(audit.status).toBe(0);
      expect(trustOf(audit)).toMatchObject({ rootDigest, repository: { state: 'unavailable', origin: 'repository' } });

      repository.rotate('timestamp', 'root');
      copy('newer');
      const newer = await inside('trust', 'import', 'newer');
      expect(lineOf(newer)).toMatch(
        /imported from newer: root 1 to 2, timestamp 1 to \d, .*the trusted root is the same/,
      );
      expect(newer.stdout).toMatch(/verified against: the root/);
      expect((await inside('trust', '--json')).stdout).toContain('"root": 2');
    });
  });

  it('what is older is refused, and its root chain stays where it was', async () => {
    await withGap(async ({ inside, copy, repository, trustOf }) => {
      copy('old');
      repository.rotate('timestamp');
      copy('new');
      expect((await inside('trust', 'import', 'new')).status).toBe(0);
      const before = trustOf(await inside('trust', '--json'));
      const refused = await inside('trust', 'import', 'old');
      expect({ status: refused.status, stdout: refused.stdout }).toEqual({ status: 3, stdout: '' });
      expect(lineOf(refused)).toMatch(/^assay: old cannot be imported: timestamp\.json /);
      expect(trustOf(await inside('trust', '--json'))).toEqual(before);
      expect(trustOf(await inside('audit', '--json')).repository).toMatchObject({ versions: { root: 2 } });
    });
  });

  it('no file of a copy is a link, which may lead anywhere', async () => {
    await withGap(async ({ inside, copy, folder }) => {
      copy('mirror');
      renameSync(join(folder, 'mirror/timestamp.json'), join(folder, 'elsewhere.json'));
      symlinkSync('../elsewhere.json', join(folder, 'mirror/timestamp.json'));
      const refused = await inside('trust', 'import', 'mirror');
      expect({ status: refused.status, stdout: refused.stdout }).toEqual({ status: 3, stdout: '' });
      expect(lineOf(refused)).toMatch(/timestamp\.json.*a link, which is not followed/);
    });
  });

  it('the same copy again is nothing newer, and does not make trust younger', async () => {
    await withGap(async ({ inside, copy, trustOf, repository }) => {
      copy('mirror');
      const [first] = trustOf(await inside('trust', 'import', 'mirror', '--json')).ages;
      await new Promise((done) => setTimeout(done, 1100));
      const again = await inside('trust', 'import', 'mirror', '--json');
      expect(lineOf(again)).toContain('imported from mirror: nothing newer; the trusted root is the same');
      expect(trustOf(again).ages).toEqual([first]);
      repository.touch();
      copy('mirror');
      const later = trustOf(await inside('trust', 'import', 'mirror', '--json'));
      expect(later.ages[0]?.confirmed).not.toBe(first?.confirmed);
    });
  });

  it('trust begins with the own root: a copy with another one, or without its chain, is refused', async () => {
    await withGap(async ({ inside, copy, repository, folder, lab }) => {
      const theirs = tufRepository({ targets: { 'trusted_root.json': lab.trustedRoot } });
      mkdirSync(join(folder, 'theirs'));
      for (const [path, body] of theirs.files) {
        if (!path.includes('/')) writeFileSync(join(folder, 'theirs', path), body);
      }
      expect(await inside('trust', 'import', 'theirs')).toMatchObject({ status: 3, stdout: '' });
      repository.rotate('timestamp');
      repository.rotate('timestamp');
      copy('gap');
      rmSync(join(folder, 'gap/2.root.json'));
      expect(await inside('trust', 'import', 'gap')).toMatchObject({ status: 3, stdout: '' });
      expect(await inside('trust')).toMatchObject({ status: 2 });

      mkdirSync(join(folder, 'empty'));
      const empty = await inside('trust', 'import', 'empty');
      expect(empty).toMatchObject({
        status: 3,
        stderr: 'assay: empty cannot be imported: timestamp.json is not there\n',
      });
    });
  });

  it('keeps the steps that hold, and says so where a later one does not', async () => {
    await withGap(async ({ inside, copy, repository, folder }) => {
      copy('mirror');
      expect((await inside('trust', 'import', 'mirror')).status).toBe(0);
      repository.rotate('timestamp');
      copy('broken');
      writeFileSync(join(folder, 'broken/timestamp.json'), '{}');
      const broken = await inside('trust', 'import', 'broken');
      expect(broken).toMatchObject({ status: 3, stdout: '' });
      expect(lineOf(broken)).toMatch(
        /^assay: broken cannot be imported: .* \(what holds of it is kept: root 1 to 2\)\n$/,
      );
      expect((await inside('trust', '--json')).stdout).toContain('"root": 2');
      expect((await inside('audit')).status).toBe(0);
    });
  });

  it('what expired is refused, as on the network', async () => {
    await withGap(async ({ inside, copy, repository }) => {
      repository.expire('timestamp', '2026-01-01T00:00:00Z');
      repository.touch();
      copy('mirror');
      const run = await inside('trust', 'import', 'mirror');
      expect(run.status).toBe(3);
      expect(lineOf(run)).toMatch(/timestamp\.json has expired/);

      // The own root expired, and the copy has none after it.
      repository.expire('timestamp', '2099-01-01T00:00:00Z');
      repository.expire('root', '2026-01-01T00:00:00Z');
      repository.rotate('timestamp');
      copy('stale');
      const stale = await inside('trust', 'import', 'stale');
      expect(stale.status).toBe(3);
      expect(lineOf(stale)).toMatch(
        /root has expired, at 2026-01-01T00:00:00Z, .*; after version 2, there is no 3\.root\.json/,
      );
    });
  });

  it('a file is described for the policy and not taken in', async () => {
    await withGap(async ({ inside, folder, lab }) => {
      mkdirSync(join(folder, 'keys'));
      const file = JSON.stringify(lab.trustedRoot);
      writeFileSync(join(folder, 'keys/team.json'), file);
      const run = await inside('trust', 'import', 'keys/team.json');
      expect(run.status).toBe(2);
      expect(lineOf(run)).toMatch(/^assay: nothing was imported: nobody signs keys\/team\.json, .*/);
      expect(run.stdout).toMatch(
        /^trust:\n {2}instances:\n {4}team:\n {6}# sha256:[0-9a-f]{64}\n {6}root: keys\/team\.json\n.*\n {6}# as-of: YYYY/,
      );
      expect(await inside('trust')).toMatchObject({ status: 2 });
      // A policy of these lines is one; the root of the lab is the public instance here, which may not be both.
      writeFileSync(join(folder, 'assay.yml'), run.stdout);
      const used = await assayInside(['trust', '--json'], folder);
      expect(used).toMatchObject({ status: 0, stderr: '' });
      // Nobody but its owner knows how new it is.
      const { ages } = JSON.parse(used.stdout) as Trust;
      expect(ages[1]).toMatchObject({ name: 'team', confirmed: null });
      const json = await inside('trust', 'import', 'keys/team.json', '--json');
      expect([json.status, json.stdout]).toEqual([2, '']);
      expect(lineOf(json)).toMatch(/without --json, the lines for that are written/);
      rmSync(join(folder, 'assay.yml'));

      const bare = { ...lab.trustedRoot, tlogs: [], ctlogs: [] };
      writeFileSync(join(folder, 'keys/bare.json'), JSON.stringify(bare));
      expect((await inside('trust', 'import', 'keys/bare.json')).stderr).toMatch(/names no transparency log/);
      const stated = await inside('trust', 'import', 'keys/bare.json', '--thresholds', 'log=0,sct=0');
      writeFileSync(join(folder, 'assay.yml'), stated.stdout);
      expect(await assayInside(['trust'], folder)).toMatchObject({ status: 0, stderr: '' });
    });
  });

  it('a pack: what its repository answered when it was made', async () => {
    await withGap(async ({ folder, inside, repository, trustOf }) => {
      const server = await serveRepository(repository);
      const env = {
        ASSAY_CACHE: join(folder, 'there'),
        XDG_CONFIG_HOME: configOf(folder),
        npm_config_fetch_retries: '0',
      };
      const options = ['--tuf', server.url, '--tuf-root', 'tuf-root.json'];
      const there = (...args: string[]): Promise<Run> => assayInside([...args, ...options], folder, env);
      expect((await there('pack', '--output', 'old.tar')).status).toBe(0);
      repository.touch();
      expect((await there('pack', '--output', 'new.tar')).status).toBe(0);
      await server.close();
      env.ASSAY_CACHE = join(folder, 'here');
      const imported = await there('trust', 'import', 'new.tar', '--json');
      expect(imported.status).toBe(0);
      expect(imported.stderr).toMatch(
        /\nassay: imported from new\.tar: root 1, timestamp 2, .*; it is the copy of http:\S+\n$/,
      );
      const { confirmed } = trustOf(imported).ages[0] ?? {};
      expect(imported.stderr).toContain(`made ${confirmed ?? ''}`);
      expect(trustOf(await there('audit', '--json')).repository).toMatchObject({
        state: 'unavailable',
        versions: { timestamp: 2 },
      });
      const old = await there('trust', 'import', 'old.tar');
      expect(old).toMatchObject({ status: 3, stdout: '' });
      expect(old.stderr).toMatch(/\nassay: old\.tar cannot be imported: timestamp\.json /);
      // Another repository's answers are none.
      expect((await inside('trust', 'import', 'new.tar')).stderr).toMatch(
        /new\.tar cannot be imported: it has no copy of \S+, but of http:\S+\n$/,
      );
      const misled = await inside('audit', '--evidence', 'new.tar');
      expect(misled.stderr).toMatch(
        /trust of this run begins with another repository: new\.tar has no copy of \S+, but/,
      );
      writeFileSync(join(folder, 'cut.tar'), readFileSync(join(folder, 'new.tar')).subarray(0, 2048));
      expect((await there('trust', 'import', 'cut.tar')).stderr).toMatch(/cut\.tar cannot be used as evidence/);
    });
  });

  it.each([
    [['import'], /trust import takes one folder, one file, or a pack/],
    [['import', 'tuf-root.json', 'root.json'], /trust import takes one folder, one file, or a pack/],
    [['import', 'nowhere'], /no such file or directory: nowhere/],
    [
      ['import', 'tuf-root.json'],
      /tuf-root\.json cannot be used: it is root metadata of a TUF repository, not a trusted/,
    ],
    [['import', 'mirror', '--no-cache'], /keeps what it verified in the cache, and there is none/],
  ])('%j is wrong usage', async (args, message) => {
    await withGap(async ({ inside, copy }) => {
      copy('mirror');
      const run = await inside('trust', ...args);
      expect(run).toMatchObject({ status: 2, stdout: '' });
      expect(lineOf(run)).toMatch(message);
    });
  });
});
