import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seededRandom, type Random } from '../../bench/audit/random.ts';
import { parseLockfile } from '../../src/lockfiles/index.ts';
import type { Lockfile } from '../../src/model/dependency.ts';
import { bunInUse } from './bun-in-use.ts';
import { notToBeHad, ranOrSkip, registryInUse, type Ran } from './real.ts';
import { unlessRefused } from './support.ts';
import { removeFolder } from '../support/remove-folder.ts';

/** Raise the first to try more; give the second to try the same again. */
const COUNT = Number(process.env['ASSAY_MUTATIONS'] ?? 200);
const SEED = process.env['ASSAY_SEED'] ?? '1';
/** Listing is quick; of so many that Bun accepts, one is installed. */
const INSTALL_EVERY = COUNT > 1000 ? 40 : 6;

const MANIFESTS: Readonly<Record<string, object>> = {
  '': {
    name: 'app',
    workspaces: ['packages/*'],
    dependencies: { 'is-odd': '^3.0.1', odd: 'npm:is-odd@0.1.2', local: 'file:./local', mkdirp: '^0.5.6' },
    devDependencies: { ms: '2.1.3', semver: '7.7.1' },
    overrides: { 'is-buffer': '1.1.6' },
  },
  'packages/w': { name: '@app/w', version: '1.0.0', dependencies: { 'is-number': '^7.0.0', ms: '2.0.0' } },
  local: { name: 'local', version: '1.0.0' },
  evil: { name: 'evil', version: '1.0.0', bin: { evil: 'x.js' } },
};
/** `evil` is only there. */
const given = new Map(['', 'packages/w', 'local'].map((folder) => [folder, JSON.stringify(MANIFESTS[folder])]));

let root = '';
let project = '';
let lock = '';
let registry = '';
const binary = { path: null as string | null };

function bun(...args: readonly string[]): Ran {
  const env = { ...process.env, BUN_CONFIG_REGISTRY: registry, BUN_INSTALL_CACHE_DIR: join(root, 'cache') };
  return spawnSync(binary.path ?? '', args, { cwd: project, encoding: 'utf8', timeout: 60_000, env });
}

type Json = Record<string, unknown>;
interface BunLock {
  workspaces: Record<string, Record<string, Record<string, string> | string>>;
  packages: Record<string, unknown[]>;
  [section: string]: unknown;
}

function plain(text: string): BunLock {
  return JSON.parse(text.replace(/,(?=\s*[}\]])/g, '')) as BunLock;
}

/** Values that an edited lockfile may have anywhere. */
const NAMES = ['ms', 'is-odd', 'is-number', 'evil', 'minimist', '@app/w', 'local', 'zz', '__proto__', 'odd'] as const;
const SPECS = [
  '*',
  '^1.0.0',
  'npm:minimist@^1.2.6',
  'file:./evil',
  'link:./evil',
  'workspace:*',
  'catalog:',
  'o/r',
  '',
] as const;
const RESOLUTIONS = [
  'evil@file:evil',
  'ms@file:./local',
  'ms@workspace:packages/w',
  '@app/w@workspace:evil',
  'app@root:',
  'ms@link:./evil',
  'ms@2.0.0',
  'minimist@1.2.8',
  'is-number@7.0.0',
  'ms@v2.1.3',
  'ms@=2.1.3',
  'ms@2.1.3 ',
  'ms@latest',
] as const;

