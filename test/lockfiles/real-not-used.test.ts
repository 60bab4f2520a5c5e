import { fork, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startLab, token, type Lab } from '../../lab/index.ts';
import { LockfileError, parseLockfile, type ProjectSettings } from '../../src/lockfiles/index.ts';
import { bunInUse } from './bun-in-use.ts';
import { fromRegistry, notToBeHad } from './real.ts';
import { removeFolder } from '../support/remove-folder.ts';

/** A package.json, or any other file of a project. */
type Files = Readonly<Record<string, object | string>>;

/** Runs a command in a folder; the status it ends with. */
type Run = (args: readonly string[], cwd: string) => Promise<number | null>;

interface Manager {
  readonly lockfile: string;
  /** Null where the manager cannot be had. */
  readonly start: () => Run | null;
  readonly lock: readonly string[];
  /** Installs from the lockfile, or refuses to. */
  readonly frozen: readonly string[];
}

const QUIET = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];

function npm(version: string): Manager {
  return {
    lockfile: 'package-lock.json',
    start: () => {
      const folder = fromRegistry(`npm@${version}`);
      return folder === null ? null : inOneProcess(folder);
    },
    lock: ['install', '--package-lock-only', ...QUIET],
    frozen: ['ci', ...QUIET],
  };
}

const MANAGERS: Readonly<Record<string, Manager>> = {
  'npm 8': npm('8.19.4'),
  'npm 11': npm('11.21.2'),
  'pnpm 10': pnpm('10.34.8'),
  Bun: {
    lockfile: 'bun.lock',
    start: () => {
      const binary = bunInUse();
      return binary === null ? null : (args, cwd) => run(binary, args, cwd);
    },
    lock: ['install', '--lockfile-only', '--ignore-scripts'],
    frozen: ['install', '--frozen-lockfile', '--ignore-scripts'],
  },
};

function pnpm(version: string): Manager {
  return {
    lockfile: 'pnpm-lock.yaml',
    start: () => {
      const folder = fromRegistry(`pnpm@${version}`);
      if (folder === null) return null;
      return (args, cwd) => run(process.execPath, [join(folder, 'bin/pnpm.cjs'), ...args], cwd);
    },
    lock: ['install', '--lockfile-only', '--no-frozen-lockfile', '--ignore-scripts'],
    frozen: ['install', '--frozen-lockfile', '--ignore-scripts'],
  };
}

let lab: Lab;
let root = '';

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'assay-not-used-'));
  lab = await startLab();
  const by = token({ user: 'account' });
  const publish = (
    name: string,
    version: string,
    manifest: Parameters<Lab['publish']>[0]['manifest'] = {},
  ): Promise<unknown> => lab.publish({ name, version, by, files: { 'index.js': name }, manifest });
  for (const version of ['1.0.0', '1.1.0', '2.0.0']) await publish('pad', version);
  await publish('kit', '1.0.0', { dependencies: { pad: '^1.0.0' } });
  await publish('choice', '1.0.0', { optionalDependencies: { pad: '^1.0.0' } });
  await publish('guest', '1.0.0', {
    peerDependencies: { pad: '^1.0.0' },
    peerDependenciesMeta: { pad: { optional: true } },
  });
}, 120_000);

afterAll(async () => {
  for (const child of npms.values()) child.kill();
  await lab.close();
  removeFolder(root);
});

const app = (more: object): object => ({ name: 'app', version: '1.0.0', private: true, ...more });
const KIT = { dependencies: { kit: '^1.0.0' } };
const workspace = (member: object): Record<string, object | string> => ({
  'package.json': app({ workspaces: ['m'] }),
  'pnpm-workspace.yaml': 'packages:\n  - m\n',
  'm/package.json': { name: 'm', version: '1.0.0', ...member },
});

interface Case {
  readonly name: string;
  /** What is locked. */
  readonly files: Files;
  /** What is there when it is installed. */
  readonly later?: Files;
  /** What else is edited. */
  readonly edit?: (lockfile: string) => string;
  /** Of which managers; all where left out. */
  readonly of?: RegExp;
}

const overridden = (version: string): object => ({
  overrides: { pad: version },
  pnpm: { overrides: { pad: version } },
});
const withoutPad = (text: string): string => {
  const lock = JSON.parse(text) as { packages: Record<string, unknown> };
  Reflect.deleteProperty(lock.packages, 'node_modules/pad');
  return JSON.stringify(lock);
};
const CHOICE = { 'package.json': app({ dependencies: { choice: '1.0.0' } }) };

