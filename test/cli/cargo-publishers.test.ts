import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { CratesLab } from '../../lab/crates/index.ts';
import { withCratesLab } from '../support/crates-lab.ts';
import { withPypiLab } from '../support/pypi-lab.ts';
import { assayInside } from './inside.ts';
import { configOf, inFolder, type Run } from './run.ts';

const CRATES_IO = 'registry+https://github.com/rust-lang/crates.io-index';
const OWNER = { login: 'owner', id: 1 };
const THIEF = { login: 'thief', id: 9 };
const SHA = '5a'.repeat(20);
const WORKFLOW = { repository: 'team/alpha', sha: SHA };
const BY_WORKFLOW = '.cargo_vcs_info.json';
const PHASES = ['observe', 'guard', 'critical', 'all'] as const;

interface Publishing {
  readonly lab: CratesLab;
  readonly folder: string;
  /** Publishes versions of alpha by whom, the last one now, the others a year before; locks the last. */
  readonly release: (versions: Readonly<Record<string, Parameters<CratesLab['publish']>[2]>>) => void;
  readonly run: (...args: string[]) => Promise<Run>;
  /** Status, and the findings of alpha. */
  readonly audit: (...args: string[]) => Promise<readonly [status: number | null, ...found: string[]]>;
  /** How often the API was asked. */
  readonly asked: () => number;
}

function withPublishing(work: (publishing: Publishing) => Promise<void>): Promise<void> {
  return withCratesLab((lab) =>
    inFolder(async (folder) => {
      mkdirSync(join(folder, 'home'));
      mkdirSync(join(folder, '.git'));
      writeFileSync(join(folder, 'home/config.toml'), lab.config);
      writeFileSync(
        join(folder, 'Cargo.toml'),
        '[package]\nname = "project"\nversion = "0.1.0"\n[dependencies]\nalpha = "1"\n',
      );
      const env = {
        ...{ CARGO_HOME: join(folder, 'home'), HOME: folder, npm_config_fetch_retries: '0' },
        ...{ XDG_CONFIG_HOME: configOf(folder), ASSAY_CACHE: join(folder, 'home/cache') },
      };
      const run = (...args: string[]): Promise<Run> => assayInside(args, folder, env);
      await work({
        lab,
        folder,
        run,
        release: (versions) => {
          const all = Object.entries(versions);
          for (const [i, [version, spec]] of all.entries()) {
            const isLast = i === all.length - 1;
            const time = isLast ? new Date() : new Date(Date.now() - (400 - i) * 86_400_000);
            const checksum = lab.publish('alpha', version, { published: time.toISOString(), ...spec });
            writeFileSync(
              join(folder, 'Cargo.lock'),
              `version = 4\n\n[[package]]\nname = "alpha"\nversion = "${version}"\nsource = "${CRATES_IO}"\nchecksum = "${checksum}"\n\n[[package]]\nname = "project"\nversion = "0.1.0"\ndependencies = [\n "alpha",\n]\n`,
            );
          }
        },
        audit: async (...args) => {
          const { status, stdout, stderr } = await run('audit', '--json', ...args);
          if (stdout === '') return [status, stderr];
          const { findings } = JSON.parse(stdout) as { findings: readonly { code: string; level: string }[] };
          return [status, ...findings.map(({ code, level }) => `${code} ${level}`)];
        },
        asked: () => lab.requests.filter(({ url }) => url.startsWith('/api/')).length,
      });
    }),
  );
}

const policyOf = (code: string): string =>
  `findings:\n  - code: ${code}\n    level: error\n    reason: we want to know\n`;

