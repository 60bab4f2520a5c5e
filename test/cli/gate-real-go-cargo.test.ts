import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCratesLab, type CratesLab } from '../../lab/crates/index.ts';
import { startGoLab, type GoLab } from '../../lab/go/index.ts';
import { removeFolder } from '../support/remove-folder.ts';
import { ended } from './gate-world.ts';
import { CLI, environmentOf, start, type Run } from './run.ts';

const has = (program: string, ...args: string[]): boolean => spawnSync(program, args).status === 0;
/** A release is refused on its first days. */
const POLICY = 'release-age: 48\nfindings:\n  - code: history-too-new\n    level: error\n    reason: a test\n';
/** In the files of what must not be there. */
const MARKED = 'bytes-of-today';

let root: string;
/** What go compiled of its own library, which is not what is asked here. */
let compiled: string;

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'assay-test-'));
  compiled = join(root, 'compiled');
});

afterAll(() => {
  removeFolder(root);
});

interface Project {
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  readonly put: (path: string, text: string) => void;
  readonly read: (path: string) => string;
  readonly directly: (...line: readonly string[]) => Promise<Run>;
  readonly atGate: (...line: readonly string[]) => Promise<Run>;
  /** The same with variables of its own. */
  readonly with: (more: Readonly<Record<string, string>>, ...line: readonly string[]) => Promise<Run>;
  /** Files with bytes of the release that is refused. */
  readonly marked: () => readonly string[];
}

function projectOf(files: Readonly<Record<string, string>>, env: Readonly<Record<string, string>>): Project {
  const place = mkdtempSync(join(root, 'p-'));
  const folder = join(place, 'app');
  const put = (path: string, text: string): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  for (const [path, text] of Object.entries({ ...files, 'assay.yml': POLICY, '.git/HEAD': '' })) put(path, text);
  const own = environmentOf(folder, {
    ...{ PATH: process.env['PATH'] ?? '', HOME: place, XDG_CONFIG_HOME: join(place, '.config') },
    ...{ GOPATH: join(place, 'gopath'), GOCACHE: compiled, GOFLAGS: '-modcacherw -buildvcs=false' },
    ...{ CARGO_HOME: join(place, 'cargo-home'), CARGO_NET_RETRY: '0', RUSTUP_HOME: rustupHome(), ...env },
  });
  const run = ([program = '', ...args]: readonly string[], more = {}): Promise<Run> =>
    start(program, args, folder, { ...own, ...more }, 120_000);
  const gate = (line: readonly string[]): readonly string[] => [process.execPath, CLI, 'gate', '--', ...line];
  return {
    folder,
    env: own,
    put,
    read: (path) => readFileSync(join(folder, path), 'utf8'),
    directly: (...line) => run(line),
    atGate: (...line) => run(gate(line)),
    with: (more, ...line) => run(gate(line), more),
    marked: () =>
      readdirSync(place, { withFileTypes: true, recursive: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name))
        .filter((path) => readFileSync(path).includes(MARKED)),
  };
}

/** Ends the gate, and nothing else, once something is under way. What the program says then, which ends by itself. */
async function killed({ folder, env }: Project, line: readonly string[], isUnderWay: () => boolean): Promise<string> {
  const child = spawn(process.execPath, [CLI, 'gate', '--', ...line], { cwd: folder, env, stdio: 'pipe' });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text: Buffer) => (said += text.toString()));
  const isOver = new Promise((resolve) => child.on('close', resolve));
  while (!isUnderWay() && child.exitCode === null) await new Promise((resolve) => setTimeout(resolve, 20));
  child.kill('SIGKILL');
  await isOver;
  return said;
}

function rustupHome(): string {
  return process.env['RUSTUP_HOME'] ?? join(process.env['HOME'] ?? '', '.rustup');
}

