import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseLockfile } from '../../src/lockfiles/index.ts';
import { nodesUnderTest } from '../package/nodes.ts';
import { isNotReached, NO_REGISTRY, type Ran } from './real.ts';
import { removeFolder } from '../support/remove-folder.ts';

/**
 * A workspace with an alias, packages with peers, one for another platform, and a project that another one asks for.
 */
const MANIFESTS = {
  '.': {
    name: 'app',
    version: '1.0.0',
    dependencies: { 'is-odd': '^3.0.1', odd: 'npm:is-odd@0.1.2', ajv: '8.17.1', 'ajv-keywords': '5.1.0' },
    devDependencies: { ms: '2.1.3' },
    optionalDependencies: { fsevents: '2.3.3' },
  },
  'packages/w': {
    name: '@app/w',
    version: '1.0.0',
    dependencies: { app: 'workspace:*', 'is-number': '^7.0.0', ajv: '8.12.0', 'ajv-keywords': '5.1.0' },
    devDependencies: { 'is-odd': '3.0.1' },
  },
};
/** Each major version that writes another format, or the same in another way, and the Node it needs. */
const VERSIONS = [
  { major: 7, format: 'pnpm-lock v5.4', node: 14 },
  { major: 8, format: 'pnpm-lock v6.0', node: 16 },
  { major: 9, format: 'pnpm-lock v9.0', node: 18 },
  { major: 10, format: 'pnpm-lock v9.0', node: 18 },
  { major: 11, format: 'pnpm-lock v9.0', node: 22 },
  { major: 12, format: 'pnpm-lock v9.0', node: 18 },
];
interface Listed {
  readonly from?: string;
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, Listed>>;
}
interface Project extends Listed {
  readonly devDependencies?: Readonly<Record<string, Listed>>;
  readonly optionalDependencies?: Readonly<Record<string, Listed>>;
}
let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'assay-pnpm-'));
});

afterAll(() => removeFolder(folder));

function run(program: string, args: readonly string[], cwd: string): Ran {
  const env = { ...process.env, CI: 'true', NO_UPDATE_NOTIFIER: '1', COREPACK_ENABLE_STRICT: '0' };
  return spawnSync(program, args, { cwd, env, encoding: 'utf8', timeout: 90_000, shell: process.platform === 'win32' });
}

/** A Node under test that runs a pnpm which needs this one; null where there is none. */
function nodeFor(needed: number): string | null {
  const isEnough = (binary: string): boolean => {
    const [major = 0, minor = 0] = run(binary, ['-p', 'process.versions.node'], folder).stdout.split('.').map(Number);
    return major > needed || (major === needed && (needed !== 22 || minor >= 13));
  };
  return nodesUnderTest().find(({ binary }) => binary !== null && isEnough(binary))?.binary ?? null;
}

/** Installs a pnpm by its name; the command to run it, or why there is none. */
function install(major: number, node: string): readonly string[] | string {
  const place = join(folder, `pnpm-${major}`);
  mkdirSync(place);
  writeFileSync(join(place, 'package.json'), '{}');
  const options = [
    '--no-save',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--fetch-retries=0',
    '--fetch-timeout=60000',
  ];
  const ran = run('npm', ['install', `pnpm@${major}`, ...options], place);
  if (isNotReached(ran)) return NO_REGISTRY;
  expect([ran.status, ran.stderr]).toEqual([0, ran.stderr]);
  const own = join(place, 'node_modules/pnpm');
  const script = ['pnpm.cjs', 'pnpm.mjs'].map((name) => join(own, 'bin', name)).find((path) => existsSync(path));
  if (script !== undefined && major < 12) return [node, script];
  const [native] = readdirSync(join(place, 'node_modules/@pnpm'));
  return native === undefined
    ? 'there is no pnpm for this platform'
    : [join(place, 'node_modules/@pnpm', native, 'pnpm')];
}

interface Flags {
  readonly direct: boolean;
  readonly dev: boolean;
}

/**
 * Every package that pnpm lists, without links, with whether a project names it, and whether it is only for
 * development.
 */
