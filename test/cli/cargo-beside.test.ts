import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { CratesLab } from '../../lab/crates/index.ts';
import { cargoLock, type LockedCrate } from '../../lab/crates/lockfile.ts';
import { withCratesLab } from '../support/crates-lab.ts';
import { withPypiLab } from '../support/pypi-lab.ts';
import { assayInside } from './inside.ts';
import { configOf, inFolder, type Run } from './run.ts';

const TOKEN = 'hidden-token';
const PHASES = ['observe', 'guard', 'critical', 'all'] as const;

interface ReportJson {
  readonly findings: readonly { readonly name: string; readonly code: string; readonly level: string }[];
  readonly dependencies: readonly {
    readonly name: string;
    readonly baseline: string | null;
    readonly proofs: { readonly integrityBy?: string };
  }[];
}

interface Project {
  /** In place of crates.io. */
  readonly main: CratesLab;
  /** Beside it, private. */
  readonly own: CratesLab;
  /** What the names of its crates begin with. */
  readonly prefix: string;
  readonly folder: string;
  readonly lock: (crates: readonly LockedCrate[]) => void;
  readonly write: (file: string, text: string) => void;
  readonly run: (args: readonly string[], env?: Env) => Promise<Run>;
  readonly audit: (args?: readonly string[], env?: Env) => Promise<readonly [number | null, readonly string[]]>;
}

type Env = Readonly<Record<string, string>>;

const OF_USER = 'home/config.toml';
const CREDENTIALS = `[registries.own]\ntoken = "Bearer ${TOKEN}"\n`;
const asked = ({ requests }: CratesLab): readonly string[] => [...new Set(requests.map(({ url }) => url))].sort();

/** A project whose user has a private registry beside crates.io. */
function withProject(work: (project: Project) => Promise<void>, token: string | null = null): Promise<void> {
  return withCratesLab((main) =>
    withCratesLab(
      (own) =>
        inFolder(async (folder) => {
          const write = (file: string, text: string): void => {
            mkdirSync(dirname(join(folder, file)), { recursive: true });
            writeFileSync(join(folder, file), text);
          };
          mkdirSync(join(folder, '.git'));
          write(OF_USER, `${main.config}\n[registries.own]\nindex = "sparse+${own.url}"\n`);
          const settings = { CARGO_HOME: join(folder, 'home'), HOME: folder, XDG_CONFIG_HOME: configOf(folder) };
          const run = (args: readonly string[], env: Env = {}): Promise<Run> =>
            assayInside(args, folder, { ...settings, ...env });
          await work({
            ...{ main, own, folder, write, run, prefix: new URL(own.url).host },
            lock: (crates) => write('Cargo.lock', cargoLock(crates, [])),
            audit: async (args = [], env = {}) => {
              const { status, stdout, stderr } = await run(['audit', '--json', '--no-cache', ...args], env);
              if (stdout === '') return [status, [stderr]];
              const { findings } = JSON.parse(stdout) as ReportJson;
              return [status, findings.map(({ name, code, level }) => `${name} ${code} ${level}`)];
            },
          });
        }),
      token,
      token !== null,
    ),
  );
}

/** One version of a crate at a registry, as Cargo.lock has it. */
function locked(
  lab: CratesLab,
  name: string,
  isOwn: boolean,
  files: Readonly<Record<string, string>> = {},
): LockedCrate {
  const crate = { name, version: '1.0.0', checksum: lab.publish(name, '1.0.0', { files }) };
  return isOwn ? { ...crate, source: `sparse+${lab.url}` } : crate;
}

