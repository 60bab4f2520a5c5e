import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { whyNotRun } from '../../src/cli/exec/why-not.ts';
import type { Io } from '../../src/cli/io.ts';
import type { NodeManager } from '../../src/model/dependency.ts';
import { inFolder } from './run.ts';

const silent = { write: () => undefined, isTerminal: false, color: false, columns: 80, unicode: true };
const MANAGERS: readonly (readonly [string, NodeManager])[] = [
  ['package-lock.json', 'npm'],
  ['npm-shrinkwrap.json', 'npm'],
  ['pnpm-lock.yaml', 'pnpm'],
  ['yarn.lock', 'yarn-classic'],
  ['bun.lock', 'bun'],
  ['vlt-lock.json', 'vlt'],
];

/** Why a command line is not run in a folder with these files, of which those with a star were audited. */
function asked(
  line: string | readonly string[],
  files: readonly string[],
  env: Io['env'] = {},
  from = '.',
  yarn: NodeManager = 'yarn-classic',
  omit: readonly string[] = [],
): Promise<string | null> {
  return inFolder((folder) => {
    for (const text of ['package.json', ...files]) {
      const [name = '', content = '{}'] = text.replace(/\*(?==>|$)/, '').split('=>');
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), content);
    }
    const audited = files
      .filter((file) => /\*(?:=>|$)/.test(file))
      .map((file) => file.replace(/\*(?:=>.*)?$/s, ''))
      .map((file) => {
        const manager = MANAGERS.find(([name]) => file.endsWith(name))?.[1] ?? 'npm';
        return { path: join(folder, file), manager: manager === 'yarn-classic' ? yarn : manager };
      });
    const io = { cwd: join(folder, from), env: { HOME: folder, ...env }, stdout: silent, stderr: silent };
    return whyNotRun(typeof line === 'string' ? line.split(' ') : line, audited, io, omit);
  });
}

describe('what installs from the audited lockfile is run', () => {
  it.each([
    ['npm ci', 'package-lock.json*'],
    ['npm install', 'package-lock.json*'],
    ['npm --loglevel silent i --omit dev --ignore-scripts', 'package-lock.json*'],
    ['/usr/bin/npm cit', 'package-lock.json*'],
    ['npm ci', 'npm-shrinkwrap.json*'],
    ['npm install --package-lock true', 'package-lock.json*'],
    ['npm install --no-no-package-lock --color=always --save=false', 'package-lock.json*'],
    ['npm install --call x -ddd -sl --all', 'package-lock.json*'],
    ['bun install -p --omit dev', 'bun.lock*'],
    ['env CI=1 npm ci', 'package-lock.json*'],
    ['npx npm@10 ci', 'package-lock.json*'],
    ['npm exec -- pnpm install --frozen-lockfile', 'pnpm-lock.yaml*'],
    ['corepack pnpm@9.1.0 install', 'pnpm-lock.yaml*'],
    ['pnpm --filter app install --frozen-lockfile', 'pnpm-lock.yaml*'],
    ['pnpm recursive install', 'pnpm-lock.yaml*'],
    ['pnpm fetch', 'pnpm-lock.yaml*'],
    ['yarn', 'yarn.lock*'],
    ['yarn --frozen-lockfile', 'yarn.lock*'],
    ['yarn install --immutable --mode skip-build', 'yarn.lock*'],
    ['node .yarn/releases/yarn-4.1.0.cjs install', 'yarn.lock*'],
    ['yarn workspaces focus --all', 'yarn.lock*'],
    ['bun install --frozen-lockfile', 'bun.lock*'],
    ['vlt ci', 'vlt-lock.json*'],
  ])('%s', async (line, lockfile) => {
    expect(await asked(line, [lockfile])).toBeNull();
  });

  it('by npm in a workspace, which installs from the root', async () => {
    const root = `package.json=>${JSON.stringify({ workspaces: ['packages/*'] })}`;
    const files = [root, 'packages/a/package.json', 'packages/a/package-lock.json', 'package-lock.json*'];
    expect(await asked('npm ci', files, {}, 'packages/a')).toBeNull();
    expect(await asked('npm ci --prefix ../..', files, {}, 'packages/a')).toBeNull();
    expect(await asked('npm ci --prefix .', files, {}, 'packages/a')).toMatch(
      /installs from package-lock\.json|packages/,
    );
  });
});

