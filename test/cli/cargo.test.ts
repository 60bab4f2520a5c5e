import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { CratesLab } from '../../lab/crates/index.ts';
import { cargoLock } from '../../lab/crates/lockfile.ts';
import { withCratesLab } from '../support/crates-lab.ts';
import { commitAll, git, hasGit } from '../support/git.ts';
import { assayInside } from './inside.ts';
import { inFolder, type Run } from './run.ts';

const PHASES = ['observe', 'guard', 'critical', 'all'] as const;

interface ReportJson {
  readonly lockfiles: readonly { readonly findings: readonly { readonly code: string; readonly level: string }[] }[];
  readonly findings: readonly { readonly name: string; readonly code: string; readonly level: string }[];
  readonly dependencies: readonly { readonly name: string; readonly dev: boolean; readonly direct: boolean }[];
}

interface CargoProject {
  readonly lab: CratesLab;
  readonly folder: string;
  readonly run: (...args: string[]) => Promise<Run>;
  readonly audit: (...args: string[]) => Promise<{ readonly status: number | null; readonly found: readonly string[] }>;
  readonly write: (file: string, text: string) => void;
  readonly edit: (file: string, change: (text: string) => string) => void;
  readonly read: (file: string) => string;
}

/** A folder whose user has the lab in place of crates.io. */
function withFolder(work: (project: CargoProject) => Promise<void>): Promise<void> {
  return withCratesLab((lab) =>
    inFolder(async (folder) => {
      const write = (file: string, text: string): void => {
        mkdirSync(dirname(join(folder, file)), { recursive: true });
        writeFileSync(join(folder, file), text);
      };
      const read = (file: string): string => readFileSync(join(folder, file), 'utf8');
      write('home/config.toml', lab.config);
      mkdirSync(join(folder, '.git'));
      const run = (...args: string[]): Promise<Run> =>
        assayInside(args, folder, { CARGO_HOME: join(folder, 'home'), HOME: folder });
      await work({
        lab,
        folder,
        run,
        write,
        read,
        edit: (file, change) => write(file, change(read(file))),
        audit: async (...args) => {
          const { status, stdout, stderr } = await run('audit', '--json', ...args);
          if (stdout === '') return { status, found: [stderr] };
          const report = JSON.parse(stdout) as ReportJson;
          const whole = report.lockfiles.flatMap(({ findings }) =>
            findings.map(({ code, level }) => `${code} ${level}`),
          );
          const found = report.findings.map(({ name, code, level }) => `${name} ${code} ${level}`);
          return { status, found: [...whole, ...found].sort() };
        },
      });
    }),
  );
}

/** The same with three crates, of which one is for tests alone. */
function withCargoProject(work: (project: CargoProject) => Promise<void>): Promise<void> {
  return withFolder(async (project) => {
    const { lab, write } = project;
    const crates = [
      { name: 'alpha', version: '1.2.3', checksum: lab.publish('alpha', '1.2.3'), dependencies: ['beta_two'] },
      { name: 'beta_two', version: '0.2.0', checksum: lab.publish('beta_two', '0.2.0') },
      { name: 'tester', version: '3.0.0', checksum: lab.publish('tester', '3.0.0') },
    ];
    write('Cargo.lock', cargoLock(crates, ['alpha', 'tester']));
    const manifest = '[package]\nname = "project"\nversion = "0.1.0"\nedition = "2021"\n';
    write('Cargo.toml', `${manifest}\n[dependencies]\nalpha = "1"\n\n[dev-dependencies]\ntester = "3"\n`);
    await work(project);
  });
}