const REFUSED: readonly Case[] = [
  {
    name: 'a request of package.json that is not there',
    files: { 'package.json': app(KIT) },
    later: { 'package.json': app({ dependencies: { ...KIT.dependencies, choice: '1.0.0' } }) },
  },
  {
    name: 'an optional request that is not there',
    files: { 'package.json': app(KIT) },
    later: { 'package.json': app({ ...KIT, optionalDependencies: { choice: '1.0.0' } }) },
  },
  {
    name: 'a peer of the project that is not there',
    files: { 'package.json': app(KIT) },
    later: { 'package.json': app({ ...KIT, peerDependencies: { choice: '1.0.0' } }) },
    of: /^npm/,
  },
  {
    name: 'a peer of a workspace that is not there',
    files: workspace({ dependencies: { pad: '^1.0.0' } }),
    later: workspace({ dependencies: { pad: '^1.0.0' }, peerDependencies: { choice: '1.0.0' } }),
    of: /^npm/,
  },
  {
    name: 'another range in package.json',
    files: { 'package.json': app({ dependencies: { pad: '^1.0.0' } }) },
    later: { 'package.json': app({ dependencies: { pad: '^2.0.0' } }) },
  },
  {
    name: 'another range in package.json and in the lockfile',
    files: { 'package.json': app({ dependencies: { pad: '^1.0.0' } }) },
    later: { 'package.json': app({ dependencies: { pad: '^2.0.0' } }) },
    edit: (text) => text.replace('^1.0.0', '^2.0.0'),
  },
  {
    name: 'another range in a workspace',
    files: workspace({ dependencies: { pad: '^1.0.0' } }),
    later: workspace({ dependencies: { pad: '^2.0.0' } }),
  },
  {
    name: 'another override than the lockfile has',
    files: { 'package.json': app({ ...KIT, ...overridden('2.0.0') }) },
    later: { 'package.json': app({ ...KIT, ...overridden('1.0.0') }) },
  },
  ...[
    { overrides: { kit: { pad: '2.0.0' } } },
    { overrides: { 'pad@^1': '2.0.0' } },
    { resolutions: { 'kit/pad': '2.0.0' } },
    { resolutions: { '**/pad': '2.0.0' } },
  ].map((more) => ({
    name: `an override that the lockfile does not have: ${JSON.stringify(more)}`,
    files: { 'package.json': app(KIT) },
    later: { 'package.json': app({ ...KIT, ...more }) },
    of: /^Bun/,
  })),
  ...[{ overrides: { 'kit>pad': '2.0.0' } }, { packageExtensions: { kit: { dependencies: { choice: '1.0.0' } } } }].map(
    (more) => ({
      name: `what the lockfile does not have: ${JSON.stringify(more)}`,
      files: { 'package.json': app(KIT) },
      later: { 'package.json': app({ ...KIT, pnpm: more }) },
      of: /^pnpm/,
    }),
  ),
  {
    name: 'an override that only the lockfile has',
    files: { 'package.json': app({ ...KIT, ...overridden('2.0.0') }) },
    later: { 'package.json': app(KIT) },
  },
  {
    name: 'a package that another asks for and that has no entry',
    files: { 'package.json': app(KIT) },
    edit: withoutPad,
    of: /^npm/,
  },
  {
    name: 'a version outside of what another asks for',
    files: { 'package.json': app(KIT) },
    edit: (text) => text.replace('"pad": "^1.0.0"', '"pad": "^2.0.0"'),
    of: /^npm/,
  },
];

const ACCEPTED: readonly Case[] = [
  {
    name: 'what was just written',
    files: {
      ...workspace({ dependencies: { pad: '^1.0.0' } }),
      'package.json': app({
        workspaces: ['m'],
        dependencies: { kit: '*', guest: 'latest', other: 'npm:pad@^2.0.0', local: 'file:./local' },
        devDependencies: { choice: '~1.0.0' },
      }),
      'local/package.json': { name: 'local', version: '1.0.0', dependencies: { pad: '1.1.0' } },
    },
  },
  { name: 'overrides', files: { 'package.json': app({ ...KIT, ...overridden('2.0.0') }) } },
  {
    name: 'package extensions',
    files: {
      'package.json': app({
        ...KIT,
        pnpm: {
          packageExtensions: {
            kit: { dependencies: { choice: '1.0.0' }, peerDependenciesMeta: { guest: { optional: true } } },
            'guest@1': { peerDependencies: { choice: '*' } },
          },
        },
      }),
    },
    of: /^pnpm/,
  },
  {
    name: 'overrides for a part of the tree',
    files: { 'package.json': app({ ...KIT, overrides: { kit: { pad: '2.0.0' }, 'choice@^1': '1.0.0' } }) },
    of: /^Bun/,
  },
  {
    name: 'another range that has the version',
    files: { 'package.json': app({ dependencies: { pad: '^1.0.0' } }) },
    later: { 'package.json': app({ dependencies: { pad: '1.1.x' } }) },
    of: /^npm|Bun/,
  },
  {
    name: 'an optional dependency of a package that is not there',
    files: CHOICE,
    edit: withoutPad,
    of: /^npm 8$/,
  },
  { name: 'an optional peer that is not there', files: { 'package.json': app({ dependencies: { guest: '1.0.0' } }) } },
];