describe('what installs nothing that can be seen is run', () => {
  it.each([
    ['node build.js'],
    ['make'],
    ['sh build.sh'],
    ['npm run build -- --global add x'],
    ['npm test'],
    ['npm'],
    ['npm audit signatures'],
    ['npm rebuild'],
    ['npm pack ./packages/a'],
    ['npm publish ../dist/a-1.0.0.tgz'],
    ['npm cache verify'],
    ['npx --no-install tsc'],
    ['npx tsc --noEmit'],
    ['pnpm build'],
    ['pnpm exec tsc'],
    ['yarn build'],
    ['yarn workspace app build'],
    ['yarn workspaces foreach run build'],
    ['bun run build'],
    ['bun test.ts'],
    ['vlt run build'],
    ['npmx install'],
  ])('%s', async (line) => {
    const manifest = 'package.json=>{"scripts":{"build":"make"}}';
    expect(await asked(line, [manifest, 'package-lock.json*', 'node_modules/.bin/tsc'])).toBeNull();
  });

  it('but not a word that is no command of the package manager, and no script of the project', async () => {
    for (const line of ['pnpm new-command', 'yarn new-command', 'bun new-command', 'vlt new-command']) {
      expect(await asked(line, ['package-lock.json*']), line).toMatch(/neither a command of \w+ that assay knows/);
    }
    expect(await asked('pnpm tsc', ['pnpm-lock.yaml*', 'node_modules/.bin/tsc'])).toBeNull();
    expect(await asked('pnpm --filter app build', ['pnpm-lock.yaml*'])).toBeNull();
  });
});

