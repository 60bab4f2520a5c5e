import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { crc32 } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startLab, token, type Lab } from '../../lab/index.ts';
import { notUsed } from '../../src/cli/project/not-used.ts';
import { parseLockfile } from '../../src/lockfiles/index.ts';
import type { NodeLockfile } from '../../src/model/dependency.ts';
import { commitAll, git, hasGit, WITHOUT_GIT } from '../support/git.ts';
import { nodesUnderTest } from '../package/nodes.ts';
import { bunInUse } from './bun-in-use.ts';
import { fromRegistry, notToBeHad } from './real.ts';
import { removeFolder } from '../support/remove-folder.ts';

const PUBLISHED = 'module.exports = "as published"';
const FORGED = 'module.exports = "as stranger!"';
const MANIFEST = JSON.stringify({ name: 'app', version: '1.0.0', private: true, dependencies: { pad: '1.0.0' } });

let lab: Lab;
let root = '';
let other: { readonly integrity: string };

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'assay-stores-'));
  lab = await startLab();
  await lab.publish({
    name: 'pad',
    version: '1.0.0',
    by: token({ user: 'account' }),
    files: { 'index.js': PUBLISHED },
  });
  await lab.publish({
    name: 'here',
    version: '1.0.0',
    by: token({ user: 'account' }),
    manifest: { os: [process.platform] },
    files: { 'index.js': PUBLISHED },
  });
  other = await lab.publish({
    name: 'other',
    version: '1.0.0',
    by: token({ user: 'account' }),
    files: { 'index.js': FORGED },
  });
});

afterAll(async () => {
  await lab.close();
  removeFolder(root);
});

/** How a package manager is started; null where it cannot be had. */
const MANAGERS: Readonly<Record<string, () => readonly string[] | null>> = {
  'npm@10.9.4': () => script('npm@10.9.4', 'bin/npm-cli.js'),
  'pnpm@8.15.9': () => script('pnpm@8.15.9', 'bin/pnpm.cjs'),
  'pnpm@10.34.8': () => script('pnpm@10.34.8', 'bin/pnpm.cjs'),
  'pnpm@12.20.0': () => {
    const folder = fromRegistry('pnpm@12.20.0');
    const [name, program] = process.platform === 'win32' ? ['win32', 'pnpm.exe'] : [process.platform, 'pnpm'];
    return folder === null ? null : [join(folder, `../@pnpm/exe.${name}-${process.arch}`, program)];
  },
  'yarn@1.22.22': () => script('yarn@1.22.22', 'bin/yarn.js'),
  'yarn@4.18.1': () => script('@yarnpkg/cli-dist@4.18.1', 'bin/yarn.js'),
  'bun@1.4.5': () => {
    const bun = bunInUse();
    return bun === null ? null : [bun];
  },
};

function script(spec: string, file: string): readonly string[] | null {
  const folder = fromRegistry(spec);
  return folder === null ? null : [process.execPath, join(folder, file)];
}

interface Case {
  readonly manager: string;
  /** Settings of the project: file and content. */
  readonly files: Readonly<Record<string, string>>;
  readonly lockfile: string;
  /** Arguments of an installation that may not change the lockfile. */
  readonly frozen: string;
  /** The store whose bytes are changed, or null: then it is the lockfile's hash. */
  readonly store: string | null;
  /** Variables of the environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Where packages are installed; node_modules where left out. */
  readonly modules?: string;
  /** What is added to the settings after the lockfile was made. */
  readonly then?: Readonly<Record<string, string>>;
}

