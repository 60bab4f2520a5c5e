import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { notUsed } from '../../src/cli/project/not-used.ts';
import type { NodeManager } from '../../src/model/dependency.ts';
import { inFolder, start } from '../cli/run.ts';
import { fromRegistry, notToBeHad } from './real.ts';

const silent = { write: () => true, isTerminal: false, color: false, columns: 80, unicode: true };
const NAMES: Readonly<Record<NodeManager, string>> = {
  npm: 'package-lock.json',
  pnpm: 'pnpm-lock.yaml',
  yarn: 'yarn.lock',
  'yarn-classic': 'yarn.lock',
  bun: 'bun.lock',
  vlt: 'vlt-lock.json',
};

/** What is said of other code where a project has these files: kind and origin, and what names it. */
function said(
  manager: NodeManager,
  files: Readonly<Record<string, string>>,
  manifest = '{}',
  dependencies: readonly object[] = [],
): Promise<readonly string[]> {
  return inFolder(async (folder) => {
    mkdirSync(join(folder, '.git'));
    for (const [file, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      writeFileSync(join(folder, file), text);
    }
    const file = NAMES[manager];
    const lockfile = {
      ecosystem: 'npm',
      manager,
      file,
      format: '',
      dependencies,
      skipped: [],
      entries: 0,
    } as never;
    const io = { cwd: folder, env: { HOME: join(folder, '../home') }, stdout: silent, stderr: silent };
    const found = await notUsed(join(folder, file), lockfile, new Map([['', manifest]]), io);
    return found.flatMap(({ finding: { code, kind, args } }) =>
      code === 'lockfile-other-code' && 'code' in args ? [`${kind} ${args.code} ${args.by}`] : [],
    );
  });
}

describe('code that runs in an installation and stands in no lockfile is named', () => {
  it.each([
    ['npm', '.npmrc', 'script-shell=./tools/sh', 'anomaly repository script-shell=./tools/sh of .npmrc'],
    ['npm', '.npmrc', 'node-options=--require ./x.js', 'anomaly repository node-options=--require ./x.js of .npmrc'],
    ['npm', '.npmrc', 'node-options=--max-old-space-size=1 --import=x', /^anomaly repository node-options/],
    ['npm', '.npmrc', 'git=tools/git', 'anomaly repository git=tools/git of .npmrc'],
    ['npm', '.npmrc', 'sass_binary_site=https://mirror.test/', /^anomaly fetched sass_binary_site/],
    ['npm', '.npmrc', 'electron_mirror=https://mirror.test/', /^anomaly fetched electron_mirror/],
    ['npm', '.npm-extension.mjs', 'export default {}', 'anomaly repository .npm-extension.mjs'],
    ['npm', '.npmrc', 'extension-file=tools/x.mjs', /^anomaly repository extension-file/],
    ['pnpm', 'pnpm-workspace.yaml', 'scriptShell: ./tools/sh', /^anomaly repository scriptShell/],
    ['pnpm', 'pnpm-workspace.yaml', 'useNodeVersion: 22.0.0', /^note fetched useNodeVersion/],
    [
      'pnpm',
      'pnpm-workspace.yaml',
      'useNodeVersion: 22.0.0\nnodeDownloadMirrors:\n  release: https://mirror.test/',
      /^anomaly fetched useNodeVersion/,
    ],
    ['pnpm', '.npmrc', 'use-node-version=22.0.0\nnode-mirror:release=https://m.test/', /^anomaly fetched use-node/],
    ['pnpm', 'pnpm-workspace.yaml', 'pnpmfile: tools/hooks.cjs', /^anomaly repository pnpmfile/],
    ['pnpm', 'pnpm-workspace.yaml', 'pnpmfile: [./hooks.cjs]', /^anomaly repository pnpmfile=\["/],
    ['pnpm', 'pnpm-workspace.yaml', 'pnpmfile: [.pnpmfile.cjs, ./hooks.cjs]', /^anomaly repository pnpmfile/],
    ['pnpm', 'pnpm-workspace.yaml', 'pnpmfile: [.pnpmfile.cjs]', /^note repository pnpmfile/],
    ['pnpm', 'pnpm-workspace.yaml', 'globalPnpmfile: ./hooks.cjs', /^anomaly repository globalPnpmfile/],
    ['pnpm', '.npmrc', 'global-pnpmfile=./hooks.cjs', /^anomaly repository global-pnpmfile/],
    ['pnpm', '.npmrc', 'pnpmfile[]=./hooks.cjs', /^anomaly repository pnpmfile/],
    ['npm', '.npmrc', 'script-shell[]=bash\nscript-shell[]=./sh', /^anomaly repository script-shell/],
    ['npm', '.npmrc', 'make=../../mk.sh', /^anomaly repository make/],
    ['npm', '.npmrc', 'script-shell=../../sh', /^anomaly repository script-shell/],
    ['npm', '.npmrc', 'nodedir=./headers', /^anomaly repository nodedir/],
    ['npm', '.npmrc', 'nodedir=..', /^anomaly repository nodedir/],
    ['npm', '.npmrc', 'devdir=.\\headers', /^anomaly repository devdir/],
    ['npm', '.npmrc', 'directory=../../addon', /^anomaly repository directory/],
    ['npm', '.npmrc', 'tarball=../../headers.tgz', /^anomaly repository tarball/],
    ['npm', '.npmrc', 'tarball=https://host.test/headers.tgz', /^anomaly fetched tarball/],
    ['npm', '.npmrc', 'sharp_local_prebuilds=../../prebuilds', /^anomaly repository sharp_local_prebuilds/],
    ['npm', '.npmrc', 'platform=/../../../evil/evil', /^anomaly fetched platform/],
    ['npm', '.npmrc', 'chromedriver_cdnurl=https://mirror.test/', /^anomaly fetched chromedriver_cdnurl/],
    ['npm', '.npmrc', 'x-anything=https://mirror.test/', /^anomaly fetched x-anything/],
    ['pnpm', '.npmrc', 'make=../../mk.sh', /^anomaly repository make/],
    ['yarn-classic', '.npmrc', 'make=../../mk.sh', /^anomaly repository make/],
    ['yarn-classic', '.npmrc', 'sass_binary_site=https://mirror.test/', /^anomaly fetched sass_binary_site/],
    ['bun', 'bunfig.toml', '[install.security]\nscanner="./scan.ts"', /^anomaly repository install\.security\.scanner/],
    ['bun', 'bunfig.toml', 'install.security.scanner="not-locked"', /^anomaly repository install\.security\.scanner/],
    ['yarn', '.yarnrc.yml', 'yarnPath: .yarn/releases/yarn-4.1.0.cjs', /^note repository yarnPath/],
    ['yarn', '.yarnrc.yml', 'yarnPath: tools/yarn.cjs', /^anomaly repository yarnPath/],
    ['yarn', '.yarnrc.yml', 'yarnPath: .yarn/releases/../../x/yarn-1.cjs', /^anomaly repository yarnPath/],
    [
      'yarn',
      '.yarnrc.yml',
      'plugins:\n  - path: .yarn/plugins/@yarnpkg/plugin-x.cjs\n    spec: x',
      /^note repository plugin=/,
    ],
    ['yarn', '.yarnrc.yml', 'plugins:\n  - ./tools/plugin.js', /^anomaly repository plugin=/],
    ['yarn', '.env.yarn', 'NODE_OPTIONS=--require ./x.js', /^anomaly repository NODE_OPTIONS/],
    ['yarn-classic', '.yarnrc', 'yarn-path ".yarn/releases/yarn-1.22.22.cjs"', /^note repository yarn-path/],
    ['yarn-classic', '.yarnrc', 'yarn-path "x/yarn.js"', /^anomaly repository yarn-path/],
    ['yarn-classic', '.npmrc', 'script-shell=./sh', /^anomaly repository script-shell/],
    ['bun', '.env', 'NODE_OPTIONS="-r ./x.js"', /^anomaly repository NODE_OPTIONS/],
    ['bun', '.env', 'LD_PRELOAD=./x.so', 'anomaly repository LD_PRELOAD=./x.so of .env'],
    ['bun', '.env.production', 'LD_PRELOAD=/usr/lib/a.so:../../x.so', /^anomaly repository LD_PRELOAD/],
    ['bun', '.env', 'BASH_ENV=evil.sh', /^anomaly repository BASH_ENV/],
    ['bun', '.env', 'LD_LIBRARY_PATH=lib', /^anomaly repository LD_LIBRARY_PATH/],
    ['bun', '.env', 'DYLD_INSERT_LIBRARIES=./x.dylib', /^anomaly repository DYLD_/],
    ['bun', '.env', 'NODE_PATH=./lib', /^anomaly repository NODE_PATH/],
    ['bun', '.env', 'LD_PRELOAD="${PWD}/x.so"', /^anomaly repository LD_PRELOAD/],
    ['bun', '.env', 'npm_config_kit_binary_host=http://host.test/', /^anomaly fetched npm_config_kit_binary_host/],
    ['bun', '.env', 'npm_config_script_shell=./sh', /^anomaly repository npm_config_script_shell/],
    ['bun', '.env', 'PYTHONPATH=../../tools', /^anomaly repository PYTHONPATH/],
    ['bun', '.env', 'PYTHONSTARTUP=x.py', /^anomaly repository PYTHONSTARTUP/],
    ['bun', '.env', 'GIT_SSH_COMMAND=tools/ssh', /^anomaly repository GIT_SSH_COMMAND/],
    ['bun', '.env', 'GIT_CONFIG_PARAMETERS="\'core.pager=x\'"', /^anomaly repository GIT_CONFIG_PARAMETERS/],
    ['bun', '.env', 'BUN_OPTIONS="--smol --preload=./x.js"', /^anomaly repository BUN_OPTIONS/],
    ['bun', '.env', 'CC="cc -B ./x ../../cc"', /^anomaly repository CC/],
    ['bun', '.env', 'CFLAGS="-O2 -fplugin=x"', /^anomaly repository CFLAGS/],
    ['bun', '.env', 'MAKEFLAGS=--eval=x', /^anomaly repository MAKEFLAGS/],
    ['bun', '.env', 'SENTRYCLI_CDNURL=x\nELECTRON_MIRROR=https://m.test/', /^anomaly fetched ELECTRON_MIRROR/],
    ['bun', '.env', 'ESBUILD_BINARY_PATH=./esbuild', /^anomaly repository ESBUILD_BINARY_PATH/],
    ['yarn', '.env.yarn', 'LD_PRELOAD=./x.so', /^anomaly repository LD_PRELOAD/],
    ['yarn', '.env.yarn', 'BASH_ENV=./x.sh', /^anomaly repository BASH_ENV/],
    ['yarn', '.env.yarn', 'PATH=./bin', /^anomaly repository PATH/],
    ['yarn', '.env.yarn', 'npm_config_node_gyp=./gyp.js', /^anomaly repository npm_config_node_gyp/],
    ['npm', '.corepack.env', 'COREPACK_NPM_REGISTRY=https://m.test', /^anomaly fetched COREPACK_NPM_REGISTRY/],
  ] as const)('%s: %s with %s', async (manager, file, text, expected) => {
    const [first, ...others] = await said(manager, { [file]: `${text}\n` });
    expect(others).toEqual([]);
    expect(first).toMatch(expected);
  });

  it('a package manager that package.json names by its address', async () => {
    const manifest = '{"packageManager": "yarn@https://host.test/yarn.js"}';
    expect(await said('yarn', {}, manifest)).toEqual([
      'anomaly fetched "packageManager": "yarn@https://host.test/yarn.js" of package.json',
    ]);
    expect(await said('yarn', {}, '{"packageManager": "yarn@4.1.0+sha224.ab"}')).toEqual([]);
  });
});

describe('what names a program of the machine, or nothing that runs, is not named', () => {
  it.each([
    ['npm', '.npmrc', 'script-shell=bash'],
    ['npm', '.npmrc', 'script-shell=/bin/bash'],
    ['npm', '.npmrc', 'node-options=--max-old-space-size=4096 --no-warnings'],
    ['npm', '.npmrc', 'git=git'],
    ['npm', '.npmrc', 'registry=https://mirror.test/'],
    ['npm', '.npmrc', 'init-module=./init.js'],
    ['pnpm', '.npmrc', 'node-mirror:release=https://mirror.test/'],
    ['pnpm', 'pnpm-workspace.yaml', 'shellEmulator: true\nnodeVersion: 22.0.0'],
    ['pnpm', 'pnpm-workspace.yaml', 'pnpmfile: []'],
    ['pnpm', '.npmrc', 'global-dir=./x\nignore-pnpmfile=true'],
    ['npm', '.npmrc', 'script-shell[]=bash'],
    ['npm', '.npmrc', 'make=gmake\npython=python3\nmsvs_version=2022\njobs=max'],
    ['npm', '.npmrc', 'make=/usr/bin/gmake\ndevdir=/tmp/gyp\nnodedir=/usr\npython=~/bin/python'],
    ['npm', '.npmrc', 'target=22.0.0\nruntime=electron\narch=x64\nplatform=linux\nlibc=musl'],
    ['npm', '.npmrc', 'directory=build\ndownload=true\ncache=./cache'],
    ['npm', '.npmrc', '@s:registry=https://m.test/\n//m.test/:x=https://m.test/\nhttps-proxy=http://p.test/'],
    ['npm', '.npmrc', 'proxy=http://p.test/\nnoproxy=https://m.test\ninit.author.url=https://a.test'],
    ['pnpm', 'pnpm-workspace.yaml', 'registries:\n  default: https://m.test/\noverrides:\n  a: https://m.test/a.tgz'],
    ['yarn-classic', '.npmrc', 'registry=https://m.test/\nlockfile=false\nmake=make'],
    ['bun', 'bunfig.toml', 'preload=["./x.ts"]\n[run]\nshell="bun"\n[install]\nexact=true'],
    ['yarn', '.yarnrc.yml', 'nodeLinker: node-modules\nplugins: []'],
    ['yarn', '.env.yarn', 'NODE_ENV=test'],
    ['bun', '.env', 'NODE_OPTIONS=--enable-source-maps'],
    ['bun', '.env', 'ENV=production\nDATABASE_URL=postgres://h/d\nAPI_URL=https://a.test\nDATA_DIR=./data\nPORT=1'],
    ['bun', '.env', 'PYTHONPATH=src\nPYTHONUNBUFFERED=1\nGIT_SHA=a/b\nGIT_TOKEN=x\nSHELL=/bin/bash'],
    ['bun', '.env', 'LD_PRELOAD=/usr/lib/libjemalloc.so.2\nLD_LIBRARY_PATH=/opt/lib:/usr/lib\nCC=gcc\nCFLAGS=-O2'],
    ['bun', '.env', 'GIT_SSH_COMMAND="ssh -o StrictHostKeyChecking=no"\nMAKEFLAGS=-j8\nBUN_OPTIONS=--smol'],
    ['bun', '.env', 'npm_config_registry=https://m.test/\nnpm_config_loglevel=warn\nDOWNLOAD_URL=https://a.test/'],
    ['bun', '.env', 'LD_PRELOAD=\nBASH_ENV=\nNODE_PATH=\nnpm_config_yes=true'],
    ['npm', '.env', 'LD_PRELOAD=./x.so'],
    ['pnpm', '.env', 'LD_PRELOAD=./x.so'],
    ['npm', '.corepack.env', 'OTHER=1'],
    ['pnpm', '.npm-extension.mjs', 'export default {}'],
    ['npm', '.npm-extension.md', 'x'],
  ] as const)('%s: %s with %s', async (manager, file, text) => {
    expect(await said(manager, { [file]: `${text}\n` })).toEqual([]);
  });
});

describe('files of variables that .yarnrc.yml names', () => {
  it('are read as the usual one', async () => {
    const named = 'injectEnvironmentFiles: [.env.yarn?, "ci/x.env?", "gone.env?"]\n';
    const loads = { 'ci/x.env': 'NODE_OPTIONS=--require ./x.js\n' };
    expect(await said('yarn', { '.yarnrc.yml': named, ...loads })).toHaveLength(1);
    expect(await said('yarn', { '.yarnrc.yml': named, 'ci/x.env': 'A=1\n' })).toEqual([]);
    expect(await said('yarn', { '.yarnrc.yml': 'nodeLinker: pnp\n', ...loads })).toEqual([]);
  });
});

describe('a scanner of Bun that is a package', () => {
  it('is judged as a dependency where the lockfile locks it from a registry, and is code of the repository elsewhere', async () => {
    const files = { 'bunfig.toml': '[install.security]\nscanner="@s/scan"\n' };
    const locked = (kind: string, alias?: string): object => ({
      name: '@s/scan',
      alias,
      artifacts: [{ file: null, source: { kind } }],
    });
    expect(await said('bun', files, '{}', [locked('registry')])).toEqual([]);
    expect(await said('bun', files, '{}', [locked('file')])).toHaveLength(1);
    expect(await said('bun', files, '{}', [locked('registry', 'other')])).toHaveLength(1);
  });
});

const npm = fromRegistry('npm@10.9.4');
const WITHOUT_NPM = npm === null ? ` (skipped: ${notToBeHad('npm@10.9.4')})` : '';

describe('npm 10 runs what a setting of the project names', () => {
  it.skipIf(npm === null || process.platform === 'win32').each([
    ['script-shell', (folder: string) => `${folder}/shell`],
    ['node-options', (folder: string) => `--require ${folder}/loaded.cjs`],
  ] as const)(`%s${WITHOUT_NPM}`, async (key, value) => {
    await inFolder(async (folder) => {
      const manifest = { name: 'p', version: '1.0.0', scripts: { postinstall: 'node -e 1' } };
      writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
      writeFileSync(join(folder, 'shell'), '#!/bin/sh\ntouch "$INIT_CWD/ran"\nexec sh "$@"\n', { mode: 0o755 });
      writeFileSync(join(folder, 'loaded.cjs'), "require('fs').writeFileSync(process.env.INIT_CWD + '/ran', '')");
      writeFileSync(join(folder, '.npmrc'), `${key}=${value(folder)}\n`);
      const args = [join(npm ?? '', 'bin/npm-cli.js'), 'install', '--no-audit', '--no-fund', '--offline'];
      await start(process.execPath, args, folder, { PATH: process.env['PATH'] ?? '', HOME: folder });
      const { status } = await start('test', ['-f', 'ran'], folder, { PATH: process.env['PATH'] ?? '' });
      expect(status).toBe(0);
    });
  });
});

const yarn = fromRegistry('@yarnpkg/cli-dist@4.18.1');

describe('Yarn 4 writes its pnpShebang into the file that every program of the project loads', () => {
  it.skipIf(yarn === null)(`which runs what is not in its first line`, async () => {
    await inFolder(async (folder) => {
      const code = "require('fs').writeFileSync(process.cwd() + '/ran', '')";
      const setting = `pnpShebang: ${JSON.stringify(`#!/usr/bin/env node\n${code}`)}\n`;
      writeFileSync(join(folder, 'package.json'), '{"name":"p"}');
      writeFileSync(join(folder, 'yarn.lock'), '');
      writeFileSync(join(folder, '.yarnrc.yml'), `${setting}enableTelemetry: false\nnodeLinker: pnp\n`);
      const env = { PATH: process.env['PATH'] ?? '', HOME: folder };
      await start(process.execPath, [join(yarn ?? '', 'bin/yarn.js'), 'install', '--no-immutable'], folder, env);
      await start(process.execPath, ['-r', './.pnp.cjs', '-e', '0'], folder, env);
      expect(existsSync(join(folder, 'ran'))).toBe(true);
      expect(await said('yarn', { '.yarnrc.yml': setting })).toEqual([
        expect.stringMatching(/^anomaly repository pnpShebang/),
      ]);
    });
  });

  it.each([
    ['yarn', '.yarnrc.yml', 'pnpShebang: "require(\'x\') //"', true],
    ['yarn', '.yarnrc.yml', 'pnpShebang: "#!/usr/bin/env node\\u2028evil()"', true],
    ['yarn', '.yarnrc.yml', 'pnpShebang: "#!/usr/bin/env -S node --x"', false],
    ['yarn-classic', '.yarnrc', 'plugnplay-shebang "/usr/bin/env node\\nevil()"', true],
    ['yarn-classic', '.yarnrc', 'plugnplay-shebang "/usr/bin/env node"', false],
  ] as const)('%s: %s with %s: %s', async (manager, file, text, isNamed) => {
    expect((await said(manager, { [file]: `${text}\n` })).length).toBe(isNamed ? 1 : 0);
  });
});

describe('a setting that no package manager is known to have', () => {
  it.each([
    ['pnpm', 'pnpm-workspace.yaml', 'lockfileServer: x', 'anomaly unknown lockfileServer=x of pnpm-workspace.yaml'],
    ['pnpm', 'pnpm-workspace.yaml', 'one: 1\ntwo: [a]\nhoist: true', /^anomaly unknown one=1 of .*, two=\["a"\] of /],
    ['yarn', '.yarnrc.yml', 'storeOfAll: ./x\nnodeLinker: pnp', /^anomaly unknown storeOfAll=\.\/x of \.yarnrc\.yml$/],
    ['yarn', '.env.yarn', 'YARN_STORE_OF_ALL=./x', /^anomaly unknown YARN_STORE_OF_ALL/],
    ['bun', 'bunfig.toml', '[install]\nserver = "x"', /^anomaly unknown install\.server=x/],
    ['bun', '.env.test', 'BUN_CONFIG_SERVER=x', /^anomaly unknown BUN_CONFIG_SERVER/],
    ['vlt', 'vlt.json', '{"config":{"command":{"install":{"server":"x"}}}}', /^anomaly unknown config\..*server/],
    ['npm', '.npmrc', 'server=./tools/x', /^anomaly unknown server=\.\/tools\/x of \.npmrc$/],
    ['npm', '.npmrc', 'homepage=x\nbackdoor=false', 'note unknown homepage=x of .npmrc, backdoor=false of .npmrc'],
  ] as const)('%s: %s with %s is named', async (manager, file, text, expected) => {
    expect(await said(manager, { [file]: `${text}\n` })).toEqual([expect.stringMatching(expected)]);
  });

  it.each([
    ['npm', '.npmrc', 'shamefully-hoist=true\nauto-install-peers=true\n@a:registry=https://m.test/\n//m.test/:_auth=x'],
    ['pnpm', '.npmrc', 'package-lock=true\nfund=false\nworkspaces-experimental=true'],
    ['pnpm', 'pnpm-workspace.yaml', '$schema: x\nexecutionEnv:\n  other: 1\npackages: [a]'],
    ['yarn', '.env.yarn', 'SERVER=x\nYARN_NODE_LINKER=pnp'],
    ['yarn-classic', '.yarnrc', 'server ./x'],
    ['bun', '.env', 'SERVER=x\nBUN_PORT=1'],
    ['bun', '.npmrc', 'server=./x\nsave-exact=true'],
    ['vlt', 'vlt.json', '{"workspaces":["a"],"config":{"registry":"https://m.test/"}}'],
  ] as const)('%s: %s with %s has none', async (manager, file, text) => {
    expect(await said(manager, { [file]: `${text}\n` })).toEqual([]);
  });
});
