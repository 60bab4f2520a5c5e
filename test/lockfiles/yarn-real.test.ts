import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import util from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseLockfile } from '../../src/lockfiles/index.ts';
import type { Dependency, Lockfile } from '../../src/model/dependency.ts';
import { isNotReached, NO_REGISTRY, registryInUse, type Ran } from './real.ts';
import { removeFolder } from '../support/remove-folder.ts';

/** A project with each way to ask for a package that needs nothing but the configured registry. */
const MANIFESTS: Record<string, object> = {
  '': {
    name: 'app',
    version: '1.0.0',
    private: true,
    workspaces: ['packages/*'],
    dependencies: {
      'is-odd': '^3.0.1',
      odd: 'npm:is-odd@0.1.2',
      resolve: '1.22.8',
      local: 'file:./local',
    },
    devDependencies: { 'escape-html': '^1.0.3' },
    optionalDependencies: { fsevents: '2.3.3' },
    resolutions: { 'is-number': '6.0.0' },
  },
  'packages/w': {
    name: '@app/w',
    version: '1.0.0',
    dependencies: { 'is-number': '^7.0.0', 'is-odd': '^3.0.0' },
    devDependencies: { 'kind-of': '^6.0.0' },
  },
  local: { name: 'local', version: '1.0.0', dependencies: { ms: '2.0.0' } },
};
const YARNS = {
  '1': 'yarn@1.22.22',
  '2': '@yarnpkg/cli-dist@2.4.2',
  '3': '@yarnpkg/cli-dist@3.8.7',
  '4': '@yarnpkg/cli-dist@4',
};
type Major = keyof typeof YARNS;
/** Yarn 2 needs util.isDate, which Node has removed in 23. */
const RUNS_YARN_2 = 'isDate' in util;

let root = '';
let registry = '';
/** Why the tests cannot run, or null. */
let obstacle: string | null = null;

function run(command: string, args: readonly string[], cwd: string, env: Record<string, string> = {}): Ran {
  const options = { cwd, encoding: 'utf8', timeout: 60_000, maxBuffer: 64 * 1024 * 1024 } as const;
  return spawnSync(command, args, { ...options, env: { ...process.env, ...env }, shell: process.platform === 'win32' });
}

/** The real Yarn, with a home of its own and nothing of the machine's configuration but the registry. */
function yarn(major: Major, args: readonly string[]): Ran {
  const script = join(root, 'node_modules', `yarn${major}`, 'bin', 'yarn.js');
  return run(process.execPath, [script, ...args], join(root, `project${major}`), {
    HOME: root,
    USERPROFILE: root,
    YARN_ENABLE_TELEMETRY: '0',
    YARN_ENABLE_SCRIPTS: '0',
    YARN_ENABLE_IMMUTABLE_INSTALLS: '0',
    YARN_NODE_LINKER: 'node-modules',
    ...(registry === 'https://registry.npmjs.org/' ? {} : { YARN_NPM_REGISTRY_SERVER: registry.replace(/\/$/, '') }),
    YARN_UNSAFE_HTTP_WHITELIST: '*',
  });
}

/** Writes the project and lets Yarn write its lockfile; null where the registry was not reached. */
function written(major: Major): Lockfile | null {
  const project = join(root, `project${major}`);
  for (const [folder, manifest] of Object.entries(MANIFESTS)) {
    mkdirSync(join(project, folder), { recursive: true });
    writeFileSync(join(project, folder, 'package.json'), JSON.stringify(manifest));
  }
  writeFileSync(join(project, 'yarn.lock'), '');
  const flags = ['--ignore-scripts', '--non-interactive', '--ignore-platform', '--registry', registry];
  const outcome = yarn(major, major === '1' ? ['install', ...flags] : ['install']);
  if (isNotReached(outcome)) return null;
  expect(outcome, outcome.stdout + outcome.stderr).toMatchObject({ status: 0 });
  const manifests = new Map(Object.entries(MANIFESTS).map(([folder, manifest]) => [folder, JSON.stringify(manifest)]));
  manifests.delete('local');
  return parseLockfile('yarn.lock', readFileSync(join(project, 'yarn.lock')), manifests);
}

const specs = (dependencies: readonly Dependency[]): string[] =>
  [...new Set(dependencies.map(({ name, version }) => `${name}@${version}`))].sort();