describe.skipIf(!has('go', 'version'))('go at the gate (skipped where it is not installed)', () => {
  // No part of go's own library is compiled for it.
  const LIB = 'package m\n\nimport "a.example/One"\n\nvar Name = one.Name\n';
  let lab: GoLab;

  beforeAll(async () => {
    lab = await startGoLab();
    const text = (name: string): string => `package one\n\nconst Name = "${name}"\n`;
    lab.publish('b.example/two', 'v1.0.0', { files: { 'a.go': 'package two\n' } });
    const needs = { 'go.mod': 'module a.example/One\n\ngo 1.21\n\nrequire b.example/two v1.0.0\n' };
    const imports = { 'b.go': 'package one\n\nimport _ "b.example/two"\n' };
    lab.publish('a.example/One', 'v1.0.0', { files: { ...needs, ...imports, 'a.go': text('one') } });
  });

  afterAll(() => lab.close());

  /** Publishes v1.1.0, made now; what a proxy without it does has to be tried before. */
  function release(): void {
    const files = { 'a.go': `package one\n\nconst Name = "${MARKED}"\n` };
    lab.publish('a.example/One', 'v1.1.0', { files, info: { Time: new Date().toISOString() } });
  }

  const project = (): Project =>
    projectOf({ 'go.mod': 'module m.example\n\ngo 1.21\n', 'm.go': LIB }, { ...lab.env, GOTOOLCHAIN: 'local' });

  it('takes v1.0.0 as the latest, with the files that go writes without v1.1.0, and builds it', async () => {
    const plain = project();
    ended(await plain.directly('go', 'mod', 'tidy'));
    const expected = [plain.read('go.mod'), plain.read('go.sum')];
    release();

    const tidied = project();
    const tidy = ended(await tidied.atGate('go', 'mod', 'tidy'));
    expect(tidy.stderr).toContain('assay: an older version was taken: go:a.example/One@v1.1.0');
    expect([tidied.read('go.mod'), tidied.read('go.sum')]).toEqual(expected);
    const built = ended(await tidied.atGate('go', 'build', './...'));
    expect(built.stderr).toContain('2 pass');

    const got = project();
    ended(await got.atGate('go', 'get', 'a.example/One@latest'));
    ended(await got.atGate('go', 'mod', 'tidy'));
    expect([got.read('go.mod'), got.read('go.sum')]).toEqual(expected);

    const exact = await got.atGate('go', 'get', 'a.example/One@v1.1.0');
    expect(exact.status).not.toBe(0);
    expect(exact.stderr).toContain('server response: assay gate: go:a.example/One@v1.1.0 (history-too-new)');
    expect(exact.stderr).toContain('assay: refused: go:a.example/One@v1.1.0');
    expect(got.read('go.mod')).toBe(expected[0]);
    expect([...tidied.marked(), ...got.marked()]).toEqual([]);
  }, 240_000);

  it('is not run where go.sum has v1.1.0, nor where its settings lead past the gate', async () => {
    const locked = project();
    ended(await locked.directly('go', 'get', 'a.example/One@v1.1.0'));
    expect(locked.marked()).not.toEqual([]);
    const sums = locked.read('go.sum');
    const run = ended(await locked.atGate('go', 'build', './...'), 1);
    expect(run.stderr).toContain('history-too-new');
    expect(run.stderr).toContain('assay: not run: go build ./...');
    expect(locked.read('go.sum')).toBe(sums);

    const open = project();
    for (const [more, says] of [
      [{ GOPROXY: 'direct' }, 'GOPROXY names no module proxy'],
      [{ GOPROXY: 'off' }, 'GOPROXY names no module proxy'],
      [{ GOSUMDB: 'off' }, 'GOSUMDB=off leaves nobody'],
      [{ GONOPROXY: '*' }, 'GONOPROXY=* lets go fetch'],
      [{ GOPRIVATE: 'github.com' }, 'GOPRIVATE=github.com lets go fetch'],
      [{ GO111MODULE: 'off' }, 'GO111MODULE=off'],
    ] as const) {
      const refused = ended(await open.with(more, 'go', 'mod', 'download'), 2);
      expect(refused.stderr).toContain(says);
    }
    const past = await open.with({ GOPRIVATE: 'corp.example/x' }, 'go', 'mod', 'tidy');
    expect(ended(past).stderr).toContain('go fetches what GOPRIVATE=corp.example/x names from its repositories itself');
  }, 240_000);

  it('fails where the gate is killed, and writes nothing', async () => {
    const cut = project();
    const from = lab.requests.length;
    lab.behave(/one\/@v\/v1\.0\.0\.zip$/, { delayMs: 30_000 });
    const before = cut.read('go.mod');
    const said = await killed(cut, ['go', 'get', 'a.example/One@v1.0.0'], () =>
      lab.requests.slice(from).some(({ url }) => url.endsWith('v1.0.0.zip')),
    );
    lab.behaveWell();
    expect(said).toMatch(/EOF|connection re(?:set|fused)/);
    expect([cut.read('go.mod'), existsSync(join(cut.folder, 'go.sum'))]).toEqual([before, false]);
  }, 120_000);
});

