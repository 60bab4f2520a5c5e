import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { CratesLab } from '../../lab/crates/index.ts';
import { withCratesLab } from '../support/crates-lab.ts';
import { assayInside } from './inside.ts';
import { configOf, inFolder, type Run } from './run.ts';

const CRATES_IO = 'registry+https://github.com/rust-lang/crates.io-index';
const KEPT = 'home/registry';
/** As Cargo calls the folder of an index on the loopback interface. */
const INDEX = '127.0.0.1-0123456789abcdef';
const VENDORED = '[source.crates-io]\nreplace-with = "own"\n\n[source.own]\ndirectory = "vendor"\n';

interface Finding {
  readonly code: string;
  readonly level: string;
  readonly name?: string;
  readonly args: { readonly cache?: string; readonly path?: string; readonly what?: string; readonly files?: string[] };
}

interface Audit {
  readonly status: number | null;
  readonly stderr: string;
  readonly findings: readonly Finding[];
  readonly bytes: { readonly artifacts?: number; readonly cached: number } | null;
  readonly installed: { readonly copies: number; readonly files: number; readonly unlocked: readonly string[] } | null;
}

interface ReportJson {
  readonly findings: readonly Finding[];
  readonly lockfiles: readonly { readonly findings: readonly Finding[] }[];
  readonly bytes: Audit['bytes'];
  readonly installed: Audit['installed'];
}

interface Project {
  readonly lab: CratesLab;
  readonly folder: string;
  readonly run: (...args: string[]) => Promise<Run>;
  readonly audit: (...args: string[]) => Promise<Audit>;
  readonly write: (file: string, content: string | Buffer) => void;
  /** Unpacks a crate as Cargo does, into this folder of the project. */
  readonly unpack: (name: string, into: string) => Promise<void>;
  /** Downloads that were asked for, by their path. */
  readonly downloads: () => readonly string[];
}

/** A project with two crates, whose user has the lab in place of crates.io. */
function withProject(work: (project: Project) => Promise<void>): Promise<void> {
  return withCratesLab((lab) =>
    inFolder(async (folder) => {
      const write = (file: string, content: string | Buffer): void => {
        mkdirSync(dirname(join(folder, file)), { recursive: true });
        writeFileSync(join(folder, file), content);
      };
      write('home/config.toml', lab.config);
      mkdirSync(join(folder, '.git'));
      const more = { '.gitignore': 'x\n', 'src/deep/more.rs': 'pub fn more() {}\n' };
      const sums = { alpha: lab.publish('alpha', '1.2.3', { files: more }), beta: lab.publish('beta', '0.2.0') };
      write(
        'Cargo.toml',
        '[package]\nname = "project"\nversion = "0.1.0"\n\n[dependencies]\nalpha = "1"\nbeta = "0.2"\n',
      );
      const entry = (name: string, version: string, sum: string): string =>
        `[[package]]\nname = "${name}"\nversion = "${version}"\nsource = "${CRATES_IO}"\nchecksum = "${sum}"\n\n`;
      const own = '[[package]]\nname = "project"\nversion = "0.1.0"\ndependencies = [\n "alpha",\n "beta",\n]\n';
      write(
        'Cargo.lock',
        `version = 4\n\n${entry('alpha', '1.2.3', sums.alpha)}${entry('beta', '0.2.0', sums.beta)}${own}`,
      );
      const env = { CARGO_HOME: join(folder, 'home'), HOME: folder, XDG_CONFIG_HOME: configOf(folder) };
      const run = (...args: string[]): Promise<Run> => assayInside(args, folder, env);
      await work({
        ...{ lab, folder, run, write },
        audit: async (...args) => {
          const { status, stdout, stderr } = await run('audit', '--json', ...args);
          if (stdout === '') return { status, stderr, findings: [], bytes: null, installed: null };
          const { findings, lockfiles, bytes, installed } = JSON.parse(stdout) as ReportJson;
          const all = [...lockfiles.flatMap((one) => one.findings), ...findings];
          return { status, stderr, findings: all, bytes, installed };
        },
        unpack: async (name, into) => {
          const file = join(folder, 'packed');
          writeFileSync(file, await servedOf(lab, name));
          mkdirSync(join(folder, into), { recursive: true });
          execFileSync('tar', ['-xzf', file, '-C', join(folder, into), '--strip-components=1']);
          rmSync(file);
        },
        downloads: () => lab.requests.map(({ url }) => url).filter((url) => url.endsWith('/download')),
      });
    }),
  );
}

const VERSIONS: Readonly<Record<string, string>> = { alpha: '1.2.3', beta: '0.2.0' };

async function servedOf(lab: CratesLab, name: string): Promise<Buffer> {
  const answer = await fetch(`${lab.url}crates/${name}/${VERSIONS[name] ?? ''}/download`);
  const bytes = Buffer.from(await answer.arrayBuffer());
  lab.requests.length = 0;
  return bytes;
}

