import { describe, expect, it } from 'vitest';
import { asked, inShell, type Given } from './exec-asked.ts';

describe('variables', () => {
  it.each([
    ['go build', 'GOMODCACHE=/x'],
    ['go build', 'GOFLAGS=-mod=mod'],
    ['go build', 'GOPROXY=https://x.example'],
    ['go build', 'GOCACHE=/x'],
    ['go build', 'GOROOT=/x'],
    ['go build', 'GOCACHEPROG=./x'],
    ['go build', 'GOAUTH=./x'],
    ['go build', 'GONEW=1'],
    ['go build', 'CC=./cc'],
    ['go build', 'PKG_CONFIG=./x'],
    ['go build', 'CXX=./x'],
    ['go build', 'FC=./x'],
    ['cargo build --locked', 'CC=./x'],
    ['cargo build --locked', 'AR=./x'],
    ['cargo build --locked', 'HOST_CC=./x'],
    ['cargo build --locked', 'CC_x86_64_unknown_linux_gnu=./x'],
    ['cargo build --locked', 'PKG_CONFIG=./x'],
    ['go build', 'LD_PRELOAD=./x.so'],
    ['go build', 'HOME=/x'],
    ['uv sync --locked', 'XDG_CONFIG_HOME=/x'],
    ['npm ci', 'HOME=/x'],
    ['uv sync --locked', 'UV_PROJECT=/other'],
    ['uv sync --locked', 'UV_CACHE_DIR=/x'],
    ['uv sync --locked', 'UV_INDEX_URL=https://x.example'],
    ['uv sync --locked', 'UV_PYTHON=./python'],
    ['uv sync --locked', 'UV_NEW_SETTING=1'],
    ['pip install --require-hashes -r requirements.txt', 'PIP_REQUIREMENT=/nn.txt'],
    ['pip install --require-hashes -r requirements.txt', 'PIP_CONFIG_FILE=/x'],
    ['pip install --require-hashes -r requirements.txt', 'PIP_PYTHON=./x'],
    ['cargo build --locked', 'CARGO_HOME=/x'],
    ['cargo build --locked', 'CARGO_BUILD_RUSTC=./x'],
    ['cargo build --locked', 'RUSTC_WRAPPER=./x'],
    ['cargo build --locked', 'RUSTFLAGS=-Clinker=x'],
    ['cargo build --locked', 'CARGO_ALIAS_BUILD=x'],
    ['cargo build --locked', 'CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_LINKER=./x'],
    ['cargo build --locked', 'CARGO_UNSTABLE_X=1'],
    ['poetry install', 'POETRY_NEW=1'],
    ['poetry install', 'POETRY_VIRTUALENVS_PATH=x'],
    ['poetry install', 'POETRY_CONFIG_DIR=x'],
    ['poetry install', 'POETRY_DATA_DIR=x'],
    ['pipenv sync', 'WORKON_HOME=x'],
    ['npm ci', 'npm_config_registry=https://x.example'],
    ['npm ci', 'NPM_CONFIG_NEW_SETTING=1'],
    ['npm ci', 'npm_config_x_binary_host=https://x.example'],
    ['npm ci', 'X_BINARY_HOST=https://x.example'],
  ])('of the command that change what is installed, or may: %s with %s', async (line, variable) => {
    for (const each of [`env ${variable} ${line}`, `timeout 5 env A=b ${variable} ${line}`]) {
      const [name = ''] = variable.split('=');
      expect(await asked(each), each).toMatch(new RegExp(`^(?:${name}\\b|${name.slice(11).replaceAll('_', '-')}=)`));
    }
    expect(await asked(inShell(`${variable} ${line}`))).not.toBeNull();
    expect(await asked(inShell(`export ${variable}; ${line}`))).not.toBeNull();
  });

  it.each([
    ['go build', 'GOOS=linux'],
    ['go build', 'CGO_ENABLED=0'],
    ['go build', 'CGO_CFLAGS=-O2'],
    ['go build', 'CC=clang'],
    ['go build', 'PKG_CONFIG=pkgconf'],
    ['cargo build --locked', 'CC_aarch64_unknown_linux_gnu=aarch64-linux-gnu-gcc'],
    ['go build', 'UV_PROJECT=/other'],
    ['uv sync --locked', 'UV_LINK_MODE=copy'],
    ['uv sync --locked', 'UV_PYTHON=3.12'],
    ['uv sync --locked', 'PIP_REQUIREMENT=x'],
    ['uv sync', 'UV_LOCKED=1'],
    ['pip install -r requirements.txt', 'PIP_REQUIRE_HASHES=1'],
    ['cargo build --locked', 'CARGO_TERM_COLOR=always'],
    ['cargo build --locked', 'CARGO_PROFILE_RELEASE_LTO=thin'],
    ['cargo build --locked', 'RUSTC_WRAPPER=sccache'],
    ['cargo build --locked', 'GOFLAGS=-mod=mod'],
    ['npm ci', 'npm_config_loglevel=silent'],
    ['npm ci', 'npm_config_ignore_scripts=true'],
    ['npm ci', 'npm_config_fetch_retries=5'],
    ['npm ci', 'GOOGLE_APPLICATION_CREDENTIALS=x'],
  ])('that change nothing of it, wherever they are set: %s with %s', async (line, variable) => {
    const [name = '', value = ''] = variable.split(/=(.*)/s);
    expect(await asked(`env ${variable} ${line}`)).toBeNull();
    expect(await asked(line, { env: { [name]: value } })).toBeNull();
  });

  it.each([
    ['go build', { GOMODCACHE: '/x', GOPROXY: 'off', GOFLAGS: '-trimpath', GOCACHE: '/x' }],
    ['uv sync --locked', { UV_INDEX_URL: 'https://x.example', UV_CACHE_DIR: '.uv-cache', UV_INDEX_A_PASSWORD: 'x' }],
    ['pip install --require-hashes -r requirements.txt', { PIP_INDEX_URL: 'https://x.example', PIP_FIND_LINKS: '/x' }],
    ['cargo build --locked', { CARGO_HOME: '/x', RUSTFLAGS: '-Clinker=x', RUSTUP_TOOLCHAIN: 'stable' }],
    ['npm ci', { npm_config_registry: 'https://x.example', npm_config_cache: '/x', 'npm_config_@a:registry': 'x' }],
  ])('of the environment that the audit reads too, but not for the command alone: %s with %j', async (line, env) => {
    expect(await asked(line, { env })).toBeNull();
    for (const [name, value] of Object.entries(env)) {
      expect(await asked(['env', `${name}=${value}`, ...line.split(' ')], { env })).toBeNull();
      if (!/^\w+$/.test(name)) continue;
      const why = name.startsWith('npm_config_cache') ? null : /is a setting that the audit did not read/;
      const other = ['env', `${name}=https://other.example`, ...line.split(' ')];
      const said = await asked(other, { env });
      if (why === null) expect(said).toBeNull();
      else expect(said, name).toMatch(why);
      if (why !== null) expect(await asked(['env', '-u', name, ...line.split(' ')], { env }), name).toMatch(why);
      if (why !== null) expect(await asked(['env', '-i', ...line.split(' ')], { env }), name).toMatch(why);
      if (why !== null) expect(await asked(['sudo', ...line.split(' ')], { env }), name).toMatch(why);
      expect(await asked(['sudo', '-E', ...line.split(' ')], { env })).toBeNull();
    }
  });

  it.each([
    ['go build', { GOCACHEPROG: './x' }],
    ['go build', { GONEW: '1' }],
    ['go build', { GOCACHE: 'cache' }],
    ['go build', { GOFLAGS: '-overlay=x' }],
    ['uv sync --locked', { UV_PROJECT: '/other' }],
    ['uv sync --locked', { UV_CACHE_DIR: 'cache' }],
    ['uv run --locked pytest', { UV_OVERRIDE: 'x' }],
    ['pip install --require-hashes -r requirements.txt', { PIP_REQUIREMENT: '/nn.txt' }],
    ['pip install --require-hashes -r requirements.txt', { PIP_requirement: '/nn.txt' }],
    ['pip install --require-hashes -r requirements.txt', { PIP_CACHE_DIR: 'cache' }],
    ['poetry install', { PIP_TARGET: '/x' }],
    ['go build', { GODEBUG: 'netdns=go,execerrdot=0' }],
    ['cargo build --locked', { RUSTUP_TOOLCHAIN: './tools' }],
    ['cargo build --locked', { CARGO_ALIAS_X: 'x' }],
    ['cargo build --locked', { CARGO_BUILD_RUSTC_WRAPPER: './x' }],
    ['npm ci', { npm_config_new_setting: '1' }],
    ['npm ci', { npm_config_script_shell: './x' }],
  ])('of the environment that the audit does not read: %s with %j', async (line, env) => {
    expect(await asked(line, { env })).toMatch(
      new RegExp(
        Object.keys(env)[0]
          ?.replace(/^npm_config_(?=s)/, '')
          .replaceAll('_', '.') ?? '',
        'i',
      ),
    );
    expect(await asked(line, { env: Object.fromEntries(Object.keys(env).map((name) => [name, ''])) })).toBeNull();
  });
});