describe('what installs from elsewhere is not run', () => {
  it.each([
    'npm pack git+https://h.example/a/b',
    'npm pack a@1.0.0',
    'npm publish a/b',
    'npm diff --diff=git+https://h.example/a/b',
    'npm explore a -- npm install b',
    'npm cache add a/b',
  ])('as it fetches, and may build, what no lockfile names: %s', async (line) => {
    expect(await asked(line, ['package-lock.json*'])).toMatch(/^npm .* may install what no lockfile names yet/);
  });

  it.each([
    [
      'npm ci',
      ['npm-shrinkwrap.json', 'package-lock.json*'],
      /npm ci installs from \S*npm-shrinkwrap\.json, which was not/,
    ],
    ['yarn install', ['yarn.lock', 'package-lock.json*'], /installs from \S*yarn\.lock, which was not audited/],
    ['pnpm i', ['package-lock.json*'], /pnpm i finds no lockfile here and would resolve everything anew/],
    ['bun install', ['bun.lockb', 'package-lock.json*'], /installs from \S*bun\.lockb/],
    ['npm --prefix docs ci', ['docs/package-lock.json', 'package-lock.json*'], /docs\/package-lock\.json/],
    ['npm -C docs ci', ['docs/package.json', 'package-lock.json*'], /npm ci finds no lockfile in \S*docs/],
    ['pnpm -C docs install', ['docs/pnpm-lock.yaml', 'pnpm-lock.yaml*'], /docs\/pnpm-lock\.yaml/],
    ['pnpm --dir=docs install', ['docs/pnpm-lock.yaml', 'pnpm-lock.yaml*'], /docs\/pnpm-lock\.yaml/],
    ['yarn --cwd docs', ['docs/package.json', 'docs/yarn.lock', 'yarn.lock*'], /docs\/yarn\.lock/],
    ['bun install --cwd=docs', ['docs/package.json', 'docs/bun.lock', 'bun.lock*'], /docs\/bun\.lock/],
    ['env A=b npx -y pnpm@8 install', ['pnpm-lock.yaml', 'package-lock.json*'], /pnpm-lock\.yaml/],
  ])('another lockfile or folder: %s', async (line, files, why) => {
    expect(await asked(line, files)).toMatch(why);
  });

  it.each([
    ['npm install left-pad', 'package-lock.json*'],
    ['timeout 60 npm i left-pad', 'package-lock.json*'],
    ['nice -n 5 npm i --no-save left-pad', 'package-lock.json*'],
    ['env -u FOO npm i left-pad', 'package-lock.json*'],
    ['node --no-warnings /usr/lib/npm-cli.js i left-pad', 'package-lock.json*'],
    ['npm --no-shrink install', 'package-lock.json*'],
    ['npm i --save-dev left-pad', 'package-lock.json*'],
    ['npm update', 'package-lock.json*'],
    ['npm udp', 'package-lock.json*'],
    ['npm audit fix', 'package-lock.json*'],
    ['npm init vite', 'package-lock.json*'],
    ['npm --unknown ci', 'package-lock.json'],
    ['npx create-vite', 'package-lock.json*'],
    ['npx -p typescript tsc', 'package-lock.json*'],
    ['npm exec create-vite', 'package-lock.json*'],
    ['pnpm add left-pad', 'pnpm-lock.yaml*'],
    ['pnpm install left-pad', 'pnpm-lock.yaml*'],
    ['pnpm -r update', 'pnpm-lock.yaml*'],
    ['pnpm dlx create-vite', 'pnpm-lock.yaml*'],
    ['yarn add left-pad', 'yarn.lock*'],
    ['yarn workspace app add left-pad', 'yarn.lock*'],
    ['yarn up left-pad', 'yarn.lock*'],
    ['yarn dlx create-vite', 'yarn.lock*'],
    ['bun add left-pad', 'bun.lock*'],
    ['bunx create-vite', 'bun.lock*'],
    ['vlt install left-pad', 'vlt-lock.json*'],
    ['npm install -p left-pad', 'package-lock.json*'],
    ['npm install --global=yes', 'package-lock.json*'],
    ['npm install --package-lock=-0', 'package-lock.json*'],
    ['npm install --save=left-pad', 'package-lock.json*'],
    ['npm install --no-registry left-pad', 'package-lock.json*'],
    ['bun install -p left-pad', 'bun.lock*'],
  ])('no lockfile: %s', async (line, lockfile) => {
    expect(await asked(line, [lockfile])).not.toBeNull();
  });

  it.each([
    ['npm install --no-package-lock', 'package-lock.json*', {}],
    ['npm install --package-lock=false', 'package-lock.json*', {}],
    ['npm install --package-lock false', 'package-lock.json*', {}],
    ['npm install --no-shrinkwrap', 'package-lock.json*', {}],
    ['npm install -g', 'package-lock.json*', {}],
    ['npm install --location=global', 'package-lock.json*', {}],
    ['npm install', 'package-lock.json*', { NPM_CONFIG_PACKAGE_LOCK: 'false' }],
    ['env npm_config_package_lock=false npm install', 'package-lock.json*', {}],
    ['pnpm install --no-lockfile', 'pnpm-lock.yaml*', {}],
    ['pnpm install --config.lockfile=false', 'pnpm-lock.yaml*', {}],
    ['pnpm install --lockfile-dir docs', 'pnpm-lock.yaml*', {}],
    ['pnpm install', 'pnpm-lock.yaml*', { pnpm_config_lockfile: 'false' }],
    ['yarn install --no-lockfile', 'yarn.lock*', {}],
    ['npm install --No-package-lock', 'package-lock.json*', {}],
    ['npm install --no-no-no-package-lock', 'package-lock.json*', {}],
    ['npm install -gd', 'package-lock.json*', {}],
    ['npm install -dL global', 'package-lock.json*', {}],
    ['npm install', 'package-lock.json*', { npm_config_package_lock: '0x0' }],
    ['pnpm install --no-no-no-lockfile', 'pnpm-lock.yaml*', {}],
    ['bun install', 'bun.lock*', { BUN_CONFIG_SKIP_LOAD_LOCKFILE: '1' }],
    ['bun install', 'bun.lock*', { BUN_OPTIONS: '--global' }],
    ['env BUN_CONFIG_SKIP_LOAD_LOCKFILE=1 bun install', 'bun.lock*', {}],
  ])('a setting of the user: %s', async (line, lockfile, env) => {
    expect(await asked(line, [lockfile], env)).toMatch(/makes \w+ install not read \S+$/);
  });

  it('whichever folder BUN_OPTIONS names', async () => {
    const files = ['docs/package.json', 'docs/bun.lock', 'bun.lock*'];
    expect(await asked('bun install', files, { BUN_OPTIONS: '--cwd=docs' })).toMatch(/docs\/bun\.lock/);
    expect(await asked('bun install', files, { BUN_OPTIONS: '--smol' })).toBeNull();
    expect(await asked('bun install', files, { BUN_OPTIONS: '--preload ./x.ts' })).toMatch(/did not read/);
  });

  it('the lockfiles of branches that pnpm puts together, where there are some', async () => {
    const env = { npm_config_merge_git_branch_lockfiles: 'true' };
    expect(await asked('pnpm install', ['pnpm-lock.yaml*', 'pnpm-lock-x-yaml'], env)).toMatch(/makes pnpm install not/);
    expect(await asked('pnpm install --merge-git-branch-lockfiles', ['pnpm-lock.yaml*', 'pnpm-lock.x.yaml'])).toMatch(
      /makes pnpm install not/,
    );
    expect(await asked('pnpm install', ['pnpm-lock.yaml*'], env)).toBeNull();
  });

  it.each([
    [{ top: { kit: '1.2.0' } }, 'top'],
    [{ 'kit@^1': 'npm:other@1.0.0' }, 'kit@^1'],
    [{ kit: '1.0.0', '@s/top': { '.': '1.0.0', kit: '1.2.0' } }, '@s/top'],
    [{ '@s/kit@1': '1.0.0' }, '@s/kit@1'],
  ])('what overrides for a part of the tree ask for, which no lockfile of npm records: %j', async (overrides, name) => {
    const files = [`package.json=>${JSON.stringify({ overrides })}`, 'package-lock.json*'];
    for (const verb of ['install', 'i', 'it', 'prune']) {
      expect(await asked(`npm ${verb}`, files)).toContain(`the override of ${name} in package.json`);
    }
    expect(await asked('npm ci', files)).toBeNull();
    expect(await asked('npm cit', files)).toBeNull();
  });

  it('but not what overrides ask for of every package of a name, to which the audit holds the lockfile', async () => {
    const overrides = { kit: '1.2.0', '@s/kit': { '.': '$kit' }, other: 'npm:kit@1.2.0' };
    const files = [`package.json=>${JSON.stringify({ overrides })}`, 'package-lock.json*'];
    expect(await asked('npm install', files)).toBeNull();
  });

  it('the lockfiles of a workspace whose projects have one each, unless all were audited', async () => {
    const unshared = 'pnpm-workspace.yaml=>packages: [packages/*]\nsharedWorkspaceLockfile: false\n';
    const files = [unshared, 'pnpm-lock.yaml*', 'packages/a/package.json'];
    expect(await asked('pnpm install', [...files, 'packages/a/pnpm-lock.yaml'])).toMatch(
      /packages\/a\/pnpm-lock\.yaml, which was not audited/,
    );
    expect(await asked('pnpm install', [...files, 'packages/a/pnpm-lock.yaml*'])).toBeNull();
  });
});