describe('a registry beside crates.io', () => {
  it('is asked about its own crates alone, by names that are its own', () =>
    withProject(async ({ main, own, prefix, lock, run }) => {
      lock([locked(main, 'same', false), locked(own, 'same', true, { a: 'a' }), locked(own, 'secret', true)]);
      const { status, stdout } = await run(['audit', '--json']);
      expect(status).toBe(0);
      const { dependencies } = JSON.parse(stdout) as ReportJson;
      expect(dependencies).toMatchObject([
        { name: `${prefix}/same`, proofs: { integrityBy: 'registry' } },
        { name: `${prefix}/secret` },
        { name: 'same' },
      ]);
      expect(asked(main)).toEqual(['/sa/me/same']);
      expect(asked(own)).toEqual(['/sa/me/same', '/se/cr/secret']);
      expect((await run(['audit', '--output', 'sarif', '--reverify'])).stdout).not.toContain('pkg:cargo/secret@1.0.0"');
    }));

  it('fails where a checksum is that of the other registry, and where the version is gone', () =>
    withProject(async ({ main, own, prefix, lock, audit }) => {
      const ofMain = locked(main, 'same', false);
      const ofOwn = locked(own, 'same', true, { a: 'a' });
      lock([{ ...ofOwn, checksum: ofMain.checksum }]);
      for (const phase of PHASES) {
        expect(await audit(['--enforce', phase])).toEqual([1, [`${prefix}/same integrity-mismatch error`]]);
      }
      lock([{ ...ofMain, checksum: ofOwn.checksum }]);
      expect(await audit()).toEqual([1, ['same integrity-mismatch error']]);
      lock([ofOwn, locked(own, 'other', true)]);
      own.remove('same', '1.0.0');
      own.publish('same', '1.1.0');
      expect(await audit()).toEqual([1, [`${prefix}/same lockfile-version-unknown error`]]);
    }));

  it('is a part of the name, so that no baseline takes a crate of one registry for that of another', () =>
    withProject(async ({ main, own, prefix, folder, lock, run }) => {
      const ofOwn = locked(own, 'same', true);
      // The very same bytes, under the same name and version.
      const ofMain = locked(main, 'same', false);
      expect(ofMain.checksum).toBe(ofOwn.checksum);
      lock([ofOwn]);
      expect((await run(['init'])).status).toBe(0);
      expect(readFileSync(join(folder, 'assay.lock'), 'utf8')).toContain(`cargo:${prefix}/same@1.0.0 artifact`);
      const states = async (): Promise<readonly string[]> => {
        const { dependencies } = JSON.parse((await run(['audit', '--json'])).stdout) as ReportJson;
        return dependencies.map(({ name, baseline }) => `${name} ${baseline ?? ''}`);
      };
      expect(await states()).toEqual([`${prefix}/same held`]);
      lock([ofMain]);
      expect(await states()).toEqual(['same uncovered']);
      lock([ofOwn, ofMain]);
      expect(await states()).toEqual([`${prefix}/same held`, 'same uncovered']);
    }));

  it('is not asked where no settings name exactly its address, and where it is a git repository', () =>
    withProject(async ({ own, prefix, lock, audit, write, main }) => {
      const crate = locked(own, 'secret', true);
      const isNotAsked = async (source: string, name = 'secret', env: Env = {}): Promise<void> => {
        lock([{ ...crate, source }]);
        expect(await audit([], env), source).toEqual([0, [`${name} lockfile-not-registry warning`]]);
        expect([asked(own), asked(main)]).toEqual([[], []]);
      };
      await isNotAsked(`sparse+https://${prefix}/`, `${prefix}/secret`);
      await isNotAsked(`sparse+${own.url}index/`, `${prefix}/index/secret`);
      await isNotAsked(`sparse+http://user:pw@${prefix}/`);
      await isNotAsked(`sparse+${own.url}?a=/`);
      await isNotAsked(`registry+${own.url}`);
      write(OF_USER, `${main.config}\n[registries.own]\nindex = "${own.url}"\n`);
      await isNotAsked(`registry+${own.url}`);
      await isNotAsked(`sparse+${own.url}`, `${prefix}/secret`);
      lock([crate]);
      const variable = { CARGO_REGISTRIES_SOME_NAME_INDEX: `sparse+${own.url}` };
      expect(await audit([], variable)).toEqual([0, []]);
      write('.cargo/config.toml', `[registries.own]\nindex = "sparse+${own.url}"\n`);
      expect(await audit()).toEqual([0, []]);
    }));

  it('answers what assay check asks, and who published a version nobody says', () =>
    withProject(async ({ main, own, prefix, lock, run, write, audit }) => {
      lock([locked(own, 'secret', true)]);
      const { stdout } = await run(['check', `cargo:${prefix}/secret@1`]);
      expect(stdout).toContain(`cargo:${prefix}/secret: 1.0.0 has no known predecessor`);
      expect((await run(['check', 'cargo:elsewhere.example/secret'])).status).toBe(3);
      const rule = `  - code: history-publisher-changed\n    packages: ["cargo:${prefix}/*"]\n    level: error\n`;
      write('assay.yml', `findings:\n${rule}    reason: we want to know\n`);
      const [status, found] = await audit();
      expect([status, found], found.join()).toEqual([3, [`${prefix}/secret evidence-unavailable error`]]);
      expect(asked(main)).toEqual([]);
      expect(asked(own).filter((path) => path.startsWith('/api'))).toEqual([]);
    }));

  it('names the registry of what a release adds: its own, or crates.io', () =>
    withProject(async ({ main, own, prefix, lock, run }) => {
      const before = own.publish('app', '1.0.0', { published: '2024-01-01T00:00:00Z' });
      expect(before).not.toBe('');
      const now = new Date().toISOString();
      const app = own.publish('app', '1.1.0', { published: now, dependencies: { secret: '1', open: '1', far: '1' } });
      own.tamper('app', (lines) =>
        lines.map((line) => ({
          ...line,
          deps: line.deps.map((one) => {
            const { name } = one as { name: string };
            const registry =
              name === 'open' ? 'https://github.com/rust-lang/crates.io-index' : 'sparse+https://far.example/';
            return name === 'secret' ? one : { ...one, registry };
          }),
        })),
      );
      const young = { published: now };
      const secret = own.publish('secret', '1.0.0', young);
      const open = main.publish('open', '1.0.0', young);
      main.publish('secret', '1.0.0', young);
      lock([
        { name: 'app', version: '1.1.0', checksum: app, source: `sparse+${own.url}`, dependencies: ['secret', 'open'] },
        { name: 'secret', version: '1.0.0', checksum: secret, source: `sparse+${own.url}` },
        { name: 'open', version: '1.0.0', checksum: open },
      ]);
      const { stdout } = await run(['audit', '--json']);
      const report = JSON.parse(stdout) as {
        readonly findings: readonly {
          readonly code: string;
          readonly args: { readonly added: readonly { readonly name: string }[] };
        }[];
      };
      const added = report.findings.find(({ code }) => code === 'history-dependency-added')?.args.added;
      expect(added?.map(({ name }) => name).sort()).toEqual([`${prefix}/secret`, 'far.example/far', 'open'].sort());
      expect(asked(main).filter((path) => path.includes('secret'))).toEqual([]);
    }));

  it('is listed by assay trust hosts where a lockfile has its crates, with what names it', () =>
    withProject(async ({ main, own, prefix, lock, run, write }) => {
      lock([locked(main, 'open', false)]);
      expect((await run(['trust', 'hosts'])).stdout).not.toContain(prefix);
      lock([locked(own, 'secret', true)]);
      expect((await run(['trust', 'hosts'])).stdout).toMatch(
        new RegExp(`${prefix}.*registry of crates \\(home/config.toml\\)`),
      );
      write(OF_USER, main.config);
      const env = { CARGO_REGISTRIES_OWN_INDEX: `sparse+${own.url}` };
      expect((await run(['trust', 'hosts'], env)).stdout).toContain('CARGO_REGISTRIES_OWN_INDEX');
    }));

  it('is in a pack, and answers offline as it did', () =>
    withProject(async ({ own, folder, lock, run }) => {
      lock([locked(own, 'secret', true)]);
      const trust = ['--trusted-root', 'root.json'];
      await withPypiLab(({ trustedRoot }) => {
        writeFileSync(join(folder, 'root.json'), JSON.stringify(trustedRoot));
        return Promise.resolve();
      });
      const packed = await run(['pack', '--artifacts', '--output', 'evidence.tar', ...trust]);
      expect(packed).toMatchObject({ stderr: '', status: 0 });
      own.requests.length = 0;
      const { status, stdout } = await run(['audit', '--bytes', '--evidence', 'evidence.tar', '--no-cache', ...trust]);
      expect([status, own.requests], stdout).toEqual([0, []]);
    }));
});

