import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { gateCommand } from '../../src/cli/gate/command.ts';
import type { Io } from '../../src/cli/io.ts';
import { removeFolder } from '../support/remove-folder.ts';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'assay-test-'));
  mkdirSync(join(folder, 'w'));
  writeFileSync(join(folder, 'package.json'), '{"name":"app","workspaces":["w"],"packageManager":"yarn@4.1.0"}');
  writeFileSync(join(folder, 'w/package.json'), '{"name":"w"}');
  writeFileSync(join(folder, 'pnpm-workspace.yaml'), 'packages: [w]\n');
});

afterAll(() => {
  removeFolder(folder);
});

function read(line: string, within = '.', env: Readonly<Record<string, string>> = {}): ReturnType<typeof gateCommand> {
  const output = { write: () => undefined, isTerminal: false, color: false, columns: 80, unicode: false };
  const io: Io = { cwd: join(folder, within), env, stdout: output, stderr: output };
  return gateCommand(line.split(' '), io);
}

describe('a command at the gate', () => {
  it.each([
    ['npm install axios', 'npm', 1],
    ['/usr/bin/npm i', 'npm', 1],
    ['node /opt/npm-cli.js ci', 'npm', 2],
    ['npm audit signatures', 'npm', 1],
    ['npm config get registry', 'npm', 1],
    ['npm install -g axios', 'npm', 1],
    ['npm run build', 'npm', 1],
    ['npx cowsay --registry x', 'npm', 1],
    ['npx pnpm@11 add axios', 'pnpm', 2],
    ['npx --yes pnpm@11 add axios', 'pnpm', 3],
    ['npm exec -- pnpm add axios', 'pnpm', 4],
    ['pnpm -r add axios', 'pnpm', 1],
    ['pnpm dlx cowsay', 'pnpm', 1],
    ['corepack pnpm add axios', 'pnpm', 2],
    ['timeout 60 pnpm add axios', 'pnpm', 3],
    ['yarn', 'yarn', 1],
    ['yarn add axios', 'yarn', 1],
    ['node .yarn/releases/yarn-4.1.0.cjs add axios', 'yarn', 2],
    ['bun add axios', 'bun', 1],
    ['bunx cowsay', 'bun', 1],
    ['env NODE_ENV=production npm install axios', 'npm', 3],
    ['pip install requests', 'pip', 1],
    ['pip3.11 install -U -r requirements.txt', 'pip', 1],
    ['python -m pip install requests', 'pip', 3],
    ['pip download requests', 'pip', 1],
    ['uv add requests', 'uv', 1],
    ['uv sync --frozen', 'uv', 1],
    ['uv pip install -e .', 'uv', 1],
    ['uv run -- pytest -i', 'uv', 1],
    ['uv run --with httpx python -c x', 'uv', 1],
    ['uv run pip install requests', 'uv', 1],
  ])('%s is one of %s', (line, manager, at) => {
    expect(read(line)).toMatchObject({ manager, at, folder });
  });

  it.each(['npm install axios', 'pnpm add axios', 'yarn add axios'])(
    '%s in a workspace has the lockfile above',
    (line) => {
      expect(read(line, 'w').folder).toBe(folder);
    },
  );

  it.each([
    ['pipx install requests', /does not stand between pipx and its registry yet: use assay exec/],
    ['uvx ruff', /does not stand between uvx .* use assay exec/],
    ['poetry add requests', /does not stand between poetry /],
    ['vlt install axios', /does not stand between vlt /],
    ['npx uv sync', /two kinds of registries/],
    ['uv run npm install', /two kinds of registries/],
    ['npm exec -- cargo add serde', /two kinds of registries/],
    ['npm exec -- go run rsc.io/quote@latest', /two kinds of registries/],
    ['make', /cannot see whether make gets/],
    ['node build.js', /cannot see/],
    ['sh -c npm', /cannot see/],
    ['/bin/bash install.sh', /cannot see/],
    ['npm publish', /npm publish writes to the registry/],
    ['npm publ', /npm publ writes to the registry/],
    ['npm --loglevel silent publish .', /writes to the registry/],
    ['npm unpublish axios', /writes to the registry/],
    ['npm dist-tag add axios@1 latest', /writes to the registry/],
    ['npm login', /writes to the registry/],
    ['pnpm publish', /pnpm publish writes to the registry/],
    ['pnpm -r publish', /writes to the registry/],
    ['yarn publish', /writes to the registry/],
    ['yarn npm publish', /yarn npm publish writes to the registry/],
    ['yarn workspace w npm publish', /writes to the registry/],
    ['bun publish', /writes to the registry/],
    ['npm config set registry https://r.example', /changes settings/],
    ['npm set registry=https://r.example', /changes settings/],
    ['npm c set registry https://r.example', /changes settings/],
    ['pnpm config delete registry', /changes settings/],
    ['yarn config set npmRegistryServer https://r.example', /changes settings/],
    ['npm install axios --registry https://r.example', /--registry would lead npm past the gate/],
    ['npm install axios --registry=https://r.example', /past the gate/],
    ['npm install axios --reg https://r.example', /past the gate/],
    ['npm install axios --regis https://r.example', /past the gate/],
    ['npm i --@acme:registry=https://r.example', /--@acme:registry would lead npm/],
    ['npm i --userconfig other', /--userconfig would/],
    ['npm i --replace-registry-host=never', /past the gate/],
    ['npx --registry=https://r.example cowsay', /past the gate/],
    ['npx --registry=https://r.example pnpm@11 add a', /past the gate/],
    ['npx pnpm@11 add a --registry=https://r.example', /past the gate/],
    ['pnpm add a --config.registry=https://r.example', /past the gate/],
    ['pnpm add a --config.@acme:registry=https://r.example', /past the gate/],
    ['pnpm add a --config.registries.default=https://r.example', /past the gate/],
    ['pnpm add a --npmrc-auth-file=x', /past the gate/],
    ['yarn add a --registry https://r.example', /past the gate/],
    ['yarn add a --use-yarnrc x', /past the gate/],
    ['bun add a --registry=https://r.example', /past the gate/],
    ['bun add a -c x.toml', /past the gate/],
    ['pip install a -i https://i.example/simple', /-i would lead pip past the gate/],
    ['pip install a -ihttps://i.example/simple', /past the gate/],
    ['pip install a --index-url=https://i.example/simple', /--index-url would lead pip past the gate/],
    ['pip install a --index-u https://i.example/simple', /past the gate/],
    ['pip install a --extra-index-url https://i.example', /past the gate/],
    ['pip install a --find https://i.example', /past the gate/],
    ['pip install a -qf wheels', /is given/],
    ['pip install a --no-index', /past the gate/],
    ['pip --isolated install a', /past the gate/],
    ['pip --proxy http://p.example install a', /past the gate/],
    ['pip install a --unheard-of', /is given --unheard-of/],
    ['uv add a --index own=https://i.example', /--index would lead uv past the gate/],
    ['uv sync --default-index https://i.example', /past the gate/],
    ['uv pip install a -f wheels', /past the gate/],
    ['uv --config-file x sync', /past the gate/],
    ['uv run -i https://i.example pytest', /past the gate/],
    ['uv run poetry add a', /does not stand between poetry/],
    ['uv publish', /not a command/],
    ['env PIP_INDEX_URL=https://i.example pip install a', /PIP_INDEX_URL may lead pip past the gate/],
    ['env UV_INDEX=https://i.example uv sync', /UV_INDEX may lead uv/],
    ['env YARN_REGISTRY=https://r.example yarn add a', /YARN_REGISTRY may lead yarn past the gate/],
    ['env npm_config_registry=https://r.example npm i a', /npm_config_registry may lead npm/],
    ['env BUN_CONFIG_REGISTRY=https://r.example bun add a', /may lead bun/],
  ])('%s is refused', (line, why) => {
    expect(() => read(line)).toThrow(why);
  });

  it.each([
    ['go get rsc.io/quote@latest', 'go', 1, '.'],
    ['/usr/local/go/bin/go -C w build ./...', 'go', 1, 'w'],
    ['go install golang.org/x/tools/cmd/stringer@latest', 'go', 1, '.'],
    ['cargo add serde', 'cargo', 1, '.'],
    ['cargo +nightly --color always build --release', 'cargo', 2, '.'],
    ['cargo build --manifest-path w/Cargo.toml', 'cargo', 1, 'w'],
    ['cargo run --bin a -- --registry x', 'cargo', 1, '.'],
    ['cargo t', 'cargo', 1, '.'],
    ['cargo vendor --respect-source-config', 'cargo', 1, '.'],
  ])('%s is one of %s', (line, manager, at, within) => {
    expect(read(line)).toMatchObject({ manager, at, folder: join(folder, within) });
  });

  it.each([
    ['go get -modfile=other.mod rsc.io/quote', /-modfile=other.mod makes go use other files/],
    ['go build --overlay x.json ./...', /other files/],
    ['env GOFLAGS=-modfile=x go build', /GOFLAGS may lead go past the gate/],
    ['env GOPROXY=direct go get a.example/b', /GOPROXY may lead go/],
    ['go env -w GOPROXY=direct', /change settings/],
    ['go env -u=GOPROXY', /change settings/],
    ['cargo publish', /writes to the registry/],
    ['cargo yank alpha', /writes to the registry/],
    ['cargo --config x.toml build', /--config would lead cargo past/],
    ['cargo build --config=net.offline=false', /past the gate/],
    ['cargo install --git https://a.example/b', /--git would lead/],
    ['cargo add --registry other a', /--registry would lead/],
    ['cargo install --index https://a.example/', /--index would lead/],
    ['cargo -C w build', /-C would lead/],
    ['cargo nextest run', /cargo nextest is an alias or another program/],
    ['cargo -Z x build', /cargo x is an alias/],
    ['cargo vendor', /--respect-source-config/],
    ['env CARGO_HOME=x cargo build', /CARGO_HOME may lead cargo/],
  ])('%s is refused', (line, why) => {
    expect(() => read(line)).toThrow(why);
  });

  it('is refused where GOFLAGS name other files, or an alias stands for a short name', () => {
    expect(() => read('go build', '.', { GOFLAGS: '-modfile=x' })).toThrow(/-modfile makes go use other files/);
    mkdirSync(join(folder, '.cargo'));
    writeFileSync(join(folder, '.cargo/config.toml'), '[alias]\nb = "build --config x"\n');
    expect(() => read('cargo b')).toThrow(/cargo b is an alias/);
    rmSync(join(folder, '.cargo'), { recursive: true });
  });

  it('is refused where a program before it takes the variables of the gate away', () => {
    const env = { npm_config_fetch_retries: '1' };
    expect(() => read('env -i npm install a', '.', env)).toThrow(/takes away/);
    expect(() => read('sudo npm install a', '.', env)).toThrow(/takes away/);
    for (const line of ['env -i npm install a', 'sudo npm install a', 'env - go get a.example/b', 'doas cargo fetch']) {
      expect(() => read(line)).toThrow(/takes away/);
    }
    expect(read('sudo -E npm install a')).toMatchObject({ manager: 'npm' });
  });
});
