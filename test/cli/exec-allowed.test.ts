import { describe, expect, it } from 'vitest';
import { commandsOf } from '../../src/ecosystems/conventions/index.ts';
import { asked, inShell } from './exec-asked.ts';

describe('what installs from an audited lockfile is run', () => {
  it.each([
    'uv sync --locked',
    'uv -q sync --locked',
    'uv sync --frozen --no-dev --extra a --group=b -p 3.12',
    'uv --color never run --locked pytest -x --index y',
    'uv run --locked -- pytest',
    'uv run --locked main.py',
    'uv run --locked absent.py',
    'uv run --locked folder.py',
    'uv run --locked python script.py',
    'uv run --locked -m script.py',
    'uv run --locked cargo build --locked',
    'uv pip sync --require-hashes requirements.txt',
    'uv pip install -r requirements.txt --require-hashes --system',
    'uv venv --python 3.12',
    'pip install --require-hashes -r requirements.txt',
    'pip -q --no-input install --require-hashes -rrequirements.txt --no-deps',
    'pip install -qq --require-hashes --requirement=requirements.txt -c requirements.txt',
    'python -I -m pip install --require-hashes -r requirements.txt',
    'python3 -X utf8 -mpip install --require-hashes -r requirements.txt',
    'poetry -q install --only main',
    'poetry run pytest --config-file x',
    'cargo build --locked --release',
    'cargo --color never build --locked -j4 -Fa,b -vv',
    'cargo test --frozen -- --config x --nocapture',
    'cargo +nightly build --locked',
    'cargo run --locked -- --config x',
    'cargo nextest run --locked',
    'cargo nextest run --locked -E test(/x/) --profile ci',
    'go build ./...',
    'go test ./... -run X -count=1 -race',
    'go test --short --tags a,b ./...',
    'go run . -mod=mod',
    'go list -m all',
    'go test ./... -args -mod=mod',
    'npm ci',
    'timeout -k 5 60 cargo build --locked',
    'sudo -E -u bob env -u B A=c go build',
    'sudo npm ci',
    'nice -n 5 nohup uv sync --locked',
    'flock lock npm ci',
  ])('%s', async (line) => expect(await asked(line)).toBeNull());

  it.each([
    'uv sync --locked && npm ci',
    'echo "$HOME" && npm ci',
    'export CGO_ENABLED=0; go build ./...',
    'V=$(git describe) && go build .',
    'cd . && cargo build --locked >log 2>&1',
    '"$HOME/bin/tool" x; cargo build --locked',
    'cargo test --locked -- "$FILTER"',
    'for x in $LIST; do echo $x; done',
    'echo "$(date)"; npm ci && echo "built $(date)"',
    'export V="$(date)" && npm ci',
    'echo "$HOME"; npm ci',
    "set -euo pipefail; cd . && export CI='1' && npm ci | tee log",
    'cd . || exit 1; npm ci',
    'npm ci || (echo "it\'s \\"bad\\""; exit 1)',
    'find . -name x -exec rm {} \\; && npm ci',
    'echo ${HOME} >log 2>&1 # (npm i evil)\nnpm ci',
    'unset X; readonly Y=1; declare -x CI=1; npm ci',
    'time -p npm ci',
    '[ -f x ] && npm ci',
    "cat <<EOF\nit's\nEOF\nmake",
    'f() { cd other; }; make',
  ])('in a shell: %s', async (text) => expect(await asked(inShell(text))).toBeNull());
});

it('what a message recommends to run instead is run', async () => {
  for (const manager of ['npm', 'uv', 'pip', 'poetry', 'go', 'cargo'] as const) {
    const line = commandsOf(manager).frozen;
    expect(await asked(line), line.join(' ')).toBeNull();
  }
});

