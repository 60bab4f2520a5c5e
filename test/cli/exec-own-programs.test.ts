import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { asked, inShell, type Given } from './exec-asked.ts';

const PIP = 'pip install --require-hashes -r requirements.txt';

/** Commits everything, or everything but these files. */
function commit(folder: string, ...without: readonly string[]): void {
  const git = (...args: readonly string[]): unknown =>
    execFileSync('git', ['-C', folder, ...args], { stdio: 'ignore' });
  git('init', '-q');
  writeFileSync(join(folder, '.gitignore'), without.map((one) => `${one}\n`).join(''));
  git('add', '.');
  git('-c', 'user.name=a', '-c', 'user.email=a@x.example', 'commit', '-qm', 'all');
}

const put = (folder: string, file: string): void => {
  mkdirSync(dirname(join(folder, file)), { recursive: true });
  writeFileSync(join(folder, file), '#!/bin/sh\n');
  chmodSync(join(folder, file), 0o755);
};
const withFile = (file: string, PATH: string, ...without: readonly string[]): Given => ({
  env: { PATH },
  then: (folder) => {
    put(folder, file);
    commit(folder, ...without);
  },
});

describe('a module of the folder that Python imports in place of the installer, or of what that imports', () => {
  it.each([
    'pip.py',
    'pip.pyc',
    'pip.so',
    'pip.cpython-312-x86_64-linux-gnu.so',
    'pip/__init__.py',
    'logging.py',
    'email/__init__.py',
    '_ssl.py',
  ])('%s', async (file) => {
    const files = { [file]: '' };
    for (const python of ['python', 'python3 -X utf8', 'python -u', 'python -E', 'python -s', 'py']) {
      expect(await asked(`${python} -m ${PIP}`, { files }), python).toMatch(/may import/);
    }
    for (const python of ['python -P', 'python -I', 'python3 -uI', 'python -Es -P']) {
      expect(await asked(`${python} -m ${PIP}`, { files }), python).toBeNull();
    }
    expect(await asked(PIP, { files })).toBeNull();
    expect(await asked(`python -m ${PIP}`, { files, env: { PYTHONSAFEPATH: '1' } })).toBeNull();
    expect(await asked(`env PYTHONSAFEPATH=1 python -m ${PIP}`, { files })).toBeNull();
    expect(await asked(`env PYTHONSAFEPATH=1 python -E -m ${PIP}`, { files })).toMatch(/may import/);
    expect(await asked(`uv run --locked python -m ${PIP}`, { files })).toMatch(/may import/);
    expect(await asked(inShell(`true && python -m ${PIP}`), { files })).toMatch(/may import/);
  });

  it.each(['setup.py', 'src/app/__init__.py', 'tests/__init__.py', 'test/__init__.py', 'pip/x.txt', 'pip.txt'])(
    'and not %s',
    async (file) => expect(await asked(`python -m ${PIP}`, { files: { [file]: '' } })).toBeNull(),
  );

  it('where the command runs, and of installers that import more', async () => {
    const files = { 'sub/pip.py': '', 'sub/requirements.txt': '', 'app/__init__.py': '' };
    const there = `pip install --require-hashes -r ../requirements.txt`;
    expect(await asked(inShell(`cd sub && python -m ${there}`), { files })).toMatch(/sub.pip\.py/);
    expect(await asked('python -m poetry install', { files })).toMatch(/python -P -m poetry/);
    expect(await asked('python -P -m poetry install', { files })).toBeNull();
    expect(await asked('python -m uv sync --locked', { files: { 'uv.py': '' } })).toMatch(/uv\.py/);
    expect(await asked('uv sync --locked', { files: { 'uv.py': '' } })).toBeNull();
  });

  it('or of a folder in PYTHONPATH', async () => {
    const files = { 'src/app/__init__.py': '', 'bad/sitecustomize.py': '', 'lib.zip': '' };
    for (const line of [PIP, `python -m ${PIP}`, 'poetry install']) {
      const all = line.startsWith('python') ? { 'x/pip.py': '' } : { 'x/logging.py': '', 'pip.py': '' };
      const given = { files: { ...files, ...all } };
      expect(await asked(line, { ...given, env: { PYTHONPATH: 'src' } }), line).toBeNull();
      expect(await asked(line, { ...given, env: { PYTHONPATH: '/opt/lib:src' } }), line).toBeNull();
      for (const path of ['bad', './bad', 'src:bad', 'x', 'lib.zip']) {
        expect(await asked(line, { ...given, env: { PYTHONPATH: path } }), `${line} ${path}`).toMatch(/PYTHONPATH/);
        expect(await asked(`env PYTHONPATH=${path} ${line}`, given), `${line} ${path}`).not.toBeNull();
      }
      expect(await asked(`python -I -m ${PIP}`, { ...given, env: { PYTHONPATH: 'bad' } })).toBeNull();
    }
    // An empty entry is the working folder.
    expect(await asked(PIP, { files: { 'pip.py': '' }, env: { PYTHONPATH: '/opt/lib:' } })).toMatch(/PYTHONPATH/);
  });
});