/** Installs, changes what is stored or the hash, and installs once more: whether the other bytes are there then. */
async function isInstalled(command: readonly string[], folder: string, one: Case): Promise<boolean> {
  const [program = '', ...before] = command;
  const run = async (args: string): Promise<number | null> => {
    const env = {
      PATH: process.env['PATH'] ?? '',
      HOME: join(folder, 'home'),
      USERPROFILE: join(folder, 'home'),
      YARN_NPM_REGISTRY_SERVER: lab.url.replace(/\/$/, ''),
      YARN_UNSAFE_HTTP_WHITELIST: '*',
      YARN_ENABLE_TELEMETRY: '0',
      YARN_ENABLE_IMMUTABLE_INSTALLS: '0',
      YARN_NODE_LINKER: 'node-modules',
      COREPACK_ENABLE_STRICT: '0',
      ...one.env,
      // Yarn 1 of the superuser has one elsewhere.
      ...(one.store === null && one.manager === 'yarn@1.22.22' ? { YARN_CACHE_FOLDER: join(folder, 'home/yarn') } : {}),
    };
    const all = [...before, ...args.split(' ')];
    const child = spawn(program, all, { cwd: folder, env, stdio: 'ignore', timeout: 60_000 });
    const [status] = (await once(child, 'exit')) as [number | null];
    return status;
  };
  write(folder, { 'package.json': MANIFEST, '.npmrc': `registry=${lab.url}\n`, 'home/.keep': '', ...one.files });
  if (one.lockfile === 'yarn.lock') write(folder, { 'yarn.lock': '' });
  expect(await run('install')).toBe(0);
  rmSync(join(folder, 'node_modules'), { recursive: true, force: true });
  const { store } = one;
  if (store !== null) {
    expect(forge(join(folder, store))).toBeGreaterThan(0);
  } else {
    const path = join(folder, one.lockfile);
    const text = readFileSync(path, 'utf8');
    const other = text.replaceAll(/(sha512-|checksum: \w+\/)[^"\s]{4}/g, '$1abcd');
    expect(other).not.toBe(text);
    writeFileSync(path, other.replaceAll(/#[0-9a-f]{40}/g, ''));
    rmSync(join(folder, 'home'), { recursive: true, force: true });
    for (const name of ['.yarn', 'store']) rmSync(join(folder, name), { recursive: true, force: true });
  }
  for (const [file, text] of Object.entries(one.then ?? {})) {
    const path = join(folder, file);
    write(folder, { [file]: (existsSync(path) ? readFileSync(path, 'utf8') : '') + text });
  }
  const audited = readFileSync(join(folder, one.lockfile));
  await run(one.frozen);
  // What is said is of the lockfile before the installation.
  writeFileSync(join(folder, one.lockfile), audited);
  const path = join(folder, one.modules ?? 'node_modules', 'pad/index.js');
  const installed = existsSync(path) ? readFileSync(path, 'utf8') : null;
  return store === null ? installed !== null : installed?.includes(FORGED) === true;
}

function write(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  }
}

/** Puts other bytes of the same length into every file below a folder that has the published ones. */
function forge(folder: string): number {
  let count = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) count += forge(path);
    if (!entry.isFile()) continue;
    const bytes = readFileSync(path);
    const at = bytes.indexOf(PUBLISHED);
    if (at === -1) continue;
    bytes.write(FORGED, at);
    rmSync(path);
    writeFileSync(path, bytes);
    // pnpm looks again at what is newer than its own note.
    utimesSync(path, 0, 0);
    count++;
  }
  return count;
}

/** What assay says of the lockfile in a folder, as a whole. */
async function said(folder: string, { lockfile }: Pick<Case, 'lockfile'>): Promise<readonly string[]> {
  const path = join(folder, lockfile);
  const manifests = new Map([['', MANIFEST]]);
  const silent = { write: () => true, isTerminal: false, color: false, columns: 80, unicode: true };
  const io = { cwd: folder, env: { HOME: join(folder, 'home') }, stdout: silent, stderr: silent };
  const read = parseLockfile(lockfile, readFileSync(path), manifests) as NodeLockfile;
  return (await notUsed(path, read, manifests, io)).map(
    ({ finding: { code, args } }) => `${code} ${JSON.stringify(args)}`,
  );
}

const YARN = { lockfile: 'yarn.lock', frozen: 'install --frozen-lockfile', manager: 'yarn@1.22.22' };
const BERRY = { lockfile: 'yarn.lock', frozen: 'install --immutable', manager: 'yarn@4.18.1', store: null };
const PNPM = { lockfile: 'pnpm-lock.yaml', frozen: 'install --frozen-lockfile' };
const BUN = { lockfile: 'bun.lock', frozen: 'install --frozen-lockfile', manager: 'bun@1.4.5', store: 'bc' };
const inWorkspace = (line: string): Record<string, string> => ({ 'pnpm-workspace.yaml': `packages: []\n${line}\n` });

const UNVERIFIED: readonly (readonly [string, Case])[] = [
  ['store-dir in .npmrc', { ...PNPM, manager: 'pnpm@8.15.9', store: 'store', files: {} }],
  ['storeDir', { ...PNPM, manager: 'pnpm@10.34.8', store: 'store', files: inWorkspace('storeDir: ./store') }],
  ['storeDir', { ...PNPM, manager: 'pnpm@12.20.0', store: 'store', files: inWorkspace('storeDir: ./store') }],
  ['virtualStoreDir', { ...PNPM, manager: 'pnpm@12.20.0', store: 'vs', files: inWorkspace('virtualStoreDir: ./vs') }],
  [
    'updateChecksums',
    {
      ...PNPM,
      frozen: 'install',
      manager: 'pnpm@10.34.8',
      store: null,
      files: {},
      then: inWorkspace('updateChecksums: true'),
    },
  ],
  ['cache-folder', { ...YARN, store: 'yc', files: { '.yarnrc': 'cache-folder "./yc"\n' } }],
  ['--install.cache-folder', { ...YARN, store: 'yc', files: { '.yarnrc': '--install.cache-folder "./yc"\n' } }],
  ['update-checksums', { ...YARN, store: null, files: {}, then: { '.yarnrc': '--install.update-checksums true\n' } }],
  ['checksumBehavior: ignore', { ...BERRY, files: {}, then: { '.yarnrc.yml': 'checksumBehavior: ignore\n' } }],
  ['checksumBehavior: update', { ...BERRY, files: {}, then: { '.yarnrc.yml': 'checksumBehavior: update\n' } }],
  [
    'compressionLevel: 3, which makes archives of another cache key',
    { ...BERRY, frozen: 'install', files: {}, then: { '.yarnrc.yml': 'compressionLevel: 3\n' } },
  ],
  ['install.cache.dir', { ...BUN, files: { 'bunfig.toml': '[install.cache]\ndir = "./bc"\n' } }],
  ['BUN_INSTALL_CACHE_DIR', { ...BUN, files: { '.env': 'BUN_INSTALL_CACHE_DIR=./bc\n' } }],
  ['cache in .npmrc', { ...BUN, files: { '.npmrc': 'registry=REGISTRY\ncache=./bc\n' } }],
  ...['test', 'development'].map((mode): readonly [string, Case] => [
    `BUN_INSTALL_CACHE_DIR in .env.${mode}`,
    { ...BUN, env: { NODE_ENV: mode }, files: { [`.env.${mode}`]: 'BUN_INSTALL_CACHE_DIR=./bc\n' } },
  ]),
  [
    'BUN_CONFIG_NO_VERIFY',
    { ...BUN, frozen: 'install', store: null, files: {}, then: { '.env': 'BUN_CONFIG_NO_VERIFY=1\n' } },
  ],
];

const VERIFIED: readonly (readonly [string, Case])[] = [
  ['an offline mirror', { ...YARN, store: null, files: { '.yarnrc': 'yarn-offline-mirror "./mirror"\n' } }],
  ['a cache of the project', { ...BERRY, files: { '.yarnrc.yml': 'enableGlobalCache: false\n' } }],
  [
    'BUN_CONFIG_NO_VERIFY=0',
    { ...BUN, frozen: 'install', store: null, files: {}, then: { '.env': 'BUN_CONFIG_NO_VERIFY=0\n' } },
  ],
  ['compressionLevel: 0', { ...BERRY, frozen: 'install', files: {}, then: { '.yarnrc.yml': 'compressionLevel: 0\n' } }],
  ['checksumBehavior: throw', { ...BERRY, files: { '.yarnrc.yml': 'checksumBehavior: throw\n' } }],
  [
    'cache in .npmrc',
    {
      manager: 'npm@10.9.4',
      lockfile: 'package-lock.json',
      frozen: 'ci --prefer-offline --fetch-retries=0',
      store: null,
      files: {},
    },
  ],
];

/** With the lab's registry in the files. */
function withRegistry(given: Case): Case {
  const files = Object.entries(given.files).map(([name, text]) => [name, text.replace('REGISTRY', lab.url)]);
  const one: Case = { ...given, files: Object.fromEntries(files) as Case['files'] };
  if (one.manager === 'pnpm@8.15.9') return { ...one, files: { '.npmrc': `registry=${lab.url}\nstore-dir=./store\n` } };
  if (one.manager.startsWith('npm')) return { ...one, files: { '.npmrc': `registry=${lab.url}\ncache=./npm-cache\n` } };
  return one;
}

describe('bytes that no hash of the lockfile holds are installed, and the setting is named', () => {
  for (const [name, given] of UNVERIFIED) {
    it(`${given.manager}, ${name}`, { timeout: 300_000 }, async ({ skip }) => {
      const command = MANAGERS[given.manager]?.() ?? null;
      if (command === null) return skip(notToBeHad(given.manager));
      const [folder, one] = [mkdtempSync(join(root, 'project-')), withRegistry(given)];
      expect(await isInstalled(command, folder, one)).toBe(true);
      expect(await said(folder, one)).toEqual([expect.stringMatching(/^lockfile-not-used .*compared/)]);
    });
  }
});

/** What an installation takes for installed, where it is committed. */
const LEFT: readonly (readonly [string, Case])[] = [
  [
    'modulesDir',
    { ...PNPM, manager: 'pnpm@10.34.8', store: 'vendor', modules: 'vendor', files: inWorkspace('modulesDir: vendor') },
  ],
  [
    '--modules-folder',
    { ...YARN, store: 'vendor', modules: 'vendor', files: { '.yarnrc': '--modules-folder "./vendor"\n' } },
  ],
  [
    'pnpmStoreFolder',
    {
      ...BERRY,
      store: 'ps',
      env: { YARN_NODE_LINKER: 'pnpm' },
      files: { '.yarnrc.yml': 'nodeLinker: pnpm\npnpmStoreFolder: ./ps\n' },
    },
  ],
];

describe('what an installation takes for installed is named where it is committed', () => {
  for (const [name, given] of LEFT) {
    it.skipIf(!hasGit)(`${given.manager}, ${name}${WITHOUT_GIT}`, { timeout: 300_000 }, async ({ skip }) => {
      const command = MANAGERS[given.manager]?.() ?? null;
      if (command === null) return skip(notToBeHad(given.manager));
      const folder = mkdtempSync(join(root, 'project-'));
      expect(await isInstalled(command, folder, given)).toBe(true);
      git(folder, ['init', '-q', '-b', 'main']);
      write(folder, { '.gitignore': `node_modules\nhome\n.yarn\n${given.store ?? ''}\n` });
      commitAll(folder, 0);
      expect(await said(folder, given)).toEqual([]);
      git(folder, ['add', '-f', given.store ?? '']);
      commitAll(folder, 1000);
      expect(await said(folder, given)).toEqual([expect.stringMatching(/^lockfile-not-used .*compared/)]);
    });
  }
});

/** Puts other bytes of the same length into an archive that is not compressed, with their sum. */
function forgeArchive(path: string): void {
  const bytes = readFileSync(path);
  const sum = (text: string): Buffer => {
    const at = Buffer.alloc(4);
    at.writeUInt32LE(crc32(text));
    return at;
  };
  for (const [from, to] of [
    [Buffer.from(PUBLISHED), Buffer.from(FORGED)],
    [sum(PUBLISHED), sum(FORGED)],
  ] as const) {
    for (let at = bytes.indexOf(from); at !== -1; at = bytes.indexOf(from, at)) to.copy(bytes, at);
  }
  writeFileSync(path, bytes);
}

describe('an archive in the repository that the lockfile of Yarn 4 has no checksum of', () => {
  it.skipIf(!hasGit)(`is named, as Yarn installs it${WITHOUT_GIT}`, { timeout: 300_000 }, async ({ skip }) => {
    const command = MANAGERS['yarn@4.18.1']?.() ?? null;
    if (command === null) return skip(notToBeHad('yarn@4.18.1'));
    const [folder, [program = '', ...before]] = [mkdtempSync(join(root, 'project-')), command];
    const manifest = { name: 'app', version: '1.0.0', private: true, dependencies: { pad: '1.0.0' } };
    const rc = `nodeLinker: node-modules\nnpmRegistryServer: ${lab.url.replace(/\/$/, '')}\nunsafeHttpWhitelist: ['*']\n`;
    write(folder, {
      'package.json': JSON.stringify({ ...manifest, optionalDependencies: { here: '1.0.0' } }),
      'yarn.lock': '',
      '.yarnrc.yml': `${rc}enableGlobalCache: false\n`,
      '.gitignore': 'node_modules\nhome\n',
    });
    const yarn = async (...args: readonly string[]): Promise<number | null> => {
      const env = { PATH: process.env['PATH'] ?? '', HOME: join(folder, 'home'), YARN_ENABLE_TELEMETRY: '0' };
      const child = spawn(program, [...before, 'install', ...args], { cwd: folder, env, stdio: 'ignore' });
      return ((await once(child, 'exit')) as [number | null])[0];
    };
    expect(await yarn('--no-immutable')).toBe(0);
    const checksums = (): number => readFileSync(join(folder, 'yarn.lock'), 'utf8').split('checksum:').length - 1;
    expect(checksums()).toBe(1);
    const cache = join(folder, '.yarn/cache');
    const archive = readdirSync(cache).find((name) => name.startsWith('here-')) ?? '';
    forgeArchive(join(cache, archive));
    for (const name of ['node_modules', '.yarn/install-state.gz']) {
      rmSync(join(folder, name), { recursive: true, force: true });
    }
    git(folder, ['init', '-q', '-b', 'main']);
    write(folder, { '.gitignore': `node_modules\nhome\n.yarn/cache/${archive}\n` });
    commitAll(folder, 0);
    // What this machine filled counts for nothing, and neither does what the lockfile has a checksum of.
    expect(await said(folder, BERRY)).toEqual([]);
    git(folder, ['add', '-f', '.yarn/cache']);
    commitAll(folder, 1000);
    expect(await yarn('--immutable')).toBe(0);
    expect(readFileSync(join(folder, 'node_modules/here/index.js'), 'utf8')).toBe(FORGED);
    expect(await yarn('--immutable', '--check-cache')).not.toBe(0);
    const named = [expect.stringMatching(/^lockfile-not-used .*\.yarn\/cache.*archives of here@1\.0\.0, of which/)];
    expect(await said(folder, BERRY)).toEqual(named);
    // A cache that is not the project's.
    write(folder, { '.yarnrc.yml': rc });
    expect(await said(folder, BERRY)).toEqual([]);
    write(folder, { '.yarnrc.yml': `${rc}enableGlobalCache: false\ncacheFolder: ./vendor\n` });
    renameSync(cache, join(folder, 'vendor'));
    commitAll(folder, 2000);
    expect(await said(folder, BERRY)).toEqual([expect.stringMatching(/vendor.*here@1\.0\.0/)]);
    // Of what is required, Yarn writes one.
    write(folder, { 'package.json': JSON.stringify({ ...manifest, dependencies: { pad: '1.0.0', here: '1.0.0' } }) });
    expect(await yarn('--no-immutable')).toBe(0);
    expect(checksums()).toBe(2);
  });
});

describe('a server that answers with a lockfile of its own', () => {
  it('pnpm@11.28.11, pnprServer', { timeout: 300_000 }, async ({ skip }) => {
    const [program, node] = [fromRegistry('pnpm@11.28.11'), nodesUnderTest().at(-1)?.binary ?? null];
    if (program === null || node === null) return skip(notToBeHad('pnpm@11.28.11'));
    const folder = mkdtempSync(join(root, 'project-'));
    write(folder, { 'package.json': MANIFEST, '.npmrc': `registry=${lab.url}\n`, 'pnpm-workspace.yaml': '{}\n' });
    const pnpm = async (...args: readonly string[]): Promise<void> => {
      const env = { PATH: process.env['PATH'] ?? '', HOME: join(folder, 'home') };
      const all = [join(program, 'bin/pnpm.mjs'), 'install', ...args];
      await once(spawn(node, all, { cwd: folder, env, stdio: 'ignore', timeout: 60_000 }), 'exit');
    };
    await pnpm('--no-frozen-lockfile');
    const before = readFileSync(join(folder, 'pnpm-lock.yaml'));
    rmSync(join(folder, 'node_modules'), { recursive: true });
    const server = createServer((request, answer) => {
      request.setEncoding('utf8');
      let body = '';
      request.on('data', (part: string) => (body += part));
      request.on('end', () => {
        const { lockfile } = JSON.parse(body) as { lockfile: { packages: Record<string, { resolution: object }> } };
        const resolution = { integrity: other.integrity, tarball: `${lab.url}other/-/other-1.0.0.tgz` };
        lockfile.packages = { 'pad@1.0.0': { ...lockfile.packages['pad@1.0.0'], resolution } };
        answer.writeHead(200, { 'content-type': 'application/x-ndjson' });
        answer.end(`${JSON.stringify({ type: 'done', lockfile, stats: { totalPackages: 1 } })}\n`);
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    write(folder, { 'pnpm-workspace.yaml': `pnprServer: http://127.0.0.1:${port}/\n` });
    await pnpm('--frozen-lockfile');
    server.close();
    expect(readFileSync(join(folder, 'node_modules/pad/index.js'), 'utf8')).toBe(FORGED);
    writeFileSync(join(folder, 'pnpm-lock.yaml'), before);
    expect(await said(folder, PNPM)).toEqual([expect.stringMatching(/^lockfile-not-used .*pnprServer/)]);
    write(folder, { 'pnpm-workspace.yaml': 'pnprServer: ""\n' });
    expect(await said(folder, PNPM)).toEqual([]);
  });
});

describe('bytes that the hashes of the lockfile hold are not named', () => {
  for (const [name, given] of VERIFIED) {
    it(`${given.manager}, ${name}`, { timeout: 300_000 }, async ({ skip }) => {
      const command = MANAGERS[given.manager]?.() ?? null;
      if (command === null) return skip(notToBeHad(given.manager));
      const [folder, one] = [mkdtempSync(join(root, 'project-')), withRegistry(given)];
      expect(await isInstalled(command, folder, one)).toBe(false);
      expect(await said(folder, one)).toEqual([]);
    });
  }
});

describe('a store that a setting places in the repository', () => {
  const one = { lockfile: 'pnpm-lock.yaml' };
  const LOCK = "lockfileVersion: '9.0'\n\nimporters:\n\n  .: {}\n";
  const withStore = (setting: string): string => {
    const folder = mkdtempSync(join(root, 'project-'));
    const files = { 'pnpm-workspace.yaml': `packages: []\n${setting}\n`, 'pnpm-lock.yaml': LOCK, 'package.json': '{}' };
    write(folder, files);
    return folder;
  };

  it.skipIf(!hasGit)(`counts where it was committed, and not where this machine filled it${WITHOUT_GIT}`, async () => {
    const folder = withStore('storeDir: ./tools/store');
    git(folder, ['init', '-q', '-b', 'main']);
    write(folder, { '.gitignore': 'tools\n' });
    commitAll(folder, 0);
    expect(await said(folder, one)).toEqual([]);
    write(folder, { 'tools/store/v10/files/00/1': '' });
    expect(await said(folder, one)).toEqual([]);
    git(folder, ['add', '-f', 'tools']);
    commitAll(folder, 1000);
    expect(await said(folder, one)).toHaveLength(1);
  });

  it('counts by wherever its path leads, and one outside does not', async () => {
    const folder = withStore('storeDir: ./store');
    expect(await said(folder, one)).toEqual([]);
    write(folder, { 'store/v10/x': '' });
    expect(await said(folder, one)).toHaveLength(1);
    const home = withStore('storeDir: ${HOME}/../store');
    write(home, { 'store/v10/x': '' });
    expect(await said(home, one)).toHaveLength(1);
    const vlt = withStore('');
    write(vlt, { 'vlt-lock.json': '{"lockfileVersion":0,"options":{},"nodes":{},"edges":{}}', 'vc/x': '' });
    write(vlt, { 'vlt.json': '{"config":{"cache":"vc"}}' });
    expect(await said(vlt, { lockfile: 'vlt-lock.json' })).toHaveLength(1);
    const elsewhere = withStore(`storeDir: ${folder}/store`);
    expect(await said(elsewhere, one)).toEqual([]);
  });
});