describe('who published a crate', () => {
  it('is asked of the API for what was published within a week, once, without credentials, by name', () =>
    withPublishing(async ({ lab, release, audit, asked }) => {
      release({ '1.0.0': { publisher: OWNER }, '1.0.1': { publisher: OWNER } });
      expect(await audit()).toEqual([0]);
      expect(await audit()).toEqual([0]);
      expect(await audit('--reverify')).toEqual([0]);
      expect(asked()).toBe(1);
      const [question] = lab.requests.filter(({ url }) => url.startsWith('/api/'));
      expect(question?.url).toBe('/api/v1/crates/alpha/versions');
      expect(question?.headers['user-agent']).toMatch(/^assay\/\d/);
      expect(question?.headers.authorization).toBeUndefined();
    }));

  it('is asked of nobody for what has been there for longer, unless the policy makes it decide', () =>
    withPublishing(async ({ folder, release, audit, asked }) => {
      const published = '2024-01-02T00:00:00Z';
      const before = { publisher: OWNER, published: '2023-01-02T00:00:00Z' };
      release({ '1.0.0': before, '1.0.1': { publisher: THIEF, published } });
      expect(await audit()).toEqual([0]);
      expect(asked()).toBe(0);
      writeFileSync(join(folder, 'assay.yml'), policyOf('history-publisher-new'));
      expect(await audit()).toEqual([1, 'history-publisher-new error']);
      expect(asked()).toBe(1);
    }));

  it('is asked with a baseline for what that does not have, which then keeps it', () =>
    withPublishing(async ({ folder, release, run, audit, asked }) => {
      const published = '2024-01-02T00:00:00Z';
      release({ '1.0.0': { publisher: OWNER, published: '2023-01-02T00:00:00Z' } });
      expect((await run('update')).status).toBe(0);
      expect(asked()).toBe(0);
      release({ '1.0.1': { publisher: OWNER, published } });
      expect(await audit()).toEqual([0]);
      expect(asked()).toBe(1);
      expect((await run('update')).status).toBe(0);
      expect(readFileSync(join(folder, 'assay.lock'), 'utf8')).toContain(
        'cargo:alpha@1.0.1 published 2024-01-02T00:00:00Z by owner',
      );
      release({ '1.0.2': { publisher: THIEF, published: '2024-01-03T00:00:00Z' } });
      expect(await audit()).toEqual([0, 'history-publisher-new warning']);
      expect(await audit()).toEqual([0, 'history-publisher-new warning']);
      expect(asked()).toBe(2);
    }));

  it.each([
    ['by an account that never had', { publisher: OWNER }, { publisher: THIEF }, ['history-publisher-new warning']],
    [
      'by an account, after a workflow',
      { publisher: WORKFLOW },
      { publisher: OWNER },
      ['history-publisher-changed warning'],
    ],
    [
      'by a workflow, after an account',
      { publisher: OWNER },
      { publisher: WORKFLOW },
      ['history-publisher-changed note'],
    ],
    ['by the same workflow', { publisher: WORKFLOW }, { publisher: WORKFLOW }, []],
  ])('%s, is held to earlier releases, in every phase', (_, before, now, found) =>
    withPublishing(async ({ release, audit }) => {
      release({ '0.9.0': { publisher: OWNER }, '1.0.0': before, '1.0.1': now });
      for (const phase of PHASES) expect(await audit('--enforce', phase)).toEqual([0, ...found]);
    }),
  );

  it('is held to the release before the first bad one, too', () =>
    withPublishing(async ({ lab, release, audit }) => {
      const published = new Date().toISOString();
      release({
        '0.9.0': { publisher: OWNER },
        ...{
          '1.0.0': { publisher: WORKFLOW },
          '1.0.1': { publisher: OWNER, published },
          '1.0.2': { publisher: OWNER },
        },
      });
      expect(lab.published('alpha').length).toBe(4);
      expect(await audit()).toEqual([0, 'history-publisher-changed warning']);
    }));

  it('is shown beside the release before, on the word of the registry', () =>
    withPublishing(async ({ release, run }) => {
      release({ '1.0.0': { publisher: WORKFLOW }, '1.0.1': { publisher: THIEF } });
      const { stdout } = await run('check', 'cargo:alpha@1.0.1');
      expect(stdout).toMatch(/publisher +github:team\/alpha +thief/);
    }));

  it('is a note where there is no answer, or one that is none; with a policy there is no statement then', () =>
    withPublishing(async ({ lab, folder, release, audit, run }) => {
      release({ '1.0.0': { publisher: OWNER }, '1.0.1': { publisher: THIEF } });
      const api = /^\/api\//;
      const bad: readonly [string, () => void][] = [
        ['unavailable', () => lab.behave(api, { status: 404 })],
        ['unavailable', () => lab.behave(api, { status: 403 })],
        ['malformed', () => lab.behave(api, { endless: true })],
        ['malformed', () => lab.behave(api, { garbage: true })],
        ['unavailable', () => lab.behave(api, { redirect: 'http://127.0.0.2:9/' })],
        ['malformed', () => lab.behave(api, { body: { versions: [] } })],
      ];
      for (const [state, behave] of bad) {
        behave();
        expect(await audit()).toEqual([0, `evidence-${state} note`]);
      }
      expect((await run('audit')).stdout).toContain('may be from a new publisher');
      for (const code of ['history-publisher-new', 'history-publisher-changed']) {
        writeFileSync(join(folder, 'assay.yml'), policyOf(code));
        expect((await audit())[0]).toBe(3);
      }
    }));

  it.each([
    ['another crate', (all: readonly object[]) => all.map((one) => ({ ...one, crate: 'beta' }))],
    ['another version', (all: readonly object[]) => all.map((one) => ({ ...one, num: '7.0.0' }))],
    ['fewer versions', (all: readonly object[]) => all.slice(1)],
    ['another checksum', (all: readonly object[]) => all.map((one) => ({ ...one, checksum: '00'.repeat(32) }))],
  ])('is not believed where the answer is about %s', (_, tamper) =>
    withPublishing(async ({ lab, release, audit }) => {
      release({ '1.0.0': { publisher: OWNER }, '1.0.1': { publisher: OWNER } });
      lab.tamperApi('alpha', (versions) => ({ versions: tamper(versions) }));
      expect(await audit()).toEqual([0, 'evidence-malformed note']);
      // Nothing of it is kept.
      lab.tamperApi('alpha', (versions) => ({ versions }));
      expect(await audit()).toEqual([0]);
    }),
  );

  it('goes into a pack, so that an offline run says the same', () =>
    withPypiLab((pypi) =>
      withPublishing(async ({ folder, release, run, audit, asked }) => {
        writeFileSync(join(folder, 'home/root.json'), JSON.stringify(pypi.trustedRoot));
        const trust = ['--trusted-root', 'home/root.json', '--no-cache'];
        release({ '1.0.0': { publisher: OWNER }, '1.0.1': { publisher: THIEF } });
        const packed = await run('pack', '--output', 'home/evidence.tar', ...trust.slice(0, 2));
        expect(packed).toMatchObject({ stderr: '', status: 0 });
        const before = asked();
        expect(await audit('--evidence', 'home/evidence.tar', ...trust)).toEqual([0, 'history-publisher-new warning']);
        expect(asked()).toBe(before);
      }),
    ));
});

describe('the commit in a .crate', () => {
  const packed = (sha1: string) => ({ [BY_WORKFLOW]: JSON.stringify({ git: { sha1 }, path_in_vcs: '' }) });

  it.each([
    [SHA, []],
    ['00'.repeat(20), ['history-manifest-differs warning']],
  ])('is held to the one that was built, as the API says: %s', (sha, found) =>
    withPublishing(async ({ release, audit }) => {
      release({ '1.0.0': { publisher: WORKFLOW }, '1.0.1': { publisher: WORKFLOW, files: packed(sha) } });
      expect(await audit('--bytes')).toEqual([0, ...found]);
      // From what was kept as well.
      expect(await audit('--bytes')).toEqual([0, ...found]);
    }),
  );

  it('says nothing where an account published', () =>
    withPublishing(async ({ release, audit }) => {
      release({ '1.0.0': { publisher: OWNER }, '1.0.1': { publisher: OWNER, files: packed('00'.repeat(20)) } });
      expect(await audit('--bytes')).toEqual([0]);
    }));
});
