import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ciWorkflow } from '../../lab/index.ts';
import type { CratesLab } from '../../lab/crates/index.ts';
import { githubPublisher } from '../../lab/pypi/index.ts';
import type { TrustedRootJson } from '../../lab/sigstore/index.ts';
import { withCratesLab } from '../support/crates-lab.ts';
import { withGoLab } from '../support/go-lab.ts';
import { withPypiLab } from '../support/pypi-lab.ts';
import { assayInside } from './inside.ts';
import { withProject, type AuditJson, type LabProject } from './lab-project.ts';
import { configOf } from './run.ts';

const BY = ciWorkflow({ repository: 'team/same' });
const CRATES_IO = 'registry+https://github.com/rust-lang/crates.io-index';

interface Whole extends Pick<LabProject, 'folder' | 'read' | 'edit'> {
  readonly crates: CratesLab;
  /** Status, and findings with the ecosystem of what they are about. */
  readonly audit: (...args: string[]) => Promise<readonly [status: number | null, ...found: string[]]>;
  readonly run: (...args: string[]) => ReturnType<typeof assayInside>;
  readonly exec: (...line: string[]) => ReturnType<typeof assayInside>;
}

/** One folder with a lockfile of each ecosystem, in each of which a package called `same` has version 1.0.0. */
function withAll(work: (whole: Whole) => Promise<void>): Promise<void> {
  return withProject(({ lab, folder, lock, read, edit }) =>
    withPypiLab((pypi) =>
      withGoLab((go) =>
        withCratesLab(async (crates) => {
          await lab.publish({ name: 'same', version: '1.0.0', by: BY });
          await lock({ same: '1.0.0' });
          pypi.publish({ name: 'same', version: '1.0.0', by: githubPublisher(BY), at: pypi.now() - 86_400_000 });
          const checksum = crates.publish('same', '1.0.0');
          const write = (file: string, text: string): void => writeFileSync(join(folder, file), text);
          write('uv.lock', pypi.uvLock('same@1.0.0'));
          write(
            'pyproject.toml',
            `[project]\nname = "project"\nversion = "1.0.0"\nrequires-python = ">=3.11"\ndependencies = ["same"]\n\n[[tool.uv.index]]\nurl = "${pypi.index}"\ndefault = true\n`,
          );
          write('go.mod', 'module project.example\n\ngo 1.21\n\nrequire same.example/same v1.0.0\n');
          write('go.sum', go.publish('same.example/same', 'v1.0.0'));
          write('Cargo.toml', '[package]\nname = "project"\nversion = "0.1.0"\n\n[dependencies]\nsame = "1"\n');
          write(
            'Cargo.lock',
            `version = 4\n\n[[package]]\nname = "project"\nversion = "0.1.0"\ndependencies = [\n "same",\n]\n\n[[package]]\nname = "same"\nversion = "1.0.0"\nsource = "${CRATES_IO}"\nchecksum = "${checksum}"\n`,
          );
          write('root.json', JSON.stringify(bothRoots(lab.trustedRoot, pypi.trustedRoot)));
          const env = { ...go.env, HOME: folder, CARGO_HOME: join(configOf(folder), 'cargo') };
          mkdirSync(env.CARGO_HOME, { recursive: true });
          writeFileSync(join(env.CARGO_HOME, 'config.toml'), crates.config);
          const trust = ['--trusted-root', 'root.json', '--registry-keys', 'keys.json'];
          const run: Whole['run'] = (...args) => assayInside([...args, ...trust], folder, env);
          await work({
            ...{ folder, read, edit, crates, run },
            exec: (...line) => assayInside(['exec', ...trust, '--', ...line], folder, env),
            audit: async (...args) => {
              const { status, stdout, stderr } = await run('audit', '--json', ...args);
              if (stdout === '') return [status, stderr];
              const { findings } = JSON.parse(stdout) as {
                readonly findings: readonly (AuditJson['findings'][number] & { readonly ecosystem: string })[];
              };
              return [
                status,
                ...findings.map(({ ecosystem, name, code, level }) => `${ecosystem}:${name} ${code} ${level}`).sort(),
              ];
            },
          });
        }),
      ),
    ),
  );
}

/** What either of two trusts. */
function bothRoots(one: TrustedRootJson, other: TrustedRootJson): TrustedRootJson {
  return {
    mediaType: one.mediaType,
    tlogs: [...one.tlogs, ...other.tlogs],
    certificateAuthorities: [...one.certificateAuthorities, ...other.certificateAuthorities],
    ctlogs: [...one.ctlogs, ...other.ctlogs],
    timestampAuthorities: [...one.timestampAuthorities, ...other.timestampAuthorities],
  };
}