describe('what installs nothing is run', () => {
  it.each([
    'make',
    'make go',
    'pip list',
    'pip -q list',
    'pip --version',
    'pip list --format json',
    'python -m pip list',
    'uv --version',
    'uv -q pip list',
    'uv version --short',
    'cargo --version',
    'cargo clean --release',
    'cargo fmt -- --check',
    'go version',
    'go env GOPATH',
    'grep pip FILE',
    'grep -r uv sync',
    'grep cargo build',
    'rg go get',
    'which npm',
    'ls node_modules/npm',
    'git add go',
    'git commit -m pip',
    'tar czf uv.tgz npm',
    'test -x /usr/bin/pip',
    'node scripts/cargo.js',
    'python pip.py install six',
    'python -c pip install',
    'cat go env',
    'yarn --version',
    'bun --bun run build',
  ])('%s', async (line) => expect(await asked(line)).toBeNull());
});

describe('what a table does not have is not run', () => {
  it.each([
    ['pip -q install six', /no lockfile names yet/],
    ['pip --no-input install six', /no lockfile names yet/],
    ['pip install --require-hashes -r requirements.txt six', /no lockfile names yet/],
    ['pip install --require-hashes -r requirements.txt -e .', /is given -e/],
    ['pip install --require-hashes -r requirements.txt -qe .', /is given -qe/],
    ['pip install --require-hashes -r requirements.txt -ix', /is given -ix/],
    ['pip install --require-hashes -r other/requirements.txt', /not audited/],
    ['pip install --require-hashes -r requirements.txt -c other/requirements.txt', /not audited/],
    ['pip install -r requirements.txt', /--require-hashes/],
    ['pip install --require-hash -r requirements.txt', /is given --require-hash,/],
    ['pip config set global.index-url https://x.example', /config is not a command of which assay knows/],
    ['pip $X', /is not a command of which assay knows/],
    ['uv -q sync', /--locked/],
    ['uv --directory ../uv sync --locked', /is given --directory/],
    ['uv sync --locked --no-dev=1', /is given --no-dev=1/],
    ['uv sync --locked --cache-dir=cache', /is given --cache-dir/],
    ['uv sync --locked -p ./python', /is given -p \.\/python/],
    ['uv version --bump minor', /is given --bump/],
    ['uv version 2.0.0', /no lockfile names yet/],
    ['uv self update', /self is not a command/],
    ['uv pip uninstall six', /pip uninstall is not a command/],
    ['uv run --locked script.py', /script itself requires/],
    ['uv run --locked ./cr.py', /script itself requires/],
    ['uv run --locked https://x.example/a.py', /script itself requires/],
    ['uv run --locked -', /script itself requires/],
    ['uv run --locked --script main.py', /is given --script/],
    ['uv run --locked --with six pytest', /is given --with/],
    ['uv run --locked pip install six', /no lockfile names yet/],
    ['uv run --locked -- uv pip install six', /no lockfile names yet/],
    ['uv run --locked -m pip install six', /no lockfile names yet/],
    ['uv run --locked cargo update', /no lockfile names yet/],
    ['uv run --no-sync pip install six', /no lockfile names yet/],
    ['poetry run pip install six', /no lockfile names yet/],
    ['uvx ruff', /no lockfile names yet/],
    ['python -I -m pip install six', /no lockfile names yet/],
    ['python -mpip install six', /no lockfile names yet/],
    ['python3 -X utf8 -m pip install six', /no lockfile names yet/],
    ['cargo --color never update --locked', /no lockfile names yet/],
    ['cargo cc --locked', /cc is not a command of which assay knows/],
    ['cargo build', /tell it --locked/],
    ['cargo build -- --locked', /tell it --locked/],
    ['cargo build --locked --config=x', /is given --config=x/],
    ['cargo build --locked --target ./evil.json', /is given --target=/],
    ['cargo build --locked -vC other', /is given -vC/],
    ['cargo nextest run', /tell it --locked/],
    ['cargo nextest run --locked --config-file x', /is given --config-file/],
    ['go build -overlay=x ./...', /is given -overlay=x/],
    ['go build --modfile other.mod ./...', /is given --modfile/],
    ['go build -mod mod ./...', /is given -mod=mod/],
    ['go test ./... -exec ./x', /is given -exec/],
    ['go build -ldflags=-extld=./x', /is given -ldflags/],
    ['go mod tidy', /no lockfile names yet/],
    ['go mod edit -x', /no lockfile names yet/],
    ['go telemetry on', /telemetry is not a command/],
    ['xargs npm ci', /adds cannot be seen/],
  ])('%s', async (line, why) => expect(await asked(line)).toMatch(why));

  it.each([
    'pip $EMPTY install six',
    '$(echo pip) install six',
    '`echo pip` install six',
    'p=pip; $p install six',
    'eval "pip install six"',
    'eval pip install six',
    'cargo build --locked $MORE',
    'go build $(cat flags)',
    'pip install --require-hashes -r $FILE',
    'cargo update',
    'true && cd other && cargo build --locked',
    'cd other; go build',
    'cd $X && cargo build --locked',
  ])('in a shell: %s', async (text) => expect(await asked(inShell(text))).not.toBeNull());

  it('in one word of env, or of another program', async () => {
    expect(await asked(['env', '-S', 'pip install six'])).toMatch(/no lockfile names yet/);
    expect(await asked(['env', '-iS', 'go get x'])).toMatch(/no lockfile names yet/);
    expect(await asked(['watch', 'cargo update'])).toMatch(/no lockfile names yet/);
    expect(await asked(['watch', 'A=b cargo update'])).toMatch(/no lockfile names yet/);
    expect(await asked(['git', 'commit', '-m', 'uses pip install six'])).toBeNull();
  });
});