describe('a program that the repository brings along', () => {
  it.each([
    ['npm', 'npm ci', '.:/usr/bin'],
    ['npm', 'npm ci', ':/usr/bin'],
    ['bin/npm', 'npm ci', 'bin:/usr/bin'],
    // What is no folder leads nowhere.
    ['bin/npm', 'npm ci', 'bin/npm:bin'],
    ['bin/go', 'go build ./...', './bin'],
    ['bin/uv', 'uv sync --locked', 'bin'],
    ['bin/cargo', 'cargo build --locked', 'bin'],
    ['.venv/bin/pip', PIP, '.venv/bin:/usr/bin'],
    ['bin/python', `python -m ${PIP}`, 'bin'],
    ['bin/sudo', 'sudo npm ci', 'bin'],
    ['bin/env', 'env npm ci', 'bin'],
    ['bin/sh', 'sh -c npm', 'bin'],
    ['tools/go', './tools/go build ./...', '/usr/bin'],
  ])('%s, by %s and PATH=%s', async (file, line, path) => {
    const words = line === 'sh -c npm' ? inShell('npm ci') : line.split(' ');
    expect(await asked(words, withFile(file, path))).toMatch(/which the repository brings along/);
    // One that came to be on this machine.
    expect(await asked(words, withFile(file, path, file))).toBeNull();
    // Without git nobody can tell.
    const bare = { env: { PATH: path }, then: (folder: string) => put(folder, file) };
    expect(await asked(words, bare)).toMatch(/which the repository brings along/);
  });

  it('is none where another comes first, or PATH does not lead there', async () => {
    expect(await asked('npm ci', withFile('bin/npm', '/usr/bin'))).toBeNull();
    expect(await asked('npm ci', withFile('bin/tool', 'bin'))).toBeNull();
    expect(await asked('npm ci', withFile('bin/node', '/usr/bin'))).toBeNull();
    const both = { PATH: 'first:second' };
    const given = {
      env: both,
      then: (folder: string) => {
        put(folder, 'first/npm');
        put(folder, 'second/npm');
        commit(folder, 'first');
      },
    };
    expect(await asked('npm ci', given)).toBeNull();
  });
});

describe('what a program starts in turn', () => {
  it.each([
    ['bin/cc', 'cargo build --locked'],
    ['bin/aarch64-linux-gnu-gcc-13', 'cargo build --locked'],
    ['bin/rustc', 'cargo build --locked'],
    ['bin/git', 'go build ./...'],
    ['bin/pkg-config', 'go build ./...'],
    ['bin/python3.12', 'uv sync --locked'],
    ['bin/sh', 'npm ci'],
    ['bin/node', 'npm ci'],
  ])('is not %s of the repository, for %s', async (file, line) => {
    expect(await asked(line, withFile(file, 'bin:/usr/bin'))).toMatch(/may start .*, which the repository brings/);
    expect(await asked(line, withFile(file, 'bin:/usr/bin', file))).toBeNull();
    expect(await asked(line, withFile(file, '/usr/bin'))).toBeNull();
    expect(await asked(line, withFile('bin/test-gcc.txt', 'bin'))).toBeNull();
  });

  it.each(['pip.conf', 'pip.ini', 'lib/python3.12/site-packages/x.pth'])(
    'nor an environment of Python with %s of the repository',
    async (file) => {
      const given = (committed: boolean): Given => ({
        env: { PATH: '/usr/bin' },
        then: (folder) => {
          for (const name of ['bin/pip', 'bin/python', 'pyvenv.cfg']) put(folder, `tools/${name}`);
          put(folder, `tools/${file}`);
          commit(folder, 'tools/bin', 'tools/pyvenv.cfg', ...(committed ? [] : [`tools/${file}`]));
        },
      });
      for (const python of ['tools', './tools', 'tools/bin/python']) {
        const line = `uv pip install --require-hashes -r requirements.txt --python ${python}`;
        expect(await asked(line, given(false)), line).toBeNull();
        expect(await asked(line, given(true)), line).toMatch(/uv reads tools/);
      }
      for (const line of [`tools/bin/${PIP}`, `./tools/bin/python -m ${PIP}`, `tools/bin/python tools/bin/${PIP}`]) {
        expect(await asked(line, given(true)), line).toMatch(/pip reads tools.*which the repository brings along/);
        expect(await asked(line, given(false)), line).toBeNull();
      }
    },
  );
});

describe('variables of the environment that load something of the repository before a program', () => {
  it.each(['BASH_ENV', 'LD_PRELOAD', 'PYTHONHOME', 'ZDOTDIR', 'ENV'])('%s', async (name) => {
    expect(await asked('uv sync --locked', { env: { [name]: './x' } })).toMatch(new RegExp(`^${name}=`));
    expect(await asked('uv sync --locked', { env: { [name]: '/opt/x' } })).toBeNull();
  });

  it('are none where they name nothing of it', async () => {
    expect(await asked('uv sync --locked', { env: { ENV: 'production', PROMPT_COMMAND: 'x', IFS: 'x' } })).toBeNull();
    expect(await asked(PIP, { env: { PYTHONSTARTUP: './x.py', PYTHONUSERBASE: '.local' } })).toBeNull();
    expect(await asked(PIP, { env: { PYTHONUSERBASE: 'cache' } })).toMatch(/PYTHONUSERBASE/);
  });

  it.each([
    ['CDPATH', 'other', 'cd app && npm ci', 'npm ci'],
    ['SHELLOPTS', 'braceexpand:keyword', 'npm ci', null],
    ['BASH_FUNC_npm%%', '() { evil; }', 'npm ci', null],
    ['BASH_FUNC_cd%%', '() { evil; }', 'npm ci', null],
    ['BASH_FUNC_sudo()', '() { evil; }', 'sudo npm ci', null],
  ])('bend how a shell reads a text: %s=%s', async (name, value, text, allowed) => {
    const given = { files: { 'app/package-lock.json': '{}' } };
    expect(await asked(inShell(text), { ...given, env: { [name]: value } })).toMatch(/cannot be seen/);
    expect(await asked(['env', `${name}=${value}`, ...inShell(text)], given)).not.toBeNull();
    if (allowed !== null) expect(await asked(inShell(allowed), { env: { [name]: value } })).toBeNull();
    expect(
      await asked(inShell('npm ci'), { env: { [`${name}X`]: value, 'BASH_FUNC_which%%': '() { x; }' } }),
    ).toBeNull();
  });
});