describe('what installs other bytes than the hashes of the audited lockfile name is not run', () => {
  it.each([
    ['bun install --no-verify', 'bun.lock*', {}],
    ['yarn install --update-checksums', 'yarn.lock*', {}],
    ['pnpm install --update-checksums', 'pnpm-lock.yaml*', {}],
    ['pnpm install --store-dir ./store', 'pnpm-lock.yaml*', {}],
    ['pnpm install', 'pnpm-lock.yaml*', { npm_config_store_dir: './store' }],
    ['yarn install --cache-folder store', 'yarn.lock*', {}],
    ['bun install --cache-dir=store', 'bun.lock*', {}],
    ['bun install', 'bun.lock*', { BUN_CONFIG_NO_VERIFY: '1' }],
    ['bun install', 'bun.lock*', { BUN_OPTIONS: '--no-verify' }],
    ['bun install', 'bun.lock*', { BUN_INSTALL_CACHE_DIR: './store' }],
    ['env BUN_OPTIONS=--no-verify bun install', 'bun.lock*', {}],
    ['yarn install', 'yarn.lock*', { YARN_CACHE_FOLDER: './store' }],
  ])('%s', async (line, lockfile, env) => {
    expect(await asked(line, [lockfile, 'store/x'], env)).toMatch(
      /install install bytes.*not compared with the hashes$/,
    );
  });

  it.each([
    ['pnpm install --store-dir /tmp/elsewhere', 'pnpm-lock.yaml*'],
    ['pnpm install --store-dir empty', 'pnpm-lock.yaml*'],
    ['npm ci --cache store', 'package-lock.json*'],
    ['bun install --verify', 'bun.lock*'],
  ])('unlike %s', async (line, lockfile) => {
    expect(await asked(line, [lockfile, 'store/x'])).toBeNull();
  });
});