function listed(projects: readonly Project[]): ReadonlyMap<string, Flags> {
  const found = new Map<string, Flags>();
  const walk = (dependencies: Readonly<Record<string, Listed>>, direct: boolean, dev: boolean): void => {
    for (const [alias, { from = alias, version, dependencies: below = {} }] of Object.entries(dependencies)) {
      if (version.startsWith('link:')) continue;
      const spec = `${from}@${version}`;
      const before = found.get(spec) ?? { direct: false, dev: true };
      found.set(spec, { direct: before.direct || direct, dev: before.dev && dev });
      walk(below, false, dev);
    }
  };
  for (const { dependencies = {}, optionalDependencies = {}, devDependencies = {} } of projects) {
    walk({ ...dependencies, ...optionalDependencies }, true, false);
    walk(devDependencies, true, true);
  }
  return found;
}

describe('a lockfile that pnpm has just written', () => {
  for (const wanted of VERSIONS) {
    it(`pnpm ${wanted.major}: the same packages as pnpm list`, { timeout: 400_000 }, ({ skip }) => {
      const node = nodeFor(wanted.node);
      if (node === null) return skip(`it needs Node ${wanted.node}`);
      const installed = install(wanted.major, node);
      if (typeof installed === 'string') return skip(installed);
      const project = join(folder, `project-${wanted.major}`);
      for (const [place, manifest] of Object.entries(MANIFESTS)) {
        mkdirSync(join(project, place), { recursive: true });
        writeFileSync(join(project, place, 'package.json'), JSON.stringify(manifest));
      }
      // From 11 on, what the configuration depends on is locked in a document of its own, before the project's.
      const config = wanted.major >= 11 ? 'configDependencies:\n  kleur: 4.1.5\n' : '';
      writeFileSync(join(project, 'pnpm-workspace.yaml'), `packages:\n  - packages/*\n${config}`);
      const pnpm = (...args: readonly string[]): Ran => {
        const [program = '', ...before] = installed;
        return run(program, [...before, ...args], project);
      };
      const store = ['--store-dir', join(folder, `store-${wanted.major}`)];
      const written = pnpm('install', '--no-frozen-lockfile', '--ignore-scripts', ...store);
      const said = written.stdout + written.stderr;
      if (isNotReached(written)) skip(NO_REGISTRY);
      expect([written.status, said]).toEqual([0, said]);
      const listing = pnpm('list', '--recursive', '--json', '--depth', 'Infinity');
      const theirs = listed(JSON.parse(listing.stdout.slice(listing.stdout.search(/^\[/m))) as Project[]);

      const bytes = readFileSync(join(project, 'pnpm-lock.yaml'));
      const lockfile = parseLockfile('pnpm-lock.yaml', bytes);
      expect(lockfile.format).toBe(wanted.format);
      const second = bytes.toString().split('\n').indexOf('---', 1) + 1;
      // pnpm lists nothing of that document.
      const own = lockfile.dependencies.filter(({ places }) => places.some(({ line }) => line <= second));
      expect(own.map(({ name, direct }) => `${name} ${direct}`)).toEqual(wanted.major >= 11 ? ['kleur true'] : []);
      const ours = lockfile.dependencies.filter((dependency) => !own.includes(dependency));
      const flags = ours.map(({ name, version, direct, dev }) => [`${name}@${version}`, { direct, dev }] as const);
      expect(theirs.size).toBeGreaterThan(12);
      // What is for another platform is locked, and not always listed.
      const elsewhere = flags.filter(([spec]) => spec.startsWith('fsevents@') && !theirs.has(spec));
      expect(new Map(flags)).toEqual(new Map([...theirs, ...elsewhere]));
      expect(new Set(flags.filter(([, { direct }]) => direct).map(([spec]) => spec))).toEqual(
        new Set([
          ...['ajv@8.12.0', 'ajv@8.17.1', 'ajv-keywords@5.1.0', 'fsevents@2.3.3', 'is-number@7.0.0'],
          ...['is-odd@0.1.2', 'is-odd@3.0.1', 'ms@2.1.3'],
        ]),
      );
      expect(ours.filter(({ optional }) => optional).map(({ name }) => name)).toEqual(['fsevents']);
      // Once with each ajv; from version 9 on, what they have in common is a place of its own.
      const keywords = ours.find(({ name }) => name === 'ajv-keywords');
      expect(keywords?.places).toHaveLength(wanted.major < 9 ? 2 : 3);
      expect(ours.every(({ artifacts: [{ digests: integrity }] }) => integrity[0]?.algorithm === 'sha512')).toBe(true);
      expect(lockfile.skipped.filter(({ reason }) => reason === 'workspace')).toHaveLength(1);
    });
  }
});