/** Every package in a node_modules and below, as its own package.json says. */
function installed(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (!entry.isDirectory() || entry.name.startsWith('.')) return [];
    const path = join(folder, entry.name);
    if (entry.name.startsWith('@')) return installed(path);
    const { name, version } = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8')) as Record<string, string>;
    return [`${name ?? ''}@${version ?? ''}`, ...installed(join(path, 'node_modules'))];
  });
}

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'assay-yarn-'));
  registry = registryInUse();
  const packages = Object.entries(YARNS).map(([major, spec]) => `yarn${major}@npm:${spec}`);
  const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--fetch-retries=0', '--fetch-timeout=15000'];
  const outcome = run('npm', ['install', '--prefix', root, ...flags, ...packages], root);
  if (outcome.status === 0) return;
  if (!isNotReached(outcome)) throw new Error(outcome.stderr);
  obstacle = NO_REGISTRY;
}, 90_000);

afterAll(() => removeFolder(root));

describe('a lockfile that Yarn has just written', () => {
  it('Yarn 1: the same packages as in node_modules', { timeout: 90_000 }, ({ skip }) => {
    const lockfile = obstacle === null ? written('1') : null;
    if (lockfile === null) return skip(obstacle ?? NO_REGISTRY);
    expect(lockfile.format).toBe('yarn.lock v1');
    // The copied folder is no package to fetch; its entry is skipped.
    const theirs = installed(join(root, 'project1', 'node_modules')).filter((spec) => spec !== 'local@1.0.0');
    expect(specs(lockfile.dependencies)).toEqual([...new Set(theirs)].sort());
    expect(lockfile.skipped.map(({ reason }) => reason)).toEqual(['link']);
    expect(
      lockfile.dependencies.every(({ artifacts: [{ digests: integrity }] }) => integrity[0]?.algorithm === 'sha512'),
    ).toBe(true);
    expectRoles(lockfile);
  });

  it.for(['2', '3', '4'] as const)(
    'Yarn %s: the same packages as yarn info',
    { timeout: 90_000 },
    (major, { skip }) => {
      if (major === '2' && !RUNS_YARN_2) return skip('Yarn 2 does not run on this Node');
      const lockfile = obstacle === null ? written(major) : null;
      if (lockfile === null) return skip(obstacle ?? NO_REGISTRY);
      expect(lockfile.format).toMatch(/^yarn\.lock v(?:4|6|8|9|1\d)$/);
      const info = yarn(major, ['info', '--all', '--recursive', '--json']);
      expect(info.status).toBe(0);
      const locators = info.stdout
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { readonly value: string }).value);
      const packages = locators
        .map((value) => decodeURIComponent(/@patch:([^#]*)#/.exec(value)?.[1] ?? value))
        .filter((value) => value.includes('@npm:'));
      expect(specs(lockfile.dependencies)).toEqual(
        [...new Set(packages.map((one) => one.replace('@npm:', '@')))].sort(),
      );
      expect(lockfile.skipped.map(({ reason }) => reason).sort()).toEqual(['link', 'root', 'workspace']);
      const patched = locators
        .filter((value) => value.includes('@patch:'))
        .map((value) => value.replace(/@patch:.*/, ''));
      expect(lockfile.dependencies.filter(({ patches }) => patches !== undefined).map(({ name }) => name)).toEqual(
        patched.sort(),
      );
      for (const {
        artifacts: [{ archive, digests: integrity }],
      } of lockfile.dependencies) {
        expect(integrity).toEqual([]);
        expect(archive?.due === true && archive.checksum === null).toBe(false);
      }
      expectRoles(lockfile);
    },
  );
});

function expectRoles({ dependencies }: Lockfile): void {
  const direct = dependencies.filter((dependency) => dependency.direct);
  expect(specs(direct)).toEqual([
    'escape-html@1.0.3',
    'fsevents@2.3.3',
    'is-number@6.0.0',
    'is-odd@0.1.2',
    'is-odd@3.0.1',
    expect.stringMatching(/^kind-of@6\./),
    'ms@2.0.0',
    'resolve@1.22.8',
  ]);
  const named = (filter: (dependency: Dependency) => boolean): string[] =>
    [...new Set(dependencies.filter(filter).map(({ name }) => name))].sort();
  expect(named(({ dev }) => dev)).toEqual(['escape-html', 'kind-of']);
  const optional = named((dependency) => dependency.optional);
  expect(optional).toContain('fsevents');
  expect(optional).not.toContain('is-odd');
}