describe('a registry beside crates.io that demands a token', () => {
  it('gets it for its index and its files, and nobody else does', () =>
    withProject(async ({ main, own, prefix, lock, run, audit, write }) => {
      lock([locked(own, 'secret', true), locked(main, 'open', false)]);
      expect(await audit()).toEqual([3, [`${prefix}/secret evidence-unavailable error`]]);
      write('home/credentials.toml', CREDENTIALS);
      expect(await audit(['--bytes'])).toEqual([0, []]);
      write('home/credentials.toml', '');
      const variable = { CARGO_REGISTRIES_OWN_TOKEN: `Bearer ${TOKEN}` };
      expect(await audit(['--bytes'], variable)).toEqual([0, []]);
      const { stdout, stderr } = await run(['audit', '--bytes', '--no-cache'], variable);
      expect(stdout + stderr).not.toContain(TOKEN);
      expect(main.requests.filter(({ headers }) => headers.authorization !== undefined)).toEqual([]);
    }, TOKEN));

  it('gives it neither to a redirect, nor to another host that has its files', () =>
    withProject(async ({ main, own, prefix, lock, audit, write }) => {
      lock([locked(own, 'secret', true)]);
      write('home/credentials.toml', CREDENTIALS);
      main.publish('secret', '1.0.0');
      own.behave(/^\/se\/cr/, { redirect: `${main.url}se/cr/secret` });
      expect(await audit()).toEqual([3, [`${prefix}/secret evidence-unavailable error`]]);
      expect(main.requests).toEqual([]);
    }, TOKEN));

  it('is not given it where the project alone names its address', () =>
    withProject(async ({ main, own, prefix, lock, audit, write }) => {
      lock([locked(own, 'secret', true)]);
      write(OF_USER, main.config);
      write('home/credentials.toml', CREDENTIALS);
      write('.cargo/config.toml', `[registries.own]\nindex = "sparse+${own.url}"\ntoken = "Bearer ${TOKEN}"\n`);
      expect(await audit()).toEqual([3, [`${prefix}/secret evidence-unavailable error`]]);
      expect(own.requests.filter(({ headers }) => headers.authorization !== undefined)).toEqual([]);
    }, TOKEN));
});