const altered = (text: string): string =>
  text.replace(/checksum = "(.)/, (_, first: string) => `checksum = "${first === '0' ? '1' : '0'}`);

describe('a Cargo project, through the command line', () => {
  it('holds: every checksum is the one of the index, which alone is asked, by the word of the registry', () =>
    withCargoProject(async ({ run, lab }) => {
      const { status, stdout } = await run('audit');
      expect(stdout).toContain('3 dependencies: 3 pass');
      expect(stdout).toContain('proven: hash 3 (3 by the unsigned word of the registry)\n');
      expect(status).toBe(0);
      expect(lab.requests.map(({ url }) => url).sort()).toEqual(['/al/ph/alpha', '/be/ta/beta_two', '/te/st/tester']);
      const { stdout: json } = await run('audit', '--json');
      const report = JSON.parse(json) as ReportJson & { readonly dependencies: readonly object[] };
      expect(report.dependencies).toMatchObject([
        { ecosystem: 'cargo', name: 'alpha', direct: true, dev: false, proofs: { integrityBy: 'registry' } },
        { name: 'beta_two', direct: false, dev: false },
        { name: 'tester', direct: true, dev: true },
      ]);
    }));

  it('fails where a checksum is not that of the index, in every phase', () =>
    withCargoProject(async ({ audit, run, edit }) => {
      edit('Cargo.lock', altered);
      const { stdout: sarif } = await run('audit', '--output', 'sarif');
      expect(sarif).toContain('pkg:cargo/alpha@1.2.3');
      for (const phase of PHASES) {
        expect(await audit('--enforce', phase)).toEqual({ status: 1, found: ['alpha integrity-mismatch error'] });
      }
    }));

  it('fails from guard on where a checksum is gone, or a line under [metadata] makes Cargo discard all', () =>
    withCargoProject(async ({ audit, run, edit, read, write }) => {
      const whole = read('Cargo.lock');
      edit('Cargo.lock', (text) => text.replace(/checksum = .*\n/, ''));
      expect(await audit('--enforce', 'observe')).toEqual({ status: 0, found: ['alpha integrity-missing warning'] });
      expect(await audit()).toEqual({ status: 1, found: ['alpha integrity-missing error'] });
      write('Cargo.lock', `${whole}\n[metadata]\n"checksum other 1.0.0 (x)" = "00"\n`);
      const found = ['alpha', 'beta_two', 'tester'].map((name) => `${name} integrity-missing error`);
      expect(await audit()).toEqual({ status: 1, found });
      expect((await run('audit')).stdout).toMatch(/cargo\s+discards all of them/);
    }));

  it('keeps what was taken in, asks nothing again, and names what was rewritten since', () =>
    withCargoProject(async ({ run, audit, edit, read, lab }) => {
      expect((await run('init')).status).toBe(0);
      expect(read('assay.lock')).toContain('cargo:beta_two@0.2.0');
      const asked = lab.requests.length;
      expect(await audit()).toEqual({ status: 0, found: [] });
      expect(lab.requests.length).toBe(asked);
      const before = /checksum = "(\w+)"/.exec(read('Cargo.lock'))?.[1] ?? '';
      const checksum = lab.rewrite('alpha', '1.2.3', { 'src/lib.rs': 'pub fn evil() {}\n' });
      edit('Cargo.lock', (text) => text.replace(before, checksum));
      expect(await audit()).toEqual({ status: 1, found: ['alpha integrity-rewritten error'] });
    }));

  it('takes in a new version by update, and shows what it is beside the one before', () =>
    withCargoProject(async ({ run, edit, read, lab }) => {
      expect((await run('init')).status).toBe(0);
      const before = /checksum = "(\w+)"/.exec(read('Cargo.lock'))?.[1] ?? '';
      const checksum = lab.publish('alpha', '1.3.0', { published: '2025-01-01T00:00:00Z' });
      edit('Cargo.lock', (text) => text.replace(before, checksum).replace('1.2.3', '1.3.0'));
      expect((await run('review')).status).toBe(0);
      expect((await run('update')).status).toBe(0);
      expect(read('assay.lock')).toContain('cargo:alpha@1.3.0');
      expect(read('assay.lock')).not.toContain('cargo:alpha@1.2.3');
      const checked = await run('check', 'cargo:alpha@1.3.0');
      expect(checked.status).toBe(0);
      expect(checked.stdout).toContain('1.2.3');
      expect((await run('check', 'cargo:alpha')).stdout).toContain('1.3.0');
      expect((await run('check', 'cargo:nothing@1.0.0')).status).toBe(2);
    }));

  it('says what was taken back or away', () =>
    withCargoProject(async ({ audit, run, lab }) => {
      lab.publish('alpha', '1.2.4');
      lab.yank('alpha', '1.2.3');
      lab.remove('tester', '3.0.0');
      lab.publish('tester', '3.0.1');
      expect(await audit()).toEqual({
        status: 1,
        found: ['alpha version-yanked note', 'tester lockfile-version-unknown error'],
      });
      expect((await run('check', 'cargo:alpha')).stdout).toContain('1.2.4');
    }));

  it('knows the age of a release, and says where the index does not', () =>
    withCargoProject(async ({ audit, write, lab }) => {
      write('assay.yml', 'release-age: 72\n');
      const day = 86_400_000;
      lab.tamper('alpha', (lines) =>
        lines.map((one) => ({ ...one, pubtime: new Date(Date.now() - day).toISOString() })),
      );
      lab.tamper('tester', (lines) => lines.map((one) => ({ ...one, pubtime: undefined })));
      expect((await audit()).found).toEqual(['alpha history-too-new warning', 'tester evidence-unavailable error']);
    }));

  it(
    'ends with 3 where the index does not answer, and believes no answer about something else',
    () =>
      withCargoProject(async ({ audit, lab }) => {
        lab.behave(/alpha/, { status: 503 });
        lab.tamper('beta_two', (lines) => lines.map((one) => ({ ...one, name: 'beta-two' })));
        lab.tamper('tester', (lines) => [...lines, ...lines]);
        const { status, found } = await audit();
        expect(status).toBe(3);
        expect(found).toEqual([
          'alpha evidence-unavailable error',
          'beta_two evidence-malformed error',
          'tester evidence-malformed error',
        ]);
      }),
    30_000,
  );

  it('names what else is built: folders in the place of crates, and packages from elsewhere', () =>
    withCargoProject(async ({ audit, edit, write }) => {
      write('.cargo/config.toml', 'paths = ["../evil"]\n\n[patch.crates-io]\nalpha = { path = "evil" }\n');
      expect((await audit()).found).toEqual(['lockfile-other-code warning', 'lockfile-other-code warning']);
      write('.cargo/config.toml', '[source.crates-io]\nreplace-with = "v"\n\n[source.v]\ndirectory = "vendor"\n');
      expect((await audit()).found).toEqual(['lockfile-other-code warning']);
      write('.cargo/config.toml', '');
      edit('Cargo.lock', (text) =>
        text.replace(/source = .*\nchecksum = .*/, `source = "git+https://h.example/r#${'a'.repeat(40)}"`),
      );
      expect(await audit('--enforce', 'critical')).toEqual({ status: 1, found: ['alpha lockfile-not-registry error'] });
      edit('Cargo.lock', (text) => text.replace(/source = "git.*/, 'source = "sparse+https://h.example/"'));
      expect((await audit()).found).toEqual(['h.example/alpha lockfile-not-registry warning']);
    }));

  it('names folders and settings that did not come with the repository', () =>
    withCargoProject(async ({ folder, run, audit, edit, write }) => {
      const whole = '\n[dependencies]\n';
      edit('Cargo.toml', (text) =>
        text.replace(whole, `${whole}near = { path = "near" }\nfar = { path = "../far" }\n`),
      );
      write(
        'near/Cargo.toml',
        '[package]\nname = "near"\nversion = "0.1.0"\n\n[dependencies]\nup = { path = "../.." }\n',
      );
      expect((await audit()).found).toEqual(['lockfile-other-code warning', 'lockfile-other-code warning']);
      const stdout = (await run('audit')).stdout.replaceAll(/\s+/g, ' ');
      expect(stdout).toContain('path of Cargo.toml, which leads out of the repository to');
      expect(stdout).toContain('path of near/Cargo.toml, which leads out of the repository to');
      edit('Cargo.toml', (text) => text.replace(/^(?:near|far) = .*\n/gm, ''));
      expect((await audit()).found).toEqual([]);
      const outside = join(folder, '..', `${basename(folder)}-shared.toml`);
      writeFileSync(outside, '[build]\njobs = 2\n');
      try {
        write('.cargo/config.toml', `include = ["../../${basename(outside)}"]\n`);
        expect((await audit()).found).toEqual(['lockfile-other-code warning']);
        write('.cargo/more.toml', '[build]\njobs = 2\n');
        write('.cargo/config.toml', 'include = [{ path = "more.toml" }]\n');
        expect((await audit()).found).toEqual([]);
      } finally {
        rmSync(outside);
      }
    }));

  it.skipIf(!hasGit)('fails where the repository has the output of a build, which cargo takes for built', () =>
    withCargoProject(async ({ folder, audit, write }) => {
      rmSync(join(folder, '.git'), { recursive: true });
      git(folder, ['init', '-q', '-b', 'main']);
      write('.gitignore', 'home\n');
      // As cargo 1.95 lays it out; of a target that is named it is one folder further down.
      const cases: readonly (readonly [file: string, settings: string, fails: boolean])[] = [
        ['target/debug/.fingerprint/alpha-5c9986648708208f/lib-alpha', '', true],
        ['target/x86_64-unknown-linux-musl/release/.fingerprint/alpha-5c99/lib-alpha', '', true],
        ['out/release/.fingerprint/alpha-5c99/lib-alpha', '[build]\ntarget-dir = "out"\n', true],
        ['out/release/.fingerprint/alpha-5c99/lib-alpha', '[build]\nbuild-dir = "{workspace-root}/out"\n', true],
        ['out/release/.fingerprint/alpha-5c99/lib-alpha', '', false],
        ['target/src/lib.rs', '', false],
        ['target/doc/index.html', '', false],
      ];
      for (const [file, settings, fails] of cases) {
        write('.cargo/config.toml', settings);
        write(file, '1');
        // What a build of this machine left is its own.
        expect((await audit()).found, file).toEqual([]);
        git(folder, ['add', '-f', file]);
        commitAll(folder, Date.UTC(2026, 3, 1));
        const found = fails ? ['lockfile-not-used error'] : [];
        expect(await audit('--enforce', 'observe'), file).toEqual({ status: fails ? 1 : 0, found });
        git(folder, ['rm', '-rqf', file]);
        commitAll(folder, Date.UTC(2026, 3, 1));
        rmSync(join(folder, file.split('/')[0] ?? ''), { recursive: true, force: true });
      }
    }),
  );

  it.skipIf(!hasGit)('judges what is committed of the home of Cargo as the rest of the repository', () =>
    withCargoProject(async ({ folder, audit, write, read }) => {
      rmSync(join(folder, '.git'), { recursive: true });
      git(folder, ['init', '-q', '-b', 'main']);
      const commit = (file: string): void => {
        git(folder, ['add', '-f', file]);
        commitAll(folder, Date.UTC(2026, 3, 1));
      };
      const drop = (file: string): void => {
        git(folder, ['rm', '-qf', '--cached', file]);
        rmSync(join(folder, file), { force: true });
        commitAll(folder, Date.UTC(2026, 3, 1));
      };
      write('.gitignore', 'home\n');
      write('x', '1');
      commit('x');
      const cases: readonly (readonly [file: string, found: string])[] = [
        ['home/registry/src/index.crates.io-1949cf8c6b5b557f/alpha-1.2.3/src/lib.rs', 'lockfile-not-used error'],
        ['home/registry/cache/index.crates.io-1949cf8c6b5b557f/zeta-1.2.3.crate', 'lockfile-not-used error'],
        ['home/git/checkouts/x-1/abc/src/lib.rs', 'lockfile-not-used error'],
        ['home/git/db/x-1/HEAD', 'lockfile-not-used error'],
        ['home/bin/cargo-nextest', 'lockfile-other-code warning'],
        ['.rustup/toolchains/stable/bin/rustc', 'lockfile-other-code warning'],
        ['.rustup/settings.toml', 'lockfile-other-code warning'],
      ];
      for (const [file, found] of cases) {
        write(file, '1');
        expect((await audit()).found, file).toEqual([]);
        commit(file);
        expect((await audit('--enforce', 'observe')).found, file).toEqual([found]);
        drop(file);
      }
      const own = read('home/config.toml');
      write('home/config.toml', `${own}\n[build]\nrustc-wrapper = "./w.sh"\n`);
      expect((await audit()).found).toEqual([]);
      commit('home/config.toml');
      // Nor is the index asked that it names, so that there is no answer.
      expect((await audit()).found).toContain('lockfile-other-code warning');
      expect((await audit()).found).toContain('alpha evidence-unavailable error');
    }),
  );

  it.skipIf(!hasGit)('runs no cargo that is given the output of a build that the repository has', () =>
    withCargoProject(async ({ folder, run, write }) => {
      rmSync(join(folder, '.git'), { recursive: true });
      git(folder, ['init', '-q', '-b', 'main']);
      write('.gitignore', 'home\n');
      const file = 'out/release/.fingerprint/alpha-5c99/lib-alpha';
      write(file, '1');
      git(folder, ['add', '-f', file]);
      commitAll(folder, Date.UTC(2026, 3, 1));
      const build = ['cargo', 'build', '--locked'];
      for (const line of [
        [...build, '--target-dir', 'out'],
        [...build, '--target-dir=out'],
        ['env', 'CARGO_TARGET_DIR=out', ...build],
        ['env', 'CARGO_BUILD_BUILD_DIR=out', ...build],
      ]) {
        const { status, stderr } = await run('exec', '--', ...line);
        expect(status, line.join(' ')).toBe(2);
        expect(stderr).toContain('takes what the repository has in out for built');
      }
      // The root of the repository, too.
      write('debug/.fingerprint/alpha-5c99/lib-alpha', '1');
      git(folder, ['add', '-f', 'debug']);
      commitAll(folder, Date.UTC(2026, 3, 1));
      expect((await run('exec', '--', ...build, '--target-dir', '.')).stderr).toContain('has in . for built');
    }),
  );

  it('asks the index of the user, and never one that the project names for itself', () =>
    withCargoProject(async ({ audit, edit, write }) => {
      await withCratesLab(async (other) => {
        const checksum = other.publish('alpha', '1.2.3', { files: { 'src/lib.rs': 'pub fn evil() {}\n' } });
        const source = '[source.crates-io]\nreplace-with = "own"\n\n[source.own]\n';
        write('.cargo/config.toml', `${source}registry = "sparse+${other.url}"\n`);
        edit('Cargo.lock', (text) => text.replace(/checksum = "\w+"/, `checksum = "${checksum}"`));
        expect(await audit()).toEqual({ status: 1, found: ['alpha integrity-mismatch error'] });
        expect(other.requests).toEqual([]);
      });
    }));

  it('says which hosts it asks, and refuses an index that it cannot ask', () =>
    withCargoProject(async ({ run, write, lab }) => {
      expect((await run('trust', 'hosts')).stdout).toContain(new URL(lab.url).host);
      const source = '[source.crates-io]\nreplace-with = "own"\n\n[source.own]\n';
      write('home/config.toml', `${source}registry = "https://u:secret@git.example/index"\n`);
      const { status, stderr } = await run('audit');
      expect(status).toBe(2);
      expect(stderr).toContain('is no sparse index');
      expect(stderr).not.toContain('secret');
      write('home/config.toml', '[source.crates-io]\nreplace-with = "crates-io"\n');
      expect((await run('audit')).stderr).toContain('in a circle');
    }));

  it('reads the lockfile of the workspace alone', () =>
    withCargoProject(async ({ audit, edit, read, write }) => {
      edit('Cargo.toml', (text) => `${text}\n[workspace]\nmembers = ["crates/*"]\n`);
      write(
        'crates/member/Cargo.toml',
        '[package]\nname = "member"\nversion = "0.1.0"\n\n[dependencies]\ntester = "3"\n',
      );
      edit(
        'Cargo.lock',
        (text) => `${text}\n[[package]]\nname = "member"\nversion = "0.1.0"\ndependencies = [\n "tester",\n]\n`,
      );
      expect(await audit()).toEqual({ status: 0, found: [] });
      write('crates/member/Cargo.lock', read('Cargo.lock'));
      expect(await audit('crates/member')).toEqual({ status: 1, found: ['lockfile-not-used error'] });
    }));

  it('follows package.workspace, here or above, and takes a folder for excluded as cargo does', () =>
    withCargoProject(async ({ audit, edit, write, read }) => {
      const notUsed = { status: 1, found: ['lockfile-not-used error'] };
      const whole = read('Cargo.toml');
      edit('Cargo.toml', (text) => text.replace('[package]\n', '[package]\nworkspace = "other"\n'));
      expect(await audit()).toEqual(notUsed);
      for (const phase of PHASES) expect(await audit('--enforce', phase)).toEqual(notUsed);
      write('below/Cargo.toml', whole);
      write('below/Cargo.lock', read('Cargo.lock'));
      expect(await audit('below')).toEqual(notUsed);
      write('Cargo.toml', `${whole}\n[workspace]\nexclude = ["below"]\n`);
      expect(await audit('below')).toEqual({ status: 0, found: [] });
      write('Cargo.toml', `${whole}\n[workspace]\nexclude = ["bel*"]\n`);
      expect(await audit('below')).toEqual(notUsed);
      write('Cargo.toml', `${whole}\n[workspace]\nmembers = ["./below"]\nexclude = ["below"]\n`);
      expect(await audit('below')).toEqual(notUsed);
    }));

  it('names the settings of the project that run something in a build, and none of the user', () =>
    withCargoProject(async ({ audit, read, write }) => {
      const found = async (config: string): Promise<readonly string[]> => {
        write('.cargo/config.toml', config);
        return (await audit()).found;
      };
      const warned = 'lockfile-other-code warning';
      for (const config of [
        'build.rustc-wrapper = "tools/w"',
        'build.rustc-workspace-wrapper = "w"',
        'build.rustc = "tools/rustc"',
        'build.rustdoc = "tools/rustdoc"',
        'build.rustflags = ["-C", "linker=tools/ld"]',
        'build.rustflags = "-Clink-arg=@x"',
        'build.target = "tools/x.json"',
        'target.x86_64-unknown-linux-gnu.linker = "tools/ld"',
        "target.'cfg(unix)'.runner = 'tools/run'",
        'target.x86_64-unknown-linux-gnu.ssl.rustc-link-search = ["tools"]',
        'host.linker = "tools/ld"',
        'env.CC = "cc"',
        'env.PATH = { value = "tools", relative = true }',
        'env.WHATEVER = "./tools/x"',
        'registry.global-credential-providers = ["tools/p"]',
        'registries.own.credential-provider = "tools/p"',
        'credential-alias.x = ["tools/p"]',
        'alias.b = "run --bin x"',
        'profile.dev.package.alpha.rustflags = ["-Clinker=x"]',
        'unstable.host-config = true',
        'something.new = 1',
      ]) {
        expect({ config, found: await found(config) }).toEqual({ config, found: [warned] });
      }
      for (const config of [
        'alias.xtask = "run -p xtask"',
        'build.rustflags = ["-C", "target-cpu=native", "-D", "warnings", "--cfg", "tokio_unstable"]',
        'env.RUST_LOG = "debug"',
        'http.proxy = "proxy.example:80"',
        'http.cainfo = "ca.pem"',
        'net.git-fetch-with-cli = true',
      ]) {
        expect({ config, found: await found(config) }).toEqual({ config, found: ['lockfile-other-code note'] });
      }
      expect(await found('net.retry = 3\nbuild.jobs = 2\nprofile.dev.debug = 1\nterm.quiet = true\n')).toEqual([]);
      write('home/config.toml', `${read('home/config.toml')}\n[build]\nrustc-wrapper = "sccache"\n`);
      expect((await audit()).found).toEqual([]);
    }));

  it('names a toolchain that is no official one', () =>
    withCargoProject(async ({ audit, write }) => {
      const warned = { status: 0, found: ['lockfile-other-code warning'] };
      write('rust-toolchain.toml', '[toolchain]\npath = "tools/rust"\n');
      expect(await audit()).toEqual(warned);
      write('rust-toolchain.toml', '[toolchain]\nchannel = "1.78.0"\ncomponents = ["clippy"]\n');
      expect(await audit()).toEqual({ status: 0, found: [] });
      // Of two in a folder rustup takes this one.
      write('rust-toolchain', 'mine\n');
      expect(await audit()).toEqual(warned);
      write('rust-toolchain', 'nightly-2025-01-01\n');
      expect(await audit()).toEqual({ status: 0, found: [] });
    }));

  it('runs cargo only with what it audited', () =>
    withCargoProject(async ({ run, write }) => {
      write('x/Cargo.toml', '[package]\nname = "x"\nversion = "0.1.0"\n');
      for (const [line, why] of [
        ['cargo build', 'tell it --locked'],
        ['cargo update alpha', 'no lockfile names yet'],
        ['cargo +nightly install ripgrep', 'no lockfile names yet'],
        ['cargo build --locked --config evil.toml', 'is given --config'],
        ['cargo build --locked --manifest-path=x/Cargo.toml', 'x/Cargo.lock'],
        ['cargo build --locked -Zunstable', 'is given -Z'],
      ] as const) {
        const { status, stderr } = await run('exec', '--', ...line.split(' '));
        expect(status, line).toBe(2);
        expect(stderr).toContain(why);
      }
    }));
});

describe('incidents of crates.io', () => {
  it('arrayref 0.3.10: a new crate of the same day, named nearly like another, and all versions before it yanked', () =>
    withFolder(async ({ audit, run, lab, write }) => {
      const now = new Date().toISOString();
      const old = ['0.3.7', '0.3.8', '0.3.9'];
      for (const [i, version] of old.entries())
        lab.publish('arrayref', version, { published: `202${i}-01-01T00:00:00Z` });
      const dependencies = { 'proc-macro1': '1' };
      const good = { name: 'proc-macro2', version: '1.0.107', checksum: lab.publish('proc-macro2', '1.0.107') };
      const lure = lab.publish('proc-macro1', '1.0.0', { published: now, files: { 'build.rs': 'fn main() {}\n' } });
      const checksum = lab.publish('arrayref', '0.3.10', { published: now, dependencies });
      const bad = { name: 'proc-macro1', version: '1.0.0', checksum: lure };
      const arrayref = { name: 'arrayref', version: '0.3.10', checksum, dependencies: ['proc-macro1'] };
      write('Cargo.lock', cargoLock([arrayref, bad, good], ['arrayref', 'proc-macro2']));
      lab.yank('arrayref', ...old);
      const found = ['arrayref history-dependency-added warning', 'arrayref history-mass-yank warning'];
      // The token was that of the owner, who had published by hand before: who published says nothing.
      expect((await audit('--no-cache')).found).toEqual(found);
      expect(lab.requests.map(({ url }) => url)).toContain('/api/v1/crates/arrayref/versions');
      // With trusted publishing, the same token would have shown.
      lab.tamperApi('arrayref', (versions) => ({
        versions: versions.map((one) =>
          one.num === '0.3.9'
            ? { ...one, published_by: null, trustpub_data: { provider: 'github', repository: 'owner/arrayref' } }
            : one,
        ),
      }));
      expect((await audit('--no-cache')).found).toEqual([...found, 'arrayref history-publisher-changed warning']);
      lab.tamperApi('arrayref', (versions) => ({ versions }));
      for (const phase of PHASES) expect(await audit('--enforce', phase)).toEqual({ status: 0, found });
      const { stdout } = await run('audit');
      expect(stdout).toContain('proc-macro1 (nearly the name of proc-macro2; first');
      // A team that gives a release two days is not reached by it.
      write(
        'assay.yml',
        'release-age: 48\nfindings:\n  - code: history-too-new\n    level: error\n    reason: nobody needs it on its first day\n',
      );
      expect((await audit()).status).toBe(1);
      // What the team of crates.io did 86 minutes later.
      lab.remove('arrayref', '0.3.10');
      lab.remove('proc-macro1', '1.0.0');
      const removed = ['arrayref lockfile-version-unknown error', 'proc-macro1 lockfile-version-unknown error'];
      expect(await audit()).toEqual({ status: 1, found: removed });
    }));
});
