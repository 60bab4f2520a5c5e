import { expect, it } from 'vitest';
import { asked, type Given } from './exec-asked.ts';

/** Lockfiles of other package managers, each in a project that has no other. */
const OF: Readonly<Record<string, Given>> = Object.fromEntries(
  [
    ['pnpm', 'pnpm-lock.yaml'],
    ['yarn', 'yarn.lock'],
    ['bun', 'bun.lock'],
  ].map(([name = '', file = '']) => [name, { files: { [file]: '' } }]),
);

/** A line of a workflow: alone where it has nothing of a shell, and as the text of one. */
async function said(line: string): Promise<readonly (string | null)[]> {
  const given = OF[/\b(?:pnpm|yarn|bun)\b/.exec(line)?.[0] ?? ''] ?? {};
  const texts = [
    ['bash', '-e', '-c', line],
    ['sh', '-c', `set -eu; ${line}`],
  ];
  const alone = /[&|;<>$"'`*^~{}]|^\w+=/.test(line) ? [] : [line.split(' ')];
  return Promise.all([...alone, ...texts].map((words) => asked(words, given)));
}

const RUN = `
go build -v ./...
go build -C . ./...
go -C . test ./...
go build -trimpath -ldflags=-s -o bin/app ./cmd/app
CGO_ENABLED=0 GOOS=linux go build -o app .
go test -race -shuffle=on -timeout 5m ./...
go test -shuffle=on -coverprofile coverage.out -timeout 5m ./...
go test -timeout=30m -count=1 -json -v ./... | tee report.json
env GORACE=halt_on_error=1 go test -count 1 -timeout 20s -race -cover ./...
go test -run '^$' -bench=. -benchmem ./...
go test -tags=integration -v -p 1 ./... 2>&1 | tee out.txt
go vet -printf=false ./...
go vet -copylocks=false -composites=false ./...
go mod download -x
go mod verify
go mod tidy -diff
go list -m -u all
go generate ./...
go tool cover -func=c.out
go install ./cmd/...
cargo build --release --locked
cargo build --locked --verbose --workspace --all-targets
cargo build --locked --manifest-path ./Cargo.toml
cargo test --locked --all-features --all-targets
RUST_BACKTRACE=1 cargo test --locked --workspace --no-fail-fast -- --nocapture
cargo +stable test --locked
cargo check --locked --all-features
cargo clippy --locked --all-targets --all-features -- -D warnings
cargo fmt --all -- --check
cargo +nightly fmt --all -- --check
cargo doc --locked --no-deps --all-features
cargo doc --locked --open
cargo audit --deny warnings
cargo audit --ignore RUSTSEC-2021-0131
cargo deny --all-features check advisories
cargo pkgid
cargo machete
cargo hack check --locked --feature-powerset
cargo install --locked --path .
cargo install --path . --locked --root /tmp/tools
cargo publish --locked --no-verify
cargo package --locked --list
cargo llvm-cov --locked --all-features --lcov --output-path lcov.info
cargo nextest run --locked --profile ci
uv sync --locked --all-extras --dev
uv sync --frozen
uv sync --locked --no-install-project --no-dev
uv run --locked pytest tests -v
uv run --frozen ruff check .
uv run --locked -m mypy src
uv run --no-sync pytest
uv lock --check
uv lock --locked
uv python install
uv python install 3.12
uv python pin 3.12
uv cache prune --ci
uv pip install --system --require-hashes -r requirements.txt
uv export --locked --no-hashes -o r.txt
pip install --require-hashes -r requirements.txt
pip install -r requirements.txt --require-hashes --no-deps --only-binary :all:
pip --no-cache-dir install --require-hashes --only-binary=:all: -r requirements.txt
python3 -m pip install --disable-pip-version-check --no-cache-dir --require-hashes -r requirements.txt
pip3 install --user --require-hashes -r requirements.txt
pip check
poetry install --no-interaction --no-root
poetry install --only=main --no-root
poetry check --lock
poetry run pytest -v
npm ci
npm ci --ignore-scripts
npm ci --prefer-offline --no-audit --no-fund
npm ci --omit=dev
npm ci && npm run build --if-present && npm test -- --coverage
npm audit signatures
npm pack --dry-run
npm publish --provenance --access public
CI=true NODE_ENV=production npm ci
npm ci > log 2>&1
npm ci &> log
CI=true npm ci &> log
npm ci &>> log; tail log
npm ci 2>&1 | tee log
npm ci && echo done || exit 1
time npm ci
nice -n 10 npm ci
echo $(date); npm ci
mkdir -p out && cp $(ls) out; npm ci
echo "x=$(node -p 1)" >> $GITHUB_OUTPUT && npm ci
test -n "$CI" || exit 1; npm ci
pnpm install --frozen-lockfile
pnpm i --frozen-lockfile --ignore-scripts
yarn --frozen-lockfile
yarn install --immutable
bun install --frozen-lockfile
bun ci
corepack enable && yarn install --immutable
make test
`;

const NOT_RUN = `
go get ./...
go get -u ./... && go test ./...
go mod tidy
go mod tidy -diff=false
go install golang.org/x/tools/cmd/goimports@latest
go run gotest.tools/gotestsum@latest --format github-actions ./...
go run github.com/golangci/golangci-lint/cmd/golangci-lint@v1.54.2 run
go work sync
go build -C other ./...
go -C other test ./...
go vet -vettool=./x ./...
go build -toolexec ./x ./...
GOFLAGS=-toolexec=./x go build ./...
GOTOOLCHAIN=go1.99+path go build ./...
go build -mod=mod ./...
cargo build --release
cargo test --all-features
cargo install cargo-audit
cargo install --locked cargo-nextest
cargo install --locked --path . ripgrep
cargo install --locked --path other
cargo install --path .
cargo install --locked --git https://x.example/a
cargo build --locked --manifest-path other/Cargo.toml
cargo build --locked --manifest-path ../Cargo.toml
cargo build --locked --manifest-path Cargo.toml --manifest-path other/Cargo.toml
cargo audit fix
cargo binstall cargo-deny
cargo update && cargo build --locked
cargo hack check --feature-powerset
uv sync
uv lock
uv lock --upgrade
uv lock --check --upgrade-package six
uv run pytest
uv tool install ruff
uv build
uv pip install -e .
uv python install --mirror https://x.example
uvx ruff check
pip install -r requirements.txt
pip install --upgrade pip
pip install --require-hashes -r requirements.txt -e .
pip --require-hashes install -r requirements.txt
python -m pip install --upgrade pip && pip install --require-hashes -r requirements.txt
pip install poetry && poetry install
pipx install poetry
poetry add six
poetry update
npm install axios
npm install -g npm@latest && npm ci
npm update
npm audit fix
npx some-tool@latest
pnpm add axios
pnpm dlx some-tool
yarn add axios
yarn up axios
bun add axios
bunx some-tool
true &> log npm install evil
cd other &> log; npm ci
A=b &> log; npm ci
npm ci &>| log
env $(cat .env) npm ci
export $(cat .env); npm ci
npm $(echo ci)
$(echo npm) ci
cd $(echo other) && npm ci
echo $(npm install evil); npm ci
`;

const linesOf = (text: string): readonly string[] => text.trim().split('\n');

it.each(linesOf(RUN))('is run: %s', async (line) => {
  for (const why of await said(line)) expect(why).toBeNull();
});

it.each(linesOf(NOT_RUN))('is not run: %s', async (line) => {
  for (const why of await said(line)) expect(why).not.toBeNull();
});

it('cargo takes a manifest of a folder below only where no settings of Cargo lie in between', async () => {
  const line = 'cargo build --locked --manifest-path sub/Cargo.toml';
  const workspace = { 'Cargo.toml': '[workspace]\nmembers = ["sub"]\n', 'sub/Cargo.toml': '[package]\nname = "s"\n' };
  expect(await asked(line, { files: workspace })).toBeNull();
  expect(await asked('cargo install --locked --path sub', { files: workspace })).toBeNull();
  for (const file of ['config.toml', 'config']) {
    const files = { ...workspace, [`sub/.cargo/${file}`]: '' };
    expect(await asked(line, { files })).toMatch(/settings of another folder/);
  }
});