/** One edit of the lockfile's value or text. */
function mutate(text: string, random: Random): string {
  const value = plain(text);
  const keys = Object.keys(value.packages) as [string, ...string[]];
  const key = random.pick(keys);
  const entry = value.packages[key] ?? [];
  const other = value.packages[random.pick(keys)] ?? [];
  const infoAt = entry.findIndex((one) => typeof one === 'object');
  const info = (infoAt === -1 ? {} : entry[infoAt]) as Json;
  const folder = value.workspaces[random.pick(Object.keys(value.workspaces) as [string, ...string[]])] ?? {};
  const list = random.pick(['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies']);
  const declared = (holder: Json): Json => (holder[list] ??= {}) as Json;
  const drop = (holder: Json, name: string): boolean => Reflect.deleteProperty(holder, name);
  const edits: readonly [() => unknown, ...(() => unknown)[]] = [
    () => void (value.packages[key] = other),
    () => drop(value.packages, key),
    () => void (value.packages[random.pick(NAMES)] = entry),
    () => void (value.packages[`${key}/${random.pick(NAMES)}`] = other),
    () => void (value.packages[`${random.pick(NAMES)}/${key}`] = other),
    () =>
      void (value.packages[random.pick([`${key}/`, `./${key}`, `${key}//x`, `../${key}`, key.toUpperCase()])] = entry),
    () => void (entry[0] = random.pick(RESOLUTIONS)),
    () => void (value.packages[key] = [random.pick(RESOLUTIONS), ...entry.slice(1)]),
    () => void (value.packages[key] = [random.pick(RESOLUTIONS), info]),
    () => void (value.packages[key] = [random.pick(RESOLUTIONS)]),
    () => void (declared(info)[random.pick(NAMES)] = random.pick(SPECS)),
    () => drop(declared(info), random.pick(NAMES)),
    () => void (info['bin'] = random.pick<unknown>([{ node: 'index.js' }, 'x.js', {}, { '../x': 'index.js' }])),
    () =>
      void (info[random.pick(['bundled', 'os', 'cpu', 'binDir', 'hasInstallScript'])] = random.pick<unknown>([
        true,
        'linux',
        '',
      ])),
    () => void (info['optionalPeers'] = [random.pick(NAMES)]),
    () => void (declared(folder)[random.pick(NAMES)] = random.pick(SPECS)),
    () => drop(declared(folder), random.pick(NAMES)),
    () => void (folder['name'] = random.pick(NAMES)),
    () => void (value.workspaces['evil'] = { name: random.pick(NAMES) }),
    () => void (value[random.pick(['overrides', 'catalog', 'patchedDependencies'])] = { ms: random.pick(SPECS) }),
    () => void (value['trustedDependencies'] = [random.pick(NAMES)]),
    () => void (entry[entry.length - 1] = random.pick(['', 'sha512-x', null, 1])),
    () => void entry.splice(random.integer(entry.length), 1),
    () => void entry.push(random.pick<unknown>(['x', {}])),
    () => void (value['lockfileVersion'] = random.pick([0, 1, 2, 3, 4, '1'])),
  ];
  for (let left = 1 + random.integer(3); left > 0; left -= 1) random.pick(edits)();
  const written = JSON.stringify(value, null, 2);
  const at = random.integer(written.length);
  const lines = written.split('\n');
  const line = random.integer(lines.length);
  switch (random.integer(10)) {
    case 0:
      return `${written.slice(0, at)}${random.pick([' ', ',', '"', "'", '\u00a0', '//', '\\', '\u0000'])}${written.slice(at)}`;
    case 1:
      return [...lines.slice(0, line), lines[line] ?? '', ...lines.slice(line)].join('\n');
    default:
      return written;
  }
}

function read(text: string): Lockfile | null {
  return unlessRefused(() => parseLockfile('bun.lock', Buffer.from(text), given));
}

/**
 * By the name it is installed under, what stands there at any place: Bun hoists anew, so that a place may differ.
 * `substitute` is what our reading says stands in for something else.
 */
function known({ dependencies, skipped }: Lockfile): ReadonlyMap<string, ReadonlySet<string>> {
  const found = new Map<string, Set<string>>();
  const add = (path: string, what: string): void => {
    const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
    found.set(name, new Set([...(found.get(name) ?? []), what]));
  };
  for (const { place, reason } of skipped) add(place.path, reason);
  for (const { name, version, places, substitutes } of dependencies) {
    for (const { path } of places) add(path, substitutes === undefined ? `${name}@${version}` : 'substitute');
  }
  return found;
}

/** `bun pm ls --all`: the name of each line, and what stands behind it. */
function listed(text: string): readonly (readonly [name: string, version: string])[] {
  return [...text.matchAll(/[├└]── (@?[^@\n]*)@(.*)$/gm)].map(
    ([, name = '', version = '']) => [name, version] as const,
  );
}

/** Bun links its workspaces without an entry, too. */
function isOwnWorkspace(name: string, path: string): boolean {
  return name === '@app/w' && realpathSync(path) === realpathSync(join(project, 'packages/w'));
}