const codes = ({ findings }: Audit): readonly string[] =>
  findings.map(({ code, level, name }) => `${name ?? ''} ${code} ${level}`);

describe('a .crate file with something outside of the folder of its name and version', () => {
  const packs: Readonly<Record<string, (content: Buffer) => Buffer>> = {
    'a file beside it': (content) => Buffer.concat([content, entryOf('beta-0.2.0/src/lib.rs')]),
    'a file above it': (content) => Buffer.concat([content, entryOf('lib.rs')]),
    'a folder of a longer name': (content) => Buffer.concat([content, entryOf('alpha-1.2.34/lib.rs')]),
    'a link beside it': (content) => Buffer.concat([content, entryOf('beta-0.2.0/link', '2', 'x')]),
    'a folder beside it': (content) => Buffer.concat([content, entryOf('beta-0.2.0/', '5')]),
  };
  it.each(Object.keys(packs))('is refused, as by cargo: %s', (what) =>
    withProject(async ({ lab, audit, write }) => {
      const packed = gunzipSync(await servedOf(lab, 'alpha'));
      const bytes = gzipSync(packs[what]?.(packed.subarray(0, -1024)) ?? packed);
      lab.behave(/\/alpha\/1\.2\.3\/download$/, { headers: { 'content-type': 'application/gzip' }, body: bytes });
      const checksum = createHash('sha256').update(bytes).digest('hex');
      lab.tamper('alpha', (lines) => lines.map((line) => ({ ...line, cksum: checksum })));
      const entry = (name: string, version: string, sum: string): string =>
        `[[package]]\nname = "${name}"\nversion = "${version}"\nsource = "${CRATES_IO}"\nchecksum = "${sum}"\n\n`;
      const own = '[[package]]\nname = "project"\nversion = "0.1.0"\ndependencies = [\n "alpha",\n]\n';
      write('Cargo.lock', `version = 4\n\n${entry('alpha', '1.2.3', checksum)}${own}`);
      const found = await audit('--bytes');
      expect([found.status, ...codes(found)]).toEqual([3, 'alpha evidence-malformed error']);
    }),
  );
});

/** A tar entry without content, with the two empty blocks that end an archive. */
function entryOf(path: string, type = '0', link = ''): Buffer {
  const block = Buffer.alloc(512);
  block.write(path, 0);
  for (const at of [100, 108, 116]) block.write('0000644', at);
  for (const at of [124, 136]) block.write('00000000000', at);
  block.write(' '.repeat(8), 148);
  block.write(type, 156);
  block.write(link, 157);
  block.write('ustar\u000000', 257);
  block.write(
    `${block
      .reduce((sum, byte) => sum + byte, 0)
      .toString(8)
      .padStart(6, '0')}\u0000 `,
    148,
  );
  return Buffer.concat([block, Buffer.alloc(1024)]);
}