describe('archives that Yarn makes under another key than the lockfile has are not compared with it', () => {
  const LOCKED = 'yarn.lock*=>__metadata:\n  version: 8\n  cacheKey: 10c0\n';

  it.each([
    [
      'yarn install',
      { YARN_COMPRESSION_LEVEL: '3' },
      [],
      /compression-level=3 of YARN_COMPRESSION_LEVEL makes yarn install/,
    ],
    ['env YARN_COMPRESSION_LEVEL=mixed yarn', {}, [], /makes yarn install bytes that are not compared/],
    ['yarn', { YARN_CACHE_VERSION_OVERRIDE: '9' }, [], /not compared with the hashes/],
    ['yarn', { YARN_COMPRESSION_LEVEL: '0' }, [], null],
    // The variable is stronger than a file.
    ['yarn', { YARN_COMPRESSION_LEVEL: '0' }, ['.yarnrc.yml=>compressionLevel: 3\n'], null],
  ])('%s with %j', async (line, env, files, why) => {
    const said = await inYarn4(line, [LOCKED, ...files], env);
    if (why === null) expect(said).toBeNull();
    else expect(said).toMatch(why);
  });

  /** As `asked`, of Yarn 4. */
  function inYarn4(line: string, files: readonly string[], env: Io['env']): Promise<string | null> {
    return asked(line, files, env, '.', 'yarn');
  }
});

describe('an option that no table has, which npm may take for one that begins alike, is not taken', () => {
  it.each([
    ['npm install --no-no-no-shrink', 'shrink'],
    ['npm --userc ./evilrc ci', 'userc'],
    ['npm ci --globalc evilrc', 'globalc'],
    ['npm --prefi docs ci', 'prefi'],
    ['npm --prefi docs run ci', 'prefi'],
    ['npm i --locat=global', 'locat'],
    ['npm ci --some-binary-host=https://x.example', 'some-binary-host'],
    ['npm --unknown ci', 'unknown'],
    ['pnpm install --fix-lockfile', 'fix-lockfile'],
    ['bun install --trust', 'trust'],
    ['yarn install --refresh-lockfile', 'refresh-lockfile'],
    ['vlt install --new-option', 'new-option'],
  ])('%s', async (line, option) => {
    const lockfiles = ['package-lock.json*', 'pnpm-lock.yaml*', 'bun.lock*', 'yarn.lock*', 'vlt-lock.json*'];
    expect(await asked(line, lockfiles)).toContain(`is given --${option}, with which`);
  });
});

describe('a configuration or code that only the command line names is not taken', () => {
  it.each([
    ['npm install --userconfig=./evilrc', 'package-lock.json*'],
    ['npm install --userconfig evilrc', 'package-lock.json*'],
    ['npm ci --globalconfig=./evilrc', 'package-lock.json*'],
    ['npm ci --script-shell=./sh', 'package-lock.json*'],
    ['npm ci --make=../../mk.sh', 'package-lock.json*'],
    ['npx --userconfig=./evilrc npm ci', 'package-lock.json*'],
    ['env npm_config_userconfig=./evilrc npm ci', 'package-lock.json*'],
    ['env NPM_CONFIG_GLOBALCONFIG=./evilrc npm ci', 'package-lock.json*'],
    ['pnpm install --frozen-lockfile --global-pnpmfile=./e.cjs', 'pnpm-lock.yaml*'],
    ['pnpm install --global-pnpmfile ./e.cjs', 'pnpm-lock.yaml*'],
    ['pnpm --pnpmfile=e.cjs install', 'pnpm-lock.yaml*'],
    ['pnpm install --config.pnpmfile=e.cjs', 'pnpm-lock.yaml*'],
    ['pnpm install --config.globalPnpmfile=./e.cjs', 'pnpm-lock.yaml*'],
    ['pnpm install --config.userconfig=./evilrc', 'pnpm-lock.yaml*'],
    ['env pnpm_config_global_pnpmfile=./e.cjs pnpm install', 'pnpm-lock.yaml*'],
    ['env NODE_OPTIONS=--require=./e.cjs npm ci', 'package-lock.json*'],
    ['env LD_PRELOAD=./x.so npm ci', 'package-lock.json*'],
    ['env BASH_ENV=evilrc yarn install', 'yarn.lock*'],
    ['env npm_config_node_gyp=./e.cjs bun install', 'bun.lock*'],
    ['yarn install --use-yarnrc ./evilrc', 'yarn.lock*'],
    ['yarn --use-yarnrc=evilrc', 'yarn.lock*'],
    ['bun install --config=./evil.toml', 'bun.lock*'],
    ['bun -c evil.toml install', 'bun.lock*'],
    ['bun install --env-file=evil.env', 'bun.lock*'],
    ['bun --preload ./x.ts install', 'bun.lock*'],
  ])('%s', async (line, lockfile) => {
    const why = await asked(line, [lockfile, 'evilrc', 'e.cjs', 'evil.toml', 'evil.env']);
    expect(why).toMatch(/ of the command is a configuration that the audit did not read: [^\n]*$/);
  });

  it.each([
    ['env NODE_OPTIONS=--max-old-space-size=4096 NODE_ENV=test PYTHONPATH=src npm ci', 'package-lock.json*'],
    ['env LD_PRELOAD=/usr/lib/libjemalloc.so pnpm install', 'pnpm-lock.yaml*'],
    ['npm ci --userconfig=.npmrc', 'package-lock.json*'],
    ['npm ci --userconfig /dev/null', 'package-lock.json*'],
    ['npm ci --script-shell=bash', 'package-lock.json*'],
    ['npm ci --script-shell=/bin/bash', 'package-lock.json*'],
    ['npm ci --registry=https://mirror.test/', 'package-lock.json*'],
    ['npm run build --userconfig=./evilrc', 'package-lock.json*'],
    ['env npm_config_loglevel=silent npm ci', 'package-lock.json*'],
    ['pnpm install --pnpmfile=.pnpmfile.cjs', 'pnpm-lock.yaml*'],
    ['pnpm install --ignore-pnpmfile --config.node-linker=hoisted', 'pnpm-lock.yaml*'],
    ['yarn install --use-yarnrc .yarnrc', 'yarn.lock*'],
    ['bun install --config=bunfig.toml', 'bun.lock*'],
    ['bun install --config=./bunfig.toml --env-file=.env', 'bun.lock*'],
  ])('unlike %s', async (line, lockfile) => {
    const files = ['.npmrc=>x=1', '.yarnrc=>x 1', 'bunfig.toml=>a=1', '.env=>A=1', 'evilrc'];
    expect(await asked(line, [lockfile, ...files])).toBeNull();
  });
});