describe('what a file of the project, or a folder of the repository, has for an installer', () => {
  it('.env, which pipenv hands to pip whatever it does', async () => {
    const project = { Pipfile: '', 'Pipfile.lock': '{}', x: '' };
    const files = { ...project, '.env': 'PIP_REQUIREMENT=other.txt\n' };
    for (const line of ['pipenv sync', 'pipenv run pip list']) {
      expect(await asked(line, { files })).toMatch(/takes variables from \.env/);
      expect(await asked(line, { files, env: { PIPENV_DONT_LOAD_ENV: '1' } })).toBeNull();
      expect(await asked(line, { files, env: { PIPENV_DONT_LOAD_ENV: '0' } })).toMatch(/takes variables/);
      expect(await asked(line, { files: project, env: { PIPENV_DOTENV_LOCATION: 'x' } })).toMatch(/PIPENV_DOTENV/);
    }
    expect(await asked('poetry install', { files })).toBeNull();
    expect(await asked('pipenv sync', { files: project })).toBeNull();
    expect(await asked('pipenv sync', { files: project, env: { PIP_REQUIREMENT: '/x' } })).toMatch(/^PIP_REQUIREMENT/);
  });

  it('scripts of PDM and pipenv with the name of an installer, and variables that PDM gives to all', async () => {
    const PIP = 'pip install --require-hashes -r requirements.txt';
    const pdm = (text: string): Given => ({ files: { 'pyproject.toml': `[tool.pdm.scripts]\n${text}` } });
    expect(await asked(`pdm run ${PIP}`, pdm('lint = "ruff check"\n'))).toBeNull();
    expect(await asked('pdm run lint', pdm('lint = "ruff check"\n'))).toBeNull();
    expect(await asked(`pdm run ${PIP}`, pdm('pip = "x"\n'))).toMatch(/runs the script pip of pyproject\.toml/);
    for (const given of ['_.env_file = ".env"\n', '_ = { env = { PIP_TARGET = "x" } }\n']) {
      expect(await asked(`pdm run ${PIP}`, pdm(given))).toMatch(/which variables the project gives pip/);
      expect(await asked(`pdm run python -m ${PIP}`, pdm(given))).toMatch(/which variables the project gives pip/);
      expect(await asked('pdm run pytest', pdm(given))).toBeNull();
    }
    const files = { Pipfile: '[scripts]\nuv = "x"\n', 'Pipfile.lock': '{}' };
    expect(await asked('pipenv run uv sync --locked', { files })).toMatch(/runs the script uv of Pipfile/);
    expect(await asked(`pipenv run ${PIP}`, { files })).toBeNull();
  });

  it.each([
    ['HOME', '.', '.cache/uv/x'],
    ['HOME', 'home', 'home/.config/pip/pip.conf'],
    ['HOME', 'home', 'home/.local/lib/python3.12/site-packages/x.pth'],
    ['XDG_CACHE_HOME', 'kept', 'kept/go-build/x'],
    ['XDG_DATA_HOME', 'kept', 'kept/x'],
    ['XDG_CONFIG_HOME', './conf', 'conf/uv/uv.toml'],
  ])('what %s=%s leads to: %s', async (name, value, file) => {
    for (const line of ['uv sync --locked', 'go build', 'pip install --require-hashes -r requirements.txt']) {
      const given = { env: { [name]: value } };
      expect(await asked(line, { ...given, files: { [file]: '' } }), line).toMatch(new RegExp(`^${name} leads to`));
      expect(await asked(line, { ...given, files: { 'kept.txt': '', 'conf/nextest.toml': '' } }), line).toBeNull();
      expect(await asked(line, { env: { [name]: '/x' }, files: { [file]: '' } }), line).toBeNull();
    }
  });
});