function environment(): NodeJS.ProcessEnv {
  return {
    ...process.env,
    CI: 'true',
    COREPACK_ENABLE_STRICT: '0',
    npm_config_cache: join(root, 'cache'),
    npm_config_store_dir: join(root, 'store'),
    BUN_INSTALL_CACHE_DIR: join(root, 'bun'),
    BUN_CONFIG_REGISTRY: lab.url,
  };
}

async function run(program: string, args: readonly string[], cwd: string): Promise<number | null> {
  const env = { ...environment(), HOME: cwd, USERPROFILE: cwd };
  const child = spawn(program, args, { cwd, env, stdio: 'ignore', timeout: 60_000 });
  const [status] = (await once(child, 'exit')) as [number | null];
  return status;
}

/** Each npm's process, by the folder of npm. */
const npms = new Map<string, ChildProcess>();

function inOneProcess(folder: string): Run {
  return async (args, cwd) => {
    const script = join(import.meta.dirname, 'npm-commands.mjs');
    const child = npms.get(folder) ?? fork(script, [folder], { env: environment(), stdio: 'ignore' });
    npms.set(folder, child);
    const over = new AbortController();
    const { signal } = over;
    const ended = once(child, 'exit', { signal }).then(() => Promise.reject(new Error('npm has ended')));
    child.send({ cwd, args });
    try {
      const [status] = (await Promise.race([once(child, 'message', { signal }), ended])) as [number];
      return status;
    } finally {
      over.abort();
    }
  };
}

function write(folder: string, files: Files): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), typeof content === 'string' ? content : JSON.stringify(content));
  }
}

/** How many reasons assay gives why something of the lockfile is not used, or that it refuses the file. */
function said(lockfile: string, folder: string, files: Files): number | 'refused' {
  const manifests = new Map(
    Object.entries(files).flatMap(([path, content]) =>
      path.endsWith('package.json') ? [[path.replace(/\/?package\.json$/, ''), JSON.stringify(content)] as const] : [],
    ),
  );
  const settings: ProjectSettings = [
    { path: 'pnpm-workspace.yaml', ofProject: true, content: { packages: files['pnpm-workspace.yaml'] ? ['m'] : [] } },
  ];
  try {
    const { findings = [] } = parseLockfile(lockfile, readFileSync(join(folder, lockfile)), manifests, settings);
    return findings.filter(({ finding }) => finding.code === 'lockfile-not-used').length;
  } catch (error) {
    if (error instanceof LockfileError) return 'refused';
    throw error;
  }
}

/** What managers wrote, so that none is to write it twice. */
const locked = new Map<string, string>();

const cases = [REFUSED, ACCEPTED].flatMap((list) =>
  list.flatMap((one) =>
    Object.entries(MANAGERS).flatMap(([name, manager]) =>
      one.of?.test(name) === false ? [] : [[name, one.name, list === REFUSED, manager, one] as const],
    ),
  ),
);

describe('what the real package managers take from a lockfile, and what they do not', () => {
  it.for(cases)('%s: %s (refused: %s)', { timeout: 150_000 }, async ([name, , isRefused, manager, one], { skip }) => {
    const start = manager.start();
    if (start === null) return skip(notToBeHad(name));
    const folder = mkdtempSync(join(root, 'project-'));
    write(folder, { '.npmrc': `registry=${lab.url}\n`, ...one.files });
    const key = JSON.stringify([name, one.files]);
    const known = locked.get(key);
    if (known === undefined) {
      expect(await start(manager.lock, folder)).toBe(0);
      locked.set(key, readFileSync(join(folder, manager.lockfile), 'utf8'));
    } else writeFileSync(join(folder, manager.lockfile), known);
    expect(said(manager.lockfile, folder, one.files)).toBe(0);

    const later = { ...one.files, ...one.later };
    write(folder, later);
    if (one.edit !== undefined) {
      const text = readFileSync(join(folder, manager.lockfile), 'utf8');
      const edited = one.edit(text);
      expect(edited).not.toBe(text);
      writeFileSync(join(folder, manager.lockfile), edited);
    }
    const reasons = said(manager.lockfile, folder, later);
    const status = await start(manager.frozen, folder);
    expect({ isRefused: status !== 0, isNamed: reasons !== 0 }).toEqual({ isRefused, isNamed: isRefused });
  });
});
