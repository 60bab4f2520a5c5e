import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fromRegistry, ranOrSkip, registryInUse } from '../lockfiles/real.ts';
import { nodesUnderTest } from '../package/nodes.ts';
import { removeFolder } from '../support/remove-folder.ts';
import type { AuditJson } from './lab-project.ts';
import { assay, inFolder } from './run.ts';

/** Packages with commands, scopes, an alias, two versions of one package, one that Yarn patches, and a workspace. */
const DEPENDENCIES = { semver: '7.6.3', rimraf: '5.0.10', resolve: '1.22.8', odd: 'npm:is-odd@0.1.2' };
const FILES: Readonly<Record<string, object>> = {
  'package.json': { name: 'app', version: '1.0.0', private: true, workspaces: ['w'], dependencies: DEPENDENCIES },
  'w/package.json': { name: 'w', version: '1.0.0', dependencies: { semver: '6.3.1', '@sindresorhus/is': '4.6.0' } },
};
const UNREACHED = 'it cannot be had from the configured registry';

interface Manager {
  /** The program and its first arguments; null where it cannot be had here. */
  readonly command: () => readonly string[] | null;
  readonly install: readonly string[];
  readonly files?: Readonly<Record<string, string>>;
}

function script(spec: string, file: string): () => readonly string[] | null {
  return () => {
    const folder = fromRegistry(spec);
    return folder === null ? null : [process.execPath, join(folder, file)];
  };
}

function bun(): readonly string[] | null {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const folder = fromRegistry(`@oven/bun-${platform}-${process.arch === 'arm64' ? 'aarch64' : 'x64-baseline'}`);
  return folder === null ? null : [join(folder, 'bin', process.platform === 'win32' ? 'bun.exe' : 'bun')];
}

/** vlt needs a later Node than assay does. */
function vlt(): readonly string[] | null {
  const binary = nodesUnderTest().at(-1)?.binary ?? null;
  const folder = binary === null ? null : fromRegistry('vlt@^1.0.0-rc.23');
  return binary === null || folder === null ? null : [binary, join(folder, 'vlt.js')];
}

const BERRY_SETTINGS = 'enableTelemetry: false\nenableScripts: false\nenableImmutableInstalls: false\n';
const berry = (linker: string): Manager => ({
  command: script('@yarnpkg/cli-dist@4', 'bin/yarn.js'),
  install: ['install'],
  files: { '.yarnrc.yml': `${BERRY_SETTINGS}nodeLinker: ${linker}\n`, 'yarn.lock': '' },
});
const npm = (...more: readonly string[]): Manager => ({
  command: () => ['npm'],
  install: ['install', '--ignore-scripts', '--no-audit', '--no-fund', ...more],
});

const MANAGERS: Readonly<Record<string, Manager>> = {
  npm: npm(),
  'npm (linked)': npm('--install-strategy=linked'),
  pnpm: {
    command: script('pnpm@10', 'bin/pnpm.cjs'),
    install: ['install', '--ignore-scripts', '--no-frozen-lockfile'],
    files: { 'pnpm-workspace.yaml': 'packages:\n  - w\n' },
  },
  'Yarn 1': { command: script('yarn@1.22.22', 'bin/yarn.js'), install: ['install', '--ignore-scripts'] },
  'Yarn 4 (node-modules)': berry('node-modules'),
  'Yarn 4 (pnpm)': berry('pnpm'),
  'Bun (hoisted)': { command: bun, install: ['install', '--ignore-scripts', '--linker', 'hoisted'] },
  'Bun (isolated)': { command: bun, install: ['install', '--ignore-scripts', '--linker', 'isolated'] },
  vlt: { command: vlt, install: ['install'], files: { 'vlt.json': '{"workspaces":"w"}' } },
};

/** What concerns bytes and is more than a note, as what a patch may have changed is: "name code". */
function found({ findings }: AuditJson): readonly string[] {
  return findings
    .filter(({ level }) => level !== 'note')
    .filter(
      ({ code, args }) => /^(?:installed|history-manifest|integrity)-/.test(code) || args['evidence'] === 'tarball',
    )
    .map(({ name, code }) => `${name} ${code}`);
}

/** What the runs keep, as a user's do: the first fetches and verifies all, and the others ask for what they lack. */
let cache: string;

beforeAll(() => {
  cache = mkdtempSync(join(tmpdir(), 'assay-test-'));
});

afterAll(() => {
  removeFolder(cache);
});

describe('what a package manager has just installed', () => {
  it.for(Object.entries(MANAGERS))(
    'by %s: no difference, and one changed byte is one',
    { timeout: 400_000 },
    async ([, { command, install, files = {} }], { skip }) => {
      const [program, ...first] = command() ?? [];
      if (program === undefined) return skip(UNREACHED);
      await inFolder(async (folder) => {
        const written = {
          ...Object.fromEntries(Object.entries(FILES).map(([at, json]) => [at, JSON.stringify(json)])),
        };
        for (const [path, text] of Object.entries({ ...written, ...files })) {
          mkdirSync(dirname(join(folder, path)), { recursive: true });
          writeFileSync(join(folder, path), text);
        }
        const registry = registryInUse();
        const env = {
          ...process.env,
          HOME: folder,
          CI: '',
          npm_config_registry: registry,
          BUN_CONFIG_REGISTRY: registry,
          YARN_NPM_REGISTRY_SERVER: registry.replace(/\/$/, ''),
          YARN_UNSAFE_HTTP_WHITELIST: '*',
          COREPACK_ENABLE_STRICT: '0',
        };
        const options = { cwd: folder, env, encoding: 'utf8', timeout: 180_000 } as const;
        ranOrSkip(spawnSync(program, [...first, ...install], options), skip);

        const audit = async (): Promise<AuditJson & { readonly installed: { readonly copies: number } }> => {
          const own = { ...env, ASSAY_CACHE: cache, HTTPS_PROXY: process.env['HTTPS_PROXY'] ?? '' };
          const { stdout, stderr } = await assay(['--installed', '--json'], folder, own);
          if (stdout === '') throw new Error(stderr);
          return JSON.parse(stdout) as Awaited<ReturnType<typeof audit>>;
        };
        const before = await audit();
        expect(found(before)).toEqual([]);
        expect(before).toMatchObject({ installed: { absent: [], unlocked: [] } });
        expect(before.installed.copies).toBeGreaterThanOrEqual(before.dependencies.length);
        expect(before.dependencies.length).toBeGreaterThan(30);
        // Yarn patches it by itself.
        const unproven = before.dependencies.filter(({ proofs }) => proofs['installed'] === null);
        expect(unproven.map(({ name }) => name).filter((name) => name !== 'resolve')).toEqual([]);

        const file = realpathSync(join(folder, 'node_modules/semver/classes/semver.js'));
        const bytes = readFileSync(file);
        bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
        writeFileSync(file, bytes);
        expect(found(await audit())).toEqual(['semver installed-modified']);
      });
    },
  );
});