describe('what a shell is told is taken apart', () => {
  const DOCS = ['docs/package.json', 'docs/package-lock.json', 'package-lock.json*'];

  it.each([
    'npm ci',
    'npm ci && npm run build',
    'set -e; npm ci --ignore-scripts\nnpm test',
    'cd . && npm ci > log 2>&1',
    '(cd docs && make) && npm ci',
    'cd docs && make; cd .. && npm ci',
    'npm ci # then npm i left-pad',
    'echo "npm i left-pad"',
    "echo '>' && npm ci",
    'FOO="a;b" npm ci',
  ])('%j is run', async (text) => {
    expect(await asked(['sh', '-c', text], DOCS)).toBeNull();
    expect(await asked(['env', 'CI=1', 'bash', '-ec', text], DOCS)).toBeNull();
  });

  it.each([
    'cd docs && npm ci',
    'cd "docs"; npm ci',
    'pushd docs\nnpm ci',
    'cd $DIR && npm ci',
    '(cd docs; npm ci)',
    'npm ci; npm i left-pad',
    'npm ci || npm i left-pad',
    'echo `npm i left-pad`',
    'echo "$(npm i left-pad)"',
    'if true; then npm i left-pad; fi',
    '{ npm i left-pad; }',
    '"npm" i left-pad',
    "echo '>' ; npm i left-pad",
    'n\\pm i left-pad',
    'npm_config_package_lock=false npm install',
    'export npm_config_package_lock=false; npm install',
    'timeout 60 npm i left-pad >log',
    'npx create-vite',
    'bash -c "npm i left-pad"',
  ])('%j is not run', async (text) => {
    expect(await asked(['sh', '-c', text], DOCS)).not.toBeNull();
    expect(await asked(['nice', 'bash', '-lc', text], DOCS)).not.toBeNull();
  });
});