describe.skipIf(!has('cargo', '--version'))('cargo at the gate (skipped where it is not installed)', () => {
  const LIB = { 'src/lib.rs': '', 'Cargo.toml': '[package]\nname = "app"\nversion = "0.1.0"\nedition = "2021"\n' };
  let lab: CratesLab;

  beforeAll(async () => {
    lab = await startCratesLab();
    lab.publish('alpha', '1.0.0');
    lab.publish('beta', '1.0.0', { dependencies: { alpha: '1' } });
  });

  afterAll(() => lab.close());

  function release(): void {
    // Cargo reads no fractions of a second.
    const published = `${new Date().toISOString().slice(0, 19)}Z`;
    lab.publish('alpha', '1.1.0', { files: { mark: MARKED }, published });
  }

  function project(dependencies = ''): Project {
    const made = projectOf({ ...LIB, 'Cargo.toml': `${LIB['Cargo.toml']}\n[dependencies]\n${dependencies}` }, {});
    made.put('../cargo-home/config.toml', lab.config);
    return made;
  }

  it('takes 1.0.0 by a range and as the latest, with the files that cargo writes without 1.1.0', async () => {
    const plain = project('beta = "1"\n');
    ended(await plain.directly('cargo', 'build'));
    const added = project();
    ended(await added.directly('cargo', 'add', 'alpha'));
    ended(await added.directly('cargo', 'fetch'));
    release();

    const ranged = project('beta = "1"\n');
    const built = ended(await ranged.atGate('cargo', 'build'));
    expect(built.stderr).toContain('assay: an older version was taken: cargo:alpha@1.1.0');
    expect(ranged.read('Cargo.lock')).toBe(plain.read('Cargo.lock'));
    const latest = project();
    ended(await latest.atGate('cargo', 'add', 'alpha'));
    ended(await latest.atGate('cargo', 'fetch'));
    for (const file of ['Cargo.toml', 'Cargo.lock']) expect(latest.read(file)).toBe(added.read(file));
    expect(ended(await latest.atGate('cargo', 'update')).stderr).not.toContain('Updating alpha');

    const exact = await latest.atGate('cargo', 'add', 'alpha@1.1.0');
    expect(exact.status).not.toBe(0);
    expect(exact.stderr).toContain('assay: refused: cargo:alpha@1.1.0');
    // Cargo itself writes that down, and fetches nothing of it.
    const precise = ended(await latest.atGate('cargo', 'update', 'alpha', '--precise', '1.1.0'), 1);
    expect(precise.stderr).toContain('history-too-new');
    expect([...ranged.marked(), ...latest.marked()]).toEqual([]);
  }, 240_000);

  it('is not run where Cargo.lock has 1.1.0, and builds from one that has 1.0.0', async () => {
    const bad = project('alpha = "1"\n');
    ended(await bad.directly('cargo', 'fetch'));
    expect(bad.marked()).not.toEqual([]);
    const locked = bad.read('Cargo.lock');
    expect(locked).toContain('1.1.0');
    const run = ended(await bad.atGate('cargo', 'build', '--locked'), 1);
    expect(run.stderr).toContain('history-too-new');
    expect(run.stderr).toContain('assay: not run: cargo build --locked');
    expect(bad.read('Cargo.lock')).toBe(locked);

    const good = project('alpha = "1"\n');
    ended(await good.atGate('cargo', 'fetch'));
    const text = good.read('Cargo.lock');
    ended(await good.atGate('cargo', 'build', '--locked'));
    expect([text.includes('1.0.0'), good.read('Cargo.lock')]).toEqual([true, text]);

    good.put('.cargo/config.toml', '[source.assay-gate]\nreplace-with = "other"\n');
    expect(ended(await good.atGate('cargo', 'fetch'), 2).stderr).toContain('has a source assay-gate');
    good.put('.cargo/config.toml', '[source.crates-io]\nreplace-with = "v"\n[source.v]\ndirectory = "vendor"\n');
    expect(ended(await good.atGate('cargo', 'add', 'beta'), 2).stderr).toContain('Cargo takes crates from');
    // A registry of the project in place of crates.io is not asked, and a proxy does not stand before the gate.
    good.put(
      '.cargo/config.toml',
      '[source.crates-io]\nreplace-with = "v"\n[source.v]\nregistry = "sparse+http://127.0.0.1:9/"\n',
    );
    const proxied = await good.with(
      { http_proxy: 'http://127.0.0.1:9', NO_PROXY: new URL(lab.url).host },
      'cargo',
      'add',
      'beta',
    );
    ended(proxied);
  }, 240_000);

  it('fails where the gate is killed, and leaves nothing half', async () => {
    const cut = project('alpha = "1"\n');
    const from = lab.requests.length;
    lab.behave(/alpha\/1\.0\.0\/download$/, { delayMs: 30_000, times: 1 });
    const said = await killed(cut, ['cargo', 'fetch'], () =>
      lab.requests.slice(from).some(({ url }) => url.endsWith('alpha/1.0.0/download')),
    );
    expect(said).toMatch(/error: failed to download|spurious network error|failed to get/);
    const cache = join(cut.folder, '../cargo-home/registry/cache');
    const files = existsSync(cache) ? readdirSync(cache, { recursive: true, encoding: 'utf8' }) : [];
    expect(files.filter((name) => name.endsWith('.crate'))).toEqual([]);
  }, 120_000);
});