describe('what the audit left out by --omit', () => {
  const UV_DEFAULTS = { 'pyproject.toml': '[tool.uv]\ndefault-groups = ["dev", "docs"]\n' };

  it.each([
    ['uv sync --locked --no-dev', 'dev', {}],
    ['uv sync --locked --no-group dev', 'dev', {}],
    ['uv sync --locked --no-default-groups', 'dev', UV_DEFAULTS],
    ['uv run --locked --no-dev pytest', 'dev', {}],
    ['uv sync --locked', 'optional', {}],
    ['poetry install --only main', 'dev', {}],
    ['poetry install', 'optional', {}],
    ['pip install --require-hashes -r requirements.txt', 'dev', {}],
    ['cargo clean', 'dev', {}],
    ['go version', 'dev', {}],
  ])('is not installed by %s (%s)', async (line, kind, files) =>
    expect(await asked(line, { omit: [kind], files })).toBeNull(),
  );

  it.each([
    ['uv sync --locked', 'dev', {}],
    ['uv sync --locked --no-group docs', 'dev', {}],
    ['uv sync --locked --no-dev --group dev', 'dev', {}],
    ['uv sync --locked --no-dev --all-groups', 'dev', {}],
    ['uv sync --locked --only-group dev', 'dev', {}],
    ['uv sync --locked --only-dev', 'dev', {}],
    ['uv sync --locked --no-dev', 'dev', UV_DEFAULTS],
    ['uv sync --locked --extra a', 'optional', {}],
    ['uv sync --locked --all-extras', 'optional', {}],
    ['uv run --locked pytest', 'dev', {}],
    ['poetry install', 'dev', {}],
    ['poetry install --without docs', 'dev', {}],
    ['poetry install --only main,dev', 'dev', {}],
    ['poetry install -E a', 'optional', {}],
    ['cargo build --locked', 'dev', {}],
    ['cargo test --locked', 'optional', {}],
    ['go build', 'dev', {}],
  ])('may be installed by %s (%s)', async (line, kind, files) =>
    expect(await asked(line, { omit: [kind], files })).toMatch(/be told to leave out|is not told to leave out/),
  );
});
