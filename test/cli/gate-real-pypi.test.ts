import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ciWorkflow } from '../../lab/index.ts';
import { githubPublisher, startPypiLab, type PypiLab } from '../../lab/pypi/index.ts';
import { wheel } from '../../lab/pypi/wheel.ts';
import { removeFolder } from '../support/remove-folder.ts';
import { CLI, environmentOf, start, type Run } from './run.ts';

const has = (command: string, ...args: string[]): boolean => spawnSync(command, args).status === 0;
const HAS = { uv: has('uv', '--version'), pip: has('python3', '-m', 'venv', '--help') };
const acme = githubPublisher(ciWorkflow({ repository: 'acme/one', workflow: '.github/workflows/release.yml' }));
const DAY = 86_400_000;
const MARK = 'bytes-of-a-stolen-token';
const TAKEN = 'assay: an older version was taken: pypi:one@1.2.0 has no provenance, but 1.1.0';
const REFUSED = 'assay: refused: pypi:one@1.2.0 has no provenance, but 1.1.0';

let lab: PypiLab;
let root: string;

beforeAll(async () => {
  lab = await startPypiLab();
  root = mkdtempSync(join(tmpdir(), 'assay-test-'));
  writeFileSync(join(root, 'root.json'), JSON.stringify(lab.trustedRoot));
  for (const [name, version, by, days] of [
    ['one', '1.0.0', acme, 200],
    ['one', '1.1.0', acme, 100],
    ['one', '1.2.0', null, 1],
    ['between', '1.0.0', acme, 200],
    ['between', '1.0.1', acme, 100],
    ['between', '1.0.2', acme, 50],
  ] as const) {
    const made = wheel(name, version, by === null ? `NAME = "${MARK}"\n` : `NAME = "${name} ${version}"\n`);
    // The attestation is about other bytes.
    const subject = version === '1.0.1' ? { subject: { digest: { sha256: '0'.repeat(64) } } } : {};
    lab.publish({ name, version, by, files: [{ ...made, ...subject }], at: lab.now() - days * DAY });
  }
});

afterAll(async () => {
  removeFolder(root);
  await lab.close();
});

interface Project {
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  readonly directly: (...line: string[]) => Promise<Run>;
  readonly atGate: (...line: string[]) => Promise<Run>;
  readonly lockfile: () => string;
  /** What the installer asked the index itself since the project was made, and what of the stolen release is there. */
  readonly wrong: () => readonly string[];
  readonly installed: () => string | null;
}