describe('a text of a shell of which not every program can be told is not run where it names one that is known', () => {
  it.each([
    'echo "$(date)"; npm install --no-save is-odd@3.0.1',
    'echo "`date`"; npm install evil',
    'echo "`date`"; npm ci',
    'export V="$(date)" && npm install evil',
    'npm ci && echo "built $(date)" && npm install -g evil',
    'echo "$(echo "a)" \')\'; npm install evil)"',
    'for f in "$(ls)"; do npm install evil; done',
    "cat <<EOF\nit's\nEOF\nnpm install evil",
    "echo $'it\\'s'; npm install evil",
    "echo '$(' ; npm install evil; echo ')'",
    'sh <<< "npm install evil"',
    'cat <(npm install evil)',
    'echo $((1)); npm ci',
    'echo ${X:-$(npm install evil)}',
    'n"p"m install evil; if true; then true; fi',
    'if true; then n\\pm install evil; fi',
    "if true; then n''pm install evil; fi",
    'if true; then n\\\npm install evil; fi',
    "bash -c '{npm,install,evil}'",
    '{npm,install,evil}',
    'np? install evil',
    '[n]pm install evil',
    '/usr/bin/np* install evil',
    'alias i="npm install"\ni evil',
    'echo npm install evil | sh',
    'echo npm install evil | (cat; sudo bash)',
    'echo npm install evil | parallel',
    'f() { npm install evil; }; f',
    "trap 'npm install evil' EXIT",
    'hash -p ./evil npm; npm ci',
    'case x in x) npm install evil;; esac',
    'npm install &>log evil',
    '(npm ci',
  ])('%s', async (text) => {
    for (const shell of ['-c', '-ec']) expect(await asked(['sh', shell, text])).not.toBeNull();
    expect(await asked(['watch', 'env', 'sh', '-c', text])).not.toBeNull();
  });

  it.each([
    'export $(cat .env); uv sync --locked',
    'export X=$Y; uv sync --locked',
    'env A=$Y uv sync --locked',
    'env $Y uv sync --locked',
    'set -a; . ./.env; uv sync --locked',
    'set -o allexport; uv sync --locked',
    'source x; uv sync --locked',
    'declare -x UV_PROJECT=/x; uv sync --locked',
    'typeset -x UV_PROJECT=/x; uv sync --locked',
    'UV_PROJECT=/x; export UV_PROJECT; uv sync --locked',
    'UV_PROJECT=/x; uv sync --locked',
    'UV_LOCKED=1; uv sync',
    'readonly UV_LOCKED=1; uv sync',
    'export UV_LOCKED=1; unset UV_LOCKED; uv sync',
    'false && export UV_LOCKED=1; uv sync',
    'export UV_LOCKED=1 | cat; uv sync',
    '(export UV_LOCKED=1); uv sync',
    'command export UV_PROJECT=/x; uv sync --locked',
    'read UV_PROJECT; uv sync --locked',
    'printf -v UV_PROJECT /x; uv sync --locked',
    'A+=1; uv sync --locked',
    'BASH_ENV=x bash -c "uv sync --locked"',
    'IFS=p; uv sync --locked',
  ])('nor where it may change the variables: %s', async (text) => {
    expect(await asked(inShell(text))).not.toBeNull();
  });

  it.each([
    'pushd other; popd; npm ci',
    'cd other | true; npm ci',
    'cd other & npm ci',
    'cd other && true & npm ci',
    'test -d nope && cd other; npm ci',
    'test -d nope || cd other; npm ci',
    'cd other || npm ci',
    'f() { cd other; }; npm ci',
    'V=$(cd other; npm ci)',
    'echo "$(cd other; npm ci)"',
    'command cd other; npm ci',
    'cd -P other; npm ci',
    'cd; npm ci',
    'cd -; npm ci',
    '! cd other; npm ci',
    'CDPATH=other; cd x && npm ci',
    'env -C other npm ci',
  ])('nor in another folder: %s', async (text) => {
    expect(await asked(inShell(text))).not.toBeNull();
  });

  it.each([
    [['env', '-S', 'UV_PROJECT=/x uv sync --locked']],
    [['env', '-S', '-C other uv sync --locked']],
    [['env', '-S', '"npm" install evil']],
    [['env', '--split=npm install evil']],
    [['env', '-C', 'other', '-S', 'npm ci']],
    [['env', '-vC', 'other', 'npm', 'ci']],
    [['env', '--chd=other', 'npm', 'ci']],
    [['uv', 'run', '--locked', '--env-file', 'x.env', '--', 'uv', 'sync', '--locked']],
    [['env', 'UV_ENV_FILE=x', 'uv', 'run', '--locked', 'npm', 'ci']],
    [['node', '--env-file=x', '/usr/lib/npm-cli.js', 'ci']],
    [['node', '--env-file', 'x', '/usr/lib/npm-cli.js', 'ci']],
    [['flock', '/tmp/l', '-c', 'npm install evil']],
    [['flock', '/tmp/l', '-c', 'echo "$(date)"; npm install evil']],
    [['bash', '-ceo', 'pipefail', 'npm install evil']],
    [['bash', '-euxco', 'pipefail', 'npm install evil']],
    [['bash', '-c', '-o', 'pipefail', 'npm install evil']],
    [['bash', '-c', '+e', 'npm install evil']],
    [['bash', '--rcfile', 'x', '-c', '--', 'npm install evil']],
    [['busybox', 'env', 'npm', 'install', 'evil']],
    [['busybox', 'sh', '-c', 'npm install evil']],
    [['pnpm', 'exec', '-c', 'npm install evil']],
    [['concurrently', 'npm run build', 'npm install evil']],
    [['concurrently', 'npm run build', 'echo "`date`"; npm install evil']],
    ['find . -exec sh -c true ; -exec npm install evil ;'.split(' ')],
    [['find', '.', '-exec', 'sh', '-c', 'npm ci', ';', '-exec', 'npm', 'install', 'evil', ';']],
    [['python3', '-Ximporttime', '-mpip', 'install', 'six']],
    [['python3', '-Wdefault::m', '-Im', 'pip', 'install', 'six']],
  ])('nor behind other programs: %j', async (line) => expect(await asked(line)).not.toBeNull());

  it.each([
    [['env', '-S', 'A=b uv sync --locked']],
    [['env', '-C', '.', '-S', 'npm ci']],
    [['uv', 'run', '--locked', '--env-file', 'x.env', 'pytest']],
    [['node', '--env-file=x', 'build.js']],
    [['flock', '/tmp/l', '-c', 'npm ci']],
    [['bash', '-euxo', 'pipefail', '-c', 'npm ci']],
    [['bash', '-ceo', 'pipefail', 'npm ci']],
    [['bash', 'build.sh', '-c', 'npm install evil']],
    [['busybox', 'env', 'npm', 'ci']],
    [['concurrently', 'npm run build', 'npm run watch']],
    ['find . -exec npm ci ; -exec npm run build ;'.split(' ')],
    [['git', 'commit', '-m', "don't use npm (yet)"]],
    [['node', '-e', "console.log('npm')"]],
  ])('but is where all that it starts is held to the audit: %j', async (line) => expect(await asked(line)).toBeNull());
});