describe('a folder that a program is told before the package manager counts', () => {
  it.each([
    'env -C docs npm ci',
    'env --chdir=docs npm ci',
    'env -Cdocs npm ci',
    'sudo -D docs npm ci',
    'npx --prefix docs npm ci',
  ])('%s', async (line) => {
    expect(await asked(line, ['docs/package.json', 'docs/package-lock.json', 'package-lock.json*'])).toMatch(/docs/);
    expect(await asked(line.replace(/docs/, '.'), ['package-lock.json*'])).toBeNull();
  });

  it.each([
    ['yarn ./docs install', 'yarn.lock'],
    ['corepack pnpm -C docs i', 'pnpm-lock.yaml'],
  ])('%s', async (line, name) => {
    expect(await asked(line, ['docs/package.json', `docs/${name}`, `${name}*`])).toMatch(/docs/);
  });

  it.each([
    ['corepack use pnpm@9', 'pnpm-lock.yaml*'],
    ['yarn install --flat', 'yarn.lock*'],
    ['yarn init -2', 'yarn.lock*'],
  ])('and not: %s', async (line, lockfile) => {
    expect(await asked(line, [lockfile])).not.toBeNull();
  });

  it.each([
    ['npm ci --os linux --cpu x64 --audit-level high', 'package-lock.json*'],
    ['npm ci --workspaces=false', 'package-lock.json*'],
    ['pnpm i --public-hoist-pattern types', 'pnpm-lock.yaml*'],
    ['corepack enable', 'pnpm-lock.yaml*'],
  ])('and as it is: %s', async (line, lockfile) => {
    expect(await asked(line, [lockfile])).toBeNull();
  });
});

describe('options of assay after --', () => {
  it('are named as such, and no word of the command is dropped', async () => {
    const files = ['package-lock.json*'];
    expect(await asked('npm ci --trusted-root r --registry-keys k', files)).toBe(
      '--trusted-root is an option of assay, and after -- it is given to npm: assay exec --trusted-root ... -- npm ci',
    );
    expect(await asked('npm ci --reverify', files)).toContain('--reverify is an option of assay');
    expect(await asked('npm install --save-dev x --loglevel silent', files)).toBe(
      'npm install --save-dev x --loglevel silent may install what no lockfile names yet: run it by itself, then audit what it locked',
    );
  });

  it('are left to whatever else has such options', async () => {
    const files = ['package-lock.json*'];
    for (const line of ['npm ci', 'npm run build -- --enforce all', 'npm run build --enforce all', 'make --policy x'])
      expect(await asked(line, files), line).toBeNull();
  });
});

describe('what the audit left out by --omit', () => {
  const askedOmitting = (line: string, file: string, kind: string): Promise<string | null> =>
    asked(line, [`${file}*`], {}, '.', 'yarn-classic', [kind]);

  it.each([
    ['npm ci --omit=dev', 'package-lock.json', 'dev'],
    ['npm ci --omit optional --omit dev', 'package-lock.json', 'dev'],
    ['npm ci --production', 'package-lock.json', 'dev'],
    ['npm ci --no-optional', 'package-lock.json', 'optional'],
    ['pnpm install --prod --frozen-lockfile', 'pnpm-lock.yaml', 'dev'],
    ['pnpm install -P', 'pnpm-lock.yaml', 'dev'],
    ['pnpm install --no-optional', 'pnpm-lock.yaml', 'optional'],
    ['yarn install --production', 'yarn.lock', 'dev'],
    ['yarn install --ignore-optional', 'yarn.lock', 'optional'],
    ['bun install --omit peer', 'bun.lock', 'peer'],
    ['bun install -p', 'bun.lock', 'dev'],
    ['npm run build', 'package-lock.json', 'dev'],
  ])('is not installed by %s', async (line, file, kind) => {
    expect(await askedOmitting(line, file, kind)).toBeNull();
  });

  it.each([
    ['npm ci', 'package-lock.json', 'dev'],
    ['npm ci --omit=optional', 'package-lock.json', 'dev'],
    ['npm ci --omit=dev --include=dev', 'package-lock.json', 'dev'],
    ['npm ci --production=false', 'package-lock.json', 'dev'],
    ['npm ci --omit=dev', 'package-lock.json', 'peer'],
    ['npm ci --optional', 'package-lock.json', 'optional'],
    ['pnpm install --prod --dev', 'pnpm-lock.yaml', 'dev'],
    ['pnpm install --prod', 'pnpm-lock.yaml', 'optional'],
    ['yarn install --no-production', 'yarn.lock', 'dev'],
    ['bun install', 'bun.lock', 'dev'],
    ['vlt install --omit=dev', 'vlt-lock.json', 'dev'],
    ['env CI=1 npm ci', 'package-lock.json', 'dev'],
  ])('may be installed by %s', async (line, file, kind) => {
    expect(await askedOmitting(line, file, kind)).toContain(`leave out ${kind} dependencies`);
  });
});