describe('a folder of all four ecosystems, where each has a package of one name and version', () => {
  it('gives one report, and one assay.lock in which nothing collides', () =>
    withAll(async ({ run, read }) => {
      const { status, stdout } = await run('audit');
      expect(stdout).toContain('4 dependencies: ');
      expect(status).toBe(0);
      expect((await run('init')).status).toBe(0);
      const kept = read('assay.lock').match(/^\S+@\S+ artifact/gm) ?? [];
      expect([...new Set(kept.map((line) => line.replace(/ artifact$/, '')))]).toEqual([
        ...['cargo:same@1.0.0', 'go:same.example/same@v1.0.0', 'npm:same@1.0.0', 'pypi:same@1.0.0'],
      ]);
      expect(JSON.parse((await run('audit', '--json')).stdout)).toMatchObject({ baseline: { held: 4, unused: [] } });
    }));

  it('fails for what is altered, and for nothing of its name', () =>
    withAll(async ({ run, audit, edit }) => {
      const altered = {
        'Cargo.lock': /(?<=checksum = ")..../,
        'uv.lock': /(?<=sha256:)..../,
        'go.sum': /(?<=h1:)..../,
      };
      await run('init');
      for (const [file, hash] of Object.entries(altered)) {
        const text: string[] = [];
        edit(file, (whole) => (text.push(whole), whole.replace(hash, '0000')));
        const [status, ...found] = await audit();
        expect(status, file).toBe(1);
        const ecosystem = { 'Cargo.lock': 'cargo', 'uv.lock': 'pypi', 'go.sum': 'go' }[file];
        expect(found.filter((one) => one.endsWith('error')).length, file).toBeGreaterThan(0);
        expect(found.filter((one) => !one.startsWith(`${ecosystem ?? ''}:`))).toEqual([]);
        edit(file, () => text[0] ?? '');
      }
      expect((await audit())[0]).toBe(0);
    }));

  it('says which lockfile a command installs from, where the others keep it from being run', () =>
    withAll(async ({ exec, edit }) => {
      edit('Cargo.lock', (text) => text.replace(/(?<=checksum = ")..../, '0000'));
      const { status, stderr } = await exec('npm', 'ci');
      expect(status).toBe(1);
      expect(stderr).toContain('assay: not run: npm ci\n');
      expect(stderr).toContain('assay exec --lockfile package-lock.json -- npm ci\n');
      const cargo = await exec('cargo', 'fetch', '--locked');
      expect(cargo.stderr).toContain('assay exec --lockfile Cargo.lock -- cargo fetch --locked\n');
    }));

  it('has one policy, whose names, globs and ecosystems select by ecosystem', () =>
    withAll(async ({ run, audit, crates, folder }) => {
      const policy = (text: string): void => writeFileSync(join(folder, 'assay.yml'), text);
      crates.yank('same', '1.0.0');
      const yanked = (level: string): string => `cargo:same version-yanked ${level}`;
      const level = (selector: string): string =>
        `critical: [direct]\nfindings:\n  - code: version-yanked\n    level: error\n    packages: ['${selector}']\n    reason: no\n`;
      for (const [selector, is] of [
        ...([
          ['cargo:*', 'error'],
          ['cargo:sa*', 'error'],
          ['cargo:same', 'error'],
        ] as const),
        ...([
          ['same', 'note'],
          ['pypi:*', 'note'],
          ['go:same.example/*', 'note'],
        ] as const),
      ]) {
        policy(level(selector));
        expect(await audit(), selector).toEqual([is === 'error' ? 1 : 0, yanked(is)]);
      }
      const expected = (selector: string): string =>
        `critical: [direct]\nexpect:\n  '${selector}':\n    repository: https://github.com/other/repository\n`;
      policy(expected('pypi:*'));
      expect(await audit()).toEqual([1, yanked('note'), 'pypi:same identity-unexpected-repository error']);
      policy(expected('same'));
      expect(await audit()).toEqual([1, yanked('note'), 'npm:same identity-unexpected-repository error']);
      // Nobody signs who built a crate or a module, so that it cannot be expected.
      for (const selector of ['cargo:*', 'go:same.example/same']) {
        policy(expected(selector));
        expect((await run('audit')).status, selector).toBe(2);
      }
      // Direct is whatever one of the four manifests names.
      policy('critical: [direct]\n');
      const { dependencies } = JSON.parse((await run('audit', '--json')).stdout) as AuditJson;
      expect(dependencies.map(({ critical }) => critical)).toEqual(Array(4).fill({ by: 'direct' }));
    }));
});
