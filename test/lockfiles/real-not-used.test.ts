import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startLab, token, type Lab } from '../../lab/index.ts';
import { LockfileError, parseLockfile, type ProjectSettings } from '../../src/lockfiles/index.ts';
import { bunInUse } from './bun-in-use.ts';
import { fromRegistry, notToBeHad } from './real.ts';

/** A package.json, or any other file of a project. */
type Files = Readonly<Record<string, object | string>>;

interface Manager {
  readonly lockfile: string;
  readonly command: () => readonly string[] | null;
  readonly lock: readonly string[];
  /** Installs from the lockfile, or refuses to. */
  readonly frozen: readonly string[];
}

const QUIET = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];

function npm(version: string): Manager {
  return {
    lockfile: 'package-lock.json',
    command: () => {
      const folder = fromRegistry(`npm@${version}`);
      return folder === null ? null : [process.execPath, join(folder, 'bin/npm-cli.js')];
    },
    lock: ['install', '--package-lock-only', ...QUIET],
    frozen: ['ci', ...QUIET],
  };
}

const MANAGERS: Readonly<Record<string, Manager>> = {
  'npm 8': npm('8.19.4'),
  'npm 10': npm('10.9.9'),
  'npm 11': npm('11.21.2'),
  'pnpm 8': pnpm('8.15.9'),
  'pnpm 10': pnpm('10.34.8'),
  Bun: {
    lockfile: 'bun.lock',
    command: () => {
      const binary = bunInUse();
      return binary === null ? null : [binary];
    },
    lock: ['install', '--lockfile-only', '--ignore-scripts'],
    frozen: ['install', '--frozen-lockfile', '--ignore-scripts'],
  },
};

function pnpm(version: string): Manager {
  return {
    lockfile: 'pnpm-lock.yaml',
    command: () => {
      const folder = fromRegistry(`pnpm@${version}`);
      return folder === null ? null : [process.execPath, join(folder, 'bin/pnpm.cjs')];
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
  const publish = (name: string, version: string, manifest: object = {}): Promise<unknown> =>
    lab.publish({ name, version, by, files: { 'index.js': name }, manifest });
  for (const version of ['1.0.0', '1.1.0', '2.0.0']) await publish('pad', version);
  await publish('kit', '1.0.0', { dependencies: { pad: '^1.0.0' } });
  await publish('choice', '1.0.0', { optionalDependencies: { pad: '^1.0.0' } });
  await publish('guest', '1.0.0', {
    peerDependencies: { pad: '^1.0.0' },
    peerDependenciesMeta: { pad: { optional: true } },
  });
}, 120_000);

afterAll(async () => {
  await lab.close();
  rmSync(root, { recursive: true, force: true, maxRetries: 5 });
});

const app = (more: object): object => ({ name: 'app', version: '1.0.0', private: true, ...more });
const KIT = { dependencies: { kit: '^1.0.0' } };
const workspace = (member: object): Files => ({
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
    name: 'another range in package.json',
    files: { 'package.json': app({ dependencies: { pad: '^1.0.0' } }) },
    later: { 'package.json': app({ dependencies: { pad: '^2.0.0' } }) },
  },
  {
    name: 'another range in package.json and in the lockfile',
    files: { 'package.json': app({ dependencies: { pad: '^1.0.0' } }) },
    later: { 'package.json': app({ dependencies: { pad: '^2.0.0' } }) },
    edit: (text) => text.replace('^1.0.0', '^2.0.0'),
    // pnpm 8 compares texts alone.
    of: /npm (?:8|10|11)$|Bun/,
  },
  {
    name: 'another range in a workspace',
    files: workspace({ dependencies: { pad: '^1.0.0' } }),
    later: workspace({ dependencies: { pad: '^2.0.0' } }),
  },
  {
    name: 'an override that the lockfile does not have',
    files: { 'package.json': app(KIT) },
    later: {
      'package.json': app({ ...KIT, overrides: { pad: '2.0.0' }, pnpm: { overrides: { pad: '2.0.0' } }, ...PINNED() }),
    },
  },
  {
    name: 'an override that only the lockfile has',
    files: {
      'package.json': app({ ...KIT, overrides: { pad: '2.0.0' }, pnpm: { overrides: { pad: '2.0.0' } } }),
    },
    later: { 'package.json': app(KIT) },
  },
  {
    name: 'a package that another asks for and that has no entry',
    files: { 'package.json': app(KIT) },
    edit: (text) => {
      const lock = JSON.parse(text) as { packages: Record<string, unknown> };
      Reflect.deleteProperty(lock.packages, 'node_modules/pad');
      return JSON.stringify(lock);
    },
    of: /^npm/,
  },
  {
    name: 'a version outside of what another asks for',
    files: { 'package.json': app(KIT) },
    edit: (text) => text.replace('"pad": "^1.0.0"', '"pad": "^2.0.0"'),
    of: /^npm/,
  },
];

/** Of which pnpm, says which file has its overrides. */
function PINNED(): object {
  return {};
}
