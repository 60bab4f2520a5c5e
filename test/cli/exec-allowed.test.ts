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
    'python setup.py build',
    'python -m venv .venv',
    'python tests/pip_install.py install',
    'tox --version',
    'pipx list',
    'go1.22.0 version',
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
    ['uvx ruff', /what no audited lockfile has/],
    ['pip-sync', /what no audited lockfile has/],
    ['python -m piptools sync requirements.txt', /what no audited lockfile has/],
    ['tox', /what no audited lockfile has/],
    ['uv run --locked nox -s tests', /what no audited lockfile has/],
    ['python -m pre_commit run', /what no audited lockfile has/],
    ['hatch run tests', /what no audited lockfile has/],
    ['conda install six', /what no audited lockfile has/],
    ['easy_install six', /what no audited lockfile has/],
    ['python -m build', /what no audited lockfile has/],
    ['python setup.py install', /no lockfile names yet/],
    ['python3 -W error ./other/setup.py develop', /no lockfile names yet/],
    ['pypy3 -mpip install six', /no lockfile names yet/],
    ['python3.13t -mpip install six', /no lockfile names yet/],
    ['pythonw -m pip install six', /no lockfile names yet/],
    ['python -m pip.__main__ install six', /no lockfile names yet/],
    ['python .venv/bin/pip install six', /no lockfile names yet/],
    ['python -X utf8 -u pip.pyz install six', /no lockfile names yet/],
    ['./pip.pyz install six', /no lockfile names yet/],
    ['PIP install six', /no lockfile names yet/],
    ['NPM.CMD install six', /may install what no lockfile names yet/],
    ['go1.22.0 get x', /no lockfile names yet/],
    ['gotip build -overlay=x', /is given -overlay/],
    ['cargo-nextest nextest run', /tell it --locked/],
    ['cargo-clippy', /tell it --locked/],
    ['cargo-binstall x', /binstall is not a command/],
    ['cargo publish --locked', /give it --no-verify/],
    ['cargo package --locked --allow-dirty', /give it --no-verify/],
    ['cargo +/tmp/tools build --locked', /toolchain of the folder/],
    ['go build -gcflags=all=-importcfg=x', /is given -gcflags/],
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
    ['-X main.path=a-L -X main.x=-Ly', null],
    ['-importcfg=x', /is given/],
    ['-s --importcfg x', /is given/],
    ["-s '-L' x", /is given/],
    ['-r lib', /is given/],
    ['-I ./ld.so', /is given/],
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