/** Below a folder's node_modules: the name of each folder, and the package that its package.json names. */
function installed(folder: string): readonly (readonly [name: string, spec: string])[] {
  const modules = join(folder, 'node_modules');
  if (!existsSync(modules)) return [];
  const names = readdirSync(modules).flatMap((name) =>
    name.startsWith('@') ? readdirSync(join(modules, name)).map((each) => `${name}/${each}`) : [name],
  );
  return names
    .filter((name) => !name.startsWith('.'))
    .flatMap((name) => {
      const path = join(modules, name);
      if (lstatSync(path).isSymbolicLink()) return isOwnWorkspace(name, path) ? [] : [[name, 'link'] as const];
      const text = join(path, 'package.json');
      const json = existsSync(text) ? (JSON.parse(readFileSync(text, 'utf8')) as Record<string, string>) : {};
      return [[name, `${json['name'] ?? ''}@${json['version'] ?? ''}`] as const, ...installed(path)];
    });
}

beforeAll(() => {
  binary.path = bunInUse();
  registry = registryInUse();
  root = mkdtempSync(join(tmpdir(), 'assay-bun-mutations-'));
  project = join(root, 'project');
  for (const [folder, manifest] of Object.entries(MANIFESTS)) {
    mkdirSync(join(project, folder), { recursive: true });
    writeFileSync(join(project, folder, 'package.json'), JSON.stringify(manifest));
  }
}, 240_000);

afterAll(() => removeFolder(root));

describe(`an edited bun.lock (seed ${SEED})`, () => {
  it(
    'is read as Bun installs it, or refused, or said to put one thing for another',
    { timeout: 3_600_000 },
    ({ skip }) => {
      if (binary.path === null) return skip(notToBeHad('Bun'));
      ranOrSkip(bun('install', '--ignore-scripts', '--linker', 'hoisted'), skip);
      lock = readFileSync(join(project, 'bun.lock'), 'utf8');
      rmSync(join(project, 'node_modules'), { recursive: true });
      const pristine = join(root, 'pristine');
      cpSync(project, pristine, { recursive: true });
      const random = seededRandom(SEED);
      const differences: { round: number; name: string; what: string; ours: readonly string[]; text: string }[] = [];
      const seen = { accepted: 0, installed: 0, refusedByBun: 0, refusedByUs: 0 };
      for (let round = 0; round < COUNT; round += 1) {
        const text = mutate(lock, random);
        writeFileSync(join(project, 'bun.lock'), text);
        const frozen = bun('install', '--frozen-lockfile', '--dry-run', '--ignore-scripts', '--linker', 'hoisted');
        const lockfile = read(text);
        const isDropped = frozen.stderr.includes('Ignoring lockfile');
        if (lockfile === null) seen.refusedByUs += 1;
        // What Bun cannot read it drops, and resolves anew where it is not told to be frozen.
        if (isDropped && lockfile !== null) differences.push({ round, name: '', what: frozen.stderr, ours: [], text });
        if (frozen.status !== 0) seen.refusedByBun += 1;
        if (frozen.status !== 0 || lockfile === null) continue;
        seen.accepted += 1;
        const entries = known(lockfile);
        const expectOne = (name: string, what: string): void => {
          const ours = [...(entries.get(name) ?? [])];
          const isTold = ours.some(
            (one) => ['link', 'bundled', 'substitute', what].includes(one) || one.endsWith(what),
          );
          if (!isTold) differences.push({ round, name, what, ours, text });
        };
        for (const [name, version] of listed(bun('pm', 'ls', '--all').stdout)) {
          if (version !== 'workspace:packages/w') expectOne(name, `@${version}`);
        }
        if (seen.accepted % INSTALL_EVERY !== 0) continue;
        const ran = bun('install', '--frozen-lockfile', '--ignore-scripts', '--linker', 'hoisted');
        seen.installed += 1;
        const copies = ran.status === 0 ? [...installed(project), ...installed(join(project, 'packages/w'))] : [];
        for (const [name, spec] of copies) expectOne(name, spec);
        rmSync(project, { recursive: true });
        cpSync(pristine, project, { recursive: true });
      }
      process.stdout.write(`bun.lock, seed ${SEED}, ${COUNT} edits: ${JSON.stringify(seen)}\n`);
      expect(differences.slice(0, 3)).toEqual([]);
      expect(seen.accepted).toBeGreaterThan(0);
    },
  );
});