function project(more: Readonly<Record<string, string>> = {}, env: Readonly<Record<string, string>> = {}): Project {
  const place = mkdtempSync(join(root, 'p-'));
  const [home, folder] = [join(place, 'home'), join(place, 'app')];
  for (const each of [home, folder]) mkdirSync(each);
  const files = {
    'pyproject.toml': '[project]\nname = "app"\nversion = "1.0.0"\nrequires-python = ">=3.8"\ndependencies = []\n',
    ...more,
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const own = environmentOf(folder, {
    HOME: home,
    PIP_INDEX_URL: lab.index,
    PIP_DISABLE_PIP_VERSION_CHECK: '1',
    UV_DEFAULT_INDEX: lab.index,
    UV_PYTHON_DOWNLOADS: 'never',
    ...env,
  });
  const from = lab.requests.length;
  const options = ['--trusted-root', join(root, 'root.json')];
  return {
    folder,
    env: own,
    directly: (program = '', ...args) => start(program, args, folder, own, 120_000),
    atGate: (...line) => start(process.execPath, [CLI, 'gate', ...options, '--', ...line], folder, own, 120_000),
    lockfile: () => readFileSync(join(folder, 'uv.lock'), 'utf8'),
    wrong: () => [
      ...lab.requests
        .slice(from)
        .filter(({ headers }) => headers['user-agent']?.startsWith('assay ') !== true)
        .map(({ url }) => `past the gate: ${url}`),
      ...lab.requests.slice(from).flatMap(({ url }) => (/files\/.*1\.2\.0/.test(url) ? [`fetched ${url}`] : [])),
      ...filesBelow(place).filter((path) => readFileSync(path).includes(MARK)),
    ],
    installed: () => {
      const path = filesBelow(join(folder, '.venv')).find((each) => each.endsWith('one/__init__.py'));
      return path === undefined ? null : readFileSync(path, 'utf8');
    },
  };
}

function filesBelow(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

function ended(run: Run, status = 0): Run {
  expect(run.status, run.stdout + run.stderr).toBe(status);
  return run;
}

/** What uv locks by itself, from an index that never had what is refused. */
async function lockedDirectly(...line: string[]): Promise<string> {
  lab.tamperProject('one', (all) => ({
    ...all,
    versions: (all.versions ?? []).filter((one) => one !== '1.2.0'),
    files: all.files.filter(({ filename }) => !filename.includes('1.2.0')),
  }));
  const own = project();
  ended(await own.directly(...line));
  lab.behaveWell();
  return own.lockfile();
}

/** Kills the gate while it hands out a file, and waits for what it started. */
async function killed(own: Project, ...line: string[]): Promise<void> {
  lab.behave(/files\/.*one-1\.1\.0/, { delayMs: 20_000 });
  const from = lab.requests.length;
  const args = [CLI, 'gate', '--trusted-root', join(root, 'root.json'), '--', ...line];
  const env = { ...own.env, UV_HTTP_RETRIES: '0', PIP_RETRIES: '0' };
  const child = spawn(process.execPath, args, { cwd: own.folder, env, stdio: 'pipe' });
  for (const stream of [child.stdout, child.stderr]) stream.resume();
  const isOver = new Promise((resolve) => child.on('close', resolve));
  const isUnderWay = (): boolean => lab.requests.slice(from).some(({ url }) => /files\/.*one-1\.1\.0/.test(url));
  while (!isUnderWay() && child.exitCode === null) await new Promise((resolve) => setTimeout(resolve, 20));
  child.kill('SIGKILL');
  await isOver;
  lab.behaveWell();
}

describe.skipIf(!HAS.uv)('uv at the gate (skipped where it is not installed)', () => {
  it('takes what is allowed, and writes the lockfile that it writes without the gate', async () => {
    const expected = await lockedDirectly('uv', 'add', 'one');
    const own = project();
    expect(ended(await own.atGate('uv', 'add', 'one')).stderr).toContain(TAKEN);
    expect(own.installed()).toBe('NAME = "one 1.1.0"\n');
    expect(own.lockfile()).toBe(expected);
    expect(own.wrong()).toEqual([]);

    const exact = await own.atGate('uv', 'add', 'one==1.2.0');
    expect(exact.status).not.toBe(0);
    expect(exact.stderr).toContain(REFUSED);
    expect(own.lockfile()).toBe(expected);

    // Nothing was judged before it was asked for.
    const file = await own.atGate('uv', 'pip', 'install', 'between==1.0.1');
    expect(file.status).not.toBe(0);
    expect(file.stderr).toMatch(/assay: refused: .*between/);
    expect(file.stderr).toContain('Refused by assay gate: ');

    rmSync(join(own.folder, '.venv'), { recursive: true });
    ended(await own.atGate('uv', 'run', 'python', '-c', 'import one'));
    expect(own.lockfile()).toBe(expected);
    expect(own.wrong()).toEqual([]);
    rmSync(join(own.folder, '.venv'), { recursive: true });
    const frozen = ended(await own.atGate('uv', 'sync', '--frozen'));
    expect(frozen.stderr).toContain('past the gate, and holds it to its hashes');
    expect(own.lockfile()).toBe(expected);
  });

  it('is not run where the lockfile has what is refused', async () => {
    const own = project();
    ended(await own.directly('uv', 'add', '--no-sync', 'one==1.2.0'));
    const locked = own.lockfile();
    const run = ended(await own.atGate('uv', 'sync'), 1);
    expect(run.stderr).toContain('provenance-lost');
    expect(run.stderr).toContain('assay: not run: uv sync');
    expect(own.lockfile()).toBe(locked);
    expect(own.installed()).toBeNull();
  });

  it('installs nothing where the gate is killed', async () => {
    const own = project();
    await killed(own, 'uv', 'add', 'one');
    expect(own.installed()).toBeNull();
  });
});

describe.skipIf(!HAS.pip)('pip at the gate (skipped without venv)', () => {
  it('takes what is allowed, and fails where a refused version is asked for', async () => {
    const bad = lab.requirements('one@1.2.0');
    const own = project({ 'requirements.txt': lab.requirements('one@1.1.0'), 'bad-requirements.txt': bad });
    ended(await own.directly('python3', '-m', 'venv', '.venv'));
    const pip = join(own.folder, '.venv/bin/pip');
    expect(ended(await own.atGate(pip, 'install', 'one')).stderr).toContain(TAKEN);
    expect(own.installed()).toBe('NAME = "one 1.1.0"\n');

    const exact = ended(await own.atGate(pip, 'install', 'one==1.2.0'), 1);
    expect(exact.stderr).toContain(REFUSED);
    const file = ended(await own.atGate(pip, 'install', 'between==1.0.1'), 1);
    expect(file.stderr).toMatch(/ERROR: .*Refused by assay gate: /);
    expect(file.stderr).toMatch(/assay: refused: .*between/);

    ended(await own.directly(pip, 'uninstall', '-y', 'one'));
    const locked = ['install', '--require-hashes', '-r'];
    ended(await own.atGate(pip, ...locked, 'requirements.txt'));
    expect(own.installed()).toBe('NAME = "one 1.1.0"\n');
    const refused = ended(await own.atGate(pip, ...locked, 'bad-requirements.txt'), 1);
    expect(refused.stderr).toContain('assay: not run: ');
    expect(own.wrong()).toEqual([]);
  });

  it('installs nothing where the gate is killed', async () => {
    const own = project();
    ended(await own.directly('python3', '-m', 'venv', '.venv'));
    await killed(own, join(own.folder, '.venv/bin/pip'), 'install', 'one');
    expect(own.installed()).toBeNull();
  });
});