describe('a program is found behind others as if it stood alone', () => {
  const behind = (line: string): readonly (readonly string[])[] => [
    line.split(' '),
    ['env', ...line.split(' ')],
    ['env', '-u', 'X', 'A=b', ...line.split(' ')],
    ['timeout', '60', ...line.split(' ')],
    ['nice', '-n', '5', 'time', '-p', ...line.split(' ')],
    ['sudo', '-E', ...line.split(' ')],
    ['unknown-program', '--x', ...line.split(' ')],
    ['sh', '-c', line],
    ['bash', '-lc', line],
    ['env', 'A=b', 'bash', '-e', '-o', 'pipefail', '-c', `true && ${line}`],
    ['sh', '-c', `bash -c '${line}'`],
    ['uv', 'run', '--locked', ...line.split(' ')],
    ['npx', '--no-install', ...line.split(' ')],
  ];

  it.each([
    'cargo update',
    'cargo build',
    'cargo build --locked --config x',
    'pip install six',
    'go get x.example',
    'npm install left-pad',
    'uv add six',
    'poetry add six',
  ])('%s', async (line) => {
    for (const each of behind(line)) expect(await asked(each), each.join(' ')).not.toBeNull();
  });

  it.each(['cargo build --locked', 'go build ./...', 'npm ci', 'uv sync --locked'])('%s', async (line) => {
    for (const each of behind(line)) expect(await asked(each), each.join(' ')).toBeNull();
    const chdir = ['env', '-C', 'other', ...line.split(' ')];
    for (const each of [chdir, inShell(`cd other && ${line}`), inShell(`cd other && timeout 60 ${line}`)]) {
      expect(await asked(each), each.join(' ')).toMatch(/which was not audited/);
    }
  });
});

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