describe('the bytes of crates', () => {
  it('are the ones that are served, where Cargo has none, and nobody is told who asks', () =>
    withProject(async ({ audit, lab, write, downloads }) => {
      write('home/config.toml', lab.config.replace('http://', 'http://user:secret@'));
      const report = await audit('--bytes');
      expect(report.stderr).toBe('');
      expect(report.status).toBe(0);
      expect(report.bytes).toMatchObject({ cached: 0 });
      expect([...downloads()].sort()).toEqual(['/crates/alpha/1.2.3/download', '/crates/beta/0.2.0/download']);
      for (const { url, headers } of lab.requests.filter((one) => one.url.endsWith('/download'))) {
        expect(headers.authorization, url).toBeUndefined();
      }
    }));

  it('are read from what Cargo has downloaded, which is asked of nobody and stays as it is', () =>
    withProject(async ({ audit, run, lab, write, folder, downloads }) => {
      for (const name of ['alpha', 'beta']) {
        write(`${KEPT}/cache/${INDEX}/${name}-${VERSIONS[name] ?? ''}.crate`, await servedOf(lab, name));
      }
      const held = await audit('--bytes');
      expect(held).toMatchObject({ status: 0, bytes: { cached: 2 } });
      expect(downloads()).toEqual([]);
      expect((await run('audit', '--bytes')).stdout).toContain('bytes hashed: 2 crates');
      // Another host's folder is none that Cargo takes from.
      write(`${KEPT}/cache/other.example-0123456789abcdef/alpha-1.2.3.crate`, 'evil');
      expect((await audit('--bytes')).status).toBe(0);
      // An empty file Cargo downloads anew.
      write(`${KEPT}/cache/${INDEX}/beta-0.2.0.crate`, '');
      expect(await audit('--bytes')).toMatchObject({ status: 0, bytes: { cached: 1 } });
      const altered = join(folder, KEPT, 'cache', INDEX, 'alpha-1.2.3.crate');
      writeFileSync(altered, 'evil');
      const wrong = await audit('--bytes');
      expect(wrong.status).toBe(1);
      expect(wrong.findings).toMatchObject([{ name: 'alpha', code: 'integrity-mismatch', args: { cache: altered } }]);
      expect(readFileSync(altered, 'utf8')).toBe('evil');
      // Also beside one that holds, as Cargo may use either.
      write(`${KEPT}/cache/127.0.0.1-fedcba9876543210/alpha-1.2.3.crate`, await servedOf(lab, 'alpha'));
      expect((await audit('--bytes')).status).toBe(1);
    }));

  it('are other ones: what is served for a checksum that both Cargo.lock and the index have', () =>
    withProject(async ({ audit, lab }) => {
      const lines = lab.published('alpha');
      lab.rewrite('alpha', '1.2.3', { 'src/lib.rs': 'pub fn evil() {}\n' });
      lab.tamper('alpha', () => lines);
      const report = await audit('--bytes');
      expect(codes(report)).toEqual(['alpha integrity-mismatch error']);
      expect(report.status).toBe(1);
      expect((await audit()).status).toBe(0);
    }));

  it('are had from nobody: no statement', () =>
    withProject(async ({ audit, lab }) => {
      lab.behave(/\/crates\/alpha\//, { status: 404 });
      const report = await audit('--bytes');
      expect(codes(report)).toEqual(['alpha evidence-unavailable error']);
      expect(report.status).toBe(3);
    }));
});

describe('vendor/ in place of crates.io', () => {
  const vendor = async ({ write, unpack }: Project): Promise<void> => {
    write('.cargo/config.toml', VENDORED);
    for (const name of ['alpha', 'beta']) {
      await unpack(name, `vendor/${name}`);
      write(`vendor/${name}/.cargo-checksum.json`, '{"files":{},"package":"whatever"}');
    }
  };

  it('does not pass silently, and holds where each file is that of the crate', () =>
    withProject(async (project) => {
      await vendor(project);
      const { audit, run, folder } = project;
      expect(codes(await audit())).toEqual([' lockfile-other-code warning']);
      // What cargo vendor leaves out.
      rmSync(join(folder, 'vendor/alpha/.gitignore'));
      for (const flag of ['--installed', '--bytes']) {
        const held = await audit(flag);
        expect(codes(held), flag).toEqual([]);
        expect(held).toMatchObject({ status: 0, installed: { copies: 2, unlocked: [] } });
      }
      const built = await run('exec', '--', 'cargo', 'help');
      expect(built.stderr).not.toContain('lockfile-other-code');
    }));

  it.each([
    ['a changed file', 'vendor/alpha/src/deep/more.rs', 'pub fn evil() {}\n', 'files'],
    ['an added file', 'vendor/alpha/build.rs', 'fn main() {}\n', 'added'],
  ])('names %s, whatever its list of hashes says, and runs nothing', (_, file, content, what) =>
    withProject(async (project) => {
      await vendor(project);
      const { audit, run, write } = project;
      const sum = createHash('sha256').update(content).digest('hex');
      write(file, content);
      write('vendor/alpha/.cargo-checksum.json', JSON.stringify({ files: { [file.slice(13)]: sum }, package: 'x' }));
      const report = await audit('--installed');
      expect(report.findings).toMatchObject([
        { name: 'alpha', code: 'installed-modified', level: 'error', args: { path: 'vendor/alpha', what } },
      ]);
      expect(report.status).toBe(1);
      expect((await run('exec', '--', 'cargo', 'build', '--locked')).status).toBe(1);
    }),
  );

  it('names a missing file, a second folder of the same crate, and a folder that nothing can be said of', () =>
    withProject(async (project) => {
      await vendor(project);
      const { audit, folder, unpack, write } = project;
      rmSync(join(folder, 'vendor/beta/src/lib.rs'));
      expect((await audit('--installed')).findings).toMatchObject([{ name: 'beta', args: { what: 'missing' } }]);
      await unpack('beta', 'vendor/beta');
      await unpack('alpha', 'vendor/zzz');
      expect((await audit('--installed')).status).toBe(0);
      write('vendor/zzz/src/lib.rs', 'pub fn evil() {}\n');
      expect((await audit('--installed')).findings).toMatchObject([{ name: 'alpha', args: { path: 'vendor/zzz' } }]);
      const inherits = '[workspace.package]\nversion = "1.2.3"\n[package]\nname = "alpha"\nversion.workspace = true\n';
      write('vendor/zzz/Cargo.toml', inherits);
      const unclear = await audit('--installed');
      expect(unclear.findings).toMatchObject([
        { code: 'installed-modified', level: 'error', args: { path: 'vendor', what: 'added', files: ['zzz'] } },
      ]);
      expect(unclear.status).toBe(1);
      rmSync(join(folder, 'vendor/zzz'), { recursive: true });
      symlinkSync(folder, join(folder, 'vendor/link'));
      expect((await audit('--installed')).findings).toMatchObject([{ args: { path: 'vendor', files: ['link'] } }]);
      rmSync(join(folder, 'vendor/link'));
      // What no dependency has is built by nobody; it is not compared, and the warning stays.
      await unpack('beta', 'vendor/old');
      write('vendor/old/Cargo.toml', '[package]\nname = "beta"\nversion = "0.1.0"\n');
      const stale = await audit('--installed');
      expect(codes(stale)).toEqual([' lockfile-other-code warning']);
      expect(stale.installed).toMatchObject({ unlocked: ['vendor/old'] });
    }));

  it('is asked for and not there, or leads elsewhere', () =>
    withProject(async ({ audit, write, folder }) => {
      write('.cargo/config.toml', VENDORED);
      expect(await audit('--installed')).toMatchObject({ status: 2 });
      mkdirSync(join(folder, 'elsewhere'));
      symlinkSync(join(folder, 'elsewhere'), join(folder, 'vendor'));
      expect((await audit('--installed')).stderr).toContain('vendor is no folder that can be compared');
    }));
});

describe('assay exec compares what cargo would build from without hashing it again', () => {
  const BUILD = ['exec', '--', 'node', '-e', 'fs.writeFileSync("built", "")'];

  it('and reads nothing of crates that it would download', () =>
    withProject(async ({ run, downloads }) => {
      expect((await run(...BUILD)).status).toBe(0);
      expect(downloads()).toEqual([]);
    }));

  it('the files of an unpacked crate', () =>
    withProject(async ({ run, unpack, write, folder, lab }) => {
      await unpack('alpha', `${KEPT}/src/${INDEX}/alpha-1.2.3`);
      write(`${KEPT}/src/${INDEX}/alpha-1.2.3/.cargo-ok`, '{"v":1}');
      expect((await run(...BUILD)).status).toBe(0);
      rmSync(join(folder, 'built'));
      write(`${KEPT}/src/${INDEX}/alpha-1.2.3/build.rs`, 'fn main() {}');
      const { status, stderr } = await run(...BUILD);
      expect(status).toBe(1);
      expect(stderr).toContain('build.rs');
      lab.behave(/\/crates\/alpha\//, { status: 404 });
      expect((await run(...BUILD)).status).toBe(3);
      expect(existsSync(join(folder, 'built'))).toBe(false);
    }));

  it('a .crate that is not unpacked yet, which cargo unpacks as it is', () =>
    withProject(async ({ run, write, lab, downloads, folder }) => {
      const served = await servedOf(lab, 'beta');
      write(`${KEPT}/cache/${INDEX}/beta-0.2.0.crate`, served);
      expect((await run(...BUILD)).status).toBe(0);
      expect(downloads()).toEqual([]);
      rmSync(join(folder, 'built'));
      write(
        `${KEPT}/cache/${INDEX}/beta-0.2.0.crate`,
        gzipSync(Buffer.concat([gunzipSync(served), Buffer.alloc(512)])),
      );
      expect((await run(...BUILD)).status).toBe(1);
      expect(existsSync(join(folder, 'built'))).toBe(false);
    }));
});

describe('what Cargo has unpacked', () => {
  it('is compared file by file with the crates', () =>
    withProject(async ({ audit, unpack, write, folder }) => {
      const none = await audit('--installed');
      expect(none.status).toBe(2);
      expect(none.stderr).toContain('nothing is installed');
      for (const name of ['alpha', 'beta']) {
        await unpack(name, `${KEPT}/src/${INDEX}/${name}-${VERSIONS[name] ?? ''}`);
        write(`${KEPT}/src/${INDEX}/${name}-${VERSIONS[name] ?? ''}/.cargo-ok`, '{"v":1}');
      }
      expect(await audit('--installed')).toMatchObject({ status: 0, installed: { copies: 2, files: 6 } });
      write(`${KEPT}/src/${INDEX}/beta-0.2.0/src/lib.rs`, 'pub fn evil() {}\n');
      const report = await audit('--installed');
      expect(report.findings).toMatchObject([
        { name: 'beta', args: { path: `CARGO_HOME/registry/src/${INDEX}/beta-0.2.0`, files: ['src/lib.rs'] } },
      ]);
      expect(report.status).toBe(1);
      rmSync(join(folder, `${KEPT}/src/${INDEX}/beta-0.2.0`), { recursive: true });
      expect(await audit('--installed')).toMatchObject({ status: 0, installed: { copies: 1 } });
    }));
});