describe('what a command names itself', () => {
  const ALIASED = ['fmt', 'clippy --locked', 'b --locked', 'c --locked', 'd --locked', 'r --locked', 't --locked'];

  it.each([...ALIASED, 'nextest run --locked', 'llvm-cov --locked'])(
    'cargo %s, which may be an alias',
    async (line) => {
      const [verb = ''] = line.split(' ');
      const files = { '.cargo/config.toml': `[alias]\n${verb} = "run --manifest-path other/Cargo.toml"\n` };
      expect(await asked(`cargo ${line}`)).toBeNull();
      expect(await asked(`cargo ${line}`, { files })).toMatch(/runs whatever the alias/);
      expect(
        await asked(`cargo ${line}`, { files: { 'config.toml': '', ...files }, env: { CARGO_HOME: '/x' } }),
      ).toMatch(/runs whatever the alias/);
      expect(await asked('cargo build --locked', { files })).toBeNull();
    },
  );

  it('is none where cargo has a command of that name', async () => {
    const files = { '.cargo/config.toml': '[alias]\nbuild = "run"\nclean = "run"\n' };
    expect(await asked('cargo build --locked', { files })).toBeNull();
    expect(await asked('cargo clean', { files })).toBeNull();
  });

  it.each([
    ['-s -w', null],
    ['-X main.version=1.2', null],
    ['-linkmode external -extldflags "-static"', null],
    ['-extld ./x', /is given/],
    ['-extld=./x', /is given/],
    ["'-extld' ./x", /is given/],
    ['"-extld=./x"', /is given/],
    ['--extld=./x', /is given/],
    ["-s '--extar' ./x", /is given/],
    ["'-extldflags' '-fplugin=./x.so'", /is given/],
    ['-extldflags=-B./tools', /is given/],
  ])('the linker of go: -ldflags=%s', async (flags, why) => {
    for (const line of [
      ['go', 'build', `-ldflags=${flags}`],
      ['go', 'build', '-ldflags', flags],
    ]) {
      if (why === null) expect(await asked(line)).toBeNull();
      else expect(await asked(line)).toMatch(why);
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
